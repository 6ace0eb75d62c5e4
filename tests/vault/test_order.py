"""Row numbers against the calendar of the standard library."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.vault import order

ZONES = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
MOMENTS = st.datetimes(timezones=ZONES)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def since_epoch(moment: datetime) -> int:
    return (moment - EPOCH) // timedelta(milliseconds=1)


@given(MOMENTS)
def test_an_instant_is_its_milliseconds(moment: datetime) -> None:
    assert order.milliseconds(moment.isoformat()) == since_epoch(moment)


@given(st.datetimes())
def test_a_wall_clock_is_ordered_as_utc(moment: datetime) -> None:
    assert order.milliseconds(moment.isoformat()) == since_epoch(moment.replace(tzinfo=UTC))


@given(st.from_regex(r"20[0-9]{2}-[01][0-9]-[0-3][0-9]T[0-2][0-9][:.][0-6][0-9]:[0-6][0-9].{1,7}"))
def test_the_short_way_takes_what_the_long_one_takes(text: str) -> None:
    assert order.milliseconds(text) == order._parsed(text)


PIECES = [
    "20",
    "24",
    "-",
    "-0",
    "12",
    "31",
    "T",
    "10",
    ":",
    "59",
    "60",
    ".",
    "5",
    "Z",
    "+09",
    ":00",
]


@given(st.lists(st.sampled_from(PIECES), max_size=14).map("".join))
def test_no_text_is_a_time_only_because_its_pieces_are(text: str) -> None:
    assert order.milliseconds(text) == order._parsed(text)


def test_what_is_learnt_of_times_stays_bounded() -> None:
    for number in range(order._REMEMBERED * 2):
        assert order.milliseconds(f"2024-01-31T10:20:00.{number:06}Z") is not None
    assert len(order._ZONES) <= order._REMEMBERED


def test_a_fraction_of_any_length_is_read_and_not_kept() -> None:
    fraction = "." + "9" * 5000
    assert order.milliseconds(f"1970-01-01T00:00:00{fraction}Z") == 999
    assert f"{fraction}Z" not in order._ZONES


@given(st.dates())
def test_partial_dates_start_where_they_start(day: date) -> None:
    text = day.isoformat()
    for part, first in (
        (text, day),
        (text[:7], day.replace(day=1)),
        (text[:4], day.replace(month=1, day=1)),
    ):
        at = datetime.combine(first, time.min, UTC)
        assert order.milliseconds(part) == since_epoch(at)


@given(MOMENTS, MOMENTS)
def test_rows_grow_with_time(one: datetime, other: datetime) -> None:
    rows = order.row(one.isoformat()), order.row(other.isoformat())
    if since_epoch(one) < since_epoch(other):
        assert rows[0] + order.STEP <= rows[1]
    assert all(order.DATED_FROM < row < order.LARGEST - 2 * order.DAY for row in rows)


@pytest.mark.parametrize("text", ["0001-01-01", "9999-12-31T23:59:59.999-23:59", "1969-12-31"])
def test_the_ends_of_the_calendar_have_rows(text: str) -> None:
    assert order.UNKNOWN_ROW < order.DATED_FROM < order.row(text) < order.LARGEST


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0000",
        "abcd",
        "2024-13",
        "2024-02-30",
        "20240131",
        "2024-W01-1",
        "2024-1-1",
        "2024-01-01 10:20",
        "2024-01-01T10",
        "2024-01-01T1020",
        "2024-01-01T10:20:00,5",
        "2024-01-01T10:20:00+0900",
        "２０２４-01-01",
        "2024-01-01T10:20:00Z\n",
        "-2024",
        "10000-01-01",
        "2024-01-01T24:00:00Z",
        "2024-01-01T24:00",
        "2024-01-01T10:20:Z",
        "2024-01-01T10:20:+09:00",
        "2024-01-01T10:20:60Z",
        "2024-01-01T10:20:00z",
        "2024-01-01T10:20:00+09.00",
        "2024-01-01T10:20:00+09:",
        "２024-01-01T10:20:00Z",
    ],
)
def test_what_is_no_time_has_the_row_of_unknown(text: str) -> None:
    assert order.milliseconds(text) is None
    assert order.row(text) == order.UNKNOWN_ROW


@given(st.dates(max_value=date(9999, 12, 30)))
def test_a_day_spans_exactly_itself(day: date) -> None:
    text = day.isoformat()
    low, high = order.span(text, text)
    assert (low, high + 1) == (order.row(text), order.row((day + timedelta(1)).isoformat()))


@pytest.mark.parametrize(
    ("until", "last"),
    [
        ("2024", "2024-12-31T23:59:59.999"),
        ("2024-02", "2024-02-29T23:59:59.999"),
        ("2024-12", "2024-12-31T23:59:59.999"),
        ("2024-02-29", "2024-02-29T23:59:59.999"),
        ("2024-02-29T10:20", "2024-02-29T10:20:59.999"),
        ("2024-02-29T10:20+09:00", "2024-02-29T10:20:59.999+09:00"),
        ("2024-02-29T10:20:30Z", "2024-02-29T10:20:30.999Z"),
        ("2024-02-29T10:20:30.500", "2024-02-29T10:20:30.500"),
        ("9999", "9999-12-31T23:59:59.999"),
        ("9999-12", "9999-12-31T23:59:59.999"),
        ("9999-12-31", "9999-12-31T23:59:59.999"),
    ],
)
def test_until_takes_in_all_of_what_it_names(until: str, last: str) -> None:
    _, high = order.span("", until)
    assert high == order.row(last) + order.STEP - 1


def test_a_period_leaves_out_what_has_no_time() -> None:
    assert order.span("", "") == (order.UNKNOWN_ROW, order.LARGEST)
    assert order.span("", "2024")[0] == order.DATED_FROM
    assert order.span("2024", "")[0] == order.row("2024")


@pytest.mark.parametrize("text", ["soon", "2024-W01", "0000"])
def test_a_period_of_nonsense_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a time"):
        order.span(text, "")
    with pytest.raises(ValueError, match="not a time"):
        order.span("", text)


@given(st.datetimes())
def test_the_end_of_a_millisecond_is_the_next_one(moment: datetime) -> None:
    row = order.row(moment.isoformat())
    for place in (0, 1, order.STEP - 1):
        assert order.end_of_millisecond(row + place) == row + order.STEP
    assert order.end_of_millisecond(order.UNKNOWN_ROW + 7) == order.DATED_FROM
