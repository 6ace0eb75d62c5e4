"""A table of records and, once one is chosen, the inspector beside it."""

from __future__ import annotations

from typing import cast

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QStackedWidget, QWidget

from app.gui.context import PageContext
from app.gui.style.tokens import px
from app.gui.viewmodels.records import SOURCE_COLUMN, RecordsModel
from app.gui.viewmodels.rows import LazyRows
from app.gui.views.inspector import Inspector
from app.gui.widgets.base import Label, row
from app.gui.widgets.card import Card
from app.gui.widgets.table import RecordsTable
from app.i18n import tr

WIDE = 900
SOURCE_FROM = 640
SOURCE_LEAST, SOURCE_MOST = 168, 300


class RecordsPanel(QWidget):
    """Shows what a `RecordsModel` lists; `nothing` stands in when that is nothing."""

    def __init__(
        self, context: PageContext, model: RecordsModel, nothing: QWidget | None = None
    ) -> None:
        super().__init__()
        self.context = context
        self.model = model
        self.table = RecordsTable(tr("Records"), cast("LazyRows[object]", model.rows))
        self.nothing = nothing or Label(tr("No records match."), "body", "soft")
        self.stack = QStackedWidget()
        self.stack.addWidget(self.table)
        self.stack.addWidget(self.nothing)
        card = Card()
        card.body.setContentsMargins(px(10), px(6), px(6), px(10))
        card.body.addWidget(self.stack)
        self.inspector = Inspector()
        self.inspector.hide()
        self.setLayout(row(spacing=16))
        line = self.layout()
        assert line is not None
        line.addWidget(card)
        line.addWidget(self.inspector)
        self.inspector.closed.connect(self.close_inspector)
        self.inspector.copy_button.clicked.connect(self._copied)
        # Coming by Tab makes a row current without selecting it: nothing was asked for yet.
        self.table.selectionModel().selectionChanged.connect(self._selected)
        self.table.opened.connect(self._open)
        model.counted.connect(self._counted)

    def _counted(self, count: int) -> None:
        if not count and self.table.hasFocus():  # hiding it would put a ring on the navigation
            self.setFocus(Qt.FocusReason.OtherFocusReason)
        self.stack.setCurrentIndex(0 if count else 1)
        self.table.scrollToTop()
        self.close_inspector()

    def _selected(self) -> None:
        for index in self.table.selectionModel().selectedRows():
            self._choose(index.row())

    def _choose(self, number: int) -> None:
        found = self.model.rows.row_at(number)
        if found is None:
            return
        self.inspector.show_record(found, self.model.file_of(found))
        self.inspector.show()
        self._fit()

    def _open(self, number: int) -> None:
        self.table.selectRow(number)
        self._choose(number)
        self.inspector.copy_button.setFocus(Qt.FocusReason.TabFocusReason)

    def _copied(self) -> None:
        self.context.toast(tr("Copied"))

    def close_inspector(self) -> bool:
        """Take the inspector away; False if there was none."""
        was = not self.inspector.isHidden()
        self.inspector.hide()
        self.table.clearSelection()
        self._fit()
        return was

    def take_focus(self) -> None:
        """Put the keyboard on the list."""
        self.table.setFocus(Qt.FocusReason.OtherFocusReason)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Leave room for what matters most."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        beside = px(340 if self.width() >= px(WIDE) else 288)
        self.inspector.setFixedWidth(beside)
        shown = 0 if self.inspector.isHidden() else beside + 16
        spare = self.width() - shown - px(SOURCE_FROM)
        self.table.setColumnHidden(SOURCE_COLUMN, spare < 0)
        source = min(px(SOURCE_MOST), px(SOURCE_LEAST) + max(0, spare) * 2 // 5)
        self.table.horizontalHeader().resizeSection(SOURCE_COLUMN, source)
