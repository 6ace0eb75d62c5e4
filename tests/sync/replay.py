"""Time, random ids and power as a schedule has them, and the vault all schedules start from."""

from __future__ import annotations

import os
import random
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from nacl import bindings as sodium

from app.vault import header, keys, ledger, runs, transaction
from app.vault.lockfile import Lock
from app.vault.sync import apply
from app.vault.vault import Vault
from tests.vaults import PASSPHRASE


class Crash(Exception):
    """The computer lost power here."""


class Power:
    """Goes off after some steps: a look of the program's, or a file on its way to the disk."""

    def __init__(self, chance: random.Random) -> None:
        self._random = chance
        self._left = -1

    def last(self, steps: int) -> None:
        """Go off at the step after `steps` more; -1 for never."""
        self._left = steps

    def step(self) -> None:
        """Raises `Crash` when it is time."""
        if self._left == 0:
            self._left = -1
            raise Crash
        self._left -= self._left > 0

    def fsync(self, descriptor: int) -> None:
        """Stands for `os.fsync`: a power cut leaves a file half written."""
        try:
            self.step()
        except Crash:
            size = os.fstat(descriptor).st_size
            if size and self._random.random() < 0.7:
                os.ftruncate(descriptor, self._random.randrange(size))
            raise


class Clock:
    """Stands where the vault looks at the time: a device's own, right or wrong."""

    def __init__(self, power: Power) -> None:
        self.skew = 0
        self.milliseconds = 1_700_000_000_000
        self.power = power

    def time_ns(self) -> int:
        self.milliseconds += 7
        return (self.milliseconds + self.skew) * 1_000_000

    def now(self) -> str:
        return f"2024-01-01T00:00:{self.milliseconds // 1000 % 60:02}Z"


def sealing(chance: random.Random) -> Callable[[Any, bytes], bytes]:
    """Stands for the library's start of a stream, which takes a random header of its own."""

    def start(stream: Any, key: bytes) -> bytes:
        made = chance.randbytes(sodium.crypto_secretstream_xchacha20poly1305_HEADERBYTES)
        sodium.crypto_secretstream_xchacha20poly1305_init_pull(stream, made, key)
        return made

    return start


@contextmanager
def replayable(seed: int) -> Iterator[Clock]:
    """Let the time, every random id and the power follow from a seed."""
    chance, patch = random.Random(seed), pytest.MonkeyPatch()
    clock = Clock(Power(random.Random(seed)))
    patch.setattr(secrets, "token_bytes", chance.randbytes)
    patch.setattr(secrets, "token_hex", lambda size: chance.randbytes(size).hex())
    patch.setattr(os, "fsync", clock.power.fsync)
    patch.setattr(sodium, "crypto_secretstream_xchacha20poly1305_init_push", sealing(chance))
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
        return opened(folder, self.vault_key)


def opened(folder: Path, vault_key: bytes) -> Vault:
    """An open vault, whose key is at hand."""
    return Vault(folder, header.read(folder), vault_key, Lock(folder))
