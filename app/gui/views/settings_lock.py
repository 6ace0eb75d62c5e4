"""Settings: when the vault locks by itself, and new keys for the whole of it."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QDate, Qt
from PySide6.QtWidgets import QDialog, QWidget

from app.errors import UserError
from app.gui.context import PageContext
from app.gui.style.tokens import px
from app.gui.viewmodels.settings import SettingsModel
from app.gui.viewmodels.strength import strength
from app.gui.views.confirm import confirm_passphrase
from app.gui.views.recovery_key import RecoveryKeyForm
from app.gui.views.recovery_sheet import Sheet
from app.gui.widgets.base import Label, column, row
from app.gui.widgets.buttons import Button
from app.gui.widgets.card import Card, Note
from app.gui.widgets.dialog import GrowingDialog
from app.gui.widgets.fields import Choice, Field, PassphraseField
from app.gui.widgets.stack import Stack
from app.gui.widgets.states import Banner
from app.i18n import tr, tr_n
from app.jobs import JobContext

MINUTES: Final = (1, 2, 5, 10, 20, 30, 60, 120, 240)


class LockCard(Card):
    """The minutes without a sign of life; and what locks it in any case."""

    def __init__(self, context: PageContext, model: SettingsModel) -> None:
        super().__init__(tr("Locking"))
        self.context, self.model = context, model
        self._dialog: QDialog | None = None
        liked = model.liked().idle
        offered = sorted({*MINUTES, liked} - {0})
        options = [(str(each), tr_n(each, "{count} minute", "{count} minutes")) for each in offered]
        name = tr("Lock when nobody is here for")
        self.idle = Choice(name, [*options, ("0", tr("Never"))], str(liked))
        self.idle.chosen.connect(self._choose)
        self.keys = Button(tr("New keys for the vault…"), icon="key")
        self.keys.clicked.connect(self._new_keys)
        self.body.addWidget(Field(name, self.idle))
        self.body.addWidget(
            Note(tr("It also locks when the computer sleeps or the screen is locked."))
        )
        self.body.addLayout(row(self.keys, 1))

    def _choose(self, minutes: str) -> None:
        self.model.like(idle=int(minutes))

    def _new_keys(self) -> None:
        reason = tr("New keys make every copy of the old ones useless for what comes after.")
        question = confirm_passphrase(self.context, self, reason, self._ask_for_keys)
        self._dialog = question or self._dialog

    def _ask_for_keys(self) -> None:
        self._dialog = NewKeysDialog(self.context, self)
        self._dialog.open()


class NewKeysDialog(GrowingDialog):
    """A new passphrase, then the new recovery key, which has to be kept before this closes."""

    def __init__(self, context: PageContext, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(tr("New keys"))
        self.context = context
        self.made = False
        self.banner = Banner()
        self.banner.hide()
        self.stack = Stack()
        self.stack.addWidget(self._ask())
        self.recovery = RecoveryKeyForm()
        self.stack.addWidget(self.recovery)
        self.go_on = Button(tr("Make new keys"), "primary")
        self.cancel = Button(tr("Cancel"))
        self.go_on.clicked.connect(self._go_on)
        self.cancel.clicked.connect(self.reject)
        self.recovery.judged.connect(self.go_on.setEnabled)
        self.recovery.refused.connect(self.banner.show_error)
        box = column(
            Label(tr("New keys"), "card-title"),
            self.banner,
            self.stack,
            spacing=px(12),
            margins=(px(24), px(20), px(24), px(20)),
        )
        box.addStretch(1)
        box.addLayout(row(1, self.cancel, self.go_on))
        self.setLayout(box)
        self.setMinimumWidth(px(520))
        self._judge()

    def _ask(self) -> QWidget:
        form = QWidget()
        self.new = PassphraseField(tr("New passphrase"), meter=True)
        self.again = PassphraseField(tr("The same once more"))
        self.again_field = Field(tr("The same once more"), self.again)
        for field in (self.new, self.again):
            field.changed.connect(self._judge)
        text = tr(
            "Everything is encrypted anew, which takes a while. The passphrase and the recovery "
            "key change; the old ones open only old backups."
        )
        form.setLayout(
            column(
                Label(text, "body", "soft", wrap=True),
                Field(tr("New passphrase"), self.new),
                self.again_field,
                spacing=px(12),
            )
        )
        return form

    def _judge(self) -> None:
        found = strength(self.new.text())
        self.new.meter.show_strength(found.score, tr(found.word), tr(found.reason))
        same = self.new.text() == self.again.text()
        self.again_field.say("" if same or not self.again.text() else tr("The two differ."), "bad")
        self.go_on.setEnabled(found.enough and same)

    def _go_on(self) -> None:
        if self.made:
            self.recovery.forget()
            self.accept()
            return
        passphrase = self.new.text()

        def work(_context: JobContext) -> str:
            from app.services import session as sessions

            return sessions.change_keys(self.context.session, passphrase)

        self.banner.hide()
        for button in (self.go_on, self.cancel):
            button.setEnabled(False)
        self.go_on.setText(tr("Encrypting everything anew…"))
        self.context.bridge.run(self, work, self._show_key, self._failed, writes=True)

    def _show_key(self, key: str) -> None:
        self.made = True
        self.new.clear()
        self.again.clear()
        session = self.context.session
        made = QDate.currentDate().toString(Qt.DateFormat.ISODate)
        self.recovery.show_sheet(Sheet(key, session.vault.vault_id, str(session.folder), made))
        self.stack.setCurrentIndex(1)
        self.cancel.hide()
        self.go_on.setText(tr("Done"))
        self.go_on.setEnabled(False)

    def _failed(self, error: UserError) -> None:
        self.go_on.setText(tr("Make new keys"))
        self.cancel.setEnabled(True)
        self._judge()
        self.banner.show_error(error)

    def reject(self) -> None:
        """Think better of it, until there is a new recovery key that has to be kept first."""
        if self.cancel.isEnabled() and not self.made:
            super().reject()
