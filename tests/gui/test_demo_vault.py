"""Looking around with sample data: in from the first step or the empty home page, and out again."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app import i18n, settings
from app.gui.main_window import MainWindow
from app.gui.shell import Shell
from app.gui.viewmodels.unlock import look_inside
from app.gui.views.demo import DemoGate
from app.gui.views.devices import DevicesPage
from app.gui.views.first_run import FirstRunView
from app.gui.views.home import HomePage
from app.gui.views.settings import SettingsPage
from app.gui.views.unlock import UnlockView
from app.gui.widgets.card import ActionRow
from app.services import session as sessions
from app.settings import Settings
from app.vault import keys
from tests.gui.checks import cut_off, stretch, unnamed
from tests.gui.conftest import WORDS
from tests.gui.life import click, settle

WAIT = 60_000


@pytest.fixture
def rooms(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where temporary folders are made."""
    made = tmp_path / "temporary"
    made.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(made))
    return made


@pytest.fixture
def window(qtbot: QtBot, tmp_path: Path, rooms: Path) -> Iterator[MainWindow]:
    made = MainWindow(Settings(), tmp_path / "data" / "vault")
    made.show()
    yield made
    made.close()
    made.deleteLater()


def demos(rooms: Path) -> list[str]:
    return [path.name for path in rooms.iterdir() if path.name.startswith("mydata-demo-")]


def inside(qtbot: QtBot, window: MainWindow) -> Shell:
    qtbot.waitUntil(lambda: window.shell is not None, timeout=WAIT)
    assert window.shell is not None
    settle(qtbot, window.shell.context)
    return window.shell


def test_from_the_first_step_and_back_to_it(
    window: MainWindow, qtbot: QtBot, rooms: Path, tmp_path: Path
) -> None:
    i18n.set_language("ko")
    window.start()
    view = window.centralWidget()
    assert isinstance(view, FirstRunView)
    qtbot.waitExposed(window)
    click(view.demo)
    gate = window.centralWidget()
    assert isinstance(gate, DemoGate)
    assert (unnamed(window), cut_off(window)) == ([], [])
    shell = inside(qtbot, window)
    assert len(demos(rooms)) == 1
    assert sessions.status(shell.context.session).records > 100
    assert shell.sample.title.text() == "견본 데이터입니다. 여기에 당신의 것은 없습니다"
    assert shell.sample.property("tone") == "warn"
    for size in ((1240, 800), (960, 640)):
        window.resize(*size)
        qtbot.wait(30)
        assert (unnamed(window), cut_off(shell.sample)) == ([], [])
    shell.go("devices")
    settle(qtbot, shell.context)
    devices = shell.page("devices")
    assert isinstance(devices, DevicesPage)
    assert (devices.sample.isVisible(), devices.start.isVisible()) == (True, False)
    assert cut_off(devices) == []
    shell.go("settings")
    page = shell.page("settings")
    assert isinstance(page, SettingsPage)
    assert page.look.isVisible()
    assert not page.backup.isVisible()  # it would outlive the demo vault
    home = shell.page("home")
    titles = [each.accessibleName() for each in home.findChildren(ActionRow)]
    assert not any("백업" in title for title in titles)
    shell.leave.setFocus(Qt.FocusReason.TabFocusReason)
    QTest.keyClick(shell.leave, Qt.Key.Key_Space)
    assert isinstance(window.centralWidget(), FirstRunView)
    qtbot.waitUntil(lambda: not demos(rooms), timeout=WAIT)
    assert settings.load().vault == ""
    assert not (tmp_path / "data").exists()


def test_from_the_empty_home_and_back_to_the_own_vault_locked(
    window: MainWindow, qtbot: QtBot, rooms: Path
) -> None:
    own, _ = sessions.create(window.folder, WORDS, cost=keys.LOWEST)
    window.enter(look_inside(own))
    home = inside(qtbot, window).page("home")
    assert isinstance(home, HomePage)
    click(home.demo)
    shell = inside(qtbot, window)
    assert shell.context.session.folder != window.folder
    assert shell.sample.title.text() == "Sample data: nothing here is yours"
    assert settings.load().vault == str(window.folder)
    window.lock()
    assert isinstance(window.centralWidget(), UnlockView)
    qtbot.waitUntil(lambda: not demos(rooms) and not window._gate_bridge.busy, timeout=WAIT)
    again = sessions.unlock(window.folder, WORDS)
    assert sessions.status(again).records == 0
    again.close()


def test_making_it_can_be_cancelled(window: MainWindow, qtbot: QtBot, rooms: Path) -> None:
    window.start()
    window.open_demo()
    gate = window.centralWidget()
    assert isinstance(gate, DemoGate)
    qtbot.waitUntil(lambda: bool(demos(rooms)), timeout=WAIT)
    click(gate.cancel)
    qtbot.waitUntil(lambda: isinstance(window.centralWidget(), FirstRunView), timeout=WAIT)
    assert demos(rooms) == []
    assert window.session is None


@pytest.mark.parametrize("half_way", [False, True])
def test_quitting_removes_it(qtbot: QtBot, tmp_path: Path, rooms: Path, half_way: bool) -> None:
    window = MainWindow(Settings(), tmp_path / "vault")
    window.start()
    window.open_demo()
    if half_way:
        qtbot.waitUntil(lambda: bool(demos(rooms)), timeout=WAIT)
    else:
        inside(qtbot, window)
    window.close()
    window.deleteLater()
    assert demos(rooms) == []


def test_the_way_in_has_room(
    window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    stretch(monkeypatch)
    window.show_first_run()
    qtbot.wait(20)
    assert (unnamed(window), cut_off(window)) == ([], [])
