"""The page that opens an existing vault."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QShowEvent
from PySide6.QtWidgets import QWidget

from app.errors import UserError, VaultDamaged
from app.gui.style.tokens import px
from app.gui.viewmodels.strength import strength
from app.gui.viewmodels.unlock import UnlockModel
from app.gui.views.gate import Gate
from app.gui.widgets.base import ElidedLabel, column, row
from app.gui.widgets.buttons import Button, CheckBox
from app.gui.widgets.fields import Field, PassphraseField, TextField
from app.gui.widgets.stack import Stack
from app.gui.widgets.states import error_texts
from app.i18n import tr


class UnlockView(Gate):
    """Passphrase first; the recovery key behind a link."""

    other_wanted = Signal()
    new_wanted = Signal()
    way_back_wanted = Signal()
    join_wanted = Signal()

    def __init__(self, model: UnlockModel) -> None:
        super().__init__()
        self.model = model
        self._busy = False
        self._wait = 0
        self._enough = False
        self._was_remembered = False
        # The card is narrow: beside the error's sentences there is no room for a button.
        self.way_back = Button(tr("What can I do?"))
        self.way_back.clicked.connect(self.way_back_wanted)
        self.way_back.hide()
        self.body.addWidget(self.way_back)
        self.stack = Stack()
        self.stack.addWidget(self._passphrase_form())
        self.stack.addWidget(self._recovery_form())
        self.body.addWidget(self.stack)
        model.wrong.connect(self._wrong)
        model.refused.connect(self._refused)
        model.busy_changed.connect(self._show_busy)
        model.wait_changed.connect(self._show_wait)
        model.store_found.connect(self._offer_store)
        model.look_for_store()
        self._show(0)

    def _passphrase_form(self) -> QWidget:
        form = QWidget()
        self.passphrase = PassphraseField(tr("Passphrase"))
        self.field = Field(tr("Passphrase"), self.passphrase)
        self.open = Button(tr("&Open"), "primary")
        self.passphrase.submitted.connect(self._submit)
        self.passphrase.changed.connect(self._forget_wrong)
        self.open.clicked.connect(self._submit)
        by_key = Button(tr("Open with the recovery key"), "link")
        by_key.clicked.connect(self._to_recovery)
        other = Button(tr("Another vault…"), "link")
        other.clicked.connect(self.other_wanted)
        self.place = ElidedLabel(str(self.model.folder), "caption", place=True)
        self.remember = CheckBox("")
        self.remember.hide()
        box = column(self.place, self.field, self.remember, self.open, spacing=px(14))
        new = Button(tr("New vault…"), "link")
        new.clicked.connect(self.new_wanted)
        links = column(spacing=0)
        links.addLayout(row(1, by_key, 1))
        links.addLayout(row(1, other, new, 1, spacing=px(4)))
        self.join = Button(tr("Open a vault from my cloud folder"), "link")
        self.join.clicked.connect(self.join_wanted)
        links.addLayout(row(1, self.join, 1))
        box.addLayout(links)
        form.setLayout(box)
        return form

    def _recovery_form(self) -> QWidget:
        form = QWidget()
        self.recovery = TextField(tr("Recovery key"), "XXXX-XXXX-XXXX-…")
        self.recovery.setProperty("mono", True)
        self.new = PassphraseField(tr("New passphrase"), meter=True)
        self.new.changed.connect(self._judge)
        self.recovery.textChanged.connect(self._forget_wrong)
        self.recovery_field = Field(tr("Recovery key"), self.recovery)
        self.recover = Button(tr("Open and set the new passphrase"), "primary")
        self.recover.setEnabled(False)
        self.recover.clicked.connect(self._submit_recovery)
        back = Button(tr("Back to the passphrase"), "link")
        back.clicked.connect(self._to_passphrase)
        box = column(
            self.recovery_field,
            Field(tr("New passphrase"), self.new),
            self.recover,
            back,
            spacing=px(14),
        )
        form.setLayout(box)
        return form

    @property
    def holds(self) -> bool:
        """While a vault is being opened, or something was typed."""
        typed = (self.passphrase.text(), self.recovery.text(), self.new.text())
        return self._busy or any(typed)

    def showEvent(self, event: QShowEvent) -> None:
        """Begin in the field: focus given before the window took this page in is lost."""
        super().showEvent(event)
        field = self.recovery if self.stack.currentIndex() else self.passphrase.line
        field.setFocus(Qt.FocusReason.OtherFocusReason)

    # -- which form

    def _show(self, form: int) -> None:
        self.setFocus(Qt.FocusReason.OtherFocusReason)
        self.stack.setCurrentIndex(form)
        self._hide_error()
        if form == 0:
            self.say(tr("Open your vault"), tr("Everything in it is encrypted on this computer."))
            self.passphrase.line.setFocus(Qt.FocusReason.OtherFocusReason)
        else:
            self.say(
                tr("Open with the recovery key"),
                tr("It is on the sheet you saved or printed when you made the vault."),
            )
            self.recovery.setFocus(Qt.FocusReason.OtherFocusReason)

    def _to_recovery(self) -> None:
        self._show(1)

    def _to_passphrase(self) -> None:
        self._show(0)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc leaves the recovery form."""
        if event.key() == Qt.Key.Key_Escape and self.stack.currentIndex():
            self._show(0)
        else:
            super().keyPressEvent(event)

    # -- trying

    def _submit(self) -> None:
        if self._ready() and self.passphrase.text():
            self._hide_error()
            self.model.unlock(self.passphrase.text(), remember=self._wish())

    def _hide_error(self) -> None:
        self.banner.hide()
        self.way_back.hide()

    def _wish(self) -> bool | None:
        """Whether to remember from now on; None where nothing changes."""
        wanted = self.remember.isChecked()
        if self.remember.isHidden() or (wanted == self._was_remembered and not self.model.lost):
            return None
        return wanted

    def _offer_store(self, store: str, remembered: bool) -> None:
        self._was_remembered = remembered
        if store:
            text = tr("Remember on this computer ({store})", store=tr(store))
            self.remember.setText(text)
            self.remember.setAccessibleName(text)
            self.remember.setChecked(remembered)
            self.remember.show()

    def _submit_recovery(self) -> None:
        if self._ready():
            self._hide_error()
            self.model.recover(self.recovery.text(), self.new.text())

    def _ready(self) -> bool:
        return not self._busy and self._wait == 0

    def _judge(self, text: str) -> None:
        found = strength(text)
        self.new.meter.show_strength(found.score, tr(found.word), tr(found.reason))
        self._enough = found.enough
        self._show_state()

    # -- what came of it

    def _wrong(self, error: UserError) -> None:
        title, text = error_texts(error)
        if self.stack.currentIndex() == 0:
            self.passphrase.line.mark_wrong(True)
            self.field.say("\n".join(part for part in (title, text) if part), "bad")
            self.passphrase.line.selectAll()
            self.passphrase.line.setFocus(Qt.FocusReason.OtherFocusReason)
        else:
            self.recovery.mark_wrong(True)
            self.recovery_field.say("\n".join(part for part in (title, text) if part), "bad")

    def _forget_wrong(self) -> None:
        self.passphrase.line.mark_wrong(False)
        self.recovery.mark_wrong(False)
        self.field.say("")
        self.recovery_field.say("")

    def _refused(self, error: UserError) -> None:
        self.show_error(error)

    def show_error(self, error: UserError) -> None:
        """Show an error in the card; where the vault is damaged, with the way back."""
        super().show_error(error)
        self.way_back.setVisible(isinstance(error, VaultDamaged))

    def _show_busy(self, busy: bool) -> None:
        self._busy = busy
        self._show_state()

    def _show_wait(self, seconds: int) -> None:
        self._wait = seconds
        self._show_state()

    def _show_state(self) -> None:
        self.open.setEnabled(self._ready())
        self.recover.setEnabled(self._ready() and self._enough)
        text = tr("&Open")
        if self._busy:
            text = tr("Opening…")
        elif self._wait:
            text = tr("Wait {seconds} s", seconds=self._wait)
        self.open.setText(text)
