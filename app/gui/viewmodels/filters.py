"""What a list of records can be narrowed by: domains, sources and periods the vault really has."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from PySide6.QtCore import QObject, Signal

from app.gui.context import PageContext
from app.gui.viewmodels import wording
from app.jobs import JobContext
from app.services import asking
from app.services.asking import Filter, MonthCount
from app.services.session import Session
from connectors.kinds import DOMAINS


class Offer(NamedTuple):
    """The choices there are. `months` counts the records of the domain that is chosen."""

    domains: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    months: tuple[MonthCount, ...] = ()

    def years(self) -> list[str]:
        """Years with records, newest first."""
        return sorted({each.month[:4] for each in self.months}, reverse=True)


class Rows(NamedTuple):
    """Rows to open a page at: a kind or domain, and a period such as "2025-11"."""

    kind: str
    period: str


class FilterModel(QObject):
    """The choice made so far. Emits `changed` for a new choice and `offered` for new choices."""

    changed = Signal()
    offered = Signal()
    failed = Signal(object)

    def __init__(
        self, context: PageContext, parent: QObject | None = None, *, domain: str = ""
    ) -> None:
        super().__init__(parent)
        self._context = context
        self._fixed = domain
        self.offer = Offer()
        self.domain, self.source, self.period, self.text = domain, "", "", ""

    def asked(self) -> Filter:
        """The filter that stands for the choice."""
        return Filter(
            kind=self.domain,
            source=self.source,
            since=self.period,
            until=self.period,
            text=self.text,
        )

    @property
    def narrowed(self) -> bool:
        """Whether domain, source or period is chosen. A text to search for does not count."""
        return bool(self.source or self.period or self.domain != self._fixed)

    def choose(
        self,
        *,
        domain: str | None = None,
        source: str | None = None,
        period: str | None = None,
        text: str | None = None,
    ) -> None:
        """Change what is given and leave the rest."""
        before = self.asked()
        new_domain = domain is not None and domain != self.domain
        self.domain = self.domain if domain is None else domain
        self.source = self.source if source is None else source
        self.period = self.period if period is None else period
        self.text = self.text if text is None else text
        if new_domain:
            self.refresh()
        if self.asked() != before:
            self.changed.emit()

    def reset(self) -> None:
        """Choose every domain, source and period again."""
        self.choose(domain=self._fixed, source="", period="")

    def refresh(self) -> None:
        """Look again what there is."""
        work = _Look(self._context.session, self.domain)
        self._context.bridge.run(self, work, self._take, self.failed.emit)

    def _take(self, offer: Offer) -> None:
        self.offer = offer
        self.offered.emit()


class _Look:
    """Reads the choices on a worker."""

    def __init__(self, session: Session, domain: str) -> None:
        self._session, self._domain = session, domain

    def __call__(self, _context: JobContext) -> Offer:
        there = asking.catalogue(self._session).sources
        domains = {wording.domain_of(kind) for source in there for kind in source.kinds}
        months: dict[str, int] = {}
        for domain in [self._domain] if self._domain else domains:
            for each in asking.monthly(self._session, domain):
                months[each.month] = months.get(each.month, 0) + each.count
        return Offer(
            tuple(domain for domain in DOMAINS if domain in domains),
            tuple(source.source for source in there if self._has(source.kinds)),
            tuple(MonthCount(month, months[month]) for month in sorted(months)),
        )

    def _has(self, kinds: Iterable[str]) -> bool:
        asked = self._domain
        return not asked or any(asked in (kind, wording.domain_of(kind)) for kind in kinds)
