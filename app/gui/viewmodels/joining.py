"""Opening on this computer the vault whose encrypted copy lies in a cloud folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, Signal

from app.errors import CannotUnlock, UserError
from app.gui.bridge import Bridge
from app.gui.viewmodels.unlock import Opened, look_inside
from app.jobs import Job, JobContext

if TYPE_CHECKING:
    from app.services.cloud import Suggestion

OF_THE_FOLDER: Final = frozenset({"no-copy", "several-copies", "copy-not-here", "not-found"})
"""What is wrong with the folder, to be said beside it."""


class JoinModel(QObject):
    """Emits `opened`, `wrong` (no key fits), `misplaced` (the folder is not it) or `refused`."""

    opened = Signal(object)
    wrong = Signal(object)
    misplaced = Signal(object)
    refused = Signal(object)
    busy_changed = Signal(bool)
    offered = Signal(object)
    """Folders found that hold a copy, as suggestions."""

    def __init__(self, bridge: Bridge, to: Path) -> None:
        super().__init__()
        self.to = to
        self.folder: Path | None = None
        self._bridge = bridge
        self._job: Job[Opened] | None = None

    @property
    def busy(self) -> bool:
        """Whether a vault is being opened."""
        return self._job is not None

    def search(self) -> None:
        """Look for copies in folders that a cloud service carries."""

        def work(_context: JobContext) -> list[Suggestion]:
            from app.services import cloud

            return cloud.copies()

        self._bridge.run(self, work, self.offered.emit)

    def join(self, passphrase: str = "", recovery_key: str = "", new_passphrase: str = "") -> None:
        """Open the vault of `folder`, by its passphrase or its recovery key and a new one."""
        folder, to = self.folder, self.to
        if folder is None or self._job is not None:
            return

        def work(context: JobContext) -> Opened:
            from app.services import cloud

            session = cloud.join(
                cloud.copy_in(folder),
                to,
                passphrase=passphrase,
                recovery_key=recovery_key,
                new_passphrase=new_passphrase,
                context=context,
            )
            return look_inside(session)

        self._job = self._bridge.run(
            self, work, self._done, self._failed, cancelled=self._free, writes=True
        )
        self.busy_changed.emit(True)

    def cancel(self) -> None:
        """Stop; nothing of it stays on this computer."""
        if self._job is not None:
            self._job.cancel()

    def _free(self) -> None:
        self._job = None
        self.busy_changed.emit(False)

    def _done(self, opened: Opened) -> None:
        self._free()
        self.opened.emit(opened)

    def _failed(self, error: UserError) -> None:
        self._free()
        if isinstance(error, CannotUnlock):
            self.wrong.emit(error)
        elif error.code in OF_THE_FOLDER:
            self.misplaced.emit(error)
        else:
            self.refused.emit(error)
