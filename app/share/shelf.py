"""What sharing keeps in the vault: identity, people, streams, bundles sent and received.

Typed values in, typed values out; no decisions. The private keys are wrapped by the vault under a
key of their own and never stand in a document in the clear.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Final, TypeVar

import msgspec

from app.share import hashes, seal
from app.share.identity import Party
from app.share.manifest import Terms
from app.share.people import Person
from app.share.refusals import refused
from app.vault import documents, runs
from app.vault.transaction import Transaction
from app.vault.vault import Vault

ME: Final = "me"
T = TypeVar("T")


class Me(msgspec.Struct, frozen=True, kw_only=True):
    """One's own identity. `wrapped` holds the keys (64 bytes) and the share secret (32)."""

    name: str
    ed: str
    x: str
    card_seq: int
    created: str
    wrapped: bytes

    @property
    def party(self) -> Party:
        """The public side."""
        return Party(self.name, self.ed, self.x, self.card_seq)


class Stream(msgspec.Struct, frozen=True, kw_only=True):
    """Consecutive bundles to the same people for the same purpose."""

    stream: str
    seq: int


class Acknowledgement(msgspec.Struct, frozen=True, kw_only=True):
    """A receipt that came back."""

    status: str
    records: int
    code: str
    at: str


class Sent(msgspec.Struct, frozen=True, kw_only=True):
    """A bundle that was handed over. `header` and `manifest` are the hashes a receipt names."""

    bundle: str
    recipients: list[Party]
    created: str
    purpose: str
    until: str
    resharing: bool
    records: int
    kinds: dict[str, int]
    fields: dict[str, list[str]]
    header: str
    manifest: str
    sha256: str
    withdrawn: str = ""
    receipts: dict[str, Acknowledgement] = {}


class Received(msgspec.Struct, frozen=True, kw_only=True):
    """A bundle that was accepted. `state` is "kept", "discarded" or "withdrawn"."""

    bundle: str
    kind: str
    sender: Party
    created: str
    received_at: str
    purpose: str
    until: str
    resharing: bool
    terms: Terms | None = None
    records: int = 0
    kinds: dict[str, int] = {}
    import_id: str = ""
    stream: str = ""
    seq: int = 0
    header: str = ""
    manifest: str = ""
    blob: str = ""
    state: str = "kept"
    changed_at: str = ""


def _put(transaction: Transaction, collection: str, identifier: str, value: object) -> None:
    body = msgspec.json.encode(value, order="deterministic")
    documents.put(transaction, collection, identifier, body)


def _get(transaction: Transaction, collection: str, identifier: str, type_: type[T]) -> T | None:
    body = documents.get(transaction, collection, identifier)
    return None if body is None else msgspec.json.decode(body, type=type_)


def _every(transaction: Transaction, collection: str, type_: type[T]) -> list[T]:
    found = documents.every(transaction, collection)
    return [msgspec.json.decode(body, type=type_) for _, body in found]


# --- Identity -----------------------------------------------------------------------------------


class Secrets:
    """One's own keys, unwrapped for as long as a use case takes."""

    def __init__(self, me: Me, packed: bytes) -> None:
        self.me = me
        self.keys = seal.Keys(packed[:64])
        self._share_secret = packed[64:]

    def for_recipients(self, fingerprints: Sequence[str]) -> bytes:
        """The secret that keys record ids and pseudonyms for this set of people."""
        return hashes.keyed(self._share_secret, "\n".join(sorted(set(fingerprints))).encode())


def me(transaction: Transaction) -> Me | None:
    """One's own identity, if there is one."""
    return _get(transaction, "identity", ME, Me)


def own_fingerprint(transaction: Transaction) -> str:
    """One's own fingerprint, or "" without an identity."""
    found = me(transaction)
    return found.party.fingerprint if found else ""


def make_me(transaction: Transaction, vault: Vault, name: str, created: str) -> Me:
    """Make keys and keep them."""
    keys = seal.Keys.generate()
    wrapped = vault.wrap_secret(keys.pack() + secrets.token_bytes(32))
    party = keys.party(name)
    made = Me(name=name, ed=party.ed, x=party.x, card_seq=1, created=created, wrapped=wrapped)
    _put(transaction, "identity", ME, made)
    return made


def open_me(transaction: Transaction, vault: Vault) -> Secrets:
    """One's own keys. Raises NO_IDENTITY."""
    found = me(transaction)
    if found is None:
        raise refused("NO_IDENTITY")
    return Secrets(found, vault.unwrap_secret(found.wrapped))


# --- People -------------------------------------------------------------------------------------


def people(transaction: Transaction) -> list[Person]:
    """Everybody known, by name."""
    return sorted(_every(transaction, "person", Person), key=lambda person: person.name)


def put_person(transaction: Transaction, person: Person, replaces: str = "") -> None:
    """Keep somebody, in place of an entry with another fingerprint if one is named."""
    if replaces and replaces != person.fingerprint:
        remove_person(transaction, replaces)
    _put(transaction, "person", person.fingerprint, person)


def remove_person(transaction: Transaction, fingerprint: str) -> None:
    """Forget somebody's card."""
    documents.delete(transaction, "person", fingerprint)


# --- Streams ------------------------------------------------------------------------------------


def next_in_stream(transaction: Transaction, fingerprints: Sequence[str], purpose: str) -> Stream:
    """Take the next number of the stream to these people for this purpose."""
    said = "\n".join([*sorted(set(fingerprints)), purpose])
    name = hashes.tagged(b"mydata-stream-v1", said.encode()).hex()
    before = _get(transaction, "stream", name, Stream)
    stream = before.stream if before else secrets.token_hex(16)
    following = Stream(stream=stream, seq=before.seq + 1 if before else 1)
    _put(transaction, "stream", name, following)
    return following


def _seen_name(stream: str, sender: str) -> str:
    return f"{sender}.{stream}"


def last_seen(transaction: Transaction, stream: str, sender: str) -> int:
    """The highest number received in a stream, or 0."""
    found = _get(transaction, "seen", _seen_name(stream, sender), int)
    return found or 0


def note_seen(transaction: Transaction, stream: str, sender: str, seq: int) -> None:
    """Remember the highest number received in a stream."""
    if seq > last_seen(transaction, stream, sender):
        _put(transaction, "seen", _seen_name(stream, sender), seq)


# --- Bundles ------------------------------------------------------------------------------------


def sent(transaction: Transaction, bundle: str) -> Sent | None:
    """A bundle one handed over."""
    return _get(transaction, "sent", bundle, Sent)


def put_sent(transaction: Transaction, value: Sent) -> None:
    """Keep what is known of a bundle one handed over."""
    _put(transaction, "sent", value.bundle, value)


def every_sent(transaction: Transaction) -> list[Sent]:
    """All bundles one handed over."""
    return _every(transaction, "sent", Sent)


def drop_sent(transaction: Transaction, bundle: str) -> None:
    """Forget a bundle whose file could not be put in place."""
    documents.delete(transaction, "sent", bundle)


def received(transaction: Transaction, bundle: str) -> Received | None:
    """A bundle one accepted."""
    found = _get(transaction, "received", bundle, Received)
    return found and _as_it_is(transaction, found)


def _as_it_is(transaction: Transaction, found: Received) -> Received:
    """Given up, if the import that brought its records was undone."""
    run = runs.get(transaction, found.import_id) if found.state == "kept" else None
    undone = run is not None and run.state == "undone"
    return msgspec.structs.replace(found, state="discarded") if undone else found


def put_received(transaction: Transaction, value: Received) -> None:
    """Keep what is known of a bundle one accepted."""
    _put(transaction, "received", value.bundle, value)


def every_received(transaction: Transaction) -> list[Received]:
    """All bundles one accepted, newest first."""
    found = [_as_it_is(transaction, one) for one in _every(transaction, "received", Received)]
    return sorted(found, key=lambda each: each.received_at, reverse=True)
