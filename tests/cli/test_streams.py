"""Streams that are full, closed or no longer read: a sentence, an exit code, never a traceback."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from tests.cli.running import COMMAND, Program
from tests.places import ROOT

FULL: Final = Path("/dev/full")
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a shell of POSIX does this")


def shell(program: Program, line: str) -> tuple[int, str]:
    """Run a line in which "$@" is the program; its exit code and everything on stderr."""
    done = subprocess.run(
        ["sh", "-c", line, "sh", *COMMAND],
        cwd=program.folder,
        env=program.environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    return done.returncode, done.stderr.decode()


@pytest.mark.skipif(not FULL.exists(), reason="this computer has no disk that is always full")
class TestFull:
    @pytest.mark.parametrize(
        "words", ["--help", "records", "records --json", "records --csv", "status", "sum --help"]
    )
    def test_results_that_find_no_room_are_a_sentence(self, words: str, filled: Program) -> None:
        code, said = shell(filled, f'"$@" {words} >/dev/full')
        assert code == 5
        assert said.splitlines() == [
            "The disk is full. [disk-full]",
            "  Free some space and try again. Nothing was lost.",
        ]

    def test_a_recovery_key_nobody_saw_can_be_replaced(self, nobody: Program) -> None:
        code, said = shell(nobody, '"$@" create --json >/dev/full')
        assert code == 5
        assert "[recovery-key-unseen]" in said
        assert "passphrase --keys" in said
        assert "Traceback" not in said
        assert nobody.json("status")["records"] == 0

    def test_remarks_that_find_no_room_leave_the_exit_code(self, filled: Program) -> None:
        assert shell(filled, '"$@" records --kind nothing 2>/dev/full')[0] == 2
        assert shell(filled, '"$@" nothing 2>/dev/full')[0] == 2

    def test_a_closed_stream_is_none_at_all(self, filled: Program) -> None:
        assert shell(filled, '"$@" status >&-') == (0, "")
        assert shell(filled, '"$@" status <&- >/dev/null') == (0, "")
        assert shell(filled, '"$@" records --kind nothing 2>&-')[0] == 2


@pytest.mark.parametrize(
    ("words", "expected"),
    [("--help", 0), ("records --jsonl", 0), ("records", 0), ("import nowhere.csv --json", 3)],
)
def test_a_reader_that_left_is_no_fault(words: str, expected: int, filled: Program) -> None:
    """What a command came to is still said by its exit code."""
    end, ours = os.pipe()
    os.close(end)
    done = subprocess.run(
        [*COMMAND, *words.split()],
        cwd=filled.folder,
        env=filled.environment(),
        stdin=subprocess.DEVNULL,
        stdout=ours,
        stderr=subprocess.PIPE,
        check=False,
    )
    os.close(ours)
    assert done.returncode == expected
    assert b"Traceback" not in done.stderr
    assert b"[bug]" not in done.stderr


READY = """
import signal, sys
sys.path.insert(0, sys.argv[1])
from app import __main__ as way_in
from app.cli import main as command_line
found = []
loading = command_line.handler
def handler(name):
    found.append(signal.getsignal(signal.SIGINT) is signal.SIG_DFL)
    loading(name)
    return lambda arguments, console: found.append(
        signal.getsignal(signal.SIGINT) is signal.default_int_handler
        and "app.services.session" in sys.modules
    ) or 0
command_line.handler = handler
way_in.main(["status"])
sys.exit(found != [True, True])
"""


def test_ctrl_c_is_an_exception_only_once_everything_is_loaded(nobody: Program) -> None:
    """Raised while a library loads, it was a traceback or a fault of the processor."""
    command = [sys.executable, "-c", READY, str(ROOT)]
    done = subprocess.run(command, env=nobody.environment(), check=False, capture_output=True)
    assert done.returncode == 0, done.stderr
