"""Opening a bundle in the order of FORMAT.md 8: past `open_bundle` there is a signed manifest.

Checks 13 to 16, which need to know people and what was received before, are in `policy`.
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterator
from typing import BinaryIO, Final

from app.share import hashes, header, manifest, seal, secretstream
from app.share.hashes import CHUNK, PartDigest, chunk_digest
from app.share.identity import grouped, safety_digits
from app.share.manifest import Manifest, Part
from app.share.output import Conveyor
from app.share.parts import Tick
from app.share.refusals import refused

MAX_FRAME: Final = 4 * 2**20 + secretstream.OVERHEAD


class Opening:
    """A bundle past check 12, its payload not yet read."""

    def __init__(
        self, file: BinaryIO, head: header.Header, stream: secretstream.Decryptor, data: bytes
    ) -> None:
        self._file = file
        self._stream = stream
        self.header_hash = hashes.header_hash(head.raw)
        self.manifest_hash = hashes.manifest_hash(data)
        self.manifest: Manifest = manifest.parse(data, head.bundle_id)
        self._manifest_length = len(data)

    def verify(self, tick: Tick = lambda _: None) -> None:
        """Check 17 to 19 over the whole file, keeping nothing and inflating nothing."""
        for part in self.parts():
            for piece in self._stored(part):
                tick(len(piece))
        self.finish()

    def parts(self) -> Iterator[Part]:
        """Yield the parts in order; each one's `contents` must be read before the next."""
        self._check_size()
        yield from self.manifest.parts

    def contents(self, part: Part) -> Iterator[bytes]:
        """Yield the raw bytes of the part that is next, its digest checked at the end."""
        stored = self._stored(part)
        return stored if part.coding == "none" else _inflated(stored, part.raw)

    def _check_size(self) -> None:
        size = os.fstat(self._file.fileno()).st_size
        expected = manifest.file_size(self.manifest, self._manifest_length)
        if size < expected:
            raise header.truncated(self._file, expected)
        if size > expected:
            raise refused("TRAILING_DATA")

    def _stored(self, part: Part) -> Iterator[bytes]:
        digest = PartDigest()
        digester = Conveyor[bytes](lambda piece: digest.add(chunk_digest(piece)))
        try:
            for piece in self._frames(part.stored, secretstream.PUSH):
                digester.put(piece)
                yield piece
        finally:
            digester.stop()
        digester.check()
        if digest.hex() != part.digest:
            raise refused("PART_HASH")

    def _frames(self, length: int, last_tag: int) -> Iterator[bytes]:
        """Yield the plaintext of the frames that carry `length` bytes."""
        for left in range(length, 0, -CHUNK) if length else (0,):
            size = min(left, CHUNK)
            tag = last_tag if left <= CHUNK else secretstream.MESSAGE
            yield open_frame(self._file, self._stream, tag, size)

    def finish(self) -> None:
        """Check what follows the last part: padding, FINAL, end of file."""
        for piece in self._frames(self.manifest.padding, secretstream.FINAL):
            if piece.count(0) != len(piece):
                raise refused("BAD_PADDING")
        if self._file.read(1):
            raise refused("TRAILING_DATA")


def open_bundle(file: BinaryIO, keys: seal.Keys) -> Opening:
    """Check 1 to 12. `file` is at its beginning."""
    head = header.read(file)
    file_key = seal.find_file_key(keys, head.stanzas)
    if file_key is None:
        raise refused("NOT_FOR_YOU", digits=grouped(safety_digits(keys.fingerprint)))
    mac = seal.header_mac(file_key, head.bundle_id, head.authenticated)
    if not seal.same(mac, head.mac):
        raise refused("HEADER_TAMPERED")
    header_hash = hashes.header_hash(head.raw)
    key = seal.stream_key(file_key, head.bundle_id)
    stream = secretstream.Decryptor(key, head.stream_header, header_hash)
    data = open_frame(file, stream, secretstream.PUSH, None)
    signature = open_frame(file, stream, secretstream.PUSH, manifest.SIGNATURE, "BAD_FRAME")
    signed = seal.signed_text(header_hash, hashes.manifest_hash(data))
    if not seal.verify(manifest.peek_signer(data), signed, signature):
        raise refused("BAD_SIGNATURE")
    opening = Opening(file, head, stream, data)
    _check_recipients(opening.manifest, keys, len(head.stanzas))
    return opening


def _check_recipients(found: Manifest, keys: seal.Keys, stanzas: int) -> None:
    if keys.fingerprint not in found.recipients:
        raise refused("NOT_LISTED")
    if manifest.bucket(len(found.recipients)) != stanzas:
        raise refused("WRONG_RECIPIENTS")


def open_frame(
    file: BinaryIO,
    stream: secretstream.Decryptor,
    tag: int,
    size: int | None,
    wrong_size: str = "PART_SIZE",
) -> bytes:
    """Read and decrypt the next frame, tagged `tag` and of `size` bytes; None: a manifest."""
    length = int.from_bytes(_read(file, 4), "big")
    most = MAX_FRAME if size is not None else manifest.MAX_MANIFEST + secretstream.OVERHEAD
    if not secretstream.OVERHEAD <= length <= most:
        raise refused("BAD_FRAME")
    if size is not None and length != size + secretstream.OVERHEAD:
        raise refused(wrong_size)
    opened = stream.open(_read(file, length))
    if opened is None:
        raise refused("PAYLOAD_TAMPERED")
    if opened[1] != tag:
        raise refused("BAD_FRAME")
    return opened[0]


def _read(file: BinaryIO, length: int) -> bytes:
    data = file.read(length)
    if len(data) < length:
        raise header.truncated(file, file.tell() - len(data) + length)
    return data


def _inflated(stored: Iterator[bytes], raw: int) -> Iterator[bytes]:
    """Inflate in pieces; raises PART_SIZE unless it is exactly `raw` bytes."""
    unpacker, left = zlib.decompressobj(), raw
    for piece in stored:
        for out in _expanded(unpacker, piece):
            left -= len(out)
            if left < 0:
                raise refused("PART_SIZE")
            yield out
    if left or unpacker.unused_data or not unpacker.eof:
        raise refused("PART_SIZE")


def _expanded(unpacker: zlib._Decompress, piece: bytes) -> Iterator[bytes]:
    """Yield what one piece inflates to, never more than 256 KiB at once."""
    while not unpacker.eof:
        try:
            out = unpacker.decompress(piece, CHUNK)
        except zlib.error as error:
            raise refused("PART_SIZE") from error
        yield out
        if len(out) < CHUNK:
            return
        piece = unpacker.unconsumed_tail
    if piece:
        raise refused("PART_SIZE")
