"""Bringing files in: drop zone, what is under way, what came before, and a closer look at one."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog, QSizePolicy, QVBoxLayout, QWidget

from app.gui.context import PageContext
from app.gui.style.tokens import DOMAIN_ICONS, colours, domain_colour
from app.gui.viewmodels import import_page as words
from app.gui.viewmodels import wording
from app.gui.viewmodels.import_page import OPEN, ImportModel, Item
from app.gui.views.import_guide import guide
from app.gui.views.receipt import ReceiptView
from app.gui.widgets.base import Icon, Label
from app.gui.widgets.buttons import Button
from app.gui.widgets.card import Card, ListRow, Pill, RowList
from app.gui.widgets.drop_zone import DropZone
from app.gui.widgets.page import PageView
from app.gui.widgets.stack import Stack
from app.i18n import tr, tr_n
from app.services.importing import ImportRun, Receipt

EARLIER_SHOWN: Final = 8


class ItemRow(ListRow):
    """One source of the list, shown anew whenever something about it changes."""

    def __init__(self, page: ImportPage, item: Item) -> None:
        super().__init__(item.name, words.line(item), "file", colours().text2)
        self._page = page
        self._item = item
        self.pill = Pill("")
        self.add(self.pill)
        self.look = self.add_button(tr("Look"))
        self.look.clicked.connect(self._look)
        self.undo = self.add_button(tr("Undo"))
        self.undo.clicked.connect(self._undo)
        self.stop = self.add_button(tr("Cancel"))
        self.stop.clicked.connect(self._stop)
        self.refresh()

    def refresh(self) -> None:
        """Show the present state."""
        item = self._item
        self.title.setText(item.name)
        self.subtitle.setText(words.line(item))
        self.pill.say(*words.pill(item))
        self._picture(words.domain_of(item.receipt))
        self.bar.setVisible(item.state == "running")
        self.bar.show_progress(item.progress.done, item.progress.total)
        self.bar.setAccessibleName(words.pill(item)[0])
        self.stop.setVisible(item.state in OPEN)
        self.stop.setText(tr("Remove") if item.state == "waiting" else tr("Cancel"))
        self.stop.setAccessibleName(self.stop.text())
        if not item.import_id and self.undo.hasFocus():
            # Or the next row's would have it, and Space would undo that one too.
            self._page.setFocus(Qt.FocusReason.OtherFocusReason)
        self.undo.setVisible(bool(item.import_id))
        self.look.setVisible(item.state in ("check", "refused") and item.receipt is not None)

    def _picture(self, domain: str) -> None:
        icon = self.findChild(Icon)
        if icon is not None and domain:
            icon.show_icon(DOMAIN_ICONS.get(domain, "file"), domain_colour(domain))

    def _look(self) -> None:
        if self._item.receipt is not None:
            self._page.show_receipt(self._item.receipt)

    def _undo(self) -> None:
        self._page.model.undo(self._item.import_id)

    def _stop(self) -> None:
        self._page.model.stop(self._item.number)


class ImportPage(PageView):
    """The page. Give `shown` a list of paths to import them."""

    def __init__(self, context: PageContext) -> None:
        super().__init__(context, tr("Import"), " ")
        self.model = ImportModel(context, self)
        self.rows: dict[int, ItemRow] = {}
        self.files_button = Button(tr("Choose files…"), icon="upload")
        self.folder_button = Button(tr("Choose a folder…"), icon="folder")
        self.files_button.clicked.connect(self.choose_files)
        self.folder_button.clicked.connect(self.choose_folder)
        self.header.add_action(self.folder_button)
        self.header.add_action(self.files_button)
        self.receipt = ReceiptView(self.back)
        self.stack = Stack()
        self.stack.addWidget(self._front())
        self.stack.addWidget(self.receipt)
        self.body.addWidget(self.stack, 1)
        self._say_front()
        self.model.listed.connect(self._list)
        self.model.changed.connect(self._refresh)
        self.model.history_ready.connect(self._show_earlier)
        self.model.receipt_ready.connect(self.show_receipt)
        self.model.undone.connect(self._undone)
        self.model.failed.connect(self.show_error)

    def _front(self) -> QWidget:
        front = QWidget()
        box = QVBoxLayout(front)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(16)
        self.zone = DropZone(tr("Drop ZIP, CSV, JSON, XML, OFX files or a folder here"))
        self.zone.activated.connect(self.choose_files)
        self.zone.dropped.connect(self.files_dropped)
        self.sums = Label("", "caption")
        self.card = Card(" ", self.sums)
        self.list = RowList()
        self.card.body.addWidget(self.list)
        self.card.hide()
        self.more = Button(tr("Show all"), "link")
        self.more.clicked.connect(self._show_all)
        self.earlier_card = Card(tr("Earlier imports"), self.more)
        self.earlier = RowList()
        self.earlier_card.body.addWidget(self.earlier)
        self.earlier_card.hide()
        self.guide = guide()
        for widget in (self.zone, self.card, self.earlier_card, self.guide):
            box.addWidget(widget)
        for card in (self.card, self.earlier_card, self.guide):
            card.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        box.addStretch(1)
        return front

    # -- bringing in

    def choose_files(self) -> None:
        """Ask for files."""
        names, _ = QFileDialog.getOpenFileNames(self, tr("Choose files to import"))
        self.files_dropped([Path(name) for name in names])

    def choose_folder(self) -> None:
        """Ask for a folder."""
        name = QFileDialog.getExistingDirectory(self, tr("Choose a folder to import"))
        if name:
            self.files_dropped([Path(name)])

    def files_dropped(self, paths: Sequence[Path]) -> None:
        """Queue files and folders."""
        if paths:
            self._to_front()
            self.model.add(paths)

    def shown(self, argument: object) -> None:
        """Read the history; import the argument if there is one."""
        self.model.come()
        if isinstance(argument, list):
            self.files_dropped(argument)
        self.zone.setFocus(Qt.FocusReason.OtherFocusReason)

    # -- what the model says

    def _list(self) -> None:
        self.list.clear()
        self.rows = {}
        for item in self.model.items:
            self.rows[item.number] = ItemRow(self, item)
            self.list.add(self.rows[item.number])
        self._summarise()
        self._show_earlier()

    def _refresh(self, number: int) -> None:
        if number in self.rows:
            self.rows[number].refresh()
        self._summarise()

    def _summarise(self) -> None:
        count = len(self.model.items)
        self.card.setVisible(bool(count))
        self.guide.setVisible(not count and not self.model.history)
        self.card.title.setText(tr_n(count, "{count} source", "{count} sources"))
        self.sums.setText(words.counts(*self.model.sums()))

    def _undone(self, name: str, removed: int) -> None:
        count = wording.records(removed)
        self.context.toast(tr("Undone: {name}. Taken out: {records}", name=name, records=count))

    # -- earlier imports

    def _show_earlier(self, limit: int = EARLIER_SHOWN) -> None:
        runs = self.model.earlier()
        self.earlier_card.setVisible(bool(runs))
        self.more.setVisible(len(runs) > limit)
        self.earlier.clear()
        for run in runs[:limit]:
            self.earlier.add(self._earlier_row(run))
        self._summarise()

    def _show_all(self) -> None:
        self._show_earlier(len(self.model.history))

    def _earlier_row(self, run: ImportRun) -> ListRow:
        domain = words.run_domain(run)
        made = ListRow(
            run.name,
            words.run_line(run),
            DOMAIN_ICONS.get(domain, "file"),
            domain_colour(domain),
        )
        if run.state == "undone":
            made.add(Pill(tr("Undone"), "neutral"))
            return made
        look = made.add_button(tr("Look"))
        look.clicked.connect(partial(self.model.read_receipt, run.import_id))
        undo = made.add_button(tr("Undo"))
        undo.clicked.connect(partial(self.model.undo, run.import_id))
        return made

    # -- a closer look

    def show_receipt(self, receipt: Receipt | None) -> None:
        """Show one receipt in full."""
        if receipt is None:
            return
        self.receipt.show_receipt(receipt)
        self.header.say(Path(receipt.path).name, words.receipt_line(receipt))
        self.files_button.hide()
        self.folder_button.hide()
        self.stack.setCurrentIndex(1)
        self.receipt.back.setFocus(Qt.FocusReason.OtherFocusReason)

    def _to_front(self) -> None:
        self.stack.setCurrentIndex(0)
        self.files_button.show()
        self.folder_button.show()
        self._say_front()

    def _say_front(self) -> None:
        self.header.say(
            tr("Import"),
            tr("Drop files as you got them. Originals stay unchanged."),
        )

    def back(self) -> bool:
        """From the closer look to the list."""
        if self.stack.currentIndex() == 0:
            return False
        self._to_front()
        return True
