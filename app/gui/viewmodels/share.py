"""A share from the first question to the file: who, what, a look at all of it, what is promised.

The preview is made by the service from the records themselves, and the file from the same recipe.
If records change meanwhile, `overtaken` says so and everything has to be looked at again.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from PySide6.QtCore import QObject, Signal

from app.errors import UserError
from app.events import RECORDS
from app.gui.context import PageContext
from app.gui.viewmodels import lines
from app.gui.viewmodels.choosing import Choosing
from app.gui.viewmodels.lines import Line
from app.gui.viewmodels.people import PeopleModel
from app.gui.viewmodels.rows import LazyRows
from app.jobs import Job, JobContext
from app.services import asking, sharing
from app.services.asking import Filter
from app.services.session import Session
from app.services.sharing import Person, Preview, Promise, Selection, Shared


class ShareModel(QObject):
    """The whole share. Signals bring what the services answered."""

    offered = Signal()
    previewed = Signal()
    overtaken = Signal()
    progressed = Signal(object)
    shared = Signal(object)
    stopped = Signal()
    failed = Signal(object)

    def __init__(self, context: PageContext, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self.people = PeopleModel(context, self)
        self.people.ready.connect(self._prune)
        self.people.failed.connect(self.failed)
        self.recipients: list[str] = []
        self.choosing = Choosing()
        self.preview: Preview | None = None
        self.promise = Promise(purpose="")
        self.has_end = False
        self.rows: LazyRows[Line] = LazyRows(lines.columns(stays=True), self._fetch, self)
        self._asked = 0
        self._sealing: Job[Shared] | None = None
        context.bridge.changed.connect(self._heard)

    def begin(self) -> None:
        """Forget everything and start anew."""
        self.recipients = []
        self.choosing = Choosing()
        self.promise = Promise(purpose="")
        self.has_end = False
        self.forget_preview()
        self.load()

    def load(self) -> None:
        """Read people, and what there is to share."""
        self.people.load()
        self.count()

    # -- who

    def _prune(self) -> None:
        there = {each.fingerprint for each in self.people.known.people if each.state != "changed"}
        self.recipients = [each for each in self.recipients if each in there]

    def choose_person(self, fingerprint: str, *, on: bool) -> None:
        """Take somebody in or out. Ids and pseudonyms depend on who receives it."""
        rest = [each for each in self.recipients if each != fingerprint]
        self.recipients = [*rest, fingerprint] if on else rest
        self.forget_preview()

    def chosen_people(self) -> list[Person]:
        """Those who receive it, in the order they were chosen."""
        found = (self.people.person(each) for each in self.recipients)
        return [person for person in found if person is not None]

    def unverified(self) -> list[str]:
        """Names of recipients whose number was never compared."""
        return [each.name for each in self.chosen_people() if each.state != "verified"]

    # -- what

    def count(self) -> None:
        """Count the records of every kind in the period."""
        self._asked += 1
        choosing = self.choosing
        work = _Count(self._context.session, choosing.since, choosing.until, self._asked)
        self._context.bridge.run(self, work, self._offer, self.failed.emit)

    def _offer(self, found: _Counted) -> None:
        if found.number == self._asked:
            self.choosing.offer(found.kinds)
            self.offered.emit()

    # -- a look at it

    def forget_preview(self) -> None:
        """What was looked at is no longer what would go out."""
        self.preview = None
        self.rows.clear()

    def look(self) -> None:
        """Carry the selection out without sealing it."""
        self.forget_preview()
        self._asked += 1
        work = _Look(
            self._context.session, self.choosing.selection(), list(self.recipients), self._asked
        )
        self._context.bridge.run(self, work, self._take, self.failed.emit)

    def _take(self, found: _Looked) -> None:
        if found.number != self._asked:
            return
        self.preview = found.preview
        self.rows.set_ids(range(found.preview.count))
        self.previewed.emit()

    def _fetch(self, ids: Sequence[int]) -> list[Line]:
        if self.preview is None or not ids:
            return []
        try:
            objects = self.preview.rows(ids[0], len(ids))
            stays = self.preview.stays(ids[0], len(ids))
        except UserError as error:
            self.failed.emit(error)
            return []
        return [lines.of_object(*each) for each in zip(objects, stays, strict=True)]

    def json(self, start: int, count: int) -> str:
        """The very lines that would be sealed."""
        return "\n".join(self.preview.lines(start, count)) if self.preview else ""

    def leave_out(self, number: int) -> None:
        """Leave the record in row `number` out and look again."""
        if self.preview is not None:
            self.choosing.drop += self.preview.keys(number, 1)
            self.look()

    def take_back(self) -> None:
        """Let the record that was left out last go out after all."""
        if self.choosing.drop:
            self.choosing.drop.pop()
            self.look()

    def _heard(self, what: frozenset[str]) -> None:
        if RECORDS not in what:
            return
        self.count()
        if self.preview is not None and self._sealing is None:
            self.forget_preview()
            self.overtaken.emit()

    # -- sealing

    def seal(self, out: Path) -> None:
        """Sign, seal and write the file."""
        work = _Seal(
            self._context.session,
            list(self.recipients),
            self.choosing.selection(),
            self.promise,
            out,
        )
        self._sealing = self._context.bridge.run(
            self,
            work,
            self._sealed,
            self._not_sealed,
            cancelled=self._cancelled,
            progress=self.progressed.emit,
            writes=True,
        )

    def cancel(self) -> None:
        """Stop sealing; nothing is kept of it."""
        if self._sealing is not None:
            self._sealing.cancel()

    def _sealed(self, shared: Shared) -> None:
        self._sealing = None
        self.shared.emit(shared)

    def _not_sealed(self, error: UserError) -> None:
        self._sealing = None
        self.stopped.emit()
        self.failed.emit(error)

    def _cancelled(self) -> None:
        self._sealing = None
        self.stopped.emit()


class _Counted(NamedTuple):
    number: int
    kinds: dict[str, int]


class _Count:
    """Counts on a worker."""

    def __init__(self, session: Session, since: str, until: str, number: int) -> None:
        self._session, self._since, self._until = session, since, until
        self._number = number

    def __call__(self, job: JobContext) -> _Counted:
        kinds = {each.kind: each.records for each in asking.catalogue(self._session).kinds}
        if self._since or self._until:
            kinds = {kind: self._within(kind, job) for kind in kinds}
        return _Counted(self._number, {kind: count for kind, count in kinds.items() if count})

    def _within(self, kind: str, job: JobContext) -> int:
        job.check()
        asked = Filter(kind=kind, since=self._since, until=self._until)
        return asking.count(self._session, asked)


class _Looked(NamedTuple):
    number: int
    preview: Preview


class _Look:
    """Makes the preview on a worker."""

    def __init__(
        self, session: Session, selection: Selection, recipients: list[str], number: int
    ) -> None:
        self._session, self._selection = session, selection
        self._recipients, self._number = recipients, number

    def __call__(self, job: JobContext) -> _Looked:
        found = sharing.preview(self._session, self._selection, self._recipients, job)
        return _Looked(self._number, found)


class _Seal:
    """Writes the file on the writer's thread."""

    def __init__(
        self,
        session: Session,
        recipients: list[str],
        selection: Selection,
        promise: Promise,
        out: Path,
    ) -> None:
        self._session, self._recipients, self._selection = session, recipients, selection
        self._promise, self._out = promise, out

    def __call__(self, job: JobContext) -> Shared:
        return sharing.share(
            self._session, self._recipients, self._selection, self._promise, self._out, job
        )
