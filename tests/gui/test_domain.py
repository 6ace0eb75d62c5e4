"""The pages of the domains, and what must hold for every page over a vault that is lived in."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from app.gui.context import PageContext
from app.gui.style.apply import apply_look
from app.gui.viewmodels import charts
from app.gui.views.domain import CHART_HEIGHT, LOW_CHART, DomainPage
from app.gui.widgets.charts import ChartCard
from connectors.api import Record
from tests.gui.checks import cut_off, stretch, unnamed
from tests.gui.life import click, fill, posts, settle, spending, window

MINE = ("home", "timeline", "search", "catalogue", "import", "finance", "social", "energy")


def readings() -> list[Record]:
    return [
        Record(
            "energy.reading",
            f"e{i}",
            start=f"2025-0{1 + i % 3}-10T0{i % 10}:00:00Z",
            title="Electricity",
            data={"meter": "m", "quantity": "0.125", "unit": "kWh"},
        )
        for i in range(90)
    ]


def abroad() -> list[Record]:
    """Money of another currency: a second chart, and so three narrow ones side by side."""
    return [
        Record(
            "finance.transaction",
            f"a{i}",
            start=f"2025-0{1 + i % 6}-11",
            title="Harbour books",
            data={"amount": ("-12.50", "40.00")[i % 2], "currency": "GBP"},
        )
        for i in range(24)
    ]


def live(context: PageContext) -> None:
    fill(context.session, spending())
    fill(context.session, abroad(), "uk.midata")
    fill(context.session, posts(), "facebook.export")
    fill(context.session, readings(), "greenbutton.espi")


def test_a_domain_has_its_charts_and_only_its_records(qtbot: QtBot, context: PageContext) -> None:
    live(context)
    shell = window(qtbot, context, "energy")
    page = shell.page("energy")
    assert isinstance(page, DomainPage)
    titles = [card.title.text() for card in page.charts]
    assert titles == ["Energy used (kWh)", "Records by month"]
    assert page.model.list.records.rows.rowCount() == 90
    assert page.charts[0].sentence.text().startswith("Mar: 3.750 kWh")
    assert page.bar.chips == {}


def test_the_table_twin_has_the_same_numbers(qtbot: QtBot, context: PageContext) -> None:
    live(context)
    shell = window(qtbot, context, "energy")
    page = shell.page("energy")
    assert isinstance(page, DomainPage)
    card: ChartCard = page.charts[0]
    click(card.toggle)
    assert card.stack.currentIndex() == 1


def test_counts_are_stacked_by_kind(context: PageContext) -> None:
    comments = [Record("social.comment", f"c{i}", start="2024-12-01", title="x") for i in range(5)]
    fill(context.session, [*posts(), *comments], "facebook.export")
    drawn = charts.counts(context.session, "social")
    assert drawn is not None
    assert drawn.months[-1] == "2024-12"
    assert {part.name: int(part.values[-1]) for part in drawn.parts} == {"Post": 3, "Comment": 5}


def test_nothing_dated_is_not_drawn(context: PageContext) -> None:
    fill(context.session, [Record("social.profile", "me", title="Me")], "facebook.export")
    assert charts.counts(context.session, "social") is None
    assert charts.sums(context.session, "social") == []


def test_charts_are_lower_in_a_low_window_and_still_whole(
    qtbot: QtBot, context: PageContext
) -> None:
    live(context)
    shell = window(qtbot, context, "finance")
    page = shell.page("finance")
    assert isinstance(page, DomainPage)
    qtbot.waitUntil(lambda: page.charts[0].height() == CHART_HEIGHT)
    shell.resize(960, 640)
    qtbot.waitUntil(lambda: LOW_CHART <= page.charts[0].height() < CHART_HEIGHT)
    assert page.panel.table.height() > 120
    for card in page.charts:
        assert card.chart.height() <= card.stack.height()
        assert card.stack.geometry().bottom() < card.sentence.geometry().top()


class Windows(QObject):
    """Notes every widget that becomes a window of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Show and isinstance(watched, QWidget) and watched.isWindow():
            self.seen.append(type(watched).__name__)
        return False


def test_no_page_flashes_a_window(qtbot: QtBot, context: PageContext, qapp: QApplication) -> None:
    live(context)
    shell = window(qtbot, context, "settings")
    windows = Windows()
    qapp.installEventFilter(windows)
    for page in MINE:
        shell.go(page)
        settle(qtbot, context)
    qapp.removeEventFilter(windows)
    assert windows.seen == []


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", [(1240, 800), (960, 640)])
def test_longer_languages_have_room(
    qtbot: QtBot,
    context: PageContext,
    qapp: QApplication,
    monkeypatch: pytest.MonkeyPatch,
    theme: str,
    size: tuple[int, int],
) -> None:
    live(context)
    apply_look(qapp, theme)
    stretch(monkeypatch)
    shell = window(qtbot, context, "home")
    shell.resize(*size)
    for name in MINE:
        shell.go(name)
        settle(qtbot, context)
        qtbot.wait(40)
        page = shell.page(name)
        assert unnamed(page) == [], name
        assert cut_off(page) == [], name
