"""The grammar of the CMS MyMedicare.gov Blue Button text report (v2.0).

Lives here: cutting the report into sections and these into blocks. Does not live here: what a block
means (`connectors.blue_button.cms_rules`).

A section is a line of 32 dashes, its title, and another such line; every second line is empty.
Claims do not keep to their sections: a claim may begin in the middle of the lines of the one
before, under an empty title, or inside of "Claim Lines for ..." with its type before its number.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from connectors.blue_button.blocks import Block, Pairs, Rule
from connectors.blue_button.cms_rules import CHARGE, CLAIM, CLAIM_SECTION, RULES
from connectors.errors import LimitExceeded

_DASHES: Final = "-" * 32
_KEY: Final = re.compile(r"([A-Z][^:]{0,58}?):\s*(.*)")
_CLAIM_LINES: Final = "Claim Lines for Claim Number:"
_TITLE_PAGE: Final = "MYMEDICARE.GOV"
_MOST_LINES: Final = 50_000
_DOCUMENT: Final = Rule("health.document", "", whole=True)


def titles(lines: Iterable[tuple[int, str]]) -> Iterator[tuple[int, str | None, str]]:
    """Yield every line as (number, title, text), where `title` is None unless a section begins."""
    held: list[tuple[int, str]] = []
    for number, text in lines:
        bare = text.strip()
        if bare == _DASHES:
            title = _title(held)
            if title is not None:
                yield number, title, ""
                held = []
            else:
                yield from ((line, None, content) for line, content in held)
                held = [(number, "")]
        elif held:
            held.append((number, bare))
            if sum(content != "" for _, content in held) > 1:
                yield from ((line, None, content) for line, content in held)
                held = []
        else:
            yield number, None, bare
    yield from ((line, None, content) for line, content in held)


def _title(held: list[tuple[int, str]]) -> str | None:
    """Return the text between two lines of dashes, "" if there is none, None if it is no title."""
    if not held:
        return None
    return next((content for _, content in held if content), "")


def blocks(lines: Iterable[tuple[int, str]]) -> Iterator[tuple[Block, Rule]]:
    """Yield the blocks of every section with the rule that goes for them."""
    reader = _Reader()
    for number, title, text in titles(lines):
        if title is not None:
            yield from reader.enter(title, number)
        elif text:
            yield from reader.feed(number, text)
    yield from reader.close()


class _Reader:
    """Reads the report line by line."""

    def __init__(self) -> None:
        self._section = _TITLE_PAGE
        self._source = ""
        self._rule = _DOCUMENT
        self._claim = ""
        self._start(0)

    def _start(self, number: int) -> None:
        self._line = number
        self._pairs: Pairs = []
        self._body: list[str] = []
        self._open = False

    def enter(self, title: str, number: int) -> Iterator[tuple[Block, Rule]]:
        """Begin a section. An empty title goes on with the claims."""
        yield from self.close()
        self._start(number)
        if title.startswith(_CLAIM_LINES):
            self._section, self._rule = CLAIM_SECTION, CLAIM
            self._claim = title[len(_CLAIM_LINES) :].strip()
        elif title:
            self._section, self._rule, self._source = title, RULES.get(title, _DOCUMENT), ""

    def feed(self, number: int, text: str) -> Iterator[tuple[Block, Rule]]:
        """Take a line; yield the block it closes, if any."""
        if self._section.startswith(_TITLE_PAGE):
            return
        match = _KEY.fullmatch(text)
        key, value = (match[1], match[2].strip()) if match else ("", "")
        if key == "Source" and not self._source:
            self._source = value
            return
        rule = self._starting(key)
        if rule is not None:
            yield from self._begin(rule, number, value)
        self._take(key, value, text)

    def _starting(self, key: str) -> Rule | None:
        """Return the rule of the block this key begins, if it begins one."""
        if not key:
            return None
        if self._section == CLAIM_SECTION:
            return {CLAIM.starts: CLAIM, CHARGE.starts: CHARGE}.get(key)
        return self._rule if key == self._rule.starts else None

    def _begin(self, rule: Rule, number: int, value: str) -> Iterator[tuple[Block, Rule]]:
        if self._open:
            yield from self.close()
            self._start(number)
        # What stood before the first key, as the type of a Part D claim, belongs to what follows.
        self._rule, self._open, self._line = rule, True, number
        if rule is CLAIM:
            self._claim = value
        elif rule is CHARGE:
            self._pairs.append((CLAIM.starts, self._claim))

    def _take(self, key: str, value: str, text: str) -> None:
        if not self._rule.starts or self._rule.raw:
            self._body.append(text)
        if key:
            self._pairs.append((key, value))
        elif self._pairs:
            before, head = self._pairs[-1]
            self._pairs[-1] = before, f"{head} {text}".strip()
        if len(self._pairs) + len(self._body) > _MOST_LINES:
            raise LimitExceeded("too-long")

    def close(self) -> Iterator[tuple[Block, Rule]]:
        """Yield the block that is open, if it says anything."""
        body = "\n".join(self._body)
        if body or any(value for _, value in self._pairs):
            block = Block(self._section, self._source, self._line, self._pairs, body)
            yield block, self._rule
