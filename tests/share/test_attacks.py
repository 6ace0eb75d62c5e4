"""The attacks of the threat model: whatever is done to a bundle, it is refused with a known code.

Attacks that give one file each are vectors; here are those that take many files, or two readers.
"""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.share import hashes, refusals
from tests.share import build as b
from tests.share.build import Part, Plan
from tests.share.opened import code_of, parts_of

THREE = Plan(
    name="attacked",
    recipients=(b.READER, b.SECOND, b.THIRD),
    parts=[Part("records.jsonl", b.RECORDS, "zlib"), Part("a-1", b.dice("attachment", 5000))],
)
BUNDLE = b.build(THREE)
HEADER = 30 + 4 * 84 + 32 + 24

TAMPERED = {
    "NOT_A_BUNDLE",
    "NEWER_VERSION",
    "BAD_HEADER",
    "TRUNCATED",
    "NOT_FOR_YOU",
    "HEADER_TAMPERED",
    "BAD_FRAME",
    "PAYLOAD_TAMPERED",
    "PART_SIZE",
}


def flipped(at: int, bit: int) -> bytes:
    return BUNDLE[:at] + bytes([BUNDLE[at] ^ (1 << bit)]) + BUNDLE[at + 1 :]


def test_the_bundle_opens_for_all_three() -> None:
    for reader in THREE.recipients:
        assert parts_of(BUNDLE, reader)["records.jsonl"] == b.RECORDS


@pytest.mark.parametrize("byte", range(30))
def test_every_bit_before_the_stanzas(byte: int) -> None:
    assert {code_of(flipped(byte, bit)) for bit in range(8)} <= TAMPERED


def test_a_bit_of_every_byte_of_stanzas_mac_and_stream_header() -> None:
    codes = {code_of(flipped(at, at % 8)) for at in range(30, HEADER)}
    assert codes == {"NOT_FOR_YOU", "HEADER_TAMPERED", "PAYLOAD_TAMPERED"}


def test_bits_all_over_the_frames() -> None:
    codes = {code_of(flipped(at, at % 8)) for at in range(HEADER, len(BUNDLE), 7)}
    assert codes <= TAMPERED - {"NOT_FOR_YOU", "HEADER_TAMPERED"}
    assert "PAYLOAD_TAMPERED" in codes


def test_every_cut_of_the_header_and_cuts_all_over_the_frames() -> None:
    places = [*range(1, HEADER + 8), *range(HEADER + 8, len(BUNDLE), 11), len(BUNDLE) - 1]
    assert {code_of(BUNDLE[:at]) for at in places} == {"TRUNCATED"}


@pytest.mark.parametrize("tail", [b"\0", b"\0\0\0\x11", BUNDLE[:100], BUNDLE])
def test_whatever_is_added_to_the_end(tail: bytes) -> None:
    assert code_of(BUNDLE + tail) == "TRAILING_DATA"


def with_stanzas(change: Any) -> bytes:
    """A recipient, who has the file key, changes the stanzas and makes the MAC anew."""
    frames = b.frames_of(THREE)
    return b.build(
        Plan(
            name=THREE.name,
            recipients=THREE.recipients,
            bend_stanzas=change,
            bend_frames=lambda _: frames,
        )
    )


def test_an_insider_swaps_a_stanza() -> None:
    key = b.dice("file key attacked", 32)
    stranger = b.sealed_box(b"MDK1" + key, b.STRANGER.x, "insider")
    bent = with_stanzas(lambda stanzas: [*stanzas[:3], stranger])
    assert code_of(bent, b.READER) == "BAD_SIGNATURE"
    assert code_of(bent, b.STRANGER) == "BAD_SIGNATURE"


def test_an_insider_doubles_the_stanzas() -> None:
    key = b.dice("file key attacked", 32)
    more = [b.sealed_box(b"MDK1" + key, b.STRANGER.x, f"more {n}") for n in range(4)]
    bent = with_stanzas(lambda stanzas: [*stanzas, *more])
    assert code_of(bent, b.SECOND) == "BAD_SIGNATURE"
    assert code_of(bent, b.STRANGER) == "BAD_SIGNATURE"


def test_an_outsider_drops_a_stanza() -> None:
    kept = BUNDLE[:28] + b"\0\2" + BUNDLE[30 : 30 + 168] + BUNDLE[30 + 4 * 84 :]
    assert code_of(kept, b.READER) == "HEADER_TAMPERED"
    assert code_of(kept, b.THIRD) == "NOT_FOR_YOU"


def test_parts_exchanged_by_an_insider_are_told_by_their_digest() -> None:
    one, other = Part("records.jsonl", b.RECORDS), Part("a-1", b.RECORDS[::-1])
    swap = Plan(parts=[one, other], bend_frames=lambda all_: [*all_[:2], all_[3], all_[2], all_[4]])
    assert code_of(b.build(swap)) == "PART_HASH"


def test_no_refusal_of_a_file_is_without_sentence_and_next_step() -> None:
    for code in TAMPERED | {"TRAILING_DATA", "BAD_SIGNATURE", "PART_HASH"}:
        sentence = refusals.SENTENCES[code]
        assert sentence.title
        assert sentence.next_step


KNOWN_CODES = set(refusals.SENTENCES)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=8,
)
FIELDS = sorted({*b.manifest_of(Plan()), "expires", "terms", "supersedes", "withdraw", "receipt"})


@given(name=st.sampled_from(FIELDS), value=JSON)
@settings(max_examples=300, deadline=None)
def test_any_value_in_any_field_of_a_signed_manifest(name: str, value: object) -> None:
    def bend(made: dict[str, object]) -> dict[str, object]:
        return {**made, name: value}

    try:
        data = b.build(Plan(bend_manifest=bend))
    except (ValueError, UnicodeEncodeError):  # not even the bending writer can write it
        return
    assert code_of(data) in KNOWN_CODES | {"success"}


@given(path=st.sampled_from(["sender", "selection", "parts"]), name=st.text(max_size=8), value=JSON)
@settings(max_examples=200, deadline=None)
def test_any_value_further_inside(path: str, name: str, value: object) -> None:
    def bend(made: dict[str, Any]) -> dict[str, Any]:
        inner = made[path]
        bent = [{**inner[0], name: value}] if isinstance(inner, list) else {**inner, name: value}
        return {**made, path: bent}

    try:
        data = b.build(Plan(bend_manifest=bend))
    except (ValueError, UnicodeEncodeError):
        return
    assert code_of(data) in KNOWN_CODES | {"success"}


@given(data=st.binary(max_size=600))
@settings(max_examples=200, deadline=None)
def test_any_bytes_as_manifest(data: bytes) -> None:
    assert code_of(b.build(Plan(bend_manifest_bytes=lambda _: data))) == "BAD_MANIFEST"


@given(data=st.binary(max_size=600), keep=st.integers(0, 200))
@settings(max_examples=300, deadline=None)
def test_any_bytes_after_a_true_beginning(data: bytes, keep: int) -> None:
    assert code_of(BUNDLE[:keep] + data) in TAMPERED


@given(lines=st.binary(max_size=300))
@settings(max_examples=200, deadline=None)
def test_any_bytes_as_records_of_a_known_sender(lines: bytes) -> None:
    data = b.build(Plan(parts=[Part("records.jsonl", lines)]))
    assert parts_of(data)["records.jsonl"] == lines


@given(data=st.binary(max_size=3 * 1000))
@settings(max_examples=50, deadline=None)
def test_both_writers_agree_on_part_digests(data: bytes) -> None:
    assert hashes.part_digest([data]) == b.part_digest(data)
