"""Exact sums of one field, grouped. Decimals throughout; units are never added to each other."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import msgspec

from app.catalogue import query
from app.errors import UsageError
from app.vault.tallies import EXACT
from app.vault.transaction import Transaction
from connectors.kinds import KINDS, Field


class SumRow(msgspec.Struct, frozen=True):
    """One group: its labels, the unit or currency, the exact sum as text, and how many records."""

    group: dict[str, str]
    unit: str
    sum: str
    count: int


_TIMES = {"year": 4, "month": 7, "day": 10}


def _field(kind: str, name: str) -> Field:
    fields = {field.name: field for field in KINDS[kind].fields} if kind in KINDS else {}
    field = fields.get(name)
    if field is None:
        raise UsageError(
            "unknown-field",
            "“{kind}” has no field “{field}”.",
            "",
            "See the catalogue for the kinds and their fields.",
            kind=kind,
            field=name,
        )
    if field.type not in ("decimal", "integer"):
        raise UsageError(
            "not-a-number-field",
            "“{field}” is not a number and cannot be summed.",
            "",
            "See the catalogue for the kinds and their fields.",
            field=name,
        )
    return field


def _label(row: query.Row, name: str) -> str:
    if name in _TIMES:
        return row.start[: _TIMES[name]]
    if name == "source":
        return row.source
    if name == "account" and "account" not in row.data:
        return row.account
    return str(row.data.get(name, ""))


def _check_groups(kind: str, by: Sequence[str]) -> None:
    known = {*_TIMES, "source", "account", *(field.name for field in KINDS[kind].fields)}
    for name in by:
        if name not in known:
            raise UsageError(
                "unknown-group",
                "Sums cannot be grouped by “{name}”.",
                "",
                "Use day, month, year, source, or a field of the kind.",
                name=name,
            )


def total(
    transaction: Transaction, kind: str, field: str, by: Sequence[str], asked: query.Filter
) -> list[SumRow]:
    """Sum `field` over the records of `kind` that match `asked`: a row per group and unit."""
    unit_field = _field(kind, field).unit
    _check_groups(kind, by)
    sums: dict[tuple[str, ...], tuple[Decimal, int]] = {}
    for row in query.scan(transaction, msgspec.structs.replace(asked, kind=kind, kinds=())):
        value = row.data.get(field)
        if value is None:
            continue
        unit = str(row.data.get(unit_field, "")) if unit_field else ""
        group = (*(_label(row, name) for name in by), unit)
        before, count = sums.get(group, (Decimal(0), 0))
        sums[group] = (EXACT.add(before, Decimal(str(value))), count + 1)
    return [
        SumRow(dict(zip(by, group, strict=False)), group[-1], f"{value:f}", count)
        for group, (value, count) in sorted(sums.items())
    ]
