"""The vault on several computers: how its copy stands, and what a person can do about it.

What the person asks for runs on the window's bridge. What happens by itself (at opening, every
minute, when the window comes to the front, after a change) runs on a bridge of its own: the window
waits for none of it, and it does not count as work that keeps the vault from locking.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple, cast

from PySide6.QtCore import QObject, QTimer, Signal

from app.errors import UserError
from app.gui.bridge import Bridge
from app.jobs import Job, JobContext, Progress

if TYPE_CHECKING:
    from app.gui.context import PageContext
    from app.services.cloud import Conflict, Device, State, Suggestion
    from app.services.session import Session

ROUND_MS: Final = 60_000
SOON_MS: Final = 300
PUBLISHING: Final = "publishing"
"""What a round reports once it has something to publish."""
AGAIN_SECONDS: Final = 10.0
"""The window coming to the front asks for a round at most so often."""


class Round(NamedTuple):
    """How the copy stands after a round. `removals` are records that only a person lets go."""

    state: State
    suggestions: list[Suggestion]
    removals: int = 0
    problem: UserError | None = None


def look(session: Session, *, removals: int = 0, problem: UserError | None = None) -> Round:
    """How the copy stands, on a worker."""
    from app.services import cloud

    state = cloud.status(session)
    offered = [] if state.folder else cloud.suggestions()
    return Round(state, offered, removals, problem)


def tried(session: Session, work: Callable[[], object]) -> Round:
    """Do `work` that publishes and takes in, and look what came of it. On a worker."""
    try:
        work()
    except UserError as error:
        if error.code != "mass-change":
            return look(session, problem=error)
        return look(session, removals=cast("int", error.values["count"]))
    return look(session)


def quiet_round(session: Session, job: JobContext, *, take: bool) -> Round:
    """What happens by itself: publish and take in, or only look. On a worker."""
    from app.services import cloud

    if not take or session.vault.read_only or cloud.folder_of(session) is None:
        return look(session)
    if cloud.unpublished(session):
        job.report(0, label=PUBLISHING)
    return tried(session, partial(cloud.sync, session, context=job))


class DevicesModel(QObject):
    """`begin` keeps the vault in step until `stop`. `busy` is what the person asked for, or ""."""

    changed = Signal()
    failed = Signal(object)
    moved = Signal(object)
    """The folder used before (a path or None) after another was chosen, or none."""
    retired = Signal(str)
    keys_taken = Signal()

    def __init__(self, context: PageContext) -> None:
        super().__init__(context)
        self._context = context
        self.last: Round | None = None
        self.busy = ""
        self.publishing = False
        """Whether a round that began by itself has something to publish."""
        self.postponed = False
        """Whether the person wants to keep, for now, what another computer removed."""
        self._job: Job[Round] | None = None
        self._quiet: Job[Round] | None = None
        self._began = 0.0
        self._bridge = Bridge(context.session.jobs, self, context.bridge)
        self._timer = QTimer(self, interval=ROUND_MS)
        self._timer.timeout.connect(self._go_round)
        self._soon = QTimer(self, singleShot=True, interval=SOON_MS)
        self._soon.timeout.connect(self._after_change)
        context.bridge.changed.connect(self._heard)

    # -- by itself

    def begin(self) -> None:
        """Keep in step from now on."""
        self._timer.start()
        self._go_round()

    def stop(self) -> None:
        """Nothing happens by itself any more."""
        self._timer.stop()
        self._soon.stop()
        if self._quiet is not None:
            self._quiet.cancel()
        self._bridge.stop()

    def come_to_front(self) -> None:
        """The person is back: what other computers did meanwhile should be here."""
        if self._timer.isActive() and time.monotonic() - self._began >= AGAIN_SECONDS:
            self._go_round()

    def _heard(self) -> None:
        """Something changed in the vault: publish it."""
        if self._timer.isActive():
            self._soon.start()

    def _go_round(self) -> None:
        if self._is_under_way():
            return
        self._began = time.monotonic()
        self._quiet = self._bridge.run(
            self,
            partial(quiet_round, self._context.session, take=True),
            self._taken,
            self._not_taken,
            cancelled=self._stopped,
            progress=self._reported,
            writes=True,
        )

    def _after_change(self) -> None:
        if self._is_under_way():
            self._soon.start()
        else:
            self._go_round()

    def _is_under_way(self) -> bool:
        return bool(self.busy) or (self._quiet is not None and not self._quiet.done)

    def _reported(self, progress: Progress) -> None:
        if progress.label == PUBLISHING and not self.publishing:
            self.publishing = True
            self.changed.emit()

    def _not_taken(self, _error: UserError) -> None:
        """Looking itself failed; the next round tries again."""
        self.publishing = False
        self.changed.emit()

    def _stopped(self) -> None:
        """The person cancelled it; the next round goes on."""
        self.publishing = False
        self.load()

    def _taken(self, found: Round) -> None:
        if found != self.last or self.publishing:
            self.last = found
            self.publishing = False
            self.changed.emit()

    def _looked(self, found: Round) -> None:
        """Looking takes nothing in, so what stood in the way of that still does."""
        last = self.last
        if last is not None and found.state.folder == last.state.folder:
            found = found._replace(removals=last.removals, problem=last.problem)
        self._taken(found)

    # -- what the person asks for

    def load(self) -> None:
        """Look how it stands."""
        work = partial(quiet_round, self._context.session, take=False)
        self._context.bridge.run(self, work, self._looked, self.failed.emit, writes=True)

    def sync(self, *, confirmed: bool = False) -> None:
        """Publish and take in now; `confirmed` lets very many records go."""
        from app.services import cloud

        session = self._context.session
        self.postponed = False

        def work(job: JobContext) -> Round:
            take = partial(cloud.sync, session, confirmed=confirmed, context=job, asked=True)
            return tried(session, take)

        self._start("sync", work, self._synced)

    def _synced(self, found: Round) -> None:
        self._end(found)
        if found.problem is not None:
            self.failed.emit(found.problem)

    def use(self, folder: Path) -> None:
        """Keep the encrypted copy in `folder` from now on."""
        from app.services import cloud

        session = self._context.session
        before = self.folder

        def work(job: JobContext) -> Round:
            return tried(session, partial(cloud.set_folder, session, folder, job))

        def done(found: Round) -> None:
            self._synced(found)
            if found.state.folder != before:
                self.moved.emit(before)

        self._start("use", work, done)

    def leave(self) -> None:
        """Publish nowhere any more. The folder stays as it is."""
        from app.services import cloud

        session = self._context.session
        before = self.folder

        def work(_job: JobContext) -> Round:
            cloud.leave(session)
            return look(session)

        def done(found: Round) -> None:
            self._end(found)
            self.moved.emit(before)

        self._start("leave", work, done)

    def retire(self, device: Device) -> None:
        """Say that a computer is not used any more, here and everywhere."""
        from app.services import cloud

        session = self._context.session

        def work(job: JobContext) -> Round:
            cloud.retire(session, device.id)
            return quiet_round(session, job, take=True)

        def done(found: Round) -> None:
            self._end(found)
            self.retired.emit(device.name)

        self._start("retire", work, done)

    def dismiss(self, conflict: Conflict) -> None:
        """The person has looked at it."""
        from app.services import cloud

        session = self._context.session

        def work(_job: JobContext) -> Round:
            cloud.dismiss(session, conflict)
            return look(session)

        self._context.bridge.run(self, work, self._looked, self.failed.emit, writes=True)

    def take_keys(self, passphrase: str) -> None:
        """Go over to the keys another computer has changed to."""
        from app.services import cloud

        session = self._context.session

        def work(job: JobContext) -> Round:
            take = partial(cloud.take_keys, session, passphrase=passphrase, context=job)
            return tried(session, take)

        def done(found: Round) -> None:
            self._synced(found)
            if found.problem is None:
                self.keys_taken.emit()

        self._start("keys", work, done)

    def postpone(self) -> None:
        """Keep what is here; what was removed elsewhere waits for another decision."""
        self.postponed = True
        self.changed.emit()

    def decide(self) -> None:
        """Ask again about what was removed elsewhere."""
        self.postponed = False
        self.changed.emit()

    def cancel(self) -> None:
        """Stop what is under way. What was published stays; nothing is taken in by halves."""
        job = self._job or self._quiet
        if job is not None:
            job.cancel()

    @property
    def folder(self) -> str | None:
        """The folder in use."""
        return self.last.state.folder if self.last else None

    def _start(
        self, name: str, work: Callable[[JobContext], Round], done: Callable[[Round], object]
    ) -> None:
        if self.busy:
            return
        self.busy = name
        if self._quiet is not None:
            self._quiet.cancel()
        self._job = self._context.bridge.run(
            self, work, done, self._fail, cancelled=self._cancelled, writes=True
        )
        self.changed.emit()

    def _end(self, found: Round) -> None:
        self._free()
        self.last = found
        self.changed.emit()

    def _fail(self, error: UserError) -> None:
        self._free()
        self.changed.emit()
        self.failed.emit(error)
        self.load()

    def _cancelled(self) -> None:
        self._free()
        self.changed.emit()
        self.load()

    def _free(self) -> None:
        self.busy = ""
        self._job = None
