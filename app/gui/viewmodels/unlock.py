"""Opening a vault that exists: by passphrase, or by recovery key with a new passphrase."""

from __future__ import annotations

import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from PySide6.QtCore import QObject, QTimer, Signal

from app import eventlog
from app.errors import CannotUnlock, UserError
from app.gui.bridge import Bridge
from app.jobs import JobContext

if TYPE_CHECKING:
    from app.services.session import Session

FREE_TRIES: Final = 3
LONGEST_WAIT: Final = 30


class Opened(NamedTuple):
    """An open vault, the domains it has records of, and what did not work on the way."""

    session: Session
    domains: frozenset[str]
    warning: UserError | None = None


def look_inside(session: Session) -> Opened:
    """Gather what the window needs before its first picture."""
    from app.services import session as sessions

    return Opened(session, frozenset(sessions.status(session).domains))


def _see_to_store(session: Session, remember: bool | None) -> UserError | None:
    """Remember the vault or forget it; what is in the way is no reason not to open it."""
    from app.services import session as sessions

    try:
        if remember:
            sessions.remember(session)
        elif remember is not None:
            sessions.forget(session)
    except UserError as error:
        return error
    return None


class UnlockModel(QObject):
    """Emits `opened`, `wrong` (no key fits; try again) or `refused` (anything else)."""

    opened = Signal(object)
    wrong = Signal(object)
    refused = Signal(object)
    busy_changed = Signal(bool)
    wait_changed = Signal(int)
    store_found = Signal(str, bool)
    """What the secret store is called, and whether this vault was remembered by one."""

    def __init__(self, bridge: Bridge, folder: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.folder = folder
        self.lost = False
        """Whether the secret store should have known the vault and did not."""
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

    def look_for_store(self) -> None:
        """Find out whether this computer can remember. Asking may take seconds."""

        def work(_context: JobContext) -> tuple[str, bool]:
            from app.services import session as sessions

            return sessions.secret_store(), sessions.remembered(self.folder)

        self._bridge.soon(partial(self._bridge.run, self, work, self._found))

    def _found(self, found: tuple[str, bool]) -> None:
        self.store_found.emit(*found)

    def open_remembered(self) -> None:
        """Try what the secret store remembers, if it was asked to: once, when the program starts.

        Whatever is in the way ends here, at the page that asks for the passphrase.
        """

        def work(_context: JobContext) -> Opened | None:
            from app.services import session as sessions

            if not sessions.remembered(self.folder):
                return None
            return look_inside(sessions.unlock_remembered(self.folder))

        self._bridge.soon(
            partial(self._bridge.run, self, work, self._remembered, self._not_remembered)
        )

    def _remembered(self, opened: Opened | None) -> None:
        if opened is not None:
            self.opened.emit(opened)

    def _not_remembered(self, error: UserError) -> None:
        self.lost = error.code == "store-slot-gone"
        eventlog.note(f"remembered.{error.code}"[:64])
        self.refused.emit(error)

    def unlock(self, passphrase: str, *, remember: bool | None = None) -> None:
        """Try `passphrase`. It runs on the writer thread: the key takes half a second to make.

        `remember` True lets the secret store open the vault from now on, False no longer.
        """

        def work(_context: JobContext) -> Opened:
            from app.services import session as sessions

            opened = look_inside(sessions.unlock(self.folder, passphrase))
            return opened._replace(warning=_see_to_store(opened.session, remember))

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
