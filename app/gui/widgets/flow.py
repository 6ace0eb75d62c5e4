"""Small things side by side that go on in the next line where there is no room."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPoint, QRect, QSize
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget


class FlowBox(QWidget):
    """Children keep their size hints. `above` pixels of room are left over and under them."""

    def __init__(self, spacing: int = 8, above: int = 0) -> None:
        super().__init__()
        self._spacing, self._above = spacing, above
        self._items: list[QWidget] = []
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def show_items(self, items: Sequence[QWidget]) -> None:
        """Show these instead of what was there."""
        for old in self._items:
            old.hide()
            old.deleteLater()
        self._items = list(items)
        for item in self._items:
            item.setParent(self)
            item.show()
        self.updateGeometry()
        self._arrange(self.width(), move=True)

    def offer(self, item: QWidget, wanted: bool) -> None:
        """Show one of the items or hide it; the others close up."""
        item.setVisible(wanted)
        self.updateGeometry()
        self._arrange(self.width(), move=True)

    def heightForWidth(self, width: int) -> int:
        """Narrow means high."""
        return self._arrange(width, move=False)

    def sizeHint(self) -> QSize:
        """All in one line."""
        widths = [item.sizeHint().width() + self._spacing for item in self._items]
        return QSize(sum(widths), self.heightForWidth(max(1, sum(widths))))

    def minimumSizeHint(self) -> QSize:
        """The widest alone."""
        widest = max((item.sizeHint().width() for item in self._items), default=0)
        return QSize(widest, self.heightForWidth(max(self.width(), widest)))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Put everything in its place again."""
        super().resizeEvent(event)
        self._arrange(self.width(), move=True)
        self.updateGeometry()

    def _arrange(self, width: int, *, move: bool) -> int:
        x, y, height = 0, self._above, 0
        for item in self._items:
            if item.isHidden():
                continue
            hint = item.sizeHint()
            if x and x + hint.width() > width:
                x, y, height = 0, y + height + self._spacing, 0
            if move:
                item.setGeometry(QRect(QPoint(x, y), hint))
            x += hint.width() + self._spacing
            height = max(height, hint.height())
        return y + height + self._above
