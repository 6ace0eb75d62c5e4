"""Stacked bars by month, their legend, and the same numbers as a table.

Values are exact decimals; they become pixels here and nothing else. A chart can be walked with the
arrow keys, says its point aloud, and has a table for those who would rather read.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import ROUND_CEILING, Decimal
from typing import NamedTuple

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QFontMetrics,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import QSizePolicy, QStackedWidget, QWidget

from app.gui.style import fonts
from app.gui.style.tokens import colours, px, series
from app.gui.widgets.base import Label, ring_off, ring_on, row
from app.gui.widgets.buttons import IconButton
from app.gui.widgets.card import Card
from app.gui.widgets.flow import FlowBox
from app.gui.widgets.table import GridTable
from app.i18n import tr

MOST_SERIES = 6
LEAST_PLOT = 112
"""Room for bars, the axis and the names of the months, whatever stands around them."""


class Series(NamedTuple):
    """One part of every bar: a name and one value a category, none below zero."""

    name: str
    values: tuple[Decimal, ...]


class ChartData(NamedTuple):
    """Categories along the bottom and the parts stacked above each."""

    categories: tuple[str, ...]
    series: tuple[Series, ...]

    def totals(self) -> list[Decimal]:
        """The height of each bar."""
        return [
            sum((each.values[i] for each in self.series), Decimal(0))
            for i in range(len(self.categories))
        ]


def folded(data: ChartData) -> ChartData:
    """At most six series: the largest five stay, the rest become "Other"."""
    if len(data.series) <= MOST_SERIES:
        return data
    ranked = sorted(data.series, key=_weight, reverse=True)
    rest = tuple(
        sum((each.values[i] for each in ranked[MOST_SERIES - 1 :]), Decimal(0))
        for i in range(len(data.categories))
    )
    return ChartData(data.categories, (*ranked[: MOST_SERIES - 1], Series(tr("Other"), rest)))


def _weight(part: Series) -> Decimal:
    return sum(part.values, Decimal(0))


def ticks(highest: Decimal) -> list[Decimal]:
    """Three to six round numbers from zero to at least `highest`."""
    if highest <= 0:
        return [Decimal(0), Decimal(1)]
    power = Decimal(10) ** ((highest / 4).adjusted())
    step = next(power * k for k in (1, 2, Decimal("2.5"), 5, 10) if power * k * 4 >= highest)
    count = int((highest / step).to_integral_value(ROUND_CEILING))
    return [step * i for i in range(max(count, 2) + 1)]


class StackedBars(QWidget):
    """The painter. `amount` formats a value for people, `axis` one for the axis."""

    def __init__(
        self,
        title: str,
        data: ChartData,
        amount: Callable[[Decimal], str] = str,
        axis: Callable[[Decimal], str] | None = None,
    ) -> None:
        super().__init__()
        self.data = folded(data)
        self.format, self._axis = amount, axis or amount
        self._point = -1
        self._title = title
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumHeight(px(180))
        self._describe()

    def sizeHint(self) -> QSize:
        """A comfortable size; it grows with its card."""
        return QSize(px(420), px(300))

    def show_data(self, data: ChartData) -> None:
        """Draw other data."""
        self.data = folded(data)
        self._point = -1
        self._describe()
        self.update()

    def sentence(self, index: int) -> str:
        """What bar `index` says."""
        total = self.data.totals()[index]
        return tr("{name}: {value}", name=self.data.categories[index], value=self.format(total))

    def _describe(self) -> None:
        self.setAccessibleName(self._title)
        shown = range(len(self.data.categories)) if self._point < 0 else [self._point]
        self.setAccessibleDescription("\n".join(self.sentence(i) for i in shown))

    # -- where things are

    def _ticks(self) -> list[Decimal]:
        return ticks(max(self.data.totals(), default=Decimal(0)))

    def _plot(self, labels: Sequence[str]) -> QRectF:
        metrics = QFontMetrics(fonts.font("caption"))
        left = max((metrics.horizontalAdvance(text) for text in labels), default=0) + px(12)
        return QRectF(left, px(10), self.width() - left - 2, self.height() - px(10) - px(26))

    def _bar(self, plot: QRectF, index: int) -> tuple[int, int]:
        """Left edge and width of bar `index`, in whole pixels."""
        pitch = plot.width() / max(1, len(self.data.categories))
        width = round(min(px(28), pitch * 0.6))
        return round(plot.left() + pitch * (index + 0.5) - width / 2), width

    # -- drawing

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the grid, the bars and the names below."""
        marks = self._ticks()
        labels = [self._axis(mark) for mark in marks]
        plot = self._plot(labels)
        painter = QPainter(self)
        painter.setFont(fonts.font("caption"))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_grid(painter, plot, labels)
        for index in range(len(self.data.categories)):
            self._paint_bar(painter, plot, index, marks[-1])
        self._paint_names(painter, plot)
        if self.property("ring"):
            painter.setPen(QPen(QColor(colours().accent), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 8, 8)
        painter.end()

    def _paint_grid(self, painter: QPainter, plot: QRectF, labels: Sequence[str]) -> None:
        c = colours()
        for index, text in enumerate(labels):
            y = round(plot.bottom() - plot.height() * index / (len(labels) - 1)) + 0.5
            painter.setPen(QPen(QColor(c.hairline), 1))
            painter.drawLine(QPointF(plot.left(), y), QPointF(plot.right(), y))
            painter.setPen(QColor(c.text2))
            space = QRectF(0, y - px(10), plot.left() - px(8), px(20))
            painter.drawText(
                space, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, text
            )

    def _paint_bar(self, painter: QPainter, plot: QRectF, index: int, top: Decimal) -> None:
        left, width = self._bar(plot, index)
        base, full = round(plot.bottom()), plot.height()
        parts = [
            (i, s.values[index]) for i, s in enumerate(self.data.series) if s.values[index] > 0
        ]
        reached = Decimal(0)
        painter.setPen(Qt.PenStyle.NoPen)
        for order, (colour_index, value) in enumerate(parts):
            low = base - round(full * float(reached / top))
            reached += value
            high = base - round(full * float(reached / top))
            last = order == len(parts) - 1
            gap = 0 if last else 1
            box = QRectF(left, high + gap, width, max(1, low - high - gap))
            painter.setBrush(QColor(series(colour_index)))
            painter.drawPath(_bar_shape(box, 4 if last else 0))
        if index == self._point:
            self._paint_point(painter, QRectF(left - 3, plot.top(), width + 6, full))

    def _paint_point(self, painter: QPainter, around: QRectF) -> None:
        painter.setPen(QPen(QColor(colours().accent), 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(around, 4, 4)
        painter.setPen(Qt.PenStyle.NoPen)

    def _paint_names(self, painter: QPainter, plot: QRectF) -> None:
        painter.setPen(QColor(colours().text2))
        pitch = plot.width() / max(1, len(self.data.categories))
        metrics = painter.fontMetrics()
        widest = max((metrics.horizontalAdvance(n) for n in self.data.categories), default=0)
        every = max(1, -(-(widest + px(6)) // max(1, int(pitch))))
        for index, name in enumerate(self.data.categories):
            if index % every == 0:
                middle = plot.left() + pitch * (index + 0.5)
                space = QRectF(
                    middle - pitch * every / 2, plot.bottom() + px(4), pitch * every, px(18)
                )
                painter.drawText(space, Qt.AlignmentFlag.AlignCenter, name)

    # -- walking it

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Left and right walk the bars."""
        step = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()))
        if step is None or not self.data.categories:
            super().keyPressEvent(event)
            return
        self._choose(max(0, min(len(self.data.categories) - 1, self._point + step)))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Nothing is only in a tooltip: pressing shows the same as the keys."""
        self._at(event.position().x())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A press chooses the bar under it."""
        self._at(event.position().x())

    def _at(self, x: float) -> None:
        plot = self._plot([self._axis(mark) for mark in self._ticks()])
        pitch = plot.width() / max(1, len(self.data.categories))
        index = int((x - plot.left()) // pitch) if pitch else -1
        if 0 <= index < len(self.data.categories):
            self._choose(index)

    def _choose(self, index: int) -> None:
        self._point = index
        self.setToolTip(self.sentence(index))
        self._describe()
        self.update()

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show the ring for the keyboard."""
        super().focusInEvent(event)
        ring_on(self, event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Hide the ring and the point."""
        super().focusOutEvent(event)
        ring_off(self)
        self._point = -1
        self._describe()


def _bar_shape(box: QRectF, radius: float) -> QPainterPath:
    """A bar with a round top. Without the winding fill overlapping shapes leave holes."""
    path = QPainterPath()
    path.setFillRule(Qt.FillRule.WindingFill)
    radius = min(radius, box.height())
    if radius <= 0:
        path.addRect(box)
        return path
    path.addRoundedRect(box, radius, radius)
    path.addRect(box.adjusted(0, radius, 0, 0))
    return path


class Swatch(QWidget):
    """The colour of one series, for a legend."""

    def __init__(self, colour: str) -> None:
        super().__init__()
        self._colour = colour
        self.setFixedSize(px(10), px(10))

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw a rounded square."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(self._colour))
        painter.drawRoundedRect(self.rect(), 3, 3)
        painter.end()


class Legend(FlowBox):
    """Names of the series with their colours."""

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__(px(10))
        self.show_items([_entry(index, name) for index, name in enumerate(names)])


def _entry(index: int, name: str) -> QWidget:
    entry = QWidget()
    entry.setLayout(row(Swatch(series(index)), Label(name, "caption"), spacing=px(6)))
    return entry


class ChartCard(Card):
    """A chart in a card: title, legend, a sentence below, and the same numbers as a table."""

    def __init__(self, title: str, chart: StackedBars, sentence: str = "") -> None:
        self.toggle = IconButton("table", tr("View as table"))
        super().__init__()
        self.rise()
        self.title.setText(title)
        self.title.setWordWrap(True)
        self._head = row(spacing=px(12))
        self._head.addWidget(self.title, 1)
        self._head.addWidget(self.toggle, 0, Qt.AlignmentFlag.AlignTop)
        self.body.addLayout(self._head)
        self.chart = chart
        self.toggle.setCheckable(True)
        self.toggle.toggled.connect(self._switch)
        several = [each.name for each in chart.data.series] if len(chart.data.series) > 1 else []
        self.legend = Legend(several)
        self._head.insertWidget(1, self.legend)
        self._is_narrow = False
        self._height = 0
        self.stack = QStackedWidget()
        self.stack.addWidget(chart)
        self.stack.addWidget(self._table())
        self.body.addWidget(self.stack, 1)
        self.sentence = Label(sentence, "caption", wrap=True)
        self.body.addWidget(self.sentence)
        self.sentence.setVisible(bool(sentence))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Move the legend where there is room for it, and keep the chart whole."""
        super().resizeEvent(event)
        self._place_legend()
        self._fit_height()

    def keep_height(self, pixels: int) -> None:
        """Be `pixels` high, or higher where title and sentence need more lines."""
        self._height = pixels
        self.stack.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Ignored)
        self.stack.setMinimumHeight(px(LEAST_PLOT))
        self._fit_height()

    def _fit_height(self) -> None:
        if self._height:
            needed = self.body.totalMinimumHeightForWidth(self.width())
            self.setMinimumHeight(max(self._height, needed))

    def _place_legend(self) -> None:
        """Beside the title if there is room for both, or else under it."""
        words = self.title.fontMetrics().horizontalAdvance(self.title.text())
        needed = words + self.legend.sizeHint().width() + self.toggle.width() + px(40)
        is_narrow = needed > self.contentsRect().width() - 2 * px(20)
        if is_narrow == self._is_narrow:
            return
        self._is_narrow = is_narrow
        if is_narrow:
            self.body.insertWidget(1, self.legend)
        else:
            self._head.insertWidget(1, self.legend)

    def _table(self) -> QWidget:
        data = self.chart.data
        heads = [tr("Month"), *(each.name for each in data.series)]
        rows = [
            [name, *(self.chart.format(each.values[i]) for each in data.series)]
            for i, name in enumerate(data.categories)
        ]
        return GridTable(self.title.text(), heads, rows)

    def _switch(self, table: bool) -> None:
        self.stack.setCurrentIndex(int(table))
        self.toggle.show_icon("bars" if table else "table")
        self.toggle.rename(tr("View as chart") if table else tr("View as table"))
