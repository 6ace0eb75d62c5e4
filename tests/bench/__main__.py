"""`python -m tests.bench [--quick] [--rounds N] [NAMES]`: measure and print a table."""

from __future__ import annotations

import argparse
import os
import platform
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from tests.bench import bundles, imports, starting, sync, windows

BENCHES: dict[str, Callable[..., None]] = {
    "sync": sync.measure,
    "import": imports.measure,
    "bundle": bundles.measure,
    "start": starting.measure,
    "paint": windows.measure_paint,
    "scroll": windows.measure_scroll,
}


def main() -> None:
    """Run what was asked for, everything if nothing was named."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("names", nargs="*", choices=[*BENCHES, []], metavar="NAMES")
    parser.add_argument("--quick", action="store_true", help="a tenth of the size")
    parser.add_argument("--rounds", type=int, default=3, help="runs of each, in turns")
    asked = parser.parse_args()
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
    sys.stdout.write(
        f"{platform.system()}, Python {platform.python_version()}, {os.cpu_count()} cores,"
        f" load {load:.1f}; medians of {asked.rounds} runs; seconds and MB (10^6 bytes)\n"
    )
    for name in asked.names or BENCHES:
        with tempfile.TemporaryDirectory(prefix="mydata-bench-") as folder:
            BENCHES[name](Path(folder), asked.rounds, quick=asked.quick)


if __name__ == "__main__":
    main()
