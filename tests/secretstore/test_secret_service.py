"""Remembering against a real Secret Service: gnome-keyring on a bus of its own."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from app.errors import CannotUnlock, EnvironmentFailure
from app.services import session as sessions
from app.services.session import Session
from app.vault import header, keys, systemstore
from tests.secretstore import secretservice
from tests.secretstore.secretservice import Keyring
from tests.vaults import PASSPHRASE

# keyring leaves the connection of a refused question to the collector.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "vault"


@pytest.fixture
def session(folder: Path) -> Iterator[Session]:
    made, _key = sessions.create(folder, PASSPHRASE, cost=keys.LOWEST)
    yield made
    made.close()


@contextmanager
def refused(code: str) -> Iterator[None]:
    """Expect this refusal."""
    with pytest.raises((EnvironmentFailure, CannotUnlock)) as caught:
        yield
    assert caught.value.code == code


def slot_name(folder: Path) -> str:
    found = header.read(folder)
    slot = header.store_slot(found)
    assert slot is not None
    return f"{found.vault_id}:{slot.id}"


def test_the_store_is_offered_by_name(desktop: Keyring) -> None:
    assert sessions.secret_store() == "the desktop's keyring"


def test_a_vault_is_remembered_and_opened_without_its_passphrase(
    desktop: Keyring, session: Session, folder: Path
) -> None:
    sessions.remember(session)
    session.close()
    assert sessions.remembered(folder)
    opened = sessions.unlock_remembered(folder)
    try:
        assert sessions.status(opened).vault_id == session.vault.vault_id
        assert not opened.confirmed, "opening by the store is no proof that the person is there"
    finally:
        opened.close()


def test_the_store_holds_a_random_key_and_neither_passphrase_nor_vault_key(
    desktop: Keyring, session: Session, folder: Path
) -> None:
    sessions.remember(session)
    held = secretservice.items()[slot_name(folder)]
    assert len(base64.b64decode(held, validate=True)) == keys.KEY_BYTES
    assert base64.b64decode(held) != session.vault._vault_key
    assert PASSPHRASE.encode() not in held


def test_it_is_remembered_after_logging_out_and_in(
    desktop: Keyring, session: Session, folder: Path
) -> None:
    sessions.remember(session)
    session.close()
    desktop.stop()
    assert sessions.secret_store() == ""
    with refused("no-secret-store"):
        sessions.unlock_remembered(folder)
    desktop.start()
    sessions.unlock_remembered(folder).close()


def test_forgetting_leaves_nothing_in_the_store(
    desktop: Keyring, session: Session, folder: Path
) -> None:
    sessions.remember(session)
    name = slot_name(folder)
    assert name in secretservice.items()
    sessions.forget(session)
    assert name not in secretservice.items()
    assert not sessions.remembered(folder)


def test_remembering_anew_leaves_one_item(desktop: Keyring, session: Session, folder: Path) -> None:
    sessions.remember(session)
    first = slot_name(folder)
    sessions.remember(session)
    held = secretservice.items()
    assert first not in held
    assert slot_name(folder) in held
    assert [slot.kind for slot in header.read(folder).slots].count("keyring") == 1


def test_k04_a_locked_store_whose_question_is_dismissed_ends_at_the_passphrase(
    desktop: Keyring, session: Session, folder: Path
) -> None:
    sessions.remember(session)
    session.close()
    secretservice.lock()
    with refused("secret-store-refused"):
        sessions.unlock_remembered(folder)
    sessions.unlock(folder, PASSPHRASE).close()


def test_k06_a_deleted_item_ends_at_the_passphrase(
    desktop: Keyring, session: Session, folder: Path
) -> None:
    sessions.remember(session)
    session.close()
    found = header.read(folder)
    slot = header.store_slot(found)
    assert slot is not None
    systemstore.forget(found.vault_id, slot.id)
    with refused("store-slot-gone"):
        sessions.unlock_remembered(folder)
    sessions.unlock(folder, PASSPHRASE).close()


def test_k07_the_item_of_another_vault_opens_nothing(
    desktop: Keyring, session: Session, folder: Path, tmp_path: Path
) -> None:
    sessions.remember(session)
    session.close()
    other, _key = sessions.create(tmp_path / "other", PASSPHRASE, cost=keys.LOWEST)
    sessions.remember(other)
    other.close()
    mine, theirs = header.read(folder), header.read(tmp_path / "other")
    my_slot, their_slot = header.store_slot(mine), header.store_slot(theirs)
    assert my_slot is not None
    assert their_slot is not None
    secret = systemstore.load(theirs.vault_id, their_slot.id)
    assert secret is not None
    systemstore.save(mine.vault_id, my_slot.id, secret)
    with refused("store-slot-gone"):
        sessions.unlock_remembered(folder)


def test_k08_on_another_desktop_the_passphrase_opens_and_remembering_can_be_renewed(
    desktop: Keyring, session: Session, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sessions.remember(session)
    session.close()
    monkeypatch.setattr(systemstore, "SERVICE", "what another store would find")
    with refused("store-slot-gone"):
        sessions.unlock_remembered(folder)
    opened = sessions.unlock(folder, PASSPHRASE)
    sessions.remember(opened)
    opened.close()
    sessions.unlock_remembered(folder).close()


def test_k12_a_header_that_cannot_be_written_leaves_nothing_in_the_store(
    desktop: Keyring, session: Session, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = secretservice.items()

    def full(_folder: Path, _header: header.Header) -> None:
        raise EnvironmentFailure("disk-full", "The disk is full.")

    with monkeypatch.context() as patch:
        patch.setattr(header, "write", full)
        with pytest.raises(EnvironmentFailure):
            sessions.remember(session)
    assert secretservice.items() == before
    assert not sessions.remembered(folder)
    sessions.remember(session)


def test_k12_a_store_that_cannot_be_written_leaves_the_header_as_it_was(
    desktop: Keyring, session: Session, folder: Path
) -> None:
    before = (folder / header.NAME).read_bytes()
    secretservice.lock()
    with refused("secret-store-refused"):
        sessions.remember(session)
    assert (folder / header.NAME).read_bytes() == before


def test_k13_what_the_store_kept_is_useless_once_the_slot_is_gone(
    desktop: Keyring, session: Session, folder: Path
) -> None:
    sessions.remember(session)
    found = header.read(folder)
    slot = header.store_slot(found)
    assert slot is not None
    secret = systemstore.load(found.vault_id, slot.id)
    sessions.forget(session)
    now = header.read(folder)
    with pytest.raises(CannotUnlock):
        header.open_with_store(now, header.store_slot(now), secret)
    assert all(slot.id != other.id for other in now.slots)


def test_k13_new_keys_take_the_store_out(desktop: Keyring, session: Session, folder: Path) -> None:
    sessions.remember(session)
    name = slot_name(folder)
    sessions.change_keys(session, "another passphrase 7", cost=keys.LOWEST)
    assert name not in secretservice.items()
    assert not sessions.remembered(folder)
