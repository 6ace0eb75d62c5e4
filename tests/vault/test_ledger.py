"""The ledger: what is in it stays as it is, and whoever changes it anyway is found out."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from app.vault import ledger
from app.vault.transaction import Transaction
from app.vault.vault import Vault


def filled(vault: Vault) -> list[ledger.Entry]:
    with vault.write() as transaction:
        return [
            ledger.append(transaction, kind, {"to": "민준", "records": number})
            for number, kind in enumerate(["share", "receive", "share", "withdraw"])
        ]


def test_entries_come_back_as_they_were_written(vault: Vault) -> None:
    made = filled(vault)
    with vault.read() as snapshot:
        assert ledger.entries(snapshot) == made
        assert ledger.verify(snapshot) == ledger.Chain(ok=True, length=4, head=made[-1].hash)
    assert [entry.sequence for entry in made] == [1, 2, 3, 4]
    assert len({entry.hash for entry in made}) == 4


def test_an_empty_ledger_is_whole(vault: Vault) -> None:
    with vault.read() as snapshot:
        assert ledger.verify(snapshot) == ledger.Chain(ok=True, length=0, head="0" * 64)


@pytest.mark.parametrize("statement", ["UPDATE ledger SET at = ''", "DELETE FROM ledger"])
def test_nothing_is_changed_by_accident(vault: Vault, statement: str) -> None:
    import sqlcipher3

    filled(vault)
    with pytest.raises(sqlcipher3.DatabaseError, match="append-only"), vault.write() as t:
        t.execute(statement)
    with vault.read() as snapshot:
        assert ledger.verify(snapshot).ok


def set_column(column: str, value: object) -> Callable[[Transaction], None]:
    def change(transaction: Transaction) -> None:
        transaction.execute(f"UPDATE ledger SET {column} = ? WHERE sequence = 2", (value,))

    return change


def remove(sequence: int) -> Callable[[Transaction], None]:
    def change(transaction: Transaction) -> None:
        transaction.execute("DELETE FROM ledger WHERE sequence = ?", (sequence,))

    return change


def swap(transaction: Transaction) -> None:
    for old, new in ((2, 99), (3, 2), (99, 3)):
        transaction.execute("UPDATE ledger SET sequence = ? WHERE sequence = ?", (new, old))


def slip_in(transaction: Transaction) -> None:
    transaction.execute(
        "INSERT INTO ledger SELECT device, 5, at, kind, body, hash FROM ledger WHERE sequence = 1"
    )


@pytest.mark.parametrize(
    "change",
    [
        set_column("at", "2000-01-01T00:00:00Z"),
        set_column("kind", "receivf"),
        set_column("body", b'{"records":1,"to":"\xeb\xaf\xbc\xec\xa4\x81"}'),
        set_column("body", b""),
        set_column("hash", bytes(32)),
        set_column("sequence", 9),
        remove(1),
        remove(2),
        remove(4),
        swap,
        slip_in,
    ],
)
def test_whoever_takes_the_guards_away_is_found_out(
    vault: Vault, change: Callable[[Transaction], None]
) -> None:
    filled(vault)
    with vault.write() as transaction:
        for trigger in ("ledger_keeps", "ledger_stays"):
            transaction.execute(f"DROP TRIGGER {trigger}")
        change(transaction)
    with vault.read() as snapshot:
        assert not ledger.verify(snapshot).ok
