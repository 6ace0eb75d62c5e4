"""What every control shares: plain text, layout shorthands, the keyboard-only focus ring."""

from __future__ import annotations

from typing import TypeVar

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QResizeEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QLayout,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from app.gui.style import icons
from app.gui.style.tokens import colours, px

Box = TypeVar("Box", QHBoxLayout, QVBoxLayout)

_KEYBOARD = (
    Qt.FocusReason.TabFocusReason,
    Qt.FocusReason.BacktabFocusReason,
    Qt.FocusReason.ShortcutFocusReason,
)


def restyle(widget: QWidget, **properties: object) -> None:
    """Set dynamic properties and let the style sheet look again."""
    changed = False
    for name, value in properties.items():
        changed |= widget.property(name) != value
        widget.setProperty(name, value)
    if not changed:
        return
    if widget.testAttribute(Qt.WidgetAttribute.WA_WState_Polished):  # else it is still to come
        widget.style().unpolish(widget)
        widget.style().polish(widget)
    widget.updateGeometry()


def ring_on(widget: QWidget, event: QFocusEvent) -> None:
    """Show the ring if the keyboard brought the focus. Call from `focusInEvent`."""
    if event.reason() in _KEYBOARD:
        restyle(widget, ring=True)


def ring_off(widget: QWidget) -> None:
    """Take the ring away. Call from `focusOutEvent`."""
    if widget.property("ring"):
        restyle(widget, ring=False)


def plain_tip(text: str) -> str:
    """`text` for a tooltip, which would otherwise guess whether it is markup."""
    if "<" not in text and "&" not in text:
        return text
    from html import escape

    return f"<span>{escape(text)}</span>"


def row(
    *items: QWidget | int, spacing: int = 8, margins: tuple[int, int, int, int] = (0, 0, 0, 0)
) -> QHBoxLayout:
    """Widgets side by side; a number is a stretch."""
    box = QHBoxLayout()
    return _fill(box, items, spacing, margins)


def column(
    *items: QWidget | int, spacing: int = 8, margins: tuple[int, int, int, int] = (0, 0, 0, 0)
) -> QVBoxLayout:
    """Widgets below each other; a number is a stretch."""
    box = QVBoxLayout()
    return _fill(box, items, spacing, margins)


def _fill(
    box: Box, items: tuple[QWidget | int, ...], spacing: int, margins: tuple[int, int, int, int]
) -> Box:
    box.setSpacing(spacing)
    box.setContentsMargins(*margins)
    for item in items:
        if isinstance(item, int):
            box.addStretch(item)
        else:
            box.addWidget(item)
    return box


def empty(layout: QLayout) -> None:
    """Take every widget out of `layout` and delete it."""
    while (item := layout.takeAt(0)) is not None:
        if (widget := item.widget()) is not None:
            widget.hide()
            widget.deleteLater()
        elif (inner := item.layout()) is not None:
            empty(inner)


class Label(QLabel):
    """Text, always plain. `role` is a size from `style.fonts.SIZES`, `tone` a colour."""

    def __init__(
        self, text: str = "", role: str = "body", tone: str = "", *, wrap: bool = False
    ) -> None:
        super().__init__()
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setProperty("role", role)
        if tone:
            self.setProperty("tone", tone)
        self.setWordWrap(wrap)
        self.setText(text)


class ElidedLabel(Label):
    """One line with "…" at its end where it does not fit; the whole text is its tooltip.

    Of a `place` the middle goes: which folder it is stands at the end of a path.
    """

    def __init__(
        self, text: str = "", role: str = "body", tone: str = "", *, place: bool = False
    ) -> None:
        self._full = ""
        self._mode = Qt.TextElideMode.ElideMiddle if place else Qt.TextElideMode.ElideRight
        super().__init__("", role, tone)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setText(text)

    def setText(self, text: str) -> None:
        """Show `text`, cut to the width."""
        self._full = text.replace("\n", " ")
        self.setAccessibleName(self._full)
        self._cut()

    def wrap(self) -> None:
        """Break the line instead of cutting it: for what must be read."""
        self.setWordWrap(True)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        self._cut()

    def full_text(self) -> str:
        """The text before it was cut."""
        return self._full

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Cut again for the new width."""
        super().resizeEvent(event)
        self._cut()

    def changeEvent(self, event: QEvent) -> None:
        """Cut again for a new font."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._cut()

    def _cut(self) -> None:
        cut = self.fontMetrics().elidedText(self._full, self._mode, max(0, self.width()))
        shown = self._full if self.wordWrap() else cut
        super().setText(shown)
        self.setToolTip(plain_tip(self._full) if shown != self._full else "")


class Icon(QLabel):
    """An icon beside text. It says nothing a screen reader needs."""

    def __init__(self, name: str, size: int = 20, colour: str = "") -> None:
        super().__init__()
        self.setFixedSize(px(size), px(size))
        self.show_icon(name, colour)

    def show_icon(self, name: str, colour: str = "") -> None:
        """Change the picture or its colour."""
        ratio = self.devicePixelRatioF()
        self.setPixmap(icons.pixmap(name, self.width(), colour or colours().text2, ratio))


class Line(QFrame):
    """A hairline between things in one card."""

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("surface", "line")
        self.setFixedHeight(1)


class Clickable(QFrame):
    """A frame that acts as one button, by mouse, Enter or Space."""

    activated = Signal()

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(name)
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """A click inside activates."""
        left = event.button() == Qt.MouseButton.LeftButton
        if left and self.rect().contains(event.position().toPoint()):
            self.activated.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """So do Enter and Space."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.activated.emit()
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show the ring for the keyboard."""
        super().focusInEvent(event)
        ring_on(self, event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Hide the ring."""
        super().focusOutEvent(event)
        ring_off(self)
