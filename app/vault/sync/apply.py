"""From bodies into the vault's tables, inside one transaction of whoever takes files in.

Everything here may be done twice and in any order, with the same outcome: the rules are in
FORMAT.md. Records go through the same writer as an import's.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from app.vault import originals, payload, runs
from app.vault.sync import blobs, bodies, resolve, state
from app.vault.transaction import COUNTER_BITS, Transaction
from app.vault.writer import Writer
from connectors.api import Record

HOUR: Final = 3_600_000 << COUNTER_BITS
DAY: Final = 24 * HOUR
_BATCH: Final = 2000


class NewerProgram(Exception):
    """A record of a kind or shape this program does not know: it waits for an update."""


class Applier:
    """Takes the bodies of files in; `finish` must be called last."""

    def __init__(
        self, transaction: Transaction, folder: Path, known: Mapping[str, int] | None = None
    ) -> None:
        """`known`: what of a snapshot is here already, as device to its last operation."""
        self._transaction = transaction
        self._folder = folder
        self._content_key = transaction.meta("content_key") or b""
        self._run_open = ""
        self._writer: Writer | None = None
        self._is_edit = False
        self._undone: set[str] = set()
        self._buried: set[bytes] = set()
        self._documents: set[str] = set()
        self._clocks: Counter[str] = Counter()
        self._known = known or {}
        self._before = _records(transaction)
        self._originals = False
        self.taken = 0
        self.removed = 0

    def take(self, body: bodies.Body) -> None:
        """One part of a file. Raises `NewerProgram`."""
        for device in body.devices:
            number = state.device_number(self._transaction, device.uid, device.name)
            self._transaction.execute(
                "UPDATE device SET name = ? WHERE id = ? AND name = ''", (device.name, number)
            )
        for operation in body.operations:
            self._operation(operation)
        for run in body.runs:
            self._run(run)
        for claims in body.claims:
            self._claims(claims)
        for entry in body.ledger:
            self._entry(entry)

    def finish(self) -> None:
        """Settle what follows from all that was taken."""
        self._close_writer()
        for uid in sorted(self._undone):
            self._undo(uid)
        if self._transaction.meta(state.BRANCHED):
            self._settle_again()
        seen = resolve.Seen(self._transaction)
        self.removed += resolve.bury(self._transaction, sorted(self._buried), seen)
        for subject in sorted(self._documents):
            resolve.document(self._transaction, subject, seen)
        if self._originals or self._undone:
            blobs.settle(self._transaction, self._folder)
        self._push_clock()

    def _settle_again(self) -> None:
        rows = self._transaction.execute(
            "SELECT DISTINCT type = 'document', subject FROM operation"
            " WHERE type IN ('delete', 'restore', 'document')"
        )
        for is_document, subject in rows:
            if is_document:
                self._documents.add(subject)
            else:
                self._buried.add(bytes.fromhex(subject))
        self._transaction.set_meta(state.BRANCHED, b"")

    # -- lines

    def _operation(self, line: bodies.Operation) -> None:
        if line.sequence <= self._known.get(line.device, 0) or state.is_local(line.subject):
            return
        number = state.device_number(self._transaction, line.device)
        changed = self._transaction.execute(
            "INSERT OR IGNORE INTO operation (device, sequence, clock, type, subject, body)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            (number, line.sequence, line.clock, line.type, line.subject, line.body),
        ).rowcount
        self.taken += changed
        self._clocks[line.device] = max(self._clocks[line.device], line.clock)
        if line.type == "undo":
            self._undone.add(line.subject)
        elif line.type in {"delete", "restore"}:
            self._buried.add(bytes.fromhex(line.subject))
        elif line.type == "document":
            self._documents.add(line.subject)
        elif line.type == "keys":
            blobs.hear_keys(self._transaction, line.body)
        elif line.type == "retire":
            retired = state.device_number(self._transaction, line.subject)
            self._transaction.execute("UPDATE device SET retired = 1 WHERE id = ?", (retired,))

    def _run(self, line: bodies.Run) -> None:
        if line.sequence <= self._known.get(line.device, 0):
            return
        source = runs.source_number(self._transaction, line.connector, line.account)
        inserted = self._transaction.execute(
            "INSERT OR IGNORE INTO run (uid, operation, clock, source, type, connector_version,"
            " name, started, finished, state, added, known, updated, receipt)"
            " SELECT ?, operation.id, clock, ?, ?, ?, ?, ?, ?, 'done', ?, ?, ?, ?"
            " FROM operation JOIN device ON device.id = device WHERE uid = ? AND sequence = ?",
            (
                line.uid,
                source,
                line.type,
                line.version,
                line.name,
                line.started,
                line.finished,
                *line.counts,
                line.receipt,
                line.device,
                line.sequence,
            ),
        ).rowcount
        number = self._transaction.one("SELECT id FROM run WHERE uid = ?", (line.uid,))
        if not inserted:
            self._agree_on_operation(line, number)
        for original in line.originals:
            kept = originals.Kept(original.sha256, original.size, original.blob)
            originals.note(self._transaction, number, original.name, kept)
            blobs.hear(self._transaction, line.uid, original)
            self._originals = True
        if self._is_undone(line.uid) and (inserted or line.originals):
            originals.forget(self._transaction, number)
            if inserted:
                self._transaction.execute("UPDATE run SET state = 'undone' WHERE id = ?", (number,))

    def _agree_on_operation(self, line: bodies.Run, number: int) -> None:
        """Two copies of a device may both have published a run: the lower operation is its own."""
        self._transaction.execute(
            "UPDATE run SET operation = here.id FROM operation AS here"
            " JOIN device ON device.id = here.device"
            " WHERE run.id = ?1 AND device.uid = ?2 AND here.sequence = ?3 AND EXISTS ("
            " SELECT 1 FROM operation AS there JOIN device AS other ON other.id = there.device"
            " WHERE there.id = run.operation AND (other.uid, there.sequence) > (?2, ?3))",
            (number, line.device, line.sequence),
        )

    def _is_undone(self, uid: str) -> bool:
        return bool(
            self._transaction.one(
                "SELECT 1 FROM operation WHERE type = 'undo' AND subject = ?", (uid,)
            )
        )

    def _claims(self, line: bodies.Claims) -> None:
        if line.run != self._run_open:
            # One run after the other: a writer looks once at which run is the latest.
            self._close_writer()
            self._run_open, self._writer = line.run, self._new_writer(line.run)
        if self._writer is None:
            return
        for start in range(0, len(line.claims), _BATCH):
            records = [_record(claim) for claim in line.claims[start : start + _BATCH]]
            if self._writer.add(records):
                raise NewerProgram
            if self._is_edit:
                self._buried.update(self._keys(line.run, records))

    def _close_writer(self) -> None:
        if self._writer:
            self._writer.finish()
        self._run_open, self._writer = "", None

    def _new_writer(self, uid: str) -> Writer | None:
        """What takes a run's claims in; None for one that is undone or was taken before."""
        row = self._transaction.execute(
            "SELECT run.id, run.source, connector, account, run.type, state, device.uid, sequence"
            " FROM run JOIN source ON source.id = run.source"
            " JOIN operation ON operation.id = run.operation"
            " JOIN device ON device.id = operation.device WHERE run.uid = ?",
            (uid,),
        ).fetchone()
        if row is None or row[5] != "done" or row[7] <= self._known.get(row[6], 0):
            return None
        number, source, connector, account, kind = row[:5]
        self._is_edit = kind == "edit"
        hasher = payload.Hasher(self._content_key, connector, account)
        return Writer(self._transaction, hasher, source, number)

    def _keys(self, uid: str, records: Iterable[Record]) -> set[bytes]:
        connector, account = self._transaction.execute(
            "SELECT connector, account FROM run JOIN source ON source.id = run.source"
            " WHERE uid = ?",
            (uid,),
        ).fetchone()
        hasher = payload.Hasher(self._content_key, connector, account)
        return {hasher.key(record.kind, record.native_id) for record in records}

    def _entry(self, line: bodies.Entry) -> None:
        number = state.device_number(self._transaction, line.device)
        self._transaction.execute(
            "INSERT OR IGNORE INTO ledger (device, sequence, at, kind, body, hash)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            (number, line.sequence, line.at, line.kind, line.body, line.hash),
        )

    # -- what follows

    def _undo(self, uid: str) -> None:
        row = self._transaction.execute(
            "SELECT id, type FROM run WHERE uid = ? AND state = 'done'", (uid,)
        ).fetchone()
        if row is not None:
            self.removed += runs.take_back(self._transaction, row[0])
            if row[1] == "edit":
                self._buried |= resolve.brought_back(self._transaction)

    def _push_clock(self) -> None:
        """Follow the others' clocks, at most one hour past this computer's own."""
        wall = time.time_ns() // 1_000_000 << COUNTER_BITS
        for uid, clock in self._clocks.items():
            if clock > wall + DAY:
                state.set_flag(self._transaction, "clock", uid, {})
        if self._clocks:
            last = int(self._transaction.meta("clock") or 0)
            pushed = max(last, min(max(self._clocks.values()), wall + HOUR))
            self._transaction.set_meta("clock", str(pushed).encode())

    def is_mass_change(self) -> bool:
        """Whether what was taken removes more than a person would by and by."""
        return self.removed > 1000 or (self._before >= 20 and self.removed * 5 > self._before)


def _records(transaction: Transaction) -> int:
    return int(transaction.one("SELECT coalesce(sum(count), 0) FROM tally"))


def _record(claim: bodies.Claim) -> Record:
    kind, place, body = claim
    said = payload.decode(body)
    return Record(
        kind=kind,
        native_id=said.native_id,
        start=said.start,
        end=said.end,
        title=said.title,
        text=said.text,
        data=said.data,
        extra=said.extra,
        links=said.links,
        files=said.files,
        where=place,
    )
