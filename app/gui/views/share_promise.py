"""The last step of a share: what for, until when, whether it may be handed on, then the file."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QPlainTextEdit, QWidget

from app.gui.style.tokens import px
from app.gui.viewmodels import parties
from app.gui.viewmodels.choosing import is_day
from app.gui.viewmodels.share import ShareModel
from app.gui.views.pieces import panel, scrolled
from app.gui.widgets.base import column, row
from app.gui.widgets.buttons import Button, CheckBox
from app.gui.widgets.card import Card
from app.gui.widgets.fields import Choice, Field, TextField
from app.gui.widgets.states import Banner
from app.i18n import mark, tr
from app.services.sharing import Promise

ENDS: Final = {
    "30": mark("30 days"),
    "183": mark("Half a year"),
    "365": mark("A year"),
    "own": mark("Until a day"),
    "": mark("No end"),
}
USUAL: Final = "365"
PURPOSE_HEIGHT: Final = 76


class EndField(QWidget):
    """Until when the data may be kept. Emits `changed`."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        options = [(value, tr(text)) for value, text in ENDS.items()]
        self.choice = Choice(tr("Keep until"), options, USUAL)
        self.day = TextField(tr("Last day"), "2027-05-31")
        self.day.setMaximumWidth(px(150))
        self.choice.chosen.connect(self._chosen)
        self.day.textChanged.connect(self._typed)
        self.setLayout(row(self.choice, self.day, 1))
        self._chosen(USUAL)

    def _chosen(self, value: str) -> None:
        self.day.setVisible(value == "own")
        self.changed.emit()

    def _typed(self) -> None:
        self.day.mark_wrong(self.until() is None)
        self.changed.emit()

    def until(self) -> str | None:
        """The last day, "" for no end, None while it is no date."""
        value = self.choice.value()
        if value.isdecimal():
            return (date.today() + timedelta(days=int(value))).isoformat()  # noqa: DTZ011
        if value != "own":
            return ""
        typed = self.day.text().strip()
        return typed if typed and is_day(typed) else None

    def what_is_wrong(self) -> str:
        """A sentence about what was typed, for colour alone says nothing; "" if it is a day."""
        typed = self.day.text().strip()
        wrong = bool(typed) and self.until() is None
        return tr("“{what}” is not a date.", what=typed) if wrong else ""


class PromiseStep(QWidget):
    """The form. Keeps the model's promise as it is typed; emits `changed`."""

    changed = Signal()
    compare_wanted = Signal()

    def __init__(self, model: ShareModel) -> None:
        super().__init__()
        self.model = model
        self.purpose = QPlainTextEdit()
        self.purpose.setAccessibleName(tr("Purpose"))
        self.purpose.setTabChangesFocus(True)
        self.purpose.setFixedHeight(px(PURPOSE_HEIGHT))
        self.purpose.textChanged.connect(self._changed)
        self.end = EndField()
        self.end.changed.connect(self._changed)
        self.end_field = Field(tr("Keep until"), self.end)
        self.resharing = CheckBox(tr("They may hand it on to others"))
        self.resharing.toggled.connect(self._changed)
        self.terms = TextField(tr("Anything else agreed on"))
        self.terms.textChanged.connect(self._changed)
        self.warning = Banner("warn")
        self.compare = Button("")
        self.word = TextField(tr("Word to confirm with"))
        self.word.textChanged.connect(self._changed)
        self.word_field = Field(" ", self.word)
        card = Card(tr("Promises"))
        card.body.addWidget(scrolled(self._form(), tr("Promises")), 1)
        self.setLayout(column(card, spacing=0))

    def _form(self) -> QWidget:
        hint = tr("In a sentence: what the data may be used for. It is signed with the file.")
        return panel(
            self.warning,
            self.word_field,
            Field(tr("Purpose"), self.purpose, hint),
            self.end_field,
            self.resharing,
            Field(tr("Anything else agreed on"), self.terms, tr("May stay empty.")),
            1,
            spacing=px(16),
        )

    def reset(self) -> None:
        """Empty the form."""
        self.purpose.clear()
        self.end.choice.choose(USUAL)
        self.end.day.clear()
        self.resharing.setChecked(False)
        self.terms.clear()
        self.word.clear()

    def begin(self) -> None:
        """Warn of people whose number was never compared."""
        names = parties.names(self.model.unverified())
        self.warning.setVisible(bool(names))
        self.word_field.setVisible(bool(names))
        if names:
            self._warn(names)
        self._changed()

    def _warn(self, names: str) -> None:
        self.warning.say(
            "warn",
            tr("The safety number was never compared: {names}", names=names),
            tr("If the card came from somebody else, that person can open the file instead."),
        )
        self.compare = self.warning.add_button(tr("Compare now"))
        self.compare.clicked.connect(self.compare_wanted)
        self.word_field.label.setText(
            tr("To share all the same, type: {word}", word=confirming_word())
        )

    def _changed(self) -> None:
        self.end_field.say(self.end.what_is_wrong(), "bad")
        self.model.has_end = self.end.until() is not None
        self.model.promise = Promise(
            purpose=self.purpose.toPlainText().strip(),
            until=self.end.until() or "",
            resharing=self.resharing.isChecked(),
            terms=self.terms.text().strip(),
        )
        self.changed.emit()

    def ready(self) -> bool:
        """Whether everything needed is filled in."""
        confirmed = not self.model.unverified() or (
            self.word.text().strip().casefold() == confirming_word().casefold()
        )
        return bool(self.model.promise.purpose) and self.end.until() is not None and confirmed


def confirming_word() -> str:
    """What has to be typed before sharing with somebody unverified."""
    return tr("not compared")
