"""The program that is killed: does one thing again and again, and says what is done when it is.

A line on stdout is a promise: what it names was committed before it was printed. Lines that start
with BEGUN or ENDED and a time are none; they tell whoever kills when it is under way.
"""

from __future__ import annotations

import io
import itertools
import random
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from app.vault import backup, claims, keys, migrate, originals, reading, runs
from app.vault.vault import Vault
from connectors.api import Record

BATCH: Final = 150
BEGUN: Final = "begun"
ENDED: Final = "ended"
EDITED: Final = "batch 0"
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


@contextmanager
def under_way() -> Iterator[None]:
    """Say when what is killed begins and ends, on the clock that all programs share."""
    say(f"{BEGUN} {time.monotonic()}")
    yield
    say(f"{ENDED} {time.monotonic()}")


def records(batch: str, text: str = "") -> list[Record]:
    """The records of one import, known by its name; those of a later one differ in `text`."""
    return [
        Record(
            kind="finance.transaction",
            native_id=f"{batch}/{number}",
            start=f"2024-{number % 12 + 1:02}-{number % 28 + 1:02}",
            title=f"{batch} number {number}",
            text=text,
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


def edit(vault: Vault, batch: str, text: str) -> str:
    """A new version of every record of an import; returns the import that said so."""
    with vault.write(bulk=True) as transaction:
        run = runs.begin(transaction, connector="uk.midata", version=1, name=text)
        run.add(records(batch, text))
        run.finish()
        return run.import_id


def texts(vault: Vault, batch: str) -> set[str]:
    """What the records of an import say."""
    with vault.read() as snapshot:
        return {
            raw.said.text
            for raw in reading.scan(snapshot, reading.Where())
            if raw.said.title.startswith(f"{batch} number")
        }


def text_after(edits_done: int, before: str, first: int) -> str:
    """What they say once so many edits are done: every second one takes the one before back."""
    return f"edit {first + edits_done - 1}" if edits_done % 2 else before


def deletions(keys_there: list[str], seed: int) -> Iterator[tuple[str, str]]:
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
    for number in itertools.count(int(first)):
        with under_way():
            take_in(vault, f"batch {number}")
        say(str(number))


def editing(folder: Path, passphrase: str, first: str) -> None:
    vault = Vault.open(folder, passphrase)
    run = ""
    for done in itertools.count():
        with under_way():
            if done % 2:
                with vault.write() as transaction:
                    runs.undo(transaction, run)
            else:
                run = edit(vault, EDITED, f"edit {int(first) + done}")
        say(str(done))


def deleting(folder: Path, passphrase: str, seed: str) -> None:
    vault = Vault.open(folder, passphrase)
    there = all_keys(vault)
    for number, (what, key) in enumerate(deletions(there, int(seed))):
        with under_way(), vault.write() as transaction:
            change = claims.delete if what == "delete" else claims.undelete
            change(transaction, [bytes.fromhex(key)])
        say(str(number))


def backing_up(folder: Path, passphrase: str, target: str) -> None:
    vault = Vault.open(folder, passphrase)
    while True:
        with under_way():
            made = backup.make(vault, Path(target))
        say(made.path)


def changing(folder: Path, passphrase: str, first: str) -> None:
    """The slow derivation writes nothing, so it does not count as being at it."""
    vault = Vault.open(folder, passphrase)
    derive = keys.from_passphrase

    def derived(passphrase: str, salt: bytes, cost: keys.Cost) -> bytes:
        key = derive(passphrase, salt, cost)
        say(f"{BEGUN} {time.monotonic()}")
        return key

    keys.from_passphrase = derived
    for number in itertools.count(int(first)):
        vault.set_passphrase(f"passphrase number {number}", cost=keys.LOWEST)
        say(f"{ENDED} {time.monotonic()}")
        say(str(number))


def rekeying(folder: Path, passphrase: str, first: str) -> None:
    vault = Vault.open(folder, passphrase)
    for number in itertools.count(int(first)):
        with under_way():
            vault.change_keys(f"passphrase number {number}", cost=keys.LOWEST)
        say(str(number))


def migrating(folder: Path, passphrase: str, steps: str) -> None:
    migrate.SCHEMA = 2
    migrate.STEPS = Path(steps)
    with under_way():
        Vault.open(folder, passphrase)
    say("done")
    sys.stdin.read()


def restoring(folder: Path, recovery_key: str, to: str) -> None:
    for number in itertools.count():
        with under_way():
            backup.restore(folder, Path(f"{to} {number}"), recovery_key=recovery_key)
        say(str(number))


def locking(folder: Path, passphrase: str, first: str) -> None:
    for number in itertools.count(int(first)):
        vault = Vault.open(folder, passphrase)
        take_in(vault, f"batch {number}")
        say(str(number))
        with under_way():
            vault.close()


DOES: Final[dict[str, Callable[[Path, str, str], None]]] = {
    "import": importing,
    "edit": editing,
    "delete": deleting,
    "backup": backing_up,
    "passphrase": changing,
    "keys": rekeying,
    "migration": migrating,
    "restore": restoring,
    "lock": locking,
}

if __name__ == "__main__":
    DOES[sys.argv[1]](Path(sys.argv[2]), sys.argv[3], sys.argv[4])
