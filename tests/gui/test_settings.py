"""Settings: look, passphrase, backups."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QScrollArea
from pytestqt.qtbot import QtBot

from app import settings as preferences
from app.gui.context import PageContext
from app.gui.main_window import MainWindow
from app.gui.shell import Shell
from app.gui.style import tokens
from app.gui.viewmodels.unlock import look_inside
from app.gui.views.settings import SettingsPage
from app.services import keeping
from app.services import session as sessions
from app.settings import Settings
from app.vault import backup, keys
from tests.gui.checks import cut_off, stretch, unnamed
from tests.gui.conftest import WORDS
from tests.gui.life import click, fill, settle, spending, window
from tests.gui.two_people import answer, context_of

NEW = "velvet harbour quince meadow"


class Kept(NamedTuple):
    context: PageContext
    recovery_key: str


@pytest.fixture
def kept(qtbot: QtBot, tmp_path: Path) -> Iterator[Kept]:
    """An open vault whose recovery key is known."""
    session, key = sessions.create(tmp_path / "kept", WORDS, cost=keys.LOWEST)
    fill(session, spending(50))
    with context_of(session) as context:
        yield Kept(context, key)
    session.close()


def opened(qtbot: QtBot, context: PageContext) -> tuple[Shell, SettingsPage]:
    shell = window(qtbot, context, "settings")
    page = shell.page("settings")
    assert isinstance(page, SettingsPage)
    qtbot.wait(20)
    return shell, page


def test_look_and_language_are_kept_and_in_force(qtbot: QtBot, kept: Kept, tmp_path: Path) -> None:
    win = MainWindow(Settings(language="en", theme="light"), tmp_path / "kept")
    win.enter(look_inside(kept.context.session))
    win.show()
    page = win.shell.page("settings")  # type: ignore[union-attr]
    assert isinstance(page, SettingsPage)
    win.shell.go("settings")  # type: ignore[union-attr]
    page.look.theme.choose("dark")
    assert tokens.theme() == "dark"
    assert preferences.load().theme == "dark"
    page = win.shell.page("settings")  # type: ignore[union-attr]
    assert isinstance(page, SettingsPage)
    page.look.language.choose("ko")
    page = win.shell.page("settings")  # type: ignore[union-attr]
    assert page.header.title.text() == "설정과 백업"
    assert isinstance(page, SettingsPage)
    page.look.scale.choose("125")
    assert tokens.px(100) == 125
    assert preferences.load() == Settings("ko", "dark", 125, str(tmp_path / "kept"))
    win.close()
    win.deleteLater()


def test_the_present_passphrase_is_asked_for(qtbot: QtBot, kept: Kept, tmp_path: Path) -> None:
    _, page = opened(qtbot, kept.context)
    card = page.passphrase
    QTest.keyClicks(card.new.line, NEW)
    QTest.keyClicks(card.again.line, NEW)
    assert not card.change.isEnabled()
    QTest.keyClicks(card.current.line, "not that one")
    assert card.change.isEnabled()
    click(card.change)
    settle(qtbot, kept.context, lambda: "does not match" in card.current_field.hint.text())
    assert page.banner.isHidden()
    card.current.line.clear()
    QTest.keyClicks(card.current.line, WORDS)
    click(card.change)
    settle(qtbot, kept.context, lambda: card.new.text() == "")
    kept.context.session.close()
    sessions.unlock(tmp_path / "kept", NEW).close()


def test_a_weak_or_mistyped_passphrase_is_not_taken(qtbot: QtBot, kept: Kept) -> None:
    _, page = opened(qtbot, kept.context)
    card = page.passphrase
    QTest.keyClicks(card.current.line, WORDS)
    QTest.keyClicks(card.new.line, "password")
    QTest.keyClicks(card.again.line, "password")
    assert not card.change.isEnabled()
    card.new.line.setText(NEW)
    assert card.again_field.hint.text() == "The two differ."
    assert not card.change.isEnabled()


def test_a_backup_is_made_and_put_back_on_trial(
    qtbot: QtBot, kept: Kept, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, page = opened(qtbot, kept.context)
    card = page.backup
    assert (card.pill.text(), card.pill.property("pill")) == ("None yet", "bad")
    assert card.trial.isHidden()
    disk = tmp_path / "disk"
    disk.mkdir()
    answer(monkeypatch, disk)
    click(card.now)
    settle(qtbot, kept.context, lambda: card.pill.text() == "Up to date")
    assert card.pill.property("pill") == "good"
    assert [made.records for made in backup.every(disk)] == [50]
    qtbot.wait(20)
    QTest.keyClicks(card.key, "AAAA-BBBB")
    click(card.rehearse)
    settle(qtbot, kept.context, page.banner.isVisible)
    assert keeping.health(kept.context.session).last.rehearsed == ""
    card.key.clear()
    QTest.keyClicks(card.key, kept.recovery_key)
    click(card.rehearse)
    settle(qtbot, kept.context, lambda: "Put back on trial" in card.rehearsed.text())
    assert card.key.text() == ""


def test_help_shows_the_keys_and_locking_locks(qtbot: QtBot, kept: Kept) -> None:
    shell, page = opened(qtbot, kept.context)
    shell.resize(960, 640)
    qtbot.wait(20)
    QTest.keyClick(shell, Qt.Key.Key_F1)
    area = page.findChildren(QScrollArea)[0]
    qtbot.waitUntil(lambda: area.verticalScrollBar().value() > 0)
    with qtbot.waitSignal(kept.context.lock_wanted):
        page.vault.lock.click()


def test_the_page_keeps_its_room(
    qtbot: QtBot, kept: Kept, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keeping.back_up(kept.context.session, tmp_path / "disk")
    stretch(monkeypatch)
    shell, page = opened(qtbot, kept.context)
    page.passphrase.new.line.setText("weak")
    for width, height in ((1240, 800), (960, 640)):
        shell.resize(width, height)
        qtbot.wait(30)
        assert (unnamed(shell), cut_off(page)) == ([], [])
