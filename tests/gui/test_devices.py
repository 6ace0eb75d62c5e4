"""The devices page: choosing a folder, every state of the copy, two computers that disagree."""

from __future__ import annotations

import platform
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from app import i18n
from app.gui.context import PageContext
from app.gui.main_window import MainWindow
from app.gui.shell import Shell
from app.gui.viewmodels import devices as following
from app.gui.viewmodels import standing
from app.gui.viewmodels.unlock import look_inside
from app.gui.views.devices import DevicesPage
from app.gui.widgets.buttons import Button
from app.jobs import JobContext
from app.services import cloud, importing, sharing
from app.services import session as sessions
from app.services.session import Session
from app.settings import Settings
from app.vault import claims, documents, door, keys, runs
from app.vault.transaction import COUNTER_BITS
from tests.gui.checks import cut_off, stretch, unnamed
from tests.gui.conftest import WORDS
from tests.gui.life import click, fill, settle, spending, window
from tests.gui.two_people import answer, context_of
from tests.vaults import payment

LAPTOP = "Laptop"


class Pair(NamedTuple):
    """This computer's window over a vault, the same vault on a laptop, and the folder between."""

    context: PageContext
    laptop: Session
    folder: Path

    @property
    def here(self) -> Session:
        return self.context.session


@pytest.fixture
def pair(
    qtbot: QtBot, own_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Pair]:
    folder = own_home / "Dropbox"
    folder.mkdir()
    monkeypatch.setattr(platform, "node", lambda: "Desk")
    here, _ = sessions.create(tmp_path / "here", WORDS, cost=keys.LOWEST)
    fill(here, spending(60))
    cloud.set_folder(here, folder)
    monkeypatch.setattr(platform, "node", lambda: LAPTOP)
    laptop = cloud.join(folder, tmp_path / "laptop", passphrase=WORDS, cost=keys.LOWEST)
    note(laptop, "hello")
    cloud.sync(laptop)
    cloud.sync(here)
    with context_of(here) as context:
        yield Pair(context, laptop, folder)
    laptop.close()
    here.close()


def opened(qtbot: QtBot, context: PageContext) -> tuple[Shell, DevicesPage]:
    shell = window(qtbot, context, "devices")
    page = shell.page("devices")
    assert isinstance(page, DevicesPage)
    return shell, page


def note(session: Session, text: str, name: str = "n") -> None:
    with session.vault.write() as transaction:
        documents.put(transaction, "note", name, text.encode())


def records(session: Session) -> int:
    return sessions.status(session).records


def files(folder: Path) -> set[Path]:
    return {path for path in folder.rglob("*") if path.is_file()}


def sync_now(qtbot: QtBot, context: PageContext, page: DevicesPage) -> None:
    click(page.folder.now)
    settle(qtbot, context, lambda: not page.model.busy)


def exchange(pair: Pair) -> None:
    """Both computers until neither has anything new."""
    for _ in range(2):
        cloud.sync(pair.here)
        cloud.sync(pair.laptop)


# --- Choosing -----------------------------------------------------------------------------------


def test_a_found_folder_is_one_click_and_can_be_undone(
    qtbot: QtBot, context: PageContext, own_home: Path
) -> None:
    dropbox = own_home / "Dropbox"
    dropbox.mkdir()
    shell, page = opened(qtbot, context)
    assert page.start.isVisible()
    assert page.folder.isHidden()
    assert shell.navigation.copy.isHidden()
    click(page.start.buttons[0])
    settle(qtbot, context, page.folder.isVisible)
    assert (page.folder.pill.text(), page.folder.pill.property("pill")) == ("Up to date", "good")
    assert list(dropbox.glob("mydata-*/dev/*/seg-*"))
    assert shell.navigation.copy.word.full_text() == "Up to date"
    before = files(dropbox)
    click(shell.toast._button)
    settle(qtbot, context, page.start.isVisible)
    assert cloud.folder_of(context.session) is None
    assert files(dropbox) == before


def test_the_vaults_own_folder_is_no_place_for_its_copy(
    qtbot: QtBot, context: PageContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, page = opened(qtbot, context)
    answer(monkeypatch, context.session.folder)
    click(page.start.other)
    settle(qtbot, context, page.banner.isVisible)
    assert page.banner.code.text() == "cloud-folder-here"
    assert page.start.isVisible()


def test_the_copy_moves_and_comes_back(
    qtbot: QtBot, pair: Pair, own_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shell, page = opened(qtbot, pair.context)
    other = own_home / "Nextcloud"
    other.mkdir()
    answer(monkeypatch, other)
    before = files(pair.folder)
    click(page.folder.move_away)
    settle(qtbot, pair.context, lambda: page.model.folder == str(other))
    assert list(other.glob("mydata-*/dev/*/snap-*"))
    assert before <= files(pair.folder)
    click(shell.toast._button)
    settle(qtbot, pair.context, lambda: page.model.folder == str(pair.folder))


def test_leaving_deletes_nothing_and_can_be_undone(qtbot: QtBot, pair: Pair) -> None:
    shell, page = opened(qtbot, pair.context)
    before = files(pair.folder)
    click(page.folder.leave)
    settle(qtbot, pair.context, page.start.isVisible)
    assert files(pair.folder) == before
    click(shell.toast._button)
    settle(qtbot, pair.context, page.folder.isVisible)
    assert page.model.folder == str(pair.folder)


# --- How it stands ------------------------------------------------------------------------------


def laptop_files(pair: Pair) -> list[Path]:
    own = cloud.status(pair.laptop).devices[0].id
    return sorted(pair.folder.glob(f"mydata-*/dev/{own}/seg-*"))


def make_waiting(pair: Pair) -> None:
    """Two files of the laptop have come as the placeholders a provider leaves."""
    for text in ("one", "two"):
        note(pair.laptop, text)
        cloud.sync(pair.laptop)
    for path in laptop_files(pair)[-2:]:
        path.write_bytes(bytes(path.stat().st_size))


def make_behind(pair: Pair) -> None:
    laptop_files(pair)[-1].unlink()


def make_away(pair: Pair) -> None:
    pair.folder.rename(pair.folder.with_name("unplugged"))


def make_unpublished(pair: Pair) -> None:
    note(pair.here, "not yet out")


def make_keys(pair: Pair) -> None:
    sessions.change_keys(pair.laptop, "quite another passphrase", cost=keys.LOWEST)
    note(pair.laptop, "under new keys")
    cloud.sync(pair.laptop)


def make_newer(pair: Pair) -> None:
    """The laptop's program knows a kind of record that this one has no word for."""
    with pytest.MonkeyPatch.context() as newer:
        newer.setitem(door.SHAPES, "finance.hologram", door.SHAPES["finance.transaction"])
        record = msgspec.structs.replace(payment("r1"), kind="finance.hologram")
        fill(pair.laptop, [record], "uk.midata")
    cloud.sync(pair.laptop)
    cloud.sync(pair.here)


STATES: list[tuple[Callable[[Pair], None], str, str, str, str]] = [
    (
        make_waiting,
        "Waiting for files",
        "파일 기다리는 중",
        "info",
        "Waiting for 2 files from Laptop.",
    ),
    (make_behind, "Folder is behind", "폴더가 뒤처짐", "warn", "what is known of Laptop."),
    (make_away, "Folder not reachable", "폴더 연결 안 됨", "warn", ""),
    (make_unpublished, "Not published yet", "아직 올리지 않음", "info", ""),
    (make_newer, "Newer program needed", "새 버전 필요", "warn", "needs a newer version"),
    (make_keys, "Other keys", "열쇠가 다름", "warn", "under new keys"),
]


@pytest.mark.parametrize("state", STATES, ids=lambda state: state[1])
def test_every_state_says_itself_in_both_languages(
    qtbot: QtBot, pair: Pair, state: tuple[Callable[[Pair], None], str, str, str, str]
) -> None:
    make, word, korean, tone, detail = state
    make(pair)
    for language, expected in (("en", word), ("ko", korean)):
        i18n.set_language(language)
        shell, page = opened(qtbot, pair.context)
        pill = page.folder.pill
        assert (pill.text(), pill.property("pill")) == (expected, tone)
        assert shell.navigation.copy.word.full_text() == expected
        assert page.model.last is not None
        told = " ".join(standing.details(page.model.last.state))
        assert language == "ko" or detail in told
        assert (unnamed(shell), cut_off(shell)) == ([], [])


def test_new_keys_of_another_computer_are_taken_over_with_its_passphrase(
    qtbot: QtBot, pair: Pair
) -> None:
    make_keys(pair)
    _, page = opened(qtbot, pair.context)
    card = page.keys
    settle(qtbot, pair.context, card.isVisible)
    assert not card.take.isEnabled()
    QTest.keyClicks(card.secret.line, "not the new one")
    click(card.take)
    settle(qtbot, pair.context, card.field.hint.isVisible)
    assert card.field.hint.property("tone") == "bad"
    card.secret.line.selectAll()
    QTest.keyClicks(card.secret.line, "quite another passphrase")
    assert card.field.hint.isHidden()
    QTest.keyClick(card.secret.line, Qt.Key.Key_Return)
    settle(qtbot, pair.context, card.isHidden)
    assert card.secret.text() == ""
    assert page.folder.pill.text() == "Up to date"
    pair.here.vault.confirm("quite another passphrase")


def test_a_folder_that_is_away_is_never_made_anew(qtbot: QtBot, pair: Pair) -> None:
    _, page = opened(qtbot, pair.context)
    make_away(pair)
    sync_now(qtbot, pair.context, page)
    assert page.banner.code.text() == "cloud-folder-away"
    assert not pair.folder.exists()
    note(pair.here, "work goes on")
    pair.folder.with_name("unplugged").rename(pair.folder)
    sync_now(qtbot, pair.context, page)
    assert page.folder.pill.text() == "Up to date"
    assert page.banner.isHidden()


def test_what_is_in_the_way_is_said_without_being_asked(qtbot: QtBot, pair: Pair) -> None:
    """Somebody put a file where this computer's own folder was."""
    _, page = opened(qtbot, pair.context)
    own = cloud.status(pair.here).devices[0].id
    (place,) = pair.folder.glob(f"mydata-*/dev/{own}")
    place.rename(pair.folder / "kept")
    place.write_text("not a folder")
    note(pair.here, "cannot go out")
    page.model._go_round()
    qtbot.waitUntil(lambda: page.folder.pill.text() == "Something is in the way", timeout=20_000)
    assert page.folder.text.text()
    assert page.banner.isHidden()
    place.unlink()
    (pair.folder / "kept").rename(place)
    page.model._go_round()
    qtbot.waitUntil(lambda: page.folder.pill.text() == "Up to date", timeout=20_000)


def test_a_sync_can_be_cancelled(qtbot: QtBot, pair: Pair) -> None:
    _, page = opened(qtbot, pair.context)
    go_on = threading.Event()
    before = files(pair.folder)
    note(pair.here, "not to be sent yet")

    def hold(_job: JobContext) -> None:
        go_on.wait(30)

    pair.here.jobs.write(hold)
    click(page.folder.now)
    assert page.folder.pill.text() == "Publishing…"
    assert not page.folder.leave.isEnabled()
    click(page.folder.cancel)
    go_on.set()
    settle(qtbot, pair.context, lambda: page.folder.pill.text() == "Not published yet")
    assert files(pair.folder) == before
    assert page.folder.under_way.isHidden()
    assert page.folder.leave.isEnabled()


def test_what_is_published_by_itself_shows_and_can_be_stopped(
    qtbot: QtBot, pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    shell, page = opened(qtbot, pair.context)
    go_on, whole = threading.Event(), cloud.sync
    before = files(pair.folder)

    def held(*items: Session, **options: JobContext) -> object:
        go_on.wait(30)
        return whole(*items, context=options["context"])

    monkeypatch.setattr(cloud, "sync", held)
    note(pair.here, "a little later")
    page.model._go_round()
    qtbot.waitUntil(lambda: page.folder.pill.text() == "Publishing…", timeout=20_000)
    assert shell.navigation.copy.word.full_text() == "Publishing…"
    assert not pair.context.bridge.busy
    click(page.folder.cancel)
    go_on.set()
    qtbot.waitUntil(lambda: page.folder.pill.text() == "Not published yet", timeout=20_000)
    assert files(pair.folder) == before
    page.model._go_round()
    qtbot.waitUntil(lambda: page.folder.pill.text() == "Up to date", timeout=20_000)
    assert files(pair.folder) > before


# --- Computers ----------------------------------------------------------------------------------


def test_a_computer_is_retired_after_a_question(qtbot: QtBot, pair: Pair) -> None:
    shell, page = opened(qtbot, pair.context)
    (retire,) = page.computers.retire  # never this one
    assert retire.accessibleDescription() == LAPTOP
    click(retire)
    assert page.question.isVisible()
    QTest.keyClick(shell, Qt.Key.Key_Escape)
    assert page.question.isHidden()
    click(retire)
    QTest.keyClick(page.question._close, Qt.Key.Key_Return)
    assert [each.retired for each in cloud.status(pair.here).devices] == [False, False]
    click(retire)
    assert page.question.button is not None
    click(page.question.button)
    settle(qtbot, pair.context, lambda: page.computers.retire == [])
    cloud.sync(pair.laptop)
    assert [each.retired for each in cloud.status(pair.laptop).devices] == [True, False]


# --- Many removals ------------------------------------------------------------------------------


def remove_all(pair: Pair) -> None:
    """The laptop undoes the import of every record."""
    (run,) = importing.history(pair.laptop)
    importing.undo(pair.laptop, run.import_id)
    cloud.sync(pair.laptop)


def test_very_many_removals_wait_for_a_decision(qtbot: QtBot, pair: Pair) -> None:
    remove_all(pair)
    shell, page = opened(qtbot, pair.context)
    sync_now(qtbot, pair.context, page)
    assert page.removals.isVisible()
    assert "60 records" in page.removals.text.text()
    assert page.banner.isHidden()
    for _ in range(3):
        QTest.keyClick(shell.focusWidget() or shell, Qt.Key.Key_Return)
    settle(qtbot, pair.context)
    assert records(pair.here) == 60
    click(page.removals.keep)
    assert page.removals.isHidden()
    assert page.folder.pill.text() == "Your decision is needed"
    page.model._go_round()
    qtbot.waitUntil(lambda: not page.model._bridge.busy)
    assert page.removals.isHidden()
    click(page.folder.decide)
    assert page.removals.isVisible()
    click(page.removals.take)
    settle(qtbot, pair.context, lambda: page.folder.pill.text() == "Up to date")
    assert page.removals.isHidden()
    assert records(pair.here) == 0


# --- Two minds ----------------------------------------------------------------------------------


def make_versions(pair: Pair) -> None:
    note(pair.here, "written at the desk")
    note(pair.laptop, "written on the train")
    exchange(pair)


def make_back(pair: Pair) -> None:
    with pair.laptop.vault.write() as transaction:
        run = runs.begin(transaction, connector="uk.midata", version=1)
        run.add([payment("r1", title="Harbour books")])
        run.finish()
    exchange(pair)
    with pair.here.vault.write() as transaction:
        query = "SELECT key FROM record WHERE source = (SELECT max(id) FROM source)"
        claims.delete(transaction, [transaction.one(query)])
    with pair.laptop.vault.write() as transaction:
        run = runs.begin(transaction, connector="uk.midata", version=1, type="edit")
        run.add([payment("r1", "-9.00", title="Harbour books")])
        run.finish()
    exchange(pair)


def make_clock(pair: Pair) -> None:
    with pair.laptop.vault.write() as transaction:
        transaction.set_meta("clock", str(4_000_000_000_000 << COUNTER_BITS).encode())
    note(pair.laptop, "from the future")
    exchange(pair)


@pytest.mark.parametrize(
    ("make", "title", "page_id"),
    [
        (make_versions, "Two versions: note/n", ""),
        (make_back, "Deleted here, edited elsewhere, and back: Harbour books", "search"),
        (make_clock, "The clock is more than a day ahead: Laptop", ""),
    ],
)
def test_what_two_computers_disagree_on_is_shown_and_put_away(
    qtbot: QtBot, pair: Pair, make: Callable[[Pair], None], title: str, page_id: str
) -> None:
    make(pair)
    shell, page = opened(qtbot, pair.context)
    assert page.conflicts.isVisible()
    assert {each.accessibleDescription() for each in page.conflicts.buttons} == {title}
    assert (unnamed(shell), cut_off(shell)) == ([], [])
    *show, seen = page.conflicts.buttons
    assert [each.accessibleName() for each in show] == (["Show"] if page_id else [])
    if show:
        click(show[0])
        settle(qtbot, pair.context)
        assert shell.current == page_id
        QTest.keyClick(shell, Qt.Key.Key_Escape)
        QTest.keyClick(shell, Qt.Key.Key_Escape)
        shell.go("devices")
        settle(qtbot, pair.context)
    click(seen)
    settle(qtbot, pair.context, page.conflicts.isHidden)
    assert cloud.status(pair.here).conflicts == []
    exchange(pair)
    assert cloud.status(pair.here).conflicts == []


# --- By itself ----------------------------------------------------------------------------------


@pytest.fixture
def win(qtbot: QtBot, pair: Pair, monkeypatch: pytest.MonkeyPatch) -> Iterator[MainWindow]:
    """The whole window over this computer's vault, impatient."""
    monkeypatch.setattr(following, "ROUND_MS", 100)
    made = MainWindow(Settings(), Path(pair.here.folder))
    made.show()
    made.enter(look_inside(pair.here))
    yield made
    made.close()
    made.deleteLater()


def test_others_changes_come_and_own_changes_go_by_themselves(
    qtbot: QtBot, pair: Pair, win: MainWindow
) -> None:
    fill(pair.laptop, [payment(f"r{n}") for n in range(5)], "uk.midata")
    cloud.sync(pair.laptop)
    qtbot.waitUntil(lambda: records(pair.here) == 65, timeout=20_000)
    before = files(pair.folder)
    sharing.make_identity(pair.here, "가온")
    qtbot.waitUntil(lambda: files(pair.folder) != before, timeout=20_000)
    assert win.shell is not None
    line = win.shell.navigation.copy
    qtbot.waitUntil(lambda: line.word.full_text() == "Up to date", timeout=20_000)
    note(pair.here, "written last")
    win.lock()
    qtbot.waitUntil(lambda: not win._gate_bridge.busy, timeout=20_000)
    cloud.sync(pair.laptop)
    with pair.laptop.vault.read() as snapshot:
        assert documents.get(snapshot, "note", "n") == b"written last"


def test_coming_back_to_the_window_looks_at_once(
    qtbot: QtBot, pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "AGAIN_SECONDS", 0.0)
    made = MainWindow(Settings(), Path(pair.here.folder))
    made.show()
    made.enter(look_inside(pair.here))
    assert made.shell is not None
    model = made.shell.context.devices
    with qtbot.waitActive(made):
        made.activateWindow()
    qtbot.waitUntil(lambda: not model._bridge.busy, timeout=20_000)
    fill(pair.laptop, [payment("r1")], "uk.midata")
    cloud.sync(pair.laptop)
    other = QWidget()
    qtbot.addWidget(other)
    other.show()
    with qtbot.waitActive(other):
        other.activateWindow()
    made.activateWindow()
    qtbot.waitUntil(lambda: records(pair.here) == 61, timeout=20_000)
    made.close()
    made.deleteLater()


def test_a_round_in_the_background_is_nobodys_work(
    qtbot: QtBot, pair: Pair, win: MainWindow
) -> None:
    """What happens by itself must not keep the vault from locking, and stops at once with it."""
    assert win.shell is not None
    model = win.shell.context.devices
    qtbot.waitUntil(lambda: not win._working(), timeout=20_000)
    go_on = threading.Event()

    def hold(_job: JobContext) -> None:
        go_on.wait(30)

    pair.here.jobs.write(hold)
    qtbot.waitUntil(lambda: model._bridge.busy, timeout=20_000)
    assert not win._working()
    go_on.set()
    win.lock()
    assert not model._timer.isActive()
    assert not model._bridge.busy


# --- Names, room, keys --------------------------------------------------------------------------


def test_the_page_keeps_its_room_in_longer_languages(
    qtbot: QtBot, pair: Pair, own_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_versions(pair)
    make_clock(pair)
    remove_all(pair)
    (own_home / "Nextcloud").mkdir()
    stretch(monkeypatch)
    shell, page = opened(qtbot, pair.context)
    sync_now(qtbot, pair.context, page)
    click(page.computers.retire[0])
    steps: list[Callable[[], object]] = [lambda: None, page.model.postpone, page.model.leave]
    for step in steps:
        step()
        settle(qtbot, pair.context, lambda: not page.model.busy)
        for width, height in ((1240, 800), (960, 640)):
            shell.resize(width, height)
            qtbot.wait(30)
            assert (unnamed(shell), cut_off(page)) == ([], [])
    assert page.start.isVisible()


def test_tab_walks_the_page_in_reading_order(qtbot: QtBot, pair: Pair) -> None:
    shell, page = opened(qtbot, pair.context)
    expected = [page.folder.now, page.folder.move_away, page.folder.leave, *page.computers.retire]
    qtbot.waitUntil(page.computers.retire[0].isVisible)  # its row is shown a moment later
    page.folder.now.setFocus(Qt.FocusReason.TabFocusReason)
    walked: list[object] = []
    for _ in expected:
        focused = shell.focusWidget()
        assert isinstance(focused, Button)
        assert focused.property("ring") is True
        walked.append(focused)
        QTest.keyClick(focused, Qt.Key.Key_Tab)
    assert walked == expected
