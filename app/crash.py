"""What is left of a fault: its kind and the places in the program. No message, no value, no dump.

Messages quote what was handled, and a core dump is all of it, keys included. So the system is told
to write no core, and whatever nobody caught, on any thread, becomes a small report that a person
can read and pass on.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final, TextIO

from app import VERSION, eventlog, paths

if TYPE_CHECKING:
    from types import TracebackType

FOLDER: Final = "crashes"
NATIVE: Final = "native.txt"
KEPT: Final = 10
MOST: Final = 20
"""Reports of one run: a fault in painting comes back with every picture."""
_PR_SET_DUMPABLE: Final = 4

Tell = Callable[[list[str], Path | None], object]
"""Told the lines of a report and where it was kept, on the thread the fault was on."""


# -- no core dump


def harden() -> None:
    """Let no dump of this process's memory be written, nor other programs look into it."""
    if sys.platform == "win32":
        return
    import resource

    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # Inside a snap the desktop's portals must see who asks, and this would hide it.
    if sys.platform == "linux" and "SNAP" not in os.environ:
        import ctypes

        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)


# -- reports


def frames(kind: type[BaseException], at: TracebackType | None) -> list[str]:
    """The kind of fault and where it happened, outermost first, without message and values."""
    places = [kind.__qualname__]
    while at:
        code = at.tb_frame.f_code
        module = at.tb_frame.f_globals.get("__name__", "?")
        places.append(f"{module}.{code.co_name}:{at.tb_lineno}")
        at = at.tb_next
    return places


def lines(error: BaseException) -> list[str]:
    """The frames of `error` and of what led to it."""
    found: list[str] = []
    seen: set[int] = set()
    each: BaseException | None = error
    while each is not None and id(each) not in seen:
        seen.add(id(each))
        found += frames(type(each), each.__traceback__)
        each = each.__cause__ or (None if each.__suppress_context__ else each.__context__)
    return found


_kept: set[tuple[str, ...]] = set()
_keeping = threading.Lock()


def keep(said: list[str]) -> Path | None:
    """Write a report; the file, or None where it cannot be written or was written already."""
    with _keeping:
        if tuple(said) in _kept or len(_kept) >= MOST:
            return None
        _kept.add(tuple(said))
    eventlog.note("fault", frames=len(said))
    folder = paths.state_folder() / FOLDER
    file = folder / _name()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        file.touch(mode=0o600)
        file.write_text("\n".join([_surroundings(), *said, ""]), encoding="utf-8")
        _drop_old(folder)
    except OSError:
        return None
    return file


def _name() -> str:
    """Names that sort by time."""
    return f"fault-{time.strftime('%Y%m%dT%H%M%S', time.gmtime())}-{time.time_ns() % 10**9:09}.txt"


def _surroundings() -> str:
    import platform

    system = f"{platform.system()} {platform.machine()}"
    return f"{paths.APP} {VERSION}, Python {platform.python_version()}, {system}"


def _drop_old(folder: Path) -> None:
    for old in sorted(folder.glob("fault-*.txt"))[:-KEPT]:
        old.unlink(missing_ok=True)


def install(tell: Tell) -> None:
    """From now on `tell` what nobody caught on any thread; Python's own reports are not written."""

    def report(error: BaseException | None, kind: type[BaseException] | None) -> None:
        if isinstance(error, KeyboardInterrupt | SystemExit):
            return
        said = lines(error) if error else [kind.__qualname__ if kind else "?"]
        tell(said, keep(said))

    def uncaught(
        kind: type[BaseException], error: BaseException | None, at: TracebackType | None
    ) -> None:
        report(error.with_traceback(at) if error else None, kind)

    def unraisable(found: sys.UnraisableHookArgs) -> None:
        report(found.exc_value, found.exc_type)

    def on_thread(found: threading.ExceptHookArgs) -> None:
        report(found.exc_value, found.exc_type)

    sys.excepthook = uncaught
    sys.unraisablehook = unraisable
    threading.excepthook = on_thread


# -- faults below Python


def watch_native() -> TextIO | None:
    """Have the places written down should Qt or another library end the process.

    Returns the open file, to be kept open. What the run before left becomes a report like others.
    """
    import faulthandler

    folder = paths.state_folder() / FOLDER
    file = folder / NATIVE
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if file.exists() and file.stat().st_size:
            file.replace(folder / _name())
            eventlog.note("native-fault")
        out = file.open("w", encoding="utf-8")  # open as long as the program runs
    except OSError:
        return None
    faulthandler.enable(out, all_threads=True)
    return out
