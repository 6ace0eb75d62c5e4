"""The panel beside a share's preview: who receives it, what is promised, what stays here."""

from __future__ import annotations

from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.gui.style.tokens import px
from app.gui.viewmodels import parties, staying
from app.gui.viewmodels.share import ShareModel
from app.gui.views.pieces import scrolled
from app.gui.widgets.base import ElidedLabel, Label, column, empty, row
from app.gui.widgets.card import Card, Facts, Note, Pill, check_line
from app.i18n import tr
from app.services.sharing import Person


class SharePanel(Card):
    """`refresh` shows the model as it is now."""

    def __init__(self, model: ShareModel) -> None:
        super().__init__()
        self.model = model
        self._parts = QVBoxLayout()
        self._parts.setSpacing(px(10))
        inner = QWidget()
        inner.setLayout(self._parts)
        text = tr(
            "Once the file is handed over it cannot be erased. A withdrawal is a request that the "
            "recipient has to honour."
        )
        self.body.addWidget(scrolled(inner, tr("Summary")), 1)
        self.body.addWidget(Note(text))

    def refresh(self) -> None:
        """Show it anew."""
        empty(self._parts)
        self._add(Label(tr("Recipients"), "card-title", wrap=True))
        for person in self.model.chosen_people():
            self._add(_person(person))
        self._add(Label(tr("Promises"), "card-title", wrap=True))
        self._add(Facts(self._promises()))
        self._add(Label(tr("Stays here"), "card-title", wrap=True))
        for line in staying.lines(self.model.choosing, self.model.preview):
            self._add(check_line(line))
        self._parts.addStretch(1)

    def _add(self, widget: QWidget) -> None:
        self._parts.addWidget(widget)

    def _promises(self) -> list[tuple[str, str]]:
        promise = self.model.promise
        # Not "no end agreed" before anybody was asked, nor while half a day is typed.
        until = parties.kept_until(promise.until) if self.model.has_end else tr("not agreed yet")
        return [
            (tr("Purpose"), promise.purpose.strip() or tr("not agreed yet")),
            (tr("Kept"), until),
            (tr("Handing on"), parties.resharing(promise.resharing)),
            (tr("Withdrawal"), tr("can be asked for at any time")),
        ]


def _person(person: Person) -> QWidget:
    word, tone = parties.pill(person)
    digits = Label(person.safety_number, "caption", wrap=True)
    digits.setAccessibleName(tr("{name}: {value}", name=tr("Safety number"), value=digits.text()))
    made = QWidget()
    name = ElidedLabel(person.name, "body")
    line = row(spacing=8)
    line.addWidget(name, 1)
    line.addWidget(Pill(word, tone))
    box = column(spacing=px(4))
    box.addLayout(line)
    box.addWidget(digits)
    made.setLayout(box)
    return made
