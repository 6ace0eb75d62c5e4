"""The last resort: what can be read is got out, what cannot is told, and nothing is written to."""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

import pytest

from app.errors import CannotUnlock, EnvironmentFailure, InputRefused, UserError, VaultDamaged
from app.vault import backup, checkup, claims, copying, header, ledger, reading, salvage
from app.vault.lockfile import Lock
from app.vault.pages import PAGE_SIZE
from app.vault.refilling import Salvaged
from app.vault.vault import Vault
from app.vault.walking import Walker
from tests.vault.conftest import Made
from tests.vault.holding import copied, files, flip, furnish, held, page_count, spoil_page
from tests.vaults import PASSPHRASE, payment, put

UNLOCK: Final[Callable[[header.Header], bytes]] = partial(
    header.open_with_passphrase, passphrase=PASSPHRASE
)
MANY: Final = 2500


class Full:
    """A closed vault with many records, and a backup of it from before the last import."""

    def __init__(self, folder: Path, backup: Path, records: int, later: int) -> None:
        self.folder = folder
        self.backup = backup
        self.records = records
        self.later = later

    def damaged(self, to: Path, *numbers: int) -> Path:
        """A copy with some pages spoiled."""
        folder = copied(self.folder, to)
        for number in numbers:
            spoil_page(folder / "vault.db", number)
        return folder


@pytest.fixture(scope="module")
def full(made: Made, tmp_path_factory: pytest.TempPathFactory) -> Full:
    room = tmp_path_factory.mktemp("salvage")
    vault = Vault.open(copied(made.folder, room / "vault"), PASSPHRASE)
    furnish(vault, MANY)
    kept = backup.make(vault, room / "backups")
    later = [payment(f"later {number}", title="x" * 200) for number in range(200)]
    put(vault, later, connector="ofx.statement")
    records = held(vault).records
    vault.close()
    return Full(room / "vault", Path(kept.path), records, len(later))


def salvaged(folder: Path, to: Path, kept: Path | None = None) -> Salvaged:
    """Salvage, and look the new vault over."""
    before = files(folder)
    told = salvage.salvage(folder, to, UNLOCK, backup=kept)
    del before["vault.lock"]
    assert {name: data for name, data in files(folder).items() if name in before} == before
    vault = Vault.open(to, PASSPHRASE)
    assert not vault.unclean
    with vault.read() as snapshot:
        report = checkup.deep(snapshot, to, copying.no_step)
        assert snapshot.execute("PRAGMA foreign_key_check").fetchall() == []
        assert {finding.code for finding in report.findings} <= {"ledger", "original"}
        assert report.records == told.records == reading.count(snapshot, reading.Where())
    put(vault, [payment("goes on")])
    vault.close()
    return told


def test_a_whole_vault_comes_out_whole(full: Full, tmp_path: Path) -> None:
    told = salvaged(full.damaged(tmp_path / "vault"), tmp_path / "new")
    assert (told.records, told.lost, told.unread, told.complete) == (full.records, [], [], True)
    assert (told.filled, told.reverted, told.originals_missing) == (0, 0, 0)
    before, after = Vault.open(full.folder, PASSPHRASE), Vault.open(tmp_path / "new", PASSPHRASE)
    with after.write() as transaction:
        claims.delete(transaction, [])
    counts = held(after).counts
    assert {**held(before).counts, "record": 0, "operation": 0, "run": 0} == {
        **counts, "record": 0, "operation": 0, "run": 0
    }  # fmt: skip
    before.close()
    after.close()


@pytest.mark.slow
def test_every_page_may_be_the_bad_one(made: Made, tmp_path: Path) -> None:
    """One after the other: nothing is uncaught, and all records are there or told as lost."""
    vault = Vault.open(copied(made.folder, tmp_path / "vault"), PASSPHRASE)
    furnish(vault, 100)
    records = held(vault).records
    vault.close()
    data = tmp_path / "vault" / "vault.db"
    whole = data.read_bytes()
    for page in range(1, page_count(data)):
        spoil_page(data, page)
        told = salvaged(tmp_path / "vault", tmp_path / "new")
        assert told.records + told.lost_records == records, page
        shutil.rmtree(tmp_path / "new")
        data.write_bytes(whole)


@pytest.mark.parametrize("seed", range(4))
def test_what_is_lost_is_counted_by_source(full: Full, tmp_path: Path, seed: int) -> None:
    pages = page_count(full.folder / "vault.db")
    bad = random.Random(seed).sample(range(pages // 3, pages), 6)
    told = salvaged(full.damaged(tmp_path / "vault", *bad), tmp_path / "new")
    if told.complete:
        assert told.records + told.lost_records == full.records
    assert full.records * 3 // 4 < told.records <= full.records
    for lost in told.lost:
        assert lost.connector in ("uk.midata", "ofx.statement", "greenbutton.espi")
        assert lost.kind in ("finance.transaction", "energy.reading", "")  # "": not even that
        assert "2024-01-01" <= lost.first <= lost.last <= "2024-12-31"
    assert bool(told.again) == bool(told.lost)
    if told.lost:
        assert {again.name for again in told.again} <= {"april.csv", "statement.csv"}


@pytest.mark.parametrize("seed", range(4))
def test_the_backup_fills_what_it_had(full: Full, tmp_path: Path, seed: int) -> None:
    pages = page_count(full.folder / "vault.db")
    bad = random.Random(seed).sample(range(pages // 3, pages), 6)
    told = salvaged(full.damaged(tmp_path / "vault", *bad), tmp_path / "new", full.backup)
    assert told.records >= full.records - full.later
    assert {lost.connector for lost in told.lost} <= {"ofx.statement"}
    if told.complete:
        assert told.records + told.lost_records == full.records


def test_what_was_deleted_or_undone_since_does_not_come_back(made: Made, tmp_path: Path) -> None:
    folder = copied(made.folder, tmp_path / "vault")
    vault = Vault.open(folder, PASSPHRASE)
    furnish(vault, MANY)
    kept = backup.make(vault, tmp_path / "backups")
    with vault.write() as transaction:
        found = reading.row_ids(transaction, reading.Where(), 40)
        gone = [raw.key for raw in reading.rows(transaction, found)]
        claims.delete(transaction, [bytes.fromhex(key) for key in gone])
    records = held(vault).records
    vault.close()
    checked = 0
    for number in range(3):
        bad = random.Random(number).sample(range(30, page_count(folder / "vault.db")), 5)
        damaged = copied(folder, tmp_path / f"damaged {number}")
        for page in bad:
            spoil_page(damaged / "vault.db", page)
        told = salvaged(damaged, tmp_path / f"new {number}", Path(kept.path))
        new = Vault.open(tmp_path / f"new {number}", PASSPHRASE)
        with new.read() as snapshot:
            if "tombstone" not in told.unread:
                checked += 1
                assert all(reading.by_key(snapshot, key) is None for key in gone)
        new.close()
        assert told.records == records
    assert checked


def test_a_backup_of_another_computers_file_is_not_mixed_in(
    full: Full, made: Made, tmp_path: Path
) -> None:
    """The same vault joined on another computer: its numbers for sources and runs are others."""
    other = Vault.open(copied(made.folder, tmp_path / "other"), PASSPHRASE)
    with other.write() as transaction:
        transaction.execute("UPDATE device SET uid = 'another computer'")
    put(other, [payment("elsewhere")], connector="ofx.statement")
    kept = backup.make(other, tmp_path / "backups")
    other.close()
    pages = page_count(full.folder / "vault.db")
    bad = random.Random(3).sample(range(pages // 3, pages), 6)
    told = salvaged(full.damaged(tmp_path / "vault", *bad), tmp_path / "new", Path(kept.path))
    assert (told.used_backup, told.filled) == (False, 0)


def test_an_earlier_version_takes_the_place_of_a_lost_one(made: Made, tmp_path: Path) -> None:
    folder = copied(made.folder, tmp_path / "vault")
    vault = Vault.open(folder, PASSPHRASE)
    long = "long title " * 60
    put(vault, [payment(str(number), title=long) for number in range(60)])
    put(vault, [payment(str(number), "-2.00", title=long) for number in range(60)])
    vault.close()
    reverted = 0
    for page in range(20, page_count(folder / "vault.db")):
        damaged = copied(folder, tmp_path / "damaged")
        spoil_page(damaged / "vault.db", page)
        told = salvaged(damaged, tmp_path / "new")
        reverted += told.reverted
        if not {"version", "record"} <= set(told.unread):
            assert told.records == 60
        shutil.rmtree(damaged)
        shutil.rmtree(tmp_path / "new")
    assert reverted


# -- files


@pytest.mark.parametrize(("share", "least"), [(0.9, 0.5), (0.5, 0.1)])
def test_a_cut_off_file(full: Full, tmp_path: Path, share: float, least: float) -> None:
    folder = full.damaged(tmp_path / "vault")
    size = (folder / "vault.db").stat().st_size
    os.truncate(folder / "vault.db", int(size * share))
    told = salvaged(folder, tmp_path / "new")
    assert full.records * least < told.records < full.records
    told = salvaged(folder, tmp_path / "filled", full.backup)
    assert told.records >= full.records - full.later


def test_changes_in_the_log_are_got_out_too(full: Full, tmp_path: Path) -> None:
    vault = Vault.open(copied(full.folder, tmp_path / "open"), PASSPHRASE)
    put(vault, [payment("in the log")])
    folder = copied(tmp_path / "open", tmp_path / "vault")
    vault.close()
    assert (folder / "vault.db-wal").stat().st_size
    assert salvaged(folder, tmp_path / "new").records == full.records + 1


@pytest.mark.parametrize("size", [0, 100, PAGE_SIZE * 3])
def test_without_a_beginning_there_is_nothing(full: Full, tmp_path: Path, size: int) -> None:
    folder = full.damaged(tmp_path / "vault", 0)
    os.truncate(folder / "vault.db", size)
    with pytest.raises(VaultDamaged):
        salvage.salvage(folder, tmp_path / "new", UNLOCK)
    (folder / "vault.db").unlink()
    with pytest.raises(VaultDamaged) as caught:
        salvage.salvage(folder, tmp_path / "new", UNLOCK)
    assert caught.value.code == "nothing-to-salvage"
    assert {path.name for path in tmp_path.iterdir()} == {"vault"}


def test_originals_are_brought_or_filled_in(full: Full, tmp_path: Path) -> None:
    folder = full.damaged(tmp_path / "vault")
    flip(next(folder.rglob("*.mdb")), 99)
    assert salvaged(folder, tmp_path / "alone").originals_missing == 1
    assert salvaged(folder, tmp_path / "with", full.backup).originals_missing == 0


def test_a_header_that_is_gone_is_taken_from_the_backup(full: Full, tmp_path: Path) -> None:
    folder = full.damaged(tmp_path / "vault", 40)
    for path in folder.glob("vault.header*"):
        path.write_bytes(b"gone")
    with pytest.raises(VaultDamaged):
        salvage.salvage(folder, tmp_path / "new", UNLOCK)
    assert salvaged(folder, tmp_path / "new", full.backup).records >= full.records - full.later


def test_what_it_is_given_is_checked(full: Full, made: Made, tmp_path: Path) -> None:
    folder = full.damaged(tmp_path / "vault")
    other, _ = Vault.create(tmp_path / "other", PASSPHRASE)
    foreign = Path(backup.make(other, tmp_path / "foreign").path)
    other.close()
    wrong = partial(header.open_with_passphrase, passphrase="wrong")
    tries: list[tuple[type[UserError], Callable[[], object]]] = [
        (InputRefused, lambda: salvage.salvage(folder, tmp_path / "a", UNLOCK, backup=foreign)),
        (CannotUnlock, lambda: salvage.salvage(folder, tmp_path / "a", wrong)),
        (EnvironmentFailure, lambda: salvage.salvage(folder, folder / "a", UNLOCK)),
        (EnvironmentFailure, lambda: salvage.salvage(folder, tmp_path / "other", UNLOCK)),
    ]
    for kind, one in tries:
        with pytest.raises(kind):
            one()
    lock = Lock(folder)
    with pytest.raises(EnvironmentFailure) as caught:
        salvage.salvage(folder, tmp_path / "a", UNLOCK)
    assert caught.value.code == "vault-in-use"
    lock.release()
    assert not (tmp_path / "a").exists()


def test_a_broken_ledger_is_told_by_the_next_check(full: Full, tmp_path: Path) -> None:
    salvaged(full.damaged(tmp_path / "vault"), tmp_path / "new")
    vault = Vault.open(tmp_path / "new", PASSPHRASE)
    with vault.read() as snapshot:
        assert ledger.verify(snapshot).ok
        assert len(ledger.entries(snapshot)) == 5
    vault.close()


# -- walking


def test_a_sector_that_cannot_be_read_becomes_zeros(tmp_path: Path) -> None:
    class Bad:
        """A file that refuses its second page."""

        def __init__(self) -> None:
            self.at = 0

        def seek(self, place: int) -> None:
            self.at = place

        def read(self, size: int) -> bytes:
            if self.at == PAGE_SIZE:
                raise OSError(5, "bad sector")
            return b"x" * size

    with (tmp_path / "out").open("wb") as out:
        salvage._copy_readable(Bad(), out, PAGE_SIZE * 2 + 9, copying.no_step)  # type: ignore[arg-type]
    data = (tmp_path / "out").read_bytes()
    assert data == b"x" * PAGE_SIZE + bytes(PAGE_SIZE) + b"x" * 9


def test_a_walk_meets_every_row_once(full: Full) -> None:
    vault = Vault.open(full.folder, PASSPHRASE)
    with vault.still() as origin:
        walker = Walker(origin.connect)
        select = "SELECT rid FROM record WHERE rid > ? ORDER BY rid LIMIT ?"
        found = [rid for (rid,) in walker.walk("record", select)]
        assert walker.gaps == {}
        walker.close()
    with vault.read() as snapshot:
        assert found == sorted(reading.row_ids(snapshot, reading.Where()))
    vault.close()
