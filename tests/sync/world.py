"""Real vaults, a folder each, and a provider that carries files between them badly.

A `World` plays one random schedule: what each device does and what the provider does to files is
drawn from one seed, so a seed is a schedule. `settle` lets everything arrive at last and `check`
says what does not hold then: all devices equal, everything as `model` has it, nothing lost, a
computer that joins has the same, and a folder where nothing happens stays as it is.
"""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import permutations
from pathlib import Path
from typing import Final

from app.errors import UserError
from app.vault import claims, digest, documents, header, keys, ledger, originals, payload, runs
from app.vault.sync import copy, join, snapshots
from app.vault.transaction import Transaction
from app.vault.vault import Vault
from connectors.api import Record
from tests.sync.model import Model
from tests.sync.provider import Provider, files
from tests.sync.replay import Base, Clock, Crash, opened, replayable
from tests.vaults import payment

YEAR_MS: Final = 365 * 86_400_000
MUCH_LATER: Final = 4_000_000_000.0
"""Seconds since 1970: whatever was written is old then."""


class Device:
    """A computer: its vault and the key it opens with, its copy of the folder, its clock."""

    def __init__(self, name: str, place: Path, skew: int, key: bytes) -> None:
        self.name = name
        self.vault_folder = place / f"vault-{name}"
        self.cloud = place / f"cloud-{name}"
        self.cloud.mkdir()
        self.skew = skew
        self.key = key
        self.saved_key = key
        self.vault: Vault | None = None
        self.copy: copy.Copy | None = None


class World:
    """One schedule."""

    def __init__(self, seed: int, place: Path, base: Base, clock: Clock, steps: int = 25) -> None:
        self.random = random.Random(seed)
        self.place = place
        self.base = base
        self.clock = clock
        self.steps = steps
        self.devices: list[Device] = []
        self.gone = 0
        self.model = Model()
        self.provider = Provider(self.random, place / "server")
        self.keys = {keys.key_ring(base.vault_key).check: base.vault_key}
        self.log: list[str] = []
        self._first()

    # -- devices

    def _skew(self) -> int:
        return self.random.choice((0, 0, 1000, -1000, 7_200_000, -10 * YEAR_MS, 10 * YEAR_MS))

    def _first(self) -> None:
        device = Device("a", self.place, self._skew(), self.base.vault_key)
        shutil.copytree(self.base.folder, device.vault_folder)
        self.devices.append(device)
        self._open(device)
        self._at(device)
        self.sync(device)

    def _open(self, device: Device) -> None:
        device.vault = opened(device.vault_folder, device.key)
        device.copy = copy.Copy(device.vault, device.cloud)

    def _at(self, device: Device) -> None:
        self.clock.skew = device.skew

    def grow(self, count: int) -> None:
        """Let more computers join."""
        while len(self.devices) < count:
            giver = self.devices[0]
            self._at(giver)
            assert giver.copy
            giver.copy.patience = 0.0  # an hour has gone by since it made up for what was lost
            self.sync(giver)
            giver.copy.patience = copy.PATIENCE
            if self.random.random() < 0.5:
                self.snapshot(giver)
            assert self._join(giver, faults=False)

    def join_late(self, giver: Device) -> None:
        """Let a computer join from a folder that may not be completely there."""
        if len(self.devices) < 4:
            self._join(giver, faults=self.random.random() < 0.5)

    def _join(self, giver: Device, *, faults: bool) -> bool:
        name = f"{'abcd'[len(self.devices)]}{self.gone or ''}"
        device = Device(name, self.place, self._skew(), giver.key)
        self.provider.carry(giver.cloud, device.cloud, faults=faults)
        self._at(device)
        try:
            device.vault = join.join(device.cloud, device.vault_folder, self._unlock(device))
        except UserError:  # nothing to begin with has arrived
            self.gone += 1
            return False
        device.copy = copy.Copy(device.vault, device.cloud)
        self.devices.append(device)
        return True

    def _unlock(self, device: Device) -> join.Unlock:
        def unlock(found: header.Header) -> bytes:
            device.key = self.keys[found.key_check]
            return device.key

        return unlock

    def close(self) -> None:
        for device in self.devices:
            if device.vault:
                device.vault.close()

    # -- what devices do

    def step(self) -> None:
        device = self.random.choice(self.devices)
        self._at(device)
        actions: tuple[tuple[int, Callable[[Device], None]], ...] = (
            (8, self.bring),
            (6, self.edit),
            (6, self.delete),
            (4, self.undelete),
            (4, self.undo),
            (6, self.write_document),
            (2, self.write_ledger),
            (2, self.keep_original),
            (12, self.sync),
            (5, self.crash),
            (2, self.put_back),
            (2, self.clone),
            (2, self.snapshot),
            (2, self.compact),
            (1, self.retire),
            (1, self.lose),
            (1, self.change_keys),
            (2, self.take_keys),
            (2, self.join_late),
            (1, self.move),
            (1, self.set_clock),
            (16, self.provide),
            (1, self.roll_back),
            (1, self.lose_files),
            (2, self.fork_names),
        )
        chosen = self.random.choices([act for _, act in actions], [w for w, _ in actions])[0]
        self.log.append(f"{device.name} {chosen.__name__}")
        chosen(device)

    def _vault(self, device: Device) -> Vault:
        assert device.vault
        return device.vault

    @contextmanager
    def _heard(self, device: Device) -> Iterator[Vault]:
        """The model hears of what is written meanwhile."""
        vault = self._vault(device)
        with vault.read() as t:
            before = self.model.log(t)
        yield vault
        with vault.read() as t:
            self.model.hear(before, t)

    @contextmanager
    def _write(self, device: Device) -> Iterator[Transaction]:
        """A transaction the model hears of."""
        with self._heard(device) as vault, vault.write() as t:
            yield t

    def _put(self, device: Device, records: list[Record], kind: str, original: bytes = b"") -> None:
        kept = self._kept(device, original) if original else None
        with self._write(device) as t:
            run = runs.begin(t, connector="uk.midata", version=1, type=kind, name="명세서.csv")
            assert not run.add(records)
            run.finish()
            if kept:
                originals.note(t, run.number, "o.csv", kept)
        amounts = {record.native_id: str(record.data["amount"]) for record in records}
        self.model.say(run.import_id, amounts, kind, original)

    def bring(self, device: Device, original: bytes = b"") -> None:
        count = self.random.randint(1, 6)
        names = self.random.sample([f"r{n}" for n in range(12)], count)
        records = [payment(name, f"-{self.random.randint(1, 4)}.00") for name in names]
        self._put(device, records, "import", original)

    def keep_original(self, device: Device) -> None:
        self.bring(device, f"original {self.random.randint(0, 3)}".encode())

    def _kept(self, device: Device, text: bytes) -> originals.Kept:
        file = self.place / "given.txt"
        file.write_bytes(text)
        with self._vault(device).read() as t:
            known = {kept.sha256: kept for _, kept in originals.every(t) if kept.blob}
        with file.open("rb") as opened_file:
            return self._vault(device).keep_original(opened_file, 1000, known)

    def edit(self, device: Device) -> None:
        with self._vault(device).read() as t:
            bodies = [row[0] for row in t.execute("SELECT payload FROM record ORDER BY key")]
        if bodies:
            name = payload.decode(self.random.choice(bodies)).native_id
            amount = f"-{self.random.randint(100, 999)}.50"
            self._put(device, [payment(name, amount)], "edit")

    def _key(self, device: Device, table: str) -> bytes | None:
        with self._vault(device).read() as t:
            found = [row[0] for row in t.execute(f"SELECT key FROM {table} ORDER BY key")]
        return self.random.choice(found) if found else None

    def delete(self, device: Device) -> None:
        if key := self._key(device, "record"):
            with self._write(device) as t:
                claims.delete(t, [key])

    def undelete(self, device: Device) -> None:
        if key := self._key(device, "tombstone"):
            with self._write(device) as t:
                claims.undelete(t, [key])

    def undo(self, device: Device) -> None:
        with self._vault(device).read() as t:
            done = [run.import_id for run in runs.every(t) if run.state == "done"]
        if done:
            chosen = self.random.choice(sorted(done))
            with self._write(device) as t:
                runs.undo(t, chosen)
            self._vault(device).drop_strays()
            self.model.undone.add(chosen)

    def write_document(self, device: Device) -> None:
        name = f"n{self.random.randint(0, 2)}"
        with self._write(device) as t:
            if self.random.random() < 0.25:
                documents.delete(t, "note", name)
            else:
                documents.put(t, "note", name, f"{self.random.randint(0, 99)} 메모".encode())

    def write_ledger(self, device: Device) -> None:
        body: dict[str, object] = {"n": self.random.randint(0, 9999)}
        with self._vault(device).write() as t:
            ledger.append(t, "share", body)
        self.model.enter(body)

    def set_clock(self, device: Device) -> None:
        device.skew = self._skew()

    # -- the copy

    def sync(self, device: Device) -> None:
        assert device.copy
        device.copy.look_now()
        device.copy.sync(confirmed=True, look=self.clock.power.step)

    def snapshot(self, device: Device) -> None:
        assert device.copy
        device.copy.snapshot()

    def compact(self, device: Device) -> None:
        """Much later: own segments go that two snapshots cover."""
        for _ in range(2):
            self.write_document(device)
            self.sync(device)
            self.snapshot(device)
        assert device.copy
        folder = device.copy.folder
        snapshots.compact(self._vault(device), folder, folder.scan(), now=MUCH_LATER)

    def crash(self, device: Device) -> None:
        """Lose power at some step of a round, with a file half written."""
        self.clock.power.last(self.random.randint(0, 9))
        with suppress(Crash):
            self.sync(device)
        self.clock.power.last(-1)
        own = [path for path in files(device.cloud) if path.suffix == ".mds"]
        if own and self.random.random() < 0.3:
            path = self.random.choice(own)
            path.write_bytes(path.read_bytes()[: self.random.randint(0, 200)])
        self._vault(device).close()
        self._open(device)

    def put_back(self, device: Device) -> None:
        """Put a backup back: the vault is what it was, the folder is not."""
        saved = self.place / f"saved-{device.name}"
        if saved.exists():
            if not self._one_key():
                return
            self.sync(device)  # what was never published is not in any copy
            self.provider.keep(device.cloud)
            self._vault(device).close()
            shutil.rmtree(device.vault_folder)
            saved.rename(device.vault_folder)
            device.key = device.saved_key
            self._open(device)
        else:
            self._vault(device).close()
            shutil.copytree(device.vault_folder, saved)
            device.saved_key = device.key
            self._open(device)

    def clone(self, device: Device) -> None:
        """Copy the vault to another computer as it is: two write as one device."""
        if len(self.devices) < 4 and not any(one.name == "clone" for one in self.devices):
            other = Device("clone", self.place, self._skew(), device.key)
            self._vault(device).close()
            shutil.copytree(device.vault_folder, other.vault_folder)
            shutil.copytree(device.cloud, other.cloud, dirs_exist_ok=True)
            self._open(device)
            self._open(other)
            self.devices.append(other)

    def retire(self, device: Device) -> None:
        """Say that another computer is not used any more, whether that is so or not."""
        with self._heard(device) as vault:
            peers = copy.devices(vault)
            copy.retire(vault, self.random.choice(sorted(peer.uid for peer in peers)))

    def lose(self, device: Device) -> None:
        """A computer is gone for good; what it had published is not."""
        if len(self.devices) > 2 and device.name != "clone" and self._one_key():
            self.sync(device)
            self.provider.keep(device.cloud)
            self._vault(device).close()
            self.devices.remove(device)
            self.gone += 1

    def _one_key(self) -> bool:
        """Whether no change of keys is under way: what only the folder has must stay readable."""
        return len({device.key for device in self.devices}) == 1

    def _read_under_old_keys(self, device: Device) -> None:
        """Take in what nobody could make again under other keys."""
        self.provider.bring_kept(device.cloud)
        self.sync(device)

    def change_keys(self, device: Device) -> None:
        self._read_under_old_keys(device)
        vault = self._vault(device)
        vault.change_keys("암호 2", cost=keys.LOWEST)
        device.key = vault.copy_keys().vault_key
        self.keys[vault.header.key_check] = device.key

    def take_keys(self, device: Device) -> None:
        """Go over to the keys another computer changed to, where its header has arrived."""
        assert device.copy
        vault = self._vault(device)
        own = vault.header
        for found in join.headers_in(device.copy.folder):
            if (found.key_epoch, found.key_check) > (own.key_epoch, own.key_check):
                self._read_under_old_keys(device)
                vault.take_keys(found, self.keys[found.key_check])
                device.key = self.keys[found.key_check]
                device.copy = copy.Copy(vault, device.cloud)
                return

    def move(self, device: Device) -> None:
        """Use another folder from now on."""
        self.sync(device)
        device.cloud = device.cloud.with_name(f"{device.cloud.name}+")
        device.cloud.mkdir()
        device.copy = copy.Copy(self._vault(device), device.cloud)
        device.copy.move_in()

    # -- the provider

    def provide(self, device: Device) -> None:
        others = [other for other in self.devices if other is not device]
        if others:
            taker = self.random.choice(others)
            self.provider.carry(device.cloud, taker.cloud, faults=True)

    def roll_back(self, device: Device) -> None:
        self.provider.put_back(device.cloud)

    def lose_files(self, device: Device) -> None:
        self.provider.lose(device.cloud)

    def fork_names(self, device: Device) -> None:
        self.provider.double(device.cloud)

    # -- the end

    def play(self) -> None:
        for number in range(self.steps):
            if number == self.steps // 6:
                self.grow(self.random.randint(2, 4))
            self.step()
        self.settle()

    def settle(self) -> None:
        """Everything arrives at last."""
        for device in self.devices:
            self.provider.bring_kept(device.cloud)
        for _ in range(8):
            stirred = 0
            for device in self.devices:
                self._at(device)
                assert device.copy
                self.take_keys(device)
                device.copy.patience = 0.0  # a day has gone by
                device.copy.look_now()
                done = device.copy.sync(confirmed=True)
                stirred += done.published + done.merged
            for giver, taker in permutations(self.devices, 2):
                stirred += self.provider.bring_whole(giver.cloud, taker.cloud)
            if not stirred:
                return

    def check(self) -> list[str]:
        """What does not hold."""
        wrong, sums = [], []
        for device in self.devices:
            sums.append(_digest(self._vault(device)))
            wrong += [f"{device.name}: {one}" for one in self._wrong(self._vault(device))]
            wrong += self._restless(device)
        for device, found in zip(self.devices[1:], sums[1:], strict=True):
            if found != sums[0]:
                wrong.append(f"{device.name} differs: {sums[0].counts} {found.counts}")
        if self.random.random() < 0.5:
            wrong += self._total_loss(sums[0])
        return wrong

    def _wrong(self, vault: Vault) -> list[str]:
        """What a vault lost, has otherwise than the model, counts wrongly or does not find."""
        wrong = self.model.wrong(vault)
        with vault.read() as t:
            count = t.one("SELECT coalesce(sum(count), 0) FROM tally")
            if count != t.one("SELECT count(*) FROM record"):
                wrong.append(f"counts {count}")
            words = t.one("SELECT count(*) FROM words WHERE words MATCH 'payment'")
            if words != count:
                wrong.append(f"finds {words} of {count}")
        return wrong

    def _restless(self, device: Device) -> list[str]:
        """A settled folder brings nothing and stays as it is."""
        assert device.copy
        before = files(device.cloud)
        self._at(device)
        device.copy.look_now()
        done = device.copy.sync(confirmed=True)
        if any(done) or files(device.cloud) != before:
            return [f"{device.name} does not come to rest: {done}"]
        return []

    def _total_loss(self, wanted: digest.Digest) -> list[str]:
        """Only a folder and the key are left: a computer that joins has everything."""
        left = self.random.choice(self.devices)
        device = Device("last", self.place, 0, left.key)
        vault = join.join(left.cloud, device.vault_folder, self._unlock(device))
        try:
            wrong = [f"joined: {one}" for one in self._wrong(vault)]
            found = _digest(vault)
        finally:
            vault.close()
        if found != wanted:
            wrong.append(f"joined differs: {wanted.counts} {found.counts}")
        return wrong


def _digest(vault: Vault) -> digest.Digest:
    with vault.read() as t:
        return digest.digest(t, without=digest.DEVICE_PARTS)


def run_schedule(seed: int, place: Path, base: Base, steps: int = 25) -> list[str]:
    """Play a seed; returns what does not hold at the end."""
    with replayable(seed) as clock:
        world = World(seed, place, base, clock, steps)
        try:
            world.play()
            return world.check()
        finally:
            world.close()
