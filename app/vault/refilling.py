"""Filling a new data file from a damaged one: the tables of a salvage.

Records are walked in their order and checked against their own hash; words and tallies are made
anew. Records whose page is gone are still named by the indexes, which tell their source, kind, day
and import. What the damaged file does not give is taken from a backup, if there is one. Whatever
the tables name that is gone gets an empty stand-in, so that the new file is sound.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

import msgspec

from app.vault import claims, door, keys, order, payload, terms
from app.vault.copying import Step
from app.vault.records import INSERT, free_row
from app.vault.tallies import Tallies
from app.vault.transaction import Transaction
from app.vault.walking import KEY, KEY_NUMBER, NUMBER, TWO_KEYS, Key, Row, Walker
from connectors.api import Record

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Lost(msgspec.Struct, frozen=True):
    """Records of one source and kind that are gone. Days and kind are "" if unknown."""

    connector: str
    account: str
    kind: str
    count: int
    first: str
    last: str


class Again(msgspec.Struct, frozen=True):
    """A file whose records are incomplete now; `kept` if the vault still has its original."""

    connector: str
    name: str
    kept: bool


class Salvaged(msgspec.Struct, frozen=True):
    """What came out.

    `filled` records are from the backup, in the version it had; `reverted` lost their current
    version and have an earlier one. `unread` are tables of which a stretch could not be read. Where
    `complete` is False there may be more losses than any index tells. `used_backup` is False too
    for one that was made on another computer.
    """

    records: int
    filled: int
    reverted: int
    lost: list[Lost]
    again: list[Again]
    unread: list[str]
    complete: bool
    used_backup: bool
    originals_missing: int = 0

    @property
    def lost_records(self) -> int:
        """How many records are known to be gone."""
        return sum(lost.count for lost in self.lost)


class _Table(NamedTuple):
    """A table that is copied row by row; `key` None for those read from both ends.

    Columns begin with the key's own.
    """

    name: str
    columns: str
    unique: str
    key: Key | None = NUMBER


_TABLES: Final = (
    _Table("meta", "name, value", "name", None),
    _Table("device", "id, uid, name, retired", "id"),
    _Table("kind", "id, name", "id"),
    _Table("source", "id, connector, account", "id"),
    _Table("operation", "id, device, sequence, clock, type, subject, body", "id"),
    _Table(
        "run",
        "id, uid, operation, clock, source, type, connector_version, name, started, finished,"
        " state, added, known, updated, receipt",
        "id",
    ),
    _Table("original", "id, sha256, size, blob", "id"),
    _Table("run_original", "run, original, name", "run, original, name", None),
    _Table("document", "collection, id, operation, body", "collection, id", None),
    _Table("ledger", "device, sequence, at, kind, body, hash", "device, sequence", None),
    _Table("segment", "device, number, hash, last, ledger, seen", "device, number", None),
    _Table("flag", "type, subject, body", "type, subject", None),
    _Table("tombstone", "key, operation", "key", KEY),
    _Table("sighting", "key, run, content, place", "key, run", KEY_NUMBER),
    _Table("version", "key, content, run, kind, source, place, payload", "key, content", TWO_KEYS),
)
_RECORD: Final = "SELECT rid, key, run, content, kind, source, place, payload FROM record"
_RECORDS: Final = f"{_RECORD} WHERE rid > ? ORDER BY rid LIMIT ?"
_BY_KEY: Final = (
    "SELECT key, rid FROM record INDEXED BY record_key WHERE key > ? ORDER BY key LIMIT ?"
)
_BY_SOURCE: Final = (
    "SELECT rid FROM record INDEXED BY record_source WHERE source = ? AND kind = ?"
    " AND rid > ? ORDER BY rid LIMIT ?"
)
_BY_RUN: Final = (
    "SELECT rid FROM record INDEXED BY record_run WHERE run = ? AND rid > ? ORDER BY rid LIMIT ?"
)
_ORPHANS: Final = (
    "SELECT run, max(source) FROM (SELECT run, source FROM record UNION"
    " SELECT run, source FROM version UNION SELECT run, 0 FROM sighting UNION"
    " SELECT run, 0 FROM run_original) WHERE run NOT IN (SELECT id FROM run) GROUP BY run"
)
_UNOPERATED: Final = (
    "SELECT operation FROM (SELECT operation FROM run UNION SELECT operation FROM document"
    " UNION SELECT operation FROM tombstone) WHERE operation NOT IN (SELECT id FROM operation)"
)
_OCCURRING: Final = "SELECT kind FROM record UNION SELECT kind FROM version"
_SOURCELESS: Final = (
    "SELECT run.source, body FROM run JOIN operation ON operation.id = run.operation"
    " WHERE run.source NOT IN (SELECT id FROM source) ORDER BY run.id"
)
_RUNS: Final = (
    "SELECT run.id, run.source, connector, run.name, EXISTS (SELECT 1 FROM run_original"
    " JOIN original ON original.id = original WHERE run_original.run = run.id AND blob <> '')"
    " FROM run JOIN source ON source.id = run.source WHERE state = 'done' ORDER BY run.id"
)
_STRANDED: Final = (
    "SELECT DISTINCT key FROM version WHERE key NOT IN (SELECT key FROM record)"
    " AND key NOT IN (SELECT key FROM tombstone)"
)


def _rows(walker: Walker, table: _Table) -> Iterable[Row]:
    select = f"SELECT {table.columns} FROM {table.name}"  # noqa: S608 names of ours
    if table.key is None:
        backwards = ", ".join(f"{name} DESC" for name in table.unique.split(", "))
        return walker.ends(table.name, select, (table.unique, backwards))
    marks = ", ".join("?" for _ in table.unique.split(", "))
    behind = f"({table.unique}) > ({marks})" if "," in table.unique else f"{table.unique} > ?"
    return walker.walk(
        table.name, f"{select} WHERE {behind} ORDER BY {table.unique} LIMIT ?", table.key
    )


def _uids(walker: Walker, table: str) -> dict[int, str]:
    found = walker.ask(f"SELECT id, uid FROM {table}")  # noqa: S608 names of ours
    return dict(found or [])


class _Hidden(msgspec.Struct):
    """What the indexes know of a record whose page is gone."""

    key: bytes = b""
    source: int = 0
    kind: int = 0
    run: int = 0


class Refill:
    """Fills the empty tables behind `fresh`, inside its transaction."""

    def __init__(
        self, fresh: Transaction, vault_id: str, walker: Walker, earlier: Walker | None
    ) -> None:
        self._fresh = fresh
        self._vault_id = vault_id
        self._walker = walker
        self._earlier = earlier
        self._tallies = Tallies()
        self._kinds: dict[int, str] = {}
        self._sources: dict[int, tuple[str, str]] = {}
        self._hasher = payload.Hasher(b"", "", "")
        self._keys: dict[int, bytes] = {}
        self._is_rekeyed = False
        """Whether the key of the content hashes is lost, and a new one was made."""

    def run(self, step: Step) -> Salvaged:
        """Everything, in the order in which one thing needs another."""
        if not self._is_of_this_file():
            self._earlier = None
        for table in _TABLES:
            self._copy(table)
        self._complete_meta()
        self._complete_sources()
        if "tombstone" in self._walker.gaps:
            self._bury_again()
        self._know_origins()
        self._walk(step)
        hidden = self._hidden() if "record" in self._walker.gaps else {}
        self._ask_singly(hidden)
        filled = self._fill_from_backup() if "record" in self._walker.gaps else 0
        if self._is_rekeyed:
            self._rehash_history()
        self._complete_parents()
        reverted = self._settle()
        self._tallies.merge(self._fresh)
        return self._tell(self._still_lost(hidden), filled, reverted)

    def _is_of_this_file(self) -> bool:
        """Whether numbers in the backup mean what they mean here; another computer's do not."""
        here = _uids(self._walker, "device")
        there = _uids(self._earlier, "device") if self._earlier else {}
        return all(here[number] == there[number] for number in here.keys() & there.keys())

    # -- everything but records

    def _copy(self, table: _Table) -> None:
        columns = table.columns.split(", ")
        marks = ", ".join("?" * len(columns))
        insert = f"INSERT OR IGNORE INTO {table.name} ({table.columns}) VALUES ({marks})"  # noqa: S608
        self._fresh.many(insert, list(_rows(self._walker, table)))
        if self._earlier and table.name in self._walker.gaps:
            self._fresh.many(insert, list(_rows(self._earlier, table)))

    def _complete_meta(self) -> None:
        """What is nowhere any more is made anew; what was sealed with such a key stays shut."""
        self._fresh.set_meta("vault_id", self._vault_id.encode())
        if self._fresh.meta("device") is None:
            self._fresh.execute(
                "INSERT INTO device (uid, name) VALUES (?, '')", (secrets.token_hex(16),)
            )
            self._fresh.set_meta("device", b"%d" % self._fresh.one("SELECT max(id) FROM device"))
        self._fresh.device = int(self._fresh.meta("device") or 0)
        self._is_rekeyed = self._fresh.meta("content_key") is None
        for name in ("content_key", "secret_key", "attachment_keys"):
            if self._fresh.meta(name) is None:
                self._fresh.set_meta(name, keys.random_key())
        self._hasher = payload.Hasher(self._fresh.meta("content_key") or b"", "", "")

    def _complete_sources(self) -> None:
        """Every run's operation says where the run was from."""
        rows = self._fresh.execute(_SOURCELESS).fetchall()
        said = [(number, msgspec.json.decode(body)) for number, body in rows]
        self._fresh.many(
            "INSERT OR IGNORE INTO source (id, connector, account) VALUES (?, ?, ?)",
            [
                (number, run.get("connector", ""), run.get("account", ""))
                for number, run in said
                if isinstance(run, dict)
            ],
        )

    def _bury_again(self) -> None:
        """What was deleted stays deleted: the operations tell it too."""
        last = {
            subject: (number, kind)
            for number, kind, subject in self._fresh.execute(
                "SELECT id, type, subject FROM operation WHERE type IN ('delete', 'restore')"
                " ORDER BY clock, id"
            )
        }
        self._fresh.many(
            "INSERT OR IGNORE INTO tombstone (key, operation) VALUES (?, ?)",
            [
                (bytes.fromhex(key), number)
                for key, (number, kind) in last.items()
                if kind == "delete"
            ],
        )

    def _complete_parents(self) -> None:
        """Empty runs and operations stand in for those that others name and that are gone."""
        for number, source in self._fresh.execute(_ORPHANS).fetchall():
            uid = secrets.token_hex(8)
            operation = self._fresh.operation("run", uid, {})
            self._fresh.execute(
                "INSERT INTO run (id, uid, operation, clock, source, type, connector_version, name,"
                " started, finished, state, added, known, updated, receipt)"
                " VALUES (?, ?, ?, 0, ?, 'import', 0, '', '', '', 'done', 0, 0, 0, ?)",
                (number, uid, operation, source or min(self._sources, default=1), b"{}"),
            )
        for (number,) in self._fresh.execute(_UNOPERATED).fetchall():
            made = self._fresh.operation("lost", "", {})
            self._fresh.execute("UPDATE operation SET id = ? WHERE id = ?", (number, made))
        self._fresh.execute(
            "DELETE FROM run_original WHERE original NOT IN (SELECT id FROM original)"
        )
        self._fresh.execute(
            "INSERT INTO source (id, connector, account) SELECT DISTINCT source, '', source"
            " FROM run WHERE source NOT IN (SELECT id FROM source)"
        )
        self._fresh.execute(
            "INSERT INTO device (id, uid, name)"
            " SELECT device, lower(hex(randomblob(16))), '' FROM"
            " (SELECT device FROM operation UNION SELECT device FROM ledger"
            " UNION SELECT device FROM segment)"
            " WHERE device NOT IN (SELECT id FROM device)"
        )

    # -- records

    def _know_origins(self) -> None:
        self._kinds = dict(self._fresh.execute("SELECT id, name FROM kind").fetchall())
        self._sources = {
            number: (connector, account)
            for number, connector, account in self._fresh.execute(
                "SELECT id, connector, account FROM source"
            )
        }

    def _walk(self, step: Step) -> None:
        rows = self._walker.walk("record", _RECORDS, known=self._numbers)
        for done, row in enumerate(rows):
            if not done & 0xFFF:
                step(done, 0)
            self._take(row)

    def _take(self, row: Row) -> bool:
        """Put a record in place, with its words and tallies, unless it is not what it says."""
        rid, key, run, content, kind, source, place, body = row
        hashed = self._hasher.content(body)
        if hashed != content and not self._is_rekeyed:
            return False
        said = payload.decode(body)
        if not self._know_origin(kind, source, key, said.native_id):
            return False
        name = self._kinds[kind]
        rid = free_row(self._fresh, rid)
        self._fresh.execute(INSERT, (rid, key, run, hashed, kind, source, place, body))
        record = Record(
            kind=name, native_id=said.native_id, title=said.title, text=said.text, data=said.data
        )
        self._fresh.execute(
            "INSERT INTO words (rowid, text) VALUES (?, ?)",
            (rid, terms.indexed(door.searched_text(record))),
        )
        self._tallies.change(kind, name, source, said.start, said.data, 1)
        return True

    def _know_origin(self, kind: int, source: int, key: bytes, native_id: str) -> bool:
        """Whether kind and source are known; where a row is gone, the record's key tells it."""
        if kind in self._kinds and source in self._sources:
            return True
        for connector, account in self._candidates(source):
            for name in [self._kinds[kind]] if kind in self._kinds else door.SHAPES:
                if self._hasher_of(connector, account).key(name, native_id) == key:
                    self._add_origin(kind, name, source, connector, account)
                    return True
        return False

    def _candidates(self, source: int) -> list[tuple[str, str]]:
        if source in self._sources:
            return [self._sources[source]]
        said = self._fresh.execute("SELECT body FROM operation WHERE type = 'run'").fetchall()
        found = {
            (str(run.get("connector", "")), str(run.get("account", "")))
            for (body,) in said
            if isinstance(run := msgspec.json.decode(body), dict)
        }
        return sorted(found)

    def _add_origin(self, kind: int, name: str, source: int, connector: str, account: str) -> None:
        self._fresh.execute("INSERT OR IGNORE INTO kind (id, name) VALUES (?, ?)", (kind, name))
        self._fresh.execute(
            "INSERT OR IGNORE INTO source (id, connector, account) VALUES (?, ?, ?)",
            (source, connector, account),
        )
        self._know_origins()

    # -- what the walk did not meet

    def _hidden(self) -> dict[int, _Hidden]:
        """Records that an index names and that are not there."""
        there = {rid for (rid,) in self._fresh.execute("SELECT rid FROM record")}
        found: dict[int, _Hidden] = {}

        def hidden(rid: int) -> _Hidden:
            return _Hidden() if rid in there else found.setdefault(rid, _Hidden())

        for rid, key in self._keys.items():
            hidden(rid).key = key
        kinds = [kind for (kind,) in self._fresh.execute(_OCCURRING)]
        for source in self._sources:
            for kind in kinds:
                for rid in self._index("record by source", _BY_SOURCE, source, kind):
                    one = hidden(rid)
                    one.source, one.kind = source, kind
        for run, source in self._fresh.execute("SELECT id, source FROM run").fetchall():
            for rid in self._index("record by run", _BY_RUN, run):
                one = hidden(rid)
                one.run, one.source = run, one.source or source
        return found

    def _numbers(self) -> list[int]:
        """The numbers of all records, as far as the index of their keys can be read.

        Where that is all, the end of the numbers stands behind them: there is nothing to be sought.
        """
        self._keys = {rid: key for key, rid in self._walker.walk("record by key", _BY_KEY, KEY)}
        is_all = "record by key" not in self._walker.gaps
        return sorted(self._keys) + [NUMBER.high] * is_all

    def _index(self, name: str, select: str, *values: int) -> Iterator[int]:
        stops = [*sorted(self._keys), NUMBER.high]
        rows = self._walker.walk(name, select, NUMBER, values, lambda: stops)
        return (int(row[0]) for row in rows)

    def _ask_singly(self, hidden: dict[int, _Hidden]) -> None:
        """Whole pages between two bad ones may have been stepped over."""
        for rid in sorted(hidden):
            found = self._walker.ask(f"{_RECORD} WHERE rid = ?", (rid,))
            if found:
                self._take(found[0])

    def _fill_from_backup(self) -> int:
        """Take records the backup has and the damaged file has not; returns how many.

        Not those that were deleted or undone since, and not a version that was replaced since: for
        that there is the history.
        """
        if self._earlier is None:
            return 0
        filled = 0
        runs = _uids(self._earlier, "run")
        for row in self._earlier.walk("record", _RECORDS):
            _, key, run, content, *_ = row
            if self._is_same(row, runs.get(run, "")) and not self._fresh.one(
                "SELECT EXISTS (SELECT 1 FROM record WHERE key = ?1)"
                " OR EXISTS (SELECT 1 FROM tombstone WHERE key = ?1)"
                " OR EXISTS (SELECT 1 FROM version WHERE key = ?1 AND content = ?2)"
                " OR EXISTS (SELECT 1 FROM run WHERE id = ?3 AND state <> 'done')",
                (key, content, run),
            ):
                filled += self._take(row)
        return filled

    def _is_same(self, row: Row, uid: str) -> bool:
        """Whether the numbers in a row of the backup mean here what they mean there.

        They are those of one computer's file, and the backup may be another's.
        """
        _, key, run, _, kind, source, _, body = row
        here = self._fresh.one("SELECT uid FROM run WHERE id = ?", (run,))
        name = self._kinds.get(kind, "")
        hasher = self._hasher_of(*self._sources.get(source, ("", "")))
        is_key = hasher.key(name, payload.decode(body).native_id) == key
        return (here or uid) == uid and (is_key or self._is_rekeyed)

    def _hasher_of(self, connector: str, account: str) -> payload.Hasher:
        return payload.Hasher(self._fresh.meta("content_key") or b"", connector, account)

    def _rehash_history(self) -> None:
        versions = self._fresh.execute("SELECT content, payload FROM version").fetchall()
        for table in ("version", "sighting"):
            self._fresh.many(
                f"UPDATE OR REPLACE {table} SET content = ? WHERE content = ?",  # noqa: S608
                [(self._hasher.content(body), content) for content, body in versions],
            )

    def _settle(self) -> int:
        """Where only earlier versions are left, the last of them is the current one."""
        stranded = self._fresh.execute(_STRANDED).fetchall()
        return sum(claims.settle(self._fresh, key, self._tallies) for (key,) in stranded)

    # -- telling

    def _still_lost(self, hidden: dict[int, _Hidden]) -> dict[int, _Hidden]:
        def is_there(rid: int, key: bytes) -> bool:
            """By its key where that is known: its number may be another record's by now."""
            column, value = ("key", key) if key else ("rid", rid)
            select = f"SELECT 1 FROM record WHERE {column} = ?"  # noqa: S608 names of ours
            return bool(self._fresh.one(select, (value,)))

        return {rid: one for rid, one in hidden.items() if not is_there(rid, one.key)}

    def _tell(self, lost: dict[int, _Hidden], filled: int, reverted: int) -> Salvaged:
        gaps = self._walker.gaps
        return Salvaged(
            records=int(self._fresh.one("SELECT count(*) FROM record")),
            filled=filled,
            reverted=reverted,
            lost=self._lost(lost),
            again=self._again(lost),
            unread=sorted({name.partition(" ")[0] for name in gaps}),
            complete="record" not in gaps or "record by key" not in gaps,
            used_backup=self._earlier is not None,
        )

    def _lost(self, lost: dict[int, _Hidden]) -> list[Lost]:
        groups: dict[tuple[int, int], list[int]] = {}
        for rid, one in sorted(lost.items()):
            groups.setdefault((one.source, one.kind), []).append(rid)
        return [
            Lost(
                *self._sources.get(source, ("", "")),
                self._kinds.get(kind, ""),
                len(rids),
                _day(rids[0]),
                _day(rids[-1]),
            )
            for (source, kind), rids in sorted(groups.items())
        ]

    def _again(self, lost: dict[int, _Hidden]) -> list[Again]:
        """The imports of what is lost; where no index tells which, all of its source."""
        runs = {one.run for one in lost.values()}
        sources = {one.source for one in lost.values() if not one.run}
        return [
            Again(connector, name, bool(kept))
            for run, source, connector, name, kept in self._fresh.execute(_RUNS)
            if run in runs or source in sources
        ]


def _day(rid: int) -> str:
    """The day a row number stands for, "" for records without a time."""
    if rid < order.DATED_FROM:
        return ""
    return (_EPOCH + timedelta(milliseconds=rid >> order.SHIFT)).date().isoformat()
