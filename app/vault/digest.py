"""One number for everything a vault holds, to compare a copy with its source.

Independent of row numbers and of order: the sum, modulo 2^256, of a hash per record version,
deletion, document, ledger entry and kept original. Two vaults with equal counts and digests hold
the same.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Final

import msgspec

from app.vault.transaction import Transaction

_MODULUS: Final = 1 << 256
_PARTS: Final = {
    "record": "SELECT key, content, place FROM record",
    "version": "SELECT key, content, place FROM version",
    "sighting": "SELECT key, content, uid FROM sighting JOIN run ON run.id = run",
    "tombstone": "SELECT key FROM tombstone",
    "document": "SELECT collection, id, body FROM document",
    "ledger": "SELECT hash FROM ledger",
    "original": "SELECT sha256, blob FROM original",
    "operation": "SELECT sequence, clock, type, subject FROM operation",
}


class Digest(msgspec.Struct, frozen=True):
    """`counts` by part, and the sum as 64 hex digits."""

    counts: dict[str, int]
    value: str

    @property
    def records(self) -> int:
        """How many current records there are."""
        return self.counts["record"]


def digest(transaction: Transaction) -> Digest:
    """Read everything and sum it up."""
    total = 0
    counts = {}
    for part, statement in _PARTS.items():
        counts[part] = 0
        for value in _hashes(transaction, part, statement):
            total += value
            counts[part] += 1
    return Digest(counts, f"{total % _MODULUS:064x}")


def _hashes(transaction: Transaction, part: str, statement: str) -> Iterator[int]:
    start = hashlib.blake2b(digest_size=32, person=f"mydata/{part[:9]}".encode())
    for row in transaction.execute(statement):
        state = start.copy()
        for column in row:
            data = column if isinstance(column, bytes) else str(column).encode()
            state.update(len(data).to_bytes(4, "big") + data)
        yield int.from_bytes(state.digest(), "big")
