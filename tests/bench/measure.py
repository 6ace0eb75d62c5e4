"""Running a command to its end and saying what it took; medians; lines of the table."""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from tests.places import ROOT

WATCH_SECONDS = 0.02


class Run(NamedTuple):
    """A finished command: seconds of wall and of processor time, its own peak memory in MB and that
    of the processes it started, and what it printed. Memory is 0 where the system does not tell.
    """

    wall: float
    cpu: float
    peak: float
    others: float
    output: str

    @property
    def told(self) -> dict[str, Any]:
        """The figures a task printed."""
        found: dict[str, Any] = json.loads(self.output.splitlines()[-1])
        return found


class Watch:
    """Reads the most memory each process of a tree has had, while the tree lives."""

    def __init__(self, root: int) -> None:
        self.peaks: dict[int, float] = {}
        self._root = root
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while not self._over.wait(WATCH_SECONDS):
            for process in tree(self._root):
                with suppress(OSError, IndexError):
                    self.peaks[process] = _peak(process)

    def stop(self) -> tuple[float, float]:
        """Peak of the root, and the sum of the peaks of all others, in MB."""
        self._over.set()
        self._thread.join()
        own = self.peaks.pop(self._root, 0.0)
        return own, sum(self.peaks.values())


def tree(root: int) -> Iterator[int]:
    """A process and all it started that are still there."""
    yield root
    with suppress(OSError):
        for thread in os.scandir(f"/proc/{root}/task"):
            with suppress(OSError):
                for child in Path(thread.path, "children").read_text("ascii").split():
                    yield from tree(int(child))


def _peak(process: int) -> float:
    status = Path(f"/proc/{process}/status").read_text("ascii")
    return int(status.split("VmHWM:")[1].split()[0]) * 1024 / 1e6


def run(command: Sequence[str], **environment: str) -> Run:
    """Run a command to its end. Raises `SystemExit` with what it said if it fails."""
    start = time.perf_counter()
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, **environment},
    )
    watch = Watch(process.pid)
    before = os.times()
    output, errors = process.communicate()
    wall = time.perf_counter() - start
    after = os.times()
    own, others = watch.stop()
    if process.returncode:
        raise SystemExit(f"{' '.join(command[:4])}: {errors[-2000:]}")
    cpu = sum(after[2:4]) - sum(before[2:4])
    return Run(wall, cpu, own, others, output)


def task(name: str, *arguments: object, **environment: str) -> Run:
    """Run a function of `tests.bench.tasks` in a process of its own."""
    words = [sys.executable, "-m", "tests.bench.tasks", name, *map(str, arguments)]
    return run(words, **environment)


def in_turns(rounds: int, *contenders: Callable[[], Run]) -> list[list[Run]]:
    """Runs of each contender: A B A B, so that a slow minute slows all of them."""
    runs: list[list[Run]] = [[] for _ in contenders]
    for _ in range(rounds):
        for contender, found in zip(contenders, runs, strict=True):
            found.append(contender())
    return runs


def median(values: Iterable[float]) -> float:
    """The middle value."""
    return statistics.median(values)


def ratio(ours: Sequence[Run], theirs: Sequence[Run], what: str) -> float:
    """Median of the ratios of runs that stood beside each other."""
    return median(
        getattr(mine, what) / max(getattr(other, what), 1e-9)
        for mine, other in zip(ours, theirs, strict=True)
    )


def peer(name: str) -> str:
    """Where another program is, "" if it is not installed."""
    return shutil.which(name) or ""


def missing(name: str, how: str) -> None:
    """Say that a peer could not be measured and how to get it."""
    row(f"  {name}", note=f"not installed: {how}")


def heading(title: str, goal: str) -> None:
    """Begin a section of the table."""
    sys.stdout.write(f"\n{title}\n  goal: {goal}\n")
    sys.stdout.flush()


def row(what: str, **figures: object) -> None:
    """Print one line of the table. Floats get three digits that count."""
    shown = (
        f"{name.replace('_', ' ')} {f'{value:.3g}' if isinstance(value, float) else value}"
        for name, value in figures.items()
    )
    sys.stdout.write(f"{what:34} {'   '.join(shown)}\n")
    sys.stdout.flush()
