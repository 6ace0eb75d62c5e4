"""Where FHIR resources come from: NDJSON, Bundles of any size, single resources, arrays of them.

Lives here: the reading of one member of a source into resources. Does not live here: what a
resource means (`connectors.fhir.resources`).

Small documents are decoded in one go. Large ones, and broken ones for what their beginning still
holds, are streamed, so that memory follows the largest resource and not the file.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any, BinaryIO, Final, NamedTuple

import msgspec

from connectors.api import Problem
from connectors.errors import Unreadable
from connectors.fhir.mapper import Resource
from connectors.toolkit.json import JSON, MAX_DEPTH, items, loads
from connectors.toolkit.source import Source

_CHUNK: Final = 1 << 20
_SMALL: Final = 8 * 1024 * 1024
"""Documents up to this many bytes are decoded whole, which takes ten times as much memory."""
_LONGEST_LINE: Final = 16 * 1024 * 1024
_BOM: Final = b"\xef\xbb\xbf"
_MEMBERS: Final = msgspec.json.Decoder(Resource).decode
_ENCODE: Final = msgspec.json.Encoder(decimal_format="number").encode
_BUNDLE: Final = b'"Bundle"'


class Found(msgspec.Struct, frozen=True, gc=False):
    """A resource, with its members as they were written; `full_url` is what a Bundle calls it."""

    where: str
    resource: Resource
    full_url: str = ""


class Header(NamedTuple):
    """What a Bundle says about itself. `known` maps `urn:` names to "Type/id"."""

    history: bool
    known: dict[str, str]


class NoResource(NamedTuple):
    """An object that is no resource, such as a line of the log of a bulk export."""

    where: str


Piece = Found | Header | NoResource | Problem


def pieces(source: Source, path: str, size: int) -> Iterator[Piece]:
    """Yield what is in one member, in file order."""
    if path.lower().endswith((".ndjson", ".jsonl")) or _starts_with_line(source, path):
        with source.open(path) as stream:
            yield from _lines(stream, f"{path}#" if source.is_archive else "")
    elif size <= _SMALL:
        yield from _document(source, path)
    else:
        yield from _streamed(source, path)


def _starts_with_line(source: Source, path: str) -> bool:
    """Say whether the first line is a whole object and another one follows."""
    with source.open(path, counted=False) as stream:
        first = stream.readline(_LONGEST_LINE).removeprefix(_BOM)
        second = stream.read(64).lstrip()
    if not first.endswith(b"\n") or not second.startswith(b"{"):
        return False
    try:
        _MEMBERS(first)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return False
    return True


# --- NDJSON ---------------------------------------------------------------------------------------


def _lines(stream: BinaryIO, prefix: str) -> Iterator[Piece]:
    count = 0
    for lines in _split(stream):
        for line in lines:
            count += 1
            try:
                members = _MEMBERS(line)
            except (msgspec.DecodeError, UnicodeError, RecursionError):
                if line and not line.isspace():
                    yield from _odd_line(line, f"{prefix}line {count}")
                continue
            kind = members.get("resourceType")
            # Braces bound the depth: what is deeper, or a Bundle, is taken the careful way.
            if (
                kind is None
                or bytes(kind) == _BUNDLE
                or line.count(b"{") + line.count(b"[") > MAX_DEPTH
            ):
                yield from _odd_line(line, f"{prefix}line {count}")
            else:
                yield Found(f"{prefix}line {count}", members)


def _odd_line(line: bytes, where: str) -> Iterator[Piece]:
    """Decode with the reader that mends what can be mended and names what cannot."""
    if len(line) > _LONGEST_LINE:
        yield Problem(where, "too-long")
        return
    try:
        value = loads(line)
    except Unreadable as error:
        yield Problem(where, error.code)
        return
    yield from _value(value, where)


def _split(stream: BinaryIO) -> Iterator[list[bytes]]:
    """Yield lists of lines. Of a line beyond all measure only its beginning is kept."""
    rest = b""
    chunk = stream.read(_CHUNK).removeprefix(_BOM)
    while chunk:
        lines = (rest + chunk).split(b"\n") if len(rest) <= _LONGEST_LINE else _cut(rest, chunk)
        rest = lines.pop()
        yield lines
        chunk = stream.read(_CHUNK)
    yield [rest] if rest.strip() else []


def _cut(rest: bytes, chunk: bytes) -> list[bytes]:
    _, newline, after = chunk.partition(b"\n")
    return [rest, *after.split(b"\n")] if newline else [rest]


# --- one document ---------------------------------------------------------------------------------


def _document(source: Source, path: str) -> Iterator[Piece]:
    try:
        value = loads(source.read(path, _SMALL))
    except Unreadable:
        yield from _streamed(source, path)
        return
    if type(value) is list:
        for count, item in enumerate(value):
            yield from _value(item, f"{path}#/{count}")
    else:
        yield from _value(value, f"{path}#")


def _value(value: object, where: str) -> Iterator[Piece]:
    if type(value) is not dict:
        yield Problem(where, "not-an-object")
    elif value.get("resourceType") == "Bundle":
        yield from _bundle(value, where)
    else:
        yield _found(where, value) if "resourceType" in value else NoResource(where)


def _found(where: str, resource: dict[str, Any], full_url: str = "") -> Found:
    return Found(where, _MEMBERS(_ENCODE(resource)), full_url)


def _bundle(bundle: dict[str, Any], where: str) -> Iterator[Piece]:
    entries = bundle.get("entry")
    if type(entries) is not list:
        entries = []
    yield Header(bundle.get("type") == "history", dict(filter(None, map(_name, entries))))
    for count, entry in enumerate(entries):
        yield from _entry(entry, f"{where}/entry/{count}")
    matches = sum(map(_is_match, entries))
    yield from _one_page(where, matches, bundle.get("total"), bundle.get("link"))


def _name(entry: object) -> tuple[str, str] | None:
    """Return a Bundle's own name for a resource, with the "Type/id" it stands for."""
    full_url = entry.get("fullUrl") if type(entry) is dict else None
    resource = entry.get("resource") if type(entry) is dict else None
    if type(full_url) is not str or type(resource) is not dict:
        return None
    return _known_as(full_url, resource.get("resourceType"), resource.get("id"))


def _known_as(full_url: str, kind: object, ident: object) -> tuple[str, str] | None:
    """Return what a `urn:` name stands for; other names speak for themselves."""
    if not full_url.startswith("urn:") or type(kind) is not str:
        return None
    tail = full_url.rpartition(":")[2]
    return full_url, f"{kind}/{ident if type(ident) is str and ident else tail}"


def _entry(entry: object, where: str) -> Iterator[Piece]:
    if type(entry) is not dict:
        yield Problem(where, "not-an-object")
        return
    resource, full_url = entry.get("resource"), entry.get("fullUrl")
    if type(resource) is dict and resource.get("resourceType") == "Bundle":
        yield from _bundle(resource, where)
    elif type(resource) is dict:
        yield _found(where, resource, full_url if type(full_url) is str else "")
    elif "request" not in entry and "response" not in entry:
        # A deletion or the answer to a transaction has no resource, and need not have one.
        yield Problem(where, "missing-field", "resource")


def _is_match(entry: object) -> bool:
    search = entry.get("search") if type(entry) is dict else None
    return type(search) is not dict or search.get("mode") not in {"include", "outcome"}


def _one_page(where: str, matches: int, total: object, links: object) -> Iterator[Piece]:
    """Say so when a Bundle is one page of a longer list. The link to the next is never followed."""
    if type(total) is int and total > matches:
        yield Problem(where, "one-page", f"{matches} of {total}")
    elif type(links) is list and any(
        type(link) is dict and link.get("relation") == "next" for link in links
    ):
        yield Problem(where, "one-page", str(matches))


# --- documents too large or too broken to decode at once ------------------------------------------


def _streamed(source: Source, path: str) -> Iterator[Piece]:
    if source.head(path, 64).removeprefix(_BOM).lstrip().startswith(b"["):
        with source.open(path) as stream:
            for count, item in enumerate(items(stream)):
                yield from _value(item, f"{path}#/{count}")
        return
    about, known, matches = _survey(source, path)
    if about.get("resourceType") != "Bundle":
        yield from _value(loads(source.read(path)), f"{path}#")
        return
    yield Header(about.get("type") == "history", known)
    with source.open(path) as stream:
        for count, entry in enumerate(items(stream, "entry.item")):
            yield from _entry(entry, f"{path}#/entry/{count}")
    yield from _one_page(f"{path}#", matches, about.get("total"), about.get("link"))


def _survey(source: Source, path: str) -> tuple[dict[str, JSON], dict[str, str], int]:
    """Return what a Bundle says beside its entries, what it calls them, and how many match.

    A pass of its own, because references may come before what they refer to.
    """
    about: dict[str, JSON] = {}
    known: dict[str, str] = {}
    matches = 0
    with source.open(path, counted=False) as stream, suppress(Unreadable):
        # Where the document breaks off, the second pass will stumble, too, and say so.
        for entry in items(stream, "entry.item", about):
            named = _name(entry)
            if named:
                known[named[0]] = named[1]
            matches += _is_match(entry)
    return about, known, matches
