"""`python -m tests.endurance kill|mutate|sizes [--count N] [--seed N]`."""

from __future__ import annotations

import argparse
import os
import platform
import sys
import tempfile
from pathlib import Path

from tests.endurance import kills, mutations, sizes

COUNTS = {"kill": 500, "mutate": 20_000, "sizes": 3}


def main() -> int:
    """Run one of them and print its figures."""
    parser = argparse.ArgumentParser(prog="python -m tests.endurance", description=__doc__)
    parser.add_argument("name", choices=COUNTS)
    parser.add_argument("--count", type=int, help="how many kills, mutations or sizes")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", type=Path, help="where there is room; a temporary place if not")
    asked = parser.parse_args()
    count = asked.count or COUNTS[asked.name]
    sys.stdout.write(
        f"{platform.system()}, Python {platform.python_version()}, {os.cpu_count()} cores,"
        f" {asked.name} {count}, seed {asked.seed}\n"
    )
    with tempfile.TemporaryDirectory(prefix="mydata-endurance-", dir=asked.folder) as name:
        if asked.name == "kill":
            figures, is_good = kills.run(Path(name), count, asked.seed)
        elif asked.name == "mutate":
            figures, is_good = mutations.run(Path(name), count, asked.seed)
        else:
            figures, is_good = sizes.run(Path(name), sizes.RECORDS[:count])
    for line in figures:
        sys.stdout.write(f"{line}\n")
    return 0 if is_good else 1


if __name__ == "__main__":
    sys.exit(main())
