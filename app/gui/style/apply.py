"""Put a look in force on the running application."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QApplication

from app.gui.style import fonts, tokens
from app.gui.style.palette import palette
from app.gui.style.sheet import sheet

STYLE: Final = "fusion"
DRESSED: Final = "dressed"
"""Set on an application that has the style: asking it makes Python's idea of a style, 11 ms."""


def system_theme(app: QApplication) -> str:
    """What the desktop asks for. Where it does not say, light."""
    dark = app.styleHints().colorScheme() == Qt.ColorScheme.Dark
    return "dark" if dark else "light"


def apply_look(app: QApplication, theme: str, scale: int = 100) -> None:
    """Use `theme` ("light", "dark" or "system") and `scale` percent from now on."""
    tokens.choose(system_theme(app) if theme == "system" else theme, scale)
    if app.property(DRESSED) is None:
        app.setStyle(STYLE)
        app.setProperty(DRESSED, True)
    app.setFont(_base_font())
    app.setPalette(palette(tokens.colours()))
    app.setStyleSheet(sheet())


def _base_font() -> QFont:
    base = QFont()
    if family := fonts.family():
        base.setFamily(family)
    base.setPixelSize(tokens.px(14))
    return base
