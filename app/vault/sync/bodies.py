"""What a segment or snapshot says, as MessagePack; the table in FORMAT.md gives the meaning."""

from __future__ import annotations

import zlib
from typing import Final

import msgspec

PART_BYTES: Final = 4 << 20
"""What a body grows to before the next one is begun."""
LIMIT: Final = 64 << 20
"""What a reader takes."""

Seen = dict[str, tuple[int, int, str]]
"""Device to (number, last operation, hash in hex) of its newest segment taken in."""


class Device(msgspec.Struct, frozen=True, array_like=True):
    """A computer."""

    uid: str
    name: str


class Operation(msgspec.Struct, frozen=True, array_like=True):
    """A line of the log."""

    device: str
    sequence: int
    clock: int
    type: str
    subject: str
    body: bytes


class Original(msgspec.Struct, frozen=True, array_like=True):
    """A kept file of a run."""

    name: str
    sha256: str
    size: int
    blob: str


class Run(msgspec.Struct, frozen=True, array_like=True):
    """An import; `device` and `sequence` name its operation."""

    uid: str
    device: str
    sequence: int
    connector: str
    account: str
    type: str
    version: int
    name: str
    started: str
    finished: str
    counts: tuple[int, int, int]
    receipt: bytes
    originals: tuple[Original, ...]


Claim = tuple[str, str, bytes]
"""Kind, place, payload."""


class Claims(msgspec.Struct, frozen=True, array_like=True):
    """Versions one run said."""

    run: str
    claims: list[Claim]


class Entry(msgspec.Struct, frozen=True, array_like=True):
    """A line of a device's ledger."""

    device: str
    sequence: int
    at: str
    kind: str
    body: bytes
    hash: bytes


class Segment(msgspec.Struct, frozen=True, array_like=True):
    """What is remembered of a segment."""

    device: str
    number: int
    hash: bytes
    last: int
    ledger: int
    seen: Seen


class Body(msgspec.Struct, array_like=True):
    """One part of a file."""

    seen: Seen = {}
    devices: list[Device] = []
    secrets: dict[str, bytes] = {}
    operations: list[Operation] = []
    runs: list[Run] = []
    claims: list[Claims] = []
    ledger: list[Entry] = []
    last: int = 0
    ledger_last: int = 0
    segments: list[Segment] = []


_encode = msgspec.msgpack.Encoder().encode
_decoder = msgspec.msgpack.Decoder(Body)


def pack(body: Body) -> bytes:
    """Compressed bytes."""
    return zlib.compress(_encode(body), 6)


def unpack(data: bytes) -> Body | None:
    """What `pack` made, or None for anything else, or more than a reader takes."""
    inflater = zlib.decompressobj()
    try:
        raw = inflater.decompress(data, LIMIT)
        if not inflater.eof or inflater.unused_data:
            return None
        return _decoder.decode(raw)
    except (zlib.error, msgspec.DecodeError, UnicodeDecodeError):
        return None
