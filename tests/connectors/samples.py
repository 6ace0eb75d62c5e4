"""Reading a shared sample in a test: its items sorted out, and exact sums."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

from connectors import registry
from connectors.api import Member, Problem, Record
from tests.connectors.goldens import read


class Reading:
    """What a connector yields for one input."""

    def __init__(self, connector: str, *paths: Path) -> None:
        items = read(registry.by_id(connector), *paths)
        self.records = [item for item in items if isinstance(item, Record)]
        self.problems = [item for item in items if isinstance(item, Problem)]
        self.members = [item for item in items if isinstance(item, Member)]

    def of(self, kind: str) -> list[Record]:
        return [record for record in self.records if record.kind == kind]

    def total(self, kind: str, field: str = "amount") -> Decimal:
        values = (record.data.get(field, "0") for record in self.of(kind))
        return sum((Decimal(str(value)) for value in values), Decimal(0))

    def codes(self) -> list[str]:
        return [problem.code for problem in self.problems]


def read_text(connector: str, path: Path, text: str | bytes) -> Reading:
    """Write a file and read it."""
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return Reading(connector, path)


def refuses(call: Callable[[str], object], text: str) -> bool:
    """Whether `call` raises ValueError for `text`."""
    try:
        call(text)
    except ValueError:
        return True
    return False
