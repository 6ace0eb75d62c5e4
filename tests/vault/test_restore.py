"""Putting a backup back: never over anything, and nothing but what the backup was made with."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import pytest

from app.errors import Cancelled, CannotUnlock, EnvironmentFailure, InputRefused, UserError
from app.vault import backup, keys, migrate
from app.vault.backup import Backup
from app.vault.digest import Digest
from app.vault.vault import Vault
from tests import disks
from tests.places import ROOT
from tests.vault.conftest import Made
from tests.vault.holding import copied, files, flip, furnish, held, page_count, spoil_page
from tests.vaults import PASSPHRASE, payment, put


class Kept:
    """A backup of a furnished vault, and the recovery key."""

    def __init__(self, folder: Path, digest: Digest, recovery_key: str) -> None:
        self.folder = folder
        self.digest = digest
        self.recovery_key = recovery_key

    def into(self, place: Path) -> Path:
        """A copy of the backup that a test may spoil."""
        return copied(self.folder, place / self.folder.name)


@pytest.fixture(scope="module")
def kept(made: Made, tmp_path_factory: pytest.TempPathFactory) -> Kept:
    room = tmp_path_factory.mktemp("kept")
    vault = Vault.open(copied(made.folder, room / "vault"), PASSPHRASE)
    furnish(vault)
    done = backup.make(vault, room / "backups")
    vault.close()
    shutil.rmtree(room / "vault")
    return Kept(Path(done.path), done.digest, made.recovery_key)


def refused(folder: Path, to: Path, passphrase: str = PASSPHRASE) -> UserError:
    beside = {path.name for path in to.parent.iterdir()}
    with pytest.raises(UserError) as caught:
        backup.restore(folder, to, passphrase=passphrase)
    assert {path.name for path in to.parent.iterdir()} == beside
    return caught.value


def opened(folder: Path) -> Digest:
    vault = Vault.open(folder, PASSPHRASE)
    found = held(vault)
    vault.close()
    return found


# -- what comes back


def test_with_the_passphrase(kept: Kept, tmp_path: Path) -> None:
    made = backup.restore(kept.folder, tmp_path / "new", passphrase=PASSPHRASE)
    assert made.digest == kept.digest == opened(tmp_path / "new")


def test_with_the_recovery_key_alone(kept: Kept, tmp_path: Path) -> None:
    backup.restore(kept.folder, tmp_path / "new", recovery_key=kept.recovery_key)
    vault = Vault.open_with_recovery(tmp_path / "new", kept.recovery_key)
    assert held(vault) == kept.digest
    vault.close()


def test_what_comes_back_is_a_vault_like_any(kept: Kept, tmp_path: Path) -> None:
    backup.restore(kept.folder, tmp_path / "new", passphrase=PASSPHRASE)
    vault = Vault.open(tmp_path / "new", PASSPHRASE)
    put(vault, [payment("after")])
    assert held(vault).records == kept.digest.records + 1
    blob = next((tmp_path / "new").rglob("*.mdb")).stem
    assert b"".join(vault.original(blob)).startswith(b"date,amount")
    vault.close()
    assert not (tmp_path / "new" / backup.MANIFEST).exists()


def test_into_an_empty_folder_and_a_deep_one(kept: Kept, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for to in (tmp_path / "empty", tmp_path / "some" / "where" / "else"):
        backup.restore(kept.folder, to, passphrase=PASSPHRASE)
        assert opened(to) == kept.digest


def test_a_name_without_its_folder(
    kept: Kept, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    backup.restore(kept.folder, Path("new"), passphrase=PASSPHRASE)
    assert opened(tmp_path / "new") == kept.digest


def test_the_newest_of_a_folder(kept: Kept, tmp_path: Path) -> None:
    vault = Vault.open(_restored(kept, tmp_path / "vault"), PASSPHRASE)
    first = backup.make(vault, tmp_path / "backups")
    put(vault, [payment("later")])
    second = backup.make(vault, tmp_path / "backups")
    vault.close()
    assert first.records + 1 == second.records
    found = backup.chosen(tmp_path / "backups")
    assert found == second


def _restored(kept: Kept, to: Path) -> Path:
    backup.restore(kept.folder, to, passphrase=PASSPHRASE)
    return to


def test_backups_of_two_vaults_leave_a_choice(kept: Kept, tmp_path: Path) -> None:
    target = tmp_path / "backups"
    target.mkdir()
    kept.into(target)
    vault, _ = Vault.create(tmp_path / "other", PASSPHRASE, cost=keys.LOWEST)
    backup.make(vault, target)
    vault.close()
    assert refused(target, tmp_path / "new").code == "several-vaults"


# -- where to


def test_never_over_anything(kept: Kept, tmp_path: Path) -> None:
    there = tmp_path / "there"
    there.mkdir()
    (there / "note.txt").write_text("mine")
    assert refused(kept.folder, there).code == "folder-not-empty"
    assert refused(kept.folder, there / "note.txt").code == "folder-not-empty"
    vault = _restored(kept, tmp_path / "vault")
    before = files(vault)
    assert refused(kept.folder, vault).code == "folder-not-empty"
    assert files(vault) == before


def test_not_inside_the_backup(kept: Kept, tmp_path: Path) -> None:
    folder = kept.into(tmp_path)
    assert refused(folder, folder / "new").code == "inside-itself"


def test_no_room(kept: Kept, tmp_path: Path) -> None:
    with disks.small(tmp_path / "disk") as disk:
        ballast = disks.fill(disk)
        assert refused(kept.folder, disk / "new").code == "disk-full"
        ballast.unlink()
        backup.restore(kept.folder, disk / "new", passphrase=PASSPHRASE)


def test_from_a_disk_that_can_only_be_read(kept: Kept, tmp_path: Path) -> None:
    with disks.small(tmp_path / "disk") as disk:
        folder = kept.into(disk)
        disks.make_read_only(disk)
        backup.restore(folder, tmp_path / "new", passphrase=PASSPHRASE)
        assert refused(folder, disk / "new").code == "read-only"
    assert opened(tmp_path / "new") == kept.digest


# -- v19: a damaged backup is refused before anything is in place


def test_v19_every_part_is_looked_at(kept: Kept, tmp_path: Path) -> None:
    chance = random.Random(5)
    data = page_count(kept.folder / "vault.db")
    assert data > 10
    for number in range(12):
        folder = kept.into(tmp_path / str(number))
        spoil_page(folder / "vault.db", chance.randrange(data))
        assert refused(folder, tmp_path / "new").code == "backup-damaged"


def test_v19_any_bit_anywhere(kept: Kept, tmp_path: Path) -> None:
    """Either it is refused, or what comes back is exactly what was saved."""
    chance = random.Random(6)
    names = sorted(files(kept.folder))
    for number in range(24):
        folder = kept.into(tmp_path / str(number))
        path = folder / names[number % len(names)]
        flip(path, chance.randrange(path.stat().st_size))
        to = tmp_path / f"new {number}"
        try:
            backup.restore(folder, to, passphrase=PASSPHRASE)
        except InputRefused:
            assert not to.exists()
        else:
            assert path.name.startswith(("vault.header", "backup.json"))
            assert opened(to) == kept.digest


@pytest.mark.parametrize("size", [0, 1, 4096, 16384, 16384 * 5, -1])
def test_v19_cut_off(kept: Kept, tmp_path: Path, size: int) -> None:
    folder = kept.into(tmp_path)
    os.truncate(folder / "vault.db", size % (folder / "vault.db").stat().st_size)
    assert refused(folder, tmp_path / "new").code == "backup-damaged"


def test_v19_zeros(kept: Kept, tmp_path: Path) -> None:
    folder = kept.into(tmp_path)
    size = (folder / "vault.db").stat().st_size
    (folder / "vault.db").write_bytes(bytes(size))
    assert refused(folder, tmp_path / "new").code == "backup-damaged"


@pytest.mark.parametrize("name", ["vault.db", "blobs", "vault.header"])
def test_v19_a_part_is_gone(kept: Kept, tmp_path: Path, name: str) -> None:
    folder = kept.into(tmp_path)
    if name == "blobs":
        shutil.rmtree(folder / name)
    else:
        for path in folder.glob(f"{name}*"):
            path.unlink()
    error = refused(folder, tmp_path / "new")
    assert error.code in ("backup-damaged", "no-vault")


def test_v19_a_header_lives_on_in_its_copies(kept: Kept, tmp_path: Path) -> None:
    folder = kept.into(tmp_path)
    (folder / "vault.header").write_bytes(b"")
    flip(folder / "vault.header.1", 40)
    backup.restore(folder, tmp_path / "new", passphrase=PASSPHRASE)
    assert opened(tmp_path / "new") == kept.digest


def test_v19_another_vaults_data(kept: Kept, tmp_path: Path) -> None:
    folder = kept.into(tmp_path)
    vault, _ = Vault.create(tmp_path / "other", PASSPHRASE, cost=keys.LOWEST)
    vault.close()
    shutil.copy(tmp_path / "other" / "vault.db", folder)
    assert refused(folder, tmp_path / "new").code == "backup-damaged"


def test_an_older_state_under_a_newer_name_is_noticed(kept: Kept, tmp_path: Path) -> None:
    vault = Vault.open(_restored(kept, tmp_path / "vault"), PASSPHRASE)
    put(vault, [payment("later")])
    later = Path(backup.make(vault, tmp_path / "backups").path)
    vault.close()
    shutil.copy(kept.folder / "vault.db", later)
    assert refused(later, tmp_path / "new").code == "backup-damaged"


# -- strangers


def test_only_what_belongs_to_it_is_copied(kept: Kept, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("not yours")
    folder = kept.into(tmp_path)
    (folder / "stray").symlink_to(secret)
    (folder / "blobs" / "zz").symlink_to(tmp_path)
    (folder / "vault.db-wal").write_bytes(os.urandom(50_000))
    (folder / "vault-9.db").write_bytes(b"x")
    backup.restore(folder, tmp_path / "new", passphrase=PASSPHRASE)
    assert {name.partition("/")[0] for name in files(tmp_path / "new")} == {
        *("blobs", "vault.db", "vault.header", "vault.header.1", "vault.header.2")
    }
    assert not [path for path in (tmp_path / "new").rglob("*") if path.is_symlink()]
    assert opened(tmp_path / "new") == kept.digest


@pytest.mark.parametrize(
    "manifest", [b"", b"{}", b"[]", b"\xff", b'{"made": 1}', b'{"path": "/etc", "made": "never"}']
)
def test_what_is_no_backup(kept: Kept, tmp_path: Path, manifest: bytes) -> None:
    folder = kept.into(tmp_path)
    (folder / backup.MANIFEST).write_bytes(manifest)
    assert refused(folder, tmp_path / "new").code == "not-a-backup"
    assert refused(tmp_path / "nowhere", tmp_path / "new").code == "not-a-backup"
    assert refused(folder / "vault.db", tmp_path / "new").code == "not-a-backup"


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_a_place_that_cannot_be_read_is_not_called_no_backup(tmp_path: Path) -> None:
    place = tmp_path / "backups"
    place.symlink_to(place)
    with pytest.raises(EnvironmentFailure) as failure:
        backup.chosen(place)
    assert failure.value.code == "io"


def _rewrite(folder: Path, **changes: object) -> Backup:
    made = backup.read_manifest(folder)
    assert made
    made = msgspec.structs.replace(made, **changes)
    (folder / backup.MANIFEST).write_bytes(msgspec.json.encode(made))
    return made


def test_one_from_a_newer_program(kept: Kept, tmp_path: Path) -> None:
    folder = kept.into(tmp_path)
    form = msgspec.structs.replace(kept.digest, form=99)
    _rewrite(folder, digest=form)
    assert refused(folder, tmp_path / "new").code == "vault-newer"


def test_one_of_a_newer_schema(kept: Kept, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(migrate, "SCHEMA", 0)
    assert refused(kept.folder, tmp_path / "new").code == "vault-newer"


def test_a_wrong_secret(kept: Kept, tmp_path: Path) -> None:
    assert refused(kept.folder, tmp_path / "new", "wrong").code == "wrong-passphrase"
    _, other = Vault.create(tmp_path / "other", PASSPHRASE, cost=keys.LOWEST)
    _.close()
    with pytest.raises(CannotUnlock):
        backup.restore(kept.folder, tmp_path / "new", recovery_key=other)


# -- stopped and killed


def test_stopped_it_leaves_nothing(kept: Kept, tmp_path: Path) -> None:
    def step(_done: int, _total: int) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        backup.restore(kept.folder, tmp_path / "new", passphrase=PASSPHRASE, step=step)
    assert list(tmp_path.iterdir()) == []


KILLED = """
import sys
from pathlib import Path
from app.vault import backup
print("ready", flush=True)
backup.restore(Path(sys.argv[1]), Path(sys.argv[2]), recovery_key=sys.argv[3])
print("done", flush=True)
"""


def test_killed_it_is_there_whole_or_not_at_all(kept: Kept, tmp_path: Path) -> None:
    chance = random.Random(12)
    to = tmp_path / "new"
    for _ in range(5):
        child = subprocess.Popen(
            [sys.executable, "-c", KILLED, str(kept.folder), str(to), kept.recovery_key],
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        with child:
            assert child.stdout
            assert child.stdout.readline() == "ready\n"
            time.sleep(chance.uniform(0, 0.15))
            child.send_signal(signal.SIGKILL)
            is_done = "done\n" in child.stdout.read()
        if to.exists():
            assert opened(to) == kept.digest
            shutil.rmtree(to)
        else:
            assert not is_done
    backup.restore(kept.folder, to, passphrase=PASSPHRASE)
    assert {path.name for path in tmp_path.iterdir()} == {"new"}


def test_a_backup_is_never_written_to(kept: Kept, tmp_path: Path) -> None:
    before = files(kept.folder)
    _restored(kept, tmp_path / "new")
    with pytest.raises(EnvironmentFailure):
        backup.restore(kept.folder, tmp_path / "new", passphrase=PASSPHRASE)
    assert files(kept.folder) == before
