"""A question above the page, for what cannot be undone."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt

from app.gui.widgets.buttons import Button
from app.gui.widgets.states import Banner


class Question(Banner):
    """`ask` shows it with one button that acts. Enter never acts by itself; the cross says no."""

    def __init__(self) -> None:
        super().__init__()
        self._act: Callable[[], object] | None = None
        self.button: Button | None = None
        self.hide()

    def ask(self, title: str, text: str, label: str, act: Callable[[], object]) -> None:
        """Ask whether to `act`."""
        self.say("warn", title, text)
        self._act = act
        self.button = self.add_button(label)
        self.button.clicked.connect(self._yes)
        self.show()
        self._close.setFocus(Qt.FocusReason.TabFocusReason)

    def _yes(self) -> None:
        self.hide()
        if self._act is not None:
            self._act()
