"""Charts: exact sums, round axes, whole pixels, and the same numbers for every sense."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.gui.style.tokens import colours
from app.gui.viewmodels.rows import Grid
from app.gui.widgets.charts import ChartCard, ChartData, Series, StackedBars, folded, ticks
from app.gui.widgets.table import GridTable

AMOUNTS = st.decimals(min_value=0, max_value=10**12, places=2)


def money(*values: str) -> tuple[Decimal, ...]:
    return tuple(Decimal(value) for value in values)


SPENDING = ChartData(
    ("Oct", "Nov"),
    (Series("Rent", money("650.00", "650.00")), Series("Food", money("310.10", "402.45"))),
)


@given(AMOUNTS)
def test_the_axis_reaches_the_highest_value_in_few_round_steps(highest: Decimal) -> None:
    marks = ticks(highest)
    assert marks[0] == 0
    assert marks[-1] >= highest
    assert 2 <= len(marks) <= 6
    steps = {b - a for a, b in pairwise(marks)}
    assert len(steps) == 1
    assert str((steps.pop() * 1000).normalize().as_tuple().digits[0]) in "125"


@given(st.lists(st.tuples(AMOUNTS, AMOUNTS), min_size=1, max_size=12))
def test_folding_loses_no_cent(parts: list[tuple[Decimal, Decimal]]) -> None:
    data = ChartData(("a", "b"), tuple(Series(str(i), part) for i, part in enumerate(parts)))
    small = folded(data)
    assert len(small.series) <= 6
    assert small.totals() == data.totals()


def test_bars_are_drawn_in_series_colours_without_holes(qtbot: QtBot) -> None:
    chart = StackedBars("Spending", SPENDING)
    qtbot.addWidget(chart)
    chart.resize(400, 300)
    image = chart.grab().toImage()
    marks = [str(mark) for mark in chart._ticks()]
    left, width = chart._bar(chart._plot(marks), 0)
    column = [image.pixelColor(left + width // 2, y).name().upper() for y in range(300)]
    first, second = colours().chart[:2]
    assert column.count(first) > column.count(second) > 20
    inside = column[column.index(second) : len(column) - column[::-1].index(first)]
    assert len([colour for colour in inside if colour not in (first, second)]) <= 1


def test_arrows_walk_the_bars_and_say_them(qtbot: QtBot) -> None:
    chart = StackedBars("Spending", SPENDING, lambda value: f"{value} EUR")
    qtbot.addWidget(chart)
    chart.show()
    assert chart.focusPolicy() == Qt.FocusPolicy.StrongFocus
    assert chart.accessibleDescription() == "Oct: 960.10 EUR\nNov: 1052.45 EUR"
    QTest.keyClick(chart, Qt.Key.Key_Right)
    assert chart.accessibleDescription() == "Oct: 960.10 EUR"
    QTest.keyClick(chart, Qt.Key.Key_Right)
    QTest.keyClick(chart, Qt.Key.Key_Right)
    assert chart.accessibleDescription() == "Nov: 1052.45 EUR"


def test_the_table_twin_has_the_same_numbers(qtbot: QtBot) -> None:
    card = ChartCard("Spending", StackedBars("Spending", SPENDING), "November: 1052.45")
    qtbot.addWidget(card)
    card.show()
    card.toggle.click()
    table = card.stack.currentWidget()
    assert isinstance(table, GridTable)
    model = table.model()
    assert isinstance(model, Grid)
    cells = [[model.data(model.index(r, c)) for c in range(3)] for r in range(2)]
    assert cells == [["Oct", "650.00", "310.10"], ["Nov", "650.00", "402.45"]]
    assert card.toggle.accessibleName() == "View as chart"


@pytest.mark.parametrize(
    "data",
    [ChartData((), ()), ChartData(("a",), ()), ChartData(("a",), (Series("x", money("0")),))],
)
def test_nothing_to_draw_is_no_error(qtbot: QtBot, data: ChartData) -> None:
    chart = StackedBars("Empty", data)
    qtbot.addWidget(chart)
    assert not chart.grab().isNull()
