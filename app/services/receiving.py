"""Receiving: verify a file, show it, and only then keep it.

Bundles, receipts and withdrawals are opened and accepted by the same two calls; `Opened.kind` says
which it is. Nothing is stored by opening. Every later look at the file checks all of it again and
that it is still the same file.
"""

from __future__ import annotations

import contextlib
import os
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
from app.share import bundle, header, payload, policy, receipts, shelf, tables
from app.share.header import open_regular
from app.share.identity import Party, grouped
from app.share.manifest import Manifest, text_or
from app.share.opening import Opening
from app.share.opening import open_bundle as open_sealed
from app.share.output import Output, new_folder
from app.share.parts import Tick
from app.share.payload import Schema, SharedRecord
from app.share.people import Person
from app.share.refusals import WARNINGS, refused
from app.share.seal import Keys
from app.vault import ledger, runs
from app.vault.header import now
from app.vault.transaction import Transaction
from connectors.kinds import KINDS

VERSION: Final = 1
_BATCH: Final = 2000
_CACHED: Final = 2000
_KEEP: Final = 1 << 50
_LONGEST: Final = 2**20


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
        self.sender = look.sender
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
        with again(self._session, self) as (_, second):
            return list(islice(_records(second), offset, offset + limit))

    def notes(self) -> list[str]:
        """The warnings as sentences in the person's language."""
        unknown = f"{sum(self.unknown_kinds.values()):,}"
        return [tr(WARNINGS[code], created=self.created, count=unknown) for code in self.warnings]

    def count(self, context: JobContext) -> None:
        """Read every record once: for the counts, for the first rows, and to refuse a bad line."""
        kinds: Counter[str] = Counter()
        with again(self._session, self) as (_, second):
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
    """What a first pass over the whole file found out.

    `sender` has the name one knows them by: what somebody calls themselves proves nothing.
    """

    manifest: Manifest
    sender: Party
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
        concerns = policy.judge(made, before(snapshot, made), datetime.now(UTC))
        sender = made.sender.party
        met = [each for each in shelf.people(snapshot) if each.fingerprint == sender.fingerprint]
    is_own = sender.fingerprint == own.keys.fingerprint
    for name in [own.me.name] if is_own else [each.name for each in met]:
        sender = msgspec.structs.replace(sender, name=name)
    opening.verify(_tick(context, os.fstat(file.fileno()).st_size))
    verified = is_own or any(each.state == "verified" for each in met)
    return _Look(made, sender, opening.header_hash, opening.manifest_hash, concerns, verified)


def _tick(context: JobContext, total: int) -> Tick:
    done = [0]

    def tick(size: int) -> None:
        done[0] += size
        context.report(done[0], total)

    return tick


def before(snapshot: Transaction, made: Manifest) -> policy.Before:
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
def again(session: Session, opened: Opened) -> Iterator[tuple[BinaryIO, Opening]]:
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
        met = met_by_withdrawal(snapshot, made)
        return _shown(met, shelf.people(snapshot))


def met_by_withdrawal(snapshot: Transaction, made: Manifest) -> shelf.Received:
    """What a withdrawal takes back. Raises WITHDRAWAL_UNKNOWN or WITHDRAWAL_FOREIGN."""
    about = made.withdraw.bundle if made.withdraw else ""
    met = shelf.received(snapshot, about)
    if met is None:
        raise refused("WITHDRAWAL_UNKNOWN")
    if met.sender.fingerprint != made.sender.party.fingerprint:
        raise refused("WITHDRAWAL_FOREIGN")
    return met


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
        removed = give_up(transaction, met, "discarded")
        body: dict[str, object] = {
            "record_id": bundle_id,
            "event_type": "discarded",
            "senders": [named(met.sender)],
            "records": removed,
        }
        ledger.append(transaction, "discard", body)
    session.events.publish(events.RECORDS, events.RECEIVED, events.LEDGER)
    return removed


def give_up(transaction: Transaction, met: shelf.Received, state: str) -> int:
    """Take a bundle's records out again; returns how many went."""
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
    with again(session, opened) as (file, _):
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


def named(party: Party) -> dict[str, str]:
    """Somebody, as the ledger names them."""
    return {"name": party.name, "fingerprint": party.fingerprint}
