"""Every read of records in SQL: row numbers, rows, counts, months and sums.

What the answers mean to a person is `app.catalogue`'s business; here they are numbers and bytes.
Nothing pages by OFFSET: a page starts below a row number.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from typing import Any, Final

import msgspec

from app.vault import order, payload, terms
from app.vault.transaction import Transaction


class Where(msgspec.Struct, frozen=True):
    """Which records. Empty means any.

    `kinds` are kind names, `source` a connector id, `since` and `until` ISO dates (inclusive),
    `text` what a person typed into a search field.
    """

    kinds: tuple[str, ...] = ()
    source: str = ""
    since: str = ""
    until: str = ""
    text: str = ""
    import_id: str = ""


class Raw(msgspec.Struct, frozen=True):
    """A stored record with its provenance. `key` is hex."""

    rid: int
    key: str
    kind: str
    connector: str
    account: str
    import_id: str
    where: str
    said: payload.Payload


def _conditions(where: Where) -> tuple[str, list[Any]] | None:
    """The WHERE clause on `record`, or None when nothing can match."""
    clauses, values = _period(where.since, where.until)
    if where.kinds:
        marks = ",".join("?" * len(where.kinds))
        clauses.append(f"kind IN (SELECT id FROM kind WHERE name IN ({marks}))")  # noqa: S608
        values.extend(where.kinds)
    if where.source:
        clauses.append("source IN (SELECT id FROM source WHERE connector = ?)")
        values.append(where.source)
    if where.import_id:
        clauses.append("run = (SELECT id FROM run WHERE uid = ?)")
        values.append(where.import_id)
    if where.text:
        query = terms.query(where.text)
        if not query:
            return None
        clauses.append("rid IN (SELECT rowid FROM words WHERE words MATCH ?)")
        values.append(query)
    return " AND ".join(clauses), values


_START: Final = "json_extract(CAST(payload AS TEXT), '$[1]')"


def _period(since: str, until: str) -> tuple[list[str], list[Any]]:
    """The clauses for a period.

    A day is the day on the record's own calendar, as everywhere in the program. Row numbers go by
    UTC, so within a day of either end a time with a zone is judged by its text.
    """
    low, high = order.span(since, until)
    from_day, to_day = 0 < len(since) <= 10, 0 < len(until) <= 10
    clauses = ["rid BETWEEN ? AND ?"]
    values: list[Any] = [
        low - order.DAY if from_day else low,
        min(high + order.DAY, order.LARGEST) if to_day else high,
    ]
    for day, sign, edge, inside, wanted in (
        (from_day, ">=", low, low + order.DAY, since),
        (to_day, "<=", high, high - order.DAY, until),
    ):
        if day:
            clauses.append(
                f"(rid {sign} ? OR CASE WHEN length({_START}) > 10"
                f" THEN substr({_START}, 1, ?) {sign} ? ELSE rid {sign} ? END)"
            )
            values.extend((inside, len(wanted), wanted, edge))
    return clauses, values


def _search(where: Where) -> tuple[str, list[Any]] | None:
    """For a search over everything: FTS5 alone answers, in row order."""
    if not where.text or where != Where(text=where.text):
        return None
    return "words MATCH ?", [terms.query(where.text)]


def _from(where: Where) -> tuple[str, str, list[Any]] | None:
    """(table and clause, row number column, values) that list the rows of `where`."""
    if search := _search(where):
        return (f"words WHERE {search[0]}", "rowid", search[1]) if search[1][0] else None
    conditions = _conditions(where)
    if conditions is None:
        return None
    return f"record WHERE {conditions[0]}", "rid", conditions[1]


def row_ids(
    transaction: Transaction, where: Where, limit: int = -1, below: int = order.LARGEST
) -> array[int]:
    """Row numbers, newest first, below `below`."""
    source = _from(where)
    if source is None:
        return array("q")
    table, column, values = source
    cursor = transaction.execute(
        f"SELECT {column} FROM {table} AND {column} < ? ORDER BY {column} DESC LIMIT ?",  # noqa: S608
        (*values, below, limit),
    )
    return array("q", (row[0] for row in cursor))


def count(transaction: Transaction, where: Where) -> int:
    """How many records."""
    if where == Where():
        return int(transaction.one("SELECT coalesce(sum(count), 0) FROM tally"))
    source = _from(where)
    if source is None:
        return 0
    return int(transaction.one(f"SELECT count(*) FROM {source[0]}", tuple(source[2])))  # noqa: S608


_ROW: Final = (
    "SELECT rid, key, kind.name, source.connector, source.account, run.uid, place, payload"
    " FROM record JOIN kind ON kind.id = record.kind JOIN source ON source.id = record.source"
    " JOIN run ON run.id = record.run"
)


def _raw(row: tuple[Any, ...]) -> Raw:
    rid, key, kind, connector, account, import_id, place, body = row
    said = payload.decode(body)
    return Raw(rid, key.hex(), kind, connector, account, import_id, place, said)


def rows(transaction: Transaction, rids: Sequence[int]) -> list[Raw]:
    """Whole records in the order of `rids`; one that is gone is left out."""
    found: dict[int, Raw] = {}
    for start in range(0, len(rids), 500):
        part = tuple(rids[start : start + 500])
        marks = ",".join("?" * len(part))
        for row in transaction.execute(f"{_ROW} WHERE rid IN ({marks})", part):
            found[row[0]] = _raw(row)
    return [found[rid] for rid in rids if rid in found]


def scan(transaction: Transaction, where: Where) -> Iterator[Raw]:
    """All records of `where`, newest first, streaming in blocks."""
    below = order.LARGEST
    while ids := row_ids(transaction, where, 1000, below):
        yield from rows(transaction, ids)
        below = ids[-1]


def _key(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:  # typed by a person
        return b""


def by_key(transaction: Transaction, key: str) -> Raw | None:
    """One record by its key in hex; nothing else is a key."""
    row = transaction.execute(f"{_ROW} WHERE key = ?", (_key(key),)).fetchone()
    return _raw(row) if row else None


class Tally(msgspec.Struct, frozen=True):
    """Records of a kind from a source in a month ("2025-07", "" when the time is unknown)."""

    kind: str
    connector: str
    account: str
    month: str
    count: int


def tallies(transaction: Transaction) -> list[Tally]:
    """All counts, by month."""
    cursor = transaction.execute(
        "SELECT kind.name, connector, account, month, count FROM tally"
        " JOIN kind ON kind.id = tally.kind JOIN source ON source.id = tally.source ORDER BY month"
    )
    return [Tally(*row) for row in cursor]


class Total(msgspec.Struct, frozen=True):
    """The exact sum of a field in a month, amounts above (`sign` 1) and below zero (-1) apart."""

    month: str
    unit: str
    sign: int
    count: int
    sum: str


def totals(transaction: Transaction, kind: str, field: str) -> list[Total]:
    """All kept sums of a field, by month."""
    cursor = transaction.execute(
        "SELECT month, unit, sign, count, sum FROM total"
        " WHERE kind = (SELECT id FROM kind WHERE name = ?) AND field = ? ORDER BY month",
        (kind, field),
    )
    return [Total(*row) for row in cursor]


def edges(transaction: Transaction, kind: str, connector: str) -> tuple[str, str]:
    """When the first and the last dated record of a kind or source started ("" if none)."""
    column = "kind" if kind else "source"
    choice = (
        "SELECT id FROM kind WHERE name = ?"
        if kind
        else "SELECT id FROM source WHERE connector = ?"
    )
    starts = []
    for direction in ("ASC", "DESC"):
        body = transaction.one(
            f"SELECT payload FROM record WHERE {column} IN ({choice}) AND rid >= ?"  # noqa: S608
            f" ORDER BY rid {direction} LIMIT 1",
            (kind or connector, order.DATED_FROM),
        )
        starts.append(payload.decode(body).start if body else "")
    return starts[0], starts[1]


def last_import(transaction: Transaction, connector: str) -> str:
    """When something was last imported from a source (UTC), "" if never."""
    return str(
        transaction.one(
            "SELECT coalesce(max(finished), '') FROM run JOIN source ON source.id = run.source"
            " WHERE connector = ? AND state = 'done'",
            (connector,),
        )
    )


def history(transaction: Transaction, key: str) -> list[payload.Payload]:
    """Earlier versions of a record, newest first."""
    cursor = transaction.execute(
        "SELECT payload FROM version JOIN run ON run.id = run WHERE key = ?"
        " ORDER BY clock DESC, uid DESC",
        (_key(key),),
    )
    return [payload.decode(row[0]) for row in cursor]
