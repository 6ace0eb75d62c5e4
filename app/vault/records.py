"""Putting records in and taking them out, with their words and tallies.

One `Writer` serves one transaction. It gathers records, and for every full chunk sorts them by
time, finds which are known, and inserts the rest in row order, which is what keeps FTS5 and the
b-tree fast. Nothing here knows files or connectors.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

import msgspec

from app.vault import door, order, payload, terms
from app.vault.tallies import Tallies
from app.vault.transaction import Transaction
from connectors.api import Problem, Record

CHUNK: Final = 50_000
_LOOKUP: Final = 400
_BLOCK: Final = 5_000
_COLUMNS: Final = (
    "INTO record (rid, key, run, content, kind, source, place, payload)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
)
_INSERT: Final = f"INSERT {_COLUMNS}"
_INSERT_IF_FREE: Final = f"INSERT OR IGNORE {_COLUMNS}"


class Row(NamedTuple):
    """A record on its way in. `rid` is where its time puts it before ties are broken."""

    rid: int
    key: bytes
    content: bytes
    record: Record
    payload: bytes


class Stored(NamedTuple):
    """What is known of a record that is already there."""

    rid: int
    content: bytes
    run: int


class Counts(msgspec.Struct):
    """What a run did, as it goes. `rejected` are records that did not fit their kind."""

    new: int = 0
    known: int = 0
    updated: int = 0
    rejected: int = 0


class Writer:
    """Adds the records of one run. `flush` must be called last."""

    def __init__(
        self, transaction: Transaction, hasher: payload.Hasher, source: int, run: int
    ) -> None:
        self._transaction = transaction
        self._hasher = hasher
        self._source = source
        self._run = run
        self._kinds = kind_numbers(transaction)
        self._tallies = Tallies()
        self._rows: list[Row] = []
        # While the source was empty before this run, only this run's own keys can be met again.
        self._seen: set[bytes] | None = None if _has_records(transaction, source) else set()
        self.counts = Counts()
        self.kinds: dict[str, int] = {}

    def add(self, record: Record) -> Problem | None:
        """Take a record in, or say why not."""
        if reason := door.refusal(record):
            self.counts.rejected += 1
            return Problem(record.where, "bad-record", reason)
        body = payload.encode(record)
        key = self._hasher.key(record.kind, record.native_id)
        self._rows.append(
            Row(order.row(record.start), key, self._hasher.content(body), record, body)
        )
        self.kinds[record.kind] = self.kinds.get(record.kind, 0) + 1
        if len(self._rows) >= CHUNK:
            self.flush()
        return None

    def flush(self) -> None:
        """Write what was gathered."""
        rows = self._distinct(self._rows)
        self._rows = []
        stored = self._stored(rows)
        fresh = [row for row in rows.values() if row.key not in stored]
        for key, there in stored.items():
            self._meet(rows[key], there, fresh)
        buried = self._buried(fresh)
        self.counts.known += len(buried)
        fresh = [row for row in fresh if row.key not in buried]
        self.counts.new += len(fresh)
        self._insert(fresh)
        self._tallies.merge(self._transaction)

    def _distinct(self, rows: list[Row]) -> dict[bytes, Row]:
        """Rows by key: of several with one key the last counts, as the source's last word."""
        distinct = {row.key: row for row in rows}
        if len(distinct) < len(rows):
            self._count_repeats(rows)
        return distinct

    def _count_repeats(self, rows: list[Row]) -> None:
        versions: dict[bytes, bytes] = {}
        for row in rows:
            before = versions.get(row.key)
            if before == row.content:
                self.counts.known += 1
            elif before is not None:
                self.counts.updated += 1
            versions[row.key] = row.content

    def _stored(self, rows: dict[bytes, Row]) -> dict[bytes, Stored]:
        """Those of `rows` that are in the vault already."""
        keys = list(rows)
        if self._seen is not None:
            met = [key for key in keys if key in self._seen]
            self._seen.update(keys)
            keys = met
        found: dict[bytes, Stored] = {}
        for start in range(0, len(keys), _LOOKUP):
            part = tuple(keys[start : start + _LOOKUP])
            marks = ",".join("?" * len(part))
            for key, *rest in self._transaction.execute(
                f"SELECT key, rid, content, run FROM record WHERE key IN ({marks})",  # noqa: S608
                part,
            ):
                found[key] = Stored(*rest)
        return found

    def _buried(self, rows: list[Row]) -> set[bytes]:
        """Keys among `rows` that the person deleted."""
        if not rows or not self._transaction.one("SELECT count(*) FROM tombstone"):
            return set()
        return {
            row.key
            for row in rows
            if self._transaction.one("SELECT 1 FROM tombstone WHERE key = ?", (row.key,))
        }

    def _meet(self, row: Row, there: Stored, fresh: list[Row]) -> None:
        """A record that is already there: the same, an older version of it, or a newer one."""
        if there.content == row.content or self._is_past(row):
            self.counts.known += 1
            if there.run != self._run:
                self._transaction.execute(
                    "INSERT OR IGNORE INTO sighting (key, run, content) VALUES (?, ?, ?)",
                    (row.key, self._run, row.content),
                )
            return
        self.counts.updated += 1
        self.counts.new -= 1  # `flush` counts every fresh row as new
        if there.run != self._run:
            self._transaction.execute(
                "INSERT INTO version (key, run, content, kind, source, place, payload)"
                " SELECT key, run, content, kind, source, place, payload FROM record WHERE rid = ?",
                (there.rid,),
            )
        remove(self._transaction, [there.rid], self._tallies)
        fresh.append(row)

    def _is_past(self, row: Row) -> bool:
        """Whether this version was here once: an old export must not undo a newer one."""
        return bool(
            self._transaction.one(
                "SELECT 1 FROM version WHERE key = ? AND content = ?", (row.key, row.content)
            )
        )

    def _insert(self, rows: list[Row]) -> None:
        rows.sort()  # by row number; keys differ, so nothing behind them is ever compared
        last = -(1 << 63)
        block: list[tuple[int, Row]] = []
        for row in rows:
            last = max(row.rid, last + 1)
            block.append((last, row))
        for start in range(0, len(block), _BLOCK):
            self._insert_block(block[start : start + _BLOCK])

    def _insert_block(self, block: list[tuple[int, Row]]) -> None:
        values = [self._values(rid, row) for rid, row in block]
        if self._transaction.many(_INSERT_IF_FREE, values) < len(block):
            block = self._move(block)
        words = [(rid, terms.indexed(door.searched_text(row.record))) for rid, row in block]
        self._transaction.many("INSERT INTO words (rowid, text) VALUES (?, ?)", words)
        kinds, source, change = self._kinds, self._source, self._tallies.change
        for _, row in block:
            record = row.record
            change(kinds[record.kind], record.kind, source, record.start, record.data, 1)

    def _values(self, rid: int, row: Row) -> tuple[object, ...]:
        kind = self._kinds[row.record.kind]
        place = row.record.where
        return rid, row.key, self._run, row.content, kind, self._source, place, row.payload

    def _move(self, block: list[tuple[int, Row]]) -> list[tuple[int, Row]]:
        """Insert those of a block whose number another record has, at the next free one."""
        there: dict[int, bytes] = {}
        for start in range(0, len(block), _LOOKUP):
            part = tuple(rid for rid, _ in block[start : start + _LOOKUP])
            marks = ",".join("?" * len(part))
            there.update(
                self._transaction.execute(
                    f"SELECT rid, key FROM record WHERE rid IN ({marks})",  # noqa: S608
                    part,
                ).fetchall()
            )
        moved = []
        for rid, row in block:
            if there.get(rid) == row.key:
                moved.append((rid, row))
                continue
            free = free_row(self._transaction, rid + 1)
            self._transaction.execute(_INSERT, self._values(free, row))
            moved.append((free, row))
        moved.sort()
        return moved


def free_row(transaction: Transaction, rid: int) -> int:
    """`rid`, or the next row number no record has."""
    while transaction.one("SELECT 1 FROM record WHERE rid = ?", (rid,)):
        rid += 1
    return rid


def kind_numbers(transaction: Transaction) -> dict[str, int]:
    """Kind name to its number in this file, every known kind present."""
    known = dict(transaction.execute("SELECT name, id FROM kind").fetchall())
    for name in door.SHAPES:
        if name not in known:
            cursor = transaction.execute("INSERT INTO kind (name) VALUES (?)", (name,))
            known[name] = int(cursor.lastrowid or 0)
    return known


def _has_records(transaction: Transaction, source: int) -> bool:
    return bool(transaction.one("SELECT 1 FROM record WHERE source = ? LIMIT 1", (source,)))


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


def restore(transaction: Transaction, version: Version, tallies: Tallies) -> None:
    """Make `version` the current one of its record; no other may be current."""
    names = {number: name for name, number in kind_numbers(transaction).items()}
    said = payload.decode(version.payload)
    rid = free_row(transaction, order.row(said.start))
    kind = names[version.kind]
    transaction.execute(_INSERT, (rid, *version))
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


def delete(transaction: Transaction, keys: Iterable[bytes]) -> int:
    """Delete records for good: imports do not bring them back. Returns how many were there."""
    tallies = Tallies()
    count = 0
    for key in keys:
        rid = transaction.one("SELECT rid FROM record WHERE key = ?", (key,))
        if rid is None:
            continue
        # The last version is kept in the history, so that the deletion can be undone.
        transaction.execute(
            "INSERT OR REPLACE INTO version (key, run, content, kind, source, place, payload)"
            " SELECT key, run, content, kind, source, place, payload FROM record WHERE rid = ?",
            (rid,),
        )
        operation = transaction.operation("delete", key.hex(), {})
        transaction.execute(
            "INSERT OR REPLACE INTO tombstone (key, operation) VALUES (?, ?)", (key, operation)
        )
        remove(transaction, [rid], tallies)
        count += 1
    tallies.merge(transaction)
    return count


def undelete(transaction: Transaction, keys: Iterable[bytes]) -> int:
    """Take deletions back. Returns how many records are there again."""
    tallies = Tallies()
    count = 0
    for key in keys:
        if not transaction.one("SELECT 1 FROM tombstone WHERE key = ?", (key,)):
            continue
        transaction.operation("restore", key.hex(), {})
        transaction.execute("DELETE FROM tombstone WHERE key = ?", (key,))
        version = latest_version(transaction, key)
        if version:
            take_version(transaction, version)
            restore(transaction, version, tallies)
            count += 1
    tallies.merge(transaction)
    return count


def latest_version(transaction: Transaction, key: bytes) -> Version | None:
    """The newest version in a record's history."""
    row = transaction.execute(
        "SELECT key, run, content, kind, source, place, payload FROM version"
        " WHERE key = ? ORDER BY run DESC LIMIT 1",
        (key,),
    ).fetchone()
    return Version(*row) if row else None


def take_version(transaction: Transaction, version: Version) -> None:
    """Remove a version from the history."""
    transaction.execute("DELETE FROM version WHERE key = ? AND run = ?", (version.key, version.run))
