"""Verified copies of a vault, and putting one back.

A backup is a whole vault folder under its own name, plus `backup.json`, which says what must be
found in it. It is made beside its final name, opened there with a fresh connection, read page by
page and compared with the source, and only then renamed: a folder with a backup's name is a good
backup. Restoring copies into a new folder, checks it the same way, and never touches an old one.

A vault that must be migrated is copied in the same way into its own folder first, under “earlier”.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from app.errors import (
    CannotUnlock,
    EnvironmentFailure,
    InputRefused,
    UserError,
    VaultDamaged,
    check_new_or_empty,
    environment,
)
from app.vault import checkup, copying, keys, migrate
from app.vault import connection as opening
from app.vault import header as headers
from app.vault.copying import Origin, Step, no_step
from app.vault.digest import FORMS, Digest

if TYPE_CHECKING:
    from app.vault.vault import Vault

MANIFEST: Final = "backup.json"
EARLIER: Final = "earlier"
KEPT_DAYS: Final = 30
"""How long a copy made before a migration stays."""
_NAME: Final = re.compile(r"mydata-[0-9a-f]{8}-\d{8}T\d{6}Z(-schema\d+to\d+)?(-\d+)?")
_ROOM: Final = 2.2
"""What a migration may need, as a multiple of the data file."""
_TRIES: Final = 3
_ANOTHER: Final = ("wrong-passphrase", "wrong-recovery-key")
"""What a well written key is told that is not the one."""


class Backup(msgspec.Struct, frozen=True):
    """What a backup holds. `made` is UTC; `digest` as in `app.vault.digest`.

    `reason` says why it was made where that was not to have a backup ("migration"); `missing` are
    kept originals that were damaged in the vault already.
    """

    path: str
    vault_id: str
    made: str
    key_epoch: int
    digest: Digest
    schema: int = 1
    reason: str = ""
    missing: int = 0

    @property
    def records(self) -> int:
        """How many records."""
        return self.digest.records


# -- making one


def make(vault: Vault, target: Path, step: Step = no_step) -> Backup:
    """Make a verified backup in the folder `target`, which may hold other things.

    Of the folder's own path only the last part is made: where the rest is missing, so is the disk.
    Raises `EnvironmentFailure`.
    """
    with environment():
        _check_outside(vault.folder, target)
        target.mkdir(exist_ok=True)
        copying.check_room(target, (vault.folder / vault.header.database.file).stat().st_size)
        for _ in range(_TRIES):
            if made := _try(vault, target, step):
                return made
    raise copying.not_good()


def _check_outside(vault: Path, target: Path) -> None:
    if target.resolve().is_relative_to(vault.resolve()):
        raise EnvironmentFailure(
            "backup-inside-vault",
            "“{folder}” lies inside the vault's own folder.",
            "What happens to the vault would happen to the backup too.",
            "Choose another folder, best on another disk.",
            folder=target.name,
        )


def _try(vault: Vault, target: Path, step: Step) -> Backup | None:
    """One backup, or None if an original it needs was removed from the vault meanwhile."""
    made = headers.now()
    with copying.building(target, f"mydata-{vault.vault_id[:8]}") as building:
        with vault.still() as origin:
            held = copying.data(origin, building.folder, step)
        newest = next((old for old in every(target) if old.vault_id == vault.vault_id), None)
        beside = Path(newest.path) if newest else None
        missing = _complete(origin, building.folder, held, step, beside)
        if missing:
            with vault.read() as snapshot:
                if set(missing) - set(copying.blob_names(snapshot)):
                    return None
        return _finish(building, target, _manifest(origin, made, held, missing))


def before_migration(origin: Origin, present: int, wanted: int) -> Backup:
    """Copy a vault of schema `present` into its own folder before it becomes `wanted`.

    Copies of earlier migrations go once they are old. Raises `EnvironmentFailure`.
    """
    target = origin.folder / EARLIER
    with environment():
        target.mkdir(mode=0o700, exist_ok=True)
        _forget_old(target)
        copying.check_room(target, int(origin.data.stat().st_size * _ROOM))
        with copying.building(target, f"mydata-{origin.header.vault_id[:8]}") as building:
            held = copying.data(origin, building.folder, no_step)
            missing = _complete(origin, building.folder, held, no_step, origin.folder)
            made = _manifest(origin, headers.now(), held, missing)
            made = msgspec.structs.replace(made, reason="migration")
            return _finish(building, target, made, f"-schema{present}to{wanted}")


def _forget_old(target: Path) -> None:
    limit = datetime.now(UTC) - timedelta(days=KEPT_DAYS)
    with suppress(EnvironmentFailure):  # no reason not to open the vault
        forget(old for old in every(target) if datetime.fromisoformat(old.made) < limit)


def _complete(
    origin: Origin, folder: Path, held: Digest, step: Step, beside: Path | None
) -> list[str]:
    """Add what belongs to a copied data file and read it all back; returns blobs damaged before."""
    headers.write(folder, origin.header)
    try:
        with origin.moved(folder).reading() as snapshot:
            report = checkup.copied(snapshot, step)
            names = copying.blob_names(snapshot) if report.ok else []
    except VaultDamaged as error:
        raise copying.not_good() from error
    if not report.ok or report.digest != held:
        raise copying.not_good()
    return copying.blobs(names, origin.folder, folder, step, beside=beside)


def _manifest(origin: Origin, made: str, held: Digest, missing: list[str]) -> Backup:
    with origin.reading() as snapshot:
        schema = int(snapshot.one("PRAGMA user_version"))
    return Backup(
        path="",
        vault_id=origin.header.vault_id,
        made=made,
        key_epoch=origin.header.key_epoch,
        digest=held,
        schema=schema,
        missing=len(missing),
    )


def _finish(building: copying.Building, target: Path, made: Backup, ending: str = "") -> Backup:
    text = msgspec.json.format(msgspec.json.encode(made, order="deterministic"), indent=2)
    path = building.folder / MANIFEST
    with headers.private(path, "xb") as file:
        file.write(text)
    copying.to_disk(path)
    stamp = re.sub(r"[-:]", "", made.made)
    final = _free_name(target / f"mydata-{made.vault_id[:8]}-{stamp}{ending}")
    building.finish(final)
    return msgspec.structs.replace(made, path=str(final))


def _free_name(path: Path) -> Path:
    candidate, number = path, 1
    while candidate.exists():
        number += 1
        candidate = path.with_name(f"{path.name}-{number}")
    return candidate


# -- those there are


def every(target: Path) -> list[Backup]:
    """The backups in a folder, newest first. What cannot be read is left out."""
    with suppress(OSError):
        return _listed(target)
    return []


def _listed(target: Path) -> list[Backup]:
    found = [
        made
        for folder in target.iterdir()
        if _NAME.fullmatch(folder.name) and (made := read_manifest(folder))
    ]
    return sorted(found, key=lambda made: (made.made, made.path), reverse=True)


def forget(backups: Iterable[Backup]) -> None:
    """Remove backups, each first by its name. Raises `EnvironmentFailure`."""
    for made in backups:
        copying.remove(Path(made.path), f"mydata-{made.vault_id[:8]}")


def read_manifest(folder: Path) -> Backup | None:
    """What `folder` says it holds, or None if it is no backup."""
    try:
        made = msgspec.json.decode((folder / MANIFEST).read_bytes(), type=Backup)
        datetime.strptime(made.made, "%Y-%m-%dT%H:%M:%SZ")  # noqa: DTZ007 only looked at
    except (OSError, msgspec.DecodeError, ValueError):
        return None
    return msgspec.structs.replace(made, path=str(folder))


def chosen(folder: Path) -> Backup:
    """The backup `folder` is, or the newest in it. Raises `InputRefused`, `EnvironmentFailure`."""
    if made := read_manifest(folder):
        return made
    found = list[Backup]()
    with environment(), suppress(FileNotFoundError, NotADirectoryError):
        found = _listed(folder)
    if not found:
        raise InputRefused(
            "not-a-backup",
            "“{name}” is not a backup.",
            "",
            "Choose a folder whose name starts with “mydata-”, or one that holds such folders.",
            name=folder.name,
        )
    if len({made.vault_id for made in found}) > 1:
        raise InputRefused(
            "several-vaults",
            "“{name}” holds backups of more than one vault.",
            "",
            "Choose one of the folders inside it.",
            name=folder.name,
        )
    return found[0]


# -- putting one back


def restore(
    folder: Path, to: Path, *, passphrase: str = "", recovery_key: str = "", step: Step = no_step
) -> Backup:
    """Put a backup back as a vault in the new folder `to`, checked before it gets that name.

    Raises `CannotUnlock` (a backup opens with the passphrase it was made under), `InputRefused` for
    a folder that is no backup or a damaged one, `EnvironmentFailure` if `to` is not new or empty.
    """
    made = chosen(folder)
    backup = Path(made.path)
    to = to.absolute()
    with environment():
        check_target(to, backup)
        unlock: Callable[[headers.Header], bytes] = (
            partial(headers.open_with_recovery, text=recovery_key)
            if recovery_key
            else partial(headers.open_with_passphrase, passphrase=passphrase)
        )
        with _as_refusal():
            header = headers.read(backup)
            key = keys.key_ring(unlocked(header, unlock)).database
            origin = Origin(backup, header, key, immutable=True)
        to.parent.mkdir(parents=True, exist_ok=True)
        copying.check_room(to.parent, copying.size(backup))
        with copying.building(to.parent, to.name) as building:
            with _as_refusal():
                _bring(origin, building.folder, made, step)
            if to.exists():
                to.rmdir()
            building.finish(to)
    return made


def unlocked(header: headers.Header, unlock: Callable[[headers.Header], bytes]) -> bytes:
    """A backup's vault key. Raises `CannotUnlock`, which says that keys of today may not fit."""
    try:
        return unlock(header)
    except CannotUnlock as error:
        if error.code not in _ANOTHER:
            raise
        raise CannotUnlock(
            error.code,
            error.title,
            "A backup opens with the passphrase and the recovery key it had when it was made.",
            "Try those you had then.",
        ) from error


def check_target(to: Path, source: Path) -> None:
    """Raise `EnvironmentFailure` unless `to` can become a new vault beside what it is made of."""
    check_new_or_empty(to)
    if to.resolve().is_relative_to(source.resolve()):
        raise EnvironmentFailure(
            "inside-itself",
            "“{folder}” lies inside the folder it would be made of.",
            "",
            "Choose a new or an empty folder.",
            folder=to.name,
        )


class _as_refusal:  # noqa: N801 reads as what it does
    """Damage found here is the backup's; the vault it was made of has nothing to do with it."""

    def __enter__(self) -> None:
        """Nothing yet."""

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        if isinstance(error, VaultDamaged) and error.code != "vault-newer":
            raise _damaged() from error


def _bring(origin: Origin, target: Path, made: Backup, step: Step) -> None:
    """Copy exactly what the backup says it holds, and compare."""
    opening.check_file(origin.data, origin.header.database.salt)
    headers.write(target, origin.header)
    copying.file(origin.data, target / origin.data.name, step)
    with origin.moved(target).reading() as snapshot:
        if (
            int(snapshot.one("PRAGMA user_version")) > migrate.SCHEMA
            or made.digest.form not in FORMS
        ):
            raise migrate.newer()
        report = checkup.copied(snapshot, step, made.digest.form)
        if not report.ok or report.digest != made.digest:
            raise _damaged()
        names = copying.blob_names(snapshot)
    damaged = copying.blobs(names, origin.folder, target, step)
    if len(damaged) > made.missing:
        raise _damaged()


def _damaged() -> UserError:
    return InputRefused(
        "backup-damaged",
        "The backup is damaged.",
        "What it holds is not what it was made with. Nothing was put in place.",
        "Choose an older backup.",
    )
