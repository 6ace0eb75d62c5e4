"""Every page of the window, in the order of the navigation.

A page is made when it is first opened, so importing this costs nothing. To add one, write its view
and a function here that imports and makes it, and put it in `PAGES`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Final, NamedTuple

from app.gui.context import PageContext
from app.gui.style.tokens import DOMAIN_ICONS
from app.gui.widgets.page import PageView
from app.i18n import mark
from connectors.kinds import DOMAINS

Factory = Callable[[PageContext], PageView]

TOP: Final = ""
DATA: Final = "data"
SHARE: Final = "share"
END: Final = "end"

GROUPS: Final[dict[str, str]] = {DATA: mark("Data"), SHARE: mark("Sharing")}
"""Group to heading. The first and last groups have none."""


class Page(NamedTuple):
    """One page. `domain` is set for pages that appear only once there are such records."""

    id: str
    title: str
    icon: str
    group: str
    factory: Factory
    shortcut: str = ""
    domain: str = ""


def _home(context: PageContext) -> PageView:
    from app.gui.views.home import HomePage

    return HomePage(context)


def _import(context: PageContext) -> PageView:
    from app.gui.views.import_page import ImportPage

    return ImportPage(context)


def _timeline(context: PageContext) -> PageView:
    from app.gui.views.timeline import TimelinePage

    return TimelinePage(context)


def _search(context: PageContext) -> PageView:
    from app.gui.views.search import SearchPage

    return SearchPage(context)


def _catalogue(context: PageContext) -> PageView:
    from app.gui.views.catalogue import CataloguePage

    return CataloguePage(context)


def _people(context: PageContext) -> PageView:
    from app.gui.views.people import PeoplePage

    return PeoplePage(context)


def _share(context: PageContext) -> PageView:
    from app.gui.views.share import SharePage

    return SharePage(context)


def _consents(context: PageContext) -> PageView:
    from app.gui.views.consents import ConsentsPage

    return ConsentsPage(context)


def _inbox(context: PageContext) -> PageView:
    from app.gui.views.inbox import InboxPage

    return InboxPage(context)


def _checkup(context: PageContext) -> PageView:
    from app.gui.views.checkup import CheckupPage

    return CheckupPage(context)


def _devices(context: PageContext) -> PageView:
    from app.gui.views.devices import DevicesPage

    return DevicesPage(context)


def _settings(context: PageContext) -> PageView:
    from app.gui.views.settings import SettingsPage

    return SettingsPage(context)


DOMAIN_TITLES: Final[dict[str, str]] = {**DOMAINS, "person": mark("Contacts")}
"""Domain to page title. "People" in the window are those who receive."""


_FIRST: Final = ("finance", "health", "energy", "social")
_ORDER: Final = (*_FIRST, *(domain for domain in DOMAINS if domain not in _FIRST))


def _domain(domain: str) -> Page:
    def make(context: PageContext) -> PageView:
        from app.gui.views.domain import DomainPage

        return DomainPage(context, domain)

    return Page(domain, DOMAIN_TITLES[domain], DOMAIN_ICONS[domain], DATA, make, domain=domain)


PAGES: Final[tuple[Page, ...]] = (
    Page("home", mark("Home"), "home", TOP, _home),
    Page("timeline", mark("Timeline"), "clock", TOP, _timeline),
    Page("search", mark("Search"), "search", TOP, _search),
    Page("catalogue", mark("Catalogue"), "layers", TOP, _catalogue),
    Page("import", mark("Import"), "import", DATA, _import, "Ctrl+I"),
    *(_domain(domain) for domain in _ORDER),
    Page("share", mark("Share"), "share", SHARE, _share, "Ctrl+Shift+S"),
    Page("people", mark("Recipients"), "people", SHARE, _people),
    Page("consents", mark("Consents"), "consent", SHARE, _consents),
    Page("inbox", mark("Inbox"), "inbox", SHARE, _inbox),
    Page("devices", mark("Devices"), "devices", END, _devices),
    Page("checkup", mark("Check-up"), "activity", END, _checkup),
    Page("settings", mark("Settings"), "settings", END, _settings, "Ctrl+,"),
)


def by_id(page_id: str) -> Page:
    """The page called `page_id`."""
    return next(page for page in PAGES if page.id == page_id)


def visible(domains: Collection[str]) -> list[Page]:
    """The pages to offer when there are records of `domains`."""
    return [page for page in PAGES if not page.domain or page.domain in domains]
