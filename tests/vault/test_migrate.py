"""Old vaults come up to date whole or stay what they were; newer ones are read and not written."""

from __future__ import annotations

import hashlib
import random
import shutil
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest

from app.errors import EnvironmentFailure, UserError, VaultDamaged
from app.vault import backup, checkup, copying, header, keys, migrate, reading
from app.vault import connection as opening
from app.vault.vault import Vault
from tests import disks
from tests.places import ROOT
from tests.vault.conftest import Made
from tests.vault.fixtures.make import HERE, Expected
from tests.vault.holding import copied, furnish, held, keep
from tests.vaults import PASSPHRASE, payment, put

FIXTURES: Final = sorted(HERE.glob("schema-*"))
RELEASED: Final = [1]
STEP: Final = """
-- changes: flag
CREATE TABLE note (rid INTEGER PRIMARY KEY, said BLOB NOT NULL) STRICT;
INSERT INTO note (rid, said) SELECT rid, payload FROM record;
ALTER TABLE source ADD COLUMN title TEXT NOT NULL DEFAULT '';
UPDATE source SET title = connector;
INSERT INTO flag (type, subject, body) VALUES ('new', 'x', x'7b7d');
CREATE INDEX note_said ON note (said);
"""


@pytest.fixture
def steps(tmp_path: Path) -> Path:
    """The steps of a program that is one schema ahead."""
    folder = tmp_path / "steps"
    folder.mkdir()
    (folder / "0001_start.sql").write_text(migrate.script(1), encoding="utf-8")
    (folder / "0002_next.sql").write_text(STEP, encoding="utf-8")
    return folder


def ahead(patch: pytest.MonkeyPatch, steps: Path) -> None:
    """Be that program from now on."""
    patch.setattr(migrate, "SCHEMA", 2)
    patch.setattr(migrate, "STEPS", steps)


@pytest.fixture
def old(folder: Path) -> Path:
    """A closed vault of today's schema with something in it."""
    vault = Vault.open(folder, PASSPHRASE)
    furnish(vault)
    vault.close()
    return folder


def opened(folder: Path) -> Vault:
    return Vault.open(folder, PASSPHRASE)


def schema(vault: Vault) -> int:
    return migrate.version(vault._writer)


# -- every schema ever released


def test_there_is_a_fixture_of_every_schema() -> None:
    assert [path.name for path in FIXTURES] == [f"schema-{number}" for number in RELEASED]
    assert max(RELEASED) == migrate.SCHEMA


@pytest.mark.parametrize("fixture", FIXTURES, ids=lambda path: path.name)
def test_a_released_vault_opens_and_holds_what_it_held(fixture: Path, tmp_path: Path) -> None:
    expected = msgspec.json.decode((fixture / "expected.json").read_bytes(), type=Expected)
    folder = copied(fixture, tmp_path / "vault")
    assert header.read(folder).version == expected.header_version
    Vault.open_with_recovery(folder, expected.recovery_key).close()
    vault = Vault.open(folder, expected.passphrase)
    assert schema(vault) == migrate.SCHEMA
    with vault.read() as snapshot:
        assert checkup.deep(snapshot, folder, copying.no_step).ok
        if expected.schema == migrate.SCHEMA:
            assert held(vault) == expected.digest
        for raw in reading.scan(snapshot, reading.Where()):
            assert raw.said.title
    for blob in folder.rglob("*.mdb"):
        assert b"".join(vault.original(blob.stem)).startswith(b"date,amount")
    put(vault, [payment("today")])
    assert held(vault).records == expected.digest.records + 1
    vault.close()


def declared(vault: Vault) -> list[tuple[Any, ...]]:
    statement = "SELECT type, name, sql FROM sqlite_schema ORDER BY type, name"
    return list(vault._writer.execute(statement).fetchall())


def test_a_schema_that_was_released_is_not_changed(folder: Path, tmp_path: Path) -> None:
    """Whoever wants another table or column writes the next step, with a fixture of its own."""
    latest = msgspec.json.decode((FIXTURES[-1] / "expected.json").read_bytes(), type=Expected)
    released = Vault.open(copied(FIXTURES[-1], tmp_path / "released"), latest.passphrase)
    fresh = opened(folder)
    assert declared(released) == declared(fresh)
    released.close()
    fresh.close()


# -- coming up to date


def test_an_old_vault_comes_up_to_date(
    old: Path, steps: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    vault = opened(old)
    before = held(vault)
    vault.close()
    ahead(monkeypatch, steps)
    vault = opened(old)
    assert schema(vault) == 2
    assert vault._writer.execute("SELECT count(*) FROM note").fetchone()[0] == before.records
    assert held(vault).counts["record"] == before.records
    put(vault, [payment("after")])
    vault.close()
    (copy,) = backup.every(old / backup.EARLIER)
    assert Path(copy.path).name.endswith("-schema1to2")
    assert (copy.schema, copy.reason, copy.digest) == (1, "migration", before)
    monkeypatch.undo()
    backup.restore(Path(copy.path), tmp_path / "before", passphrase=PASSPHRASE)
    vault = opened(tmp_path / "before")
    assert (schema(vault), held(vault)) == (1, before)
    vault.close()


def test_the_copy_before_needs_no_room_for_originals(
    old: Path, steps: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ahead(monkeypatch, steps)
    opened(old).close()
    (copy,) = backup.every(old / backup.EARLIER)
    assert {path.stat().st_nlink for path in Path(copy.path).rglob("*.mdb")} == {2}


def test_a_vault_that_is_up_to_date_is_not_copied(old: Path) -> None:
    opened(old).close()
    assert not (old / backup.EARLIER).exists()


def test_copies_of_long_ago_go(old: Path, steps: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ahead(monkeypatch, steps)
    opened(old).close()
    (copy,) = backup.every(old / backup.EARLIER)
    past = datetime.now(UTC) - timedelta(days=backup.KEPT_DAYS + 1)
    made = msgspec.structs.replace(copy, made=past.strftime("%Y-%m-%dT%H:%M:%SZ"))
    (Path(copy.path) / backup.MANIFEST).write_bytes(msgspec.json.encode(made))
    (steps / "0003_more.sql").write_text("CREATE TABLE more (id INTEGER) STRICT;")
    monkeypatch.setattr(migrate, "SCHEMA", 3)
    opened(old).close()
    (left,) = backup.every(old / backup.EARLIER)
    assert Path(left.path).name.endswith("-schema2to3")


# -- what goes wrong


BROKEN: Final = {
    "a mistake": "INSERT INTO nowhere (id) VALUES (1);",
    "rows lost": "DELETE FROM sighting;",
    "rows doubled": "INSERT INTO kind (name) VALUES ('made.up');",
    "a table lost": "DROP TABLE sighting;",
    "a parent lost": "DELETE FROM source;\n-- changes: source",
    "a rule broken": "INSERT INTO kind (id, name) SELECT id, name FROM kind;",
}


@pytest.mark.parametrize("why", BROKEN)
def test_a_step_that_does_not_work_out_changes_nothing(
    old: Path, steps: Path, monkeypatch: pytest.MonkeyPatch, why: str
) -> None:
    vault = opened(old)
    before, tables = held(vault), declared(vault)
    vault.close()
    (steps / "0002_next.sql").write_text(f"{STEP}\n{BROKEN[why]}\n", encoding="utf-8")
    ahead(monkeypatch, steps)
    with pytest.raises(VaultDamaged) as caught:
        opened(old)
    assert caught.value.code == "migration-failed"
    monkeypatch.undo()
    vault = opened(old)
    assert (schema(vault), held(vault), declared(vault)) == (1, before, tables)
    vault.close()


def test_v17_a_full_disk_stops_it_before_it_begins(
    made: Made, steps: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with disks.small(tmp_path / "disk") as disk:
        folder = copied(made.folder, disk / "vault")
        ballast = disks.fill(disk)
        ahead(monkeypatch, steps)
        with pytest.raises(EnvironmentFailure) as caught:
            opened(folder)
        assert caught.value.code == "disk-full"
        assert backup.every(folder / backup.EARLIER) == []
        ballast.unlink()
        vault = opened(folder)
        assert schema(vault) == 2
        vault.close()


def test_v17_a_disk_that_fills_up_meanwhile(
    made: Made, steps: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with disks.small(tmp_path / "disk", "9m") as disk:
        folder = copied(made.folder, disk / "vault")
        vault = opened(folder)
        furnish(vault, 3000)
        before = held(vault)
        vault.close()
        run = migrate._run

        def filling(*given: Any) -> None:
            disks.fill(disk)
            run(*given)

        with monkeypatch.context() as patch:
            ahead(patch, steps)
            patch.setattr(copying, "check_room", lambda *_: None)
            patch.setattr(migrate, "_run", filling)
            with pytest.raises(EnvironmentFailure) as caught:
                opened(folder)
        assert caught.value.code == "disk-full"
        (disk / "ballast").unlink()
        vault = opened(folder)
        assert (schema(vault), held(vault)) == (1, before)
        vault.close()


KILLED: Final = """
import sys
from pathlib import Path
from app.vault import migrate
from app.vault.vault import Vault
migrate.SCHEMA = 2
migrate.STEPS = Path(sys.argv[2])
print("ready", flush=True)
Vault.open(Path(sys.argv[1]), sys.argv[3])
print("done", flush=True)
"""


@pytest.mark.slow
def test_v16_killed_at_20_points_it_is_old_or_new(
    folder: Path, steps: Path, tmp_path: Path
) -> None:
    vault = opened(folder)
    furnish(vault, 3000)
    before = held(vault)
    vault.close()
    chance = random.Random(14)
    seen = set()
    for number in range(20):
        place = copied(folder, tmp_path / "killed")
        child = subprocess.Popen(
            [sys.executable, "-c", KILLED, str(place), str(steps), PASSPHRASE],
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        with child:
            assert child.stdout
            assert child.stdout.readline() == "ready\n"
            time.sleep(chance.uniform(0.05, 0.7))
            child.send_signal(signal.SIGKILL)
            is_done = "done\n" in child.stdout.read()
        vault = opened(place)
        found = schema(vault)
        tables = {name for _, name, _ in declared(vault)}
        assert ("note" in tables) == (found == 2), number
        counts = held(vault).counts
        if found == 1:
            assert not is_done
            assert held(vault) == before
            put(vault, [payment("goes on")])
        else:
            assert vault.read_only == "newer"
            assert counts == before.counts | {"flag": 1}
        with vault.read() as snapshot:
            assert checkup.deep(snapshot, place, copying.no_step).ok
        vault.close()
        for copy in backup.every(place / backup.EARLIER):
            assert copy.digest == before
        seen.add(found)
        shutil.rmtree(place)
    assert seen == {1, 2}


# -- newer than this program


@pytest.fixture
def newer(old: Path, steps: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A vault that the program one schema ahead has used."""
    with monkeypatch.context() as patch:
        ahead(patch, steps)
        vault = opened(old)
        put(vault, [payment("from the future")])
        vault.close()
    return old


def test_v15_a_newer_vault_is_read(newer: Path, tmp_path: Path) -> None:
    vault = opened(newer)
    assert vault.read_only == "newer"
    with vault.read() as snapshot:
        found = reading.row_ids(snapshot, reading.Where(text="future"))
        assert [raw.said.title for raw in reading.rows(snapshot, found)] == [
            "Payment from the future"
        ]
        assert checkup.deep(snapshot, newer, copying.no_step).ok
    blob = next(path for path in newer.glob("blobs/*/*.mdb"))
    assert b"".join(vault.original(blob.stem)).startswith(b"date,amount")
    vault.close()


def test_v15_a_newer_vault_is_not_written(newer: Path) -> None:
    vault = opened(newer)
    before = held(vault)
    tries = [
        lambda: put(vault, [payment("late")]),
        lambda: vault.set_passphrase("another passphrase"),
        lambda: vault.change_keys("another passphrase"),
        lambda: keep(vault, b"original", []),
        vault.drop_strays,
    ]
    for one in tries:
        with pytest.raises(UserError) as caught:
            one()
        assert (caught.value.code, caught.value.exit_code) == ("vault-newer", 6)
        assert caught.value.detail
    assert held(vault) == before
    vault.close()
    vault = opened(newer)
    assert held(vault) == before
    vault.close()


def test_v15_a_newer_vault_keeps_the_files_it_does_not_know(newer: Path) -> None:
    stray = newer / "blobs" / "ab" / "of-a-new-kind.mdb"
    stray.parent.mkdir(exist_ok=True)
    stray.write_bytes(b"new")
    (newer / "vault-7.db").write_bytes(b"new")
    (newer / "vault.header.2").write_bytes(b"not mended")
    opened(newer).close()
    assert stray.exists()
    assert (newer / "vault-7.db").exists()
    assert (newer / "vault.header.2").read_bytes() == b"not mended"


def test_v15_one_that_cannot_be_read_rightly_is_refused(newer: Path) -> None:
    vault = opened(newer)
    vault._writer.execute("PRAGMA query_only = OFF")
    vault._writer.execute("UPDATE meta SET value = x'32' WHERE name = 'min_reader'")
    vault.close()
    with pytest.raises(VaultDamaged) as caught:
        opened(newer)
    assert caught.value.code == "vault-newer"


def test_it_is_written_who_can_read_it(vault: Vault) -> None:
    with vault.read() as snapshot:
        assert snapshot.meta("min_reader") == str(migrate.MIN_READER).encode()


def rewrite_header(folder: Path, **fields: object) -> None:
    """Write the header as a program of the next version would, with `fields` in it."""
    unlocked = header.read(folder)
    ring = keys.key_ring(header.open_with_passphrase(unlocked, PASSPHRASE))
    tree = msgspec.to_builtins(unlocked) | {"version": 2} | fields | {"mac": ""}
    del tree["newer"]
    body = msgspec.json.encode(tree)
    mac = hashlib.blake2b(body, key=ring.header, digest_size=32).digest()
    line = msgspec.json.encode(tree | {"mac": mac})
    data = line + b"\n" + header._plain_hash(line) + b"\n"
    for name in header.COPIES:
        (folder / name).write_bytes(data)


def test_v15_a_newer_header_is_read_and_left_as_it_is(old: Path, tmp_path: Path) -> None:
    vault = opened(old)
    before = held(vault)
    vault.close()
    rewrite_header(old, hint={"on paper": ["in the drawer"]})
    data = (old / header.NAME).read_bytes()
    vault = opened(old)
    assert vault.read_only == "newer"
    assert held(vault) == before
    for one in (lambda: put(vault, [payment("late")]), lambda: vault.set_passphrase("another one")):
        with pytest.raises(VaultDamaged) as caught:
            one()
        assert caught.value.code == "vault-newer"
    made = backup.make(vault, tmp_path / "backups")
    vault.close()
    assert (old / header.NAME).read_bytes() == data
    backup.restore(Path(made.path), tmp_path / "restored", passphrase=PASSPHRASE)
    assert (tmp_path / "restored" / header.NAME).read_bytes() == data


def test_v15_a_newer_header_is_protected_all_the_same(old: Path) -> None:
    kept = (old / header.NAME).read_bytes()
    rewrite_header(old, hint="in the drawer")
    line = (old / header.NAME).read_bytes().partition(b"\n")[0].replace(b"drawer", b"pocket")
    for name in header.COPIES:
        (old / name).write_bytes(line + b"\n" + header._plain_hash(line) + b"\n")
    with pytest.raises(VaultDamaged) as caught:
        opened(old)
    assert caught.value.code == "header-damaged"
    (old / header.NAME).write_bytes(kept)
    rewrite_header(old, min_reader=2)
    with pytest.raises(VaultDamaged) as caught:
        opened(old)
    assert caught.value.code == "vault-newer"


# -- where nothing can be written


def test_v21_a_read_only_disk_is_read(old: Path, tmp_path: Path) -> None:
    vault = opened(old)
    before = held(vault)
    vault.close()
    with disks.small(tmp_path / "disk") as disk:
        folder = copied(old, disk / "vault")
        disks.make_read_only(disk)
        vault = opened(folder)
        assert (vault.read_only, vault.unclean) == ("medium", False)
        assert held(vault) == before
        with vault.read() as snapshot:
            assert checkup.deep(snapshot, folder, copying.no_step).ok
        with pytest.raises(EnvironmentFailure) as caught, vault.write():
            pass
        assert (caught.value.code, caught.value.exit_code) == ("vault-read-only", 5)
        with pytest.raises(EnvironmentFailure) as caught:
            opened(folder)
        assert caught.value.code == "vault-in-use"
        vault.close()


def test_v21_an_old_vault_there_says_what_it_needs(
    old: Path, steps: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with disks.small(tmp_path / "disk") as disk:
        folder = copied(old, disk / "vault")
        disks.make_read_only(disk)
        ahead(monkeypatch, steps)
        with pytest.raises(EnvironmentFailure) as caught:
            opened(folder)
        assert caught.value.code == "vault-older-read-only"


def test_v21_changes_in_a_log_are_not_passed_over(old: Path, tmp_path: Path) -> None:
    """Opened as it lies there, the vault would seem to have lost its last changes."""
    vault = opened(old)
    put(vault, [payment("in the log")])
    with disks.small(tmp_path / "disk", "9m") as disk:
        folder = copied(old, disk / "vault")
        vault.close()
        disks.make_read_only(disk)
        with pytest.raises(EnvironmentFailure) as caught:
            opened(folder)
        assert caught.value.code == "log-on-read-only"
        again = opened(copied(folder, tmp_path / "writable"))
        with again.read() as snapshot:
            assert reading.count(snapshot, reading.Where(text="log")) == 1
        again.close()


# -- ended without locking


def test_an_end_without_locking_is_noticed_until_it_was_looked_over(folder: Path) -> None:
    script = (
        "import os, sys; from pathlib import Path; from app.vault.vault import Vault;"
        "Vault.open(Path(sys.argv[1]), sys.argv[2]); os._exit(0)"
    )
    vault = opened(folder)
    assert not vault.unclean
    vault.close()
    subprocess.run([sys.executable, "-c", script, str(folder), PASSPHRASE], check=True, cwd=ROOT)
    with pytest.raises(UserError):
        Vault.open(folder, "wrong passphrase")
    for _ in range(2):
        vault = opened(folder)
        assert vault.unclean
        vault.close()
    vault = opened(folder)
    vault.looked_over()
    vault.close()
    vault = opened(folder)
    assert not vault.unclean
    vault.close()


def test_a_long_look_can_be_broken_off(vault: Vault) -> None:
    from app.errors import Cancelled

    def stop() -> None:
        raise Cancelled

    count = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n"
    with pytest.raises(Cancelled), opening.cancellable(vault._writer, stop):
        vault._writer.execute(count).fetchone()
