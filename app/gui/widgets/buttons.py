"""Buttons, chips, check boxes and radio buttons, each with the keyboard-only ring."""

from __future__ import annotations

from PySide6.QtCore import QSize
from PySide6.QtGui import QFocusEvent
from PySide6.QtWidgets import QCheckBox, QPushButton, QRadioButton, QSizePolicy

from app.gui.style import icons
from app.gui.style.tokens import colours, px
from app.gui.widgets.base import plain_tip, ring_off, ring_on


class Button(QPushButton):
    """A push button. `kind`: secondary, primary, danger, quiet, link or toast.

    `text` may hold one mnemonic: "&Open", and in Korean "열기(&O)".
    """

    def __init__(self, text: str, kind: str = "secondary", icon: str = "") -> None:
        # Qt leaves four pixels between icon and text; a thin space makes it look even.
        super().__init__("\u2006" + text if icon and text else text)
        self.setProperty("kind", kind)
        self.setSizePolicy(QSizePolicy.Policy.Minimum, QSizePolicy.Policy.Fixed)
        self.setAutoDefault(False)
        self.setAccessibleName(_without_mnemonic(text))
        if icon:
            self.setIconSize(QSize(px(18), px(18)))
            self.setIcon(icons.icon(icon, px(18), self._ink(kind)))

    @staticmethod
    def _ink(kind: str) -> str:
        c = colours()
        return {"primary": c.on_accent, "danger": c.bad, "link": c.accent}.get(kind, c.text)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show the ring for the keyboard."""
        super().focusInEvent(event)
        ring_on(self, event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Hide the ring."""
        super().focusOutEvent(event)
        ring_off(self)


class IconButton(Button):
    """A square button with an icon only. `name` is read aloud and shown as a tooltip."""

    def __init__(self, icon: str, name: str) -> None:
        super().__init__("", "icon", icon)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.rename(name)

    def rename(self, name: str) -> None:
        """Change what it is called."""
        self.setAccessibleName(name)
        self.setToolTip(plain_tip(name))

    def show_icon(self, icon: str) -> None:
        """Change the picture."""
        self.setIcon(icons.icon(icon, px(18)))


class Chip(Button):
    """A small toggle for filters."""

    def __init__(self, text: str) -> None:
        super().__init__(text, "chip")
        self.setCheckable(True)


class CheckBox(QCheckBox):
    """A check box; its text is its name."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.setAccessibleName(_without_mnemonic(text))

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show the ring for the keyboard."""
        super().focusInEvent(event)
        ring_on(self, event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Hide the ring."""
        super().focusOutEvent(event)
        ring_off(self)


class RadioButton(QRadioButton):
    """A radio button; its text is its name."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.setAccessibleName(_without_mnemonic(text))

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show the ring for the keyboard."""
        super().focusInEvent(event)
        ring_on(self, event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Hide the ring."""
        super().focusOutEvent(event)
        ring_off(self)


def _without_mnemonic(text: str) -> str:
    head, mark, tail = text.partition("(&")
    bare = head + tail[2:] if mark and tail[1:2] == ")" else text
    return bare.replace("&&", "\0").replace("&", "").replace("\0", "&")
