"""How long the command line takes to say its first word."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.bench.measure import heading, in_turns, median, ratio, row, run

GOAL = "mydata --help within 0.25 s"


def measure(_folder: Path, rounds: int, *, quick: bool) -> None:
    """Start it, in turns with a Python that does nothing."""
    heading("start", GOAL)
    ours, bare = in_turns(
        max(7, rounds),
        lambda: run([sys.executable, "-m", "app", "--help"]),
        lambda: run([sys.executable, "-c", ""]),
    )
    row("  mydata --help", wall=median(one.wall for one in ours), cpu=median(o.cpu for o in ours))
    row(
        "  python that does nothing",
        wall=median(one.wall for one in bare),
        our_wall=ratio(ours, bare, "wall"),
    )
