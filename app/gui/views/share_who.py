"""The first step of a share: who receives it."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QScrollArea, QVBoxLayout, QWidget

from app.gui.style.tokens import px
from app.gui.viewmodels import parties
from app.gui.viewmodels.share import ShareModel
from app.gui.views.columns import Columns
from app.gui.views.my_card import NameForm
from app.gui.views.people import AddPerson
from app.gui.views.pieces import panel, scrolled, shortened, strip
from app.gui.widgets.base import Label, Line, empty
from app.gui.widgets.buttons import Button, CheckBox
from app.gui.widgets.card import Card, Pill
from app.gui.widgets.states import EmptyState
from app.i18n import tr
from app.services.sharing import Person


class PersonChoice(QWidget):
    """One person to tick. Whose keys have changed cannot be ticked."""

    def __init__(self, model: ShareModel, person: Person) -> None:
        super().__init__()
        self.model, self.person = model, person
        self.box = CheckBox(shortened(person.name))
        self.box.setAccessibleName(person.name)
        self.box.setEnabled(person.state != "changed")
        self.box.setChecked(person.fingerprint in model.recipients)
        word, tone = parties.pill(person)
        self.box.setAccessibleDescription(word)
        self.compare = Button(tr("Compare"), "link")
        self.compare.setAccessibleDescription(person.name)
        self.compare.setVisible(person.state != "verified")
        about = Label(parties.about(person), "caption", wrap=True)
        about.setContentsMargins(px(30), 0, 0, 0)
        head = strip(self.box, 1, Pill(word, tone), self.compare)
        self.setLayout(panel_layout(head, about))


def panel_layout(*widgets: QWidget) -> QVBoxLayout:
    """Widgets close together, as one row of a list."""
    box = QVBoxLayout()
    box.setContentsMargins(0, 0, 0, 0)
    box.setSpacing(0)
    for widget in widgets:
        box.addWidget(widget)
    return box


class WhoStep(QWidget):
    """Ticks people. Emits `changed` when the choice did, `compare_wanted` with a fingerprint."""

    changed = Signal()
    compare_wanted = Signal(str)

    def __init__(self, model: ShareModel) -> None:
        super().__init__()
        self.model = model
        self.choices: list[PersonChoice] = []
        columns = Columns((3, 2))
        columns.left.addWidget(self._list_card())
        columns.right.addWidget(self._beside())
        self.setLayout(panel_layout(columns))
        model.people.ready.connect(self.refresh)

    def _list_card(self) -> Card:
        self._people = QVBoxLayout()
        self._people.setSpacing(8)
        inner = QWidget()
        inner.setLayout(self._people)
        card = Card(tr("People I know"))
        card.body.addWidget(scrolled(inner, tr("Recipients")), 1)
        card.body.addWidget(
            Label(tr("Only those ticked here can open the file."), "caption", wrap=True)
        )
        return card

    def _beside(self) -> QScrollArea:
        """Both cards; in a small window they scroll, and never lie on one another."""
        cards = panel(self._name_card(), self._add_card(), spacing=16)
        area = scrolled(cards, tr("Somebody else"))
        holder = area.widget()
        layout = holder.layout() if holder is not None else None
        assert layout is not None
        layout.setContentsMargins(0, 0, 0, 0)  # the cards end where those of other pages do
        return area

    def _name_card(self) -> Card:
        self.name_form = NameForm(self.model.people)
        self.name_card = Card(tr("First your name"))
        self.name_card.body.addWidget(self.name_form)
        self.name_card.hide()
        return self.name_card

    def _add_card(self) -> Card:
        self.add = AddPerson(self.model.people)
        card = Card(tr("Somebody else"))
        text = tr("Ask them for their card. It tells nothing about them but their name.")
        card.body.addWidget(panel(Label(text, "body", "soft", wrap=True), self.add, 1))
        return card

    def refresh(self) -> None:
        """Show everybody anew."""
        known = self.model.people.known
        self.name_card.setVisible(known.me is None)
        empty(self._people)
        self.choices = [PersonChoice(self.model, person) for person in known.people]
        for number, choice in enumerate(self.choices):
            if number:
                self._people.addWidget(Line())
            self._people.addWidget(choice)
            choice.box.toggled.connect(partial(self._toggle, choice.person))
            choice.compare.clicked.connect(
                partial(self.compare_wanted.emit, choice.person.fingerprint)
            )
        if not self.choices:
            title, text = tr("Nobody is here yet"), tr("Add the person who should receive it.")
            self._people.addWidget(EmptyState("people", title, text))
        self._people.addStretch(1)
        self.changed.emit()

    def _toggle(self, person: Person, on: bool) -> None:
        self.model.choose_person(person.fingerprint, on=on)
        self.changed.emit()

    def ready(self) -> bool:
        """Whether there is somebody to send to, and a name to sign with."""
        return bool(self.model.recipients) and self.model.people.known.me is not None
