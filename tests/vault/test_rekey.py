"""Changing the vault's keys: the old pair or the new one, and nothing new for who has the old."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from app.errors import CannotUnlock, EnvironmentFailure
from app.vault import header as headers
from app.vault import keys, reading, rekey
from app.vault.copying import Origin
from app.vault.vault import Vault
from tests import disks
from tests.places import ROOT
from tests.vault.conftest import Made
from tests.vault.holding import ORIGINAL, copied, files, flip, furnish, held, keep
from tests.vaults import PASSPHRASE, payment, put

NEW = "ein ganz neuer Satz"


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_everything_is_still_there(made: Made, folder: Path) -> None:
    vault = Vault.open(folder, PASSPHRASE)
    furnish(vault)
    before = held(vault)
    key = vault.change_keys(NEW, cost=keys.LOWEST)
    assert held(vault) == before
    blob = next(folder.rglob("*.mdb")).stem
    assert b"".join(vault.original(blob)) == ORIGINAL
    put(vault, [payment("after")])
    vault.close()
    for refused in (PASSPHRASE, "x" * 12):
        with pytest.raises(CannotUnlock):
            Vault.open(folder, refused)
    with pytest.raises(CannotUnlock):
        Vault.open_with_recovery(folder, made.recovery_key)
    Vault.open_with_recovery(folder, key).close()
    vault = Vault.open(folder, NEW)
    assert held(vault).records == before.records + 1
    vault.close()
    assert {name for name in names(folder) if name.endswith(".db")} == {"vault-2.db"}


def test_who_kept_an_old_header_opens_nothing_new(made: Made, folder: Path) -> None:
    old = headers.read(folder)
    vault = Vault.open(folder, PASSPHRASE)
    vault.change_keys(NEW, cost=keys.LOWEST)
    blob = keep(vault, b"sealed under the new key", [payment("new")])
    vault.close()
    old_key = keys.key_ring(headers.open_with_passphrase(old, PASSPHRASE)).database
    new = headers.read(folder)
    origin = Origin(folder, new, old_key)
    with pytest.raises(Exception, match="data-damaged"), origin.reading():
        pass
    assert b"sealed" not in next(folder.rglob(f"{blob}.mdb")).read_bytes()


def test_it_can_be_done_again_and_again(vault: Vault) -> None:
    furnish(vault, 30)
    before = held(vault)
    for number in range(3):
        vault.change_keys(f"{NEW} {number}", cost=keys.LOWEST)
    assert held(vault) == before
    assert vault.header.key_epoch == 4
    assert (vault.folder / "vault-4.db").exists()


def test_who_reads_meanwhile_reads_on_and_then_the_new_file(vault: Vault) -> None:
    put(vault, [payment("before")])
    with vault.read() as snapshot:
        vault.change_keys(NEW, cost=keys.LOWEST)
        put(vault, [payment("after")])
        assert reading.count(snapshot, reading.Where()) == 1
    with vault.read() as snapshot:
        assert reading.count(snapshot, reading.Where()) == 2


def test_a_copy_that_came_out_wrong_changes_nothing(
    vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    furnish(vault, 30)
    before, there = held(vault), names(vault.folder)
    export = rekey.export

    def spoiled(*given: object) -> object:
        made = export(*given)  # type: ignore[arg-type]
        flip(vault.folder / "vault-2.db", 16384 * 4)
        return made

    monkeypatch.setattr(rekey, "export", spoiled)
    with pytest.raises(EnvironmentFailure) as caught:
        vault.change_keys(NEW, cost=keys.LOWEST)
    assert caught.value.code == "rekey-not-good"
    assert (held(vault), names(vault.folder)) == (before, there)
    vault.close()
    Vault.open(vault.folder, PASSPHRASE).close()


def test_a_full_disk_changes_nothing(made: Made, tmp_path: Path) -> None:
    with disks.small(tmp_path / "disk") as disk:
        folder = copied(made.folder, disk / "vault")
        vault = Vault.open(folder, PASSPHRASE)
        furnish(vault, 30)
        before = held(vault)
        ballast = disks.fill(disk)
        with pytest.raises(EnvironmentFailure) as caught:
            vault.change_keys(NEW, cost=keys.LOWEST)
        assert caught.value.code == "disk-full"
        assert held(vault) == before
        ballast.unlink()
        vault.change_keys(NEW, cost=keys.LOWEST)
        assert held(vault) == before
        vault.close()


def test_what_a_killed_one_left_is_removed(folder: Path) -> None:
    (folder / "vault-2.db").write_bytes(b"half exported")
    (folder / "vault-2.db-wal").write_bytes(b"")
    (folder / "vault-old.db").write_bytes(b"somebody's own")
    vault = Vault.open(folder, PASSPHRASE)
    assert {"vault-2.db", "vault-2.db-wal"}.isdisjoint(names(folder))
    assert "vault-old.db" in names(folder)
    (folder / "vault-2.db").write_bytes(b"half exported")
    vault.change_keys(NEW, cost=keys.LOWEST)
    vault.close()


def test_an_old_file_stays_while_a_header_names_it(folder: Path) -> None:
    """Killed after the header and before its copies, on a disk that refuses to mend them."""
    vault = Vault.open(folder, PASSPHRASE)
    old = {name: (folder / name).read_bytes() for name in (*headers.COPIES, "vault.db")}
    vault.change_keys(NEW, cost=keys.LOWEST)
    vault.close()
    for name in (*headers.COPIES[1:], "vault.db"):
        (folder / name).write_bytes(old[name])
    (folder / f"{headers.COPIES[1]}.new").mkdir()  # in the way of mending it
    Vault.open(folder, NEW).close()
    assert (folder / "vault.db").exists()
    (folder / f"{headers.COPIES[1]}.new").rmdir()
    Vault.open(folder, NEW).close()
    assert not (folder / "vault.db").exists()


KILLED = """
import sys
from pathlib import Path
from app.vault import keys
from app.vault.copying import Origin
from app.vault.vault import Vault
vault = Vault.open(Path(sys.argv[1]), sys.argv[2])
print("ready", flush=True)
vault.change_keys(sys.argv[3], cost=keys.LOWEST)
print("done", flush=True)
"""


def test_killed_it_opens_with_the_old_or_the_new(folder: Path) -> None:
    vault = Vault.open(folder, PASSPHRASE)
    furnish(vault)
    before = held(vault)
    vault.close()
    chance = random.Random(13)
    passphrase = PASSPHRASE
    for number in range(6):
        new = f"{NEW} {number}"
        child = subprocess.Popen(
            [sys.executable, "-c", KILLED, str(folder), passphrase, new],
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        with child:
            assert child.stdout
            assert child.stdout.readline() == "ready\n"
            time.sleep(chance.uniform(0, 0.3))
            child.send_signal(signal.SIGKILL)
            is_done = "done\n" in child.stdout.read()
        try:
            vault = Vault.open(folder, new)
            passphrase = new
        except CannotUnlock:
            assert not is_done
            vault = Vault.open(folder, passphrase)
        assert held(vault) == before
        vault.close()
        assert len([name for name in names(folder) if name.endswith(".db")]) == 1


def test_nothing_is_left_beside_the_vault(vault: Vault, tmp_path: Path) -> None:
    vault.change_keys(NEW, cost=keys.LOWEST)
    vault.close()
    assert names(tmp_path) == {vault.folder.name}
    assert not [name for name in files(vault.folder) if name.endswith((".new", "-wal", ".part"))]
