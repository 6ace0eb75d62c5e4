"""Making a vault: where it lies, a passphrase worth having, a recovery key that was kept."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from PySide6.QtCore import QObject, Signal

from app.errors import UserError
from app.gui.bridge import Bridge
from app.gui.viewmodels.unlock import Opened, look_inside
from app.i18n import mark
from app.jobs import JobContext

if TYPE_CHECKING:
    from app.services.session import Session

CLOUD_NAMES: Final = (
    "dropbox",
    "onedrive",
    "google drive",
    "googledrive",
    "icloud drive",
    "com~apple~clouddocs",
    "nextcloud",
    "naver mybox",
    "mega",
)


class Verdict(NamedTuple):
    """What to say about a folder. `tone` as a banner's; `usable` whether it may be taken.

    `carried`: the vault cannot lie there, but its encrypted copy can.
    """

    text: str
    tone: str
    usable: bool
    carried: bool = False


def judge(folder: Path) -> Verdict:
    """Whether a vault can be made in `folder`, and why not."""
    if _is_carried(folder):
        text = mark(
            "A cloud service copies this folder while it is in use, which can damage a vault. "
            "Keep the vault on this computer; its encrypted copy may go there."
        )
        return Verdict(text, "bad", usable=False, carried=True)
    if folder.is_dir() and any(folder.iterdir()):
        return Verdict(mark("This folder is not empty. Choose a new one."), "bad", usable=False)
    nearest = next((each for each in (folder, *folder.parents) if each.exists()), folder)
    if not os.access(nearest, os.W_OK):
        return Verdict(mark("Nothing can be written there."), "bad", usable=False)
    return Verdict(mark("Good: only this computer has it."), "good", usable=True)


def _is_carried(folder: Path) -> bool:
    """By the name of a service, or by what a service leaves on the disk."""
    from app.services import cloud

    parts = [part.lower() for part in folder.parts]
    named = any(part.startswith(name) for part in parts for name in CLOUD_NAMES)
    return named or cloud.is_carried(folder)


def groups_to_ask(recovery_key: str) -> list[int]:
    """Which groups (from 1) to type again: one early, one late, never the same pair for all."""
    groups = recovery_key.split("-")
    seed = sum(ord(char) for char in recovery_key)
    half = len(groups) // 2
    return [1 + seed % half, 1 + half + seed // 7 % (len(groups) - half)]


def same_group(typed: str, recovery_key: str, number: int) -> bool:
    """Whether `typed` is group `number` (from 1), however it was written."""
    from app.services import session as sessions

    return sessions.same_group(typed, recovery_key, number)


def publish_to(session: Session, folder: Path) -> UserError | None:
    """Put the encrypted copy into `folder`; what is in the way is no reason not to open."""
    from app.services import cloud

    try:
        cloud.set_folder(session, folder)
    except UserError as error:
        return error
    return None


class FirstRunModel(QObject):
    """Emits `created` with the recovery key, then `opened` once it was confirmed."""

    created = Signal(str)
    opened = Signal(object)
    refused = Signal(object)
    busy_changed = Signal(bool)

    def __init__(self, bridge: Bridge, folder: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.folder = folder
        self.usual = folder
        self.copy_to: Path | None = None
        """The cloud folder that gets the encrypted copy once the vault is made."""
        self.recovery_key = ""
        self._bridge = bridge
        self._session: Session | None = None

    def create(self, passphrase: str) -> None:
        """Make the vault. It runs on the writer thread."""
        folder = self.folder

        def work(_context: JobContext) -> tuple[Session, str]:
            from app.services import session as sessions

            return sessions.create(folder, passphrase)

        self.busy_changed.emit(True)
        self._bridge.run(self, work, self._made, self._failed, writes=True)

    def _made(self, result: tuple[Session, str]) -> None:
        self._session, self.recovery_key = result
        self.busy_changed.emit(False)
        self.created.emit(self.recovery_key)

    def _failed(self, error: UserError) -> None:
        self.busy_changed.emit(False)
        self.refused.emit(error)

    @property
    def vault_id(self) -> str:
        """The number of the vault that was made."""
        return self._session.vault.vault_id if self._session else ""

    def enter(self) -> None:
        """The key was kept: open the window."""
        if self._session is None:
            return
        session, self._session = self._session, None
        copy_to = self.copy_to

        def work(_context: JobContext) -> Opened:
            from app.services import checkup

            checkup.recovery_confirmed(session)  # two of its groups were typed again
            warning = publish_to(session, copy_to) if copy_to else None
            return look_inside(session)._replace(warning=warning)

        self._bridge.run(self, work, self._entered, self._failed, writes=True)

    def _entered(self, opened: Opened) -> None:
        self.recovery_key = ""
        self.opened.emit(opened)

    def abandon(self) -> Session | None:
        """The window closes half-way: hand over what is open, to be closed."""
        session, self._session = self._session, None
        return session
