"""The grammar of the command line: every command, its arguments, and the sentence for a wrong one.

`usage(words)` turns the words into a namespace whose `handler` names the function to call, as
"module:function"; nothing else is imported for it.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final, NoReturn

from app import VERSION
from app.cli import streams
from app.errors import UsageError
from app.i18n import mark, tr

if TYPE_CHECKING:
    from _typeshed import SupportsWrite

_SAID: Final = (
    # what argparse says, and what we say
    (re.compile(r"unrecognized arguments: (?P<value>.+)"), mark("“{value}” is not known here.")),
    (re.compile(r"the following arguments are required: (?P<value>.+)"), mark("Missing: {value}")),
    (re.compile(r"argument (?P<value>\S+): expected"), mark("“{value}” needs a value after it.")),
    (
        re.compile(r"argument \S+: invalid choice: '(?P<value>[^']*)'"),
        mark("“{value}” is not known here."),
    ),
    (
        re.compile(r"argument \S+: invalid \S+ value: '(?P<value>[^']*)'"),
        mark("“{value}” is not possible here."),
    ),
    (
        re.compile(r"argument (?P<value>\S+): not allowed with"),
        mark("“{value}” does not go with the rest."),
    ),
)


class _Parser(argparse.ArgumentParser):
    """argparse that raises our error, in the person's language."""

    def error(self, message: str) -> NoReturn:
        for pattern, sentence in _SAID:
            if found := pattern.match(message):
                raise _wrong(sentence, found["value"], self.prog)
        raise _wrong("{value}", message, self.prog)

    def _print_message(self, message: str, file: SupportsWrite[str] | None = None) -> None:
        """Argparse would keep quiet about a help nobody could read."""
        with streams.heard():
            print(message, end="", file=file)


def _wrong(detail: str, value: str, program: str) -> UsageError:
    return UsageError(
        "usage",
        "The command is not written as it should be.",
        detail,
        "“{program} --help” shows how.",
        value=value,
        program=program,
    )


class _Help(argparse.HelpFormatter):
    """argparse's layout, with its one word of its own in the person's language."""

    def add_usage(
        self,
        usage: str | None,
        actions: Iterable[argparse.Action],
        groups: Iterable[argparse._MutuallyExclusiveGroup],
        prefix: str | None = None,
    ) -> None:
        super().add_usage(usage, actions, groups, tr("Usage: ") if prefix is None else prefix)


class _Commands:
    """Adds commands that share the options every command takes."""

    def __init__(self, parser: argparse.ArgumentParser, *, required: bool = True) -> None:
        self._commands = parser.add_subparsers(
            title=tr("Commands"), metavar="COMMAND", required=required, dest="command"
        )

    def add(
        self,
        name: str,
        handler: str,
        says: str,
        *,
        secret: bool = True,
    ) -> argparse.ArgumentParser:
        """A command `name`, done by `handler`; `secret` if it unlocks the vault."""
        parser = self._commands.add_parser(
            name, help=says, description=says, add_help=False, formatter_class=_Help
        )
        parser.set_defaults(handler=handler)
        _common(parser, default=argparse.SUPPRESS)
        if secret:
            _passphrase(parser)
        return parser


def _path(word: str) -> Path:
    """A path that was named: Path("") is the folder one happens to be in."""
    if not word:
        raise ValueError
    return Path(word)


def _help(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-h", "--help", action="help", help=tr("Show this and end"))
    parser._positionals.title = tr("Arguments")  # noqa: SLF001 argparse has no other way
    parser._optionals.title = tr("Options")  # noqa: SLF001


def _common(parser: argparse.ArgumentParser, default: object) -> None:
    """Options that may stand before and after the command."""
    _help(parser)
    parser.add_argument(
        "--vault", type=_path, metavar="FOLDER", default=default, help=tr("The vault's folder")
    )
    parser.add_argument(
        "--json", action="store_true", default=default, help=tr("Answer with one JSON object")
    )


def _passphrase(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--passphrase-file",
        type=_path,
        metavar="FILE",
        help=tr("Read the passphrase from the first line of this file"),
    )


def _new_passphrase(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--new-passphrase-file",
        type=_path,
        metavar="FILE",
        help=tr("Read the new passphrase from the first line of this file"),
    )


def usage(words: Sequence[str]) -> argparse.Namespace:
    """What the words ask for. Raises `UsageError`; `--help` prints and raises `SystemExit`."""
    return build().parse_args(words)


def build() -> argparse.ArgumentParser:
    """The whole grammar."""
    parser = _Parser(
        prog="mydata",
        description=tr("Your data, encrypted on your own computer. Without a command: the window."),
        add_help=False,
        formatter_class=_Help,
    )
    _common(parser, default=None)
    parser.add_argument(
        "--version",
        action="version",
        version=f"%(prog)s {VERSION}",
        help=tr("Show which version this is and end"),
    )
    parser.set_defaults(json=False)
    commands = _Commands(parser)
    _vault_commands(commands)
    _keeping_commands(commands)
    _import_commands(commands)
    _question_commands(commands)
    _cloud_commands(commands)
    _people_commands(commands)
    _share_commands(commands)
    _other_commands(commands)
    return parser


# --- The vault ----------------------------------------------------------------------------------


def _vault_commands(commands: _Commands) -> None:
    module = "app.cli.vaults"
    commands.add(
        "create", f"{module}:create", tr("Make a new vault and show its recovery key once")
    )
    commands.add("status", f"{module}:status", tr("What is in the vault"))
    change = commands.add("passphrase", f"{module}:passphrase", tr("Change the passphrase"))
    _new_passphrase(change)
    change.add_argument(
        "--keys",
        action="store_true",
        help=tr("Encrypt everything anew, and show a new recovery key once"),
    )
    recover = commands.add(
        "recover", f"{module}:recover", tr("Unlock with the recovery key"), secret=False
    )
    _recovery(recover)
    _new_passphrase(recover)


def _recovery(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--recovery-file",
        type=_path,
        metavar="FILE",
        help=tr("Read the recovery key from this file"),
    )


# --- Keeping it safe ----------------------------------------------------------------------------


def _keeping_commands(commands: _Commands) -> None:
    module = "app.cli.keeping"
    backup = commands.add("backup", f"{module}:back_up", tr("Make a copy and read it back"))
    backup.add_argument(
        "folder",
        nargs="?",
        type=_path,
        metavar="FOLDER",
        help=tr("Where to; once said, it is remembered"),
    )
    backup.add_argument(
        "--every", type=_whole_number, metavar="DAYS", help=tr("How often one is due")
    )
    backup.add_argument("--if-due", action="store_true", help=tr("Only if one is due"))
    rehearse = commands.add(
        "rehearse", f"{module}:rehearse", tr("Try the last backup with the recovery key")
    )
    _recovery(rehearse)
    restore = commands.add("restore", f"{module}:restore", tr("Put a backup back, as a new vault"))
    restore.add_argument("backup", type=_path, metavar="BACKUP")
    _to(restore)
    _recovery(restore)
    check = commands.add("check", f"{module}:check", tr("Look for damage"))
    check.add_argument("--deep", action="store_true", help=tr("Read every page and original"))
    salvage = commands.add(
        "salvage", f"{module}:salvage", tr("Get out of a damaged vault what can be read")
    )
    _to(salvage)
    _recovery(salvage)
    salvage.add_argument(
        "--backups",
        type=_path,
        metavar="FOLDER",
        help=tr("Take what is gone from the newest backup in here"),
    )


def _to(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--to",
        type=_path,
        required=True,
        metavar="FOLDER",
        help=tr("The new vault's folder, which must not exist or be empty"),
    )


# --- Files in and out ---------------------------------------------------------------------------


def _import_commands(commands: _Commands) -> None:
    module = "app.cli.files"
    bring = commands.add("import", f"{module}:bring", tr("Bring files in"))
    bring.add_argument("paths", nargs="+", type=_path, metavar="PATH")
    bring.add_argument("--connector", default="", metavar="ID", help=tr("Read it as this format"))
    bring.add_argument(
        "--option", action="append", default=[], metavar="NAME=VALUE", help=tr("Tell the reader")
    )
    bring.add_argument("--account", default="", help=tr("Which of several accounts it belongs to"))
    bring.add_argument(
        "--dry-run", action="store_true", help=tr("Say what would happen and change nothing")
    )
    commands.add("imports", f"{module}:imports", tr("All imports, newest first"))
    undo = commands.add("undo", f"{module}:undo", tr("Remove exactly what one import added"))
    undo.add_argument("import_id", metavar="IMPORT_ID")
    export = commands.add("export", f"{module}:export", tr("Write everything into a new folder"))
    export.add_argument("folder", type=_path, metavar="FOLDER")
    _kinds(export)


def _kinds(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--kind",
        nargs="+",
        action="extend",
        default=[],
        dest="kinds",
        metavar="KIND",
        help=tr("Only these kinds of records"),
    )


# --- Questions ----------------------------------------------------------------------------------


def _whole_number(word: str) -> int:
    number = int(word)
    if number < 1:
        raise ValueError
    return number


def _filter(parser: argparse.ArgumentParser, *, kind_required: bool = False) -> None:
    parser.add_argument(
        "--kind",
        default="",
        required=kind_required,
        metavar="KIND",
        help=tr("A kind of record, or a domain"),
    )
    parser.add_argument("--source", default="", help=tr("Only from this source"))
    parser.add_argument(
        "--from", dest="since", default="", metavar="DATE", help=tr("The first day")
    )
    parser.add_argument("--to", dest="until", default="", metavar="DATE", help=tr("The last day"))


def _limit(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--limit", type=_whole_number, metavar="NUMBER", help=tr("No more than this many")
    )


def _question_commands(commands: _Commands) -> None:
    module = "app.cli.questions"
    records = commands.add("records", f"{module}:records", tr("Records, newest first"))
    _filter(records)
    _limit(records)
    form = records.add_mutually_exclusive_group()
    form.add_argument("--jsonl", action="store_true", help=tr("A JSON object a line"))
    form.add_argument("--csv", action="store_true", help=tr("A table for other programs"))
    search = commands.add("search", f"{module}:search", tr("Find words in all records"))
    search.add_argument("text", metavar="TEXT")
    _filter(search)
    _limit(search)
    catalogue = commands.add("catalogue", f"{module}:catalogue", tr("What is there, and from when"))
    catalogue.add_argument(
        "--kinds", action="store_true", help=tr("All kinds and fields there can be; opens no vault")
    )
    total = commands.add("sum", f"{module}:total", tr("Exact sums"))
    _filter(total, kind_required=True)
    total.add_argument("--field", required=True, metavar="FIELD", help=tr("What to add up"))
    total.add_argument(
        "--by", default="", metavar="NAMES", help=tr("A sum for each, separated by commas")
    )


# --- Several computers --------------------------------------------------------------------------


def _cloud_commands(commands: _Commands) -> None:
    module = "app.cli.cloud"
    cloud = commands.add(
        "cloud", f"{module}:status", tr("The encrypted copy in a folder that a service carries")
    )
    actions = _Commands(cloud, required=False)
    choose = actions.add("set", f"{module}:choose", tr("Keep the encrypted copy in this folder"))
    choose.add_argument("folder", type=_path, metavar="FOLDER")
    sync = actions.add("sync", f"{module}:sync", tr("Publish, and take in what others published"))
    sync.add_argument(
        "--accept-removals", action="store_true", help=tr("Take in even very many deletions")
    )
    actions.add("status", f"{module}:status", tr("How the copy and its computers stand"))
    actions.add("leave", f"{module}:leave", tr("Publish nowhere any more"))
    change = actions.add(
        "keys", f"{module}:take_keys", tr("Take over the keys another computer has changed to")
    )
    _recovery(change)
    _new_passphrase(change)
    retire = actions.add("retire", f"{module}:retire", tr("A computer is not used any more"))
    retire.add_argument("device", metavar="DEVICE")
    join = commands.add("join", f"{module}:join", tr("Open the same vault on this computer too"))
    join.add_argument("folder", type=_path, metavar="FOLDER")
    join.add_argument(
        "--to", type=_path, metavar="FOLDER", help=tr("Where the vault goes on this computer")
    )
    _recovery(join)
    _new_passphrase(join)


# --- People and sharing -------------------------------------------------------------------------


def _people_commands(commands: _Commands) -> None:
    module = "app.cli.people"
    card = commands.add("card", f"{module}:card", tr("My card, for others to add me"))
    card.add_argument(
        "--name", default="", help=tr("The name on it; the first time it makes my keys")
    )
    card.add_argument("--out", type=_path, metavar="FILE", help=tr("Save it here"))
    people = commands.add("people", f"{module}:people", tr("Other people and their safety numbers"))
    actions = _Commands(people, required=False)
    add = actions.add("add", f"{module}:add", tr("Add someone by their card"))
    add.add_argument("card", type=_path, metavar="CARD")
    verify = actions.add("verify", f"{module}:verify", tr("Say that the safety number is the same"))
    verify.add_argument("name", metavar="NAME")
    verify.add_argument("--number", required=True, help=tr("The number they read to you"))


def _share_commands(commands: _Commands) -> None:
    module = "app.cli.sharing"
    _share(commands.add("share", f"{module}:share", tr("Choose, look at, sign and seal records")))
    inspect = commands.add(
        "inspect", f"{module}:inspect", tr("What a file tells without a key"), secret=False
    )
    inspect.add_argument("file", type=_path, metavar="FILE")
    receive = commands.add(
        "receive", "app.cli.receiving:receive", tr("Check and open what was sent to me")
    )
    receive.add_argument("files", nargs="+", type=_path, metavar="FILE")
    receive.add_argument("--accept", action="store_true", help=tr("Keep it and write a receipt"))
    receive.add_argument(
        "--export", type=_path, metavar="FOLDER", help=tr("Write the records as files here")
    )
    ledger = commands.add("ledger", f"{module}:ledger", tr("What was shared, received, withdrawn"))
    ledger.add_argument("--verify", action="store_true", help=tr("Fail if the chain does not hold"))
    withdraw = commands.add("withdraw", f"{module}:withdraw", tr("Ask for something to be deleted"))
    withdraw.add_argument("bundle_id", metavar="BUNDLE_ID")
    withdraw.add_argument("--out", type=_path, metavar="FILE", help=tr("Save it here"))


def _share(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--to",
        nargs="+",
        action="extend",
        required=True,
        metavar="NAME",
        help=tr("Who gets it"),
    )
    _kinds(parser)
    _share_selection(parser)
    parser.add_argument("--purpose", default="", help=tr("What it is for"))
    parser.add_argument(
        "--until", dest="keep_until", default="", metavar="DATE", help=tr("Kept until this day")
    )
    parser.add_argument("--resharing", action="store_true", help=tr("They may hand it on"))
    parser.add_argument("--terms", default="", help=tr("Anything else agreed on"))
    parser.add_argument("--out", type=_path, metavar="FILE", help=tr("Save it here"))
    parser.add_argument(
        "--preview", action="store_true", help=tr("Show exactly what would go, and write nothing")
    )


def _share_selection(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--from", dest="since", default="", metavar="DATE", help=tr("The first day")
    )
    parser.add_argument(
        "--to-date", dest="until", default="", metavar="DATE", help=tr("The last day")
    )
    lists = (
        ("--source", "sources", mark("Only from these sources")),
        ("--fields", "fields", mark("Only these fields: KIND=FIELD,FIELD")),
        ("--drop", "drop", mark("Leave out the records with these keys")),
        ("--transform", "transforms", mark("Make a field coarser: FIELD=HOW")),
    )
    for name, into, text in lists:
        parser.add_argument(name, nargs="+", action="extend", default=[], dest=into, help=tr(text))


# --- The rest -----------------------------------------------------------------------------------


def _other_commands(commands: _Commands) -> None:
    network = commands.add("network", "app.cli.network:network", tr("Every connection ever made"))
    network.add_argument(
        "--offline",
        choices=("on", "off"),
        help=tr("Allow no connection at all, or allow them again"),
    )
    demo = commands.add(
        "demo", "app.cli.demo:demo", tr("The whole story on invented data"), secret=False
    )
    demo.add_argument("--out", type=_path, metavar="FOLDER", help=tr("Keep everything here"))
