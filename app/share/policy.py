"""Check 13 to 16 of FORMAT.md 8: who sent it, whether it is new, whether its time is over.

Some answers end it; the others are held back as concerns until the whole file has been checked,
because a person may decide otherwise, knowingly.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

from app.errors import InputRefused
from app.share.identity import grouped, same_name
from app.share.manifest import Manifest, text_or
from app.share.people import Person
from app.share.refusals import refused

EARLY: Final = timedelta(hours=48)
"""How far ahead a sender's clock may be without a note."""


class Before(msgspec.Struct, frozen=True, kw_only=True):
    """What is known before opening.

    `imported` and `withdrawn` are dates of this very bundle, or ""; `last` the highest number
    received in its stream from its sender by another bundle, or 0.
    """

    own: str
    people: Sequence[Person]
    imported: str = ""
    withdrawn: str = ""
    last: int = 0


def judge(manifest: Manifest, before: Before, now: datetime) -> list[InputRefused]:
    """Concerns that need the person's decision. Raises what ends it."""
    concerns = _sender(manifest, before)
    if before.withdrawn:
        raise refused("WITHDRAWN", date=before.withdrawn)
    if before.imported:
        raise refused("ALREADY_IMPORTED", date=before.imported)
    if manifest.seq <= before.last:
        concerns.append(refused("OLDER_THAN_LAST", seq=manifest.seq, last=before.last))
    expires = text_or(manifest.expires)
    if expires and now.strftime("%Y-%m-%d") > expires:
        concerns.append(refused("EXPIRED", date=expires))
    return concerns


def _sender(manifest: Manifest, before: Before) -> list[InputRefused]:
    party = manifest.sender.party
    if party.fingerprint == before.own:
        return []
    if any(person.fingerprint == party.fingerprint for person in before.people):
        return []
    values = {"name": party.name, "digits": grouped(party.digits)}
    if any(same_name(person.name, party.name) for person in before.people):
        raise refused("KEY_CHANGED", **values)
    return [refused("UNKNOWN_SENDER", **values)]


def from_the_future(manifest: Manifest, now: datetime) -> bool:
    """Whether it claims to have been made more than two days from now."""
    return datetime.fromisoformat(manifest.created) > now.astimezone(UTC) + EARLY
