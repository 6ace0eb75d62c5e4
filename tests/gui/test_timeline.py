"""The timeline: a million-row list in small, its filters, its strip, its inspector."""

from __future__ import annotations

import json

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel
from pytestqt.modeltest import ModelTester
from pytestqt.qtbot import QtBot

from app.gui.context import PageContext
from app.gui.shell import Shell
from app.gui.views.timeline import TimelinePage
from app.services import importing
from tests.gui.checks import cut_off, unnamed
from tests.gui.life import click, fill, posts, settle, spending, window


def timeline(shell: Shell) -> TimelinePage:
    page = shell.page("timeline")
    assert isinstance(page, TimelinePage)
    return page


def opened(qtbot: QtBot, context: PageContext) -> tuple[Shell, TimelinePage]:
    fill(context.session, spending(), name="statement.ofx")
    fill(context.session, posts(), "facebook.export", "posts.zip")
    shell = window(qtbot, context, "timeline")
    return shell, timeline(shell)


def cell(page: TimelinePage, row: int, column: int) -> str:
    model = page.model.records.rows
    return str(model.index(row, column).data())


def test_everything_is_listed_newest_first(qtbot: QtBot, context: PageContext) -> None:
    _shell, page = opened(qtbot, context)
    rows = page.model.records.rows
    assert rows.rowCount() == 340
    dates = [cell(page, row, 0) for row in range(340)]
    assert dates == sorted(dates, reverse=True)
    assert "340" in page.header.subtitle.text()


def test_the_model_keeps_qts_contract(
    qtbot: QtBot, context: PageContext, qtmodeltester: ModelTester
) -> None:
    _shell, page = opened(qtbot, context)
    qtmodeltester.check(page.model.records.rows)  # type: ignore[no-untyped-call]


def test_scrolling_to_the_end_shows_the_oldest(qtbot: QtBot, context: PageContext) -> None:
    _shell, page = opened(qtbot, context)
    table = page.panel.table
    QTest.keyClick(table, Qt.Key.Key_Down)
    QTest.keyClick(table, Qt.Key.Key_End, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: table.currentIndex().row() == 339)
    assert table.rowAt(table.viewport().height() - 10) > 300
    assert cell(page, 339, 0).startswith("2024-01-09")


def test_a_chip_a_source_and_a_month_narrow_the_list(qtbot: QtBot, context: PageContext) -> None:
    _shell, page = opened(qtbot, context)
    rows = page.model.records.rows
    click(page.bar.chips["social"])
    settle(qtbot, context, lambda: rows.rowCount() == 40)
    assert page.bar.source.count() == 2, "only the sources of that domain, and all of them"
    strip = page.strip
    bar = strip.bar(2)
    QTest.mouseClick(strip, Qt.MouseButton.LeftButton, pos=bar.center().toPoint())
    settle(qtbot, context, lambda: rows.rowCount() == 4)
    assert page.model.filter.period == "2024-03"
    assert page.bar.period.value() == "2024-03"
    assert all(cell(page, row, 0).startswith("2024-03") for row in range(4))
    click(page.bar.all)
    settle(qtbot, context, lambda: rows.rowCount() == 340)


def test_the_strip_works_by_keys(qtbot: QtBot, context: PageContext) -> None:
    _shell, page = opened(qtbot, context)
    page.strip.setFocus()
    QTest.keyClick(page.strip, Qt.Key.Key_Left)
    assert "Jun 2025" in page.strip.accessibleDescription()
    QTest.keyClick(page.strip, Qt.Key.Key_Return)
    settle(qtbot, context, lambda: page.model.filter.period == "2025-06")
    QTest.keyClick(page.strip, Qt.Key.Key_Left)
    QTest.keyClick(page.strip, Qt.Key.Key_Right)
    QTest.keyClick(page.strip, Qt.Key.Key_Space)
    settle(qtbot, context, lambda: page.model.filter.period == "")


def test_a_click_shows_a_record_in_full_and_plainly(qtbot: QtBot, context: PageContext) -> None:
    shell, page = opened(qtbot, context)
    page.model.filter.choose(domain="social")
    settle(qtbot, context, lambda: page.model.records.rows.rowCount() == 40)
    table = page.panel.table
    spot = QPoint(200, table.rowViewportPosition(1) + 12)
    QTest.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=spot)
    inspector = page.panel.inspector
    assert inspector.isVisible()
    shown = [label.text() for label in inspector.findChildren(QLabel) if label.isVisible()]
    assert "<b>첫 수확</b> & 물 주기" in shown
    assert "posts.zip" in shown
    assert any(text.startswith("posts.json#/") for text in shown)
    assert all(
        label.textFormat() == Qt.TextFormat.PlainText
        for label in inspector.findChildren(QLabel)
        if label.text()
    )
    click(inspector.copy_button)
    copied = json.loads(QGuiApplication.clipboard().text())
    assert copied["text"] == "<b>첫 수확</b> & 물 주기"
    assert copied["data"]["author"] == "가온"
    assert "rid" not in copied
    QTest.keyClick(shell, Qt.Key.Key_Escape)
    assert not inspector.isVisible()


def test_the_keyboard_starts_on_the_list_and_asks_for_nothing(
    qtbot: QtBot, context: PageContext
) -> None:
    shell, page = opened(qtbot, context)
    assert page.panel.table.hasFocus()
    shell.go("settings")
    shell.go("timeline")
    settle(qtbot, context)
    assert page.panel.table.hasFocus()
    assert not page.panel.inspector.isVisible()


def test_enter_goes_into_the_inspector(qtbot: QtBot, context: PageContext) -> None:
    _shell, page = opened(qtbot, context)
    page.panel.table.setFocus()
    QTest.keyClick(page.panel.table, Qt.Key.Key_Down)
    QTest.keyClick(page.panel.table, Qt.Key.Key_Return)
    assert page.panel.inspector.copy_button.hasFocus()


def test_escape_takes_filters_back_before_the_page(qtbot: QtBot, context: PageContext) -> None:
    shell, page = opened(qtbot, context)
    page.model.filter.choose(domain="finance")
    settle(qtbot, context)
    QTest.keyClick(shell, Qt.Key.Key_Escape)
    settle(qtbot, context)
    assert page.model.filter.domain == ""
    assert shell.current == "timeline"


def test_an_undone_import_leaves_the_list(qtbot: QtBot, context: PageContext) -> None:
    import_id = fill(context.session, spending())
    shell = window(qtbot, context, "timeline")
    page = timeline(shell)
    assert page.model.records.rows.rowCount() == 300
    importing.undo(context.session, import_id)
    settle(qtbot, context, lambda: page.model.records.rows.rowCount() == 0)
    assert page.panel.nothing.isVisible()


def test_a_list_that_is_not_in_front_is_read_when_it_is(qtbot: QtBot, context: PageContext) -> None:
    shell, page = opened(qtbot, context)
    shell.go("settings")
    fill(context.session, posts(60), "facebook.export", "more.zip")
    context.session.events.publish("records")
    qtbot.wait(60)
    assert page.model.records.rows.rowCount() == 340
    shell.go("timeline")
    settle(qtbot, context, lambda: page.model.records.rows.rowCount() == 360)


def test_a_newer_question_overtakes_an_older_one(qtbot: QtBot, context: PageContext) -> None:
    _shell, page = opened(qtbot, context)
    for domain in ("social", "finance", "social", "finance"):
        page.model.filter.choose(domain=domain)
    settle(qtbot, context)
    assert page.model.records.rows.rowCount() == 300


def test_every_control_has_a_name_and_room(qtbot: QtBot, context: PageContext) -> None:
    shell, page = opened(qtbot, context)
    page.panel.table.selectRow(0)
    assert unnamed(page) == []
    assert cut_off(page) == []
    shell.resize(960, 640)
    qtbot.wait(20)
    assert cut_off(page) == []
