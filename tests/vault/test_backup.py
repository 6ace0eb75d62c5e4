"""Verified copies: whole under their name or not there at all, whatever happens to the disk."""

from __future__ import annotations

import json
import os
import random
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.errors import Cancelled, CannotUnlock, EnvironmentFailure
from app.vault import backup, copying, keys, originals, runs
from app.vault.copying import Origin, Step
from app.vault.digest import Digest
from app.vault.lockfile import Lock
from app.vault.vault import Vault
from tests import disks
from tests.places import ROOT
from tests.vault.conftest import Made
from tests.vault.holding import ORIGINAL, copied, files, flip, furnish, held, keep
from tests.vaults import PASSPHRASE, payment, put


@pytest.fixture
def full(vault: Vault) -> Vault:
    """A vault with something of everything."""
    furnish(vault)
    return vault


@pytest.fixture
def target(tmp_path: Path) -> Path:
    """A folder for backups that holds other things."""
    folder = tmp_path / "target"
    folder.mkdir()
    (folder / "holiday.jpg").write_bytes(b"picture")
    (folder / "mydata-notes").mkdir()
    return folder


def restored(made: backup.Backup, to: Path) -> Digest:
    backup.restore(Path(made.path), to, passphrase=PASSPHRASE)
    vault = Vault.open(to, PASSPHRASE)
    found = held(vault)
    vault.close()
    return found


def names(target: Path) -> set[str]:
    return {path.name for path in target.iterdir()}


def sizes(made: backup.Backup) -> list[int]:
    return [path.stat().st_nlink for path in (Path(made.path) / "blobs").rglob("*.mdb")]


# -- what a backup is


def test_it_holds_what_the_vault_holds(full: Vault, target: Path, tmp_path: Path) -> None:
    before = held(full)
    made = backup.make(full, target)
    assert made.digest == before == held(full)
    assert made.records == before.records > 0
    assert min(made.digest.counts[part] for part in before.counts if part != "flag") > 0
    assert restored(made, tmp_path / "restored") == before
    assert names(target) == {"holiday.jpg", "mydata-notes", Path(made.path).name}


def test_it_says_nothing_about_its_owner(full: Vault, target: Path) -> None:
    made = backup.make(full, target)
    text = (Path(made.path) / backup.MANIFEST).read_text()
    assert str(target) not in text
    assert json.loads(text)["path"] == ""
    for path in [Path(made.path), *Path(made.path).rglob("*")]:
        assert not stat.S_IMODE(path.stat().st_mode) & 0o077 or path.is_dir(), path
    assert stat.S_IMODE(Path(made.path).stat().st_mode) == 0o700
    assert not any(b"Payment" in data for data in files(Path(made.path)).values())


def test_its_number_tells_nobody_anything(tmp_path: Path) -> None:
    found = set()
    for number in range(2):
        vault, _ = Vault.create(tmp_path / str(number), PASSPHRASE, cost=keys.LOWEST)
        found.add(held(vault).value)
        with vault.write() as transaction:
            transaction.execute("DELETE FROM operation")
        found.add(held(vault).value)
        vault.close()
    put_alike = []
    for number in range(2):
        vault = Vault.open(tmp_path / str(number), PASSPHRASE)
        with vault.write() as transaction:
            transaction.execute("INSERT INTO flag (type, subject, body) VALUES ('a', 'b', x'00')")
        put_alike.append(held(vault).value)
        vault.close()
    assert put_alike[0] != put_alike[1]


def test_every_backup_of_one_second_has_its_own_name(full: Vault, target: Path) -> None:
    made = [backup.make(full, target) for _ in range(3)]
    assert len({each.path for each in made}) == 3
    assert {each.path for each in backup.every(target)} == {each.path for each in made}


def test_work_goes_on_while_one_is_made(full: Vault, target: Path, tmp_path: Path) -> None:
    before = held(full)
    late: list[object] = []

    def step(_done: int, total: int) -> None:
        if total and not late:
            late.append(put(full, [payment("late")]))

    made = backup.make(full, target, step)
    assert late
    assert made.digest == before != held(full)
    assert restored(made, tmp_path / "restored") == before


def test_v31_an_old_backup_opens_with_the_earlier_passphrase(
    full: Vault, target: Path, tmp_path: Path
) -> None:
    made = backup.make(full, target)
    full.set_passphrase("an altogether new one", cost=keys.LOWEST)
    with pytest.raises(CannotUnlock) as caught:
        backup.restore(Path(made.path), tmp_path / "a", passphrase="an altogether new one")
    assert caught.value.code == "wrong-passphrase"
    assert "it had when it was made" in caught.value.detail
    assert not (tmp_path / "a").exists()
    backup.restore(Path(made.path), tmp_path / "a", passphrase=PASSPHRASE)


def test_v31_and_with_the_earlier_recovery_key(full: Vault, target: Path, tmp_path: Path) -> None:
    made = backup.make(full, target)
    new = full.change_keys("an altogether new one", cost=keys.LOWEST)
    with pytest.raises(CannotUnlock) as caught:
        backup.restore(Path(made.path), tmp_path / "a", recovery_key=new)
    assert caught.value.code == "wrong-recovery-key"
    assert "it had when it was made" in caught.value.detail
    with pytest.raises(CannotUnlock) as typed:
        backup.restore(Path(made.path), tmp_path / "a", recovery_key=f"ZZZZ{new[4:]}")
    assert typed.value.code == "recovery-group"


def test_a_vault_that_can_only_be_read_can_be_backed_up(
    made: Made, target: Path, tmp_path: Path
) -> None:
    with disks.small(tmp_path / "disk") as disk:
        folder = copied(made.folder, disk / "vault")
        disks.make_read_only(disk)
        vault = Vault.open(folder, PASSPHRASE)
        done = backup.make(vault, target)
        assert done.digest == held(vault)
        vault.close()


# -- originals


def test_originals_of_an_earlier_backup_are_linked(full: Vault, target: Path) -> None:
    first, second = backup.make(full, target), backup.make(full, target)
    assert sizes(first) == sizes(second) == [2]


def test_no_backup_shares_a_file_with_the_vault(full: Vault, target: Path) -> None:
    backup.make(full, target)
    assert {path.stat().st_nlink for path in full.folder.rglob("*.mdb")} == {1}


def test_a_rotten_original_of_an_earlier_backup_is_not_inherited(full: Vault, target: Path) -> None:
    first = backup.make(full, target)
    rotten = next((Path(first.path) / "blobs").rglob("*.mdb"))
    flip(rotten, 500)
    second = backup.make(full, target)
    assert second.missing == 0
    assert originals.whole(Path(second.path), rotten.stem)
    assert sizes(second) == [1]


@pytest.mark.parametrize("gone", [False, True])
def test_an_original_damaged_in_the_vault_is_no_reason_for_no_backup(
    full: Vault, target: Path, tmp_path: Path, gone: bool
) -> None:
    blob = next(full.folder.rglob("*.mdb"))
    if gone:
        blob.unlink()
    else:
        flip(blob, 500)
    made = backup.make(full, target)
    assert made.missing == 1
    assert restored(made, tmp_path / "restored") == held(full)


def test_an_original_removed_meanwhile_is_not_missed(
    full: Vault, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(full, b"short lived", [payment("short")], "short.csv")
    with full.read() as snapshot:
        short = runs.every(snapshot)[0].import_id
    copy = copying.data
    tries = []

    def slow(origin: Origin, folder: Path, step: Step) -> Digest:
        tries.append(1)
        return copy(origin, folder, step)

    complete = backup._complete

    def undo_first(*given: object) -> list[str]:
        if len(tries) == 1:
            with full.write() as transaction:
                runs.undo(transaction, short)
            full.drop_strays()
        return complete(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(copying, "data", slow)
    monkeypatch.setattr(backup, "_complete", undo_first)
    made = backup.make(full, target)
    assert (len(tries), made.missing) == (2, 0)
    assert made.digest == held(full)


# -- what goes wrong


def spoiled(monkeypatch: pytest.MonkeyPatch, place: int) -> None:
    """From now on one bit of every copied data file is wrong."""
    copy = copying.data

    def data(origin: Origin, folder: Path, step: Step) -> Digest:
        made = copy(origin, folder, step)
        flip(folder / origin.header.database.file, place)
        return made

    monkeypatch.setattr(copying, "data", data)


@pytest.mark.parametrize("place", [3, 100, 16384 * 3 + 5, -1])
def test_a_copy_that_came_out_wrong_is_not_kept(
    full: Vault, target: Path, monkeypatch: pytest.MonkeyPatch, place: int
) -> None:
    before = names(target)
    spoiled(monkeypatch, place)
    with pytest.raises(EnvironmentFailure) as caught:
        backup.make(full, target)
    assert caught.value.code == "backup-not-good"
    assert names(target) == before


def test_v18_a_full_disk_leaves_no_half_backup(full: Vault, tmp_path: Path) -> None:
    with disks.small(tmp_path / "disk") as disk:
        ballast = disks.fill(disk)
        with pytest.raises(EnvironmentFailure) as caught:
            backup.make(full, disk)
        assert caught.value.code == "disk-full"
        assert names(disk) == {"ballast"}
        ballast.unlink()
        backup.make(full, disk)


def test_v18_a_disk_that_is_full_only_with_the_originals(full: Vault, tmp_path: Path) -> None:
    keep(full, os.urandom(6 << 20), [payment("large")], "large.bin")
    with disks.small(tmp_path / "disk") as disk:
        with pytest.raises(EnvironmentFailure) as caught:
            backup.make(full, disk)
        assert caught.value.code == "disk-full"
        assert names(disk) == set()


def test_v18_a_disk_that_fills_up_meanwhile(
    full: Vault, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with disks.small(tmp_path / "disk") as disk:
        monkeypatch.setattr(copying, "check_room", lambda *_: disks.fill(disk))
        with pytest.raises(EnvironmentFailure) as caught:
            backup.make(full, disk)
        assert caught.value.code == "disk-full"
        assert names(disk) == {"ballast"}
    assert held(full).records


def test_v18_a_read_only_disk(full: Vault, tmp_path: Path) -> None:
    with disks.small(tmp_path / "disk") as disk:
        disks.make_read_only(disk)
        for target in (disk, disk / "new"):
            with pytest.raises(EnvironmentFailure) as caught:
                backup.make(full, target)
            assert caught.value.code == "read-only"


def test_v18_a_disk_pulled_out_midway(full: Vault, tmp_path: Path) -> None:
    before = held(full)
    with disks.small(tmp_path / "disk") as disk:

        def step(_done: int, total: int) -> None:
            if total:
                disks.pull_out(disk)

        with pytest.raises(EnvironmentFailure):
            backup.make(full, disk, step)
        assert names(disk) == set()
    assert held(full) == before


def test_where_the_disk_is_missing_no_folder_is_made_instead(full: Vault, tmp_path: Path) -> None:
    with pytest.raises(EnvironmentFailure) as caught:
        backup.make(full, tmp_path / "no disk" / "backups")
    assert caught.value.code == "not-found"
    assert not (tmp_path / "no disk").exists()


@pytest.mark.parametrize("inside", ["", "backups", "blobs"])
def test_never_inside_the_vault(full: Vault, tmp_path: Path, inside: str) -> None:
    link = tmp_path / "link"
    link.symlink_to(full.folder)
    for target in (full.folder / inside, link / inside):
        with pytest.raises(EnvironmentFailure) as caught:
            backup.make(full, target)
        assert caught.value.code == "backup-inside-vault"
    assert not (full.folder / "backups").exists()


def test_stopped_it_leaves_nothing(full: Vault, target: Path) -> None:
    before = names(target)

    def step(_done: int, _total: int) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        backup.make(full, target, step)
    assert names(target) == before
    backup.make(full, target)


# -- what killed ones leave


def test_what_a_killed_one_left_is_swept(full: Vault, target: Path) -> None:
    stem = f"mydata-{full.vault_id[:8]}"
    for ending in ("part", "gone"):
        left = target / f".{stem}-0123abcd.{ending}"
        left.mkdir()
        (left / "vault.db").write_bytes(b"half")
    other = target / ".mydata-ffffffff-0123abcd.part"
    other.mkdir()
    backup.make(full, target)
    assert {name for name in names(target) if name.startswith(".")} == {other.name}


def test_one_that_is_growing_is_left_alone(full: Vault, target: Path) -> None:
    growing = target / f".mydata-{full.vault_id[:8]}-0123abcd.part"
    growing.mkdir()
    lock = Lock(growing)
    backup.make(full, target)
    assert growing.exists()
    lock.release()


KILLED = """
import sys
from pathlib import Path
from app.vault import backup
from app.vault.vault import Vault
vault = Vault.open(Path(sys.argv[1]), sys.argv[3])
print("ready", flush=True)
while True:
    print(backup.make(vault, Path(sys.argv[2])).path, flush=True)
"""


@pytest.fixture
def furnished(folder: Path) -> Path:
    vault = Vault.open(folder, PASSPHRASE)
    furnish(vault)
    vault.close()
    return folder


def test_killed_at_any_time_whatever_has_a_name_is_whole(
    furnished: Path, target: Path, tmp_path: Path
) -> None:
    chance = random.Random(11)
    for _ in range(4):
        child = subprocess.Popen(
            [sys.executable, "-c", KILLED, str(furnished), str(target), PASSPHRASE],
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        with child:
            assert child.stdout
            assert child.stdout.readline() == "ready\n"
            time.sleep(chance.uniform(0, 0.4))
            child.send_signal(signal.SIGKILL)
            told = [line.strip() for line in child.stdout if line.endswith("\n")]
        assert set(told) <= {made.path for made in backup.every(target)}
    vault = Vault.open(furnished, PASSPHRASE)
    last = backup.make(vault, target)
    vault.close()
    assert not [name for name in names(target) if name.endswith((".part", ".gone"))]
    found = backup.every(target)
    assert {made.digest.value for made in found} == {last.digest.value}
    for number, made in enumerate(found):
        assert restored(made, tmp_path / f"restored {number}") == last.digest


# -- those there are


def test_what_is_no_backup_is_not_listed(full: Vault, target: Path) -> None:
    made = backup.make(full, target)
    name = Path(made.path).name
    (target / f"{name}-2").mkdir()
    (target / f"{name}-3").mkdir()
    (target / f"{name}-3" / backup.MANIFEST).write_text("{}")
    (target / f"{name}-4").write_text("a file")
    copied(Path(made.path), target / "renamed by hand")
    assert [each.path for each in backup.every(target)] == [made.path]
    assert backup.every(target / "nowhere") == []


def test_forgotten_ones_are_gone(full: Vault, target: Path) -> None:
    first, second = backup.make(full, target), backup.make(full, target)
    backup.forget([first])
    assert [each.path for each in backup.every(target)] == [second.path]
    assert ORIGINAL in b"".join(
        b"".join(originals.read(Path(second.path), full._attachment_keys, path.stem))
        for path in (Path(second.path) / "blobs").rglob("*.mdb")
    )


@pytest.fixture(autouse=True)
def nothing_half_done(tmp_path: Path) -> Iterator[None]:
    """Whatever a test does, no folder that grows is left where it was not put."""
    yield
    assert not list(tmp_path.glob(".*.part"))
