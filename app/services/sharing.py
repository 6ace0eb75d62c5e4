"""Handing records over: sharing, withdrawing, and the ledger of it.

This is what both faces import for everything about sharing; identity and people, choosing, and
receiving live in the modules named below and are offered here too. The format and all decisions
about bytes are in `app.share`.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

import msgspec

from app import events
from app.errors import environment
from app.jobs import JobContext
from app.services.accepting import Accepted, accept
from app.services.choosing import Picked, Preview, preview
from app.services.people import (
    Identity,
    Person,
    add_person,
    card_qr,
    card_text,
    identity,
    make_identity,
    people,
    remove_person,
    save_card,
    verify_person,
)
from app.services.receiving import (
    Opened,
    ReceivedBundle,
    default_receipt_name,
    discard,
    export_opened,
    export_received,
    open_bundle,
    received,
    save_receipt,
)
from app.services.session import Session
from app.share import bundle, outside, payload, shelf
from app.share import people as persons
from app.share.canonical import nfc
from app.share.consent import Promise, Selection, chosen_fields, chosen_kinds, default_fields
from app.share.hashes import terms_hash
from app.share.header import open_regular
from app.share.manifest import Chosen, Manifest, Terms, Withdrawal
from app.share.output import Output
from app.share.outside import Inspection
from app.share.parts import Lines
from app.share.refusals import refused
from app.vault import ledger as ledgers
from app.vault.header import now
from app.vault.ledger import Chain
from app.vault.transaction import Transaction

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

_PURPOSE: Final = 2000
_TERMS: Final = 20_000


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
        self._chosen = Picked(transaction, selection, secret, context)
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
