"""One's own card: made once with a name, then handed to others."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

from app.gui.context import PageContext
from app.gui.viewmodels import parties
from app.gui.viewmodels.people import PeopleModel
from app.gui.views import dialogs
from app.gui.views.numbers import Numbers
from app.gui.views.pieces import panel, strip
from app.gui.widgets.base import Label, column
from app.gui.widgets.buttons import Button
from app.gui.widgets.card import Card
from app.gui.widgets.fields import Field, TextField
from app.gui.widgets.stack import Stack
from app.i18n import tr

FILE_NAME = "mydata.mdcard"
DIGITS_ACROSS = 3


class NameForm(QWidget):
    """Asks for the name that others know one by and makes the identity."""

    def __init__(self, model: PeopleModel) -> None:
        super().__init__()
        self.model = model
        self.name = TextField(tr("Your name"))
        self.make = Button(tr("Make my card"), "primary")
        self.make.setEnabled(False)
        self.make.clicked.connect(self._make)
        self.name.textChanged.connect(self._judge)
        self.name.returnPressed.connect(self._make)
        hint = tr("As the others know you. It stands on what you share.")
        field = Field(tr("Your name"), self.name, hint)
        self.setLayout(column(field, strip(self.make, 1), spacing=12))

    def _judge(self, text: str) -> None:
        self.make.setEnabled(bool(text.strip()))

    def _make(self) -> None:
        if self.name.text().strip():
            self.model.make_identity(self.name.text())


class MyCard(Card):
    """Shows the model's own side: the form, or the card."""

    def __init__(self, context: PageContext, model: PeopleModel) -> None:
        super().__init__(tr("My card"))
        self.context = context
        self.model = model
        self.form = NameForm(model)
        self.stack = Stack()
        self.stack.addWidget(self._first())
        self.stack.addWidget(self._made())
        self.body.addWidget(self.stack)
        self.body.addStretch(1)
        model.ready.connect(self.refresh)
        model.card_ready.connect(self._copy)
        model.card_saved.connect(self._saved)

    def _first(self) -> QWidget:
        text = tr("Others need your card to send you something. It holds no secret.")
        return panel(Label(text, "body", "soft", wrap=True), self.form)

    def _made(self) -> QWidget:
        self.name = Label("", "strong", wrap=True)
        self.digits = Numbers(DIGITS_ACROSS, "card-title")
        self.save = Button(tr("Save as a file…"), icon="file-down")
        self.copy = Button(tr("Copy as text"), icon="copy")
        self.save.clicked.connect(self._ask_file)
        self.copy.clicked.connect(self.model.ask_card)
        text = tr("Give the card to those who should send you something. It holds no secret.")
        return panel(
            self.name,
            Label(tr("My half of every safety number"), "caption", wrap=True),
            self.digits,
            Label(text, "body", "soft", wrap=True),
            self.save,
            self.copy,
        )

    def refresh(self) -> None:
        """Show what the model knows."""
        me = self.model.known.me
        self.stack.setCurrentIndex(1 if me else 0)
        if me:
            self.name.setText(me.name)
            self.digits.show_groups(parties.groups(me.digits))

    def _ask_file(self) -> None:
        path = dialogs.save_as(self, tr("Save my card"), FILE_NAME)
        if path is not None:
            self.model.save_card(path)

    def _saved(self, path: Path) -> None:
        show = partial(dialogs.show_in_folder, path)
        self.context.toast(tr("Saved: {name}", name=path.name), tr("Show the file"), show)

    def _copy(self, text: str) -> None:
        QGuiApplication.clipboard().setText(text)
        self.context.toast(tr("Card copied"))
