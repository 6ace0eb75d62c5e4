"""An open session over a real vault of the test's own."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.services import session as sessions
from app.services.session import Session
from app.vault import keys
from tests.vaults import PASSPHRASE


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The vault that is copied; nobody opens it."""
    folder = tmp_path_factory.mktemp("made") / "vault"
    session, _ = sessions.create(folder, PASSPHRASE, cost=keys.LOWEST)
    session.close()
    return folder


@pytest.fixture
def session(made: Path, tmp_path: Path) -> Iterator[Session]:
    """An empty, unlocked vault."""
    session = sessions.unlock(Path(shutil.copytree(made, tmp_path / "vault")), PASSPHRASE)
    yield session
    session.close()
