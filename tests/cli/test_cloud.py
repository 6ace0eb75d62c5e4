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
