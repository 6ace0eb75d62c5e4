"""The one function that opens the data file, and the one that turns its errors into sentences.

SQLCipher says "file is not a database" for five different things, so what can be told apart is told
apart before it is asked: existence, length, salt. Any open would create a file; ours never does.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from app.errors import Cancelled, EnvironmentFailure, UserError, VaultDamaged
from app.vault.pages import PAGE_SIZE, SALT_BYTES

if TYPE_CHECKING:
    import sqlcipher3

COMPATIBILITY: Final = 4
CACHE_KIB: Final = 64 * 1024
READER_CACHE_KIB: Final = 16 * 1024
BULK_CACHE_KIB: Final = 192 * 1024
"""While an import runs: a page that leaves the cache is encrypted, and decrypted when it is met
again, so a cache smaller than what is written to makes an import three times slower. This one holds
300,000 records of ordinary length, and with the rows on their way stays below half a gigabyte."""
_LITTLE: Final = 1 << 20
_LOWEST_SQLCIPHER: Final = (4, 17)
_INSTRUCTIONS: Final = 200_000
"""Steps of the database's machine between two looks at whether the person cancelled."""


def check_file(path: Path, salt: bytes) -> None:
    """Say what is wrong with a data file before opening it. Raises `VaultDamaged`."""
    if not path.exists():
        raise _no_data("data-missing", "The vault's data file is missing.")
    size = path.stat().st_size
    if size == 0:
        raise _no_data("data-empty", "The vault's data file is empty.")
    with path.open("rb") as file:
        head = file.read(4096)
    if not any(head):
        raise _no_data(
            "data-placeholder", "The vault's data file is a placeholder without content."
        )
    if head.startswith(b"SQLite format 3\0"):
        raise _no_data(
            "data-plain", "The vault's data file was replaced by an unencrypted database."
        )
    if size < PAGE_SIZE:
        raise _no_data("data-cut", "The vault's data file is cut off.")
    if head[:SALT_BYTES] != salt:
        raise _no_data(
            "data-foreign",
            "The vault's data file belongs to another vault or its start is damaged.",
        )


def _no_data(code: str, title: str) -> VaultDamaged:
    return VaultDamaged(
        code,
        title,
        "Nothing was changed. An empty vault is never opened in its place.",
        "Wait for your cloud folder to finish, or restore the last backup.",
    )


def connect(
    path: Path,
    key: bytes,
    salt: bytes,
    *,
    create: bool = False,
    cache_kib: int = CACHE_KIB,
    guarded: bool = True,
    immutable: bool = False,
) -> sqlcipher3.Connection:
    """Open the data file with its raw key and salt, every setting made.

    Only the routines that copy the whole file open it un`guarded`, because a copy is attached.
    `immutable` is for a file that nobody writes while it is open: nothing is made beside it, and a
    log that lies there is not read. The key never becomes part of an SQL text. Raises what
    `failures` maps.
    """
    import sqlcipher3

    # The module looks for a conversion of whatever is no number or text, and not to find one for
    # bytes costs it more time than to store them.
    sqlcipher3.register_adapter(bytes, bytes)
    mode = "ro&immutable=1" if immutable else "rwc" if create else "rw"
    with _full_disk_named(path), failures():
        connection = sqlcipher3.connect(
            f"file:{quote(str(path))}?mode={mode}",
            uri=True,
            isolation_level=None,
            check_same_thread=False,
            cached_statements=256,
        )
        try:
            _configure(connection, key, salt, cache_kib)
            if not immutable:
                connection.execute("PRAGMA journal_mode = WAL")
            if guarded:
                connection.set_authorizer(_authorize)
        except BaseException:
            connection.close()
            raise
    return connection


@contextmanager
def _full_disk_named(path: Path) -> Iterator[None]:
    """Without room for its log the database says only that something could not be written."""
    try:
        yield
    except EnvironmentFailure as error:
        if error.code == "io" and shutil.disk_usage(path.parent).free < _LITTLE:
            raise disk_full() from error
        raise


def _configure(connection: sqlcipher3.Connection, key: bytes, salt: bytes, cache_kib: int) -> None:
    # Before the key: a wrong one would otherwise be discussed on stderr.
    connection.execute("PRAGMA cipher_log_level = NONE")
    connection.set_key(f"x'{key.hex()}{salt.hex()}'")
    for setting in (
        f"cipher_compatibility = {COMPATIBILITY}",
        f"cipher_page_size = {PAGE_SIZE}",
        # Wiping each of SQLite's allocations makes imports with full text nine times slower
        # and, under Python, which keeps copies of its own, promises nothing we could keep.
        "cipher_memory_security = OFF",
        "synchronous = FULL",
        "foreign_keys = ON",
        "trusted_schema = OFF",
        "cell_size_check = ON",
        "busy_timeout = 5000",
        "secure_delete = ON",
        "wal_autocheckpoint = 4000",
        f"cache_size = -{cache_kib}",
    ):
        connection.execute(f"PRAGMA {setting}")
    version = str(connection.execute("PRAGMA cipher_version").fetchone()[0])
    if tuple(int(part) for part in version.split(maxsplit=1)[0].split(".")[:2]) < _LOWEST_SQLCIPHER:
        raise EnvironmentFailure(
            "sqlcipher-old",
            "The encrypted database library is too old ({version}).",
            "",
            "Run the set-up again.",
            version=version,
        )
    connection.execute("SELECT count(*) FROM sqlite_master").fetchone()


def _authorize(action: int, *_: object) -> int:
    """Deny ATTACH: data leaves the file through this program's own doors only."""
    from sqlcipher3 import SQLITE_ATTACH, SQLITE_DENY, SQLITE_OK

    return SQLITE_DENY if action == SQLITE_ATTACH else SQLITE_OK


@contextmanager
def cancellable(connection: sqlcipher3.Connection, look: Callable[[], None]) -> Iterator[None]:
    """Let a long statement end where `look` raises `Cancelled`."""
    import sqlcipher3

    raised: list[Cancelled] = []

    def stop() -> int:
        try:
            look()
        except Cancelled as cancelled:
            raised.append(cancelled)
        return len(raised)

    connection.set_progress_handler(stop, _INSTRUCTIONS)
    try:
        yield
    except sqlcipher3.OperationalError:
        if raised:
            raise raised[0] from None
        raise
    finally:
        connection.set_progress_handler(None, 0)


@contextmanager
def failures() -> Iterator[None]:
    """Map database errors to what a person can act on; anything else is a bug and passes."""
    import sqlcipher3

    try:
        yield
    except sqlcipher3.DatabaseError as error:
        known = _known(error)
        if known is None:
            raise
        raise known from None  # the database's text could quote a value


def disk_full() -> EnvironmentFailure:
    """What the person is told who needs room first."""
    return EnvironmentFailure(
        "disk-full",
        "The disk is full.",
        "",
        "Free some space and try again. Nothing was lost.",
    )


def _known(error: sqlcipher3.DatabaseError) -> UserError | None:
    import sqlcipher3 as db

    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code == db.SQLITE_FULL:
        return disk_full()
    if code in (db.SQLITE_READONLY, db.SQLITE_PERM, db.SQLITE_CANTOPEN):
        return EnvironmentFailure(
            "no-permission",
            "“{name}” may not be read or written.",
            "",
            "Choose another place, or change its permissions.",
            name="vault.db",
        )
    if code in (db.SQLITE_BUSY, db.SQLITE_LOCKED):
        return EnvironmentFailure(
            "vault-in-use",
            "The vault is open in another window or command.",
            "",
            "Close it there, or lock it, and try again.",
        )
    if code == db.SQLITE_IOERR:
        return EnvironmentFailure(
            "io",
            "The computer could not read or write “{name}”.",
            "",
            "Try again, or another place.",
            name="vault.db",
        )
    if code in (db.SQLITE_CORRUPT, db.SQLITE_NOTADB):
        return VaultDamaged(
            "data-damaged",
            "The vault's data file is damaged.",
            "Nothing was changed.",
            "Keep a copy of the folder and restore the last backup.",
        )
    return None
