"""A new vault key: everything encrypted again, so that old copies of the header open nothing new.

The data is exported into a new file under a new key and salt, read back and compared, and only then
are the header and the file swapped. The header names its data file, so that swap is one rename of
the header: before it the old pair is whole, after it the new one is.
"""

from __future__ import annotations

import re
import secrets
from typing import TYPE_CHECKING, Final

import msgspec

from app.errors import EnvironmentFailure, VaultDamaged
from app.vault import checkup, copying, keys, pages, recovery
from app.vault import header as headers
from app.vault.digest import Digest, digest

if TYPE_CHECKING:
    from pathlib import Path

    import sqlcipher3

    from app.vault.copying import Origin

_EXPORT: Final = (
    f"PRAGMA fresh.cipher_page_size = {pages.PAGE_SIZE}",
    "SELECT sqlcipher_export('fresh')",
)


def export(source: Origin, folder: Path, header: headers.Header, key: bytes) -> Digest:
    """Copy a vault's data into `folder` under another header's key; returns what it must hold.

    The caller holds writers off.
    """
    path = folder / header.database.file
    copying.check_room(folder, source.data.stat().st_size)
    headers.private(path, "xb").close()  # so that it gets its mode
    with source.connected(guarded=False) as connection:
        _attach(connection, path, key, header.database.salt)
        try:
            _fill(connection)
            # Originals sealed from now on must not open with what an old copy of the vault holds.
            _add_attachment_key(connection)
        finally:
            connection.execute("DETACH DATABASE fresh")
        held = digest(copying.transaction(connection))
    copying.to_disk(path)
    return held


def _attach(connection: sqlcipher3.Connection, path: Path, key: bytes, salt: bytes) -> None:
    connection.execute(
        "ATTACH DATABASE ? AS fresh KEY ?", (str(path), f"x'{key.hex()}{salt.hex()}'")
    )


def _fill(connection: sqlcipher3.Connection) -> None:
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    for statement in _EXPORT:
        connection.execute(statement)
    connection.execute(f"PRAGMA fresh.user_version = {version}")


def _add_attachment_key(connection: sqlcipher3.Connection) -> None:
    name = ("attachment_keys",)
    select = "SELECT value FROM fresh.meta WHERE name = ?"
    held: bytes = connection.execute(select, name).fetchone()[0]
    joined = held + keys.random_key()
    connection.execute("UPDATE fresh.meta SET value = ? WHERE name = ?", (joined, *name))


class Rekeyed(msgspec.Struct, frozen=True):
    """What a change of the vault key made: the new header, its key, and the new recovery key."""

    header: headers.Header
    vault_key: bytes
    recovery_key: str


def prepare(header: headers.Header, passphrase: str, cost: keys.Cost) -> Rekeyed:
    """A header with a new vault key, salt and data file name, not yet written anywhere."""
    vault_key, secret = keys.random_key(), keys.random_key()
    fresh = msgspec.structs.replace(
        header,
        key_epoch=header.key_epoch + 1,
        header_epoch=header.header_epoch + 1,
        database=_next_database(header),
        slots=(
            headers.passphrase_slot(header.vault_id, passphrase, vault_key, cost),
            headers.recovery_slot(header.vault_id, secret, vault_key),
        ),
    )
    signed = headers.signed(fresh, keys.key_ring(vault_key))
    return Rekeyed(signed, vault_key, recovery.encode(secret))


def taken(own: headers.Header, other: headers.Header, vault_key: bytes) -> Rekeyed:
    """The header of another computer of this vault, for a new data file here."""
    fresh = msgspec.structs.replace(
        other,
        header_epoch=max(own.header_epoch, other.header_epoch) + 1,
        database=_next_database(own),
    )
    return Rekeyed(headers.signed(fresh, keys.key_ring(vault_key)), vault_key, "")


def _next_database(header: headers.Header) -> headers.Database:
    """A data file beside the present one, never in its place."""
    number = int(re.sub(r"\D", "", header.database.file) or 1) + 1
    return msgspec.structs.replace(
        header.database, file=f"vault-{number}.db", salt=secrets.token_bytes(pages.SALT_BYTES)
    )


def verify(copy: Origin, source: Digest) -> None:
    """Read the new file back. Raises `EnvironmentFailure` if it does not hold what it must."""
    try:
        with copy.reading() as snapshot:
            report = checkup.copied(snapshot, copying.no_step)
    except VaultDamaged as error:
        raise _not_good() from error
    if not report.ok or report.digest != source:
        raise _not_good()


def _not_good() -> EnvironmentFailure:
    return EnvironmentFailure(
        "rekey-not-good",
        "The vault could not be encrypted anew.",
        "The new copy did not come out whole. The vault is as it was.",
        "Check the vault, then try again.",
    )
