"""Files that appear whole or not at all, and work handed to a second core.

A new file is written under another name in the same folder by its own thread, brought to the disk
while it grows, and moved to its name at the very end: whatever kills the program before that leaves
nothing at the name, and the other name is noted so that it goes the next time.
"""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from queue import SimpleQueue
from types import TracebackType
from typing import Final, Generic, Self, TypeVar

from app.errors import naming
from app.share import unfinished

T = TypeVar("T")

DEPTH: Final = 32
"""Pieces that may wait: at 256 KiB each, 8 MiB."""
BLOCK: Final = 2**20
"""How much is handed to the thread that writes at a time; eight of them may wait."""
STEP: Final = 8 * 2**20
"""After how many bytes the disk is told to begin with them."""


class Conveyor(Generic[T]):
    """Hands items in order to a function on another thread; waits when it falls behind."""

    def __init__(self, work: Callable[[T], None], depth: int = DEPTH) -> None:
        self._work = work
        self._queue: SimpleQueue[T | None] = SimpleQueue()
        self._room = threading.Semaphore(depth)
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while (item := self._queue.get()) is not None:
            try:
                if self._error is None:
                    self._work(item)
            except Exception as error:  # noqa: BLE001 - raised again on the thread that asked
                self._error = error
            finally:
                self._room.release()

    def put(self, item: T) -> None:
        """Hand over the next item; raises what an earlier one led to."""
        self._room.acquire()
        self.check()
        self._queue.put(item)

    def close(self) -> None:
        """Wait until everything is done; raises what went wrong."""
        self.stop()
        self.check()

    def stop(self) -> None:
        """End the thread after what it was given."""
        self._queue.put(None)
        self._thread.join()

    def check(self) -> None:
        """Raise what went wrong so far."""
        if self._error is not None:
            raise self._error


class Output:
    """A new file at `path`, there only after `commit`. Refuses a name that is taken."""

    def __init__(self, path: Path) -> None:
        if path.exists():
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path))
        self.path = path
        self._temporary = unfinished.beside(path)
        self._note = unfinished.Note(self._temporary)
        self._handle = self._opened()
        self._waiting: list[bytes | memoryview] = []
        self._length = self._written = self._begun = 0
        self._writer = Conveyor(self._write, 8)
        self._unsynced: OSError | None = None
        self._settled = False

    def _opened(self) -> int:
        flags = os.O_CREAT | os.O_EXCL | os.O_RDWR | getattr(os, "O_BINARY", 0)
        try:
            with naming(self.path):
                return os.open(self._temporary, flags, 0o600)
        except OSError:
            self._note.drop()
            raise

    def write(self, *pieces: bytes | memoryview) -> None:
        """Append. Returns before it is on the disk."""
        self._waiting += pieces
        self._length += sum(map(len, pieces))
        if self._length >= BLOCK:
            self._hand_over()

    def _hand_over(self) -> None:
        self._writer.put(self._waiting)
        self._waiting, self._length = [], 0

    def _write(self, pieces: list[bytes | memoryview]) -> None:
        for piece in pieces:
            rest = memoryview(piece)
            while rest:
                rest = rest[os.write(self._handle, rest) :]
            self._written += len(piece)
        if self._written >= self._begun + STEP:
            self._begin()

    def _begin(self) -> None:
        """Have the disk begin with what is new, without waiting: at the end little is left to do.

        What it refuses, `fsync` tells. Where this is not known, all of it is left to the end.
        """
        if hasattr(os, "posix_fadvise"):
            length = self._written - self._begun
            with suppress(OSError):  # it is advice
                os.posix_fadvise(self._handle, self._begun, length, os.POSIX_FADV_DONTNEED)
        self._begun = self._written

    def settle(self) -> None:
        """Bring everything to the disk, still under the other name."""
        if self._settled:
            return
        if self._waiting:
            self._hand_over()
        self._writer.close()
        self._sync()
        self._settled = True

    def _sync(self) -> None:
        if self._unsynced is None:
            try:
                os.fsync(self._handle)
            except OSError as error:  # told once: the next sync would say that all is well
                self._unsynced = error
        if self._unsynced:
            raise self._unsynced

    def sha256(self) -> str:
        """SHA-256 of the settled file in hex."""
        self.settle()
        with self._temporary.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    def commit(self) -> None:
        """Give the settled file its name. Done once; leaving the `with` block does it too."""
        if self._handle < 0:
            return
        self.settle()
        os.close(self._handle)
        self._handle = -1
        self._temporary.replace(self.path)
        self._note.drop()
        _sync_folder(self.path.parent)

    def discard(self) -> None:
        """Leave nothing behind."""
        self._writer.stop()
        if self._handle >= 0:
            os.close(self._handle)
        self._temporary.unlink(missing_ok=True)
        self._note.drop()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is not None:
            self.discard()
            return
        try:
            self.commit()
        except BaseException:
            self.discard()
            raise


@contextmanager
def new_folder(path: Path) -> Iterator[Path]:
    """A folder to fill, which gets the name `path` when all went well.

    Raises `FileExistsError` if something is there already; an empty folder may be.
    """
    is_there = path.is_symlink() or path.exists()  # a link to nothing is in the way too
    if is_there and (not path.is_dir() or any(path.iterdir())):
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path))
    path.parent.mkdir(parents=True, exist_ok=True)
    building = unfinished.beside(path)
    note = unfinished.Note(building)
    try:
        with naming(path):
            building.mkdir(mode=0o700)
        yield building
        with naming(path):
            if path.exists():
                path.rmdir()
            building.rename(path)
    finally:
        shutil.rmtree(building, ignore_errors=True)
        note.drop()


def _sync_folder(folder: Path) -> None:
    """Bring the new name to the disk, where folders can be synced."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
