"""Records, as both faces and the share wizard ask for them. Pages and searches; no sums."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence

import msgspec

from app.vault import reading
from app.vault.transaction import Transaction
from connectors.api import Attachment, Link, Value
from connectors.kinds import DOMAINS, KINDS


class Filter(msgspec.Struct, frozen=True):
    """What is asked for; empty fields ask for anything.

    `kind` is a kind ("finance.transaction") or a domain ("finance"). `since` and `until` are ISO
    dates of any precision and both inclusive.
    """

    kind: str = ""
    source: str = ""
    since: str = ""
    until: str = ""
    text: str = ""
    import_id: str = ""
    kinds: tuple[str, ...] = ()


class Row(msgspec.Struct, frozen=True):
    """One record as shown, listed and shared. `rid` is local and not for keeping; `key` is."""

    rid: int
    key: str
    kind: str
    start: str
    end: str
    title: str
    text: str
    data: dict[str, Value]
    extra: str
    source: str
    account: str
    import_id: str
    where: str
    links: list[Link]
    files: list[Attachment]


def kinds_of(name: str) -> tuple[str, ...]:
    """The kinds a kind or domain stands for. A name that is neither matches nothing."""
    if name in DOMAINS:
        return tuple(kind for kind in KINDS if kind.partition(".")[0] == name)
    return (name,) if name else ()


def _where(asked: Filter) -> reading.Where:
    return reading.Where(
        kinds=asked.kinds or kinds_of(asked.kind),
        source=asked.source,
        since=asked.since,
        until=asked.until,
        text=asked.text,
        import_id=asked.import_id,
    )


def _row(raw: reading.Raw) -> Row:
    said = raw.said
    return Row(
        rid=raw.rid,
        key=raw.key,
        kind=raw.kind,
        start=said.start,
        end=said.end,
        title=said.title,
        text=said.text,
        data=said.data,
        extra=said.extra,
        source=raw.connector,
        account=raw.account,
        import_id=raw.import_id,
        where=raw.where,
        links=said.links,
        files=said.files,
    )


def row_ids(transaction: Transaction, asked: Filter) -> array[int]:
    """All matching row numbers, newest first: what a list of a million rows holds."""
    return reading.row_ids(transaction, _where(asked))


def rows(transaction: Transaction, rids: Sequence[int]) -> list[Row]:
    """Whole records in that order."""
    return [_row(raw) for raw in reading.rows(transaction, rids)]


def page(
    transaction: Transaction, asked: Filter, limit: int, before: int | None = None
) -> list[Row]:
    """The newest `limit` records, below row number `before` if one is given."""
    below = {} if before is None else {"below": before}
    return rows(transaction, reading.row_ids(transaction, _where(asked), limit, **below))


def count(transaction: Transaction, asked: Filter) -> int:
    """How many match."""
    return reading.count(transaction, _where(asked))


def scan(transaction: Transaction, asked: Filter) -> Iterator[Row]:
    """All matching records, newest first, streaming."""
    return (_row(raw) for raw in reading.scan(transaction, _where(asked)))


def get(transaction: Transaction, key: str) -> Row | None:
    """One record by its key."""
    raw = reading.by_key(transaction, key)
    return _row(raw) if raw else None
