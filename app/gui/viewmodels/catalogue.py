"""What the vault holds, by source and by kind, for reading and for the clipboard."""

from __future__ import annotations

import json

import msgspec
from PySide6.QtCore import QObject, Signal

from app.events import RECORDS
from app.gui.context import PageContext
from app.gui.viewmodels import wording
from app.i18n import mark, tr, tr_n
from app.jobs import JobContext
from app.services import asking
from app.services.asking import Catalogue
from app.services.session import Session

_TYPES = {
    "text": mark("Text"),
    "code": mark("Code"),
    "decimal": mark("Number"),
    "integer": mark("Whole number"),
    "flag": mark("Yes or no"),
    "date": mark("Date"),
    "list": mark("List"),
    "url": mark("Web address"),
}


class CatalogueModel(QObject):
    """Emits `ready` when the catalogue was read."""

    ready = Signal()
    failed = Signal(object)

    def __init__(self, context: PageContext, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self.found = Catalogue([], [])
        self.live = False
        self._stale = True
        context.bridge.changed.connect(self._changed)

    def come(self) -> None:
        """The page is in front: read it if something changed."""
        self.live = True
        if self._stale:
            self._stale = False
            work = _Read(self._context.session)
            self._context.bridge.run(self, work, self._take, self.failed.emit)

    def leave(self) -> None:
        """The page is no longer in front."""
        self.live = False

    def _take(self, found: Catalogue) -> None:
        self.found = found
        self.ready.emit()

    def _changed(self, what: frozenset[str]) -> None:
        if RECORDS in what:
            self._stale = True
            if self.live:
                self.come()

    # -- as rows of tables

    def sources(self) -> list[list[str]]:
        """Source, records, period, when imported."""
        return [
            [
                wording.source_title(each.source),
                f"{each.records:,}",
                wording.span(each.first, each.last),
                wording.ago(each.imported_at),
            ]
            for each in self.found.sources
        ]

    def kinds(self) -> list[list[str]]:
        """Domain and kind, records."""
        return [
            [
                tr(
                    "{domain} · {kind}",
                    domain=wording.domain_title(wording.domain_of(each.kind)),
                    kind=wording.kind_label(each.kind),
                ),
                f"{each.records:,}",
            ]
            for each in self.found.kinds
        ]

    def facts(self, index: int) -> list[tuple[str, str]]:
        """What is to be said of a kind beyond its fields."""
        kind = self.found.kinds[index]
        first = wording.source_title(next(iter(kind.sources), ""))
        return [
            (tr("Records"), f"{kind.records:,}"),
            (tr("Sources"), wording.and_more(first, len(kind.sources) - 1)),
            (tr("Period"), wording.span(kind.first, kind.last) or "—"),
            (tr("Months without records"), gaps(kind.gaps)),
            (tr("Sensitivity"), tr(wording.SENSITIVITY[kind.sensitivity])),
        ]

    def fields(self, index: int) -> list[list[str]]:
        """Field, type, share filled, sensitivity."""
        return [
            [
                tr(field.label),
                tr(_TYPES.get(field.type, field.type)),
                share(field.filled, field.sampled),
                tr(wording.SENSITIVITY[field.sensitivity]),
            ]
            for field in self.found.kinds[index].fields
        ]

    def as_json(self) -> str:
        """All of it, with the names programs use."""
        return json.dumps(msgspec.to_builtins(self.found), ensure_ascii=False, indent=2)


class _Read:
    """Reads the catalogue on a worker."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def __call__(self, _context: JobContext) -> Catalogue:
        return asking.catalogue(self._session)


def share(filled: int, sampled: int) -> str:
    """A share in whole percent that is 0 or 100 only when it is exactly that."""
    if not filled or filled == sampled:
        return "100 %" if filled else "0 %"
    return f"{max(1, min(99, filled * 100 // sampled))} %"


def gaps(found: list[str]) -> str:
    """Gaps in words: the first three, and how many more."""
    if not found:
        return tr("None")
    shown = ", ".join(each.replace("/", " – ") for each in found[:3])
    more = len(found) - 3
    if more <= 0:
        return shown
    return tr_n(more, "{shown} and {count} more", "{shown} and {count} more", shown=shown)
