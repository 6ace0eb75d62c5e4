"""Keeping a vault safe: verified backups and their rehearsal, check-ups, putting a backup back.

Where backups go and how often is a setting inside the vault; when the last good one was made and
rehearsed is remembered there too, so that home can say it without touching the backup disk.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, TypeVar

import msgspec

from app.errors import UsageError
from app.jobs import JobContext
from app.services.session import Session
from app.vault import backup, checkup, documents
from app.vault.backup import Backup
from app.vault.header import now
from app.vault.transaction import Transaction

_COLLECTION: Final = "backup"
Settings = TypeVar("Settings", "Plan", "Kept")
AMBER_DAYS: Final = 7
RED_DAYS: Final = 30
_DAILY, _WEEKLY, _MONTHLY = 7, 4, 6


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


class Health(msgspec.Struct, frozen=True):
    """How well the vault is kept: `state` is "good", "due" (7 days), "overdue" (30) or "never"."""

    state: str
    plan: Plan
    last: Kept


def plan(session: Session) -> Plan:
    """Where and how often."""
    with session.vault.read() as snapshot:
        return _load(snapshot, "plan", Plan)


def set_plan(session: Session, wanted: Plan) -> None:
    """Change where and how often."""
    with session.vault.write() as transaction:
        _store(transaction, "plan", wanted)


def health(session: Session) -> Health:
    """Whether a backup is due, without looking at the disk."""
    with session.vault.read() as snapshot:
        wanted, last = _load(snapshot, "plan", Plan), _load(snapshot, "last", Kept)
    return Health(_state(last.made), wanted, last)


def _state(made: str) -> str:
    if not made:
        return "never"
    age = datetime.now(UTC) - datetime.fromisoformat(made)
    if age >= timedelta(days=RED_DAYS):
        return "overdue"
    return "due" if age >= timedelta(days=AMBER_DAYS) else "good"


def back_up(
    session: Session, folder: Path | None = None, context: JobContext | None = None
) -> Backup:
    """Make a verified backup in `folder`, or where the plan says; then let old ones go."""
    context = context or JobContext()
    target = folder or _planned(session)
    made = backup.make(session.vault, target, _steps(context))
    with session.vault.write() as transaction:
        last = _load(transaction, "last", Kept)
        _store(
            transaction,
            "last",
            Kept(made.made, made.path, made.records, last.rehearsed),
        )
        if folder and not _load(transaction, "plan", Plan).folder:
            _store(transaction, "plan", Plan(str(folder)))
    backup.forget(outlived(backup.every(target), session.vault.vault_id))
    return made


def _planned(session: Session) -> Path:
    folder = plan(session).folder
    if not folder:
        raise UsageError(
            "no-backup-folder",
            "No place for backups has been chosen yet.",
            "",
            "Name a folder, best on another disk.",
        )
    return Path(folder)


def _steps(context: JobContext) -> backup.Step:
    def step(done: int, total: int) -> None:
        context.report(done, total)

    return step


def outlived(found: Iterable[Backup], vault_id: str) -> list[Backup]:
    """Backups of this vault beyond 7 days, 4 weeks and 6 months, the newest of each kept."""
    own = [made for made in found if made.vault_id == vault_id]
    own.sort(key=lambda made: made.made, reverse=True)
    keep: set[str] = set()
    for number, form in ((_DAILY, "%Y-%m-%d"), (_WEEKLY, "%G-%V"), (_MONTHLY, "%Y-%m")):
        periods: set[str] = set()
        for made in own:
            period = datetime.fromisoformat(made.made).strftime(form)
            if period not in periods and len(periods) < number:
                periods.add(period)
                keep.add(made.path)
    return [made for made in own if made.path not in keep]


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
        folder,
        to,
        passphrase=passphrase,
        recovery_key=recovery_key,
        step=_steps(context or JobContext()),
    )


def rehearse(session: Session, recovery_key: str, context: JobContext | None = None) -> Backup:
    """Restore the last backup with the recovery key into a temporary vault, compare, remember.

    What is written meanwhile is as encrypted as the backup itself, and removed again.
    """
    last = health(session).last
    if not last.path:
        raise UsageError(
            "no-backup", "There is no backup yet.", "", "Make one first, then rehearse it."
        )
    with tempfile.TemporaryDirectory(
        prefix="mydata-rehearsal-", dir=Path(last.path).parent
    ) as room:
        made = restore(
            Path(last.path), Path(room) / "vault", recovery_key=recovery_key, context=context
        )
    with session.vault.write() as transaction:
        _store(transaction, "last", msgspec.structs.replace(last, rehearsed=now()))
    return made


def check(
    session: Session, *, deep: bool = False, context: JobContext | None = None
) -> checkup.Report:
    """Look for damage; a deep check reads every page, record and original."""
    with session.vault.read() as snapshot:
        if deep:
            return checkup.deep(snapshot, session.folder, _steps(context or JobContext()))
        return checkup.quick(snapshot)


def _load(transaction: Transaction, name: str, kind: type[Settings]) -> Settings:
    body = documents.get(transaction, _COLLECTION, name)
    return msgspec.json.decode(body, type=kind) if body else kind()


def _store(transaction: Transaction, name: str, value: Plan | Kept) -> None:
    documents.put(transaction, _COLLECTION, name, msgspec.json.encode(value))
