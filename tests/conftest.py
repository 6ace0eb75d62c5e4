"""Guards that hold for every test, whoever wrote it.

A test sees a home folder of its own, English, no `MYDATA_*` settings, no keyring and no network but
this computer. It must leave no thread, child process or Qt thread behind. Unexpected warnings fail
it through `filterwarnings` in pyproject.toml.
"""

from __future__ import annotations

import gc
import ipaddress
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import pytest
from hypothesis import settings

from app import i18n
from tests.places import NO_SAMPLES, SAMPLES

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
# A computer that is busy with something else is no reason to fail.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")

_GRACE_SECONDS: Final = 5.0
_HOME_FOLDERS: Final = {
    "HOME": "",
    "USERPROFILE": "",
    "APPDATA": "AppData/Roaming",
    "LOCALAPPDATA": "AppData/Local",
    "XDG_CONFIG_HOME": ".config",
    "XDG_DATA_HOME": ".local/share",
    "XDG_STATE_HOME": ".local/state",
    "XDG_CACHE_HOME": ".cache",
}


# --- A place of its own -------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def own_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home folder; nothing of the person who runs the tests is read or written."""
    home = tmp_path_factory.mktemp("home")
    for name, folder in _HOME_FOLDERS.items():
        monkeypatch.setenv(name, str(home / folder))
    for name in [name for name in os.environ if name.startswith("MYDATA_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
    return home


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    """Start in English, whatever the computer speaks and the last test chose."""
    i18n.set_language("en")
    yield
    i18n.set_language("en")


# --- No network ---------------------------------------------------------------------------------


class NetworkRefused(RuntimeError):
    """A test tried to reach another computer. Not an OSError: code under test must not catch it."""


_refused: list[str] = []


def _is_here(host: object) -> bool:
    if isinstance(host, bytes):
        host = host.decode("ascii", "replace")
    if not isinstance(host, str) or host in {"", "localhost"}:
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _watch_sockets(event: str, arguments: tuple[object, ...]) -> None:
    if event == "socket.getaddrinfo":
        host = arguments[0]
    elif event in {"socket.connect", "socket.sendto", "socket.bind"}:
        address = arguments[1]
        host = address[0] if isinstance(address, tuple) else None
    else:
        return
    if not _is_here(host):
        _refused.append(str(host))
        raise NetworkRefused(host)


sys.addaudithook(_watch_sockets)


@pytest.fixture(autouse=True)
def no_network() -> Iterator[None]:
    """Refuse every connection that leaves this computer, and fail the test that tried."""
    _refused.clear()
    yield
    assert not _refused, f"the test tried to reach {_refused}"


# --- Nothing left behind ------------------------------------------------------------------------


def _threads() -> set[threading.Thread]:
    # A "dummy" stands for a thread that Python did not start; it never ends, so it says nothing.
    dummy = threading._DummyThread
    return {each for each in threading.enumerate() if not isinstance(each, dummy)}


def _children() -> set[int]:
    """Process ids of this process's children, ended but unwaited ones included."""
    found: set[int] = set()
    for listing in Path("/proc/self/task").glob("*/children"):
        try:
            found.update(int(word) for word in listing.read_text().split())
        except OSError:  # that thread ended meanwhile
            continue
    return found


def _qt_threads() -> set[object]:
    """Running `QThread` objects, and the global pool while it works."""
    from PySide6.QtCore import QThread, QThreadPool

    running: set[object] = {
        each
        for each in gc.get_objects()
        if issubclass(type(each), QThread) and each is not QThread.currentThread()
        if each.isRunning() and not each.isCurrentThread()
    }
    pool = QThreadPool.globalInstance()
    if pool.activeThreadCount():
        running.add(pool)
    return running


def _still_there(look: Callable[[], set[object]], before: set[object]) -> set[object]:
    """What `look` finds beyond `before` once everything had a fair chance to end."""
    deadline = time.monotonic() + _GRACE_SECONDS
    while (left := look() - before) and time.monotonic() < deadline:
        time.sleep(0.02)
    return left


@pytest.fixture(autouse=True)
def nothing_left_behind(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail the test that leaves a thread, a child process or a Qt thread behind."""
    looks: list[tuple[str, Callable[[], set[object]]]] = [
        ("thread", lambda: set(_threads())),
        ("child process", lambda: set(_children())),
    ]
    if "qapp" in request.fixturenames:
        looks.append(("Qt thread", _qt_threads))
    before = [look() for _, look in looks]
    yield
    for (what, look), known in zip(looks, before, strict=True):
        left = _still_there(look, known)
        assert not left, f"the test left a {what} behind: {left}"


# --- Samples ------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def samples() -> Path:
    """The folder of shared sample files; the test is skipped where they are absent."""
    if not SAMPLES.is_dir():
        pytest.skip(NO_SAMPLES)
    return SAMPLES


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what is marked `samples` where the samples are absent."""
    if SAMPLES.is_dir():
        return
    for item in items:
        if item.get_closest_marker("samples"):
            item.add_marker(pytest.mark.skip(reason=NO_SAMPLES))
