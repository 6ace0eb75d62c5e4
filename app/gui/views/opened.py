"""A file from somebody else, checked and not kept yet; and a file that was refused."""

from __future__ import annotations

from pathlib import Path
from typing import Final, cast

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.errors import InputRefused, UserError
from app.gui.style.tokens import colours, px
from app.gui.viewmodels import inbox as words
from app.gui.viewmodels import parties
from app.gui.viewmodels.inbox import LOOKED_AT, InboxModel
from app.gui.viewmodels.lines import SOURCE_COLUMN
from app.gui.viewmodels.rows import LazyRows
from app.gui.views.columns import Columns
from app.gui.views.numbers import Numbers
from app.gui.views.pieces import strip
from app.gui.widgets.base import Icon, Label, column, empty, row
from app.gui.widgets.buttons import Button, CheckBox
from app.gui.widgets.card import Card, Facts, Note, check_line
from app.gui.widgets.states import Banner, error_texts, tone_colour
from app.gui.widgets.table import RecordsTable
from app.i18n import tr
from app.services.sharing import Opened

SOURCE_FROM: Final = 620
TABLE_HEIGHT: Final = 236
HARMLESS: Final = {"ALREADY_IMPORTED"}
PEOPLE_CODES: Final = {"NO_IDENTITY", "KEY_CHANGED", "UNKNOWN_SENDER"}


class OpenedView(QWidget):
    """`show_opened` fills it. Emits what the person decides."""

    keep_wanted = Signal(bool)
    export_wanted = Signal()
    left = Signal()

    def __init__(self, model: InboxModel) -> None:
        super().__init__()
        self.model = model
        self.found: Opened | None = None
        self._top = QVBoxLayout()
        self._top.setSpacing(12)
        self.table = RecordsTable(tr("Records in the file"), cast("LazyRows[object]", model.rows))
        self.table.setMinimumHeight(px(TABLE_HEIGHT))
        self.shown = Label("", "caption", wrap=True)
        self.card = Card(" ")
        self.card.body.addWidget(self.table, 1)
        self.card.body.addWidget(self.shown)
        self.knowing = CheckBox(tr("I have read this and keep it all the same"))
        self.knowing.toggled.connect(self._enable)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(16)
        box.addLayout(self._top)
        box.addWidget(self.card, 1)
        box.addWidget(self.knowing)
        box.addWidget(self._buttons())

    def _buttons(self) -> QWidget:
        self.keep = Button(tr("Keep in my vault"), "primary")
        self.export = Button(tr("Export as files…"), icon="file-down")
        self.leave = Button(tr("Do not keep"))
        self.keep.clicked.connect(self._keep)
        self.export.clicked.connect(self.export_wanted)
        self.leave.clicked.connect(self.left)
        return strip(self.leave, 1, self.export, self.keep, spacing=16)

    def show_opened(self, found: Opened) -> None:
        """Show what was found before anything is stored."""
        self.found = found
        share = found.kind == "share"
        empty(self._top)
        for concern in found.concerns:
            self._top.addWidget(_concern(concern))
        if found.first_contact:
            both = Columns((3, 2))
            both.left.addWidget(_checked(found))
            both.right.addWidget(_digits(found))
            self._top.addWidget(both)
        else:
            self._top.addWidget(_checked(found))
        self.card.setVisible(share)
        self.export.setVisible(share)
        self.knowing.setChecked(False)
        self.knowing.setVisible(bool(found.concerns))
        self.keep.setText(_keep_words(found))
        self.keep.setAccessibleName(self.keep.text())
        if share:
            self._say_records(found)
        self._enable()

    def _say_records(self, found: Opened) -> None:
        self.card.title.setText(tr("Records in the file: {count}", count=f"{found.records:,}"))
        more = found.records > LOOKED_AT
        text = tr("The first {count} are shown", count=f"{LOOKED_AT:,}") if more else ""
        self.shown.setText(text or tr("Nothing is stored yet."))

    def _enable(self) -> None:
        asked = self.found is not None and bool(self.found.concerns)
        self.keep.setEnabled(not asked or self.knowing.isChecked())

    def _keep(self) -> None:
        self.keep_wanted.emit(self.knowing.isChecked())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Leave room for what matters most."""
        super().resizeEvent(event)
        self.table.setColumnHidden(SOURCE_COLUMN, self.width() < px(SOURCE_FROM))


def _keep_words(found: Opened) -> str:
    if found.kind == "receipt":
        return tr("Enter it in the ledger")
    if found.kind == "withdraw":
        return tr("Give the records up")
    return tr("Keep in my vault")


def _concern(concern: InputRefused) -> Banner:
    banner = Banner()
    title, text = error_texts(concern)
    banner.say("warn", title, text, concern.code)
    banner.keep_open()
    return banner


def _digits(found: Opened) -> Card:
    card = Card()
    title = Label(tr("Their half of the safety number"), "card-title", wrap=True)
    card.body.addWidget(title)
    numbers = Numbers(3, "card-title")
    numbers.show_groups(parties.groups(found.digits))
    card.body.addWidget(numbers)
    text = tr("Call the person you think it is, and have them read these groups from their card.")
    card.body.addWidget(Label(text, "body", "soft", wrap=True))
    card.body.addStretch(1)
    return card


def _checked(found: Opened) -> Card:
    text, tone = words.sender_line(found)
    card = Card()
    card.body.addWidget(Label(found.purpose or words.other_title(found), "card-title", wrap=True))
    card.body.addWidget(_toned_line(text, tone))
    card.body.addWidget(check_line(tr("The signature fits, and nothing was changed since.")))
    for note in found.notes():
        card.body.addWidget(_toned_line(note, "warn"))
    facts = words.opened_facts(found)[1:] if found.kind == "share" else words.other_facts(found)
    card.body.addWidget(Facts(facts))
    return card


def _toned_line(text: str, tone: str) -> QWidget:
    if tone == "good":
        return check_line(text)
    holder = QWidget()
    line = row(spacing=10)
    line.addWidget(Icon("warning", 16, tone_colour(tone)), 0, Qt.AlignmentFlag.AlignTop)
    line.addWidget(Label(text, "body", wrap=True), 1)
    holder.setLayout(line)
    return holder


class RefusedView(QWidget):
    """Why a file was not opened, and what to do. Emits `left` or `people_wanted`."""

    left = Signal()
    people_wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.title = Label("", "card-title", wrap=True)
        self.detail = Label("", "body", wrap=True)
        self.next_step = Note("")
        self.code = Label("", "caption")
        self.code.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.back = Button(tr("Back to the list"), icon="chevron-left")
        self.people = Button(tr("Go to recipients"), "primary", "people")
        self.back.clicked.connect(self.left)
        self.people.clicked.connect(self.people_wanted)
        self.file = Label("", "caption", wrap=True)
        card = Card()
        head = row(spacing=12)
        self.icon = Icon("cross-circle", 32, colours().bad)
        head.addWidget(self.icon, 0, Qt.AlignmentFlag.AlignTop)
        head.addWidget(self.title, 1)
        card.body.addLayout(head)
        for widget in (self.detail, self.next_step, self.file, self.code):
            card.body.addWidget(widget)
        card.body.addWidget(strip(self.back, self.people, 1, spacing=12))
        self.setLayout(column(card, 1, spacing=0))

    def show_refusal(self, error: UserError, path: Path) -> None:
        """Show the sentence, the next step and the code."""
        self.title.setText(tr(error.title, **error.values))
        self.detail.setText(tr(error.detail, **error.values) if error.detail else "")
        self.detail.setVisible(bool(error.detail))
        text = tr(error.next_step, **error.values) if error.next_step else ""
        self.next_step.text.setText(text)
        self.next_step.setVisible(bool(text))
        self.file.setText(tr("{name}: {value}", name=tr("File"), value=path.name))
        self.code.setText(tr("{name}: {value}", name=tr("Code"), value=error.code))
        self.people.setVisible(error.code in PEOPLE_CODES)
        harmless = error.code in HARMLESS
        self.icon.show_icon(
            "info" if harmless else "cross-circle", colours().accent if harmless else colours().bad
        )
        self.setAccessibleName(self.title.text())
        self.setAccessibleDescription(text)
