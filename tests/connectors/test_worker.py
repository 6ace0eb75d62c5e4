"""Claims, batches and reports of the reader process, without the process.

What it does when attacked, and what it says over a real pipe, is in `tests/intake`.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import msgspec
import pytest

from connectors import wire, worker
from connectors.api import Item, Match, Option, Options, Problem, Record
from connectors.errors import LimitExceeded, Unreadable
from connectors.toolkit.source import Source, open_source


class Claimant:
    """A connector that answers as told."""

    title: ClassVar[str] = "Claimant"
    version: ClassVar[int] = 1
    kinds: ClassVar[frozenset[str]] = frozenset()
    options: ClassVar[tuple[Option, ...]] = ()
    id: ClassVar[str]

    def __init__(self, name: str, answer: int | Unreadable | None) -> None:
        self.__class__ = type("Named", (Claimant,), {"id": name})
        self._answer = answer

    def recognise(self, source: Source) -> Match | None:
        del source
        if isinstance(self._answer, Unreadable):
            raise self._answer
        return Match(self._answer) if self._answer else None

    def read(self, source: Source, options: Options, since: str) -> Iterator[Item]:
        del source, options, since
        return iter(())


class Tape(worker.Channel):
    """A channel that keeps its frames and leaves standard output alone."""

    def __init__(self) -> None:
        self.frames: list[bytes] = []

    def write(self, *parts: bytes | bytearray) -> None:
        self.frames.append(b"".join(parts))

    def batches(self) -> list[wire.Batch]:
        found = []
        for frame in self.frames:
            kind, length = wire.HEADER.unpack_from(frame)
            assert kind == wire.BATCH
            assert length == len(frame) - wire.HEADER.size
            found.append(
                msgspec.msgpack.decode(frame[wire.HEADER.size :], type=wire.Batch, strict=True)
            )
        return found


@pytest.fixture
def source(tmp_path: Path) -> Iterator[Source]:
    path = tmp_path / "export.txt"
    path.write_text("read me")
    with open_source([path]) as source:
        yield source


def recognised(source: Source, **answers: int | Unreadable | None) -> tuple[str, int, list[str]]:
    connectors = [Claimant(name, answer) for name, answer in answers.items()]
    connector, match, equal = worker.recognise(source, connectors)
    return connector.id, match.confidence, equal


def complaint(source: Source, **answers: int | Unreadable | None) -> str:
    with pytest.raises(Unreadable) as caught:
        recognised(source, **answers)
    return caught.value.code


def test_the_firmest_claim_wins(source: Source) -> None:
    assert recognised(source, a=10, b=90, c=50) == ("b", 90, ["b"])


def test_of_equal_claims_the_first_is_chosen_and_all_are_named(source: Source) -> None:
    assert recognised(source, a=10, b=90, c=90) == ("b", 90, ["b", "c"])


def test_a_complaint_does_not_outweigh_a_claim(source: Source) -> None:
    assert recognised(source, a=LimitExceeded("too-deep"), b=1) == ("b", 1, ["b"])


def test_the_first_complaint_that_says_something_is_passed_on(source: Source) -> None:
    bad_text = Unreadable("bad-encoding")
    assert complaint(source, a=None, b=bad_text) == "not-recognised"
    assert complaint(source, a=bad_text, b=Unreadable("dtd"), c=Unreadable("empty")) == "dtd"
    assert complaint(source) == "not-recognised"


def record(number: int, size: int = 0) -> Record:
    return Record("note", f"n{number}", text="x" * size)


def sent(source: Source, items: list[Item]) -> list[wire.Batch]:
    tape = Tape()
    outbox = worker.Outbox(tape, source)
    outbox.add_all(items)
    assert outbox.sent == len(items)
    return tape.batches()


@pytest.mark.parametrize("count", [1, *(wire.BATCH_ITEMS + more for more in (-1, 0, 1)), 6000])
def test_small_items_travel_in_full_batches(source: Source, count: int) -> None:
    items: list[Item] = [record(number) for number in range(count)]
    batches = sent(source, items)
    assert [item for batch in batches for item in batch.items] == items
    assert max(len(batch.items) for batch in batches) <= wire.BATCH_ITEMS


def test_large_items_travel_in_short_frames(source: Source) -> None:
    longest = wire.RECORD_BYTES - 50
    items: list[Item] = [record(number, 300_000) for number in range(10)]
    items += [record(10, longest), Problem("row 12", "empty"), record(11, longest)]
    tape = Tape()
    worker.Outbox(tape, source).add_all(items)
    assert [item for batch in tape.batches() for item in batch.items] == items
    assert max(map(len, tape.frames)) <= wire.BATCH_BYTES + wire.RECORD_BYTES + 100
    assert wire.BATCH_BYTES + wire.RECORD_BYTES + 100 < wire.FRAME_BYTES


def test_nothing_to_send_is_not_sent(source: Source) -> None:
    assert sent(source, []) == []


def test_progress_travels_with_the_batch(source: Source) -> None:
    source.read("export.txt")
    (batch,) = sent(source, [record(0)])
    assert (batch.bytes_read, batch.total_bytes) == (7, 7)


def test_a_bug_is_told_by_type_and_our_own_lines(source: Source) -> None:
    tape = Tape()
    try:
        worker.Outbox(tape, source).add_all([object()])  # type: ignore[list-item]
    except TypeError:
        kind, error, trace = sys.exc_info()
    assert kind
    assert error
    worker._report_bug(tape)(kind, error, trace)
    failed = msgspec.msgpack.decode(tape.frames[0][wire.HEADER.size :], type=wire.Failed)
    assert failed.code == "worker-died"
    name, *lines = failed.value.split()
    assert name == "TypeError"
    assert len(lines) == 2
    assert all(line.startswith("worker.py:") for line in lines)
