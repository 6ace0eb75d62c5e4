"""Choosing what goes out, and looking at exactly that before it does."""

from __future__ import annotations

from array import array
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Final

from app.catalogue import query
from app.catalogue.query import Filter
from app.jobs import JobContext
from app.services.session import Session
from app.share import payload, shelf
from app.share import people as persons
from app.share.canonical import nfc
from app.share.consent import BUNDLE_CONNECTOR, BUNDLE_TITLE, Recipe, Selection
from app.share.refusals import refused
from app.vault.transaction import Transaction
from connectors import registry

_BATCH: Final = 500
_REPORT_EVERY: Final = 2000


class Picked:
    """A selection carried out: which records, and the one way each of them goes out."""

    def __init__(
        self,
        snapshot: Transaction,
        selection: Selection,
        secret: bytes,
        context: JobContext,
    ) -> None:
        _check_dates(selection.since, selection.until)
        self.transforms = tuple(map(nfc, selection.transforms))
        self.recipe = Recipe(selection, secret, _Titles())
        self.rids = array("q")
        self.kinds: Counter[str] = Counter()
        self.sources: set[str] = set()
        self.left_out: defaultdict[str, set[str]] = defaultdict(set)
        self.payload_bytes = 0
        for row in self._matching(snapshot, selection):
            self._take(row)
            if len(self.rids) % _REPORT_EVERY == 0:
                context.report(0, records=len(self.rids))

    def _matching(self, snapshot: Transaction, selection: Selection) -> Iterator[query.Row]:
        asked = Filter(kinds=self.recipe.kinds, since=selection.since, until=selection.until)
        dropped, met = frozenset(selection.drop), set[str]()
        for row in query.scan(snapshot, asked):
            names = dropped and dropped & {row.key, self.recipe.id(row)}
            met |= names
            if not names and (not selection.sources or row.source in selection.sources):
                yield row
        for name in sorted(dropped - met):
            # What was mistyped would go out against the person's word.
            if query.get(snapshot, name) is None:
                raise refused("BAD_SELECTION", what=name)

    def _take(self, row: query.Row) -> None:
        self.rids.append(row.rid)
        self.kinds[row.kind] += 1
        self.sources.add(row.source)
        self.left_out[row.kind] |= self.recipe.left_out(row)
        self.payload_bytes += len(payload.line(self.recipe.apply(row)))

    def objects(
        self, snapshot: Transaction, start: int = 0, stop: int | None = None
    ) -> Iterator[dict[str, Any]]:
        """Yield what goes out, record by record: for preview and sealing alike."""
        wanted = self.rids[start:stop]
        for at in range(0, len(wanted), _BATCH):
            for row in query.rows(snapshot, wanted[at : at + _BATCH]):
                yield self.recipe.apply(row)

    @property
    def fields(self) -> dict[str, list[str]]:
        """Fields that go out, for each kind there are records of."""
        return {kind: list(self.recipe.fields[kind]) for kind in sorted(self.kinds)}


class _Titles(dict[str, str]):
    """Connector id to title, each looked up when first met."""

    def get(self, key: str, default: Any = None) -> Any:
        if key not in self:
            try:
                self[key] = BUNDLE_TITLE if key == BUNDLE_CONNECTOR else registry.by_id(key).title
            except KeyError:
                self[key] = default
        return self[key]


def _check_dates(*days: str) -> None:
    for day in days:
        try:
            if day:
                datetime.fromisoformat(f"{day}-01-01"[:10] if len(day) < 10 else day)
        except ValueError as error:
            raise refused("BAD_DATE", what=day) from error


class Preview:
    """What a share would hold: `rows` are the very objects that would be sealed.

    `fields` are the fields that go out by kind, `left_out` those the records have and that stay;
    `payload_bytes` is the length of all lines before compression.
    """

    def __init__(self, session: Session, chosen: Picked) -> None:
        self._session = session
        self._chosen = chosen
        self.count = len(chosen.rids)
        self.kinds = dict(sorted(chosen.kinds.items()))
        self.fields = chosen.fields
        self.left_out = {kind: sorted(names) for kind, names in sorted(chosen.left_out.items())}
        self.sources = sorted(chosen.sources)
        self.payload_bytes = chosen.payload_bytes

    def rows(self, offset: int = 0, limit: int = 100) -> list[dict[str, Any]]:
        """Objects `offset` to `offset + limit`, newest first."""
        with self._session.vault.read() as snapshot:
            return list(self._chosen.objects(snapshot, offset, offset + limit))

    def lines(self, offset: int = 0, limit: int = 100) -> list[str]:
        """The same rows as the very lines that would be sealed, without their line feeds."""
        return [payload.line(row)[:-1].decode() for row in self.rows(offset, limit)]

    def stays(self, offset: int = 0, limit: int = 100) -> list[list[str]]:
        """For each of the same rows the fields it has and leaves behind, by name."""
        with self._session.vault.read() as snapshot:
            wanted = self._chosen.rids[offset : offset + limit]
            recipe = self._chosen.recipe
            return [sorted(recipe.left_out(row)) for row in query.rows(snapshot, wanted)]

    def keys(self, offset: int = 0, limit: int = 100) -> list[str]:
        """The record keys of the same rows, for dropping single records."""
        with self._session.vault.read() as snapshot:
            wanted = self._chosen.rids[offset : offset + limit]
            return [row.key for row in query.rows(snapshot, wanted)]


def preview(
    session: Session,
    selection: Selection,
    recipients: Sequence[str] = (),
    context: JobContext | None = None,
) -> Preview:
    """Carry out a selection without sealing it.

    Record ids and pseudonyms depend on the recipients, so name them when they are known; without an
    identity or recipients they stand for nobody. Raises BAD_SELECTION, BAD_DATE, UNKNOWN_PERSON.
    """
    with session.vault.read() as snapshot:
        known = shelf.people(snapshot)
        listed = [persons.find(name, known).fingerprint for name in recipients]
        secret = bytes(32)
        if shelf.me(snapshot):
            secret = shelf.open_me(snapshot, session.vault).for_recipients(listed)
        return Preview(session, Picked(snapshot, selection, secret, context or JobContext()))
