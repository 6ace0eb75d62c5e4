"""What must hold for every page, whoever wrote it: names for the ear, room for every text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtWidgets import QAbstractButton, QLabel, QScrollArea, QScrollBar, QWidget

from app import i18n
from app.gui.navigation import NavButton
from app.gui.widgets.base import ElidedLabel

_FIELD: Final = re.compile(r"\{[^}]*\}")
_BREAK: Final = re.compile(r"[\s\u200b]+")
"""Where a line may end: white space, and the invisible mark inside keys and addresses."""


def shown(root: QWidget) -> Iterator[QWidget]:
    """Every widget that can be seen in `root`."""
    for widget in root.findChildren(QWidget):
        if widget.isVisibleTo(root):
            yield widget


def unnamed(root: QWidget) -> list[str]:
    """Focusable widgets that a screen reader has no word for."""
    return [
        f"{type(widget).__name__} {widget.objectName()}"
        for widget in shown(root)
        if widget.focusPolicy() != Qt.FocusPolicy.NoFocus
        and not isinstance(widget, QScrollBar | QScrollArea)
        and not (widget.accessibleName() or (isinstance(widget, QLabel) and widget.text()))
        and widget.objectName() != "qt_spinbox_lineedit"
    ]


def cut_off(root: QWidget) -> list[str]:
    """Labels and buttons whose text has less room than it needs, or that stick out."""
    found = []
    for widget in shown(root):
        if isinstance(widget, ElidedLabel) or not isinstance(widget, QLabel | QAbstractButton):
            continue
        if widget.text() and (_too_small(widget) or _sticks_out(widget, root)):
            found.append(f"{widget.text()!r} has {widget.size()}, needs {widget.sizeHint()}")
    return found


def _too_small(widget: QLabel | QAbstractButton) -> bool:
    if isinstance(widget, QLabel) and widget.wordWrap():
        words = widget.fontMetrics().horizontalAdvance(max(_BREAK.split(widget.text()), key=len))
        too_flat = widget.heightForWidth(widget.width()) > widget.height() + 1
        return too_flat or words > widget.width() + 1
    if isinstance(widget, NavButton):
        needed = widget.fontMetrics().horizontalAdvance(widget.text()) + 24 + 20
        return needed > widget.width()
    return widget.sizeHint().width() > widget.width() + 1


def _sticks_out(widget: QWidget, root: QWidget) -> bool:
    """Across only: down, pages scroll."""
    box = QRect(widget.mapTo(root, QPoint(0, 0)), widget.size())
    return box.left() < -1 or box.right() > root.width() + 1


class Stretched(dict[str, str]):
    """A catalogue of a language that needs 40 % more letters for everything."""

    def get(self, text: str, _default: object = None) -> str:
        letters = len(_FIELD.sub("", text).replace("&", ""))
        more = "".join("óéà "[i % 4] for i in range(round(letters * 0.4)))
        return text + " " + more.strip() if more.strip() else text


def stretch(monkeypatch: pytest.MonkeyPatch) -> None:
    """Speak the stretched language from now on."""

    def catalogue(_code: str) -> dict[str, str]:
        return Stretched()

    monkeypatch.setattr(i18n, "catalogue", catalogue)
    i18n.set_language("ko")
