"""One program at a time: an operating-system lock on `vault.lock`, gone with its process.

The file's text (process number and computer) only serves the sentence for the person; the lock
itself is the kernel's, so a killed program leaves none behind.
"""

from __future__ import annotations

import os
import platform
import sys
from pathlib import Path
from typing import BinaryIO, Final

from app.errors import EnvironmentFailure, environment
from app.vault.header import private

NAME: Final = "vault.lock"


class Lock:
    """Held from construction until `release`. Raises `EnvironmentFailure` when someone has it."""

    def __init__(self, folder: Path) -> None:
        path = folder / NAME
        with environment():
            self._file = private(path, "a+b")
        if not _take(self._file):
            holder = _holder(self._file)
            self._file.close()
            raise EnvironmentFailure(
                "vault-in-use",
                "The vault is open in another window or command.",
                "It is held by {holder}.",
                "Close it there, or lock it, and try again.",
                holder=holder,
            )
        self._file.truncate(0)
        self._file.write(f"{os.getpid()} {platform.node()}\n".encode())
        self._file.flush()

    def release(self) -> None:
        """Let others in. The file stays: removing it would race with the next holder."""
        self._file.close()


def _holder(file: BinaryIO) -> str:
    file.seek(0)
    number, _, host = file.read(300).decode("utf-8", "replace").strip().partition(" ")
    return f"{host} ({number})" if number.isdigit() else "?"


if sys.platform == "win32":
    import msvcrt

    def _take(file: BinaryIO) -> bool:
        # One byte far behind the text, so that others can still read who holds it.
        file.seek(1 << 20)
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True
else:
    import fcntl

    def _take(file: BinaryIO) -> bool:
        try:
            fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
