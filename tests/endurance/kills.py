"""SIGKILL at random moments of nine things; afterwards all that was promised is there, and whole.

One vault lives through all kills of a run, and its backups beside it. After each kill it is opened
as a person would, every page, record and original of it is read, and what it holds is compared with
what the killed program had promised. What was under way may be done or not, but nothing between.
"""

from __future__ import annotations

import itertools
import random
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import IO, Final

from app.errors import CannotUnlock
from app.vault import backup, checkup, claims, copying, keys, migrate, reading
from app.vault.vault import Vault
from tests.endurance import worker
from tests.places import ROOT
from tests.vault.holding import held

LONGEST: Final = 20 * worker.BATCH
"""Records at which the vault is made anew, so that a run spends its time on kills."""
BEYOND: Final = 1.1
"""How far a kill may come after the usual end of what it is to meet, as a multiple of it."""
MOST_BEFORE: Final = 3
"""How many times it may be done before, within one life of the program."""


class Kills:
    """One run: the vault, what was promised about it, and the figures."""

    def __init__(self, room: Path, seed: int) -> None:
        self.room = room
        self.chance = random.Random(seed)
        self.done: Counter[str] = Counter()
        self.promises: Counter[str] = Counter()
        self.met: dict[str, list[float]] = {name: [] for name in worker.DOES}
        self.lasted: dict[str, list[float]] = {name: [] for name in worker.DOES}
        self.lost = 0
        self.half = 0
        self.unsound = 0
        self.reopened: list[float] = []
        self.steps = room / "steps"
        self.steps.mkdir()
        (self.steps / "0001_start.sql").write_text(migrate.script(1), encoding="utf-8")
        (self.steps / "0002_next.sql").write_text(worker.STEP, encoding="utf-8")
        self.begin()

    def begin(self) -> None:
        """A new vault, with something in it."""
        for folder in ("vault", "backups"):
            shutil.rmtree(self.room / folder, ignore_errors=True)
        self.folder = self.room / "vault"
        self.target = self.room / "backups"
        self.passphrase = "passphrase number 0"
        self.number = 1
        vault, self.recovery_key = Vault.create(self.folder, self.passphrase, cost=keys.LOWEST)
        self.batches = {"batch 0"}
        worker.take_in(vault, "batch 0")
        backup.make(vault, self.target)
        vault.close()

    # -- killing

    def kill(self, name: str) -> None:
        """Let the program do `name`, kill it, and look."""
        look: dict[str, Callable[[], None]] = {
            "import": lambda: self.after_import(name),
            "lock": lambda: self.after_import(name),
            "edit": self.after_edit,
            "delete": self.after_deletion,
            "backup": self.after_backup,
            "passphrase": lambda: self.after_passphrase(name),
            "keys": lambda: self.after_passphrase(name),
            "migration": self.after_migration,
            "restore": self.after_restore,
        }
        look[name]()
        self.done[name] += 1
        if len(self.batches) * worker.BATCH > LONGEST:
            self.begin()

    def told(self, name: str, folder: Path, secret: str, more: object) -> list[str]:
        """What the program promised before it was killed, at a random moment while it was at it."""
        command = [sys.executable, "-m", "tests.endurance.worker", name, str(folder), secret]
        pipe = subprocess.PIPE
        child = subprocess.Popen(
            [*command, str(more)], stdin=pipe, stdout=pipe, text=True, cwd=ROOT
        )
        with child:
            assert child.stdout
            lines = self.until_begun(name, child.stdout)
            time.sleep(self.chance.uniform(0, BEYOND * self.usual(name)))
            assert child.poll() is None, name
            child.send_signal(signal.SIGKILL)
            killed = time.monotonic()
            lines += [line[:-1] for line in child.stdout if line.endswith("\n")]
        promises = self.timed(name, lines, killed)
        self.promises[name] += len(promises)
        return promises

    def until_begun(self, name: str, out: IO[str]) -> list[str]:
        """Read until it is at it for the first, second or third time."""
        lines: list[str] = []
        if not self.lasted[name]:  # once to the end, to see how long it lasts
            lines += self.until(worker.ENDED, 1, out)
            self.timed(name, lines, 0)
        if name == "migration" and lines:
            return lines  # that was all it does
        wanted = 1 if name == "migration" else self.chance.randint(1, MOST_BEFORE)
        return lines + self.until(worker.BEGUN, wanted, out)

    def until(self, word: str, wanted: int, out: IO[str]) -> list[str]:
        """Read until `word` has come so many times."""
        lines: list[str] = []
        while sum(line.startswith(word) for line in lines) < wanted:
            line = out.readline()
            assert line, word
            lines.append(line[:-1])
        return lines

    def usual(self, name: str) -> float:
        """How many seconds it lasts: the middle of all that were seen to end."""
        seen = sorted(self.lasted[name])
        return seen[len(seen) // 2]

    def timed(self, name: str, lines: list[str], killed: float) -> list[str]:
        """The promises among `lines`; where the kill fell is noted."""
        begun: float | None = None
        promises = []
        for line in lines:
            word, _, moment = line.partition(" ")
            if word == worker.BEGUN:
                begun = float(moment)
            elif word == worker.ENDED and begun is not None:
                self.lasted[name].append(float(moment) - begun)
                begun = None
            else:
                promises.append(line)
        if begun is not None:
            self.met[name].append((killed - begun) / self.usual(name))
        return promises

    def open(self, passphrase: str) -> Vault:
        """Open as a person does, and read everything there is."""
        begun = time.perf_counter()
        vault = Vault.open(self.folder, passphrase)
        self.reopened.append(time.perf_counter() - begun)
        with vault.read() as snapshot:
            self.unsound += not checkup.deep(snapshot, self.folder, copying.no_step).ok
        return vault

    def figures(self, name: str) -> str:
        """How often it was killed, how often while it was at it, and where between its ends."""
        places = sorted(self.met[name])
        low, middle, high = (
            (f"{places[int(share * (len(places) - 1))]:.0%}" for share in (0.1, 0.5, 0.9))
            if places
            else "---"
        )
        return (
            f"{name:10}  {self.done[name]:4} kills, {len(places):4} while at it (10th, 50th, 90th"
            f" of 100 at {low}, {middle}, {high} of its {self.usual(name) * 1000:.0f} ms),"
            f" {self.promises[name]:5} promises"
        )

    # -- looking

    def after_import(self, name: str) -> None:
        """Every import is there with all its records or not at all, and the promised ones are."""
        first = self.number
        promised = {
            f"batch {number}" for number in self.told(name, self.folder, self.passphrase, first)
        }
        self.number = first + len(promised) + 1
        vault = self.open(self.passphrase)
        with vault.read() as snapshot:
            titles = [raw.said.title for raw in reading.scan(snapshot, reading.Where())]
        vault.close()
        found = Counter(title.partition(" number")[0] for title in titles)
        self.lost += sum(worker.BATCH - found[batch] for batch in promised | self.batches)
        self.half += sum(
            count != worker.BATCH
            for batch, count in found.items()
            if batch not in promised | self.batches
        )
        self.half += len(found.keys() - promised - self.batches) > 1
        self.batches = set(found)

    def after_edit(self) -> None:
        """All records of one import say what the last promised edit said, or all the next one."""
        vault = Vault.open(self.folder, self.passphrase)
        (before,) = worker.texts(vault, worker.EDITED)
        vault.close()
        first = self.number
        done = len(self.told("edit", self.folder, self.passphrase, first))
        self.number = first + done + 1
        vault = self.open(self.passphrase)
        found = worker.texts(vault, worker.EDITED)
        vault.close()
        self.half += len(found) != 1
        may_be = {worker.text_after(count, before, first) for count in (done, done + 1)}
        self.lost += not found <= may_be

    def after_deletion(self) -> None:
        """The deletions are those that were promised, or those and the next one."""
        vault = Vault.open(self.folder, self.passphrase)
        before = worker.all_keys(vault)
        vault.close()
        seed = self.chance.randrange(1 << 30)
        done = len(self.told("delete", self.folder, self.passphrase, seed))
        vault = self.open(self.passphrase)
        after = set(worker.all_keys(vault))
        states = []
        gone: set[str] = set()
        for number, (_, key) in enumerate(
            itertools.islice(worker.deletions(before, seed), done + 1)
        ):
            if number == done:
                states.append(set(before) - gone)
            gone ^= {key}
        states.append(set(before) - gone)
        self.lost += after not in states
        with vault.write() as transaction:
            claims.undelete(transaction, [bytes.fromhex(key) for key in set(before) - after])
        vault.close()

    def after_backup(self) -> None:
        """Every promised backup is there, and all that carry a backup's name are whole."""
        promised = self.told("backup", self.folder, self.passphrase, self.target)
        vault = self.open(self.passphrase)
        found = backup.every(self.target)
        self.lost += len(set(promised) - {made.path for made in found})
        for made in found[: len(promised) + 2]:
            to = self.room / "restored"
            backup.restore(Path(made.path), to, recovery_key=self.recovery_key)
            shutil.rmtree(to)
        last = backup.make(vault, self.target)
        self.half += last.digest != held(vault)
        self.half += any(path.suffix == ".part" for path in self.target.iterdir())
        vault.close()
        backup.forget(found)

    def after_passphrase(self, name: str) -> None:
        """The last promised passphrase opens the vault or else the one under way, and no other."""
        vault = Vault.open(self.folder, self.passphrase)
        before = held(vault)
        vault.close()
        first = self.number
        done = len(self.told(name, self.folder, self.passphrase, first))
        self.number = first + done + 1
        last = f"passphrase number {first + done - 1}" if done else self.passphrase
        opens = [each for each in (last, f"passphrase number {first + done}") if self.opens(each)]
        self.lost += len(opens) != 1
        if done:
            self.half += self.opens(self.passphrase)
        self.passphrase = opens[0]
        vault = self.open(self.passphrase)
        self.half += held(vault) != before
        if name == "keys":
            self.recovery_key = vault.change_keys(self.passphrase, cost=keys.LOWEST)
            backup.make(vault, self.target)
            backup.forget(
                made
                for made in backup.every(self.target)
                if made.key_epoch < vault.header.key_epoch
            )
        vault.close()

    def opens(self, passphrase: str) -> bool:
        """Whether it is the passphrase."""
        try:
            Vault.open(self.folder, passphrase).close()
        except CannotUnlock:
            return False
        return True

    def after_migration(self) -> None:
        """The file has the old schema and all of it, or the new one and all of that."""
        kept = self.room / "kept"
        shutil.copytree(self.folder, kept)
        vault = Vault.open(self.folder, self.passphrase)
        before = held(vault)
        vault.close()
        is_done = bool(self.told("migration", self.folder, self.passphrase, self.steps))
        vault = self.open(self.passphrase)
        schema = migrate.version(vault._writer)
        tables = vault._writer.execute("SELECT name FROM sqlite_schema WHERE name LIKE 'note%'")
        self.half += len(tables.fetchall()) != {1: 0, 2: 2}[schema]
        self.half += held(vault) != before
        self.lost += is_done and schema != 2
        vault.close()
        copies = backup.every(self.folder / backup.EARLIER)
        self.half += any(made.digest != before for made in copies)
        shutil.rmtree(self.folder)
        kept.rename(self.folder)

    def after_restore(self) -> None:
        """A folder with the vault's name is the whole vault."""
        newest = backup.every(self.target)[0]
        to = self.room / "new"
        done = len(self.told("restore", Path(newest.path), self.recovery_key, to))
        for number in range(done + 1):
            place = to.with_name(f"{to.name} {number}")
            if not place.exists():
                self.lost += number < done
                continue
            vault = Vault.open_with_recovery(place, self.recovery_key)
            self.half += held(vault) != newest.digest
            with vault.read() as snapshot:
                self.unsound += not checkup.deep(snapshot, place, copying.no_step).ok
            vault.close()
            shutil.rmtree(place)
        for path in self.room.glob(f".{to.name}*.part"):
            shutil.rmtree(path)


def run(room: Path, count: int, seed: int) -> tuple[list[str], bool]:
    """Kill `count` times; returns the figures and whether all is well."""
    kills = Kills(room, seed)
    names = list(worker.DOES)
    for number in range(count):
        kills.kill(names[number % len(names)])
    lines = [kills.figures(name) for name in names]
    total = sum(kills.done.values())
    lines.append(
        f"{total} kills, {sum(kills.promises.values())} promises: {kills.lost} promised things"
        f" lost, {kills.half} half states, {kills.unsound} vaults not whole"
    )
    slowest = max(kills.reopened) * 1000
    middle = sorted(kills.reopened)[len(kills.reopened) // 2] * 1000
    lines.append(f"opened again with the passphrase in {middle:.0f} ms, {slowest:.0f} ms at most")
    return lines, not (kills.lost or kills.half or kills.unsound)
