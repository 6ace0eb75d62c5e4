"""Search: parts of words, facets, examples, the input method, keys."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QInputMethodEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.gui.context import PageContext
from app.gui.shell import Shell
from app.gui.viewmodels.search import frequent
from app.gui.views.search import SearchPage
from tests.gui.checks import cut_off, unnamed
from tests.gui.life import click, fill, posts, settle, spending, window


def opened(qtbot: QtBot, context: PageContext) -> tuple[Shell, SearchPage]:
    fill(context.session, spending())
    fill(context.session, posts(), "facebook.export")
    shell = window(qtbot, context, "search")
    page = shell.page("search")
    assert isinstance(page, SearchPage)
    return shell, page


def hits(page: SearchPage) -> int:
    return page.model.records.rows.rowCount()


def test_two_syllables_find_a_part_of_a_word(qtbot: QtBot, context: PageContext) -> None:
    _shell, page = opened(qtbot, context)
    page.field.setText("빵집")
    settle(qtbot, context, lambda: hits(page) == 100)
    assert "100" in page.header.subtitle.text()
    rows = page.model.records.rows
    titles = {str(rows.index(row, 1).data()) for row in range(100)}
    assert titles == {"언덕 빵집"}
    dates = [str(rows.index(row, 0).data()) for row in range(100)]
    assert dates == sorted(dates, reverse=True)


def test_facets_narrow_the_hits(qtbot: QtBot, context: PageContext) -> None:
    _shell, page = opened(qtbot, context)
    page.search("일기")
    settle(qtbot, context, lambda: hits(page) == 40)
    click(page.bar.chips["finance"])
    settle(qtbot, context, lambda: hits(page) == 0)
    assert page.panel.nothing.isVisible()
    click(page.bar.all)
    settle(qtbot, context, lambda: hits(page) == 40)
    page.bar.period.choose("2024")
    settle(qtbot, context, lambda: hits(page) == 40)
    page.bar.period.choose("2025")
    settle(qtbot, context, lambda: hits(page) == 0)
    assert page.field.text() == "일기"


def test_a_syllable_being_composed_is_not_searched(qtbot: QtBot, context: PageContext) -> None:
    _shell, page = opened(qtbot, context)
    asked: list[str] = []
    page.field.searched.connect(asked.append)
    QApplication.sendEvent(page.field, QInputMethodEvent("빵", []))
    page.field.textChanged.emit("")
    qtbot.wait(300)
    assert asked == []
    done = QInputMethodEvent("", [])
    done.setCommitString("빵집")
    QApplication.sendEvent(page.field, done)
    settle(qtbot, context, lambda: hits(page) == 100)
    assert asked == ["빵집"]


def test_examples_come_from_this_vault(qtbot: QtBot, context: PageContext) -> None:
    _shell, page = opened(qtbot, context)
    words = [button.text() for button in page.examples]
    assert words
    assert set(words) <= {"모퉁이", "서점", "강변", "전철", "언덕", "빵집", "텃밭", "일기"}
    click(page.examples[0])
    settle(qtbot, context, lambda: hits(page) > 0)
    assert page.field.text() == words[0]


def test_keys_find_and_leave(qtbot: QtBot, context: PageContext) -> None:
    shell, page = opened(qtbot, context)
    shell.go("home")
    settle(qtbot, context)
    QTest.keyClick(shell, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    assert shell.current == "search"
    qtbot.waitUntil(page.field.hasFocus)
    QTest.keyClicks(page.field, "example")
    QTest.keyClick(page.field, Qt.Key.Key_Return)
    settle(qtbot, context)
    QTest.keyClick(shell, Qt.Key.Key_Escape)
    settle(qtbot, context)
    assert page.field.text() == ""
    assert page.stack.currentIndex() == 0


def test_nothing_typed_lists_nothing(qtbot: QtBot, context: PageContext) -> None:
    _shell, page = opened(qtbot, context)
    page.search("빵집")
    settle(qtbot, context, lambda: hits(page) == 100)
    page.search("   ")
    settle(qtbot, context)
    assert hits(page) == 0
    assert page.stack.currentIndex() == 0


def test_example_words_are_words() -> None:
    assert frequent(["가 나 2024", "ab cd"], 3) == []
    assert frequent(["우유 우유", "우유 빵집", "Milk of the day"], 1) == ["우유"]


def test_every_control_has_a_name_and_room(qtbot: QtBot, context: PageContext) -> None:
    shell, page = opened(qtbot, context)
    assert unnamed(page) == []
    assert cut_off(page) == []
    page.search("빵집")
    settle(qtbot, context, lambda: hits(page) == 100)
    page.panel.table.selectRow(3)
    assert unnamed(page) == []
    shell.resize(960, 640)
    qtbot.wait(20)
    assert cut_off(page) == []
