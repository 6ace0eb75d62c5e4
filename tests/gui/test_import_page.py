"""Bringing files in through the real window, the real reader process and a real vault."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, Qt, QUrl
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.modeltest import ModelTester
from pytestqt.qtbot import QtBot

from app import i18n
from app.gui.context import PageContext
from app.gui.main_window import MainWindow
from app.gui.shell import Shell
from app.gui.viewmodels import import_page as words
from app.gui.viewmodels.import_page import Item
from app.gui.viewmodels.unlock import look_inside
from app.gui.views.import_page import ImportPage
from app.gui.views.receipt import Sentences
from app.gui.widgets.buttons import Button
from app.gui.widgets.card import ListRow
from app.gui.widgets.table import Table
from app.services import importing
from app.services import session as sessions
from app.services.importing import Receipt, Refusal
from app.settings import Settings
from app.vault import keys
from connectors.api import Problem
from tests.gui.checks import cut_off, unnamed
from tests.gui.conftest import WORDS
from tests.gui.life import (
    BROKEN,
    MIDATA,
    click,
    fill,
    long_statement,
    settle,
    spending,
    window,
    write,
)
from tests.gui.test_widgets import drop


def opened(qtbot: QtBot, context: PageContext) -> tuple[Shell, ImportPage]:
    shell = window(qtbot, context, "import")
    page = shell.page("import")
    assert isinstance(page, ImportPage)
    return shell, page


def states(page: ImportPage) -> list[str]:
    return [item.state for item in page.model.items]


def files(paths: list[Path]) -> QMimeData:
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    return mime


def only_row(page: ImportPage) -> tuple[Item, str]:
    (item,) = page.model.items
    return item, page.rows[item.number].subtitle.full_text()


# -- the whole window


@pytest.fixture
def main_window(qtbot: QtBot, tmp_path: Path) -> Iterator[MainWindow]:
    session, _key = sessions.create(tmp_path / "vault", WORDS, cost=keys.LOWEST)
    made = MainWindow(Settings(), tmp_path / "vault")
    made.enter(look_inside(session))
    made.show()
    yield made
    made.shut_down()
    made.close()
    made.deleteLater()


def test_files_dropped_anywhere_are_imported(
    qtbot: QtBot, main_window: MainWindow, tmp_path: Path
) -> None:
    shell = main_window.shell
    assert shell is not None
    assert shell.current == "home"
    assert drop(main_window, files([write(tmp_path, "midata.csv", MIDATA)]))
    assert shell.current == "import"
    page = shell.page("import")
    assert isinstance(page, ImportPage)
    settle(qtbot, shell.context, lambda: states(page) == ["done"])
    item, line = only_row(page)
    assert item.receipt is not None
    assert item.receipt.new == 3
    assert "New: 3" in line
    assert "2026-02-01 – 2026-02-03" in line
    qtbot.waitUntil(lambda: "finance" in shell.navigation.buttons)
    shell.go("timeline")
    settle(qtbot, shell.context)
    assert "3" in shell.page("timeline").header.subtitle.text()


# -- one page


def test_a_drop_on_the_zone_is_imported_and_undone(
    qtbot: QtBot, context: PageContext, tmp_path: Path
) -> None:
    shell, page = opened(qtbot, context)
    assert drop(page.zone, files([write(tmp_path, "midata.csv", MIDATA)]))
    settle(qtbot, context, lambda: states(page) == ["done"])
    (item,) = page.model.items
    click(page.rows[item.number].undo)
    settle(qtbot, context, lambda: states(page) == ["undone"])
    assert shell.toast.isVisible()
    assert "3 records" in shell.toast.accessibleName()
    assert sessions.status(context.session).records == 0
    assert not page.rows[item.number].undo.isVisible()
    assert not isinstance(QApplication.focusWidget(), Button)


def test_files_wait_for_each_other_and_can_be_taken_out(
    qtbot: QtBot, context: PageContext, tmp_path: Path
) -> None:
    _shell, page = opened(qtbot, context)
    page.files_dropped(
        [
            long_statement(tmp_path),
            write(tmp_path, "b.csv", MIDATA),
            write(tmp_path, "c.csv", BROKEN),
        ]
    )
    qtbot.waitUntil(lambda: states(page)[0] == "running", timeout=30_000)
    assert states(page)[1:] == ["waiting", "waiting"]
    first, second, third = page.model.items
    click(page.rows[second.number].stop)
    qtbot.waitUntil(lambda: len(page.model.items) == 2)
    qtbot.waitUntil(lambda: first.progress.records > 0, timeout=30_000)
    assert page.rows[first.number].bar.isVisible()
    click(page.rows[first.number].stop)
    settle(qtbot, context, lambda: states(page) == ["cancelled", "check"])
    assert page.rows[first.number].subtitle.full_text() == "Nothing of it was kept"
    assert third.receipt is not None
    assert sessions.status(context.session).records == third.receipt.new == 3


def test_a_closer_look_says_what_was_not_read_and_where(
    qtbot: QtBot, context: PageContext, tmp_path: Path
) -> None:
    shell, page = opened(qtbot, context)
    page.files_dropped([write(tmp_path, "b.csv", BROKEN)])
    settle(qtbot, context, lambda: states(page) == ["check"])
    (item,) = page.model.items
    click(page.rows[item.number].look)
    assert page.header.title.text() == "b.csv"
    (table,) = page.receipt.findChildren(Table)
    grid = table.model()
    assert "row 7" in str(grid.index(0, 0).data())
    assert "first of May" in str(grid.index(0, 1).data())
    QTest.keyClick(shell, Qt.Key.Key_Escape)
    assert page.header.title.text() == "Import"


def test_what_nobody_knows_is_refused_in_one_sentence(
    qtbot: QtBot, context: PageContext, tmp_path: Path
) -> None:
    _shell, page = opened(qtbot, context)
    page.files_dropped([write(tmp_path, "notes.txt", "buy bread\n")])
    settle(qtbot, context, lambda: states(page) == ["refused"])
    item, line = only_row(page)
    assert line == "No format known here looks like this."
    click(page.rows[item.number].look)
    said = [label.text() for label in page.receipt.findChildren(QLabel)]
    assert "Choose the file as the service gave it, unchanged." in said


def test_a_file_that_is_gone_is_refused(qtbot: QtBot, context: PageContext, tmp_path: Path) -> None:
    _shell, page = opened(qtbot, context)
    page.files_dropped([tmp_path / "gone.csv"])
    settle(qtbot, context, lambda: states(page) == ["refused"])
    refusal = page.model.items[0].receipt.refusal if page.model.items[0].receipt else None
    assert refusal is not None
    assert refusal.code == "vanished"


def test_a_folder_of_files_becomes_one_row_each(
    qtbot: QtBot, context: PageContext, tmp_path: Path
) -> None:
    _shell, page = opened(qtbot, context)
    folder = tmp_path / "statements"
    folder.mkdir()
    write(folder, "one.txt", "buy bread")
    write(folder, "two.txt", "call Ada")
    page.files_dropped([folder])
    settle(qtbot, context, lambda: states(page) == ["refused", "refused"])
    assert [item.name for item in page.model.items] == ["one.txt", "two.txt"]
    assert page.card.title.text() == "2 sources"


def test_earlier_imports_can_be_seen_and_undone(qtbot: QtBot, context: PageContext) -> None:
    import_id = fill(context.session, spending(), name="last year.ofx")
    _shell, page = opened(qtbot, context)
    assert page.earlier_card.isVisible()
    assert not page.guide.isVisible()
    (row,) = page.earlier.findChildren(ListRow)
    assert row.title.full_text() == "last year.ofx"
    page.model.undo(import_id)
    settle(qtbot, context, lambda: [run.state for run in page.model.history] == ["undone"])
    assert sessions.status(context.session).records == 0


def test_an_earlier_receipt_is_shown_in_full(
    qtbot: QtBot, context: PageContext, tmp_path: Path
) -> None:
    importing.import_paths(context.session, [write(tmp_path, "b.csv", BROKEN)])
    _shell, page = opened(qtbot, context)
    (run,) = page.model.history
    page.model.read_receipt(run.import_id)
    settle(qtbot, context, lambda: page.stack.currentIndex() == 1)
    assert page.header.title.text() == "b.csv"


def test_nothing_imported_yet_says_what_can_be(qtbot: QtBot, context: PageContext) -> None:
    _shell, page = opened(qtbot, context)
    assert page.guide.isVisible()
    assert not page.card.isVisible()
    assert unnamed(page) == []
    assert cut_off(page) == []


# -- words


def test_zeroes_are_left_out() -> None:
    assert words.counts(0, 0, 0, 0) == "New: 0"
    assert words.counts(1200, 3, 0, 1) == "New: 1,200 · Known: 3 · Not read: 1"


def test_every_state_has_a_word_in_both_languages() -> None:
    item = Item(1, [Path("a.csv")])
    for state in ("waiting", "running", "done", "check", "refused", "cancelled", "undone"):
        item.state = state
        english = words.pill(item)
        i18n.set_language("ko")
        assert words.pill(item)[0] != english[0]
        assert words.pill(item)[1] == english[1]
        i18n.set_language("en")


def test_a_receipt_says_everything() -> None:
    receipt = Receipt(
        "a.zip",
        title="Facebook export",
        records={"social.post": 2},
        new=2,
        problems=[Problem("a#/1", "bad-date", "x")],
        problem_count=1,
        parsed=1,
        unknown=1,
        first="2024-01-01",
        last="2024-05-01T10:00:00Z",
    )
    facts = dict(words.facts(receipt))
    assert facts["Kinds"] == "Post: 2"
    assert facts["Period"] == "2024-01-01 – 2024-05-01"
    assert facts["Files inside"] == "Read: 1 · Kept: 0 · Unknown: 1"
    assert words.problem_rows(receipt) == [["a#/1", "“x” is not a date."]]
    receipt.refusal = Refusal(
        "too-large", "It is larger than the limit of {value}.", "", {"value": "1"}
    )
    assert words.receipt_line(receipt) == "It is larger than the limit of 1."


def test_the_sentences_keep_qts_contract(qtmodeltester: ModelTester) -> None:
    model = Sentences(["Where", "Why"], [["row 1", "broken"], ["row 2", "<b>"]])
    qtmodeltester.check(model)  # type: ignore[no-untyped-call]
