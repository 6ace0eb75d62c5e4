"""Tables hold ids and fetch what is looked at."""

from __future__ import annotations

from array import array
from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.gui.viewmodels.rows import BLOCK, KEPT_BLOCKS, SUBTITLE_ROLE, Column, Grid, LazyRows
from app.gui.widgets.table import GridTable, RecordsTable

COLUMNS = [
    Column[int]("Date", lambda row: f"day {row}", 120),
    Column[int]("What", lambda row: f"thing {row}", subtitle=lambda row: f"below {row}"),
]


class Store:
    def __init__(self) -> None:
        self.asked: list[Sequence[int]] = []

    def fetch(self, ids: Sequence[int]) -> list[int]:
        self.asked.append(ids)
        return list(ids)


def test_a_million_rows_fetch_only_what_is_seen(qtbot: QtBot) -> None:
    store = Store()
    model = LazyRows(COLUMNS, store.fetch)
    model.set_ids(array("q", range(1_000_000)))
    table = RecordsTable("Records", model)
    qtbot.addWidget(table)
    table.resize(600, 400)
    table.show()
    table.grab()
    first = len(store.asked)
    assert first <= 2
    table.scrollTo(model.index(700_000, 0))
    table.grab()
    assert len(store.asked) <= first + 2
    assert 700_000 in store.asked[-1] or 700_000 in store.asked[-2]
    assert table.rowHeight(0) == 40


def test_cells_come_from_the_columns(qtbot: QtBot) -> None:
    model = LazyRows(COLUMNS, Store().fetch)
    model.set_ids([5, 6])
    assert model.data(model.index(1, 1)) == "thing 6"
    assert model.data(model.index(1, 1), SUBTITLE_ROLE) == "below 6"
    assert model.headerData(0, Qt.Orientation.Horizontal) == "Date"
    assert model.id_at(0) == 5


def test_blocks_are_kept_and_then_forgotten() -> None:
    store = Store()
    model = LazyRows(COLUMNS, store.fetch)
    model.set_ids(range(BLOCK * (KEPT_BLOCKS + 1)))
    for number in (0, 0, 1):
        model.row_at(number * BLOCK)
    assert len(store.asked) == 2
    for number in range(KEPT_BLOCKS + 1):
        model.row_at(number * BLOCK)
    model.row_at(0)
    assert len(store.asked) == KEPT_BLOCKS + 2


def test_a_row_that_has_gone_is_empty() -> None:
    model = LazyRows(COLUMNS, lambda _ids: [])
    model.set_ids([1])
    assert model.row_at(0) is None
    assert model.data(model.index(0, 0)) == ""


def test_clearing_forgets_every_row() -> None:
    model = LazyRows(COLUMNS, Store().fetch)
    model.set_ids([1, 2])
    model.row_at(0)
    model.clear()
    assert model.rowCount() == 0
    assert not model._blocks


def test_enter_opens_the_row_and_arrows_walk(qtbot: QtBot) -> None:
    model = LazyRows(COLUMNS, Store().fetch)
    model.set_ids([10, 11, 12])
    table = RecordsTable("Records", model)
    qtbot.addWidget(table)
    table.show()
    opened: list[int] = []
    table.opened.connect(opened.append)
    table.setCurrentIndex(model.index(0, 0))
    QTest.keyClick(table, Qt.Key.Key_Down)
    QTest.keyClick(table, Qt.Key.Key_Return)
    assert opened == [1]


def test_a_grid_shows_its_texts(qtbot: QtBot) -> None:
    table = GridTable("Spending", ["Month", "Rent"], [["2026-11", "650.00"]])
    qtbot.addWidget(table)
    model = table.model()
    assert isinstance(model, Grid)
    assert model.data(model.index(0, 1)) == "650.00"
    assert model.headerData(1, Qt.Orientation.Horizontal) == "Rent"
    assert table.accessibleName() == "Spending"
