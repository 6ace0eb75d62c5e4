"""`python -m tests.sync --schedules N --seed S`: random schedules, each told by its seed."""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
import traceback
from pathlib import Path

from tests.sync.replay import Base
from tests.sync.world import run_schedule

SHOWN = 4
"""Lines for each schedule that fails."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.sync", description=__doc__)
    parser.add_argument("--schedules", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--steps", type=int, default=25)
    parser.add_argument("--place", type=Path, help="a folder in memory makes it faster")
    asked = parser.parse_args()
    failed, start = 0, time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="mydata-sync-", dir=asked.place) as room:
        folder = Path(room) / "base"
        base = Base.make(folder)
        for seed in range(asked.seed, asked.seed + asked.schedules):
            place = Path(room) / "world"
            place.mkdir()
            try:
                wrong = run_schedule(seed, place, base, asked.steps)
            except Exception:  # noqa: BLE001 counted and told
                wrong = [traceback.format_exc()]
            shutil.rmtree(place)
            if wrong:
                failed += 1
                sys.stdout.write(f"seed {seed}: " + "\n  ".join(wrong[:SHOWN]) + "\n")
                sys.stdout.flush()
    seconds = time.perf_counter() - start
    sys.stdout.write(
        f"{asked.schedules} schedules of {asked.steps} steps from seed {asked.seed}:"
        f" {failed} failed, {seconds:.0f} s\n"
    )
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
