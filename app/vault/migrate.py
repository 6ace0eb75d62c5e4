"""Bringing a data file to today's schema: numbered SQL files, each one transaction.

Statements run one by one: `executescript` would commit what is open first.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files
from typing import TYPE_CHECKING, Final

from app.errors import VaultDamaged

if TYPE_CHECKING:
    import sqlcipher3

SCHEMA: Final = 1
"""The schema this program writes."""


def statements(script: str) -> Iterator[str]:
    """The statements of an SQL script, triggers kept whole."""
    from sqlcipher3 import complete_statement

    text = ""
    for line in script.splitlines(keepends=True):
        text += line
        if line.rstrip().endswith(";") and complete_statement(text):
            yield text
            text = ""


def script(number: int) -> str:
    """The SQL that leads from schema `number` - 1 to `number`."""
    folder = files("app.vault") / "schema"
    name = next(item for item in folder.iterdir() if item.name.startswith(f"{number:04}_"))
    return name.read_text(encoding="utf-8")


def version(connection: sqlcipher3.Connection) -> int:
    """The schema the file has."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def migrate(connection: sqlcipher3.Connection) -> None:
    """Run every step the file lacks. Raises `VaultDamaged` for a file from the future."""
    if version(connection) > SCHEMA:
        raise VaultDamaged(
            "vault-newer",
            "This vault was made by a newer version of MyData Vault.",
            "",
            "Install the newest version and open it again.",
        )
    while (present := version(connection)) < SCHEMA:
        connection.execute("BEGIN IMMEDIATE")
        try:
            for statement in statements(script(present + 1)):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {present + 1}")
        except BaseException:
            connection.execute("ROLLBACK")
            raise
        connection.execute("COMMIT")
