"""The command line's way in: words to a command, and whatever it raises to an exit code.

0 done, 1 done with problems or stopped, 2 usage, 3 input refused, 4 cannot unlock, 5 environment,
6 vault damaged. A fault in the program itself ends with 1 and a report that quotes no data.
"""

from __future__ import annotations

import signal
from argparse import Namespace
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, cast

from app import eventlog
from app.cli import streams
from app.cli.console import Console
from app.cli.parser import usage
from app.cli.streams import Unheard
from app.errors import Cancelled, EnvironmentFailure, UserError, from_os_error
from app.i18n import set_language, system_language

if TYPE_CHECKING:
    from pathlib import Path

    from app.services.session import Session

Handler = Callable[[Namespace, Console], int]
Draw = Callable[["Session", "Path"], list["Path"]]
"""Saves pictures of the window showing a vault into a folder; the other face lends it."""


def main(words: Sequence[str], draw: Draw | None = None) -> int:
    """Do what `words` ask for and return the exit code; `draw` makes the demo's pictures."""
    streams.complete()
    set_language(system_language())
    console = Console(json="--json" in words)
    console.catch_bugs()
    try:
        code = _outcome(words, console, draw)
    except Unheard as error:
        return console.unheard(error)
    try:
        console.flush()
    except Unheard as error:
        return console.unheard(error) or code
    return code


def _outcome(words: Sequence[str], console: Console, draw: Draw | None) -> int:
    try:
        return _run(words, console, draw)
    except SystemExit as ended:  # argparse printed its help
        return int(ended.code or 0)
    except (Cancelled, KeyboardInterrupt):
        return console.stopped()
    except (UserError, OSError, MemoryError) as error:
        return console.failure(_sentence(error))


def _run(words: Sequence[str], console: Console, draw: Draw | None) -> int:
    arguments = usage(words)
    eventlog.take_over()
    arguments.draw = draw
    run = handler(arguments.handler)
    if "passphrase_file" in arguments:
        import_module("app.services.session")  # what every vault needs, before Ctrl+C is heard
    signal.signal(signal.SIGINT, signal.default_int_handler)
    return run(arguments, console)


def _sentence(error: UserError | OSError | MemoryError) -> UserError:
    if isinstance(error, UserError):
        return error
    return from_os_error(error) if isinstance(error, OSError) else _no_memory()


def handler(name: str) -> Handler:
    """The function that "module:function" stands for."""
    module, _, function = name.partition(":")
    return cast("Handler", getattr(import_module(module), function))


def _no_memory() -> EnvironmentFailure:
    return EnvironmentFailure(
        "no-memory",
        "The computer has not enough free memory for this.",
        "",
        "Close other programs and try again.",
    )
