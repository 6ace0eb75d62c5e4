"""Segments and snapshots as bytes: sealing them, and opening only what is whole and ours.

Pure functions on bytes in memory; files are `folder`, what the bodies mean `bodies`.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from typing import Final, NamedTuple

from app.vault import keys
from app.vault.sync import bodies, names

MAGIC: Final = b"MYDATAS1"
VERSION: Final = 1
SEGMENT: Final = 1
SNAPSHOT: Final = 2
MORE: Final = 3
"""A segment that is taken in only together with the next one."""
START: Final = bytes(20)
_HEAD: Final = struct.Struct(">8sHB16s16sIQ20s")
HEAD_BYTES: Final = _HEAD.size
_LENGTH: Final = struct.Struct(">I")
_PLACE: Final = struct.Struct(">IB")
_LARGEST_PART: Final = bodies.LIMIT + 1024


class Head(NamedTuple):
    """What stands before the parts. `device` and `vault_id` are hex, `previous` 20 bytes."""

    type: int
    vault_id: str
    device: str
    epoch: int
    number: int
    previous: bytes

    def pack(self) -> bytes:
        """75 bytes."""
        return _HEAD.pack(
            MAGIC,
            VERSION,
            self.type,
            bytes.fromhex(self.vault_id),
            bytes.fromhex(self.device),
            self.epoch,
            self.number,
            self.previous,
        )


def head_of(data: bytes) -> Head | None:
    """The head of a file of ours, None for anything else. Nothing of it is proven yet."""
    if len(data) < HEAD_BYTES:
        return None
    magic, version, what, vault_id, device, epoch, number, previous = _HEAD.unpack_from(data)
    if magic != MAGIC or version != VERSION or what not in {SEGMENT, SNAPSHOT, MORE}:
        return None
    return Head(what, vault_id.hex(), device.hex(), epoch, number, previous)


def seal(key: bytes, head: Head, parts: Iterable[bodies.Body]) -> bytes:
    """The file's bytes. There is at least one part."""
    start = head.pack()
    packed = [bodies.pack(part) for part in parts]
    pieces = [start]
    for index, part in enumerate(packed):
        place = _PLACE.pack(index, index == len(packed) - 1)
        nonce, sealed = keys.wrap(key, part, start + place)
        pieces += [_LENGTH.pack(len(nonce) + len(sealed)), nonce, sealed]
    return b"".join(pieces)


class File(NamedTuple):
    """An opened file, every part authentic and in place."""

    head: Head
    hash: bytes
    parts: list[bodies.Body]


def open_file(key: bytes, vault_id: str, epoch: int, data: bytes) -> File | None:
    """Open a whole file; None if anything in it is not as its writer made it, or not ours."""
    head = head_of(data)
    if head is None or head.vault_id != vault_id or head.epoch != epoch:
        return None
    plain = _opened(key, data)
    if not plain or (head.type != SNAPSHOT and len(plain) > 1):
        return None
    parts = [bodies.unpack(part) for part in plain]
    whole = [part for part in parts if part is not None]
    return File(head, names.digest(data), whole) if len(whole) == len(parts) else None


def _opened(key: bytes, data: bytes) -> list[bytes] | None:
    """All parts decrypted, or None if one is not in its place, or something follows the last."""
    start, at, parts, view = data[:HEAD_BYTES], HEAD_BYTES, list[bytes](), memoryview(data)
    while at < len(data):
        if len(data) < at + _LENGTH.size:
            return None
        (length,) = _LENGTH.unpack_from(data, at)
        at += _LENGTH.size
        end = at + length
        if not keys.NONCE_BYTES < length <= _LARGEST_PART or end > len(data):
            return None
        place = _PLACE.pack(len(parts), end == len(data))
        nonce, sealed = (
            bytes(view[at : at + keys.NONCE_BYTES]),
            bytes(view[at + keys.NONCE_BYTES : end]),
        )
        part = keys.unwrap(key, nonce, sealed, start + place)
        if part is None:
            return None
        parts.append(part)
        at = end
    return parts
