"""Import runs: what one import added, and taking exactly that back.

A run lives inside one write transaction from `begin` to `finish`: cancelled or killed before its
commit, it never was.
"""

from __future__ import annotations

import secrets

import msgspec

from app.vault import claims, originals, payload, records
from app.vault.header import now
from app.vault.tallies import Tallies
from app.vault.transaction import Transaction
from app.vault.writer import Counts, Writer
from connectors.api import Problem, Record


class Run(msgspec.Struct, frozen=True):
    """A finished run. `receipt` is what the importer wrote about it (JSON)."""

    import_id: str
    connector: str
    account: str
    type: str
    name: str
    started: str
    finished: str
    state: str
    new: int
    known: int
    updated: int
    receipt: bytes


class OpenRun:
    """A run that is taking records in."""

    def __init__(
        self, transaction: Transaction, import_id: str, number: int, writer: Writer
    ) -> None:
        self.import_id = import_id
        self.number = number
        self._transaction = transaction
        self._writer = writer

    def add(self, items: list[Record]) -> list[Problem]:
        """Take records in; what does not fit its kind comes back as problems."""
        return self._writer.add(items)

    @property
    def taken(self) -> int:
        """Records taken in so far, before it is known which are new."""
        return self._writer.taken

    def finish(self) -> tuple[Counts, dict[str, int]]:
        """Write the rest; returns the counts, and the records seen by kind."""
        self._writer.finish()
        counts = self._writer.counts
        self._transaction.execute(
            "UPDATE run SET finished = ?, added = ?, known = ?, updated = ? WHERE id = ?",
            (now(), counts.new, counts.known, counts.updated, self.number),
        )
        return counts, self._writer.kinds

    def set_receipt(self, receipt: bytes) -> None:
        """Keep what the importer has to say about the run (JSON)."""
        set_receipt(self._transaction, self.import_id, receipt)


def begin(
    transaction: Transaction,
    *,
    connector: str,
    version: int,
    account: str = "",
    type: str = "import",  # noqa: A002 the column's name
    name: str = "",
) -> OpenRun:
    """Start a run from a source."""
    source = source_number(transaction, connector, account)
    uid = secrets.token_hex(8)
    operation = transaction.operation("run", uid, {"connector": connector, "account": account})
    started = now()
    cursor = transaction.execute(
        "INSERT INTO run (uid, operation, clock, source, type, connector_version, name, started,"
        " finished, state, added, known, updated, receipt)"
        " SELECT ?, id, clock, ?, ?, ?, ?, ?, ?, 'done', 0, 0, 0, ? FROM operation WHERE id = ?",
        (uid, source, type, version, name, started, started, b"{}", operation),
    )
    number = int(cursor.lastrowid or 0)
    content_key = transaction.meta("content_key") or b""
    hasher = payload.Hasher(content_key, connector, account)
    return OpenRun(transaction, uid, number, Writer(transaction, hasher, source, number))


def source_number(transaction: Transaction, connector: str, account: str) -> int:
    """The source's number in this file; it gets one if it is new."""
    number = transaction.one(
        "SELECT id FROM source WHERE connector = ? AND account = ?", (connector, account)
    )
    if number is None:
        cursor = transaction.execute(
            "INSERT INTO source (connector, account) VALUES (?, ?)", (connector, account)
        )
        number = cursor.lastrowid
    return int(number or 0)


_COLUMNS = (
    "SELECT uid, connector, account, type, name, started, finished, state, added, known, updated,"
    " receipt FROM run JOIN source ON source.id = run.source"
)


def every(transaction: Transaction) -> list[Run]:
    """All runs, newest first."""
    return [
        Run(*row)
        for row in transaction.execute(f"{_COLUMNS} ORDER BY run.clock DESC, run.uid DESC")
    ]


def get(transaction: Transaction, import_id: str) -> Run | None:
    """One run by its import id."""
    row = transaction.execute(f"{_COLUMNS} WHERE uid = ?", (import_id,)).fetchone()
    return Run(*row) if row else None


def set_receipt(transaction: Transaction, import_id: str, receipt: bytes) -> None:
    """Keep what the importer has to say about a run (JSON)."""
    transaction.execute("UPDATE run SET receipt = ? WHERE uid = ?", (receipt, import_id))


def undo(transaction: Transaction, import_id: str) -> int:
    """Make it as if a run had never been; returns how many records went.

    What another run met too stays and belongs to that run from now on; what the run had replaced
    comes back. Originals only this run read are forgotten: the caller drops the stray blobs after
    the commit. A run that is already undone has nothing left to take back.
    """
    number = transaction.one("SELECT id FROM run WHERE uid = ? AND state = 'done'", (import_id,))
    if number is None:
        return 0
    transaction.operation("undo", import_id, {})
    return take_back(transaction, number)


def take_back(transaction: Transaction, number: int) -> int:
    """What `undo` does to the records, once it is in the log."""
    transaction.execute("DELETE FROM sighting WHERE run = ?", (number,))
    tallies = Tallies()
    removed = _undo_disputed(transaction, number, tallies)
    _hand_over(transaction, number)
    removed += _undo_own(transaction, number, tallies)
    tallies.merge(transaction)
    originals.forget(transaction, number)
    transaction.execute("UPDATE run SET state = 'undone' WHERE id = ?", (number,))
    return removed


def _undo_disputed(transaction: Transaction, number: int, tallies: Tallies) -> int:
    """Records about which more than one thing was said, this run being the first to say one."""
    disputed = transaction.execute(
        "SELECT key FROM version WHERE run = ?1 UNION"
        " SELECT key FROM record WHERE run = ?1"
        " AND EXISTS (SELECT 1 FROM version WHERE version.key = record.key)",
        (number,),
    ).fetchall()
    return -sum(claims.settle(transaction, key, tallies, leaving=number) for (key,) in disputed)


def _hand_over(transaction: Transaction, number: int) -> None:
    """Records that other runs met just so: they belong to the first of those from now on."""
    heirs = transaction.execute(
        "UPDATE record SET (run, place) = ("
        " SELECT sighting.run, sighting.place FROM sighting JOIN run ON run.id = sighting.run"
        " WHERE sighting.key = record.key ORDER BY clock, uid LIMIT 1"
        ") WHERE run = ? AND EXISTS (SELECT 1 FROM sighting WHERE sighting.key = record.key)"
        " RETURNING key, run",
        (number,),
    ).fetchall()
    transaction.many("DELETE FROM sighting WHERE key = ? AND run = ?", heirs)


def _undo_own(transaction: Transaction, number: int, tallies: Tallies) -> int:
    """Records only this run knows: gone as one."""
    names = {kind: name for name, kind in records.kind_numbers(transaction).items()}
    removed = 0
    for kind, source, body in transaction.execute(
        "SELECT kind, source, payload FROM record WHERE run = ?", (number,)
    ):
        said = payload.decode(body)
        tallies.change(kind, names[kind], source, said.start, said.data, -1)
        removed += 1
    transaction.execute(
        "DELETE FROM words WHERE rowid IN (SELECT rid FROM record WHERE run = ?)", (number,)
    )
    transaction.execute("DELETE FROM record WHERE run = ?", (number,))
    return removed
