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
from contextlib import contextmanager
from pathlib import Path
from queue import SimpleQueue
from types import TracebackType
from typing import Final, Generic, Self, TypeVar

from app.errors import naming
from app.share import unfinished

T = TypeVar("T")

DEPTH: Final = 32
"""Pieces that may wait: at 256 KiB each, 8 MiB."""
SYNC_FROM: Final = 32 * 2**20


class Conveyor(Generic[T]):
    """Hands items in order to a function on another thread; waits when it falls behind."""

    def __init__(self, work: Callable[[T], None]) -> None:
        self._work = work
        self._queue: SimpleQueue[T | None] = SimpleQueue()
        self._room = threading.Semaphore(DEPTH)
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
        self._written = 0
        self._writer = Conveyor(self._write)
        self._syncer: threading.Thread | None = None
        self._unsynced: OSError | None = None
        self._whole = threading.Event()
        self._settled = False

    def _opened(self) -> int:
        flags = os.O_CREAT | os.O_EXCL | os.O_RDWR | getattr(os, "O_BINARY", 0)
        try:
            with naming(self.path):
                return os.open(self._temporary, flags, 0o600)
        except OSError:
            self._note.drop()
            raise

    def write(self, *pieces: bytes) -> None:
        """Append. Returns before it is on the disk."""
        self._writer.put(b"".join(pieces) if len(pieces[-1]) < 4096 else pieces)

    def _write(self, pieces: bytes | tuple[bytes, ...]) -> None:
        for piece in (pieces,) if isinstance(pieces, bytes) else pieces:
            rest = memoryview(piece)
            while rest:
                rest = rest[os.write(self._handle, rest) :]
            self._written += len(piece)
        if self._written >= SYNC_FROM and self._syncer is None:
            self._start_syncing()

    def _start_syncing(self) -> None:
        """Bring a long file to the disk while it grows: at the end little is left to wait for."""
        self._syncer = threading.Thread(target=self._sync, daemon=True)
        self._syncer.start()

    def _sync(self) -> None:
        while hasattr(os, "fdatasync") and not self._whole.wait(0.05):
            try:
                os.fdatasync(self._handle)
            except OSError as error:  # told once: the next sync would say that all is well
                self._unsynced = error
                return

    def _end_threads(self) -> None:
        self._writer.stop()
        self._whole.set()
        if self._syncer:
            self._syncer.join()

    def settle(self) -> None:
        """Bring everything to the disk, still under the other name."""
        if self._settled:
            return
        self._end_threads()
        self._writer.check()
        if self._unsynced:
            raise self._unsynced
        os.fsync(self._handle)
        self._settled = True

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
        self._end_threads()
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
