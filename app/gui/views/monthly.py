"""Charts by month as cards: stacked where parts add up, side by side where they do not."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter

from app.gui.style.tokens import px, series
from app.gui.viewmodels import charts, wording
from app.gui.viewmodels.charts import Monthly
from app.gui.viewmodels.filters import Rows
from app.gui.widgets.charts import ChartCard, ChartData, Series, StackedBars, ticks
from app.i18n import tr


class _Unit:
    """Formats values of one unit."""

    def __init__(self, unit: str) -> None:
        self._unit = unit

    def exact(self, value: Decimal) -> str:
        return charts.amount(value, self._unit)

    def axis(self, value: Decimal) -> str:
        return wording.axis(value, self._unit)


class MonthBars(StackedBars):
    """Bars that open: emits `opened` with a month's place for a click, Enter or Space."""

    opened = Signal(int)

    def sizeHint(self) -> QSize:
        """Low enough for the smallest window; it grows with its card."""
        return QSize(px(420), px(200))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """The press chose a bar; letting go of it opens it."""
        super().mouseReleaseEvent(event)
        if self._point >= 0 and self.rect().contains(event.position().toPoint()):
            self.opened.emit(self._point)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter and Space open the bar the arrow keys went to."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            if self._point >= 0:
                self.opened.emit(self._point)
        else:
            super().keyPressEvent(event)


class PairedBars(MonthBars):
    """Two bars a month. What went out and what came in is compared, never added."""

    def sentence(self, index: int) -> str:
        """What both bars of a month say."""
        parts = " · ".join(
            tr("{name}: {value}", name=each.name, value=self.format(each.values[index]))
            for each in self.data.series
        )
        return tr("{name}: {value}", name=self.data.categories[index], value=parts)

    def _ticks(self) -> list[Decimal]:
        return ticks(max((max(each.values) for each in self.data.series), default=Decimal(0)))

    def _paint_bar(self, painter: QPainter, plot: QRectF, index: int, top: Decimal) -> None:
        left, width = self._bar(plot, index)
        left, width = left - width // 4, width + width // 2
        base, full = round(plot.bottom()), plot.height()
        pitch = width // len(self.data.series)
        painter.save()
        painter.setPen(Qt.PenStyle.NoPen)
        # Bars reach below the base and are cut there, so that only their tops are round.
        painter.setClipRect(QRectF(0, 0, self.width(), base))
        for number, part in enumerate(self.data.series):
            high = round(full * float(part.values[index] / top))
            painter.setBrush(QColor(series(number)))
            box = QRectF(left + number * pitch, base - high, pitch - 2, high + 4 if high else 0)
            painter.drawRoundedRect(box, 4, 4)
        painter.restore()
        if index == self._point:
            self._paint_point(painter, QRectF(left - 3, plot.top(), width + 4, full))


class _Opener:
    """Turns a bar's place into the rows it stands for."""

    def __init__(self, chart: Monthly, open_rows: Callable[[Rows], object]) -> None:
        self._chart, self._open = chart, open_rows

    def __call__(self, index: int) -> None:
        self._open(Rows(self._chart.kind, self._chart.months[index]))


def chart_card(chart: Monthly, open_rows: Callable[[Rows], object]) -> ChartCard:
    """A card that draws `chart` and says its last month; a bar calls `open_rows`."""
    data = ChartData(
        tuple(wording.month_name(month) for month in chart.months),
        tuple(Series(part.name, part.values) for part in chart.parts),
    )
    unit = _Unit(chart.unit)
    kind = PairedBars if chart.paired else MonthBars
    drawn = kind(chart.title, data, unit.exact, unit.axis)
    drawn.setMinimumHeight(px(112))
    drawn.setCursor(Qt.CursorShape.PointingHandCursor)
    drawn.opened.connect(_Opener(chart, open_rows))
    return ChartCard(chart.title, drawn, charts.sentence(chart))
