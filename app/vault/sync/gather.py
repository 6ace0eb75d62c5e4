"""From the vault's tables to bodies: what is new since the last segment, or everything."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

import msgspec

from app.vault.sync import bodies, state
from app.vault.sync.bodies import Body, Claims, Device, Entry, Operation, Original, Run
from app.vault.transaction import Transaction

_SECRETS: Final = ("content_key", "secret_key", "attachment_keys", "created")
_OPERATIONS: Final = (
    "SELECT uid, sequence, clock, type, subject, body FROM operation"
    " JOIN device ON device.id = operation.device"
    " WHERE NOT (type = 'document' AND subject LIKE 'backup/%')"
)
_RUNS: Final = (
    "SELECT run.id, run.uid, device.uid, sequence, connector, account, run.type, connector_version,"
    " run.name, started, finished, added, known, updated, receipt, state = 'done' FROM run"
    " JOIN operation ON operation.id = run.operation JOIN device ON device.id = operation.device"
    " JOIN source ON source.id = run.source"
)
_LEDGER: Final = (
    "SELECT uid, sequence, at, kind, body, hash FROM ledger"
    " JOIN device ON device.id = ledger.device"
)
_CLAIMS: Final = (
    "SELECT name, place, payload FROM record JOIN kind ON kind.id = record.kind WHERE run = ?1"
    " UNION ALL"
    " SELECT name, place, payload FROM version JOIN kind ON kind.id = version.kind WHERE run = ?1"
    " UNION ALL"
    " SELECT name, sighting.place, payload FROM sighting JOIN record"
    " ON record.key = sighting.key AND record.content = sighting.content"
    " JOIN kind ON kind.id = record.kind WHERE sighting.run = ?1"
    " UNION ALL"
    " SELECT name, sighting.place, payload FROM sighting JOIN version"
    " ON version.key = sighting.key AND version.content = sighting.content"
    " JOIN kind ON kind.id = version.kind WHERE sighting.run = ?1"
)
_LINE_BYTES: Final = 80


def news(transaction: Transaction) -> Iterator[Body]:
    """This device's changes that are in no segment yet. The very first body may be empty."""
    own, end = transaction.device, state.end_of(transaction, transaction.device)
    if end.number and not state.has_news(transaction):
        return
    last, ledger_last = _ends(transaction)
    seen = state.vector(transaction)
    filler = _Filler(transaction)
    operations = transaction.execute(
        f"{_OPERATIONS} AND operation.device = ? AND sequence > ? ORDER BY sequence",
        (own, end.last),
    )
    runs = transaction.execute(
        f"{_RUNS} WHERE operation.device = ? AND sequence > ? ORDER BY sequence", (own, end.last)
    )
    ledger = transaction.execute(
        f"{_LEDGER} WHERE ledger.device = ? AND sequence > ? ORDER BY sequence", (own, end.ledger)
    )
    filler.devices = [one for one in _devices(transaction) if one.uid == state.own_uid(transaction)]
    if not end.number:
        filler.secrets = secrets_of(transaction)
    for body in filler.fill(operations, runs, ledger):
        body.seen, body.last, body.ledger_last = seen, last, ledger_last
        yield body


def everything(transaction: Transaction) -> Iterator[Body]:
    """All that is known here, of all devices. Nothing own may be unpublished."""
    filler = _Filler(transaction)
    filler.devices, filler.secrets = _devices(transaction), secrets_of(transaction)
    parts = filler.fill(
        transaction.execute(f"{_OPERATIONS} ORDER BY uid, sequence"),
        transaction.execute(f"{_RUNS} ORDER BY run.clock, run.uid"),
        transaction.execute(f"{_LEDGER} ORDER BY uid, sequence"),
    )
    for body, is_final in marked(parts):
        if is_final:
            body.segments = state.segments(transaction)
        yield body


def secrets_of(transaction: Transaction) -> dict[str, bytes]:
    """The keys that lie inside the vault."""
    return {name: transaction.meta(name) or b"" for name in _SECRETS}


def _ends(transaction: Transaction) -> tuple[int, int]:
    own = (transaction.device,)
    last = "SELECT coalesce(max(sequence), 0) FROM operation WHERE device = ?"
    ledger = "SELECT coalesce(max(sequence), 0) FROM ledger WHERE device = ?"
    return transaction.one(last, own), transaction.one(ledger, own)


def _devices(transaction: Transaction) -> list[Device]:
    return [
        Device(*row) for row in transaction.execute("SELECT uid, name FROM device ORDER BY uid")
    ]


def marked(parts: Iterable[Body]) -> Iterator[tuple[Body, bool]]:
    """Each with whether it is the last."""
    held: Body | None = None
    for part in parts:
        if held is not None:
            yield held, False
        held = part
    if held is not None:
        yield held, True


class _Filler:
    """Fills bodies up to their size."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction
        self._body = Body()
        self._bytes = 0
        self.devices: list[Device] = []
        self.secrets: dict[str, bytes] = {}

    def fill(
        self,
        operations: Iterable[tuple[Any, ...]],
        runs: Iterable[tuple[Any, ...]],
        ledger: Iterable[tuple[Any, ...]],
    ) -> Iterator[Body]:
        """At least one body."""
        self._body.devices, self._body.secrets = self.devices, self.secrets
        for row in operations:
            operation = Operation(*row)
            self._body.operations.append(operation)
            yield from self._grown(len(operation.body) + len(operation.subject))
        for row in runs:
            yield from self._run(row)
        for row in ledger:
            entry = Entry(*row)
            self._body.ledger.append(entry)
            yield from self._grown(len(entry.body))
        yield self._body

    def _run(self, row: tuple[Any, ...]) -> Iterator[Body]:
        number, *columns, added, known, updated, receipt, is_done = row
        originals = self._originals(number)
        line = (*columns, (added, known, updated), receipt, originals)
        run = msgspec.convert(line, Run)
        self._body.runs.append(run)
        yield from self._grown(len(run.receipt) + 200 * len(originals))
        if is_done:
            yield from self._claims(number, run.uid)

    def _originals(self, number: object) -> tuple[Original, ...]:
        """A run's kept files, each under the blob that this run knows it by.

        Which of several is used may change when a run is undone.
        """
        rows = self._transaction.execute(
            "SELECT run_original.name, sha256, size, coalesce(CAST(value AS TEXT), blob)"
            " FROM run_original JOIN original ON original.id = original JOIN run ON run.id = run"
            " LEFT JOIN meta ON meta.name = 'blob/' || uid || '/' || lower(hex(sha256))"
            " WHERE run = ? ORDER BY run_original.name, sha256",
            (number,),
        )
        return tuple(Original(name, sha256.hex(), size, blob) for name, sha256, size, blob in rows)

    def _claims(self, number: object, uid: str) -> Iterator[Body]:
        said: Claims | None = None
        for claim in self._transaction.execute(_CLAIMS, (number,)):
            if said is None:
                said = Claims(uid, [])
                self._body.claims.append(said)
            said.claims.append(claim)
            for full in self._grown(len(claim[2]) + len(claim[1])):
                yield full
                said = None

    def _grown(self, by: int) -> Iterator[Body]:
        """The body, if it is full now; another one is begun then."""
        self._bytes += by + _LINE_BYTES
        if self._bytes >= bodies.PART_BYTES - (1 << 16):
            full, self._body, self._bytes = self._body, Body(), 0
            yield full
