"""Damage is found and named: each kind is planted once."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.errors import Cancelled, VaultDamaged
from app.vault import checkup
from app.vault.checkup import Finding, Report
from app.vault.copying import no_step
from app.vault.vault import Vault
from tests.vault.holding import flip, furnish, held, page_count, spoil_page
from tests.vaults import PASSPHRASE


@pytest.fixture
def full(vault: Vault) -> Vault:
    furnish(vault)
    return vault


def deep(vault: Vault) -> Report:
    with vault.read() as snapshot:
        return checkup.deep(snapshot, vault.folder, no_step)


def quick(vault: Vault) -> Report:
    with vault.read() as snapshot:
        return checkup.quick(snapshot)


def test_a_whole_vault_is_whole(full: Vault) -> None:
    report = deep(full)
    assert (report.ok, report.deep, report.findings) == (True, True, [])
    assert report.digest == held(full)
    assert report.records == held(full).records
    assert quick(full) == Report(True, False, report.records, [])


def test_an_empty_vault_is_whole(vault: Vault) -> None:
    assert deep(vault).ok
    assert quick(vault).ok


CHANGED = (
    "UPDATE record SET payload = CAST(replace(CAST(payload AS TEXT), '.25', '.26') AS BLOB)"
    " WHERE rid = (SELECT max(rid) FROM record WHERE CAST(payload AS TEXT) LIKE '%.25%')"
)
HISTORY = "UPDATE version SET payload = x'5b5d' WHERE key IN (SELECT key FROM version LIMIT 10)"
COUNTED = (
    "UPDATE tally SET count = count + 1"
    " WHERE (kind, source, month) = (SELECT kind, source, month FROM tally LIMIT 1)"
)
PLANTED = [
    ("content", 1, CHANGED),
    ("content", 10, HISTORY),
    ("search", 2, "DELETE FROM words WHERE rowid IN (SELECT rid FROM record LIMIT 2)"),
    ("search", 1, "INSERT INTO words (rowid, text) VALUES (5, 'stray')"),
    ("tally", 1, COUNTED),
    ("tally", 1, "UPDATE total SET sum = '0.01' WHERE sum = (SELECT max(sum) FROM total)"),
    ("ledger", 1, "UPDATE ledger SET kind = 'receive' WHERE sequence = 3"),
]


@pytest.mark.parametrize(("code", "count", "statement"), PLANTED)
def test_what_is_planted_is_found(full: Vault, code: str, count: int, statement: str) -> None:
    with full.write() as transaction:
        transaction.execute("DROP TRIGGER ledger_keeps")
        transaction.execute(statement)
    report = deep(full)
    assert report.findings == [Finding(code, count)]
    assert not report.ok
    assert checkup.SENTENCES[code]


def test_a_missing_and_a_damaged_original(full: Vault) -> None:
    blob = next(full.folder.rglob("*.mdb"))
    flip(blob, 77)
    assert deep(full).findings == [Finding("original", 1)]
    blob.unlink()
    assert deep(full).findings == [Finding("original", 1)]
    assert quick(full).ok


def test_every_page_is_read(folder: Path) -> None:
    vault = Vault.open(folder, PASSPHRASE)
    furnish(vault)
    vault.close()
    data = folder / "vault.db"
    whole = data.read_bytes()
    found = 0
    for page in range(1, page_count(data)):
        spoil_page(data, page)
        try:
            vault = Vault.open(folder, PASSPHRASE)
        except VaultDamaged:
            found += 1
        else:
            report = deep(vault)
            found += {finding.code for finding in report.findings} >= {"page"}
            assert not report.digest
            vault.close()
        data.write_bytes(whole)
    assert found == page_count(data) - 1


def test_a_bad_page_is_no_error_of_a_quick_check(folder: Path) -> None:
    vault = Vault.open(folder, PASSPHRASE)
    furnish(vault, 3000)
    vault.close()
    data = folder / "vault.db"
    for page in range(page_count(data) // 2, page_count(data)):
        spoil_page(data, page)
    vault = Vault.open(folder, PASSPHRASE)
    report = quick(vault)
    assert not report.ok
    assert {finding.code for finding in report.findings} == {"structure"}
    vault.close()


def test_it_can_be_stopped(full: Vault) -> None:
    def step(_done: int, _total: int) -> None:
        raise Cancelled

    with pytest.raises(Cancelled), full.read() as snapshot:
        checkup.deep(snapshot, full.folder, step)
