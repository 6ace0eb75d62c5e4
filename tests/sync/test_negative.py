"""What a folder that somebody else carries can be like, row by row of the negative cases (C)."""

from __future__ import annotations

import random
import shutil
from itertools import permutations
from pathlib import Path

import pytest

from app.errors import EnvironmentFailure
from app.services import cloud
from app.services.session import Session
from app.vault import documents, keys
from app.vault.sync import bodies, copy, join, names, sealed, snapshots, state
from app.vault.vault import Vault
from tests import disks
from tests.sync.pair import Pair, held, note, noted
from tests.sync.provider import CONFLICTED
from tests.sync.replay import Base, Clock, Crash, replayable
from tests.vaults import PASSPHRASE, payment, put


def newest(pair: Pair) -> Path:
    """The segment that was written last."""
    return max(pair.cloud.rglob("seg-*"), key=lambda path: path.stat().st_mtime_ns)


def new_segment(pair: Pair) -> Path:
    """A segment of the first computer's that the second has not met."""
    put(pair.one.vault, [payment("fresh")])
    pair.one.sync()
    return newest(pair)


def waits(used: copy.Copy) -> list[tuple[int, str]]:
    used.look_now()
    return [(one.files, one.reason) for one in used.sync().waiting]


@pytest.mark.parametrize("how", ["gone", "renamed", "a file"])
def test_c01_work_goes_on_while_the_folder_is_away(pair: Pair, how: str) -> None:
    opened = Session(pair.one.vault)
    cloud.set_folder(opened, pair.cloud)
    away = pair.cloud.with_name("away")
    pair.cloud.rename(away)
    if how == "gone":
        shutil.rmtree(away)
    elif how == "a file":
        pair.cloud.write_bytes(b"")
    put(opened.vault, [payment("meanwhile")])
    with pytest.raises(EnvironmentFailure):
        cloud.sync(opened)
    cloud.at_lock(opened)
    found = cloud.status(opened)
    assert (found.reachable, found.unpublished) == (False, True)
    assert pair.cloud.exists() == (how == "a file")
    pair.cloud.unlink(missing_ok=True)
    if away.exists():
        away.rename(pair.cloud)
    else:
        pair.cloud.mkdir()
    cloud.sync(opened)
    assert cloud.status(opened).unpublished is False
    assert held(pair.second().vault) == held(opened.vault)


@pytest.mark.parametrize("at", [0, 1, 74, 75, 90, -1])
def test_c02_a_torn_file_is_waited_for(pair: Pair, at: int) -> None:
    two = pair.second()
    path = new_segment(pair)
    whole = path.read_bytes()
    path.write_bytes(whole[:at])
    assert waits(two) == [(1, "late")]
    assert path.read_bytes() == whole[:at]
    path.write_bytes(whole)
    assert waits(two) == []
    assert held(two.vault) == held(pair.one.vault)


def test_c03_a_file_of_zeros_is_waited_for(pair: Pair) -> None:
    two = pair.second()
    path = new_segment(pair)
    whole = path.read_bytes()
    path.write_bytes(bytes(len(whole)))
    assert waits(two) == [(1, "late")]
    path.write_bytes(whole)
    assert waits(two) == []
    assert held(two.vault) == held(pair.one.vault)


def test_c04_a_placeholder_nobody_fills_stops_nothing(pair: Pair) -> None:
    """A link to nowhere is there and cannot be read, as when a provider does not run."""
    two = pair.second()
    path = new_segment(pair)
    whole = path.read_bytes()
    path.unlink()
    path.symlink_to("not downloaded")
    assert waits(two) == [(1, "late")]
    note(pair.one.vault, "after it")
    pair.one.sync()  # its own file cannot be read either: it writes the next one
    assert waits(two) == [(1, "late")]
    assert held(two.vault).counts["document"] == 0
    path.unlink()
    path.write_bytes(whole)
    assert waits(two) == []
    assert held(two.vault) == held(pair.one.vault)


@pytest.mark.parametrize("name", CONFLICTED)
def test_c05_a_renamed_file_is_the_same_file(pair: Pair, name: str) -> None:
    two = pair.second()
    path = new_segment(pair)
    path.rename(path.with_name(name.format(stem=path.stem, ending=path.suffix)))
    assert waits(two) == []
    assert held(two.vault) == held(pair.one.vault)


def test_c06_files_that_are_there_twice_count_once(pair: Pair) -> None:
    two = pair.second()
    new_segment(pair)
    pair.one.snapshot()
    for path in [*pair.cloud.rglob("*.md?")]:
        shutil.copyfile(path, path.with_name(f"{path.stem} (1){path.suffix}"))
        (pair.cloud / two.folder.root.name / "old").mkdir(exist_ok=True)
        shutil.copyfile(path, pair.cloud / two.folder.root.name / "old" / path.name)
    assert waits(two) == []
    assert held(two.vault) == held(pair.one.vault)
    assert held(pair.second("three").vault) == held(two.vault)


def test_c07_names_in_capitals_are_the_same_names(pair: Pair) -> None:
    two = pair.second()
    new_segment(pair)
    for path in [*pair.cloud.rglob("*.md?")]:
        path.rename(path.with_name(path.name.upper()))
    assert waits(two) == []
    assert held(two.vault) == held(pair.one.vault)


def test_c08_what_is_not_ours_is_left_alone(pair: Pair) -> None:
    two = pair.second()
    path = new_segment(pair)
    foreign = {
        "desktop.ini": b"[x]",
        ".DS_Store": b"\0",
        "~$notes.docx": b"lock",
        "a" * 40 + ".mds": b"not what its name says",
        f"seg-0000000009-{names.digest(b'rubbish').hex()}.mds": b"rubbish",
    }
    for name, data in foreign.items():
        (path.parent / name).write_bytes(data)
    (path.parent / "a folder.mds").mkdir()
    two.sync()
    assert held(two.vault) == held(pair.one.vault)
    for name, data in foreign.items():
        assert (path.parent / name).read_bytes() == data


def test_c09_what_somebody_deletes_is_put_there_again(pair: Pair) -> None:
    two = pair.second()
    put(two.vault, [payment("of two")])
    two.sync()
    pair.one.sync()
    shutil.rmtree(pair.one.folder.root)
    two.sync()
    pair.one.sync()
    shutil.rmtree(pair.place / "two")
    assert held(pair.second("three").vault) == held(pair.one.vault)


def test_c10_a_folder_of_last_month_loses_nothing(pair: Pair) -> None:
    two = pair.second()
    month_ago = pair.place / "month-ago"
    shutil.copytree(pair.cloud, month_ago)
    for used, name in ((pair.one, "by one"), (two, "by two")):
        put(used.vault, [payment(name)])
        used.sync()
    pair.one.sync()
    before = held(pair.one.vault)
    shutil.rmtree(pair.cloud)
    shutil.copytree(month_ago, pair.cloud)
    assert pair.one.sync().behind != []
    two.sync()
    assert pair.one.sync().behind == []
    assert held(pair.one.vault) == held(two.vault) == before
    assert held(pair.second("three").vault) == before


def test_c11_two_vaults_in_one_folder_keep_apart(pair: Pair) -> None:
    pair.one.sync()
    before = held(pair.one.vault)
    other, _ = Vault.create(pair.place / "other", PASSPHRASE, cost=keys.LOWEST)
    pair.vaults.append(other)
    put(other, [payment("of another vault")])
    used = copy.Copy(other, pair.cloud)
    used.sync()
    for path in used.folder.root.rglob("*.md?"):  # somebody mixes them up as well
        target = pair.one.folder.root / path.relative_to(used.folder.root)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
    assert pair.one.sync().waiting == []
    assert held(pair.one.vault) == before
    with pytest.raises(EnvironmentFailure) as several:
        join.join(pair.cloud, pair.place / "two", lambda _: pair.base.vault_key)
    assert several.value.code == "several-copies"


def test_c13_a_file_made_without_the_key_is_never_taken_in(pair: Pair) -> None:
    two = pair.second()
    with two.vault.read() as snapshot:
        end = state.vector(snapshot)
        own = state.own_uid(snapshot)
    operation = bodies.Operation("ef" * 16, 1, 5, "document", "note/n", b'"aGVsbG8="')
    body = bodies.Body(operations=[operation], last=1)
    before = held(two.vault)
    for device, number, previous in (
        ("ef" * 16, 1, sealed.START),
        (own, 99, sealed.START),
        *((uid, n + 1, bytes.fromhex(content)) for uid, (n, _, content) in end.items()),
    ):
        for what in (sealed.SEGMENT, sealed.SNAPSHOT, sealed.MORE):
            head = sealed.Head(what, two.vault.vault_id, device, 1, number, previous)
            data = sealed.seal(bytes(32), head, [body])
            two.folder.put(names.sealed_file(device, "seg", number, names.digest(data).hex()), data)
    assert waits(two) == waits(two) == []
    assert held(two.vault) == before
    with two.vault.read() as snapshot:
        assert state.own_uid(snapshot) == own
    assert held(pair.second("three").vault) == before


def test_c14_what_comes_before_its_predecessor_waits_for_it(pair: Pair) -> None:
    two = pair.second()
    paths = []
    for number in range(4):
        put(pair.one.vault, [payment(f"r{number}")])
        pair.one.sync()
        paths.append(newest(pair))
    contents = {path: path.read_bytes() for path in paths}
    for path in paths:
        path.unlink()
    for path in reversed(paths):
        assert held(two.vault).records == 0
        path.write_bytes(contents[path])
        two.sync()
    assert held(two.vault) == held(pair.one.vault)
    assert held(two.vault).records == 4


def test_c15_two_copies_of_one_computer_keep_what_both_wrote(pair: Pair) -> None:
    put(pair.one.vault, [payment("before")])
    two = pair.second()
    two.vault.close()
    pair.vaults.remove(two.vault)
    shutil.copytree(pair.place / "two", pair.place / "image")
    clouds = pair.place / "cloud-2", pair.place / "cloud-3"
    copies = []
    for folder, place in zip(("two", "image"), clouds, strict=True):
        shutil.copytree(pair.cloud, place)
        vault = pair.base.opened(pair.place / folder)
        pair.vaults.append(vault)
        put(vault, [payment(f"by {folder}")])
        copies.append(copy.Copy(vault, place))
        copies[-1].sync()  # both have published as the same computer before they meet
    for _ in range(3):
        for place, other in permutations((*clouds, pair.cloud), 2):
            shutil.copytree(place, other, dirs_exist_ok=True)
        for each in (*copies, pair.one):
            each.sync()
    assert held(pair.one.vault) == held(copies[0].vault) == held(copies[1].vault)
    assert held(pair.one.vault).records == 3
    uids = {peer.uid for each in copies for peer in copy.devices(each.vault) if peer.own}
    assert len(uids) == 2


def test_c16_a_computer_that_was_off_for_a_year_catches_up(pair: Pair) -> None:
    two = pair.second()
    put(two.vault, [payment("a year ago")])
    for number in range(8):
        put(pair.one.vault, [payment(f"r{number}")])
        note(pair.one.vault, f"{number}")
        pair.one.sync()
        if number % 2:
            pair.one.snapshot()
    folder = pair.one.folder
    year = 4_000_000_000.0
    assert snapshots.compact(pair.one.vault, folder, folder.scan(), now=year) > 4
    for _ in range(2):
        two.sync()
        pair.one.sync()
    assert held(two.vault) == held(pair.one.vault)
    assert held(two.vault).records == 9


def test_c19_clocks_ten_years_apart_come_to_the_same(pair: Pair) -> None:
    two = pair.second()
    with replayable(1) as clock:
        for skew, used in ((10, pair.one), (-10, two), (10, pair.one), (-10, two)):
            clock.skew = skew * 365 * 86_400_000
            used.sync()
            note(used.vault, f"{skew}")
            put(used.vault, [payment("r1", f"-{abs(skew + 20)}.00"), payment(f"r{skew}")])
            used.sync()
        last = noted(two.vault)
        for used in (pair.one, two):
            used.sync()
    assert last == noted(pair.one.vault) == b"-10"  # who had seen the other's comes last
    assert held(pair.one.vault) == held(two.vault)


def test_c20_a_full_folder_is_said_and_made_up_for(base: Base, tmp_path: Path) -> None:
    with disks.small(tmp_path / "disk", "1m") as disk:
        pair = Pair(base, tmp_path, disk)
        two = pair.second()
        chance = random.Random(20)
        with pair.one.vault.write() as transaction:
            for number in range(30):
                body = chance.randbytes(20_000)
                documents.put(transaction, "note", str(number), body)
        ballast = disks.fill(disk)
        with pytest.raises(EnvironmentFailure) as full:
            pair.one.sync()
        assert full.value.code == "disk-full"
        put(pair.one.vault, [payment("meanwhile")])
        ballast.unlink()
        pair.one.sync()
        two.sync()
        assert held(two.vault) == held(pair.one.vault)
        for vault in pair.vaults:
            vault.close()


def test_c24_killed_at_any_step_nothing_is_missing(base: Base, tmp_path: Path) -> None:
    for step in range(40):
        with replayable(step) as clock:
            place = tmp_path / str(step)
            place.mkdir()
            if not killed_at(step, Pair(base, place), clock):
                return
    pytest.fail("a round has more steps than were tried")


def killed_at(step: int, pair: Pair, clock: Clock) -> bool:
    """Lose power at a step of a round that publishes and takes in; whether it had that many."""
    two, was_killed = pair.second(), False
    for used, name in ((two, "by two"), (pair.one, "by one")):
        put(used.vault, [payment(name)])
    two.sync()
    clock.power.last(step)
    try:
        pair.one.sync(look=clock.power.step)
    except Crash:
        was_killed = True
    clock.power.last(-1)
    pair.one.vault.close()
    pair.vaults.remove(pair.one.vault)
    pair.one = pair.add(pair.base.opened(pair.place / "one"))
    for used in (pair.one, two):
        used.sync()
    assert held(two.vault) == held(pair.one.vault)
    assert held(two.vault).records == 2
    for vault in pair.vaults:
        with vault.read() as snapshot:
            found = [(one.device, one.number) for one in state.segments(snapshot)]
        for device in {uid for uid, _ in found}:
            numbers = [number for uid, number in found if uid == device]
            assert numbers == [*range(1, len(numbers) + 1)]
        vault.close()
    return was_killed
