"""The share wizard: from nobody chosen to a file the other person opens in their own window."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.gui.context import PageContext
from app.gui.shell import Shell
from app.gui.viewmodels.choosing import Choosing, is_day, period, why_off
from app.gui.views.inbox import InboxPage
from app.gui.views.share import DONE, PREVIEW, PROMISE, SEALING, WHAT, WHO, SharePage
from app.gui.views.share_promise import confirming_word
from app.jobs import JobContext
from app.services import asking, sharing
from app.services.asking import Filter
from app.services.session import Session
from connectors.kinds import KINDS
from tests.gui.checks import cut_off, stretch, unnamed
from tests.gui.life import click, fill, posts, settle, spending, window
from tests.gui.two_people import ME, OTHER, answer, card_file, context_of, drop_file, meet, vault


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Session]:
    with vault(tmp_path / "other", OTHER) as made:
        yield made


@pytest.fixture
def filled(context: PageContext, other: Session) -> Session:
    """One's own vault: a card, records, and somebody whose number was compared."""
    sharing.make_identity(context.session, ME)
    fill(context.session, spending(80))
    fill(context.session, posts(20), "facebook.export")
    meet(context.session, other)
    meet(other, context.session)
    return context.session


def opened(qtbot: QtBot, context: PageContext) -> tuple[Shell, SharePage]:
    shell = window(qtbot, context, "share")
    page = shell.page("share")
    assert isinstance(page, SharePage)
    settle(qtbot, context)
    qtbot.wait(20)  # what the last answer put there is laid out by a later event
    return shell, page


def to_preview(qtbot: QtBot, context: PageContext, page: SharePage, *kinds: str) -> None:
    """Tick the first person and these kinds, and go to the preview."""
    page.who.choices[0].box.click()
    click(page.next_button)
    for kind in kinds:
        page.what.domains[kind.partition(".")[0]].boxes[kind].click()
    click(page.next_button)
    settle(qtbot, context, lambda: page.model.preview is not None)


def finish(page: SharePage, purpose: str = "A study of walking") -> None:
    """Fill in the last step."""
    click(page.next_button)
    assert page.step == PROMISE
    QTest.keyClicks(page.promise.purpose, purpose)


# --- The whole way ------------------------------------------------------------------------------


def test_a_share_goes_all_the_way_into_the_other_vault(
    qtbot: QtBot,
    context: PageContext,
    filled: Session,
    other: Session,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _, page = opened(qtbot, context)
    assert not page.next_button.isEnabled()
    click(page.who.choices[0].box)
    click(page.next_button)
    assert page.step == WHAT
    assert not page.next_button.isEnabled()
    click(page.what.domains["finance"].boxes["finance.transaction"])
    click(page.what.domains["social"].all)
    assert page.what.count.text() == "100 records"
    click(page.next_button)
    settle(qtbot, context, lambda: page.model.preview is not None)
    assert page.model.rows.rowCount() == 100
    finish(page)
    assert page.next_button.isEnabled()
    out = tmp_path / "for-odile.mdshare"
    answer(monkeypatch, out)
    click(page.next_button)
    settle(qtbot, context, lambda: page.step == DONE)
    assert page.done.name.full_text() == out.name
    assert page.header.subtitle.text() == "Nothing is sent by this program."
    preview_lines = [
        json.loads(line)
        for line in sharing.preview(filled, page.model.choosing.selection(), [OTHER]).lines(0, 200)
    ]
    with context_of(other) as theirs:
        shell = window(qtbot, theirs, "inbox")
        inbox = shell.page("inbox")
        assert isinstance(inbox, InboxPage)
        assert drop_file(inbox.zone, out)
        settle(qtbot, theirs, lambda: inbox.model.found is not None)
        assert inbox.model.found is not None
        got = inbox.model.found.rows(0, 200)
        assert [each.id for each in got] == [each["id"] for each in preview_lines]
        assert [each.data for each in got] == [each.get("data", {}) for each in preview_lines]
        assert inbox.opened.keep.isEnabled()
        assert asking.count(other, Filter()) == 0
        click(inbox.opened.keep)
        settle(qtbot, theirs, lambda: bool(inbox.model.bundles))
        assert asking.count(other, Filter()) == 100
        inbox.show_bundle(inbox.model.bundles[0].bundle_id)
        receipt = tmp_path / "receipt.mdreceipt"
        answer(monkeypatch, receipt)
        click(inbox.received.receipt)
        settle(qtbot, theirs, receipt.exists)
        shell.close()
    context.go("inbox", receipt)
    mine = context_page(context, page)
    settle(qtbot, context, lambda: mine.model.found is not None)
    click(mine.opened.keep)
    settle(qtbot, context, lambda: sharing.ledger(filled)[-1].acknowledged == 1)


def context_page(context: PageContext, page: SharePage) -> InboxPage:
    """The inbox of the window `page` is in."""
    shell = page.window()
    assert isinstance(shell, Shell)
    found = shell.page("inbox")
    assert isinstance(found, InboxPage)
    return found


# --- Who ----------------------------------------------------------------------------------------


def test_first_a_name_and_a_person_are_asked_for(
    qtbot: QtBot, context: PageContext, other: Session, tmp_path: Path
) -> None:
    fill(context.session, spending(10))
    _, page = opened(qtbot, context)
    assert page.who.name_card.isVisible()
    assert drop_file(page.who.add.zone, card_file(other, tmp_path / "o.mdcard"))
    settle(qtbot, context, lambda: bool(page.who.choices))
    assert page.who.choices[0].box.isChecked()
    assert not page.next_button.isEnabled()
    QTest.keyClicks(page.who.name_form.name, "Gaon")
    QTest.keyClick(page.who.name_form.name, Qt.Key.Key_Return)
    settle(qtbot, context, page.next_button.isEnabled)
    assert page.who.name_card.isHidden()


def test_a_person_given_by_another_page_is_ticked(
    qtbot: QtBot, context: PageContext, filled: Session
) -> None:
    shell, page = opened(qtbot, context)
    shell.go("home")
    context.go("share", sharing.people(filled)[0].fingerprint)
    settle(qtbot, context, page.next_button.isEnabled)
    assert page.who.choices[0].box.isChecked()


def test_without_a_comparison_a_word_has_to_be_typed(
    qtbot: QtBot,
    context: PageContext,
    other: Session,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sharing.make_identity(context.session, ME)
    fill(context.session, spending(10))
    meet(context.session, other, compared=False)
    _, page = opened(qtbot, context)
    to_preview(qtbot, context, page, "finance.transaction")
    finish(page)
    assert page.promise.warning.isVisible()
    assert OTHER in page.promise.warning.title.text()
    assert not page.next_button.isEnabled()
    QTest.keyClicks(page.promise.word, confirming_word())
    assert page.next_button.isEnabled()
    click(page.promise.compare)
    assert page.window().current == "people"  # type: ignore[attr-defined]


# --- What ---------------------------------------------------------------------------------------


def test_fields_about_others_are_off_and_marked(
    qtbot: QtBot, context: PageContext, filled: Session
) -> None:
    _, page = opened(qtbot, context)
    page.who.choices[0].box.click()
    click(page.next_button)
    click(page.what.domains["social"].buttons["social.post"])
    boxes = page.what.fields.boxes
    assert not boxes["author"].isChecked()
    assert boxes["author"].accessibleDescription() == "Other people"
    assert not boxes["place"].isChecked()
    assert boxes["text"].isChecked()
    boxes["author"].click()
    assert "author" in page.model.choosing.selection().fields.get("social.post", ("author",))
    assert page.what.fields.usual.isVisible()
    click(page.what.fields.usual)
    assert not page.what.fields.boxes["author"].isChecked()


def test_a_period_changes_the_counts(qtbot: QtBot, context: PageContext, filled: Session) -> None:
    _, page = opened(qtbot, context)
    page.who.choices[0].box.click()
    click(page.next_button)
    page.what.domains["finance"].all.click()
    assert page.what.count.text() == "80 records"
    page.what.period.choice.choose("own")
    page.what.period.since.setFocus()
    QTest.keyClicks(page.what.period.since, "2025-02-30")
    QTest.keyClick(page.what.period.since, Qt.Key.Key_Return)
    assert page.what.period.since.property("wrong") is True
    page.what.period.since.clear()
    QTest.keyClicks(page.what.period.since, "2025-03-01")
    QTest.keyClick(page.what.period.since, Qt.Key.Key_Return)
    settle(qtbot, context, lambda: page.what.count.text() != "80 records")
    expected = asking.count(filled, Filter(kind="finance", since="2025-03-01"))
    assert page.what.count.text() == f"{expected} records"
    page.what.period.choice.choose("30")
    settle(qtbot, context, lambda: page.model.choosing.total() == 0)
    assert not page.next_button.isEnabled()


def test_nothing_chosen_is_never_everything() -> None:
    choosing = Choosing()
    choosing.offer({"finance.transaction": 3})
    choosing.choose(["finance.transaction"], on=True)
    choosing.choose(["finance.transaction"], on=False)
    assert choosing.total() == 0
    assert choosing.selection().fields == {}


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_field_that_is_off_says_why(kind: str) -> None:
    usual = sharing.default_fields(kind)
    names = ("title", "text", *(field.name for field in KINDS[kind].fields))
    assert {name for name in names if not why_off(kind, name)} == set(usual)


def test_periods_are_days() -> None:
    from datetime import date

    today = date(2026, 3, 10)
    assert period("30", "", "", today) == ("2026-02-08", "")
    assert period("year", "x", "y", today) == ("2026-01-01", "")
    assert period("own", "2020-01-01", "2020-02-02", today) == ("2020-01-01", "2020-02-02")
    assert period("", "a", "b", today) == ("", "")
    assert is_day("")
    assert not is_day("20200101")
    assert not is_day("2020-13-01")


# --- Preview ------------------------------------------------------------------------------------


def test_one_record_is_left_out_and_taken_back(
    qtbot: QtBot, context: PageContext, filled: Session
) -> None:
    shell, page = opened(qtbot, context)
    to_preview(qtbot, context, page, "social.post")
    gone = page.model.rows.row_at(3)
    page.preview.table.selectRow(3)
    click(page.preview.leave_out)
    settle(qtbot, context, lambda: page.model.rows.rowCount() == 19)
    assert gone not in [page.model.rows.row_at(i) for i in range(19)]
    click(shell.toast._button)
    settle(qtbot, context, lambda: page.model.rows.rowCount() == 20)
    assert page.model.rows.row_at(3) == gone


def test_the_json_is_what_would_be_sealed(
    qtbot: QtBot, context: PageContext, filled: Session
) -> None:
    shell, page = opened(qtbot, context)
    to_preview(qtbot, context, page, "social.post")
    QTest.keyClick(shell, Qt.Key.Key_J, Qt.KeyboardModifier.ControlModifier)
    assert page.preview.stack.currentIndex() == 1
    assert page.model.preview is not None
    lines = page.preview.lines.text.toPlainText().split("\n")
    assert lines == page.model.preview.lines(0, 200)
    assert len(lines) == 20
    assert all("author" not in json.loads(line)["data"] for line in lines)
    assert "<b>첫 수확</b>" in lines[0]
    QTest.keyClick(shell, Qt.Key.Key_Escape)
    assert (page.step, page.preview.stack.currentIndex()) == (PREVIEW, 0)
    first = page.model.rows.row_at(0)
    assert first is not None
    assert "Author" in first.stays


def test_records_that_change_meanwhile_have_to_be_looked_at_again(
    qtbot: QtBot, context: PageContext, filled: Session
) -> None:
    _, page = opened(qtbot, context)
    to_preview(qtbot, context, page, "finance.transaction")
    finish(page)
    assert page.step == PROMISE
    fill(filled, spending(90), "uk.midata")
    filled.events.publish("records")
    settle(qtbot, context, lambda: page.step == PREVIEW and page.model.preview is not None)
    assert page.banner.isVisible()
    settle(qtbot, context, lambda: page.model.rows.rowCount() == 170)


# --- Sealing ------------------------------------------------------------------------------------


def test_sealing_can_be_stopped_and_leaves_nothing(
    qtbot: QtBot,
    context: PageContext,
    filled: Session,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _, page = opened(qtbot, context)
    to_preview(qtbot, context, page, "finance.transaction")
    finish(page)
    folder = tmp_path / "out"
    folder.mkdir()
    answer(monkeypatch, folder / "a.mdshare")
    free = threading.Event()

    def hold(_job: JobContext) -> None:
        free.wait(60)

    context.session.jobs.write(hold)
    click(page.next_button)
    assert page.step == SEALING
    click(page.sealing.cancel)
    free.set()
    settle(qtbot, context, lambda: page.step == PROMISE)
    assert list(folder.iterdir()) == []
    assert sharing.ledger(filled) == []
    assert page.promise.purpose.toPlainText()


def test_a_name_that_is_taken_is_refused_and_nothing_is_lost(
    qtbot: QtBot,
    context: PageContext,
    filled: Session,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _, page = opened(qtbot, context)
    to_preview(qtbot, context, page, "finance.transaction")
    finish(page)
    taken = tmp_path / "taken.mdshare"
    taken.write_text("mine")
    answer(monkeypatch, taken)
    click(page.next_button)
    settle(qtbot, context, page.banner.isVisible)
    assert (page.step, page.banner.code.text()) == (PROMISE, "exists")
    assert taken.read_text() == "mine"
    assert sharing.ledger(filled) == []


def test_the_end_of_keeping_is_a_day(qtbot: QtBot, context: PageContext, filled: Session) -> None:
    _, page = opened(qtbot, context)
    to_preview(qtbot, context, page, "finance.transaction")
    assert [value for _, value in page.panel._promises()[:2]] == ["not agreed yet"] * 2
    finish(page)
    assert len(page.model.promise.until) == 10
    page.promise.end.choice.choose("own")
    assert not page.next_button.isEnabled()
    QTest.keyClicks(page.promise.end.day, "2031-05")
    assert page.promise.end_field.hint.text() == "“2031-05” is not a date."
    assert page.panel._promises()[1][1] == "not agreed yet"
    QTest.keyClicks(page.promise.end.day, "-31")
    assert page.promise.end_field.hint.isHidden()
    assert page.next_button.isEnabled()
    page.promise.end.choice.choose("")
    assert page.model.promise.until == ""
    assert page.next_button.isEnabled()


def test_a_small_window_has_room_for_the_name_and_for_others(
    qtbot: QtBot, context: PageContext
) -> None:
    shell, page = opened(qtbot, context)
    shell.resize(960, 640)
    qtbot.waitUntil(lambda: shell.height() == 640)
    assert page.who.name_card.isVisible()
    add = page.who.add
    qtbot.waitUntil(
        lambda: add.zone.geometry().bottom() < add.file_button.mapTo(add, QPoint(0, 0)).y()
    )


# --- Keys and room ------------------------------------------------------------------------------


def test_the_wizard_works_without_a_mouse(
    qtbot: QtBot, context: PageContext, filled: Session
) -> None:
    shell, page = opened(qtbot, context)
    page.who.choices[0].box.setFocus(Qt.FocusReason.TabFocusReason)
    QTest.keyClick(page.who.choices[0].box, Qt.Key.Key_Space)
    QTest.keyClick(shell, Qt.Key.Key_N, Qt.KeyboardModifier.AltModifier)
    qtbot.waitUntil(lambda: page.step == WHAT)
    qtbot.wait(20)
    box = page.what.domains["social"].boxes["social.post"]
    box.setFocus(Qt.FocusReason.TabFocusReason)
    QTest.keyClick(box, Qt.Key.Key_Space)
    QTest.keyClick(shell, Qt.Key.Key_N, Qt.KeyboardModifier.AltModifier)
    settle(qtbot, context, lambda: page.model.preview is not None)
    assert page.step == PREVIEW
    QTest.keyClick(shell, Qt.Key.Key_Escape)
    assert page.step == WHAT
    QTest.keyClick(shell, Qt.Key.Key_Escape)
    assert page.step == WHO
    seen = set()
    for _ in range(40):
        QTest.keyClick(QApplication.focusWidget() or shell, Qt.Key.Key_Tab)
        seen.add(QApplication.focusWidget())
    assert {page.who.choices[0].box, page.next_button, page.who.add.paste_button} <= seen


def test_every_step_keeps_its_room(
    qtbot: QtBot,
    context: PageContext,
    filled: Session,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    stretch(monkeypatch)
    shell, page = opened(qtbot, context)
    to_preview(qtbot, context, page, "social.post")
    finish(page)
    for step in (WHO, WHAT, PREVIEW, PROMISE):
        page._go(step)
        if step == WHAT:
            page.what.fields.show_kind("social.post")
        for width, height in ((1240, 800), (960, 640)):
            shell.resize(width, height)
            qtbot.wait(30)
            assert (unnamed(shell), cut_off(page)) == ([], []), step
    answer(monkeypatch, tmp_path / "out.mdshare")
    page._go(PROMISE)
    click(page.next_button)
    settle(qtbot, context, lambda: page.step == DONE)
    qtbot.wait(30)
    assert (unnamed(shell), cut_off(page)) == ([], [])
