"""Who one is, and whom one knows: identity, cards, safety numbers."""

from __future__ import annotations

from pathlib import Path

import msgspec

from app import events
from app.errors import environment
from app.services.session import Session
from app.share import card, shelf
from app.share import identity as identities
from app.share import people as persons
from app.share.header import open_regular
from app.share.identity import grouped
from app.share.output import Output
from app.share.refusals import refused
from app.vault.header import now

# --- Identity -----------------------------------------------------------------------------------


class Identity(msgspec.Struct, frozen=True):
    """One's own identity. `digits` are the 30 digits of it alone, in groups of five."""

    name: str
    fingerprint: str
    digits: str
    created: str


def _identity(me: shelf.Me) -> Identity:
    party = me.party
    return Identity(me.name, party.fingerprint, grouped(party.digits), me.created)


def identity(session: Session) -> Identity | None:
    """One's own identity, or None before it was made."""
    with session.vault.read() as snapshot:
        me = shelf.me(snapshot)
    return _identity(me) if me else None


def make_identity(session: Session, name: str) -> Identity:
    """Make it under `name`; asked again with that name, nothing changes. Raises HAS_IDENTITY."""
    name = identities.clean_name(name)
    with session.vault.write() as transaction:
        me = shelf.me(transaction)
        if me and not identities.same_name(me.name, name):
            raise refused("HAS_IDENTITY", name=me.name)
        made = me or shelf.make_me(transaction, session.vault, name, now())
    session.events.publish(events.IDENTITY)
    return _identity(made)


def card_text(session: Session) -> str:
    """One's own card, to hand to others. Raises NO_IDENTITY."""
    with session.vault.read() as snapshot:
        own = shelf.open_me(snapshot, session.vault)
    return card.write(own.keys, own.me.name, own.me.created, own.me.card_seq)


def card_qr(session: Session) -> str:
    """Text of a QR code with one's own keys. Raises NO_IDENTITY."""
    with session.vault.read() as snapshot:
        me = shelf.me(snapshot)
    if me is None:
        raise refused("NO_IDENTITY")
    return card.qr_text(me.party)


def save_card(session: Session, path: Path) -> Path:
    """Write one's own card into a new file."""
    text = card_text(session)
    with environment(), Output(path) as out:
        out.write(text.encode("ascii"))
    return path


# --- People -------------------------------------------------------------------------------------


class Person(msgspec.Struct, frozen=True):
    """Somebody known.

    `safety_number` is what both screens show (60 digits, or their 30 before one has an identity);
    `digits` their 30 alone. `state` is "unverified", "verified" or "changed"; times are UTC.
    """

    name: str
    fingerprint: str
    safety_number: str
    digits: str
    state: str
    added: str
    verified_at: str


def _person(person: persons.Person, own: str) -> Person:
    return Person(
        person.name,
        person.fingerprint,
        persons.safety_number(person, own),
        grouped(person.party.digits),
        person.state,
        person.added,
        person.verified_at,
    )


def people(session: Session) -> list[Person]:
    """Everybody known, by name."""
    with session.vault.read() as snapshot:
        own = shelf.own_fingerprint(snapshot)
        return [_person(person, own) for person in shelf.people(snapshot)]


def add_person(session: Session, card_or_path: str | Path) -> Person:
    """Add somebody by the text of a card or the path of a card file."""
    found = card.read(_card_bytes(card_or_path))
    with session.vault.write() as transaction:
        own = shelf.own_fingerprint(transaction)
        person, replaces = persons.add(found, shelf.people(transaction), own, now())
        shelf.put_person(transaction, person, replaces)
    session.events.publish(events.PEOPLE)
    return _person(person, own)


def _card_bytes(card_or_path: str | Path) -> bytes:
    if isinstance(card_or_path, str) and card.looks_like(card_or_path.encode("utf-8", "replace")):
        return card_or_path.encode("utf-8", "replace")
    with environment(), open_regular(Path(card_or_path), "NOT_A_CARD") as file:
        return file.read(card.MAX_TEXT + 1)


def verify_person(session: Session, name: str, number: str) -> Person:
    """Note that the safety number was compared. Raises WRONG_NUMBER or UNKNOWN_PERSON."""
    with session.vault.write() as transaction:
        own = shelf.own_fingerprint(transaction)
        person = persons.find(name, shelf.people(transaction))
        person = persons.verify(person, own, number, now())
        shelf.put_person(transaction, person)
    session.events.publish(events.PEOPLE)
    return _person(person, own)


def remove_person(session: Session, name: str) -> None:
    """Forget somebody's card. What was shared stays in the ledger. Raises UNKNOWN_PERSON."""
    with session.vault.write() as transaction:
        person = persons.find(name, shelf.people(transaction))
        shelf.remove_person(transaction, person.fingerprint)
    session.events.publish(events.PEOPLE)
