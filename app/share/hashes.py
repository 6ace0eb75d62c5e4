"""Every hash of the bundle format, each told apart from the others (FORMAT.md 1 to 6).

Standard library only: what needs a private key or a cipher is in `seal`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Final

CHUNK: Final = 262_144
"""Length of a piece of a part, and of a full frame's plaintext."""


def tagged(person: bytes, data: bytes) -> bytes:
    """`H(person, data)` of FORMAT.md."""
    return hashlib.blake2b(data, digest_size=32, person=person).digest()


def keyed(key: bytes, data: bytes) -> bytes:
    """`K(key, data)` of FORMAT.md."""
    return hashlib.blake2b(data, digest_size=32, key=key).digest()


def fingerprint(ed: bytes, x: bytes) -> str:
    """64 hexadecimal digits naming an identity."""
    return tagged(b"mydata-ident-v1", ed + x).hex()


def header_hash(header: bytes) -> bytes:
    """Over everything from the magic up to and including the header MAC."""
    return tagged(b"mydata-header-v1", header)


def manifest_hash(manifest: bytes) -> bytes:
    """What the sender signs of the manifest."""
    return tagged(b"mydata-manif-v1", manifest)


def terms_hash(text: str) -> str:
    """Hexadecimal hash of the terms."""
    return tagged(b"mydata-terms-v1", text.encode()).hex()


def record_id(stream_secret: bytes, record_key: bytes) -> str:
    """Name a record within one stream, without giving away its key in the vault."""
    return hashlib.blake2b(
        record_key, digest_size=16, key=stream_secret, person=b"mydata-record-v1"
    ).hexdigest()


def chunk_digest(piece: bytes | memoryview) -> bytes:
    """Digest of one piece of a part. Releases the interpreter lock for all but short ones."""
    state = hashlib.sha256(b"\0")
    state.update(piece)
    return state.digest()


class PartDigest:
    """Digest of a part from the digests of its pieces, in order."""

    def __init__(self) -> None:
        self._root = hashlib.sha256(b"\1")

    def add(self, chunk_digests: bytes) -> None:
        """Take the next piece's digest, or several joined."""
        self._root.update(chunk_digests)

    def hex(self) -> str:
        """64 hexadecimal digits."""
        return self._root.hexdigest()


def part_digest(pieces: Iterable[bytes]) -> str:
    """Digest of a part given as its pieces."""
    digest = PartDigest()
    for piece in pieces:
        digest.add(chunk_digest(piece))
    return digest.hex()
