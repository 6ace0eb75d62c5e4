"""Tables of comma-separated values, read strictly and with row numbers.

Lives here: splitting into fields and recovering after a broken row. Does not live here: what the
columns mean.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from connectors.errors import Unreadable

MAX_ROW_LINES: Final = 2_000


def rows(
    lines: Iterable[str],
    broken: Callable[[int], None] | None = None,
    *,
    delimiter: str = ",",
) -> Iterator[tuple[int, list[str]]]:
    """Yield (number of the line the row starts on, fields); a blank line is an empty list.

    Quotes are read strictly: the standard library alone would let one unterminated quote swallow
    the rest of the file. A broken row is reported to `broken` by its line number and reading goes
    on with the next line; without `broken` it raises Unreadable("bad-csv").
    """
    feed = _Feed(lines)
    reader = csv.reader(feed, strict=True, delimiter=delimiter)
    while True:
        feed.forget()
        number = feed.number + 1
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            if broken is None:
                raise Unreadable("bad-csv", where=f"row {number}") from error
            broken(number)
            feed.again()
            reader = csv.reader(feed, strict=True, delimiter=delimiter)
            continue
        yield number, row


class _Feed:
    """Hands lines to the reader and can hand out again all but the first since `forget`."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines = iter(lines)
        self._given: list[str] = []
        self._waiting: list[str] = []
        self.number = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._waiting.pop() if self._waiting else next(self._lines)
        self.number += 1
        self._given.append(line)
        if len(self._given) > MAX_ROW_LINES:
            raise csv.Error
        return line

    def forget(self) -> None:
        self._given.clear()

    def again(self) -> None:
        self.number -= len(self._given) - 1
        self._waiting.extend(reversed(self._given[1:]))
