"""Making the files of a new vault, beside the place where it then appears whole."""

from __future__ import annotations

import platform
import secrets
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from app.errors import EnvironmentFailure, check_new_or_empty, naming
from app.vault import connection as opening
from app.vault import header as headers
from app.vault import keys, migrate, pages, presence
from app.vault.transaction import Transaction

DATA: Final = "vault.db"


def check_empty(folder: Path) -> None:
    """Raise `EnvironmentFailure` unless a vault can be made in `folder`."""
    if presence.exists(folder):
        raise EnvironmentFailure(
            "vault-exists",
            "There is already a vault in “{folder}”.",
            "",
            "Open it, or choose another folder.",
            folder=folder.name,
        )
    check_new_or_empty(folder)


@contextmanager
def beside(folder: Path) -> Iterator[Path]:
    """A folder to build in, which takes the place of `folder` when all went well."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    building = folder.with_name(f"{folder.name}.new-{secrets.token_hex(4)}")
    with naming(folder):
        building.mkdir(mode=0o700)
    try:
        yield building
        if folder.exists():
            folder.rmdir()
        building.rename(folder)
        headers.sync_folder(folder.parent)
    finally:
        shutil.rmtree(building, ignore_errors=True)


def new_header(passphrase: str, secret: bytes, vault_key: bytes, cost: keys.Cost) -> headers.Header:
    """The header of a new vault that a passphrase and the recovery key `secret` open."""
    vault_id = secrets.token_hex(16)
    header = headers.Header(
        format=headers.FORMAT,
        version=headers.VERSION,
        min_reader=headers.VERSION,
        vault_id=vault_id,
        key_epoch=1,
        header_epoch=1,
        created=headers.now(),
        app="mydata-vault",
        database=headers.Database(
            DATA,
            pages.PAGE_SIZE,
            opening.COMPATIBILITY,
            secrets.token_bytes(pages.SALT_BYTES),
        ),
        slots=(
            headers.passphrase_slot(vault_id, passphrase, vault_key, cost),
            headers.recovery_slot(vault_id, secret, vault_key),
        ),
        key_check=b"",
    )
    return headers.signed(header, keys.key_ring(vault_key))


def build(
    folder: Path, header: headers.Header, vault_key: bytes, inside: Mapping[str, bytes] = {}
) -> None:
    """Write a new vault's files into `folder`; keys it lacks in `inside` are made."""
    ring = keys.key_ring(vault_key)
    # Made here, so that the data file and what SQLite puts beside it get its mode.
    headers.private(folder / DATA, "xb").close()
    writer = opening.connect(folder / DATA, ring.database, header.database.salt, create=True)
    try:
        with opening.failures():
            migrate.migrate(writer)
            writer.execute("BEGIN IMMEDIATE")
            cursor = writer.execute(
                "INSERT INTO device (uid, name) VALUES (?, ?)",
                (secrets.token_hex(16), platform.node()),
            )
            transaction = Transaction(writer, int(cursor.lastrowid or 0))
            transaction.set_meta("vault_id", header.vault_id.encode())
            transaction.set_meta("device", str(transaction.device).encode())
            for name in ("content_key", "secret_key", "attachment_keys"):
                transaction.set_meta(name, inside.get(name) or keys.random_key())
            transaction.set_meta("created", header.created.encode())
            writer.execute("COMMIT")
            writer.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        writer.close()
    headers.write(folder, header)
