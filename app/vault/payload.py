"""A record as it is stored: canonical bytes that hash to its version, and its key.

Provenance (connector, run, place in the file) stands beside the payload, so the same thing met in
another file is the same version.
"""

from __future__ import annotations

import hashlib
from functools import partial
from typing import Final

import msgspec

from connectors.api import Attachment, Link, Record, Value

HASH_BYTES: Final = 16
"""Length of a record's key and of the hash of its content. Imports cut both out by it."""


class Payload(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What a record says, without who said it. Fields as in `connectors.api.Record`."""

    native_id: str
    start: str
    end: str
    title: str
    text: str
    data: dict[str, Value]
    extra: str
    links: list[Link]
    files: list[Attachment]


_encode = msgspec.json.Encoder(order="deterministic").encode
_decoder = msgspec.json.Decoder(Payload)


def encode(record: Record) -> bytes:
    """Canonical JSON of what the record says."""
    return _encode(
        (
            record.native_id,
            record.start,
            record.end,
            record.title,
            record.text,
            record.data,
            record.extra,
            record.links,
            record.files,
        )
    )


def decode(data: bytes) -> Payload:
    """What `encode` wrote."""
    return _decoder.decode(data)


class Hasher:
    """Keyed hashes of one source's records. Both devices of a person compute the same.

    The key is the vault's content key, kept inside the vault: whoever sees only hashes (a cloud
    folder) can not test a guess.
    """

    def __init__(self, content_key: bytes, connector: str, account: str) -> None:
        keyed = partial(hashlib.blake2b, key=content_key, digest_size=HASH_BYTES)
        self._content = keyed(person=b"mydata/version")
        self._source = keyed(person=b"mydata/record")
        for part in (connector, account):
            self._source.update(len(part.encode()).to_bytes(4, "big") + part.encode())
        self._kinds: dict[str, hashlib.blake2b] = {}

    def key(self, kind: str, native_id: str) -> bytes:
        """Which thing this is."""
        state = self._kinds.get(kind)
        if state is None:
            state = self._source.copy()
            state.update(kind.encode() + b"\0")
            self._kinds[kind] = state
        state = state.copy()
        state.update(native_id.encode())
        return state.digest()

    def content(self, payload: bytes) -> bytes:
        """Which version of it this is."""
        state = self._content.copy()
        state.update(payload)
        return state.digest()
