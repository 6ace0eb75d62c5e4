"""backup, rehearse, restore, check, salvage."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import TypeVar

import msgspec

from app.cli import opening, passphrases
from app.cli.console import Console
from app.errors import UserError, VaultDamaged
from app.i18n import tr, tr_n
from app.jobs import JobContext, JobRunner
from app.services import keeping
from app.services.keeping import Plan
from app.services.session import Session
from app.vault.backup import Backup
from app.vault.checkup import SENTENCES, Report
from app.vault.refilling import Salvaged

T = TypeVar("T")


def back_up(arguments: Namespace, console: Console) -> int:
    """Make a verified backup; with `--if-due` only when the plan asks for one."""
    folder = arguments.folder and arguments.folder.expanduser().absolute()
    with opening.unlocked(arguments) as opened:
        # Without any place it never comes to be due: better said than kept from a scheduler.
        has_place = folder or keeping.plan(opened).folder
        if arguments.if_due and has_place and not keeping.is_due(opened, folder):
            return _not_due(opened, console)
        made = console.wait(
            opened.jobs.write(lambda context: keeping.back_up(opened, folder, context))
        )
        _plan(opened, arguments, folder)
    console.answer({**_backup(made), "vault": str(opening.folder(arguments)), "due": True})
    console.say(tr("The backup is made and was read back: {folder}", folder=made.path))
    console.say(tr_n(made.records, "{count} record is in it.", "{count} records are in it."))
    if made.missing:
        console.note(tr("Kept original files that were damaged already: {n}", n=made.missing))
    return 1 if made.missing else 0


def _plan(opened: Session, arguments: Namespace, folder: Path | None) -> None:
    """From now on, this often and, where both were said, there."""
    if arguments.every:
        there = str(folder) if folder else keeping.plan(opened).folder
        keeping.set_plan(opened, Plan(there, arguments.every))


def _not_due(opened: Session, console: Console) -> int:
    last = keeping.health(opened).last
    console.answer({"backup": last.path or None, "records": last.records, "ok": True, "due": False})
    console.say(tr("No backup is due."))
    return 0


def _backup(made: Backup) -> dict[str, object]:
    return {
        "backup": made.path,
        "vault_id": made.vault_id,
        "made": made.made,
        "records": made.records,
        "digest": made.digest.value,
        "missing_originals": made.missing,
        "ok": True,
    }


def rehearse(arguments: Namespace, console: Console) -> int:
    """Put the last backup back in a temporary place with the recovery key, and compare."""
    key = passphrases.recovery_key(arguments.recovery_file)
    with opening.unlocked(arguments) as opened:
        made = console.wait(
            opened.jobs.write(lambda context: keeping.rehearse(opened, key, context))
        )
    console.answer(_backup(made))
    console.say(tr("The last backup was put back with the recovery key, and nothing is missing."))
    console.say(tr_n(made.records, "{count} record is in it.", "{count} records are in it."))
    return 0


def restore(arguments: Namespace, console: Console) -> int:
    """Put a backup back as a new vault."""
    to = arguments.to.expanduser().absolute()
    secret = _secret(arguments)
    made = _alone(
        console,
        lambda context: keeping.restore(
            arguments.backup.expanduser().absolute(), to, **secret, context=context
        ),
    )
    console.answer({**_backup(made), "vault": str(to)})
    console.say(tr("The vault is put back and was read over: {folder}", folder=str(to)))
    console.say(tr_n(made.records, "{count} record is in it.", "{count} records are in it."))
    console.say(tr("It opens with the passphrase it had when the backup was made."))
    return 0


def _secret(arguments: Namespace) -> dict[str, str]:
    if arguments.recovery_file:
        return {"recovery_key": passphrases.recovery_key(arguments.recovery_file)}
    return {"passphrase": passphrases.current(arguments.passphrase_file)}


def _alone(console: Console, work: Callable[[JobContext], T]) -> T:
    """Long work without an open vault."""
    with closing(JobRunner()) as jobs:
        return console.wait(jobs.write(work))


# -- looking


def check(arguments: Namespace, console: Console) -> int:
    """Look for damage; 6 if there is any."""
    try:
        with opening.unlocked(arguments) as opened:
            last = keeping.health(opened).last
            job = opened.jobs.read(
                lambda context: keeping.check(opened, deep=arguments.deep, context=context)
            )
            report = console.wait(job)
    except VaultDamaged as error:
        return console.failure(error, _checked(Report(False, arguments.deep, 0, []), ""))
    data = _checked(report, last.path)
    if not report.ok:
        _findings(report, console)
        return console.failure(_damage(), data)
    console.answer(data)
    console.say(
        tr("Every page, record and original was read; all is whole.")
        if report.deep
        else tr("The vault holds together. “--deep” reads every page of it.")
    )
    console.say(tr_n(report.records, "{count} record is in it.", "{count} records are in it."))
    return 0


def _checked(report: Report, backup: str) -> dict[str, object]:
    return {
        "ok": report.ok,
        "deep": report.deep,
        "records": report.records,
        "digest": report.digest.value if report.digest else None,
        "findings": [
            {"code": found.code, "title": tr(SENTENCES[found.code]), "count": found.count}
            for found in report.findings
        ],
        "backup": backup or None,
    }


def _findings(report: Report, console: Console) -> None:
    console.table(
        (tr("Damage"), tr("How often")),
        [(tr(SENTENCES[found.code]), f"{found.count:,}") for found in report.findings],
        numbers=[1],
    )


def _damage() -> UserError:
    return VaultDamaged(
        "vault-has-damage",
        "The vault is damaged.",
        "",
        "Change nothing now. Restore the last backup into a new folder, or salvage what is left.",
    )


# -- the last resort


def salvage(arguments: Namespace, console: Console) -> int:
    """Make a new vault of what can be read; 1 if something is lost."""
    place = opening.present(arguments)
    to = arguments.to.expanduser().absolute()
    secret = _secret(arguments)
    backups = arguments.backups and arguments.backups.expanduser()
    made = _alone(
        console,
        lambda context: keeping.salvage(place, to, **secret, backups=backups, context=context),
    )
    is_whole = made.complete and not (made.unread or made.originals_missing)
    data = msgspec.to_builtins(made)
    console.answer({**data, "lost_records": made.lost_records, "vault": str(to), "ok": is_whole})
    console.say(tr("What could be read is in a new vault: {folder}", folder=str(to)))
    console.say(tr_n(made.records, "{count} record is in it.", "{count} records are in it."))
    _losses(made, console, backup=bool(backups))
    return 0 if is_whole else 1


def _losses(made: Salvaged, console: Console, *, backup: bool) -> None:
    if backup and not made.used_backup:
        console.note(tr("The backup was made on another computer and could not be used here."))
    if made.filled:
        console.say(tr("Taken from the backup: {n}", n=made.filled))
    if made.reverted:
        console.say(tr("Records that went back to an earlier version: {n}", n=made.reverted))
    if made.originals_missing:
        console.say(tr("Kept original files that are gone: {n}", n=made.originals_missing))
    if made.lost:
        console.say(tr("Lost:"))
    console.table(
        (tr("Source"), tr("Kind"), tr("Records"), tr("First"), tr("Last")),
        [
            (each.connector or tr("unknown"), each.kind, f"{each.count:,}", each.first, each.last)
            for each in made.lost
        ],
        numbers=[2],
    )
    if made.again:
        console.say(tr("Import these again; “export” writes out the originals that are kept:"))
    console.table(
        (tr("Source"), tr("File"), tr("Original")),
        [
            (each.connector, each.name, tr("kept") if each.kept else tr("not kept"))
            for each in made.again
        ],
    )
    if made.unread:
        console.say(
            tr("Parts could not be read. Settings and earlier versions of records may be missing.")
        )
    if made.lost and not backup:
        console.say(tr("“--backups FOLDER” takes what is lost from a backup."))
    if not made.complete:
        console.say(tr("There may be more losses than these: the index is damaged too."))
