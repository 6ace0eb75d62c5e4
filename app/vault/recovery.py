"""The recovery key as a person writes it: 15 groups of 4, any one wrong group is named.

32 random bytes make 13 groups of 20 bits in Crockford base32 (the last 4 bits are zero). Two more
groups check them, as a Reed-Solomon code over GF(2^20): the sum of the groups, and the sum of the
groups each times its own power of a generator. One wrong group, whatever was typed in its place,
changes both sums in a ratio that says which group it is. A single checksum group could say only
that something is wrong.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from app.errors import CannotUnlock

ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
DATA_GROUPS: Final = 13
GROUPS: Final = DATA_GROUPS + 2
_READ: Final = {letter: value for value, letter in enumerate(ALPHABET)} | {
    "O": 0,
    "I": 1,
    "L": 1,
}
_BETWEEN: Final = re.compile(r"[-\s·.,\u2010-\u2015\u2212]+")
_FIELD: Final = 1 << 20
_POLYNOMIAL: Final = _FIELD | 0b1001  # x^20 + x^3 + 1, primitive


def _double(value: int) -> int:
    value <<= 1
    return value ^ _POLYNOMIAL if value & _FIELD else value


def _times_power(value: int, power: int) -> int:
    for _ in range(power):
        value = _double(value)
    return value


def _checks(groups: list[int]) -> tuple[int, int]:
    plain = weighted = 0
    for place, group in enumerate(groups):
        plain ^= group
        weighted ^= _times_power(group, place + 1)
    return plain, weighted


def _text(group: int) -> str:
    return "".join(ALPHABET[group >> shift & 31] for shift in (15, 10, 5, 0))


def encode(secret: bytes) -> str:
    """Write 32 bytes as 15 groups joined by hyphens."""
    number = int.from_bytes(secret, "big") << 4
    groups = [number >> 20 * (DATA_GROUPS - 1 - i) & _FIELD - 1 for i in range(DATA_GROUPS)]
    return "-".join(_text(group) for group in [*groups, *_checks(groups)])


def _written(text: str) -> list[str]:
    """The groups as they were typed. Full-width letters are what some keyboards for Korean give."""
    return _BETWEEN.sub(" ", unicodedata.normalize("NFKC", text).upper()).split()


def _letters(text: str) -> str:
    return "".join(_written(text))


def _check_typed(text: str, letters: str) -> None:
    """Point at a group with a letter too many, too few or none of ours."""
    written = _written(text)
    if len(written) == GROUPS:
        for number, typed in enumerate(written, 1):
            if len(typed) != 4 or not _READ.keys() >= set(typed):
                raise wrong_group(number)
    for place, letter in enumerate(letters):
        if letter not in _READ:
            raise wrong_group(min(place // 4 + 1, GROUPS))


def _parse(text: str) -> list[int]:
    letters = _letters(text)
    _check_typed(text, letters)
    if len(letters) != GROUPS * 4:
        raise CannotUnlock(
            "recovery-length",
            "The recovery key has {groups} groups of 4 characters.",
            "What was typed has {count} characters instead of {wanted}.",
            "Compare it with the printed sheet, group by group.",
            groups=GROUPS,
            count=len(letters),
            wanted=GROUPS * 4,
        )
    values = [_READ[letter] for letter in letters]
    return [
        values[i] << 15 | values[i + 1] << 10 | values[i + 2] << 5 | values[i + 3]
        for i in range(0, len(values), 4)
    ]


def wrong_group(number: int) -> CannotUnlock:
    """The sentence that points at one group, counted from 1."""
    return CannotUnlock(
        "recovery-group",
        "Group {number} of the recovery key is mistyped.",
        "",
        "Compare group {number} with the printed sheet.",
        number=number,
    )


def _check_order(groups: list[int]) -> None:
    """Point at two neighbours in each other's place: each of them is written as on the sheet."""
    for place in range(GROUPS - 1):
        swapped = [*groups]
        swapped[place : place + 2] = groups[place + 1], groups[place]
        if _checks(swapped[:DATA_GROUPS]) == (swapped[-2], swapped[-1]):
            raise CannotUnlock(
                "recovery-order",
                "Groups {number} and {after} of the recovery key have changed places.",
                "",
                "Compare both with the printed sheet.",
                number=place + 1,
                after=place + 2,
            )


def _locate(plain: int, weighted: int) -> int:
    """Which group is wrong, from 1; 0 when more than one must be."""
    if not plain and not weighted:
        return 0
    if not weighted:
        return DATA_GROUPS + 1
    if not plain:
        return DATA_GROUPS + 2
    for place in range(DATA_GROUPS):
        if _times_power(plain, place + 1) == weighted:
            return place + 1
    return 0


def decode(text: str) -> bytes:
    """Read what `encode` wrote, however it is spaced and cased.

    Raises `CannotUnlock`, naming the wrong group when it is one.
    """
    groups = _parse(text)
    checks = _checks(groups[:DATA_GROUPS])
    plain, weighted = checks[0] ^ groups[-2], checks[1] ^ groups[-1]
    number = 0
    for group in groups[:DATA_GROUPS]:
        number = number << 20 | group
    if plain or weighted or number & 15:
        _check_order(groups)
        place = _locate(plain, weighted)
        if place:
            raise wrong_group(place)
        raise CannotUnlock(
            "recovery-groups",
            "More than one group of the recovery key is mistyped.",
            "",
            "Compare it with the printed sheet, group by group.",
        )
    return (number >> 4).to_bytes(32, "big")


def group(text: str, number: int) -> str:
    """Group `number` (from 1) of a written key, for asking a person to type it back."""
    letters = _letters(text)
    return letters[(number - 1) * 4 : number * 4]


def same_group(typed: str, text: str, number: int) -> bool:
    """Whether `typed` is group `number`, with O read as 0 and I or L as 1."""
    wanted = group(text, number)
    letters = _letters(typed)
    return len(letters) == 4 and all(
        _READ.get(a) == _READ.get(b) for a, b in zip(letters, wanted, strict=True)
    )
