"""Parts on the sender's side: where their bytes come from, twice the same.

The manifest names lengths and digests before the first part is sealed, so every part is read
twice: once to measure, once to seal. Nothing is put down on a disk in between.
"""

from __future__ import annotations

import itertools
import os
import zlib
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from io import FileIO
from pathlib import Path
from typing import Final, Literal, NamedTuple, Protocol

from app.share.hashes import CHUNK, PartDigest, chunk_digest
from app.share.manifest import Part

SPAN: Final = 32 * CHUNK
"""How much of a file one core digests at a time."""
AHEAD: Final = 8 * CHUNK
"""How much of it is read at a time while what came before is sealed."""
HELD: Final = 64 * CHUNK
"""How much of a deflated part may wait in memory between measuring and sealing."""
LEVEL: Final = 6

Tick = Callable[[int], None]
"""Told how many bytes were just done; may raise `Cancelled`."""


class Measure(NamedTuple):
    """Lengths in bytes before and after coding, and the digest of the stored bytes."""

    raw: int
    stored: int
    digest: str


class Source(Protocol):
    """A part to be sealed."""

    name: str
    media: str
    schema: str
    title: str
    coding: Literal["none", "zlib"]

    def measure(self, tick: Tick) -> Measure:
        """Read it through once."""
        ...

    def pieces(self) -> Iterator[bytes]:
        """Yield the stored bytes, cut as the format cuts them."""
        ...


def describe(source: Source, tick: Tick) -> Part:
    """Measure `source` into its line of the manifest."""
    raw, stored, digest = source.measure(tick)
    return Part(
        name=source.name,
        media=source.media,
        schema=source.schema,
        title=source.title,
        coding=source.coding,
        raw=raw,
        stored=stored,
        digest=digest,
    )


def recut(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Cut any chunks into pieces of 262,144 bytes, the last one shorter; at least one piece."""
    waiting = bytearray()
    for chunk in chunks:
        waiting += chunk
        while len(waiting) > CHUNK:
            yield bytes(waiting[:CHUNK])
            del waiting[:CHUNK]
    yield bytes(waiting)


class Lines:
    """A part made of lines that can be produced again, stored deflated."""

    coding: Literal["none", "zlib"] = "zlib"
    title = ""

    def __init__(
        self, name: str, schema: str, media: str, lines: Callable[[], Iterable[bytes]]
    ) -> None:
        self.name, self.schema, self.media = name, schema, media
        self._lines = lines
        self._held: list[bytes] = []
        self._whole = False

    def measure(self, tick: Tick) -> Measure:
        """Produce all lines once; a short result is held in memory for sealing."""
        digest, stored, lengths = PartDigest(), 0, [0]
        self._held = []

        def counted() -> Iterator[bytes]:
            for line in self._lines():
                lengths[0] += len(line)
                yield line

        for piece in recut(_deflated(counted())):
            digest.add(chunk_digest(piece))
            stored += len(piece)
            if stored <= HELD:
                self._held.append(piece)
            tick(len(piece))
        self._whole = stored <= HELD
        if not self._whole:
            self._held = []
        return Measure(lengths[0], stored, digest.hex())

    def pieces(self) -> Iterator[bytes]:
        """What was held, or all lines produced again."""
        return iter(self._held) if self._whole else recut(_deflated(self._lines()))


def _deflated(lines: Iterable[bytes]) -> Iterator[bytes]:
    packer = zlib.compressobj(LEVEL)
    for block in _blocks(lines):
        yield packer.compress(block)
    yield packer.flush()


def _blocks(lines: Iterable[bytes]) -> Iterator[bytes]:
    """Join lines to about 64 KiB: one call of the packer for many."""
    block, length = [], 0
    for line in lines:
        block.append(line)
        length += len(line)
        if length >= 65_536:
            yield b"".join(block)
            block, length = [], 0
    yield b"".join(block)


class File:
    """A file as a part, stored as it is."""

    coding: Literal["none", "zlib"] = "none"
    schema = ""

    def __init__(self, name: str, path: Path, media: str, title: str = "") -> None:
        self.name, self.media, self.title = name, media, title
        self._path = path

    def measure(self, tick: Tick) -> Measure:
        """Digest it on two cores."""
        digest = PartDigest()
        size = self._path.stat().st_size
        with ThreadPoolExecutor(2) as cores:
            spans = range(0, max(size, 1), SPAN)
            for digests in cores.map(self._digest_span, spans):
                tick(len(digests) // 32 * CHUNK)
                digest.add(digests)
        return Measure(size, size, digest.hex())

    def _digest_span(self, start: int) -> bytes:
        piece = memoryview(bytearray(CHUNK))
        found: list[bytes] = []
        with self._path.open("rb", buffering=0) as file:
            file.seek(start)
            while len(found) < SPAN // CHUNK and (length := file.readinto(piece)):
                found.append(chunk_digest(piece[:length]))
        return b"".join(found) or chunk_digest(b"")

    def pieces(self) -> Iterator[bytes]:
        """Read it again, ahead of the one who seals."""
        with self._path.open("rb", buffering=0) as file, ThreadPoolExecutor(1) as ahead:
            _expect_sequential(file.fileno())
            span = _read_span(file) or [b""]
            while span:
                coming = ahead.submit(_read_span, file)
                yield from span
                span = coming.result()


def _read_span(file: FileIO) -> list[bytes]:
    pieces = (file.read(CHUNK) for _ in range(AHEAD // CHUNK))
    return list(itertools.takewhile(bool, pieces))


def _expect_sequential(handle: int) -> None:
    if hasattr(os, "posix_fadvise"):
        os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_SEQUENTIAL)
