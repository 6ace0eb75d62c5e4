"""Making records and putting them into real vaults."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from app.vault import runs
from app.vault.vault import Vault
from connectors.api import Record, Value

PASSPHRASE: Final = "열려라 참깨 basket"
CONNECTOR: Final = "uk.midata"


def payment(
    native_id: str, amount: str = "-1.00", start: str = "2024-03-05", title: str = "", **data: Value
) -> Record:
    """An invented bank transaction in pounds."""
    return Record(
        kind="finance.transaction",
        native_id=native_id,
        start=start,
        title=title or f"Payment {native_id}",
        data={"amount": amount, "currency": "GBP", **data},
        where=f"row {native_id}",
    )


def put(
    vault: Vault, records: Iterable[Record], *, connector: str = CONNECTOR, account: str = ""
) -> tuple[str, tuple[int, int, int]]:
    """Import records in one run; returns its id and how many were (new, known, updated)."""
    with vault.write() as transaction:
        run = runs.begin(
            transaction, connector=connector, version=1, account=account, name="statement.csv"
        )
        problems = run.add(list(records))
        assert not problems, problems
        counts, _ = run.finish()
    return run.import_id, (counts.new, counts.known, counts.updated)
