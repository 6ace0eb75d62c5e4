"""Bringing a data file to today's schema: numbered SQL files, all of them in one transaction.

Before the first step stands a verified copy of the vault (`app.vault.backup`); after the last one
the file is looked over and its rows are counted before anything is committed. A step names the
tables whose number of rows it means to change in a line `-- changes: table, table`; every other
table must come out as long as it went in.

`meta` holds `min_reader`: the lowest schema a program must know to read the file rightly. What is
newer than this program but readable is opened for reading only.

Statements run one by one: `executescript` would commit what is open first.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.resources import files
from typing import TYPE_CHECKING, Final

from app.errors import UserError, VaultDamaged

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

    import sqlcipher3

SCHEMA = 1
"""The schema this program writes."""
MIN_READER = 1
"""The lowest schema a program must know to read what this one writes."""
STEPS: Traversable = files("app.vault") / "schema"
_CHANGES: Final = re.compile(r"^-- changes: (.*)$", re.MULTILINE)


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
    name = next(item for item in STEPS.iterdir() if item.name.startswith(f"{number:04}_"))
    return name.read_text(encoding="utf-8")


def version(connection: sqlcipher3.Connection) -> int:
    """The schema the file has."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def check_readable(connection: sqlcipher3.Connection) -> None:
    """Raise `VaultDamaged` for a file from a future this program cannot read rightly."""
    row = connection.execute("SELECT value FROM meta WHERE name = 'min_reader'").fetchone()
    if int(row[0] if row else version(connection)) > SCHEMA:
        raise newer()


def newer(detail: str = "") -> VaultDamaged:
    """A vault from a newer program."""
    return VaultDamaged(
        "vault-newer",
        "This vault was made by a newer version of MyData Vault.",
        detail,
        "Install the newest version and open it again.",
    )


def migrate(connection: sqlcipher3.Connection) -> None:
    """Run every step the file lacks, or none. Raises `VaultDamaged` when one does not work out."""
    present = version(connection)
    if present >= SCHEMA:
        return
    connection.execute("BEGIN EXCLUSIVE")
    try:
        before = _counts(connection)
        _run(connection, present)
        _check(connection, before, _changed(present))
        connection.execute("COMMIT")
    except BaseException as error:
        if connection.in_transaction:  # a full disk has rolled back already
            connection.execute("ROLLBACK")
        if present and _is_ours(error):
            raise _failed() from error
        raise


def _run(connection: sqlcipher3.Connection, present: int) -> None:
    for number in range(present + 1, SCHEMA + 1):
        for statement in statements(script(number)):
            connection.execute(statement)
    connection.execute(
        "INSERT OR REPLACE INTO meta (name, value) VALUES ('min_reader', ?)",
        (str(MIN_READER).encode(),),
    )
    connection.execute(f"PRAGMA user_version = {SCHEMA}")


def _changed(present: int) -> set[str]:
    return {
        table.strip()
        for number in range(present + 1, SCHEMA + 1)
        for line in _CHANGES.findall(script(number))
        for table in line.split(",")
    }


def _counts(connection: sqlcipher3.Connection) -> dict[str, int]:
    """Rows in every table but what belongs to the search index, which has tables of its own."""
    names = connection.execute(
        "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table'"
        " AND name NOT LIKE 'sqlite_%' AND name <> 'meta'"
    ).fetchall()
    return {
        name: int(connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0])  # noqa: S608
        for (name,) in names
    }


class _NotWhole(Exception):
    """What a migration made did not pass."""


def _check(connection: sqlcipher3.Connection, before: dict[str, int], changed: set[str]) -> None:
    after = _counts(connection)
    if any(after.get(name) != count for name, count in before.items() if name not in changed):
        raise _NotWhole
    if connection.execute("PRAGMA foreign_key_check").fetchone():
        raise _NotWhole
    if connection.execute("PRAGMA integrity_check(1)").fetchone()[0] != "ok":
        raise _NotWhole


def _is_ours(error: BaseException) -> bool:
    """Whether a step failed, rather than the disk or the person's patience."""
    from sqlcipher3 import IntegrityError, OperationalError

    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    plain_mistake = isinstance(error, OperationalError) and code == 1
    return isinstance(error, (_NotWhole, IntegrityError)) or plain_mistake


def _failed() -> UserError:
    return VaultDamaged(
        "migration-failed",
        "The vault could not be brought up to date.",
        "It is as it was before, and a copy of it lies in its folder under “earlier”.",
        "Open it with the version you used before, and report this.",
    )
