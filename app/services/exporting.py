"""Everything in the vault as files that other programs read, and that need this one no more.

    <kind>.csv        a table with a column a field; no cell is taken for a formula
    <kind>.jsonl      the same records as JSON, a line each, nothing left out
    schema.json       what the tables are: fields, types, units, in the words of a data package
    originals/        the files the records were read from, byte for byte

The folder is made beside its place and moved there whole, so a full disk leaves no half export.
What one that was killed left, unencrypted, goes with the next export to the same place.
"""

from __future__ import annotations

import contextlib
import csv
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Any, Final

import msgspec

from app.catalogue import query
from app.catalogue.query import Filter, Row
from app.errors import check_new_or_empty, environment
from app.jobs import JobContext
from app.services import asking
from app.services.session import Session
from app.share.output import new_folder
from app.share.tables import inert
from app.vault import originals
from app.vault.transaction import Transaction
from connectors.kinds import KINDS, Field, Kind

_BEFORE: Final = ("start", "end", "title", "text")
_AFTER: Final = ("source", "source_account", "import_id", "where", "key", "extra")
_ATTRIBUTES: Final = {"source_account": "account"}
_TYPES: Final = {
    "decimal": "number",
    "integer": "integer",
    "flag": "boolean",
    "list": "array",
}
_REPORT_EVERY: Final = 1000


def export(
    session: Session,
    folder: Path,
    kinds: Sequence[str] = (),
    context: JobContext | None = None,
) -> list[Path]:
    """Write the records of `kinds` (none: everything, with the originals) into a new `folder`.

    Returns the files. Raises `EnvironmentFailure` if the folder is there already and not empty.
    """
    context = context or JobContext()
    chosen = _chosen(kinds)
    check_new_or_empty(folder)
    with environment(), new_folder(folder) as building, session.vault.read() as snapshot:
        files = _write(snapshot, building, chosen, context)
        if not kinds:
            files += _write_originals(session, snapshot, building, context)
    return [folder / path.relative_to(building) for path in files]


def _chosen(kinds: Sequence[str]) -> tuple[str, ...]:
    for kind in kinds:
        asking.check(Filter(kind=kind))
    return tuple(kind for name in kinds for kind in query.kinds_of(name))


# --- Records ------------------------------------------------------------------------------------


class _Sheets(contextlib.ExitStack):
    """The two open files of every kind met so far."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.paths: list[Path] = []
        self._folder = folder
        self._open: dict[str, tuple[Any, IO[bytes], list[str]]] = {}

    def add(self, row: Row) -> None:
        """Write one record into both."""
        table, lines, fields = self._open.get(row.kind) or self._start(KINDS[row.kind])
        table.writerow(
            [
                *(inert(getattr(row, name)) for name in _BEFORE),
                *(inert(row.data.get(name, "")) for name in fields),
                *(inert(getattr(row, _ATTRIBUTES.get(name, name))) for name in _AFTER),
            ]
        )
        lines.write(msgspec.json.encode(_object(row)) + b"\n")

    def _start(self, kind: Kind) -> tuple[Any, IO[bytes], list[str]]:
        spreadsheet, plain = (self._folder / f"{kind.name}.{end}" for end in ("csv", "jsonl"))
        self.paths += [spreadsheet, plain]
        # With the mark that makes spreadsheets read UTF-8.
        text = self.enter_context(spreadsheet.open("x", encoding="utf-8-sig", newline=""))
        lines = self.enter_context(plain.open("xb"))
        fields = [field.name for field in kind.fields]
        table = csv.writer(text)
        table.writerow([*_BEFORE, *map(_column, fields), *_AFTER])
        self._open[kind.name] = table, lines, fields
        return self._open[kind.name]

    @property
    def kinds(self) -> list[Kind]:
        """The kinds that have a table, in the order of the vocabulary."""
        return [kind for name, kind in KINDS.items() if name in self._open]


def _column(field: str) -> str:
    """A field's column; one that a record has anyway gets a name of its own."""
    return f"data_{field}" if field in (*_BEFORE, *_AFTER) else field


def _object(row: Row) -> dict[str, object]:
    said: dict[str, object] = msgspec.structs.asdict(row)
    del said["rid"]
    return said


def _write(
    snapshot: Transaction,
    folder: Path,
    kinds: tuple[str, ...],
    context: JobContext,
) -> list[Path]:
    asked = Filter(kinds=kinds)
    total = query.count(snapshot, asked)
    with _Sheets(folder) as sheets:
        for number, row in enumerate(query.scan(snapshot, asked)):
            sheets.add(row)
            if number % _REPORT_EVERY == 0:
                context.report(number, total, row.kind, number)
    schema = folder / "schema.json"
    schema.write_bytes(msgspec.json.format(msgspec.json.encode(_schema(sheets.kinds)), indent=2))
    return [*sheets.paths, schema]


# --- What the tables are ------------------------------------------------------------------------


def _schema(kinds: Sequence[Kind]) -> dict[str, object]:
    return {
        "profile": "tabular-data-package",
        "name": "mydata-export",
        "resources": [_resource(kind) for kind in kinds],
    }


def _resource(kind: Kind) -> dict[str, object]:
    return {
        "name": kind.name,
        "title": kind.label,
        "path": f"{kind.name}.csv",
        "encoding": "utf-8",
        "profile": "tabular-data-resource",
        "sensitivity": kind.sensitivity,
        "schema": {
            "fields": [
                *({"name": name, "type": "string"} for name in _BEFORE),
                *(_described(field) for field in kind.fields),
                *({"name": name, "type": "string"} for name in _AFTER),
            ],
            "primaryKey": "key",
        },
    }


def _described(field: Field) -> dict[str, object]:
    said: dict[str, object] = {
        "name": _column(field.name),
        "title": field.label,
        "type": _TYPES.get(field.type, "string"),
        "format": field.type,
        "sensitivity": field.sensitivity,
    }
    if field.unit:
        said["unitField"] = _column(field.unit)
    if field.third_party:
        said["thirdParty"] = True
    return said


# --- Originals ----------------------------------------------------------------------------------

# Whatever some system takes for more than a letter in a name.
_UNSAFE: Final = re.compile(r'[\x00-\x1f\x7f-\x9f<>:"|?*\\\u200e\u200f\u202a-\u202e\u2066-\u2069]')
_RESERVED: Final = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)


def safe_name(name: str) -> Path:
    """`name` as a path below a folder, on any system, whatever it was before."""
    parts = [_safe_part(part) for part in name.split("/") if part.strip(". ")]
    return Path(*parts) if parts else Path("_")


def _safe_part(part: str) -> str:
    part = _UNSAFE.sub("_", part).rstrip(". ")[:120]
    return f"_{part}" if _RESERVED.fullmatch(part) else part


def _write_originals(
    session: Session, snapshot: Transaction, folder: Path, context: JobContext
) -> list[Path]:
    written = []
    for name, kept in originals.every(snapshot):
        context.check()
        if kept.blob:
            target = _free(folder / "originals" / safe_name(name))
            target.parent.mkdir(parents=True, exist_ok=True)
            _copy(session.vault.original(kept.blob), target)
            written.append(target)
    return written


def _free(path: Path) -> Path:
    """`path`, or the first "name (2).csv" that is not there yet."""
    number, free = 1, path
    while free.exists():
        number += 1
        free = path.with_name(f"{path.stem} ({number}){path.suffix}")
    return free


def _copy(chunks: Iterator[bytes], target: Path) -> None:
    with target.open("xb") as out:
        for chunk in chunks:
            out.write(chunk)
