"""Two columns side by side, or below each other where there is little room."""

from __future__ import annotations

from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from app.gui.style.tokens import px

NARROW = 700


class Columns(QWidget):
    """`left` and `right` are layouts to fill. `shares` say how the width is divided."""

    def __init__(self, shares: tuple[int, int] = (1, 1), narrow: int = NARROW) -> None:
        super().__init__()
        self._narrow = narrow
        self.left, self.right = QVBoxLayout(), QVBoxLayout()
        self._line = QBoxLayout(QBoxLayout.Direction.LeftToRight, self)
        self._line.setContentsMargins(0, 0, 0, 0)
        self._line.setSpacing(16)
        for column, share in zip((self.left, self.right), shares, strict=True):
            column.setSpacing(16)
            self._line.addWidget(_holder(column), share)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Stack the columns where they would be too narrow."""
        super().resizeEvent(event)
        below = self.width() < px(self._narrow)
        way = QBoxLayout.Direction.TopToBottom if below else QBoxLayout.Direction.LeftToRight
        if self._line.direction() != way:
            self._line.setDirection(way)


def _holder(column: QVBoxLayout) -> QWidget:
    holder = QWidget()
    holder.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
    column.setContentsMargins(0, 0, 0, 0)
    holder.setLayout(column)
    return holder
