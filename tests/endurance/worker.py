"""The program that is killed: does one thing again and again, and says what is done when it is.

A line on stdout is a promise: what it names was committed before it was printed.
"""

from __future__ import annotations

import io
import itertools
import random
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from app.vault import backup, claims, keys, migrate, originals, reading, runs
from app.vault.vault import Vault
from connectors.api import Record

BATCH: Final = 150
STEP: Final = """
CREATE TABLE note (rid INTEGER PRIMARY KEY, said BLOB NOT NULL) STRICT;
INSERT INTO note (rid, said) SELECT rid, payload FROM record;
ALTER TABLE source ADD COLUMN title TEXT NOT NULL DEFAULT '';
CREATE INDEX note_said ON note (said);
"""


def say(line: str) -> None:
    """Promise it."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def records(batch: str) -> list[Record]:
    """The records of one import, known by its name."""
    return [
        Record(
            kind="finance.transaction",
            native_id=f"{batch}/{number}",
            start=f"2024-{number % 12 + 1:02}-{number % 28 + 1:02}",
            title=f"{batch} number {number}",
            data={"amount": f"-{number}.25", "currency": "EUR"},
            where=f"row {number}",
        )
        for number in range(BATCH)
    ]


def take_in(vault: Vault, batch: str) -> None:
    """One import with its original."""
    kept = vault.keep_original(io.BytesIO(batch.encode() * 5000), 1 << 30, {})
    with vault.write(bulk=True) as transaction:
        run = runs.begin(transaction, connector="uk.midata", version=1, name=batch)
        run.add(records(batch))
        run.finish()
        originals.note(transaction, run.number, batch, kept)


def edits(keys_there: list[str], seed: int) -> Iterator[tuple[str, str]]:
    """Deletions and what takes them back, in an order that both sides know."""
    chance = random.Random(seed)
    gone: set[str] = set()
    while True:
        key = chance.choice(keys_there)
        yield ("undelete" if key in gone else "delete"), key
        gone ^= {key}


def all_keys(vault: Vault) -> list[str]:
    """The keys of all records there are, in order."""
    with vault.read() as snapshot:
        return sorted(raw.key for raw in reading.scan(snapshot, reading.Where()))


# -- what is done


def importing(folder: Path, passphrase: str, first: str) -> None:
    vault = Vault.open(folder, passphrase)
    say("ready")
    for number in itertools.count(int(first)):
        take_in(vault, f"batch {number}")
        say(str(number))


def editing(folder: Path, passphrase: str, seed: str) -> None:
    vault = Vault.open(folder, passphrase)
    there = all_keys(vault)
    say("ready")
    for number, (what, key) in enumerate(edits(there, int(seed))):
        with vault.write() as transaction:
            change = claims.delete if what == "delete" else claims.undelete
            change(transaction, [bytes.fromhex(key)])
        say(str(number))


def backing_up(folder: Path, passphrase: str, target: str) -> None:
    vault = Vault.open(folder, passphrase)
    say("ready")
    while True:
        say(backup.make(vault, Path(target)).path)


def changing(folder: Path, passphrase: str, first: str) -> None:
    vault = Vault.open(folder, passphrase)
    say("ready")
    for number in itertools.count(int(first)):
        vault.set_passphrase(f"passphrase number {number}", cost=keys.LOWEST)
        say(str(number))


def rekeying(folder: Path, passphrase: str, first: str) -> None:
    vault = Vault.open(folder, passphrase)
    say("ready")
    for number in itertools.count(int(first)):
        vault.change_keys(f"passphrase number {number}", cost=keys.LOWEST)
        say(str(number))


def migrating(folder: Path, passphrase: str, steps: str) -> None:
    migrate.SCHEMA = 2
    migrate.STEPS = Path(steps)
    say("ready")
    Vault.open(folder, passphrase)
    say("done")


def restoring(folder: Path, recovery_key: str, to: str) -> None:
    say("ready")
    for number in itertools.count():
        backup.restore(folder, Path(f"{to} {number}"), recovery_key=recovery_key)
        say(str(number))


def locking(folder: Path, passphrase: str, first: str) -> None:
    say("ready")
    for number in itertools.count(int(first)):
        vault = Vault.open(folder, passphrase)
        take_in(vault, f"batch {number}")
        say(str(number))
        vault.close()


DOES: Final[dict[str, Callable[[Path, str, str], None]]] = {
    "import": importing,
    "edit": editing,
    "backup": backing_up,
    "passphrase": changing,
    "keys": rekeying,
    "migration": migrating,
    "restore": restoring,
    "lock": locking,
}

if __name__ == "__main__":
    DOES[sys.argv[1]](Path(sys.argv[2]), sys.argv[3], sys.argv[4])
