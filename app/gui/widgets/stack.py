"""One of several forms at a time, as high as that one."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget


class Stack(QWidget):
    """Like `QStackedWidget`, which is as high as its highest page; this one fits the shown one."""

    changed = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self._pages: list[QWidget] = []
        self._at = 0
        self._box = QVBoxLayout(self)
        self._box.setContentsMargins(0, 0, 0, 0)

    def addWidget(self, page: QWidget) -> None:
        """One more form."""
        if len(self._pages) != self._at:
            page.hide()
        self._pages.append(page)
        self._box.addWidget(page)

    def setCurrentIndex(self, index: int) -> None:
        """Show form `index`."""
        self._at = index
        for number, page in enumerate(self._pages):
            page.setVisible(number == index)
        self.changed.emit(index)

    def currentIndex(self) -> int:
        """Which form is shown."""
        return self._at
