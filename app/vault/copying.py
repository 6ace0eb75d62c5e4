"""What copies of a vault are made of, shared by backups, restoring and migrations.

A copy grows in a folder of its own beside its final place, under a name nobody takes for a vault,
with a lock in it as long as its maker lives. What a killed maker left is swept by the next one.
Every file is synced to its disk before the folder gets its name, and dropped from the computer's
memory, so that reading it back reads the disk.
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from app.errors import EnvironmentFailure, environment, naming
from app.vault import connection as opening
from app.vault import lockfile, originals, pages
from app.vault.digest import Digest, digest
from app.vault.header import Header, private, sync_folder
from app.vault.transaction import Transaction

if TYPE_CHECKING:
    import sqlcipher3

Step = Callable[[int, int], None]
_CHUNK: Final = 1 << 20


def no_step(_done: int, _total: int) -> None:
    """Progress nobody asked for."""


class Origin:
    """A vault's files and the key to its data, held still while a copy is made.

    Deliberately no struct: its representation must never show the key.
    """

    def __init__(
        self, folder: Path, header: Header, key: bytes, *, immutable: bool = False
    ) -> None:
        self.folder = folder
        self.header = header
        self._key = key
        self._immutable = immutable

    def moved(self, folder: Path) -> Origin:
        """The same vault's files in another folder, which nobody writes to any more."""
        return Origin(folder, self.header, self._key, immutable=True)

    @property
    def data(self) -> Path:
        """The data file."""
        return self.folder / self.header.database.file

    def connect(self, *, guarded: bool = True) -> sqlcipher3.Connection:
        """A connection of its own to the data file. Raises as `Vault.open` does for a bad one."""
        opening.check_file(self.data, self.header.database.salt)
        return opening.connect(
            self.data,
            self._key,
            self.header.database.salt,
            cache_kib=opening.READER_CACHE_KIB,
            guarded=guarded,
            immutable=self._immutable,
        )

    @contextmanager
    def connected(self, *, guarded: bool = True) -> Iterator[sqlcipher3.Connection]:
        """The same, closed at the end."""
        with closing(self.connect(guarded=guarded)) as connection, opening.failures():
            yield connection

    @contextmanager
    def reading(self) -> Iterator[Transaction]:
        """The same again, for those who ask questions."""
        with self.connected() as connection:
            yield transaction(connection)


def transaction(connection: sqlcipher3.Connection) -> Transaction:
    """A transaction on a connection, of the device that wrote the file last."""
    row = connection.execute("SELECT value FROM meta WHERE name = 'device'").fetchone()
    return Transaction(connection, int(row[0]) if row else 0)


def data(origin: Origin, target: Path, step: Step) -> Digest:
    """Write a compact copy of the data file into the folder `target`; returns what it must hold."""
    path = target / origin.header.database.file
    private(path, "xb").close()  # an empty file of the right mode is what VACUUM fills
    with origin.connected(guarded=False) as source:
        # The copy takes its page size from this default, not from the file it copies.
        source.execute(f"PRAGMA cipher_default_page_size = {pages.PAGE_SIZE}")
        with opening.cancellable(source, lambda: step(0, 0)):
            source.execute("VACUUM INTO ?", (str(path),))
            held = digest(transaction(source))
    to_disk(path)
    return held


def to_disk(path: Path) -> None:
    """Sync a file and, where the system can, forget what of it is in memory."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())
        if hasattr(os, "posix_fadvise"):
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def blob_names(transaction: Transaction) -> list[str]:
    """The blobs of kept originals that a data file names."""
    return [
        str(blob) for (blob,) in transaction.execute("SELECT blob FROM original WHERE blob <> ''")
    ]


def blobs(
    names: Iterable[str], source: Path, target: Path, step: Step, *, beside: Path | None = None
) -> list[str]:
    """Bring blobs from one vault's folder to another's; returns those not whole in `source`.

    Where `beside`, an earlier copy, has them, they are linked and need no room. What is brought is
    read back and must have the hash it is named by. Raises `OSError`.
    """
    damaged = []
    wanted = sorted(names)
    if wanted:
        (target / originals.FOLDER).mkdir(mode=0o700, exist_ok=True)
    for done, blob in enumerate(wanted):
        step(done, len(wanted))
        if beside and _link(beside, target, blob) and originals.whole(target, blob):
            continue
        _copy(source, target, blob)
        if originals.whole(target, blob):
            continue
        if originals.whole(source, blob):
            raise not_good()
        damaged.append(blob)
    return damaged


def _room(target: Path, blob: str) -> Path:
    """Where a blob goes. Only its own folder is made: where the rest is gone, so is the disk."""
    path = originals.path_of(target, blob)
    path.parent.mkdir(mode=0o700, exist_ok=True)
    return path


def _link(beside: Path, target: Path, blob: str) -> bool:
    path = _room(target, blob)
    try:
        os.link(originals.path_of(beside, blob), path)
    except OSError:  # not there, another disk, or a file system that has no links
        return False
    return True


def _copy(source: Path, target: Path, blob: str) -> None:
    path = _room(target, blob)
    path.unlink(missing_ok=True)
    with suppress(FileNotFoundError), originals.path_of(source, blob).open("rb") as file:
        with private(path, "xb") as out:
            shutil.copyfileobj(file, out, _CHUNK)
        to_disk(path)


def file(source: Path, target: Path, step: Step) -> None:
    """Copy a large file, synced. Raises `OSError`."""
    total, done = source.stat().st_size, 0
    with source.open("rb") as read, private(target, "xb") as out:
        while chunk := read.read(_CHUNK):
            out.write(chunk)
            done += len(chunk)
            step(done, total)
    to_disk(target)


def not_good() -> EnvironmentFailure:
    """A copy that differs from what it was made of."""
    return EnvironmentFailure(
        "backup-not-good",
        "The backup did not come out whole.",
        "It was read back and differs from the vault. Nothing was kept.",
        "Check the vault, then try again, or use another disk.",
    )


def check_room(folder: Path, needed: int) -> None:
    """Say early that a copy will not fit. Raises `EnvironmentFailure`."""
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise EnvironmentFailure(
            "disk-full",
            "There is not enough room in “{folder}”.",
            "{needed:,} MB are needed and {free:,} MB are free. Nothing was changed.",
            "Free some space, or choose another disk.",
            folder=folder.name,
            needed=-(-needed // 1_000_000),
            free=free // 1_000_000,
        )


def size(folder: Path) -> int:
    """Bytes of all files in a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


# -- where a copy grows


class Building:
    """A copy that grows in `folder`."""

    def __init__(self, folder: Path, lock: lockfile.Lock | None) -> None:
        self.folder = folder
        self._lock = lock

    def finish(self, final: Path) -> None:
        """Give the copy its name, durably. Raises `OSError` only while it has not got it."""
        self.release()
        (self.folder / lockfile.NAME).unlink(missing_ok=True)
        for path in self.folder.rglob("*"):
            if path.is_dir():
                _sync(path)
        _sync(self.folder)
        self.folder.rename(final)
        _sync(final.parent)

    def release(self) -> None:
        """Let go of the lock: no folder with an open file in it can be moved on every system."""
        if self._lock:
            self._lock.release()
            self._lock = None


@contextmanager
def building(beside: Path, stem: str) -> Iterator[Building]:
    """A new folder in `beside`, gone again at the end unless it was finished by then.

    Raises `OSError`.
    """
    sweep(beside, stem)
    folder = beside / f".{stem}-{secrets.token_hex(4)}.part"
    with naming(beside):
        folder.mkdir(mode=0o700)
    made = Building(folder, _locked(folder))
    try:
        yield made
    finally:
        made.release()
        shutil.rmtree(folder, ignore_errors=True)


def _sync(folder: Path) -> None:
    with suppress(OSError):  # some file systems of memory sticks cannot
        sync_folder(folder)


def _locked(folder: Path) -> lockfile.Lock | None:
    with suppress(OSError, EnvironmentFailure):  # some network drives have no locks
        return lockfile.Lock(folder)
    return None


def sweep(beside: Path, stem: str) -> None:
    """Remove what killed makers of copies left in `beside`."""
    pattern = re.compile(rf"\.{re.escape(stem)}-[0-9a-f]{{8}}\.(part|gone)")
    with environment():
        found = [path for path in beside.iterdir() if pattern.fullmatch(path.name)]
    for path in found:
        if lock := _locked(path):
            lock.release()
            shutil.rmtree(path, ignore_errors=True)


def remove(folder: Path, stem: str) -> None:
    """Remove a finished copy: first its name, so that what carries one is whole."""
    with environment():
        doomed = folder.with_name(f".{stem}-{secrets.token_hex(4)}.gone")
        folder.rename(doomed)
    shutil.rmtree(doomed, ignore_errors=True)
