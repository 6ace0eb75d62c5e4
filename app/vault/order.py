"""Row numbers that grow with time.

A record's row number is its time in milliseconds shifted left by 14, plus up to 16,383 to tell
apart what happened in the same millisecond. So the record table is the timeline, a page of it is a
key range, and the newest hits of a search are the highest row numbers.

Wall-clock times without a zone and dates are ordered as if they were UTC; records without any time
come before everything.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

SHIFT: Final = 14
STEP: Final = 1 << SHIFT
_UNKNOWN: Final = -(1 << 48)
UNKNOWN_ROW: Final = _UNKNOWN << SHIFT
DATED_FROM: Final = -(1 << 47) << SHIFT
"""Rows below this have no time."""


@lru_cache(4096)
def _day(text: str) -> int:
    """Milliseconds from 1970 to the start of a date of any precision (proleptic Gregorian)."""
    year = int(text[:4])
    month = int(text[5:7] or 1)
    day = int(text[8:10] or 1)
    # Days from civil: counts years from March so that leap days fall at their end.
    year -= month <= 2
    of_year = (153 * (month + (-3 if month > 2 else 9)) + 2) // 5 + day - 1
    of_era = (year % 400) * 365 + (year % 400) // 4 - (year % 400) // 100 + of_year
    return (year // 400 * 146_097 + of_era - 719_468) * 86_400_000


def _clock(text: str) -> int:
    """Milliseconds of "10:20", "10:20:00" or "10:20:00.123456"."""
    seconds = int(text[6:8] or 0)
    fraction = text[9:12]
    return (int(text[:2]) * 3600 + int(text[3:5]) * 60 + seconds) * 1000 + (
        int(fraction.ljust(3, "0")) if fraction else 0
    )


@lru_cache(512)
def _offset(text: str) -> int:
    """Milliseconds of "+09:00" or "+0900"; 0 for "Z" and nothing."""
    if len(text) < 3:
        return 0
    minutes = int(text[1:3]) * 60 + int(text[-2:] if len(text) > 3 else 0)
    return minutes * (-60_000 if text[0] == "-" else 60_000)


def milliseconds(text: str) -> int | None:
    """Milliseconds since 1970 of ISO text as in `Record.start`; None when empty or not a time."""
    if not text:
        return None
    try:
        day = _day(text[:10])
        if len(text) <= 10:
            return day
        rest = text[11:]
        cut = len(rest)
        for place in range(5, len(rest)):
            if rest[place] in "+-Z":
                cut = place
                break
        return day + _clock(rest[:cut]) - _offset(rest[cut:])
    except ValueError:
        return None


def row(text: str) -> int:
    """The first row number for a record that starts at `text`."""
    at = milliseconds(text)
    return UNKNOWN_ROW if at is None else at << SHIFT


def day_rows(since: str, until: str) -> tuple[int, int]:
    """The row numbers from the start of `since` to the end of `until`, both ISO dates or empty."""
    low = row(since) if since else UNKNOWN_ROW
    if not until:
        return low, (1 << 63) - 1
    if len(until) > 10:
        return low, row(until) + STEP - 1
    return low, row(_next(until)) - 1


def _next(date: str) -> str:
    """The ISO date after a year, month or day."""
    from datetime import date as Date
    from datetime import timedelta

    year, month = int(date[:4]), int(date[5:7] or 12)
    if len(date) > 7:
        return (Date.fromisoformat(date) + timedelta(days=1)).isoformat()
    return f"{year + month // 12:04}-{month % 12 + 1:02}-01"
