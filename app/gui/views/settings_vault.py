"""Settings: where the vault is, its passphrase, and the secret store."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker

from app.errors import CannotUnlock, UserError
from app.gui.context import PageContext
from app.gui.viewmodels import wording
from app.gui.viewmodels.settings import SettingsModel
from app.gui.viewmodels.strength import strength
from app.gui.views import dialogs
from app.gui.views.inspector import breakable
from app.gui.views.pieces import flowing, strip
from app.gui.widgets.base import column, empty
from app.gui.widgets.buttons import Button, CheckBox
from app.gui.widgets.card import Card, Facts, Note
from app.gui.widgets.fields import Field, PassphraseField
from app.gui.widgets.states import error_texts
from app.i18n import tr


class VaultCard(Card):
    """Place, number and size of the vault."""

    def __init__(self, context: PageContext, model: SettingsModel) -> None:
        super().__init__(tr("The vault"))
        self.context, self.model = context, model
        self._facts = column(spacing=0)
        self.folder = Button(tr("Show the folder"), icon="folder")
        self.lock = Button(tr("Lock now"), icon="lock")
        self.folder.clicked.connect(self._show_folder)
        self.lock.clicked.connect(context.lock)
        self.body.addLayout(self._facts)
        self.body.addWidget(flowing(self.folder, self.lock))
        model.ready.connect(self.refresh)

    def refresh(self) -> None:
        """Show what is known."""
        known = self.model.known
        if known is None:
            return
        empty(self._facts)
        status = known.status
        pairs = [
            (tr("Where it is"), breakable(status.vault)),
            (tr("Records"), f"{status.records:,}"),
            (tr("Sources"), f"{status.sources:,}"),
            (tr("Made"), wording.exact_moment(status.created)),
            (tr("Vault number"), breakable(status.vault_id)),
        ]
        self._facts.addWidget(Facts(pairs))

    def _show_folder(self) -> None:
        dialogs.show_in_folder(self.context.session.folder / "vault")


class PassphraseCard(Card):
    """Changes the passphrase, the present one first; and lets a secret store open the vault."""

    def __init__(self, context: PageContext, model: SettingsModel) -> None:
        super().__init__(tr("Passphrase"))
        self.context, self.model = context, model
        self.current = PassphraseField(tr("Present passphrase"))
        self.new = PassphraseField(tr("New passphrase"), meter=True)
        self.again = PassphraseField(tr("The same once more"))
        self.current_field = Field(tr("Present passphrase"), self.current)
        self.again_field = Field(tr("The same once more"), self.again)
        self.change = Button(tr("Change passphrase"))
        self.change.clicked.connect(self._change)
        self.remembered = CheckBox("")
        self.remembered.toggled.connect(self._remember)
        self.remembered.hide()
        for field in (self.current, self.new, self.again):
            field.changed.connect(self._judge)
        text = tr("Backups made before still open with the earlier passphrase.")
        for widget in (
            self.current_field,
            Field(tr("New passphrase"), self.new),
            self.again_field,
            strip(self.change, 1),
            Note(text),
            self.remembered,
        ):
            self.body.addWidget(widget)
        self._judge()
        model.ready.connect(self.refresh)
        model.changed_passphrase.connect(self._changed)
        model.failed.connect(self._failed)

    def refresh(self) -> None:
        """Offer the secret store where there is one."""
        known = self.model.known
        if known is None:
            return
        self.remembered.setVisible(bool(known.store))
        text = tr(
            "Let this computer remember it: {store}", store=tr(known.store) if known.store else ""
        )
        self.remembered.setText(text)
        self.remembered.setAccessibleName(text)
        with QSignalBlocker(self.remembered):
            self.remembered.setChecked(known.remembered)

    def _judge(self) -> None:
        found = strength(self.new.text())
        self.new.meter.show_strength(found.score, tr(found.word), tr(found.reason))
        same = self.new.text() == self.again.text()
        self.again_field.say("" if same or not self.again.text() else tr("The two differ."), "bad")
        self.current_field.say("")
        self.change.setEnabled(bool(self.current.text()) and found.enough and same)

    def _change(self) -> None:
        self.change.setEnabled(False)
        self.model.change_passphrase(self.current.text(), self.new.text())

    def _remember(self, on: bool) -> None:
        self.model.remember(self.current.text(), on=on)

    def _changed(self) -> None:
        for field in (self.current, self.new, self.again):
            field.clear()
        self.context.toast(tr("The passphrase is changed."))

    def _failed(self, error: UserError) -> None:
        if isinstance(error, CannotUnlock):
            title, text = error_texts(error)
            self._judge()
            self.current_field.say("\n".join(each for each in (title, text) if each), "bad")
