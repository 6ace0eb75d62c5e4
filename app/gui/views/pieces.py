"""Layouts as widgets, for forms that are built from many small parts."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QScrollArea, QWidget

from app.gui.style.tokens import px
from app.gui.widgets.base import column, row
from app.gui.widgets.flow import FlowBox


def panel(*items: QWidget | int, spacing: int = 12) -> QWidget:
    """Widgets below each other as one widget; a number is a stretch."""
    made = QWidget()
    made.setLayout(column(*items, spacing=spacing))
    return made


def strip(*items: QWidget | int, spacing: int = 8) -> QWidget:
    """Widgets side by side as one widget; a number is a stretch."""
    made = QWidget()
    made.setLayout(row(*items, spacing=spacing))
    return made


def scrolled(inner: QWidget, name: str) -> QScrollArea:
    """`inner` in an area that scrolls down only and takes no focus of its own."""
    layout = inner.layout()
    if layout is not None:
        layout.setContentsMargins(0, 0, 0, 0)
    holder = QWidget()
    holder.setLayout(row(inner, margins=(0, 0, px(10), 0)))
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    area.setAccessibleName(name)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setWidget(holder)
    return area


def flowing(*items: QWidget) -> FlowBox:
    """Buttons side by side, in the next line where there is no room."""
    made = FlowBox(px(8))
    made.show_items(items)
    return made


def shortened(text: str, longest: int = 40) -> str:
    """`text` for a control that cannot cut by itself."""
    return text if len(text) <= longest else text[: longest - 1] + "…"
