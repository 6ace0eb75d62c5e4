"""A vault from a cloud folder at the gate, and the offer where the vault itself cannot lie."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app import i18n, paths
from app.gui.main_window import MainWindow
from app.gui.viewmodels.first_run import judge
from app.gui.views.first_run import LANGUAGE, PLACE, FirstRunView
from app.gui.views.join import JoinView
from app.gui.views.unlock import UnlockView
from app.jobs import JobContext
from app.services import cloud
from app.services import session as sessions
from app.settings import Settings
from app.vault import keys
from tests.gui.checks import cut_off, stretch, unnamed
from tests.gui.conftest import WORDS
from tests.gui.life import click, fill, spending
from tests.gui.test_gate import first_run, make_vault
from tests.gui.two_people import answer

WAIT = 20_000
NEW = "velvet harbour quince meadow"


class Elsewhere(NamedTuple):
    """A vault of another computer: the cloud folder, and the recovery key."""

    folder: Path
    recovery_key: str


@pytest.fixture
def elsewhere(own_home: Path, tmp_path: Path) -> Elsewhere:
    folder = own_home / "Dropbox" / "My vault"
    folder.mkdir(parents=True)
    session, key = sessions.create(tmp_path / "elsewhere", WORDS, cost=keys.LOWEST)
    fill(session, spending(40))
    cloud.set_folder(session, folder)
    session.close()
    return Elsewhere(folder, key)


@pytest.fixture
def win(qtbot: QtBot, own_home: Path) -> Iterator[MainWindow]:
    made = MainWindow(Settings(), paths.vault_folder())
    made.show()
    made.start()
    yield made
    made.close()
    made.deleteLater()


def to_join(qtbot: QtBot, win: MainWindow) -> JoinView:
    click(first_run(win).join)
    return joining(qtbot, win)


def joining(qtbot: QtBot, win: MainWindow) -> JoinView:
    view = win.centralWidget()
    assert isinstance(view, JoinView)
    qtbot.waitUntil(lambda: not win._gate_bridge.busy, timeout=WAIT)
    return view


def entered(qtbot: QtBot, win: MainWindow) -> int:
    """Wait for the open vault; how many records it has."""
    qtbot.waitUntil(lambda: win.shell is not None, timeout=WAIT)
    assert win.session is not None
    return sessions.status(win.session).records


def test_the_found_copy_opens_with_its_passphrase(
    qtbot: QtBot, win: MainWindow, elsewhere: Elsewhere
) -> None:
    view = to_join(qtbot, win)
    assert view.chosen.full_text() == str(elsewhere.folder)
    assert not view.join.isEnabled()
    QTest.keyClicks(view.passphrase.line, "not this one")
    click(view.join)
    qtbot.waitUntil(lambda: "does not match" in view.field.hint.text(), timeout=WAIT)
    assert view.passphrase.line.property("wrong") is True
    assert not paths.vault_folder().exists()
    view.passphrase.line.clear()
    QTest.keyClicks(view.passphrase.line, WORDS)
    QTest.keyClick(view.passphrase.line, Qt.Key.Key_Return)
    assert entered(qtbot, win) == 40
    assert win.folder == paths.vault_folder()
    assert win.session is not None
    assert cloud.folder_of(win.session) == str(elsewhere.folder)


def test_the_recovery_key_opens_it_with_a_new_passphrase(
    qtbot: QtBot, win: MainWindow, elsewhere: Elsewhere
) -> None:
    view = to_join(qtbot, win)
    click(view.to_recovery)
    view.recovery.setText("AAAA-BBBB")
    view.new.line.setText(NEW)
    click(view.join)
    qtbot.waitUntil(lambda: bool(view.recovery_field.hint.text()), timeout=WAIT)
    view.recovery.setText(elsewhere.recovery_key.lower())
    view.new.line.setText("password")
    assert not view.join.isEnabled()
    view.new.line.setText(NEW)
    click(view.join)
    assert entered(qtbot, win) == 40
    win.lock()
    qtbot.waitUntil(lambda: not win._gate_bridge.busy, timeout=WAIT)
    sessions.unlock(paths.vault_folder(), NEW).close()


def test_a_folder_without_a_copy_is_said_beside_it(
    qtbot: QtBot, win: MainWindow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    view = to_join(qtbot, win)
    assert view.found.isHidden()
    answer(monkeypatch, tmp_path)
    click(view.choose)
    QTest.keyClicks(view.passphrase.line, WORDS)
    click(view.join)
    qtbot.waitUntil(lambda: "no encrypted copy" in view.folder_field.hint.text(), timeout=WAIT)
    assert view.banner.isHidden()
    assert view.join.isEnabled()


def test_pointing_at_the_inner_folder_is_as_good(
    qtbot: QtBot, win: MainWindow, elsewhere: Elsewhere, monkeypatch: pytest.MonkeyPatch
) -> None:
    view = to_join(qtbot, win)
    (inner,) = elsewhere.folder.glob("mydata-*")
    answer(monkeypatch, inner)
    click(view.choose)
    QTest.keyClicks(view.passphrase.line, WORDS)
    click(view.join)
    assert entered(qtbot, win) == 40


def test_joining_is_cancelled_and_leaves_nothing(
    qtbot: QtBot, win: MainWindow, elsewhere: Elsewhere
) -> None:
    view = to_join(qtbot, win)
    go_on = threading.Event()

    def hold(_job: JobContext) -> None:
        go_on.wait(30)

    win._runner.write(hold)
    QTest.keyClicks(view.passphrase.line, WORDS)
    click(view.join)
    assert view.under_way.isVisible()
    assert not view.back.isEnabled()
    qtbot.wait(20)
    assert cut_off(win) == []
    QTest.keyClick(view, Qt.Key.Key_Escape)
    go_on.set()
    qtbot.waitUntil(view.under_way.isHidden, timeout=WAIT)
    assert view.join.isEnabled()
    assert not paths.vault_folder().exists()
    assert list(paths.vault_folder().parent.glob("*.new-*")) == []
    QTest.keyClick(view, Qt.Key.Key_Escape)
    assert first_run(win).step == LANGUAGE


def test_a_missing_vault_can_be_opened_from_its_folder(
    qtbot: QtBot, elsewhere: Elsewhere, tmp_path: Path
) -> None:
    gone = tmp_path / "gone"
    win = MainWindow(Settings(vault=str(gone)), gone)
    win.show()
    win.start()
    view = win.centralWidget()
    assert isinstance(view, UnlockView)
    click(view.join)
    again = joining(qtbot, win)
    QTest.keyClicks(again.passphrase.line, WORDS)
    click(again.join)
    assert entered(qtbot, win) == 40
    assert win.folder == gone
    win.close()
    win.deleteLater()


def test_a_place_a_service_carries_offers_to_hold_the_copy(
    qtbot: QtBot, win: MainWindow, own_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    carried = own_home / "synced"
    (carried / ".stfolder").mkdir(parents=True)
    assert judge(carried / "vault").carried
    view = first_run(win)
    view.go(PLACE)
    answer(monkeypatch, carried)
    view._choose_folder()
    assert not view.next.isEnabled()
    assert view.here.isVisible()
    click(view.here)
    assert view.verdict.text().endswith("goes to: synced")
    assert view.here.isHidden()
    view.go(LANGUAGE)
    make_vault(win, qtbot)
    assert win.folder == paths.vault_folder()
    assert win.session is not None
    assert cloud.folder_of(win.session) == str(carried)
    assert list(carried.glob("mydata-*/dev/*/seg-*"))


@pytest.mark.parametrize("language", ["en", "ko", "longer"])
def test_the_form_has_names_and_room(
    qtbot: QtBot,
    win: MainWindow,
    elsewhere: Elsewhere,
    monkeypatch: pytest.MonkeyPatch,
    language: str,
) -> None:
    i18n.set_language(language if language != "longer" else "en")
    if language == "longer":
        stretch(monkeypatch)
    win.show_join()
    view = joining(qtbot, win)
    for form in (0, 1):
        view._show_keys(form)
        for width, height in ((1240, 800), (960, 640)):
            win.resize(width, height)
            qtbot.wait(20)
            assert (unnamed(win), cut_off(win)) == ([], [])
    assert (view.heading.text() == "클라우드 폴더에서 금고 열기") == (language == "ko")
    win.show_first_run(PLACE)
    place = win.centralWidget()
    assert isinstance(place, FirstRunView)
    place.model.folder = elsewhere.folder / "vault"
    place._enter_place()
    qtbot.wait(20)
    assert (unnamed(win), cut_off(win)) == ([], [])
