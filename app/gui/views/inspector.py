"""One record in full, beside the list it was chosen from. All of it is plain text."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from app.gui.style.tokens import DOMAIN_ICONS, domain_colour, px
from app.gui.viewmodels import wording
from app.gui.viewmodels.records import Detail, as_json, detail
from app.gui.widgets.base import Icon, Label, Line, column, empty, row
from app.gui.widgets.buttons import Button, IconButton
from app.gui.widgets.card import Card
from app.i18n import tr
from app.services.asking import Row

LONGEST_WORD: Final = 22
LONGEST_TEXT: Final = 20_000


def breakable(text: str) -> str:
    """`text` with places to break long words such as addresses and keys. For showing only."""
    words = text[:LONGEST_TEXT].split(" ")
    return " ".join(_broken(word) for word in words)


def _broken(word: str) -> str:
    if len(word) <= LONGEST_WORD:
        return word
    parts = (word[i : i + LONGEST_WORD] for i in range(0, len(word), LONGEST_WORD))
    return "\u200b".join(parts)


class Pairs(QWidget):
    """Labels above their values: any length of either fits."""

    def __init__(self, pairs: list[tuple[str, str]]) -> None:
        super().__init__()
        box = column(spacing=px(12))
        self.setLayout(box)
        for name, value in pairs:
            text = Label(breakable(value), "body", wrap=True)
            text.setAccessibleName(tr("{name}: {value}", name=name, value=value))
            box.addLayout(column(Label(name, "caption"), text, spacing=px(2)))


class Inspector(Card):
    """`show_record` fills it. Emits `closed` when the person wants it gone."""

    closed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName(tr("Record"))
        self.row: Row | None = None
        self._icon = Icon("file", 20)
        self._kind = Label("", "body", "soft")
        self.close_button = IconButton("close", tr("Close"))
        self.close_button.clicked.connect(self.closed)
        self.copy_button = Button(tr("Copy"), icon="copy")
        self.copy_button.clicked.connect(self.copy)
        self._content = QVBoxLayout()
        self._content.setSpacing(px(12))
        head = row(self._icon, self._kind, 1, self.close_button, spacing=px(8))
        self.body.setContentsMargins(px(20), px(12), px(8), px(16))
        self.body.setSpacing(px(8))
        self.body.addLayout(head)
        self.body.addWidget(self._scroll(), 1)
        self.body.addLayout(row(self.copy_button, 1, margins=(0, px(4), px(12), 0)))

    def _scroll(self) -> QScrollArea:
        holder = QWidget()
        outer = QHBoxLayout(holder)
        outer.setContentsMargins(0, 0, px(12), 0)
        outer.addLayout(self._content)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setAccessibleName(tr("Record"))
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setMinimumHeight(px(40))
        area.setWidget(holder)
        return area

    def show_record(self, found: Row, file: str) -> None:
        """Show a record."""
        self.row = found
        said = detail(found, file)
        domain = wording.domain_of(found.kind)
        self._icon.show_icon(DOMAIN_ICONS.get(domain, "file"), domain_colour(domain))
        self._kind.setText(said.kind)
        empty(self._content)
        for widget in self._parts(said, wording.main_value(found)):
            self._content.addWidget(widget)
        self._content.addStretch(1)

    @staticmethod
    def _parts(said: Detail, value: str) -> list[QWidget]:
        parts: list[QWidget] = [Label(breakable(said.title), "card-title", wrap=True)]
        if value:
            parts.append(Label(breakable(value), "number", wrap=True))
        if said.text:
            parts.append(Label(breakable(said.text), "body", wrap=True))
        parts += [Pairs(said.fields), Line()]
        parts += [Label(tr("Where it comes from"), "section"), Pairs(said.origin)]
        if said.extra:
            parts += [Line(), Label(tr("Also in the original"), "section")]
            parts.append(Label(breakable(said.extra), "caption", wrap=True))
        return parts

    def copy(self) -> None:
        """Put the exact record on the clipboard as JSON."""
        if self.row is not None:
            QGuiApplication.clipboard().setText(as_json(self.row))
