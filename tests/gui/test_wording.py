"""Dates, amounts and words as people write them, exact in both languages."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app import i18n
from app.gui.viewmodels import wording
from app.gui.viewmodels.spans import MOST_MONTHS, spans
from app.services.asking import MonthCount


@pytest.mark.parametrize(
    ("text", "unit", "en", "ko"),
    [
        ("-52.00", "GBP", "−£52.00", "−£52.00"),
        ("1403000", "KRW", "₩1,403,000", "1,403,000원"),
        ("-35000", "KRW", "−₩35,000", "−35,000원"),
        ("0.10", "CHF", "0.10 CHF", "0.10 CHF"),
        ("1234567890123456789.000001", "USD", "$1,234,567,890,123,456,789.000001", ""),
        ("12", "", "12", "12"),
        ("1.362", "kWh", "1.362 kWh", "1.362 kWh"),
        ("120/80", "mmHg", "120/80 mmHg", "120/80 mmHg"),
        ("121/77", "mm[Hg]", "121/77 mmHg", "121/77 mmHg"),
        ("36.6", "Cel", "36.6 °C", "36.6 °C"),
    ],
)
def test_amounts_are_exact(text: str, unit: str, en: str, ko: str) -> None:
    assert wording.amount(text, unit) == en
    i18n.set_language("ko")
    assert wording.amount(text, unit) == ko or not ko


@pytest.mark.parametrize(
    ("where", "en", "ko"),
    [
        ("row 7", "row 7", "7행"),
        ("line 12", "line 12", "12번째 줄"),
        ("a/b.csv row 7", "a/b.csv row 7", "a/b.csv 7행"),
        ("arrow 7", "arrow 7", "arrow 7"),
        ("posts.json#/3", "posts.json#/3", "posts.json#/3"),
        ("", "", ""),
    ],
)
def test_a_place_in_a_file_is_said_in_the_persons_language(where: str, en: str, ko: str) -> None:
    assert wording.place_read(where) == en
    i18n.set_language("ko")
    assert wording.place_read(where) == ko


@given(st.decimals(allow_nan=False, allow_infinity=False, places=6))
def test_grouping_loses_nothing(value: Decimal) -> None:
    shown = wording.grouped(f"{value:f}")
    assert Decimal(shown.replace(",", "").replace(wording.MINUS, "-")) == value


@pytest.mark.parametrize(
    ("value", "unit", "en", "ko"),
    [
        ("2000000", "KRW", "₩2M", "200만"),
        ("300000000", "KRW", "₩300M", "3억"),
        ("15000", "GBP", "£15k", "£15k"),
        ("7.5", "", "", ""),
        ("7.5", "kWh", "7.5", "7.5"),
        ("800", "", "800", "800"),
        ("0", "EUR", "€0", "€0"),
    ],
)
def test_axes_are_short(value: str, unit: str, en: str, ko: str) -> None:
    assert wording.axis(Decimal(value), unit) == en
    i18n.set_language("ko")
    assert wording.axis(Decimal(value), unit) == ko


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("2014", "2014"),
        ("2014-03-09", "2014-03-09"),
        ("2014-03-09T10:20:00", "2014-03-09 10:20:00"),
        ("2014-03-09T10:20:00+09:00", "2014-03-09 10:20:00 +09:00"),
        ("2014-03-09T10:20:00-05:00", "2014-03-09 10:20:00 -05:00"),
        ("2014-03-09T10:20:00Z", "2014-03-09 10:20:00 UTC"),
    ],
)
def test_a_time_says_what_is_known(text: str, shown: str) -> None:
    assert wording.exact_moment(text) == shown


@pytest.mark.parametrize(
    ("then", "en", "ko"),
    [
        ("2026-03-01T08:00:00Z", "today", "오늘"),
        ("2026-03-02", "today", "오늘"),
        ("2026-02-28", "yesterday", "1일 전"),
        ("2026-02-17", "12 days ago", "12일 전"),
        ("2026-01-20", "1 month ago", "1달 전"),
        ("2023-03-01", "3 years ago", "3년 전"),
        ("", "", ""),
    ],
)
def test_freshness_in_words(then: str, en: str, ko: str) -> None:
    today = date(2026, 3, 1)
    assert wording.ago(then, today) == en
    i18n.set_language("ko")
    assert wording.ago(then, today) == ko


def test_months_are_named_in_both_languages() -> None:
    assert wording.month_year("2025-11") == "Nov 2025"
    i18n.set_language("ko")
    assert wording.month_year("2025-11") == "2025년 11월"


def test_a_span_of_one_day_is_one_day() -> None:
    assert wording.span("2025-05-01T10:00:00Z", "2025-05-01") == "2025-05-01"


def test_empty_months_are_bars_too() -> None:
    found = spans([MonthCount("2024-11", 2), MonthCount("2025-02", 1)])
    assert [span.records for span in found] == [2, 0, 0, 1]
    assert [span.label for span in found] == ["2024", "", "2025", ""]
    assert spans([]) == []


def test_many_months_become_years() -> None:
    found = spans([MonthCount("1980-01", 2), MonthCount("2025-02", 1), MonthCount("2025-03", 4)])
    assert len(found) == 46 < MOST_MONTHS
    assert (found[0].period, found[-1].period, found[-1].records) == ("1980", "2025", 5)


def test_a_wrong_year_does_not_make_thousands_of_bars() -> None:
    assert len(spans([MonthCount("0001-01", 1), MonthCount("2025-01", 1)])) <= 120
