"""Where the passphrase comes from: a file that was named, or a terminal.

Never the command's words, never a variable that holds the passphrase itself.
"""

from __future__ import annotations

import getpass
import os
import sys
from pathlib import Path

from app.errors import CannotUnlock, InputRefused, UsageError, environment
from app.i18n import tr

VARIABLE = "MYDATA_PASSPHRASE_FILE"
_OPTION = "passphrase-file"
_LONGEST = 1 << 16


def current(file: Path | None) -> str:
    """The passphrase of the vault."""
    named = _named(file)
    return first_line(named) if named else _ask(tr("Passphrase: "))


def chosen(file: Path | None, option: str = "new-passphrase-file") -> str:
    """A new passphrase, which `option` may name a file of; a person types it twice."""
    if file:
        return first_line(file)
    passphrase = _ask(tr("New passphrase: "), option)
    if _ask(tr("The same again: "), option) != passphrase:
        raise UsageError(
            "passphrases-differ",
            "The two passphrases are not the same.",
            "",
            "Nothing was changed. Try again.",
        )
    return passphrase


def first(file: Path | None) -> str:
    """The passphrase of a vault that is being made."""
    return chosen(_named(file), _OPTION)


def recovery_key(file: Path | None) -> str:
    """The recovery key, which may be read aloud while it is typed."""
    if file:
        return " ".join(_text(file).split())
    _need_terminal("recovery-file")
    sys.stderr.write(tr("Recovery key: "))
    sys.stderr.flush()
    return sys.stdin.readline().strip()


def _named(file: Path | None) -> Path | None:
    if file:
        return file
    named = os.environ.get(VARIABLE)
    return Path(named) if named else None


def first_line(file: Path) -> str:
    """The first line of a file, without its end and without anything else taken away."""
    return _text(file).partition("\n")[0].rstrip("\r")


def _text(file: Path) -> str:
    with environment(), file.open("rb") as opened:  # a pipe will do: that is how shells hand it on
        data = opened.read(_LONGEST + 1)
    if len(data) > _LONGEST:
        raise InputRefused(
            "passphrase-file-large",
            "“{name}” is too large for a file that holds a secret.",
            "",
            "Name the file that holds nothing else.",
            name=file.name,
        )
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputRefused(
            "passphrase-encoding",
            "“{name}” is not UTF-8 text.",
            "",
            "Save it again as UTF-8.",
            name=file.name,
        ) from error


def _ask(prompt: str, option: str = _OPTION) -> str:
    _need_terminal(option)
    return getpass.getpass(prompt, sys.stderr)


def _need_terminal(option: str) -> None:
    if sys.stdin.isatty():
        return
    if option == _OPTION:
        raise CannotUnlock(
            "no-passphrase",
            "The passphrase is needed, and there is no terminal to ask for it on.",
            "",
            "Name a file with --passphrase-file or in {variable}.",
            variable=VARIABLE,
        )
    raise CannotUnlock(
        "no-passphrase",
        "A secret is needed, and there is no terminal to ask for it on.",
        "",
        "Name a file that holds it with --{option}.",
        option=option,
    )
