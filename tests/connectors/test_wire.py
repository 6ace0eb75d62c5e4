"""A stream is cut into exactly the frames that were put in, or into none."""

from __future__ import annotations

import io
from typing import IO, cast

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors import wire
from connectors.api import Attachment, Checkpoint, Item, Link, Member, Problem, Record

frames = st.lists(st.tuples(st.integers(0, 255), st.binary(max_size=300)), max_size=5)
names = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
values = st.one_of(
    names, st.booleans(), st.integers(-(2**63), 2**63 - 1), st.lists(names, max_size=3)
)
items: st.SearchStrategy[Item] = st.one_of(
    st.builds(
        Record,
        kind=names,
        native_id=names,
        text=names,
        data=st.dictionaries(names, values, max_size=4),
        links=st.lists(st.builds(Link, names, names, names), max_size=2),
        files=st.lists(st.builds(Attachment, names), max_size=2),
    ),
    st.builds(Problem, names, names, names),
    st.builds(Member, names, names, st.integers(0, 9)),
    st.builds(Checkpoint, names),
)


class Dribble(io.RawIOBase):
    """A pipe that gives at most three bytes at a time."""

    def __init__(self, data: bytes) -> None:
        self._data = io.BytesIO(data)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview, /) -> int:  # type: ignore[override]
        return self._data.readinto(memoryview(buffer)[:3])


def cut(data: bytes) -> list[tuple[int, bytes]]:
    stream = cast("IO[bytes]", Dribble(data))
    found = []
    while frame := wire.read_frame(stream):
        found.append((frame[0], bytes(frame[1])))
    return found


@given(frames)
def test_frames_come_out_as_they_went_in(sent: list[tuple[int, bytes]]) -> None:
    assert cut(b"".join(wire.frame(*frame) for frame in sent)) == sent


@given(frames, st.data())
def test_a_cut_stream_is_not_taken_for_a_whole_one(
    sent: list[tuple[int, bytes]], data: st.DataObject
) -> None:
    whole = [wire.frame(*frame) for frame in sent]
    length = sum(map(len, whole))
    end = data.draw(st.integers(0, length))
    borders = [sum(map(len, whole[:count])) for count in range(len(whole) + 1)]
    if end in borders:
        assert cut(b"".join(whole)[:end]) == sent[: borders.index(end)]
    else:
        with pytest.raises(wire.Garbled):
            cut(b"".join(whole)[:end])


def test_a_frame_above_the_cap_is_refused_before_it_is_read() -> None:
    class Counting(Dribble):
        taken = 0

        def readinto(self, buffer: bytearray | memoryview, /) -> int:  # type: ignore[override]
            self.taken += len(buffer)
            return super().readinto(buffer)

    stream = Counting(wire.HEADER.pack(wire.BATCH, wire.FRAME_BYTES + 1))
    with pytest.raises(wire.Garbled):
        wire.read_frame(cast("IO[bytes]", stream))
    assert stream.taken < 20


@given(st.lists(items, max_size=5))
def test_items_cross_as_they_are(sent: list[Item]) -> None:
    batch = wire.Batch(1, 2, sent)
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(batch), type=wire.Batch) == batch


@given(st.binary(max_size=200))
def test_noise_is_never_anything_but_refused_or_a_batch(noise: bytes) -> None:
    try:
        batch = msgspec.msgpack.decode(b"\x93\x00\x00" + noise, type=wire.Batch)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return
    assert all(isinstance(item, Record | Problem | Member | Checkpoint) for item in batch.items)
