"""Messages of Facebook exports before 2018, which were one HTML page.

Lives here: reading that page as a stream. A thread is a `div` that begins with the names of its
participants; each message is a header of sender and time, and the paragraph after it.

    <div class="thread">A, B
      <div class="message"><div class="message_header"><span class="user">A</span>
        <span class="meta">Friday, October 4, 2013 at 10:05pm PDT</span></div></div>
      <p>text</p>

Times are whole minutes, so the same short text twice in one minute is two messages.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import BinaryIO, Final

from connectors.api import Problem, Record, Value
from connectors.errors import LimitExceeded
from connectors.facebook.entries import Context, Item, shortened
from connectors.toolkit.dates import day

_CHUNK: Final = 64 * 1024
_LONGEST: Final = 4 * 1024 * 1024
_MONTHS: Final = {
    name: number
    for number, name in enumerate(
        (
            "january",
            "february",
            "march",
            "april",
            "may",
            "june",
            "july",
            "august",
            "september",
            "october",
            "november",
            "december",
        ),
        1,
    )
}
_TIME: Final = re.compile(
    r"[A-Za-z]+, (?P<month>[A-Za-z]+) (?P<day>[0-9]{1,2}), (?P<year>[0-9]{4})"
    r" at (?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{2})(?P<half>am|pm)(?: (?P<zone>\S+))?"
)
_ZONES: Final = {
    "PDT": "-07:00",
    "PST": "-08:00",
    "MDT": "-06:00",
    "MST": "-07:00",
    "CDT": "-05:00",
    "CST": "-06:00",
    "EDT": "-04:00",
    "EST": "-05:00",
    "UTC": "Z",
    "GMT": "Z",
    "BST": "+01:00",
    "CET": "+01:00",
    "CEST": "+02:00",
}
_OFFSET: Final = re.compile(r"UTC([+-][0-9]{2})(?::?([0-9]{2}))?")


def looks_legacy(head: bytes) -> bool:
    """Say whether a page is such a page of messages."""
    return b'class="thread"' in head and b'class="message_header"' in head


def moment(text: str) -> str:
    """Read "Friday, October 4, 2013 at 10:05pm PDT". Without a known zone it is local time."""
    match = _TIME.fullmatch(" ".join(text.split()))
    month = _MONTHS.get(match["month"].lower()) if match else None
    if match is None or month is None:
        raise ValueError(text)
    hour, minute = int(match["hour"]), int(match["minute"])
    if not 1 <= hour <= 12 or minute > 59:
        raise ValueError(text)
    hour = hour % 12 + (12 if match["half"] == "pm" else 0)
    date = day(match["year"], month, match["day"])
    return f"{date}T{hour:02}:{minute:02}:00{_zone(match['zone'] or '')}"


def _zone(name: str) -> str:
    match = _OFFSET.fullmatch(name)
    if match and int(match[1]) in range(-14, 15):
        return f"{match[1]}:{match[2] or '00'}"
    return _ZONES.get(name, "")


def read(stream: BinaryIO, where: str, context: Context) -> Iterator[Item]:
    """Yield the messages of the page, in its order. Raises LimitExceeded("too-long")."""
    page = _Page(where, context)
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    while chunk := stream.read(_CHUNK):
        page.feed(decoder.decode(chunk))
        # What is held back is one unfinished tag; a page without an end to it is no page.
        if len(page.rawdata) > _LONGEST:
            raise LimitExceeded("too-long")
        yield from page.take()
    page.feed(decoder.decode(b"", final=True))
    page.close()
    page.finish()
    yield from page.take()


class _Page(HTMLParser):
    def __init__(self, where: str, context: Context) -> None:
        super().__init__(convert_charrefs=True)
        self._where = where
        self._context = context
        self._items: list[Item] = []
        self._depth = 0
        self._thread_depth = 0
        self._part = ""
        self._texts: dict[str, str] = {}
        self._line = 0

    def take(self) -> list[Item]:
        """Return the messages finished since the last call."""
        items, self._items = self._items, []
        return items

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        kind = dict(attrs).get("class") or ""
        if tag == "div":
            self._depth += 1
            if kind == "thread":
                self.finish()
                self._thread_depth = self._depth
                self._texts, self._part = {"people": ""}, "people"
            elif kind == "message" and self._thread_depth:
                self.finish()
                self._part, self._line = "", self.getpos()[0]
        elif tag == "span" and kind in {"user", "meta"} and self._thread_depth:
            self._part = kind
            self._texts.setdefault(kind, "")
        elif tag == "p" and "meta" in self._texts:
            self._part = "text"
            self._texts["text"] = self._texts.get("text", "") + (
                "\n" if "text" in self._texts else ""
            )
        elif tag == "br" and self._part == "text":
            self._texts["text"] += "\n"

    def handle_endtag(self, tag: str) -> None:
        if tag in {"span", "p"}:
            self._part = ""
        elif tag == "div":
            if self._thread_depth and self._depth <= self._thread_depth:
                self.finish()
                self._thread_depth = 0
            self._depth = max(0, self._depth - 1)

    def handle_data(self, data: str) -> None:
        if self._part:
            text = self._texts.get(self._part, "") + data
            if len(text) > _LONGEST:
                raise LimitExceeded("too-long")
            self._texts[self._part] = text

    def finish(self) -> None:
        """End the message that is being read."""
        author = " ".join(self._texts.pop("user", "").split())
        meta = self._texts.pop("meta", "").strip()
        text = self._texts.pop("text", "").strip()
        if not author and not meta:
            return
        where = f"{self._where}line {self._line}"
        try:
            start = moment(meta)
        except ValueError:
            start = ""
            self._items.append(Problem(where, "bad-date", meta[:80]))
        self._items.append(self._message(author, start, text, where))

    def _message(self, author: str, start: str, text: str, where: str) -> Record:
        conversation = " ".join(self._texts.get("people", "").split())
        people = [name for name in conversation.split(", ") if name and name != author]
        data: dict[str, Value] = {"service": "Facebook"}
        for field, value in (("author", author), ("conversation", conversation)):
            data |= {field: value} if value else {}
        if people:
            data["people"] = people
        native_id = self._context.each("social.message", conversation, start, author, text)
        title = shortened(text) or conversation or author
        return Record(
            "social.message", native_id, start, title=title, text=text, data=data, where=where
        )
