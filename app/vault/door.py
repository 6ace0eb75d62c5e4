"""The vault's door: a record is let in only if it is what `connectors.kinds` says its kind is.

What crosses the pipe has the right types already; here it is checked that the words are ours. A
record that does not fit becomes a `Problem`, so nothing is dropped without a line in the receipt.
"""

from __future__ import annotations

import re
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


SHAPES: Final[dict[str, Shape]] = {name: Shape(kind) for name, kind in KINDS.items()}


def refusal(record: Record) -> str:  # noqa: PLR0911 each names one field
    """Why the record may not come in, naming the field; "" when it may."""
    shape = SHAPES.get(record.kind)
    if shape is None:
        return record.kind[:80]
    if not 0 < len(record.native_id) <= _MAX_ID:
        return "native_id"
    data, type_of = record.data, shape.types.get
    for name, value in data.items():
        if type(value) is not type_of(name):
            return name[:80]
    for name in shape.decimals:
        if name in data and not _DECIMAL.fullmatch(str(data[name])):
            return name
    if record.start and order.milliseconds(record.start) is None:
        return "start"
    if record.end and order.milliseconds(record.end) is None:
        return "end"
    return ""


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
