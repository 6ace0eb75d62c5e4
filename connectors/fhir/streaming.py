"""Documents too large, or too broken, to be decoded at once.

Lives here: the two passes over such a document. The first learns its shape and what a Bundle calls
its resources, because references may come before what they refer to; the second yields values.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO, Final

import ijson
import msgspec

from connectors.errors import LimitExceeded, Unreadable
from connectors.fhir.containers import UNREADABLE, known_as
from connectors.toolkit.json import MAX_DEPTH, items, loads

_BUFFER: Final = 1 << 16
_RECODE: Final = msgspec.json.Encoder(decimal_format="number").encode
_BROKEN: Final = (ijson.JSONError, *UNREADABLE)


class Survey:
    """What the first pass learns; of a broken document, up to where it breaks off."""

    def __init__(self) -> None:
        self.is_bundle = False
        self.is_list = False
        self.type = ""
        self.total: int | None = None
        self.links: list[dict[str, str]] = []
        self.known: dict[str, str] = {}
        self.matches = 0

    @property
    def prefix(self) -> str:
        """Where the values of the second pass lie, in the notation of ijson."""
        return "entry.item" if self.is_bundle else "item" if self.is_list else ""


def survey(stream: BinaryIO) -> Survey:
    """Make the first pass."""
    found = Survey()
    path: list[Any] = []
    entry: dict[str, Any] = {}
    try:
        for event, value in ijson.basic_parse(stream, buf_size=_BUFFER):
            if event == "map_key":
                path[-1] = value
            elif event in {"start_map", "start_array"}:
                found.is_list = found.is_list or (not path and event == "start_array")
                path.append(None)
                if len(path) > MAX_DEPTH:
                    raise LimitExceeded("too-deep")
            elif event in {"end_map", "end_array"}:
                path.pop()
                if len(path) == 2 and path[0] == "entry" and event == "end_map":
                    _close_entry(found, entry)
                    entry = {}
            elif len(path) <= 4:
                _scalar(found, entry, path, value)
    except _BROKEN:
        # The second pass will stumble over the same place and say so.
        return found
    return found


def _scalar(found: Survey, entry: dict[str, Any], path: list[Any], value: object) -> None:
    match path:
        case ["resourceType"]:
            found.is_bundle = value == "Bundle"
        case ["type"]:
            found.type = str(value)
        case ["total"] if type(value) is int:
            found.total = value
        case ["link", _, "relation"]:
            found.links = [*found.links[-9:], {"relation": str(value)}]
        case ["entry", _, "fullUrl"]:
            entry["fullUrl"] = value
        case ["entry", _, "search", "mode"]:
            entry["mode"] = value
        case ["entry", _, "resource", "resourceType" | "id" as name]:
            entry[name] = value
        case _:
            pass


def _close_entry(found: Survey, entry: dict[str, Any]) -> None:
    found.matches += entry.get("mode") not in {"include", "outcome"}
    full_url = entry.get("fullUrl")
    if type(full_url) is str:
        known = known_as(full_url, entry.get("resourceType"), entry.get("id"))
        if known:
            found.known[known[0]] = known[1]


def values(stream: BinaryIO, prefix: str) -> Iterator[Any]:
    """Make the second pass: yield each value. Raises Unreadable where the document breaks off."""
    for value in items(stream, prefix):
        try:
            # Through the other decoder, so that both ways give the same values, text included.
            yield loads(_RECODE(value))
        except UnicodeError as error:
            raise Unreadable("bad-encoding") from error
