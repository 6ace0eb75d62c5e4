"""The copy as a person meets it: total loss, many deletions, two versions, a folder put back."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from app.errors import EnvironmentFailure, InputRefused
from app.vault import claims, documents, keys, ledger, originals, runs
from app.vault import header as headers
from app.vault.sync import copy, join, merge, names, resolve, snapshots
from app.vault.transaction import COUNTER_BITS
from app.vault.vault import Vault
from tests.sync.pair import Pair, held, note, noted
from tests.vault.holding import keep
from tests.vaults import PASSPHRASE, payment, put

ORIGINAL = "Purple giraffe 보라색기린, 2024-03-05, -1.00".encode()
MARKERS = ("giraffe", "보라색", "marker-one", "uk.midata", "giraffe.csv", "2024-03-05")


def test_c25_folder_and_recovery_key_bring_everything_back(tmp_path: Path) -> None:
    vault, recovery_key = Vault.create(tmp_path / "vault", PASSPHRASE, cost=keys.LOWEST)
    put(vault, [payment(f"r{n}") for n in range(50)])
    keep(vault, ORIGINAL, [payment("r1", "-5.00")])
    note(vault, "첫 메모")
    with vault.write() as transaction:
        ledger.append(transaction, "share", {"n": 1})
        claims.delete(transaction, [transaction.one("SELECT key FROM record")])
    cloud = tmp_path / "cloud"
    cloud.mkdir()
    copy.Copy(vault, cloud).sync()
    before = held(vault)
    vault.close()
    shutil.rmtree(tmp_path / "vault")

    def unlock(header: headers.Header) -> bytes:
        return headers.open_with_recovery(header, recovery_key)

    again = join.join(cloud, tmp_path / "new", unlock)
    assert held(again) == before
    assert before.counts["original"] == 1
    again.close()
    reopened = Vault.open(tmp_path / "new", PASSPHRASE)
    assert held(reopened) == before
    with reopened.read() as snapshot:
        ((_, kept),) = originals.every(snapshot)
        assert ledger.entries(snapshot)
    assert b"".join(reopened.original(kept.blob)) == ORIGINAL
    reopened.close()


def test_nothing_readable_is_in_the_folder(pair: Pair) -> None:
    records = [payment("marker-one", title="Purple giraffe 보라색기린")]
    keep(pair.one.vault, ORIGINAL, records, "giraffe.csv")
    note(pair.one.vault, "Purple giraffe 보라색기린")
    pair.one.sync()
    pair.one.snapshot()
    found = [path for path in pair.cloud.rglob("*") if path.is_file()]
    assert {path.suffix for path in found} == {".mds", ".mdh", ".mdb", ".txt"}
    for path in found:
        data = path.read_bytes() + path.name.encode()
        for marker in MARKERS:
            for encoding in ("utf-8", "utf-16-le", "utf-16-be", "cp949"):
                assert marker.encode(encoding) not in data, (path, marker)


def test_a_mass_deletion_asks_first(pair: Pair) -> None:
    put(pair.one.vault, [payment(f"r{n}") for n in range(40)])
    two = pair.second()
    with two.vault.write() as transaction:
        found = [key for (key,) in transaction.execute("SELECT key FROM record LIMIT 20")]
        claims.delete(transaction, found)
    two.sync()
    before = held(pair.one.vault)
    with pytest.raises(merge.MassChange) as asked:
        pair.one.sync()
    assert asked.value.count == 20
    assert held(pair.one.vault) == before
    pair.one.sync(confirmed=True)
    assert held(pair.one.vault) == held(two.vault)


def test_a_document_changed_on_both_keeps_both(pair: Pair) -> None:
    note(pair.one.vault, "start")
    two = pair.second()
    note(pair.one.vault, "from one")
    note(two.vault, "from two")
    for _ in range(2):
        pair.one.sync()
        two.sync()
    assert noted(pair.one.vault) == noted(two.vault)
    for vault in (pair.one.vault, two.vault):
        with vault.read() as snapshot:
            found = {content for _, content in resolve.versions(snapshot, "note/n")}
        assert found == {b"from one", b"from two"}
        assert ("versions", "note/n") in [flag[:2] for flag in copy.flags(vault)]
    note(two.vault, "settled")
    two.sync()
    pair.one.sync()
    assert noted(pair.one.vault) == b"settled"
    assert copy.flags(pair.one.vault) == []


def test_a_document_removed_on_one_and_changed_on_the_other_stays(pair: Pair) -> None:
    """Whichever came later: what stays can be removed again, what is gone is gone."""
    note(pair.one.vault, "start")
    two = pair.second()
    note(pair.one.vault, "from one")
    for text in ("later", "and later", "than that"):
        note(two.vault, text)
    with two.vault.write() as transaction:
        documents.delete(transaction, "note", "n")
    for _ in range(2):
        pair.one.sync()
        two.sync()
    assert noted(pair.one.vault) == noted(two.vault) == b"from one"


def test_an_original_is_used_as_it_is_until_the_other_copy_of_it_is_here(pair: Pair) -> None:
    two = pair.second()
    blobs = {keep(used.vault, ORIGINAL, [payment("r1")]): used for used in (pair.one, two)}
    lower, upper = blobs[min(blobs)], blobs[max(blobs)]
    lower.sync()
    for path in pair.cloud.rglob(f"*{min(blobs)}*"):
        path.rename(pair.place / path.name)  # still on its way
        missing, place = pair.place / path.name, path
    upper.sync()
    for expected in (max(blobs), min(blobs)):
        with upper.vault.read() as snapshot:
            ((_, kept),) = set(originals.every(snapshot))
        assert kept.blob == expected
        assert b"".join(upper.vault.original(kept.blob)) == ORIGINAL
        if missing.exists():
            missing.rename(place)
        upper.sync()


def test_a_damaged_original_is_not_spread(pair: Pair) -> None:
    blob = keep(pair.one.vault, ORIGINAL, [payment("r1")])
    path = originals.path_of(pair.one.vault.folder, blob)
    whole = path.read_bytes()
    path.write_bytes(whole[:-1])
    pair.one.sync()
    assert list(pair.cloud.rglob(f"*{blob}*")) == []
    path.write_bytes(whole)
    pair.one.sync()
    (carried,) = pair.cloud.rglob(f"*{blob}*")
    assert carried.read_bytes() == whole


def test_an_edit_no_deletion_had_seen_brings_the_record_back(pair: Pair) -> None:
    put(pair.one.vault, [payment("r1"), payment("r2")])
    two = pair.second()
    with pair.one.vault.write() as transaction:
        claims.delete(transaction, [transaction.one("SELECT key FROM record")])
    with two.vault.write() as transaction:
        run = runs.begin(transaction, connector="uk.midata", version=1, type="edit")
        run.add([payment("r1", "-9.00"), payment("r2", "-9.00")])
        run.finish()
    for _ in range(2):
        pair.one.sync()
        two.sync()
    assert held(pair.one.vault) == held(two.vault)
    assert held(two.vault).records == 2
    assert [flag[0] for flag in copy.flags(pair.one.vault)] == ["back"]


def test_an_undo_may_come_before_what_it_undoes(pair: Pair) -> None:
    two, three = pair.second(), pair.second("three")
    three.sync()
    undone, _ = put(pair.one.vault, [payment("r1")])
    pair.one.sync()
    two.sync()
    with two.vault.write() as transaction:
        runs.undo(transaction, undone)
    two.sync()
    late = next(
        path
        for path in (pair.one.folder.root / "dev").rglob("seg-0000000002-*")
        if path.parent.name == next(one.uid for one in copy.devices(pair.one.vault) if one.own)
    )
    data = late.read_bytes()
    late.unlink()
    assert three.sync().merged == 1  # the undo
    late.write_bytes(data)
    three.sync()
    assert held(three.vault).records == 0
    assert held(three.vault) == held(two.vault)


def test_a_clock_far_ahead_is_taken_in_and_flagged(pair: Pair) -> None:
    two = pair.second()
    with two.vault.write() as transaction:
        ahead = (4_000_000_000_000) << COUNTER_BITS
        transaction.set_meta("clock", str(ahead).encode())
    put(two.vault, [payment("r1")])
    two.sync()
    pair.one.sync()
    assert held(pair.one.vault).records == 1
    assert [flag[0] for flag in copy.flags(pair.one.vault)] == ["clock"]
    with pair.one.vault.write() as transaction:
        assert transaction.tick() < ahead


def test_a_folder_put_back_is_noticed_and_filled_again(pair: Pair) -> None:
    two = pair.second()
    put(pair.one.vault, [payment("r1")])
    pair.one.sync()
    two.sync()
    before = held(two.vault)
    for path in pair.cloud.rglob("seg-*"):
        path.unlink()
    assert two.sync().behind
    assert held(two.vault) == before
    pair.one.sync()
    assert two.sync().behind == []


def test_a_moved_copy_is_whole_without_the_old_folder(pair: Pair) -> None:
    put(pair.one.vault, [payment("r1")])
    two = pair.second()
    put(two.vault, [payment("r2")])
    two.sync()
    pair.one.sync()
    moved = pair.place / "moved"
    moved.mkdir()
    new = copy.Copy(pair.one.vault, moved)
    new.sync()
    new.snapshot()
    shutil.rmtree(pair.cloud)
    joined = join.join(moved, pair.place / "three", lambda _: pair.base.vault_key)
    pair.vaults.append(joined)
    assert held(joined) == held(pair.one.vault)


def test_a_backup_put_back_takes_a_new_device_id_and_loses_nothing(pair: Pair) -> None:
    put(pair.one.vault, [payment("r1")])
    two = pair.second()
    two.vault.close()
    shutil.copytree(pair.place / "two", pair.place / "older")
    pair.vaults.remove(two.vault)
    two = pair.add(pair.base.opened(pair.place / "two"))
    put(two.vault, [payment("r2")])
    two.sync()
    older = pair.add(pair.base.opened(pair.place / "older"))
    put(older.vault, [payment("r3")])
    for _ in range(2):
        for each in (older, two, pair.one):
            each.sync()
    assert held(older.vault) == held(two.vault) == held(pair.one.vault)
    assert held(pair.one.vault).records == 3
    assert len(copy.devices(pair.one.vault)) == 3


def test_segments_go_only_when_old_and_covered_twice(pair: Pair) -> None:
    for number in range(4):
        put(pair.one.vault, [payment(f"r{number}")])
        pair.one.sync()
    folder, later = pair.one.folder, 4_000_000_000.0
    assert snapshots.compact(pair.one.vault, folder, folder.scan(), now=later) == 0
    pair.one.snapshot()
    put(pair.one.vault, [payment("last")])
    pair.one.sync()
    pair.one.snapshot()
    assert snapshots.compact(pair.one.vault, folder, folder.scan()) == 0
    assert snapshots.compact(pair.one.vault, folder, folder.scan(), now=later) > 0
    left, (first, _) = (
        sorted(names.number(path.name) for path in pair.cloud.rglob(f"{what}-*"))
        for what in ("seg", "snap")
    )
    assert left == [first + 1]  # should the newest snapshot be torn, nothing is lost
    two = pair.second()
    assert held(two.vault) == held(pair.one.vault)
    assert pair.one.sync().published == 0


def test_a_snapshot_is_due_after_many_segments_and_more_after_a_large_one(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshots, "SEGMENTS", 3)

    def written() -> int:
        note(pair.one.vault, "again")
        pair.one.sync()
        return len(list(pair.cloud.rglob("snap-*")))

    assert [written() for _ in range(8)] == [0, 0, 0, 1, 1, 1, 1, 2]
    monkeypatch.setattr(snapshots, "SHARE", 100)  # the last one has some hundred bytes
    assert [written() for _ in range(5)] == [2] * 5


def test_the_newest_snapshot_that_is_whole_is_taken(pair: Pair) -> None:
    put(pair.one.vault, [payment("r1")])
    pair.one.snapshot()
    put(pair.one.vault, [payment("r2")])
    pair.one.snapshot()
    newest = max(pair.cloud.rglob("snap-*"), key=lambda path: path.name)
    newest.write_bytes(newest.read_bytes()[:-1])
    assert held(pair.second().vault) == held(pair.one.vault)


def test_joining_an_unfinished_or_empty_folder_says_so(pair: Pair) -> None:
    with pytest.raises(EnvironmentFailure) as empty:
        join.join(pair.cloud, pair.place / "two", lambda _: pair.base.vault_key)
    assert empty.value.code == "no-copy"
    pair.one.sync()
    for path in pair.cloud.rglob("seg-*"):
        path.write_bytes(bytes(len(path.read_bytes())))
    with pytest.raises(InputRefused) as unfinished:
        join.join(pair.cloud, pair.place / "two", lambda _: pair.base.vault_key)
    assert unfinished.value.code == "copy-not-here"
    assert not (pair.place / "two").exists()


def test_after_a_change_of_keys_only_the_new_ones_join(tmp_path: Path) -> None:
    vault, _ = Vault.create(tmp_path / "vault", PASSPHRASE, cost=keys.LOWEST)
    put(vault, [payment("r1")])
    cloud = tmp_path / "cloud"
    cloud.mkdir()
    used = copy.Copy(vault, cloud)
    used.sync()
    old = join.join(cloud, tmp_path / "old", lambda _: vault.copy_keys().vault_key)
    vault.change_keys("quite another passphrase", cost=keys.LOWEST)
    put(vault, [payment("r2")])
    used.sync()
    waiting = copy.Copy(old, cloud).sync().waiting
    assert [one.reason for one in waiting] == ["keys"]
    new = join.join(cloud, tmp_path / "new", lambda _: vault.copy_keys().vault_key)
    assert held(new) == held(vault)
    for each in (vault, old, new):
        each.close()
