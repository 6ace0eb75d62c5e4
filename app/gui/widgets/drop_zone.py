"""A dashed box that takes files and folders, and the rule for which drops are welcome."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QMimeData, QRectF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDropEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout

from app.gui.style.tokens import colours, px
from app.gui.widgets.base import Clickable, Icon, Label


def dropped_paths(mime: QMimeData) -> list[Path]:
    """The files and folders of a drop; what is not on this computer is left out."""
    return [Path(url.toLocalFile()) for url in mime.urls() if url.isLocalFile()]


class DropZone(Clickable):
    """Emits `dropped` with the paths; a click or Enter emits `activated` to choose files."""

    dropped = Signal(list)

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.setAcceptDrops(True)
        self._hovered = False
        self.setMinimumHeight(px(120))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        box = QVBoxLayout(self)
        box.setContentsMargins(px(20), px(20), px(20), px(20))
        box.setSpacing(px(8))
        words = Label(text, wrap=True)
        words.setAlignment(Qt.AlignmentFlag.AlignCenter)
        box.addStretch(1)
        box.addWidget(Icon("file-down", 34, colours().accent), 0, Qt.AlignmentFlag.AlignHCenter)
        box.addWidget(words)
        box.addStretch(1)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the surface and its dashed border; solid while something hovers."""
        c = colours()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        active = self._hovered or bool(self.property("ring"))
        pen = QPen(QColor(c.accent if active else c.control), 2 if active else 1.5)
        if not self._hovered:
            pen.setDashPattern([6, 4])
        painter.setPen(pen)
        painter.setBrush(QColor(c.accent_soft if self._hovered else c.surface))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 12, 12)
        painter.end()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Welcome local files and folders."""
        if dropped_paths(event.mimeData()):
            self._hover(True)
            event.acceptProposedAction()

    def dragLeaveEvent(self, _event: QDragLeaveEvent) -> None:
        """Back to rest."""
        self._hover(False)

    def dropEvent(self, event: QDropEvent) -> None:
        """Hand the paths on."""
        self._hover(False)
        event.acceptProposedAction()
        self.dropped.emit(dropped_paths(event.mimeData()))

    def _hover(self, hovered: bool) -> None:
        self._hovered = hovered
        self.update()
