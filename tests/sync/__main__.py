"""`python -m tests.sync`: the long trials of the encrypted copy in a cloud folder.

`--schedules N --seed S` plays random schedules, each told by its seed; `--mutate N` lays changed
files before a reader; `--processes N` lets two processes and a bad provider work for N seconds.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
import traceback
from pathlib import Path

from tests.sync.mutations import mutate
from tests.sync.processes import work_together
from tests.sync.replay import Base
from tests.sync.world import run_schedule

SHOWN = 4
"""Lines for each schedule that fails."""


def main() -> int:
    """Returns 1 if anything does not hold."""
    parser = argparse.ArgumentParser(prog="python -m tests.sync", description=__doc__)
    parser.add_argument("--schedules", type=int, default=0)
    parser.add_argument("--mutate", type=int, default=0)
    parser.add_argument("--processes", type=int, default=0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--steps", type=int, default=25)
    parser.add_argument("--place", type=Path, help="a folder in memory makes it faster")
    asked = parser.parse_args()
    failed, start = False, time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="mydata-sync-", dir=asked.place) as room:
        place = Path(room)
        if asked.mutate:
            failed |= _mutate(asked, place)
        if asked.processes:
            failed |= _processes(asked, place)
        if asked.schedules or not (asked.mutate or asked.processes):
            failed |= _schedules(asked, place)
    sys.stdout.write(f"{time.perf_counter() - start:.0f} s\n")
    return failed


def _mutate(asked: argparse.Namespace, place: Path) -> bool:
    room = place / "mutated"
    room.mkdir()
    tally = mutate(asked.mutate, Base.make(place / "mutated-base"), room, asked.seed)
    sys.stdout.write(f"{tally.tried} changed files: {tally.accepted} accepted\n")
    return bool(tally.accepted)


def _processes(asked: argparse.Namespace, place: Path) -> bool:
    room = place / "processes"
    room.mkdir()
    wrong = work_together(Base.make(place / "processes-base"), room, asked.seed, asked.processes)
    sys.stdout.write(f"two processes for {asked.processes} s: {wrong or 'equal'}\n")
    return bool(wrong)


def _schedules(asked: argparse.Namespace, place: Path) -> bool:
    failed, count = 0, asked.schedules or 300
    base = Base.make(place / "base")
    for seed in range(asked.seed, asked.seed + count):
        world = place / "world"
        world.mkdir()
        try:
            wrong = run_schedule(seed, world, base, asked.steps)
        except Exception:  # noqa: BLE001 counted and told
            wrong = [traceback.format_exc()]
        shutil.rmtree(world)
        if wrong:
            failed += 1
            sys.stdout.write(f"seed {seed}: " + "\n  ".join(wrong[:SHOWN]) + "\n")
            sys.stdout.flush()
    sys.stdout.write(f"{count} schedules of {asked.steps} steps from seed {asked.seed}:")
    sys.stdout.write(f" {failed} failed\n")
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
