"""Snapshots and computers that turn out to be two, and snapshots that are all there is."""

from __future__ import annotations

import shutil
from pathlib import Path

from app.vault import claims, keys, runs
from app.vault.sync import copy, join, snapshots
from app.vault.vault import Vault
from tests.sync.pair import Pair, held, note
from tests.vault.holding import keep
from tests.vaults import PASSPHRASE, payment, put

LATER = 4_000_000_000.0


def compacted(pair: Pair, used: copy.Copy) -> None:
    """Only snapshots have what `used` wrote before."""
    for number in range(2):
        put(used.vault, [payment(f"{used.vault.folder.name} {number}")])
        used.sync()
        used.snapshot()
    assert snapshots.compact(used.vault, used.folder, used.folder.scan(), now=LATER)


def test_a_lost_snapshot_of_own_is_written_again(pair: Pair) -> None:
    compacted(pair, pair.one)
    for path in pair.cloud.rglob("snap-*"):
        path.unlink()
    pair.one.sync()
    assert held(pair.second().vault) == held(pair.one.vault)


def test_keys_changed_before_the_first_whole_round_mean_a_snapshot(tmp_path: Path) -> None:
    vault, _ = Vault.create(tmp_path / "one", PASSPHRASE, cost=keys.LOWEST)
    cloud = tmp_path / "cloud"
    cloud.mkdir()
    put(vault, [payment("under the old keys")])
    copy.Copy(vault, cloud).publish()  # as after every change, in the background
    vault.change_keys(PASSPHRASE, cost=keys.LOWEST)
    copy.Copy(vault, cloud).sync()
    joined = join.join(cloud, tmp_path / "two", lambda _: vault.copy_keys().vault_key)
    assert held(joined) == held(vault)
    for each in (vault, joined):
        each.close()


def test_a_snapshot_that_is_torn_later_is_written_again(pair: Pair) -> None:
    compacted(pair, pair.one)
    pair.one.sync()
    for path in pair.cloud.rglob("snap-*"):
        path.write_bytes(path.read_bytes()[:100])
    pair.one.sync()
    assert held(pair.second().vault) == held(pair.one.vault)


def test_one_that_is_lost_at_once_is_written_again_an_hour_later(pair: Pair) -> None:
    put(pair.one.vault, [payment("under the old keys")])
    pair.one.sync()
    pair.one.vault.change_keys(PASSPHRASE, cost=keys.LOWEST)
    pair.one.sync()
    for path in pair.cloud.rglob("snap-*"):
        path.unlink()
    pair.one.sync()
    assert not [*pair.cloud.rglob("snap-*")]  # not each minute: it may be large
    pair.one.patience = 0.0
    pair.one.sync()
    key = pair.one.vault.copy_keys().vault_key
    joined = pair.add(join.join(pair.cloud, pair.place / "new", lambda _: key))
    assert held(joined.vault) == held(pair.one.vault)


def test_a_lost_snapshot_under_new_keys_is_written_again(pair: Pair) -> None:
    put(pair.one.vault, [payment("under the old keys")])
    pair.one.sync()
    pair.one.vault.change_keys(PASSPHRASE, cost=keys.LOWEST)
    for _ in range(2):
        pair.one.sync()
    for path in pair.cloud.rglob("snap-*"):
        path.unlink()
    pair.one.sync()
    key = pair.one.vault.copy_keys().vault_key
    joined = pair.add(join.join(pair.cloud, pair.place / "new", lambda _: key))
    assert held(joined.vault) == held(pair.one.vault)


def test_what_others_wrote_is_made_up_for_after_long(pair: Pair) -> None:
    two = pair.second()
    compacted(pair, pair.one)
    two.sync()
    for path in pair.cloud.rglob("snap-*"):
        path.unlink()
    two.sync()
    assert not list(pair.cloud.rglob("snap-*"))  # it may still come back
    two.patience = 0.0
    two.sync()
    assert len(list(pair.cloud.rglob("snap-*"))) == 1
    assert held(pair.second("three").vault) == held(two.vault)


def branches(pair: Pair) -> tuple[copy.Copy, copy.Copy, copy.Copy]:
    """Two copies of one computer and a third, each with a folder of its own that is not synced."""
    used = []
    put(pair.one.vault, [payment("before")])
    pair.second().vault.close()
    pair.vaults.pop()
    shutil.copytree(pair.place / "two", pair.place / "image")
    for name in ("two", "image", "three"):
        cloud = pair.place / f"cloud-{name}"
        shutil.copytree(pair.cloud, cloud)
        if name == "three":
            vault = join.join(cloud, pair.place / name, lambda _: pair.base.vault_key)
        else:
            vault = pair.base.opened(pair.place / name)
        pair.vaults.append(vault)
        used.append(copy.Copy(vault, cloud))
    return used[0], used[1], used[2]


def bring(giver: copy.Copy, taker: copy.Copy) -> None:
    """What the giver's folder has comes to the taker's."""
    shutil.copytree(giver.folder.chosen, taker.folder.chosen, dirs_exist_ok=True)


def test_a_snapshot_of_who_did_not_know_of_the_other_branch_is_taken_in(pair: Pair) -> None:
    """And its writer is gone, so nobody can write it again with better names."""
    for gone, left in ((0, 1), (1, 0)):  # one of the two keeps the id; which, is chance
        room = pair.place / str(gone)
        room.mkdir()
        mine = Pair(pair.base, room)
        two = branches(mine)
        three = two[2]
        compacted(mine, two[gone])
        put(two[left].vault, [payment("by the other")])
        two[left].sync()
        bring(two[left], three)
        three.sync()
        bring(two[gone], three)
        three.sync()
        assert held(three.vault).records == 4
        for number in range(2):
            bring(three, two[left])
            two[left].sync()
            put(two[left].vault, [payment(f"later {number}")])
            two[left].sync()
            bring(two[left], three)
            three.sync()
        assert held(two[left].vault) == held(three.vault)
        assert held(three.vault).records == 6
        for vault in mine.vaults:
            vault.close()


def own(used: copy.Copy) -> str:
    """The id a computer writes under."""
    return next(peer.uid for peer in copy.devices(used.vault) if peer.own)


def test_who_learns_of_a_double_from_a_snapshot_alone_takes_a_new_id(pair: Pair) -> None:
    two, image, _ = branches(pair)
    before = own(two)
    for used in (two, image):
        put(used.vault, [payment(used.vault.folder.name)])
        used.sync()
    image.snapshot()
    for path in image.folder.chosen.rglob("snap-*"):
        target = two.folder.chosen / path.relative_to(image.folder.chosen)
        shutil.copyfile(path, target)
    two.sync()
    assert held(two.vault).records == 3
    assert own(two) != before
    put(two.vault, [payment("later")])
    for giver, taker in ((two, image), (image, two)) * 2:
        giver.sync()
        bring(giver, taker)
        taker.sync()
    assert held(two.vault) == held(image.vault)
    assert held(image.vault).records == 4


def test_what_a_branch_changes_is_settled_again(pair: Pair) -> None:
    """A deletion on one branch was not seen by who had seen the other branch."""
    two, image, three = branches(pair)
    with two.vault.write() as transaction:
        claims.delete(transaction, [transaction.one("SELECT key FROM record")])
    two.sync()
    for number in range(3):  # later numbers, so that "seen up to here" would cover the deletion
        note(image.vault, f"{number}")
        image.sync()
    bring(image, three)
    three.sync()
    with three.vault.write() as transaction:
        key = transaction.one("SELECT key FROM record")
        claims.delete(transaction, [key])
        claims.undelete(transaction, [key])
    three.sync()
    used = two, image, three
    for _ in range(4):
        for giver in used:
            for taker in used:
                if giver is not taker:
                    bring(giver, taker)
        for each in used:
            each.sync()
    assert held(two.vault) == held(image.vault) == held(three.vault)


def test_a_snapshot_under_other_new_keys_is_read_once_they_are_taken(tmp_path: Path) -> None:
    """Both change the keys; what only a snapshot has is read after going over to those keys."""
    first, _ = Vault.create(tmp_path / "one", PASSPHRASE, cost=keys.LOWEST)
    cloud = tmp_path / "cloud"
    cloud.mkdir()
    one = copy.Copy(first, cloud)
    one.sync()
    second = join.join(cloud, tmp_path / "two", lambda _: first.copy_keys().vault_key)
    put(first, [payment("not seen by the second")])
    one.publish()
    first.change_keys(PASSPHRASE, cost=keys.LOWEST)
    one.sync()
    second.change_keys(PASSPHRASE, cost=keys.LOWEST)
    for _ in range(2):
        copy.Copy(second, cloud).sync()
    key = first.copy_keys().vault_key
    assert join.take_keys(second, cloud, lambda _: key)
    copy.Copy(second, cloud).sync()
    copy.Copy(first, cloud).sync()
    assert held(first) == held(second)
    assert held(second).records == 1
    for vault in (first, second):
        vault.close()


def test_a_snapshot_keeps_which_run_knows_which_copy_of_an_original(pair: Pair) -> None:
    """The one that is used now may go with its run; then everybody uses the other."""
    two = pair.second()
    text, named = b"the same file on both computers", dict[str, str]()
    for used in (pair.one, two):
        name = used.vault.folder.name
        named[keep(used.vault, text, [payment(name)], name)] = name
    for _ in range(2):
        for used in (pair.one, two):
            used.sync()
    pair.one.snapshot()
    three = pair.second("three")
    with two.vault.write() as transaction:
        first = next(run for run in runs.every(transaction) if run.name == named[min(named)])
        runs.undo(transaction, first.import_id)
    two.sync()
    for used in (pair.one, three):
        used.sync(confirmed=True)
    assert held(pair.one.vault) == held(two.vault) == held(three.vault)
    for used in (pair.one, two, three):
        assert b"".join(used.vault.original(max(named))) == text
