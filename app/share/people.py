"""Other people: their cards, what is known about them, and when their keys change.

    unverified   the card was added; the safety number was not compared
    verified     it was compared, at `verified_at`
    changed      a newer card brought other keys; nothing is sealed until the new number is compared

Does not live here: where people are kept (`app.services.sharing`).
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from app.share.card import Card
from app.share.identity import Party, grouped, pair_code, same_name, ungrouped
from app.share.refusals import refused


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody whose card or bundle we have. `added` and `verified_at` are UTC."""

    name: str
    ed: str
    x: str
    card_seq: int
    state: str = "unverified"
    added: str = ""
    verified_at: str = ""

    @property
    def party(self) -> Party:
        """The public keys under the name."""
        return Party(self.name, self.ed, self.x, self.card_seq)

    @property
    def fingerprint(self) -> str:
        """64 hexadecimal digits."""
        return self.party.fingerprint


def meet(party: Party, known: Sequence[Person], own: str, now: str) -> Person:
    """A person met for the first time. Raises OWN_CARD or CARD_KEY_CHANGED."""
    if party.fingerprint == own:
        raise refused("OWN_CARD")
    if any(same_name(person.name, party.name) for person in known):
        raise refused("CARD_KEY_CHANGED", name=party.name)
    return Person(name=party.name, ed=party.ed, x=party.x, card_seq=party.card_seq, added=now)


def add(card: Card, known: Sequence[Person], own: str, now: str) -> tuple[Person, str]:
    """The person as `card` leaves them, and the fingerprint of the entry it replaces or "".

    Raises OWN_CARD, OLDER_CARD or CARD_KEY_CHANGED.
    """
    party = card.party
    others = [person for person in known if person.fingerprint != party.fingerprint]
    for person in known:
        if person.fingerprint == party.fingerprint:
            return _renewed(person, party, others), person.fingerprint
        if person.fingerprint == card.prev_fp:
            rest = [other for other in others if other is not person]
            followed = _check_sequence(person, party, meet(party, rest, own, now))
            return msgspec.structs.replace(followed, state="changed"), person.fingerprint
    return meet(party, known, own, now), ""


def _renewed(person: Person, party: Party, others: Sequence[Person]) -> Person:
    if any(same_name(other.name, party.name) for other in others):
        raise refused("CARD_KEY_CHANGED", name=party.name)
    renewed = msgspec.structs.replace(person, name=party.name, card_seq=party.card_seq)
    return _check_sequence(person, party, renewed)


def _check_sequence(before: Person, party: Party, after: Person) -> Person:
    if party.card_seq < before.card_seq:
        raise refused("OLDER_CARD", name=before.name)
    return after


def verify(person: Person, own: str, number: str, now: str) -> Person:
    """The person, verified, if `number` is their 30 or the pair's 60. Raises WRONG_NUMBER."""
    digits = ungrouped(number)
    if digits not in {person.party.digits, pair_code(own, person.fingerprint)}:
        raise refused("WRONG_NUMBER", name=person.name)
    return msgspec.structs.replace(person, state="verified", verified_at=now)


def find(name: str, known: Sequence[Person]) -> Person:
    """Somebody by name or fingerprint. Raises UNKNOWN_PERSON."""
    for person in known:
        if name == person.fingerprint or same_name(person.name, name):
            return person
    raise refused("UNKNOWN_PERSON", name=name)


def sealable(person: Person) -> Party:
    """The keys to seal for. Raises PERSON_CHANGED."""
    if person.state == "changed":
        raise refused("PERSON_CHANGED", name=person.name)
    return person.party


def safety_number(person: Person, own: str) -> str:
    """What both screens show, in groups of five; without an identity of one's own, theirs alone."""
    if not own:
        return grouped(person.party.digits)
    return grouped(pair_code(own, person.fingerprint))
