"""records, search, catalogue, sum, network: shapes that scripts rely on, and exact figures."""

from __future__ import annotations

import csv
import io
import json
from collections import defaultdict
from decimal import Decimal

import pytest

from tests.cli.running import SAMPLES, Program

RECORD = {"kind", "start", "end", "title", "data", "source", "import_id", "where", "key"}


def amounts() -> list[tuple[str, Decimal]]:
    """Month and amount of every line of the London account, read another way."""
    text = (SAMPLES / "midata-london.csv").read_text(encoding="iso-8859-1")
    rows = [row for row in csv.reader(io.StringIO(text)) if len(row) == 5][1:]
    return [(f"{row[0][6:]}-{row[0][3:5]}", Decimal(row[3].replace("£", ""))) for row in rows]


def test_records_come_newest_first_in_three_forms(filled: Program) -> None:
    found = filled.json("records", "--kind", "finance.transaction")
    rows = found["records"]
    assert found["total"] == len(rows) == len(amounts())
    assert all(set(row) >= RECORD for row in rows)
    assert [row["start"] for row in rows] == sorted((row["start"] for row in rows), reverse=True)

    lines = filled.run("records", "--kind", "finance.transaction", "--jsonl").out.splitlines()
    assert [json.loads(line) for line in lines] == rows

    table = filled.run("records", "--kind", "finance.transaction", "--csv").out
    cells = list(csv.DictReader(io.StringIO(table)))
    assert [row["key"] for row in cells] == [row["key"] for row in rows]
    assert [json.loads(row["data"]) for row in cells] == [row["data"] for row in rows]


def test_amounts_are_exact_text(filled: Program) -> None:
    rows = filled.json("records", "--kind", "finance.transaction")["records"]
    assert all(isinstance(row["data"]["amount"], str) for row in rows)
    total = sum(Decimal(row["data"]["amount"]) for row in rows)
    assert total == sum(amount for _, amount in amounts())


def test_sums_are_exact_by_month(filled: Program) -> None:
    expected: defaultdict[str, Decimal] = defaultdict(Decimal)
    for month, amount in amounts():
        expected[month] += amount
    words = ("sum", "--kind", "finance.transaction", "--field", "amount")
    found = filled.json(*words, "--by", "month,source")["rows"]
    assert {row["month"]: Decimal(row["sum"]) for row in found} == dict(expected)
    assert {(row["unit"], row["source"]) for row in found} == {("GBP", "uk.midata")}
    [whole] = filled.json(*words)["rows"]
    assert Decimal(whole["sum"]) == sum(expected.values())
    assert whole["count"] == len(amounts())


def test_filters_narrow_records_down(filled: Program) -> None:
    found = filled.json(
        "records", "--from", "2025-03", "--to", "2025-03-31", "--source", "uk.midata"
    )
    assert found["records"]
    assert {row["start"][:7] for row in found["records"]} == {"2025-03"}
    assert {row["source"] for row in found["records"]} == {"uk.midata"}
    assert len(filled.json("records", "--limit", "3")["records"]) == 3
    domain = filled.json("records", "--kind", "health")["records"]
    assert {row["kind"].partition(".")[0] for row in domain} == {"health"}


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("records", "--kind", "bogus"), "unknown-kind"),
        (("records", "--from", "yesterday"), "bad-date"),
        (("sum", "--kind", "finance.transaction", "--field", "bogus"), "unknown-field"),
        (("sum", "--kind", "finance.transaction", "--field", "description"), "not-a-number-field"),
        (
            ("sum", "--kind", "finance.transaction", "--field", "amount", "--by", "mood"),
            "unknown-group",
        ),
    ],
)
def test_a_question_without_sense_ends_with_2(
    filled: Program, words: tuple[str, ...], code: str
) -> None:
    refused = filled.run(*words, "--json")
    assert (refused.code, refused.error) == (2, code)


def test_two_korean_syllables_inside_a_word_are_found(filled: Program) -> None:
    found = filled.json("search", "치전")
    assert found["total"] == len(found["hits"]) > 5
    said = [f"{hit['title']} {hit['text']}" for hit in found["hits"]]
    assert all("김치전" in text for text in said)
    starts = [hit["start"] for hit in found["hits"]]
    assert starts == sorted(starts, reverse=True)

    few = filled.json("search", "치전", "--limit", "2", "--kind", "social.post")
    assert len(few["hits"]) == 2
    assert {hit["kind"] for hit in few["hits"]} == {"social.post"}


def test_nothing_found_is_an_answer(filled: Program) -> None:
    assert filled.json("search", "없는말입니다") == {"hits": [], "total": 0}
    assert filled.run("search", "없는말입니다").out == "Nothing was found.\n"


def test_the_catalogue_agrees_with_status(filled: Program) -> None:
    found, status = filled.json("catalogue"), filled.json("status")
    assert {kind["kind"]: kind["records"] for kind in found["kinds"]} == status["kinds"]
    assert sum(source["records"] for source in found["sources"]) == status["records"]
    fields = {field["name"] for kind in found["kinds"] for field in kind["fields"]}
    assert {"amount", "currency", "author"} <= fields


def test_the_vocabulary_needs_no_vault(nobody: Program) -> None:
    kinds = {kind["kind"]: kind for kind in nobody.json("catalogue", "--kinds")["kinds"]}
    names = {field["name"] for field in kinds["finance.transaction"]["fields"]}
    assert {"account", "amount", "currency", "description", "reference"} <= names
    assert kinds["energy.reading"]["domain"] == "energy"


def test_a_table_for_people_says_how_many_more_there_are(filled: Program) -> None:
    shown = filled.run("records").out.splitlines()
    total = filled.json("status")["records"]
    assert shown[0].split() == ["When", "Kind", "Title", "Value", "Source"]
    assert shown[-1] == f"50 of {total} records"
    assert len(shown) == 53


def test_what_a_record_says_cannot_drive_a_terminal(mydata: Program) -> None:
    posts = [
        {
            "timestamp": 1700000000,
            "data": [{"post": "red \x1b[31m and \u202egnp.exe and \x9b2J"}],
            "title": "x",
        }
    ]
    folder = mydata.folder / "facebook-x" / "your_facebook_activity" / "posts"
    folder.mkdir(parents=True)
    (folder / "your_posts_1.json").write_text(json.dumps(posts), encoding="ascii")
    mydata.json("import", mydata.folder / "facebook-x")
    for words in (("records",), ("search", "red"), ("records", "--json"), ("records", "--csv")):
        shown = mydata.run(*words).out
        assert "red" in shown
        if "--csv" not in words:
            assert not set("\x1b\u202e\x9b") & set(shown), words


def test_no_connection_has_been_made_and_none_can_be_forbidden(mydata: Program) -> None:
    assert mydata.json("network") == {"offline": False, "connections": []}
    assert mydata.json("network", "--offline", "on")["offline"] is True
    assert mydata.json("network")["offline"] is True
    assert mydata.json("network", "--offline", "off")["offline"] is False


def test_a_reader_that_has_enough_is_no_failure(filled: Program) -> None:
    import subprocess

    from tests.cli.running import COMMAND

    with subprocess.Popen(
        [*COMMAND, "records", "--jsonl"],
        cwd=filled.folder,
        env=filled.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 0
