"""What the reader process gives up before it touches a hostile file.

Lives here: limits on memory, time, descriptors and written bytes, and an audit hook that refuses
what a reader has no reason to do. Each system gives what it has: POSIX the limits, Linux also the
kernel's own fence (`connectors.landlock`), every system the hook. The program's watchdog
(`app.intake`) does not depend on any of it.

The hook sees Python code only and is no wall against a parser whose memory was taken over; on Linux
the kernel's fence is.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

from connectors import landlock

OPEN_FILES: Final = 64
CPU_GRACE_SECONDS: Final = 5
_WRITING: Final = (
    os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND | getattr(os, "O_TMPFILE", 0)
) & ~getattr(os, "O_DIRECTORY", 0)
_REFUSED_FAMILIES: Final = frozenset(
    {"socket", "subprocess", "pty", "ctypes", "shutil", "tempfile", "winreg", "_winapi", "syslog"}
)
_REFUSED: Final = frozenset(
    f"os.{name}"
    for name in [
        "chflags",
        "chmod",
        "chown",
        "exec",
        "fork",
        "forkpty",
        "kill",
        "killpg",
        "link",
        "lockf",
        "mkdir",
        "posix_spawn",
        "putenv",
        "remove",
        "removexattr",
        "rename",
        "rmdir",
        "setxattr",
        "spawn",
        "startfile",
        "startfile/2",
        "symlink",
        "system",
        "truncate",
        "unsetenv",
        "utime",
    ]
) | {
    "pickle.find_class",
    "resource.prlimit",
    "resource.setrlimit",
    "signal.pthread_kill",
    "sqlite3.connect",
    "sys.addaudithook",
    "sys.setprofile",
    "sys.settrace",
    "urllib.Request",
    "webbrowser.open",
}


class Refused(PermissionError):
    """Code in the reader process tried what a reader may not do."""


_attempts: list[str] = []


def attempted() -> bool:
    """Whether anything was refused, even if the code that tried went on as if nothing was."""
    return bool(_attempts)


def limit(memory_bytes: int, cpu_seconds: int) -> None:
    """Set the limits this system has; 0 means none. They cannot be raised again.

    No process or thread can be started from here on, where the system can say so.
    """
    if sys.platform == "win32":
        return
    import resource

    _keep_default_signals()
    _lower(resource.RLIMIT_CORE, 0)
    _lower(resource.RLIMIT_FSIZE, 0)
    _lower(resource.RLIMIT_NOFILE, OPEN_FILES)
    _lower(resource.RLIMIT_NPROC, 0)
    if memory_bytes:
        _lower(resource.RLIMIT_AS, memory_bytes)
    if cpu_seconds:
        _lower(resource.RLIMIT_CPU, cpu_seconds, CPU_GRACE_SECONDS)


def _keep_default_signals() -> None:
    """Python ignores these two; here a write past a limit or to nobody must end the process."""
    if sys.platform != "win32":
        signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)


def _lower(what: int, value: int, grace: int = 0) -> None:
    if sys.platform == "win32":
        return
    import resource

    _, hard = resource.getrlimit(what)
    ceiling = value + grace if hard == resource.RLIM_INFINITY else min(value + grace, hard)
    with suppress(OSError, ValueError):  # Some systems know the name and refuse the limit.
        resource.setrlimit(what, (min(value, ceiling), ceiling))


def fence(readable: Sequence[str]) -> bool:
    """Let the kernel refuse all writing, TCP, and reading outside `readable` and the program.

    Call it before a second thread is started. Returns whether this kernel does it.
    """
    if not sys.platform.startswith("linux"):
        return False
    libc = ctypes.CDLL(None, use_errno=True)
    landlock.give_up_privileges(libc)
    return landlock.restrict(libc, [*readable, *_program()])


def _program() -> list[str]:
    """Where code and its data are loaded from."""
    system = ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/share/zoneinfo", "/etc/ld.so.cache")
    bundle = getattr(sys, "_MEIPASS", "")
    return [*system, sys.prefix, sys.base_prefix, *filter(None, [*sys.path, bundle])]


def watch() -> None:
    """Refuse from here on what a reader has no reason to do. This cannot be taken back."""
    sys.dont_write_bytecode = True
    sys.addaudithook(_judge)


def _judge(event: str, arguments: tuple[object, ...]) -> None:
    if event == "open":
        if _opens_for_writing(arguments):
            _refuse(event)
    elif event in _REFUSED or event.partition(".")[0] in _REFUSED_FAMILIES:
        _refuse(event)


def _opens_for_writing(arguments: tuple[object, ...]) -> bool:
    flags = arguments[2] if len(arguments) > 2 else 0
    return isinstance(flags, int) and bool(flags & _WRITING)


def _refuse(event: str) -> None:
    _attempts.append(event)
    raise Refused(event)
