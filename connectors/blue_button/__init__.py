"""Blue Button text reports: VA My HealtheVet (v12.x) and CMS MyMedicare.gov (v2.0).

The plain text that United States agencies hand to patients, meant for people rather than programs.
Lives here: the connector. `va` and `cms` cut the two reports into blocks, `va_rules` and
`cms_rules` say what blocks become, `blocks` makes records.

Times are local to the facility and without zone. What no rule covers stays readable: further keys
in `extra`, free text in `text`, whole unknown sections as one "health.document" each.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import partial
from typing import ClassVar, Final

from connectors.api import Item, Match, Option, Options, Problem
from connectors.blue_button import cms, va
from connectors.blue_button.blocks import Builder, american_date, worded_date
from connectors.blue_button.cms_rules import CHARGE, CLAIM
from connectors.blue_button.cms_rules import RULES as CMS_RULES
from connectors.blue_button.va_rules import RULES as VA_RULES
from connectors.toolkit.receipt import LOOKED_AT, read_files
from connectors.toolkit.source import Source
from connectors.toolkit.text import decode_head, open_text

_PRODUCED: Final = re.compile(
    r"^\s*Produced by the (VA )?Blue Button \(v([0-9.]{1,10})\)\s*$", re.MULTILINE
)
_VA_OWNER: Final = re.compile(r"^Name:\s*(\S.*?)\s{2,}Date of Birth:\s*(\S.*?)\s*$", re.MULTILINE)
_CMS_OWNER: Final = re.compile(r"^Name:\s*(\S.*?)\s+Date of Birth:\s*(\S.*?)\s*$", re.MULTILINE)

_RULES: Final = (*VA_RULES.values(), *CMS_RULES.values(), CLAIM, CHARGE)


class BlueButtonText:
    """Reads both text reports."""

    id: ClassVar[str] = "bluebutton.text"
    title: ClassVar[str] = "Blue Button health report (text)"
    version: ClassVar[int] = 1
    kinds: ClassVar[frozenset[str]] = frozenset(
        {
            "health.document",
            *(rule.kind for rule in _RULES),
            *(rule.child.kind for rule in _RULES if rule.child),
            *(rule.also.kind for rule in _RULES if rule.also),
        }
    )
    options: ClassVar[tuple[Option, ...]] = ()

    def recognise(self, source: Source) -> Match | None:
        """Claim a text that says which Blue Button produced it."""
        for path in source.named(".txt")[:LOOKED_AT]:
            found = _PRODUCED.search(_head(source, path))
            if found:
                return Match(100, f"{'VA' if found[1] else 'CMS'} v{found[2]}")
        return None

    def read(self, source: Source, options: Options, since: str) -> Iterator[Item]:  # noqa: ARG002
        """Yield the records of every report in the source; `since` is not used."""
        paths = (path for path in source.named(".txt") if _PRODUCED.search(_head(source, path)))
        yield from read_files(source, paths, partial(_report, source))


def _head(source: Source, path: str) -> str:
    return decode_head(source.head(path))


def _report(source: Source, path: str) -> Iterator[Item]:
    head = _head(source, path).replace("\r\n", "\n")
    is_va = "HEALTHEVET" in head.upper() or "the VA Blue Button" in head
    grammar, owner = (va, _VA_OWNER) if is_va else (cms, _CMS_OWNER)
    date = worded_date if is_va else american_date
    found = owner.search(head)
    builder = Builder(
        "/".join(found.groups()) if found else "", f"{path}#" if source.is_archive else ""
    )
    with open_text(source, path) as text:
        lines = _Numbered(text)
        for block, rule in grammar.blocks(lines):
            yield from builder.records(block, rule, date)
    if is_va and "END OF" not in lines.last:  # the other report has no last line of its own
        yield Problem(path, "no-end")


class _Numbered:
    """The lines of a report, with their numbers. `last` is the last so far that says anything."""

    def __init__(self, text: Iterable[str]) -> None:
        self.last = ""
        self._text = text

    def __iter__(self) -> Iterator[tuple[int, str]]:
        for number, line in enumerate(self._text, 1):
            self.last = line if line.strip() else self.last
            yield number, line.rstrip("\r\n")
