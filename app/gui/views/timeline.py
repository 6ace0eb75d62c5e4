"""All records by time: density strip, filters, table, inspector."""

from __future__ import annotations

from PySide6.QtGui import QHideEvent

from app.gui.context import PageContext
from app.gui.style.tokens import px
from app.gui.viewmodels import wording
from app.gui.viewmodels.timeline import TimelineModel
from app.gui.views.filter_bar import FilterBar
from app.gui.views.records_panel import RecordsPanel
from app.gui.widgets.buttons import Button
from app.gui.widgets.card import Card
from app.gui.widgets.density import DensityStrip
from app.gui.widgets.page import PageView
from app.gui.widgets.states import EmptyState
from app.i18n import tr


class TimelinePage(PageView):
    """The page. Give `shown` a period ("2025-11") to start there."""

    def __init__(self, context: PageContext) -> None:
        super().__init__(context, tr("Timeline"), " ", scrolls=False)
        self.model = TimelineModel(context, self)
        self.bar = FilterBar(self.model.filter)
        self.strip = DensityStrip(tr("Records by month"))
        self.strip_card = Card()
        self.strip_card.body.setContentsMargins(px(20), px(10), px(20), px(6))
        self.strip_card.body.addWidget(self.strip)
        self.panel = RecordsPanel(context, self.model.records, self._nothing())
        self.body.addWidget(self.bar)
        self.body.addWidget(self.strip_card)
        self.body.addWidget(self.panel, 1)
        self.strip.chosen.connect(self._period)
        self.model.filter.offered.connect(self._draw)
        self.model.filter.changed.connect(self._select)
        self.model.records.counted.connect(self._count)
        self.model.failed.connect(self.show_error)

    def _nothing(self) -> EmptyState:
        button = Button(tr("Import files"), "primary", "import")
        button.clicked.connect(self._import)
        return EmptyState(
            "clock",
            tr("No records here"),
            tr("Import a file, or show everything again."),
            [button],
        )

    def _import(self) -> None:
        self.context.go("import")

    def _period(self, period: str) -> None:
        self.model.filter.choose(period=period)

    def _draw(self) -> None:
        spans = self.model.spans()
        self.strip.show_spans(spans, self.model.filter.period)
        self.strip_card.setVisible(len(spans) > 1)

    def _select(self) -> None:
        self.strip.select(self.model.filter.period)

    def _count(self, count: int) -> None:
        self.header.say(
            tr("Timeline"), tr("{records}, newest first", records=wording.records(count))
        )

    def shown(self, argument: object) -> None:
        """Start at a period if one is given."""
        if isinstance(argument, str):
            self.model.filter.choose(domain="", source="", period=argument)
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
        if self.model.filter.narrowed:
            self.model.filter.reset()
            return True
        return False
