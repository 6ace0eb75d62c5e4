"""Vaults that hold something of everything, and looking at what they hold."""

from __future__ import annotations

import io
import shutil
from pathlib import Path
from typing import Final

from app.vault import claims, documents, ledger, originals, reading, runs
from app.vault.digest import Digest, digest
from app.vault.pages import PAGE_SIZE
from app.vault.vault import Vault
from connectors.api import Record
from tests.vaults import payment, put

ORIGINAL: Final = b"date,amount\n2024-03-05,-1.00\n" * 300


def furnish(vault: Vault, payments: int = 300) -> None:
    """Put something into every table: versions, sightings, deletions, documents, an original."""
    records = [
        payment(str(number), f"-{number}.25", f"2024-{number % 12 + 1:02}-{number % 28 + 1:02}")
        for number in range(payments)
    ]
    keep(vault, ORIGINAL, records)
    put(vault, records[: payments // 3])
    put(vault, [payment(str(number), f"-{number}.50") for number in range(payments // 10)])
    put(vault, [_reading(number) for number in range(50)], connector="greenbutton.espi")
    undone, _ = put(vault, [payment("undone")], account="other")
    with vault.write() as transaction:
        runs.undo(transaction, undone)
        found = reading.row_ids(transaction, reading.Where(kinds=("finance.transaction",)), 7)
        keys = [bytes.fromhex(raw.key) for raw in reading.rows(transaction, found)]
        claims.delete(transaction, keys)
        claims.undelete(transaction, keys[:2])
        documents.put(transaction, "people", "한지우", "김치 🥬".encode())
        documents.put(transaction, "people", "other", bytes(range(256)))
        for number in range(5):
            ledger.append(transaction, "share", {"bundle": str(number), "to": ["한지우"]})


def _reading(number: int) -> Record:
    return Record(
        kind="energy.reading",
        native_id=f"r{number}",
        start=f"2024-01-01T{number % 24:02}:00:00Z",
        title=f"Reading {number}",
        data={"quantity": f"{number}.125", "unit": "kWh", "commodity": "electricity"},
        where=f"row {number}",
    )


def keep(vault: Vault, original: bytes, records: list[Record], name: str = "april.csv") -> str:
    """Import records together with the original they were read from; returns its blob."""
    kept = vault.keep_original(io.BytesIO(original), 1 << 30, {})
    with vault.write() as transaction:
        run = runs.begin(transaction, connector="uk.midata", version=1, name=name)
        run.add(records)
        run.finish()
        originals.note(transaction, run.number, name, kept)
    return kept.blob


def held(vault: Vault) -> Digest:
    """What a vault holds."""
    with vault.read() as snapshot:
        return digest(snapshot)


def copied(folder: Path, to: Path) -> Path:
    """A folder once more."""
    return Path(shutil.copytree(folder, to))


def flip(path: Path, place: int) -> None:
    """Change one bit of a file, `place` bytes from its start or, below 0, from its end."""
    data = bytearray(path.read_bytes())
    data[place] ^= 1
    path.write_bytes(data)


def spoil_page(data: Path, number: int) -> None:
    """Damage page `number` (from 0) of a data file."""
    flip(data, number * PAGE_SIZE + 200)


def page_count(data: Path) -> int:
    """How many pages a data file has."""
    return data.stat().st_size // PAGE_SIZE


def files(folder: Path) -> dict[str, bytes]:
    """Everything in a folder by its name."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }
