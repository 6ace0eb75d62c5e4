"""Cards, the headers of pages and sections, pills, list rows and tiles."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from app.gui.style.tokens import colours, px
from app.gui.widgets.base import (
    Clickable,
    ElidedLabel,
    Icon,
    Label,
    Line,
    column,
    empty,
    restyle,
    row,
)
from app.gui.widgets.buttons import Button
from app.gui.widgets.progress import ProgressBar
from app.gui.widgets.sparkline import Sparkline


class Card(QFrame):
    """A white box with an optional title. Put things into `body`."""

    def __init__(self, title: str = "", trailing: QWidget | None = None) -> None:
        super().__init__()
        self.setProperty("surface", "card")
        pad = px(20)
        self.body = QVBoxLayout(self)
        self.body.setContentsMargins(pad, pad, pad, pad)
        if isinstance(trailing, Button):
            self.rise()
        self.body.setSpacing(12)
        self.title = Label(title, "card-title")
        if title or trailing:
            self.body.addLayout(title_row(self.title, trailing))

    def rise(self) -> None:
        """A button makes the title's line higher: begin above, level with other cards' titles."""
        pad = px(20)
        self.body.setContentsMargins(pad, pad - px(7), pad, pad)


def title_row(title: QWidget, trailing: QWidget | None = None) -> QHBoxLayout:
    """A title with something at the right end of its line."""
    line = row(title, 1, spacing=12)
    if trailing is not None:
        line.addWidget(trailing, 0, Qt.AlignmentFlag.AlignVCenter)
    return line


class PageHeader(QWidget):
    """A page's title, one sentence below it, and its actions at the right."""

    def __init__(self, title: str, subtitle: str = "", actions: Sequence[QWidget] = ()) -> None:
        super().__init__()
        self.title = Label(title, "page-title", wrap=True)
        self.subtitle = Label(subtitle, "body", "soft", wrap=True)
        if not subtitle:  # never show what has no parent yet: it would be a window
            self.subtitle.hide()
        words = column(self.title, self.subtitle, spacing=2)
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(16)
        line.addLayout(words, 1)
        self._actions = row(spacing=16)
        line.addLayout(self._actions)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        for action in actions:
            self.add_action(action)

    def add_action(self, action: QWidget) -> None:
        """Put a button at the right end."""
        self._actions.addWidget(action, 0, Qt.AlignmentFlag.AlignVCenter)

    def say(self, title: str, subtitle: str = "") -> None:
        """Change both texts."""
        self.title.setText(title)
        self.subtitle.setText(subtitle)
        self.subtitle.setVisible(bool(subtitle))


class Pill(Label):
    """A small state. `tone`: info, good, warn, bad or neutral; the word carries the meaning."""

    def __init__(self, text: str, tone: str = "info") -> None:
        super().__init__(text)
        self.setProperty("role", "")
        self.setProperty("pill", tone)
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def say(self, text: str, tone: str) -> None:
        """Change word and colour."""
        self.setText(text)
        restyle(self, pill=tone)


class ListRow(QWidget):
    """Icon, title, subtitle, then whatever stands at the right: a pill, buttons.

    `progress` shows a bar under the subtitle. Names may be long: they are cut with a tooltip.
    """

    def __init__(self, title: str, subtitle: str = "", icon: str = "", colour: str = "") -> None:
        super().__init__()
        self.title = ElidedLabel(title, "strong")
        self.subtitle = ElidedLabel(subtitle, "caption")
        self.bar = ProgressBar()
        self.bar.hide()
        self._line = QHBoxLayout(self)
        self._line.setContentsMargins(0, px(2), 0, px(2))
        self._line.setSpacing(12)
        if icon:
            self._line.addWidget(Icon(icon, 22, colour))
        self._line.addLayout(column(self.title, self.subtitle, self.bar, spacing=3), 1)

    def add(self, widget: QWidget) -> None:
        """Put `widget` at the right end."""
        self._line.addWidget(widget, 0, Qt.AlignmentFlag.AlignVCenter)

    def add_button(self, text: str, kind: str = "secondary") -> Button:
        """Put a button at the right end; connect its `clicked` yourself."""
        button = Button(text, kind)
        button.setAccessibleDescription(self.title.full_text())
        self.add(button)
        return button


class ActionRow(Clickable):
    """A list row that is one button, with an arrow at the end."""

    def __init__(self, title: str, subtitle: str = "", icon: str = "", colour: str = "") -> None:
        super().__init__(title)
        self.setAccessibleDescription(subtitle)
        self.row = ListRow(title, subtitle, icon, colour)
        self.row.add(Icon("chevron-right", 18))
        box = QVBoxLayout(self)
        box.setContentsMargins(2, 0, 2, 0)
        box.addWidget(self.row)


class RowList(QWidget):
    """Rows with hairlines between them."""

    def __init__(self, rows: Sequence[QWidget] = ()) -> None:
        super().__init__()
        self._box = QVBoxLayout(self)
        self._box.setContentsMargins(0, 0, 0, 0)
        self._box.setSpacing(px(8))
        for each in rows:
            self.add(each)

    def add(self, widget: QWidget) -> None:
        """One more row at the end."""
        if self._box.count():
            self._box.addWidget(Line())
        self._box.addWidget(widget)

    def clear(self) -> None:
        """Take all rows away."""
        empty(self._box)


class Tile(Clickable):
    """A domain at a glance: icon and name, a number, its course, and one line below."""

    opened = Signal(str)

    def __init__(
        self,
        key: str,
        title: str,
        number: str,
        caption: str,
        *,
        icon: str,
        colour: str,
        course: Sequence[int] = (),
    ) -> None:
        super().__init__(title)
        self.setProperty("surface", "card")
        self.setAccessibleDescription(number + ". " + caption)
        self._key = key
        head = row(Icon(icon, 20, colour), Label(title, "body", "soft"), 1, spacing=6)
        pad = px(17)
        box = QVBoxLayout(self)
        box.setContentsMargins(pad, pad, pad, pad)
        box.setSpacing(px(4))
        box.addLayout(head)
        box.addWidget(Label(number, "number"))
        box.addWidget(Sparkline(course, colour))
        box.addWidget(ElidedLabel(caption, "caption"))
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.activated.connect(self._open)

    def _open(self) -> None:
        self.opened.emit(self._key)


class Facts(QWidget):
    """Label and value, one pair a line, values aligned."""

    def __init__(self, pairs: Sequence[tuple[str, str]] = ()) -> None:
        super().__init__()
        self._box = QVBoxLayout(self)
        self._box.setContentsMargins(0, 0, 0, 0)
        self._box.setSpacing(px(7))
        self._width = max((self._measure(name) for name, _ in pairs), default=0)
        for name, value in pairs:
            self.add(name, value)

    def _measure(self, name: str) -> int:
        return min(px(200), Label(name, "body").sizeHint().width())

    def add(self, name: str, value: str) -> Label:
        """One more pair; gives the value's label."""
        self._width = max(self._width, self._measure(name))
        left, right = Label(name, "body", "soft", wrap=True), Label(value, "body", wrap=True)
        left.setFixedWidth(max(px(74), self._width + px(16)))
        line = QHBoxLayout()
        line.setSpacing(0)
        line.addWidget(left, 0, Qt.AlignmentFlag.AlignTop)
        line.addWidget(right, 1)
        self._box.addLayout(line)
        return right


class Note(QFrame):
    """A quiet box for one thing to know."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.setProperty("surface", "sunken")
        self.body = QVBoxLayout(self)
        self.body.setContentsMargins(px(10), px(8), px(10), px(8))
        self.text = Label(text, "caption", wrap=True)
        self.body.addWidget(self.text)


def check_line(text: str) -> QWidget:
    """One line with a green tick: something that holds."""
    holder = QWidget()
    line = QHBoxLayout(holder)
    line.setContentsMargins(0, 0, 0, 0)
    line.setSpacing(10)
    line.addWidget(Icon("check", 16, colours().good), 0, Qt.AlignmentFlag.AlignTop)
    line.addWidget(Label(text, "body", "soft", wrap=True), 1)
    return holder
