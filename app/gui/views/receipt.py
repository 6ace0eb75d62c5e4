"""A closer look at one import: its counts, what could not be read and where, what is unknown."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.gui.style.tokens import px
from app.gui.viewmodels import import_page as words
from app.gui.viewmodels.rows import Grid, Index
from app.gui.widgets.base import Label, empty, plain_tip, row
from app.gui.widgets.buttons import Button
from app.gui.widgets.card import Card, Facts, Note
from app.gui.widgets.table import ROW_HEIGHT, Table
from app.i18n import tr, tr_n
from app.services.importing import Receipt

ROWS_SHOWN: Final = 8


class Sentences(Grid):
    """A grid of words: all of it starts at the left, and what is cut is in the tooltip."""

    def headerData(
        self,
        section: int,
        orientation: Qt.Orientation,
        role: int = int(Qt.ItemDataRole.DisplayRole),
    ) -> object:
        """The titles, at the left."""
        return _left(role) or super().headerData(section, orientation, role)

    def data(self, index: Index, role: int = int(Qt.ItemDataRole.DisplayRole)) -> object:
        """One cell, at the left."""
        if role == Qt.ItemDataRole.ToolTipRole:
            return plain_tip(str(super().data(index)))
        return _left(role) or super().data(index, role)


def _left(role: int) -> Qt.AlignmentFlag | None:
    side = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
    return side if role == Qt.ItemDataRole.TextAlignmentRole else None


class ReceiptView(QWidget):
    """`show_receipt` fills it; the back button calls `leave`."""

    def __init__(self, leave: Callable[[], object]) -> None:
        super().__init__()
        self.back = Button(tr("Back to the list"), icon="chevron-left")
        self.back.clicked.connect(leave)
        self._cards = QVBoxLayout()
        self._cards.setSpacing(16)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(16)
        box.addLayout(row(self.back, 1))
        box.addLayout(self._cards)
        box.addStretch(1)

    def show_receipt(self, receipt: Receipt) -> None:
        """Show everything `receipt` says."""
        empty(self._cards)
        if receipt.refusal is not None:
            self._cards.addWidget(_refusal(receipt))
            return
        card = Card(tr("Receipt"))
        card.body.addWidget(Facts(words.facts(receipt)))
        self._cards.addWidget(card)
        if receipt.problem_count:
            self._cards.addWidget(_problems(receipt))
        if receipt.unknown:
            self._cards.addWidget(_unknown(receipt))


def _refusal(receipt: Receipt) -> Card:
    card = Card(tr("Nothing was imported"))
    why = receipt.refusal
    if why is not None:
        card.body.addWidget(Label(tr(why.title, **why.values), wrap=True))
        if why.next_step:
            card.body.addWidget(Note(tr(why.next_step, **why.values)))
    return card


def _problems(receipt: Receipt) -> Card:
    count = receipt.problem_count
    shown = len(receipt.problems)
    card = Card(
        tr_n(count, "{count} thing was not read", "{count} things were not read"),
        Label(tr("The first {count} are shown", count=shown), "caption") if shown < count else None,
    )
    card.body.addWidget(
        _table(
            tr("What was not read"),
            [tr("Where"), tr("Why")],
            words.problem_rows(receipt),
            [260, 0],
        )
    )
    return card


def _unknown(receipt: Receipt) -> Card:
    card = Card(
        tr_n(receipt.unknown, "{count} file inside is unknown", "{count} files inside are unknown")
    )
    if receipt.originals_kept:
        card.body.addWidget(
            Label(tr("They are kept with the original, encrypted."), "caption", wrap=True)
        )
    members = [[path] for path in receipt.unknown_members]
    card.body.addWidget(_table(tr("Unknown files"), [tr("File")], members, [0]))
    return card


def _table(name: str, heads: list[str], rows: list[list[str]], widths: list[int]) -> Table:
    table = Table(name)
    table.show_model(Sentences(heads, rows, table), widths)
    table.setFixedHeight(px(34) + min(ROWS_SHOWN, len(rows)) * px(ROW_HEIGHT) + 2)
    return table
