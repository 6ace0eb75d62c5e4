"""A search over everything, and words worth searching for in this very vault."""

from __future__ import annotations

from collections import Counter
from typing import Final

from PySide6.QtCore import QObject, Signal

from app.events import RECORDS
from app.gui.context import PageContext
from app.gui.viewmodels.filters import FilterModel
from app.gui.viewmodels.records import RecordsModel
from app.jobs import JobContext
from app.services import asking
from app.services.asking import Filter
from app.services.session import Session
from connectors.kinds import DOMAINS

EXAMPLES: Final = 5
_LOOKED_AT: Final = 60


class SearchModel(QObject):
    """`search` looks and `found` tells how many. Without a text nothing is asked."""

    found = Signal(str, int)
    emptied = Signal()
    examples_ready = Signal(list)
    failed = Signal(object)

    def __init__(self, context: PageContext, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self.filter = FilterModel(context, self)
        self.records = RecordsModel(context, self)
        self._stale = True
        self.live = False
        self.filter.changed.connect(self._list)
        self.filter.failed.connect(self.failed)
        self.records.failed.connect(self.failed)
        self.records.counted.connect(self._counted)
        context.bridge.changed.connect(self._changed)

    def search(self, text: str) -> None:
        """Look for `text`; "" empties the page."""
        self.filter.choose(text=text.strip())

    def come(self) -> None:
        """The page is in front."""
        self.live = True
        if self._stale:
            self._stale = False
            self.filter.refresh()
            work = _Examples(self._context.session)
            self._context.bridge.run(self, work, self.examples_ready.emit, self.failed.emit)
            self._list()

    def leave(self) -> None:
        """The page is no longer in front."""
        self.live = False

    def _list(self) -> None:
        if self.filter.text:
            self.records.show(self.filter.asked())
        else:
            self.records.clear()
            self.emptied.emit()

    def _counted(self, count: int) -> None:
        self.found.emit(self.records.asked.text, count)

    def _changed(self, what: frozenset[str]) -> None:
        if RECORDS in what:
            self._stale = True
            if self.live:
                self.come()


class _Examples:
    """Reads the newest records of each domain and picks words that occur in their titles."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def __call__(self, _context: JobContext) -> list[str]:
        picked: list[str] = []
        for domain in DOMAINS:
            page = asking.page(self._session, Filter(kind=domain), _LOOKED_AT)
            picked.extend(frequent([row.title for row in page], 2))
        return picked[:EXAMPLES]


def frequent(titles: list[str], count: int) -> list[str]:
    """The words most titles have: at least two Hangul syllables or four other letters."""
    words = Counter(word for title in titles for word in set(title.split()) if _is_word(word))
    return [word for word, _ in words.most_common(count)]


def _is_word(word: str) -> bool:
    hangul = any("가" <= char <= "힣" for char in word)
    return word.isalpha() and len(word) >= (2 if hangul else 4)
