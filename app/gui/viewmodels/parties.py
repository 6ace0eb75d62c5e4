"""How people, their numbers and what was agreed with them are put into words on every page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from app.gui.viewmodels import wording
from app.i18n import mark, tr
from app.services.sharing import Person

_STATES: Final = {
    "unverified": (mark("Not compared yet"), "warn"),
    "verified": (mark("Number compared"), "good"),
    "changed": (mark("Keys have changed"), "bad"),
}


def pill(person: Person) -> tuple[str, str]:
    """Word and tone of a person's state."""
    word, tone = _STATES[person.state]
    return tr(word), tone


def about(person: Person) -> str:
    """One line about a person: since when, and what follows from it."""
    if person.state == "changed":
        return tr("Nothing is sealed for them until the new number is compared")
    if person.state == "verified":
        return tr("Compared on {date}", date=person.verified_at[:10])
    return tr("Card added on {date}", date=person.added[:10])


def names(people: Sequence[str]) -> str:
    """Names side by side."""
    return ", ".join(people)


def groups(number: str) -> list[str]:
    """A safety number in the groups people read aloud."""
    return number.split()


def regrouped(typed: str) -> list[str]:
    """The digits somebody typed, in groups of five; the last may be short."""
    digits = "".join(char for char in typed if char in "0123456789")
    return [digits[at : at + 5] for at in range(0, len(digits), 5)]


def kept_until(day: str) -> str:
    """Until when data may be kept, in words."""
    return tr("until {date}", date=day) if day else tr("no end agreed")


def resharing(allowed: bool) -> str:
    """Whether it may be handed on, in words."""
    return tr("allowed") if allowed else tr("not allowed")


def by_kind(kinds: dict[str, int]) -> str:
    """Kinds with their counts, the most first: “Observation 12, Medication 3”."""
    most = sorted(kinds.items(), key=lambda pair: -pair[1])
    return ", ".join(
        tr("{kind} {count}", kind=wording.kind_label(kind), count=f"{count:,}")
        for kind, count in most
    )
