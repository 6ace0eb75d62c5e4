"""The records table: 40 pixel rows, one or two lines a cell, keyboard throughout."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QPersistentModelIndex,
    QRect,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QFocusEvent, QFontMetrics, QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
)

from app.gui.style import fonts, icons
from app.gui.style.tokens import colours, px
from app.gui.viewmodels.rows import (
    COLOUR_ROLE,
    ICON_ROLE,
    SOFT_ROLE,
    SUBTITLE_ROLE,
    Grid,
    LazyRows,
)
from app.gui.widgets.base import ring_off, ring_on

ROW_HEIGHT = 40


NAME_WIDTH = 64


class TwoLineCell(QStyledItemDelegate):
    """Paints an optional icon, a line, and an optional smaller line below; cuts with "…"."""

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        """Draw one cell."""
        c = colours()
        box: QRect = option.rect
        state: QStyle.StateFlag = option.state
        painter.save()
        if state & QStyle.StateFlag.State_Selected:
            painter.fillRect(box, QColor(c.accent_soft))
        painter.setPen(QColor(c.hairline))
        painter.drawLine(box.bottomLeft(), box.bottomRight())
        inner = box.adjusted(px(10), 0, -px(10), -1)
        self._paint_inside(painter, inner, index)
        painter.restore()

    def _paint_inside(
        self, painter: QPainter, inner: QRect, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        c = colours()
        if icon := str(index.data(ICON_ROLE) or ""):
            self._paint_icon(painter, inner, icon, str(index.data(COLOUR_ROLE) or c.text2))
            inner = inner.adjusted(px(30), 0, 0, 0)
        text, below = str(index.data() or ""), str(index.data(SUBTITLE_ROLE) or "")
        side = index.data(Qt.ItemDataRole.TextAlignmentRole) or Qt.AlignmentFlag.AlignLeft
        ink = c.text2 if index.data(SOFT_ROLE) else c.text
        if not below:
            _line(painter, inner, text, "body", ink=ink, side=side)
            return
        half = inner.height() // 2
        upper = inner.adjusted(0, px(2), 0, -half + px(2))
        lower = inner.adjusted(0, half + px(1), 0, -px(2))
        _line(painter, upper, text, "body", ink=ink, side=side)
        _line(painter, lower, below, "caption", ink=c.text2, side=side)

    @staticmethod
    def _paint_icon(painter: QPainter, inner: QRect, name: str, colour: str) -> None:
        size = px(20)
        device = painter.device()
        ratio = device.devicePixelRatioF() if device is not None else 1.0
        top = inner.top() + (inner.height() - size) // 2
        painter.drawPixmap(inner.left(), top, icons.pixmap(name, size, colour, ratio))


def _line(
    painter: QPainter, box: QRect, text: str, role: str, *, ink: str, side: Qt.AlignmentFlag
) -> None:
    font = fonts.font(role)
    painter.setFont(font)
    painter.setPen(QColor(ink))
    flat = text.replace("\n", " ")[:400]
    cut = QFontMetrics(font).elidedText(flat, Qt.TextElideMode.ElideRight, box.width())
    painter.drawText(box, int(side | Qt.TextFlag.TextSingleLine), cut)


class Table(QTableView):
    """A read-only table of rows. Enter or a double click emits `opened` with the row number."""

    opened = Signal(int)
    chosen = Signal(int)

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.setItemDelegate(TwoLineCell(self))
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setCornerButtonEnabled(False)
        rows = self.verticalHeader()
        rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        rows.setDefaultSectionSize(px(ROW_HEIGHT))
        rows.hide()
        heads = self.horizontalHeader()
        heads.setHighlightSections(False)
        heads.setSectionsClickable(False)
        heads.setMinimumSectionSize(px(48))
        heads.setFixedHeight(px(34))
        self.doubleClicked.connect(self._open_index)

    def show_model(self, model: QAbstractTableModel, widths: Sequence[int]) -> None:
        """Show `model`; `widths` in pixels at 100 %, 0 shares what is left."""
        self.setModel(model)
        heads = self.horizontalHeader()
        heads.setStretchLastSection(False)
        for column, width in enumerate(widths):
            if width:
                heads.setSectionResizeMode(column, QHeaderView.ResizeMode.Fixed)
                heads.resizeSection(column, px(width))
            else:
                heads.setSectionResizeMode(column, QHeaderView.ResizeMode.Stretch)
        self.selectionModel().currentRowChanged.connect(self._choose)

    def _choose(self, index: QModelIndex) -> None:
        if index.isValid():
            self.chosen.emit(index.row())

    def _open_index(self, index: QModelIndex) -> None:
        if index.isValid():
            self.opened.emit(index.row())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter opens the row."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._open_index(self.currentIndex())
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show the ring for the keyboard, and a row to start from."""
        super().focusInEvent(event)
        ring_on(self, event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Hide the ring."""
        super().focusOutEvent(event)
        ring_off(self)


class RecordsTable(Table):
    """A table over a `LazyRows` model; widths come from its columns."""

    def __init__(self, name: str, model: LazyRows[Any]) -> None:
        super().__init__(name)
        self.rows = model
        self.show_model(model, [column.width for column in model.columns])


class GridTable(Table):
    """A small table of texts in memory: narrow names, then every number as wide as its share."""

    def __init__(self, name: str, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        super().__init__(name)
        self.show_model(Grid(heads, rows, self), [NAME_WIDTH, *[0] * (len(heads) - 1)])
