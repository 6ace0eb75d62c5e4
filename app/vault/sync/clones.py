"""Two copies of one device: a vault folder was copied, or a backup was put back.

The one that notices takes a new id before it publishes again. What it has not published moves to
the new id; what it has is the old device's, and what the other copy wrote is merged like anyone's.
"""

from __future__ import annotations

import platform

from app.vault import ledger
from app.vault.sync import state
from app.vault.transaction import Transaction
from app.vault.vault import Vault


def start_anew(vault: Vault) -> str:
    """Take a new device id; returns it."""
    with vault.write() as transaction:
        number = state.new_device(transaction, platform.node())
        end = state.end_of(transaction, transaction.device)
        _move_operations(transaction, number, end.last)
        ledger.move(transaction, number, end.ledger)
        transaction.set_meta("device", str(number).encode())
        uid: str = transaction.one("SELECT uid FROM device WHERE id = ?", (number,))
    vault.become(number)
    return uid


def _move_operations(transaction: Transaction, number: int, since: int) -> None:
    transaction.execute(
        "UPDATE operation SET device = ?, sequence = sequence - ?"
        " WHERE device = ? AND sequence > ?",
        (number, since, transaction.device, since),
    )
