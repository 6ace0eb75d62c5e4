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
from typing import Final, TypeVar

import msgspec

from app.vault import ledger
from app.vault.sync import bodies, sealed, state
from app.vault.transaction import Transaction
from app.vault.vault import Vault

BRANCHED: Final = "cloud_branched"
"""Set when a device turned out to be two: what was written of it before has names of too few."""


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
    parent = _row(transaction, _BY_HASH, head.previous)
    uid, number = (parent.device, parent.number) if parent else (head.device, 0)
    rival = _row(transaction, _BY_NUMBER, uid, number + 1)
    if rival is None:
        return uid
    if rival.hash < content:
        transaction.set_meta(BRANCHED, b"1")
        return branch_uid(head.device, content)
    _rename(transaction, uid, branch_uid(head.device, rival.hash), parent, number)
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
    transaction.set_meta(BRANCHED, b"1")
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


def learn(transaction: Transaction, covered: list[bodies.Segment]) -> None:
    """Name branches as a snapshot does whose maker knew more of them. `agrees` was asked first."""
    for one in sorted(covered, key=lambda segment: segment.number):
        here = _row(transaction, _BY_HASH, one.hash)
        if here and here.device != one.device:
            parent = _row(transaction, _BY_NUMBER, here.device, here.number - 1)
            _rename(transaction, here.device, one.device, parent, here.number - 1)
            continue
        rival = _row(transaction, _BY_NUMBER, one.device, one.number)
        if rival and rival.hash != one.hash:  # only the snapshot has the branch that keeps the id
            parent = _row(transaction, _BY_NUMBER, one.device, one.number - 1)
            branch = branch_uid(one.device, rival.hash)
            _rename(transaction, one.device, branch, parent, one.number - 1)


def agrees(transaction: Transaction, covered: list[bodies.Segment]) -> bool:
    """Whether a snapshot's maker knew of every branch that is known here, or more."""
    for one in covered:
        rival = _row(transaction, _BY_NUMBER, one.device, one.number)
        if rival and rival.hash < one.hash:
            return False
        here = _row(transaction, _BY_HASH, one.hash)
        if here and here.device != one.device and not _is_first_of(one, covered, here):
            return False
    return True


def _is_first_of(one: bodies.Segment, covered: list[bodies.Segment], here: bodies.Segment) -> bool:
    """Whether `one` is in a branch that left the device it is noted under here."""
    first = min(
        (other for other in covered if other.device == one.device), key=lambda each: each.number
    )
    return one.device == branch_uid(here.device, first.hash)


def as_noted(
    transaction: Transaction, head: sealed.Head, body: bodies.Body, uid: str
) -> bodies.Body:
    """`body` as what the device `uid` says, which its writer did not know itself to be."""
    parent = _row(transaction, _BY_HASH, head.previous)
    seen = dict(body.seen)
    if parent and parent.device != uid:
        seen[parent.device] = (parent.number, parent.last, parent.hash.hex())
    elif parent:
        seen |= {one: end for one, end in parent.seen.items() if one not in seen}
    renamed = {head.device: uid}
    return msgspec.structs.replace(
        body,
        seen=seen,
        operations=[_of(line, renamed) for line in body.operations],
        runs=[_of(line, renamed) for line in body.runs],
        ledger=[_of(line, renamed) for line in body.ledger],
    )


Line = TypeVar("Line", bodies.Operation, bodies.Run, bodies.Entry)


def _of(line: Line, renamed: dict[str, str]) -> Line:
    return msgspec.structs.replace(line, device=renamed.get(line.device, line.device))
