"""Amounts and quantities as exact decimal text.

Lives here: a grammar of our own. Python's would read "1_000", "１２" and "nan" as numbers, and a
float would lose a penny. Does not live here: which sign means what; each source says that itself.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Final

MAX_DIGITS: Final = 60

# Sign and symbol in either order, thousands in well-formed groups or not at all.
_AMOUNT: Final = re.compile(
    r"(?P<open>\()?"
    r"(?P<sign>[+\-\u2212]?) ?[£$€¥₩]? ?(?P<late>[+\-\u2212]?)"
    r"(?P<whole>[0-9]{1,3}(?:,[0-9]{3})+|[0-9]*)(?P<fraction>\.[0-9]*)?"
    r"(?P<close>\))?",
    re.ASCII,
)
_NUMBER: Final = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)", re.ASCII)


def amount(text: str) -> str:
    """Read money as people write it: "£2,160.00" → "2160.00", "-£50.00" and "(50.00)" → "-50.00".

    The number of decimals is kept. Raises ValueError for anything else, exponents included.
    """
    match = _AMOUNT.fullmatch(text.strip())
    if match is None or bool(match["open"]) != bool(match["close"]):
        raise ValueError(text)
    signs = match["sign"] + match["late"] + ("-" if match["open"] else "")
    if len(signs) > 1:
        raise ValueError(text)
    number = match["whole"].replace(",", "") + (match["fraction"] or "").rstrip(".")
    return _plain(number, negative=signs in {"-", "\u2212"})


def number(text: str) -> str:
    """Read a plain decimal number, without symbols or thousands: " -0.250" → "-0.250"."""
    text = text.strip()
    if not _NUMBER.fullmatch(text):
        raise ValueError(text)
    return _plain(text.lstrip("+-").rstrip("."), negative=text[0] == "-")


def decimal_text(value: Decimal) -> str:
    """Write a decimal in plain notation, with the digits it has: Decimal("1.50E+3") → "1500".

    Raises ValueError for what is not finite or would need more than `MAX_DIGITS` digits.
    """
    if not value.is_finite() or len(value.as_tuple().digits) > MAX_DIGITS:
        raise ValueError(str(value)[:80])
    if abs(value.adjusted()) > MAX_DIGITS or abs(int(value.as_tuple().exponent)) > MAX_DIGITS:
        raise ValueError(str(value)[:80])
    return format(value or abs(value), "f")


def _plain(number: str, *, negative: bool) -> str:
    if not number or len(number) > MAX_DIGITS:
        raise ValueError(number[:80])
    whole, point, fraction = number.partition(".")
    text = (whole.lstrip("0") or "0") + point + fraction
    return "-" + text if negative and text.strip("0.") else text
