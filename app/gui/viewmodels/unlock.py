"""Opening a vault that exists: by passphrase, or by recovery key with a new passphrase."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from PySide6.QtCore import QObject, QTimer, Signal

from app.errors import CannotUnlock, UserError
from app.gui.bridge import Bridge
from app.jobs import JobContext

if TYPE_CHECKING:
    from app.services.session import Session

FREE_TRIES: Final = 3
LONGEST_WAIT: Final = 30


class Opened(NamedTuple):
    """An open vault, and the domains it has records of."""

    session: Session
    domains: frozenset[str]


def look_inside(session: Session) -> Opened:
    """Gather what the window needs before its first picture."""
    from app.services import session as sessions

    return Opened(session, frozenset(sessions.status(session).domains))


class UnlockModel(QObject):
    """Emits `opened`, `wrong` (no key fits; try again) or `refused` (anything else)."""

    opened = Signal(object)
    wrong = Signal(object)
    refused = Signal(object)
    busy_changed = Signal(bool)
    wait_changed = Signal(int)

    def __init__(self, bridge: Bridge, folder: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.folder = folder
        self._bridge = bridge
        self._tries = 0
        self._until = 0.0
        self._tick = QTimer(self)
        self._tick.setInterval(250)
        self._tick.timeout.connect(self._count_down)

    @property
    def name(self) -> str:
        """The vault's folder as a name."""
        return self.folder.name

    def unlock(self, passphrase: str) -> None:
        """Try `passphrase`. It runs on the writer thread: the key takes half a second to make."""

        def work(_context: JobContext) -> Opened:
            from app.services import session as sessions

            return look_inside(sessions.unlock(self.folder, passphrase))

        self.busy_changed.emit(True)
        self._bridge.run(self, work, self._done, self._failed, writes=True)

    def recover(self, recovery: str, new_passphrase: str) -> None:
        """Open with the recovery key and put `new_passphrase` in the old one's place."""

        def work(_context: JobContext) -> Opened:
            from app.services import session as sessions

            return look_inside(sessions.recover(self.folder, recovery, new_passphrase))

        self.busy_changed.emit(True)
        self._bridge.run(self, work, self._done, self._failed, writes=True)

    def _done(self, opened: Opened) -> None:
        self.busy_changed.emit(False)
        self.opened.emit(opened)

    def _failed(self, error: UserError) -> None:
        self.busy_changed.emit(False)
        if isinstance(error, CannotUnlock):
            self._slow_down()
            self.wrong.emit(error)
        else:
            self.refused.emit(error)

    def _slow_down(self) -> None:
        self._tries += 1
        extra = self._tries - FREE_TRIES
        if extra > 0:
            self._until = time.monotonic() + min(LONGEST_WAIT, 2**extra)
            self._tick.start()
            self._count_down()

    def _count_down(self) -> None:
        left = self._until - time.monotonic()
        if left <= 0:
            self._tick.stop()
        self.wait_changed.emit(max(0, round(left + 0.4)) if left > 0 else 0)
