"""Files from others: checked first, looked at, and only then kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, TypeVar

from PySide6.QtCore import QObject, Signal

from app.errors import UserError
from app.events import PEOPLE, RECEIVED
from app.gui.context import PageContext
from app.gui.viewmodels import lines, parties, wording
from app.gui.viewmodels.lines import Line
from app.gui.viewmodels.rows import LazyRows
from app.i18n import mark, tr, tr_n
from app.jobs import JobContext
from app.services import sharing
from app.services.sharing import Accepted, Opened, ReceivedBundle

T = TypeVar("T")

LOOKED_AT: Final = 2000
"""Rows that can be looked at before keeping: those the check has left in memory."""

_STATES: Final = {
    "kept": (mark("Kept"), "good"),
    "expired": (mark("Past its day"), "warn"),
    "discarded": (mark("Given up"), "neutral"),
    "withdrawn": (mark("Withdrawn"), "info"),
}


class InboxModel(QObject):
    """`open` checks a file. Nothing is stored before `keep`."""

    listed = Signal()
    opened = Signal()
    refused = Signal(object)
    stopped = Signal()
    progressed = Signal(object)
    kept = Signal(object)
    saved = Signal(object)
    discarded = Signal(object)
    failed = Signal(object)

    def __init__(self, context: PageContext, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self.bundles: list[ReceivedBundle] = []
        self.found: Opened | None = None
        self.path = Path()
        self.rows: LazyRows[Line] = LazyRows(lines.columns(stays=False), self._fetch, self)
        self._stop: Callable[[], object] | None = None
        context.bridge.changed.connect(self._heard)

    # -- what was kept before

    def load(self) -> None:
        """Read the list."""
        self._context.bridge.run(self, self._read, self._take, self.failed.emit)

    def _read(self, _job: JobContext) -> list[ReceivedBundle]:
        return sharing.received(self._context.session)

    def _take(self, bundles: list[ReceivedBundle]) -> None:
        self.bundles = bundles
        self.listed.emit()

    def _heard(self, what: frozenset[str]) -> None:
        if what & {RECEIVED, PEOPLE}:
            self.load()

    def bundle(self, bundle_id: str) -> ReceivedBundle | None:
        """One of them."""
        return next((each for each in self.bundles if each.bundle_id == bundle_id), None)

    # -- a new file

    def open(self, path: Path) -> None:
        """Check the whole file. `opened` or `refused` follows."""
        self.close()
        self.path = path

        def work(job: JobContext) -> Opened:
            return sharing.open_bundle(self._context.session, path, job)

        self._start(work, self._take_opened, self.refused.emit, writes=False)

    def _take_opened(self, found: Opened) -> None:
        self.found = found
        self.rows.set_ids(range(min(found.records, LOOKED_AT)))
        self.opened.emit()

    def _fetch(self, ids: Sequence[int]) -> list[Line]:
        if self.found is None or not ids:
            return []
        try:
            records = self.found.rows(ids[0], len(ids))
        except UserError as error:
            self.failed.emit(error)
            return []
        return [lines.of_record(record) for record in records]

    def close(self) -> None:
        """Forget the file that was looked at."""
        self.found = None
        self.rows.clear()

    def keep(self, *, knowingly: bool) -> None:
        """Keep what was opened; `knowingly` in spite of the concerns."""
        found = self.found
        if found is None:
            return

        def work(job: JobContext) -> Accepted:
            return sharing.accept(self._context.session, found, job, knowingly=knowingly)

        self._start(work, self._kept, self.failed.emit, writes=True)

    def _kept(self, accepted: Accepted) -> None:
        self.close()
        self.kept.emit(accepted)

    def cancel(self) -> None:
        """Stop checking or keeping; nothing is kept of it."""
        if self._stop is not None:
            self._stop()

    # -- files out of it

    def export_opened(self, folder: Path) -> None:
        """Write the records of the opened file into a new folder inside `folder`."""
        found = self.found
        if found is None:
            return
        target = folder / folder_name(found.bundle_id)

        def work(job: JobContext) -> Path:
            sharing.export_opened(self._context.session, found, target, job)
            return target

        self._start(work, self.saved.emit, self.failed.emit, writes=False)

    def export_received(self, bundle_id: str, folder: Path) -> None:
        """Write the records of a kept bundle into a new folder inside `folder`."""
        target = folder / folder_name(bundle_id)

        def work(job: JobContext) -> Path:
            sharing.export_received(self._context.session, bundle_id, target, job)
            return target

        self._start(work, self.saved.emit, self.failed.emit, writes=False)

    def save_receipt(self, bundle_id: str, path: Path) -> None:
        """Write the signed receipt for the sender."""

        def work(_job: JobContext) -> Path:
            return sharing.save_receipt(self._context.session, bundle_id, path)

        self._start(work, self.saved.emit, self.failed.emit, writes=True)

    def discard(self, bundle_id: str) -> None:
        """Give a kept bundle up with all its records."""

        def work(_job: JobContext) -> int:
            return sharing.discard(self._context.session, bundle_id)

        self._start(work, self.discarded.emit, self.failed.emit, writes=True)

    def _start(
        self,
        work: Callable[[JobContext], T],
        done: Callable[[T], object],
        failed: Callable[[UserError], object],
        *,
        writes: bool,
    ) -> None:
        job = self._context.bridge.run(
            self,
            work,
            done,
            failed,
            cancelled=self.stopped.emit,
            progress=self.progressed.emit,
            writes=writes,
        )
        self._stop = job.cancel


def folder_name(bundle_id: str) -> str:
    """A folder name that names nobody."""
    return f"mydata-{bundle_id[:8]}"


# -- in words


def pill(bundle: ReceivedBundle) -> tuple[str, str]:
    """Word and tone of a received bundle."""
    word, tone = _STATES[bundle.state]
    return tr(word), tone


def line(bundle: ReceivedBundle) -> str:
    """One line about a received bundle."""
    parts = [bundle.received_at[:10], bundle.purpose, wording.records(bundle.records)]
    if bundle.until:
        parts.append(parties.kept_until(bundle.until))
    return " · ".join(parts)


def bundle_facts(bundle: ReceivedBundle) -> list[tuple[str, str]]:
    """Everything known of a received bundle."""
    return [
        *promises(bundle.purpose, bundle.until, resharing=bundle.resharing, terms=bundle.terms),
        (tr("Records"), wording.records(bundle.records)),
        (tr("Content"), parties.by_kind(bundle.kinds)),
        (tr("Made"), wording.exact_moment(bundle.created)),
        (tr("Received"), wording.exact_moment(bundle.received_at)),
        (tr("Bundle"), bundle.bundle_id),
    ]


def opened_facts(found: Opened) -> list[tuple[str, str]]:
    """What the sender signed about an opened file."""
    return [
        *promises(found.purpose, found.until, resharing=found.resharing, terms=found.terms),
        (tr("Content"), parties.by_kind(found.kinds)),
        (tr("Made"), wording.exact_moment(found.created)),
    ]


def promises(purpose: str, until: str, *, resharing: bool, terms: str) -> list[tuple[str, str]]:
    """What was agreed on."""
    pairs = [
        (tr("Purpose"), purpose),
        (tr("Kept"), parties.kept_until(until)),
        (tr("Handing on"), parties.resharing(resharing)),
    ]
    return [*pairs, (tr("Also agreed"), terms)] if terms else pairs


def sender_line(found: Opened) -> tuple[str, str]:
    """Who made a file and how sure that is, with a tone."""
    name = found.sender.name
    if found.verified:
        return tr("Made by {name}; the safety number was compared", name=name), "good"
    if found.first_contact:
        return tr("Made by somebody who calls themselves {name}", name=name), "warn"
    return tr("Made by {name}; the safety number was never compared", name=name), "warn"


def other_title(found: Opened) -> str:
    """What a receipt or a withdrawal says, in one sentence."""
    receipt = found.manifest.receipt
    if receipt and receipt.status == "refused":
        return tr("{name} could not open your bundle.", name=found.sender.name)
    if receipt:
        return tr("{name} confirms that your bundle arrived whole.", name=found.sender.name)
    return tr("{name} withdraws a bundle.", name=found.sender.name)


def other_facts(found: Opened) -> list[tuple[str, str]]:
    """What a receipt or a withdrawal is about."""
    if receipt := found.manifest.receipt:
        pairs = [
            (tr("Records"), wording.records(receipt.records)),
            (tr("When"), wording.exact_moment(receipt.at)),
            (tr("Bundle"), receipt.bundle),
            (tr("Code"), receipt.code or ""),
        ]
        return [pair for pair in pairs if pair[1]]
    met = found.withdraws
    return bundle_facts(met) if met else []


def done_words(accepted: Accepted) -> str:
    """What keeping did."""
    if accepted.kind == "receipt":
        return tr("The receipt is in the ledger.")
    if accepted.kind == "withdraw":
        return tr("Given up: {records}", records=wording.records(accepted.removed))
    return tr_n(accepted.records, "{count} record kept", "{count} records kept")
