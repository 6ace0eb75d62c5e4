"""The page that opens a vault from a cloud folder on one more computer."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QWidget

from app.errors import UserError
from app.gui.style.tokens import colours, px
from app.gui.viewmodels.joining import JoinModel
from app.gui.viewmodels.strength import strength
from app.gui.views import dialogs
from app.gui.views.gate import Gate
from app.gui.views.pieces import panel, strip
from app.gui.widgets.base import ElidedLabel, column, row
from app.gui.widgets.buttons import Button
from app.gui.widgets.card import ListRow, RowList
from app.gui.widgets.fields import Field, PassphraseField, TextField
from app.gui.widgets.progress import ProgressBar
from app.gui.widgets.stack import Stack
from app.gui.widgets.states import error_texts
from app.i18n import tr
from app.services.cloud import Suggestion


def told(error: UserError) -> str:
    """An error below a field."""
    return "\n".join(part for part in error_texts(error) if part)


class JoinView(Gate):
    """Folder first, then passphrase or recovery key. Emits `left` when the person goes back."""

    left = Signal()

    def __init__(self, model: JoinModel) -> None:
        super().__init__(520)
        self.model = model
        self._busy = False
        self._enough = False
        self.keys = Stack()
        self.keys.addWidget(self._passphrase_form())
        self.keys.addWidget(self._recovery_form())
        for widget in (self._folder_form(), self.keys, self._progress()):
            self.body.addWidget(widget)
        self.back = Button(tr("&Back"))
        self.join = Button(tr("&Open"), "primary")
        self.back.clicked.connect(self.left)
        self.join.clicked.connect(self._submit)
        self.body.addLayout(row(self.back, 1, self.join))
        self.say(
            tr("Open a vault from my cloud folder"),
            tr("It comes to this computer too, and all your computers stay in step."),
        )
        model.offered.connect(self._offer)
        model.wrong.connect(self._wrong)
        model.misplaced.connect(self._misplaced)
        model.refused.connect(self.show_error)
        model.busy_changed.connect(self._show_busy)
        model.search()
        self._show_state()

    # -- the forms

    def _folder_form(self) -> QWidget:
        self.found = RowList()
        self.found.hide()
        self.choices: list[Button] = []
        self.chosen = ElidedLabel("", "body", place=True)
        self.chosen.setProperty("mono", True)
        self.chosen.hide()
        self.choose = Button(tr("Choose a folder…"), icon="folder")
        self.choose.clicked.connect(self._choose)
        inner = panel(self.found, self.chosen, strip(self.choose, 1), spacing=px(8))
        hint = tr("The one you chose on the other computer; “mydata-…” lies in it.")
        self.folder_field = Field(tr("Cloud folder"), inner, hint)
        self._hint = hint
        return self.folder_field

    def _passphrase_form(self) -> QWidget:
        self.passphrase = PassphraseField(tr("Passphrase"))
        self.passphrase.changed.connect(self._forget_wrong)
        self.passphrase.submitted.connect(self._submit)
        self.field = Field(tr("Passphrase"), self.passphrase)
        self.to_recovery = Button(tr("Open with the recovery key"), "link")
        self.to_recovery.clicked.connect(partial(self._show_keys, 1))
        return panel(self.field, strip(self.to_recovery, 1), spacing=px(8))

    def _recovery_form(self) -> QWidget:
        self.recovery = TextField(tr("Recovery key"), "XXXX-XXXX-XXXX-…")
        self.recovery.setProperty("mono", True)
        self.recovery.textChanged.connect(self._forget_wrong)
        self.recovery_field = Field(tr("Recovery key"), self.recovery)
        self.new = PassphraseField(tr("New passphrase"), meter=True)
        self.new.changed.connect(self._judge)
        self.new.submitted.connect(self._submit)
        self.to_passphrase = Button(tr("Back to the passphrase"), "link")
        self.to_passphrase.clicked.connect(partial(self._show_keys, 0))
        new_field = Field(tr("New passphrase"), self.new)
        link = strip(self.to_passphrase, 1)
        return panel(self.recovery_field, new_field, link, spacing=px(12))

    def _progress(self) -> QWidget:
        self.bar = ProgressBar()
        self.bar.show_progress(0, 0)
        self.bar.setAccessibleName(tr("Under way"))
        self.cancel = Button(tr("Cancel"))
        self.cancel.clicked.connect(self.model.cancel)
        self.under_way = QWidget()
        self.under_way.setLayout(column(self.bar, strip(1, self.cancel), spacing=px(8)))
        self.under_way.hide()
        return self.under_way

    # -- which folder

    def _offer(self, found: list[Suggestion]) -> None:
        """List the folders that hold a copy; a single one is taken at once."""
        for each in found:
            made = ListRow(each.provider, each.folder, "cloud", colours().accent)
            button = made.add_button(tr("Use this folder"))
            button.clicked.connect(partial(self.use, Path(each.folder)))
            self.choices.append(button)
            self.found.add(made)
        self.found.setVisible(bool(found))
        if len(found) == 1 and self.model.folder is None:
            self.use(Path(found[0].folder))

    def _choose(self) -> None:
        chosen = dialogs.folder(self, tr("Cloud folder"))
        if chosen is not None:
            self.use(chosen)

    def use(self, folder: Path) -> None:
        """Open the vault of this folder."""
        self.model.folder = folder
        self.chosen.setText(str(folder))
        self.chosen.show()
        self.folder_field.say(self._hint)
        self.banner.hide()
        self._show_state()
        target = self.recovery if self.keys.currentIndex() else self.passphrase.line
        target.setFocus(Qt.FocusReason.OtherFocusReason)

    # -- which key

    def _show_keys(self, form: int) -> None:
        self.setFocus(Qt.FocusReason.OtherFocusReason)
        self.keys.setCurrentIndex(form)
        target = self.recovery if form else self.passphrase.line
        target.setFocus(Qt.FocusReason.OtherFocusReason)
        self._show_state()

    @property
    def holds(self) -> bool:
        """While it is under way, or something was chosen or typed."""
        typed = (self.passphrase.text(), self.recovery.text(), self.new.text())
        return self._busy or self.model.folder is not None or any(typed)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc stops, leaves the recovery form, then the page."""
        if event.key() != Qt.Key.Key_Escape:
            super().keyPressEvent(event)
        elif self._busy:
            self.model.cancel()
        elif self.keys.currentIndex():
            self._show_keys(0)
        else:
            self.left.emit()

    def _judge(self, text: str) -> None:
        found = strength(text)
        self.new.meter.show_strength(found.score, tr(found.word), tr(found.reason))
        self._enough = found.enough
        self._show_state()

    # -- trying

    def _submit(self) -> None:
        if not self.join.isEnabled():
            return
        self.banner.hide()
        if self.keys.currentIndex():
            self.model.join(recovery_key=self.recovery.text(), new_passphrase=self.new.text())
        else:
            self.model.join(self.passphrase.text())

    def _wrong(self, error: UserError) -> None:
        by_key = bool(self.keys.currentIndex())
        line = self.recovery if by_key else self.passphrase.line
        line.mark_wrong(True)
        (self.recovery_field if by_key else self.field).say(told(error), "bad")
        line.selectAll()
        line.setFocus(Qt.FocusReason.OtherFocusReason)

    def _misplaced(self, error: UserError) -> None:
        self.folder_field.say(told(error), "bad")
        self.choose.setFocus(Qt.FocusReason.OtherFocusReason)

    def _forget_wrong(self) -> None:
        for line, field in (
            (self.passphrase.line, self.field),
            (self.recovery, self.recovery_field),
        ):
            line.mark_wrong(False)
            field.say("")
        self._show_state()

    def _show_busy(self, busy: bool) -> None:
        self._busy = busy
        self.under_way.setVisible(busy)
        self._show_state()

    def _show_state(self) -> None:
        by_key = bool(self.keys.currentIndex())
        typed = bool(self.recovery.text()) and self._enough if by_key else self.passphrase.text()
        self.join.setEnabled(not self._busy and self.model.folder is not None and bool(typed))
        self.join.setText(tr("Opening…") if self._busy else tr("&Open"))
        for widget in (self.back, self.choose, self.keys, *self.choices):
            widget.setEnabled(not self._busy)
