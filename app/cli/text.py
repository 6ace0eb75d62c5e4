"""Text for a terminal: made harmless, measured in columns, cut and set in tables.

What a record says may carry control characters, colours or right-to-left overrides; shown here,
they are visible escapes and nothing a terminal obeys.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from typing import Final

_UNSAFE: Final = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)
_NARROWEST: Final = 8
_GAP: Final = "  "


def harmless(text: str) -> str:
    """`text` with everything a terminal might obey written as an escape."""
    return _UNSAFE.sub(_escape, text)


def _escape(match: re.Match[str]) -> str:
    code = ord(match[0])
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"


def _columns(character: str) -> int:
    if "\u1160" <= character <= "\u11ff" or unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def width(text: str) -> int:
    """How many columns of a terminal `text` takes."""
    return len(text) if text.isascii() else sum(map(_columns, text))


def cut(text: str, room: int) -> str:
    """`text`, or as much of it as fits into `room` columns before "…"."""
    if width(text) <= room:
        return text
    kept, used = [], 0
    for character in text:
        used += _columns(character)
        if used > room - 1:
            break
        kept.append(character)
    return "".join(kept) + "…"


def pad(text: str, room: int, *, right: bool = False) -> str:
    """`text` filled with spaces to `room` columns; at its left if `right`."""
    space = " " * (room - width(text))
    return space + text if right else text + space


def one_line(text: str) -> str:
    """`text` without its line ends and runs of spaces."""
    return " ".join(text.split())


def table(
    headings: Sequence[str],
    rows: Sequence[Sequence[str]],
    room: int,
    *,
    numbers: frozenset[int] = frozenset(),
) -> Iterator[str]:
    """Lines of a table that fits `room` columns (0: no limit); `numbers` are set to the right."""
    cells = [[harmless(one_line(cell)) for cell in row] for row in (headings, *rows)]
    widths = [max(map(width, column)) for column in zip(*cells, strict=True)]
    if room:
        _shrink(widths, room, numbers)
    for row in cells:
        yield _GAP.join(
            pad(cut(cell, size), size, right=place in numbers)
            for place, (cell, size) in enumerate(zip(row, widths, strict=True))
        ).rstrip()


def _shrink(widths: list[int], room: int, numbers: frozenset[int]) -> None:
    """Take from the widest column of words until the row fits or none can give."""
    words = [place for place in range(len(widths)) if place not in numbers]
    over = sum(widths) + len(_GAP) * (len(widths) - 1) - room
    while over > 0 and words:
        widest = max(words, key=widths.__getitem__)
        if widths[widest] <= _NARROWEST:
            return
        widths[widest] -= 1
        over -= 1
