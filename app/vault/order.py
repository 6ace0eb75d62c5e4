"""Row numbers that grow with time.

A record's row number is its time in milliseconds shifted left by 14, plus up to 16,383 to tell
apart what happened in the same millisecond. So the record table is the timeline, a page of it is a
key range, and the newest hits of a search are the highest row numbers.

Wall-clock times without a zone and dates are ordered as if they were UTC; records without any time
come before everything.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Final

SHIFT: Final = 14
STEP: Final = 1 << SHIFT
_UNKNOWN: Final = -(1 << 48)
UNKNOWN_ROW: Final = _UNKNOWN << SHIFT
DATED_FROM: Final = -(1 << 47) << SHIFT
"""Rows below this have no time."""
LARGEST: Final = (1 << 63) - 1
DAY: Final = 86_400_000 << SHIFT
"""Row numbers in a day: more than any zone is away from UTC."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_NAIVE_EPOCH: Final = datetime(1970, 1, 1)  # noqa: DTZ001 wall-clock times have no zone
# Narrower than `fromisoformat`, which takes week dates and times without colons too: everything
# here cuts years and months off the front of the text. Newer ones also take 24 as the hour.
_TIME: Final = re.compile(
    r"\d{4}(-\d\d(-\d\d(T([01]\d|2[0-3]):\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?)?)?", re.ASCII
)
_REMEMBERED: Final = 20_000
_LONGEST: Final = 32
"""Characters of a piece worth remembering: a fraction may have millions."""
_MILLISECOND: Final = timedelta(milliseconds=1)


class _Known(dict[str, int]):
    """What pieces of a time are worth in milliseconds, learnt one by one.

    `before` stands for the rest of the time. Raises `KeyError` for what is no such piece.
    """

    def __init__(self, before: str) -> None:
        super().__init__()
        self._before = before

    def __missing__(self, piece: str) -> int:
        at = _parsed(self._before + piece)
        if at is None:
            raise KeyError
        if len(self) >= _REMEMBERED:
            self.clear()
        if len(piece) <= _LONGEST:
            self[piece] = at
        return at


_DAYS: Final = _Known("")
_MINUTES: Final = _Known("1970-01-01")
_SECONDS: Final = _Known("1970-01-01T00:00")
_ZONES: Final = _Known("1970-01-01T00:00:00")
"""A fraction, a zone, both or nothing."""


def milliseconds(text: str) -> int | None:
    """Milliseconds since 1970 of ISO text as in `Record.start`; None when empty or not a time."""
    # Days, minutes and zones come again and again, and this runs for every record that comes in.
    try:
        return _DAYS[text[:10]] + _MINUTES[text[10:16]] + _SECONDS[text[16:19]] + _ZONES[text[19:]]
    except KeyError:  # no time at all, or one that has its zone where others have seconds
        return _parsed(text)


def _parsed(text: str) -> int | None:
    if not _TIME.fullmatch(text):
        return None
    try:
        moment = datetime.fromisoformat(_first_day(text))
    except ValueError:
        return None
    return (moment - (_EPOCH if moment.tzinfo else _NAIVE_EPOCH)) // _MILLISECOND


def _first_day(text: str) -> str:
    """The first day of a year or a month; anything longer stays what it is."""
    return text + "-01-01"[len(text) - 4 :] if len(text) < 10 else text


def row(text: str) -> int:
    """The first row number for a record that starts at `text`."""
    at = milliseconds(text)
    return UNKNOWN_ROW if at is None else at << SHIFT


def end_of_millisecond(rid: int) -> int:
    """The row number after all that share the millisecond of `rid`, or share having no time."""
    return DATED_FROM if rid < DATED_FROM else (rid | STEP - 1) + 1


def span(since: str, until: str) -> tuple[int, int]:
    """The row numbers from the start of `since` to the end of `until`; each may be empty.

    Without both, records that have no time are in it; with one, what has no time is not known to be
    inside. Raises `ValueError` for what is not a time.
    """
    if not since and not until:
        return UNKNOWN_ROW, LARGEST
    low = _known(since) << SHIFT if since else DATED_FROM
    return low, (_end(until) << SHIFT) - 1 if until else LARGEST


def _known(text: str) -> int:
    at = milliseconds(text)
    if at is None:
        raise ValueError("not a time")
    return at


def _end(text: str) -> int:
    """The millisecond after the year, month, day, minute, second or instant that `text` names."""
    start = _known(text)
    if len(text) > 10:
        clock = re.split(r"[Z+-]", text[11:])[0]
        return start + (60_000 if len(clock) == 5 else 1000 if len(clock) == 8 else 1)
    if len(text) == 10:
        return start + 86_400_000
    year, month = int(text[:4]), int(text[5:7] or 12)
    if (year, month) == (9999, 12):  # the calendar ends here
        return start + (31 if len(text) == 7 else 365) * 86_400_000
    return _known(f"{year + month // 12:04}-{month % 12 + 1:02}")
