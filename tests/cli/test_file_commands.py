"""import, imports, undo, export."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from tests.cli.running import SAMPLES, Program

FILE = {
    "path", "connector", "import_id", "records", "new", "known", "updated", "problems", "members",
    "first", "last",
}  # fmt: skip


def test_a_file_comes_in_once(mydata: Program) -> None:
    found = mydata.json("import", SAMPLES / "midata-london.csv")
    [file] = found["files"]
    assert set(file) >= FILE
    assert file["connector"] == "uk.midata"
    assert file["new"] == sum(file["records"].values()) == found["totals"]["new"] > 100
    assert file["members"] == {"parsed": 1, "kept": 0, "unknown": 0}
    assert file["first"].startswith("2024-09")

    again = mydata.json("import", SAMPLES / "midata-london.csv")
    assert again["totals"] == {
        "new": 0,
        "known": file["new"],
        "updated": 0,
        "problems": 0,
        "refused": 0,
    }


def test_a_dry_run_changes_nothing(mydata: Program) -> None:
    found = mydata.json("import", "--dry-run", SAMPLES / "midata-london.csv")
    assert found["files"][0]["state"] == "recognised"
    assert found["totals"]["new"] > 100
    assert mydata.json("status")["records"] == 0
    assert mydata.json("imports") == {"imports": []}


def test_problems_are_named_and_end_with_1(mydata: Program) -> None:
    lines = (SAMPLES / "midata-london.csv").read_bytes().splitlines(keepends=True)
    lines[5] = lines[5].replace(b"/", b"?")
    damaged = mydata.folder / "damaged.csv"
    damaged.write_bytes(b"".join(lines))
    found = mydata.json("import", damaged, code=1)
    [problem] = found["files"][0]["problems"]
    assert problem["where"] == "row 6"
    assert "is not a date" in problem["reason"]
    assert found["totals"]["new"] > 100


def test_one_refused_among_others_ends_with_1(mydata: Program) -> None:
    foreign = mydata.folder / "foreign.txt"
    foreign.write_text("just a letter\n", encoding="utf-8")
    found = mydata.json("import", foreign, SAMPLES / "midata-london.csv", code=1)
    assert [file["state"] for file in found["files"]] == ["refused", "done"]
    assert found["files"][0]["refusal"]["code"] == "not-recognised"
    assert found["totals"]["refused"] == 1


def test_an_option_must_have_a_value(mydata: Program) -> None:
    refused = mydata.run("import", SAMPLES / "midata-london.csv", "--option", "word", "--json")
    assert (refused.code, refused.error) == (2, "bad-option")


def test_an_unknown_format_is_a_wrong_command(mydata: Program) -> None:
    refused = mydata.run("import", SAMPLES / "midata-london.csv", "--connector", "bogus", "--json")
    assert (refused.code, refused.error) == (2, "unknown-connector")
    assert "uk.midata" in refused.json["error"]["detail"]


def test_all_refused_ends_with_3_and_each_says_why(mydata: Program) -> None:
    for name in ("one.txt", "two.txt"):
        (mydata.folder / name).write_text("just a letter\n", encoding="utf-8")
    refused = mydata.run("import", "one.txt", "two.txt", "--json")
    assert (refused.code, refused.error) == (3, "nothing-imported")
    codes = [file["refusal"]["code"] for file in refused.json["files"]]
    assert codes == ["not-recognised", "not-recognised"]


def test_undo_takes_exactly_one_import_back(filled: Program) -> None:
    before = filled.json("status")["kinds"]
    added = filled.json("import", SAMPLES / "checking-portland.ofx")
    runs = filled.json("imports")["imports"]
    assert runs[0]["connector"] == "ofx.statement"
    assert len(runs) == 4

    [file] = added["files"]
    assert filled.json("undo", file["import_id"])["removed"] == file["new"]
    assert filled.json("status")["kinds"] == before
    assert filled.json("imports")["imports"][0]["state"] == "undone"


def test_undoing_what_never_was_ends_with_3(filled: Program) -> None:
    refused = filled.run("undo", "0123456789abcdef", "--json")
    assert (refused.code, refused.error) == (3, "no-such-import")


def test_an_export_is_complete_and_readable_by_others(filled: Program) -> None:
    folder = filled.folder / "out"
    found = filled.json("export", folder)
    files = {str(Path(path).relative_to(folder)) for path in found["files"]}
    inside = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    assert files == inside

    counts = filled.json("status")["kinds"]
    described = json.loads((folder / "schema.json").read_text())
    tables = {table["name"]: table for table in described["resources"]}
    assert set(tables) == set(counts)
    for kind, count in counts.items():
        with (folder / f"{kind}.csv").open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.DictReader(file))
        columns = [field["name"] for field in tables[kind]["schema"]["fields"]]
        assert list(rows[0]) == columns
        assert len(set(columns)) == len(columns)
        lines = (folder / f"{kind}.jsonl").read_text(encoding="utf-8").splitlines()
        assert len(rows) == len(lines) == count
        assert {row["key"] for row in rows} == {json.loads(line)["key"] for line in lines}

    original = folder / "originals" / "midata-london.csv"
    assert original.read_bytes() == (SAMPLES / "midata-london.csv").read_bytes()


def test_an_export_of_one_kind_holds_nothing_else(filled: Program) -> None:
    found = filled.json("export", filled.folder / "out", "--kind", "finance.transaction")
    assert sorted(Path(path).name for path in found["files"]) == [
        "finance.transaction.csv",
        "finance.transaction.jsonl",
        "schema.json",
    ]


@pytest.mark.parametrize("kind", ["bogus", "finance.bogus"])
def test_an_unknown_kind_is_not_exported(filled: Program, kind: str) -> None:
    refused = filled.run("export", filled.folder / "out", "--kind", kind, "--json")
    assert (refused.code, refused.error) == (2, "unknown-kind")
    assert not (filled.folder / "out").exists()


def test_an_export_never_writes_over_anything(filled: Program) -> None:
    folder = filled.folder / "out"
    folder.mkdir()
    (folder / "mine.txt").write_text("mine")
    refused = filled.run("export", folder, "--json")
    assert (refused.code, refused.error) == (5, "folder-not-empty")
    assert [path.name for path in folder.iterdir()] == ["mine.txt"]


def test_formulas_in_a_table_are_inert(mydata: Program) -> None:
    """Words that a spreadsheet would run; amounts below zero stay numbers."""
    text = (SAMPLES / "midata-london.csv").read_bytes()
    evil = mydata.folder / "evil.csv"
    evil.write_bytes(text.replace(b"LANTERN MOBILE", b"=HYPERLINK(1)", 2))
    mydata.json("import", evil)
    mydata.json("export", mydata.folder / "out")
    with (mydata.folder / "out" / "finance.transaction.csv").open(encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    cells = [cell for row in rows for cell in row.values()]
    assert not [cell for cell in cells if cell.startswith(("=", "@", "+"))]
    assert any(cell.startswith("'=HYPERLINK") for cell in cells)
    assert any(row["amount"].startswith("-") for row in rows)
    assert "'=HYPERLINK" in mydata.run("records", "--csv").out
