"""Kept originals among devices: which of two sealed copies is used, and carrying them.

Blobs are encrypted and named by their hash already (`app.vault.originals`), so they are copied as
they are. Every device takes the lowest blob name among the runs that stand.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Final

import msgspec

from app.errors import environment
from app.vault import originals
from app.vault.header import private
from app.vault.sync import bodies
from app.vault.transaction import Transaction

_decode_keys: Final = msgspec.json.Decoder(list[bytes]).decode


def tell_keys(transaction: Transaction) -> None:
    """Log keys that a change of the vault key has added here, so that other computers get them."""
    known = originals.attachment_keys(transaction)[1:]
    if not known:
        return
    rows = transaction.execute("SELECT body FROM operation WHERE type = 'keys'")
    told = {key for (body,) in rows for key in _decode_keys(body)}
    if fresh := [key for key in known if key not in told]:
        transaction.operation("keys", "originals", fresh)


def hear_keys(transaction: Transaction, body: bytes) -> None:
    """Take what `tell_keys` of another computer logged."""
    originals.add_keys(transaction, _decode_keys(body))


def hear(transaction: Transaction, run: str, original: bodies.Original) -> None:
    """Remember under which blob a run, by its id, knows an original."""
    transaction.set_meta(f"blob/{run}/{original.sha256}", original.blob.encode())


_CHOSEN = (
    "SELECT original.id, original.blob, min(CAST(value AS TEXT)) FROM original"
    " JOIN run_original ON run_original.original = original.id"
    " JOIN run ON run.id = run_original.run"
    " JOIN meta ON meta.name = 'blob/' || run.uid || '/' || lower(hex(sha256))"
    " WHERE length(value) > 0 GROUP BY original.id"
)


def settle(transaction: Transaction, folder: Path) -> None:
    """Let every original have the blob all devices agree on, once it is here."""
    changed = [
        (blob, number)
        for number, present, blob in transaction.execute(_CHOSEN).fetchall()
        if present != blob and (_is_here(folder, blob) or not _is_here(folder, present))
    ]
    transaction.many("UPDATE original SET blob = ? WHERE id = ?", changed)


def wanted(transaction: Transaction, folder: Path) -> list[str]:
    """Blobs that are to be used and are not here yet."""
    return [
        blob for _, _, blob in transaction.execute(_CHOSEN).fetchall() if not _is_here(folder, blob)
    ]


def bring(folder: Path, blob: str, data: bytes) -> None:
    """Put a blob into the vault's folder; `data` has the hash it is named by."""
    target = originals.path_of(folder, blob)
    with environment():
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary = target.with_name(f"new-{secrets.token_hex(8)}")
        with private(temporary, "xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(target)


def _is_here(folder: Path, blob: str) -> bool:
    return bool(blob) and originals.path_of(folder, blob).exists()


def named(transaction: Transaction) -> list[str]:
    """Blobs the vault names."""
    rows = transaction.execute("SELECT blob FROM original WHERE blob <> '' ORDER BY blob")
    return [blob for (blob,) in rows]
