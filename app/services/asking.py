"""Questions both faces ask of an open vault: pages, searches, the catalogue, sums."""

from __future__ import annotations

from array import array
from collections.abc import Sequence

import msgspec

from app.catalogue import coverage, query, sums
from app.catalogue.coverage import Catalogue, MonthCount, MonthTotal
from app.catalogue.query import Filter, Row
from app.catalogue.sums import SumRow
from app.errors import UsageError
from app.services.session import Session
from app.share.consent import BUNDLE_CONNECTOR, BUNDLE_TITLE
from app.vault import order
from connectors import kinds, registry

__all__ = [
    "Catalogue",
    "Filter",
    "Hits",
    "MonthCount",
    "MonthTotal",
    "Row",
    "SumRow",
    "catalogue",
    "count",
    "monthly",
    "page",
    "record",
    "row_ids",
    "rows",
    "search",
    "source_title",
    "total",
    "totals",
]


class Hits(msgspec.Struct, frozen=True):
    """The newest hits of a search, and how many there are in all."""

    total: int
    rows: list[Row]


def check(asked: Filter) -> Filter:
    """`asked`, if its words mean something. Raises `UsageError`."""
    if asked.kind and asked.kind not in kinds.KINDS and asked.kind not in kinds.DOMAINS:
        raise UsageError(
            "unknown-kind",
            "There is no kind of record called “{kind}”.",
            "",
            "See the catalogue for the kinds and their fields.",
            kind=asked.kind,
        )
    for date in (asked.since, asked.until):
        if date and order.milliseconds(date) is None:
            raise UsageError(
                "bad-date",
                "“{value}” is not a date.",
                "",
                "Write it as year-month-day, for example 2026-03-31.",
                value=date,
            )
    return asked


def row_ids(session: Session, asked: Filter) -> array[int]:
    """All matching row numbers, newest first: what a list holds."""
    with session.vault.read() as snapshot:
        return query.row_ids(snapshot, check(asked))


def rows(session: Session, rids: Sequence[int]) -> list[Row]:
    """Whole records in that order."""
    with session.vault.read() as snapshot:
        return query.rows(snapshot, rids)


def page(session: Session, asked: Filter, limit: int, before: int | None = None) -> list[Row]:
    """The newest `limit` records, below a row number if one is given."""
    with session.vault.read() as snapshot:
        return query.page(snapshot, check(asked), limit, before)


def record(session: Session, key: str) -> Row | None:
    """One record by its key."""
    with session.vault.read() as snapshot:
        return query.get(snapshot, key)


def count(session: Session, asked: Filter) -> int:
    """How many match."""
    with session.vault.read() as snapshot:
        return query.count(snapshot, check(asked))


def search(session: Session, text: str, asked: Filter, limit: int) -> Hits:
    """The newest hits for `text` among what `asked` allows."""
    asked = msgspec.structs.replace(check(asked), text=text)
    if not text.strip():
        return Hits(0, [])
    with session.vault.read() as snapshot:
        return Hits(query.count(snapshot, asked), query.page(snapshot, asked, limit))


def catalogue(session: Session) -> Catalogue:
    """Sources, kinds, fields, periods, gaps."""
    with session.vault.read() as snapshot:
        return coverage.catalogue(snapshot)


def total(
    session: Session, kind: str, field: str, by: Sequence[str], asked: Filter | None = None
) -> list[SumRow]:
    """Exact sums of a field, grouped."""
    asked = check(msgspec.structs.replace(asked or Filter(), kind=kind))
    with session.vault.read() as snapshot:
        return sums.total(snapshot, kind, field, by, asked)


def monthly(session: Session, kind: str) -> list[MonthCount]:
    """Records of a kind or domain by month, from the summaries."""
    with session.vault.read() as snapshot:
        return coverage.monthly(snapshot, kind)


def totals(session: Session, kind: str, field: str) -> list[MonthTotal]:
    """Exact monthly sums of a field, from the summaries."""
    with session.vault.read() as snapshot:
        return coverage.totals(snapshot, kind, field)


def source_title(connector: str) -> str:
    """What a person calls a source, in English."""
    if connector == BUNDLE_CONNECTOR:  # no file format, so no connector says what it is called
        return BUNDLE_TITLE
    return registry.titles().get(connector, connector)
