"""The window and a real secret store: remembered, opened at start, gone, silent."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app import paths
from app.gui.main_window import MainWindow
from app.gui.style.apply import apply_look
from app.gui.views.unlock import UnlockView
from app.services import session as sessions
from app.settings import Settings
from app.vault import header, keys, systemstore
from tests.secretstore import secretservice
from tests.secretstore.secretservice import Keyring

WORDS = "orbit lantern mango velvet"
WAIT = 20_000

# keyring leaves the connection of a refused question to the collector.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")


@pytest.fixture(autouse=True)
def collect_here(qapp: QApplication) -> Iterator[None]:
    """As in the program: a cycle of widgets freed on a worker thread would end the process."""
    apply_look(qapp, "light")
    gc.collect()
    gc.disable()
    yield
    gc.collect()
    gc.enable()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made, _key = sessions.create(tmp_path / "vault", WORDS, cost=keys.LOWEST)
    made.close()
    return tmp_path / "vault"


@pytest.fixture
def windows(qtbot: QtBot, folder: Path) -> Iterator[list[MainWindow]]:
    made: list[MainWindow] = []
    yield made
    for window in made:
        window.close()
        window.deleteLater()


def start(windows: list[MainWindow], folder: Path) -> MainWindow:
    """Start the program anew."""
    while windows:
        old = windows.pop()
        old.close()
        old.deleteLater()
    window = MainWindow(Settings(), folder)
    windows.append(window)
    window.show()
    window.start()
    return window


def gate(window: MainWindow) -> UnlockView:
    view = window.centralWidget()
    assert isinstance(view, UnlockView)
    return view


def entered(qtbot: QtBot, window: MainWindow) -> None:
    qtbot.waitUntil(lambda: window.shell is not None, timeout=WAIT)


def settled(qtbot: QtBot, window: MainWindow) -> None:
    qtbot.waitUntil(lambda: not window._gate_bridge.busy, timeout=WAIT)


def open_by_hand(qtbot: QtBot, window: MainWindow, *, remember: bool | None = None) -> None:
    view = gate(window)
    settled(qtbot, window)
    if remember is not None:
        view.remember.setChecked(remember)
    view.passphrase.line.setText(WORDS)
    view.open.click()
    entered(qtbot, window)


def test_ticked_once_the_vault_opens_by_itself_at_the_next_start(
    desktop: Keyring, qtbot: QtBot, windows: list[MainWindow], folder: Path
) -> None:
    window = start(windows, folder)
    settled(qtbot, window)
    box = gate(window).remember
    assert box.isVisibleTo(window)
    assert box.text() == "Remember on this computer (the desktop's keyring)"
    assert not box.isChecked()
    open_by_hand(qtbot, window, remember=True)
    window = start(windows, folder)
    entered(qtbot, window)
    assert window.session is not None
    assert not window.session.confirmed


def test_after_a_lock_the_passphrase_is_asked_all_the_same(
    desktop: Keyring, qtbot: QtBot, windows: list[MainWindow], folder: Path
) -> None:
    window = start(windows, folder)
    open_by_hand(qtbot, window, remember=True)
    window.lock()
    settled(qtbot, window)
    qtbot.wait(50)
    assert gate(window).remember.isChecked()
    assert window.session is None


def test_k06_gone_from_the_store_it_is_said_once_and_typing_renews_it(
    desktop: Keyring, qtbot: QtBot, windows: list[MainWindow], folder: Path
) -> None:
    window = start(windows, folder)
    open_by_hand(qtbot, window, remember=True)
    window.close()
    found = header.read(folder)
    slot = header.store_slot(found)
    assert slot is not None
    systemstore.forget(found.vault_id, slot.id)
    window = start(windows, folder)
    qtbot.waitUntil(gate(window).banner.isVisible, timeout=WAIT)
    assert "no longer remembers" in gate(window).banner.title.text()
    open_by_hand(qtbot, window)
    window = start(windows, folder)
    entered(qtbot, window)


def test_k09_a_locked_store_is_asked_once_and_then_the_passphrase(
    desktop: Keyring, qtbot: QtBot, windows: list[MainWindow], folder: Path
) -> None:
    window = start(windows, folder)
    open_by_hand(qtbot, window, remember=True)
    window.close()
    secretservice.lock()
    window = start(windows, folder)
    qtbot.waitUntil(gate(window).banner.isVisible, timeout=WAIT)
    assert gate(window).banner.code.text() == "secret-store-refused"
    open_by_hand(qtbot, window)
    log = (paths.state_folder() / "events.log").read_text("ascii")
    assert log.count("remembered.secret-store-refused") == 1


def test_unticked_it_is_forgotten(
    desktop: Keyring, qtbot: QtBot, windows: list[MainWindow], folder: Path
) -> None:
    window = start(windows, folder)
    open_by_hand(qtbot, window, remember=True)
    window.lock()
    open_by_hand(qtbot, window, remember=False)
    assert secretservice.items() == {}
    window.close()
    assert not sessions.remembered(folder)


def test_k01_without_a_store_nothing_is_offered(
    qtbot: QtBot, windows: list[MainWindow], folder: Path
) -> None:
    window = start(windows, folder)
    settled(qtbot, window)
    assert not gate(window).remember.isVisibleTo(window)
    open_by_hand(qtbot, window)


def test_k05_closing_the_window_does_not_wait_for_a_store_that_hangs(
    silent: None,
    qtbot: QtBot,
    windows: list[MainWindow],
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(systemstore, "LIMIT_SECONDS", 600.0)
    window = start(windows, folder)
    qtbot.wait(500)  # by now the store has been asked, unless another test's question still hangs
    window.close()
    assert not window.isVisible()


def test_k05_the_passphrase_opens_the_vault_while_the_store_hangs(
    silent: None,
    qtbot: QtBot,
    windows: list[MainWindow],
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(systemstore, "LIMIT_SECONDS", 600.0)
    window = start(windows, folder)
    qtbot.wait(500)  # by now the store has been asked, unless another test's question still hangs
    view = gate(window)
    view.passphrase.line.setText(WORDS)
    view.open.click()
    entered(qtbot, window)
