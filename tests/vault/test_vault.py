"""Making, opening and closing vaults: never half, never empty for damaged, never two at once."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from app.errors import EnvironmentFailure, UserError, VaultDamaged
from app.vault import connection, documents, header, keys, lockfile, pages, reading, runs
from app.vault import vault as vaults
from app.vault.digest import digest
from app.vault.making import DATA
from app.vault.vault import Vault
from tests.places import ROOT
from tests.vault.conftest import Made
from tests.vaults import PASSPHRASE, payment, put

posix = pytest.mark.skipif(os.name != "posix", reason="needs POSIX")


def run_python(code: str, *arguments: str) -> subprocess.Popen[str]:
    """A second program on the same vault."""
    return subprocess.Popen(
        [sys.executable, "-c", code, *arguments], stdout=subprocess.PIPE, text=True, cwd=ROOT
    )


def refused(folder: Path) -> UserError:
    with pytest.raises(UserError) as caught:
        Vault.open(folder, PASSPHRASE)
    return caught.value


def count(vault: Vault) -> int:
    with vault.read() as snapshot:
        return reading.count(snapshot, reading.Where())


# -- making one


def test_a_new_vault_opens_with_what_it_was_made_with(tmp_path: Path) -> None:
    folder = tmp_path / "한글 이름" / "my vault"
    vault, recovery_key = Vault.create(folder, PASSPHRASE, cost=keys.LOWEST)
    put(vault, [payment("1")])
    vault.close()
    for unlock, words in (
        (Vault.open, PASSPHRASE),
        (Vault.open_with_recovery, recovery_key),
    ):
        opened = unlock(folder, words)
        assert count(opened) == 1
        opened.close()
    assert [path.name for path in tmp_path.iterdir()] == ["한글 이름"]
    assert [path.name for path in folder.parent.iterdir()] == ["my vault"]


def test_an_empty_folder_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "empty"
    folder.mkdir()
    monkeypatch.chdir(tmp_path)
    vault, _ = Vault.create(Path("empty"), PASSPHRASE, cost=keys.LOWEST)
    vault.close()
    assert vaults.exists(folder)


def test_the_present_folder_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    vault, _ = Vault.create(Path(), PASSPHRASE, cost=keys.LOWEST)
    vault.close()
    assert vaults.exists(folder)


def test_a_folder_with_something_in_it_is_not(tmp_path: Path, folder: Path) -> None:
    (tmp_path / "note.txt").write_text("mine", encoding="utf-8")
    for place, code in (
        (tmp_path, "folder-not-empty"),
        (tmp_path / "note.txt", "folder-not-empty"),
        (folder, "vault-exists"),
        (tmp_path / "note.txt" / "vault", "exists"),
    ):
        with pytest.raises(EnvironmentFailure) as caught:
            Vault.create(place, PASSPHRASE, cost=keys.LOWEST)
        assert caught.value.code == code
    assert {path.name for path in tmp_path.iterdir()} == {"note.txt", "vault"}


@posix
def test_only_this_user_may_look_in(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        vault, _ = Vault.create(tmp_path / "vault", PASSPHRASE, cost=keys.LOWEST)
        put(vault, [payment("1")])
        with (ROOT / "pyproject.toml").open("rb") as file:
            vault.keep_original(file, 1 << 20, {})
        found = {
            path.relative_to(tmp_path).as_posix(): path.stat().st_mode & 0o777
            for path in (tmp_path / "vault").rglob("*")
            if path.is_file()
        }
        vault.close()
    finally:
        os.umask(before)
    assert (tmp_path / "vault").stat().st_mode & 0o777 == 0o700
    assert {"vault/vault.db", "vault/vault.db-wal", "vault/vault.lock"} <= found.keys()
    assert set(found.values()) == {0o600}


CREATE = """
import sys
from pathlib import Path
from app.vault import keys
from app.vault.vault import Vault
import sqlcipher3, nacl.pwhash
print("go", flush=True)
Vault.create(Path(sys.argv[1]), sys.argv[2], cost=keys.LOWEST)[0].close()
"""


@posix
@pytest.mark.slow
def test_killed_while_it_is_made_there_is_none_or_a_whole_one(tmp_path: Path) -> None:
    states = set()
    for number, delay in enumerate([0, 0.02, 0.06, 0.09, 0.12, 0.14, 0.16, 0.18, 0.2, 0.25, 0.3]):
        folder = tmp_path / str(number) / "vault"
        process = run_python(CREATE, str(folder), PASSPHRASE)
        assert process.stdout is not None
        assert process.stdout.readline() == "go\n"
        time.sleep(delay)
        process.kill()
        process.wait()
        process.stdout.close()
        states.add(vaults.exists(folder))
        if vaults.exists(folder):
            Vault.open(folder, PASSPHRASE).close()
        else:
            assert refused(folder).code == "no-vault"
            Vault.create(folder, PASSPHRASE, cost=keys.LOWEST)[0].close()
    assert False in states


# -- what is wrong with the data file


def damage_missing(data: Path) -> None:
    data.unlink()


def damage_empty(data: Path) -> None:
    data.write_bytes(b"")


def damage_zeros(data: Path) -> None:
    data.write_bytes(bytes(data.stat().st_size))


def damage_cut(data: Path) -> None:
    data.write_bytes(data.read_bytes()[: pages.PAGE_SIZE - 1])


def damage_one_page(data: Path) -> None:
    data.write_bytes(data.read_bytes()[: pages.PAGE_SIZE])


def damage_plain(data: Path) -> None:
    import sqlcipher3

    data.unlink()
    plain = sqlcipher3.connect(str(data))
    plain.execute("CREATE TABLE record (id)")
    plain.close()


def damage_foreign(data: Path) -> None:
    data.write_bytes(os.urandom(64) + data.read_bytes()[64:])


def damage_first_page(data: Path) -> None:
    found = bytearray(data.read_bytes())
    found[100] ^= 1
    data.write_bytes(found)


def damage_folder(data: Path) -> None:
    data.unlink()
    data.mkdir()


@pytest.mark.parametrize(
    ("damage", "code"),
    [
        (damage_missing, "data-missing"),
        (damage_empty, "data-empty"),
        (damage_zeros, "data-placeholder"),
        (damage_cut, "data-cut"),
        (damage_one_page, "data-damaged"),
        (damage_plain, "data-plain"),
        (damage_foreign, "data-foreign"),
        (damage_first_page, "data-damaged"),
        (damage_folder, "is-folder"),
    ],
)
def test_each_damage_has_its_own_answer_and_changes_nothing(
    folder: Path, damage: Callable[[Path], None], code: str
) -> None:
    damage(folder / DATA)

    def files() -> dict[str, bytes]:
        return {
            path.name: path.read_bytes()
            for path in folder.iterdir()
            if path.is_file() and path.name != lockfile.NAME
        }

    before = files()
    error = refused(folder)
    assert error.code == code
    assert files() == before
    assert error.exit_code in {5, 6}


def test_a_whole_data_file_of_another_vault_is_foreign(folder: Path, tmp_path: Path) -> None:
    Vault.create(tmp_path / "other", PASSPHRASE, cost=keys.LOWEST)[0].close()
    shutil.copy(tmp_path / "other" / DATA, folder / DATA)
    assert refused(folder).code == "data-foreign"


def test_a_data_file_whose_vault_id_is_another_is_foreign(folder: Path) -> None:
    """Same key and salt, other contents: only the row inside tells."""
    vault = Vault.open(folder, PASSPHRASE)
    with vault.write() as transaction:
        transaction.set_meta("vault_id", b"0" * 32)
    vault.close()
    assert refused(folder).code == "data-foreign"


def test_a_newer_schema_is_refused_and_left_alone(folder: Path) -> None:
    vault = Vault.open(folder, PASSPHRASE)
    vault._writer.execute("PRAGMA user_version = 99")
    vault._writer.execute("UPDATE meta SET value = x'3939' WHERE name = 'min_reader'")
    vault.close()
    before = (folder / DATA).read_bytes()
    error = refused(folder)
    assert (error.code, error.exit_code) == ("vault-newer", 6)
    assert (folder / DATA).read_bytes() == before


def test_a_page_in_the_middle_is_told_and_not_by_its_content(folder: Path) -> None:
    vault = Vault.open(folder, PASSPHRASE)
    put(vault, [payment(str(number), title="x" * 500) for number in range(3000)])
    vault.close()
    data = bytearray((folder / DATA).read_bytes())
    whole = len(data) // pages.PAGE_SIZE
    for page in range(whole * 3 // 4, whole):
        data[page * pages.PAGE_SIZE + 77] ^= 1
    (folder / DATA).write_bytes(data)
    vault = Vault.open(folder, PASSPHRASE)
    with pytest.raises(VaultDamaged) as caught, vault.read() as snapshot:
        list(reading.scan(snapshot, reading.Where()))
    assert caught.value.code == "data-damaged"
    assert caught.value.__suppress_context__
    vault.close()


# -- the log beside the data file

CRASH = """
import os, signal, sys
from pathlib import Path
from app.vault.vault import Vault
from tests.vaults import payment, put
vault = Vault.open(Path(sys.argv[1]), sys.argv[2])
put(vault, [payment(str(number)) for number in range(500)])
os.kill(os.getpid(), signal.SIGKILL)
"""


def crashed(folder: Path) -> Path:
    """`folder` after 500 payments were committed and the program was killed: all is in the log."""
    process = run_python(CRASH, str(folder), PASSPHRASE)
    assert process.wait() == -signal.SIGKILL
    assert process.stdout is not None
    process.stdout.close()
    assert (folder / f"{DATA}-wal").stat().st_size > 0
    return folder


@posix
def test_what_was_committed_before_a_kill_is_there(folder: Path) -> None:
    vault = Vault.open(crashed(folder), PASSPHRASE)
    assert count(vault) == 500
    vault.close()
    assert not list(folder.glob("*foreign*"))


@posix
def test_the_log_of_another_vault_is_set_aside(folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    Vault.create(other, PASSPHRASE, cost=keys.LOWEST)[0].close()
    log = (crashed(other) / f"{DATA}-wal").read_bytes()
    (folder / f"{DATA}-wal").write_bytes(log)
    before = (folder / DATA).read_bytes()
    vault = Vault.open(folder, PASSPHRASE)
    assert count(vault) == 0
    vault.close()
    assert (folder / DATA).read_bytes() == before
    (aside,) = folder.glob("*foreign*")
    assert aside.read_bytes() == log


@pytest.mark.parametrize("size", [0, 1, 31, 32, 55, 56, 5000, 16440, 40000])
def test_a_log_of_anything_harms_nothing(folder: Path, size: int) -> None:
    (folder / f"{DATA}-wal").write_bytes(os.urandom(size))
    vault = Vault.open(folder, PASSPHRASE)
    put(vault, [payment("1")])
    vault.close()
    vault = Vault.open(folder, PASSPHRASE)
    assert count(vault) == 1
    vault.close()


def test_every_page_is_known_as_ours(folder: Path) -> None:
    vault = Vault.open(folder, PASSPHRASE)
    key, salt = vault._ring.database, vault.header.database.salt
    vault.close()
    data = (folder / DATA).read_bytes()
    for number in range(1, len(data) // pages.PAGE_SIZE + 1):
        page = data[(number - 1) * pages.PAGE_SIZE :][: pages.PAGE_SIZE]
        assert pages.is_ours(page, number, key, salt)
        assert not pages.is_ours(page, number + 1, key, salt)
        assert not pages.is_ours(page, number, bytes(32), salt)
        changed = bytearray(page)
        changed[300] ^= 1
        assert not pages.is_ours(bytes(changed), number, key, salt)


# -- transactions


def test_an_exception_takes_everything_back(vault: Vault) -> None:
    with vault.read() as snapshot:
        before = digest(snapshot)
    with pytest.raises(RuntimeError), vault.write() as transaction:  # noqa: PT012
        documents.put(transaction, "notes", "1", b"one")
        run = runs.begin(transaction, connector="uk.midata", version=1)
        run.add([payment("1")])
        run.finish()
        raise RuntimeError
    with vault.read() as snapshot:
        assert digest(snapshot) == before
    put(vault, [payment("1")])
    assert count(vault) == 1


def test_a_reader_sees_one_moment(vault: Vault) -> None:
    put(vault, [payment("1")])
    with vault.read() as snapshot:
        assert reading.count(snapshot, reading.Where()) == 1
        put(vault, [payment("2")])
        assert reading.count(snapshot, reading.Where()) == 1
        assert len(reading.row_ids(snapshot, reading.Where())) == 1
    assert count(vault) == 2


def test_a_reader_does_not_see_what_is_not_committed(vault: Vault) -> None:
    with vault.write() as transaction:
        documents.put(transaction, "notes", "1", b"one")
        with vault.read() as snapshot:
            assert documents.get(snapshot, "notes", "1") is None
    with vault.read() as snapshot:
        assert documents.every(snapshot, "notes") == [("1", b"one")]


def test_a_reader_cannot_write_what_lasts(vault: Vault) -> None:
    with vault.read() as snapshot:
        documents.put(snapshot, "notes", "1", b"one")
    with vault.read() as snapshot:
        assert documents.get(snapshot, "notes", "1") is None


def test_writers_wait_for_each_other(vault: Vault) -> None:
    order: list[str] = []
    inside = threading.Event()

    def second() -> None:
        inside.wait(10)
        with vault.write():
            order.append("second")

    thread = threading.Thread(target=second)
    thread.start()
    with vault.write():
        inside.set()
        time.sleep(0.05)
        order.append("first")
    thread.join(10)
    assert order == ["first", "second"]


def test_a_reader_that_failed_is_not_used_again(vault: Vault) -> None:
    with pytest.raises(RuntimeError), vault.read():
        raise RuntimeError
    assert not vault._readers
    with vault.read():
        pass
    assert len(vault._readers) == 1


def test_a_locked_vault_answers_nothing(folder: Path) -> None:
    vault = Vault.open(folder, PASSPHRASE)
    vault.close()
    vault.close()
    for use in (vault.read, vault.write):
        with pytest.raises(EnvironmentFailure) as caught, use():
            pass
        assert caught.value.code == "vault-locked"
    assert not (folder / f"{DATA}-wal").exists()


def test_nothing_is_attached(vault: Vault, tmp_path: Path) -> None:
    import sqlcipher3

    with pytest.raises(sqlcipher3.DatabaseError, match="not authorized"), vault.write() as t:
        t.execute("ATTACH DATABASE ? AS other", (str(tmp_path / "other.db"),))
    assert not (tmp_path / "other.db").exists()


# -- one at a time

HOLD = """
import sys
from pathlib import Path
from app.vault.vault import Vault
vault = Vault.open(Path(sys.argv[1]), sys.argv[2])
print("open", flush=True)
sys.stdin.read()
"""


def test_a_second_program_is_told_who_holds_it(folder: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(folder), PASSPHRASE],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    assert process.stdout is not None
    assert process.stdin is not None
    assert process.stdout.readline() == "open\n"
    error = refused(folder)
    assert error.code == "vault-in-use"
    assert f"({process.pid})" in str(error.values["holder"])
    process.kill()
    process.wait()
    process.stdin.close()
    process.stdout.close()
    Vault.open(folder, PASSPHRASE).close()


def test_a_second_opening_in_this_program_is_refused_too(vault: Vault) -> None:
    assert refused(vault.folder).code == "vault-in-use"
    put(vault, [payment("1")])


def test_a_refused_opening_lets_go_of_the_lock(folder: Path) -> None:
    with pytest.raises(UserError):
        Vault.open(folder, "wrong passphrase")
    (folder / DATA).rename(folder / "away")
    refused(folder)
    (folder / "away").rename(folder / DATA)
    Vault.open(folder, PASSPHRASE).close()


# -- small and read-only disks


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 6 MiB."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = shutil.which("mount")
    if os.name != "posix" or os.geteuid() != 0 or not mount:
        pytest.skip("only the administrator of a POSIX computer can mount a small disk")
    command = [mount, "-t", "tmpfs", "-o", "size=6m", "tmpfs", str(place)]
    made = subprocess.run(command, check=False, capture_output=True)
    if made.returncode:
        pytest.skip("this computer lets nobody mount a small disk")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def fill(ballast: Path) -> None:
    """Leave no room on the disk."""
    with suppress(OSError), ballast.open("wb", buffering=0) as file:
        while file.write(bytes(4096)):
            pass


def test_a_full_disk_loses_nothing(made: Made, disk: Path) -> None:
    folder = Path(shutil.copytree(made.folder, disk / "vault"))
    vault = Vault.open(folder, PASSPHRASE)
    put(vault, [payment(f"kept {number}") for number in range(200)])
    with vault.read() as snapshot:
        before = digest(snapshot)
    with pytest.raises(EnvironmentFailure) as caught:
        put(vault, [payment(f"{number}", title=os.urandom(400).hex()) for number in range(9000)])
    assert caught.value.code == "disk-full"
    with vault.read() as snapshot:
        assert digest(snapshot) == before
    ballast = disk / "ballast"
    fill(ballast)
    with pytest.raises(EnvironmentFailure):
        vault.set_passphrase("something new", cost=keys.LOWEST)
    with pytest.raises(EnvironmentFailure):
        put(vault, [payment(f"more {number}", title="y" * 3000) for number in range(3000)])
    vault.close()
    vault = Vault.open(folder, PASSPHRASE)
    with vault.read() as snapshot:
        assert digest(snapshot) == before
    ballast.unlink()
    put(vault, [payment("room again")])
    assert count(vault) == 201
    vault.close()


def test_on_a_full_disk_a_vault_can_be_read(made: Made, disk: Path) -> None:
    folder = Path(shutil.copytree(made.folder, disk / "vault"))
    vault = Vault.open(folder, PASSPHRASE)
    put(vault, [payment(f"kept {number}") for number in range(20)])
    vault.close()
    before = {path.name: path.read_bytes() for path in folder.glob("vault.db*")}
    fill(disk / "ballast")
    vault = Vault.open(folder, PASSPHRASE)
    assert (vault.read_only, count(vault)) == ("full", 20)
    with pytest.raises(EnvironmentFailure) as caught:
        put(vault, [payment("late")])
    assert caught.value.code == "disk-full"
    vault.close()
    assert (folder / DATA).read_bytes() == before[DATA]
    (disk / "ballast").unlink()
    vault = Vault.open(folder, PASSPHRASE)
    put(vault, [payment("room again")])
    assert (vault.read_only, count(vault)) == ("", 21)
    vault.close()


def test_on_a_full_disk_changes_in_a_log_are_not_passed_over(folder: Path, disk: Path) -> None:
    vault = Vault.open(folder, PASSPHRASE)
    put(vault, [payment("in the log")])
    folder = Path(shutil.copytree(folder, disk / "vault"))
    vault.close()
    (folder / f"{DATA}-shm").unlink()
    fill(disk / "ballast")
    assert refused(folder).code == "disk-full"
    (disk / "ballast").unlink()
    vault = Vault.open(folder, PASSPHRASE)
    with vault.read() as snapshot:
        assert reading.count(snapshot, reading.Where(text="log")) == 1
    vault.close()


def test_no_room_for_a_new_vault_leaves_none(disk: Path) -> None:
    fill(disk / "ballast")
    with pytest.raises(EnvironmentFailure) as caught:
        Vault.create(disk / "vault", PASSPHRASE, cost=keys.LOWEST)
    assert caught.value.code == "disk-full"
    assert [path.name for path in disk.iterdir()] == ["ballast"]


def test_a_read_only_disk_is_told(made: Made, disk: Path) -> None:
    folder = Path(shutil.copytree(made.folder, disk / "vault"))
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
    vault = Vault.open(folder, PASSPHRASE)
    assert vault.read_only == "medium"
    with pytest.raises(EnvironmentFailure) as caught:
        put(vault, [payment("late")])
    assert caught.value.code == "vault-read-only"
    vault.close()
    with pytest.raises(EnvironmentFailure) as caught:
        Vault.create(disk / "other", PASSPHRASE, cost=keys.LOWEST)
    assert caught.value.code == "read-only"


# -- the rest


def test_secrets_are_sealed_once_more(vault: Vault) -> None:
    sealed = vault.wrap_secret(b"private key")
    assert b"private" not in sealed
    assert vault.unwrap_secret(sealed) == b"private key"
    for broken in (b"", sealed[:-1], sealed[:30], bytes(len(sealed))):
        with pytest.raises(VaultDamaged):
            vault.unwrap_secret(broken)


def test_the_library_is_new_enough(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    monkeypatch.setattr(connection, "_LOWEST_SQLCIPHER", (99, 0))
    assert refused(folder).code == "sqlcipher-old"


def test_documents_are_kept_in_collections(vault: Vault) -> None:
    with vault.write() as transaction:
        documents.put(transaction, "a", "2", b"two")
        documents.put(transaction, "a", "1", b"one")
        documents.put(transaction, "b", "1", b"other")
        documents.put(transaction, "a", "2", b"two again")
        documents.delete(transaction, "b", "1")
        documents.delete(transaction, "b", "none")
    with vault.read() as snapshot:
        assert documents.every(snapshot, "a") == [("1", b"one"), ("2", b"two again")]
        assert documents.every(snapshot, "b") == []
        assert documents.get(snapshot, "a", "3") is None


def test_the_clock_never_goes_back(vault: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    with vault.write() as transaction:
        first = transaction.tick()
        monkeypatch.setattr(time, "time_ns", lambda: 0)
        assert first < transaction.tick() < transaction.tick()
    with vault.write() as transaction:
        assert transaction.tick() > first


def test_headers_are_beside_every_vault(folder: Path) -> None:
    assert {(folder / name).read_bytes() for name in header.COPIES} == {
        (folder / header.NAME).read_bytes()
    }
