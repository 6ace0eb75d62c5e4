"""How dates, amounts, kinds and sources are written for people. Exact: nothing here rounds a value.

Axis labels are the one exception: they are short forms of round numbers.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Final

from PySide6.QtCore import QLocale

from app.i18n import language, mark, tr, tr_n
from app.services.asking import Row
from connectors.api import Value
from connectors.kinds import DOMAINS, KINDS, Field

_PLACE: Final = re.compile(r"(.*\W|)(row|line) (\d+)", re.DOTALL)

MINUS: Final = "−"
SYMBOLS: Final = {"USD": "$", "GBP": "£", "EUR": "€", "JPY": "¥", "KRW": "₩"}

_SIGNS: Final = {
    "mm[Hg]": "mmHg",
    "[lb_av]": "lb",
    "[oz_av]": "oz",
    "[in_i]": "in",
    "[ft_i]": "ft",
    "[degF]": "°F",
    "Cel": "°C",
    "{beats}/min": "/min",
    "10*3/uL": "10³/µL",
    "10*6/uL": "10⁶/µL",
    "uL": "µL",
    "ug": "µg",
}
"""Codes of units in health records (UCUM) that are not what people write."""

SENSITIVITY: Final = {
    1: mark("Ordinary"),
    2: mark("Personal"),
    3: mark("Sensitive"),
}

_VALUES: Final[dict[str, tuple[tuple[str, str], ...]]] = {
    "finance": (("amount", "currency"), ("price", "currency"), ("units", "")),
    "energy": (("quantity", "unit"), ("amount", "currency"), ("cost", "currency")),
    "health": (("amount", "currency"), ("value", "unit"), ("quantity", "")),
    "fitness": (("value", "unit"),),
    "education": (("amount", "currency"), ("balance", "currency")),
}
"""Domain to the fields that make a record's one number, the first that is there."""


# -- numbers


def grouped(text: str) -> str:
    """Exact decimal text with grouped thousands and a real minus sign."""
    sign = MINUS if text.startswith("-") else ""
    whole, point, rest = text.lstrip("-+").partition(".")
    return f"{sign}{int(whole):,}{point}{rest}" if whole.isdecimal() and whole.isascii() else text


def amount(text: str, unit: str = "") -> str:
    """An exact amount with its unit or currency as people write it: "−£52.00", "35,000원"."""
    number = grouped(text)
    if unit == "KRW" and language() == "ko":
        return tr("₩{number}", number=number)
    if unit in SYMBOLS:
        sign = MINUS if number.startswith(MINUS) else ""
        return f"{sign}{SYMBOLS[unit]}{number.removeprefix(MINUS)}"
    return f"{number} {unit_sign(unit)}" if unit else number


def unit_sign(unit: str) -> str:
    """A unit as people write it: "mmHg" for "mm[Hg]". Of one that is not known, itself."""
    return _SIGNS.get(unit, unit)


def axis(value: Decimal, unit: str = "") -> str:
    """A round number for an axis. Ten thousands are counted only for won in Korean.

    Counts have no unit, and between two of them there is nothing to write.
    """
    if not unit and value != value.to_integral_value():
        return ""
    if unit == "KRW" and language() == "ko":
        return _scaled(value, ((10**8, "억"), (10**4, "만")))
    symbol = SYMBOLS.get(unit, "")
    return symbol + _scaled(value, ((10**9, "G"), (10**6, "M"), (10**4, "k")))


def _scaled(value: Decimal, sizes: Sequence[tuple[int, str]]) -> str:
    for size, letter in sizes:
        if value >= size:
            return _short(value / (1000 if letter == "k" else size)) + letter
    return grouped(_short(value))


def _short(value: Decimal) -> str:
    return f"{value.normalize():f}"


def records(count: int) -> str:
    """So many records, in words."""
    return tr_n(count, "{count} record", "{count} records")


# -- time


def moment(text: str) -> str:
    """Just what is known of a time, to the minute: "2025-07", "2025-07-19 10:20"."""
    return text[:16].replace("T", " ")


def exact_moment(text: str) -> str:
    """Everything that is known of a time, zone included."""
    if len(text) <= 10:
        return text
    day, _, clock = text.partition("T")
    for zone in ("+", "-"):
        head, sign, tail = clock.partition(zone)
        if sign:
            return f"{day} {head} {sign}{tail}"
    return f"{day} {clock.removesuffix('Z')} UTC" if clock.endswith("Z") else f"{day} {clock}"


def span(first: str, last: str) -> str:
    """From the first day to the last; once if they are the same."""
    first, last = first[:10], last[:10]
    return first if first == last else f"{first} – {last}"


def _locale() -> QLocale:
    korean = language() == "ko"
    return QLocale(QLocale.Language.Korean if korean else QLocale.Language.English)


def month_name(month: str) -> str:
    """The name of "2025-11" without its year."""
    return _locale().monthName(int(month[5:7]), QLocale.FormatType.ShortFormat)


def month_year(month: str) -> str:
    """The name of "2025-11" with its year."""
    return tr("{month} {year}", month=month_name(month), year=month[:4])


def ago(text: str, today: date | None = None) -> str:
    """How long ago a day was, in words; "" if there is none."""
    try:
        days = -days_left(text, today)
    except ValueError:
        return ""
    if days <= 0:
        return tr("today")
    if days < 31:
        return tr_n(days, "yesterday", "{count} days ago")
    if days < 365:
        return tr_n(days // 30, "{count} month ago", "{count} months ago")
    return tr_n(days // 365, "{count} year ago", "{count} years ago")


def days_left(text: str, today: date | None = None) -> int:
    """Days from today to a day; below zero when it is past. Raises `ValueError` if it is none."""
    return (date.fromisoformat(text[:10]) - (today or datetime.now(UTC).astimezone().date())).days


def months_until(last: str, count: int) -> list[str]:
    """The `count` months that end with `last`, oldest first, none left out."""
    end = int(last[:4]) * 12 + int(last[5:7]) - 1
    return [f"{n // 12:04}-{n % 12 + 1:02}" for n in range(max(12, end - count + 1), end + 1)]


# -- words of the vocabulary


def domain_title(domain: str) -> str:
    """What a domain is called. "People" are those who receive, so address books are contacts."""
    return tr("Contacts") if domain == "person" else tr(DOMAINS.get(domain, domain))


def kind_label(kind: str) -> str:
    """What a kind is called; a kind this program does not know keeps its name."""
    return tr(KINDS[kind].label) if kind in KINDS else kind


def domain_of(kind: str) -> str:
    """The part before the dot."""
    return kind.partition(".")[0]


def and_more(source: str, more: int) -> str:
    """The name of a source that may not be the only one."""
    return tr("{source} and {count} more", source=source, count=more) if more else source


def source_title(connector: str) -> str:
    """What a source is called."""
    from app.services import asking

    return tr(asking.source_title(connector))


# -- records


def place_read(where: str) -> str:
    """Where in a file something was read: connectors say "row 7", people read it in their tongue.

    Names of files and tags stay as they stand in the file.
    """
    found = _PLACE.fullmatch(where)
    if found is None:
        return where
    before, what, number = found.groups()
    said = (
        tr("row {number}", number=number) if what == "row" else tr("line {number}", number=number)
    )
    return before + said


def title(row: Row) -> str:
    """One line a record is recognised by."""
    return row.title or row.text.strip().split("\n", 1)[0] or kind_label(row.kind)


def main_value(row: Row) -> str:
    """The one number of a record, exact, with its unit; "" if it has none."""
    for name, unit in _VALUES.get(domain_of(row.kind), ()):
        if name in row.data:
            return value_text(row.data[name], str(row.data.get(unit, "")))
    return ""


def value_text(value: Value, unit: str = "") -> str:
    """A field's value as text. Only what is a number is grouped."""
    if isinstance(value, bool):
        return tr("Yes") if value else tr("No")
    if isinstance(value, list):
        return ", ".join(value)
    text = str(value)
    if unit and is_number(text):
        return amount(text, unit)
    return f"{text} {unit_sign(unit)}" if unit else text


def is_number(text: str) -> bool:
    """Whether exact decimal text."""
    try:
        return Decimal(text).is_finite() and text.isascii()
    except InvalidOperation:
        return False


def field_text(field: Field, row: Row) -> str:
    """A field of a record for people, with the unit its sibling holds."""
    value = row.data[field.name]
    unit = str(row.data.get(field.unit, "")) if field.unit else ""
    if field.type == "date":
        return moment(str(value))
    if field.type == "decimal" and not unit:
        return grouped(str(value))
    return value_text(value, unit)
