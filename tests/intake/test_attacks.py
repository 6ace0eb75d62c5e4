"""Each attack ends in one sentence; nothing is written, started, or left running.

That no thread or child process is left is checked after every test by `tests/conftest.py`.
"""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import time
import traceback
from pathlib import Path

import pytest

from app import intake
from app.errors import Cancelled
from app.intake.pump import AHEAD
from connectors.errors import LimitExceeded, Unreadable
from tests.intake.hostile import SCRIPT, attacked, read
from tests.intake.hostile_worker import SECRET
from tests.places import ROOT

SMALL = intake.Limits(memory_bytes=384 << 20, stall_seconds=30)
HASTY = intake.Limits(stall_seconds=0.6)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "export.txt"
    path.write_text("read me")
    return path


@pytest.fixture
def victim(tmp_path: Path) -> Path:
    path = tmp_path / "precious.txt"
    path.write_text("precious")
    return path


def refusal(path: Path, name: str, limits: intake.Limits = SMALL, **options: str) -> Unreadable:
    with pytest.raises(Unreadable) as caught:
        attacked(path, name, limits=limits, **options)
    return caught.value


# --- Memory and time -----------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["allocate", "allocate_small"])
def test_endless_allocation_ends_at_the_limit(source: Path, name: str) -> None:
    assert refusal(source, name).code == "worker-memory"


def test_a_reader_killed_while_it_holds_much_memory_ran_out_of_it(source: Path) -> None:
    limits = intake.Limits(memory_bytes=1 << 30)
    assert refusal(source, "allocate_and_be_killed", limits).code == "worker-memory"


@pytest.mark.parametrize("name", ["spin", "sleep"])
def test_a_reader_that_never_returns_is_ended(source: Path, name: str) -> None:
    assert refusal(source, name, HASTY).code == "worker-time"


def test_a_reader_that_uses_the_processor_for_too_long_is_ended(source: Path) -> None:
    assert refusal(source, "spin", intake.Limits(cpu_seconds=1)).code == "worker-time"


def test_a_reader_that_goes_on_and_on_is_ended(source: Path) -> None:
    assert refusal(source, "trickle", intake.Limits(wall_seconds=0.5)).code == "worker-time"


def test_recognising_may_not_take_forever_either(source: Path) -> None:
    source.write_text("sleep")
    assert refusal(source, "count", HASTY).code == "worker-time"


def test_endless_recursion_is_too_deep(source: Path) -> None:
    refused = refusal(source, "recurse")
    assert refused.code == "too-deep"
    assert isinstance(refused, LimitExceeded)


def resident(process: int | str) -> int:
    """Bytes of memory a process has in use."""
    return int(Path(f"/proc/{process}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_a_flood_waits_for_a_slow_program(source: Path) -> None:
    with read([source], options={"attack": "flood"}) as reading:
        batches = reading.batches()
        first = next(batches)
        before = resident("self")
        deadline = time.monotonic() + 20
        while reading._pump._frames.qsize() < AHEAD and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(0.5)  # Long enough for hundreds of megabytes to come through an open queue.
        assert reading._pump._frames.qsize() == AHEAD
        assert resident("self") - before < 32 << 20
        assert resident(reading._process.pid) < 96 << 20
        assert len(first) < 1000
        assert len(next(batches)) == len(first)


# --- What a reader may not do --------------------------------------------------------------------

WRITES = [
    "open_w",
    "open_x",
    "open_append",
    "open_create",
    "open_read_truncate",
    "truncate",
    "rename",
    "remove",
    "mkdir",
    "chmod",
    "symlink",
    "write_and_hide_it",
    "write_and_raise",
]
OTHERS = [
    "socket",
    "connect",
    "name_look_up",
    "subprocess",
    "system",
    "fork",
    "exec",
    "posix_spawn",
    "kill_the_program",
]


@pytest.mark.parametrize("name", WRITES + OTHERS)
def test_what_a_reader_may_not_do_is_refused(source: Path, victim: Path, name: str) -> None:
    before = sorted(victim.parent.iterdir())
    mode = victim.stat().st_mode
    assert refusal(source, name, victim=str(victim)).code == "worker-write"
    assert sorted(victim.parent.iterdir()) == before
    assert victim.read_text() == "precious"
    assert victim.stat().st_mode == mode


def test_a_descriptor_that_was_open_already_cannot_be_written_to(
    source: Path, victim: Path
) -> None:
    with pytest.raises(Unreadable) as caught:
        attacked(source, "held_open", held=str(victim), victim="")
    assert caught.value.code == "worker-write"
    assert victim.read_text() == "precious"


# --- Dying ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["sigkill", "sigsegv", "abort", "exit", "leave", "close_and_stay"])
def test_a_reader_that_dies_is_one_sentence(source: Path, name: str) -> None:
    assert refusal(source, name).code == "worker-died"


def test_what_an_exception_says_stays_in_the_reader(
    source: Path, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    with caplog.at_level(logging.DEBUG):
        refused = refusal(source, "raise_secret")
    told = "".join(traceback.format_exception(refused)) + caplog.text + "".join(capfd.readouterr())
    assert refused.code == "worker-died"
    assert refused.value.startswith("ValueError worker.py:")
    assert not any(word in told + repr(vars(refused)) for word in SECRET.split())


def test_a_bug_while_recognising_says_no_more(source: Path) -> None:
    source.write_text("raise")
    refused = refusal(source, "count")
    assert refused.code == "worker-died"
    assert refused.value.startswith("ValueError worker.py:")


def test_a_connectors_own_refusal_arrives_as_it_is_but_short(source: Path) -> None:
    refused = refusal(source, "raise_unreadable")
    assert (refused.code, refused.value, refused.where) == ("bad-json", "«" * 80, "half.json")
    assert not isinstance(refused, LimitExceeded)


def test_a_limit_stays_a_limit(source: Path) -> None:
    refused = refusal(source, "raise_limit")
    assert isinstance(refused, LimitExceeded)
    assert (refused.code, refused.value) == ("too-large", "256 MiB")


# --- Speech --------------------------------------------------------------------------------------

SPEECHES = [
    "noise",
    "text",
    "unknown_kind",
    "no_payload",
    "broken_msgpack",
    "nested_msgpack",
    "nested_value",
    "not_a_record",
    "missing_fields",
    "too_many_fields",
    "float_value",
    "broken_text",
    "negative_progress",
    "unknown_problem",
    "long_problem",
    "unknown_state",
    "negative_member",
    "too_many_items",
    "second_recognition",
    "a_task",
    "done_with_too_many",
    "done_with_too_few",
    "done_twice",
    "talk_after_done",
    "failed_for_no_known_reason",
    "failed_with_no_reason",
    "enormous_length",
    "length_above_cap",
    "length_too_short",
    "length_too_long",
    "half_a_header",
    "raise_unknown",
]


@pytest.mark.parametrize("name", SPEECHES)
def test_what_is_not_a_record_is_not_believed(source: Path, name: str) -> None:
    refused = refusal(source, name)
    assert refused.code == "worker-speech"
    assert refused.value == ""


def test_a_connector_nobody_knows_is_not_believed(source: Path) -> None:
    source.write_text("impostor")
    assert refusal(source, "count").code == "worker-speech"


# --- Who ends whom -------------------------------------------------------------------------------


def test_cancelling_ends_the_reader(source: Path) -> None:
    calls = []

    def tick() -> None:
        calls.append(1)
        if len(calls) == 2:
            raise Cancelled

    options = {"attack": "sleep"}
    with (
        read([source], options=options, tick=tick) as reading,
        pytest.raises(Cancelled),
    ):
        list(reading.batches())
    assert reading._process.returncode == -signal.SIGKILL


def test_leaving_the_block_ends_the_reader(source: Path) -> None:
    with read([source], options={"attack": "flood"}) as reading:
        assert next(reading.batches())
    assert reading._process.returncode == -signal.SIGKILL
    reading.close()


ORPHAN = """
import os, signal, sys
from pathlib import Path
from app import intake
words = [sys.executable, "-I", "-B", sys.argv[1]]
attack = {"attack": "sleep"}
path, known = Path(sys.argv[2]), ["test.hostile"]
with intake.read([path], options=attack, command=words, known=known) as reading:
    print(reading._process.pid, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_a_reader_does_not_outlive_the_program(source: Path) -> None:
    told = subprocess.run(
        [sys.executable, "-c", ORPHAN, SCRIPT, source],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    orphan = Path(f"/proc/{int(told.stdout)}")
    deadline = time.monotonic() + 20
    while orphan.exists() and _alive(orphan) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not (orphan.exists() and _alive(orphan))


def _alive(process: Path) -> bool:
    """Not gone, and not merely unburied."""
    try:
        return process.joinpath("stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False
