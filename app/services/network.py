"""What the program has asked of the network, and the switch that forbids it all.

Nothing here opens a connection. The list is kept in the vault, so that nobody else can read it.
"""

from __future__ import annotations

from typing import Final

import msgspec

from app.services.session import Session
from app.vault import documents

_COLLECTION: Final = "network"
_SWITCH: Final = "offline"
_CONNECTIONS: Final = "connection"


class Connection(msgspec.Struct, frozen=True):
    """One connection: when (UTC), to which host, why, and bytes out and in."""

    at: str
    host: str
    purpose: str
    sent: int
    received: int


class Network(msgspec.Struct, frozen=True):
    """Whether every connection is forbidden, and all that were made, oldest first."""

    offline: bool
    connections: list[Connection]


def network(session: Session) -> Network:
    """The switch and the list."""
    with session.vault.read() as snapshot:
        switch = documents.get(snapshot, _COLLECTION, _SWITCH)
        made = documents.every(snapshot, _CONNECTIONS)
    return Network(
        offline=switch == b"on",
        connections=[msgspec.json.decode(body, type=Connection) for _, body in made],
    )


def set_offline(session: Session, *, offline: bool) -> None:
    """Forbid every connection from now on, or allow them again."""
    with session.vault.write() as transaction:
        documents.put(transaction, _COLLECTION, _SWITCH, b"on" if offline else b"off")
