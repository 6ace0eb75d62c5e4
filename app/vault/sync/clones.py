"""Two copies of one device: a vault folder was copied, or a backup was put back.

The one that notices takes a new id before it publishes again. What it has not published moves to
the new id; what it has is the old device's, and what the other copy wrote is merged like anyone's.

If both had published, the device's chain has two branches. The one whose first file has the lower
hash keeps the device's id, the other is known everywhere under an id made of both: every device
comes to the same names, whichever branch it met first.
"""

from __future__ import annotations

import hashlib
import platform
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable
from operator import attrgetter
from typing import Final, TypeVar

import msgspec

from app.vault import ledger
from app.vault.sync import bodies, sealed, state
from app.vault.transaction import Transaction
from app.vault.vault import Vault


def start_anew(vault: Vault) -> str:
    """Take a new device id; returns it."""
    with vault.write() as transaction:
        number = state.new_device(transaction, platform.node())
        end = state.end_of(transaction, transaction.device)
        _move_operations(transaction, number, end.last)
        ledger.move(transaction, number, end.ledger)
        transaction.set_meta("device", str(number).encode())
        uid: str = transaction.one("SELECT uid FROM device WHERE id = ?", (number,))
    vault.become(number)
    return uid


def _move_operations(transaction: Transaction, number: int, since: int) -> None:
    transaction.execute(
        "UPDATE operation SET device = ?, sequence = sequence - ?"
        " WHERE device = ? AND sequence > ?",
        (number, since, transaction.device, since),
    )


# -- two branches


def branch_uid(device: str, content: bytes) -> str:
    """The id of the branch of `device` that begins with the file of this hash."""
    state_ = hashlib.blake2b(bytes.fromhex(device) + content, digest_size=16)
    return state_.hexdigest()


def writer_of(transaction: Transaction, head: sealed.Head, content: bytes) -> str:
    """Under which device a file is to be noted; an earlier branch may get its own id for that.

    The file's predecessor is noted already, or it is the first.
    """
    return _writer(transaction, head.device, _row(transaction, _BY_HASH, head.previous), content)


def _writer(
    transaction: Transaction, device: str, parent: bodies.Segment | None, content: bytes
) -> str:
    uid, number = (parent.device, parent.number) if parent else (device, 0)
    rival = _row(transaction, _BY_NUMBER, uid, number + 1)
    if rival is not None or uid != device:
        transaction.set_meta(state.BRANCHED, b"1")
    if rival is None:
        return uid
    if rival.hash < content:
        return branch_uid(device, content)
    _rename(transaction, uid, branch_uid(device, rival.hash), parent, number)
    return uid


_SEGMENT: Final = (
    "SELECT uid, number, hash, last, ledger, seen FROM segment"
    " JOIN device ON device.id = segment.device WHERE "
)
_BY_HASH: Final = f"{_SEGMENT} hash = ?"
_BY_NUMBER: Final = f"{_SEGMENT} uid = ? AND number = ?"


def _row(transaction: Transaction, query: str, *values: object) -> bodies.Segment | None:
    row = transaction.execute(query, values).fetchone()
    if row is None:
        return None
    uid, number, content, last, entries, seen = row
    return bodies.Segment(uid, number, content, last, entries, state.decode_seen(seen))


def _rename(
    transaction: Transaction, uid: str, branch: str, parent: bodies.Segment | None, number: int
) -> None:
    """Give what is noted of `uid` after `number` to `branch`."""
    old = state.device_number(transaction, uid)
    new = state.device_number(transaction, branch, state.titles(transaction)[uid])
    last, entries = (parent.last, parent.ledger) if parent else (0, 0)
    transaction.execute(
        "UPDATE operation SET device = ? WHERE device = ? AND sequence > ?", (new, old, last)
    )
    ledger.rename(transaction, old, new, entries)
    rows = transaction.execute(
        "SELECT number, seen FROM segment WHERE device = ? AND number > ?", (old, number)
    ).fetchall()
    for each, seen in rows:
        found = state.decode_seen(seen)
        if parent:
            found[uid] = (parent.number, parent.last, parent.hash.hex())
        transaction.execute(
            "UPDATE segment SET device = ?, seen = ? WHERE device = ? AND number = ?",
            (new, state.encode_seen(found), old, each),
        )


def as_noted(
    transaction: Transaction, head: sealed.Head, body: bodies.Body, uid: str
) -> bodies.Body:
    """`body` as what the device `uid` says, which its writer did not know itself to be."""
    parent = _row(transaction, _BY_HASH, head.previous)
    return msgspec.structs.replace(
        body,
        seen=_seen(body.seen, parent, uid),
        operations=[_of(line, uid) for line in body.operations],
        runs=[_of(line, uid) for line in body.runs],
        ledger=[_of(line, uid) for line in body.ledger],
    )


def _seen(seen: bodies.Seen, parent: bodies.Segment | None, uid: str) -> bodies.Seen:
    """What the device `uid` had seen: the device it left, or what it knew before."""
    if parent is None:
        return seen
    if parent.device != uid:
        return seen | {parent.device: (parent.number, parent.last, parent.hash.hex())}
    return parent.seen | seen


Line = TypeVar("Line", bodies.Operation, bodies.Run, bodies.Entry)


def _of(line: Line, uid: str) -> Line:
    return msgspec.structs.replace(line, device=uid)


# -- snapshots


class Covered:
    """The segments a snapshot covers, noted here under the names they have here.

    Its maker may have known fewer branches of a device than are known here, or more.
    """

    def __init__(self, transaction: Transaction, covered: list[bodies.Segment]) -> None:
        self._covered = {one.hash: one for one in covered}
        self._chains: defaultdict[str, list[bodies.Segment]] = defaultdict(list)
        self._origins: dict[str, str] = {}
        before = state.hashes(transaction)
        for one in sorted(covered, key=lambda segment: segment.number):
            if not self._chains[one.device]:
                self._origins[one.device] = _origin(one, covered)
            self._chains[one.device].append(one)
            if one.hash.hex() not in before:
                self._note(transaction, one)
        self._names = {one.hash: one.device for one in state.segments(transaction)}
        self._same = all(self._names[one.hash] == one.device for one in covered)
        self.known: dict[str, int] = {}
        """Device to its last operation that was here before, as they are called now."""
        for one in state.segments(transaction):
            if one.hash.hex() in before:
                self.known[one.device] = max(self.known.get(one.device, 0), one.last)

    def _note(self, transaction: Transaction, one: bodies.Segment) -> None:
        origin = self._origins[one.device]
        parent = _row(transaction, _BY_HASH, self._before(one))
        uid = _writer(transaction, origin, parent, one.hash)
        noted = msgspec.structs.replace(one, device=uid, seen=_seen(one.seen, parent, uid))
        number = state.device_number(transaction, uid, state.titles(transaction).get(origin, ""))
        state.note(transaction, number, noted)

    def _before(self, one: bodies.Segment) -> bytes:
        """The hash of the segment before, which is noted here by now.

        The first of a branch has seen it, among what it has seen of others.
        """
        chain = self._chains[one.device]
        if len(chain) > 1:
            return chain[-2].hash
        for _, _, content in one.seen.values():
            other = self._covered.get(bytes.fromhex(content))
            if other and self._precedes(other, one):
                return other.hash
        return sealed.START

    def _precedes(self, other: bodies.Segment, one: bodies.Segment) -> bool:
        same = self._origins.get(other.device) == self._origins[one.device]
        return same and other.number == one.number - 1

    def renamed(self, body: bodies.Body) -> bodies.Body:
        """A part of the snapshot with the names devices have here, without what is noted."""
        if self._same:
            return msgspec.structs.replace(body, segments=[])
        return msgspec.structs.replace(
            body,
            segments=[],
            operations=[_of(line, self._name(line, _LAST)) for line in body.operations],
            runs=[_of(line, self._name(line, _LAST)) for line in body.runs],
            ledger=[_of(line, self._name(line, _LEDGER)) for line in body.ledger],
        )

    def _name(
        self, line: bodies.Operation | bodies.Run | bodies.Entry, end: Callable[..., int]
    ) -> str:
        chain = self._chains[line.device]
        at = bisect_left(chain, line.sequence, key=end)
        return self._names[chain[at].hash] if at < len(chain) else line.device


_LAST: Final = attrgetter("last")
_LEDGER: Final = attrgetter("ledger")


def _origin(first: bodies.Segment, covered: list[bodies.Segment]) -> str:
    """What a device believed to be when it wrote what is the `first` file of a chain."""
    for device in {one.device for one in covered}:
        if branch_uid(device, first.hash) == first.device:
            return device
    return first.device
