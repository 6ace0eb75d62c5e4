"""The grammar of the VA My HealtheVet Blue Button text report (v12.x).

Lives here: cutting the report into sections and these into blocks. Does not live here: what a block
means (`connectors.blue_button.va_rules`).

A section begins with a line of dashes around its title, followed by "Source: ...". Free text inside
notes can look like anything, so a title counts only with that "Source:" behind it. Lines are
wrapped at 80 columns, values going on without indent.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from connectors.blue_button.blocks import Block, Pairs, Rule
from connectors.blue_button.va_rules import RULES
from connectors.errors import LimitExceeded

_TITLE: Final = re.compile(r"-{3,}\s*([A-Za-z][A-Za-z0-9 :&/,'.()]*?)\s*-{2,}\s*")
_LINE: Final = re.compile(r"\s*(?P<sign>[-=])(?P=sign){19,}\s*")
_KEY: Final = re.compile(r"\s{0,8}([A-Z][A-Za-z0-9 /()#'.,&-]{0,58}?):\*?(?:\s+(.*))?")
_SECOND: Final = re.compile(r"(?<=[^:\s])\s{2,}(?=[A-Z][A-Za-z /-]{1,30}:(?:\s|$))")
_NOTHING: Final = "No information was available"
_LONGEST: Final = 4 * 1024 * 1024
_WIDE: Final = 60
"""Below this length a line was not wrapped but ended."""
_NO_RULE: Final = Rule("", "")
_DOCUMENT: Final = Rule("health.document", "", whole=True)


def titles(lines: Iterable[tuple[int, str]]) -> Iterator[tuple[int, str, str]]:
    """Yield every line as (number, title, text), where `title` is "" unless a section begins.

    The first title (the report's own), the request summary and the end have no source line.
    """
    held: tuple[int, str, str] | None = None
    blanks: list[tuple[int, str, str]] = []
    first = True
    for number, text in lines:
        if held is not None:
            if not text.strip():
                blanks.append((number, "", text))
                continue
            title = held[1] if text.lstrip().startswith("Source:") else ""
            yield held[0], title, held[2]
            yield from blanks
            held, blanks = None, []
        match = _TITLE.fullmatch(text)
        if match is None:
            yield number, "", text
        elif first or match[1].startswith(("DOWNLOAD REQUEST", "END OF")):
            first = False
            yield number, match[1], text
        else:
            held = number, match[1], text
    if held is not None:
        yield held[0], "", held[2]
        yield from blanks


def blocks(lines: Iterable[tuple[int, str]]) -> Iterator[tuple[Block, Rule]]:
    """Yield the blocks of every section with the rule that goes for them."""
    reader = _Reader("", 0)
    for number, title, text in titles(lines):
        if title:
            yield from reader.close()
            reader = _Reader(title, number)
        else:
            yield from reader.feed(number, text)
    yield from reader.close()


class _Reader:
    """Reads one section, line by line."""

    def __init__(self, title: str, line: int) -> None:
        self.title = title
        self.source = ""
        self.rule = RULES.get(title, _NO_RULE if _is_frame(title) else _DOCUMENT)
        self._block = _Open(line) if self.rule is _DOCUMENT else None
        self._below_line = False

    def feed(self, number: int, text: str) -> Iterator[tuple[Block, Rule]]:
        """Take a line; yield the block it closes, if any."""
        if self.rule is _NO_RULE:
            return
        found = _KEY.fullmatch(text.rstrip())
        if found and not self.source and found[1] == "Source":
            self.source = (found[2] or "").strip()
        elif found and found[1] == self.rule.starts and self._may_begin():
            yield from self.close()
            self._block = _Open(number)
            self._block.feed(number, text, found, self.rule)
        elif found and found[1] == "Last Updated" and self.rule is _DOCUMENT:
            # It changes with every download while the section stays the same.
            return
        elif self._block is not None:
            line = _LINE.fullmatch(text)
            if line and line["sign"] == "=" and not self.rule.below_line and self.rule.starts:
                yield from self.close()
            else:
                self._block.feed(number, text, found, self.rule)
        if text.strip():
            self._below_line = text.startswith("=" * 20) and _LINE.fullmatch(text) is not None

    def _may_begin(self) -> bool:
        return self._below_line or not self.rule.below_line

    def close(self) -> Iterator[tuple[Block, Rule]]:
        """Yield the block that is open, if it says anything."""
        opened, self._block = self._block, None
        if opened is None:
            return
        body = _trimmed(opened.body)
        if body.startswith(_NOTHING) or not (opened.pairs or body):
            return
        children = [Block(self.title, self.source, line, pairs) for line, pairs in opened.children]
        yield Block(self.title, self.source, opened.line, opened.pairs, body, children), self.rule


class _Open:
    """A block that is still being read."""

    def __init__(self, line: int) -> None:
        self.line = line
        self.pairs: Pairs = []
        self.body: list[str] = []
        self.children: list[tuple[int, Pairs]] = []
        self._current = self.pairs
        self._in_body = False
        self._wide = False
        self._runs_on = False
        self._size = 0

    def feed(self, number: int, text: str, found: re.Match[str] | None, rule: Rule) -> None:
        """Take a line that belongs to the block."""
        self._size += len(text)
        if self._size > _LONGEST:
            raise LimitExceeded("too-long")
        if rule.raw or not rule.starts:
            self.body.append(text.rstrip())
        child = rule.child
        if found and child and found[1] == child.starts:
            self._current = []
            self.children.append((number, self._current))
            self._in_body = False
            self._take(text)
        elif self._in_body:
            self.body.append(text.rstrip())
        elif _LINE.fullmatch(text):
            self._in_body = rule.body and not self.children
            self._current = self.pairs
            self._runs_on = bool(self.pairs) and not self.pairs[-1][1]
        elif found and _is_key(found[1], rule, within=self._current is not self.pairs):
            self._take(text)
        else:
            self._run_on(text)

    def _take(self, text: str) -> None:
        """Take a line, which may hold several pairs side by side."""
        for part in _SECOND.split(text.strip()):
            match = _KEY.fullmatch(part)
            if match:
                self._current.append((match[1], (match[2] or "").strip()))
            elif self._current:
                self._join(part, " ")
        self._wide = len(text) > _WIDE
        self._runs_on = True

    def _run_on(self, text: str) -> None:
        """Take a line that continues a value; below an empty line it is somebody's prose."""
        bare = text.strip()
        if bare and self._runs_on and self._current:
            self._join(bare, " " if self._wide else "\n")
        self._wide = len(text) > _WIDE
        self._runs_on = self._runs_on and bare != ""

    def _join(self, text: str, separator: str) -> None:
        key, value = self._current[-1]
        self._current[-1] = key, f"{value}{separator}{text}" if value else text


def _trimmed(lines: list[str]) -> str:
    """Join lines, without the rules that part this block from the next one."""
    while lines and (not lines[-1].strip() or _LINE.fullmatch(lines[-1])):
        lines.pop()
    return "\n".join(lines).strip("\n ")


def _is_key(key: str, rule: Rule, *, within: bool) -> bool:
    keys = rule.child.keys if within and rule.child else rule.keys
    return not keys or key in keys


def _is_frame(title: str) -> bool:
    """The title page, what was asked for, and the end: they hold no records."""
    return not title or title.startswith(("MY HEALTHEVET PERSONAL", "DOWNLOAD REQUEST", "END OF"))
