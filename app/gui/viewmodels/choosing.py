"""Which records and which of their fields are to go out: the second step of a share."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Final, NamedTuple

from app.gui.viewmodels.lines import field_of, label
from app.i18n import mark, tr
from app.services.sharing import Selection, default_fields
from connectors.kinds import DOMAINS, KINDS

PERIODS: Final = {
    "": mark("Any time"),
    "30": mark("The last 30 days"),
    "365": mark("The last 12 months"),
    "year": mark("This year"),
    "own": mark("From a day to a day"),
}

_ABOUT: Final = mark("Other people")
_PLACE: Final = mark("Places")
_IDENTIFIER: Final = mark("Identifier")


class Option(NamedTuple):
    """A field that may go out. `why` says why it is off unless the person wants it."""

    name: str
    label: str
    on: bool
    why: str


def possible(kind: str) -> tuple[str, ...]:
    """Every field of a kind that can be chosen, title and text first."""
    return tuple(dict.fromkeys(("title", "text", *(each.name for each in KINDS[kind].fields))))


def why_off(kind: str, name: str) -> str:
    """Why a field is off by default, in a word; "" if it is on."""
    if name in default_fields(kind):
        return ""
    field = field_of(kind, name)
    if field is None or field.third_party:
        return tr(_ABOUT)
    identifier = field.type == "code" and field.sensitivity == 3
    return tr(_IDENTIFIER) if identifier else tr(_PLACE)


class Choosing:
    """What is chosen so far. `counts` are records by kind in the period."""

    def __init__(self) -> None:
        self.counts: dict[str, int] = {}
        self.kinds: set[str] = set()
        self.since = ""
        self.until = ""
        self._fields: dict[str, tuple[str, ...]] = {}
        self.drop: list[str] = []

    # -- kinds

    def offer(self, counts: dict[str, int]) -> None:
        """There are these records now."""
        self.counts = counts
        self.kinds &= counts.keys()

    def by_domain(self) -> dict[str, list[str]]:
        """Domain to its kinds with records, in the order of the vocabulary."""
        found: dict[str, list[str]] = {domain: [] for domain in DOMAINS}
        for kind in KINDS:
            if kind in self.counts:
                found[KINDS[kind].domain].append(kind)
        return {domain: kinds for domain, kinds in found.items() if kinds}

    def choose(self, kinds: Iterable[str], *, on: bool) -> None:
        """Take kinds in or out."""
        self.kinds = self.kinds | set(kinds) if on else self.kinds - set(kinds)
        self.drop.clear()

    def total(self) -> int:
        """How many records are chosen."""
        return sum(self.counts.get(kind, 0) for kind in self.kinds)

    # -- fields

    def fields(self, kind: str) -> tuple[str, ...]:
        """The fields of a kind that go out."""
        return self._fields.get(kind, default_fields(kind))

    def options(self, kind: str) -> list[Option]:
        """All fields of a kind, with whether they go out and what speaks against it."""
        on = self.fields(kind)
        return [
            Option(name, label(kind, name), name in on, why_off(kind, name))
            for name in possible(kind)
        ]

    def set_field(self, kind: str, name: str, *, on: bool) -> None:
        """Let one field go out, or not."""
        wanted = {*self.fields(kind), name} if on else {*self.fields(kind)} - {name}
        self._fields[kind] = tuple(each for each in possible(kind) if each in wanted)

    def usual_fields(self, kind: str) -> None:
        """Go back to the fields that are on by default."""
        self._fields.pop(kind, None)

    def is_usual(self, kind: str) -> bool:
        """Whether exactly the usual fields go out."""
        return set(self.fields(kind)) == set(default_fields(kind))

    # -- period

    def set_period(self, name: str, since: str = "", until: str = "") -> None:
        """One of `PERIODS`; `since` and `until` count for "own" only."""
        self.drop.clear()
        self.since, self.until = period(name, since, until, date.today())  # noqa: DTZ011

    # -- all of it

    def selection(self) -> Selection:
        """What the services are asked for. Nothing chosen is never everything."""
        return Selection(
            kinds=tuple(kind for kind in KINDS if kind in self.kinds),
            since=self.since,
            until=self.until,
            fields={kind: self.fields(kind) for kind in sorted(self.kinds)},
            drop=tuple(self.drop),
        )


def period(name: str, since: str, until: str, today: date) -> tuple[str, str]:
    """First and last day of a period, "" where it is open."""
    if name == "own":
        return since, until
    if name == "year":
        return f"{today.year}-01-01", ""
    if name.isdecimal():
        return (today - timedelta(days=int(name))).isoformat(), ""
    return "", ""


def is_day(text: str) -> bool:
    """Whether `text` is an ISO date or nothing."""
    try:
        return not text or (len(text) == 10 and bool(date.fromisoformat(text)))
    except ValueError:
        return False
