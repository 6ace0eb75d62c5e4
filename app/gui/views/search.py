"""Search over everything: field, facets, results, inspector."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import QStackedWidget

from app.gui.context import PageContext
from app.gui.style.tokens import px
from app.gui.viewmodels import wording
from app.gui.viewmodels.search import SearchModel
from app.gui.views.filter_bar import FilterBar
from app.gui.views.records_panel import RecordsPanel
from app.gui.widgets.base import empty, row
from app.gui.widgets.buttons import Button
from app.gui.widgets.card import Card
from app.gui.widgets.fields import SearchField
from app.gui.widgets.page import PageView
from app.gui.widgets.states import EmptyState
from app.i18n import tr


class SearchPage(PageView):
    """The page. Give `shown` a text to search for it at once."""

    def __init__(self, context: PageContext) -> None:
        super().__init__(context, tr("Search"), " ", scrolls=False)
        self.model = SearchModel(context, self)
        self.field = SearchField(tr("Search all records"), tr("A name, a place, part of a word…"))
        self.bar = FilterBar(self.model.filter)
        nothing = EmptyState(
            "search", tr("Nothing found"), tr("Try fewer letters, or show everything again.")
        )
        self.panel = RecordsPanel(context, self.model.records, nothing)
        self.stack = QStackedWidget()
        self.stack.addWidget(self._start())
        self.stack.addWidget(self.panel)
        for widget in (self.field, self.bar):
            self.body.addWidget(widget)
        self.body.addWidget(self.stack, 1)
        self.setFocusProxy(self.field)
        self.field.searched.connect(self.model.search)
        self.model.found.connect(self._found)
        self.model.emptied.connect(self._emptied)
        self.model.examples_ready.connect(self._offer)
        self.model.failed.connect(self.show_error)
        self._emptied()

    def _start(self) -> Card:
        card = Card()
        card.body.addStretch(1)
        state = EmptyState(
            "search",
            tr("What are you looking for?"),
            tr("Two letters are enough in Korean. Nothing you type leaves this computer."),
        )
        card.body.addWidget(state)
        self._examples = row(spacing=px(8))
        card.body.addLayout(self._examples)
        card.body.addStretch(2)
        return card

    def _offer(self, words: list[str]) -> None:
        empty(self._examples)
        self.examples = [Button(word) for word in words]
        self._examples.addStretch(1)
        for button, word in zip(self.examples, words, strict=True):
            button.setAccessibleName(tr("Search for {word}", word=word))
            button.clicked.connect(partial(self.search, word))
            self._examples.addWidget(button)
        self._examples.addStretch(1)

    def search(self, text: str) -> None:
        """Look for `text` as if it had been typed."""
        with QSignalBlocker(self.field):
            self.field.setText(text)
        self.model.search(text)

    def _found(self, _text: str, count: int) -> None:
        self.stack.setCurrentIndex(1)
        self.bar.show()
        self.header.say(tr("Search"), tr("{records}, newest first", records=wording.records(count)))

    def _emptied(self) -> None:
        self.stack.setCurrentIndex(0)
        self.bar.hide()
        self.header.say(tr("Search"), tr("Over every record of every source"))

    # -- what the window asks

    def shown(self, argument: object) -> None:
        """Search for the argument if there is one."""
        self.model.come()
        if isinstance(argument, str) and argument:
            self.search(argument)
        self.focus_search()

    def hideEvent(self, event: QHideEvent) -> None:
        """Another page is in front."""
        super().hideEvent(event)
        self.model.leave()

    def focus_search(self) -> bool:
        """Go to the field, its text selected."""
        self.field.setFocus(Qt.FocusReason.OtherFocusReason)
        self.field.selectAll()
        return True

    def back(self) -> bool:
        """Close the inspector, then empty the field."""
        if self.panel.close_inspector():
            return True
        if self.field.text():
            self.field.clear()
            self.model.search("")
            return True
        return False
