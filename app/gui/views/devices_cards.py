"""Cards of the devices page: the start, the computers, what to look at, what to decide on."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import QWidget

from app.errors import UserError
from app.gui.context import PageContext
from app.gui.style.tokens import colours, px
from app.gui.viewmodels import standing as words
from app.gui.viewmodels import wording
from app.gui.viewmodels.devices import DevicesModel
from app.gui.views.devices_folder import ask_folder
from app.gui.views.pieces import flowing, panel
from app.gui.widgets.base import Icon, Label, row
from app.gui.widgets.buttons import Button
from app.gui.widgets.card import Card, ListRow, Note, Pill, RowList
from app.gui.widgets.fields import Field, PassphraseField
from app.gui.widgets.states import error_texts
from app.i18n import tr
from app.services.cloud import Conflict, Device, Suggestion


def told(icon: str, colour: str, *items: QWidget) -> QWidget:
    """Things below each other, beside an icon at the top."""
    made = QWidget()
    line = row(spacing=px(12))
    line.addWidget(Icon(icon, 22, colour), 0, Qt.AlignmentFlag.AlignTop)
    line.addWidget(panel(*items, spacing=px(6)), 1)
    made.setLayout(line)
    return made


class StartCard(Card):
    """No folder is chosen yet: what it would be good for, and folders to choose from."""

    def __init__(self, model: DevicesModel) -> None:
        super().__init__(tr("Choose a cloud folder"))
        self.model = model
        text = tr(
            "The vault stays on this computer; only its encrypted copy goes to the folder. "
            "Your other computers open it from there, and nobody else can."
        )
        self.found = RowList()
        self.buttons: list[Button] = []
        self.other = Button(tr("Choose a folder…"), icon="folder")
        self.other.clicked.connect(self._choose)
        self.body.addWidget(Label(text, "body", "soft", wrap=True))
        self.body.addWidget(self.found)
        self.body.addWidget(flowing(self.other))
        note = tr("A USB stick or a shared drive will do as well. No account is needed.")
        self.body.addWidget(Note(note))
        self._offered: Sequence[Suggestion] | None = None
        model.changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Offer the folders that were found."""
        last = self.model.last
        if last is not None and last.suggestions != self._offered:
            self._offered = last.suggestions
            self.found.clear()
            self.buttons = []
            for each in last.suggestions:
                self.found.add(self._row(each))
        self.found.setVisible(bool(self.buttons))
        another, first = tr("Choose another folder…"), tr("Choose a folder…")
        self.other.setText(another if self.buttons else first)
        for button in (self.other, *self.buttons):
            button.setEnabled(not self.model.busy)

    def _row(self, each: Suggestion) -> ListRow:
        made = ListRow(each.provider, each.folder, "cloud", colours().accent)
        button = made.add_button(tr("Use this folder"), "secondary" if self.buttons else "primary")
        button.clicked.connect(partial(self.model.use, Path(each.folder)))
        self.buttons.append(button)
        return made

    def _choose(self) -> None:
        ask_folder(self.model, self)


class ComputersCard(Card):
    """All computers of the vault, this one first. Emits `retire_wanted` with a `Device`."""

    retire_wanted = Signal(object)

    def __init__(self, model: DevicesModel) -> None:
        super().__init__(tr("Computers"))
        self.model = model
        self.list = RowList()
        self.retire: list[Button] = []
        how = tr(
            "To add a computer, install MyData Vault there and choose “Open a vault from my cloud "
            "folder”."
        )
        self.body.addWidget(self.list)
        self.body.addWidget(Note(how))
        self._shown: tuple[Sequence[Device], bool] = (), False
        model.changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """List them, if they changed."""
        last = self.model.last
        if last is not None and (last.state.devices, last.state.reachable) != self._shown:
            self._shown = last.state.devices, last.state.reachable
            self.list.clear()
            self.retire = []
            for device in last.state.devices:
                self.list.add(self._row(device, words.device_about(device, last.state)))
        for button in self.retire:
            button.setEnabled(not self.model.busy)

    def _row(self, device: Device, about: str) -> ListRow:
        ink = colours().text3 if device.retired else colours().text2
        made = ListRow(words.device_name(device), about, "computer", ink)
        made.subtitle.setVisible(bool(about))
        if device.this:
            made.add(Pill(tr("this one"), "info"))
        elif device.retired:
            made.add(Pill(tr("retired"), "neutral"))
        else:
            button = made.add_button(tr("Retire"))
            button.clicked.connect(partial(self.retire_wanted.emit, device))
            self.retire.append(button)
        return made


class ConflictsCard(Card):
    """What two computers did to one thing: where to see it, and a way to be done with it."""

    def __init__(self, context: PageContext, model: DevicesModel) -> None:
        super().__init__(tr("To look at"))
        self.context, self.model = context, model
        self.list = RowList()
        self.buttons: list[Button] = []
        self.body.addWidget(self.list)
        self._shown: Sequence[Conflict] = ()
        model.changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """List them, if they changed."""
        last = self.model.last
        if last is None or last.state.conflicts == self._shown:
            return
        self._shown = last.state.conflicts
        self.list.clear()
        self.buttons = []
        for conflict in self._shown:
            self.list.add(self._row(conflict))

    def _row(self, conflict: Conflict) -> QWidget:
        title, text = words.conflict_words(conflict)
        buttons = []
        page, argument = words.conflict_page(conflict)
        if page:
            show = Button(tr("Show"))
            show.clicked.connect(partial(self.context.go, page, argument))
            buttons.append(show)
        done = Button(tr("Seen"))
        done.clicked.connect(partial(self.model.dismiss, conflict))
        buttons.append(done)
        for button in buttons:
            button.setAccessibleDescription(title)
        self.buttons += buttons
        icon = "clock" if conflict.kind == "clock" else "copy"
        heading, about = (
            Label(title, "strong", wrap=True),
            Label(text, "caption", wrap=True),
        )
        return told(icon, colours().warn, heading, about, flowing(*buttons))


class RemovalsCard(Card):
    """Another computer removed very many records. Neither button acts by Enter alone."""

    def __init__(self, model: DevicesModel) -> None:
        super().__init__()
        self.model = model
        self.heading = Label(
            tr("Another computer has removed very many records"), "card-title", wrap=True
        )
        self.text = Label("", "body", wrap=True)
        self.keep = Button(tr("Keep everything on this computer"))
        self.take = Button(tr("Take the removals in"), "danger")
        self.keep.clicked.connect(model.postpone)
        self.take.clicked.connect(self._take)
        buttons = flowing(self.keep, self.take)
        self.body.addWidget(told("warning", colours().warn, self.heading, self.text, buttons))
        model.changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Say how many it would be."""
        last = self.model.last
        if last is not None and last.removals:
            text = tr(
                "From this computer would go too: {records}. Nothing was changed here yet. If you "
                "keep everything, nothing more is taken in from other computers until you decide; "
                "your own changes are still published.",
                records=wording.records(last.removals),
            )
            self.text.setText(text)
            self.setAccessibleName(self.heading.text())

    def _take(self) -> None:
        self.model.sync(confirmed=True)


class KeysCard(Card):
    """Another computer has changed the keys; its passphrase brings this one over to them."""

    def __init__(self, model: DevicesModel) -> None:
        super().__init__()
        self.model = model
        self.heading = Label(
            tr("The keys were changed on another computer"), "card-title", wrap=True
        )
        text = tr(
            "Until this computer has the new keys too, it cannot read what the other one writes. "
            "From then on the new passphrase opens the vault here as well."
        )
        self.secret = PassphraseField(tr("New passphrase"))
        self.field = Field(tr("New passphrase"), self.secret)
        self.take = Button(tr("Take over the new keys"), "primary")
        self.take.clicked.connect(self._take)
        self.secret.changed.connect(self._edited)
        self.secret.submitted.connect(self._take)
        words = Label(text, "body", wrap=True)
        self.body.addWidget(
            told("key", colours().warn, self.heading, words, self.field, flowing(self.take))
        )
        self.setAccessibleName(self.heading.text())
        model.changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """One thing at a time."""
        self.take.setEnabled(bool(self.secret.text()) and not self.model.busy)

    def refuse(self, error: UserError) -> None:
        """Say what is wrong beside what was typed."""
        title, text = error_texts(error)
        self.field.say(f"{title}\n{text}", "bad")
        self.secret.setFocus(Qt.FocusReason.OtherFocusReason)

    def hideEvent(self, event: QHideEvent) -> None:
        """A passphrase does not stay in a field nobody sees."""
        super().hideEvent(event)
        self.secret.clear()

    def _edited(self) -> None:
        self.field.say("")
        self.refresh()

    def _take(self) -> None:
        if self.take.isEnabled():
            self.model.take_keys(self.secret.text())
