"""The end of a share: the file that is ready to be handed over."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from app.gui.style.tokens import colours, px
from app.gui.viewmodels import parties, wording
from app.gui.views import dialogs
from app.gui.views.pieces import panel, strip
from app.gui.widgets.base import ElidedLabel, Icon, column, empty
from app.gui.widgets.buttons import Button
from app.gui.widgets.card import Card, Facts, Note, check_line
from app.i18n import tr
from app.services.sharing import Shared


class DoneView(QWidget):
    """The file is there. Emits `again` and `ledger_wanted`."""

    again = Signal()
    ledger_wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.show_button = Button(tr("Show the file"), "primary", "folder")
        self.ledger_button = Button(tr("See all consents"), icon="consent")
        self.again_button = Button(tr("New share"), icon="share")
        self.ledger_button.clicked.connect(self.ledger_wanted)
        self.again_button.clicked.connect(self.again)
        self.show_button.clicked.connect(self._show_file)
        self._path = Path()
        self.name = ElidedLabel("", "card-title")
        self.card = Card()
        self.facts = column(spacing=0)
        head = strip(
            Icon("check-circle", 32, colours().good),
            self.name,
            spacing=px(12),
        )
        self.card.body.addWidget(head)
        self.card.body.addLayout(self.facts)
        self.card.body.addWidget(self._words())
        self.card.body.addWidget(
            strip(self.show_button, self.ledger_button, 1, self.again_button, spacing=px(12))
        )
        self.setLayout(column(self.card, 1, spacing=0))

    def _words(self) -> QWidget:
        return panel(
            check_line(tr("Nothing was sent. Hand the file over yourself: by e-mail or stick.")),
            check_line(tr("Only the recipients can open it, wherever it lies.")),
            check_line(tr("Ask for the receipt: it shows that the file arrived whole.")),
            Note(
                tr(
                    "A file that was handed over cannot be erased from here. You can withdraw it; "
                    "that is a signed request, and whether it is honoured is up to the recipient."
                )
            ),
            spacing=px(8),
        )

    def show_shared(self, shared: Shared) -> None:
        """Show what was made."""
        self._path = Path(shared.out)
        self.name.setText(self._path.name)
        empty(self.facts)
        pairs = [
            (tr("Folder"), str(self._path.parent)),
            (tr("Recipients"), parties.names(shared.recipients)),
            (tr("Records"), wording.records(shared.records)),
            (tr("Content"), parties.by_kind(shared.kinds)),
            (tr("Bundle"), shared.bundle_id),
        ]
        self.facts.addWidget(Facts(pairs))
        self.setAccessibleName(tr("The file is ready"))

    def _show_file(self) -> None:
        dialogs.show_in_folder(self._path)
