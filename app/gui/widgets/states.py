"""Nothing here yet, something to know, something went wrong, something just happened."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from app.errors import UserError
from app.gui.style.tokens import colours, px
from app.gui.widgets.base import Icon, Label, column, empty, restyle, row
from app.gui.widgets.buttons import Button, IconButton
from app.i18n import tr

TONE_ICONS: Final = {
    "info": "info",
    "good": "check-circle",
    "warn": "warning",
    "bad": "cross-circle",
}


def tone_colour(tone: str) -> str:
    """The ink of a tone."""
    c = colours()
    return {"good": c.good, "warn": c.warn, "bad": c.bad}.get(tone, c.accent)


class EmptyState(QWidget):
    """An icon, what is missing, why, and the buttons that change it."""

    def __init__(
        self, icon: str, title: str, text: str = "", buttons: Sequence[QWidget] = ()
    ) -> None:
        super().__init__()
        heading, words = (
            Label(title, "card-title", wrap=True),
            Label(text, "body", "soft", wrap=True),
        )
        for label in (heading, words):
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
        if not text:
            words.hide()
        box = QVBoxLayout(self)
        box.setContentsMargins(px(24), px(32), px(24), px(32))
        box.setSpacing(px(8))
        box.addStretch(1)
        box.addWidget(Icon(icon, 32, colours().text3), 0, Qt.AlignmentFlag.AlignHCenter)
        box.addWidget(heading)
        box.addWidget(words)
        box.addLayout(row(1, *buttons, 1, spacing=12, margins=(0, px(8), 0, 0)))
        box.addStretch(1)


class Banner(QFrame):
    """One thing to know, above the page. `tone`: info, good, warn or bad."""

    def __init__(self, tone: str = "info", title: str = "", text: str = "") -> None:
        super().__init__()
        self.setProperty("surface", "banner")
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self._icon = Icon("info", 20)
        self.title = Label("", "strong", wrap=True)
        self.text = Label("", "body", wrap=True)
        self.code = Label("", "caption")
        self.code.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._buttons = row(spacing=8)
        self._close = IconButton("close", tr("Close"))
        self._close.clicked.connect(self.hide)
        line = QHBoxLayout(self)
        line.setContentsMargins(px(14), px(10), px(6), px(10))
        line.setSpacing(10)
        line.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignTop)
        line.addLayout(column(self.title, self.text, self.code, spacing=2), 1)
        line.addLayout(self._buttons)
        line.addWidget(self._close, 0, Qt.AlignmentFlag.AlignTop)
        self.say(tone, title, text)

    def say(self, tone: str, title: str, text: str = "", code: str = "") -> None:
        """Change everything it says; buttons of before are gone."""
        restyle(self, tone=tone)
        self._icon.show_icon(TONE_ICONS[tone], tone_colour(tone))
        for label, words in ((self.title, title), (self.text, text), (self.code, code)):
            label.setText(words)
            label.setVisible(bool(words))
        self.setAccessibleName(title)
        self.setAccessibleDescription(text)
        empty(self._buttons)

    def keep_open(self) -> None:
        """Take the cross away: this has to be read."""
        self._close.hide()

    def show_error(self, error: UserError) -> None:
        """Say what happened and what to do."""
        title, text = error_texts(error)
        self.say("bad", title, text, error.code)
        self.show()

    def add_button(self, text: str) -> Button:
        """Put a button at the right end; connect its `clicked` yourself."""
        button = Button(text)
        self._buttons.addWidget(button, 0, Qt.AlignmentFlag.AlignVCenter)
        return button


def error_texts(error: UserError) -> tuple[str, str]:
    """Title, and detail with next step below each other, in the person's language."""
    lines = (error.detail, error.next_step)
    text = "\n".join(tr(line, **error.values) for line in lines if line)
    return tr(error.title, **error.values), text


class Toast(QFrame):
    """A short message over the bottom of the window, with an undo where one exists.

    It goes by itself after eight seconds, and never carries what cannot be missed.
    """

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._around = parent
        self.setProperty("surface", "toast")
        self._text = Label("", "body", "inverse")
        self._button = Button("", "toast")
        self._button.clicked.connect(self._act)
        self._action: Callable[[], object] | None = None
        self._line = QHBoxLayout(self)
        self._line.setSpacing(px(12))
        self._line.addWidget(self._text)
        self._line.addWidget(self._button)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(8000)
        self._timer.timeout.connect(self.hide)
        parent.installEventFilter(self)
        self.hide()

    def say(self, text: str, label: str = "", action: Callable[[], object] | None = None) -> None:
        """Show `text`, and a button `label` that runs `action` (a bound method)."""
        self._text.setText(text)
        self._button.setText(label)
        self._button.setAccessibleName(label or tr("Undo"))
        self._button.setVisible(bool(label))
        if label:
            self._line.setContentsMargins(px(16), px(5), px(8), px(5))
        else:
            self._line.setContentsMargins(px(16), px(12), px(16), px(12))
        self._action = action
        self.setAccessibleName(text)
        self._place()
        self.show()
        self.raise_()
        self._timer.start()

    def _act(self) -> None:
        self.hide()
        if self._action is not None:
            self._action()

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        """Stay at the bottom when the window changes size."""
        if event.type() == QEvent.Type.Resize:
            self._place()
        return False

    def _place(self) -> None:
        self.adjustSize()
        around = self._around
        self.move((around.width() - self.width()) // 2, around.height() - self.height() - px(24))
