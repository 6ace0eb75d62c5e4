"""People: one's own card, everybody known, and comparing safety numbers."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

from app.gui.context import PageContext
from app.gui.style.tokens import colours
from app.gui.viewmodels import parties
from app.gui.viewmodels.people import PeopleModel
from app.gui.views import dialogs
from app.gui.views.columns import Columns
from app.gui.views.compare import CompareView
from app.gui.views.my_card import MyCard
from app.gui.views.pieces import flowing
from app.gui.views.question import Question
from app.gui.widgets.base import column
from app.gui.widgets.buttons import Button, IconButton
from app.gui.widgets.card import Card, ListRow, Pill, RowList
from app.gui.widgets.drop_zone import DropZone
from app.gui.widgets.page import PageView
from app.gui.widgets.stack import Stack
from app.gui.widgets.states import EmptyState
from app.i18n import tr
from app.services.sharing import Person

STATE_ICONS = {"unverified": "person", "verified": "shield", "changed": "warning"}


class AddPerson(QWidget):
    """A drop zone and buttons that hand a card to the model."""

    def __init__(self, model: PeopleModel) -> None:
        super().__init__()
        self.model = model
        self.zone = DropZone(tr("Drop a person’s card file here"))
        self.file_button = Button(tr("Choose a card file…"), icon="upload")
        self.paste_button = Button(tr("Paste a card"), icon="copy")
        self.zone.activated.connect(self._choose)
        self.zone.dropped.connect(self.take)
        self.file_button.clicked.connect(self._choose)
        self.paste_button.clicked.connect(self._paste)
        buttons = flowing(self.file_button, self.paste_button)
        self.setLayout(column(self.zone, buttons, spacing=12))

    def _choose(self) -> None:
        path = dialogs.open_file(self, tr("Choose a card file"))
        if path is not None:
            self.model.add(path)

    def take(self, paths: Sequence[Path]) -> None:
        """Add everybody whose card files these are."""
        for path in paths:
            self.model.add(path)

    def _paste(self) -> None:
        self.model.add(QGuiApplication.clipboard().text())


class PeoplePage(PageView):
    """The page. Give `shown` a fingerprint to compare numbers with that person."""

    def __init__(self, context: PageContext) -> None:
        super().__init__(context, tr("Recipients"), " ")
        self.model = PeopleModel(context, self)
        self._wanted = ""
        self.question = Question()
        self.compare = CompareView()
        self.compare.left.connect(self.back)
        self.compare.confirmed.connect(self.model.verify)
        self.stack = Stack()
        self.stack.addWidget(self._front())
        self.stack.addWidget(self.compare)
        self.body.addWidget(self.question)
        self.body.addWidget(self.stack, 1)
        self._say_front()
        self.model.ready.connect(self._show)
        self.model.failed.connect(self.show_error)
        self.model.added.connect(self._added)
        self.model.verified.connect(self._verified)
        self.model.removed.connect(self._removed)

    def _front(self) -> QWidget:
        self.mine = MyCard(self.context, self.model)
        self.add = AddPerson(self.model)
        self.list = RowList()
        self.nobody = EmptyState(
            "people",
            tr("Nobody is here yet"),
            tr("Ask someone for their card, then drop it below."),
        )
        card = Card(tr("People I know"))
        card.body.addWidget(self.nobody)
        card.body.addWidget(self.list)
        card.body.addWidget(self.add)
        card.body.addStretch(1)
        columns = Columns((2, 3))
        columns.left.addWidget(self.mine)
        columns.right.addWidget(card)
        return columns

    # -- coming and going

    def shown(self, argument: object) -> None:
        """Read everybody; compare with the one named."""
        self._wanted = argument if isinstance(argument, str) else ""
        self.banner.hide()
        self.model.load()
        self.setFocus(Qt.FocusReason.OtherFocusReason)

    def back(self) -> bool:
        """From comparing to the list."""
        if self.stack.currentIndex() == 0:
            return False
        # Qt would hand the focus of what is hidden to the navigation, ring and all.
        self.setFocus(Qt.FocusReason.OtherFocusReason)
        self.stack.setCurrentIndex(0)
        self._say_front()
        return True

    def _say_front(self) -> None:
        self.header.say(
            tr("Recipients"), tr("Who can open what you share, and whose files you can trust.")
        )

    # -- what the model says

    def _show(self) -> None:
        people = self.model.known.people
        self.nobody.setVisible(not people)
        self.list.setVisible(bool(people))
        self.list.clear()
        for person in people:
            self.list.add(self._row(person))
        wanted, self._wanted = self.model.person(self._wanted), ""
        if wanted is not None:
            self.compare_with(wanted)

    def _row(self, person: Person) -> ListRow:
        word, tone = parties.pill(person)
        made = ListRow(person.name, parties.about(person), STATE_ICONS[person.state], _ink(tone))
        made.subtitle.wrap()
        made.add(Pill(word, tone))
        compare = made.add_button(
            tr("Look") if person.state == "verified" else tr("Compare"),
            "secondary" if person.state == "verified" else "primary",
        )
        compare.clicked.connect(partial(self.compare_with, person))
        remove = IconButton("trash", tr("Remove"))
        remove.setAccessibleDescription(person.name)
        made.add(remove)
        remove.clicked.connect(partial(self._ask_remove, person))
        return made

    def compare_with(self, person: Person) -> None:
        """Show both numbers side by side."""
        self.question.hide()
        self.banner.hide()
        self.stack.setCurrentIndex(1)
        self.header.say(
            tr("Compare the safety number: {name}", name=person.name), parties.about(person)
        )
        self.compare.show_person(person)

    def _ask_remove(self, person: Person) -> None:
        self.question.ask(
            tr("Remove the card: {name}?", name=person.name),
            tr("What you shared stays in the ledger. To share again you need the card anew."),
            tr("Remove"),
            partial(self.model.remove, person),
        )

    def _added(self, person: Person) -> None:
        self.banner.hide()
        self.context.toast(
            tr("Added: {name}", name=person.name),
            tr("Compare now"),
            partial(self.context.go, "people", person.fingerprint),
        )

    def _verified(self, person: Person) -> None:
        self.banner.hide()
        self.back()
        self.context.toast(tr("Number compared: {name}", name=person.name))

    def _removed(self, name: str) -> None:
        self.context.toast(tr("Removed: {name}", name=name))


def _ink(tone: str) -> str:
    c = colours()
    return {"good": c.good, "warn": c.warn, "bad": c.bad}[tone]
