"""Several computers as commands and the window use them: moving the folder, new keys."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.errors import CannotUnlock, UsageError, VaultDamaged
from app.services import checkup, cloud, session
from app.services.session import Session
from app.vault import digest, door, keys
from app.vault.vault import Vault
from connectors.api import Record
from tests.vaults import PASSPHRASE, payment, put

NEW = "quite another passphrase"


class Two:
    """Two computers of one vault, each with its session."""

    def __init__(self, place: Path) -> None:
        self.place, self.cloud = place, place / "cloud"
        self.cloud.mkdir()
        vault, _ = Vault.create(place / "one", PASSPHRASE, cost=keys.LOWEST)
        put(vault, [payment("r1")])
        self.one = Session(vault)
        cloud.set_folder(self.one, self.cloud)
        self.two = cloud.join(self.cloud, place / "two", passphrase=PASSPHRASE)

    def sync(self) -> None:
        for _ in range(2):
            for each in (self.one, self.two):
                cloud.sync(each, confirmed=True)


@pytest.fixture
def both(tmp_path: Path) -> Iterator[Two]:
    made = Two(tmp_path)
    yield made
    made.one.close()
    made.two.close()


def held(opened: Session) -> digest.Digest:
    with opened.vault.read() as snapshot:
        return digest.digest(snapshot, without=digest.DEVICE_PARTS)


def test_a_moved_folder_brings_along_what_waited_in_the_old_one(both: Two) -> None:
    put(both.two.vault, [payment("only in the old folder")])
    cloud.sync(both.two)
    moved = both.place / "moved"
    moved.mkdir()
    cloud.set_folder(both.one, moved)
    wanted = held(both.two)
    shutil.rmtree(both.cloud)
    third = cloud.join(moved, both.place / "three", passphrase=PASSPHRASE)
    assert held(both.one) == held(third) == wanted
    third.close()


def test_a_folder_is_left_behind_even_if_the_old_one_is_gone(both: Two) -> None:
    wanted = held(both.one)
    shutil.rmtree(both.cloud)
    moved = both.place / "moved"
    moved.mkdir()
    cloud.set_folder(both.one, moved)
    third = cloud.join(moved, both.place / "three", passphrase=PASSPHRASE)
    assert held(third) == wanted
    third.close()


def test_c12_keys_changed_on_one_computer_lose_nothing_of_the_other(both: Two) -> None:
    put(both.two.vault, [payment("published under the old keys")])
    cloud.sync(both.two)
    both.one.vault.change_keys(NEW, cost=keys.LOWEST)
    put(both.one.vault, [payment("under the new keys")])
    cloud.sync(both.one)
    put(both.two.vault, [payment("never published before")])
    waiting = cloud.sync(both.two).waiting
    assert {one.why for one in waiting} == {"keys"}
    with pytest.raises(CannotUnlock):
        cloud.take_keys(both.two, passphrase=PASSPHRASE)
    assert cloud.take_keys(both.two, passphrase=NEW).waiting == []
    both.sync()
    assert held(both.one) == held(both.two)
    assert held(both.one).records == 4
    with pytest.raises(UsageError) as nothing:
        cloud.take_keys(both.two, passphrase=NEW)
    assert nothing.value.code == "no-other-keys"
    both.two.close()
    session.unlock(both.place / "two", NEW).close()


def test_before_the_keys_change_what_waits_is_taken_in(both: Two) -> None:
    put(both.two.vault, [payment("only two had it")])
    cloud.sync(both.two)
    both.two.close()
    shutil.rmtree(both.place / "two")
    session.change_keys(both.one, NEW, cost=keys.LOWEST)
    assert held(both.one).records == 2
    third = cloud.join(both.cloud, both.place / "three", passphrase=NEW)
    assert held(third) == held(both.one)
    third.close()


def test_both_changing_the_keys_end_with_those_of_one(both: Two) -> None:
    for each, passphrase in ((both.one, NEW), (both.two, "and another one of mine")):
        each.vault.change_keys(passphrase, cost=keys.LOWEST)
        put(each.vault, [payment(passphrase)])
        cloud.sync(each)
    assert {one.why for one in cloud.sync(both.two).waiting} == {"keys"}
    assert cloud.take_keys(both.two, passphrase=NEW).waiting == []
    both.sync()
    assert cloud.sync(both.one).waiting == []
    assert held(both.one) == held(both.two)
    assert held(both.one).records == 3


def test_a_check_is_of_the_computer_that_made_it(both: Two) -> None:
    checkup.look(both.one, deep=True)
    both.sync()
    assert checkup.last_look(both.two) == checkup.Looked()
    both.one.looked = None
    assert checkup.last_look(both.one).whole


@pytest.fixture
def newer(both: Two, monkeypatch: pytest.MonkeyPatch) -> Two:
    """The first computer's program is newer: the other one does not know a kind of its records."""
    put(both.one.vault, [Record("social.post", "p1", "2024-01-01", title="Hello")])
    cloud.sync(both.one)
    cloud._copy(both.one).snapshot()
    monkeypatch.delitem(door.SHAPES, "social.post")
    return both


def test_a_snapshot_of_a_newer_program_waits_for_an_update(
    newer: Two, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(2):
        assert [one.why for one in cloud.sync(newer.two).waiting] == ["newer"]
    monkeypatch.undo()
    cloud._copies.clear()  # the updated program starts
    cloud.sync(newer.two)
    assert held(newer.two) == held(newer.one)


def test_a_folder_of_a_newer_program_is_not_joined(newer: Two) -> None:
    with pytest.raises(VaultDamaged) as caught:
        cloud.join(newer.cloud, newer.place / "three", passphrase=PASSPHRASE)
    assert caught.value.code == "vault-newer"
    assert not (newer.place / "three").exists()
