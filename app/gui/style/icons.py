"""Our line icons, recoloured as they are loaded."""

from __future__ import annotations

from functools import cache, lru_cache
from importlib.resources import files
from typing import Final

from PySide6.QtCore import QByteArray, QRectF, Qt
from PySide6.QtGui import QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from app.gui.style.tokens import colours

SIZES: Final = (16, 18, 20, 24, 32)


def path(name: str) -> str:
    """The file of icon `name`, for style sheets."""
    return str(files("resources") / "icons" / f"{name}.svg").replace("\\", "/")


@cache
def source(name: str) -> str:
    """The SVG text of icon `name`."""
    return (files("resources") / "icons" / f"{name}.svg").read_text(encoding="utf-8")


@lru_cache(maxsize=512)
def pixmap(name: str, size: int, colour: str, ratio: float = 1.0) -> QPixmap:
    """Icon `name` in `colour`, `size` logical pixels wide, for a screen of `ratio`."""
    image = QPixmap(round(size * ratio), round(size * ratio))
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    text = source(name).replace("currentColor", colour)
    QSvgRenderer(QByteArray(text.encode())).render(
        painter, QRectF(0, 0, image.width(), image.height())
    )
    painter.end()
    image.setDevicePixelRatio(ratio)
    return image


def icon(name: str, size: int = 20, colour: str = "") -> QIcon:
    """Icon `name` for a button, in the text colour unless told, faded when disabled."""
    made = QIcon()
    for ratio in (1.0, 2.0):
        made.addPixmap(pixmap(name, size, colour or colours().text, ratio))
        made.addPixmap(pixmap(name, size, colours().text3, ratio), QIcon.Mode.Disabled)
    return made
