"""Writes `tests/share/vectors/`: one file for every way a bundle or card can be right or wrong.

Run it as `python -m tests.share.make_vectors`; it always writes the same bytes. A vector is a text
header ("name: value" lines), an empty line, and the file as it would arrive:

    expect    success, or the code of the refusal
    type      bundle or card
    about     what it tests, in one sentence
    reader    the reader's private keys in hex: Ed25519 seed, X25519 secret
    now       when it is opened
    knows     somebody the reader knows: signing key, receiving key, name
    imported, withdrawn, last   what the reader received before (see `app.share.policy.Before`)
    records   on success, the SHA-256 of the decoded records.jsonl
"""

from __future__ import annotations

import hashlib
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from tests.share import build as b
from tests.share.build import Part, Plan

FOLDER: Final = Path(__file__).parent / "vectors"
NOW: Final = "2026-11-20T12:00:00Z"
KNOWN: Final = f"{b.SENDER.ed.hex()} {b.SENDER.x.hex()} {b.SENDER.name}"
FIRST_FRAME: Final = 30 + 84 + 32 + 24


@dataclass
class Vector:
    expect: str
    about: str
    plan: Plan = field(default_factory=Plan)
    after: Callable[[bytes], bytes] = b.same
    """What happened to the finished file."""
    reader: b.Person = b.READER
    knows: str = KNOWN
    now: str = NOW
    more: dict[str, str] = field(default_factory=dict)
    card: str = ""


def flip(at: int, bit: int = 1) -> Callable[[bytes], bytes]:
    def change(data: bytes) -> bytes:
        where = at % len(data)
        return data[:where] + bytes([data[where] ^ bit]) + data[where + 1 :]

    return change


def put(at: int, what: bytes) -> Callable[[bytes], bytes]:
    return lambda data: data[:at] + what + data[at + len(what) :]


def cut_to(length: int) -> Callable[[bytes], bytes]:
    return lambda data: data[:length]


def manifest(**changes: object) -> Plan:
    return Plan(changes=changes)


def raw_manifest(change: Callable[[bytes], bytes]) -> Plan:
    return Plan(bend_manifest_bytes=change)


def with_parts(*parts: Part, **more: Any) -> Plan:
    return Plan(parts=list(parts), **more)


def one_part(**changes: object) -> Plan:
    return with_parts(Part("records.jsonl", b.RECORDS, changes=changes))


def with_line(line: bytes) -> Plan:
    return with_parts(Part("records.jsonl", b.RECORDS + line))


RECEIPT: Final = {
    "bundle": "11" * 16,
    "header": "22" * 32,
    "manifest": "33" * 32,
    "status": "imported",
    "records": 3,
    "at": "2026-11-20T10:00:00Z",
    "signature": "44" * 64,
}
RECORDS_PART: Final = Part("records.jsonl", b.RECORDS)
THREE: Final = (b.READER, b.SECOND, b.THIRD)
DEEP: Final = b'{"v":' + b"[" * 100_000
SMALL_ORDER: Final = bytes(32)


def _own_stanza_only(stanzas: list[bytes]) -> list[bytes]:
    return [b.sealed_box(b"MDK9" + bytes(32), b.READER.x, "other"), *stanzas[1:]]


def _added_stanza(stanzas: list[bytes]) -> list[bytes]:
    key = b.dice("file key plain", 32)
    return [*stanzas, b.sealed_box(b"MDK1" + key, b.STRANGER.x, "added")]


def _two_keys(stanzas: list[bytes]) -> list[bytes]:
    other = b.sealed_box(b"MDK1" + b.dice("another key", 32), b.SECOND.x, "second key")
    return [stanzas[0], other]


def _swap(frames: list[Any]) -> list[Any]:
    return [*frames[:2], frames[3], frames[2], *frames[4:]]


def _last_tag(tag: int) -> Callable[[list[b.Frame]], list[b.Frame]]:
    return lambda frames: [*frames[:-1], (frames[-1][0], tag)]


def _tag(number: int, tag: int) -> Callable[[list[b.Frame]], list[b.Frame]]:
    def change(frames: list[b.Frame]) -> list[b.Frame]:
        return [*frames[:number], (frames[number][0], tag), *frames[number + 1 :]]

    return change


def _plain(number: int, change: Callable[[bytes], bytes]) -> Callable[[list[b.Frame]], Any]:
    def bend(frames: list[b.Frame]) -> list[b.Frame]:
        data, tag = frames[number]
        return [*frames[:number], (change(data), tag), *frames[number + 1 :]]

    return bend


def _rewrapped() -> bytes:
    """A recipient passes the sender's signed content on to a stranger under a new header."""
    frames = b.frames_of(Plan())
    return b.build(Plan(recipients=(b.STRANGER,), bend_frames=lambda _: frames))


def _spliced() -> bytes:
    """The header of one bundle, the stream of another."""
    one, other = b.build(Plan(name="one")), b.build(Plan(name="other"))
    return one[: 30 + 84 + 32] + other[30 + 84 + 32 :]


SUCCESS: Final = {
    "ok-one-recipient": Vector("success", "The plainest share.", Plan(name="ok one")),
    "ok-three-recipients": Vector(
        "success",
        "Three recipients in four stanzas.",
        Plan(name="ok three", recipients=THREE),
        reader=b.THIRD,
    ),
    "ok-deflated": Vector(
        "success", "A deflated part.", with_parts(Part("records.jsonl", b.RECORDS, "zlib"))
    ),
    "ok-attachment": Vector(
        "success",
        "An attachment and an empty one; the title is text and no path.",
        with_parts(
            RECORDS_PART,
            Part("a-1", b"\x89picture", changes={"title": "../holiday.png", "media": "image/png"}),
            Part("a-2", b""),
        ),
    ),
    "ok-no-records": Vector(
        "success", "An empty first part.", with_parts(Part("records.jsonl", b""))
    ),
    "ok-no-padding": Vector("success", "No padding: one empty last frame.", Plan(padding=0)),
    "ok-terms": Vector(
        "success",
        "Terms with their hash, a last day, and a bundle it replaces.",
        manifest(
            expires="2027-05-31",
            supersedes="ab" * 16,
            terms={
                "text": "연구에만 쓴다.",
                "hash": b.h("mydata-terms-v1", "연구에만 쓴다.".encode()).hex(),
            },
        ),
    ),
    "ok-unknown-field": Vector(
        "success", "A field from the future that is not critical.", manifest(mood={"level": [1, 2]})
    ),
    "ok-unknown-kind": Vector(
        "success",
        "A record of a kind nobody here knows.",
        with_line(b.lines(b.record(9, kind="garden.harvest", data={"plums": 12, "ripe": True}))),
    ),
    "ok-last-day": Vector(
        "success",
        "Opened on the last day.",
        manifest(expires="2026-11-20"),
        now="2026-11-20T23:59:59Z",
    ),
    "ok-receipt": Vector(
        "success",
        "A receipt: no parts.",
        Plan(parts=[], changes={"kind": "receipt", "selection": None, "receipt": RECEIPT}),
    ),
    "ok-withdrawal": Vector(
        "success",
        "A withdrawal: no parts.",
        Plan(
            parts=[],
            changes={"kind": "withdraw", "selection": None, "withdraw": {"bundle": "11" * 16}},
        ),
    ),
    "ok-from-oneself": Vector(
        "success",
        "A bundle to oneself needs no card.",
        Plan(sender=b.READER),
        knows="",
    ),
}

HEADER: Final = {
    "empty-file": Vector("NOT_A_BUNDLE", "An empty file.", after=cut_to(0)),
    "wrong-magic": Vector(
        "NOT_A_BUNDLE", "A zip archive by its first bytes.", after=put(0, b"PK\3\4")
    ),
    "magic-lower-case": Vector("NOT_A_BUNDLE", "One letter of the magic.", after=put(0, b"m")),
    "cut-in-magic": Vector("TRUNCATED", "Five bytes of the magic.", after=cut_to(5)),
    "cut-in-version": Vector("TRUNCATED", "Cut before the suite.", after=cut_to(10)),
    "version-2": Vector("NEWER_VERSION", "Format version 2.", Plan(version=2)),
    "version-0": Vector("NEWER_VERSION", "Format version 0 never was.", Plan(version=0)),
    "suite-2": Vector("NEWER_VERSION", "Suite 2.", Plan(suite=2)),
    "stanzas-none": Vector("BAD_HEADER", "No stanza.", Plan(stanza_count=0)),
    "stanzas-three": Vector("BAD_HEADER", "Three is no power of two.", Plan(stanza_count=3)),
    "stanzas-512": Vector("BAD_HEADER", "More than 256 stanzas.", Plan(stanza_count=512)),
    "stanzas-65535": Vector(
        "BAD_HEADER", "As many stanzas as two bytes hold.", Plan(stanza_count=65535)
    ),
    "stanzas-beyond-file": Vector(
        "TRUNCATED", "256 stanzas announced, one there.", Plan(stanza_count=256)
    ),
    "cut-in-stanza": Vector("TRUNCATED", "Cut inside the stanza.", after=cut_to(60)),
    "cut-in-mac": Vector("TRUNCATED", "Cut inside the header MAC.", after=cut_to(130)),
    "cut-before-frames": Vector(
        "TRUNCATED", "Nothing after the stream header.", after=cut_to(FIRST_FRAME)
    ),
    "not-for-reader": Vector("NOT_FOR_YOU", "Sealed for somebody else.", reader=b.STRANGER),
    "own-stanza-flipped": Vector(
        "NOT_FOR_YOU", "A bit of the reader's own stanza.", after=flip(80)
    ),
    "stanza-other-word": Vector(
        "NOT_FOR_YOU",
        "The stanza opens but does not begin MDK1.",
        Plan(bend_stanzas=_own_stanza_only),
    ),
    "other-stanza-flipped": Vector(
        "HEADER_TAMPERED",
        "A bit of another recipient's stanza.",
        Plan(recipients=THREE),
        flip(30 + 84 + 5),
    ),
    "mac-flipped": Vector("HEADER_TAMPERED", "A bit of the MAC.", after=flip(30 + 84)),
    "bundle-id-flipped": Vector("HEADER_TAMPERED", "A bit of the bundle id.", after=flip(20)),
    "two-file-keys": Vector(
        "HEADER_TAMPERED",
        "The sender gave the second recipient another file key.",
        Plan(recipients=(b.READER, b.SECOND), bend_stanzas=_two_keys),
        reader=b.SECOND,
    ),
    "stream-header-flipped": Vector(
        "PAYLOAD_TAMPERED", "A bit of the stream header.", after=flip(150)
    ),
    "spliced": Vector(
        "PAYLOAD_TAMPERED", "Header of one, stream of another.", after=lambda _: _spliced()
    ),
}

FRAMES: Final = {
    "frame-0-huge": Vector(
        "BAD_FRAME", "Frame 0 of 4 GiB.", after=put(FIRST_FRAME, b"\xff\xff\xff\xff")
    ),
    "frame-0-over-limit": Vector(
        "BAD_FRAME",
        "A manifest of more than 1 MiB.",
        after=put(FIRST_FRAME, struct.pack(">I", 2**20 + 18)),
    ),
    "frame-0-tiny": Vector(
        "BAD_FRAME", "Frame 0 of 16 bytes.", after=put(FIRST_FRAME, b"\0\0\0\x10")
    ),
    "frame-0-flipped": Vector(
        "PAYLOAD_TAMPERED", "A bit of the manifest's frame.", after=flip(FIRST_FRAME + 40)
    ),
    "frame-0-message": Vector(
        "BAD_FRAME", "The manifest tagged MESSAGE.", Plan(bend_frames=_tag(0, b.MESSAGE))
    ),
    "frame-0-final": Vector(
        "BAD_FRAME", "The manifest tagged FINAL.", Plan(bend_frames=_tag(0, b.FINAL))
    ),
    "frame-1-short": Vector(
        "BAD_FRAME",
        "A signature of 63 bytes.",
        Plan(bend_signature=lambda signature: signature[:63]),
    ),
    "frame-1-rekey": Vector(
        "BAD_FRAME", "The signature tagged REKEY.", Plan(bend_frames=_tag(1, b.REKEY))
    ),
    "part-ends-as-message": Vector(
        "BAD_FRAME", "A part's last frame tagged MESSAGE.", Plan(bend_frames=_tag(2, b.MESSAGE))
    ),
    "part-ends-as-final": Vector(
        "BAD_FRAME", "FINAL too early, and again at the end.", Plan(bend_frames=_tag(2, b.FINAL))
    ),
    "final-missing": Vector(
        "BAD_FRAME", "The last frame tagged MESSAGE.", Plan(bend_frames=_last_tag(b.MESSAGE))
    ),
    "final-pushed": Vector(
        "BAD_FRAME", "The last frame tagged PUSH.", Plan(bend_frames=_last_tag(b.PUSH))
    ),
    "payload-flipped": Vector("PAYLOAD_TAMPERED", "A bit of a record.", after=flip(-200)),
    "last-byte-flipped": Vector("PAYLOAD_TAMPERED", "A bit of the last byte.", after=flip(-1)),
    "cut-by-one": Vector("TRUNCATED", "The last byte is missing.", after=lambda data: data[:-1]),
    "cut-in-payload": Vector(
        "TRUNCATED", "Cut inside the records.", after=lambda data: data[:-300]
    ),
    "last-frame-missing": Vector(
        "TRUNCATED", "The padding is missing.", Plan(bend_sealed=lambda all_: all_[:-1])
    ),
    "trailing-byte": Vector("TRAILING_DATA", "One byte too many.", after=lambda data: data + b"\0"),
    "joined": Vector("TRAILING_DATA", "Two bundles in one file.", after=lambda data: data + data),
    "frames-swapped": Vector(
        "PAYLOAD_TAMPERED",
        "Two parts exchanged after sealing.",
        with_parts(RECORDS_PART, Part("a-1", b.RECORDS), bend_sealed=_swap),
    ),
    "frame-repeated": Vector(
        "TRAILING_DATA", "A frame twice.", Plan(bend_sealed=lambda all_: [*all_[:3], *all_[2:]])
    ),
    "frame-split": Vector(
        "PART_SIZE",
        "One frame cut into two, padding adjusted to keep the size.",
        Plan(
            padding=121,
            bend_frames=lambda all_: [
                *all_[:2],
                (all_[2][0][:10], b.MESSAGE),
                (all_[2][0][10:], b.PUSH),
                (bytes(100), b.FINAL),
            ],
        ),
    ),
}

SIGNED: Final = {
    "signature-flipped": Vector(
        "BAD_SIGNATURE", "A bit of the signature.", Plan(bend_signature=flip(3))
    ),
    "signed-by-another": Vector(
        "BAD_SIGNATURE", "Signed by another key than named.", Plan(signer=b.STRANGER)
    ),
    "rewrapped": Vector(
        "BAD_SIGNATURE",
        "A recipient sealed the sender's words anew for a third person.",
        after=lambda _: _rewrapped(),
        reader=b.STRANGER,
    ),
    "stanza-added": Vector(
        "BAD_SIGNATURE",
        "A recipient added a stanza and made the MAC anew.",
        Plan(bend_stanzas=b.same),
        after=lambda _: _with_added_stanza(),
    ),
    "sender-x-swapped": Vector(
        "BAD_SIGNATURE",
        "The receiving key of the sender was exchanged by a recipient.",
        Plan(
            bend_frames=_plain(
                0, lambda data: data.replace(b.SENDER.x.hex().encode(), b.STRANGER.x.hex().encode())
            )
        ),
    ),
    "small-order-signer": Vector(
        "BAD_SIGNATURE",
        "A signing key of small order, for which anything is a signature.",
        manifest(sender={"name": "Nobody", "ed": "00" * 32, "x": b.SENDER.x.hex(), "card_seq": 1}),
    ),
    "payload-changed-by-insider": Vector(
        "PART_HASH",
        "A recipient changed an amount and sealed it again.",
        Plan(bend_frames=_plain(2, lambda data: data.replace(b"-1.50", b"-9.50"))),
    ),
    "parts-reordered-by-insider": Vector(
        "PART_HASH",
        "A recipient exchanged two parts of one length and sealed them again.",
        with_parts(
            RECORDS_PART, Part("a-1", b.RECORDS.replace(b"shop", b"cafe")), bend_frames=_swap
        ),
    ),
    "part-dropped-by-insider": Vector(
        "TRUNCATED",
        "A recipient left a part out and sealed the rest again.",
        with_parts(
            RECORDS_PART, Part("a-1", b"x" * 50), bend_frames=lambda all_: [*all_[:3], *all_[4:]]
        ),
    ),
    "part-added-by-insider": Vector(
        "TRAILING_DATA",
        "A recipient put a part in and sealed it again.",
        Plan(bend_frames=lambda all_: [*all_[:3], (b"more", b.PUSH), *all_[3:]]),
    ),
    "padding-not-empty": Vector(
        "BAD_PADDING",
        "Something is hidden in the padding.",
        Plan(bend_frames=lambda all_: [*all_[:-1], (b"\1" * len(all_[-1][0]), b.FINAL)]),
    ),
}


def _with_added_stanza() -> bytes:
    """The frames of an honest bundle under a header with one more stanza."""
    frames = b.frames_of(Plan())
    return b.build(Plan(bend_stanzas=_added_stanza, bend_frames=lambda _: frames))


def _spaced(data: bytes) -> bytes:
    return data.replace(b'"v":1', b'"v": 1')


MANIFEST: Final = {
    "manifest-not-json": Vector(
        "BAD_MANIFEST", "No JSON at all.", raw_manifest(lambda _: b"hello")
    ),
    "manifest-empty": Vector("BAD_MANIFEST", "An empty manifest.", raw_manifest(lambda _: b"")),
    "manifest-deep": Vector("BAD_MANIFEST", "100,000 levels.", raw_manifest(lambda _: DEEP)),
    "manifest-space": Vector(
        "BAD_MANIFEST", "A space that canonical JSON has not.", raw_manifest(_spaced)
    ),
    "manifest-line-feed": Vector(
        "BAD_MANIFEST", "A line feed at the end.", raw_manifest(lambda data: data + b"\n")
    ),
    "manifest-duplicate-key": Vector(
        "BAD_MANIFEST",
        "A key twice.",
        raw_manifest(lambda data: data.replace(b'"v":1', b'"v":1,"v":1')),
    ),
    "manifest-unsorted": Vector(
        "BAD_MANIFEST",
        "Keys in another order.",
        raw_manifest(lambda data: b'{"v":1,' + data[1:].replace(b',"v":1}', b"}")),
    ),
    "manifest-escape": Vector(
        "BAD_MANIFEST",
        "A letter written as an escape.",
        raw_manifest(lambda data: data.replace(b"study", b"stud\\u0079")),
    ),
    "manifest-nan": Vector(
        "BAD_MANIFEST",
        "NaN for a number.",
        raw_manifest(lambda data: data.replace(b'"padding":100', b'"padding":NaN')),
    ),
    "manifest-float": Vector(
        "BAD_MANIFEST",
        "1.0 for a number.",
        raw_manifest(lambda data: data.replace(b'"seq":1', b'"seq":1.0')),
    ),
    "manifest-float-ignored": Vector(
        "BAD_MANIFEST", "A fraction in a field that is ignored.", manifest(mood=0.5)
    ),
    "manifest-null": Vector(
        "BAD_MANIFEST", "Null.", raw_manifest(lambda data: data.replace(b'"seq":1', b'"seq":null'))
    ),
    "manifest-big-integer": Vector(
        "BAD_MANIFEST", "An integer above 2^53 - 1.", manifest(mood=2**53)
    ),
    "manifest-not-utf-8": Vector(
        "BAD_MANIFEST",
        "Bytes that are no UTF-8.",
        raw_manifest(lambda data: data.replace(b"optimism", b"optim\xff\xfem")),
    ),
    "manifest-surrogate": Vector(
        "BAD_MANIFEST",
        "Half a surrogate pair.",
        raw_manifest(lambda data: data.replace(b"optimism", b"\\ud800")),
    ),
    "manifest-bom": Vector(
        "BAD_MANIFEST", "A byte order mark.", raw_manifest(lambda data: b"\xef\xbb\xbf" + data)
    ),
    "manifest-not-nfc": Vector(
        "BAD_MANIFEST", "Hangul in single letters.", manifest(purpose="\u1112\u1161\u11ab")
    ),
    "manifest-no-purpose": Vector("BAD_MANIFEST", "A field is missing.", manifest(purpose=None)),
    "manifest-text-for-number": Vector(
        "BAD_MANIFEST", "Text where a number belongs.", manifest(seq="1")
    ),
    "manifest-seq-0": Vector("BAD_MANIFEST", "Number 0.", manifest(seq=0)),
    "manifest-hex-upper-case": Vector("BAD_MANIFEST", "Upper case.", manifest(stream="AB" * 16)),
    "manifest-hex-line-feed": Vector(
        "BAD_MANIFEST", "A line feed after the digits.", manifest(stream="ab" * 16 + "\n")
    ),
    "manifest-impossible-date": Vector(
        "BAD_MANIFEST", "The 31st of June.", manifest(expires="2027-06-31")
    ),
    "manifest-impossible-time": Vector(
        "BAD_MANIFEST", "25 o'clock.", manifest(created="2026-11-20T25:00:00Z")
    ),
    "manifest-other-bundle": Vector(
        "BAD_MANIFEST", "Another bundle id than the header's.", manifest(bundle="ab" * 16)
    ),
    "manifest-bad-name": Vector(
        "BAD_MANIFEST",
        "A sender's name that turns the line around.",
        manifest(
            sender={
                "name": "Ji\u202ewoo",
                "ed": b.SENDER.ed.hex(),
                "x": b.SENDER.x.hex(),
                "card_seq": 1,
            }
        ),
    ),
    "manifest-long-purpose": Vector(
        "BAD_MANIFEST", "2,001 characters.", manifest(purpose="x" * 2001)
    ),
    "manifest-no-selection": Vector(
        "BAD_MANIFEST", "A share without its selection.", manifest(selection=None)
    ),
    "manifest-two-bodies": Vector(
        "BAD_MANIFEST",
        "A share that is a withdrawal too.",
        manifest(withdraw={"bundle": "11" * 16}),
    ),
    "manifest-v-2": Vector("NEWER_VERSION", "Manifest version 2.", manifest(v=2)),
    "manifest-min-reader-2": Vector(
        "NEWER_VERSION", "For readers of version 2.", manifest(min_reader=2)
    ),
    "manifest-kind": Vector(
        "NEWER_VERSION", "A kind of bundle from the future.", manifest(kind="request")
    ),
    "manifest-critical": Vector(
        "NEWER_VERSION", "A field one must understand.", manifest(critical=["mood"], mood=1)
    ),
    "terms-changed": Vector(
        "TERMS_MISMATCH",
        "Terms with the hash of others.",
        manifest(terms={"text": "No limits.", "hash": "00" * 32}),
    ),
    "recipients-unsorted": Vector(
        "BAD_MANIFEST",
        "Recipients in another order.",
        Plan(
            recipients=(b.READER, b.SECOND),
            bend_manifest=lambda made: {**made, "recipients": made["recipients"][::-1]},
        ),
    ),
    "recipients-none": Vector("BAD_MANIFEST", "Nobody listed.", manifest(recipients=[])),
    "not-listed": Vector(
        "NOT_LISTED",
        "Sealed for the reader, but not addressed.",
        manifest(recipients=[b.SECOND.fingerprint]),
    ),
    "recipient-hidden": Vector(
        "WRONG_RECIPIENTS",
        "Two stanzas, one listed recipient.",
        Plan(
            recipients=(b.READER, b.SECOND),
            changes={"recipients": [b.READER.fingerprint]},
        ),
    ),
}

PARTS: Final = {
    "part-path": Vector(
        "BAD_MANIFEST",
        "A name that climbs out of a folder.",
        with_parts(RECORDS_PART, Part("../x", b"x")),
    ),
    "part-drive": Vector(
        "BAD_MANIFEST", "A name with a drive.", with_parts(RECORDS_PART, Part("C:\\x", b"x"))
    ),
    "part-nul": Vector(
        "BAD_MANIFEST", "A name with a zero byte.", with_parts(RECORDS_PART, Part("a\0b", b"x"))
    ),
    "part-long-name": Vector(
        "BAD_MANIFEST", "A name of 300 characters.", with_parts(RECORDS_PART, Part("a" * 300, b"x"))
    ),
    "part-turned-name": Vector(
        "BAD_MANIFEST",
        "A name that turns around.",
        with_parts(RECORDS_PART, Part("a\u202eb", b"x")),
    ),
    "part-twice": Vector(
        "BAD_MANIFEST", "Two parts of one name.", with_parts(RECORDS_PART, RECORDS_PART)
    ),
    "part-records-second": Vector(
        "BAD_MANIFEST", "The records are not first.", with_parts(Part("a-1", b"x"), RECORDS_PART)
    ),
    "part-unknown-coding": Vector(
        "BAD_MANIFEST", "A coding nobody knows.", one_part(coding="zstd")
    ),
    "part-lengths-differ": Vector(
        "BAD_MANIFEST", "Raw and stored differ without coding.", one_part(raw=1)
    ),
    "part-negative": Vector("BAD_MANIFEST", "A negative length.", one_part(raw=-1, stored=-1)),
    "part-bomb-announced": Vector(
        "BAD_MANIFEST",
        "More than 64 MiB from a 200th.",
        with_parts(Part("records.jsonl", b.RECORDS, "zlib", {"raw": 64 * 2**20 + 1})),
    ),
    "part-longer-than-signed": Vector(
        "TRAILING_DATA",
        "The part is longer than its line says.",
        one_part(raw=len(b.RECORDS) - 1, stored=len(b.RECORDS) - 1),
    ),
    "part-digest": Vector("PART_HASH", "Another digest.", one_part(digest="ab" * 32)),
    "part-inflates-longer": Vector(
        "PART_SIZE",
        "It inflates to more than announced.",
        with_parts(Part("records.jsonl", b.RECORDS, "zlib", {"raw": 10})),
    ),
    "part-inflates-shorter": Vector(
        "PART_SIZE",
        "It inflates to less than announced.",
        with_parts(Part("records.jsonl", b.RECORDS, "zlib", {"raw": 10_000})),
    ),
    "part-bomb": Vector(
        "PART_SIZE",
        "A million zeros announced as a thousand.",
        with_parts(Part("records.jsonl", bytes(1_000_000), "zlib", {"raw": 1000})),
    ),
    "part-deflate-broken": Vector(
        "PART_SIZE",
        "Signed, but not deflated.",
        with_parts(Part("records.jsonl", b.RECORDS, "zlib", stored=b"\x78\x9c garbage")),
    ),
    "part-deflate-cut": Vector(
        "PART_SIZE",
        "The end of the deflated text is missing.",
        with_parts(Part("records.jsonl", b.RECORDS, "zlib", stored=zlib.compress(b.RECORDS)[:-5])),
    ),
    "part-deflate-more": Vector(
        "PART_SIZE",
        "Something after the end of the deflated text.",
        with_parts(
            Part("records.jsonl", b.RECORDS, "zlib", stored=zlib.compress(b.RECORDS) + b"x")
        ),
    ),
}

RECORD_LINES: Final = {
    "line-not-json": Vector("BAD_RECORD", "A line that is no JSON.", with_line(b"{oops\n")),
    "line-no-line-feed": Vector(
        "BAD_RECORD", "The last line has no end.", with_line(b.lines(b.record(5))[:-1])
    ),
    "line-empty": Vector("BAD_RECORD", "An empty line.", with_line(b"\n")),
    "line-no-kind": Vector("BAD_RECORD", "No kind.", with_line(b'{"id":"' + b"ab" * 16 + b'"}\n')),
    "line-id": Vector(
        "BAD_RECORD", "An id that is a path.", with_line(b.lines(b.record(5, id="../../etc")))
    ),
    "line-float": Vector(
        "BAD_RECORD",
        "An amount as a fraction.",
        with_line(b.lines(b.record(5, data={"amount": 1.5}))),
    ),
    "line-nested": Vector(
        "BAD_RECORD",
        "An object as a field.",
        with_line(b.lines(b.record(5, data={"a": {"b": "c"}}))),
    ),
    "line-list-of-numbers": Vector(
        "BAD_RECORD", "A list of numbers.", with_line(b.lines(b.record(5, data={"a": [1]})))
    ),
    "line-deep": Vector(
        "BAD_RECORD", "100,000 levels.", with_line(b'{"data":' + b"[" * 100_000 + b"\n")
    ),
}

POLICY: Final = {
    "unknown-sender": Vector("UNKNOWN_SENDER", "Nobody known sent it.", knows=""),
    "impostor": Vector(
        "KEY_CHANGED",
        "Another signing key under the known name, with the known receiving key.",
        Plan(
            signer=b.STRANGER,
            changes={
                "sender": {
                    "name": b.SENDER.name,
                    "ed": b.STRANGER.ed.hex(),
                    "x": b.SENDER.x.hex(),
                    "card_seq": 1,
                }
            },
        ),
    ),
    "impostor-unknown-name": Vector(
        "UNKNOWN_SENDER",
        "Another signing key, the sender not known by name.",
        Plan(
            signer=b.STRANGER,
            changes={
                "sender": {
                    "name": b.SENDER.name,
                    "ed": b.STRANGER.ed.hex(),
                    "x": b.SENDER.x.hex(),
                    "card_seq": 1,
                }
            },
        ),
        knows=f"{b.SECOND.ed.hex()} {b.SECOND.x.hex()} {b.SECOND.name}",
    ),
    "name-in-other-letters": Vector(
        "KEY_CHANGED",
        "The known name in full-width letters and other case.",
        Plan(
            sender=b.STRANGER,
            changes={
                "sender": {
                    "name": "ＪＩＷＯＯ  SEO",
                    "ed": b.STRANGER.ed.hex(),
                    "x": b.STRANGER.x.hex(),
                    "card_seq": 1,
                }
            },
        ),
    ),
    "already-imported": Vector(
        "ALREADY_IMPORTED", "The same bundle again.", more={"imported": "2026-11-19"}
    ),
    "withdrawn": Vector(
        "WITHDRAWN", "A bundle that was withdrawn.", more={"withdrawn": "2026-11-19"}
    ),
    "older-than-last": Vector("OLDER_THAN_LAST", "Number 1 after number 4.", more={"last": "4"}),
    "same-as-last": Vector(
        "OLDER_THAN_LAST", "Number 1 after another number 1.", more={"last": "1"}
    ),
    "expired": Vector("EXPIRED", "A day after the last day.", manifest(expires="2026-11-19")),
    "unknown-and-cut": Vector(
        "TRUNCATED",
        "Damage is told before the sender is asked about.",
        knows="",
        after=lambda data: data[:-1],
    ),
    "imported-and-cut": Vector(
        "ALREADY_IMPORTED",
        "That it is known is told before damage.",
        after=lambda data: data[:-1],
        more={"imported": "2026-11-19"},
    ),
}


def _card(expect: str, about: str, text: str) -> Vector:
    return Vector(expect, about, card=text)


ROTATED: Final = b.Person("Jiwoo Seo with new keys")
CARDS: Final = {
    "card-ok": _card("success", "A plain card.", b.card(b.SENDER)),
    "card-ok-mail": _card(
        "success",
        "A card in the middle of a letter, with other line ends.",
        "Hello,\r\nhere it is:\r\n"
        + b.card(b.SENDER, note="학교").replace("\n", "\r\n")
        + "\r\nBye\r\n",
    ),
    "card-ok-rotated": _card(
        "success",
        "New keys, signed by the earlier ones too.",
        b.card(ROTATED, b.SENDER, card_seq=2),
    ),
    "card-empty": _card("NOT_A_CARD", "An empty file.", ""),
    "card-other-text": _card("NOT_A_CARD", "Some other text.", "BEGIN CERTIFICATE\n"),
    "card-no-end": _card(
        "NOT_A_CARD", "The last line is missing.", b.card(b.SENDER).replace("-----END", "")
    ),
    "card-twice": _card(
        "NOT_A_CARD", "Two cards in one text.", b.card(b.SENDER) + b.card(b.SECOND)
    ),
    "card-too-long": _card("NOT_A_CARD", "More than 16 KiB.", b.card(b.SENDER) + " " * 16_384),
    "card-letter": _card(
        "CARD_TAMPERED",
        "One letter of the name changed after signing.",
        b.card(b.SENDER, bend_bytes=lambda data: data.replace(b"Jiwoo", b"Jiwon")),
    ),
    "card-key": _card(
        "CARD_TAMPERED",
        "The receiving key exchanged after signing.",
        b.card(
            b.SENDER,
            bend_bytes=lambda data: data.replace(
                b.SENDER.x.hex().encode(), b.STRANGER.x.hex().encode()
            ),
        ),
    ),
    "card-signature": _card(
        "CARD_TAMPERED", "A bit of the signature.", b.card(b.SENDER, bend_bytes=flip(5))
    ),
    "card-signed-by-another": _card(
        "CARD_TAMPERED", "Signed by another.", b.card(b.SENDER, signers=(b.STRANGER,))
    ),
    "card-rotated-new-only": _card(
        "CARD_TAMPERED",
        "New keys, signed by the new only.",
        b.card(ROTATED, b.SENDER, signers=(ROTATED,)),
    ),
    "card-rotated-old-only": _card(
        "CARD_TAMPERED",
        "New keys, signed by the old only.",
        b.card(ROTATED, b.SENDER, signers=(b.SENDER,)),
    ),
    "card-rotated-stranger": _card(
        "CARD_TAMPERED",
        "New keys, signed by a stranger.",
        b.card(ROTATED, b.SENDER, signers=(ROTATED, b.STRANGER)),
    ),
    "card-rotated-fingerprint": _card(
        "CARD_TAMPERED",
        "The earlier keys do not have the fingerprint named.",
        b.card(ROTATED, b.SENDER, prev_fp=b.SECOND.fingerprint),
    ),
    "card-extra-signature": _card(
        "CARD_TAMPERED",
        "Two signatures where one belongs.",
        b.card(b.SENDER, signers=(b.SENDER, b.SENDER)),
    ),
    "card-small-order": _card(
        "CARD_TAMPERED", "A receiving key of small order.", b.card(b.SENDER, x="00" * 32)
    ),
    "card-name": _card("CARD_TAMPERED", "A name of two lines.", b.card(b.SENDER, name="Ji\nwoo")),
    "card-version": _card("NEWER_VERSION", "Version 2.", b.card(b.SENDER, v=2)),
    "card-base64": _card(
        "CARD_TAMPERED", "Broken base64.", b.card(b.SENDER).replace("\n-----END", "A\n-----END")
    ),
    "card-truncated-inside": _card(
        "CARD_TAMPERED", "Half of the content.", b.card(b.SENDER, bend_bytes=lambda data: data[:80])
    ),
}

ALL: Final = {
    **SUCCESS,
    **HEADER,
    **FRAMES,
    **SIGNED,
    **MANIFEST,
    **PARTS,
    **RECORD_LINES,
    **POLICY,
    **CARDS,
}


def content(name: str, vector: Vector) -> bytes:
    """The vector's file."""
    if vector.card or name.startswith("card-"):
        payload, said = vector.card.encode(), {"type": "card"}
    else:
        plan = vector.plan
        payload = vector.after(b.build(plan))
        said = {
            "type": "bundle",
            "reader": vector.reader.packed.hex(),
            "now": vector.now,
            "knows": vector.knows,
            **vector.more,
        }
        if vector.expect == "success" and plan.parts:
            said["records"] = hashlib.sha256(plan.parts[0].raw).hexdigest()
    head = {"expect": vector.expect, "about": vector.about, **said}
    return "".join(f"{key}: {value}\n" for key, value in head.items()).encode() + b"\n" + payload


def main() -> None:
    """Write them all, and remove what is no longer among them."""
    FOLDER.mkdir(exist_ok=True)
    for path in FOLDER.glob("*.vector"):
        path.unlink()
    for name, vector in ALL.items():
        (FOLDER / f"{name}.vector").write_bytes(content(name, vector))


if __name__ == "__main__":
    main()
