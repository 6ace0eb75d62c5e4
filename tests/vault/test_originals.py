"""Originals: they come back byte for byte, or not at all."""

from __future__ import annotations

import hashlib
import io
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.errors import VaultDamaged
from app.vault import lockfile, originals
from app.vault.originals import MAGIC, Kept
from app.vault.vault import Vault
from tests.vaults import PASSPHRASE, payment, put

MIB = 1 << 20
FIXTURE = settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def keep(vault: Vault, data: bytes, limit: int = 1 << 30) -> Kept:
    return vault.keep_original(io.BytesIO(data), limit, {})


def back(vault: Vault, kept: Kept) -> bytes:
    return b"".join(vault.original(kept.blob))


def blob_path(vault: Vault, kept: Kept) -> Path:
    return originals.path_of(vault.folder, kept.blob)


@pytest.mark.parametrize("size", [0, 1, MIB - 1, MIB, MIB + 1, 2 * MIB, 2 * MIB + 5])
def test_every_size_comes_back(vault: Vault, size: int) -> None:
    data = os.urandom(size)
    kept = keep(vault, data)
    assert (kept.sha256, kept.size) == (hashlib.sha256(data).hexdigest(), size)
    assert back(vault, kept) == data
    assert originals.whole(vault.folder, kept.blob)
    sealed = blob_path(vault, kept).read_bytes()
    assert hashlib.blake2b(sealed, digest_size=20).hexdigest() == kept.blob
    assert data[:32] not in sealed or size < 32
    assert len(sealed) < size + 100 + 17 * (size // MIB + 1)


def test_a_known_file_is_not_kept_twice(vault: Vault) -> None:
    kept = keep(vault, b"statement")
    again = vault.keep_original(io.BytesIO(b"statement"), 1 << 30, {kept.sha256: kept})
    assert again is kept
    other = vault.keep_original(io.BytesIO(b"other"), 1 << 30, {kept.sha256: kept})
    assert other.blob != kept.blob


def test_one_too_large_is_only_hashed(vault: Vault) -> None:
    kept = keep(vault, b"12345", limit=4)
    assert kept == Kept(hashlib.sha256(b"12345").hexdigest(), 5, "")
    assert keep(vault, b"1234", limit=4).blob
    assert len([path for path in (vault.folder / "blobs").rglob("*") if path.is_file()]) == 1


@FIXTURE
@given(st.data())
def test_a_flipped_bit_or_a_cut_is_damage(vault: Vault, data: st.DataObject) -> None:
    plain = b"0123456789" * 20
    kept = keep(vault, plain)
    path = blob_path(vault, kept)
    sealed = path.read_bytes()
    bit = data.draw(st.integers(0, len(sealed) * 8 - 1))
    flipped = bytearray(sealed)
    flipped[bit // 8] ^= 1 << bit % 8
    cut = sealed[: data.draw(st.integers(0, len(sealed) - 1))]
    for broken in (bytes(flipped), cut, sealed + b"\0", sealed + sealed):
        path.write_bytes(broken)
        with pytest.raises(VaultDamaged):
            back(vault, kept)
        assert not originals.whole(vault.folder, kept.blob)
    path.unlink()
    with pytest.raises(VaultDamaged):
        back(vault, kept)
    assert not originals.whole(vault.folder, kept.blob)


def test_chunks_in_another_order_are_damage(vault: Vault) -> None:
    kept = keep(vault, os.urandom(3 * MIB))
    path = blob_path(vault, kept)
    sealed = path.read_bytes()
    start, size = len(MAGIC) + 2 + 24, MIB + 17
    head, chunks = (
        sealed[:start],
        [sealed[start + size * n : start + size * (n + 1)] for n in (0, 1, 2)],
    )
    assert head + b"".join(chunks) == sealed
    for order in ((1, 0, 2), (0, 2), (0, 1), (0, 0, 1, 2), (2, 1, 0)):
        path.write_bytes(head + b"".join(chunks[n] for n in order))
        with pytest.raises(VaultDamaged):
            back(vault, kept)


def test_a_blob_of_another_vault_is_damage(vault: Vault, tmp_path: Path) -> None:
    from app.vault import keys

    other, _ = Vault.create(tmp_path / "other", PASSPHRASE, cost=keys.LOWEST)
    kept = keep(other, b"theirs")
    path = blob_path(vault, kept)
    path.parent.mkdir(parents=True)
    path.write_bytes(blob_path(other, kept).read_bytes())
    other.close()
    with pytest.raises(VaultDamaged):
        back(vault, kept)


def test_beside_an_older_data_file_nothing_is_swept(folder: Path) -> None:
    older = (folder / "vault.db").read_bytes()
    vault = Vault.open(folder, PASSPHRASE)
    import_id, _ = put(vault, [payment("1")])
    kept = keep(vault, b"kept")
    with vault.write() as transaction:
        run = transaction.one("SELECT id FROM run WHERE uid = ?", (import_id,))
        originals.note(transaction, run, "statement.csv", kept)
    vault.close()
    newer = (folder / "vault.db").read_bytes()
    (folder / "vault.db").write_bytes(older)
    Vault.open(folder, PASSPHRASE).close()
    (folder / "vault.db").write_bytes(newer)
    vault = Vault.open(folder, PASSPHRASE)
    assert back(vault, kept) == b"kept"
    vault.close()


def test_what_no_run_names_is_swept_at_the_opening_after_a_kill(folder: Path) -> None:
    vault = Vault.open(folder, PASSPHRASE)
    import_id, _ = put(vault, [payment("1")])
    named, stray = keep(vault, b"named"), keep(vault, b"stray")
    with vault.write() as transaction:
        run = transaction.one("SELECT id FROM run WHERE uid = ?", (import_id,))
        originals.note(transaction, run, "statement.csv", named)
        originals.note(transaction, run, "copy.csv", named)
    (folder / "blobs" / "new-0011").write_bytes(b"half written")
    vault.close()
    (folder / lockfile.NAME).write_text("1 whoever was killed\n")
    vault = Vault.open(folder, PASSPHRASE)
    assert back(vault, named) == b"named"
    with pytest.raises(VaultDamaged):
        back(vault, stray)
    files = [path for path in (folder / "blobs").rglob("*") if path.is_file()]
    assert files == [blob_path(vault, named)]
    with vault.read() as snapshot:
        assert originals.every(snapshot) == [("copy.csv", named)]
    vault.close()


def test_one_that_was_too_large_can_be_kept_later(vault: Vault) -> None:
    import_id, _ = put(vault, [payment("1")])
    small, whole = keep(vault, b"12345", limit=1), keep(vault, b"12345")
    with vault.write() as transaction:
        run = transaction.one("SELECT id FROM run WHERE uid = ?", (import_id,))
        for kept in (small, whole):
            originals.note(transaction, run, "a", kept)
        assert originals.every(transaction) == [("a", whole)]
