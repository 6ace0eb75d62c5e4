"""The demo vault: made on a worker, shown in the window, removed on leaving it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import shiboken6
from PySide6.QtCore import QObject, Signal

from app.errors import UserError
from app.gui.bridge import Bridge
from app.gui.viewmodels.unlock import Opened, look_inside
from app.jobs import Job, JobContext, Progress

if TYPE_CHECKING:
    from app.gui.views.demo import DemoGate
    from app.services.demo import Visit


class Toured(NamedTuple):
    """The demo vault and what the window needs of it."""

    visit: Visit
    opened: Opened


class Tour(QObject):
    """Emits `ready` with a `Toured`, or `given_up` with the error, or with None if cancelled."""

    ready = Signal(object)
    given_up = Signal(object)

    def __init__(self, bridge: Bridge, parent: QObject) -> None:
        super().__init__(parent)
        self._bridge = bridge
        self._job: Job[Toured] | None = None
        self._view: DemoGate | None = None

    @property
    def under_way(self) -> bool:
        """Whether it is being made."""
        return self._job is not None

    def page(self) -> DemoGate:
        """The page to show while it is made."""
        from app.gui.views.demo import DemoGate

        self._view = DemoGate()
        self._view.cancelled.connect(self.cancel)
        return self._view

    def begin(self) -> None:
        """Start making it."""
        self._job = self._bridge.run(
            self,
            _make,
            self._made,
            self._failed,
            cancelled=self._cancelled,
            progress=self._show_progress,
            writes=True,
        )

    def _show_progress(self, progress: Progress) -> None:
        # The page is made anew when the language or the look changes under it.
        if self._view is not None and shiboken6.isValid(self._view):
            self._view.show_progress(progress)

    def cancel(self) -> None:
        """Stop making it."""
        if self._job is not None:
            self._job.cancel()

    def _made(self, made: Toured) -> None:
        self._job = None
        self.ready.emit(made)

    def _failed(self, error: UserError) -> None:
        self._job = None
        self.given_up.emit(error)

    def _cancelled(self) -> None:
        self._job = None
        self.given_up.emit(None)


def _make(context: JobContext) -> Toured:
    from app.services.demo import Visit

    visit = Visit.begin(context)
    return Toured(visit, look_inside(visit.session))
