"""Which version of a record is the current one: a pure function of who said what.

Every import run says at most one thing about a record: the last version it met. Runs have an order
that is the same on every device (the clock of their operation, then their id), and

    the current version is the one that was first said last,

as if the runs that were not undone had been read in their order: a new version replaces what was
there, and an old export does not bring back an older one. So undoing a run is as if it had never
been, and devices that know the same runs, undoings and deletions agree, in whatever order they
learnt of them.

In the tables, the first run that said a version stands with the version itself (`record` for the
current one, `version` for the others), and every later one is a `sighting`. Imports take a shorter
way to the same state where they can (`app.vault.writer`); here is the long one, for one record.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from app.vault.records import Version, place_version, remove
from app.vault.tallies import Tallies
from app.vault.transaction import Transaction


class Claim(NamedTuple):
    """What a run said. `order` is its clock and its id."""

    order: tuple[int, str]
    version: Version


def standing(claims: Iterable[Claim]) -> list[Claim]:
    """The first claim on each version, in order: the last of them is the current one."""
    first: dict[bytes, Claim] = {}
    for claim in sorted(claims, key=lambda claim: claim.order):
        first.setdefault(claim.version.content, claim)
    return list(first.values())


def settle(
    transaction: Transaction,
    key: bytes,
    tallies: Tallies,
    *,
    joining: Version | None = None,
    leaving: int = 0,
) -> int:
    """Make the tables say what follows from the claims on one record.

    `joining` is what a run says now, in place of what it may have said before; `leaving` is a run
    that is undone. Returns 1 if there is a record now that was not, -1 for the opposite, else 0.
    """
    silent = {leaving, joining.run if joining else 0}
    claims = [claim for claim in _claims(transaction, key) if claim.version.run not in silent]
    if joining:
        claims.append(Claim(_order(transaction, joining.run), joining))
    first = standing(claims)
    current = first.pop() if first and not is_buried(transaction, key) else None
    change = _set_current(transaction, key, current, tallies)
    _set_history(transaction, key, [claim.version for claim in first])
    told = {claim.version.run for claim in (*first, current) if claim}
    _set_sightings(transaction, key, [one.version for one in claims if one.version.run not in told])
    return change


def is_buried(transaction: Transaction, key: bytes) -> bool:
    """Whether the person deleted the record."""
    return bool(transaction.one("SELECT 1 FROM tombstone WHERE key = ?", (key,)))


_VERSIONS = (
    "SELECT clock, uid, key, run, content, kind, found.source, place, payload FROM ("
    " SELECT key, run, content, kind, source, place, payload FROM record WHERE key = ?1 UNION ALL"
    " SELECT key, run, content, kind, source, place, payload FROM version WHERE key = ?1"
    ") AS found JOIN run ON run.id = found.run"
)


def _claims(transaction: Transaction, key: bytes) -> list[Claim]:
    found = [
        Claim((clock, uid), Version(*columns))
        for clock, uid, *columns in transaction.execute(_VERSIONS, (key,))
    ]
    versions = {claim.version.content: claim.version for claim in found}
    found += [
        Claim((clock, uid), versions[content]._replace(run=run, place=place))
        for clock, uid, run, content, place in transaction.execute(
            "SELECT clock, uid, run, content, place FROM sighting JOIN run ON run.id = run"
            " WHERE key = ?",
            (key,),
        )
    ]
    return found


def _order(transaction: Transaction, run: int) -> tuple[int, str]:
    clock, uid = transaction.execute("SELECT clock, uid FROM run WHERE id = ?", (run,)).fetchone()
    return clock, uid


def _set_current(
    transaction: Transaction, key: bytes, claim: Claim | None, tallies: Tallies
) -> int:
    there = transaction.execute("SELECT rid, content FROM record WHERE key = ?", (key,)).fetchone()
    if claim and there and there[1] == claim.version.content:
        transaction.execute(
            "UPDATE record SET run = ?, place = ? WHERE rid = ?",
            (claim.version.run, claim.version.place, there[0]),
        )
        return 0
    if there:
        remove(transaction, [there[0]], tallies)
    if claim:
        place_version(transaction, claim.version, tallies)
    return bool(claim) - bool(there)


def _set_history(transaction: Transaction, key: bytes, versions: list[Version]) -> None:
    transaction.execute("DELETE FROM version WHERE key = ?", (key,))
    transaction.many(
        "INSERT INTO version (key, run, content, kind, source, place, payload)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        list(versions),
    )


def _set_sightings(transaction: Transaction, key: bytes, versions: list[Version]) -> None:
    transaction.execute("DELETE FROM sighting WHERE key = ?", (key,))
    transaction.many(
        "INSERT INTO sighting (key, run, content, place) VALUES (?, ?, ?, ?)",
        [(key, version.run, version.content, version.place) for version in versions],
    )


def delete(transaction: Transaction, keys: Iterable[bytes]) -> int:
    """Delete records for good: imports do not bring them back. Returns how many were there.

    What was said about them is kept as history, so that a deletion can be taken back.
    """
    tallies = Tallies()
    count = 0
    for key in keys:
        if not transaction.one("SELECT 1 FROM record WHERE key = ?", (key,)):
            continue
        operation = transaction.operation("delete", key.hex(), {})
        transaction.execute(
            "INSERT INTO tombstone (key, operation) VALUES (?, ?)", (key, operation)
        )
        count -= settle(transaction, key, tallies)
    tallies.merge(transaction)
    return count


def undelete(transaction: Transaction, keys: Iterable[bytes]) -> int:
    """Take deletions back. Returns how many records are there again."""
    tallies = Tallies()
    count = 0
    for key in keys:
        if is_buried(transaction, key):
            transaction.operation("restore", key.hex(), {})
            transaction.execute("DELETE FROM tombstone WHERE key = ?", (key,))
            count += settle(transaction, key, tallies)
    tallies.merge(transaction)
    return count
