"""Comparing safety numbers with one person: ours at the left, theirs typed or read aloud."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.gui.viewmodels import parties
from app.gui.viewmodels.comparing import compare
from app.gui.views.columns import Columns
from app.gui.views.numbers import Numbers
from app.gui.widgets.base import Label, restyle, row
from app.gui.widgets.buttons import Button, CheckBox
from app.gui.widgets.card import Card, Note
from app.gui.widgets.fields import Field, TextField
from app.i18n import tr
from app.services.sharing import Person

ACROSS = 4


class CompareView(QWidget):
    """`show_person` fills it. Emits `confirmed` with the number that was compared, or `left`."""

    confirmed = Signal(object, str)
    left = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.person: Person | None = None
        self.back = Button(tr("Back to the list"), icon="chevron-left")
        self.back.clicked.connect(self.left)
        self.ours = Numbers(ACROSS)
        self.theirs = Numbers(ACROSS)
        self.result = Label("", "body", wrap=True)
        self.typed = TextField(tr("The number they read to you"))
        self.typed.setProperty("mono", True)
        self.typed.textChanged.connect(self._compare)
        self.same = CheckBox(tr("Read aloud: all groups the same"))
        self.same.toggled.connect(self._enable)
        self.confirm = Button(tr("Confirm the number"), "primary")
        self.confirm.clicked.connect(self._confirm)
        columns = Columns(narrow=640)
        columns.left.addWidget(self._our_card(), 1)
        columns.right.addWidget(self._their_card(), 1)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(16)
        box.addLayout(row(self.back, 1))
        box.addWidget(columns)
        box.addWidget(
            Note(
                tr(
                    "If one group differs, somebody may be in between, or one of you has another "
                    "card. Do not confirm; ask for the card again."
                )
            )
        )
        box.addLayout(row(1, self.confirm))
        box.addStretch(1)

    def _our_card(self) -> Card:
        card = Card(tr("On this screen"))
        card.body.addWidget(self.ours)
        card.body.addWidget(
            Label(
                tr("Read it to each other in person or by telephone, not by e-mail."),
                "body",
                "soft",
                wrap=True,
            )
        )
        card.body.addStretch(1)
        return card

    def _their_card(self) -> Card:
        card = Card(tr("On their screen"))
        card.body.addWidget(self.same)
        card.body.addWidget(Field(tr("Or type what they read to you"), self.typed))
        card.body.addWidget(self.theirs)
        card.body.addWidget(self.result)
        card.body.addStretch(1)
        return card

    def show_person(self, person: Person) -> None:
        """Begin with this person."""
        self.person = person
        self.ours.show_groups(parties.groups(person.safety_number))
        self.typed.clear()
        self.same.setChecked(False)
        self._compare("")
        self.same.setFocus(Qt.FocusReason.OtherFocusReason)

    def _compare(self, typed: str) -> None:
        if self.person is None:
            return
        found = compare(self.person.safety_number, typed)
        self.theirs.show_groups(found.groups, found.tones)
        self.result.setText(found.sentence if found.groups else "")
        restyle(self.result, tone=found.tone)
        self.typed.mark_wrong(found.tone == "bad")
        self._enable()

    def _enable(self) -> None:
        typed = self.typed.text().strip()
        number = self.person.safety_number if self.person else ""
        fits = compare(number, typed).complete if typed else self.same.isChecked()
        self.confirm.setEnabled(fits)

    def _confirm(self) -> None:
        if self.person is not None:
            number = self.typed.text().strip() or self.person.safety_number
            self.confirmed.emit(self.person, number)
