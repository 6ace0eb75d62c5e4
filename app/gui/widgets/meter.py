"""How strong a passphrase is, as four bars and a sentence."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from app.gui.style.tokens import colours, px
from app.gui.widgets.base import Label, restyle


class Meter(QWidget):
    """`show_strength(score, word, reason)`; score 0 to 4, 0 with no word shows nothing."""

    def __init__(self) -> None:
        super().__init__()
        self._bars = _Bars()
        self.word = Label("", "caption")
        self.reason = Label("", "caption", wrap=True)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(px(4))
        for widget in (self._bars, self.word, self.reason):
            box.addWidget(widget)
        self.show_strength(0, "", "")

    def show_strength(self, score: int, word: str, reason: str) -> None:
        """Show a score with its word, and why or what would help."""
        self._bars.show_score(score)
        for label, text in ((self.word, word), (self.reason, reason)):
            label.setText(text)
            label.setVisible(bool(text))
        restyle(self.word, tone="bad" if score < 2 else "warn" if score < 3 else "good")
        self.setAccessibleDescription(word)


class _Bars(QWidget):
    def __init__(self) -> None:
        super().__init__()
        self._score = 0
        self.setFixedHeight(6)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        """As wide as the field."""
        return QSize(px(200), 6)

    def show_score(self, score: int) -> None:
        self._score = score
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw four bars, as many filled as the score."""
        c = colours()
        ink = (c.bad, c.bad, c.warn, c.good, c.good)[self._score]
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        width = (self.width() - 3 * 4) / 4
        for index in range(4):
            painter.setBrush(QColor(ink if index < self._score else c.hairline))
            painter.drawRoundedRect(QRectF(index * (width + 4), 0, width, 6), 3, 3)
        painter.end()
