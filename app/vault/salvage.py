"""Getting out of a damaged vault what can be got out, into a new one. The last resort.

A good backup comes before this, and with this, because what the damage took is filled in from it.
The damaged files are copied first, bad sectors as zeros, and never written to. What is read and
made anew is the business of `app.vault.refilling`. The new vault opens with the same passphrase and
recovery key, and is checked before it gets its name.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final

import msgspec

from app.errors import InputRefused, VaultDamaged, environment
from app.vault import backup as backups
from app.vault import checkup, copying, keys, migrate, pages
from app.vault import connection as opening
from app.vault import header as headers
from app.vault.copying import Origin, Step, no_step
from app.vault.lockfile import Lock
from app.vault.pages import PAGE_SIZE
from app.vault.refilling import Refill, Salvaged
from app.vault.transaction import Transaction
from app.vault.walking import Walker

if TYPE_CHECKING:
    import sqlcipher3

_ASIDE: Final = "damaged"
_SCHEMA: Final = "PRAGMA user_version"
_LENGTHENED: Final = 5
"""Zeros behind a cut file, as a multiple: the database refuses one shorter than it says it is."""
_TOLERATED: Final = {"ledger", "original"}
"""What a check of the new vault may find: losses that are told and that nothing can mend."""


def salvage(
    folder: Path,
    to: Path,
    unlock: Callable[[headers.Header], bytes],
    *,
    backup: Path | None = None,
    step: Step = no_step,
) -> Salvaged:
    """Make a new vault in `to` of what can be read in `folder` and, where that fails, in `backup`.

    Raises `CannotUnlock`, `EnvironmentFailure`, and `VaultDamaged` where nothing can be read.
    """
    to = to.absolute()
    with environment():
        backups.check_target(to, folder)
        header = _header(folder, backup)
        key = keys.key_ring(unlock(header)).database
        earlier = _earlier(header, unlock, backup) if backup else None
        lock = Lock(folder)
        try:
            to.parent.mkdir(parents=True, exist_ok=True)
            with copying.building(to.parent, to.name) as building:
                made = _Salvage(folder, building.folder, header, key, step).run(earlier)
                if to.exists():
                    to.rmdir()
                building.finish(to)
        finally:
            lock.release(clean=not lock.unclean)
    return made


def _header(folder: Path, backup: Path | None) -> headers.Header:
    """The vault's header, or that of its backup where it is damaged or gone."""
    try:
        return headers.read(folder)
    except VaultDamaged:
        if backup is None:
            raise
        return headers.read(backup)


def _earlier(
    header: headers.Header, unlock: Callable[[headers.Header], bytes], backup: Path
) -> Origin:
    other = headers.read(backup)
    if other.vault_id != header.vault_id:
        raise InputRefused(
            "backup-of-another",
            "“{name}” is a backup of another vault.",
            "",
            "Choose a backup of this vault.",
            name=backup.name,
        )
    return Origin(
        backup, other, keys.key_ring(backups.unlocked(other, unlock)).database, immutable=True
    )


class _Salvage:
    """The files of one salvage: what is read from, and what is written to."""

    def __init__(
        self, folder: Path, target: Path, header: headers.Header, key: bytes, step: Step
    ) -> None:
        self._folder = folder
        self._target = target
        self._header = header
        self._key = key
        self._step = step

    def run(self, earlier: Origin | None) -> Salvaged:
        damaged = self._set_aside()
        told = self._refill(damaged, earlier)
        _remove_folder(damaged.parent)
        headers.write(self._target, self._header)
        with Origin(self._target, self._header, self._key).reading() as fresh:
            names = copying.blob_names(fresh)
            missing = copying.blobs(names, self._folder, self._target, self._step)
            if missing and earlier:
                missing = copying.blobs(missing, earlier.folder, self._target, self._step)
            report = checkup.deep(fresh, self._target, self._step)
        if not {finding.code for finding in report.findings} <= _TOLERATED:
            raise copying.not_good()
        return msgspec.structs.replace(told, originals_missing=len(missing))

    def _set_aside(self) -> Path:
        """Copy the damaged file and its log; returns where the copy is."""
        source = self._folder / self._header.database.file
        if not source.exists():
            raise _nothing()
        aside = self._target / _ASIDE
        aside.mkdir(mode=0o700)
        for path in (source, source.with_name(f"{source.name}-wal")):
            if path.exists():
                with (
                    path.open("rb", buffering=0) as file,
                    headers.private(aside / path.name, "xb") as out,
                ):
                    _copy_readable(file, out, path.stat().st_size, self._step)
        damaged = aside / source.name
        pages.mend_salt(damaged, self._key, self._header.database.salt)
        opening.check_file(damaged, self._header.database.salt)
        pages.set_foreign_log_aside(damaged, self._key, self._header.database.salt)
        return damaged

    def _refill(self, damaged: Path, earlier: Origin | None) -> Salvaged:
        path = self._target / self._header.database.file
        headers.private(path, "xb").close()
        fresh = self._connect(path, create=True)
        walker = Walker(lambda: self._connect(damaged))
        backup = Walker(earlier.connect) if earlier else None
        with closing(fresh), closing(walker), closing(backup or walker), opening.failures():
            _check_schema(walker, damaged)
            migrate.migrate(fresh)
            fresh.execute("PRAGMA foreign_keys = OFF")  # parents may come after their children
            fresh.execute("BEGIN IMMEDIATE")
            refill = Refill(Transaction(fresh, 0), self._header.vault_id, walker, backup)
            told = refill.run(self._step)
            fresh.execute("COMMIT")
            fresh.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        copying.to_disk(path)
        return told

    def _connect(self, path: Path, *, create: bool = False) -> sqlcipher3.Connection:
        return opening.connect(path, self._key, self._header.database.salt, create=create)


def _check_schema(walker: Walker, damaged: Path) -> None:
    """Whether anything can be asked at all; of a file that was cut off, once it is long enough."""
    found = walker.ask(_SCHEMA)
    if found is None:
        os.truncate(damaged, damaged.stat().st_size * _LENGTHENED // PAGE_SIZE * PAGE_SIZE)
        found = walker.ask(_SCHEMA)
    if not found or found[0][0] != migrate.SCHEMA:
        raise _nothing()


def _copy_readable(file: BinaryIO, out: BinaryIO, size: int, step: Step) -> None:
    """Copy `size` bytes; what the disk cannot give becomes zeros."""
    for start in range(0, size, PAGE_SIZE):
        step(start, size)
        length = min(PAGE_SIZE, size - start)
        try:
            file.seek(start)
            data = file.read(length)
        except OSError:
            data = b""
        out.write(data.ljust(length, b"\0"))


def _remove_folder(folder: Path) -> None:
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()


def _nothing() -> VaultDamaged:
    return VaultDamaged(
        "nothing-to-salvage",
        "Nothing can be read from this vault any more.",
        "The beginning of its data file is damaged, and nothing behind it can be found.",
        "Restore the last backup. Keep a copy of the damaged folder all the same.",
    )
