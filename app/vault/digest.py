"""One number for everything a vault holds, to compare a copy with its source.

Independent of row numbers and of order: the sum, modulo 2^256, of a keyed hash per record version,
run, deletion, document, ledger entry, operation and kept original. Two vaults with equal counts and
digests hold the same. What follows from those (words, tallies) is not summed, and neither is what a
vault remembers of its own backups and of its copy in a cloud folder: making one would change what
it is compared with.

The key is the vault's content key, so that the number beside a backup tells nobody anything.

A backup keeps its digest for years. So what is summed, and how, is a numbered form that never
changes; a schema that needs another adds one to `FORMS`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Final

import msgspec

from app.vault.transaction import Transaction

_MODULUS: Final = 1 << 256

_SOURCE: Final = (
    " JOIN kind ON kind.id = said.kind JOIN source ON source.id = said.source"
    " JOIN run ON run.id = said.run"
)
_SAID: Final = "SELECT key, content, place, payload, kind.name, connector, account, run.uid FROM "

FORMS: Final = {
    1: {
        "record": f"{_SAID}record AS said{_SOURCE}",
        "version": f"{_SAID}version AS said{_SOURCE}",
        "sighting": (
            "SELECT key, content, place, uid FROM sighting JOIN run ON run.id = sighting.run"
        ),
        "tombstone": "SELECT key FROM tombstone",
        "run": (
            "SELECT uid, clock, connector, account, type, name, started, finished, state,"
            " added, known, updated, receipt FROM run JOIN source ON source.id = run.source"
        ),
        "original": "SELECT sha256, size, blob FROM original",
        "name": (
            "SELECT uid, sha256, run_original.name FROM run_original"
            " JOIN run ON run.id = run JOIN original ON original.id = original"
        ),
        "document": "SELECT collection, id, body FROM document WHERE collection <> 'backup'",
        "ledger": (
            "SELECT uid, sequence, at, kind, body, hash FROM ledger"
            " JOIN device ON device.id = ledger.device"
        ),
        "flag": "SELECT type, subject, body FROM flag",
        "operation": (
            "SELECT uid, sequence, clock, type, subject, body FROM operation"
            " JOIN device ON device.id = operation.device"
            " WHERE type <> 'document' OR subject NOT LIKE 'backup/%'"
        ),
    }
}
"""The first schema each form fits, to what it sums."""


class Digest(msgspec.Struct, frozen=True):
    """`counts` by part, the sum as 64 hex digits, and the form it was made in."""

    counts: dict[str, int]
    value: str
    form: int = 1

    @property
    def records(self) -> int:
        """How many current records there are."""
        return self.counts["record"]


def form_of(schema: int) -> int:
    """The form for a data file of `schema`."""
    return max(form for form in FORMS if form <= schema)


DEVICE_PARTS: Final = frozenset({"flag"})
"""Parts that may differ between two computers that hold the same."""


def digest(
    transaction: Transaction, form: int = 0, *, without: frozenset[str] = frozenset()
) -> Digest:
    """Read everything and sum it up, in the form the file's schema asks for unless one is given."""
    form = form or form_of(int(transaction.one("PRAGMA user_version")))
    key = transaction.meta("content_key") or b""
    total = 0
    counts = {}
    for part, statement in FORMS[form].items():
        if part in without:
            continue
        counts[part] = 0
        for value in _hashes(transaction, key, part, statement):
            total += value
            counts[part] += 1
    return Digest(counts, f"{total % _MODULUS:064x}", form)


def _hashes(transaction: Transaction, key: bytes, part: str, statement: str) -> Iterator[int]:
    start = hashlib.blake2b(key=key, digest_size=32, person=f"mydata/{part[:9]}".encode())
    for row in transaction.execute(statement):
        state = start.copy()
        for column in row:
            data = column if isinstance(column, bytes) else str(column).encode()
            state.update(len(data).to_bytes(4, "big") + data)
        yield int.from_bytes(state.digest(), "big")
