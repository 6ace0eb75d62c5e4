"""records, search, catalogue, sum."""

from __future__ import annotations

import csv
import io
import sys
from argparse import Namespace
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

import msgspec

from app.cli import opening
from app.cli.console import Console, encoded
from app.i18n import tr, tr_n
from app.services import asking
from app.services.asking import Filter, Row

if TYPE_CHECKING:
    from array import array

    from app.catalogue.coverage import KindCoverage
    from app.services.session import Session
    from connectors.kinds import Kind

_BLOCK: Final = 500
_SHOWN: Final = 50
"""Rows a person is shown when they name no limit; programs get all."""


def _asked(arguments: Namespace) -> Filter:
    return Filter(
        kind=arguments.kind,
        source=arguments.source,
        since=arguments.since,
        until=arguments.until,
    )


def _object(row: Row) -> dict[str, object]:
    """A record as the fixed keys of the command line."""
    return {
        "key": row.key,
        "kind": row.kind,
        "start": row.start,
        "end": row.end,
        "title": row.title,
        "text": row.text,
        "data": row.data,
        "source": row.source,
        "account": row.account,
        "import_id": row.import_id,
        "where": row.where,
        "extra": row.extra,
        "links": msgspec.to_builtins(row.links),
        "files": [file.path for file in row.files],
    }


def records(arguments: Namespace, console: Console) -> int:
    """Records, newest first: a table for people, or all of them for a program."""
    with opening.unlocked(arguments) as opened:
        if arguments.jsonl or arguments.csv or arguments.json:
            return _for_programs(opened, arguments, console)
        found = asking.row_ids(opened, _asked(arguments))
        rows = asking.rows(opened, found[: arguments.limit or _SHOWN])
    _listed(rows, len(found), console)
    return 0


def _for_programs(opened: Session, arguments: Namespace, console: Console) -> int:
    asked = _asked(arguments)
    found = asking.row_ids(opened, asked)
    rows = _each(opened, found[: arguments.limit] if arguments.limit else found)
    if arguments.csv:
        _put_csv(rows, console)
    elif arguments.jsonl:
        for row in rows:
            console.put(encoded(_object(row)) + b"\n")
    else:
        _put_json(rows, len(found), console)
    return 0


def _each(opened: Session, found: array[int]) -> Iterator[Row]:
    """The records one after the other, a block of them in memory."""
    for start in range(0, len(found), _BLOCK):
        yield from asking.rows(opened, found[start : start + _BLOCK])


def _put_json(rows: Iterator[Row], total: int, console: Console) -> None:
    """One object, written as it is read: there may be millions."""
    console.put(b'{"records":[')
    for number, row in enumerate(rows):
        console.put((b"," if number else b"") + encoded(_object(row)))
    console.put(b'],"total":%d}\n' % total)


_COLUMNS: Final = (
    *("kind", "start", "end", "title", "text", "data"),
    *("source", "account", "import_id", "where", "key"),
)


def _put_csv(rows: Iterator[Row], console: Console) -> None:
    """Cells that no spreadsheet takes for a formula; the fields stand in one as JSON."""
    from app.share.tables import inert

    line = io.StringIO(newline="")
    writer = csv.writer(line)
    writer.writerow(_COLUMNS)
    for row in rows:
        said = _object(row)
        said["data"] = encoded(row.data).decode()
        writer.writerow([inert(said[name]) for name in _COLUMNS])
        console.put(line.getvalue().encode("utf-8", "backslashreplace"))
        line.seek(0)
        line.truncate()
    console.put(line.getvalue().encode())


def search(arguments: Namespace, console: Console) -> int:
    """The newest hits for some words."""
    limit = arguments.limit or (sys.maxsize if arguments.json else _SHOWN)
    with opening.unlocked(arguments) as opened:
        hits = asking.search(opened, arguments.text, _asked(arguments), limit)
    console.answer({"hits": [_object(row) for row in hits.rows], "total": hits.total})
    _listed(hits.rows, hits.total, console)
    return 0


def _listed(rows: list[Row], total: int, console: Console) -> None:
    """Records as a person wants to see them."""
    if not total:
        console.say(tr("Nothing was found."))
        return
    console.table(
        (tr("When"), tr("Kind"), tr("Title"), tr("Value"), tr("Source")),
        [
            (
                row.start.replace("T", " ")[:16],
                row.kind,
                headline(row),
                value(row),
                row.source,
            )
            for row in rows
        ],
        numbers=[3],
    )
    console.say()
    console.say(
        tr_n(
            total, "{shown} of {count} record", "{shown} of {count} records", shown=f"{len(rows):,}"
        )
    )


def headline(row: Row) -> str:
    """What a person recognises a record by: its title and what was said, each once."""
    said = row.text if row.text != row.title else ""
    return " · ".join(part for part in (row.title, said) if part)


def value(row: Row) -> str:
    """The one number a record is about, with its unit, exactly as it is kept."""
    for number, unit in (("amount", "currency"), ("quantity", "unit"), ("value", "unit")):
        if number in row.data:
            parts = (row.data[number], row.data.get(unit, ""))
            return " ".join(str(part) for part in parts if part != "")
    return ""


def catalogue(arguments: Namespace, console: Console) -> int:
    """What there is; with `--kinds`, what there can be."""
    if arguments.kinds:
        return _vocabulary(console)
    with opening.unlocked(arguments) as opened:
        found = asking.catalogue(opened)
    console.answer(msgspec.to_builtins(found))
    for kind in found.kinds:
        console.say(
            tr_n(
                kind.records,
                "{kind}: {label} · {count} record · {first} – {last}",
                "{kind}: {label} · {count} records · {first} – {last}",
                kind=kind.kind,
                label=tr(kind.label),
                first=kind.first[:10],
                last=kind.last[:10],
            )
        )
        _fields(kind, console)
    if not found.kinds:
        console.say(tr("It is empty. Bring files in with “mydata import FILE”."))
    return 0


def _fields(kind: KindCoverage, console: Console) -> None:
    for field in kind.fields:
        console.say(
            tr(
                "  {name}: {label} · {type} · sensitivity {level} · in {filled} of {sampled}",
                name=field.name,
                label=tr(field.label),
                type=field.type,
                level=field.sensitivity,
                filled=field.filled,
                sampled=field.sampled,
            )
        )
    if kind.gaps:
        console.say(tr("  Months without any: {months}", months=", ".join(kind.gaps)))


def _vocabulary(console: Console) -> int:
    from connectors.kinds import KINDS

    console.answer({"kinds": [_kind(kind) for kind in KINDS.values()]})
    for kind in KINDS.values():
        console.say(f"{kind.name}  {tr(kind.label)}")
        console.say(f"  {', '.join(field.name for field in kind.fields)}")
    return 0


def _kind(kind: Kind) -> dict[str, object]:
    return {
        "kind": kind.name,
        "domain": kind.domain,
        "label": kind.label,
        "sensitivity": kind.sensitivity,
        "fields": [msgspec.to_builtins(field) for field in kind.fields],
    }


def total(arguments: Namespace, console: Console) -> int:
    """Exact sums, a row a group and unit."""
    by = [name for name in arguments.by.split(",") if name]
    with opening.unlocked(arguments) as opened:
        rows = asking.total(opened, arguments.kind, arguments.field, by, _asked(arguments))
    console.answer(
        {
            "kind": arguments.kind,
            "field": arguments.field,
            "rows": [
                {**row.group, "unit": row.unit, "sum": row.sum, "count": row.count} for row in rows
            ],
        }
    )
    if not rows:
        console.say(tr("There is nothing to add up."))
    console.table(
        (*by, tr("Sum"), tr("Unit"), tr("Records")),
        [(*row.group.values(), row.sum, row.unit, f"{row.count:,}") for row in rows],
        numbers=[len(by), len(by) + 2],
    )
    return 0
