"""Keeping a vault safe: verified backups and their rehearsal, check-ups, and the way back.

Where backups go and how often is a setting inside the vault; when the last good one was made and
rehearsed is remembered there too, so that home can say it without touching the backup disk.

When a vault is damaged, the ladder is: restore the newest backup; salvage what can be read into a
new vault, filled in from that backup; collect again what the salvage says is lost. Every rung makes
a new folder and leaves the damaged one as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Final, TypeVar

import msgspec

from app.errors import EnvironmentFailure, UsageError, VaultDamaged, environment
from app.events import KEPT
from app.jobs import JobContext
from app.services.session import Session
from app.vault import backup, checkup, copying, documents, header
from app.vault import salvage as salvaging
from app.vault.backup import Backup
from app.vault.digest import digest
from app.vault.header import now
from app.vault.refilling import Salvaged
from app.vault.transaction import Transaction

_COLLECTION: Final = "backup"
Settings = TypeVar("Settings", "Plan", "Kept")
AMBER_DAYS: Final = 7
RED_DAYS: Final = 30
_DAILY, _WEEKLY, _MONTHLY = 7, 4, 6
_ALL_DAYS: Final = 2
"""For so long every backup stays, so that nobody loses the one just made to the next."""


class Plan(msgspec.Struct, frozen=True):
    """Where backups go ("" until chosen), and after how many days the next one is due."""

    folder: str = ""
    every_days: int = 1


class Kept(msgspec.Struct, frozen=True):
    """What is remembered of the last backup and its rehearsal. Times are UTC, "" for never."""

    made: str = ""
    path: str = ""
    records: int = 0
    rehearsed: str = ""
    key_epoch: int = 1


class Health(msgspec.Struct, frozen=True):
    """How well the vault is kept.

    `state` is "good", "due" (7 days, or the keys were changed since), "overdue" (30) or "never".
    """

    state: str
    plan: Plan
    last: Kept


# -- the plan


def plan(session: Session) -> Plan:
    """Where and how often."""
    with session.vault.read() as snapshot:
        return _load(snapshot, "plan", Plan)


def set_plan(session: Session, wanted: Plan) -> None:
    """Change where and how often. Raises `UsageError`."""
    if wanted.every_days < 1:
        raise UsageError(
            "backup-days", "A backup can be due after one day at the earliest.", "", ""
        )
    with session.vault.write() as transaction:
        _store(transaction, "plan", wanted)


def health(session: Session) -> Health:
    """How old the last backup is, without looking at the disk."""
    with session.vault.read() as snapshot:
        wanted, last = _load(snapshot, "plan", Plan), _load(snapshot, "last", Kept)
    return Health(_state(last, session.vault.header.key_epoch), wanted, last)


def backup_folder(session: Session) -> Path | None:
    """Where backups go, or None where that is not known or cannot be read for damage."""
    try:
        found = plan(session).folder
    except VaultDamaged:
        return None
    return Path(found) if found else None


def age(made: str) -> timedelta:
    """How long ago; a time ahead of the clock says nothing, so it counts as long."""
    since = datetime.now(UTC) - datetime.fromisoformat(made)
    return since if since > -timedelta(days=1) else timedelta.max


def _state(last: Kept, key_epoch: int) -> str:
    if not last.made:
        return "never"
    old = age(last.made)
    if timedelta(days=RED_DAYS) <= old < timedelta.max:
        return "overdue"
    is_due = old >= timedelta(days=AMBER_DAYS) or last.key_epoch < key_epoch
    return "due" if is_due else "good"


def is_due(session: Session, folder: Path | None = None) -> bool:
    """Whether the plan asks for a backup now, in its own place or in `folder`."""
    found = health(session)
    if not (folder or found.plan.folder) or session.vault.read_only:
        return False
    last = found.last
    return (
        not last.made
        or last.key_epoch < session.vault.header.key_epoch
        or age(last.made) >= timedelta(days=found.plan.every_days)
    )


# -- backups


def back_up(
    session: Session, folder: Path | None = None, context: JobContext | None = None
) -> Backup:
    """Make a verified backup in `folder`, or where the plan says; then let old ones go.

    Raises `UsageError` where no place is known, `EnvironmentFailure`.
    """
    target = _target(session, folder)
    made = backup.make(session.vault, target, _steps(context))
    if not session.vault.read_only:
        _remember(session, made, target)
    with suppress(EnvironmentFailure):  # what cannot be removed now is removed the next time
        backup.forget(outlived(backup.every(target), session.vault.vault_id, made.path))
    return made


def back_up_if_due(session: Session, context: JobContext | None = None) -> Backup | None:
    """Make a backup if the plan asks for one now."""
    return back_up(session, None, context) if is_due(session) else None


def _target(session: Session, folder: Path | None) -> Path:
    """Where to. A place that held backups before must be there: else its disk is not."""
    found = health(session)
    if folder is None and not found.plan.folder:
        raise UsageError(
            "no-backup-folder",
            "No place for backups has been chosen yet.",
            "",
            "Name a folder, best on another disk.",
        )
    target = Path(folder or found.plan.folder).absolute()
    had_some = found.last.path and Path(found.last.path).parent == target
    if (folder is None or had_some) and not target.is_dir():
        raise EnvironmentFailure(
            "backup-folder-gone",
            "“{name}” is not there.",
            "Backups are made there. Perhaps its disk is not connected.",
            "Connect it and try again, or choose another folder.",
            name=target.name,
        )
    return target


def _remember(session: Session, made: Backup, target: Path) -> None:
    with session.vault.write() as transaction:
        last = _load(transaction, "last", Kept)
        kept = Kept(made.made, made.path, made.records, last.rehearsed, made.key_epoch)
        _store(transaction, "last", kept)
        if not _load(transaction, "plan", Plan).folder:
            _store(transaction, "plan", Plan(str(target)))
    session.events.publish(KEPT)


def _steps(context: JobContext | None) -> copying.Step:
    context = context or JobContext()

    def step(done: int, total: int) -> None:
        if total:
            context.report(done, total)
        else:
            context.check()

    return step


def outlived(found: Iterable[Backup], vault_id: str, newest: str = "") -> list[Backup]:
    """Backups of this vault beyond 7 days, 4 weeks and 6 months, the newest of each kept.

    Only days on which one was made count: a clock that jumped makes nothing outlived. `newest`, the
    one just made, stays whatever its date; so does for two days every one, and for 30 days one made
    with a reason.
    """
    own = [made for made in found if made.vault_id == vault_id]
    own.sort(key=lambda made: (made.made, made.path), reverse=True)
    keep = {newest} | {made.path for made in own if _is_young(made)}
    for number, form in ((_DAILY, "%Y-%m-%d"), (_WEEKLY, "%G-%V"), (_MONTHLY, "%Y-%m")):
        periods: set[str] = set()
        for made in own:
            period = datetime.fromisoformat(made.made).strftime(form)
            if period not in periods and len(periods) < number:
                periods.add(period)
                keep.add(made.path)
    return [made for made in own if made.path not in keep]


def _is_young(made: Backup) -> bool:
    return age(made.made) < timedelta(days=backup.KEPT_DAYS if made.reason else _ALL_DAYS)


# -- the way back


def restore(
    folder: Path,
    to: Path,
    *,
    passphrase: str = "",
    recovery_key: str = "",
    context: JobContext | None = None,
) -> Backup:
    """Put a backup back as a new vault folder. Never over an old one."""
    return backup.restore(
        folder, to, passphrase=passphrase, recovery_key=recovery_key, step=_steps(context)
    )


def rehearse(session: Session, recovery_key: str, context: JobContext | None = None) -> Backup:
    """Restore the last backup with the recovery key into a temporary vault, compare, remember.

    What is written meanwhile, beside the vault, is as encrypted as the backup itself, and removed
    again.
    """
    last = health(session).last
    if not last.path:
        raise UsageError(
            "no-backup", "There is no backup yet.", "", "Make one first, then rehearse it."
        )
    from app.services import checkup as checkup_lines

    beside = session.folder.parent
    with environment(), copying.building(beside, f"{session.folder.name}-rehearsal") as room:
        made = restore(
            Path(last.path), room.folder / "vault", recovery_key=recovery_key, context=context
        )
    with session.vault.write() as transaction:
        last = _load(transaction, "last", Kept)
        _store(transaction, "last", msgspec.structs.replace(last, rehearsed=now()))
    if made.key_epoch == session.vault.header.key_epoch:
        checkup_lines.recovery_confirmed(session)
    session.events.publish(KEPT)
    return made


def new_place(folder: Path) -> Path:
    """A free name beside `folder` for the vault that takes its place."""
    name = f"{folder.name}-restored"
    number = 1
    while (place := folder.with_name(name if number == 1 else f"{name}-{number}")).exists():
        number += 1
    return place


def salvage(
    folder: Path,
    to: Path,
    *,
    passphrase: str = "",
    recovery_key: str = "",
    backups: Path | None = None,
    context: JobContext | None = None,
) -> Salvaged:
    """Make a new vault of what can be read of a damaged one, filled in from its newest backup.

    `backups` is a backup or a folder of them. Raises as `app.vault.salvage` does, and
    `InputRefused` where `backups` holds none of this vault.
    """
    unlock: Callable[[header.Header], bytes] = (
        partial(header.open_with_recovery, text=recovery_key)
        if recovery_key
        else partial(header.open_with_passphrase, passphrase=passphrase)
    )
    chosen = Path(backup.chosen(backups).path) if backups else None
    return salvaging.salvage(folder, to, unlock, backup=chosen, step=_steps(context))


def check(
    session: Session, *, deep: bool = False, context: JobContext | None = None
) -> checkup.Report:
    """Look for damage; a deep check reads every page, record and original."""
    with session.vault.read() as snapshot:
        if deep:
            return checkup.deep(snapshot, session.folder, _steps(context))
        found = checkup.quick(snapshot)
        held = digest(snapshot) if found.ok else None
        return msgspec.structs.replace(found, digest=held)


def _load(transaction: Transaction, name: str, kind: type[Settings]) -> Settings:
    body = documents.get(transaction, _COLLECTION, name)
    return msgspec.json.decode(body, type=kind) if body else kind()


def _store(transaction: Transaction, name: str, value: Plan | Kept) -> None:
    documents.put(transaction, _COLLECTION, name, msgspec.json.encode(value))
