"""Pages that are whole and stand in each other's place, and the start of the file overwritten."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from app.errors import VaultDamaged
from app.services import keeping
from app.services.session import Session
from app.vault.pages import PAGE_SIZE, SALT_BYTES
from app.vault.vault import Vault
from tests.vault.holding import flip, furnish, held
from tests.vaults import PASSPHRASE

DATA = "vault.db"


def test_v11_two_pages_swapped_are_found_wherever_they_are(folder: Path) -> None:
    vault = Vault.open(folder, PASSPHRASE)
    furnish(vault)
    vault.close()
    data = folder / DATA
    whole = data.read_bytes()
    pages = len(whole) // PAGE_SIZE
    for first, second in ((1, 2), (1, pages - 1), (pages // 2, pages // 2 + 1), (3, pages // 3)):
        swapped = bytearray(whole)
        for here, there in ((first, second), (second, first)):
            swapped[here * PAGE_SIZE : (here + 1) * PAGE_SIZE] = whole[
                there * PAGE_SIZE : (there + 1) * PAGE_SIZE
            ]
        data.write_bytes(swapped)
        assert noticed(folder), (first, second)
    data.write_bytes(whole)
    assert not noticed(folder)


def noticed(folder: Path) -> bool:
    """Whether opening or checking tells that the vault is damaged."""
    try:
        session = Session(Vault.open(folder, PASSPHRASE))
    except VaultDamaged:
        return True
    try:
        return not keeping.check(session, deep=True).ok
    finally:
        session.close()


def without_salt(folder: Path, salt: bytes) -> bytes:
    """Spoil the first bytes of the data file; returns what was there."""
    data = folder / DATA
    whole = data.read_bytes()
    data.write_bytes(salt + whole[SALT_BYTES:])
    return whole


@pytest.mark.parametrize("salt", [bytes(range(SALT_BYTES)), bytes(SALT_BYTES)])
def test_v08_a_spoiled_salt_is_mended_from_the_header_and_told(folder: Path, salt: bytes) -> None:
    whole = without_salt(folder, salt)
    session = Session(Vault.open(folder, PASSPHRASE))
    assert session.notice
    assert session.notice.code == "start-mended"
    assert keeping.check(session, deep=True).ok
    session.close()
    assert (folder / DATA).read_bytes() == whole
    session = Session(Vault.open(folder, PASSPHRASE))
    assert session.notice is None
    session.close()


def test_v08_nothing_is_written_where_more_than_the_salt_is_spoiled(folder: Path) -> None:
    without_salt(folder, os.urandom(SALT_BYTES))
    flip(folder / DATA, 5000)
    spoiled = (folder / DATA).read_bytes()
    with pytest.raises(VaultDamaged) as caught:
        Vault.open(folder, PASSPHRASE)
    assert caught.value.code == "data-foreign"
    assert (folder / DATA).read_bytes() == spoiled


def test_v08_a_salvage_reads_it_too(folder: Path, tmp_path: Path) -> None:
    vault = Vault.open(folder, PASSPHRASE)
    furnish(vault)
    records = held(vault).records
    vault.close()
    without_salt(folder, os.urandom(SALT_BYTES))
    told = keeping.salvage(folder, tmp_path / "new", passphrase=PASSPHRASE)
    assert (told.records, told.lost, told.unread) == (records, [], [])
