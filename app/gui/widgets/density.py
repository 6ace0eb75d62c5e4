"""How many records each month has, as a strip of thin bars; one can be chosen."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.gui.style import fonts
from app.gui.style.tokens import blend, colours, px
from app.gui.viewmodels.spans import Span
from app.gui.widgets.base import plain_tip, ring_off, ring_on
from app.i18n import tr

_STEPS: Final = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}


class DensityStrip(QWidget):
    """Emits `chosen` with the period of a bar, or "" when the same one is chosen again."""

    chosen = Signal(str)

    def __init__(self, name: str) -> None:
        super().__init__()
        self._name = name
        self._spans: list[Span] = []
        self._highest = 1
        self._at = -1
        self._period = ""
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(px(64))
        self._describe()

    def show_spans(self, spans: Sequence[Span], period: str = "") -> None:
        """Draw these bars, the one of `period` chosen."""
        self._spans = list(spans)
        self._highest = max((span.records for span in spans), default=1) or 1
        self._at = -1
        self.select(period)

    def select(self, period: str) -> None:
        """Show what is chosen; "2025" chooses all of its months."""
        self._period = period
        self._describe()
        self.update()

    def sizeHint(self) -> QSize:
        """As wide as there is room."""
        return QSize(px(400), px(64))

    def bar(self, index: int) -> QRectF:
        """Where bar `index` is, over its whole height."""
        pitch = self.width() / max(1, len(self._spans))
        left = round(pitch * index)
        right = round(pitch * (index + 1))
        gap = 1 if right - left < 6 else 2
        return QRectF(left, px(4), max(1, right - left - gap), self.height() - px(22))

    # -- drawing

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the bars, the labels below and the ring."""
        painter = QPainter(self)
        painter.setFont(fonts.font("caption"))
        painter.setPen(Qt.PenStyle.NoPen)
        for index, span in enumerate(self._spans):
            self._paint_bar(painter, index, span)
        self._paint_labels(painter)
        if self.property("ring"):
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(QColor(colours().accent), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 6, 6)
        painter.end()

    def _paint_bar(self, painter: QPainter, index: int, span: Span) -> None:
        c = colours()
        box = self.bar(index)
        # By the root: one busy year must not flatten all the others.
        share = math.sqrt(span.records / self._highest)
        height = max(3, round(box.height() * share)) if span.records else 1
        inside = bool(self._period) and span.period.startswith(self._period)
        ink = c.accent if inside or not self._period else blend(c.accent, c.surface, 0.35)
        if not span.records:
            ink = c.hairline
        if index == self._at:
            painter.fillRect(box, QColor(c.accent_soft))
        painter.fillRect(
            QRectF(box.left(), box.bottom() - height, box.width(), height), QColor(ink)
        )

    def _paint_labels(self, painter: QPainter) -> None:
        painter.setPen(QColor(colours().text2))
        free = 0.0
        metrics = painter.fontMetrics()
        for index, span in enumerate(self._spans):
            if not span.label:
                continue
            left, width = self.bar(index).left(), metrics.horizontalAdvance(span.label)
            if left < free or left + width > self.width():
                continue
            space = QRectF(left, self.height() - px(18), width + 2, px(18))
            painter.drawText(
                space, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, span.label
            )
            free = left + width + px(12)

    # -- choosing

    def _index(self, x: float) -> int:
        pitch = self.width() / max(1, len(self._spans))
        return max(0, min(len(self._spans) - 1, int(x / pitch)))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Say what is under the pointer."""
        if self._spans:
            self.setToolTip(plain_tip(self._spans[self._index(event.position().x())].sentence))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose the bar under the pointer."""
        if self._spans and event.button() == Qt.MouseButton.LeftButton:
            self._choose(self._index(event.position().x()))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Left and right walk, Enter and Space choose."""
        key = Qt.Key(event.key())
        if key in _STEPS and self._spans:
            start = self._at if self._at >= 0 else (-1 if _STEPS[key] > 0 else len(self._spans))
            self._at = max(0, min(len(self._spans) - 1, start + _STEPS[key]))
            self._describe()
            self.update()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space) and self._at >= 0:
            self._choose(self._at)
        else:
            super().keyPressEvent(event)

    def _choose(self, index: int) -> None:
        period = self._spans[index].period
        period = "" if period == self._period else period
        self.select(period)
        self.chosen.emit(period)

    def _describe(self) -> None:
        self.setAccessibleName(self._name)
        chosen = [span.sentence for span in self._spans if span.period == self._period]
        at = self._spans[self._at].sentence if self._at >= 0 else ""
        everything = tr("{count} periods", count=len(self._spans))
        self.setAccessibleDescription(at or "\n".join(chosen) or everything)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show the ring for the keyboard."""
        super().focusInEvent(event)
        ring_on(self, event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Hide the ring and the place of the keyboard."""
        super().focusOutEvent(event)
        ring_off(self)
        self._at = -1
        self.update()
