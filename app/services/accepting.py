"""Accepting what was opened: records into the vault, receipts and withdrawals to what they name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from typing import BinaryIO, Final

import msgspec

from app import events
from app.jobs import JobContext
from app.services.receiving import Opened, again, before, give_up, met_by_withdrawal, named
from app.services.session import Session
from app.share import canonical, payload, people, policy, receipts, shelf
from app.share.consent import BUNDLE_CONNECTOR
from app.share.manifest import Receipt
from app.share.opening import Opening
from app.share.payload import SharedRecord
from app.share.refusals import refused
from app.vault import door, ledger, originals, runs
from app.vault.header import now
from app.vault.transaction import Transaction
from connectors.api import Record, Value

VERSION: Final = 1
_BATCH: Final = 2000
_KEEP: Final = 1 << 50


class Accepted(msgspec.Struct, frozen=True):
    """What accepting did.

    For a share: counts of records, `unknown_kinds` kept only as part of the sealed file. For a
    receipt or withdrawal `about` is the bundle it names; `removed` records went with a withdrawal.
    """

    bundle_id: str
    kind: str
    records: int = 0
    kinds: dict[str, int] = {}
    import_id: str = ""
    new: int = 0
    known: int = 0
    updated: int = 0
    unknown_kinds: dict[str, int] = {}
    about: str = ""
    removed: int = 0


def accept(
    session: Session,
    opened: Opened,
    context: JobContext | None = None,
    *,
    knowingly: bool = False,
) -> Accepted:
    """Keep what was opened, in one transaction.

    `knowingly` overrules the concerns; without it the first of them is raised. An unknown sender is
    added to the people, unverified.
    """
    if opened.concerns and not knowingly:
        raise opened.concerns[0]
    context = context or JobContext()
    try:
        with again(session, opened) as (file, opening), session.vault.write() as transaction:
            made = opened.manifest
            policy.judge(made, before(transaction, made), datetime.now(UTC))
            task = _Accepting(session, transaction, opened, context)
            accepted = task.take(file, opening)
    except BaseException:
        session.vault.drop_strays()
        raise
    session.events.publish(events.RECORDS, events.RECEIVED, events.LEDGER, events.PEOPLE)
    return accepted


class _Accepting:
    """One file on its way in, inside its transaction."""

    def __init__(
        self, session: Session, transaction: Transaction, opened: Opened, context: JobContext
    ) -> None:
        self._session = session
        self._transaction = transaction
        self._opened = opened
        self._made = opened.manifest
        self._context = context
        self._kinds: Counter[str] = Counter()
        self._unknown: Counter[str] = Counter()

    def take(self, file: BinaryIO, opening: Opening) -> Accepted:
        """Do what its kind asks for."""
        if self._made.kind == "receipt" and self._made.receipt:
            opening.verify()
            return self._take_receipt(self._made.receipt)
        if self._made.kind == "withdraw":
            opening.verify()
            return self._take_withdrawal()
        return self._take_share(file, opening)

    # -- a share

    def _take_share(self, file: BinaryIO, opening: Opening) -> Accepted:
        name = self._opened.path.name
        run = runs.begin(
            self._transaction,
            connector=BUNDLE_CONNECTOR,
            version=VERSION,
            account=self._opened.sender.fingerprint,
            type="receive",
            name=name,
        )
        problems = self._take_parts(opening, run)
        counts, kinds = run.finish()
        file.seek(0)
        kept = self._session.vault.keep_original(file, _KEEP, {})
        originals.note(self._transaction, run.number, name, kept)
        starts = {"records": dict(sorted(kinds.items())), "problem_count": problems}
        run.set_receipt(msgspec.json.encode(starts))
        self._meet_sender()
        self._remember(run.import_id, kept.blob)
        return Accepted(
            bundle_id=self._made.bundle,
            kind="share",
            records=self._kinds.total(),
            kinds=dict(sorted(self._kinds.items())),
            import_id=run.import_id,
            new=counts.new,
            known=counts.known,
            updated=counts.updated,
            unknown_kinds=dict(sorted(self._unknown.items())),
        )

    def _take_parts(self, opening: Opening, run: runs.OpenRun) -> int:
        """Read all parts; returns how many records the vault would not take."""
        problems = 0
        for part in opening.parts():
            pieces = opening.contents(part)
            if part.name != payload.RECORDS:
                for _ in pieces:  # kept as part of the sealed file; read for its digest
                    self._context.check()
                continue
            for batch in _batches(payload.read_records(pieces)):
                problems += self._take_batch(batch, run)
        opening.finish()
        return problems

    def _take_batch(self, batch: list[SharedRecord], run: runs.OpenRun) -> int:
        found = []
        for shared in batch:
            self._kinds[shared.kind] += 1
            record = to_record(shared)
            if record is None:
                self._unknown[shared.kind] += 1
            else:
                found.append(record)
        problems = run.add(found)
        done = self._kinds.total()
        self._context.report(done, self._opened.records, self._opened.path.name, done)
        return len(problems)

    def _meet_sender(self) -> None:
        known = shelf.people(self._transaction)
        own = shelf.own_fingerprint(self._transaction)
        sender = self._opened.sender
        if sender.fingerprint != own and all(
            each.fingerprint != sender.fingerprint for each in known
        ):
            shelf.put_person(self._transaction, people.meet(sender, known, own, now()))

    def _remember(self, import_id: str, blob: str) -> None:
        opened, made = self._opened, self._made
        shelf.put_received(
            self._transaction,
            shelf.Received(
                bundle=made.bundle,
                kind=made.kind,
                sender=opened.sender,
                created=made.created,
                received_at=now(),
                purpose=made.purpose,
                until=opened.until,
                resharing=made.resharing,
                terms=made.terms or None,
                records=self._kinds.total(),
                kinds=dict(self._kinds),
                import_id=import_id,
                stream=made.stream,
                seq=made.seq,
                header=opened.look.header_hash.hex(),
                manifest=opened.look.manifest_hash.hex(),
                blob=blob,
            ),
        )
        if made.kind == "share":
            sender = opened.sender.fingerprint
            shelf.note_seen(self._transaction, made.stream, sender, made.seq)
            ledger.append(self._transaction, "receive", self._receive_entry())

    def _receive_entry(self) -> dict[str, object]:
        opened, made = self._opened, self._made
        return {
            "record_id": made.bundle,
            "schema_version": "1",
            "event_type": "received",
            "senders": [named(opened.sender)],
            "verified": opened.verified,
            "purpose": made.purpose,
            "pii_information": [
                {"pii_type": kind, "records": count} for kind, count in sorted(self._kinds.items())
            ],
            "records": self._kinds.total(),
            "retention_until": opened.until,
            "resharing": made.resharing,
            "header_hash": opened.look.header_hash.hex(),
            "manifest_hash": opened.look.manifest_hash.hex(),
        }

    # -- a receipt

    def _take_receipt(self, receipt: Receipt) -> Accepted:
        sent = shelf.sent(self._transaction, receipt.bundle)
        if sent is None:
            raise refused("RECEIPT_UNKNOWN")
        by = self._opened.sender
        fits = (receipt.header, receipt.manifest) == (sent.header, sent.manifest)
        listed = any(party.fingerprint == by.fingerprint for party in sent.recipients)
        if not (fits and listed and receipts.genuine(receipt, by)):
            raise refused("RECEIPT_INVALID")
        said = shelf.Acknowledgement(
            status=receipt.status, records=receipt.records, code=receipt.code, at=receipt.at
        )
        known = {**sent.receipts, by.fingerprint: said}
        shelf.put_sent(self._transaction, msgspec.structs.replace(sent, receipts=known))
        self._remember("", "")
        body: dict[str, object] = {
            "record_id": sent.bundle,
            "event_type": "acknowledged",
            "senders": [named(by)],
            "status": receipt.status,
            "code": receipt.code,
            "records": receipt.records,
            "event_time": receipt.at,
            "signature": receipt.signature,
        }
        ledger.append(self._transaction, "receipt", body)
        return Accepted(
            bundle_id=self._made.bundle,
            kind="receipt",
            records=receipt.records,
            about=sent.bundle,
        )

    # -- a withdrawal

    def _take_withdrawal(self) -> Accepted:
        met = met_by_withdrawal(self._transaction, self._made)
        removed = give_up(self._transaction, met, "withdrawn")
        self._remember("", "")
        body: dict[str, object] = {
            "record_id": met.bundle,
            "event_type": "withdrawn",
            "senders": [named(met.sender)],
            "records": removed,
        }
        ledger.append(self._transaction, "withdrawn", body)
        return Accepted(
            bundle_id=self._made.bundle, kind="withdraw", about=met.bundle, removed=removed
        )


def _batches(records: Iterator[SharedRecord]) -> Iterator[list[SharedRecord]]:
    while batch := list(islice(records, _BATCH)):
        yield batch


def to_record(shared: SharedRecord) -> Record | None:
    """A record for one's own vault, or None for a kind this program does not know.

    What does not fit the vocabulary here moves to `extra`, so that it is kept and harms nothing.
    """
    shape = door.SHAPES.get(shared.kind)
    if shape is None:
        return None
    data = {name: value for name, value in shared.data.items() if name in shape.types}
    other: dict[str, object] = {k: v for k, v in shared.data.items() if k not in shape.types}
    times = {"start": shared.start, "end": shared.end}
    record = _record(shared, data, times, other)
    while (reason := door.refusal(record)) and (reason in data or times.get(reason)):
        if reason in data:
            other[reason] = data.pop(reason)
        else:
            other[reason] = times.pop(reason)
        record = _record(shared, data, times, other)
    return record


def _record(
    shared: SharedRecord,
    data: dict[str, Value],
    times: dict[str, str],
    other: dict[str, object],
) -> Record:
    source = {"connector": shared.source.connector, "title": shared.source.title}
    extra = {"id": shared.id, "grade": shared.grade, "source": source}
    return Record(
        kind=shared.kind,
        native_id=shared.id,
        title=shared.title,
        text=shared.text,
        data=dict(data),
        extra=canonical.encode({**extra, "other": other} if other else extra).decode(),
        start=times.get("start", ""),
        end=times.get("end", ""),
    )
