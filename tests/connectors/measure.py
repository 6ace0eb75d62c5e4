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
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    sys.stdout.write(f"{count} {peak * (1 if sys.platform == 'darwin' else 1024)}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
