"""The vault's door: a record is let in only if it is what `connectors.kinds` says its kind is.

What crosses the pipe has the right types already; here it is checked that the words are ours. A
record that does not fit becomes a `Problem`, so nothing is dropped without a line in the receipt.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, NamedTuple

from app.vault import order
from connectors.api import Record, Value
from connectors.kinds import KINDS, Kind

_DECIMAL: Final = re.compile(r"-?\d{1,40}(\.\d{1,40})?", re.ASCII)
_MAX_ID: Final = 1000
_REMEMBERED: Final = 1024
_TYPES: Final[dict[str, type]] = {"integer": int, "flag": bool, "list": list}


class Fitting(NamedTuple):
    """Fields that records of a kind may have together: their types, and which are decimals."""

    types: list[type]
    decimals: tuple[str, ...]


class Shape:
    """A kind, prepared for checking many records: fields to types, and which text is searched."""

    def __init__(self, kind: Kind) -> None:
        self.decimals = frozenset(field.name for field in kind.fields if field.type == "decimal")
        self.types = {field.name: _TYPES.get(field.type, str) for field in kind.fields}
        self.searched = tuple(field.name for field in kind.fields if field.searchable)
        # By the million, records of a kind have the same few fields.
        self._fitting: dict[tuple[str, ...], Fitting] = {}

    def judge(self, data: Mapping[str, Value]) -> tuple[str, tuple[str, ...]]:
        """The field that does not fit, "" if all do; and those that must read as decimals."""
        names = tuple(data)
        fitting = self._fitting.get(names) or self._learn(names)
        if fitting and [*map(type, data.values())] == fitting.types:
            return "", fitting.decimals
        return next(
            name[:80] or "data"  # a reason is never ""
            for name, value in data.items()
            if type(value) is not self.types.get(name)
        ), ()

    def _learn(self, names: tuple[str, ...]) -> Fitting | None:
        if not self.types.keys() >= {*names}:
            return None
        if len(self._fitting) >= _REMEMBERED:
            self._fitting.clear()
        decimals = tuple(name for name in names if name in self.decimals)
        fitting = self._fitting[names] = Fitting([self.types[name] for name in names], decimals)
        return fitting


SHAPES: Final[dict[str, Shape]] = {name: Shape(kind) for name, kind in KINDS.items()}


def refusal(record: Record) -> str:
    """Why the record may not come in, naming the field; "" when it may."""
    return admit(record)[0]


def admit(record: Record) -> tuple[str, int]:
    """As `refusal`, and the row number that the record's time gives it (`order.row`)."""
    shape = SHAPES.get(record.kind)
    if shape is None:
        return record.kind[:80] or "kind", order.UNKNOWN_ROW
    data = record.data
    wrong, decimals = shape.judge(data)
    if not 0 < len(record.native_id) <= _MAX_ID:
        wrong = wrong or "native_id"
    for name in decimals:
        if not _DECIMAL.fullmatch(str(data[name])):
            wrong = wrong or name
    row = order.UNKNOWN_ROW
    if record.start:
        at = order.milliseconds(record.start)
        if at is None:
            wrong = wrong or "start"
        else:
            row = at << order.SHIFT
    if record.end and order.milliseconds(record.end) is None:
        wrong = wrong or "end"
    return wrong, row


def searched_text(record: Record) -> str:
    """Title, text and the kind's searchable fields, each once."""
    parts = [record.title] if record.title else []
    if record.text:
        parts.append(record.text)
    data: dict[str, Value] = record.data
    for name in SHAPES[record.kind].searched:
        value = data.get(name)
        if value and value != record.title:
            parts.append(" ".join(value) if isinstance(value, list) else str(value))
    return "\n".join(parts)
