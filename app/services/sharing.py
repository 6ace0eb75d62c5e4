"""Handing records over: identity, people, what goes out, and the ledger of it.

Receiving is in `app.services.receiving`. Both faces call these; the format and all decisions about
bytes are in `app.share`.
"""

from __future__ import annotations

import secrets
from array import array
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

import msgspec

from app import events
from app.catalogue import query
from app.catalogue.query import Filter
from app.errors import environment
from app.jobs import JobContext
from app.services.receiving import (
    Accepted,
    Opened,
    ReceivedBundle,
    accept,
    default_receipt_name,
    discard,
    export_opened,
    export_received,
    open_bundle,
    open_regular,
    received,
    save_receipt,
)
from app.services.session import Session
from app.share import bundle, card, outside, payload, shelf
from app.share import identity as identities
from app.share import people as persons
from app.share.canonical import nfc
from app.share.consent import (
    BUNDLE_CONNECTOR,
    BUNDLE_TITLE,
    Promise,
    Recipe,
    Selection,
    chosen_fields,
    chosen_kinds,
    default_fields,
)
from app.share.hashes import terms_hash
from app.share.identity import grouped
from app.share.manifest import Chosen, Manifest, Terms, Withdrawal
from app.share.output import Output
from app.share.outside import Inspection
from app.share.parts import Lines
from app.share.refusals import refused
from app.vault import ledger as ledgers
from app.vault.header import now
from app.vault.ledger import Chain
from app.vault.transaction import Transaction
from connectors import registry

__all__ = [
    "Accepted",
    "Chain",
    "Identity",
    "Inspection",
    "LedgerEntry",
    "Opened",
    "Person",
    "Preview",
    "Promise",
    "ReceivedBundle",
    "Selection",
    "Shared",
    "accept",
    "add_person",
    "card_qr",
    "card_text",
    "chosen_fields",
    "chosen_kinds",
    "default_fields",
    "default_receipt_name",
    "default_share_name",
    "discard",
    "export_opened",
    "export_received",
    "identity",
    "inspect",
    "ledger",
    "make_identity",
    "open_bundle",
    "people",
    "preview",
    "received",
    "remove_person",
    "save_card",
    "save_receipt",
    "share",
    "verify_ledger",
    "verify_person",
    "withdraw",
]

_BATCH: Final = 500
_REPORT_EVERY: Final = 2000
_PURPOSE: Final = 2000
_TERMS: Final = 20_000


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


# --- Choosing -----------------------------------------------------------------------------------


class _Chosen:
    """A selection carried out: which records, and the one way each of them goes out."""

    def __init__(
        self,
        snapshot: Transaction,
        selection: Selection,
        secret: bytes,
        context: JobContext,
    ) -> None:
        _check_dates(selection.since, selection.until)
        self.transforms = tuple(map(nfc, selection.transforms))
        self.recipe = Recipe(selection, secret, _Titles())
        self.rids = array("q")
        self.kinds: Counter[str] = Counter()
        self.sources: set[str] = set()
        self.left_out: defaultdict[str, set[str]] = defaultdict(set)
        self.payload_bytes = 0
        for row in self._matching(snapshot, selection):
            self._take(row)
            if len(self.rids) % _REPORT_EVERY == 0:
                context.report(0, records=len(self.rids))

    def _matching(self, snapshot: Transaction, selection: Selection) -> Iterator[query.Row]:
        asked = Filter(kinds=self.recipe.kinds, since=selection.since, until=selection.until)
        dropped = frozenset(selection.drop)
        for row in query.scan(snapshot, asked):
            wanted = not selection.sources or row.source in selection.sources
            if wanted and row.key not in dropped:
                yield row

    def _take(self, row: query.Row) -> None:
        self.rids.append(row.rid)
        self.kinds[row.kind] += 1
        self.sources.add(row.source)
        self.left_out[row.kind] |= self.recipe.left_out(row)
        self.payload_bytes += len(payload.line(self.recipe.apply(row)))

    def objects(
        self, snapshot: Transaction, start: int = 0, stop: int | None = None
    ) -> Iterator[dict[str, Any]]:
        """Yield what goes out, record by record: for preview and sealing alike."""
        wanted = self.rids[start:stop]
        for at in range(0, len(wanted), _BATCH):
            for row in query.rows(snapshot, wanted[at : at + _BATCH]):
                yield self.recipe.apply(row)

    @property
    def fields(self) -> dict[str, list[str]]:
        """Fields that go out, for each kind there are records of."""
        return {kind: list(self.recipe.fields[kind]) for kind in sorted(self.kinds)}


class _Titles(dict[str, str]):
    """Connector id to title, each looked up when first met."""

    def get(self, key: str, default: Any = None) -> Any:
        if key not in self:
            try:
                self[key] = BUNDLE_TITLE if key == BUNDLE_CONNECTOR else registry.by_id(key).title
            except KeyError:
                self[key] = default
        return self[key]


def _check_dates(*days: str) -> None:
    for day in days:
        try:
            if day:
                datetime.fromisoformat(f"{day}-01-01"[:10] if len(day) < 10 else day)
        except ValueError as error:
            raise refused("BAD_DATE", what=day) from error


class Preview:
    """What a share would hold: `rows` are the very objects that would be sealed.

    `fields` are the fields that go out by kind, `left_out` those the records have and that stay;
    `payload_bytes` is the length of all lines before compression.
    """

    def __init__(self, session: Session, chosen: _Chosen) -> None:
        self._session = session
        self._chosen = chosen
        self.count = len(chosen.rids)
        self.kinds = dict(sorted(chosen.kinds.items()))
        self.fields = chosen.fields
        self.left_out = {kind: sorted(names) for kind, names in sorted(chosen.left_out.items())}
        self.sources = sorted(chosen.sources)
        self.payload_bytes = chosen.payload_bytes

    def rows(self, offset: int = 0, limit: int = 100) -> list[dict[str, Any]]:
        """Objects `offset` to `offset + limit`, newest first."""
        with self._session.vault.read() as snapshot:
            return list(self._chosen.objects(snapshot, offset, offset + limit))

    def lines(self, offset: int = 0, limit: int = 100) -> list[str]:
        """The same rows as the very lines that would be sealed, without their line feeds."""
        return [payload.line(row)[:-1].decode() for row in self.rows(offset, limit)]

    def stays(self, offset: int = 0, limit: int = 100) -> list[list[str]]:
        """For each of the same rows the fields it has and leaves behind, by name."""
        with self._session.vault.read() as snapshot:
            wanted = self._chosen.rids[offset : offset + limit]
            recipe = self._chosen.recipe
            return [sorted(recipe.left_out(row)) for row in query.rows(snapshot, wanted)]

    def keys(self, offset: int = 0, limit: int = 100) -> list[str]:
        """The record keys of the same rows, for dropping single records."""
        with self._session.vault.read() as snapshot:
            wanted = self._chosen.rids[offset : offset + limit]
            return [row.key for row in query.rows(snapshot, wanted)]


def preview(
    session: Session,
    selection: Selection,
    recipients: Sequence[str] = (),
    context: JobContext | None = None,
) -> Preview:
    """Carry out a selection without sealing it.

    Record ids and pseudonyms depend on the recipients, so name them when they are known; without an
    identity or recipients they stand for nobody. Raises BAD_SELECTION, BAD_DATE, UNKNOWN_PERSON.
    """
    with session.vault.read() as snapshot:
        known = shelf.people(snapshot)
        listed = [persons.find(name, known).fingerprint for name in recipients]
        secret = bytes(32)
        if shelf.me(snapshot):
            secret = shelf.open_me(snapshot, session.vault).for_recipients(listed)
        return Preview(session, _Chosen(snapshot, selection, secret, context or JobContext()))


# --- Sharing ------------------------------------------------------------------------------------


class Shared(msgspec.Struct, frozen=True):
    """A bundle that was made. `unverified` names recipients whose number was never compared."""

    bundle_id: str
    recipients: list[str]
    records: int
    kinds: dict[str, int]
    fields: dict[str, list[str]]
    out: str
    sha256: str
    unverified: list[str]


def default_share_name() -> str:
    """A file name that names nobody and nothing."""
    return f"mydata-{secrets.token_hex(4)}.mdshare"


def share(
    session: Session,
    recipients: Sequence[str],
    selection: Selection,
    promise: Promise,
    out: Path,
    context: JobContext | None = None,
) -> Shared:
    """Sign and seal what `selection` finds for `recipients` (names) into the new file `out`.

    The ledger knows of it before the file gets its name, so no share goes unrecorded. Raises
    refusals of `app.share.refusals` and `EnvironmentFailure`.
    """
    context = context or JobContext()
    promise = _checked(promise)
    with environment(), Output(_as_file(out)) as file:
        with session.vault.write() as transaction:
            task = _Sharing(transaction, session, recipients, selection, promise, context)
            shared = task.seal_into(file)
        try:
            file.commit()
        except OSError:
            _take_back(session, shared.bundle_id)
            raise
    session.events.publish(events.LEDGER)
    return shared


def _as_file(out: Path) -> Path:
    """A folder given instead of a file gets a file of a name that says nothing."""
    return out / default_share_name() if out.is_dir() else out


def _take_back(session: Session, bundle_id: str) -> None:
    """Note that a sealed bundle never became a file."""
    with session.vault.write() as transaction:
        shelf.drop_sent(transaction, bundle_id)
        ledgers.append(transaction, "share-failed", {"record_id": bundle_id})


def _checked(promise: Promise) -> Promise:
    purpose = nfc(promise.purpose.strip())
    if not 0 < len(purpose) <= _PURPOSE or len(promise.terms) > _TERMS:
        raise refused("NO_PURPOSE")
    try:
        until = date.fromisoformat(promise.until).isoformat() if promise.until else ""
    except ValueError as error:
        raise refused("BAD_DATE", what=promise.until) from error
    return Promise(
        purpose=purpose, until=until, resharing=promise.resharing, terms=nfc(promise.terms)
    )


class _Sharing:
    """One share inside its transaction."""

    def __init__(
        self,
        transaction: Transaction,
        session: Session,
        recipients: Sequence[str],
        selection: Selection,
        promise: Promise,
        context: JobContext,
    ) -> None:
        self._transaction = transaction
        self._context = context
        self._promise = promise
        self._selection = selection
        self._own = shelf.open_me(transaction, session.vault)
        known = shelf.people(transaction)
        found = [persons.find(name, known) for name in recipients]
        self._people = list({person.fingerprint: person for person in found}.values())
        self._parties = [persons.sealable(person) for person in self._people]
        self._listed = bundle.check_recipients(self._parties)
        secret = self._own.for_recipients(self._listed)
        self._chosen = _Chosen(transaction, selection, secret, context)
        if not self._chosen.rids:
            raise refused("NOTHING_SELECTED")

    def seal_into(self, file: Output) -> Shared:
        """Write the bundle, keep what is known of it, and enter it in the ledger."""
        sealed = bundle.write_to(file, self._delivery(), self._tick())
        digest = file.sha256()
        chosen, made = self._chosen, sealed.manifest
        sent = shelf.Sent(
            bundle=made.bundle,
            recipients=self._parties,
            created=made.created,
            purpose=self._promise.purpose,
            until=self._promise.until,
            resharing=self._promise.resharing,
            records=len(chosen.rids),
            kinds=dict(chosen.kinds),
            fields=chosen.fields,
            header=sealed.header_hash.hex(),
            manifest=sealed.manifest_hash.hex(),
            sha256=digest,
        )
        shelf.put_sent(self._transaction, sent)
        ledgers.append(self._transaction, "share", _consent_record(sent, self._people))
        return Shared(
            bundle_id=sent.bundle,
            recipients=[person.name for person in self._people],
            records=sent.records,
            kinds=dict(sorted(sent.kinds.items())),
            fields=sent.fields,
            out=str(file.path),
            sha256=digest,
            unverified=[each.name for each in self._people if each.state != "verified"],
        )

    def _tick(self) -> Any:
        done, total = [0], self._chosen.payload_bytes

        def tick(size: int) -> None:
            done[0] += size
            self._context.report(min(done[0], total), total)

        return tick

    def _delivery(self) -> bundle.Delivery:
        chosen = self._chosen
        schema = msgspec.json.encode(payload.schema_of(chosen.fields), order="sorted")

        def lines() -> Iterator[bytes]:
            return map(payload.line, chosen.objects(self._transaction))

        sources = [
            Lines(payload.RECORDS, payload.RECORDS_SCHEMA, "application/jsonl", lines),
            Lines(payload.SCHEMA, payload.SCHEMA_SCHEMA, "application/json", lambda: [schema]),
        ]
        return bundle.Delivery(self._draft(), self._parties, self._own.keys, sources)

    def _draft(self) -> Manifest:
        promise, chosen = self._promise, self._chosen
        stream = shelf.next_in_stream(self._transaction, self._listed, promise.purpose)
        terms = Terms(text=promise.terms, hash=terms_hash(promise.terms))
        return bundle.draft(
            self._own.me.party,
            "share",
            stream.stream,
            stream.seq,
            now(),
            purpose=promise.purpose,
            resharing=promise.resharing,
            expires=promise.until or msgspec.UNSET,
            terms=terms if promise.terms else msgspec.UNSET,
            selection=Chosen(
                kinds=sorted(chosen.kinds),
                since=self._selection.since,
                until=self._selection.until,
                sources=sorted(chosen.sources),
                fields=chosen.fields,
                counts=dict(chosen.kinds),
                records=len(chosen.rids),
                transforms=list(chosen.transforms),
            ),
        )


def _consent_record(sent: shelf.Sent, recipients: Collection[persons.Person]) -> dict[str, object]:
    """The ledger's line, in the words of ISO/IEC TS 27560 where it has one."""
    return {
        "record_id": sent.bundle,
        "schema_version": "1",
        "event_type": "given",
        "lawful_basis": "consent",
        "purpose": sent.purpose,
        "recipients": [
            {"name": each.name, "fingerprint": each.fingerprint, "state": each.state}
            for each in recipients
        ],
        "pii_information": [
            {"pii_type": kind, "records": count, "fields": sent.fields.get(kind, [])}
            for kind, count in sorted(sent.kinds.items())
        ],
        "records": sent.records,
        "retention_until": sent.until,
        "resharing": sent.resharing,
        "header_hash": sent.header,
        "manifest_hash": sent.manifest,
        "sha256": sent.sha256,
    }


def withdraw(session: Session, bundle_id: str, out: Path) -> Path:
    """Write the signed request to all recipients to give a bundle up. Raises UNKNOWN_BUNDLE."""
    with environment(), Output(_as_file(out)) as file:
        with session.vault.write() as transaction:
            own = shelf.open_me(transaction, session.vault)
            sent = shelf.sent(transaction, bundle_id)
            if sent is None:
                raise refused("UNKNOWN_BUNDLE", bundle=bundle_id)
            _seal_withdrawal(transaction, file, own, sent)
        file.commit()
    session.events.publish(events.LEDGER)
    return file.path


def _seal_withdrawal(
    transaction: Transaction, file: Output, own: shelf.Secrets, sent: shelf.Sent
) -> None:
    listed = bundle.check_recipients(sent.recipients)
    stream = shelf.next_in_stream(transaction, listed, f"withdraw {sent.bundle}")
    draft = bundle.draft(
        own.me.party,
        "withdraw",
        stream.stream,
        stream.seq,
        now(),
        withdraw=Withdrawal(bundle=sent.bundle),
    )
    bundle.write_to(file, bundle.Delivery(draft, sent.recipients, own.keys))
    file.settle()
    shelf.put_sent(transaction, msgspec.structs.replace(sent, withdrawn=now()))
    body: dict[str, object] = {
        "record_id": sent.bundle,
        "event_type": "withdrawn",
        "recipients": [
            {"name": party.name, "fingerprint": party.fingerprint} for party in sent.recipients
        ],
    }
    ledgers.append(transaction, "withdraw", body)


# --- Looking ------------------------------------------------------------------------------------


def inspect(path: Path) -> Inspection:
    """What can be known of a file without a key. Needs no vault."""
    with environment(), open_regular(path, "NOT_A_BUNDLE") as file:
        return outside.inspect(file)


class LedgerEntry(msgspec.Struct, frozen=True):
    """A line of the ledger.

    `kind` is "share", "share-failed", "receive", "receipt", "withdraw", "withdrawn" or "discard".
    `state` of a share is "active", "ended" or "withdrawn", else "". `acknowledged` counts receipts.
    """

    sequence: int
    at: str
    kind: str
    bundle_id: str
    people: list[str]
    records: int
    purpose: str
    until: str
    state: str
    acknowledged: int
    body: dict[str, object]
    hash: str


def ledger(session: Session) -> list[LedgerEntry]:
    """Every share, receipt and withdrawal, newest first."""
    with session.vault.read() as snapshot:
        sent = {each.bundle: each for each in shelf.every_sent(snapshot)}
        found = [_entry(entry, sent) for entry in ledgers.entries(snapshot)]
    return found[::-1]


def _entry(entry: ledgers.Entry, sent: dict[str, shelf.Sent]) -> LedgerEntry:
    body = entry.body
    bundle_id = str(body.get("record_id", ""))
    known = sent.get(bundle_id) if entry.kind == "share" else None
    listed = msgspec.convert(body.get("recipients", body.get("senders", [])), list[dict[str, str]])
    return LedgerEntry(
        sequence=entry.sequence,
        at=entry.at,
        kind=entry.kind,
        bundle_id=bundle_id,
        people=[each.get("name", "") for each in listed],
        records=msgspec.convert(body.get("records", 0), int),
        purpose=str(body.get("purpose", "")),
        until=str(body.get("retention_until", "")),
        state=_state(known) if known else "",
        acknowledged=len(known.receipts) if known else 0,
        body=body,
        hash=entry.hash,
    )


def _state(sent: shelf.Sent) -> str:
    if sent.withdrawn:
        return "withdrawn"
    today = datetime.now(UTC).strftime("%Y-%m-%d")
    return "ended" if sent.until and sent.until < today else "active"


def verify_ledger(session: Session) -> Chain:
    """Recompute the ledger's hash chain."""
    with session.vault.read() as snapshot:
        return ledgers.verify(snapshot)
