"""A small line that shows a course, beside a number that says it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.gui.style.tokens import px


class Sparkline(QWidget):
    """Values from left to right. It has no axis: the tile's number and caption say the rest."""

    def __init__(self, values: Sequence[int], colour: str) -> None:
        super().__init__()
        self._values = list(values)
        self._colour = colour
        self.setFixedHeight(px(34))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_values(self, values: Sequence[int]) -> None:
        """Draw other values."""
        self._values = list(values)
        self.update()

    def sizeHint(self) -> QSize:
        """Wide enough to be read."""
        return QSize(px(120), px(34))

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw one line through the values."""
        if len(self._values) < 2:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        pen = QPen(QColor(self._colour), 2)
        pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        painter.setPen(pen)
        painter.drawPolyline(self._points())
        painter.end()

    def _points(self) -> list[QPointF]:
        low, high = min(self._values), max(self._values)
        spread = (high - low) or 1
        width, height = self.width() - 4, self.height() - 16
        last = len(self._values) - 1
        return [
            QPointF(2 + width * i / last, 6 + height * (1 - (value - low) / spread))
            for i, value in enumerate(self._values)
        ]
