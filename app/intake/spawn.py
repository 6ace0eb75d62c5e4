"""Starting and ending a reader process: this file is the only one that starts a process.

The reader gets an empty environment, no descriptor but its two pipes, a session of its own and the
root folder to stand in. What it writes to standard error may quote the file, so nobody keeps it.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

import msgspec

_PIPE_BYTES: Final = 1 << 20
_F_SETPIPE_SZ: Final = 1031
_LAST_WORD_SECONDS: Final = 2.0
_POLL_SECONDS: Final = 0.002
_ENVIRONMENT: Final = {"LANG": "C.UTF-8", "MALLOC_ARENA_MAX": "1"}
"""One arena: each further thread would reserve address space that the limit counts."""

Process = subprocess.Popen[bytes]


class Ending(msgspec.Struct, frozen=True):
    """How a process ended: exit status (negative: by that signal), and its peak memory if known."""

    status: int
    peak_bytes: int = 0


def command() -> list[str]:
    """How the reader process is started: isolated from settings, folders and user packages."""
    if getattr(sys, "frozen", False):
        return [sys.executable, "--worker"]
    return [sys.executable, "-I", "-B", "-X", "utf8", "-m", "connectors.worker"]


def start(words: Sequence[str]) -> Process:
    """Start a reader process. Raises `OSError` if the system cannot."""
    process = subprocess.Popen(
        words,
        bufsize=0,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=os.path.abspath(os.sep),  # noqa: PTH100 - on Windows this is the root of the drive
        env=_environment(),
        close_fds=True,
        start_new_session=True,
        creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
    )
    _widen(process)
    return process


def _environment() -> dict[str, str]:
    """Nothing of the person's: only what the system itself cannot start a process without."""
    needed = {"SYSTEMROOT": os.environ["SYSTEMROOT"]} if "SYSTEMROOT" in os.environ else {}
    return _ENVIRONMENT | needed


def _widen(process: Process) -> None:
    """Give the pipe room for a whole batch, so that neither side waits for the other."""
    if sys.platform == "linux" and process.stdout:
        import fcntl

        with suppress(OSError):
            fcntl.fcntl(process.stdout, _F_SETPIPE_SZ, _PIPE_BYTES)


def tell(process: Process, frame: bytes) -> None:
    """Send the task. That nobody listens shows when the answer is read."""
    if process.stdin:
        with suppress(OSError):
            process.stdin.write(frame)
        with suppress(OSError):
            process.stdin.close()


def kill(process: Process) -> None:
    """End the process and whatever it started, now."""
    with suppress(OSError):
        if sys.platform == "win32":
            process.kill()
        else:
            os.killpg(process.pid, signal.SIGKILL)


def reap(process: Process) -> Ending:
    """How the process ended. One that has nothing more to say and lives on is ended."""
    if process.returncode is not None:
        return Ending(process.returncode)
    if sys.platform == "win32":
        return Ending(_wait(process))
    ending = _wait_measuring(process)
    kill(process)  # Whatever it may have started shares its group.
    return ending


def _wait(process: Process) -> int:
    try:
        return process.wait(_LAST_WORD_SECONDS)
    except subprocess.TimeoutExpired:
        kill(process)
        return process.wait()


def _wait_measuring(process: Process) -> Ending:
    """Wait as `Popen.wait` does, and learn the memory it used, which `Popen` throws away."""
    import resource

    patience = time.monotonic() + _LAST_WORD_SECONDS
    while True:
        ended, status, usage = os.wait4(process.pid, os.WNOHANG)
        if ended:
            break
        if time.monotonic() > patience:
            kill(process)
        time.sleep(_POLL_SECONDS)
    process.returncode = os.waitstatus_to_exitcode(status)
    own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    # A child starts in its parent's memory, and the system counts that as its own: a peak no
    # higher than ours says nothing about it.
    peak = usage.ru_maxrss if usage.ru_maxrss > own else 0
    unit = 1 if sys.platform == "darwin" else 1024
    return Ending(process.returncode, peak * unit)
