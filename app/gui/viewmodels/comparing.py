"""Comparing two safety numbers group by group, as they are typed."""

from __future__ import annotations

from typing import NamedTuple

from app.gui.viewmodels import parties
from app.i18n import tr


class Comparison(NamedTuple):
    """`groups` of what was typed with a tone for each, and one sentence about all of it."""

    groups: list[str]
    tones: list[str]
    sentence: str
    tone: str
    complete: bool


def compare(number: str, typed: str) -> Comparison:
    """Hold `typed` against the groups of `number`."""
    ours, theirs = parties.groups(number), parties.regrouped(typed)
    tones = [_tone(ours, place, group) for place, group in enumerate(theirs)]
    complete = theirs == ours
    return Comparison(theirs, tones, _sentence(ours, tones), _overall(tones, complete), complete)


def _tone(ours: list[str], place: int, group: str) -> str:
    if place >= len(ours):
        return "bad"
    if len(group) < len(ours[place]):
        return "" if ours[place].startswith(group) else "bad"
    return "good" if group == ours[place] else "bad"


def _overall(tones: list[str], complete: bool) -> str:
    if "bad" in tones:
        return "bad"
    return "good" if complete else "soft"


def _sentence(ours: list[str], tones: list[str]) -> str:
    if "bad" in tones:
        return tr("Group {number} differs.", number=tones.index("bad") + 1)
    same = tones.count("good")
    if same == len(ours):
        return tr("All {count} groups are the same.", count=same)
    return tr("{same} of {count} groups are the same so far.", same=same, count=len(ours))
