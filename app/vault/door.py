"""The vault's door: a record is let in only if it is what `connectors.kinds` says its kind is.

What crosses the pipe has the right types already; here it is checked that the words are ours. A
record that does not fit becomes a `Problem`, so nothing is dropped without a line in the receipt.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from app.vault import order
from connectors.api import Record, Value
from connectors.kinds import KINDS, Kind

_DECIMAL: Final = re.compile(r"-?\d{1,40}(\.\d{1,40})?", re.ASCII)
_MAX_ID: Final = 1000
_TYPES: Final[dict[str, type]] = {"integer": int, "flag": bool, "list": list}


class Shape:
    """A kind, prepared for checking many records: fields to types, and which text is searched."""

    def __init__(self, kind: Kind) -> None:
        self.decimals = tuple(field.name for field in kind.fields if field.type == "decimal")
        self.types = {field.name: _TYPES.get(field.type, str) for field in kind.fields}
        self.searched = tuple(field.name for field in kind.fields if field.searchable)
        # By the million, records of a kind have the same few fields.
        self.judge = lru_cache(1024)(self._judge)

    def _judge(
        self, names: tuple[str, ...], types: tuple[type, ...]
    ) -> tuple[str, tuple[str, ...]]:
        """The field that does not fit, "" if all do; and those that must read as decimals."""
        for name, found in zip(names, types, strict=True):
            if found is not self.types.get(name):
                return name[:80], ()
        return "", tuple(name for name in self.decimals if name in names)


SHAPES: Final[dict[str, Shape]] = {name: Shape(kind) for name, kind in KINDS.items()}


def refusal(record: Record) -> str:
    """Why the record may not come in, naming the field; "" when it may."""
    return admit(record)[0]


def admit(record: Record) -> tuple[str, int]:
    """As `refusal`, and the row number that the record's time gives it (`order.row`)."""
    shape = SHAPES.get(record.kind)
    if shape is None:
        return record.kind[:80], order.UNKNOWN_ROW
    data = record.data
    wrong, decimals = shape.judge(tuple(data), tuple(map(type, data.values())))
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
