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
from tests.vault.holding import furnish
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


def test_v08_without_its_salt_the_file_is_refused_and_nothing_is_changed(folder: Path) -> None:
    data = folder / DATA
    spoiled = os.urandom(SALT_BYTES) + data.read_bytes()[SALT_BYTES:]
    data.write_bytes(spoiled)
    with pytest.raises(VaultDamaged):
        Vault.open(folder, PASSPHRASE)
    assert data.read_bytes() == spoiled
