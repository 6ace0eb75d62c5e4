"""Real vaults for the tests of this room: one is made per session, each test gets its own copy."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.vault import keys
from app.vault.vault import Vault
from tests.vaults import PASSPHRASE


class Made:
    """A closed vault and what opens it."""

    def __init__(self, folder: Path, recovery_key: str) -> None:
        self.folder = folder
        self.recovery_key = recovery_key


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """The vault that is copied; nobody opens it."""
    folder = tmp_path_factory.mktemp("made") / "vault"
    vault, recovery_key = Vault.create(folder, PASSPHRASE, cost=keys.LOWEST)
    vault.close()
    return Made(folder, recovery_key)


@pytest.fixture
def folder(made: Made, tmp_path: Path) -> Path:
    """A closed, empty vault of the test's own."""
    return Path(shutil.copytree(made.folder, tmp_path / "vault"))


@pytest.fixture
def vault(folder: Path) -> Iterator[Vault]:
    """The same, open."""
    vault = Vault.open(folder, PASSPHRASE)
    yield vault
    vault.close()
