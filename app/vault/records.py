"""Records that are in the vault, one at a time: taking them out and putting versions in place.

Each comes with its words and tallies. Which version is to be in place is `app.vault.claims`; taking
in what an import brings, many at a time, is `app.vault.writer`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

from app.vault import door, order, payload, terms
from app.vault.tallies import Tallies
from app.vault.transaction import Transaction
from connectors.api import Record

INSERT: Final = (
    "INSERT INTO record (rid, key, run, content, kind, source, place, payload)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
)


def free_row(transaction: Transaction, rid: int) -> int:
    """`rid`, or else a number no record has: after the last one of its millisecond."""
    while transaction.one("SELECT 1 FROM record WHERE rid = ?", (rid,)):
        last = transaction.one(
            "SELECT max(rid) FROM record WHERE rid >= ? AND rid < ?",
            (rid, order.end_of_millisecond(rid)),
        )
        rid = last + 1
    return rid


def kind_numbers(transaction: Transaction) -> dict[str, int]:
    """Kind name to its number in this file, every known kind present."""
    known = dict(transaction.execute("SELECT name, id FROM kind").fetchall())
    for name in door.SHAPES:
        if name not in known:
            cursor = transaction.execute("INSERT INTO kind (name) VALUES (?)", (name,))
            known[name] = int(cursor.lastrowid or 0)
    return known


def remove(transaction: Transaction, rids: Iterable[int], tallies: Tallies) -> None:
    """Take current records out, with their words; the change to the tallies is not yet merged."""
    names = {number: name for name, number in kind_numbers(transaction).items()}
    for rid in rids:
        kind, source, body = transaction.execute(
            "SELECT kind, source, payload FROM record WHERE rid = ?", (rid,)
        ).fetchone()
        said = payload.decode(body)
        tallies.change(kind, names[kind], source, said.start, said.data, -1)
        transaction.execute("DELETE FROM words WHERE rowid = ?", (rid,))
        transaction.execute("DELETE FROM record WHERE rid = ?", (rid,))


class Version(NamedTuple):
    """A whole stored version, as in the version table."""

    key: bytes
    run: int
    content: bytes
    kind: int
    source: int
    place: str
    payload: bytes


def place_version(transaction: Transaction, version: Version, tallies: Tallies) -> None:
    """Make `version` the current one of its record; no other may be current."""
    names = {number: name for name, number in kind_numbers(transaction).items()}
    said = payload.decode(version.payload)
    rid = free_row(transaction, order.row(said.start))
    kind = names[version.kind]
    transaction.execute(INSERT, (rid, *version))
    record = Record(
        kind=kind,
        native_id=said.native_id,
        title=said.title,
        text=said.text,
        data=said.data,
    )
    transaction.execute(
        "INSERT INTO words (rowid, text) VALUES (?, ?)",
        (rid, terms.indexed(door.searched_text(record))),
    )
    tallies.change(version.kind, kind, version.source, said.start, said.data, 1)
