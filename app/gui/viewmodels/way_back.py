"""The way out of a damaged vault: put the newest backup back, or salvage what can be read.

Works without an open vault, and makes new folders only.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, TypeVar

from PySide6.QtCore import QObject, Signal

from app.errors import UserError
from app.gui.bridge import Bridge
from app.gui.viewmodels import wording
from app.i18n import tr
from app.jobs import JobContext
from app.services import keeping
from app.vault.backup import Backup
from app.vault.refilling import Salvaged

T = TypeVar("T")


class Outcome(NamedTuple):
    """What came out, and what to import again, as sentences."""

    title: str
    lines: tuple[str, ...]


class WayBackModel(QObject):
    """Emits `done` with an `Outcome`, or `failed`; `busy_changed` while it works."""

    done = Signal(object)
    failed = Signal(object)
    busy_changed = Signal(bool)
    progressed = Signal(object)

    def __init__(
        self, bridge: Bridge, folder: Path, backups: Path | None, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._bridge = bridge
        self.folder = folder
        self.backups = backups
        self.target = keeping.new_place(folder)
        self._stop: Callable[[], object] | None = None

    @property
    def busy(self) -> bool:
        """Whether a step is under way."""
        return self._stop is not None

    def restore(self, secret: str, *, is_key: bool) -> None:
        """Make the newest backup a new vault."""
        backups, target = self.backups, self.target
        if backups is None:
            return

        def work(job: JobContext) -> Backup:
            return keeping.restore(
                backups,
                target,
                passphrase="" if is_key else secret,
                recovery_key=secret if is_key else "",
                context=job,
            )

        self._start(work, self._restored)

    def salvage(self, secret: str, *, is_key: bool) -> None:
        """Make a new vault of what can be read, filled in from the backup if there is one."""

        def work(job: JobContext) -> Salvaged:
            return keeping.salvage(
                self.folder,
                self.target,
                passphrase="" if is_key else secret,
                recovery_key=secret if is_key else "",
                backups=self.backups,
                context=job,
            )

        self._start(work, self._salvaged)

    def cancel(self) -> None:
        """Stop what is under way; nothing half-made stays."""
        if self._stop is not None:
            self._stop()

    def _start(self, work: Callable[[JobContext], T], done: Callable[[T], object]) -> None:
        if self.busy:
            return
        job = self._bridge.run(
            self,
            work,
            done,
            self._fail,
            cancelled=self._end,
            progress=self.progressed.emit,
            writes=True,
        )
        self._stop = job.cancel
        self.busy_changed.emit(True)

    def _end(self) -> None:
        self._stop = None
        self.busy_changed.emit(False)

    def _fail(self, error: UserError) -> None:
        self._end()
        self.failed.emit(error)

    def _restored(self, made: Backup) -> None:
        self._end()
        when = wording.exact_moment(made.made)
        later = tr("Import again what came after this moment: {when}", when=when)
        count = wording.records(made.records)
        title = tr("The backup is a new vault now: {records}", records=count)
        self.done.emit(Outcome(title, (later,)))

    def _salvaged(self, made: Salvaged) -> None:
        self._end()
        count = wording.records(made.records)
        title = tr("What could be read is a new vault now: {records}", records=count)
        self.done.emit(Outcome(title, tuple(_losses(made))))


def _losses(made: Salvaged) -> list[str]:
    found = []
    if made.filled:
        found.append(tr("Taken from the backup: {records}", records=wording.records(made.filled)))
    found += [
        tr(
            "Lost: {source}, {records}, {span}",
            source=wording.source_title(lost.connector),
            records=wording.records(lost.count),
            span=wording.span(lost.first, lost.last),
        )
        for lost in made.lost
    ]
    found += [tr("Import this file again: {name}", name=each.name) for each in made.again]
    if not made.complete:
        found.append(tr("There may be more losses than these."))
    return found or [tr("Nothing needs to be imported again.")]
