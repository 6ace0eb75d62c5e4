"""Making a vault, locking it, opening it again, and everything that can be in the way."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, Qt, QUrl
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog
from pytestqt.qtbot import QtBot

from app import i18n, settings
from app.gui.main_window import MainWindow
from app.gui.style import tokens
from app.gui.viewmodels.first_run import groups_to_ask, judge
from app.gui.viewmodels.unlock import FREE_TRIES, UnlockModel
from app.gui.views.first_run import LANGUAGE, PASSPHRASE, PLACE, RECOVERY, FirstRunView
from app.gui.views.unlock import UnlockView
from app.services import session as sessions
from app.settings import Settings
from app.vault import keys
from tests.gui.checks import cut_off, stretch, unnamed
from tests.gui.conftest import WORDS
from tests.gui.test_widgets import drop

WAIT = 20_000


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data" / "vault"


@pytest.fixture
def vault(folder: Path) -> str:
    """A vault in `folder`; its recovery key."""
    made, key = sessions.create(folder, WORDS, cost=keys.LOWEST)
    made.close()
    return key


@pytest.fixture
def window(qtbot: QtBot, folder: Path) -> Iterator[MainWindow]:
    made = MainWindow(Settings(), folder)
    made.show()
    yield made
    made.close()
    made.deleteLater()


def first_run(window: MainWindow) -> FirstRunView:
    view = window.centralWidget()
    assert isinstance(view, FirstRunView)
    return view


def gate(window: MainWindow) -> UnlockView:
    view = window.centralWidget()
    assert isinstance(view, UnlockView)
    return view


def show_key(view: FirstRunView) -> None:
    """Show the last step as if a vault had just been made."""
    view.model.recovery_key = "-".join(f"AB{i:02}" for i in range(15))
    view._created(view.model.recovery_key)


def make_vault(window: MainWindow, qtbot: QtBot) -> str:
    """Walk the four steps; the recovery key."""
    view = first_run(window)
    view.next.click()
    view.next.click()
    QTest.keyClicks(view.passphrase.line, WORDS)
    QTest.keyClicks(view.again.line, WORDS)
    view.next.click()
    qtbot.waitUntil(lambda: view.step == RECOVERY, timeout=WAIT)
    key = view.model.recovery_key
    for number, line, _field in view.recovery.asked:
        QTest.keyClicks(line, key.split("-")[number - 1].lower())
    view.recovery.kept.setChecked(True)
    view.next.click()
    qtbot.waitUntil(lambda: window.shell is not None, timeout=WAIT)
    return key


def test_a_vault_is_made_locked_and_opened_again(
    window: MainWindow, qtbot: QtBot, folder: Path
) -> None:
    window.start()
    key = make_vault(window, qtbot)
    assert sessions.exists(folder)
    assert settings.load().vault == str(folder)
    window.lock()
    assert window.session is None
    view = gate(window)
    QTest.keyClicks(view.passphrase.line, WORDS)
    QTest.keyClick(view.passphrase.line, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: window.shell is not None, timeout=WAIT)
    assert key not in window.shell.context.session.folder.name  # type: ignore[union-attr]


def test_the_recovery_key_opens_and_sets_a_new_passphrase(
    window: MainWindow, qtbot: QtBot, folder: Path, vault: str
) -> None:
    window.start()
    view = gate(window)
    view._to_recovery()
    assert not view.recover.isEnabled()
    view.recovery.setText(vault.lower().replace("-", " "))
    view.new.line.setText("password")
    assert not view.recover.isEnabled()
    view.new.line.setText("a wholly new passphrase 31")
    view.recover.click()
    qtbot.waitUntil(lambda: window.shell is not None, timeout=WAIT)
    window.lock()
    view = gate(window)
    view.passphrase.line.setText("a wholly new passphrase 31")
    view.open.click()
    qtbot.waitUntil(lambda: window.shell is not None, timeout=WAIT)


def test_a_wrong_passphrase_says_so_beside_the_field(
    window: MainWindow, qtbot: QtBot, vault: str
) -> None:
    window.start()
    view = gate(window)
    view.passphrase.line.setText("not this one")
    view.open.click()
    assert not view.open.isEnabled()
    qtbot.waitUntil(lambda: bool(view.field.hint.text()), timeout=WAIT)
    assert "does not match" in view.field.hint.text()
    assert view.passphrase.line.property("wrong") is True
    assert view.open.isEnabled()
    QTest.keyClicks(view.passphrase.line, "x")
    assert not view.passphrase.line.property("wrong")


def test_guessing_gets_slower(qtbot: QtBot, window: MainWindow, vault: str, folder: Path) -> None:
    model = UnlockModel(window._gate_bridge, folder)
    waits: list[int] = []
    model.wait_changed.connect(waits.append)
    for _ in range(FREE_TRIES + 1):
        with qtbot.waitSignal(model.wrong, timeout=WAIT):
            model.unlock("wrong")
    assert waits[:1] == [2]
    qtbot.waitUntil(lambda: waits[-1] == 0, timeout=WAIT)


def test_a_vault_open_elsewhere_is_not_opened_twice(
    window: MainWindow, qtbot: QtBot, folder: Path, vault: str
) -> None:
    other = sessions.unlock(folder, WORDS)
    try:
        window.start()
        view = gate(window)
        view.passphrase.line.setText(WORDS)
        view.open.click()
        qtbot.waitUntil(view.banner.isVisible, timeout=WAIT)
        assert view.banner.code.text() == "vault-in-use"
    finally:
        other.close()


def test_a_damaged_header_is_named(
    window: MainWindow, qtbot: QtBot, folder: Path, vault: str
) -> None:
    for header in folder.glob("*.header*"):
        header.write_bytes(b"not a header")
    for header in folder.glob("header*"):
        header.write_bytes(b"not a header")
    window.start()
    view = gate(window)
    view.passphrase.line.setText(WORDS)
    view.open.click()
    qtbot.waitUntil(view.banner.isVisible, timeout=WAIT)
    assert view.banner.code.text() == "header-damaged"
    assert window.shell is None


def test_a_missing_vault_is_missed_and_never_replaced(
    qtbot: QtBot, folder: Path, vault: str
) -> None:
    shutil.rmtree(folder)
    window = MainWindow(Settings(vault=str(folder)), folder)
    window.start()
    view = gate(window)
    assert not view.banner.isHidden()
    assert view.banner.code.text() == "no-vault"
    assert not folder.exists()
    view.new_wanted.emit()
    assert first_run(window).step == PLACE
    window.close()
    window.deleteLater()


def test_weak_or_different_passphrases_do_not_go_on(window: MainWindow, qtbot: QtBot) -> None:
    window.start()
    view = first_run(window)
    view.go(PASSPHRASE)
    view.passphrase.line.setText("password1")
    view.again.line.setText("password1")
    assert not view.next.isEnabled()
    assert view.passphrase.meter.word.text()
    view.passphrase.line.setText(WORDS)
    assert not view.next.isEnabled()
    assert view.again_field.hint.text() == "The two differ."
    view.again.line.setText(WORDS)
    assert view.next.isEnabled()


def test_wrong_groups_do_not_open(window: MainWindow, qtbot: QtBot) -> None:
    window.start()
    view = first_run(window)
    show_key(view)
    view.recovery.kept.setChecked(True)
    for _number, line, _field in view.recovery.asked:
        line.setText("ZZZZ")
        assert line.property("wrong") is True
    assert not view.next.isEnabled()


def test_the_recovery_sheet_is_saved_for_the_person_alone(
    window: MainWindow, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    window.start()
    view = first_run(window)
    show_key(view)
    file = tmp_path / "key.txt"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_a: (str(file), ""))
    view.recovery.save()
    assert "AB00-AB01-AB02-AB03-AB04\n" in file.read_text(encoding="utf-8")
    assert file.stat().st_mode & 0o077 == 0


def test_another_language_is_spoken_at_once(window: MainWindow, qtbot: QtBot) -> None:
    window.start()
    assert first_run(window).heading.text() == "Welcome"
    korean = next(b for b in first_run(window).languages.buttons() if b.objectName() == "ko")
    korean.click()
    assert first_run(window).heading.text() == "환영합니다"
    assert settings.load().language == "ko"
    assert first_run(window).step == LANGUAGE


def test_look_and_language_change_under_an_open_vault(
    window: MainWindow, qtbot: QtBot, folder: Path
) -> None:
    window.start()
    make_vault(window, qtbot)
    assert window.shell is not None
    window.shell.go("import")
    settings.save(Settings(language="ko", theme="dark", vault=str(folder)))
    window.shell.context.look_changed.emit()
    assert tokens.theme() == "dark"
    assert window.shell.current == "import"
    assert window.shell.navigation.buttons["home"].accessibleName() == "홈"
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(folder))])
    assert drop(window, mime)


def turn_dark(window: MainWindow) -> None:
    """The desktop turns dark, as at sunset."""
    window.settings = Settings(theme="system")
    window._follow_system()


def test_sunset_does_not_take_the_recovery_key_away(
    window: MainWindow, qtbot: QtBot, folder: Path
) -> None:
    window.start()
    view = first_run(window)
    view.go(PASSPHRASE)
    view.passphrase.line.setText(WORDS)
    turn_dark(window)
    assert first_run(window).passphrase.text() == WORDS
    view.model.create(WORDS)
    qtbot.waitUntil(lambda: view.step == RECOVERY, timeout=WAIT)
    turn_dark(window)
    assert first_run(window).step == RECOVERY
    assert first_run(window).model.recovery_key


def test_sunset_does_not_lose_a_vault_that_is_being_opened(
    window: MainWindow, qtbot: QtBot, vault: str
) -> None:
    window.start()
    gate(window).passphrase.line.setText(WORDS)
    gate(window).open.click()
    turn_dark(window)
    qtbot.waitUntil(lambda: window.shell is not None, timeout=WAIT)


def test_closing_half_way_closes_the_vault(qtbot: QtBot, folder: Path) -> None:
    window = MainWindow(Settings(), folder)
    window.start()
    view = first_run(window)
    view.model.create(WORDS)
    qtbot.waitUntil(lambda: bool(view.model.recovery_key), timeout=WAIT)
    window.close()
    window.deleteLater()
    sessions.unlock(folder, WORDS).close()


@pytest.mark.parametrize("locked", [False, True])
def test_leaving_in_the_middle_leaves_no_vault_open(
    qtbot: QtBot, folder: Path, vault: str, locked: bool
) -> None:
    window = MainWindow(Settings(), folder)
    window.start()
    view = gate(window)
    view.passphrase.line.setText(WORDS)
    view.open.click()
    if locked:
        qtbot.waitUntil(lambda: window.shell is not None, timeout=WAIT)
        window.lock()
    window.close()
    window.deleteLater()
    sessions.unlock(folder, WORDS).close()


@pytest.mark.parametrize("name", ["Dropbox", "OneDrive - Work", "Google Drive", "Nextcloud"])
def test_a_synced_folder_is_no_place_for_a_vault(tmp_path: Path, name: str) -> None:
    assert not judge(tmp_path / name / "vault").usable


def test_places_are_judged(tmp_path: Path) -> None:
    assert judge(tmp_path / "new" / "deep").usable
    assert judge(tmp_path).usable
    (tmp_path / "something").write_text("x")
    assert not judge(tmp_path).usable


def test_the_groups_asked_are_two_different_ones() -> None:
    for number in range(50):
        key = "-".join(f"{chr(65 + number % 26)}{i:03}" for i in range(15))
        first, second = groups_to_ask(key)
        assert 1 <= first <= 7 < second <= 15


@pytest.mark.parametrize("stretched", [False, True])
def test_every_step_has_names_and_room(
    window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, stretched: bool, vault: str
) -> None:
    if stretched:
        stretch(monkeypatch)
    window.show_first_run()
    view = first_run(window)
    show_key(view)
    for step in (LANGUAGE, PLACE, PASSPHRASE, RECOVERY):
        view.go(step)
        qtbot.wait(20)
        assert unnamed(window) == []
        assert cut_off(window) == []
    locked = window.show_unlock()
    for form in (0, 1):
        locked._show(form)
        qtbot.wait(20)
        assert unnamed(window) == []
        assert cut_off(window) == []


def test_tab_walks_the_unlock_form(window: MainWindow, qtbot: QtBot, vault: str) -> None:
    window.start()
    view = gate(window)
    qtbot.waitExposed(window)
    window.activateWindow()
    qtbot.waitUntil(view.passphrase.line.hasFocus)
    QTest.keyClick(view.passphrase.line, Qt.Key.Key_Tab)
    assert view.passphrase.eye.hasFocus()
    QTest.keyClick(view.passphrase.eye, Qt.Key.Key_Tab)
    assert view.open.hasFocus()
    assert view.open.property("ring") is True


def test_korean_is_a_first_language(window: MainWindow, qtbot: QtBot, qapp: QApplication) -> None:
    i18n.set_language("ko")
    window.start()
    assert first_run(window).next.text() == "다음(&N)"
    assert first_run(window).next.accessibleName() == "다음"
