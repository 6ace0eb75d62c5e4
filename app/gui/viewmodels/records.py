"""Lists of records, whoever shows them: which ones, one block at a time, and one in full.

Row numbers are gathered off the main thread; a block of rows is fetched when it comes into view,
which takes a few milliseconds at any size of vault.
"""

from __future__ import annotations

import json
from array import array
from collections.abc import Sequence
from typing import Final, NamedTuple

import msgspec
from PySide6.QtCore import QObject, Signal

from app.errors import UserError
from app.gui.context import PageContext
from app.gui.style.tokens import DOMAIN_ICONS, domain_colour
from app.gui.viewmodels import wording
from app.gui.viewmodels.rows import Column, LazyRows
from app.i18n import tr
from app.jobs import JobContext
from app.services import asking, importing
from app.services.asking import Filter, Row
from connectors.kinds import KINDS

SOURCE_COLUMN: Final = 3


def columns() -> list[Column[Row]]:
    """When, what, how much, from where."""
    return [
        Column(tr("Date"), _day, 116, subtitle=_clock),
        Column(
            tr("Record"),
            wording.title,
            0,
            subtitle=_below,
            icon=_icon,
            colour=_colour,
        ),
        Column(tr("Value"), wording.main_value, 136, right=True),
        Column(tr("Source"), _source, 168, soft=True),
    ]


def _day(row: Row) -> str:
    return row.start[:10] or "—"


def _clock(row: Row) -> str:
    return row.start[11:16]


def _below(row: Row) -> str:
    return wording.kind_label(row.kind)


def _icon(row: Row) -> str:
    return DOMAIN_ICONS.get(wording.domain_of(row.kind), "file")


def _colour(row: Row) -> str:
    return domain_colour(wording.domain_of(row.kind))


def _source(row: Row) -> str:
    return wording.source_title(row.source)


class RecordsModel(QObject):
    """Records that match a filter, newest first. Emits `counted` when a new list is in place."""

    counted = Signal(int)
    failed = Signal(object)

    def __init__(self, context: PageContext, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self.asked = Filter()
        self.rows: LazyRows[Row] = LazyRows(columns(), self._fetch, self)
        self.files: dict[str, str] = {}
        self._number = 0

    def show(self, asked: Filter) -> None:
        """List what matches `asked`. An answer that a newer question overtook is dropped."""
        self.asked = asked
        self._number += 1
        self._context.bridge.run(
            self, _Listing(self._context, asked, self._number), self._take, self.failed.emit
        )

    def refresh(self) -> None:
        """List the same again."""
        self.show(self.asked)

    def clear(self) -> None:
        """Show nothing."""
        self._number += 1
        self.rows.clear()

    def _take(self, found: Listed) -> None:
        if found.number != self._number:
            return
        self.files = found.files
        self.rows.set_ids(found.ids)
        self.counted.emit(len(found.ids))

    def _fetch(self, ids: Sequence[int]) -> list[Row]:
        try:
            return asking.rows(self._context.session, ids)
        except UserError as error:
            self.failed.emit(error)
            return []

    def file_of(self, row: Row) -> str:
        """The name of the file a record was read from."""
        return self.files.get(row.import_id, "")


class Listed(NamedTuple):
    """The answer to question `number`: row numbers, and the file name of each import."""

    number: int
    ids: array[int]
    files: dict[str, str]


class _Listing:
    """Gathers row numbers on a worker."""

    def __init__(self, context: PageContext, asked: Filter, number: int) -> None:
        self._session, self._asked, self._number = context.session, asked, number

    def __call__(self, _context: JobContext) -> Listed:
        ids = asking.row_ids(self._session, self._asked)
        files = {run.import_id: run.name for run in importing.history(self._session)}
        return Listed(self._number, ids, files)


# -- one record in full


class Detail(NamedTuple):
    """A record as an inspector shows it: pairs of label and text."""

    kind: str
    title: str
    fields: list[tuple[str, str]]
    text: str
    origin: list[tuple[str, str]]
    extra: str


def detail(row: Row, file: str) -> Detail:
    """Everything of a record, with labels in the person's language."""
    return Detail(
        wording.kind_label(row.kind),
        wording.title(row),
        [*_times(row), *_fields(row), *_ties(row)],
        row.text if row.text != row.title else "",
        _origin(row, file),
        row.extra,
    )


def _times(row: Row) -> list[tuple[str, str]]:
    pairs = ((tr("When"), row.start), (tr("Until"), row.end))
    return [(label, wording.exact_moment(text)) for label, text in pairs if text]


def _fields(row: Row) -> list[tuple[str, str]]:
    """Known fields in the vocabulary's order. A unit is shown with what it measures, not again."""
    fields = KINDS[row.kind].fields if row.kind in KINDS else ()
    measured = {f.unit for f in fields if f.unit and f.name in row.data}
    return [
        (tr(field.label), wording.field_text(field, row))
        for field in fields
        if field.name in row.data and field.name not in measured
    ]


def _ties(row: Row) -> list[tuple[str, str]]:
    files = [(tr("File"), each.title or each.path) for each in row.files]
    links = [(each.relation, wording.kind_label(each.kind)) for each in row.links]
    return [*links, *files]


def _origin(row: Row, file: str) -> list[tuple[str, str]]:
    pairs = (
        (tr("Source"), wording.source_title(row.source)),
        (tr("Account"), row.account),
        (tr("File"), file),
        (tr("Read at"), wording.place_read(row.where)),
        (tr("Key"), row.key),
    )
    return [(label, text) for label, text in pairs if text]


def as_json(row: Row) -> str:
    """A record as JSON for the clipboard, exact, without what only this vault understands."""
    plain = msgspec.to_builtins(row)
    kept = {name: value for name, value in plain.items() if name != "rid" and value}
    return json.dumps(kept, ensure_ascii=False, indent=2)
