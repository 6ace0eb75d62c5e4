"""What there is: sources, kinds, fields, periods and gaps. Answered from summaries, not scans."""

from __future__ import annotations

from collections import Counter, defaultdict
from itertools import pairwise
from typing import Final

import msgspec

from app.catalogue import query
from app.vault import reading
from app.vault.transaction import Transaction
from connectors.kinds import KINDS

_SAMPLE: Final = 500


class FieldCoverage(msgspec.Struct, frozen=True):
    """A field of a kind: `filled` of the `sampled` newest records have it."""

    name: str
    label: str
    type: str
    unit: str
    sensitivity: int
    filled: int
    sampled: int


class SourceCoverage(msgspec.Struct, frozen=True):
    """A source: how many records of which kinds, from when to when, imported when (UTC)."""

    source: str
    records: int
    kinds: dict[str, int]
    first: str
    last: str
    imported_at: str


class KindCoverage(msgspec.Struct, frozen=True):
    """A kind: how many records from which sources, from when to when, and months without any."""

    kind: str
    label: str
    sensitivity: int
    records: int
    sources: dict[str, int]
    first: str
    last: str
    gaps: list[str]
    fields: list[FieldCoverage]


class Catalogue(msgspec.Struct, frozen=True):
    """All of it."""

    sources: list[SourceCoverage]
    kinds: list[KindCoverage]


class MonthCount(msgspec.Struct, frozen=True):
    """Records in a month ("2025-07")."""

    month: str
    count: int


class MonthTotal(msgspec.Struct, frozen=True):
    """Exact sums in a month: what is above zero, and what is below (a negative number)."""

    month: str
    unit: str
    incoming: str
    outgoing: str
    count: int


def catalogue(transaction: Transaction) -> Catalogue:
    """Everything the vault holds, by source and by kind."""
    by_source: defaultdict[str, Counter[str]] = defaultdict(Counter)
    by_kind: defaultdict[str, Counter[str]] = defaultdict(Counter)
    months: defaultdict[str, set[str]] = defaultdict(set)
    for tally in reading.tallies(transaction):
        by_source[tally.connector][tally.kind] += tally.count
        by_kind[tally.kind][tally.connector] += tally.count
        months[tally.kind].add(tally.month)
    return Catalogue(
        [_source(transaction, name, kinds) for name, kinds in sorted(by_source.items())],
        [
            _kind(transaction, name, by_kind[name], months[name])
            for name in KINDS
            if name in by_kind
        ],
    )


def _source(transaction: Transaction, name: str, kinds: Counter[str]) -> SourceCoverage:
    first, last = reading.edges(transaction, "", name)
    imported = reading.last_import(transaction, name)
    return SourceCoverage(name, kinds.total(), dict(sorted(kinds.items())), first, last, imported)


def _kind(
    transaction: Transaction, name: str, sources: Counter[str], months: set[str]
) -> KindCoverage:
    first, last = reading.edges(transaction, name, "")
    kind = KINDS[name]
    return KindCoverage(
        kind=name,
        label=kind.label,
        sensitivity=kind.sensitivity,
        records=sources.total(),
        sources=dict(sorted(sources.items())),
        first=first,
        last=last,
        gaps=gaps(months),
        fields=_fields(transaction, name),
    )


def _fields(transaction: Transaction, name: str) -> list[FieldCoverage]:
    sample = query.page(transaction, query.Filter(kind=name), _SAMPLE)
    filled = Counter(field for row in sample for field in row.data)
    return [
        FieldCoverage(
            field.name,
            field.label,
            field.type,
            field.unit,
            field.sensitivity,
            filled[field.name],
            len(sample),
        )
        for field in KINDS[name].fields
        if filled[field.name]
    ]


def gaps(months: set[str]) -> list[str]:
    """Months inside the period that have nothing, as "2024-03" or "2024-03/2024-06"."""
    numbers = sorted(
        int(month[:4]) * 12 + int(month[5:7]) - 1 for month in months if len(month) == 7
    )
    found = []
    for before, after in pairwise(numbers):
        if after > before + 1:
            first, last = _month(before + 1), _month(after - 1)
            found.append(first if first == last else f"{first}/{last}")
    return found


def _month(number: int) -> str:
    return f"{number // 12:04}-{number % 12 + 1:02}"


class Overview(msgspec.Struct, frozen=True):
    """Records by kind, by domain and by source."""

    kinds: dict[str, int]
    domains: dict[str, int]
    sources: dict[str, int]


def overview(transaction: Transaction) -> Overview:
    """The counts alone."""
    kinds: Counter[str] = Counter()
    domains: Counter[str] = Counter()
    sources: Counter[str] = Counter()
    for tally in reading.tallies(transaction):
        kinds[tally.kind] += tally.count
        domains[tally.kind.partition(".")[0]] += tally.count
        sources[tally.connector] += tally.count
    return Overview(dict(sorted(kinds.items())), dict(domains), dict(sorted(sources.items())))


def monthly(transaction: Transaction, kind: str) -> list[MonthCount]:
    """Dated records of a kind or a domain by month, months without any left out."""
    kinds = query.kinds_of(kind)
    counts: Counter[str] = Counter()
    for tally in reading.tallies(transaction):
        if tally.kind in kinds and len(tally.month) == 7:
            counts[tally.month] += tally.count
    return [MonthCount(month, count) for month, count in sorted(counts.items())]


def totals(transaction: Transaction, kind: str, field: str) -> list[MonthTotal]:
    """Exact monthly sums of a field, a row per month and unit."""
    rows: dict[tuple[str, str], dict[int, reading.Total]] = {}
    for total in reading.totals(transaction, kind, field):
        rows.setdefault((total.month, total.unit), {})[total.sign] = total
    return [
        MonthTotal(
            month,
            unit,
            signs[1].sum if 1 in signs else "0",
            signs[-1].sum if -1 in signs else "0",
            sum(total.count for total in signs.values()),
        )
        for (month, unit), signs in sorted(rows.items())
        if len(month) == 7
    ]
