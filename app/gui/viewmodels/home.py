"""What the first page shows: domains at a glance, one chart, who holds data, what to do next."""

from __future__ import annotations

from datetime import date
from typing import Final, NamedTuple

from PySide6.QtCore import QObject, Signal

from app.gui.context import PageContext
from app.gui.viewmodels import charts, wording
from app.gui.viewmodels.charts import Monthly
from app.i18n import tr, tr_n
from app.jobs import JobContext
from app.services import asking, keeping, sharing
from app.services.asking import Catalogue
from app.services.keeping import Health
from app.services.session import Session
from app.services.sharing import LedgerEntry
from connectors.kinds import DOMAINS

OLD_DAYS: Final = 31
SOON_DAYS: Final = 14
COURSE_MONTHS: Final = 12
HOLDERS_SHOWN: Final = 4
TASKS_SHOWN: Final = 4


class Glance(NamedTuple):
    """A domain's tile."""

    domain: str
    title: str
    number: str
    caption: str
    course: tuple[int, ...]


class Holder(NamedTuple):
    """Somebody who was given data: name, what, and how it stands."""

    name: str
    text: str
    state: str
    tone: str


class Task(NamedTuple):
    """Something worth doing, and the page to do it on."""

    title: str
    text: str
    icon: str
    page: str


class Home(NamedTuple):
    """All of the page. `kept` says where the records are and how old their backup is."""

    name: str
    kept: str
    tiles: tuple[Glance, ...]
    chart: Monthly | None
    holders: tuple[Holder, ...]
    tasks: tuple[Task, ...]


class HomeModel(QObject):
    """Emits `ready` with a `Home`."""

    ready = Signal(object)
    failed = Signal(object)

    def __init__(self, context: PageContext, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._stale = True
        self.live = False
        context.bridge.changed.connect(self._changed)

    def come(self) -> None:
        """The page is in front: look again if something changed."""
        self.live = True
        if self._stale:
            self._stale = False
            work = _Look(self._context.session, sample=self._context.sample)
            self._context.bridge.run(self, work, self.ready.emit, self.failed.emit)

    def leave(self) -> None:
        """The page is no longer in front."""
        self.live = False

    def _changed(self) -> None:
        self._stale = True
        if self.live:
            self.come()


class _Look:
    """Gathers the page on a worker."""

    def __init__(self, session: Session, *, sample: bool) -> None:
        self._session = session
        self._sample = sample

    def __call__(self, _context: JobContext) -> Home:
        session = self._session
        health = keeping.health(session)
        there = asking.catalogue(session)
        me = sharing.identity(session)
        tiles = tuple(_tile(session, there, domain) for domain in _domains(there))
        return Home(
            me.name if me else "",
            _kept(health),
            tiles,
            _chart(session, there),
            holders(sharing.ledger(session)),
            _tasks(session, there, None if self._sample else health),
        )


# -- tiles


def _domains(there: Catalogue) -> list[str]:
    """Domains with records, in the order of the navigation."""
    found = {wording.domain_of(kind.kind) for kind in there.kinds}
    return [domain for domain in DOMAINS if domain in found]


def _count(there: Catalogue, domain: str) -> int:
    return sum(k.records for k in there.kinds if wording.domain_of(k.kind) == domain)


def _tile(session: Session, there: Catalogue, domain: str) -> Glance:
    return Glance(
        domain,
        wording.domain_title(domain),
        f"{_count(there, domain):,}",
        _caption(there, domain),
        _course(session, domain),
    )


def _caption(there: Catalogue, domain: str) -> str:
    """Where it is from and how fresh it is: "Facebook and 2 more · 3 days ago"."""
    sources = [
        source
        for source in there.sources
        if any(wording.domain_of(kind) == domain for kind in source.kinds)
    ]
    latest = max(sources, key=lambda source: source.imported_at)
    # A tile is narrow: which kind of file it was stands elsewhere.
    source = wording.source_title(latest.source).partition(" (")[0]
    name = wording.and_more(source, len(sources) - 1)
    return f"{wording.ago(latest.imported_at)} · {name}"


def _course(session: Session, domain: str) -> tuple[int, ...]:
    counts = {each.month: each.count for each in asking.monthly(session, domain)}
    if not counts:
        return ()
    months = wording.months_until(max(counts), COURSE_MONTHS)
    return tuple(counts.get(month, 0) for month in months)


def _chart(session: Session, there: Catalogue) -> Monthly | None:
    """Money if there is any, else the largest domain by month."""
    money = charts.sums(session, "finance")
    if money:
        return money[0]
    domains = _domains(there)
    if not domains:
        return None
    largest = max(domains, key=lambda domain: _count(there, domain))
    found = charts.counts(session, largest)
    title = tr("{domain} by month", domain=wording.domain_title(largest))
    return found._replace(title=title) if found else None


# -- who holds what


def holders(entries: list[LedgerEntry], today: date | None = None) -> tuple[Holder, ...]:
    """The newest shares: to whom, how much, until when, and whether it still stands."""
    shares = [entry for entry in entries if entry.kind == "share"]
    return tuple(_holder(entry, today) for entry in shares[:HOLDERS_SHOWN])


def _holder(entry: LedgerEntry, today: date | None) -> Holder:
    text = wording.records(entry.records)
    if entry.until:
        text = tr("{records} · until {date}", records=text, date=entry.until)
    return Holder(", ".join(entry.people), text, *_standing(entry, today))


def _standing(entry: LedgerEntry, today: date | None) -> tuple[str, str]:
    if entry.state == "withdrawn":
        return tr("Withdrawn"), "info"
    if entry.state == "ended":
        return tr("Ended"), "neutral"
    if entry.until and wording.days_left(entry.until, today) <= SOON_DAYS:
        return tr("Ends soon"), "warn"
    return tr("Active"), "good"


# -- what to do


def _kept(health: Health) -> str:
    if not health.last.made:
        return tr("All records are encrypted on this computer.")
    ago = wording.ago(health.last.made)
    return tr("All records are encrypted on this computer. Last backup: {ago}.", ago=ago)


def _tasks(session: Session, there: Catalogue, health: Health | None) -> tuple[Task, ...]:
    backup = _backup(health) if health else ()  # one of sample data would outlive it
    found = (*backup, *_bundles(session), *_strangers(session), *_old(there))
    return found[:TASKS_SHOWN]


def _backup(health: Health) -> list[Task]:
    """What no cleverness makes up for later."""
    last = health.last
    if not last.made:
        text = tr("If this disk fails, everything in the vault is lost")
        return [Task(tr("Make a first backup"), text, "download", "settings")]
    if health.state != "good":
        text = tr("The last one: {ago}", ago=wording.ago(last.made))
        return [Task(tr("Make a new backup"), text, "download", "settings")]
    if not last.rehearsed:
        text = tr("With your recovery sheet it takes a minute")
        return [Task(tr("Try putting the backup back"), text, "key", "settings")]
    return []


def _bundles(session: Session) -> list[Task]:
    """What others gave and what is past its day."""
    past = [bundle for bundle in sharing.received(session) if bundle.state == "expired"]
    if not past:
        return []
    title = tr_n(len(past), "{count} bundle is past its day", "{count} bundles are past their day")
    return [Task(title, tr("You were asked to keep it only until then"), "inbox", "inbox")]


def _strangers(session: Session) -> list[Task]:
    return [
        Task(
            tr("Compare the safety number: {name}", name=person.name),
            tr("Only then it is certain who can open what you share"),
            "shield",
            "people",
        )
        for person in sharing.people(session)
        if person.state != "verified"
    ]


def _old(there: Catalogue) -> list[Task]:
    return [
        Task(
            tr("Getting old: {source}", source=wording.source_title(source.source)),
            tr("Imported {ago}. Fetch a new export.", ago=wording.ago(source.imported_at)),
            "clock",
            "import",
        )
        for source in there.sources
        if source.imported_at and -wording.days_left(source.imported_at) >= OLD_DAYS
    ]
