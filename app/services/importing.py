"""Bringing files in: recognise, read in the worker, write in one transaction, account for it all.

A file is one transaction. Cancelled, killed or refused means the vault is as it was, and the
receipt says so.
"""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import chain, islice
from pathlib import Path
from typing import Final

import msgspec

from app import intake
from app.errors import Cancelled, InputRefused, environment
from app.events import IMPORTS, RECORDS
from app.i18n import mark, tr
from app.jobs import JobContext, stand_back
from app.services.session import Session
from app.vault import originals, runs
from app.vault.transaction import Transaction
from app.vault.vault import Vault
from connectors.api import Member, Problem, Record
from connectors.errors import Unreadable
from connectors.problems import SENTENCES
from connectors.registry import by_id, titles

ORIGINAL_LIMIT: Final = 512 << 20
"""Originals up to this many bytes are kept, encrypted."""
SHOWN_PROBLEMS: Final = 1000
SHOWN_MEMBERS: Final = 1000
_FILES_OF_A_FOLDER: Final = 10_000
_LEFT_OVER: Final = 100


class Refusal(msgspec.Struct, frozen=True):
    """Why nothing of a source came in: English templates, and the values they quote."""

    code: str
    title: str
    next_step: str
    values: dict[str, str]


class Receipt(msgspec.Struct):
    """What became of one source.

    `state` is "done", "recognised" (a dry run: the counts are what an import would do), "refused"
    or "cancelled". `problems` holds the first 1,000 of `problem_count`. `parsed`, `kept` and
    `unknown` count members of the source. `first` and `last` are the outermost times, as ISO text.
    `candidates` are the ids of the connectors that claim the source equally firmly.
    """

    path: str
    connector: str = ""
    title: str = ""
    detail: str = ""
    candidates: list[str] = []
    import_id: str = ""
    records: dict[str, int] = {}
    new: int = 0
    known: int = 0
    updated: int = 0
    problems: list[Problem] = []
    problem_count: int = 0
    parsed: int = 0
    kept: int = 0
    unknown: int = 0
    unknown_members: list[str] = []
    first: str = ""
    last: str = ""
    state: str = "done"
    refusal: Refusal | None = None
    originals_kept: bool = False


class ImportRun(msgspec.Struct, frozen=True):
    """A line of the import history."""

    import_id: str
    connector: str
    title: str
    name: str
    at: str
    state: str
    new: int
    known: int
    updated: int
    problem_count: int
    records: dict[str, int]
    first: str
    last: str


_NEXT: Final = {
    "not-recognised": mark("Choose the file as the service gave it, unchanged."),
    "html-export": mark("Ask the service for the JSON version and import that."),
    "encrypted-archive": mark("Unpack it with its password first, then import the folder."),
    "several-formats": mark("Choose which of them it is."),
    "vanished": mark("Check that it is still there and may be read."),
    "changed": mark("Wait until it is complete, then import it again."),
    "empty": mark("Download it again from the service."),
    "bad-archive": mark("Download it again from the service."),
    "worker-memory": mark("If it is a real export, please report which service it came from."),
    "worker-time": mark("If it is a real export, please report which service it came from."),
}
_NEXT_DEFAULT: Final = mark("Nothing was changed. Download it again, or leave it out.")


def refusal(error: Unreadable) -> Refusal:
    """The sentence for a source nothing could be read from."""
    return Refusal(
        error.code,
        SENTENCES[error.code],
        _NEXT.get(error.code, _NEXT_DEFAULT),
        {"value": error.value},
    )


def as_error(receipt: Receipt) -> InputRefused:
    """The refusal of a receipt as an error, for a command that imports one file."""
    why = receipt.refusal or Refusal("not-recognised", SENTENCES["not-recognised"], "", {})
    return InputRefused(
        why.code, why.title, "{path}", why.next_step, path=receipt.path, **why.values
    )


def problem_sentence(problem: Problem) -> str:
    """A problem in the person's language."""
    return tr(SENTENCES[problem.code], value=problem.value)


def import_paths(
    session: Session,
    paths: Sequence[Path],
    *,
    connector: str = "",
    options: Mapping[str, str] | None = None,
    account: str = "",
    dry_run: bool = False,
    context: JobContext | None = None,
) -> list[Receipt]:
    """Import each path; parts of one export given together are one source.

    A folder that is no export itself is taken apart into its files. A cancelled import ends the
    list with a receipt that says so; what was done before it stays.
    """
    context = context or JobContext()
    account = unicodedata.normalize("NFC", account).strip()
    receipts: list[Receipt] = []
    pending = group_parts(paths)

    def bring(group: list[Path]) -> Receipt:
        return _Import(
            session.vault, group, connector, options or {}, account, dry_run, context
        ).run()

    try:
        while pending:
            group = pending.pop(0)
            receipt = bring(group)
            if inside := _taken_apart(group, receipt):
                pending[:0] = inside
                continue
            receipts.append(receipt)
            if group[0].is_dir() and not connector:
                receipts.extend(_left_over(session.vault, group[0], receipt, bring))
            if receipts[-1].state == "cancelled":
                break
    finally:  # a full disk ends the list, and what came in before it is in
        if any(receipt.state == "done" for receipt in receipts):
            session.events.publish(RECORDS, IMPORTS)
    return receipts


def _taken_apart(group: list[Path], receipt: Receipt) -> list[list[Path]]:
    """What to try instead of a source nobody knows: a folder's files, or each part by itself."""
    code = receipt.refusal.code if receipt.refusal else ""
    if group[0].is_dir() and code in {"not-recognised", "several-formats"}:
        return group_parts([*_files_inside(group[0])])
    return [[path] for path in group] if len(group) > 1 and code == "not-recognised" else []


def _left_over(
    vault: Vault, folder: Path, receipt: Receipt, bring: Callable[[list[Path]], Receipt]
) -> list[Receipt]:
    """Files of a folder that its connector did not know, each by itself.

    A folder of statements of several banks is claimed by the format that is surest of its own. The
    receipt of the folder then no longer counts those that came in. The names are the reader's word
    and only choose among the ordinary files that are seen here: a link or "../" leads nowhere.
    """
    found = []
    ordinary = {path.relative_to(folder).as_posix(): path for path in _files_inside(folder)}
    known = [member for member in receipt.unknown_members if member in ordinary]
    for member in known[:_LEFT_OVER]:
        by_itself = bring([ordinary[member]])
        if by_itself.state == "refused":
            continue
        found.append(by_itself)
        if by_itself.state == "cancelled":
            break
        receipt.unknown_members = [name for name in receipt.unknown_members if name != member]
        receipt.unknown -= 1
    if found and receipt.state == "done":
        with vault.write() as transaction:
            runs.set_receipt(transaction, receipt.import_id, msgspec.json.encode(receipt))
    return found


_PART: Final = re.compile(r"(.+)[-_. ](\d{1,3})")


def group_parts(paths: Sequence[Path]) -> list[list[Path]]:
    """Paths in their order, with "…-1.zip", "…-2.zip" of one folder put together."""
    groups: dict[object, list[Path]] = {}
    for path in paths:
        match = _PART.fullmatch(path.stem) if path.suffix.lower() == ".zip" else None
        key = (path.parent, match[1]) if match else path
        groups.setdefault(key, []).append(path)
    return list(groups.values())


def _files_inside(folder: Path) -> Iterator[Path]:
    """Ordinary files below a folder, hidden ones left out; no more than any export has."""
    return islice(_walk(folder), _FILES_OF_A_FOLDER)


def _walk(folder: Path) -> Iterator[Path]:
    for parent, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            path = Path(parent, name)
            if not name.startswith(".") and path.is_file() and not path.is_symlink():
                yield path


class _DryRunDone(Exception):
    """Rolls the transaction of a dry run back."""


class _Import:
    """One source on its way in."""

    def __init__(
        self,
        vault: Vault,
        paths: list[Path],
        connector: str,
        options: Mapping[str, str],
        account: str,
        dry_run: bool,
        context: JobContext,
    ) -> None:
        self._vault = vault
        self._paths = paths
        self._connector = connector
        self._options = options
        self._account = account
        self._dry_run = dry_run
        self._context = context
        self._is_over = False
        self.receipt = Receipt(path=_shown(str(paths[0])))

    def run(self) -> Receipt:
        """Import, and say what became of it."""
        try:
            self._context.check()
            before = _stamps(self._paths)
            with (
                environment(),
                intake.read(
                    self._paths,
                    connector=self._connector,
                    options=self._options,
                    tick=self._context.check,
                ) as reading,
            ):
                self._recognised(reading)
                self._write(reading, before)
        except Unreadable as error:
            self.receipt = self._emptied("refused")
            self.receipt.refusal = refusal(error)
        except Cancelled:
            self.receipt = self._emptied("cancelled")
        return self.receipt

    def _emptied(self, state: str) -> Receipt:
        was = self.receipt
        return Receipt(
            path=was.path,
            connector=was.connector,
            title=was.title,
            detail=was.detail,
            candidates=was.candidates,
            state=state,
        )

    def _recognised(self, reading: intake.Reading) -> None:
        if found := reading.recognised:
            self.receipt.connector = found.connector
            self.receipt.title = found.title
            self.receipt.detail = found.detail
            self.receipt.candidates = found.candidates
            if len(found.candidates) > 1 and not self._connector:
                # Records read by the wrong one would be other records: the person decides.
                named = titles()
                fitting = ", ".join(named[candidate] for candidate in found.candidates)
                raise Unreadable("several-formats", fitting)

    def _write(self, reading: intake.Reading, before: list[_Stamp]) -> None:
        kept: list[tuple[str, originals.Kept]] = []
        try:
            with self._vault.write(bulk=True) as transaction, ThreadPoolExecutor(1) as beside:
                keeping = None
                if not self._dry_run:
                    # Hashing and sealing the original takes what the two cores leave meanwhile, and
                    # one of them while the other writes the last records and their indexes.
                    keeping = beside.submit(self._keep_originals, _known_originals(transaction))
                try:
                    run = self._begin(transaction)
                    self._take_in(reading, run)
                    self._finish(run)
                    if keeping:
                        kept = keeping.result()
                    _check_unchanged(self._paths, before)
                    self._settle(transaction, run, kept)
                except BaseException:
                    self._is_over = True
                    raise
        except _DryRunDone:
            self.receipt.state = "recognised"
            self.receipt.import_id = ""
        except BaseException:
            self._vault.drop_strays()
            raise

    def _begin(self, transaction: Transaction) -> runs.OpenRun:
        connector = by_id(self.receipt.connector)
        return runs.begin(
            transaction,
            connector=connector.id,
            version=connector.version,
            account=self._account,
            name=_shown(self._paths[0].name),
        )

    def _take_in(self, reading: intake.Reading, run: runs.OpenRun) -> None:
        label = _shown(self._paths[0].name)
        for batch in reading.batches():
            records = [item for item in batch if type(item) is Record]
            self._problems(run.add(records))
            if len(records) < len(batch):
                self._account_for(batch)
            self._times(records)
            self._context.report(reading.bytes_read, reading.total_bytes, label, run.taken)

    def _account_for(self, batch: Sequence[object]) -> None:
        receipt = self.receipt
        for item in batch:
            if type(item) is Problem:
                self._problems([item])
            elif type(item) is Member:
                if item.state == "parsed":
                    receipt.parsed += 1
                elif item.state == "kept":
                    receipt.kept += 1
                else:
                    receipt.unknown += 1
                    if len(receipt.unknown_members) < SHOWN_MEMBERS:
                        receipt.unknown_members.append(item.path)

    def _problems(self, problems: list[Problem]) -> None:
        self.receipt.problem_count += len(problems)
        room = SHOWN_PROBLEMS - len(self.receipt.problems)
        self.receipt.problems.extend(problems[:room])

    def _times(self, records: list[Record]) -> None:
        starts = [record.start for record in records if record.start]
        if starts:
            low, high = min(starts), max(starts)
            self.receipt.first = min(self.receipt.first or low, low)
            self.receipt.last = max(self.receipt.last, high)

    def _finish(self, run: runs.OpenRun) -> None:
        counts, kinds = run.finish()
        receipt = self.receipt
        receipt.records = dict(sorted(kinds.items()))
        receipt.new, receipt.known, receipt.updated = counts.new, counts.known, counts.updated
        receipt.import_id = run.import_id
        if not kinds and not receipt.problem_count:
            self._problems([Problem("", "nothing-found")])

    def _settle(
        self, transaction: Transaction, run: runs.OpenRun, kept: list[tuple[str, originals.Kept]]
    ) -> None:
        if self._dry_run:
            raise _DryRunDone
        for name, original in kept:
            originals.note(transaction, run.number, name, original)
        self.receipt.originals_kept = bool(kept) and all(original.blob for _, original in kept)
        runs.set_receipt(transaction, run.import_id, msgspec.json.encode(self.receipt))

    def _go_on(self) -> None:
        """Stop the keeping of originals once there is nothing to keep them for."""
        self._context.check()
        if self._is_over:
            raise Cancelled

    def _keep_originals(
        self, known: Mapping[str, originals.Kept]
    ) -> list[tuple[str, originals.Kept]]:
        stand_back()
        room, met = ORIGINAL_LIMIT, dict(known)
        kept = []
        for name, path in _original_files(self._paths):
            try:
                file = path.open("rb")
            except OSError as error:
                raise Unreadable("vanished") from error
            with file:
                original = self._vault.keep_original(file, room, met, self._go_on)
            if original.blob and original.sha256 not in met:
                room -= original.size
                met[original.sha256] = original
            kept.append((name, original))
        return kept


def _known_originals(transaction: Transaction) -> Mapping[str, originals.Kept]:
    """Originals that are kept already, by SHA-256."""
    return {kept.sha256: kept for _, kept in originals.every(transaction) if kept.blob}


def _shown(name: str) -> str:
    """A file's name as text; bytes in it that are no UTF-8 become replacement characters."""
    return os.fsencode(name).decode("utf-8", "replace")


_Stamp = tuple[int, int]


def _stamps(paths: Sequence[Path]) -> list[_Stamp]:
    """Size and time of each file and what is in each folder, to notice what changes meanwhile."""
    stamps = []
    for path in chain.from_iterable((path, *_files_inside(path)) for path in paths):
        try:
            found = path.stat()
        except OSError as error:
            raise Unreadable("vanished") from error
        stamps.append((found.st_size, found.st_mtime_ns))
    return stamps


def _check_unchanged(paths: Sequence[Path], before: list[_Stamp]) -> None:
    if _stamps(paths) != before:
        raise Unreadable("changed")


def _original_files(paths: Sequence[Path]) -> Iterator[tuple[str, Path]]:
    for path in paths:
        if path.is_dir():
            for inside in _files_inside(path):
                yield _shown(f"{path.name}/{inside.relative_to(path).as_posix()}"), inside
        else:
            yield _shown(path.name), path


def undo(session: Session, import_id: str, context: JobContext | None = None) -> int:
    """Take back exactly what an import added; returns how many records went.

    Raises `InputRefused` for an import that is not there.
    """
    if context:
        context.check()
    with session.vault.write(bulk=True) as transaction:
        run = runs.get(transaction, import_id)
        if run is None:
            raise InputRefused(
                "no-such-import",
                "There is no import “{import_id}”.",
                "",
                "See the list of imports.",
                import_id=import_id,
            )
        removed = runs.undo(transaction, import_id)
    session.vault.drop_strays()
    session.events.publish(RECORDS, IMPORTS)
    return removed


def history(session: Session) -> list[ImportRun]:
    """All imports, newest first."""
    with session.vault.read() as snapshot:
        found = runs.every(snapshot)
    names = titles()
    return [_history_line(run, names.get(run.connector, run.connector)) for run in found]


def _history_line(run: runs.Run, title: str) -> ImportRun:
    receipt = msgspec.json.decode(run.receipt, type=_Remembered)
    return ImportRun(
        run.import_id,
        run.connector,
        title,
        run.name,
        run.finished,
        run.state,
        run.new,
        run.known,
        run.updated,
        receipt.problem_count,
        receipt.records,
        receipt.first,
        receipt.last,
    )


class _Remembered(msgspec.Struct):
    """What of a stored receipt the history shows."""

    problem_count: int = 0
    records: dict[str, int] = {}
    first: str = ""
    last: str = ""


def remembered(session: Session, import_id: str) -> Receipt | None:
    """The whole receipt of an earlier import."""
    with session.vault.read() as snapshot:
        run = runs.get(snapshot, import_id)
    if run is None or run.receipt == b"{}":
        return None
    return msgspec.json.decode(run.receipt, type=Receipt)
