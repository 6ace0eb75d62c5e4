"""What became of every member of a source: the lines of the coverage receipt.

Every connector ends its reading with `yield from receipt.members(...)`, so that no import ever says
"finished" while half of an archive was silently passed over. `read_files` does it for formats whose
files stand each on its own.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Final

from connectors.api import Item, Member, Problem, Record
from connectors.errors import LimitExceeded, Unreadable
from connectors.toolkit.source import Source

LOOKED_AT: Final = 200
"""How many members a connector looks into before it gives up recognising an archive."""


def members(
    source: Source, parsed: Mapping[str, int], kept: Collection[str] = ()
) -> Iterator[Member]:
    """Yield one `Member` per entry: "parsed" with its records, "kept", and the rest "unknown".

    `kept` names members known not to hold records (photos, a picture of the page).
    """
    for entry in source.entries:
        if entry.path in parsed:
            yield Member(entry.path, "parsed", parsed[entry.path])
        else:
            yield Member(entry.path, "kept" if entry.path in kept else "unknown")
    for path in source.skipped:
        yield Member(path, "unknown")


def read_files(
    source: Source, paths: Iterable[str], read: Callable[[str], Iterator[Item]]
) -> Iterator[Item]:
    """Read each of `paths` with `read`, then yield the receipt.

    In an archive a file that cannot be read is a `Problem` and the others are read; alone it raises
    as it is. LimitExceeded always does: it is about the whole. Without a single record it raises
    what went wrong first, else "nothing-found".
    """
    parsed = dict.fromkeys(paths, 0)
    if not parsed:
        raise Unreadable("not-recognised")
    source.expect(parsed)
    complaint: Problem | Unreadable = Unreadable("nothing-found")
    first = complaint
    for path in parsed:
        try:
            for item in read(path):
                if type(item) is Record:
                    parsed[path] += 1
                elif type(item) is Problem:
                    complaint = item if complaint is first else complaint
                yield item
        except Unreadable as error:
            if isinstance(error, LimitExceeded) or not source.is_archive:
                raise
            complaint = error if complaint is first else complaint
            yield problem(place(source, path, error.where), error.code, error.value)
    if not any(parsed.values()):
        raise Unreadable(complaint.code, complaint.value, complaint.where)
    yield from members(source, parsed)


def problem(where: str, code: str, value: str = "") -> Problem:
    """Make a `Problem` whose quotation is short enough."""
    return Problem(where, code, value[:80])


def place(source: Source, path: str, spot: str) -> str:
    """Say where something was read: "row 12", and in an archive "bank/2024.csv#row 12"."""
    if not source.is_archive:
        return spot
    return f"{path}#{spot}" if spot else path
