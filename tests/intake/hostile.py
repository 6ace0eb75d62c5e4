"""Starting the hostile reader of `hostile_worker.py`, and what must be true after it."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from typing import Final

from app import intake
from connectors.api import Item

SCRIPT: Final = Path(__file__).with_name("hostile_worker.py")
PATIENT: Final = intake.Limits(stall_seconds=30)


def command(*words: str) -> list[str]:
    return [sys.executable, "-I", "-B", "-X", "utf8", str(SCRIPT), *words]


read = partial(intake.read, command=command(), known={"test.hostile", "test.twin"})
"""`app.intake.read` with the hostile reader."""


def attacked(
    path: Path, name: str, *, limits: intake.Limits = PATIENT, held: str = "", **options: str
) -> list[Item]:
    """Everything a reading with this attack gives; raises what the reading raises."""
    words = command(held) if held else command()
    attack = {"attack": name, **options}
    with read([path], options=attack, limits=limits, command=words) as reading:
        return [item for batch in reading.batches() for item in batch]
