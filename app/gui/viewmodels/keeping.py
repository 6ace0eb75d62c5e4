"""Backups, their rehearsal and check-ups, in words and with how far each is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeVar

from PySide6.QtCore import QObject, Signal

from app.errors import UserError
from app.gui.context import PageContext
from app.gui.viewmodels import wording
from app.i18n import mark, tr
from app.jobs import JobContext
from app.services import checkup, keeping
from app.services.keeping import Health
from app.vault.backup import Backup
from app.vault.checkup import Report

T = TypeVar("T")

_STATES: Final = {
    "good": (mark("Up to date"), "good"),
    "due": (mark("Due"), "warn"),
    "overdue": (mark("Overdue"), "bad"),
    "never": (mark("None yet"), "bad"),
}


class KeepingModel(QObject):
    """One thing at a time: a backup, a rehearsal or a check. `busy` says which, "" for none."""

    ready = Signal()
    begun = Signal(str)
    progressed = Signal(object)
    ended = Signal()
    backed_up = Signal(object)
    rehearsed = Signal(object)
    checked = Signal(object)
    failed = Signal(object)

    def __init__(self, context: PageContext, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self.health: Health | None = None
        self.busy = ""
        self._stop: Callable[[], object] | None = None

    def load(self) -> None:
        """Read how well the vault is kept."""
        self._context.bridge.run(self, self._read, self._take, self.failed.emit)

    def _read(self, _job: JobContext) -> Health:
        return keeping.health(self._context.session)

    def _take(self, health: Health) -> None:
        self.health = health
        self.ready.emit()

    # -- doing

    def back_up(self, folder: Path) -> None:
        """Make a verified backup in `folder`, which is the place for backups from now on."""

        def work(job: JobContext) -> Backup:
            session = self._context.session
            keeping.set_plan(session, keeping.Plan(str(folder)))
            return keeping.back_up(session, folder, job)

        self._start("backup", work, self.backed_up.emit, writes=True)

    def rehearse(self, recovery_key: str) -> None:
        """Put the last backup back in a temporary place with the recovery key, and compare."""

        def work(job: JobContext) -> Backup:
            return keeping.rehearse(self._context.session, recovery_key, job)

        self._start("rehearsal", work, self.rehearsed.emit, writes=True)

    def check(self, *, deep: bool) -> None:
        """Look for damage."""

        def work(job: JobContext) -> Report:
            return checkup.look(self._context.session, deep=deep, context=job)

        self._start("check", work, self.checked.emit, writes=False)

    def cancel(self) -> None:
        """Stop what is under way."""
        if self._stop is not None:
            self._stop()

    def _start(
        self,
        name: str,
        work: Callable[[JobContext], T],
        done: Callable[[T], object],
        *,
        writes: bool,
    ) -> None:
        if self.busy:
            return
        self.busy = name

        def finish(result: T) -> None:
            self._end()
            done(result)

        job = self._context.bridge.run(
            self,
            work,
            finish,
            self._fail,
            cancelled=self._end,
            progress=self.progressed.emit,
            writes=writes,
        )
        self._stop = job.cancel
        self.begun.emit(name)

    def _fail(self, error: UserError) -> None:
        self._end()
        self.failed.emit(error)

    def _end(self) -> None:
        self.busy = ""
        self._stop = None
        self.ended.emit()
        self.load()


# -- in words


def pill(health: Health) -> tuple[str, str]:
    """Word and tone of how well the vault is kept."""
    word, tone = _STATES[health.state]
    return tr(word), tone


def last_words(health: Health) -> str:
    """When the last verified backup was made, and of how much."""
    if not health.last.made:
        return tr("There is no backup. If this disk breaks, everything in the vault is lost.")
    return tr(
        "Last verified backup: {ago}, {records}",
        ago=wording.ago(health.last.made),
        records=wording.records(health.last.records),
    )


def rehearsal_words(health: Health) -> str:
    """When putting it back was last tried."""
    if not health.last.rehearsed:
        return tr("Whether it can be put back was never tried.")
    return tr("Put back on trial: {ago}", ago=wording.ago(health.last.rehearsed))


def report_words(report: Report) -> tuple[str, str]:
    """The outcome of a check, with its tone."""
    if not report.ok:
        return tr("Something is damaged. Put the last good backup back."), "bad"
    count = wording.records(report.records)
    if report.deep:
        return tr("Nothing is damaged. Read in full: {records}", records=count), "good"
    return tr("The structure is whole: {records}", records=count), "good"
