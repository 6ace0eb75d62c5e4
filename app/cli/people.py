"""card, people, people add, people verify."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING

import msgspec

from app.cli import opening
from app.cli.console import Console
from app.errors import InputRefused
from app.i18n import mark, tr
from app.services import sharing

if TYPE_CHECKING:
    from app.services.session import Session
    from app.services.sharing import Person

_STATES = {
    "unverified": mark("number not compared yet"),
    "verified": mark("number compared"),
    "changed": mark("has new keys: compare again"),
}


def card(arguments: Namespace, console: Console) -> int:
    """My card; the first call with a name makes the identity."""
    with opening.unlocked(arguments) as opened:
        me = _me(opened, arguments.name)
        text = sharing.card_text(opened)
        out = arguments.out and str(sharing.save_card(opened, arguments.out.expanduser()))
    console.answer(
        {
            "card": text,
            "name": me.name,
            "fingerprint": me.fingerprint,
            "safety_number": me.digits,
            "out": out,
        }
    )
    if out:
        console.facts([(tr("Name"), me.name), (tr("My number"), me.digits), (tr("Card"), out)])
    else:
        console.lines(text)
    return 0


def _me(opened: Session, name: str) -> sharing.Identity:
    if name:
        return sharing.make_identity(opened, name)
    me = sharing.identity(opened)
    if me is None:
        raise InputRefused(
            "NO_IDENTITY",
            "You have no card yet.",
            "",
            "Make it once with “mydata card --name NAME”.",
        )
    return me


def people(arguments: Namespace, console: Console) -> int:
    """Everybody known."""
    with opening.unlocked(arguments) as opened:
        found = sharing.people(opened)
    console.answer({"people": msgspec.to_builtins(found)})
    if not found:
        console.say(tr("Nobody is here yet. Add someone with “mydata people add CARD”."))
    for person in found:
        _tell(person, console)
    return 0


def _tell(person: Person, console: Console) -> None:
    console.say(f"{person.name} · {tr(_STATES[person.state])}")
    console.say(f"  {person.safety_number}")


def add(arguments: Namespace, console: Console) -> int:
    """Add somebody by their card."""
    with opening.unlocked(arguments) as opened:
        person = sharing.add_person(opened, arguments.card.expanduser())
        everybody = sharing.people(opened)
    _changed(person, everybody, console)
    console.say(tr("Compare this number with them by telephone or in person, then say so:"))
    console.say("  mydata people verify NAME --number …")
    return 0


def verify(arguments: Namespace, console: Console) -> int:
    """Note that the safety number is the same on both sides."""
    with opening.unlocked(arguments) as opened:
        person = sharing.verify_person(opened, arguments.name, arguments.number)
        everybody = sharing.people(opened)
    _changed(person, everybody, console)
    return 0


def _changed(person: Person, everybody: list[Person], console: Console) -> None:
    console.answer(
        {"person": msgspec.to_builtins(person), "people": msgspec.to_builtins(everybody)}
    )
    _tell(person, console)
