"""Reading what can be read of a damaged data file.

One bad page poisons a connection: what it says afterwards means nothing. So a new one is opened
after every failed read. A table is walked by its key; where a read fails, the walk looks for the
next key behind the damage, first in growing steps and then by halving. Between two bad pages whole
ones may be stepped over; whoever knows keys from an index asks for those one by one afterwards.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec

from app.errors import VaultDamaged
from app.vault import connection as opening

if TYPE_CHECKING:
    import sqlcipher3

Row = tuple[Any, ...]
Values = tuple[Any, ...]
_BLOCK: Final = 500


class Key(NamedTuple):
    """How a table's key is written as one whole number, and read from the front of a row."""

    parts: Callable[[int], Values]
    number: Callable[[Row], int]
    low: int
    high: int


_MOST: Final = (1 << 63) - 1
NUMBER: Final = Key(lambda number: (number,), lambda row: int(row[0]), -_MOST - 1, _MOST)
"""An integer key."""


def _blob(number: int, size: int) -> bytes:
    return max(number, 0).to_bytes(size, "big")


KEY: Final = Key(
    lambda number: (_blob(number, 16),),
    lambda row: int.from_bytes(row[0], "big"),
    -1,
    (1 << 128) - 1,
)
"""16 bytes. The walk starts behind `low`, so an all-zero key would be missed: a hash is none."""
TWO_KEYS: Final = Key(
    lambda number: (_blob(number >> 128, 16), _blob(number & (1 << 128) - 1, 16)),
    lambda row: int.from_bytes(row[0] + row[1], "big"),
    0,
    (1 << 256) - 1,
)
"""Two times 16 bytes."""
KEY_NUMBER: Final = Key(
    lambda number: (_blob(number >> 63, 16), number & _MOST),
    lambda row: int.from_bytes(row[0], "big") << 63 | row[1],
    0,
    (1 << 191) - 1,
)
"""16 bytes and a number from 0 up."""


class Gap(msgspec.Struct, frozen=True):
    """A stretch of a table's keys that could not be read: behind `after`, before `until`."""

    after: int
    until: int


class Walker:
    """Reads from a data file that may be damaged, through `connect`."""

    def __init__(self, connect: Callable[[], sqlcipher3.Connection]) -> None:
        self._connect = connect
        self._connection: sqlcipher3.Connection | None = None
        self.gaps: dict[str, list[Gap]] = {}

    def close(self) -> None:
        """End the connection there is."""
        if self._connection:
            self._connection.close()
            self._connection = None

    def ask(self, statement: str, values: Values = ()) -> list[Row] | None:
        """All rows of a statement, or None where damage is in the way."""
        try:
            if self._connection is None:
                self._connection = self._connect()
            with opening.failures():
                return self._connection.execute(statement, values).fetchall()
        except VaultDamaged:
            self.close()
            return None

    def walk(
        self,
        name: str,
        select: str,
        key: Key = NUMBER,
        values: Values = (),
        known: Callable[[], Sequence[int]] = tuple,
    ) -> Iterator[Row]:
        """The rows of `select` in the order of their key, as far as they can be read.

        `select` ends with a condition that the key is greater than what it is given, its order, and
        a LIMIT that it is given. What could not be read is noted in `gaps` under `name`. `known`
        are keys, in order, that an index tells there are: asked for at the first damage, they show
        sooner where it ends. If they are all there are, `key.high` stands behind them.
        """
        stops: Sequence[int] | None = None
        after = key.low
        while True:
            block = self._block(select, values, key, after, _BLOCK)
            if block is None:
                rows, ended = self._singly(select, values, key, after)
                yield from rows
                after = key.number(rows[-1]) if rows else after
                if ended:
                    return
                stops = known() if stops is None else stops
                until = self._beyond(
                    lambda at: self._block(select, values, key, at, 1), after, key, stops
                )
                self.gaps.setdefault(name, []).append(Gap(after, until))
                if until >= key.high:
                    return
                after = until
                continue
            if not block:
                return
            yield from block
            after = key.number(block[-1])

    def ends(self, name: str, select: str, order: tuple[str, str]) -> list[Row]:
        """The rows of a small table from its start and from its end, each up to the damage."""
        found: dict[Row, None] = {}
        for direction in order:
            offset = 0
            while rows := self.ask(f"{select} ORDER BY {direction} LIMIT 1 OFFSET {offset}"):
                found[rows[0]] = None
                offset += 1
            if rows is not None:
                return list(found)
        self.gaps.setdefault(name, []).append(Gap(0, 0))
        return list(found)

    def _block(
        self, select: str, values: Values, key: Key, after: int, limit: int
    ) -> list[Row] | None:
        return self.ask(select, (*values, *key.parts(after), limit))

    def _singly(self, select: str, values: Values, key: Key, after: int) -> tuple[list[Row], bool]:
        """Rows one at a time up to the one that cannot be read; and whether there was none."""
        rows: list[Row] = []
        while found := self._block(select, values, key, after, 1):
            rows.extend(found)
            after = key.number(found[0])
        return rows, found is not None

    @staticmethod
    def _beyond(look: Callable[[int], object], bad: int, key: Key, stops: Sequence[int]) -> int:
        """The first key behind which reading goes on; `key.high` where it does not."""
        first = bisect_right(stops, bad)
        place = _first(lambda number: look(stops[first + number]) is not None, len(stops) - first)
        if place is not None:
            good = stops[first + place]
            if stops[-1] == key.high:  # all there are: nothing lies between two of them
                return good
            bad = stops[first + place - 1] if place else bad
            step = _first(lambda number: look(bad + 1 + number) is not None, good - bad)
            return good if step is None else bad + 1 + step
        last = max(bad, stops[-1]) if stops else bad
        step = _first(lambda number: look(last + 1 + number) is not None, key.high - last)
        return key.high if step is None else last + 1 + step


def _first(is_good: Callable[[int], bool], size: int) -> int | None:
    """The first number below `size` that is good, where all behind a good one are taken for good.

    It is sought in growing steps and then by halving.
    """
    bad, step = -1, 1
    while not is_good(min(bad + step, size - 1)) if size else False:
        if bad + step >= size - 1:
            return None
        bad, step = bad + step, step * 2
    if not size:
        return None
    good = min(bad + step, size - 1)
    while good - bad > 1:
        middle = (bad + good) // 2
        if is_good(middle):
            good = middle
        else:
            bad = middle
    return good
