"""Asking for the passphrase again, new keys for the whole vault, and the minutes until it locks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from app import settings
from app.errors import CannotUnlock
from app.gui.closing import close_all_but
from app.gui.context import PageContext
from app.gui.viewmodels.settings import SettingsModel
from app.gui.views.confirm import ConfirmDialog, confirm_passphrase
from app.gui.views.settings_lock import LockCard, NewKeysDialog
from app.services import session as sessions
from app.vault import recovery
from tests.gui.checks import cut_off, stretch, unnamed
from tests.gui.conftest import WORDS
from tests.gui.life import fill, settle, spending

WAIT = 30_000
NEW = "copper lantern winter 88"


class Asker(QWidget):
    """Something that must not be done by whoever sits down here."""

    def __init__(self) -> None:
        super().__init__()
        self.done = 0

    def act(self) -> None:
        self.done += 1


@pytest.fixture
def asker(qtbot: QtBot) -> Asker:
    made = Asker()
    qtbot.addWidget(made)
    made.show()
    return made


def stale(context: PageContext) -> None:
    """Let the time pass in which the passphrase need not be typed again."""
    context.session._confirmed = float("-inf")


def ask(context: PageContext, asker: Asker) -> ConfirmDialog:
    stale(context)
    dialog = confirm_passphrase(context, asker, "Because it matters.", asker.act)
    assert dialog is not None
    return dialog


def test_just_after_unlocking_nothing_is_asked(context: PageContext, asker: Asker) -> None:
    assert confirm_passphrase(context, asker, "Because it matters.", asker.act) is None
    assert asker.done == 1


def test_the_right_passphrase_goes_on_and_holds_for_a_while(
    qtbot: QtBot, context: PageContext, asker: Asker
) -> None:
    dialog = ask(context, asker)
    assert asker.done == 0
    QTest.keyClicks(dialog.passphrase.line, WORDS)
    QTest.keyClick(dialog.passphrase.line, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: asker.done == 1, timeout=WAIT)
    assert confirm_passphrase(context, asker, "Because it matters.", asker.act) is None
    assert asker.done == 2


def test_a_wrong_passphrase_and_a_cancel_do_nothing(
    qtbot: QtBot, context: PageContext, asker: Asker
) -> None:
    dialog = ask(context, asker)
    QTest.keyClicks(dialog.passphrase.line, "not this one")
    dialog.confirm.click()
    qtbot.waitUntil(lambda: "does not match" in dialog.field.hint.text(), timeout=WAIT)
    assert dialog.isVisible()
    qtbot.waitUntil(lambda: cut_off(dialog) == [], timeout=WAIT)
    assert dialog.passphrase.line.height() >= dialog.passphrase.line.minimumHeight()
    assert dialog.field.hint.geometry().bottom() <= dialog.field.rect().bottom()
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    assert asker.done == 0
    assert not context.session.confirmed


def test_the_lock_closes_the_question(context: PageContext, asker: Asker) -> None:
    dialog = ask(context, asker)
    close_all_but(asker)
    assert not dialog.isVisible()
    assert asker.done == 0


# --- Keys and minutes ---------------------------------------------------------------------------


@pytest.fixture
def card(qtbot: QtBot, context: PageContext) -> LockCard:
    made = LockCard(context, SettingsModel(context, context))
    qtbot.addWidget(made)
    made.show()
    return made


def test_the_minutes_are_kept_and_nonsense_is_not(card: LockCard) -> None:
    assert card.idle.value() == str(settings.IDLE_MINUTES)
    card.idle.choose("0")
    assert settings.load().idle == 0
    card.idle.choose("30")
    assert settings.load().idle == 30
    for nonsense in (-1, 100_000):
        settings.save(settings.Settings(idle=nonsense))
        assert settings.load().idle == settings.IDLE_MINUTES


def test_new_keys_come_with_a_new_recovery_key_that_has_to_be_kept(
    qtbot: QtBot, context: PageContext, card: LockCard
) -> None:
    session = context.session
    fill(session, spending())
    before = sessions.status(session).records
    card.keys.click()
    dialog = card._dialog
    assert isinstance(dialog, NewKeysDialog)
    assert not dialog.go_on.isEnabled()
    dialog.new.line.setText(NEW)
    dialog.again.line.setText(NEW)
    dialog.go_on.click()
    dialog.reject()
    assert dialog.isVisible()
    qtbot.waitUntil(lambda: dialog.made, timeout=WAIT)
    key = dialog.recovery.sheet.key
    assert dialog.recovery.sheet.vault_id == session.vault.vault_id
    dialog.reject()
    assert dialog.isVisible()
    assert not dialog.go_on.isEnabled()
    for number, line, _field in dialog.recovery.asked:
        QTest.keyClicks(line, recovery.group(key, number))
    dialog.recovery.kept.click()
    dialog.go_on.click()
    folder = session.folder
    session.close()
    with pytest.raises(CannotUnlock):
        sessions.unlock(folder, WORDS)
    opened = sessions.unlock(folder, NEW)
    assert sessions.status(opened).records == before
    opened.close()
    sessions.recover(folder, key, WORDS).close()


def test_new_keys_are_not_for_whoever_sits_down_here(
    qtbot: QtBot, context: PageContext, card: LockCard
) -> None:
    stale(context)
    card.keys.click()
    assert isinstance(card._dialog, ConfirmDialog)
    card._dialog.reject()


@pytest.mark.parametrize("stretched", [False, True])
def test_they_have_names_and_room(
    qtbot: QtBot,
    context: PageContext,
    asker: Asker,
    monkeypatch: pytest.MonkeyPatch,
    stretched: bool,
) -> None:
    if stretched:
        stretch(monkeypatch)
    makers: list[Callable[[], QWidget]] = [
        lambda: ask(context, asker),
        lambda: NewKeysDialog(context, asker),
        lambda: LockCard(context, SettingsModel(context, context)),
    ]
    for make in makers:
        made = make()
        qtbot.addWidget(made)
        made.show()
        settle(qtbot, context)
        assert unnamed(made) == []
        assert cut_off(made) == []
        made.hide()


def test_the_passphrase_is_checked_without_opening_the_vault_again(
    context: PageContext, tmp_path: Path
) -> None:
    with pytest.raises(CannotUnlock):
        sessions.confirm_passphrase(context.session, "not this one")
    sessions.confirm_passphrase(context.session, WORDS)
    assert context.session.confirmed
