"""Cutting an OFX file into tags, and its dates.

Lives here: what SGML, XML and the banks' inventions have in common. Does not live here: what the
tags mean (`connectors.ofx`).
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Final, NamedTuple

from connectors.errors import LimitExceeded
from connectors.toolkit.source import Source
from connectors.toolkit.text import decode_head, open_text

HEAD: Final = re.compile(
    r"\s*(?:OFXHEADER\s*:|(?:<\?xml\b[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:\?OFX\b|OFX>))",
    re.IGNORECASE | re.DOTALL,
)

_TAG: Final = re.compile(
    r"<(/?)([A-Za-z][A-Za-z0-9._]*)\s*(/?)>((?:<!\[CDATA\[.*?\]\]>|[^<])*+)", re.DOTALL
)
_CDATA: Final = re.compile(r"<!\[CDATA\[(.*?)\]\]>", re.DOTALL)
_ENTITY: Final = re.compile(
    r"&(?:amp|lt|gt|quot|apos|nbsp|#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6});", re.ASCII
)
_CHUNK: Final = 2**17
_MAX_VALUE: Final = 2**22

_DATE: Final = re.compile(
    r"(?P<day>[0-9]{8})"
    r"(?:(?P<clock>[0-9]{4}(?:[0-9]{2})?)(?:[.:](?P<fraction>[0-9]{1,9}))?)?"
    r"\s*(?:\[(?P<hours>[+-]?[0-9]{1,2})(?:[.:](?P<part>[0-9]{1,2}))?(?::[^\]]*)?\]"
    r"|\[[A-Za-z]*\]|(?P<utc>GMT|UTC|Z))?",
    re.ASCII,
)
# Quarter hours, as a fraction or as minutes: India is 5.5 to some and 5.30 to others.
_MINUTES: Final = {
    **dict.fromkeys(("", "0", "00"), 0),
    **dict.fromkeys(("15", "25"), 15),
    **dict.fromkeys(("3", "30", "5", "50"), 30),
    **dict.fromkeys(("45", "75"), 45),
}

_CHARSET: Final = re.compile(
    r"\b(?:CHARSET|ENCODING)\s*[:=]\s*[\"']?([A-Za-z0-9_-]+)", re.IGNORECASE
)
_PAGES: Final = frozenset(["437", "850", "852", "866", "874", "932", "936", "949", "950"]) | {
    str(page) for page in range(1250, 1259)
}
_NAMED: Final = {
    "shift_jis": "cp932",
    "euc-jp": "euc_jp",
    "euc-kr": "cp949",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "big5": "cp950",
}


class Tag(NamedTuple):
    """`<NAME>value` or `</NAME>`; the name in capitals, the value unescaped and stripped."""

    name: str
    closing: bool
    value: str


def open_tags(source: Source, path: str, *, counted: bool = True) -> Iterator[Tag]:
    """Yield the tags of a member, streaming. Raises Unreadable("bad-encoding")."""
    head = decode_head(source.head(path))
    with open_text(source, path, _encodings(head), counted=counted) as text:
        buffer = ""
        while chunk := text.read(_CHUNK):
            buffer += chunk
            if len(buffer) > _MAX_VALUE:
                raise LimitExceeded("too-long")
            at = 0
            # The last tag may go on in the next chunk.
            for match, following in _pairs(buffer, _whole(buffer)):
                yield _tag(match)
                at = following
            buffer = buffer[at:]
        for match in _TAG.finditer(buffer, 0, _whole(buffer)):
            yield _tag(match)


def _pairs(buffer: str, end: int) -> Iterator[tuple[re.Match[str], int]]:
    """Yield each tag that another one follows, with the place where that one starts."""
    before: re.Match[str] | None = None
    for match in _TAG.finditer(buffer, 0, end):
        if before is not None:
            yield before, match.start()
        before = match


def _whole(buffer: str) -> int:
    """Return the end of the text before a CDATA section that is still open."""
    closed = buffer.rfind("]]>") + 1
    opening = buffer.find("<![CDATA[", closed)
    return opening if opening >= 0 else len(buffer)


def _tag(match: re.Match[str]) -> Tag:
    slash, name, empty, text = match.groups()
    if slash or empty:
        return Tag(name.upper(), bool(slash), "")
    if "<" in text:
        return Tag(name.upper(), closing=False, value=_CDATA.sub(r"\1", text).strip())
    if "&" in text:
        text = _ENTITY.sub(lambda entity: html.unescape(entity[0]), text)
    return Tag(name.upper(), closing=False, value=text.replace("\xa0", " ").strip())


def _encodings(head: str) -> tuple[str, ...]:
    """List what to try after UTF-8, for headers lie: the declared one, then the usual one."""
    declared = []
    for name in _CHARSET.findall(head):
        lower = name.lower()
        page = lower.removeprefix("windows-").removeprefix("cp")
        latin = re.fullmatch(r"(?:iso-?)?8859-([0-9]{1,2})", lower)
        if page in _PAGES:
            declared.append(f"cp{page}")
        elif latin and latin[1] in {"1", "2", "3", "4", "5", "6", "7", "8", "9", "13", "15"}:
            declared.append(f"iso8859-{latin[1]}")
        elif lower in _NAMED:
            declared.append(_NAMED[lower])
    return (*declared, "cp1252", "latin-1")


def date_time(text: str) -> str:
    """Read an OFX date: "20090401122017.000[-5:EST]" → "2009-04-01T12:20:17-05:00".

    The written day stays the day. Without an offset the standard means GMT and banks mean local
    time, so it stays a wall clock. Raises ValueError.
    """
    match = _DATE.fullmatch(text.strip())
    if match is None:
        raise ValueError(text)
    day, clock = match["day"], match["clock"]
    moment = _moment(day, clock or "")
    if not clock:
        return moment.date().isoformat()
    fraction = (match["fraction"] or "").rstrip("0")
    return moment.isoformat() + (f".{fraction}" if fraction else "") + _offset(match)


def _moment(day: str, clock: str) -> datetime:
    clock = clock.ljust(6, "0")
    date = int(day[:4]), int(day[4:6]), int(day[6:])
    time = int(clock[:2]), int(clock[2:4]), int(clock[4:])
    return datetime(*date, *time)  # noqa: DTZ001 - the offset is written after it


def _offset(match: re.Match[str]) -> str:
    if match["utc"]:
        return "Z"
    if match["hours"] is None:
        return ""
    hours = int(match["hours"])
    minutes = _MINUTES.get(match["part"] or "")
    if minutes is None or abs(hours) > 14:
        raise ValueError(match[0])
    if not hours and not minutes:
        return "Z"
    sign = "-" if match["hours"].startswith("-") else "+"
    return f"{sign}{abs(hours):02}:{minutes:02}"
