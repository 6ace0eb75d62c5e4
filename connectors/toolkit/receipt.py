"""What became of every member of a source: the lines of the coverage receipt.

Every connector ends its reading with `yield from receipt.members(...)`, so that no import ever says
"finished" while half of an archive was silently passed over.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from connectors.api import Member, Problem
from connectors.toolkit.source import Source


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


def problem(where: str, code: str, value: str = "") -> Problem:
    """Make a `Problem` whose quotation is short enough."""
    return Problem(where, code, value[:80])


def place(source: Source, path: str, spot: str) -> str:
    """Say where something was read: "row 12", and in an archive "bank/2024.csv#row 12"."""
    return f"{path}#{spot}" if source.is_archive else spot
