"""A backup, the vault deleted, brought back with the recovery key alone: counts and digest equal.

How long a change of the passphrase takes is measured beside, because no size may matter to it.

The largest data file is above 4 GiB, where numbers of 32 bits end.
"""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path
from typing import Final

from app.vault import backup, keys, runs
from app.vault.vault import Vault
from connectors.api import Record
from tests.vault.holding import furnish, held
from tests.vaults import PASSPHRASE

RECORDS: Final = ((1_000, 200), (100_000, 200), (300_000, 15_000))
"""How many records, and how many bytes of each that are no words."""
_BATCH: Final = 20_000


def run(room: Path, sizes: tuple[tuple[int, int], ...]) -> tuple[list[str], bool]:
    """Do it for every size; returns the figures and whether all is well."""
    done = [_one(room / str(number), *size) for number, size in enumerate(sizes)]
    return [line for line, _ in done], all(is_good for _, is_good in done)


def _one(room: Path, records: int, size: int) -> tuple[str, bool]:
    room.mkdir()
    vault, recovery_key = Vault.create(room / "vault", PASSPHRASE, cost=keys.LOWEST)
    furnish(vault)
    for first in range(0, records, _BATCH):
        _import(vault, first, min(_BATCH, records - first), size)
    before = held(vault)
    asked = time.perf_counter()
    vault.set_passphrase(PASSPHRASE)
    changed = time.perf_counter() - asked
    begun = time.perf_counter()
    made = backup.make(vault, room / "backups")
    saved = time.perf_counter()
    data = vault.folder / vault.header.database.file
    vault.close()
    length = data.stat().st_size
    shutil.rmtree(room / "vault")
    backup.restore(room / "backups", room / "vault", recovery_key=recovery_key)
    back = time.perf_counter()
    vault = Vault.open_with_recovery(room / "vault", recovery_key)
    after = held(vault)
    vault.close()
    shutil.rmtree(room)
    is_good = made.digest == before == after
    line = (
        f"{before.records:,} records, {length / (1 << 30):.2f} GiB: backup {saved - begun:.1f} s,"
        f" restore {back - saved:.1f} s, counts and digest {'equal' if is_good else 'DIFFER'},"
        f" passphrase changed in {changed:.2f} s"
    )
    return line, is_good


def _import(vault: Vault, first: int, count: int, size: int) -> None:
    records = [
        Record(
            kind="finance.transaction",
            native_id=f"large {number}",
            start=f"20{number % 20 + 10}-{number % 12 + 1:02}-{number % 28 + 1:02}",
            title=f"Payment {number}",
            data={"amount": f"-{number}.25", "currency": "EUR"},
            extra=os.urandom(size // 2).hex(),
            where=f"row {number}",
        )
        for number in range(first, first + count)
    ]
    with vault.write(bulk=True) as transaction:
        run = runs.begin(transaction, connector="ofx.statement", version=1, name=f"part {first}")
        for start in range(0, count, 1000):
            run.add(records[start : start + 1000])
        run.finish()
