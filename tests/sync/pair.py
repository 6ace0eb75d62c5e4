"""Two computers with one folder, for tests that look at one thing."""

from __future__ import annotations

import shutil
from pathlib import Path

from app.vault import digest, documents
from app.vault.sync import copy, join
from app.vault.vault import Vault
from tests.sync.replay import Base


class Pair:
    """Two computers with one folder."""

    def __init__(self, base: Base, place: Path, cloud: Path | None = None) -> None:
        self.base, self.place, self.cloud = base, place, cloud or place / "cloud"
        self.cloud.mkdir(exist_ok=True)
        self.vaults: list[Vault] = []
        shutil.copytree(base.folder, place / "one")
        self.one = self.add(base.opened(place / "one"))

    def add(self, vault: Vault) -> copy.Copy:
        self.vaults.append(vault)
        return copy.Copy(vault, self.cloud)

    def second(self, name: str = "two") -> copy.Copy:
        self.one.sync()
        return self.add(join.join(self.cloud, self.place / name, lambda _: self.base.vault_key))


def held(vault: Vault) -> digest.Digest:
    with vault.read() as snapshot:
        return digest.digest(snapshot, without=digest.DEVICE_PARTS)


def note(vault: Vault, text: str) -> None:
    with vault.write() as transaction:
        documents.put(transaction, "note", "n", text.encode())


def noted(vault: Vault) -> bytes | None:
    with vault.read() as snapshot:
        return documents.get(snapshot, "note", "n")
