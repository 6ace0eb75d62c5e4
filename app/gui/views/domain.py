"""The page of one domain: up to three charts, then its records."""

from __future__ import annotations

from PySide6.QtGui import QHideEvent, QResizeEvent
from PySide6.QtWidgets import QSizePolicy

from app.gui.context import PageContext
from app.gui.style.tokens import px
from app.gui.viewmodels import wording
from app.gui.viewmodels.domain import DomainModel, Drawn
from app.gui.viewmodels.filters import Rows
from app.gui.views.filter_bar import FilterBar
from app.gui.views.monthly import chart_card
from app.gui.views.records_panel import RecordsPanel
from app.gui.widgets.base import empty, row
from app.gui.widgets.charts import ChartCard
from app.gui.widgets.page import PageView
from app.i18n import tr

CHART_HEIGHT = 296
LOW_CHART = 232
LOW_PAGE = 720


class DomainPage(PageView):
    """The page of `domain`. Give `shown` some `Rows` to list only those."""

    def __init__(self, context: PageContext, domain: str) -> None:
        super().__init__(context, wording.domain_title(domain), " ", scrolls=False)
        self.model = DomainModel(context, domain, self)
        self._title = wording.domain_title(domain)
        self._charts = row(spacing=16)
        self.charts: list[ChartCard] = []
        self.bar = FilterBar(self.model.list.filter, domains=False)
        self.panel = RecordsPanel(context, self.model.list.records)
        self.body.addLayout(self._charts)
        self.body.addWidget(self.bar)
        self.body.addWidget(self.panel, 1)
        self.model.ready.connect(self._draw)
        self.model.list.records.counted.connect(self._count)
        self.model.failed.connect(self.show_error)

    def _draw(self, drawn: Drawn) -> None:
        empty(self._charts)
        self.charts = []
        for chart in drawn.charts:
            card = chart_card(chart, self.open_rows)
            card.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
            card.body.setSpacing(px(8))
            self._charts.addWidget(card, 1)
            self.charts.append(card)
        self._fit()

    def _fit(self) -> None:
        low = self.height() < px(LOW_PAGE)
        for card in self.charts:
            card.keep_height(px(LOW_CHART if low else CHART_HEIGHT))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Lower charts where the list would have no room."""
        super().resizeEvent(event)
        self._fit()

    def open_rows(self, rows: Rows) -> None:
        """List exactly these."""
        self.model.list.filter.choose(domain=rows.kind, source="", period=rows.period)

    def _count(self, count: int) -> None:
        self.header.say(self._title, tr("{records}, newest first", records=wording.records(count)))

    def shown(self, argument: object) -> None:
        """List only the rows that are given."""
        if isinstance(argument, Rows):
            self.open_rows(argument)
        self.model.come()
        self.panel.take_focus()

    def hideEvent(self, event: QHideEvent) -> None:
        """Another page is in front."""
        super().hideEvent(event)
        self.model.leave()

    def back(self) -> bool:
        """Close the inspector, then the filters."""
        if self.panel.close_inspector():
            return True
        if self.model.list.filter.narrowed:
            self.model.list.filter.reset()
            return True
        return False
