"""The open part of a bundle: what can be known without a key (FORMAT.md 4, checks 1 to 4)."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple

from app.share import manifest
from app.share.refusals import refused

MAGIC: Final = b"MYDATAB1"
SUITE: Final = 1
LEAST_REST: Final = 3 * manifest.FRAME_OVERHEAD + manifest.SIGNATURE


class Header(NamedTuple):
    """The bytes of the header, and its pieces."""

    raw: bytes
    """Magic to header MAC."""
    bundle_id: bytes
    stanzas: list[bytes]
    stream_header: bytes

    @property
    def authenticated(self) -> bytes:
        """What the MAC is over."""
        return self.raw[: -manifest.MAC]

    @property
    def mac(self) -> bytes:
        """The MAC itself."""
        return self.raw[-manifest.MAC :]


def fixed(bundle_id: bytes, stanzas: int) -> bytes:
    """The 30 bytes before the stanzas."""
    version = manifest.VERSION.to_bytes(2, "big") + SUITE.to_bytes(2, "big")
    return MAGIC + version + bundle_id + stanzas.to_bytes(2, "big")


def read(file: BinaryIO) -> Header:
    """Read up to the first frame. Raises NOT_A_BUNDLE, NEWER_VERSION, BAD_HEADER, TRUNCATED."""
    start = file.read(manifest.HEADER_FIXED)
    if not start or start[:8] != MAGIC[: len(start)]:
        raise refused("NOT_A_BUNDLE")
    if len(start) >= 12 and start[8:12] != fixed(b"", 0)[8:12]:
        raise refused("NEWER_VERSION")
    count = int.from_bytes(start[28:30], "big")
    if len(start) == manifest.HEADER_FIXED and not _is_bucket(count):
        raise refused("BAD_HEADER")
    rest_length = manifest.STANZA * max(1, count) + manifest.MAC
    rest = file.read(rest_length)
    stream_header = file.read(manifest.STREAM_HEADER)
    if len(stream_header) < manifest.STREAM_HEADER:
        need = manifest.HEADER_FIXED + rest_length + manifest.STREAM_HEADER + LEAST_REST
        raise truncated(file, need)
    size = manifest.STANZA
    stanzas = [rest[at * size : (at + 1) * size] for at in range(count)]
    return Header(start + rest, start[12:28], stanzas, stream_header)


def _is_bucket(count: int) -> bool:
    return 1 <= count <= manifest.MAX_RECIPIENTS and count & (count - 1) == 0


def truncated(file: BinaryIO, need: int) -> Exception:
    """Say how much of the file is here, and how much there must at least be."""
    have = os.fstat(file.fileno()).st_size
    return refused("TRUNCATED", have=f"{have:,}", need=f"{max(need, have + 1):,}")


@contextlib.contextmanager
def open_regular(path: Path, code: str) -> Iterator[BinaryIO]:
    """Open an ordinary file for reading; refuse a pipe or device with `code`, unopened."""
    found = path.stat()
    if not stat.S_ISREG(found.st_mode) and not stat.S_ISDIR(found.st_mode):
        raise refused(code)
    with path.open("rb", buffering=0) as file:
        yield file
