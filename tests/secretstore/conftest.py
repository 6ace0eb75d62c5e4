"""A login keyring for the tests of this folder; they are skipped where the system lacks one."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.vault import systemstore
from tests.secretstore import secretservice
from tests.secretstore.secretservice import Keyring


@pytest.fixture
def desktop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Keyring]:
    """A session with an unlocked login keyring, in which this program may use the store."""
    if why := secretservice.missing():
        pytest.skip(f"a real secret store {why}")
    place = tmp_path / "desktop"
    place.mkdir()
    with secretservice.bus(place) as address:
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", address)
        monkeypatch.delenv(systemstore.VARIABLE)
        keyring = Keyring(place, address)
        keyring.start()
        yield keyring
        keyring.stop()
    gc.collect()  # keyring leaves the connection of a refused question to the collector
