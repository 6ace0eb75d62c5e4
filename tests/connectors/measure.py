"""Read a source in a fresh process and print records and peak memory: `... ID PATH`."""

from __future__ import annotations

import resource
import sys
from pathlib import Path

from connectors import registry
from connectors.api import Record
from connectors.toolkit.source import open_source


def main(connector: str, path: str) -> None:
    count = 0
    with open_source([Path(path)]) as source:
        for item in registry.by_id(connector).read(source, {}, ""):
            count += type(item) is Record
    sys.stdout.write(f"{count} {peak()}\n")


def peak() -> int:
    """Peak memory of this process in bytes."""
    status = Path("/proc/self/status")
    if status.is_file():
        # Not `ru_maxrss`: that of a spawned process starts at the size of its parent.
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) * 1024
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


if __name__ == "__main__":
    main(*sys.argv[1:])
