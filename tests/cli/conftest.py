"""Vaults to run commands on: made once with the cheapest key derivation, copied for every test."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.services import importing, session
from app.vault import keys
from tests.cli.running import PASSPHRASE, SAMPLES, Program, copied


def _made(folder: Path, *files: str) -> Path:
    opened, _ = session.create(folder, PASSPHRASE, cost=keys.LOWEST)
    receipts = importing.import_paths(opened, [SAMPLES / name for name in files])
    opened.close()
    assert [receipt.state for receipt in receipts] == ["done"] * len(files)
    return folder


@pytest.fixture(scope="session")
def empty_vault(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return _made(tmp_path_factory.mktemp("empty") / "vault")


@pytest.fixture(scope="session")
def full_vault(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("full") / "vault"
    return _made(folder, "midata-london.csv", "clinic-fhir.json", "facebook-narae")


@pytest.fixture
def mydata(empty_vault: Path, tmp_path: Path) -> Program:
    """The program on an empty vault."""
    return copied(empty_vault, tmp_path / "person")


@pytest.fixture
def filled(full_vault: Path, tmp_path: Path) -> Program:
    """The program on a vault with three sources."""
    return copied(full_vault, tmp_path / "person")


@pytest.fixture
def nobody(tmp_path: Path) -> Program:
    """The program where there is no vault yet."""
    folder = tmp_path / "person"
    folder.mkdir()
    return Program(folder)
