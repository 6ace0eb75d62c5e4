"""Received records as files for other programs: CSV a kind, JSON Lines, and a data dictionary.

A spreadsheet runs a cell that begins like a formula, so such text gets an apostrophe in front;
numbers stay as they are.
"""

from __future__ import annotations

import contextlib
import csv
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Any, Final

from app.share import canonical
from app.share.payload import KindSchema, Schema, SharedRecord

JSON_LINES: Final = "records.jsonl"
DICTIONARY: Final = "dictionary.csv"

_KIND: Final = re.compile(r"[a-z][a-z0-9_]{0,39}(\.[a-z0-9_]{1,40}){1,2}", re.ASCII)
_NUMBER: Final = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?", re.ASCII)
_FORMULA: Final = frozenset("=+-@\t\r\n＝＋－＠")
_BEFORE: Final = ("id", "start", "end")
_AFTER: Final = ("source", "grade", "other")


def inert(value: object) -> str:
    """A cell that no spreadsheet takes for a formula."""
    if isinstance(value, list):
        value = "; ".join(str(item) for item in value)
    text = ("true" if value else "false") if isinstance(value, bool) else str(value)
    return "'" + text if text[:1] in _FORMULA and not _NUMBER.fullmatch(text) else text


def objects(records: Iterable[SharedRecord]) -> Iterator[tuple[SharedRecord, bytes]]:
    """Each record with its canonical line."""
    for record in records:
        yield record, canonical.encode(_object(record)) + b"\n"


def _object(record: SharedRecord) -> dict[str, Any]:
    """The record as it stood in the bundle: empty fields are absent."""
    said = {name: getattr(record, name) for name in record.__struct_fields__}
    said["source"] = {"connector": record.source.connector, "title": record.source.title}
    return {name: value for name, value in said.items() if value not in ("", {})}


class _Sheets(contextlib.ExitStack):
    """One open CSV file a kind, made when its first record comes."""

    def __init__(self, folder: Path, schema: Schema) -> None:
        super().__init__()
        self.paths: list[Path] = []
        self._folder = folder
        self._schema = schema
        self._writers: dict[str, tuple[Any, tuple[str, ...]]] = {}

    def file(self, name: str) -> IO[str]:
        path = self._folder / name
        self.paths.append(path)
        # With the mark that makes spreadsheets read UTF-8.
        return self.enter_context(path.open("x", encoding="utf-8-sig", newline=""))

    def add(self, record: SharedRecord) -> None:
        if not _KIND.fullmatch(record.kind):
            return  # stands in the JSON Lines only: its name is not fit for a file
        writer, fields = self._writers.get(record.kind) or self._start(record.kind)
        other = {name: value for name, value in record.data.items() if name not in fields}
        cells = [record.id, inert(record.start), inert(record.end)]
        cells += [inert(_cell(record, name)) for name in fields]
        cells += [inert(record.source.title or record.source.connector), inert(record.grade)]
        writer.writerow([*cells, canonical.encode(other).decode() if other else ""])

    def _start(self, kind: str) -> tuple[Any, tuple[str, ...]]:
        described = self._schema.kinds.get(kind, KindSchema())
        fields = tuple(dict.fromkeys(field.name for field in described.fields))
        writer = csv.writer(self.file(f"{kind}.csv"))
        writer.writerow([inert(name) for name in (*_BEFORE, *fields, *_AFTER)])
        self._writers[kind] = writer, fields
        return self._writers[kind]


def _cell(record: SharedRecord, name: str) -> object:
    if name in record.data:
        return record.data[name]
    return getattr(record, name) if name in ("title", "text") else ""


def write(folder: Path, records: Iterable[SharedRecord], schema: Schema) -> list[Path]:
    """Write everything into `folder`, which must not hold files of these names."""
    folder.mkdir(parents=True, exist_ok=True)
    with _Sheets(folder, schema) as sheets, (folder / JSON_LINES).open("xb") as lines:
        for record, line in objects(records):
            lines.write(line)
            sheets.add(record)
        _write_dictionary(sheets, schema)
    return [folder / JSON_LINES, *sheets.paths]


def _write_dictionary(sheets: _Sheets, schema: Schema) -> None:
    writer = csv.writer(sheets.file(DICTIONARY))
    writer.writerow(["kind", "kind label", "field", "label", "type", "unit field"])
    for kind, described in schema.kinds.items():
        for field in described.fields:
            row = (kind, described.label, field.name, field.label, field.type, field.unit)
            writer.writerow([inert(cell) for cell in row])
