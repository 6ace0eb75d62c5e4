"""The inbox: what is checked, what is refused, what the person has to say before it is kept."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.gui.context import PageContext
from app.gui.shell import Shell
from app.gui.views.inbox import FRONT, OPENED, RECEIVED, REFUSED, InboxPage
from app.gui.widgets.card import ListRow, Pill
from app.gui.widgets.states import Banner
from app.services import asking, sharing
from app.services.asking import Filter
from app.services.session import Session
from tests.gui.checks import cut_off, stretch, unnamed
from tests.gui.life import click, fill, settle, spending, window
from tests.gui.two_people import ME, OTHER, answer, bundle, drop_file, meet, vault


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Session]:
    """The sender, with records and my card."""
    with vault(tmp_path / "other", OTHER) as made:
        fill(made, spending(40))
        yield made


@pytest.fixture
def file(context: PageContext, other: Session, tmp_path: Path) -> Path:
    """A bundle for me from somebody I do not know."""
    sharing.make_identity(context.session, ME)
    meet(other, context.session)
    out = tmp_path / "from-odile.mdshare"
    bundle(other, ME, out, "finance")
    return out


def opened(qtbot: QtBot, context: PageContext) -> tuple[Shell, InboxPage]:
    shell = window(qtbot, context, "inbox")
    page = shell.page("inbox")
    assert isinstance(page, InboxPage)
    qtbot.wait(20)
    return shell, page


def look_at(qtbot: QtBot, context: PageContext, page: InboxPage, path: Path) -> None:
    """Open a file the way a double click does, and wait for the answer."""
    context.go("inbox", path)
    settle(qtbot, context, lambda: page.stack.currentIndex() in (OPENED, REFUSED))
    qtbot.wait(20)


def refusal(page: InboxPage) -> tuple[str, str, str]:
    """Title, next step and code of what was refused."""
    view = page.refused
    return view.title.text(), view.next_step.text.text(), view.code.text()


def test_a_first_contact_has_to_be_read_before_it_is_kept(
    qtbot: QtBot, context: PageContext, other: Session, file: Path
) -> None:
    _, page = opened(qtbot, context)
    assert drop_file(page.zone, file)
    settle(qtbot, context, lambda: page.stack.currentIndex() == OPENED)
    qtbot.wait(20)
    banners = page.opened.findChildren(Banner)
    assert [banner.code.text() for banner in banners] == ["UNKNOWN_SENDER"]
    me = sharing.identity(other)
    assert me is not None
    assert me.digits in banners[0].text.text()
    assert page.model.rows.rowCount() == 40
    assert page.model.rows.row_at(0) is not None
    assert not page.opened.keep.isEnabled()
    assert asking.count(context.session, Filter()) == 0
    page.opened.knowing.setFocus(Qt.FocusReason.TabFocusReason)
    QTest.keyClick(page.opened.knowing, Qt.Key.Key_Space)
    click(page.opened.keep)
    settle(qtbot, context, lambda: bool(page.model.bundles))
    assert asking.count(context.session, Filter()) == 40
    assert sharing.people(context.session)[0].state == "unverified"


def test_a_known_sender_is_said_and_nothing_is_asked(
    qtbot: QtBot, context: PageContext, other: Session, file: Path
) -> None:
    meet(context.session, other)
    _, page = opened(qtbot, context)
    look_at(qtbot, context, page, file)
    assert page.opened.knowing.isHidden()
    assert page.opened.keep.isEnabled()
    assert "the safety number was compared" in page.header.subtitle.text()
    click(page.opened.leave)
    assert page.stack.currentIndex() == FRONT
    assert page.model.found is None
    assert asking.count(context.session, Filter()) == 0
    assert sharing.ledger(context.session) == []


def flip(path: Path, at: int) -> Path:
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("place", [0.3, 0.5, 0.9])
def test_a_changed_file_is_refused_with_a_sentence(
    qtbot: QtBot, context: PageContext, other: Session, file: Path, place: float
) -> None:
    meet(context.session, other)
    flip(file, int(file.stat().st_size * place))
    _, page = opened(qtbot, context)
    look_at(qtbot, context, page, file)
    title, step, code = refusal(page)
    assert page.stack.currentIndex() == REFUSED
    assert title == "This file is damaged or was changed."
    assert step == "Ask the sender to send the file again."
    assert code in {
        f"Code: {each}" for each in ("PAYLOAD_TAMPERED", "HEADER_TAMPERED", "BAD_FRAME")
    }
    assert asking.count(context.session, Filter()) == 0
    click(page.refused.back)
    assert page.stack.currentIndex() == FRONT


def test_an_incomplete_and_a_foreign_file_are_refused(
    qtbot: QtBot, context: PageContext, file: Path, tmp_path: Path
) -> None:
    short = tmp_path / "short.mdshare"
    short.write_bytes(file.read_bytes()[:900])
    _, page = opened(qtbot, context)
    look_at(qtbot, context, page, short)
    assert refusal(page)[2] == "Code: TRUNCATED"
    foreign = tmp_path / "notes.txt"
    foreign.write_text("shopping: bread")
    look_at(qtbot, context, page, foreign)
    assert refusal(page)[0] == "This is not a share file."


def test_a_file_for_somebody_else_is_refused(
    qtbot: QtBot, context: PageContext, other: Session, tmp_path: Path
) -> None:
    sharing.make_identity(context.session, ME)
    out = tmp_path / "own.mdshare"
    with vault(tmp_path / "third", "Third Person") as third:
        meet(other, third)
        bundle(other, "Third Person", out, "finance")
    _, page = opened(qtbot, context)
    look_at(qtbot, context, page, out)
    assert refusal(page)[2] == "Code: NOT_FOR_YOU"


def test_without_a_card_the_way_to_one_is_shown(
    qtbot: QtBot, context: PageContext, other: Session, tmp_path: Path
) -> None:
    out = tmp_path / "early.mdshare"
    with vault(tmp_path / "third", "Third Person") as third:
        meet(other, third)
        bundle(other, "Third Person", out, "finance")
    shell, page = opened(qtbot, context)
    look_at(qtbot, context, page, out)
    assert refusal(page)[2] == "Code: NO_IDENTITY"
    click(page.refused.people)
    assert shell.current == "people"


def test_other_keys_under_a_known_name_block(
    qtbot: QtBot, context: PageContext, other: Session, file: Path, tmp_path: Path
) -> None:
    with vault(tmp_path / "impostor", OTHER) as impostor:
        meet(context.session, impostor)
    _, page = opened(qtbot, context)
    look_at(qtbot, context, page, file)
    assert refusal(page)[2] == "Code: KEY_CHANGED"
    assert page.refused.people.isVisible()


def _state_of_first(page: InboxPage) -> str:
    return page.list.findChildren(ListRow)[0].findChildren(Pill)[0].text()


def test_kept_once_exported_and_given_up(
    qtbot: QtBot,
    context: PageContext,
    other: Session,
    file: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    meet(context.session, other)
    _, page = opened(qtbot, context)
    look_at(qtbot, context, page, file)
    click(page.opened.keep)
    settle(qtbot, context, lambda: bool(page.model.bundles))
    look_at(qtbot, context, page, file)
    assert refusal(page)[2] == "Code: ALREADY_IMPORTED"
    page.show_bundle(page.model.bundles[0].bundle_id)
    qtbot.wait(20)
    folder = tmp_path / "files"
    folder.mkdir()
    answer(monkeypatch, folder)
    click(page.received.export)
    settle(qtbot, context, lambda: any(folder.glob("mydata-*/*")))
    written = {path.name for path in folder.glob("mydata-*/*")}
    assert any(name.endswith(".csv") for name in written)
    assert any(name.endswith(".jsonl") for name in written)
    click(page.received.discard)
    assert asking.count(context.session, Filter()) == 40
    assert page.question.button is not None
    click(page.question.button)
    settle(qtbot, context, lambda: page.stack.currentIndex() == FRONT)
    assert asking.count(context.session, Filter()) == 0
    settle(qtbot, context, lambda: page.model.bundles[0].state == "discarded")
    settle(qtbot, context, lambda: _state_of_first(page) == "Given up")


def test_what_is_not_kept_can_be_exported(
    qtbot: QtBot,
    context: PageContext,
    other: Session,
    file: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    meet(context.session, other)
    _, page = opened(qtbot, context)
    look_at(qtbot, context, page, file)
    folder = tmp_path / "files"
    folder.mkdir()
    answer(monkeypatch, folder)
    click(page.opened.export)
    settle(qtbot, context, lambda: any(folder.glob("mydata-*/*.jsonl")))
    assert page.stack.currentIndex() == OPENED
    assert asking.count(context.session, Filter()) == 0


def test_a_file_that_changed_after_the_look_is_not_kept(
    qtbot: QtBot, context: PageContext, other: Session, file: Path, tmp_path: Path
) -> None:
    meet(context.session, other)
    _, page = opened(qtbot, context)
    look_at(qtbot, context, page, file)
    file.unlink()
    bundle(other, ME, file, "finance")
    click(page.opened.keep)
    settle(qtbot, context, page.banner.isVisible)
    assert page.banner.code.text() == "FILE_CHANGED"
    assert asking.count(context.session, Filter()) == 0


def test_esc_goes_back_and_tab_reaches_the_decision(
    qtbot: QtBot, context: PageContext, other: Session, file: Path
) -> None:
    shell, page = opened(qtbot, context)
    look_at(qtbot, context, page, file)
    seen = set()
    for _ in range(40):
        QTest.keyClick(QApplication.focusWidget() or shell, Qt.Key.Key_Tab)
        seen.add(QApplication.focusWidget())
    assert {page.opened.knowing, page.opened.leave, page.opened.export, page.opened.table} <= seen
    QTest.keyClick(shell, Qt.Key.Key_Escape)
    assert page.stack.currentIndex() == FRONT


def test_the_page_keeps_its_room(
    qtbot: QtBot,
    context: PageContext,
    other: Session,
    file: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    broken = tmp_path / "broken.mdshare"
    broken.write_bytes(file.read_bytes())
    flip(broken, 2000)
    stretch(monkeypatch)
    shell, page = opened(qtbot, context)
    for width, height in ((1240, 800), (960, 640)):
        shell.resize(width, height)
        for path in (file, broken):
            look_at(qtbot, context, page, path)
            settle(qtbot, context, lambda: not unnamed(shell) and not cut_off(page))
        page.to_front()
    look_at(qtbot, context, page, file)
    page.opened.knowing.click()
    click(page.opened.keep)
    settle(qtbot, context, lambda: bool(page.model.bundles))
    page.show_bundle(page.model.bundles[0].bundle_id)
    qtbot.wait(20)
    assert page.stack.currentIndex() == RECEIVED
    settle(qtbot, context, lambda: not unnamed(shell) and not cut_off(page))
