"""Counts and exact sums that dashboards show, kept current by whoever writes records.

Changes are gathered in memory and merged into the tables once per run, so a million records cost a
few hundred rows.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from decimal import Context, Decimal, Inexact, InvalidOperation
from typing import Final

from app.vault.transaction import Transaction
from connectors.api import Value

SUMMED: Final[dict[str, tuple[tuple[str, str], ...]]] = {
    "finance.transaction": (("amount", "currency"),),
    "finance.bill": (("amount", "currency"),),
    "energy.reading": (("quantity", "unit"), ("cost", "currency")),
    "energy.bill": (("amount", "currency"),),
    "health.claim": (("amount", "currency"), ("paid", "currency"), ("owed", "currency")),
}
"""Kind to (field, unit field) whose monthly sums are kept."""

EXACT: Final = Context(prec=250, traps=[Inexact, InvalidOperation])
"""Adds amounts of 40 digits on either side of the point, as many as there are, and never rounds:
the context a program starts with keeps 28 digits and drops the rest without a word."""

_SumKey = tuple[int, str, str, str, int]


class Tallies:
    """Changes to the tables, not yet merged. `kinds` maps a kind's number to its name."""

    def __init__(self) -> None:
        self._counts: defaultdict[tuple[int, int, str], int] = defaultdict(int)
        self._sums: dict[_SumKey, tuple[int, Decimal]] = {}

    def change(
        self, kind: int, kind_name: str, source: int, start: str, data: Mapping[str, Value], by: int
    ) -> None:
        """Count one record in (`by` 1) or out (-1)."""
        month = start[:7]
        self.count(kind, source, month, by)
        if kind_name in SUMMED:
            self.sum(kind, kind_name, month, data, by)

    def count(self, kind: int, source: int, month: str, by: int) -> None:
        """Count records of one month."""
        self._counts[kind, source, month] += by

    def sum(
        self, kind: int, kind_name: str, month: str, data: Mapping[str, Value], by: int
    ) -> None:
        """Add the amounts of one record of a kind in `SUMMED`, or take them off."""
        for field, unit_field in SUMMED[kind_name]:
            value = data.get(field)
            if value is not None:
                unit = str(data.get(unit_field, ""))
                self._add(kind, field_name(field, data), unit, month, Decimal(str(value)), by)

    def _add(self, kind: int, field: str, unit: str, month: str, value: Decimal, by: int) -> None:
        key = (kind, field, unit, month, -1 if value < 0 else 1)
        count, total = self._sums.get(key, (0, Decimal(0)))
        change = EXACT.add if by > 0 else EXACT.subtract
        self._sums[key] = (count + by, change(total, value))

    def merge(self, transaction: Transaction) -> None:
        """Bring the tables up to date and start afresh."""
        transaction.many(
            "INSERT INTO tally (kind, source, month, count) VALUES (?, ?, ?, ?)"
            " ON CONFLICT DO UPDATE SET count = count + excluded.count",
            [(*key, by) for key, by in self._counts.items()],
        )
        transaction.execute("DELETE FROM tally WHERE count = 0")
        for key, (by, amount) in self._sums.items():
            self._merge_sum(transaction, key, by, amount)
        transaction.execute("DELETE FROM total WHERE count = 0")
        self._counts.clear()
        self._sums.clear()

    def differences(self, transaction: Transaction) -> int:
        """How many of the kept counts and sums are not what was gathered here."""
        counts = {
            (kind, source, month): count
            for kind, source, month, count in transaction.execute(
                "SELECT kind, source, month, count FROM tally"
            )
        }
        sums = {
            (kind, field, unit, month, sign): (count, Decimal(total))
            for kind, field, unit, month, sign, count, total in transaction.execute(
                "SELECT kind, field, unit, month, sign, count, sum FROM total"
            )
        }
        wrong = counts.items() ^ self._counts.items()
        wrong_sums = sums.items() ^ self._sums.items()
        return len({key for key, _ in wrong}) + len({key for key, _ in wrong_sums})

    @staticmethod
    def _merge_sum(transaction: Transaction, key: _SumKey, by: int, amount: Decimal) -> None:
        row = transaction.execute(
            "SELECT count, sum FROM total"
            " WHERE kind = ? AND field = ? AND unit = ? AND month = ? AND sign = ?",
            key,
        ).fetchone()
        count, total = (row[0], Decimal(row[1])) if row else (0, Decimal(0))
        transaction.execute(
            "INSERT OR REPLACE INTO total (kind, field, unit, month, sign, count, sum)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            (*key, count + by, f"{EXACT.add(total, amount):f}"),
        )


def field_name(field: str, data: Mapping[str, Value]) -> str:
    """The field's name in the sums: energy that flowed back is kept apart from what was used."""
    flow = data.get("flow")
    if field == "quantity" and flow and flow != "delivered":
        return f"quantity.{flow}"
    return field
