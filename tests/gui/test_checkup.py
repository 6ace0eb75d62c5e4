"""Check-up: what stands well, what does not, and the way out of a damaged vault."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app import crash, i18n, paths
from app.errors import VaultDamaged
from app.gui.context import PageContext
from app.gui.main_window import MainWindow
from app.gui.shell import Shell
from app.gui.viewmodels.unlock import look_inside
from app.gui.views.checkup import CheckupPage
from app.gui.views.join import JoinView
from app.gui.views.settings import SettingsPage
from app.gui.views.unlock import UnlockView
from app.gui.views.way_back import AGAIN, RESTORE, SALVAGE, WayBackView
from app.gui.widgets.buttons import Button
from app.services import checkup, importing, keeping, network
from app.services import session as sessions
from app.services.session import Session
from app.settings import Settings
from app.vault import documents, header, keys, ledger
from tests.gui.checks import cut_off, stretch, unnamed
from tests.gui.conftest import WORDS
from tests.gui.life import MIDATA, click, fill, settle, spending, window, write
from tests.gui.two_people import answer, context_of

WAIT = 60_000


@pytest.fixture
def kept(qtbot: QtBot, tmp_path: Path) -> Iterator[tuple[PageContext, str]]:
    """An open vault and its recovery key."""
    session, key = sessions.create(tmp_path / "kept", WORDS, cost=keys.LOWEST)
    fill(session, spending(50))
    with context_of(session) as context:
        yield context, key
    session.close()


def opened(qtbot: QtBot, context: PageContext) -> tuple[Shell, CheckupPage]:
    shell = window(qtbot, context, "checkup")
    page = shell.page("checkup")
    assert isinstance(page, CheckupPage)
    settle(qtbot, context, lambda: bool(page.lines))
    return shell, page


def states(session: Session) -> dict[str, str]:
    return {line.code: line.state for line in checkup.lines(session)}


def spoil(folder: Path) -> None:
    """Overwrite pages in the middle of the data file."""
    data = folder / header.read(folder).database.file
    with data.open("r+b") as file:
        file.seek(data.stat().st_size // 3 // 4096 * 4096)
        file.write(b"\xa5" * 4096 * 6)


def backed_up(session: Session, folder: Path, days: int) -> None:
    """A real backup, remembered as `days` old."""
    keeping.back_up(session, folder)
    last = keeping.health(session).last
    made = (datetime.now(UTC) - timedelta(days=days)).isoformat()
    body = msgspec.json.encode(msgspec.structs.replace(last, made=made))
    with session.vault.write() as transaction:
        documents.put(transaction, "backup", "last", body)


@pytest.mark.parametrize(
    ("days", "code", "state"),
    [(6, "good", "good"), (8, "due", "warn"), (31, "overdue", "bad")],
)
def test_a_backup_grows_old_in_colours(
    session: Session, tmp_path: Path, days: int, code: str, state: str
) -> None:
    backed_up(session, tmp_path / "disk", days)
    assert states(session)[f"backup-{code}"] == state


def test_a_new_vault_says_what_is_missing(qtbot: QtBot, kept: tuple[PageContext, str]) -> None:
    shell, page = opened(qtbot, kept[0])
    lines = page.lines
    assert lines["backup"].said.tone == "bad"
    assert lines["backup"].pill.text() == "Act now"
    assert lines["network"].text.text() == "This app has never connected to the internet."
    for topic in ("header", "ledger", "originals", "ending", "keys", "crashes"):
        assert lines[topic].pill.text() == "Good"
    assert page.pill.text() == "4 things to do"
    click(lines["backup"].button)
    assert isinstance(shell.stack.currentWidget(), SettingsPage)


def test_everything_is_checked_and_remembered(qtbot: QtBot, kept: tuple[PageContext, str]) -> None:
    context, _ = kept
    _, page = opened(qtbot, context)
    assert page.lines["check"].said.tone == "warn"
    page.deep.setFocus(Qt.FocusReason.TabFocusReason)
    QTest.keyClick(page.deep, Qt.Key.Key_Space)
    assert page.under.isVisible()
    assert not page.quick.isEnabled()
    settle(qtbot, context, lambda: page.lines["check"].said.tone == "good")
    assert page.under.isHidden()
    context.session.looked = None
    assert states(context.session)["check-good"] == "good"


def test_a_check_can_be_cancelled(qtbot: QtBot, kept: tuple[PageContext, str]) -> None:
    context, _ = kept
    fill(context.session, spending(6_000), name="b")
    _, page = opened(qtbot, context)
    click(page.deep)
    click(page.under.cancel)
    settle(qtbot, context, page.quick.isEnabled)
    assert page.under.isHidden()
    assert page.banner.isHidden()


def test_damage_is_found_and_leads_to_the_way_back(
    qtbot: QtBot, kept: tuple[PageContext, str]
) -> None:
    context, _ = kept
    with context.session.vault.write() as transaction:
        transaction.execute("UPDATE record SET content = zeroblob(16)")
    shell, page = opened(qtbot, context)
    click(page.deep)
    settle(qtbot, context, lambda: page.lines["check"].said.tone == "bad")
    assert page.banner.isVisible()
    assert page.lines["check"].said.details == (
        "A record does not match its own check value. (50)",
    )
    assert (unnamed(shell), cut_off(page)) == ([], [])
    checkup.look(context.session, deep=False)
    assert states(context.session)["check-damaged"] == "bad"
    with qtbot.waitSignal(context.way_back_wanted):
        click(page.lines["check"].button)


def test_home_that_cannot_be_read_shows_the_way_back(
    qtbot: QtBot, kept: tuple[PageContext, str]
) -> None:
    context, _ = kept
    shell = window(qtbot, context, "home")
    home = shell.page("home")
    home.show_error(VaultDamaged("data-damaged", "The vault's data file is damaged."))
    (button,) = (b for b in home.banner.findChildren(Button) if b.text() == "The way back")
    with qtbot.waitSignal(context.way_back_wanted):
        click(button)


def test_the_recovery_key_is_typed_again(qtbot: QtBot, kept: tuple[PageContext, str]) -> None:
    context, key = kept
    _, page = opened(qtbot, context)
    click(page.lines["recovery"].button)
    QTest.keyClicks(page.recovery.key, "AAAA-BBBB")
    click(page.recovery.confirm)
    settle(qtbot, context, lambda: page.recovery.field.hint.property("tone") == "bad")
    page.recovery.key.clear()
    QTest.keyClicks(page.recovery.key, key)
    QTest.keyClick(page.recovery.key, Qt.Key.Key_Return)
    settle(qtbot, context, lambda: page.lines["recovery"].said.tone == "good")
    assert page.recovery.isHidden()
    assert page.recovery.key.text() == ""


def test_a_recovery_key_half_typed_does_not_stay(
    qtbot: QtBot, kept: tuple[PageContext, str]
) -> None:
    context, key = kept
    shell, page = opened(qtbot, context)
    for leave in (page.back, lambda: shell.go("home")):
        shell.go("checkup")
        page.recovery.ask()
        QTest.keyClicks(page.recovery.key, key)
        leave()
        assert page.recovery.isHidden()
        assert page.recovery.key.text() == ""


def test_what_lies_around_the_vault_is_looked_at(session: Session) -> None:
    copy = session.folder / header.COPIES[1]
    copy.write_bytes(b"something else")
    folder = paths.state_folder() / crash.FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "fault-20260101T000000Z-1.txt").write_text("ValueError\n", encoding="utf-8")
    found = states(session)
    assert found["header-differ"] == "warn"
    assert found["crashes-some"] == "warn"
    checkup.mend_headers(session)
    assert states(session)["header-good"] == "good"


def test_the_network_is_closed_and_stays_so(qtbot: QtBot, kept: tuple[PageContext, str]) -> None:
    context, _ = kept
    _, page = opened(qtbot, context)
    page.network.offline.setFocus(Qt.FocusReason.TabFocusReason)
    QTest.keyClick(page.network.offline, Qt.Key.Key_Space)
    settle(qtbot, context, lambda: network.network(context.session).offline)
    page.shown(None)
    settle(qtbot, context)
    assert page.network.offline.isChecked()


def test_a_kept_file_that_is_gone_is_missed(session: Session, tmp_path: Path) -> None:
    importing.import_paths(session, [write(tmp_path, "statement.csv", MIDATA)])
    assert states(session)["originals-good"] == "good"
    (blob,) = (session.folder / "blobs").rglob("*.mdb")
    blob.unlink()
    assert states(session)["originals-missing"] == "bad"


def test_a_rehearsal_is_a_confirmation_of_the_key(
    kept: tuple[PageContext, str], tmp_path: Path
) -> None:
    context, key = kept
    keeping.back_up(context.session, tmp_path / "disk")
    assert states(context.session)["recovery-never"] == "warn"
    keeping.rehearse(context.session, key)
    found = states(context.session)
    assert (found["rehearsal-good"], found["recovery-good"]) == ("good", "good")


def test_a_broken_chain_is_bad(session: Session) -> None:
    with session.vault.write() as transaction:
        ledger.append(transaction, "share", {"to": "nobody"})
        with ledger._unlocked(transaction, "ledger_keeps"):
            transaction.execute("UPDATE ledger SET hash = zeroblob(32)")
    assert states(session)["ledger-broken"] == "bad"


@pytest.mark.parametrize("language", ["ko", "long"])
def test_the_page_keeps_its_room(
    qtbot: QtBot, kept: tuple[PageContext, str], monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    i18n.set_language("ko")
    if language == "long":
        stretch(monkeypatch)
    shell, page = opened(qtbot, kept[0])
    click(page.lines["recovery"].button)
    for width, height in ((1240, 800), (960, 640)):
        shell.resize(width, height)
        qtbot.wait(30)
        assert (unnamed(shell), cut_off(page)) == ([], [])


# -- the way back


@pytest.fixture
def damaged(tmp_path: Path) -> Path:
    """A locked vault with damage in the middle of its file, and a backup beside it."""
    session, _ = sessions.create(tmp_path / "kept", WORDS, cost=keys.LOWEST)
    fill(session, spending(2_000))
    keeping.back_up(session, tmp_path / "disk")
    session.close()
    spoil(tmp_path / "kept")
    return tmp_path / "kept"


@pytest.fixture
def gate(qtbot: QtBot, damaged: Path) -> Iterator[MainWindow]:
    made = MainWindow(Settings(vault=str(damaged)), damaged)
    made.resize(960, 640)
    made.show()
    yield made
    made.close()
    made.deleteLater()


def steps(window: MainWindow) -> WayBackView:
    view = window.centralWidget()
    assert isinstance(view, WayBackView)
    return view


def test_the_newest_backup_is_put_back(
    qtbot: QtBot, gate: MainWindow, damaged: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = {path: path.read_bytes() for path in damaged.glob("*.db")}
    with qtbot.waitActive(gate):
        gate.activateWindow()
    view = gate.show_way_back()
    assert view.step == RESTORE
    qtbot.waitUntil(view.secret.line.hasFocus, timeout=WAIT)
    answer(monkeypatch, damaged.parent / "disk")
    click(view.choose)
    assert not view.begin.isEnabled()
    QTest.keyClicks(view.secret.line, "not that one")
    click(view.begin)
    qtbot.waitUntil(view.banner.isVisible, timeout=WAIT)
    view.secret.line.clear()
    QTest.keyClicks(view.secret.line, WORDS)
    QTest.keyClick(view.secret.line, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: view.step == AGAIN, timeout=WAIT)
    assert {path: path.read_bytes() for path in damaged.glob("*.db")} == before
    click(view.open)
    assert isinstance(gate.centralWidget(), UnlockView)
    assert gate.folder == damaged.with_name("kept-restored")
    again = sessions.unlock(gate.folder, WORDS)
    assert sessions.status(again).records == 2_000
    again.close()


def test_what_can_be_read_is_salvaged(
    qtbot: QtBot, gate: MainWindow, damaged: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    view = gate.show_way_back(damaged.parent / "disk")
    click(view.other)
    assert view.step == SALVAGE
    QTest.keyClicks(view.secret.line, WORDS)
    click(view.begin)
    qtbot.waitUntil(lambda: view.step == AGAIN or view.banner.isVisible(), timeout=WAIT)
    assert view.banner.code.text() == ""
    again = sessions.unlock(damaged.with_name("kept-restored"), WORDS)
    assert sessions.status(again).records == 2_000
    again.close()


def test_the_gate_shows_the_way_back(qtbot: QtBot, gate: MainWindow, damaged: Path) -> None:
    for name in header.COPIES:
        (damaged / name).write_bytes(b"not a header")
    gate.start()
    view = gate.centralWidget()
    assert isinstance(view, UnlockView)
    QTest.keyClicks(view.passphrase.line, WORDS)
    click(view.open)
    qtbot.waitUntil(view.banner.isVisible, timeout=WAIT)
    assert (unnamed(gate), cut_off(view)) == ([], [])
    click(view.way_back)
    click(steps(gate).leave)
    view = gate.centralWidget()
    assert isinstance(view, UnlockView)
    gate.show_way_back()
    click(steps(gate).join)  # a copy in a cloud folder is a way back too
    assert isinstance(gate.centralWidget(), JoinView)


def test_from_the_check_up_the_damaged_vault_is_locked_first(qtbot: QtBot, tmp_path: Path) -> None:
    session, _ = sessions.create(tmp_path / "own", WORDS, cost=keys.LOWEST)
    keeping.back_up(session, tmp_path / "disk")
    made = MainWindow(Settings(), tmp_path / "own")
    made.enter(look_inside(session))
    assert made.shell is not None
    made.shell.context.find_way_back()
    assert made.session is None
    assert steps(made).model.backups == tmp_path / "disk"
    made.close()
    made.deleteLater()


@pytest.mark.parametrize("language", ["ko", "long"])
def test_the_steps_keep_their_room(
    qtbot: QtBot, gate: MainWindow, monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    i18n.set_language("ko")
    if language == "long":
        stretch(monkeypatch)
    view = gate.show_way_back()
    for step in (RESTORE, SALVAGE, AGAIN):
        view.go(step)
        qtbot.wait(20)
        assert (unnamed(gate), cut_off(view)) == ([], [])
