"""Settings: look, vault, passphrase, backup, locking, keys, about."""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import QScrollArea

from app.errors import CannotUnlock, UserError
from app.gui.context import PageContext
from app.gui.viewmodels.keeping import KeepingModel
from app.gui.viewmodels.settings import SettingsModel
from app.gui.views.columns import Columns
from app.gui.views.settings_about import AboutCard, KeysCard
from app.gui.views.settings_backup import BackupCard
from app.gui.views.settings_lock import LockCard
from app.gui.views.settings_look import LookCard
from app.gui.views.settings_vault import PassphraseCard, VaultCard
from app.gui.widgets.card import Card
from app.gui.widgets.page import PageView
from app.i18n import tr


class SettingsPage(PageView):
    """The page. Give `shown` "help" to see the keys."""

    def __init__(self, context: PageContext) -> None:
        super().__init__(
            context, tr("Settings"), tr("How the program looks, and how the vault is kept safe.")
        )
        self.model = SettingsModel(context, self)
        self.keeping = KeepingModel(context, self)
        self.backup = BackupCard(context, self.keeping)
        if context.sample:  # a backup of sample data would outlive it
            self.backup.hide()
        self.vault = VaultCard(context, self.model)
        self.look = LookCard(self.model)
        self.passphrase = PassphraseCard(context, self.model)
        self.locking = LockCard(context, self.model)
        self.keys = KeysCard()
        columns = Columns((1, 1))
        left: tuple[Card, ...] = (self.backup, self.passphrase, self.keys)
        right: tuple[Card, ...] = (self.look, self.vault, self.locking, AboutCard())
        for column, cards in ((columns.left, left), (columns.right, right)):
            for card in cards:
                column.addWidget(card)
        columns.left.addStretch(1)
        columns.right.addStretch(1)
        self.body.addWidget(columns, 1)
        self.model.failed.connect(self._failed)
        self.keeping.failed.connect(self.show_error)

    def shown(self, argument: object) -> None:
        """Look at the vault; go to the keys for help."""
        self.model.load()
        self.keeping.load()
        self.setFocus(Qt.FocusReason.OtherFocusReason)
        if argument == "help":
            QTimer.singleShot(0, self, self._to_keys)

    def _to_keys(self) -> None:
        area = self.findChild(QScrollArea)
        if area is not None:
            area.ensureWidgetVisible(self.keys)

    def hideEvent(self, event: QHideEvent) -> None:
        """Another page is in front."""
        super().hideEvent(event)
        self.model.leave()

    def _failed(self, error: UserError) -> None:
        if not isinstance(error, CannotUnlock):
            self.show_error(error)
