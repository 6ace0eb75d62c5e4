"""What crosses the pipe between the program and the process that reads hostile files.

Lives here: the frames both ends share and how to cut a stream into them. Does not live here: what
the reader process does (`connectors.worker`) and what the program believes (`app.intake`).

A frame is one byte of kind, four bytes of length (big-endian) and a msgpack payload that is decoded
into exactly one of the types below. Nothing that crosses can carry code. The program sends one
`Task`; the reader answers

    Recognised  Batch | Progress ...  Done          everything was read
    Recognised  Batch | Progress ...  Failed        the source cannot be read (further)
    Failed                                          it cannot be read at all
"""

from __future__ import annotations

import struct
from typing import IO, Annotated, Final, Protocol, cast

import msgspec

from connectors.api import Item

TASK: Final = 1
RECOGNISED: Final = 2
BATCH: Final = 3
PROGRESS: Final = 4
DONE: Final = 5
FAILED: Final = 6

FRAME_BYTES: Final = 16 << 20
"""No frame is longer: it is refused before memory is set aside for it."""
RECORD_BYTES: Final = 8 << 20
"""A record that takes more than this on the pipe is left out as "too-long"."""
BATCH_BYTES: Final = 1 << 20
"""A batch is sent once it is this long, or has `BATCH_ITEMS` items."""
BATCH_ITEMS: Final = 600
"""What they become stays in the processor's cache until the program has worked on it."""
QUOTE: Final = 80
"""Characters a `Problem.value` may have (see `connectors.api.Problem`)."""

HEADER: Final = struct.Struct(">BI")

Size = Annotated[int, msgspec.Meta(ge=0)]


class Task(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """What the reader is to do. Paths are as the file system spells them; limits 0 means none."""

    paths: list[bytes]
    connector: str = ""
    options: dict[str, str] = {}
    since: str = ""
    recognise_only: bool = False
    memory_bytes: Size = 0
    cpu_seconds: Size = 0


class Recognised(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """Which connector claims the source.

    `confidence` and `detail` are those of `connectors.api.Match`; 0 when the person named the
    connector and it does not claim the source itself. `candidates` are the ids of all connectors
    that claim it as firmly, the chosen one first: more than one is a tie for the person to decide.
    `total_bytes` is the size of the source; the connector may correct it later.
    """

    connector: str
    title: str
    version: int
    confidence: Annotated[int, msgspec.Meta(ge=0, le=100)]
    detail: str
    candidates: Annotated[list[str], msgspec.Meta(max_length=100)]
    total_bytes: Size


class Batch(msgspec.Struct, frozen=True, array_like=True, gc=False, forbid_unknown_fields=True):
    """Some of what is in the source, and how much of it has been read until now."""

    bytes_read: Size
    total_bytes: Size
    items: Annotated[list[Item], msgspec.Meta(max_length=BATCH_ITEMS)]


class Progress(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """A sign that bytes are being read although no item came of them yet."""

    bytes_read: Size
    total_bytes: Size


class Done(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """Everything was read. `items` is how many items were sent in all batches together."""

    items: Size
    bytes_read: Size


class Failed(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """The source cannot be read (further): the fields of `connectors.errors.Unreadable`.

    `limit` says that it is a `LimitExceeded`.
    """

    code: str
    value: str = ""
    where: str = ""
    limit: bool = False


class Garbled(Exception):
    """The stream is not made of frames."""


class Readable(Protocol):
    """What every binary stream here can do, although `typing.IO` does not say so."""

    def readinto(self, buffer: memoryview, /) -> int | None:
        """Fill the start of `buffer`; say how many bytes came, 0 at the end."""
        ...


def frame(kind: int, payload: bytes) -> bytes:
    """`payload` as a frame of `kind`."""
    return HEADER.pack(kind, len(payload)) + payload


def read_frame(stream: IO[bytes]) -> tuple[int, bytearray] | None:
    """Kind and payload of the next frame, None at the end. Raises `Garbled`."""
    header = _take(stream, HEADER.size)
    if not header:
        return None
    if len(header) < HEADER.size:
        raise Garbled
    kind, length = HEADER.unpack(header)
    if length > FRAME_BYTES:
        raise Garbled
    payload = _take(stream, length)
    if len(payload) < length:
        raise Garbled
    return kind, payload


def _take(stream: IO[bytes], size: int) -> bytearray:
    """`size` bytes, or fewer at the end of the stream."""
    source = cast("Readable", stream)
    data = bytearray(size)
    filled = 0
    with memoryview(data) as view:
        while filled < size and (count := source.readinto(view[filled:])):
            filled += count
    del data[filled:]
    return data
