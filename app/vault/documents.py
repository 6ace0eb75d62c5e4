"""Small named values in the vault: people, the identity, received bundles, settings.

A document is bytes under (collection, id); what they mean is the business of whoever puts them.
"""

from __future__ import annotations

from app.vault.transaction import Transaction


def put(transaction: Transaction, collection: str, identifier: str, body: bytes) -> None:
    """Store or replace."""
    operation = transaction.operation("document", f"{collection}/{identifier}", body)
    transaction.execute(
        "INSERT OR REPLACE INTO document (collection, id, operation, body) VALUES (?, ?, ?, ?)",
        (collection, identifier, operation, body),
    )


def get(transaction: Transaction, collection: str, identifier: str) -> bytes | None:
    """The bytes, or None."""
    body: bytes | None = transaction.one(
        "SELECT body FROM document WHERE collection = ? AND id = ?", (collection, identifier)
    )
    return body


def delete(transaction: Transaction, collection: str, identifier: str) -> None:
    """Remove, if it is there."""
    transaction.operation("document", f"{collection}/{identifier}", None)
    transaction.execute(
        "DELETE FROM document WHERE collection = ? AND id = ?", (collection, identifier)
    )


def every(transaction: Transaction, collection: str) -> list[tuple[str, bytes]]:
    """All of a collection as (id, body), by id."""
    return transaction.execute(
        "SELECT id, body FROM document WHERE collection = ? ORDER BY id", (collection,)
    ).fetchall()
