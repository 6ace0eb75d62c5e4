"""Devices: the cloud folder, how its copy stands, the computers, and what to look at."""

from __future__ import annotations

from functools import partial
from itertools import pairwise
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from app.errors import CannotUnlock, UserError
from app.gui.context import PageContext
from app.gui.viewmodels import standing as words
from app.gui.views.columns import Columns
from app.gui.views.devices_cards import (
    ComputersCard,
    ConflictsCard,
    KeysCard,
    RemovalsCard,
    StartCard,
)
from app.gui.views.devices_folder import FolderCard
from app.gui.views.question import Question
from app.gui.widgets.base import Label
from app.gui.widgets.card import Card
from app.gui.widgets.page import PageView
from app.i18n import tr
from app.services.cloud import Device


class DevicesPage(PageView):
    """The page."""

    def __init__(self, context: PageContext) -> None:
        super().__init__(
            context,
            tr("Devices"),
            tr("The same vault on several computers, kept in step through a folder of your own."),
        )
        self.model = model = context.devices
        self.question = Question()
        self.removals = RemovalsCard(model)
        self.keys = KeysCard(model)
        self.start = StartCard(model)
        self.sample = self._sample()
        self.folder = FolderCard(model)
        self.conflicts = ConflictsCard(context, model)
        self.computers = ComputersCard(model)
        columns = Columns((3, 2))
        for card in (self.sample, self.start, self.folder, self.conflicts):
            card.hide()
            columns.left.addWidget(card)
        columns.left.addStretch(1)
        columns.right.addWidget(self.computers)
        columns.right.addStretch(1)
        self.removals.hide()
        self.keys.hide()
        for widget in (self.question, self.removals, self.keys):
            self.body.addWidget(widget)
        self.body.addWidget(columns, 1)
        self.computers.retire_wanted.connect(self._ask_retire)
        model.changed.connect(self._show)
        model.failed.connect(self._failed)
        model.keys_taken.connect(self._keys_taken)
        model.moved.connect(self._moved)
        model.retired.connect(self._retired)
        self._show()

    # -- coming and going

    def shown(self, argument: object) -> None:  # noqa: ARG002 - nothing can be asked of it
        """Look how it stands."""
        self.banner.hide()
        self.model.load()
        self.setFocus(Qt.FocusReason.OtherFocusReason)

    def back(self) -> bool:
        """Esc takes the question away."""
        if self.question.isHidden():
            return False
        self.setFocus(Qt.FocusReason.OtherFocusReason)
        self.question.hide()
        return True

    def _sample(self) -> Card:
        made = Card(tr("The sample data stays on this computer"))
        text = tr("With your own vault you choose a cloud folder here for all your computers.")
        made.body.addWidget(Label(text, "body", "soft", wrap=True))
        return made

    # -- what the model says

    def _show(self) -> None:
        last = self.model.last
        if last is None:
            return
        chosen = last.state.folder is not None
        asks = bool(last.removals) and not self.model.postponed and not self.model.busy
        # A copy in a cloud folder would outlive the demo vault, of which nothing is to stay.
        self._offer(self.sample, self.context.sample)
        self._offer(self.start, not chosen and not self.context.sample)
        self._offer(self.folder, chosen)
        self._offer(self.conflicts, bool(last.state.conflicts))
        self._offer(self.removals, asks)
        self._offer(self.keys, any(each.why == "keys" for each in last.state.waiting))
        self._order()
        if self.banner.isVisible() and words.code(last, busy=False) == "good":
            self.banner.hide()

    def _order(self) -> None:
        """Tab goes as one reads; Qt puts what was made last at the end."""
        folder = self.folder
        walk: list[QWidget] = [
            self.removals.keep,
            self.removals.take,
            self.keys.secret.line,
            self.keys.secret.eye,
            self.keys.take,
            *self.start.buttons,
            self.start.other,
            folder.cancel,
            folder.now,
            folder.decide,
            folder.move_away,
            folder.leave,
            *self.conflicts.buttons,
            *self.computers.retire,
        ]
        for one, other in pairwise(walk):
            QWidget.setTabOrder(one, other)

    def _offer(self, card: QWidget, wanted: bool) -> None:
        """Show a card or hide it. Qt would hand its focus to the navigation, ring and all."""
        if not wanted and card.isAncestorOf(self.focusWidget() or self):
            self.setFocus(Qt.FocusReason.OtherFocusReason)
        card.setVisible(wanted)

    def _ask_retire(self, device: Device) -> None:
        self.question.ask(
            tr("Retire {device}?", device=words.device_name(device)),
            tr(
                "All your computers will list it as no longer used. What it published stays. It is "
                "not locked out: if it was lost, make new keys in the settings."
            ),
            tr("Retire"),
            partial(self.model.retire, device),
        )

    def _moved(self, before: str | None) -> None:
        self.banner.hide()
        folder = self.model.folder
        if folder is None:
            text = tr("The folder is not used any more. It stays as it is.")
        else:
            text = tr("The encrypted copy goes to: {folder}", folder=Path(folder).name)
        if before is not None:
            undo = partial(self.model.use, Path(before))
            self.context.toast(text, tr("Undo"), undo)
        elif folder is not None:
            self.context.toast(text, tr("Undo"), self.model.leave)

    def _keys_taken(self) -> None:
        self.context.toast(
            tr("This computer has the new keys too; the new passphrase opens its vault.")
        )

    def _failed(self, error: UserError) -> None:
        if isinstance(error, CannotUnlock) and self.keys.isVisible():
            self.keys.refuse(error)
        else:
            self.show_error(error)

    def _retired(self, name: str) -> None:
        self.context.toast(tr("Retired: {device}", device=name))
