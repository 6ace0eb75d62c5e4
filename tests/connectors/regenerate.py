"""Write the expected items of every golden sample: `python -m tests.connectors.regenerate [id]`.

The result is only as good as the look at its difference.
"""

from __future__ import annotations

import sys

from connectors import registry
from tests.connectors.goldens import all_inputs, expectation, lines, read


def main(wanted: list[str]) -> None:
    for connector, path in all_inputs():
        if not wanted or connector in wanted:
            items = read(registry.by_id(connector), path)
            expectation(path).write_text("\n".join(lines(items)) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
