"""OFX: totals of the sample files, dates, amounts and identity."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.ofx import decimal
from connectors.ofx_tags import date_time
from tests.connectors.samples import Reading, read_text, refuses

ID = "ofx.statement"


def statement(*rows: str) -> str:
    """A statement with one row for each (date, amount, id, name) given as SGML."""
    start = "OFXHEADER:100\nVERSION:102\n\n<OFX><STMTRS><CURDEF>EUR<BANKACCTFROM><BANKID>1"
    return f"{start}<ACCTID>2</BANKACCTFROM><BANKTRANLIST>{''.join(rows)}</BANKTRANLIST></OFX>"


def row(
    date: str = "20240101", amount: str = "-1.00", bank_id: str = "A12345", name: str = "TEA"
) -> str:
    values = f"<TRNTYPE>POS<DTPOSTED>{date}<TRNAMT>{amount}<FITID>{bank_id}<NAME>{name}"
    return f"<STMTTRN>{values}</STMTTRN>"


@pytest.mark.samples
@pytest.mark.parametrize(
    ("name", "count", "total", "currency", "balances"),
    [
        ("bank_medium.ofx", 3, "-345.27", "CAD", {"ledger": "382.34", "available": "682.34"}),
        ("checking.ofx", 3, "-59.50", "USD", {"ledger": "100.99", "available": "75.99"}),
        ("suncorp.ofx", 1, "-16.85", "AUD", {"ledger": "1234.12", "available": "1234.12"}),
    ],
)
def test_sample_of_a_bank(
    samples: Path, name: str, count: int, total: str, currency: str, balances: dict[str, str]
) -> None:
    reading = Reading(ID, samples / "ofx-qfx" / name)
    rows = reading.of("finance.transaction")
    assert len(rows) == count
    assert reading.total("finance.transaction") == Decimal(total)
    assert {each.data["currency"] for each in rows} == {currency}
    found = {each.data["type"]: each.data["amount"] for each in reading.of("finance.balance")}
    assert found == balances
    assert len(reading.of("finance.account")) == 1
    assert not reading.problems


@pytest.mark.samples
def test_sample_times_and_names(samples: Path) -> None:
    medium = Reading(ID, samples / "ofx-qfx" / "bank_medium.ofx").of("finance.transaction")
    assert [each.start for each in medium] == [
        "2009-04-01T12:20:17-05:00",
        "2009-04-02T12:20:17-05:00",
        "2009-04-03T12:20:17-05:00",
    ]
    assert medium[0].data["account"] == "12300 000012345678"
    checking = Reading(ID, samples / "ofx-qfx" / "checking.ofx").of("finance.transaction")
    assert [each.start[:10] for each in checking] == ["2011-03-31", "2011-04-05", "2011-04-07"]
    assert checking[2].data["check_number"] == "319"
    assert checking[0].data["account"] == "1452687~7"
    assert [each.data["reference"] for each in checking] == ["0000486", "0000487", "0000488"]
    suncorp = Reading(ID, samples / "ofx-qfx" / "suncorp.ofx").of("finance.transaction")
    assert suncorp[0].start == "2013-12-15"
    assert suncorp[0].data["reference"] == "1"
    assert suncorp[0].title == "EFTPOS WDL HANDYWAY ALDI STORE"


@pytest.mark.samples
def test_sample_of_a_broker(samples: Path) -> None:
    reading = Reading(ID, samples / "ofx-qfx" / "fidelity.ofx")
    actions = [each.data["action"] for each in reading.of("finance.investment")]
    assert {action: actions.count(action) for action in actions} == {
        "BUYSTOCK": 8,
        "SELLSTOCK": 2,
        "INCOME": 4,
    }
    assert len(reading.of("finance.transaction")) == 3
    assert reading.total("finance.transaction") == Decimal("-0.57")
    holdings = reading.of("finance.holding")
    assert len(holdings) == 6
    named = {each.data["name"] for each in reading.records if "security" in each.data}
    # The list at the end names seven securities; all that are bought, sold or held are in it.
    assert all(named)
    assert {each.data["currency"] for each in reading.records} == {"USD"}
    assert not reading.problems


@pytest.mark.samples
def test_sample_with_a_broken_row(samples: Path) -> None:
    reading = Reading(ID, samples / "ofx-qfx" / "malformed-decimal.ofx")
    assert not reading.of("finance.transaction")
    (problem,) = reading.problems
    assert (problem.where, problem.code) == ("STMTTRN 1", "bad-date")
    assert [each.data["amount"] for each in reading.of("finance.balance")] == ["0"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("20090401", "2009-04-01"),
        ("200904011220", "2009-04-01T12:20:00"),
        ("20090401122017", "2009-04-01T12:20:17"),
        ("20090401122017.250", "2009-04-01T12:20:17.25"),
        ("20090401122017.000[-5:EST]", "2009-04-01T12:20:17-05:00"),
        ("20090401235900[-3:GMT]", "2009-04-01T23:59:00-03:00"),
        ("20090401000000[+9:JST]", "2009-04-01T00:00:00+09:00"),
        ("20090401000000[5.5:IST]", "2009-04-01T00:00:00+05:30"),
        ("20090401000000[5.30:IST]", "2009-04-01T00:00:00+05:30"),
        ("20090401000000[0:GMT]", "2009-04-01T00:00:00Z"),
        ("20090401000000.000 GMT", "2009-04-01T00:00:00Z"),
        ("20180804093914:014", "2018-08-04T09:39:14.014"),
        ("20090401000000[EST]", "2009-04-01T00:00:00"),
    ],
)
def test_dates(text: str, expected: str) -> None:
    assert date_time(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "20120231",
        "20112000",
        "00000101",
        "2009040",
        "99999999",
        "20090401250000",
        "２００９０４０１",
        "20090401000000[+20:X]",
        "20090401T00",
        "20090401000000[1.7]",
        "",
    ],
)
def test_dates_that_are_none(text: str) -> None:
    assert refuses(date_time, text)


@given(
    st.text(max_size=30) | st.from_regex(r"[0-9]{8,14}(\.[0-9]{3})?(\[[+-]?[0-9]+(:[A-Z]+)?\])?")
)
def test_dates_never_fail_otherwise(text: str) -> None:
    try:
        found = date_time(text)
    except ValueError:
        return
    assert found[:4] == text.strip()[:4]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("-345.27", "-345.27"),
        ("+0000000000100.00000", "100.00000"),
        ("200,29", "200.29"),
        ("-1.234,56", "-1234.56"),
        ("1,234.56", "1234.56"),
        ("1,234,567", "1234567"),
        ("-0,5", "-0.5"),
        ("0", "0"),
        (".12345", "0.12345"),
    ],
)
def test_amounts(text: str, expected: str) -> None:
    assert decimal(text) == expected


@pytest.mark.parametrize(
    "text", ["1,234", "1.2.3,4", "1e400", "１２", "1_000", "nan", "", ",", "-"]
)
def test_amounts_that_are_none(text: str) -> None:
    assert refuses(decimal, text)


def test_one_bank_id_for_two_rows_keeps_both(tmp_path: Path) -> None:
    text = statement(row(amount="-1.00"), row(amount="-2.00"), row(amount="-2.00"))
    ids = [
        each.native_id for each in read_text(ID, tmp_path / "a.ofx", text).of("finance.transaction")
    ]
    assert len(set(ids)) == 3


def test_bank_ids_that_count_rows_are_not_believed(tmp_path: Path) -> None:
    """The next download numbers other rows 1 and 2; a row keeps its identity nevertheless."""
    first = statement(row(bank_id="1", name="TEA"), row(bank_id="2", name="CAKE"))
    second = statement(row(bank_id="1", name="CAKE"), row(bank_id="2", name="BUN"))
    ids = [
        {
            each.title: each.native_id
            for each in read_text(ID, tmp_path / "a.ofx", text).of("finance.transaction")
        }
        for text in (first, second)
    ]
    assert ids[0]["CAKE"] == ids[1]["CAKE"]
    assert len({*ids[0].values(), *ids[1].values()}) == 3


def test_a_renamed_payee_is_the_same_row(tmp_path: Path) -> None:
    ids = [
        read_text(ID, tmp_path / "a.ofx", statement(row(name=name)))
        .of("finance.transaction")[0]
        .native_id
        for name in ("TEA SHOP", "Tea shop, Leeds")
    ]
    assert ids[0] == ids[1]


def test_a_row_cut_off_is_not_kept(tmp_path: Path) -> None:
    """Cut in the middle of an amount, -316.67 would be -31."""
    text = statement(row(), row(amount="-316.67", bank_id="B12345"))
    reading = read_text(ID, tmp_path / "a.ofx", text[: text.index("6.67")])
    assert [each.data["amount"] for each in reading.of("finance.transaction")] == ["-1.00"]
    assert reading.codes() == ["bad-xml"]


@pytest.mark.parametrize(
    ("charset", "encoding", "name"),
    [("1252", "cp1252", "CAFÉ"), ("ISO-8859-1", "latin-1", "PÃO"), ("932", "cp932", "電気料金")],
)
def test_the_declared_encoding_comes_after_utf8(
    charset: str, encoding: str, name: str, tmp_path: Path
) -> None:
    text = statement(row(name=name)).replace("VERSION:102", f"VERSION:102\nCHARSET:{charset}")
    for data in (text.encode(encoding), text.encode()):
        rows = read_text(ID, tmp_path / "a.ofx", data).of("finance.transaction")
        assert rows[0].title == name


def test_an_endless_value_is_refused(tmp_path: Path) -> None:
    text = statement(row(name="A" * 5_000_000))
    with pytest.raises(Exception, match="too-long"):
        read_text(ID, tmp_path / "a.ofx", text)
