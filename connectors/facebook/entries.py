"""What the entries of a Facebook export have in common: times, media, places, labels.

Lives here: the draft that the readers of all sections fill, and what becomes of the rest of an
entry. Does not live here: what the entries of a section mean (`.activity`, `.people`).

Entries are dictionaries out of hostile JSON: nothing in them can be relied on to have a type.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import PurePosixPath
from typing import Any, Final

import msgspec

from connectors.api import Attachment, Problem, Record, Value
from connectors.toolkit.dates import from_epoch
from connectors.toolkit.fingerprint import Fingerprints
from connectors.toolkit.money import decimal_text

_ENCODE: Final = msgspec.json.Encoder(decimal_format="number").encode
_SERVICE: Final = "Facebook"
_LONGEST_TITLE: Final = 120

Entry = dict[str, Any]
Item = Record | Problem


class Context:
    """What is known while one export is read.

    `media` holds the names of files that belong to a record already: the same photo is listed with
    its post, in its album and once more among all photos.
    """

    def __init__(self) -> None:
        self.media: set[str] = set()
        self._fingerprints = Fingerprints()

    def once(self, *parts: str) -> str:
        """Return a native id, or "" if the same thing was met before in this export."""
        native_id = self._fingerprints.of(*parts)
        return native_id if native_id.endswith("#1") else ""

    def each(self, *parts: str) -> str:
        """Return a native id, numbered among equal things."""
        return self._fingerprints.of(*parts)


class Draft:
    """A record in the making. `used` are the members of the entry that are held by a field."""

    def __init__(self, kind: str, entry: Entry, where: str) -> None:
        self.kind = kind
        self.entry = entry
        self.where = where
        self.used: set[str] = set()
        self.data: dict[str, Value] = {"service": _SERVICE}
        self.files: list[Attachment] = []
        self.people: list[str] = []
        self.problems: list[Problem] = []
        self.start = self.end = self.title = self.text = ""

    def take(self, key: str) -> str:
        """Return a text of the entry and count it as held; "" if there is none."""
        value = self.entry.get(key)
        if type(value) is not str:
            return ""
        self.used.add(key)
        return value

    def put(self, field: str, value: str) -> None:
        """Fill a field unless there is nothing to fill it with."""
        if value:
            self.data[field] = value

    def say(self, text: object) -> None:
        """Add to the text of the record what is not in it yet."""
        if type(text) is str and text and text not in self.text.split("\n"):
            self.text = f"{self.text}\n{text}" if self.text else text

    def name(self, person: object) -> None:
        """Note that somebody is named."""
        if type(person) is str and person and person not in self.people:
            self.people.append(person)

    def time(self, key: str, *, end: bool = False) -> None:
        """Take a time in seconds, or in milliseconds where the key says so. Zero is unknown."""
        value = self.entry.get(key)
        if value is None or value == 0:
            return
        moment = epoch(value, key)
        if not moment:
            self.problems.append(Problem(self.where, "bad-date", str(value)[:80]))
            return
        self.used.add(key)
        if end:
            self.end = moment
        else:
            self.start = moment

    def attach(self, media: object, media_type: str = "") -> None:
        """Attach a file of the export by its `uri`; a web address is no such file."""
        uri = media.get("uri") if type(media) is dict else None
        if type(media) is not dict or type(uri) is not str or not uri:
            return
        title = media.get("title")
        name = title if type(title) is str else ""
        if "://" in uri:
            self.put("url", uri)
            return
        self.files.append(Attachment(uri, media_type, name))
        self.say(media.get("description"))

    def locate(self, place: object) -> None:
        """Take a place with its coordinates."""
        if type(place) is not dict:
            return
        name, url = place.get("name"), place.get("url")
        self.put("place", name if type(name) is str else "")
        self.put("url", url if type(url) is str else "")
        coordinate = place.get("coordinate")
        for field in ("latitude", "longitude"):
            value = coordinate.get(field) if type(coordinate) is dict else None
            self.put(field, degrees(value))

    def say_labels(self) -> None:
        """Make label and value pairs readable; what they have a group for describes somebody."""
        for label, value, is_grouped in labels(self.entry):
            if value.startswith(("http://", "https://")):
                self.data.setdefault("url", value)
            elif is_grouped and not value.isdigit():
                self.name(value)
            else:
                self.say(f"{label}: {value}" if label else value)

    def id_parts(self) -> tuple[str, ...]:
        """Return what identifies the thing. Folders change with every layout, file names do not."""
        names = sorted(PurePosixPath(file.path).name for file in self.files)
        return (self.kind, self.start, self.title, self.text, *names)

    def _file_name(self) -> str:
        return PurePosixPath(self.files[0].path).name if self.files else ""

    def record(self, native_id: str) -> Iterator[Item]:
        """Yield what is wrong with the entry, and its record unless it was met before."""
        yield from self.problems
        if not native_id:
            return
        if self.people:
            self.data["people"] = self.people
        yield Record(
            self.kind,
            native_id,
            self.start,
            self.end,
            " ".join(self.title.split()) or shortened(self.text) or self._file_name(),
            self.text,
            self.data,
            extra(self.entry, self.used),
            files=self.files,
            where=self.where,
        )


def epoch(value: object, key: str = "") -> str:
    """Return an instant, or "" if the value is no time since 1970."""
    if type(value) is not int and type(value) is not str and type(value) is not Decimal:
        return ""
    try:
        return from_epoch(value, "ms" if key.endswith("_ms") else "s")
    except (ValueError, ArithmeticError):
        return ""


def degrees(value: object) -> str:
    """Return a coordinate as exact text, or ""."""
    if type(value) is int:
        return str(value) if abs(value) <= 180 else ""
    if type(value) is not Decimal:
        return ""
    try:
        return decimal_text(value)
    except ValueError:
        return ""


def shortened(text: str) -> str:
    """Return the first line of a text as a title."""
    line = "".join(filter(str.isprintable, text.strip().partition("\n")[0]))
    return line if len(line) <= _LONGEST_TITLE else line[: _LONGEST_TITLE - 1] + "…"


def objects(value: object) -> Iterator[Entry]:
    """Iterate over the objects in an object or a list."""
    for item in value if type(value) is list else (value,):
        if type(item) is dict:
            yield item


def extra(entry: Entry, used: set[str]) -> str:
    """Return the members of an entry that no field holds, as JSON text."""
    rest = {key: value for key, value in entry.items() if key not in used and value not in ("", [])}
    return _ENCODE(rest).decode() if rest else ""


def labels(entry: Entry) -> list[tuple[str, str, bool]]:
    """Return label, value and "lies in a group" of the layout since 2024.

    Labels are in the language of the account.
    """
    found: list[tuple[str, str, bool]] = []
    waiting = [(item, False) for item in objects(entry.get("label_values"))]
    while waiting:
        item, is_grouped = waiting.pop(0)
        label, value = item.get("label", item.get("title")), item.get("value", item.get("href"))
        if type(value) is str and value:
            found.append((label if type(label) is str else "", value, is_grouped))
        for key in ("dict", "vec"):
            if key in item:
                waiting.extend((inner, True) for inner in objects(item[key]))
    return found
