"""Putting records in, many at a time.

One `Writer` serves one transaction. It makes each record into the row that will be stored, lets the
record go, and for every full chunk sorts the rows by time, finds which are known, and inserts the
rest in row order, which is what keeps FTS5 and the b-tree fast. In a bulk transaction one chunk is
written while the next is gathered. Nothing here knows files or connectors; taking records out again
is `app.vault.records`.

Everything here runs once for each record of an import of millions: hence plain tuples, whole lists
at a time and few calls.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import lru_cache, partial
from itertools import accumulate, chain
from operator import itemgetter
from typing import Any, Final, NamedTuple

import msgspec

from app.vault import door, payload, terms
from app.vault.claims import settle
from app.vault.deferred import Indexes
from app.vault.records import INSERT, Version, free_row, kind_numbers, remove
from app.vault.tallies import SUMMED, Tallies
from app.vault.transaction import Transaction
from connectors.api import Problem, Record, Value

CHUNK: Final = 30_000
"""Rows sorted at once: of a source in no order, each page is then written a few times only."""
CHUNK_BYTES: Final = 32 << 20
"""Payload bytes held at once, for records that are long."""
REMEMBERED: Final = 1_000_000
"""Keys of a first import kept in memory, 80 bytes each; past that the index is asked."""
_LOOKUP: Final = 1000
_BLOCK: Final = 2000
_WORDS_BLOCK: Final = CHUNK // 2
"""With two values a row just below the most that a statement may have."""
_INSERT_IF_FREE: Final = INSERT.replace("INSERT", "INSERT OR IGNORE", 1).partition("(?")[0].rstrip()

_Row = tuple[int, bytes, bytes, int, str, bytes, str, str, str, "Mapping[str, Value] | None"]
"""A record on its way in: the columns of `INSERT` that differ within a run, then what else is
needed of it: the text to index, its month, the name of its kind, and the fields to sum (None for
kinds without sums). The first column is where its time puts it before ties are broken."""
_RID: Final = itemgetter(0)
_KEY: Final = 1
_CONTENT: Final = 2
_KIND: Final = 3
_PLACE: Final = 4
_PAYLOAD: Final = 5
_TEXT: Final = 6
_MONTH: Final = 7
_KIND_NAME: Final = 8
_FIELDS: Final = 9


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
    """Adds the records of one run. `finish` must be called last.

    `taken` counts the records taken in, before it is known which are new; `kinds` counts them by
    kind, but only those of chunks already written.
    """

    def __init__(
        self, transaction: Transaction, hasher: payload.Hasher, source: int, run: int
    ) -> None:
        self._transaction = transaction
        self._hasher = hasher
        self._source = source
        self._run = run
        self._kinds = kind_numbers(transaction)
        self._tallies = Tallies()
        self._rows: list[_Row] = []
        self._bytes = 0
        # While the source was empty before this run, only this run's own keys can be met again.
        self._seen: set[bytes] | None = None if _has_records(transaction, source) else set()
        # What a device brought whose clock is ahead is newer than what is read here now.
        self._is_latest = not transaction.one(
            "SELECT 1 FROM run, run AS this WHERE this.id = ?"
            " AND (run.clock, run.uid) > (this.clock, this.uid)",
            (run,),
        )
        self._indexes = Indexes(transaction)
        self.counts = Counts()
        self.kinds: Counter[str] = Counter()
        self.taken = 0

    def add(self, records: Iterable[Record]) -> list[Problem]:
        """Take records in; what does not fit its kind comes back as problems."""
        problems = []
        kinds = self._kinds
        key_of, content_of, append = self._hasher.key, self._hasher.content, self._rows.append
        before = len(self._rows)
        for record in records:
            reason, row = door.admit(record)
            if reason:
                problems.append(Problem(record.where, "bad-record", reason))
                continue
            kind, start = record.kind, record.start
            body = payload.encode(record)
            self._bytes += len(body)
            append(
                (
                    row,
                    key_of(kind, record.native_id),
                    content_of(body),
                    kinds[kind],
                    record.where,
                    body,
                    terms.indexed(door.searched_text(record)),
                    start[:7],
                    kind,
                    record.data if kind in SUMMED else None,
                )
            )
        self.counts.rejected += len(problems)
        self.taken += len(self._rows) - before
        if len(self._rows) >= CHUNK or self._bytes >= CHUNK_BYTES:
            rows, self._rows, self._bytes = self._rows, [], 0
            self._transaction.beside(partial(self._flush_one_of_many, rows))
        return problems

    def finish(self) -> None:
        """Write what is left."""
        self._transaction.settle()
        self._flush(self._rows)
        self._indexes.bring_back()
        self._tallies.merge(self._transaction)

    def _flush_one_of_many(self, gathered: list[_Row]) -> None:
        self._indexes.put_away()  # more than one chunk: worth it
        self._flush(gathered)

    def _flush(self, gathered: list[_Row]) -> None:
        self.kinds.update([row[_KIND_NAME] for row in gathered])
        rows = self._distinct(gathered)
        gathered.clear()
        stored = self._stored(rows)
        fresh = (
            [row for key, row in rows.items() if key not in stored] if stored else [*rows.values()]
        )
        fresh = self._without_buried(fresh)
        self.counts.new += len(fresh)
        if stored:
            fresh += self._meet(rows, stored)
        del rows
        self._insert(fresh)

    def _distinct(self, rows: list[_Row]) -> dict[bytes, _Row]:
        """Rows by key: of several with one key the last counts, as the source's last word."""
        distinct = {row[_KEY]: row for row in rows}
        if len(distinct) < len(rows):
            self._count_repeats(rows)
        return distinct

    def _count_repeats(self, rows: list[_Row]) -> None:
        versions: dict[bytes, bytes] = {}
        for row in rows:
            key, content = row[_KEY], row[_CONTENT]
            before = versions.get(key)
            if before == content:
                self.counts.known += 1
            elif before is not None:
                self.counts.updated += 1
            versions[key] = content

    # -- what is there already

    def _stored(self, rows: dict[bytes, _Row]) -> dict[bytes, Stored]:
        """Those of `rows` that are in the vault already."""
        keys: Collection[bytes] = rows
        if self._seen is not None:
            keys = () if self._seen.isdisjoint(rows) else self._seen & rows.keys()
            self._seen.update(rows)
            if len(self._seen) > REMEMBERED:
                self._seen = None
        if keys:
            self._indexes.bring_back()
        # In the order of the index, then in the order of the table: each page is read once.
        numbers = dict(self._look_up("SELECT rid, key FROM record WHERE key IN", sorted(keys)))
        return {
            numbers[rid]: Stored(rid, content, run)
            for rid, content, run in self._look_up(
                "SELECT rid, content, run FROM record WHERE rid IN", sorted(numbers)
            )
        }

    def _look_up(self, select: str, values: list[int] | list[bytes]) -> Iterator[tuple[Any, ...]]:
        for start in range(0, len(values), _LOOKUP):
            part = tuple(values[start : start + _LOOKUP])
            marks = ",".join("?" * len(part))
            yield from self._transaction.execute(f"{select} ({marks})", part)

    def _without_buried(self, rows: list[_Row]) -> list[_Row]:
        """`rows` but those the person deleted: for these it is only noted that they came again."""
        if not self._transaction.one("SELECT EXISTS (SELECT 1 FROM tombstone)"):
            return rows
        keys = sorted(row[_KEY] for row in rows)
        buried = {key for (key,) in self._look_up("SELECT key FROM tombstone WHERE key IN", keys)}
        self.counts.known += len(buried)
        self._settle(row for row in rows if row[_KEY] in buried)
        return [row for row in rows if row[_KEY] not in buried]

    def _settle(self, rows: Iterable[_Row]) -> None:
        """The long way, for records of which more is known than that they are here or new."""
        for row in rows:
            version = Version(
                row[_KEY],
                self._run,
                row[_CONTENT],
                row[_KIND],
                self._source,
                row[_PLACE],
                row[_PAYLOAD],
            )
            settle(self._transaction, version.key, self._tallies, joining=version)

    def _meet(self, rows: dict[bytes, _Row], stored: dict[bytes, Stored]) -> list[_Row]:
        """Account for records that are there already; returns those that replace what is there."""
        known: list[_Row] = []
        newer: list[_Row] = []
        disputed: list[_Row] = []
        for key, there in stored.items():
            row = rows[key]
            same = there.content == row[_CONTENT]
            is_known = same or self._is_past(row)
            self.counts.known += is_known
            self.counts.updated += not is_known
            if there.run == self._run or not self._is_latest:
                disputed.append(row)
            else:
                (known if is_known else newer).append(row)
        self._see(known)
        self._retire([stored[row[_KEY]] for row in newer])
        self._settle(disputed)
        return newer

    def _see(self, rows: list[_Row]) -> None:
        """Note that this run met versions that are here already."""
        seen = sorted((row[_KEY], self._run, row[_CONTENT], row[_PLACE]) for row in rows)
        for start in range(0, len(seen), _BLOCK):
            self._transaction.put(
                "INSERT OR REPLACE INTO sighting (key, run, content, place) VALUES",
                "(?, ?, ?, ?)",
                seen[start : start + _BLOCK],
            )

    def _is_past(self, row: _Row) -> bool:
        """Whether this version was here once: an old export must not undo a newer one."""
        return bool(
            self._transaction.one(
                "SELECT 1 FROM version WHERE key = ? AND content = ?", (row[_KEY], row[_CONTENT])
            )
        )

    def _retire(self, old: list[Stored]) -> None:
        """Make room for newer versions; these go to the history."""
        rids = [(there.rid,) for there in old]
        # Further up in the file this run may have met an older version.
        self._transaction.many(
            "DELETE FROM sighting WHERE key = (SELECT key FROM record WHERE rid = ?) AND run = ?",
            [(*rid, self._run) for rid in rids],
        )
        self._transaction.many(
            "INSERT INTO version (key, run, content, kind, source, place, payload)"
            " SELECT key, run, content, kind, source, place, payload FROM record WHERE rid = ?",
            rids,
        )
        remove(self._transaction, [there.rid for there in old], self._tallies)

    # -- what is new

    def _insert(self, rows: list[_Row]) -> None:
        rows.sort(key=_RID)  # stable: what happened at the same time stays in the file's order
        last = -(1 << 63)
        for position, row in enumerate(rows):
            if row[0] <= last:
                rows[position] = row = (last + 1, *row[1:])  # noqa: PLW2901 one name for both
            last = row[0]
        placed: list[_Row] = []
        for block in _blocks(rows, _BLOCK):
            placed += self._place(block)
        placed.sort(key=_RID)  # some went further on, their place being taken
        self._index(placed)
        self._count(placed)

    def _index(self, placed: list[_Row]) -> None:
        """Make the words found. In few statements, after all of the records.

        Any statement for many rows makes FTS5 write out what it has gathered, and one for each row
        would wait, each time, for the thread that gathers records.
        """
        for block in _blocks(placed, _WORDS_BLOCK):
            words = [(row[0], row[_TEXT]) for row in block]
            self._transaction.put("INSERT INTO words (rowid, text) VALUES", "(?, ?)", words)

    def _place(self, rows: list[_Row]) -> list[_Row]:
        """Insert `rows`; returns them under the numbers they got.

        Where another record has the number, it is the next free one.
        """
        if not rows:
            return rows
        missing = (
            len(rows)
            - self._transaction.execute(
                _insert_packed(len(rows)), _packed(rows, self._run, self._source)
            ).rowcount
        )
        if not missing:
            return rows
        taken = self._taken(rows)
        if len(taken) < missing:  # not the number, then: the key
            raise ValueError("one record twice")
        placed = [row for row in rows if row[0] not in taken]
        return placed + self._place(self._renumbered(row for row in rows if row[0] in taken))

    def _taken(self, rows: list[_Row]) -> set[int]:
        """The numbers that other records have."""
        keys = {row[0]: row[_KEY] for row in rows}
        there = self._look_up("SELECT rid, key FROM record WHERE rid IN", list(keys))
        return {rid for rid, key in there if key != keys[rid]}

    def _renumbered(self, rows: Iterable[_Row]) -> list[_Row]:
        """`rows` under free numbers. A crowd of one day searches once: it follows its first."""
        moved, last = [], -(1 << 63)
        for row in rows:
            last = last + 1 if row[0] <= last else free_row(self._transaction, row[0])
            moved.append((last, *row[1:]))
        return moved

    def _count(self, rows: list[_Row]) -> None:
        months = Counter([(row[_KIND], row[_MONTH]) for row in rows])
        for (kind, month), count in months.items():
            self._tallies.count(kind, self._source, month, count)
        for row in rows:
            if (fields := row[_FIELDS]) is not None:
                self._tallies.sum(row[_KIND], row[_KIND_NAME], row[_MONTH], fields, 1)


def _blocks(rows: list[_Row], most: int) -> Iterator[list[_Row]]:
    """`rows` in blocks of `most`, then of its half, and so on: of few different lengths.

    For each length there is a statement, and with each of the last 256 statements the connection
    keeps the values it ran with. Of long records each chunk has a length of its own.
    """
    start = 0
    while start < len(rows):
        while most > len(rows) - start:
            most //= 2
        yield rows[start : start + most]
        start += most


@lru_cache(16)
def _insert_packed(count: int) -> str:
    """The statement that inserts the values of `_packed` as `count` rows."""
    size = payload.HASH_BYTES
    row = (
        f"({{}}, substr(?1, {{at}}, {size}), ?4, substr(?2, {{at}}, {size}), {{}}, ?5, {{}},"
        " substr(?3, {}, {}))"
    )
    first = row.format("?6", "?7", "?8", "?9", "?10", at=1)  # each "?" is one more than the last
    others = [row.format(*"?????", at=1 + size * number) for number in range(1, count)]
    return f"{_INSERT_IF_FREE} {', '.join([first, *others])}"


def _packed(rows: list[_Row], run: int, source: int) -> tuple[bytes | int | str, ...]:
    """The values of `rows`: all keys in one, all contents, all payloads, then what is short.

    Python hands a value of bytes over six times slower than a number, and nothing else of the
    program runs meanwhile; the database cuts it out of a long one while the program goes on.
    """
    rids, keys, contents, kinds, places, payloads, *_ = zip(*rows, strict=True)
    lengths = [*map(len, payloads)]
    starts = accumulate(lengths, initial=1)
    own = chain.from_iterable(zip(rids, kinds, places, starts, lengths, strict=False))
    return b"".join(keys), b"".join(contents), b"".join(payloads), run, source, *own


def _has_records(transaction: Transaction, source: int) -> bool:
    return bool(transaction.one("SELECT 1 FROM record WHERE source = ? LIMIT 1", (source,)))
