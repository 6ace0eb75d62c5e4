"""The bars of a density strip: months, or years where there are too many months."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from app.gui.viewmodels import wording
from app.i18n import tr
from app.services.asking import MonthCount

MOST_MONTHS: Final = 240
MOST_YEARS: Final = 120


class Span(NamedTuple):
    """One bar: the period it stands for, how many records, and what it says.

    `label` is written below where it is not empty and there is room.
    """

    period: str
    records: int
    sentence: str
    label: str = ""


def spans(months: Sequence[MonthCount]) -> list[Span]:
    """Every period from the first record to the last, empty ones too."""
    if not months:
        return []
    counts = {each.month: each.count for each in months}
    first, last = months[0].month, months[-1].month
    every = wording.months_until(last, _distance(first, last) + 1)
    if len(every) <= MOST_MONTHS:
        return [_month(month, counts.get(month, 0), first=month == every[0]) for month in every]
    return _years(months)


def _distance(first: str, last: str) -> int:
    return (int(last[:4]) - int(first[:4])) * 12 + int(last[5:7]) - int(first[5:7])


def _month(month: str, count: int, *, first: bool) -> Span:
    label = month[:4] if first or month.endswith("-01") else ""
    name = wording.month_year(month)
    return Span(month, count, _sentence(name, count), label)


def _years(months: Sequence[MonthCount]) -> list[Span]:
    counts: dict[str, int] = {}
    for each in months:
        counts[each.month[:4]] = counts.get(each.month[:4], 0) + each.count
    last = int(max(counts))
    start = max(int(min(counts)), last - MOST_YEARS + 1)
    names = [f"{year:04}" for year in range(start, last + 1)]
    return [Span(n, counts.get(n, 0), _sentence(n, counts.get(n, 0)), n) for n in names]


def _sentence(name: str, count: int) -> str:
    return tr("{name}: {value}", name=name, value=wording.records(count))
