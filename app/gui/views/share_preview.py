"""The third step of a share: the very records that would be sealed, as a table or as JSON."""

from __future__ import annotations

from typing import cast

from PySide6.QtCore import Signal
from PySide6.QtGui import QAction, QKeySequence, QResizeEvent
from PySide6.QtWidgets import QPlainTextEdit, QStackedWidget, QWidget

from app.gui.context import PageContext
from app.gui.style.tokens import px
from app.gui.viewmodels import wording
from app.gui.viewmodels.lines import SOURCE_COLUMN
from app.gui.viewmodels.rows import LazyRows
from app.gui.viewmodels.share import ShareModel
from app.gui.views.pieces import strip
from app.gui.widgets.base import Label, column
from app.gui.widgets.buttons import Button
from app.gui.widgets.card import Card, Pill
from app.gui.widgets.states import EmptyState
from app.gui.widgets.table import RecordsTable
from app.i18n import tr

SOURCE_FROM = 540
LINES_AT_ONCE = 200


class LinesView(QWidget):
    """JSON lines, a stretch of them at a time: a file may hold a million."""

    def __init__(self, model: ShareModel) -> None:
        super().__init__()
        self.model = model
        self._start = 0
        self.text = QPlainTextEdit()
        self.text.setReadOnly(True)
        self.text.setProperty("mono", True)
        self.text.setTabChangesFocus(True)
        self.text.setAccessibleName(tr("Exact content as JSON"))
        self.where = Label("", "caption")
        self.before = Button(tr("Earlier lines"), "link")
        self.after = Button(tr("Later lines"), "link")
        self.before.clicked.connect(self._back)
        self.after.clicked.connect(self._on)
        bar = strip(self.where, 1, self.before, self.after)
        self.setLayout(column(self.text, bar, spacing=4))

    def show_from(self, start: int) -> None:
        """Show lines from number `start` (from 0)."""
        count = self.model.preview.count if self.model.preview else 0
        self._start = max(0, min(start, count - 1))
        end = min(count, self._start + LINES_AT_ONCE)
        self.text.setPlainText(self.model.json(self._start, LINES_AT_ONCE))
        self.where.setText(
            tr(
                "Lines {first} to {last} of {count}",
                first=self._start + 1 if count else 0,
                last=end,
                count=f"{count:,}",
            )
        )
        self.before.setVisible(self._start > 0)
        self.after.setVisible(end < count)

    def _back(self) -> None:
        self.show_from(self._start - LINES_AT_ONCE)

    def _on(self) -> None:
        self.show_from(self._start + LINES_AT_ONCE)


class PreviewStep(QWidget):
    """Table or JSON of what goes out. Emits `changed` when the preview is there or gone."""

    changed = Signal()

    def __init__(self, context: PageContext, model: ShareModel) -> None:
        super().__init__()
        self.context = context
        self.model = model
        self.table = RecordsTable(tr("Records that go out"), cast("LazyRows[object]", model.rows))
        self.lines = LinesView(model)
        self.stack = QStackedWidget()
        self.stack.addWidget(self.table)
        self.stack.addWidget(self.lines)
        self.stack.addWidget(
            EmptyState("clock", tr("Putting it together…"), tr("Nothing is written yet."))
        )
        self.card = Card(" ", Pill(tr("Preview = what the file holds"), "info"))
        self.card.body.addWidget(self.stack, 1)
        self.card.body.addWidget(self._foot())
        self.setLayout(column(self.card, spacing=0))
        self._keys()
        self.table.chosen.connect(self._chosen)
        model.previewed.connect(self._show)

    def _foot(self) -> QWidget:
        self.shown = Label("", "caption", wrap=True)
        self.switch = Button(tr("All of it as JSON (Ctrl+J)"), "link")
        self.switch.clicked.connect(self.toggle_json)
        self.leave_out = Button(tr("Leave this record out"))
        self.leave_out.setEnabled(False)
        self.leave_out.clicked.connect(self._leave_out)
        return strip(self.shown, 1, self.switch, self.leave_out)

    def _keys(self) -> None:
        action = QAction(self)
        action.setShortcut(QKeySequence("Ctrl+J"))
        action.triggered.connect(self.toggle_json)
        self.addAction(action)

    def begin(self) -> None:
        """Ask for the preview and say so."""
        self.stack.setCurrentIndex(2)
        self.card.title.setText(tr("Records to send"))
        self.shown.setText("")
        self.leave_out.setEnabled(False)
        self.model.look()
        self.changed.emit()

    def _show(self) -> None:
        preview = self.model.preview
        if preview is None:
            return
        count = f"{preview.count:,}"
        self.card.title.setText(tr("Records to send: {count}", count=count))
        size = f"{preview.payload_bytes:,}"
        self.shown.setText(tr("{count} bytes before packing", count=size))
        self.stack.setCurrentIndex(0)
        self.switch.setText(tr("All of it as JSON (Ctrl+J)"))
        self.leave_out.setEnabled(False)
        self.table.scrollToTop()
        self.changed.emit()

    def toggle_json(self) -> None:
        """From the table to the exact lines, and back."""
        if self.model.preview is None:
            return
        to_json = self.stack.currentIndex() == 0
        if to_json:
            self.lines.show_from(max(0, self.table.currentIndex().row()))
        self.stack.setCurrentIndex(1 if to_json else 0)
        self.switch.setText(
            tr("Back to the table (Ctrl+J)") if to_json else tr("All of it as JSON (Ctrl+J)")
        )
        self.leave_out.setEnabled(not to_json and self.table.currentIndex().isValid())

    def _chosen(self, _row: int) -> None:
        self.leave_out.setEnabled(True)

    def _leave_out(self) -> None:
        index = self.table.currentIndex()
        if index.isValid():
            self.stack.setCurrentIndex(2)
            self.model.leave_out(index.row())
            self.changed.emit()
            self.context.toast(
                tr("Left out: {records}", records=wording.records(1)),
                tr("Undo"),
                self.model.take_back,
            )

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Leave room for what matters most."""
        super().resizeEvent(event)
        self.table.setColumnHidden(SOURCE_COLUMN, self.width() < px(SOURCE_FROM))

    def ready(self) -> bool:
        """Whether there is something to send and it has been put together."""
        return self.model.preview is not None and self.model.preview.count > 0
