"""Row numbers that grow with time.

A record's row number is its time in milliseconds shifted left by 14, plus up to 16,383 to tell
apart what happened in the same millisecond. So the record table is the timeline, a page of it is a
key range, and the newest hits of a search are the highest row numbers.

Wall-clock times without a zone and dates are ordered as if they were UTC; records without any time
come before everything.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Final

SHIFT: Final = 14
STEP: Final = 1 << SHIFT
_UNKNOWN: Final = -(1 << 48)
UNKNOWN_ROW: Final = _UNKNOWN << SHIFT
DATED_FROM: Final = -(1 << 47) << SHIFT
"""Rows below this have no time."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_NAIVE_EPOCH: Final = datetime(1970, 1, 1)  # noqa: DTZ001 wall-clock times have no zone


@lru_cache(8192)
def milliseconds(text: str) -> int | None:
    """Milliseconds since 1970 of ISO text as in `Record.start`; None when empty or not a time."""
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text if len(text) > 7 else _first_day(text))
    except ValueError:
        return None
    since = moment - (_EPOCH if moment.tzinfo else _NAIVE_EPOCH)
    return since.days * 86_400_000 + since.seconds * 1000 + since.microseconds // 1000


def _first_day(text: str) -> str:
    """The first day of a year or a month; other short texts stay what they are: no time."""
    if len(text) == 4:
        return f"{text}-01-01"
    return f"{text}-01" if len(text) == 7 and text[4] == "-" else text


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


def _next(day: str) -> str:
    """The ISO date after a year, month or day."""
    if len(day) > 7:
        return (date.fromisoformat(day) + timedelta(days=1)).isoformat()
    year, month = int(day[:4]), int(day[5:7] or 12)
    return f"{year + month // 12:04}-{month % 12 + 1:02}-01"
