"""Dates, money and fingerprints: exact, or refused."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.toolkit import dates, money
from connectors.toolkit.fingerprint import Fingerprints
from tests.connectors.samples import refuses


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("£2,160.00", "2160.00"),
        ("-£50.00", "-50.00"),
        ("£-50.00", "-50.00"),
        ("+£5.00", "5.00"),
        ("(12.50)", "-12.50"),
        ("−3.10", "-3.10"),
        ("₩1,234,567", "1234567"),
        ("007.10", "7.10"),
        (f"-{'9' * 60}", f"-{'9' * 60}"),
        ("-0.00", "0.00"),
        (".5", "0.5"),
        (" 12 ", "12"),
    ],
)
def test_amounts(text: str, expected: str) -> None:
    assert money.amount(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-",
        ".",
        "£",
        "--1",
        "-(1)",
        "(1",
        "1e400",
        "1E2",
        "1_000",
        "nan",
        "inf",
        "１２",
        "٣",
        "12,34",
        "1,2345",
        ",5",
        "1.2.3",
        "1 000",
        "£€1",
        "0x10",
        "9" * 61,
        "1\n2",
    ],
)
def test_amounts_that_are_none(text: str) -> None:
    assert refuses(money.amount, text)


@given(
    st.decimals(
        allow_nan=False, allow_infinity=False, places=4, min_value=-(10**12), max_value=10**12
    )
)
def test_written_numbers_read_back(value: Decimal) -> None:
    text = money.decimal_text(value)
    assert Decimal(money.number(text)) == value
    assert Decimal(money.amount(f"{value:,.4f}")) == value


@given(st.text(max_size=12))
def test_numbers_are_ascii_decimals_or_refused(text: str) -> None:
    for read in (money.amount, money.number):
        try:
            found = read(text)
        except ValueError:
            continue
        assert found.isascii()
        assert format(Decimal(found), "f") == found


@pytest.mark.parametrize("text", ["NaN", "Infinity", "1E+400", "1E-400", "9" * 61])
def test_decimals_beyond_reason(text: str) -> None:
    assert refuses(lambda each: money.decimal_text(Decimal(each)), text)


def test_decimals_in_plain_notation() -> None:
    assert money.decimal_text(Decimal("1.50E+3")) == "1500"
    assert money.decimal_text(Decimal("-0.0")) == "0.0"
    assert money.decimal_text(Decimal("1E-7")) == "0.0000001"


@given(st.integers(-62_135_596_800, 253_402_300_799))
def test_epoch_seconds(seconds: int) -> None:
    text = dates.from_epoch(seconds)
    assert dates.is_iso(text)
    assert text == dates.from_epoch(str(seconds)) == dates.from_epoch(seconds * 1000, "ms")
    if seconds >= -62_000_000_000:
        assert datetime.fromisoformat(text).timestamp() == seconds


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("1721154384.66136", "2024-07-16T18:26:24.66136Z"),
        ("-1.5", "1969-12-31T23:59:58.5Z"),
        ("-1.0", "1969-12-31T23:59:59Z"),
        ("0.000", "1970-01-01T00:00:00Z"),
        (Decimal("1E+3"), "1970-01-01T00:16:40Z"),
    ],
)
def test_epoch_fractions(value: str | Decimal, expected: str) -> None:
    assert dates.from_epoch(value) == expected


@pytest.mark.parametrize("value", ["", "x", "1e9", "１２", "99999999999999", " 1", "1_0", "nan"])
def test_epochs_that_are_none(value: str) -> None:
    assert refuses(dates.from_epoch, value)


def test_written_dates() -> None:
    assert dates.day_month_year("19/07/2025") == "2025-07-19"
    assert dates.month_day_year("7/2/2026") == "2026-07-02"
    assert dates.day_month_year("01.02.2024") == "2024-02-01"
    for text in ("31/02/2025", "00/01/2025", "1/1/25", "2025-01-01", "１/1/2025", "01/01/0000"):
        assert refuses(dates.day_month_year, text)


@pytest.mark.parametrize(
    "text",
    [
        "2014",
        "9999",
        "2014-03",
        "2014-03-09",
        "2014-03-09T10:20",
        "2014-03-09T10:20:30Z",
        "2014-03-09T10:20:30.123456789+09:00",
        "2014-02-28T23:59:59",
    ],
)
def test_iso(text: str) -> None:
    assert dates.is_iso(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0000",
        "2014-13",
        "2014-02-30",
        "20140309",
        "2014-03-09 10:20",
        "2014-03-09T25:00",
        "2014-03-09T24:00:00Z",
        "2014-03-09T10:20+0900",
        "２０１４",
        "2014-W10",
        "2014-03-09T10:20:61Z",
        "2014-03-09T10:20:Z",
    ],
)
def test_not_iso(text: str) -> None:
    assert not dates.is_iso(text)


def test_fingerprints_count_equals_and_keep_parts_apart() -> None:
    prints = Fingerprints()
    first = prints.of("ab", "c")
    assert prints.of("ab", "c") == first.replace("#1", "#2")
    assert prints.of("ab", "c").endswith("#3")
    assert prints.of("a", "bc") != first
    assert prints.of("abc") != first
    assert Fingerprints().of("ab", "c") == first
