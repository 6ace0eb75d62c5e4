"""Records on their way in or out, as lines of a table: what a bundle holds and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import msgspec

from app.gui.style.tokens import DOMAIN_ICONS, domain_colour
from app.gui.viewmodels import wording
from app.gui.viewmodels.rows import Column
from app.i18n import mark, tr
from app.share.payload import SharedRecord
from connectors.kinds import KINDS, Field

SOURCE_COLUMN: Final = 1
_LONGEST: Final = 120
_BESIDE: Final = {"title": mark("Title"), "text": mark("Text")}


class Line(NamedTuple):
    """One record of a bundle. `stays` are the labels of what it leaves behind."""

    day: str
    clock: str
    source: str
    kind: str
    content: str
    rest: str
    stays: str


def of_object(payload: dict[str, Any], stays: Sequence[str]) -> Line:
    """A record about to be sealed."""
    return of_record(msgspec.convert(payload, SharedRecord), stays)


def of_record(record: SharedRecord, stays: Sequence[str] = ()) -> Line:
    """A record of a bundle."""
    return Line(
        record.start[:10] or "—",
        record.start[11:16],
        tr(record.source.title) if record.source.title else "—",
        record.kind,
        _content(record),
        _rest(record),
        ", ".join(label(record.kind, name) for name in stays) or "—",
    )


def _content(record: SharedRecord) -> str:
    first = record.text.strip().split("\n", 1)[0]
    return record.title or first or wording.kind_label(record.kind)


def _rest(record: SharedRecord) -> str:
    """All the fields in the vocabulary's order, cut where it gets long."""
    text = " · ".join(
        tr("{name}: {value}", name=label(record.kind, name), value=wording.value_text(value))
        for name, value in record.data.items()
        if name != "title"
    )
    return text[:_LONGEST]


def label(kind: str, name: str) -> str:
    """What a field is called; one this program does not know keeps its name."""
    if name in _BESIDE:
        return tr(_BESIDE[name])
    field = field_of(kind, name)
    return tr(field.label) if field else name


def field_of(kind: str, name: str) -> Field | None:
    """The vocabulary's field, or None for title, text and what is unknown."""
    fields = KINDS[kind].fields if kind in KINDS else ()
    return next((field for field in fields if field.name == name), None)


def columns(*, stays: bool) -> list[Column[Line]]:
    """Date, source, content and, for what goes out, what is left out of it."""
    found: list[Column[Line]] = [
        Column(tr("Date"), _day, 104, subtitle=_clock),
        Column(tr("Source"), _source, 112 if stays else 240, soft=True),
        Column(tr("Content"), _text, 0, subtitle=_below, icon=_icon, colour=_colour),
    ]
    if stays:
        found.append(Column(tr("Left out"), _stays, 118, soft=True))
    return found


def _day(line: Line) -> str:
    return line.day


def _clock(line: Line) -> str:
    return line.clock


def _source(line: Line) -> str:
    return line.source


def _text(line: Line) -> str:
    return line.content


def _below(line: Line) -> str:
    return line.rest


def _stays(line: Line) -> str:
    return line.stays


def _icon(line: Line) -> str:
    return DOMAIN_ICONS.get(wording.domain_of(line.kind), "file")


def _colour(line: Line) -> str:
    return domain_colour(wording.domain_of(line.kind))
