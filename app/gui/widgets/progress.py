"""How far something is: a thin bar, and the steps of a wizard."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QProgressBar, QSizePolicy, QWidget

from app.gui.style.tokens import colours, px
from app.i18n import tr


class ProgressBar(QProgressBar):
    """Six pixels high. A maximum of 0 means that nobody knows how long it takes."""

    def __init__(self) -> None:
        super().__init__()
        self.setTextVisible(False)
        self.setFixedHeight(6)
        self.setRange(0, 100)

    def show_progress(self, done: int, total: int) -> None:
        """Show `done` of `total`; a total of 0 is unknown. Any size of number will do."""
        self.setRange(0, 1000 if total else 0)
        self.setValue(min(1000, done * 1000 // total) if total else 0)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the track and the part done."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colours().sunken))
        painter.drawRoundedRect(self.rect(), 3, 3)
        painter.setBrush(QColor(colours().accent))
        painter.drawRoundedRect(self._part(), 3, 3)
        painter.end()

    def _part(self) -> QRectF:
        if self.maximum() == 0:  # no animation: a third in the middle says "under way"
            return QRectF(self.width() / 3, 0, self.width() / 3, self.height())
        return QRectF(0, 0, self.width() * self.value() / max(1, self.maximum()), self.height())


class Stepper(QWidget):
    """Dots joined by a line: which step of how many. The words say it too."""

    def __init__(self, steps: int) -> None:
        super().__init__()
        self._steps = steps
        self._step = 0
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.go(0)

    def go(self, step: int) -> None:
        """Show `step` (from 0) as the present one."""
        self._step = step
        self.setAccessibleName(self.sentence())
        self.update()

    def sentence(self) -> str:
        """Say the step and how many there are, in the person's language."""
        return tr("Step {step} of {steps}", step=self._step + 1, steps=self._steps)

    def sizeHint(self) -> QSize:
        """One dot every 34 pixels."""
        return QSize(px(34) * (self._steps - 1) + px(16), px(16))

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw done steps filled, the present one ringed, later ones hollow."""
        c = colours()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        middle, pitch, radius = self.height() / 2, px(34), px(5)
        for index in range(self._steps):
            x = px(8) + index * pitch
            reached = index <= self._step
            ink = QColor(c.accent if reached else c.control)
            if index + 1 < self._steps:
                painter.setPen(QPen(QColor(c.accent if index < self._step else c.hairline), 2))
                painter.drawLine(
                    QPointF(x + radius + 3, middle), QPointF(x + pitch - radius - 3, middle)
                )
            painter.setPen(QPen(ink, 2))
            painter.setBrush(ink if index < self._step else Qt.BrushStyle.NoBrush)
            painter.drawEllipse(QPointF(x, middle), radius, radius)
            if index == self._step:
                painter.setBrush(ink)
                painter.drawEllipse(QPointF(x, middle), radius - 3, radius - 3)
        painter.end()
