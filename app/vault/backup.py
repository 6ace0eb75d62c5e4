"""Verified copies of a vault, and putting one back.

A backup is a whole vault folder under its own name, plus `backup.json`, which says what must be
found in it. It is made beside its final name, opened there with a fresh connection, read page by
page and compared with the source, and only then renamed: a folder with a backup's name is a good
backup. Restoring copies into a new folder, checks it the same way, and never touches an old one.
"""

from __future__ import annotations

import re
import secrets
import shutil
from collections.abc import Callable, Iterable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import msgspec

from app.errors import EnvironmentFailure, InputRefused, environment
from app.vault import checkup, lockfile, originals
from app.vault import header as headers
from app.vault.digest import Digest
from app.vault.vault import Vault

MANIFEST: Final = "backup.json"
_NAME: Final = re.compile(r"mydata-[0-9a-f]{8}-\d{8}T\d{6}Z(-\d+)?")

Step = Callable[[int, int], None]


class Backup(msgspec.Struct, frozen=True):
    """What a backup holds. `made` is UTC; `digest` as in `app.vault.digest`."""

    path: str
    vault_id: str
    made: str
    key_epoch: int
    digest: Digest

    @property
    def records(self) -> int:
        """How many records."""
        return self.digest.records


def no_step(_done: int, _total: int) -> None:
    """Progress nobody asked for."""


def make(vault: Vault, target: Path, step: Step = no_step) -> Backup:
    """Make a verified backup in the folder `target`. Raises `EnvironmentFailure`."""
    with environment():
        target.mkdir(parents=True, exist_ok=True)
        stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
        building = target / f".mydata-{vault.vault_id[:8]}-{secrets.token_hex(4)}.part"
        building.mkdir(mode=0o700)
        try:
            source = vault.copy_database(building / vault.header.database.file)
            headers.write(building, vault.header)
            _copy_blobs(vault.folder, building)
            _verify(vault, building, source, step)
            final = _free_name(target / f"mydata-{vault.vault_id[:8]}-{stamp}")
            made = Backup(str(final), vault.vault_id, headers.now(), vault.header.key_epoch, source)
            _write_manifest(building, made)
            building.rename(final)
            headers.sync_folder(target)
        finally:
            shutil.rmtree(building, ignore_errors=True)
    return made


def _free_name(path: Path) -> Path:
    candidate, number = path, 1
    while candidate.exists():
        number += 1
        candidate = path.with_name(f"{path.name}-{number}")
    return candidate


def _copy_blobs(source: Path, target: Path) -> None:
    if (source / originals.FOLDER).is_dir():
        shutil.copytree(
            source / originals.FOLDER,
            target / originals.FOLDER,
            ignore=shutil.ignore_patterns("new-*"),
        )


def _verify(vault: Vault, folder: Path, source: Digest, step: Step) -> None:
    """Read the copy through a fresh connection and compare it with the vault it came from."""
    with vault.reading_copy(folder / vault.header.database.file) as copy:
        report = checkup.deep(copy, folder, step)
    if not report.ok or report.digest != source:
        raise EnvironmentFailure(
            "backup-not-good",
            "The backup did not come out whole.",
            "It was read back and differs from the vault. Nothing was kept.",
            "Check the vault, then try again, or use another disk.",
        )


def _write_manifest(folder: Path, made: Backup) -> None:
    text = msgspec.json.format(msgspec.json.encode(made, order="deterministic"), indent=2)
    (folder / MANIFEST).write_bytes(text)


def every(target: Path) -> list[Backup]:
    """The backups in a folder, newest first. What cannot be read is left out."""
    folders = target.iterdir() if target.is_dir() else ()
    found = [
        made
        for folder in folders
        if _NAME.fullmatch(folder.name) and (made := read_manifest(folder))
    ]
    return sorted(found, key=lambda made: made.made, reverse=True)


def forget(backups: Iterable[Backup]) -> None:
    """Remove backups. Each is renamed first: what carries a backup's name is whole."""
    with environment():
        for made in backups:
            folder = Path(made.path)
            doomed = folder.with_name(f".{folder.name}.gone")
            folder.rename(doomed)
            shutil.rmtree(doomed)


def read_manifest(folder: Path) -> Backup | None:
    """What `folder` says it holds, or None if it is no backup."""
    try:
        made = msgspec.json.decode((folder / MANIFEST).read_bytes(), type=Backup)
    except (FileNotFoundError, NotADirectoryError, msgspec.DecodeError):
        return None
    return msgspec.structs.replace(made, path=str(folder))


def restore(
    backup: Path, to: Path, *, passphrase: str = "", recovery_key: str = "", step: Step = no_step
) -> Backup:
    """Put a backup back as a vault in the new folder `to`, checked before it gets that name.

    Raises `CannotUnlock` (a backup opens with the passphrase it was made under), `InputRefused` for
    a folder that is no backup or a damaged one, `EnvironmentFailure` if `to` is not new or empty.
    """
    made = read_manifest(backup)
    if made is None:
        raise InputRefused(
            "not-a-backup",
            "“{name}” is not a backup.",
            "",
            "Choose a folder whose name starts with “mydata-”.",
            name=backup.name,
        )
    _check_target(to)
    with environment():
        to.parent.mkdir(parents=True, exist_ok=True)
        building = to.with_name(f"{to.name}.new-{secrets.token_hex(4)}")
        try:
            shutil.copytree(backup, building, ignore=shutil.ignore_patterns(MANIFEST))
            _check_restored(building, made, passphrase, recovery_key, step)
            (building / lockfile.NAME).unlink(missing_ok=True)
            if to.exists():
                to.rmdir()
            building.rename(to)
            headers.sync_folder(to.parent)
        finally:
            shutil.rmtree(building, ignore_errors=True)
    return made


def _check_target(to: Path) -> None:
    if to.exists() and (not to.is_dir() or any(to.iterdir())):
        raise EnvironmentFailure(
            "folder-not-empty",
            "“{folder}” is not an empty folder.",
            "",
            "Choose a new or an empty folder.",
            folder=to.name,
        )


def _check_restored(
    folder: Path, made: Backup, passphrase: str, recovery_key: str, step: Step
) -> None:
    if recovery_key:
        vault = Vault.open_with_recovery(folder, recovery_key)
    else:
        vault = Vault.open(folder, passphrase)
    with closing(vault), vault.read() as copy:
        report = checkup.deep(copy, folder, step)
    if not report.ok or report.digest != made.digest:
        raise InputRefused(
            "backup-damaged",
            "The backup is damaged.",
            "What it holds is not what it was made with. Nothing was put in place.",
            "Choose an older backup.",
        )
