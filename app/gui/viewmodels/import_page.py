"""Files on their way into the vault, one after another, and the imports of before.

Every file is a job of its own on the writer's thread, so that each can be taken out before it
begins and stopped without touching the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final, Literal

from PySide6.QtCore import QObject, Signal

from app.errors import UserError
from app.events import IMPORTS
from app.gui.context import PageContext
from app.gui.viewmodels import wording
from app.i18n import mark, tr
from app.jobs import Job, JobContext, Progress
from app.services import importing
from app.services.importing import ImportRun, Receipt
from app.services.session import Session

State = Literal["waiting", "running", "done", "check", "refused", "cancelled", "undone"]

OPEN: Final = ("waiting", "running")


class Item:
    """One source: a file, a folder, or the parts of one export."""

    def __init__(self, number: int, paths: list[Path]) -> None:
        self.number = number
        self.paths = paths
        self.name = paths[0].name
        self.state: State = "waiting"
        self.progress = Progress()
        self.receipt: Receipt | None = None
        self.error: UserError | None = None
        self.job: Job[list[Receipt]] | None = None

    @property
    def percent(self) -> int:
        """How far it is in whole percent; 0 while that is not known."""
        total = self.progress.total
        return min(99, self.progress.done * 100 // total) if total else 0

    @property
    def import_id(self) -> str:
        """What it can be undone by, "" if there is nothing to undo."""
        undoable = self.state in ("done", "check") and self.receipt is not None
        return self.receipt.import_id if undoable and self.receipt else ""


class ImportModel(QObject):
    """`add` queues files. Emits `changed` with an item's number, `listed` when items come or go."""

    changed = Signal(int)
    listed = Signal()
    history_ready = Signal()
    receipt_ready = Signal(object)
    undone = Signal(str, int)
    failed = Signal(object)

    def __init__(self, context: PageContext, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._next = 0
        self.items: list[Item] = []
        self.history: list[ImportRun] = []
        context.bridge.changed.connect(self._heard)

    # -- the queue

    def add(self, paths: Sequence[Path]) -> None:
        """Queue these paths; parts of one export are one item."""
        for group in importing.group_parts(list(paths)):
            self._next += 1
            item = Item(self._next, group)
            self.items.append(item)
            _Run(self, self._context, item)
        self.listed.emit()

    def stop(self, number: int) -> None:
        """Cancel an item, or take it out before it begins."""
        item = self.item(number)
        if item is not None and item.job is not None:
            item.job.cancel()

    def item(self, number: int) -> Item | None:
        """The item of that number."""
        return next((each for each in self.items if each.number == number), None)

    def busy(self) -> bool:
        """Whether anything is waiting or under way."""
        return any(item.state in OPEN for item in self.items)

    def drop(self, item: Item) -> None:
        """Take an item from the list."""
        self.items.remove(item)
        self.listed.emit()

    def put_away(self) -> None:
        """Take everything that has ended from the list."""
        self.items = [item for item in self.items if item.state in OPEN]
        self.listed.emit()

    def settle(self, item: Item, receipts: list[Receipt]) -> None:
        """A job ended: the first receipt is the item's, further ones are files of its folder."""
        first, *rest = receipts
        _fill(item, first)
        at = self.items.index(item) + 1
        for receipt in rest:
            self._next += 1
            extra = Item(self._next, [Path(receipt.path)])
            _fill(extra, receipt)
            self.items.insert(at, extra)
            at += 1
        item.name = Path(first.path).name
        if rest:
            self.listed.emit()
        else:
            self.changed.emit(item.number)

    # -- what came of it all

    def sums(self) -> tuple[int, int, int, int]:
        """New, known, updated records, and what was not read, over the whole list."""
        receipts = [item.receipt for item in self.items if item.receipt and item.import_id]
        return (
            sum(each.new for each in receipts),
            sum(each.known for each in receipts),
            sum(each.updated for each in receipts),
            sum(each.problem_count for each in receipts),
        )

    def undo(self, import_id: str) -> None:
        """Take back what an import brought."""
        name = self._name_of(import_id)

        def work(context: JobContext) -> tuple[str, str, int]:
            return import_id, name, importing.undo(self._context.session, import_id, context)

        self._context.bridge.run(self, work, self._undone, self.failed.emit, writes=True)

    def _name_of(self, import_id: str) -> str:
        for item in self.items:
            if item.import_id == import_id:
                return item.name
        return next((run.name for run in self.history if run.import_id == import_id), "")

    def _undone(self, result: tuple[str, str, int]) -> None:
        import_id, name, removed = result
        for item in self.items:
            if item.import_id == import_id:
                item.state = "undone"
                self.changed.emit(item.number)
        self.undone.emit(name, removed)

    # -- earlier imports

    def come(self) -> None:
        """Read the history."""
        work = _History(self._context.session)
        self._context.bridge.run(self, work, self._take_history, self.failed.emit)

    def _take_history(self, runs: list[ImportRun]) -> None:
        self.history = runs
        self.history_ready.emit()

    def earlier(self) -> list[ImportRun]:
        """Imports that are not in the list above."""
        shown = {item.receipt.import_id for item in self.items if item.receipt}
        return [run for run in self.history if run.import_id not in shown]

    def read_receipt(self, import_id: str) -> None:
        """Fetch the whole receipt of an earlier import; `receipt_ready` brings it."""
        work = _Remembered(self._context.session, import_id)
        self._context.bridge.run(self, work, self.receipt_ready.emit, self.failed.emit)

    def _heard(self, what: frozenset[str]) -> None:
        if IMPORTS in what:
            self.come()


def _fill(item: Item, receipt: Receipt) -> None:
    item.receipt = receipt
    if receipt.state == "done":
        item.state = "check" if receipt.problem_count or receipt.unknown else "done"
    else:
        item.state = "refused" if receipt.state == "refused" else "cancelled"


class _Run(QObject):
    """One item's job and its callbacks."""

    def __init__(self, model: ImportModel, context: PageContext, item: Item) -> None:
        super().__init__(model)
        self._model, self._item = model, item
        item.job = context.bridge.run(
            self,
            _Work(context.session, item.paths),
            self._done,
            self._failed,
            cancelled=self._cancelled,
            progress=self._progress,
            writes=True,
        )

    def _tell(self) -> None:
        self._model.changed.emit(self._item.number)

    def _progress(self, progress: Progress) -> None:
        if progress.label:  # the job says what it works on as soon as it begins
            self._item.state = "running"
            self._item.progress = progress
            self._tell()

    def _done(self, receipts: list[Receipt]) -> None:
        self._model.settle(self._item, receipts)
        self.deleteLater()

    def _failed(self, error: UserError) -> None:
        self._item.state, self._item.error = "refused", error
        self._tell()
        self.deleteLater()

    def _cancelled(self) -> None:
        """It was taken out before it began."""
        self._model.drop(self._item)
        self.deleteLater()


class _Work:
    """Imports on the writer's thread."""

    def __init__(self, session: Session, paths: list[Path]) -> None:
        self._session, self._paths = session, paths

    def __call__(self, context: JobContext) -> list[Receipt]:
        context.report(0, 0, self._paths[0].name)
        return importing.import_paths(self._session, self._paths, context=context)


class _History:
    """Reads the history on a worker."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def __call__(self, _context: JobContext) -> list[ImportRun]:
        return importing.history(self._session)


class _Remembered:
    """Reads one whole receipt on a worker."""

    def __init__(self, session: Session, import_id: str) -> None:
        self._session, self._import_id = session, import_id

    def __call__(self, _context: JobContext) -> Receipt | None:
        return importing.remembered(self._session, self._import_id)


# -- in words


_PILLS: Final[dict[State, tuple[str, str]]] = {
    "waiting": (mark("Waiting"), "info"),
    "running": (mark("Importing"), "info"),
    "done": (mark("Done"), "good"),
    "check": (mark("Please check"), "warn"),
    "refused": (mark("Refused"), "bad"),
    "cancelled": (mark("Cancelled"), "neutral"),
    "undone": (mark("Undone"), "neutral"),
}


def pill(item: Item) -> tuple[str, str]:
    """State of an item in a word, and its tone."""
    word, tone = _PILLS[item.state]
    if item.state == "running" and item.progress.total:
        return tr("Importing {percent} %", percent=item.percent), tone
    return tr(word), tone


def line(item: Item) -> str:
    """One line below an item's name."""
    if item.error is not None:
        return tr(item.error.title, **item.error.values)
    if item.state == "running":
        return tr("{records} so far", records=wording.records(item.progress.records))
    if item.state == "waiting":
        return tr("Begins when the one before has ended")
    if item.state == "cancelled":
        return tr("Nothing of it was kept")
    if item.state == "undone":
        return tr("Taken out of the vault again")
    return receipt_line(item.receipt) if item.receipt else ""


def receipt_line(receipt: Receipt) -> str:
    """A receipt in one line: source, counts, period."""
    if receipt.refusal is not None:
        return tr(receipt.refusal.title, **receipt.refusal.values)
    return " · ".join(
        (
            tr(receipt.title),
            counts(receipt.new, receipt.known, receipt.updated, receipt.problem_count),
            *([wording.span(receipt.first, receipt.last)] if receipt.first else []),
        )
    )


def counts(new: int, known: int, updated: int, unread: int) -> str:
    """Counts by name; what is zero is left out, except what is new."""
    parts = (
        (tr("New: {count}", count=f"{new:,}"), True),
        (tr("Known: {count}", count=f"{known:,}"), known),
        (tr("Updated: {count}", count=f"{updated:,}"), updated),
        (tr("Not read: {count}", count=f"{unread:,}"), unread),
    )
    return " · ".join(text for text, there in parts if there)


def run_line(run: ImportRun) -> str:
    """An earlier import in one line."""
    return " · ".join(
        (
            tr(run.title),
            counts(run.new, run.known, run.updated, run.problem_count),
            wording.ago(run.at),
        )
    )


def problem_rows(receipt: Receipt) -> list[list[str]]:
    """Where, and what is wrong there."""
    return [
        [wording.place_read(each.where), importing.problem_sentence(each)]
        for each in receipt.problems
    ]


def domain_of(receipt: Receipt | None) -> str:
    """The domain most of a source's records belong to; "" if it has none."""
    if receipt is None or not receipt.records:
        return ""
    return wording.domain_of(max(receipt.records, key=lambda kind: receipt.records[kind]))


def run_domain(run: ImportRun) -> str:
    """The domain most of an earlier import's records belong to."""
    if not run.records:
        return ""
    return wording.domain_of(max(run.records, key=lambda kind: run.records[kind]))


def facts(receipt: Receipt) -> list[tuple[str, str]]:
    """Everything a receipt says besides its problems."""
    kinds = ", ".join(
        tr("{name}: {value}", name=wording.kind_label(kind), value=f"{count:,}")
        for kind, count in receipt.records.items()
    )
    members = tr(
        "Read: {parsed} · Kept: {kept} · Unknown: {unknown}",
        parsed=f"{receipt.parsed:,}",
        kept=f"{receipt.kept:,}",
        unknown=f"{receipt.unknown:,}",
    )
    pairs = (
        (tr("Format"), tr(receipt.title) if receipt.title else ""),
        (tr("Variant"), receipt.detail),
        (
            tr("Records"),
            counts(receipt.new, receipt.known, receipt.updated, receipt.problem_count),
        ),
        (tr("Kinds"), kinds),
        (tr("Period"), wording.span(receipt.first, receipt.last)),
        (tr("Files inside"), members),
        (tr("Original"), tr("kept, encrypted") if receipt.originals_kept else tr("not kept")),
    )
    return [(name, value) for name, value in pairs if value]
