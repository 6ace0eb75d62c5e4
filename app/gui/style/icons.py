"""Our line icons, of one colour each: drawn once for a size, then coloured."""

from __future__ import annotations

from functools import cache, lru_cache
from typing import Final

from PySide6.QtCore import QByteArray, QRectF, Qt
from PySide6.QtGui import QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from app import paths
from app.gui.style.tokens import colours

SIZES: Final = (16, 18, 20, 24, 32)


def path(name: str) -> str:
    """The file of icon `name`, for style sheets."""
    return (paths.RESOURCES / "icons" / f"{name}.svg").as_posix()


@cache
def source(name: str) -> str:
    """The SVG text of icon `name`."""
    return (paths.RESOURCES / "icons" / f"{name}.svg").read_text(encoding="utf-8")


@lru_cache(maxsize=512)
def pixmap(name: str, size: int, colour: str, ratio: float = 1.0) -> QPixmap:
    """Icon `name` in `colour`, `size` logical pixels wide, for a screen of `ratio`."""
    shape = _shape(name, round(size * ratio))
    image = QPixmap(shape.size())
    image.fill(Qt.GlobalColor.transparent)  # so that it has room for what shines through
    image.fill(colour)
    painter = QPainter(image)
    painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_DestinationIn)
    painter.drawPixmap(0, 0, shape)
    painter.end()
    image.setDevicePixelRatio(ratio)
    return image


@lru_cache(maxsize=512)
def _shape(name: str, pixels: int) -> QPixmap:
    """Icon `name` in whatever colour: drawing it takes four times as long as colouring it."""
    text = source(name).replace("currentColor", "black")
    image = QPixmap(pixels, pixels)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    QSvgRenderer(QByteArray(text.encode())).render(painter, QRectF(image.rect()))
    painter.end()
    return image


def icon(name: str, size: int = 20, colour: str = "") -> QIcon:
    """Icon `name` for a button, in the text colour unless told, faded when disabled."""
    made = QIcon()
    for ratio in (1.0, 2.0):
        made.addPixmap(pixmap(name, size, colour or colours().text, ratio))
        made.addPixmap(pixmap(name, size, colours().text3, ratio), QIcon.Mode.Disabled)
    return made
