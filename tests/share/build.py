"""A second writer of the bundle format, made from FORMAT.md alone, that can also write it wrongly.

It shares no code with `app.share`, takes every random byte from a name, and lets a test bend any
step: header, manifest, frames. What it writes unbent must open; bent, it must be refused.
"""

from __future__ import annotations

import base64
import hashlib
import json
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import nacl.bindings as sodium

CHUNK = 262_144
MESSAGE, PUSH, REKEY, FINAL = 0, 1, 2, 3

Frame = tuple[bytes, int]
Bend = Callable[[Any], Any]


def dice(name: str, size: int) -> bytes:
    """Bytes that look random and depend on the name only."""
    return hashlib.shake_256(name.encode()).digest(size)


def h(person: str, data: bytes) -> bytes:
    return hashlib.blake2b(data, digest_size=32, person=person.encode()).digest()


def k(key: bytes, data: bytes) -> bytes:
    return hashlib.blake2b(data, digest_size=32, key=key).digest()


def canonical(value: object) -> bytes:
    return json.dumps(
        value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False
    ).encode()


class Person:
    """Somebody with keys made from the name."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.packed = dice(f"keys of {name}", 64)
        self.ed, self.sign_key = sodium.crypto_sign_seed_keypair(self.packed[:32])
        self.x_secret = self.packed[32:]
        self.x = sodium.crypto_scalarmult_base(self.x_secret)
        self.fingerprint = h("mydata-ident-v1", self.ed + self.x).hex()

    def sign(self, message: bytes) -> bytes:
        return sodium.crypto_sign(message, self.sign_key)[:64]


SENDER, READER, SECOND, THIRD, STRANGER = map(
    Person, ("Jiwoo Seo", "Health study", "Tax adviser", "Daughter", "Stranger")
)


def sealed_box(message: bytes, to: bytes, name: str) -> bytes:
    """libsodium's sealed box with an ephemeral key taken from `name`."""
    secret = dice(f"ephemeral {name}", 32)
    public = sodium.crypto_scalarmult_base(secret)
    nonce = hashlib.blake2b(public + to, digest_size=24).digest()
    return public + sodium.crypto_box(message, nonce, to, secret)


def part_digest(stored: bytes) -> str:
    pieces = [stored[at : at + CHUNK] for at in range(0, max(1, len(stored)), CHUNK)]
    leaves = (hashlib.sha256(b"\0" + each).digest() for each in pieces)
    return hashlib.sha256(b"\1" + b"".join(leaves)).hexdigest()


def record(number: int, **more: object) -> dict[str, object]:
    return {
        "id": dice(f"record {number}", 16).hex(),
        "kind": "finance.transaction",
        "start": f"2026-11-{number % 28 + 1:02d}",
        "title": f"Corner shop {number}",
        "data": {"amount": f"-{number}.50", "currency": "KRW"},
        "source": {"connector": "uk.midata", "title": "Midata"},
        "grade": "imported",
        **more,
    }


def lines(*records: dict[str, object]) -> bytes:
    return b"".join(canonical(each) + b"\n" for each in records)


RECORDS = lines(*(record(number) for number in range(1, 4)))


@dataclass
class Part:
    name: str
    raw: bytes
    coding: str = "none"
    changes: dict[str, object] = field(default_factory=dict)
    """What its line in the manifest says differently."""
    stored: bytes | None = None

    def bytes_stored(self) -> bytes:
        if self.stored is not None:
            return self.stored
        return zlib.compress(self.raw) if self.coding == "zlib" else self.raw

    def line(self) -> dict[str, object]:
        stored = self.bytes_stored()
        return {
            "name": self.name,
            "media": "application/jsonl",
            "coding": self.coding,
            "raw": len(self.raw),
            "stored": len(stored),
            "digest": part_digest(stored),
            **self.changes,
        }


def same(value: Any) -> Any:
    return value


@dataclass
class Plan:
    """A bundle to be written. Each `bend_…` may change what its step made."""

    name: str = "plain"
    sender: Person = SENDER
    signer: Person | None = None
    recipients: tuple[Person, ...] = (READER,)
    parts: list[Part] = field(default_factory=lambda: [Part("records.jsonl", RECORDS)])
    padding: int = 100
    changes: dict[str, object] = field(default_factory=dict)
    version: int = 1
    suite: int = 1
    stanza_count: int | None = None
    bend_stanzas: Bend = same
    bend_header: Bend = same
    bend_mac: Bend = same
    bend_manifest: Bend = same
    bend_manifest_bytes: Bend = same
    bend_signature: Bend = same
    bend_frames: Bend = same
    """Of all frames as (plaintext, tag), manifest and signature included."""
    bend_sealed: Bend = same
    """Of all sealed frames as (length, ciphertext)."""
    file_key: bytes = b""
    resign: bool = True

    def id(self) -> bytes:
        return dice(f"bundle {self.name}", 16)


def manifest_of(plan: Plan) -> dict[str, object]:
    made: dict[str, object] = {
        "v": 1,
        "min_reader": 1,
        "critical": [],
        "app": "mydata-vault 0.1.0",
        "bundle": plan.id().hex(),
        "kind": "share",
        "created": "2026-11-20T09:00:00Z",
        "sender": {
            "name": plan.sender.name,
            "ed": plan.sender.ed.hex(),
            "x": plan.sender.x.hex(),
            "card_seq": 1,
        },
        "recipients": sorted(each.fingerprint for each in plan.recipients),
        "stream": dice(f"stream {plan.name}", 16).hex(),
        "seq": 1,
        "purpose": "A study of optimism and health",
        "resharing": False,
        "selection": {
            "kinds": ["finance.transaction"],
            "since": "2026-11-01",
            "until": "",
            "sources": [],
            "fields": {"finance.transaction": ["title", "amount", "currency"]},
            "counts": {"finance.transaction": 3},
            "records": 3,
            "transforms": [],
        },
        "padding": plan.padding,
        "parts": [part.line() for part in plan.parts],
        **plan.changes,
    }
    return {name: value for name, value in made.items() if value is not None}


def header_of(plan: Plan, file_key: bytes) -> bytes:
    count = 1
    while count < len(plan.recipients):
        count *= 2
    stanzas = [
        sealed_box(b"MDK1" + file_key, each.x, f"{plan.name} {number}")
        for number, each in enumerate(plan.recipients)
    ]
    for number in range(len(stanzas), count):
        nobody = sodium.crypto_scalarmult_base(dice(f"nobody {number}", 32))
        text = b"MDK0" + dice(f"filling {number}", 32)
        stanzas.append(sealed_box(text, nobody, f"{plan.name} {number}"))
    stanzas = plan.bend_stanzas(stanzas)
    shown = len(stanzas) if plan.stanza_count is None else plan.stanza_count
    head: bytes = plan.bend_header(
        b"MYDATAB1"
        + plan.version.to_bytes(2, "big")
        + plan.suite.to_bytes(2, "big")
        + plan.id()
        + shown.to_bytes(2, "big")
        + b"".join(stanzas)
    )
    mac = k(k(file_key, b"mac" + plan.id()), head)
    bent: bytes = plan.bend_mac(mac)
    return head + bent


def cut(data: bytes, last: int) -> list[Frame]:
    pieces = [data[at : at + CHUNK] for at in range(0, max(1, len(data)), CHUNK)]
    return [(each, MESSAGE) for each in pieces[:-1]] + [(pieces[-1], last)]


def build(plan: Plan | None = None) -> bytes:
    """The bytes of the bundle."""
    plan = plan or Plan()
    file_key = plan.file_key or dice(f"file key {plan.name}", 32)
    head = header_of(plan, file_key)
    header_hash = h("mydata-header-v1", head)
    manifest: bytes = plan.bend_manifest_bytes(canonical(plan.bend_manifest(manifest_of(plan))))
    signed = b"mydata/bundle/v1\0" + header_hash + h("mydata-manif-v1", manifest)
    signature = plan.bend_signature((plan.signer or plan.sender).sign(signed))
    frames: list[Frame] = [(manifest, PUSH), (signature, PUSH)]
    for part in plan.parts:
        frames += cut(part.bytes_stored(), PUSH)
    frames += cut(bytes(plan.padding), FINAL)
    stream_header, sealed = seal_frames(
        plan.bend_frames(frames), file_key, plan.id(), header_hash, plan.name
    )
    sealed = plan.bend_sealed(sealed)
    return (
        head + stream_header + b"".join(length.to_bytes(4, "big") + data for length, data in sealed)
    )


def frames_of(plan: Plan) -> list[Frame]:
    """The frames an honest sender made, as a recipient has them in plain text."""
    caught: list[Frame] = []

    def catch(frames: list[Frame]) -> list[Frame]:
        caught.extend(frames)
        return frames

    build(replace(plan, bend_frames=catch))
    return caught


def seal_frames(
    frames: list[Frame], file_key: bytes, bundle_id: bytes, header_hash: bytes, name: str
) -> tuple[bytes, list[tuple[int, bytes]]]:
    """Seal with a stream header taken from `name`: the state of a puller pushes just as well."""
    stream_header = dice(f"stream header {name}", 24)
    state = sodium.crypto_secretstream_xchacha20poly1305_state()
    sodium.crypto_secretstream_xchacha20poly1305_init_pull(
        state, stream_header, k(file_key, b"pay" + bundle_id)
    )
    sealed = [
        sodium.crypto_secretstream_xchacha20poly1305_push(state, data, header_hash, tag)
        for data, tag in frames
    ]
    return stream_header, [(len(each), each) for each in sealed]


def card(
    owner: Person,
    previous: Person | None = None,
    bend: Bend = same,
    signers: tuple[Person, ...] | None = None,
    bend_bytes: Bend = same,
    **changes: object,
) -> str:
    """The text of a card, possibly bent."""
    said: dict[str, object] = {
        "v": 1,
        "name": owner.name,
        "ed": owner.ed.hex(),
        "x": owner.x.hex(),
        "created": "2026-11-01T08:00:00Z",
        "card_seq": 1,
    }
    if previous:
        said["prev_ed"] = previous.ed.hex()
        said["prev_x"] = previous.x.hex()
        said["prev_fp"] = previous.fingerprint
    body = canonical(bend({**said, **changes}))
    who = signers if signers is not None else (owner, previous) if previous else (owner,)
    signatures = b"".join(each.sign(b"mydata/card/v1\0" + body) for each in who if each)
    data: bytes = bend_bytes(bytes([len(who)]) + signatures + body)
    text = base64.b64encode(data).decode()
    rows = [text[at : at + 64] for at in range(0, len(text), 64)]
    return "\n".join(["-----BEGIN MYDATA CARD-----", *rows, "-----END MYDATA CARD-----", ""])
