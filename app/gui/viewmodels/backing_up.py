"""Backups that happen by themselves: soon after the vault opens and each hour, if one is due.

The place and how often are the person's plan; nothing happens before they chose a place. A backup
that cannot be made now, because its disk is away, is tried again: home and check-up say how old the
last one is.
"""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QObject, QTimer

from app.errors import UserError
from app.gui.bridge import Bridge
from app.gui.context import PageContext
from app.jobs import Job, JobContext

SOON_MS: Final = 20_000
"""What the person came for goes first."""
AGAIN_MS: Final = 3_600_000


class BackingUp(QObject):
    """`begin` until `stop`. On a bridge of its own: it never keeps the vault from locking."""

    def __init__(self, context: PageContext) -> None:
        super().__init__(context)
        self._session = context.session
        self._bridge = Bridge(context.session.jobs, self, context.bridge)
        self._job: Job[None] | None = None
        self._timer = QTimer(self, singleShot=True)
        self._timer.timeout.connect(self._go)

    def begin(self) -> None:
        """Look soon, and again and again."""
        self._timer.start(SOON_MS)

    def stop(self) -> None:
        """Nothing happens by itself any more; what was begun leaves no half backup."""
        self._timer.stop()
        if self._job is not None:
            self._job.cancel()
        self._bridge.stop()

    def _go(self) -> None:
        self._timer.start(AGAIN_MS)
        self._job = self._bridge.run(self, self._work, None, self._not_now)

    def _work(self, job: JobContext) -> None:
        from app.services import keeping

        keeping.back_up_if_due(self._session, job)

    def _not_now(self, _error: UserError) -> None:
        """The next hour, perhaps."""
