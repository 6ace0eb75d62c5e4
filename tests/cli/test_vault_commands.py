"""create, status, passphrase, recover, and every way in which a vault does not open."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.running import PASSPHRASE, Program


def written(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_new_vault_opens_with_its_recovery_key(nobody: Program) -> None:
    made = nobody.json("create")
    assert made["vault"] == str(nobody.vault)
    assert len(made["vault_id"]) == 32

    key = written(nobody.folder, "key", made["recovery_key"] + "\n")
    new = written(nobody.folder, "new", "another long passphrase")
    recovered = nobody.json("recover", "--recovery-file", key, "--new-passphrase-file", new)
    assert recovered["ok"] is True

    assert nobody.run("status", "--json").code == 4
    assert nobody.json("status", "--passphrase-file", new)["records"] == 0


def test_a_second_vault_is_not_made_over_the_first(mydata: Program) -> None:
    again = mydata.run("create", "--json")
    assert (again.code, again.error) == (5, "vault-exists")
    assert mydata.json("status")["records"] == 0


def test_status_counts_what_is_there(filled: Program) -> None:
    found = filled.json("status")
    assert set(found) >= {"records", "sources", "kinds", "backup", "cloud"}
    assert found["records"] == sum(found["kinds"].values()) > 300
    assert found["sources"] == 3
    assert {each["source"] for each in found["freshness"]} == {
        "uk.midata",
        "fhir.r4",
        "facebook.export",
    }


def test_status_speaks_korean(filled: Program) -> None:
    assert "금고" in filled.run("status", MYDATA_LANGUAGE="ko").out


def test_the_passphrase_changes(filled: Program) -> None:
    before = filled.json("status")["records"]
    new = written(filled.folder, "new", "another long passphrase\r\nand a second line")
    assert filled.json("passphrase", "--new-passphrase-file", new) == {"ok": True}
    assert filled.run("status", "--json").code == 4
    assert filled.json("status", "--passphrase-file", new)["records"] == before


def test_a_short_passphrase_changes_nothing(mydata: Program) -> None:
    new = written(mydata.folder, "new", "short")
    refused = mydata.run("passphrase", "--new-passphrase-file", new, "--json")
    assert (refused.code, refused.error) == (2, "passphrase-short")
    mydata.json("status")


@pytest.mark.parametrize("text", ["wrong passphrase\n", "", "\n", f" {PASSPHRASE}"])
def test_a_wrong_passphrase_ends_with_4(mydata: Program, text: str) -> None:
    wrong = written(mydata.folder, "wrong", text)
    refused = mydata.run("status", "--passphrase-file", wrong, "--json")
    assert refused.code == 4
    assert refused.json["error"]["next"]


def test_without_a_terminal_the_passphrase_comes_from_a_file(mydata: Program) -> None:
    refused = mydata.run("status", "--json", MYDATA_PASSPHRASE_FILE="")
    assert (refused.code, refused.error) == (4, "no-passphrase")


def test_a_passphrase_file_that_is_not_there_is_named(mydata: Program) -> None:
    refused = mydata.run("status", "--passphrase-file", "nowhere", "--json")
    assert (refused.code, refused.error) == (5, "not-found")
    assert "nowhere" in refused.json["error"]["title"]


def test_a_wrong_recovery_group_is_named(nobody: Program) -> None:
    key = nobody.json("create")["recovery_key"]
    groups = key.split("-")
    groups[4] = "0000" if groups[4] != "0000" else "1111"
    wrong = written(nobody.folder, "key", "-".join(groups))
    new = written(nobody.folder, "new", "another long passphrase")
    refused = nobody.run("recover", "--recovery-file", wrong, "--new-passphrase-file", new)
    assert refused.code == 4
    assert "5" in refused.err


def test_where_there_is_no_vault_nothing_is_asked(nobody: Program) -> None:
    refused = nobody.run("status", "--json", MYDATA_PASSPHRASE_FILE="")
    assert (refused.code, refused.error) == (5, "no-vault")
    assert not nobody.vault.exists()


def test_the_option_comes_before_the_variable(filled: Program, tmp_path: Path) -> None:
    refused = filled.run("--vault", tmp_path / "other", "status", "--json")
    assert (refused.code, refused.error) == (5, "no-vault")
    assert filled.json("--vault", filled.vault, "status", MYDATA_VAULT="nowhere")["records"]


@pytest.mark.parametrize("size", [0, 100, 4096])
def test_a_damaged_vault_ends_with_6_and_is_not_touched(filled: Program, size: int) -> None:
    data = filled.vault / "vault.db"
    data.write_bytes(data.read_bytes()[:size])
    refused = filled.run("status", "--json")
    assert refused.code == 6
    assert refused.json["error"]["next"]
    assert data.stat().st_size == size
