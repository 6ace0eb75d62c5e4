"""From the ways sources write time to the ISO 8601 text of `connectors.api.Record`.

Lives here: calendar checks and formatting. A date stays a date: nothing here moves a local day to
midnight UTC. Every function raises ValueError on nonsense.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Final, Literal

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
# Year 1 to year 9999; outside of it `datetime` has no words.
_FIRST: Final = -62_135_596_800
_LAST: Final = 253_402_300_799

_EPOCH_TEXT: Final = re.compile(r"-?[0-9]{1,18}(?:\.[0-9]{1,12})?", re.ASCII)
_SLASHED: Final = re.compile(r"([0-9]{1,2})[/.-]([0-9]{1,2})[/.-]([0-9]{4})", re.ASCII)
_ISO: Final = re.compile(
    r"[0-9]{4}(?:-[0-9]{2}(?:-[0-9]{2}"
    r"(?:T(?:[01][0-9]|2[0-3]):[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,9})?)?(?:Z|[+-][0-9]{2}:[0-9]{2})?)?)?)?",
    re.ASCII,
)


def from_epoch(value: int | str | Decimal, scale: Literal["s", "ms"] = "s") -> str:
    """Render seconds or milliseconds since 1970 as an instant: "2014-01-01T05:00:00Z".

    A fraction of a second is kept as written, without its trailing zeros.
    """
    if type(value) is int and scale == "s":
        return _instant(value)
    number = _exact(value)
    if scale == "ms":
        number = number.scaleb(-3)
    whole = int(number // 1) if number >= 0 or number == int(number) else int(number) - 1
    fraction = number - whole
    text = _instant(whole)
    if not fraction:
        return text
    digits = format(fraction, "f")[2:].rstrip("0")
    return f"{text[:-1]}.{digits}Z"


def _exact(value: int | str | Decimal) -> Decimal:
    if isinstance(value, str) and not _EPOCH_TEXT.fullmatch(value):
        raise ValueError(value)
    number = Decimal(value)
    if not number.is_finite() or abs(number.adjusted()) > 18:
        raise ValueError(value)
    return number


def _instant(seconds: int) -> str:
    if not _FIRST <= seconds <= _LAST:
        raise ValueError(seconds)
    moment = _EPOCH + timedelta(seconds=seconds)
    return moment.isoformat()[:-6] + "Z"


def day(year: int | str, month: int | str, of_month: int | str) -> str:
    """Render a calendar date that exists: "2014-03-09"."""
    return date(int(year), int(month), int(of_month)).isoformat()


def day_month_year(text: str) -> str:
    """Read "19/07/2025" (also with dots or dashes) the British way: "2025-07-19"."""
    match = _SLASHED.fullmatch(text.strip())
    if match is None:
        raise ValueError(text)
    return day(match[3], match[2], match[1])


def month_day_year(text: str) -> str:
    """Read "07/19/2025" (also with dots or dashes) the American way: "2025-07-19"."""
    match = _SLASHED.fullmatch(text.strip())
    if match is None:
        raise ValueError(text)
    return day(match[3], match[1], match[2])


def is_iso(text: str) -> bool:
    """Whether `text` is a real date or time in the form `Record.start` asks for.

    "2014", "2014-03", "2014-03-09", with "T10:20", "T10:20:30", a fraction, "Z" or an offset.
    """
    # Not without seconds: for "10:20:" and a zone `fromisoformat` says yes.
    if text[4:17:3] != "--T::" or text[11:13] == "24" or not text[17:19].isdigit():
        return _is_iso(text)
    # Times of day to the second come by the million, all of them with one of a few zones.
    try:
        datetime.fromisoformat(text[:19])
    except ValueError:
        return False
    return _is_zone(text[19:])


@lru_cache(1024)
def _is_zone(text: str) -> bool:
    """Whether it can stand behind the seconds: a fraction, "Z" or an offset, both or nothing."""
    return _is_iso(f"1970-01-01T00:00:00{text}")


def _is_iso(text: str) -> bool:
    if not _ISO.fullmatch(text):
        return False
    padded = text + "-01-01"[len(text) - 4 :] if len(text) < 10 else text
    try:
        if "." in padded:
            # Nanoseconds are real but `datetime` stops at microseconds.
            padded = re.sub(r"(\.[0-9]{6})[0-9]+", r"\1", padded)
        datetime.fromisoformat(padded)
    except ValueError:
        return False
    return True
