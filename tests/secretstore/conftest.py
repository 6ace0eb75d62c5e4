"""A login keyring for the tests of this folder; they are skipped where the system lacks one."""

from __future__ import annotations

import gc
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from app.vault import systemstore
from tests.secretstore import secretservice
from tests.secretstore.secretservice import Keyring

DEAF: Final = """
import sys, time
from jeepney.io.blocking import open_dbus_connection
from jeepney.bus_messages import message_bus
with open_dbus_connection("SESSION") as bus:
    bus.send_and_get_reply(message_bus.RequestName("org.freedesktop.secrets"))
    print("here", flush=True)
    sys.stdin.read()
"""


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


@pytest.fixture
def silent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A session whose secret store takes every question and answers none."""
    if why := secretservice.missing():
        pytest.skip(f"a real secret store {why}")
    with secretservice.bus(tmp_path) as address:
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", address)
        monkeypatch.delenv(systemstore.VARIABLE)
        store = subprocess.Popen(
            [sys.executable, "-c", DEAF], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        assert store.stdout is not None
        assert store.stdout.readline() == b"here\n"
        yield
        store.communicate(timeout=secretservice.WAIT)
    while systemstore._running:
        systemstore._running[0].join(secretservice.WAIT)
