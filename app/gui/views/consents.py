"""Consents: the ledger of what was handed over and received, and one entry in full."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QButtonGroup, QVBoxLayout, QWidget

from app.gui.context import PageContext
from app.gui.style.tokens import px
from app.gui.viewmodels import consents as words
from app.gui.viewmodels import wording
from app.gui.viewmodels.consents import FILTERS, ConsentsModel
from app.gui.views import dialogs
from app.gui.views.pieces import panel
from app.gui.views.question import Question
from app.gui.widgets.base import Label, empty, row
from app.gui.widgets.buttons import Button, Chip
from app.gui.widgets.card import Card, Facts, ListRow, Note, Pill, RowList
from app.gui.widgets.flow import FlowBox
from app.gui.widgets.page import PageView
from app.gui.widgets.stack import Stack
from app.gui.widgets.states import EmptyState
from app.i18n import tr
from app.services.sharing import LedgerEntry, default_share_name

SHOWN_AT_ONCE: Final = 100


class EntryView(QWidget):
    """One entry in full, and what happened to its bundle since."""

    def __init__(self, page: ConsentsPage) -> None:
        super().__init__()
        self.page = page
        self.back = Button(tr("Back to the list"), icon="chevron-left")
        self.back.clicked.connect(page.back)
        self.withdraw = Button(tr("Withdraw…"), "danger")
        self.withdraw.clicked.connect(self._withdraw)
        self._entry: LedgerEntry | None = None
        self._cards = QVBoxLayout()
        self._cards.setSpacing(16)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(16)
        box.addLayout(row(self.back, 1, self.withdraw))
        box.addLayout(self._cards)
        box.addStretch(1)

    def show_entry(self, entry: LedgerEntry) -> None:
        """Show everything about `entry`."""
        self._entry = entry
        self.withdraw.setVisible(entry.state in ("active", "ended"))
        empty(self._cards)
        trailing = Pill(*words.acknowledged(entry)) if entry.kind == "share" else None
        card = Card(tr("What the ledger says"), trailing)
        card.body.addWidget(Facts(words.facts(entry)))
        self._cards.addWidget(card)
        if found := words.items(entry):
            self._cards.addWidget(_items_card(found))
        if len(self.page.model.about(entry.bundle_id)) > 1:
            self._cards.addWidget(self._story(entry.bundle_id))

    def _story(self, bundle_id: str) -> Card:
        card = Card(tr("What happened to it"))
        rows = RowList()
        for each in self.page.model.about(bundle_id):
            made = ListRow(words.title(each), words.line(each), words.ICONS.get(each.kind, "file"))
            made.add(Pill(*words.pill(each)))
            rows.add(made)
        card.body.addWidget(rows)
        return card

    def _withdraw(self) -> None:
        if self._entry is not None:
            self.page.ask_withdraw(self._entry)


def _items_card(items: list[words.Item]) -> Card:
    card = Card(tr("What was in it"))
    for item in items:
        title = Label(
            tr("{kind} {count}", kind=wording.kind_label(item.pii_type), count=f"{item.records:,}"),
            "strong",
            wrap=True,
        )
        fields = Label(words.fields_line(item), "caption", wrap=True)
        fields.setVisible(bool(item.fields))
        card.body.addWidget(panel(title, fields, spacing=px(2)))
    return card


class ConsentsPage(PageView):
    """The page."""

    def __init__(self, context: PageContext) -> None:
        super().__init__(context, tr("Consents"), " ")
        self.model = ConsentsModel(context, self)
        self.chain = Pill("", "neutral")
        self.export_button = Button(tr("Export as text…"), icon="file-down")
        self.export_button.clicked.connect(self._export)
        self.header.add_action(self.chain)
        self.header.add_action(self.export_button)
        self.question = Question()
        self.entry = EntryView(self)
        self.stack = Stack()
        self.stack.addWidget(self._front())
        self.stack.addWidget(self.entry)
        self.body.addWidget(self.question)
        self.body.addWidget(self.stack, 1)
        self._say_front()
        self.model.ready.connect(self._show)
        self.model.failed.connect(self.show_error)
        self.model.withdrawn.connect(self._withdrawn)
        self.model.exported.connect(self._exported)

    def _front(self) -> QWidget:
        self.chips: dict[str, Chip] = {}
        self._group = QButtonGroup(self)
        for name, text in FILTERS.items():
            chip = Chip(tr(text))
            chip.setChecked(not name)
            chip.clicked.connect(partial(self._filter, name))
            self._group.addButton(chip)
            self.chips[name] = chip
        bar = FlowBox(px(8))
        bar.show_items(list(self.chips.values()))
        self.list = RowList()
        self.more = Button(tr("Show all"), "link")
        self.more.clicked.connect(self._show_all)
        self.nothing = EmptyState("consent", tr("Nothing here"), "")
        self.card = Card()
        for widget in (self.nothing, self.list, self.more):
            self.card.body.addWidget(widget)
        self.card.body.addStretch(1)
        text = tr(
            "Each line holds the hash of the line before: a line that is changed, removed or "
            "slipped in later breaks the chain."
        )
        return panel(bar, self.card, Note(text), spacing=16)

    # -- coming and going

    def shown(self, argument: object) -> None:  # noqa: ARG002 - nothing can be asked of it
        """Read the ledger."""
        self.model.load()
        self.setFocus(Qt.FocusReason.OtherFocusReason)

    def back(self) -> bool:
        """From one entry to the list."""
        if self.stack.currentIndex() == 0:
            return False
        # Qt would hand the focus of what is hidden to the navigation, ring and all.
        self.setFocus(Qt.FocusReason.OtherFocusReason)
        self.question.hide()
        self.stack.setCurrentIndex(0)
        self._say_front()
        return True

    def _say_front(self) -> None:
        self.export_button.show()
        self.header.say(
            tr("Consents"), tr("What you handed over, to whom, until when, and how it stands.")
        )

    # -- what the model says

    def _show(self) -> None:
        word, tone = self.model.chain_words()
        self.chain.say(word, tone)
        if self.model.chain is not None and not self.model.chain.ok:
            self.banner.say(
                "bad",
                tr("The ledger was changed after it was written."),
                tr("Compare it with the ledger in a backup."),
                "ledger-broken",
            )
            self.banner.show()
        self._list(SHOWN_AT_ONCE)

    def _filter(self, name: str) -> None:
        self.model.shown = name
        self._list(SHOWN_AT_ONCE)

    def _show_all(self) -> None:
        self._list(len(self.model.entries))

    def _list(self, limit: int) -> None:
        entries = self.model.listed()
        self.list.clear()
        for entry in entries[:limit]:
            self.list.add(self._row(entry))
        self.list.setVisible(bool(entries))
        self.nothing.setVisible(not entries)
        self.more.setVisible(len(entries) > limit)
        self.card.setAccessibleName(wording.records(len(entries)))

    def _row(self, entry: LedgerEntry) -> ListRow:
        made = ListRow(words.title(entry), words.line(entry), words.ICONS.get(entry.kind, "file"))
        made.add(Pill(*words.pill(entry)))
        details = made.add_button(tr("Details"))
        details.clicked.connect(partial(self.show_entry, entry))
        if entry.state in ("active", "ended"):
            withdraw = made.add_button(tr("Withdraw…"))
            withdraw.clicked.connect(partial(self.ask_withdraw, entry))
        return made

    def show_entry(self, entry: LedgerEntry) -> None:
        """Show one entry in full."""
        self.question.hide()
        self.export_button.hide()
        self.entry.show_entry(entry)
        self.header.say(words.title(entry), words.line(entry))
        self.stack.setCurrentIndex(1)
        self.entry.back.setFocus(Qt.FocusReason.OtherFocusReason)

    # -- withdrawing and exporting

    def ask_withdraw(self, entry: LedgerEntry) -> None:
        """Say what a withdrawal is, then ask where to put its file."""
        self.question.ask(
            tr("Withdraw what was handed over to {names}?", names=words.title(entry)),
            tr(
                "You get a signed file to hand to the same people. It asks them to give the "
                "records up; it cannot delete anything by itself."
            ),
            tr("Save the withdrawal…"),
            partial(self._withdraw, entry),
        )

    def _withdraw(self, entry: LedgerEntry) -> None:
        path = dialogs.save_as(self, tr("Save the withdrawal…"), default_share_name())
        if path is not None:
            self.model.withdraw(entry.bundle_id, path)

    def _withdrawn(self, path: Path) -> None:
        self.back()
        self._say_saved(path)

    def _export(self) -> None:
        path = dialogs.save_as(self, tr("Export as text…"), "mydata-ledger.txt")
        if path is not None:
            self.model.export(path)

    def _exported(self, path: Path) -> None:
        self._say_saved(path)

    def _say_saved(self, path: Path) -> None:
        self.context.toast(
            tr("Saved: {name}", name=path.name),
            tr("Show the file"),
            partial(dialogs.show_in_folder, path),
        )
