"""One bundle that was kept: what was promised, and what can be done with it."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.gui.context import PageContext
from app.gui.viewmodels import inbox as words
from app.gui.viewmodels import wording
from app.gui.viewmodels.inbox import InboxModel
from app.gui.views import dialogs
from app.gui.views.confirm import confirm_passphrase, export_reason
from app.gui.views.question import Question
from app.gui.widgets.base import empty, row
from app.gui.widgets.buttons import Button
from app.gui.widgets.card import Card, Facts, Note, Pill
from app.gui.widgets.flow import FlowBox
from app.i18n import tr
from app.services.sharing import ReceivedBundle, default_receipt_name


class ReceivedView(QWidget):
    """`show_bundle` fills it. Emits `left`."""

    left = Signal()

    def __init__(self, context: PageContext, model: InboxModel, question: Question) -> None:
        super().__init__()
        self.context, self.model, self.question = context, model, question
        self.bundle: ReceivedBundle | None = None
        self.back = Button(tr("Back to the list"), icon="chevron-left")
        self.back.clicked.connect(self.left)
        self._cards = QVBoxLayout()
        self._cards.setSpacing(16)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(16)
        box.addLayout(row(self.back, 1))
        box.addLayout(self._cards)
        box.addStretch(1)

    def show_bundle(self, bundle: ReceivedBundle) -> None:
        """Show everything about `bundle`."""
        self.bundle = bundle
        empty(self._cards)
        card = Card(tr("What was promised"), Pill(*words.pill(bundle)))
        card.body.addWidget(Facts(words.bundle_facts(bundle)))
        self._cards.addWidget(card)
        if bundle.state in ("kept", "expired"):
            self._cards.addWidget(self._actions(bundle))

    def _actions(self, bundle: ReceivedBundle) -> Card:
        card = Card(tr("What you can do"))
        self.records = Button(tr("See the records"), icon="table")
        self.receipt = Button(tr("Save a receipt…"), "primary", "check-circle")
        self.export = Button(tr("Export as files…"), icon="file-down")
        self.discard = Button(tr("Give up…"), "danger", "trash")
        self.records.clicked.connect(partial(self._see, bundle))
        self.receipt.clicked.connect(partial(self._receipt, bundle))
        self.export.clicked.connect(partial(self._export, bundle))
        self.discard.clicked.connect(partial(self._ask_discard, bundle))
        buttons = FlowBox(12)
        buttons.show_items([self.receipt, self.records, self.export, self.discard])
        card.body.addWidget(buttons)
        text = tr(
            "The receipt tells the sender that the file arrived whole and how many records were "
            "kept. Exported files are not encrypted."
        )
        card.body.addWidget(Note(text))
        return card

    def _see(self, bundle: ReceivedBundle) -> None:
        self.context.go(wording.domain_of(next(iter(bundle.kinds), "")) or "timeline")

    def _receipt(self, bundle: ReceivedBundle) -> None:
        name = default_receipt_name(bundle.bundle_id)
        path = dialogs.save_as(self, tr("Save a receipt…"), name)
        if path is not None:
            self.model.save_receipt(bundle.bundle_id, path)

    def _export(self, bundle: ReceivedBundle) -> None:
        then = partial(self._choose_folder, bundle)
        confirm_passphrase(self.context, self, export_reason(), then)

    def _choose_folder(self, bundle: ReceivedBundle) -> None:
        folder = dialogs.folder(self, tr("Folder for the files"))
        if folder is not None:
            self.model.export_received(bundle.bundle_id, folder)

    def _ask_discard(self, bundle: ReceivedBundle) -> None:
        self.question.ask(
            tr("Give up what {name} gave you?", name=bundle.sender),
            tr("Its records leave the vault. With the file you can receive them again."),
            tr("Give up"),
            partial(self.model.discard, bundle.bundle_id),
        )
