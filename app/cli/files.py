"""import, imports, undo, export."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec

from app.cli import opening
from app.cli.console import Console
from app.errors import InputRefused, UsageError, UserError
from app.i18n import tr, tr_n
from app.services import exporting, importing
from app.services.importing import Receipt
from connectors import registry

_SHOWN_PROBLEMS: Final = 10


def bring(arguments: Namespace, console: Console) -> int:
    """Import each path; 3 if nothing of all of them could be read."""
    options = _options(arguments.option)
    _check_connector(arguments.connector)
    paths = [path.expanduser().absolute() for path in arguments.paths]
    with opening.unlocked(arguments) as opened:
        job = opened.jobs.write(
            lambda context: importing.import_paths(
                opened,
                paths,
                connector=arguments.connector,
                options=options,
                account=arguments.account,
                dry_run=arguments.dry_run,
                context=context,
            )
        )
        receipts = console.wait(job)
    return _said(receipts, console)


def _options(words: Sequence[str]) -> dict[str, str]:
    options = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals or not name:
            raise UsageError(
                "bad-option",
                "“{word}” is not an option of the form NAME=VALUE.",
                "",
                "Write it as in “--option order=month-first”.",
                word=word,
            )
        options[name] = value
    return options


def _check_connector(name: str) -> None:
    known = [connector for connector, _, _ in registry.MODULES]
    if name and name not in known:
        raise UsageError(
            "unknown-connector",
            "There is no format called “{name}”.",
            "Choose one of these: {names}",
            "Leave --connector out, and the format is recognised by itself.",
            name=name,
            names=", ".join(known),
        )


def _said(receipts: list[Receipt], console: Console) -> int:
    """Tell the receipts, and find the exit code."""
    data = {"files": [_file(receipt) for receipt in receipts], "totals": _totals(receipts)}
    states = {receipt.state for receipt in receipts}
    failure = _failure(receipts, states)
    for receipt in receipts:
        if not failure or len(receipts) > 1:
            _tell(receipt, console)
    if failure:
        return console.failure(failure, data)
    console.answer(data)
    _tell_totals(receipts, console)
    return 1 if "refused" in states or any(each.problem_count for each in receipts) else 0


def _failure(receipts: list[Receipt], states: set[str]) -> UserError | None:
    """The one error of the whole command: it was stopped, or everything was refused."""
    if "cancelled" in states:
        return UserError("cancelled", "Stopped.", "", "Nothing was left half done.")
    if states != {"refused"}:
        return None
    return _refusal(receipts[0]) if len(receipts) == 1 else _all_refused()


def _all_refused() -> InputRefused:
    return InputRefused(
        "nothing-imported",
        "None of these files could be taken in.",
        "",
        "The reason stands beside each of them.",
    )


def _refusal(receipt: Receipt) -> InputRefused:
    why = receipt.refusal
    if why is None:
        raise AssertionError
    name = Path(receipt.path).name
    return InputRefused(why.code, why.title, "{name}", why.next_step, **why.values, name=name)


def _file(receipt: Receipt) -> dict[str, object]:
    """A receipt as the fixed keys of the command line."""
    refusal = receipt.refusal
    return {
        "path": receipt.path,
        "state": receipt.state,
        "connector": receipt.connector,
        "title": receipt.title,
        "detail": receipt.detail,
        "candidates": receipt.candidates,
        "import_id": receipt.import_id,
        "records": receipt.records,
        "new": receipt.new,
        "known": receipt.known,
        "updated": receipt.updated,
        "problems": [
            {
                "where": problem.where,
                "code": problem.code,
                "reason": importing.problem_sentence(problem),
            }
            for problem in receipt.problems
        ],
        "problem_count": receipt.problem_count,
        "members": {
            "parsed": receipt.parsed,
            "kept": receipt.kept,
            "unknown": receipt.unknown,
        },
        "unknown_members": receipt.unknown_members,
        "first": receipt.first,
        "last": receipt.last,
        "refusal": refusal
        and {
            "code": refusal.code,
            "title": tr(refusal.title, **refusal.values),
            "next": tr(refusal.next_step, **refusal.values),
        },
    }


def _totals(receipts: list[Receipt]) -> dict[str, int]:
    return {
        "new": sum(receipt.new for receipt in receipts),
        "known": sum(receipt.known for receipt in receipts),
        "updated": sum(receipt.updated for receipt in receipts),
        "problems": sum(receipt.problem_count for receipt in receipts),
        "refused": sum(receipt.state == "refused" for receipt in receipts),
    }


def _tell(receipt: Receipt, console: Console) -> None:
    """A receipt in a few lines."""
    console.say(receipt.path)
    if receipt.refusal:
        console.say(tr("  Refused: {reason}", reason=_reason(receipt)))
        return
    if receipt.state == "cancelled":
        console.say(tr("  Stopped; nothing of it was kept."))
        return
    source = " · ".join(part for part in (tr(receipt.title), receipt.detail) if part)
    console.say(tr("  Source: {source}", source=source))
    console.say(
        tr(
            "  New: {new}   Already there: {known}   Changed: {updated}",
            new=f"{receipt.new:,}",
            known=f"{receipt.known:,}",
            updated=f"{receipt.updated:,}",
        )
    )
    if receipt.first:
        console.say(tr("  From {first} to {last}", first=receipt.first, last=receipt.last))
    _tell_details(receipt, console)


def _reason(receipt: Receipt) -> str:
    refusal = receipt.refusal
    return tr(refusal.title, **refusal.values) if refusal else ""


def _tell_details(receipt: Receipt, console: Console) -> None:
    if receipt.import_id:
        console.say(tr("  To take it back: mydata undo {import_id}", import_id=receipt.import_id))
    if receipt.unknown:
        console.say(
            tr_n(
                receipt.unknown,
                "  {count} file in it is not known here and stays in the original.",
                "  {count} files in it are not known here and stay in the original.",
            )
        )
    if not receipt.problem_count:
        return
    console.say(
        tr_n(
            receipt.problem_count,
            "  {count} place could not be read:",
            "  {count} places could not be read:",
        )
    )
    for problem in receipt.problems[:_SHOWN_PROBLEMS]:
        console.say(f"    {problem.where}  {importing.problem_sentence(problem)}")
    if receipt.problem_count > _SHOWN_PROBLEMS:
        console.say(tr("    … and more; --json names up to 1,000."))


def _tell_totals(receipts: list[Receipt], console: Console) -> None:
    if len(receipts) < 2:
        return
    totals = _totals(receipts)
    console.say()
    console.say(
        tr(
            "In all: {new} new, {known} already there, {updated} changed, {problems} problems",
            **{name: f"{count:,}" for name, count in totals.items() if name != "refused"},
        )
    )


def imports(arguments: Namespace, console: Console) -> int:
    """All imports, newest first."""
    with opening.unlocked(arguments) as opened:
        found = importing.history(opened)
    console.answer({"imports": [msgspec.to_builtins(run) for run in found]})
    if not found:
        console.say(tr("Nothing has been imported yet."))
    console.table(
        (
            tr("Import"),
            tr("When"),
            tr("Source"),
            tr("File"),
            tr("State"),
            tr("New"),
            tr("Problems"),
        ),
        [
            (
                run.import_id,
                run.at,
                tr(run.title),
                run.name,
                tr("taken back") if run.state == "undone" else tr("done"),
                f"{run.new:,}",
                f"{run.problem_count:,}",
            )
            for run in found
        ],
        numbers=[5, 6],
    )
    return 0


def undo(arguments: Namespace, console: Console) -> int:
    """Take back exactly what one import added."""
    with opening.unlocked(arguments) as opened:
        job = opened.jobs.write(
            lambda context: importing.undo(opened, arguments.import_id, context)
        )
        removed = console.wait(job)
    console.answer({"removed": removed, "import_id": arguments.import_id})
    console.say(tr_n(removed, "{count} record was removed.", "{count} records were removed."))
    return 0


def export(arguments: Namespace, console: Console) -> int:
    """Everything as files that other programs read."""
    folder = arguments.folder.expanduser().absolute()
    with opening.unlocked(arguments) as opened:
        job = opened.jobs.read(
            lambda context: exporting.export(opened, folder, arguments.kinds, context)
        )
        files = console.wait(job)
    console.answer({"folder": str(folder), "files": [str(path) for path in files]})
    console.say(
        tr_n(len(files), "{count} file in {folder}", "{count} files in {folder}", folder=folder)
    )
    for path in files:
        console.say(f"  {path.relative_to(folder)}")
    console.say(tr("These files are not encrypted."))
    return 0
