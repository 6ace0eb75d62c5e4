"""Which vault a command means, and opening it."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from app import paths
from app.cli import passphrases
from app.cli.console import Console
from app.errors import EnvironmentFailure, UserError

if TYPE_CHECKING:
    from app.services.session import Session


def folder(arguments: Namespace) -> Path:
    """The vault's folder: `--vault`, else `MYDATA_VAULT`, else the platform's place."""
    named: Path | None = arguments.vault
    return (named.expanduser() if named else paths.vault_folder()).absolute()


def present(arguments: Namespace) -> Path:
    """The folder, if there is a vault in it: nobody types a passphrase for nothing."""
    from app.services import session

    place = folder(arguments)
    if not session.exists(place):
        raise EnvironmentFailure(
            "no-vault",
            "There is no vault in “{folder}”.",
            "",
            "Make one with “mydata create”, or say where it is with --vault.",
            folder=str(place),
        )
    return place


@contextmanager
def unlocked(arguments: Namespace) -> Iterator[Session]:
    """The vault, unlocked until the end of the command."""
    from app.services import session

    place = present(arguments)
    opened = session.unlock(place, passphrases.current(arguments.passphrase_file))
    told = ""
    try:
        yield opened
    except UserError as error:
        told = error.code
        raise
    finally:
        opened.close()
        for each in (opened.swept, opened.notice):
            if each and each.code != told:
                Console(json=arguments.json).remark(each)
