"""The append-only ledger of what was handed over, received and withdrawn.

Every entry's hash covers the one before it, so an entry that was changed, removed or slipped in
breaks the chain from there on; the last hash is kept once more, so that none is missing at the end.
The chain is per device. It shows that this file's history is in one
piece; it cannot show that the whole file was not put back to an older state.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import msgspec

from app.vault.header import now
from app.vault.transaction import Transaction

_START: Final = bytes(32)
_HEAD: Final = "ledger_head"


class Entry(msgspec.Struct, frozen=True):
    """One line. `at` is UTC; `body` has string keys and plain JSON values; `hash` is hex."""

    sequence: int
    at: str
    kind: str
    body: dict[str, object]
    hash: str


class Chain(msgspec.Struct, frozen=True):
    """Whether the chain holds, how long it is, and the hash of its last entry in hex."""

    ok: bool
    length: int
    head: str


def _hash(previous: bytes, sequence: int, at: str, kind: str, body: bytes) -> bytes:
    state = hashlib.blake2b(previous, digest_size=32, person=b"mydata/ledger")
    for part in (str(sequence).encode(), at.encode(), kind.encode(), body):
        state.update(len(part).to_bytes(8, "big") + part)
    return state.digest()


def _last(transaction: Transaction) -> tuple[int, bytes]:
    row = transaction.execute(
        "SELECT sequence, hash FROM ledger WHERE device = ? ORDER BY sequence DESC LIMIT 1",
        (transaction.device,),
    ).fetchone()
    return (row[0], row[1]) if row else (0, _START)


def append(transaction: Transaction, kind: str, body: dict[str, object]) -> Entry:
    """Write the next entry."""
    sequence, previous = _last(transaction)
    encoded = msgspec.json.encode(body, order="deterministic")
    at = now()
    digest = _hash(previous, sequence + 1, at, kind, encoded)
    transaction.execute(
        "INSERT INTO ledger (device, sequence, at, kind, body, hash) VALUES (?, ?, ?, ?, ?, ?)",
        (transaction.device, sequence + 1, at, kind, encoded, digest),
    )
    transaction.set_meta(_HEAD, digest)
    return Entry(sequence + 1, at, kind, body, digest.hex())


def move(transaction: Transaction, device: int, since: int) -> None:
    """Give the entries after `since`, which nobody else has seen, to another device's chain.

    Only for a copy of this vault that turns out not to be the only one: both would go on with one
    chain. The entries stay word for word; the links between them are made anew.
    """
    found = transaction.execute(
        "SELECT at, kind, body FROM ledger WHERE device = ? AND sequence > ? ORDER BY sequence",
        (transaction.device, since),
    ).fetchall()
    if not found:
        return
    with _unlocked(transaction, "ledger_stays"):
        transaction.execute(
            "DELETE FROM ledger WHERE device = ? AND sequence > ?", (transaction.device, since)
        )
    previous = _START
    for sequence, (at, kind, body) in enumerate(found, 1):
        previous = _hash(previous, sequence, at, kind, body)
        transaction.execute(
            "INSERT INTO ledger (device, sequence, at, kind, body, hash) VALUES (?, ?, ?, ?, ?, ?)",
            (device, sequence, at, kind, body, previous),
        )


def rename(transaction: Transaction, device: int, branch: int, since: int) -> None:
    """Give the entries after `since` to a branch of the device's chain; nothing in them changes."""
    with _unlocked(transaction, "ledger_keeps"):
        transaction.execute(
            "UPDATE ledger SET device = ? WHERE device = ? AND sequence > ?",
            (branch, device, since),
        )


@contextmanager
def _unlocked(transaction: Transaction, trigger: str) -> Iterator[None]:
    """Without one of the triggers that keep the ledger as it is."""
    made = transaction.one("SELECT sql FROM sqlite_schema WHERE name = ?", (trigger,))
    transaction.execute(f"DROP TRIGGER {trigger}")
    yield
    transaction.execute(made)


def entries(transaction: Transaction) -> list[Entry]:
    """Everything, oldest first."""
    rows = transaction.execute(
        "SELECT sequence, at, kind, body, hash FROM ledger ORDER BY at, device, sequence"
    )
    return [
        Entry(sequence, at, kind, msgspec.json.decode(body), digest.hex())
        for sequence, at, kind, body, digest in rows
    ]


def verify(transaction: Transaction) -> Chain:
    """Recompute this device's chain from its start."""
    previous, length = _START, 0
    rows = transaction.execute(
        "SELECT sequence, at, kind, body, hash FROM ledger WHERE device = ? ORDER BY sequence",
        (transaction.device,),
    )
    for sequence, at, kind, body, digest in rows:
        length += 1
        if sequence != length or _hash(previous, sequence, at, kind, body) != digest:
            return Chain(ok=False, length=length, head=previous.hex())
        previous = digest
    is_last = previous == (transaction.meta(_HEAD) or _START)
    return Chain(ok=is_last, length=length, head=previous.hex())
