"""When a backup is due, which are let go, what a rehearsal proves, and what its owner is told."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import CannotUnlock, EnvironmentFailure, InputRefused, UsageError
from app.events import NOTICE
from app.services import asking, exporting, keeping
from app.services import checkup as checkup_lines
from app.services import session as sessions
from app.services.keeping import Kept, Plan
from app.services.session import Session
from app.vault import backup, documents, keys
from app.vault.backup import Backup
from app.vault.digest import Digest
from app.vault.vault import Vault
from tests import disks
from tests.places import ROOT
from tests.vault.holding import flip, furnish, held, page_count, spoil_page
from tests.vaults import PASSPHRASE, payment, put


class Person:
    """Somebody's open vault, recovery key and place for backups."""

    def __init__(self, session: Session, recovery_key: str, target: Path) -> None:
        self.session = session
        self.recovery_key = recovery_key
        self.target = target


@pytest.fixture
def person(tmp_path: Path) -> Iterator[Person]:
    opened, key = sessions.create(tmp_path / "vault", PASSPHRASE, cost=keys.LOWEST)
    furnish(opened.vault, 30)
    target = tmp_path / "backups"
    target.mkdir()
    yield Person(opened, key, target)
    opened.close()


def remember(session: Session, **changes: object) -> None:
    """Change what the vault remembers of its last backup."""
    with session.vault.write() as transaction:
        body = documents.get(transaction, "backup", "last")
        assert body
        last = msgspec.structs.replace(msgspec.json.decode(body, type=Kept), **changes)
        documents.put(transaction, "backup", "last", msgspec.json.encode(last))


def ago(**given: float) -> str:
    return (datetime.now(UTC) - timedelta(**given)).strftime("%Y-%m-%dT%H:%M:%SZ")


# -- making them


def test_the_first_place_is_remembered(person: Person) -> None:
    with pytest.raises(UsageError) as caught:
        keeping.back_up(person.session)
    assert caught.value.code == "no-backup-folder"
    assert keeping.health(person.session).state == "never"
    made = keeping.back_up(person.session, person.target)
    found = keeping.health(person.session)
    assert (found.state, found.plan) == ("good", Plan(str(person.target)))
    assert (found.last.path, found.last.records) == (made.path, made.records)
    assert sessions.status(person.session).backup == found.last.made
    again = keeping.back_up(person.session)
    assert Path(again.path).parent == person.target
    elsewhere = person.target.parent / "elsewhere"
    keeping.back_up(person.session, elsewhere)
    assert keeping.plan(person.session).folder == str(person.target)


def test_making_one_changes_nothing_it_is_compared_with(person: Person) -> None:
    before = keeping.check(person.session).digest
    made = keeping.back_up(person.session, person.target)
    assert made.digest == before == keeping.check(person.session, deep=True).digest


@pytest.mark.parametrize("folder", [None, "the same"])
def test_a_place_that_is_gone_is_not_made_anew(person: Person, folder: str | None) -> None:
    """A memory stick that is not there must not become a folder of this disk."""
    keeping.back_up(person.session, person.target)
    shutil.rmtree(person.target)
    with pytest.raises(EnvironmentFailure) as caught:
        keeping.back_up(person.session, person.target if folder else None)
    assert caught.value.code == "backup-folder-gone"
    assert not person.target.exists()


def test_a_plan_is_at_least_a_day(person: Person) -> None:
    with pytest.raises(UsageError):
        keeping.set_plan(person.session, Plan(str(person.target), 0))


# -- due


def test_one_is_made_when_it_is_due(person: Person) -> None:
    assert keeping.back_up_if_due(person.session) is None
    keeping.set_plan(person.session, Plan(str(person.target), 3))
    assert keeping.back_up_if_due(person.session)
    assert keeping.back_up_if_due(person.session) is None
    remember(person.session, made=ago(days=2.9))
    assert not keeping.is_due(person.session)
    remember(person.session, made=ago(days=3.1))
    assert keeping.back_up_if_due(person.session)
    assert len(backup.every(person.target)) == 2


def test_one_is_due_at_once_when_the_keys_were_changed(person: Person) -> None:
    """The old one opens with the passphrase of then, which a person may know no more."""
    keeping.back_up(person.session, person.target)
    assert not keeping.is_due(person.session)
    person.session.vault.change_keys("another good passphrase", cost=keys.LOWEST)
    assert keeping.is_due(person.session)
    keeping.back_up(person.session)
    assert not keeping.is_due(person.session)


@pytest.mark.parametrize(
    ("days", "state"), [(0, "good"), (6.9, "good"), (7.1, "due"), (30.1, "overdue")]
)
def test_how_old_the_last_one_is(person: Person, days: float, state: str) -> None:
    keeping.back_up(person.session, person.target)
    remember(person.session, made=ago(days=days))
    assert keeping.health(person.session).state == state


def test_v26_a_clock_that_went_back_does_not_make_an_old_one_new(person: Person) -> None:
    keeping.back_up(person.session, person.target)
    remember(person.session, made=ago(days=-365))
    assert keeping.health(person.session).state == "due"
    assert keeping.is_due(person.session)


def test_a_change_of_keys_makes_one_due(person: Person) -> None:
    keeping.back_up(person.session, person.target)
    key = sessions.change_keys(person.session, "another long passphrase", cost=keys.LOWEST)
    assert keeping.health(person.session).state == "due"
    with pytest.raises(CannotUnlock):
        keeping.rehearse(person.session, key)
    keeping.back_up(person.session)
    assert keeping.health(person.session).state == "good"
    keeping.rehearse(person.session, key)


# -- letting go


def made_at(moment: datetime, vault_id: str = "a", reason: str = "") -> Backup:
    text = moment.strftime("%Y-%m-%dT%H:%M:%SZ")
    return Backup(f"/b/{text}", vault_id, text, 1, Digest({}, ""), reason=reason)


NOW = datetime.now(UTC)


def left(found: list[Backup], newest: str = "") -> list[Backup]:
    gone = {made.path for made in keeping.outlived(found, "a", newest)}
    return [made for made in found if made.path not in gone]


def test_seven_days_four_weeks_six_months() -> None:
    found = [made_at(NOW - timedelta(days=day)) for day in range(400)]
    kept = left(found)
    assert found[:7] == kept[:7]
    assert 12 <= len(kept) <= 17
    assert datetime.fromisoformat(kept[-1].made) < NOW - timedelta(days=130)
    assert left(kept) == kept


def test_a_week_across_the_new_year_is_one() -> None:
    week = [datetime(2025, 2, day, tzinfo=UTC) for day in range(9, 2, -1)]
    turn = [datetime(2025, 1, 1, tzinfo=UTC), datetime(2024, 12, 31, tzinfo=UTC)]
    before = [datetime(2024, 12, day, tzinfo=UTC) for day in (29, 22, 15)]
    found = [made_at(moment) for moment in (*week, *turn, *before)]
    assert left(found) == found[:-1]


def test_what_was_just_made_stays_whatever_the_clock_says() -> None:
    found = [made_at(NOW - timedelta(days=30 * month)) for month in range(9)]
    stray = made_at(NOW - timedelta(days=4000))
    assert stray not in left([*found, stray])
    assert stray in left([*found, stray], stray.path)


def test_all_of_the_last_days_stay() -> None:
    found = [made_at(NOW - timedelta(minutes=minute)) for minute in range(50)]
    assert left(found) == found


def test_what_was_made_with_a_reason_stays_for_a_month() -> None:
    young = made_at(NOW - timedelta(days=20, hours=1), reason="migration")
    old = made_at(NOW - timedelta(days=31, hours=1), reason="migration")
    days = [made_at(NOW - timedelta(days=day)) for day in range(40)]
    kept = left([*days, young, old])
    assert young in kept
    assert old not in kept


@given(st.lists(st.tuples(st.integers(-800, 3000), st.sampled_from("ab")), max_size=60))
def test_letting_go_never_takes_too_much(days: list[tuple[int, str]]) -> None:
    found = [made_at(NOW - timedelta(days=day), vault) for day, vault in days]
    gone = keeping.outlived(found, "a")
    assert all(made.vault_id == "a" for made in gone)
    own = sorted({made.made for made in found if made.vault_id == "a"}, reverse=True)
    kept = {made.made for made in left(found) if made.vault_id == "a"}
    assert set(own[:1]) <= kept
    assert len(kept) >= min(len({made[:10] for made in own}), 7)


def test_those_of_another_vault_are_left_alone(person: Person, tmp_path: Path) -> None:
    other, _ = Vault.create(tmp_path / "other", PASSPHRASE, cost=keys.LOWEST)
    foreign = backup.make(other, person.target)
    other.close()
    for days in range(3, 40):
        keeping.back_up(person.session, person.target)
        newest = backup.every(person.target)[0]
        if newest.vault_id == person.session.vault.vault_id:
            aged = msgspec.structs.replace(newest, made=ago(days=days))
            (Path(newest.path) / backup.MANIFEST).write_bytes(msgspec.json.encode(aged))
        if days > 12:
            break
    found = {made.path for made in backup.every(person.target)}
    assert foreign.path in found
    assert len(found) <= 13


# -- the way back


def test_a_rehearsal_proves_the_recovery_key(person: Person) -> None:
    with pytest.raises(UsageError) as caught:
        keeping.rehearse(person.session, person.recovery_key)
    assert caught.value.code == "no-backup"
    made = keeping.back_up(person.session, person.target)
    beside = set(person.session.folder.parent.iterdir())
    assert keeping.rehearse(person.session, person.recovery_key).digest == made.digest
    assert set(person.session.folder.parent.iterdir()) == beside
    assert keeping.health(person.session).last.rehearsed
    with pytest.raises(CannotUnlock):
        keeping.rehearse(person.session, person.recovery_key[:-4] + "0000")
    spoil_page(Path(made.path) / "vault.db", 5)
    with pytest.raises(InputRefused) as refused:
        keeping.rehearse(person.session, person.recovery_key)
    assert refused.value.code == "backup-damaged"
    assert set(person.session.folder.parent.iterdir()) == beside


def test_salvage_finds_the_newest_backup_by_itself(person: Person, tmp_path: Path) -> None:
    keeping.back_up(person.session, person.target)
    records = held(person.session.vault).records
    person.session.close()
    data = person.session.folder / "vault.db"
    for page in range(page_count(data) // 2, page_count(data)):
        spoil_page(data, page)
    for passphrase, key in ((PASSPHRASE, ""), ("", person.recovery_key)):
        to = tmp_path / f"new {len(key)}"
        told = keeping.salvage(
            person.session.folder,
            to,
            passphrase=passphrase,
            recovery_key=key,
            backups=person.target,
        )
        assert told.records == records
        vault = Vault.open(to, PASSPHRASE)
        assert held(vault).records == records
        vault.close()


# -- what its owner is told


def kill_while_open(folder: Path) -> None:
    script = (
        "import os, sys; from pathlib import Path; from app.services import session;"
        "session.unlock(Path(sys.argv[1]), sys.argv[2]); os._exit(9)"
    )
    subprocess.run([sys.executable, "-c", script, str(folder), PASSPHRASE], check=False, cwd=ROOT)


def test_nothing_is_told_of_a_vault_that_was_locked(person: Person) -> None:
    folder = person.session.folder
    person.session.close()
    opened = sessions.unlock(folder, PASSPHRASE)
    opened.close()
    assert opened.notice is None


def test_after_an_unclean_end_the_vault_is_looked_over(person: Person) -> None:
    folder = person.session.folder
    person.session.close()
    kill_while_open(folder)
    heard: list[frozenset[str]] = []
    opened = sessions.unlock(folder, PASSPHRASE)
    opened.events.subscribe(heard.append)
    opened.close()
    assert opened.notice
    assert opened.notice.code == "ended-uncleanly"
    assert heard in ([frozenset({NOTICE})], [])
    again = sessions.unlock(folder, PASSPHRASE)
    again.close()
    assert again.notice is None


def test_damage_found_then_is_told_each_time(person: Person) -> None:
    put(person.session.vault, [payment(str(number), title="y" * 300) for number in range(2000)])
    folder = person.session.folder
    person.session.close()
    data = folder / "vault.db"
    for page in range(page_count(data) // 2, page_count(data)):
        flip(data, page * 16384 + 900)
    kill_while_open(folder)
    for _ in range(2):
        opened = sessions.unlock(folder, PASSPHRASE)
        opened.close()
        assert opened.notice
        assert (opened.notice.code, opened.notice.exit_code) == ("vault-has-damage", 6)


def test_v21_where_nothing_can_be_written_all_reading_works(person: Person, tmp_path: Path) -> None:
    person.session.close()
    with disks.small(tmp_path / "disk") as disk:
        folder = shutil.copytree(person.session.folder, disk / "vault")
        disks.make_read_only(disk)
        opened = sessions.unlock(folder, PASSPHRASE)
        assert opened.notice
        assert opened.notice.code == "vault-read-only"
        assert sessions.status(opened).records
        assert asking.catalogue(opened).sources
        assert exporting.export(opened, tmp_path / "out")
        assert keeping.check(opened, deep=True).ok
        made = keeping.back_up(opened, person.target)
        assert made.digest == keeping.check(opened).digest
        with pytest.raises(EnvironmentFailure) as caught:
            keeping.set_plan(opened, Plan(str(tmp_path)))
        assert caught.value.code == "vault-read-only"
        assert not keeping.is_due(opened)
        opened.close()


def test_a_check_says_what_it_is_compared_by(person: Person) -> None:
    quick, deep = keeping.check(person.session), keeping.check(person.session, deep=True)
    assert quick.ok
    assert deep.ok
    assert quick.digest == deep.digest == held(person.session.vault)
    os.truncate(next(person.session.folder.rglob("*.mdb")), 10)
    assert keeping.check(person.session).ok
    assert not keeping.check(person.session, deep=True).ok


def test_a_check_made_by_a_clock_that_was_ahead_counts_as_old(person: Person) -> None:
    at = ago(days=-400)
    person.session.looked = checkup_lines.Looked(at, deep=True, whole=at)
    assert "check-old" in {line.code for line in checkup_lines.lines(person.session)}
