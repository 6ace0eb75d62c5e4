"""Real vaults, a folder each, and a provider that carries files between them badly.

A `World` plays one random schedule: what each device does and what the provider does to files is
drawn from one seed, so a seed is a schedule. `settle` lets everything arrive at last and `check`
says what does not hold then: all devices equal, no version lost.
"""

from __future__ import annotations

import random
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

import pytest

from app.vault import (
    claims,
    digest,
    documents,
    header,
    keys,
    ledger,
    originals,
    payload,
    runs,
    transaction,
)
from app.vault.lockfile import Lock
from app.vault.sync import apply, copy, join, names
from app.vault.vault import Vault
from connectors.api import Record
from tests.vaults import PASSPHRASE, payment

YEAR_MS: Final = 365 * 86_400_000
CONFLICTED: Final = (
    "{stem} (conflicted copy 2024-05-01){ending}",  # Dropbox
    "{stem} (Mina's conflicted copy 2024-05-01){ending}",
    "{stem} (Mina의 충돌된 사본 2024-05-01){ending}",  # Dropbox in Korean
    "{stem}-LAPTOP{ending}",  # OneDrive
    "{stem} 2{ending}",  # iCloud Drive
    "{stem} (1){ending}",  # Google Drive
    "{stem}_conflict-20240501-101112{ending}",  # Nextcloud
    "{stem} (충돌된 복사본){ending}",  # a Korean desktop
    "{stem}.sync-conflict-20240501-101112-ABCDEFG{ending}",  # Syncthing
    "{stem} - 복사본{ending}",  # Windows in Korean
)


class Crash(Exception):
    """The computer lost power here."""


class Device:
    """A computer: its vault, its copy of the provider's folder, its clock."""

    def __init__(self, name: str, place: Path, skew: int) -> None:
        self.name = name
        self.vault_folder = place / f"vault-{name}"
        self.cloud = place / f"cloud-{name}"
        self.cloud.mkdir()
        self.skew = skew
        self.vault: Vault | None = None
        self.copy: copy.Copy | None = None


class Clock:
    """Stands where the vault looks at the time: a device's own, right or wrong."""

    def __init__(self) -> None:
        self.skew = 0
        self.milliseconds = 1_700_000_000_000

    def time_ns(self) -> int:
        self.milliseconds += 7
        return (self.milliseconds + self.skew) * 1_000_000

    def now(self) -> str:
        return f"2024-01-01T00:00:{self.milliseconds // 1000 % 60:02}Z"


@contextmanager
def replayable(seed: int) -> Iterator[Clock]:
    """Let the time and every random id follow from a seed."""
    clock, chance, patch = Clock(), random.Random(seed), pytest.MonkeyPatch()
    patch.setattr(secrets, "token_bytes", chance.randbytes)
    patch.setattr(secrets, "token_hex", lambda size: chance.randbytes(size).hex())
    for module in (transaction, apply):
        patch.setattr(module, "time", SimpleNamespace(time_ns=clock.time_ns))
    for module in (runs, ledger, header):
        patch.setattr(module, "now", clock.now)
    try:
        yield clock
    finally:
        patch.undo()


class Base:
    """A vault made once; devices start from copies of it or join, without the slow KDF."""

    def __init__(self, place: Path, vault: Vault) -> None:
        self.folder = place
        self.vault_key = vault.copy_keys().vault_key
        vault.close()

    @classmethod
    def make(cls, place: Path) -> Base:
        with replayable(0):
            vault, _ = Vault.create(place, PASSPHRASE, cost=keys.LOWEST)
        return cls(place, vault)

    def opened(self, folder: Path) -> Vault:
        return Vault(folder, header.read(folder), self.vault_key, Lock(folder))


class World:
    """One schedule."""

    def __init__(self, seed: int, place: Path, base: Base, clock: Clock, steps: int = 25) -> None:
        self.random = random.Random(seed)
        self.place = place
        self.base = base
        self.clock = clock
        self.steps = steps
        self.devices: list[Device] = []
        self.said: dict[str, set[tuple[str, str]]] = {}
        self.undone: set[str] = set()
        self.skipped = 0
        self.log: list[str] = []
        self._first()

    # -- devices

    def _skew(self) -> int:
        return self.random.choice((0, 0, 1000, -1000, 7_200_000, -10 * YEAR_MS, 10 * YEAR_MS))

    def _first(self) -> None:
        device = Device("a", self.place, self._skew())
        shutil.copytree(self.base.folder, device.vault_folder)
        self.devices.append(device)
        self._open(device)
        self._at(device)
        self.sync(device)

    def _open(self, device: Device) -> None:
        device.vault = self.base.opened(device.vault_folder)
        device.copy = copy.Copy(device.vault, device.cloud)

    def _at(self, device: Device) -> None:
        self.clock.skew = device.skew

    def grow(self, count: int) -> None:
        """Let more computers join."""
        while len(self.devices) < count:
            device = Device("abcd"[len(self.devices)], self.place, self._skew())
            giver = self.devices[0]
            assert giver.copy
            self._at(giver)
            giver.copy.sync(confirmed=True)
            if self.random.random() < 0.5:
                giver.copy.snapshot()
            self._carry(giver, device, faults=False)
            self._at(device)
            device.vault = join.join(
                device.cloud, device.vault_folder, lambda _: self.base.vault_key
            )
            device.copy = copy.Copy(device.vault, device.cloud)
            self.devices.append(device)

    def close(self) -> None:
        for device in self.devices:
            if device.vault:
                device.vault.close()

    # -- what devices do

    def step(self) -> None:
        device = self.random.choice(self.devices)
        self._at(device)
        actions: tuple[tuple[int, Callable[[Device], None]], ...] = (
            (4, self.bring),
            (3, self.edit),
            (3, self.delete),
            (2, self.undelete),
            (2, self.undo),
            (3, self.write_document),
            (1, self.write_ledger),
            (1, self.keep_original),
            (6, self.sync),
            (2, self.crash),
            (1, self.put_back),
            (1, self.clone),
            (1, self.snapshot),
            (8, self.provide),
            (1, self.roll_back),
            (1, self.fork_names),
        )
        chosen = self.random.choices([act for _, act in actions], [w for w, _ in actions])[0]
        self.log.append(f"{device.name} {chosen.__name__}")
        chosen(device)

    def _vault(self, device: Device) -> Vault:
        assert device.vault
        return device.vault

    def _put(self, device: Device, records: list[Record], kind: str) -> None:
        with self._vault(device).write() as t:
            run = runs.begin(t, connector="uk.midata", version=1, type=kind, name="명세서.csv")
            assert not run.add(records)
            run.finish()
        self.said[run.import_id] = {
            (record.native_id, str(record.data["amount"])) for record in records
        }

    def bring(self, device: Device) -> None:
        count = self.random.randint(1, 6)
        names = self.random.sample([f"r{n}" for n in range(12)], count)
        records = [payment(name, f"-{self.random.randint(1, 4)}.00") for name in names]
        self._put(device, records, "import")

    def edit(self, device: Device) -> None:
        with self._vault(device).read() as t:
            keys = [row[0] for row in t.execute("SELECT payload FROM record ORDER BY key")]
        if keys:
            name = payload.decode(self.random.choice(keys)).native_id
            amount = f"-{self.random.randint(100, 999)}.50"
            self._put(device, [payment(name, amount)], "edit")

    def _key(self, device: Device, table: str) -> bytes | None:
        with self._vault(device).read() as t:
            keys = [row[0] for row in t.execute(f"SELECT key FROM {table} ORDER BY key")]
        return self.random.choice(keys) if keys else None

    def delete(self, device: Device) -> None:
        if key := self._key(device, "record"):
            with self._vault(device).write() as t:
                claims.delete(t, [key])

    def undelete(self, device: Device) -> None:
        if key := self._key(device, "tombstone"):
            with self._vault(device).write() as t:
                claims.undelete(t, [key])

    def undo(self, device: Device) -> None:
        with self._vault(device).read() as t:
            done = [run.import_id for run in runs.every(t) if run.state == "done"]
        if done:
            chosen = self.random.choice(sorted(done))
            with self._vault(device).write() as t:
                runs.undo(t, chosen)
            self._vault(device).drop_strays()
            self.undone.add(chosen)

    def write_document(self, device: Device) -> None:
        name = f"n{self.random.randint(0, 2)}"
        with self._vault(device).write() as t:
            if self.random.random() < 0.25:
                documents.delete(t, "note", name)
            else:
                documents.put(t, "note", name, f"{self.random.randint(0, 99)} 메모".encode())

    def write_ledger(self, device: Device) -> None:
        with self._vault(device).write() as t:
            ledger.append(t, "share", {"n": self.random.randint(0, 99)})

    def keep_original(self, device: Device) -> None:
        vault, text = self._vault(device), f"original {self.random.randint(0, 3)}".encode()
        file = self.place / "given.txt"
        file.write_bytes(text)
        with vault.read() as t:
            known = {kept.sha256: kept for _, kept in originals.every(t) if kept.blob}
        with file.open("rb") as opened:
            kept = vault.keep_original(opened, 1000, known)
        with vault.write() as t:
            run = runs.begin(t, connector="uk.midata", version=1, name="o.csv")
            run.add([payment(f"r{self.random.randint(0, 11)}")])
            run.finish()
            originals.note(t, run.number, "o.csv", kept)
        self.said[run.import_id] = set()

    # -- the copy

    def sync(self, device: Device, look: Callable[[], None] = lambda: None) -> None:
        assert device.copy
        device.copy.look_now()
        device.copy.sync(confirmed=True, look=look)

    def snapshot(self, device: Device) -> None:
        assert device.copy
        device.copy.snapshot()

    def crash(self, device: Device) -> None:
        """Lose power at some step of a round, with a file half written."""
        left = self.random.randint(0, 4)

        def look() -> None:
            nonlocal left
            left -= 1
            if left < 0:
                raise Crash

        with suppress(Crash):
            self.sync(device, look)
        own = [path for path in self._files(device) if path.suffix == ".mds"]
        if own and self.random.random() < 0.5:
            path = self.random.choice(own)
            path.write_bytes(path.read_bytes()[: self.random.randint(0, 200)])
        self._vault(device).close()
        self._open(device)

    def put_back(self, device: Device) -> None:
        """Put a backup back: the vault is what it was, the folder is not."""
        saved = self.place / f"saved-{device.name}"
        if saved.exists():
            self.sync(device)  # what was never published is not in any copy
            self._vault(device).close()
            shutil.rmtree(device.vault_folder)
            saved.rename(device.vault_folder)
            self._open(device)
        else:
            self._vault(device).close()
            shutil.copytree(device.vault_folder, saved)
            self._open(device)

    def clone(self, device: Device) -> None:
        """Copy the vault to another computer as it is: two write as one device."""
        if len(self.devices) < 4 and not any(one.name == "clone" for one in self.devices):
            other = Device("clone", self.place, self._skew())
            self._vault(device).close()
            shutil.copytree(device.vault_folder, other.vault_folder)
            shutil.copytree(device.cloud, other.cloud, dirs_exist_ok=True)
            self._open(device)
            self._open(other)
            self.devices.append(other)

    # -- the provider

    def _files(self, device: Device) -> list[Path]:
        found = [path for path in device.cloud.rglob("*") if path.is_file()]
        # Originals are sealed with randomness of the library's own, so their names differ.
        return sorted(found, key=lambda path: (path.suffix == ".mdb", path))

    def provide(self, device: Device) -> None:
        others = [other for other in self.devices if other is not device]
        if others:
            self._carry(device, self.random.choice(others), faults=True)

    def _carry(self, giver: Device, taker: Device, *, faults: bool) -> None:
        for path in self._files(giver):
            target = taker.cloud / path.relative_to(giver.cloud)
            fault = self.random.random() if faults else 1.0
            if fault < 0.3:
                continue  # delayed
            self._deliver(path.read_bytes(), target, fault if faults else 1.0)

    def _deliver(self, data: bytes, target: Path, fault: float) -> None:
        if fault >= 1.0 and target.exists() and len(target.read_bytes()) > len(data):
            return
        target.parent.mkdir(parents=True, exist_ok=True)
        if fault < 0.4:
            data, self.skipped = data[: self.random.randint(0, len(data))], self.skipped + 1
        elif fault < 0.45:
            data, self.skipped = bytes(len(data)), self.skipped + 1
        elif fault < 0.5 and data:
            at = self.random.randrange(len(data))
            data = data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
        elif fault < 0.6:
            name = self.random.choice(CONFLICTED)
            target = target.with_name(name.format(stem=target.stem, ending=target.suffix))
        if fault < 0.5 and target.exists():
            return  # a provider tears what it brings, not what is there
        target.write_bytes(data)

    def roll_back(self, device: Device) -> None:
        """The provider puts an older state of the folder back."""
        for path in self._files(device):
            if self.random.random() < 0.3:
                path.unlink()

    def fork_names(self, device: Device) -> None:
        for path in self._files(device):
            if self.random.random() < 0.1:
                name = self.random.choice(CONFLICTED).format(stem=path.stem, ending=path.suffix)
                path.with_name(name).write_bytes(path.read_bytes())

    # -- the end

    def play(self) -> None:
        for number in range(self.steps):
            if number == self.steps // 6:
                self.grow(self.random.randint(2, 4))
            self.step()
        self.settle()

    def settle(self) -> None:
        """Everything arrives at last."""
        for _ in range(6):
            for device in self.devices:
                self._at(device)
                assert device.copy
                device.copy.patience = 0.0  # a day has gone by
                self.sync(device)
            for giver in self.devices:
                for taker in self.devices:
                    if giver is not taker:
                        self._bring_whole(giver, taker)

    def _bring_whole(self, giver: Device, taker: Device) -> None:
        """What is whole at the giver's is whole at the taker's."""
        for path in self._files(giver):
            data = path.read_bytes()
            content = names.found_hash(path.name)
            if content and names.digest(data).hex() == content:
                target = taker.cloud / path.relative_to(giver.cloud)
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(data)

    def check(self) -> list[str]:
        """What does not hold."""
        wrong, sums = [], []
        for device in self.devices:
            with self._vault(device).read() as t:
                sums.append(digest.digest(t, without=digest.DEVICE_PARTS))
                wrong += self._lost(device, t)
                if device.copy and (
                    late := device.copy._follower.waiting(device.copy.folder.scan())
                ):
                    wrong.append(f"{device.name} waits for {late}")
        for device, found in zip(self.devices[1:], sums[1:], strict=True):
            if found != sums[0]:
                wrong.append(f"{device.name} differs: {sums[0].counts} {found.counts}")
        return wrong

    def _lost(self, device: Device, t: Any) -> list[str]:
        """Versions that a run said which was not undone and that are not here; wrong tallies."""
        held = {
            (said.native_id, str(said.data["amount"]))
            for (body,) in t.execute(
                "SELECT payload FROM record UNION ALL SELECT payload FROM version"
            )
            for said in [payload.decode(body)]
        }
        lost = [
            f"{device.name} lost {pair} of {uid}"
            for uid, said in self.said.items()
            if uid not in self.undone
            for pair in said - held
        ]
        count = t.one("SELECT coalesce(sum(count), 0) FROM tally")
        if count != t.one("SELECT count(*) FROM record"):
            lost.append(f"{device.name} counts {count}")
        words = t.one("SELECT count(*) FROM words WHERE words MATCH 'payment'")
        if words != count:
            lost.append(f"{device.name} finds {words} of {count}")
        return lost


def run_schedule(seed: int, place: Path, base: Base, steps: int = 25) -> list[str]:
    """Play a seed; returns what does not hold at the end."""
    with replayable(seed) as clock:
        world = World(seed, place, base, clock, steps)
        try:
            world.play()
            return world.check()
        finally:
            world.close()
