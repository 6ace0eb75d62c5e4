"""What can go wrong, sorted by who must do something about it.

    UserError              the person can act: what happened, what to do, a code, an exit code
    ├── InputRefused       a file is not recognised, damaged, tampered with, not for this person (3)
    ├── CannotUnlock       the passphrase or recovery key does not open the vault (4)
    ├── EnvironmentFailure disk full, no permission, vault in use (5)
    └── VaultDamaged       the vault itself is damaged or missing a part (6)
    Cancelled              the person stopped a job; nothing was kept

Everything else that is raised is a bug. A data problem is a value (`connectors.api.Problem`),
not an exception. Titles, details and next steps are English source sentences with named fields; the
faces translate them through `app.i18n`, so they are never built as f-strings.
"""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar, Final


class UserError(Exception):
    """Something the person can act on. `exit_code` is the command line's."""

    exit_code: ClassVar[int] = 1

    def __init__(
        self, code: str, title: str, detail: str = "", next_step: str = "", **values: object
    ) -> None:
        super().__init__(code)
        self.code = code
        self.title = title
        self.detail = detail
        self.next_step = next_step
        self.values = values


class UsageError(UserError):
    """The command or form was filled in wrongly."""

    exit_code = 2


class InputRefused(UserError):
    """A file was not accepted; nothing was changed."""

    exit_code = 3


class CannotUnlock(UserError):
    """No key slot opened."""

    exit_code = 4


class EnvironmentFailure(UserError):
    """The computer, not the person or the data, is in the way."""

    exit_code = 5


class VaultDamaged(UserError):
    """The vault is damaged, incomplete or newer than this program."""

    exit_code = 6


class Cancelled(Exception):
    """The person stopped the job. Raised by `app.jobs.JobContext.check`."""


_ENVIRONMENT: dict[int, tuple[str, str, str]] = {
    errno.ENOSPC: (
        "disk-full",
        "The disk is full.",
        "Free some space and try again. Nothing was lost.",
    ),
    errno.EDQUOT: (
        "disk-full",
        "The disk is full.",
        "Free some space and try again. Nothing was lost.",
    ),
    errno.EACCES: (
        "no-permission",
        "“{name}” may not be read or written.",
        "Choose another place, or change its permissions.",
    ),
    errno.EPERM: (
        "no-permission",
        "“{name}” may not be read or written.",
        "Choose another place, or change its permissions.",
    ),
    errno.EROFS: (
        "read-only",
        "“{name}” is on a read-only disk.",
        "Choose a place that can be written to.",
    ),
    errno.ENOENT: ("not-found", "“{name}” is not there.", "Check the name and try again."),
    errno.EISDIR: ("is-folder", "“{name}” is a folder.", "Choose a file."),
    errno.ENOTDIR: ("not-a-folder", "“{name}” is not a folder.", "Choose a folder."),
    errno.EEXIST: ("exists", "“{name}” already exists.", "Choose another name."),
}
_SOMETHING = (
    "io",
    "The computer could not read or write “{name}”.",
    "Try again, or another place.",
)
_SOMETHING_UNNAMED = (
    "io",
    "The computer could not read or write a file.",
    "Try again, or another place.",
)


_UNFINISHED: Final = re.compile(
    r"(?P<before>.+)\.(?:part|new)-[0-9a-f]{8}|\.(?P<after>.+)-[0-9a-f]{8}\.part"
)
"""What is written beside its place carries such a name until it is whole; nobody asked for it."""


def _name(filename: object) -> str:
    """The last part of what an `OSError` names: text, bytes, a file number or nothing."""
    if not isinstance(filename, str | bytes):
        return ""
    name = os.fsdecode(filename).replace("\\", "/").rstrip("/").rpartition("/")[2]
    found = _UNFINISHED.fullmatch(name)
    return (found["after"] or found["before"]) if found else name


def from_os_error(error: OSError) -> EnvironmentFailure:
    """Map what the operating system said to a sentence that quotes the file's name, no path."""
    name = _name(error.filename)
    code, title, next_step = _ENVIRONMENT.get(error.errno or 0, _SOMETHING)
    if not name and "{name}" in title:
        code, title, next_step = _SOMETHING_UNNAMED
    return EnvironmentFailure(code, title, "", next_step, name=name)


def check_new_or_empty(folder: Path) -> None:
    """Raise `EnvironmentFailure` unless nothing is in the way of a new folder there."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise EnvironmentFailure(
            "folder-not-empty",
            "“{folder}” is not an empty folder.",
            "",
            "Choose a new or an empty folder.",
            folder=folder.name,
        )


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Let an `OSError` inside speak of what the person named, not of what it is built as."""
    try:
        yield
    except OSError as error:
        error.filename, error.filename2 = str(path), None
        raise


@contextmanager
def environment() -> Iterator[None]:
    """Turn an `OSError` inside into the sentence for the person."""
    try:
        yield
    except OSError as error:
        raise from_os_error(error) from error
