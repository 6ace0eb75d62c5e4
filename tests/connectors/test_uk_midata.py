"""UK midata: totals of the sample files, and the traps of the format."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest

from connectors.errors import Unreadable
from connectors.registry import by_id
from connectors.toolkit.source import open_source
from tests.connectors.samples import Reading, read_text

ID = "uk.midata"
HEADING = "Date,Type,Merchant/Description,Debit/Credit,Balance\n"


@pytest.mark.samples
def test_sample_of_a_building_society(samples: Path) -> None:
    reading = Reading(ID, samples / "uk-midata" / "nationwide-midata.csv")
    rows = reading.of("finance.transaction")
    amounts = [Decimal(str(row.data["amount"])) for row in rows]
    balances = [Decimal(str(row.data["balance"])) for row in rows]
    assert len(rows) == 8
    assert (rows[0].start, rows[-1].start) == ("2025-07-19", "2024-07-23")
    assert sum(amounts) == Decimal("-128.15")
    assert sum(each for each in amounts if each < 0) == Decimal("-137.85")
    assert sum(each for each in amounts if each > 0) == Decimal("9.70")
    assert (balances[0], balances[-1]) == (Decimal("-2.00"), Decimal("100.00"))
    for (newer, amount), (older, _) in pairwise(zip(balances, amounts, strict=True)):
        assert newer == older + amount
    assert sum("**" in f"{row.data['description']}{row.data['type']}" for row in rows) == 3
    assert {row.data["account"] for row in rows} == {"****12345"}
    assert {row.data["currency"] for row in rows} == {"GBP"}
    (limit,) = reading.of("finance.balance")
    assert (limit.start, limit.data["amount"]) == ("2025-08-20", "100.00")
    assert not reading.problems


@pytest.mark.samples
def test_sample_with_too_many_fields(samples: Path) -> None:
    reading = Reading(ID, samples / "uk-midata" / "malformed-too-many-fields.csv")
    amounts = [row.data["amount"] for row in reading.of("finance.transaction")]
    assert amounts == ["-15.00", "5.00"]
    (problem,) = reading.problems
    # The first row after the heading, which is the fourth line.
    assert (problem.where, problem.code, problem.value) == ("row 4", "field-count", "6")


@pytest.mark.samples
def test_sample_with_a_bad_date(samples: Path) -> None:
    reading = Reading(ID, samples / "uk-midata" / "malformed-bad-date.csv")
    amounts = [row.data["amount"] for row in reading.of("finance.transaction")]
    assert amounts == ["-52.00", "5.00"]
    (problem,) = reading.problems
    assert (problem.where, problem.code) == ("row 5", "bad-date")
    assert problem.value == "26/05/2025T12:00:00Z"


def test_tomorrows_file_renames_nothing(tmp_path: Path) -> None:
    """Equal rows are numbered from the oldest, so a later one does not shift the others."""
    coffee = "01/03/2025,VIS,COFFEE,-£2.00,"
    today = read_text(ID, tmp_path / "a.csv", f"{HEADING}{coffee}£6.00\n{coffee}£8.00\n")
    later = read_text(
        ID, tmp_path / "b.csv", f"{HEADING}{coffee}£4.00\n{coffee}£6.00\n{coffee}£8.00\n"
    )
    known = {row.native_id: row.data["balance"] for row in today.records}
    new = {row.native_id: row.data["balance"] for row in later.records}
    assert len(known) == 2
    assert len(new) == 3
    assert known.items() <= new.items()


def test_a_reordered_interest_row_keeps_its_identity(tmp_path: Path) -> None:
    first = "01/03/2025,INT,INTEREST,+£0.10,£5.10\n28/02/2025,VIS,TEA,-£1.00,£5.00\n"
    second = "28/02/2025,VIS,TEA,-£1.00,£5.10\n01/03/2025,INT,INTEREST,+£0.10,£6.10\n"
    ids = [
        {row.native_id for row in read_text(ID, tmp_path / "a.csv", HEADING + rows).records}
        for rows in (first, second)
    ]
    assert ids[0] == ids[1]


def test_the_heading_decides_and_not_the_name(tmp_path: Path) -> None:
    path = tmp_path / "MIDATA_1234.csv"
    path.write_text("Date,Description,Amount,Balance\n01/03/2025,TEA,-1.00,5.00\n")
    with open_source([path]) as source:
        assert by_id(ID).recognise(source) is None


def test_an_unterminated_quote_costs_one_row(tmp_path: Path) -> None:
    rows = '02/03/2025,VIS,"TEA,-£1.00,£5.00\n01/03/2025,VIS,CAKE,-£3.00,£6.00\n'
    reading = read_text(ID, tmp_path / "a.csv", HEADING + rows)
    assert [row.title for row in reading.records] == ["CAKE"]
    assert [(each.where, each.code) for each in reading.problems] == [("row 2", "bad-csv")]


@pytest.mark.parametrize("text", ["1e400", "１２", "1_000", "nan", "12,34.00", "--1", ""])
def test_an_amount_that_is_none_is_a_problem(text: str, tmp_path: Path) -> None:
    good = "01/03/2025,VIS,CAKE,-£3.00,£6.00\n"
    rows = f'02/03/2025,VIS,TEA,"{text}",£5.00\n{good}'
    reading = read_text(ID, tmp_path / "a.csv", HEADING + rows)
    assert reading.codes() == ["bad-amount"]
    assert [row.title for row in reading.records] == ["CAKE"]


def test_a_field_of_a_megabyte_is_a_problem(tmp_path: Path) -> None:
    rows = f"02/03/2025,VIS,{'A' * 1_000_000},-£1.00,£5.00\n01/03/2025,VIS,CAKE,-£3.00,£6.00\n"
    reading = read_text(ID, tmp_path / "a.csv", HEADING + rows)
    assert reading.codes() == ["bad-csv"]
    assert [row.title for row in reading.records] == ["CAKE"]


def test_an_empty_statement_is_said_to_be_empty(tmp_path: Path) -> None:
    with pytest.raises(Unreadable) as refusal:
        read_text(ID, tmp_path / "a.csv", HEADING)
    assert refusal.value.code == "nothing-found"


def test_files_of_a_folder_that_overlap_tell_of_the_same_rows(tmp_path: Path) -> None:
    coffee = '02/06/2025,VIS,"MILL LANE COFFEE",-£3.10,£10.00\n'
    for name in ("may-to-june", "june"):
        (tmp_path / f"{name}.csv").write_text(HEADING + coffee + coffee, encoding="utf-8")
    ids = [row.native_id for row in Reading(ID, tmp_path).of("finance.transaction")]
    assert len(ids) == 4
    assert len(set(ids)) == 2


def test_a_refusal_quotes_what_went_wrong_first(tmp_path: Path) -> None:
    path = tmp_path / "bank.csv"
    path.write_text(f"{HEADING}01/02/2026,Card,Shop,lots,5.00\n02/02/2026,Card,Shop,more,5.00\n")
    with pytest.raises(Unreadable) as refusal:
        Reading(ID, path)
    assert (refusal.value.code, refusal.value.value) == ("bad-amount", "lots")
