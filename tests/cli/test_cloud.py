"""cloud and join, as a script runs them on two computers with one folder."""

from __future__ import annotations

from pathlib import Path

from tests.cli.running import Program


def second(first: Program, folder: Path) -> Program:
    folder.mkdir()
    return Program(folder)


def test_two_computers_stay_in_step(filled: Program, tmp_path: Path) -> None:
    cloud = tmp_path / "cloud"
    cloud.mkdir()
    done = filled.json("cloud", "set", cloud)
    assert set(done) >= {"published", "merged", "waiting", "conflicts"}
    assert done["published"] > 0
    other = second(filled, tmp_path / "other")
    joined = other.json("join", cloud, "--to", other.vault)
    assert joined["records"] == filled.json("status")["records"] > 0
    assert joined["waiting"] == []

    import_id = other.json("imports")["imports"][0]["import_id"]
    removed = other.json("undo", import_id)["removed"]
    assert removed
    merged = filled.json("cloud", "sync", "--accept-removals")
    assert merged["merged"] == 1
    assert filled.json("status")["records"] == other.json("status")["records"]
    found = filled.json("cloud", "status")
    assert found["folder"] == str(cloud)
    assert len(found["devices"]) == 2
    assert filled.json("status")["cloud"] == str(cloud)


def test_no_folder_chosen_and_no_copy_there_are_said(mydata: Program, tmp_path: Path) -> None:
    assert mydata.json("cloud", "status")["folder"] is None
    nothing = mydata.run("cloud", "sync", "--json")
    assert (nothing.code, nothing.error) == (2, "no-cloud-folder")
    empty = mydata.run("join", tmp_path, "--to", tmp_path / "new", "--json")
    assert (empty.code, empty.error) == (5, "no-copy")


def test_a_live_vault_in_a_carried_folder_is_refused(nobody: Program, tmp_path: Path) -> None:
    carried = tmp_path / "shared"
    (carried / ".stfolder").mkdir(parents=True)
    refused = nobody.run("--vault", carried / "vault", "create", "--json")
    assert (refused.code, refused.error) == (5, "vault-in-cloud")
    assert not (carried / "vault").exists()


def test_new_keys_of_one_computer_are_taken_over_by_the_other(
    filled: Program, tmp_path: Path
) -> None:
    cloud, new = tmp_path / "cloud", tmp_path / "new-passphrase"
    cloud.mkdir()
    new.write_text("another four quiet herons\n", encoding="utf-8")
    filled.json("cloud", "set", cloud)
    other = second(filled, tmp_path / "other")
    other.json("join", cloud, "--to", other.vault)
    filled.json("passphrase", "--keys", "--new-passphrase-file", new)
    shown = other.run("cloud", "sync").out
    assert "mydata cloud keys" in shown
    taken = other.json("cloud", "keys", "--new-passphrase-file", new)
    assert taken["waiting"] == []
    other.passphrase.write_text(new.read_text("utf-8"), encoding="utf-8")
    again = other.run("cloud", "keys", "--new-passphrase-file", new, "--json")
    assert (again.code, again.error) == (2, "no-other-keys")
