"""Receiving: verify a file, show it, and only then keep it.

Bundles, receipts and withdrawals are opened and accepted by the same two calls; `Opened.kind` says
which it is. Nothing is stored by opening. Every later look at the file checks all of it again and
that it is still the same file.
"""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import BinaryIO, Final

import msgspec

from app import events
from app.errors import InputRefused, environment
from app.i18n import tr
from app.jobs import JobContext
from app.services.session import Session
from app.share import bundle, canonical, header, payload, people, policy, receipts, shelf, tables
from app.share.consent import BUNDLE_CONNECTOR
from app.share.identity import Party, grouped
from app.share.manifest import Manifest, Receipt, text_or
from app.share.opening import Opening
from app.share.opening import open_bundle as open_sealed
from app.share.output import Output, new_folder
from app.share.parts import Tick
from app.share.payload import Schema, SharedRecord
from app.share.people import Person
from app.share.refusals import WARNINGS, refused
from app.share.seal import Keys
from app.vault import door, ledger, originals, runs
from app.vault.header import now
from app.vault.transaction import Transaction
from connectors.api import Record, Value
from connectors.kinds import KINDS

VERSION: Final = 1
_BATCH: Final = 2000
_CACHED: Final = 2000
_KEEP: Final = 1 << 50
_LONGEST: Final = 2**20


@contextlib.contextmanager
def open_regular(path: Path, code: str) -> Iterator[BinaryIO]:
    """Open an ordinary file for reading; refuse a pipe or device with `code`, unopened."""
    found = path.stat()
    if not stat.S_ISREG(found.st_mode) and not stat.S_ISDIR(found.st_mode):
        raise refused(code)
    with path.open("rb", buffering=0) as file:
        yield file


# --- What a person sees -------------------------------------------------------------------------


class ReceivedBundle(msgspec.Struct, frozen=True):
    """A bundle that was accepted. `state` is "kept", "expired", "discarded" or "withdrawn"."""

    bundle_id: str
    sender: str
    fingerprint: str
    verified: bool
    created: str
    received_at: str
    purpose: str
    until: str
    resharing: bool
    terms: str
    records: int
    kinds: dict[str, int]
    import_id: str
    state: str


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


class Opened:
    """A file that passed every check, not stored yet.

    `kind` is "share", "receipt" or "withdraw". `concerns` are refusals the person may overrule
    (unknown sender, older than the last, time over); `first_contact` says that an unknown sender is
    among them, `verified` that the sender's safety number was compared. `withdraws` is what a
    withdrawal takes back. `warnings` are codes: FROM_THE_FUTURE, UNKNOWN_KINDS.
    """

    def __init__(self, session: Session, path: Path, look: _Look) -> None:
        made = look.manifest
        self._session = session
        self._cached: list[SharedRecord] = []
        self.path = path
        self.look = look
        self.manifest = made
        self.bundle_id = made.bundle
        self.kind: str = made.kind
        self.sender = made.sender.party
        self.digits = grouped(self.sender.digits)
        self.concerns = look.concerns
        self.first_contact = any(each.code == "UNKNOWN_SENDER" for each in look.concerns)
        self.verified = look.verified
        self.purpose = made.purpose
        self.until = text_or(made.expires)
        self.created = made.created
        self.resharing = made.resharing
        self.terms = made.terms.text if made.terms else ""
        self.records = 0
        self.kinds: dict[str, int] = {}
        self.unknown_kinds: dict[str, int] = {}
        self.warnings: list[str] = []
        self.withdraws: ReceivedBundle | None = None

    def rows(self, offset: int = 0, limit: int = 100) -> list[SharedRecord]:
        """Records `offset` to `offset + limit` of the file, in its order."""
        if offset + limit <= len(self._cached) or len(self._cached) == self.records:
            return self._cached[offset : offset + limit]
        with _again(self._session, self) as (_, second):
            return list(islice(_records(second), offset, offset + limit))

    def notes(self) -> list[str]:
        """The warnings as sentences in the person's language."""
        unknown = f"{sum(self.unknown_kinds.values()):,}"
        return [tr(WARNINGS[code], created=self.created, count=unknown) for code in self.warnings]

    def count(self, context: JobContext) -> None:
        """Read every record once: for the counts, for the first rows, and to refuse a bad line."""
        kinds: Counter[str] = Counter()
        with _again(self._session, self) as (_, second):
            for record in _records(second):
                kinds[record.kind] += 1
                if len(self._cached) < _CACHED:
                    self._cached.append(record)
                if kinds.total() % _BATCH == 0:
                    context.report(kinds.total(), self._promised(), records=kinds.total())
        self.records, self.kinds = kinds.total(), dict(sorted(kinds.items()))
        self.unknown_kinds = {kind: n for kind, n in self.kinds.items() if kind not in KINDS}
        if self.unknown_kinds:
            self.warnings.append("UNKNOWN_KINDS")

    def _promised(self) -> int:
        return self.manifest.selection.records if self.manifest.selection else 0


# --- Opening ------------------------------------------------------------------------------------


class _Look(msgspec.Struct, frozen=True):
    """What a first pass over the whole file found out."""

    manifest: Manifest
    header_hash: bytes
    manifest_hash: bytes
    concerns: list[InputRefused]
    verified: bool


def open_bundle(session: Session, path: Path, context: JobContext | None = None) -> Opened:
    """Check all of a file. Raises the refusals of FORMAT.md 8 in their order; stores nothing."""
    context = context or JobContext()
    with environment(), open_regular(path, "NOT_A_BUNDLE") as file:
        look = _look(session, file, context)
    opened = Opened(session, path, look)
    if policy.from_the_future(look.manifest, datetime.now(UTC)):
        opened.warnings.append("FROM_THE_FUTURE")
    if opened.kind == "share":
        opened.count(context)
    elif look.manifest.withdraw:
        opened.withdraws = _withdrawn_bundle(session, look.manifest)
    return opened


def _look(session: Session, file: BinaryIO, context: JobContext) -> _Look:
    with session.vault.read() as snapshot:
        if shelf.me(snapshot) is None:
            header.read(file)  # what is no bundle at all is told first
        own = shelf.open_me(snapshot, session.vault)
        opening = open_sealed(file, own.keys)
        made = opening.manifest
        concerns = policy.judge(made, _before(snapshot, made), datetime.now(UTC))
        sender = made.sender.party.fingerprint
        known = [each for each in shelf.people(snapshot) if each.fingerprint == sender]
    opening.verify(_tick(context, os.fstat(file.fileno()).st_size))
    verified = sender == own.keys.fingerprint or any(each.state == "verified" for each in known)
    return _Look(made, opening.header_hash, opening.manifest_hash, concerns, verified)


def _tick(context: JobContext, total: int) -> Tick:
    done = [0]

    def tick(size: int) -> None:
        done[0] += size
        context.report(done[0], total)

    return tick


def _before(snapshot: Transaction, made: Manifest) -> policy.Before:
    """What the vault knows that matters for this manifest."""
    sender = made.sender.party.fingerprint
    met = shelf.received(snapshot, made.bundle)
    counts = made.kind == "share" and not (met and met.state == "discarded")
    return policy.Before(
        own=shelf.own_fingerprint(snapshot),
        people=shelf.people(snapshot),
        imported=met.received_at[:10] if met and met.state == "kept" else "",
        withdrawn=met.changed_at[:10] if met and met.state == "withdrawn" else "",
        last=shelf.last_seen(snapshot, made.stream, sender) if counts else 0,
    )


@contextlib.contextmanager
def _again(session: Session, opened: Opened) -> Iterator[tuple[BinaryIO, Opening]]:
    """Open the file once more, up to its payload; refuse it if it is another by now."""
    with session.vault.read() as snapshot:
        own = shelf.open_me(snapshot, session.vault)
    with environment(), open_regular(opened.path, "NOT_A_BUNDLE") as file:
        opening = open_sealed(file, own.keys)
        same = (opening.header_hash, opening.manifest_hash)
        if same != (opened.look.header_hash, opened.look.manifest_hash):
            raise refused("FILE_CHANGED")
        yield file, opening


def _records(opening: Opening) -> Iterator[SharedRecord]:
    """The records, which are always the first part."""
    for part in islice(opening.parts(), 1):
        yield from payload.read_records(opening.contents(part))


def _withdrawn_bundle(session: Session, made: Manifest) -> ReceivedBundle:
    with session.vault.read() as snapshot:
        met = _met_by_withdrawal(snapshot, made)
        return _shown(met, shelf.people(snapshot))


def _met_by_withdrawal(snapshot: Transaction, made: Manifest) -> shelf.Received:
    about = made.withdraw.bundle if made.withdraw else ""
    met = shelf.received(snapshot, about)
    if met is None:
        raise refused("WITHDRAWAL_UNKNOWN")
    if met.sender.fingerprint != made.sender.party.fingerprint:
        raise refused("WITHDRAWAL_FOREIGN")
    return met


# --- Accepting ----------------------------------------------------------------------------------


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
        with _again(session, opened) as (file, opening), session.vault.write() as transaction:
            made = opened.manifest
            policy.judge(made, _before(transaction, made), datetime.now(UTC))
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
            "senders": [_named(opened.sender)],
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
            "senders": [_named(by)],
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
        met = _met_by_withdrawal(self._transaction, self._made)
        removed = _give_up(self._transaction, met, "withdrawn")
        self._remember("", "")
        body: dict[str, object] = {
            "record_id": met.bundle,
            "event_type": "withdrawn",
            "senders": [_named(met.sender)],
            "records": removed,
        }
        ledger.append(self._transaction, "withdrawn", body)
        return Accepted(
            bundle_id=self._made.bundle, kind="withdraw", about=met.bundle, removed=removed
        )


def _named(party: Party) -> dict[str, str]:
    return {"name": party.name, "fingerprint": party.fingerprint}


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


# --- Afterwards ---------------------------------------------------------------------------------


def received(session: Session) -> list[ReceivedBundle]:
    """Bundles that were accepted, newest first."""
    with session.vault.read() as snapshot:
        known = shelf.people(snapshot)
        found = shelf.every_received(snapshot)
    return [_shown(each, known) for each in found if each.kind == "share"]


def _shown(met: shelf.Received, known: list[Person]) -> ReceivedBundle:
    fingerprint = met.sender.fingerprint
    expired = met.state == "kept" and bool(met.until) and met.until < now()[:10]
    return ReceivedBundle(
        bundle_id=met.bundle,
        sender=met.sender.name,
        fingerprint=fingerprint,
        verified=any(
            each.fingerprint == fingerprint and each.state == "verified" for each in known
        ),
        created=met.created,
        received_at=met.received_at,
        purpose=met.purpose,
        until=met.until,
        resharing=met.resharing,
        terms=met.terms.text if met.terms else "",
        records=met.records,
        kinds=met.kinds,
        import_id=met.import_id,
        state="expired" if expired else met.state,
    )


def _kept(snapshot: Transaction, bundle_id: str) -> shelf.Received:
    met = shelf.received(snapshot, bundle_id)
    if met is None or met.kind != "share" or met.state != "kept":
        raise refused("UNKNOWN_BUNDLE", bundle=bundle_id)
    return met


def discard(session: Session, bundle_id: str) -> int:
    """Give a received bundle up; returns how many records went. Raises UNKNOWN_BUNDLE."""
    with session.vault.write() as transaction:
        met = _kept(transaction, bundle_id)
        removed = _give_up(transaction, met, "discarded")
        body: dict[str, object] = {
            "record_id": bundle_id,
            "event_type": "discarded",
            "senders": [_named(met.sender)],
            "records": removed,
        }
        ledger.append(transaction, "discard", body)
    session.events.publish(events.RECORDS, events.RECEIVED, events.LEDGER)
    return removed


def _give_up(transaction: Transaction, met: shelf.Received, state: str) -> int:
    removed = runs.undo(transaction, met.import_id) if met.state == "kept" else 0
    given_up = msgspec.structs.replace(met, state=state, changed_at=now())
    shelf.put_received(transaction, given_up)
    return removed


def default_receipt_name(bundle_id: str) -> str:
    """A file name that names nobody."""
    return f"mydata-{bundle_id[:8]}.mdreceipt"


def save_receipt(session: Session, bundle_id: str, path: Path) -> Path:
    """Write the signed receipt for a received bundle, sealed for its sender, into a new file."""
    target = path / default_receipt_name(bundle_id) if path.is_dir() else path
    with environment(), Output(target) as file, session.vault.write() as transaction:
        own = shelf.open_me(transaction, session.vault)
        met = _kept(transaction, bundle_id)
        receipt = receipts.make(
            own.keys,
            bundle=met.bundle,
            header=met.header,
            manifest=met.manifest,
            records=met.records,
            at=now(),
        )
        listed = [met.sender.fingerprint]
        stream = shelf.next_in_stream(transaction, listed, f"receipt {met.bundle}")
        draft = bundle.draft(
            own.me.party, "receipt", stream.stream, stream.seq, now(), receipt=receipt
        )
        bundle.write_to(file, bundle.Delivery(draft, [met.sender], own.keys))
    return target


def export_received(
    session: Session, bundle_id: str, folder: Path, context: JobContext | None = None
) -> list[Path]:
    """Write the records of a received bundle as CSV, JSON Lines and a data dictionary.

    They are read from the sealed file as it came, checked once more. `folder` must be new or empty.
    """
    with session.vault.read() as snapshot:
        own = shelf.open_me(snapshot, session.vault)
        met = _kept(snapshot, bundle_id)
    with environment(), tempfile.TemporaryFile() as file:
        for chunk in session.vault.original(met.blob):  # still sealed: nothing readable
            file.write(chunk)
        return _export(file, own.keys, folder, context or JobContext())


def export_opened(
    session: Session, opened: Opened, folder: Path, context: JobContext | None = None
) -> list[Path]:
    """Write the records of an opened bundle as files, whether it is accepted or not."""
    with session.vault.read() as snapshot:
        own = shelf.open_me(snapshot, session.vault)
    with _again(session, opened) as (file, _):
        return _export(file, own.keys, folder, context or JobContext())


def _export(file: BinaryIO, keys: Keys, folder: Path, context: JobContext) -> list[Path]:
    file.seek(0)
    schema = _schema(open_sealed(file, keys))
    file.seek(0)
    records = _watched(_records(open_sealed(file, keys)), context)
    with new_folder(folder) as building:
        written = tables.write(building, records, schema)
    return [folder / path.name for path in written]


def _schema(opening: Opening) -> Schema:
    """The schema part; an empty one if there is none, or one too long to be honest."""
    for part in opening.parts():
        data = b""
        for piece in opening.contents(part):
            data = data + piece if part.name == payload.SCHEMA and part.raw <= _LONGEST else b""
        if part.name == payload.SCHEMA:
            return payload.read_schema(data) if data else Schema()
    return Schema()


def _watched(records: Iterator[SharedRecord], context: JobContext) -> Iterator[SharedRecord]:
    for number, record in enumerate(records, 1):
        if number % _BATCH == 0:
            context.report(number, records=number)
        yield record
