"""One program at a time: an operating-system lock on `vault.lock`, gone with its process.

The file's text (process number and computer) serves the sentence for the person; the lock itself is
the kernel's, so a killed program leaves none behind. Whoever locks the vault properly takes the
text away, so that text found there says that the last one did not.
"""

from __future__ import annotations

import errno
import os
import platform
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, Final

from app.errors import EnvironmentFailure, from_os_error
from app.vault.header import private

NAME: Final = "vault.lock"
_TRIES: Final = 6
_PAUSE_SECONDS: Final = 0.05
_NOT_WRITABLE: Final = (errno.EACCES, errno.EPERM, errno.EROFS)


class Lock:
    """Held from construction until `release`. Raises `EnvironmentFailure` when someone has it.

    `read_only` says that nothing can be written in the folder, `unclean` that the program which had
    the vault open before did not come to lock it.
    """

    def __init__(self, folder: Path) -> None:
        self.read_only = False
        self.unclean = False
        self._file = self._open(folder / NAME)
        if self._file is None:
            return
        if not _take_patiently(self._file):
            holder = _holder(self._file)
            self._file.close()
            raise EnvironmentFailure(
                "vault-in-use",
                "The vault is open in another window or command.",
                "It is held by {holder}.",
                "Close it there, or lock it, and try again.",
                holder=holder,
            )
        if not self.read_only:
            self._sign(self._file)

    def _open(self, path: Path) -> BinaryIO | None:
        try:
            return private(path, "a+b")
        except OSError as error:
            if error.errno not in _NOT_WRITABLE:
                raise from_os_error(error) from error
        self.read_only = True
        with suppress(OSError):  # where nothing can be written, there may be no lock to take
            return path.open("rb")
        return None

    def _sign(self, file: BinaryIO) -> None:
        with suppress(OSError):  # a full disk is no reason to keep the vault from its owner
            # Past the buffer: what a full disk does not take must not wait in it for `close`.
            self.unclean = os.fstat(file.fileno()).st_size > 0
            os.ftruncate(file.fileno(), 0)
            os.write(file.fileno(), f"{os.getpid()} {platform.node()}\n".encode())
            os.fsync(file.fileno())

    def release(self, *, clean: bool = True) -> None:
        """Let others in. The file stays: removing it would race with the next holder."""
        if self._file is None:
            return
        if clean and not self.read_only:
            with suppress(OSError):  # on a full disk it only costs a look over the vault
                os.ftruncate(self._file.fileno(), 0)
        self._file.close()


def _take_patiently(file: BinaryIO) -> bool:
    """Take the lock, waiting a moment for one that is about to go.

    A program that is killed while it starts another leaves the lock to that one until it has begun.
    """
    for _ in range(_TRIES):
        if take(file):
            return True
        time.sleep(_PAUSE_SECONDS)
    return False


def _holder(file: BinaryIO) -> str:
    file.seek(0)
    number, _, host = file.read(300).decode("utf-8", "replace").strip().partition(" ")
    return f"{host} ({number})" if number.isdigit() else "?"


if sys.platform == "win32":
    import msvcrt

    def take(file: BinaryIO) -> bool:
        """Lock an open file until it is closed; False when somebody else has it."""
        # One byte far behind the text, so that others can still read who holds it.
        file.seek(1 << 20)
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True
else:
    import fcntl

    def take(file: BinaryIO) -> bool:
        """Lock an open file until it is closed; False when somebody else has it."""
        try:
            fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
