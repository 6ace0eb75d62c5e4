"""FHIR R4 health records, as JSON or NDJSON (https://hl7.org/fhir/R4/).

Covers what a person is handed: Bundles of a patient portal or of CMS Blue Button 2.0, bulk exports
(one `<Type>.<n>.ndjson` per resource type), single resources, and folders or zips of all these.

Lives here: the connector. `containers` finds resources in files, `resources` has the table of what
becomes what, `mapper` goes by it, `members` and `special` read the members.

The native id is "Type/id" and never a version: an updated resource is the same record with new
content. Links lead to the same form. Whatever no field holds stays word for word in `extra`, except
`meta`, the generated narrative, and inline files of more than a few kilobytes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import ClassVar, Final

from connectors.api import Item, Match, Option, Options, Problem
from connectors.errors import LimitExceeded, Unreadable
from connectors.fhir.containers import Found, Header, NoResource, pieces
from connectors.fhir.mapper import Mapper
from connectors.fhir.resources import BORING, KINDS
from connectors.toolkit.receipt import members
from connectors.toolkit.source import Entry, Source

_SUFFIXES: Final = (".json", ".ndjson", ".jsonl", ".phr")
_OF_ONE_FILE: Final = frozenset({"too-deep", "too-long", "too-large"})
"""Limits that end the reading of one file and not of all of them."""
_LOOKED_AT: Final = 40
_HEAD: Final = 64 * 1024
_TYPE: Final = re.compile(rb'"resourceType"\s*:\s*"([A-Z][A-Za-z]{2,40})"')


class FhirR4:
    """Reads FHIR R4 resources."""

    id: ClassVar[str] = "fhir.r4"
    title: ClassVar[str] = "Health records (FHIR)"
    version: ClassVar[int] = 1
    kinds: ClassVar[frozenset[str]] = KINDS
    options: ClassVar[tuple[Option, ...]] = ()

    def recognise(self, source: Source) -> Match | None:
        """Claim a source in which a JSON file opens with a resource."""
        candidates = _candidates(source)[:_LOOKED_AT]
        types = [kind for entry in candidates if (kind := resource_type(source, entry.path))]
        if not types:
            return None
        # Health exports of other makers carry FHIR files too; theirs is the better claim.
        return Match(95 if len(types) * 2 >= len(source.entries) else 60, _detail(types))

    def read(self, source: Source, options: Options, since: str) -> Iterator[Item]:  # noqa: ARG002
        """Yield a record for each resource, in file order; `since` is not used."""
        candidates = _candidates(source)
        source.expect(entry.path for entry in candidates)
        mapper = Mapper()
        parsed: dict[str, int] = {}
        kept: set[str] = set()
        problem: Problem | None = None
        for entry in candidates:
            tally = Tally()
            for item in _member(source, entry, mapper, tally):
                problem = problem or (item if type(item) is Problem else None)
                yield item
            if tally.records:
                parsed[entry.path] = tally.records
            elif tally.others:
                kept.add(entry.path)
        if not parsed:
            raise (
                Unreadable(problem.code, problem.value) if problem else Unreadable("nothing-found")
            )
        yield from members(source, parsed, kept)


class Tally:
    """What was in one member: records, and objects that are no resources."""

    records = 0
    others = 0


def _candidates(source: Source) -> list[Entry]:
    if not source.is_archive:
        return source.entries
    return [entry for entry in source.entries if entry.path.lower().endswith(_SUFFIXES)]


def resource_type(source: Source, path: str) -> str:
    """Return the type of the first resource if the file opens with one, else ""."""
    head = source.head(path, _HEAD).removeprefix(b"\xef\xbb\xbf").lstrip()
    if head[:1] not in {b"{", b"["}:
        return ""
    match = _TYPE.search(head)
    # Only an object's own member counts: one level of braces, or two inside of an array.
    if match is None or _depth(head[: match.start()]) != 1 + (head[:1] == b"["):
        return ""
    found = match[1].decode()
    return found if found == "Bundle" or found not in BORING else ""


def _depth(text: bytes) -> int:
    bare = re.sub(rb'"(?:[^"\\]|\\.)*"', b"", text)
    return sum(bare.count(sign) for sign in (b"{", b"[")) - sum(
        bare.count(sign) for sign in (b"}", b"]")
    )


def _detail(types: list[str]) -> str:
    return "Bundle" if types == ["Bundle"] else "R4"


def _member(source: Source, entry: Entry, mapper: Mapper, tally: Tally) -> Iterator[Item]:
    """Read one member; what is wrong with it does not stop the others."""
    try:
        yield from _items(source, entry, mapper, tally)
    except RecursionError:
        yield Problem(entry.path, "too-deep")
    except Unreadable as error:
        if isinstance(error, LimitExceeded) and error.code not in _OF_ONE_FILE:
            raise
        yield Problem(entry.path, error.code, error.value[:80])
    if tally.records and tally.others:
        yield Problem(entry.path, "missing-field", "resourceType")


def _items(source: Source, entry: Entry, mapper: Mapper, tally: Tally) -> Iterator[Item]:
    known: dict[str, str] = {}
    mapper.use(known)
    history = False
    for piece in pieces(source, entry.path, entry.size):
        if isinstance(piece, Found):
            record = mapper.record(piece.resource, piece.where, piece.full_url, history=history)
            if record is not None:
                tally.records += 1
                yield record
            if mapper.problems:
                yield from mapper.take_problems()
        elif isinstance(piece, Header):
            history = piece.history
            known |= piece.known
            mapper.use(known)
        elif isinstance(piece, NoResource):
            tally.others += 1
        else:
            yield piece
