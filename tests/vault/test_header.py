"""`vault.header`: whatever is done to it, the vault opens from a copy or says what is wrong."""

from __future__ import annotations

import os
import subprocess
import sys
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import CannotUnlock, EnvironmentFailure, UserError, VaultDamaged
from app.vault import header, keys
from app.vault.vault import Vault
from tests.places import ROOT
from tests.vault.conftest import Made
from tests.vaults import PASSPHRASE

Change = Callable[[header.Slot], header.Slot]


@pytest.fixture(scope="module")
def data(made: Made) -> bytes:
    return (made.folder / header.NAME).read_bytes()


def without_copies(folder: Path, data: bytes) -> Path:
    """Leave `data` as the only header."""
    for name in header.COPIES[1:]:
        (folder / name).unlink()
    (folder / header.NAME).write_bytes(data)
    return folder


def with_slot(data: bytes, **changes: object) -> bytes:
    """A header whose passphrase slot somebody changed who can compute the plain hash."""
    found = header.parse(data)
    first, *others = found.slots
    changed = msgspec.structs.replace(first, **changes)
    return header.to_bytes(msgspec.structs.replace(found, slots=(changed, *others)))


def open_code(folder: Path) -> str:
    with pytest.raises(UserError) as caught:
        Vault.open(folder, PASSPHRASE)
    return caught.value.code


# -- passphrases


def test_hangul_opens_composed_and_decomposed(folder: Path) -> None:
    assert unicodedata.is_normalized("NFC", PASSPHRASE)
    for form in ("NFC", "NFD"):
        Vault.open(folder, unicodedata.normalize(form, PASSPHRASE)).close()


@pytest.mark.parametrize(
    "other",
    ["", PASSPHRASE + " ", " " + PASSPHRASE, PASSPHRASE.upper(), "dufffufk 참깨 basket", "\0"],
)
def test_another_passphrase_is_told_so(folder: Path, other: str) -> None:
    with pytest.raises(CannotUnlock) as caught:
        Vault.open(folder, other)
    assert caught.value.code == "wrong-passphrase"


@pytest.mark.parametrize(
    "passphrase", ["trailing space ", "x" * 1000, "\udc80\udcff bytes", "😀" * 8]
)
def test_every_passphrase_is_kept_as_it_is(folder: Path, passphrase: str) -> None:
    vault = Vault.open(folder, PASSPHRASE)
    vault.set_passphrase(passphrase, cost=keys.LOWEST)
    vault.close()
    Vault.open(folder, passphrase).close()
    with pytest.raises(CannotUnlock):
        Vault.open(folder, passphrase[:-1])


def test_the_recovery_key_opens_and_an_empty_one_does_not(made: Made, folder: Path) -> None:
    Vault.open_with_recovery(folder, made.recovery_key).close()
    with pytest.raises(CannotUnlock) as caught:
        Vault.open_with_recovery(folder, "")
    assert caught.value.code == "recovery-length"


def test_a_recovery_key_of_another_vault(folder: Path) -> None:
    from app.vault import recovery

    with pytest.raises(CannotUnlock) as caught:
        Vault.open_with_recovery(folder, recovery.encode(bytes(32)))
    assert caught.value.code == "wrong-recovery-key"


def test_after_a_change_no_copy_opens_with_the_old_passphrase(folder: Path) -> None:
    vault = Vault.open(folder, PASSPHRASE)
    vault.set_passphrase("something new", cost=keys.LOWEST)
    vault.close()
    for name in header.COPIES[1:]:
        (folder / header.NAME).write_bytes((folder / name).read_bytes())
        with pytest.raises(CannotUnlock):
            Vault.open(folder, PASSPHRASE)
    Vault.open(folder, "something new").close()


# -- damage


@given(st.data())
def test_no_flipped_bit_is_ever_read(data: bytes, draw: st.DataObject) -> None:
    bit = draw.draw(st.integers(0, len(data) * 8 - 1))
    changed = bytearray(data)
    changed[bit // 8] ^= 1 << bit % 8
    with pytest.raises(VaultDamaged) as caught:
        header.parse(bytes(changed))
    assert caught.value.code == "header-damaged"


def test_no_single_bit_and_no_cut_is_ever_read(data: bytes) -> None:
    for bit in range(len(data) * 8):
        changed = bytearray(data)
        changed[bit // 8] ^= 1 << bit % 8
        with pytest.raises(VaultDamaged):
            header.parse(bytes(changed))
    for end in range(len(data)):
        with pytest.raises(VaultDamaged):
            header.parse(data[:end])


@given(st.binary(max_size=200))
def test_no_other_bytes_are_ever_read(data: bytes) -> None:
    for line in (data, data.partition(b"\n")[0]):
        with pytest.raises(VaultDamaged):
            header.parse(line + b"\n" + header._plain_hash(line) + b"\n")


@pytest.mark.parametrize(
    "line",
    [b"[" * 30_000, b'{"format":"mydata-vault"', b"null", b"{}", b'{"slots":1e999}', b"\xff\xfe{"],
)
def test_broken_json_with_the_right_hash_is_damage(line: bytes) -> None:
    with pytest.raises(VaultDamaged):
        header.parse(line + b"\n" + header._plain_hash(line) + b"\n")


def test_a_header_of_a_megabyte_is_damage(data: bytes) -> None:
    with pytest.raises(VaultDamaged):
        header.parse(data + b" " * (1 << 20))


def test_a_newer_header_says_so(data: bytes) -> None:
    newer = header.to_bytes(msgspec.structs.replace(header.parse(data), min_reader=2))
    with pytest.raises(VaultDamaged) as caught:
        header.parse(newer)
    assert caught.value.code == "vault-newer"


@pytest.mark.parametrize("broken", [1, 2])
@pytest.mark.parametrize("how", [b"", b"\0" * 900, None])
def test_a_copy_takes_the_place_of_a_damaged_header(
    folder: Path, data: bytes, broken: int, how: bytes | None
) -> None:
    for name in header.COPIES[:broken]:
        if how is None:
            (folder / name).unlink()
        else:
            (folder / name).write_bytes(how)
    Vault.open(folder, PASSPHRASE).close()
    assert {(folder / name).read_bytes() for name in header.COPIES} == {data}


def test_all_three_damaged_is_told_so_and_nothing_is_made(folder: Path, data: bytes) -> None:
    for name in header.COPIES:
        (folder / name).write_bytes(data[:-1])
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert open_code(folder) == "header-damaged"
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_no_header_at_all_beside_a_data_file(folder: Path) -> None:
    for name in header.COPIES:
        (folder / name).unlink()
    assert open_code(folder) == "header-missing"


def test_no_vault_at_all_makes_no_file(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentFailure) as caught:
        Vault.open(tmp_path, PASSPHRASE)
    assert caught.value.code == "no-vault"
    assert not list(tmp_path.iterdir())
    with pytest.raises(EnvironmentFailure):
        Vault.open(tmp_path / "nowhere", PASSPHRASE)


# -- hostile headers, whose plain hash fits


@pytest.mark.parametrize(
    "change",
    [
        {"memory_kib": 1 << 30},
        {"memory_kib": 1 << 62},
        {"operations": 10**9},
        {"operations": 1},
        {"memory_kib": 8},
        {"memory_kib": -1},
        {"kdf": "scrypt"},
        {"salt": b""},
        {"salt": bytes(15)},
        {"salt": bytes(10_000)},
    ],
)
def test_a_slot_that_asks_for_too_much_is_refused_before_it_runs(
    folder: Path, data: bytes, change: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    ran: list[object] = []
    monkeypatch.setattr(keys, "from_passphrase", lambda *values: ran.append(values))
    without_copies(folder, with_slot(data, **change))
    assert open_code(folder) == "header-damaged"
    assert not ran


@pytest.mark.parametrize(
    "change",
    [
        {"operations": 3},
        {"memory_kib": 64 * 1024 + 1},
        {"salt": bytes(16)},
        {"wrapped": b""},
        {"wrapped": bytes(15)},
        {"wrapped": bytes(48)},
        {"nonce": b""},
        {"nonce": bytes(24)},
        {"label": "other"},
        {"id": "0" * 16},
    ],
)
def test_a_slot_somebody_changed_does_not_open(
    folder: Path, data: bytes, change: dict[str, object]
) -> None:
    without_copies(folder, with_slot(data, **change))
    assert open_code(folder) == "wrong-passphrase"


@pytest.mark.parametrize(
    "change",
    [
        {"mac": bytes(32)},
        {"key_check": bytes(16)},
        {"created": "2020-01-01T00:00:00Z"},
        {"key_epoch": 9},
        {"app": "other"},
        {"slots": ()},
    ],
)
def test_a_header_somebody_changed_does_not_open(
    folder: Path, data: bytes, change: dict[str, object]
) -> None:
    changed = msgspec.structs.replace(header.parse(data), **change)
    without_copies(folder, header.to_bytes(changed))
    assert open_code(folder) in {"header-damaged", "wrong-passphrase"}


@pytest.mark.parametrize("name", ["../vault.db", "/etc/passwd", "", "vault.db-wal", "vault-1.db/"])
def test_a_header_points_at_no_other_file(data: bytes, name: str) -> None:
    found = header.parse(data)
    other = msgspec.structs.replace(found.database, file=name)
    with pytest.raises(VaultDamaged):
        header.parse(header.to_bytes(msgspec.structs.replace(found, database=other)))


# -- writing


def test_a_header_that_cannot_be_written_leaves_the_old_one(folder: Path, data: bytes) -> None:
    vault = Vault.open(folder, PASSPHRASE)
    (folder / f"{header.NAME}.new").mkdir()
    with pytest.raises(EnvironmentFailure):
        vault.set_passphrase("something new", cost=keys.LOWEST)
    vault.close()
    assert (folder / header.NAME).read_bytes() == data
    Vault.open(folder, PASSPHRASE).close()


def test_a_copy_that_cannot_be_mended_does_not_stop_the_opening(folder: Path) -> None:
    copy = folder / header.COPIES[1]
    copy.unlink()
    copy.with_name(f"{copy.name}.new").mkdir()
    Vault.open(folder, PASSPHRASE).close()
    assert not copy.exists()
    copy.with_name(f"{copy.name}.new").rmdir()
    Vault.open(folder, PASSPHRASE).close()
    assert copy.read_bytes() == (folder / header.NAME).read_bytes()


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_a_header_the_computer_cannot_read_is_not_a_question_of_permission(folder: Path) -> None:
    (folder / header.NAME).unlink()
    (folder / header.NAME).symlink_to(folder / header.NAME)
    assert open_code(folder) == "io"


LITTLE: Final = """
import resource, sys
from pathlib import Path
from typing import Final
from nacl.pwhash import argon2id
from app.errors import EnvironmentFailure
from app.vault.vault import Vault
argon2id.kdf(16, b"what the derivation loads", bytes(16), opslimit=1, memlimit=8192)
pages = int(Path("/proc/self/statm").read_text().split()[0])
limit = pages * resource.getpagesize() + (40 << 20)
resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
try:
    Vault.open(Path(sys.argv[1]), sys.argv[2])
except EnvironmentFailure as error:
    print(error.code)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the limit is of Linux")
def test_v30_a_computer_without_the_memory_says_so(folder: Path) -> None:
    """Really without it: the process may have 40 MiB more, and the derivation needs 64."""
    done = subprocess.run(
        [sys.executable, "-c", LITTLE, str(folder), PASSPHRASE],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("out-of-memory\n", "")
    Vault.open(folder, PASSPHRASE).close()


def test_no_memory_for_the_passphrase_is_told_so(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_memory(*_: object) -> bytes:
        raise MemoryError

    vault = Vault.open(folder, PASSPHRASE)
    monkeypatch.setattr(keys, "from_passphrase", no_memory)
    with pytest.raises(EnvironmentFailure) as caught:
        vault.set_passphrase("something new", cost=keys.LOWEST)
    assert caught.value.code == "out-of-memory"
    vault.close()
    assert open_code(folder) == "out-of-memory"


@pytest.mark.skipif(os.name != "posix", reason="modes are a POSIX thing")
def test_headers_are_for_this_user_only(folder: Path) -> None:
    vault = Vault.open(folder, PASSPHRASE)
    vault.set_passphrase("something new", cost=keys.LOWEST)
    vault.close()
    assert {(folder / name).stat().st_mode & 0o777 for name in header.COPIES} == {0o600}
