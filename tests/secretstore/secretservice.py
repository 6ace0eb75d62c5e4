"""A real Secret Service for tests: gnome-keyring on a private bus, with a home of its own.

Nothing of the person who runs the tests is touched: the bus, the folders and the login keyring
with its passphrase are made for one test module and thrown away. Nobody answers prompts there, as
on a desktop where they are dismissed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

CONFIG: Final = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:tmpdir={place}</listen>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
"""
LOGIN: Final = "harbour violin 9"
WAIT: Final = 20.0


def missing() -> str:
    """Why there can be no such service on this computer, or ""."""
    absent = [name for name in ("dbus-daemon", "gnome-keyring-daemon") if not shutil.which(name)]
    return f"needs {' and '.join(absent)}" if absent else ""


@contextmanager
def bus(place: Path) -> Iterator[str]:
    """A private session bus in `place`; its address."""
    config = place / "bus.conf"
    config.write_text(CONFIG.format(place=place), encoding="utf-8")
    daemon = subprocess.Popen(
        ["dbus-daemon", f"--config-file={config}", "--nofork", "--print-address"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert daemon.stdout is not None
    try:
        yield daemon.stdout.readline().strip()
    finally:
        daemon.terminate()
        daemon.communicate(timeout=WAIT)


class Keyring:
    """The daemon behind one bus. It can be stopped and started, as at log-out and log-in."""

    def __init__(self, place: Path, address: str) -> None:
        self._variables = {
            "PATH": os.environ["PATH"],
            "HOME": str(place),
            "XDG_RUNTIME_DIR": str(place / "run"),
            "XDG_DATA_HOME": str(place / "data"),
            "DBUS_SESSION_BUS_ADDRESS": address,
        }
        (place / "run").mkdir(mode=0o700, exist_ok=True)
        self._daemon: subprocess.Popen[bytes] | None = None

    def start(self, passphrase: str = LOGIN) -> None:
        """Start it with the login keyring unlocked by `passphrase`, and wait until it answers."""
        self._daemon = subprocess.Popen(
            ["gnome-keyring-daemon", "--foreground", "--unlock", "--components=secrets"],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=self._variables,
        )
        assert self._daemon.stdin is not None
        self._daemon.stdin.write(passphrase.encode())
        self._daemon.stdin.close()
        deadline = time.monotonic() + WAIT
        while not self._answers():
            assert self._daemon.poll() is None, "gnome-keyring-daemon ended at once"
            assert time.monotonic() < deadline, "gnome-keyring-daemon did not come up"
            time.sleep(0.05)

    def stop(self) -> None:
        """End it, as logging out does."""
        if self._daemon is not None:
            self._daemon.terminate()
            self._daemon.wait(WAIT)
            self._daemon = None

    def _answers(self) -> bool:
        import secretstorage

        with connection() as bus:
            if not secretstorage.check_service_availability(bus):
                return False
            try:
                return not secretstorage.get_default_collection(bus).is_locked()
            except secretstorage.exceptions.SecretStorageException:
                return False


@contextmanager
def connection() -> Iterator[object]:
    """A connection to the bus that the environment names."""
    import secretstorage

    made = secretstorage.dbus_init()
    try:
        yield made
    finally:
        made.close()


def lock() -> None:
    """Lock the login keyring, as the desktop can."""
    import secretstorage

    with connection() as bus:
        secretstorage.get_default_collection(bus).lock()


def items() -> dict[str, bytes]:
    """What we keep in the unlocked keyring: the item's user name to its secret."""
    import secretstorage

    with connection() as bus:
        found = secretstorage.get_default_collection(bus).search_items({"service": "mydata-vault"})
        return {item.get_attributes()["username"]: item.get_secret() for item in found}
