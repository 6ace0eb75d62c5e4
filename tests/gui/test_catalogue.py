"""The catalogue: what there is, how complete, and as JSON."""

from __future__ import annotations

import json

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.gui.context import PageContext
from app.gui.shell import Shell
from app.gui.viewmodels.catalogue import gaps, share
from app.gui.views.catalogue import CataloguePage
from tests.gui.checks import cut_off, unnamed
from tests.gui.life import click, fill, posts, settle, spending, window


def opened(qtbot: QtBot, context: PageContext) -> tuple[Shell, CataloguePage]:
    fill(context.session, spending())
    fill(context.session, posts(), "facebook.export")
    return shown(qtbot, context)


def shown(qtbot: QtBot, context: PageContext) -> tuple[Shell, CataloguePage]:
    shell = window(qtbot, context, "catalogue")
    page = shell.page("catalogue")
    assert isinstance(page, CataloguePage)
    return shell, page


def test_sources_and_kinds_are_counted(qtbot: QtBot, context: PageContext) -> None:
    _shell, page = opened(qtbot, context)
    assert [row[1] for row in page.model.sources()] == ["40", "300"]
    assert page.model.sources()[1][2] == "2025-01-01 – 2025-06-28"
    assert [row[1] for row in page.model.kinds()] == ["300", "40"]
    assert page.kind_card.title.text() == "Transaction"


def test_choosing_a_kind_shows_its_fields(qtbot: QtBot, context: PageContext) -> None:
    _shell, page = opened(qtbot, context)
    page.kinds.setFocus()
    QTest.keyClick(page.kinds, Qt.Key.Key_Down)
    assert page.kind_card.title.text() == "Post"
    fields = {row[0]: row[1:] for row in page.model.fields(1)}
    assert fields["Author"] == ["Text", "100 %", "Personal"]
    assert page.fields.model().rowCount() == 2


def test_it_is_copied_as_json(qtbot: QtBot, context: PageContext) -> None:
    _shell, page = opened(qtbot, context)
    click(page.copy_button)
    copied = json.loads(QGuiApplication.clipboard().text())
    assert {kind["kind"]: kind["records"] for kind in copied["kinds"]} == {
        "finance.transaction": 300,
        "social.post": 40,
    }


def test_an_empty_vault_says_so(qtbot: QtBot, context: PageContext) -> None:
    _shell, page = shown(qtbot, context)
    assert page.nothing.isVisible()
    assert not page.copy_button.isVisible()
    fill(context.session, posts(), "facebook.export")
    context.session.events.publish("records")
    settle(qtbot, context, lambda: not page.nothing.isVisible())
    assert page.kinds.model().rowCount() == 1


@pytest.mark.parametrize(
    ("filled", "sampled", "text"),
    [(0, 500, "0 %"), (1, 500, "1 %"), (499, 500, "99 %"), (500, 500, "100 %"), (250, 500, "50 %")],
)
def test_a_share_is_whole_only_when_it_is(filled: int, sampled: int, text: str) -> None:
    assert share(filled, sampled) == text


def test_gaps_are_shortened() -> None:
    assert gaps([]) == "None"
    assert gaps(["2024-03", "2024-05/2024-07"]) == "2024-03, 2024-05 – 2024-07"
    assert gaps(["a", "b", "c", "d", "e"]) == "a, b, c and 2 more"


def test_every_control_has_a_name_and_room(qtbot: QtBot, context: PageContext) -> None:
    _shell, page = opened(qtbot, context)
    assert unnamed(page) == []
    qtbot.wait(20)
    assert cut_off(page) == []


def test_nothing_to_show_puts_no_ring_on_the_navigation(qtbot: QtBot, context: PageContext) -> None:
    shell = window(qtbot, context, "catalogue")
    page = shell.page("catalogue")
    assert isinstance(page, CataloguePage)
    settle(qtbot, context, page.nothing.isVisible)
    assert shell.navigation.buttons["home"].property("ring") is not True
    assert not shell.navigation.isAncestorOf(QApplication.focusWidget() or shell)
