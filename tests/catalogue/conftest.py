"""A real, open vault for each test."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.vault import keys
from app.vault.vault import Vault
from tests.vaults import PASSPHRASE


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The vault that is copied; nobody opens it."""
    folder = tmp_path_factory.mktemp("made") / "vault"
    vault, _ = Vault.create(folder, PASSPHRASE, cost=keys.LOWEST)
    vault.close()
    return folder


@pytest.fixture
def vault(made: Path, tmp_path: Path) -> Iterator[Vault]:
    """An empty vault."""
    vault = Vault.open(Path(shutil.copytree(made, tmp_path / "vault")), PASSPHRASE)
    yield vault
    vault.close()
