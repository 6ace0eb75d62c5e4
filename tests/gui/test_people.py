"""People: making a card, adding others, comparing numbers, and what blocks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.gui.context import PageContext
from app.gui.shell import Shell
from app.gui.viewmodels.comparing import compare
from app.gui.views.people import PeoplePage
from app.gui.widgets.buttons import IconButton
from app.gui.widgets.card import ListRow, Pill
from app.services import sharing
from app.services.session import Session
from app.share import shelf
from tests.gui.checks import cut_off, stretch, unnamed
from tests.gui.life import click, settle, window
from tests.gui.two_people import ME, OTHER, answer, card_file, drop_file, meet, vault


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Session]:
    with vault(tmp_path / "other", OTHER) as made:
        yield made


def opened(qtbot: QtBot, context: PageContext) -> tuple[Shell, PeoplePage]:
    shell = window(qtbot, context, "people")
    page = shell.page("people")
    assert isinstance(page, PeoplePage)
    return shell, page


def state(page: PeoplePage) -> tuple[str, str]:
    """Word and tone of the first person's pill."""
    pill = rows(page)[0].findChildren(Pill)[0]
    return pill.text(), str(pill.property("pill"))


def rows(page: PeoplePage) -> list[ListRow]:
    return page.list.findChildren(ListRow)


def test_a_card_is_made_saved_and_copied(
    qtbot: QtBot, context: PageContext, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, page = opened(qtbot, context)
    form = page.mine.form
    assert not form.make.isEnabled()
    QTest.keyClicks(form.name, "Gaon")
    click(form.make)
    settle(qtbot, context, lambda: page.mine.stack.currentIndex() == 1)
    me = sharing.identity(context.session)
    assert me is not None
    assert page.mine.name.text() == "Gaon"
    assert " ".join(page.mine.digits.groups) == me.digits
    target = tmp_path / "me.mdcard"
    answer(monkeypatch, target)
    click(page.mine.save)
    settle(qtbot, context, target.exists)
    click(page.mine.copy)
    settle(qtbot, context)
    assert (
        QGuiApplication.clipboard().text()
        == target.read_text()
        == sharing.card_text(context.session)
    )
    click(page.mine.save)
    settle(qtbot, context, page.banner.isVisible)
    assert page.banner.code.text() == "exists"


def test_a_dropped_card_is_added_and_its_number_compared(
    qtbot: QtBot, context: PageContext, other: Session, tmp_path: Path
) -> None:
    sharing.make_identity(context.session, ME)
    shell, page = opened(qtbot, context)
    assert page.nobody.isVisible()
    assert drop_file(page.add.zone, card_file(other, tmp_path / "odile.mdcard"))
    settle(qtbot, context, lambda: bool(rows(page)))
    assert rows(page)[0].title.full_text() == OTHER
    assert state(page)[0] == "Not compared yet"
    context.go("people", sharing.people(context.session)[0].fingerprint)
    settle(qtbot, context, lambda: page.stack.currentIndex() == 1)
    view = page.compare
    assert not view.confirm.isEnabled()
    theirs = meet(other, context.session, compared=False).safety_number
    assert " ".join(view.ours.groups) == theirs
    wrong = theirs[:-1] + str((int(theirs[-1]) + 1) % 10)
    view.typed.setFocus()
    QTest.keyClicks(view.typed, wrong)
    assert view.result.text() == "Group 12 differs."
    assert not view.confirm.isEnabled()
    QTest.keyClick(view.typed, Qt.Key.Key_Backspace)
    assert view.result.text() == "11 of 12 groups are the same so far."
    QTest.keyClicks(view.typed, theirs[-1])
    click(view.confirm)
    settle(qtbot, context, lambda: page.stack.currentIndex() == 0)
    settle(qtbot, context, lambda: state(page)[0] == "Number compared")
    assert sharing.people(context.session)[0].state == "verified"
    assert shell.toast.isVisible()


def test_reading_aloud_is_enough(qtbot: QtBot, context: PageContext, other: Session) -> None:
    sharing.make_identity(context.session, ME)
    meet(context.session, other, compared=False)
    _, page = opened(qtbot, context)
    page.compare_with(page.model.known.people[0])
    page.compare.same.setFocus()
    QTest.keyClick(page.compare.same, Qt.Key.Key_Space)
    click(page.compare.confirm)
    settle(qtbot, context, lambda: page.stack.currentIndex() == 0)
    assert sharing.people(context.session)[0].state == "verified"


def test_esc_leaves_the_comparison_as_it_was(
    qtbot: QtBot, context: PageContext, other: Session
) -> None:
    sharing.make_identity(context.session, ME)
    meet(context.session, other, compared=False)
    shell, page = opened(qtbot, context)
    page.compare_with(page.model.known.people[0])
    QTest.keyClick(shell, Qt.Key.Key_Escape)
    assert page.stack.currentIndex() == 0
    assert sharing.people(context.session)[0].state == "unverified"


@pytest.mark.parametrize(
    ("text", "code"),
    [("no card at all", "NOT_A_CARD"), ("", "NOT_A_CARD"), ("own", "OWN_CARD")],
)
def test_what_is_no_new_card_is_refused(
    qtbot: QtBot, context: PageContext, text: str, code: str
) -> None:
    sharing.make_identity(context.session, ME)
    _, page = opened(qtbot, context)
    pasted = sharing.card_text(context.session) if text == "own" else text
    QGuiApplication.clipboard().setText(pasted)
    click(page.add.paste_button)
    settle(qtbot, context, page.banner.isVisible)
    assert page.banner.code.text() == code
    assert page.banner.text.text()
    assert sharing.people(context.session) == []


def test_changed_keys_are_red_until_compared_again(
    qtbot: QtBot, context: PageContext, other: Session
) -> None:
    sharing.make_identity(context.session, ME)
    meet(context.session, other)
    with context.session.vault.write() as transaction:
        known = shelf.people(transaction)[0]
        shelf.put_person(transaction, msgspec.structs.replace(known, state="changed"))
    shell, page = opened(qtbot, context)
    assert state(page) == ("Keys have changed", "bad")
    said = rows(page)[0].subtitle
    assert "Nothing is sealed" in said.text()
    for width in (1240, 960):
        shell.resize(width, 640)
        qtbot.wait(30)
        assert said.text() == said.full_text()
        qtbot.waitUntil(lambda: said.height() >= said.heightForWidth(said.width()))
    page.compare_with(page.model.known.people[0])
    click(page.compare.same)
    click(page.compare.confirm)
    settle(qtbot, context, lambda: state(page)[0] == "Number compared")


def test_removing_asks_and_enter_does_not_answer(
    qtbot: QtBot, context: PageContext, other: Session
) -> None:
    sharing.make_identity(context.session, ME)
    meet(context.session, other)
    _, page = opened(qtbot, context)
    remove = rows(page)[0].findChildren(IconButton)[-1]
    assert remove.accessibleName() == "Remove"
    click(remove)
    assert page.question.isVisible()
    focused = QApplication.focusWidget()
    assert focused is not None
    QTest.keyClick(focused, Qt.Key.Key_Return)
    settle(qtbot, context)
    assert len(sharing.people(context.session)) == 1
    if page.question.isHidden():
        click(remove)
    assert page.question.button is not None
    click(page.question.button)
    settle(qtbot, context, page.nobody.isVisible)
    assert sharing.people(context.session) == []


def test_the_page_keeps_its_room(
    qtbot: QtBot, context: PageContext, other: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    sharing.make_identity(context.session, ME)
    meet(context.session, other, compared=False)
    stretch(monkeypatch)
    shell, page = opened(qtbot, context)
    for width, height in ((1240, 800), (960, 640)):
        shell.resize(width, height)
        page.back()
        qtbot.wait(20)
        assert (unnamed(shell), cut_off(page)) == ([], [])
        page.compare_with(page.model.known.people[0])
        page.compare.typed.setText("12345 67")
        qtbot.wait(20)
        assert (unnamed(shell), cut_off(page)) == ([], [])


def test_tab_reaches_everything(qtbot: QtBot, context: PageContext, other: Session) -> None:
    sharing.make_identity(context.session, ME)
    meet(context.session, other, compared=False)
    shell, page = opened(qtbot, context)
    seen = set()
    for _ in range(60):
        QTest.keyClick(QApplication.focusWidget() or shell, Qt.Key.Key_Tab)
        seen.add(QApplication.focusWidget())
    wanted = {page.mine.save, page.mine.copy, page.add.zone, page.add.paste_button}
    assert wanted <= seen


def test_groups_are_compared_one_by_one() -> None:
    ours = "11111 22222 33333"
    assert compare(ours, "11111 2222").tones == ["good", ""]
    assert compare(ours, "11111-22222.33333").complete
    assert compare(ours, "11111 22222 33333 4").tone == "bad"
    assert compare(ours, "11112").tones == ["bad"]
    assert compare(ours, "").groups == []
    assert not compare(ours, "11111 22222").complete
