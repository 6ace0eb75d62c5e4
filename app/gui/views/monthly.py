"""Charts by month as cards: stacked where parts add up, side by side where they do not."""

from __future__ import annotations

from decimal import Decimal

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter

from app.gui.style.tokens import series
from app.gui.viewmodels import charts, wording
from app.gui.viewmodels.charts import Monthly
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


class PairedBars(StackedBars):
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


def chart_card(chart: Monthly) -> ChartCard:
    """A card that draws `chart` and says its last month below."""
    data = ChartData(
        tuple(wording.month_name(month) for month in chart.months),
        tuple(Series(part.name, part.values) for part in chart.parts),
    )
    unit = _Unit(chart.unit)
    kind = PairedBars if chart.paired else StackedBars
    drawn = kind(chart.title, data, unit.exact, unit.axis)
    return ChartCard(chart.title, drawn, charts.sentence(chart))
