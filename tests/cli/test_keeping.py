"""backup, rehearse, restore, check, salvage, passphrase --keys: what they print, how they end."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from app.i18n import set_language, tr
from app.vault import migrate
from app.vault.pages import PAGE_SIZE
from app.vault.vault import Vault
from tests.cli.running import PASSPHRASE, SAMPLES, Program
from tests.cli.test_vault_commands import written


@pytest.fixture
def recovery(nobody: Program) -> Path:
    """A vault made by the program itself, and the file with its recovery key."""
    return written(nobody.folder, "key", nobody.json("create")["recovery_key"])


def spoil(data: Path, *, first: int = 1) -> None:
    """Damage every page from `first` on."""
    content = bytearray(data.read_bytes())
    for page in range(first, len(content) // PAGE_SIZE):
        content[page * PAGE_SIZE + 50] ^= 1
    data.write_bytes(content)


def test_what_is_saved_is_what_comes_back(filled: Program) -> None:
    checked = filled.json("check")
    assert checked["ok"]
    saved = filled.json("backup", "backups")
    assert set(saved) >= {"backup", "records", "digest", "ok", "vault_id", "made"}
    assert (saved["ok"], saved["records"]) == (True, checked["records"])
    assert saved["digest"] == checked["digest"]
    assert Path(saved["backup"]).parent == filled.folder / "backups"
    back = filled.json("restore", saved["backup"], "--to", "restored")
    assert (back["digest"], back["records"]) == (saved["digest"], saved["records"])
    assert back["vault"] == str(filled.folder / "restored")
    again = filled.json("--vault", "restored", "check", "--deep")
    assert (again["ok"], again["deep"], again["digest"]) == (True, True, saved["digest"])
    assert filled.json("status")["backup"] == saved["made"]
    assert filled.json("check")["backup"] == saved["backup"]
    assert filled.json("check")["digest"] == saved["digest"]


def test_it_speaks_to_people_too(filled: Program) -> None:
    for words in (("backup", "b"), ("check",), ("check", "--deep"), ("restore", "b", "--to", "r")):
        done = filled.run(*words)
        assert done.code == 0, done.err
        assert len(done.out.splitlines()) >= 2
        assert not done.err


def test_the_first_one_is_due_wherever_it_goes(filled: Program) -> None:
    assert filled.json("backup", "b", "--if-due")["due"] is True
    assert filled.json("backup", "b", "--if-due")["due"] is False


def test_the_place_is_remembered_and_may_be_asked_for_in_time(filled: Program) -> None:
    for words in (("backup",), ("backup", "--if-due")):
        nowhere = filled.run(*words, "--json")
        assert (nowhere.code, nowhere.error) == (2, "no-backup-folder")
    filled.json("backup", "b", "--every", 3)
    assert filled.json("backup", "--if-due")["due"] is False
    assert len(list((filled.folder / "b").iterdir())) == 1
    filled.json("backup")
    assert len(list((filled.folder / "b").iterdir())) == 2


def test_refused_places_end_with_5(filled: Program) -> None:
    inside = filled.run("backup", filled.vault / "b", "--json")
    assert (inside.code, inside.error) == (5, "backup-inside-vault")
    gone = filled.run("backup", filled.folder / "no" / "disk", "--json")
    assert (gone.code, gone.error) == (5, "not-found")
    filled.json("backup", "b")
    over = filled.run("restore", "b", "--to", filled.vault, "--json")
    assert (over.code, over.error) == (5, "folder-not-empty")
    assert filled.json("check")["ok"]


def test_a_damaged_backup_ends_with_3(filled: Program) -> None:
    saved = filled.json("backup", "b")
    spoil(Path(saved["backup"]) / "vault.db", first=9)
    refused = filled.run("restore", "b", "--to", "r", "--json")
    assert (refused.code, refused.error) == (3, "backup-damaged")
    assert not (filled.folder / "r").exists()
    assert (filled.run("restore", filled.vault, "--to", "r", "--json")).error == "not-a-backup"


def test_the_recovery_key_alone_brings_it_back(nobody: Program, recovery: Path) -> None:
    saved = nobody.json("backup", "b")
    shutil.rmtree(nobody.vault)
    back = nobody.json(
        "restore", "b", "--to", nobody.vault, "--recovery-file", recovery,
        MYDATA_PASSPHRASE_FILE="",
    )  # fmt: skip
    assert back["digest"] == saved["digest"]
    assert nobody.json("check", "--deep")["digest"] == saved["digest"]


def test_a_rehearsal(nobody: Program, recovery: Path) -> None:
    early = nobody.run("rehearse", "--recovery-file", recovery, "--json")
    assert (early.code, early.error) == (2, "no-backup")
    saved = nobody.json("backup", "b")
    assert nobody.json("rehearse", "--recovery-file", recovery)["digest"] == saved["digest"]
    assert nobody.run("rehearse", "--recovery-file", recovery).code == 0


def test_new_keys_and_a_new_recovery_key(nobody: Program, recovery: Path) -> None:
    new = written(nobody.folder, "new", "another long passphrase")
    changed = nobody.json("passphrase", "--keys", "--new-passphrase-file", new)
    assert nobody.run("status", "--json").code == 4
    key = written(nobody.folder, "key 2", changed["recovery_key"])
    nobody.json("recover", "--recovery-file", key, "--new-passphrase-file", nobody.passphrase)
    old = nobody.run("recover", "--recovery-file", recovery, "--new-passphrase-file", new, "--json")
    assert (old.code, old.error) == (4, "wrong-recovery-key")
    said = nobody.run("passphrase", "--keys", "--new-passphrase-file", new)
    assert said.code == 0
    assert "Make a new backup" in said.out


def test_damage_ends_with_6_and_says_what_to_do(filled: Program) -> None:
    blob = next(filled.vault.rglob("*.mdb"))
    blob.write_bytes(blob.read_bytes()[:-1])
    assert filled.json("check")["ok"]
    found = filled.run("check", "--deep", "--json")
    assert (found.code, found.error) == (6, "vault-has-damage")
    assert found.json["ok"] is False
    assert [each["code"] for each in found.json["findings"]] == ["original"]
    assert found.json["findings"][0]["title"]
    people = filled.run("check", "--deep")
    assert people.code == 6
    assert "original" in people.out
    spoil(filled.vault / "vault.db")
    closed = filled.run("check", "--json")
    assert (closed.code, closed.json["ok"], closed.error) == (6, False, "data-damaged")


def test_salvage_tells_what_is_lost(filled: Program) -> None:
    records = filled.json("check")["records"]
    filled.json("backup", "b")
    whole = filled.json("salvage", "--to", "s0")
    assert (whole["ok"], whole["records"], whole["lost"]) == (True, records, [])
    data = filled.vault / "vault.db"
    spoil(data, first=data.stat().st_size // PAGE_SIZE * 2 // 3)
    with_backup = filled.json("salvage", "--to", "s1", "--backups", "b", code=1)
    assert with_backup["records"] == records
    assert with_backup["filled"] >= 0
    alone = filled.run("salvage", "--to", "s2")
    assert alone.code == 1
    assert "could not be read" in alone.out
    assert "“--backups FOLDER” takes what is lost from a backup." in alone.out
    assert str(filled.folder / "s2") in alone.out
    assert filled.json("--vault", "s1", "check", "--deep")["records"] == records
    taken = filled.run("salvage", "--to", "s1", "--json")
    assert (taken.code, taken.error) == (5, "folder-not-empty")


def test_why_nothing_can_be_changed_is_said_once(filled: Program) -> None:
    vault = Vault.open(filled.vault, PASSPHRASE)
    with vault.write() as transaction:
        transaction.execute(f"PRAGMA user_version = {migrate.SCHEMA + 1}")
    vault.close()
    looked = filled.run("status")
    assert (looked.code, looked.err.count("[vault-newer]")) == (0, 1)
    refused = filled.run("import", SAMPLES / "midata-london.csv")
    assert (refused.code, refused.err.count("[vault-newer]")) == (6, 1)


def test_who_killed_it_is_told_once(filled: Program) -> None:
    (filled.vault / "vault.lock").write_text("1 elsewhere\n")
    first = filled.run("status", "--json")
    assert first.code == 0
    assert "[ended-uncleanly]" in first.err
    assert first.json["records"]
    assert not filled.run("status", "--json").err


def test_it_speaks_korean(filled: Program) -> None:
    saved = filled.run("backup", "b", MYDATA_LANGUAGE="ko")
    set_language("ko")
    assert tr("The backup is made and was read back: {folder}", folder="").strip() in saved.out
    set_language("en")
