"""What is deleted and what a document says: decided from the log alone, alike on every device.

An operation that another on the same subject had seen is settled by that one. Only among those that
had not seen each other the clock decides, so what a person does is in force where they do it, even
on a computer whose clock is years off.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import msgspec

from app.vault import claims
from app.vault.sync import bodies, state
from app.vault.tallies import Tallies
from app.vault.transaction import Transaction


class Operation(NamedTuple):
    """One on the subject in question. `device` is its number here, `uid` everywhere."""

    id: int
    device: int
    uid: str
    sequence: int
    clock: int
    type: str
    body: bytes

    @property
    def order(self) -> tuple[int, str, int]:
        """What decides among those that had not seen each other."""
        return self.clock, self.uid, self.sequence


class Seen:
    """What devices had seen when they made an operation. Serves one transaction."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction
        self._known: dict[bytes, dict[str, int]] = {}
        self._present: dict[str, int] | None = None

    def covers(self, later: Operation, device: str, sequence: int) -> bool:
        """Whether the maker of `later` had seen `device`'s operation `sequence`."""
        if later.uid == device:
            return later.sequence > sequence
        return self._of(later).get(device, 0) >= sequence

    def _of(self, operation: Operation) -> dict[str, int]:
        seen: bytes | None = self._transaction.one(
            "SELECT seen FROM segment WHERE device = ? AND last >= ? ORDER BY number LIMIT 1",
            (operation.device, operation.sequence),
        )
        if seen is None:  # own, and in no segment yet: nothing was taken in since
            return self._now()
        if seen not in self._known:
            self._known[seen] = self._named(state.decode_seen(seen))
        return self._known[seen]

    def _named(self, seen: bodies.Seen) -> dict[str, int]:
        """What was seen of each device, where one turned out to be two under its present id."""
        named: dict[str, int] = {}
        for uid, (_, last, content) in seen.items():
            row = self._transaction.execute(
                "SELECT uid, seen FROM segment JOIN device ON device.id = segment.device"
                " WHERE hash = ?",
                (bytes.fromhex(content),),
            ).fetchone()
            if row and row[0] != uid:
                _, before, _ = state.decode_seen(row[1]).get(uid, (0, 0, ""))
                named[uid] = max(named.get(uid, 0), before)
                uid = row[0]  # noqa: PLW2901 the name it has now
            named[uid] = max(named.get(uid, 0), last)
        return named

    def _now(self) -> dict[str, int]:
        if self._present is None:
            found = state.vector(self._transaction)
            self._present = {uid: last for uid, (_, last, _) in found.items()}
        return self._present


def _operations(transaction: Transaction, subject: str, types: tuple[str, ...]) -> list[Operation]:
    rows = transaction.execute(
        "SELECT operation.id, device, uid, sequence, clock, type, body FROM operation"
        " JOIN device ON device.id = operation.device WHERE subject = ?",
        (subject,),
    )
    return [operation for operation in map(Operation._make, rows) if operation.type in types]


def _open(found: Sequence[Operation], seen: Seen) -> list[Operation]:
    """Those no other had seen, the deciding one last."""
    standing = [
        one
        for one in found
        if not any(
            other is not one and seen.covers(other, one.uid, one.sequence) for other in found
        )
    ]
    return sorted(standing, key=lambda operation: operation.order)


def bury(transaction: Transaction, keys: Iterable[bytes], seen: Seen) -> int:
    """Make deletions of records what the log says; returns how many records went, came negative."""
    tallies = Tallies()
    gone = sum(_bury(transaction, key, seen, tallies) for key in keys)
    tallies.merge(transaction)
    return gone


def _bury(transaction: Transaction, key: bytes, seen: Seen, tallies: Tallies) -> int:
    found = _operations(transaction, key.hex(), ("delete", "restore"))
    standing = _open(found, seen)
    if not standing:
        return 0
    last = standing[-1]
    wanted = last.type == "delete"
    if wanted and _edited_unseen(transaction, key, found, seen):
        state.set_flag(transaction, "back", key.hex(), {})
        wanted = False
    if wanted:
        transaction.execute(
            "INSERT OR REPLACE INTO tombstone (key, operation) VALUES (?, ?)", (key, last.id)
        )
    else:
        transaction.execute("DELETE FROM tombstone WHERE key = ?", (key,))
    return -claims.settle(transaction, key, tallies)


_KEYS_OF_RUN = (
    "SELECT key FROM record WHERE run = ?1 UNION SELECT key FROM version WHERE run = ?1"
    " UNION SELECT key FROM sighting WHERE run = ?1"
)


def edited(transaction: Transaction, run: int) -> set[bytes]:
    """Keys that a run spoke of, if a person's edits are in it: these can bring back."""
    if transaction.one("SELECT type FROM run WHERE id = ?", (run,)) != "edit":
        return set()
    return {key for (key,) in transaction.execute(_KEYS_OF_RUN, (run,))}


def brought_back(transaction: Transaction) -> set[bytes]:
    """Keys with a deletion that is not in force: it may be again once an edit is undone."""
    rows = transaction.execute("SELECT DISTINCT subject FROM operation WHERE type = 'delete'")
    keys = {bytes.fromhex(subject) for (subject,) in rows}
    return keys - {key for (key,) in transaction.execute("SELECT key FROM tombstone")}


def own_news(transaction: Transaction, since: int) -> None:
    """Settle what this device's operations after `since` mean by the rules of all devices."""
    seen = Seen(transaction)
    subjects = transaction.execute(
        "SELECT DISTINCT subject FROM operation"
        " WHERE device = ? AND sequence > ? AND type = 'document'",
        (transaction.device, since),
    ).fetchall()
    for (subject,) in subjects:
        document(transaction, subject, seen)
    keys = set[bytes]()
    for (run,) in transaction.execute(
        "SELECT run.id FROM run JOIN operation ON operation.id = run.operation"
        " WHERE device = ? AND sequence > ? AND run.type = 'edit'",
        (transaction.device, since),
    ).fetchall():
        keys |= edited(transaction, run)
    if transaction.one(
        "SELECT 1 FROM operation JOIN run ON run.uid = subject WHERE device = ? AND sequence > ?"
        " AND operation.type = 'undo' AND run.type = 'edit'",
        (transaction.device, since),
    ):
        keys |= brought_back(transaction)
    bury(transaction, sorted(keys), seen)


def _edited_unseen(
    transaction: Transaction, key: bytes, found: Iterable[Operation], seen: Seen
) -> bool:
    """Whether a person's edit stands that no deletion had seen."""
    deletions = [operation for operation in found if operation.type == "delete"]
    return any(
        not any(seen.covers(deletion, uid, sequence) for deletion in deletions)
        for uid, sequence in transaction.execute(
            "SELECT device.uid, sequence FROM ("
            " SELECT run FROM record WHERE key = ?1 UNION"
            " SELECT run FROM version WHERE key = ?1 UNION"
            " SELECT run FROM sighting WHERE key = ?1"
            ") AS said JOIN run ON run.id = said.run JOIN operation ON operation.id = run.operation"
            " JOIN device ON device.id = operation.device WHERE run.type = 'edit'",
            (key,),
        )
    )


def document(transaction: Transaction, subject: str, seen: Seen) -> None:
    """Make a document what the log says, and flag it if two devices changed it unseen."""
    standing = _open(_operations(transaction, subject, ("document",)), seen)
    if not standing:
        return
    # One with content goes before a removal.
    chosen = max(standing, key=lambda operation: (operation.body != b"null", operation.order))
    collection, _, identifier = subject.partition("/")
    if chosen.body == b"null":
        transaction.execute(
            "DELETE FROM document WHERE collection = ? AND id = ?", (collection, identifier)
        )
    else:
        transaction.execute(
            "INSERT OR REPLACE INTO document (collection, id, operation, body) VALUES (?, ?, ?, ?)",
            (collection, identifier, chosen.id, _content(chosen.body)),
        )
    if len({operation.body for operation in standing}) > 1:
        versions = [[operation.uid, operation.sequence] for operation in standing]
        state.set_flag(transaction, "versions", subject, {"versions": versions})
    else:
        state.clear_flag(transaction, "versions", subject)


def versions(transaction: Transaction, subject: str) -> list[tuple[str, bytes | None]]:
    """What stands of a document side by side, as (device's name, content), the one in force last.

    None as content is a removal.
    """
    standing = _open(_operations(transaction, subject, ("document",)), Seen(transaction))
    names = dict(transaction.execute("SELECT uid, name FROM device").fetchall())
    return [
        (names[one.uid], None if one.body == b"null" else _content(one.body))
        for one in sorted(standing, key=lambda one: (one.body != b"null", one.order))
    ]


def _content(body: bytes) -> bytes:
    return base64.b64decode(msgspec.json.decode(body, type=str))
