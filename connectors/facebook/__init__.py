"""Facebook's "Download your information", as a folder or as one zip or several.

Lives here: the connector. `layout` knows which file holds what, `activity`, `people` and `messages`
read entries, `legacy` reads the HTML page of messages of before 2018, `mojibake` repairs text.

Quirks of the format: text is UTF-8 written as Latin-1 (repaired), lists are bare or wrapped in one
key, and there are next to no ids: a thing is known by its time, text and file names. The same post
or photo is listed several times and becomes one record. Other people's names are in `people` and
`author`. Times are UTC. Files nobody here knows are reported as such; photos are kept by name.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import ClassVar, Final

from connectors.api import Item, Match, Option, Options, Problem, Record
from connectors.errors import LimitExceeded, Unreadable
from connectors.facebook import documents, layout, legacy
from connectors.facebook.activity import event
from connectors.facebook.entries import Context
from connectors.facebook.layout import ALBUM, EVENTS, MESSAGES, Section
from connectors.facebook.messages import Thread
from connectors.facebook.people import named
from connectors.toolkit.receipt import members
from connectors.toolkit.source import Entry, Source

_HEAD: Final = 64 * 1024
_OF_ONE_FILE: Final = frozenset({"too-deep", "too-long", "too-large"})
"""Limits that end the reading of one file and not of the export."""
_SIGNS: Final = {"messages": [b'"participants"'], "album": [b'"photos"', b'"uri"']}
"""What stands in files whose names others use too."""
_MEDIA: Final = (
    *(".jpg", ".jpeg", ".png", ".gif", ".webp", ".heic", ".bmp"),
    *(".mp4", ".mov", ".m4v", ".webm", ".avi", ".3gp", ".mkv"),
    *(".mp3", ".m4a", ".aac", ".wav", ".ogg", ".opus"),
    *(".pdf", ".srt", ".vtt"),
)


class FacebookExport:
    """Reads a Facebook export."""

    id: ClassVar[str] = "facebook.export"
    title: ClassVar[str] = "Facebook export"
    version: ClassVar[int] = 1
    kinds: ClassVar[frozenset[str]] = frozenset(
        {
            "social.profile",
            "social.post",
            "social.comment",
            "social.reaction",
            "social.message",
            "social.connection",
            "social.advertiser",
            "web.activity",
            "place.visit",
            "calendar.event",
        }
    )
    options: ClassVar[tuple[Option, ...]] = ()

    def recognise(self, source: Source) -> Match | None:
        """Claim an export by its folders, file names and top-level keys."""
        paths = [entry.path for entry in source.entries]
        if any(map(layout.is_foreign, paths)):
            return None
        if not source.is_archive:
            return _recognise_file(source, paths[0]) if paths else None
        for sign, match in (
            (layout.is_own, Match(100, "2023-")),
            (partial(_is_sure, source), Match(90, "2018-2023")),
            (partial(_is_legacy, source), Match(90, "-2018")),
            (layout.is_html, Match(60, "HTML")),
        ):
            if any(map(sign, paths)):
                return match
        return None

    def read(self, source: Source, options: Options, since: str) -> Iterator[Item]:  # noqa: ARG002
        """Yield the records of the whole export; `since` is not used.

        Raises Unreadable("html-export") for an export that was ordered as HTML.
        """
        known = _sections(source)
        pages = [entry.path for entry in source.entries if _is_legacy(source, entry.path)]
        if not known and not pages and any(layout.is_html(entry.path) for entry in source.entries):
            raise Unreadable("html-export")
        source.expect([*(entry.path for entry, _ in known), *pages])
        context = Context()
        parsed: dict[str, int] = {}
        problem = Unreadable("nothing-found")
        for path, found in _files(source, known, pages, context):
            count = 0
            try:
                for item in found:
                    count += type(item) is Record
                    yield item
            except Unreadable as error:
                if isinstance(error, LimitExceeded) and error.code not in _OF_ONE_FILE:
                    raise
                problem = error if problem.code == "nothing-found" else problem
                yield Problem(path, error.code, error.value[:80])
            parsed[path] = count
        if not any(parsed.values()):
            raise problem
        yield from members(source, parsed, _kept(source))


def _is_sure(source: Source, path: str) -> bool:
    """Say whether a file can only be Facebook's: "friends.json" may be anybody's."""
    section = layout.by_name(path)
    if section is None:
        return False
    return section.is_sure or layout.by_key(source.head(path, _HEAD)) is not None


def _recognise_file(source: Source, path: str) -> Match | None:
    head = source.head(path, _HEAD)
    if _is_legacy(source, path):
        return Match(90, "-2018")
    if not path.lower().endswith(".json"):
        return Match(60, "HTML") if layout.is_html(path) else None
    if layout.by_key(head):
        return Match(90)
    section = layout.by_name(path)
    if section is None or any(sign not in head for sign in _SIGNS.get(section.name, ())):
        return None
    is_claimed = section.is_sure or section is ALBUM
    return Match(60) if is_claimed and head.lstrip()[:1] in {b"[", b"{"} else None


def _is_legacy(source: Source, path: str) -> bool:
    return path.lower().endswith((".htm", ".html")) and legacy.looks_legacy(
        source.head(path, _HEAD)
    )


def _sections(source: Source) -> list[tuple[Entry, Section]]:
    """Return what is to be read, in the order that lets photos be told once."""
    found = []
    for entry in source.entries:
        if entry.path.lower().endswith(".json"):
            section = layout.by_name(entry.path) or layout.by_key(source.head(entry.path, _HEAD))
            if section:
                found.append((entry, section))
    return sorted(found, key=lambda pair: pair[1].order)


def _kept(source: Source) -> set[str]:
    return {entry.path for entry in source.entries if entry.path.lower().endswith(_MEDIA)}


def _files(
    source: Source, known: list[tuple[Entry, Section]], pages: list[str], context: Context
) -> Iterator[tuple[str, Iterator[Item]]]:
    for entry, section in known:
        yield entry.path, _file(source, entry, section, context)
    for path in pages:
        yield path, _page(source, path, context)


def _page(source: Source, path: str, context: Context) -> Iterator[Item]:
    with source.open(path) as stream:
        yield from legacy.read(stream, f"{path}#" if source.is_archive else "", context)


def _file(source: Source, entry: Entry, section: Section, context: Context) -> Iterator[Item]:
    if section is EVENTS:
        yield from _events(source, entry, context)
        return
    reader = section.reader
    if section is MESSAGES:
        about, found = documents.thread(source, entry)
        reader = Thread(about, entry.path).message
    elif section.is_one:
        found = iter([(f"{entry.path}#", documents.whole(source, entry))])
    else:
        found = documents.entries(source, entry)
    for where, value in found:
        whole = named(value) if section.name == "advertisers" else value
        if type(whole) is dict:
            yield from reader(whole, where, context)
        else:
            yield Problem(where, "not-an-object")


def _events(source: Source, entry: Entry, context: Context) -> Iterator[Item]:
    """Read events, which lie in lists named after the answer to the invitation."""
    value = documents.whole(source, entry)
    for key, answers in (value if type(value) is dict else {"": value}).items():
        for answer, found in (answers if type(answers) is dict else {"": answers}).items():
            for index, item in enumerate(found if type(found) is list else [found]):
                where = "/".join(filter(None, (f"{entry.path}#", key, answer, str(index))))
                if type(item) is dict:
                    yield from event(item, where, context, answer.removeprefix("events_"))
                else:
                    yield Problem(where, "not-an-object")
