"""What an honest reader process says arrives, and it sees nothing of the program."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from app import intake
from app.intake import limits, spawn
from connectors import wire
from connectors.api import Checkpoint, Link, Member, Problem, Record
from connectors.errors import Unreadable
from tests.intake.hostile import attacked, read


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "export.txt"
    path.write_text("read me")
    return path


def recognised(path: Path, connector: str = "") -> intake.Recognised:
    with read([path], connector=connector, recognise_only=True) as reading:
        assert list(reading.batches()) == []
        assert reading.recognised
        return reading.recognised


def refused(path: Path, connector: str = "") -> Unreadable:
    with pytest.raises(Unreadable) as caught:
        recognised(path, connector)
    return caught.value


# --- Who claims it -------------------------------------------------------------------------------


def test_the_only_claim_wins(source: Path) -> None:
    assert recognised(source) == wire.Recognised(
        connector="test.hostile",
        title="A hostile reader",
        version=3,
        confidence=80,
        detail="for tests",
        candidates=["test.hostile"],
        total_bytes=7,
    )


def test_the_firmest_claim_wins(source: Path) -> None:
    source.write_text("twin")
    found = recognised(source)
    assert (found.connector, found.confidence, found.candidates) == ("test.twin", 95, ["test.twin"])


def test_a_tie_names_both(source: Path) -> None:
    source.write_text("tie")
    assert recognised(source).candidates == ["test.hostile", "test.twin"]


def test_the_person_may_say_which(source: Path) -> None:
    found = recognised(source, "test.twin")
    assert (found.connector, found.confidence, found.candidates) == ("test.twin", 0, ["test.twin"])


def test_nobody_claims_it(source: Path) -> None:
    source.write_text("nobody")
    assert refused(source).code == "not-recognised"


def test_there_is_no_such_connector(source: Path) -> None:
    found = refused(source, "test.missing")
    assert (found.code, found.value) == ("not-recognised", "test.missing")


def test_a_connector_that_knows_better_says_why_nobody_can_read_it(source: Path) -> None:
    source.write_text("complain html-export")
    assert refused(source).code == "html-export"


def test_not_being_text_is_no_reason(source: Path) -> None:
    source.write_text("complain bad-encoding")
    assert refused(source).code == "not-recognised"


def test_an_empty_file_is_empty(source: Path) -> None:
    source.write_text("")
    assert refused(source).code == "empty"


def test_a_file_that_is_gone(source: Path) -> None:
    source.unlink()
    assert refused(source).code == "vanished"


def test_a_name_that_is_not_text(source: Path) -> None:
    path = source.parent / os.fsdecode(b"caf\xe9.txt")
    try:
        path.write_text("read me")
    except OSError:
        pytest.skip("this file system only has names that are text")
    assert recognised(path).connector == "test.hostile"


# --- What comes ----------------------------------------------------------------------------------


def test_every_kind_of_item_arrives(source: Path) -> None:
    assert attacked(source, "every_item") == [
        Record(
            "note",
            "n0",
            "2024-03-09",
            data={"a": "1.50", "b": True, "c": 7, "d": ["x"]},
            links=[Link("r", "k", "n")],
        ),
        Problem("row 2", "bad-date", "32.01."),
        Member("a.json", "parsed", 1),
        Checkpoint("token"),
    ]


@pytest.mark.parametrize("count", [0, 1, wire.BATCH_ITEMS, 2 * wire.BATCH_ITEMS + 1])
def test_as_many_arrive_as_were_sent_and_in_order(source: Path, count: int) -> None:
    items = attacked(source, "count", count=str(count))
    assert [item.native_id for item in items if isinstance(item, Record)] == [
        f"n{number}" for number in range(count)
    ]


def test_what_is_printed_is_no_speech(source: Path) -> None:
    assert len(attacked(source, "chatter")) == 1


def test_what_cannot_be_sent_becomes_what_can(source: Path) -> None:
    whole, number, long, quote, broken_quote, longest = attacked(source, "odd_items")
    assert isinstance(whole, Record)
    assert whole.text == "half \ufffd and whole 😀"
    assert whole.data == {"k\ufffd": ["v\ufffd"]}
    assert number == Problem("row 2", "bad-record", "number")
    assert long == Problem("row 3", "too-long")
    assert quote == Problem("row 4", "bad-date", "é" * 79 + "…")
    assert broken_quote == Problem("row 5", "bad-date", "\ufffd" * 79 + "…")
    assert isinstance(longest, Record)
    assert len(longest.text) == wire.RECORD_BYTES - 100


def test_progress_is_told_while_no_item_comes(source: Path) -> None:
    with read([source], options={"attack": "read_slowly"}, since="yesterday") as reading:
        assert (reading.bytes_read, reading.total_bytes) == (0, 7)
        batches = list(reading.batches())
        assert batches == [[], [Checkpoint("yesterday")]]
        assert (reading.bytes_read, reading.total_bytes) == (7, 7)


def test_nothing_more_comes_after_the_end(source: Path) -> None:
    with read([source], options={"attack": "every_item"}) as reading:
        assert sum(len(batch) for batch in reading.batches()) == 4
        assert list(reading.batches()) == []


# --- What the reader sees ------------------------------------------------------------------------


@contextmanager
def umbrella(descriptor: int) -> Iterator[None]:
    """An inheritable descriptor, as a careless library would leave it."""
    os.set_inheritable(descriptor, True)
    try:
        yield
    finally:
        os.close(descriptor)


def test_the_reader_sees_nothing_of_the_program(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MYDATA_TOKEN", "secret")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with umbrella(os.open(source, os.O_RDONLY)):
        (record,) = attacked(source, "surroundings", note="x")
    assert isinstance(record, Record)
    facts = json.loads(record.extra)
    assert set(facts["environment"]) <= {"LANG", "LC_CTYPE", "MALLOC_ARENA_MAX", "SYSTEMROOT"}
    assert facts["folder"] == str(Path(os.sep).absolute())
    assert len(facts["descriptors"]) == 4  # standard input, the frames, and two that go nowhere
    assert facts["leads_its_session"]
    assert facts["options"] == {"attack": "surroundings", "note": "x"}
    forbidden = {"app", "sqlcipher3", "sqlite3", "nacl", "keyring", "requests", "PySide6", "pickle"}
    assert forbidden.isdisjoint(facts["modules"])


def fenced(source: Path) -> bool:
    """Whether the kernel refuses the reader a file beside the source."""
    beside = source.with_name("beside.txt")
    beside.write_text("private")
    (record,) = attacked(source, "read_elsewhere", victim=str(beside))
    assert isinstance(record, Record)
    assert record.text in {"refused", "private"}
    return record.text == "refused"


def test_a_library_can_still_be_loaded(source: Path) -> None:
    assert len(attacked(source, "load_a_library")) == 1


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Linux has the fence")
def test_the_reader_can_read_the_source_and_nothing_beside_it(source: Path) -> None:
    if not fenced(source):
        pytest.skip("this kernel has no Landlock")
    (record,) = attacked(source, "read_elsewhere", victim=str(source))
    assert record == Record("note", "n0", "2024-03-09", text="read me")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Linux has the fence")
@pytest.mark.parametrize("name", ["mkfifo", "mknod"])
def test_what_python_does_not_announce_is_refused_by_the_kernel(source: Path, name: str) -> None:
    # These raise no audit event; without Landlock they are not refused.
    victim = source.with_name("victim")
    if not fenced(source):
        pytest.skip("this kernel has no Landlock")
    with pytest.raises(Unreadable) as caught:
        attacked(source, name, victim=str(victim))
    assert caught.value.code == "worker-write"
    assert not victim.with_name("victim.new").exists()


# --- How it is started ---------------------------------------------------------------------------


def test_the_programs_own_command_starts_the_real_reader(source: Path) -> None:
    with pytest.raises(Unreadable) as caught, intake.read([source]):
        pass
    assert caught.value.code == "not-recognised"


def test_a_frozen_program_starts_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    assert spawn.command() == [sys.executable, "--worker"]


def test_a_reader_without_a_task_ends_at_once() -> None:
    process = spawn.start(spawn.command())
    spawn.tell(process, b"")
    assert process.stdout
    assert process.stdout.read() == b""
    assert spawn.reap(process).status == 2
    process.stdout.close()


def test_the_limits_are_generous_enough_for_real_exports() -> None:
    assert limits.DEFAULT.memory_bytes == 1 << 30
    assert limits.DEFAULT.stall_seconds >= 30
    assert limits.DEFAULT.cpu_seconds >= 1800
