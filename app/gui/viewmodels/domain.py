"""One domain: its charts, and its records through a filter of its own."""

from __future__ import annotations

from typing import Final, NamedTuple

from PySide6.QtCore import QObject, Signal

from app.events import RECORDS
from app.gui.context import PageContext
from app.gui.viewmodels import charts
from app.gui.viewmodels.charts import Monthly
from app.gui.viewmodels.timeline import TimelineModel
from app.jobs import JobContext
from app.services.session import Session

MOST_CHARTS: Final = 3


class Drawn(NamedTuple):
    """The charts of a domain, the most telling first."""

    charts: list[Monthly]


class DomainModel(QObject):
    """Emits `ready` with what to draw; `list` is the records below."""

    ready = Signal(object)
    failed = Signal(object)

    def __init__(self, context: PageContext, domain: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self.domain = domain
        self.list = TimelineModel(context, self, domain=domain)
        self.list.failed.connect(self.failed)
        self._stale = True
        self._live = False
        context.bridge.changed.connect(self._changed)

    def come(self) -> None:
        """The page is in front."""
        self._live = True
        self.list.come()
        if self._stale:
            self._stale = False
            work = _Draw(self._context.session, self.domain)
            self._context.bridge.run(self, work, self.ready.emit, self.failed.emit)

    def leave(self) -> None:
        """The page is no longer in front."""
        self._live = False
        self.list.leave()

    def _changed(self, what: frozenset[str]) -> None:
        if RECORDS in what:
            self._stale = True
            if self._live:
                self.come()


class _Draw:
    """Reads the charts' numbers on a worker."""

    def __init__(self, session: Session, domain: str) -> None:
        self._session, self._domain = session, domain

    def __call__(self, _context: JobContext) -> Drawn:
        found = charts.sums(self._session, self._domain)[: MOST_CHARTS - 1]
        by_month = charts.counts(self._session, self._domain)
        return Drawn([*found, *([by_month] if by_month else [])])
