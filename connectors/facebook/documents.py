"""The JSON files of a Facebook export, whole or entry by entry.

Lives here: finding the entries in a file, whatever it is wrapped in, and repairing their text.
Entries come with their place in the file, as a JSON pointer.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, Final

from connectors.errors import Unreadable
from connectors.facebook.mojibake import repaired
from connectors.toolkit.json import items, loads
from connectors.toolkit.source import Entry, Source

_SMALL: Final = 2 * 1024 * 1024
"""Files up to this many bytes are parsed whole, which takes ten times as much memory."""
_HEAD: Final = 64 * 1024
_WRAPPED: Final = re.compile(rb'\{\s*"([A-Za-z0-9_]{1,60})"\s*:\s*\[')
_ENTRY_KEYS: Final = frozenset({"timestamp", "label_values", "fbid"})
_BOM: Final = b"\xef\xbb\xbf"

Placed = tuple[str, Any]


def whole(source: Source, entry: Entry) -> Any:
    """Return the value of a file. Raises Unreadable."""
    return repaired(loads(source.read(entry.path)))


def entries(source: Source, entry: Entry) -> Iterator[Placed]:
    """Yield the entries of a file: of a bare list, of the one list in an object, or the object."""
    prefix = _prefix(source, entry) if entry.size > _SMALL else ""
    if prefix:
        yield from _streamed(source, entry.path, prefix)
        return
    value = whole(source, entry)
    key = _list_key(value) if type(value) is dict else ""
    found = value[key] if key else value
    place = f"{entry.path}#/{key}/" if key else f"{entry.path}#/"
    if type(found) is list:
        for index, item in enumerate(found):
            yield f"{place}{index}", item
    else:
        yield f"{entry.path}#", found


def _list_key(value: dict[str, Any]) -> str:
    """Return the key of the list that an object wraps, "" if the object is an entry itself."""
    if not _ENTRY_KEYS.isdisjoint(value):
        return ""
    lists = [key for key, inner in value.items() if type(inner) is list]
    return lists[0] if len(lists) == 1 else ""


def thread(source: Source, entry: Entry) -> tuple[dict[str, Any], Iterator[Placed]]:
    """Return what a file of messages says about its thread, and its messages."""
    place = f"{entry.path}#/messages/"
    if entry.size > _SMALL:
        return _thread_of(source, entry.path), _streamed(source, entry.path, "messages.item")
    value = whole(source, entry)
    if type(value) is not dict:
        return {}, iter([(f"{entry.path}#", value)])
    found = value.get("messages")
    messages = found if type(found) is list else []
    return value, ((f"{place}{index}", item) for index, item in enumerate(messages))


def _thread_of(source: Source, path: str) -> dict[str, Any]:
    """Read what stands around the messages, which may come after them."""
    about: dict[str, Any] = {}
    with source.open(path, counted=False) as stream, suppress(Unreadable):
        # Where the document breaks off, the reading of the messages will say so.
        deque(items(stream, "messages.item", about), maxlen=0)
    return dict(repaired(about))


def _prefix(source: Source, entry: Entry) -> str:
    head = source.head(entry.path, _HEAD).removeprefix(_BOM).lstrip()
    match = _WRAPPED.match(head)
    if match:
        return f"{match[1].decode()}.item"
    return "item" if head.startswith(b"[") else ""


def _streamed(source: Source, path: str, prefix: str) -> Iterator[Placed]:
    key = prefix.removesuffix("item").replace(".", "/")
    with source.open(path) as stream:
        for index, value in enumerate(items(stream, prefix)):
            yield f"{path}#/{key}{index}", repaired(value)
