"""Everything by time: a filter, the list it gives, and how dense the months are."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from app.events import RECORDS
from app.gui.context import PageContext
from app.gui.viewmodels.filters import FilterModel
from app.gui.viewmodels.records import RecordsModel
from app.gui.viewmodels.spans import Span, spans


class TimelineModel(QObject):
    """Joins filter and list; both follow what changes in the vault while `live`."""

    failed = Signal(object)

    def __init__(
        self, context: PageContext, parent: QObject | None = None, *, domain: str = ""
    ) -> None:
        super().__init__(parent)
        self.filter = FilterModel(context, self, domain=domain)
        self.records = RecordsModel(context, self)
        self.live = False
        self._stale = True
        self.filter.changed.connect(self._list)
        self.filter.failed.connect(self.failed)
        self.records.failed.connect(self.failed)
        context.bridge.changed.connect(self._changed)

    def come(self) -> None:
        """The page is in front: list again if something changed meanwhile."""
        self.live = True
        if self._stale:
            self._stale = False
            self.filter.refresh()
            self._list()

    def leave(self) -> None:
        """The page is no longer in front."""
        self.live = False

    def spans(self) -> list[Span]:
        """The bars of the density strip."""
        return spans(self.filter.offer.months)

    def _list(self) -> None:
        self.records.show(self.filter.asked())

    def _changed(self, what: frozenset[str]) -> None:
        if RECORDS in what:
            self._stale = True
            if self.live:
                self.come()
