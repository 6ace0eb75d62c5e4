"""What happened, as codes and counts. It has no place for a sentence, a name or a record's content.

One line for an event: the time, a code out of the program, and whole numbers. Two files of at most
256 KiB in the state folder; where nothing can be written, nothing is. What libraries log goes in as
the place that logged, because their sentences quote what they handle.
"""

from __future__ import annotations

import contextlib
import os
import re
import time
from typing import Final

from app import paths

NAME: Final = "events.log"
LIMIT: Final = 256 * 1024
_CODE: Final = re.compile(r"[a-z][a-z0-9_.-]{0,63}", re.ASCII)


def note(code: str, **counts: int) -> None:
    """Write down that `code` happened. Codes and names are the program's own, values are counts."""
    for word in (code, *counts):
        if not _CODE.fullmatch(word):
            raise ValueError("an event is a code and counts")
    fields = " ".join(f"{name}={int(count)}" for name, count in counts.items())
    moment = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    _append(f"{moment} {code} {fields}".rstrip() + "\n")


def _append(line: str) -> None:
    file = paths.state_folder() / NAME
    with contextlib.suppress(OSError):
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if file.exists() and file.stat().st_size > LIMIT:
            file.replace(file.with_name(f"{NAME}.1"))
        descriptor = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as out:
            out.write(line)


def take_over() -> None:
    """From now on what any library logs from a warning upwards ends here and nowhere else."""
    import logging  # not for those who only ask for help

    class Places(logging.Handler):
        """Keeps which module logged and at what line, and lets go of what it said."""

        def emit(self, record: logging.LogRecord) -> None:
            place = re.sub(r"[^a-z0-9_.-]", "-", f"log.{record.name}".lower())[:64]
            note(place, level=record.levelno, line=record.lineno)

    root = logging.getLogger()
    if not any(handler.get_name() == NAME for handler in root.handlers):
        places = Places(logging.WARNING)
        places.set_name(NAME)
        root.addHandler(places)
