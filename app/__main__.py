"""Picks a face: the window when no command is given, the command line otherwise.

Also the way in for the worker process where the program is one frozen file. Nothing else lives
here, and nothing is imported before it is needed: `mydata --help` must answer at once.
"""

from __future__ import annotations

import signal
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from app.services.session import Session


def asks_for_window(arguments: Sequence[str]) -> bool:
    """Whether `arguments` name no command: nothing at all, or only which vault to open."""
    rest = list(arguments)
    while rest:
        word = rest.pop(0)
        if word == "--vault" and rest:
            rest.pop(0)
        elif not word.startswith("--vault="):
            return False
    return True


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program and return its exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if words[:1] == ["--worker"]:
        from connectors.worker import main as worker

        return worker()
    # Until a command is ready for it, Ctrl+C just ends the program: nothing is open yet, and an
    # exception in the middle of loading a library is a traceback, or worse.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    from app import crash

    crash.harden()
    if asks_for_window(words):
        from app.gui.app import main as window

        signal.signal(signal.SIGINT, signal.default_int_handler)
        return window(words)
    from app.cli.main import main as command_line

    return command_line(words, _pictures)


def _pictures(session: Session, folder: Path) -> list[Path]:
    """What the demo borrows from the other face."""
    from app.gui.pictures import save_pictures

    return save_pictures(session, folder)


if __name__ == "__main__":
    sys.exit(main())
