"""The first pass over a Green Button file: which readings belong to which meter and unit.

Entries of the feed are tied by the addresses in their links, in any order and in any of several
spellings; some files have no usable link at all, then the order of the file decides. Lives here:
finding that out, with memory for a few numbers per reading. Does not live here: reading values.
"""

from __future__ import annotations

import itertools
import re
from array import array
from collections.abc import Iterator, Sequence
from typing import BinaryIO, Final

from connectors.errors import LimitExceeded, Unreadable
from connectors.green_button.codes import (
    ATOM,
    COMMODITIES,
    CURRENCIES,
    ESPI,
    FLOWS,
    SERVICES,
    UNITS,
)
from connectors.toolkit.fingerprint import Fingerprints
from connectors.toolkit.text import one_line
from connectors.toolkit.xml import Element, events, value

ENTRY: Final = ATOM + "entry"
BLOCK: Final = ESPI + "IntervalBlock"
PERIOD: Final = ESPI + "timePeriod"
START: Final = ESPI + "start"
DURATION: Final = ESPI + "duration"
SUMMARIES: Final = frozenset({ESPI + "UsageSummary", ESPI + "ElectricPowerUsageSummary"})

_LINK: Final = ATOM + "link"
_TITLE: Final = ATOM + "title"
_UPDATED: Final = ATOM + "updated"
_POINT: Final = ESPI + "UsagePoint"
_SERVICE: Final = ESPI + "ServiceCategory"
_METER: Final = ESPI + "MeterReading"
_TYPE: Final = ESPI + "ReadingType"

# What makes two series different things even at one meter. No multiplier: it may be corrected.
_SIGNATURE: Final = (
    *("uom", "flowDirection", "commodity", "kind", "accumulationBehaviour", "intervalLength"),
    *("phase", "timeAttribute", "dataQualifier", "tou", "consumptionTier"),
)


_NOTHING: Final = (0, -1)
_TANGLED: Final = (1, 0)


class Node:
    """An entry of the feed, or a part of one: its links and what it says."""

    def __init__(self) -> None:
        self.own = ""
        self.up = ""
        self.related: list[str] = []
        self.title = ""
        self.updated = ""


class Part:
    """A usage point, meter reading, reading type, block or summary, and the node it came in."""

    def __init__(self, node: Node, before: int) -> None:
        self.node = node
        self.before = before  # how many of the parts it may belong to came earlier in the file
        self.values: dict[str, str] = {}
        self.keys = array("q")
        self.first = ""
        self.varied = False
        self.span = _NOTHING  # first and last start in epoch seconds while they only increase


class Series:
    """Everything the readings of one kind at one usage point share.

    `shift` is the power of ten from the written number to `unit`. `frozen`: all readings carry one
    time, which is then that of the export. `winners` names, for a series in which periods repeat,
    the block whose reading counts; None where no period repeats.
    """

    def __init__(self, point: Part | None, kind: Part | None, title: str, number: int) -> None:
        values = kind.values if kind is not None else {}
        own = point.node.own if point is not None else ""
        signature = (values.get(name, "") for name in _SIGNATURE)
        parts = (identity(own), *signature, str(number) if number else "")
        self.digest = Fingerprints().of(*parts).partition("#")[0]
        self.meter = meter_code(own)
        self.title = one_line(title)
        self.unit, shift = unit(values.get("uom", ""))
        self.multiplier = values.get("powerOfTenMultiplier", "") or "0"
        self.shift = shift + power(self.multiplier)
        self.commodity = COMMODITIES.get(values.get("commodity", ""), service(point))
        self.flow = FLOWS.get(values.get("flowDirection", ""), "")
        self.currency = currency(values.get("currency", ""))
        self.interval = values.get("intervalLength", "")
        self.frozen = False
        self.winners: dict[int, int] | None = None


class Survey:
    """The outcome: the series of every block and the usage point of every summary, in order."""

    def __init__(self) -> None:
        self.series: list[Series] = []
        self.summaries: list[Part | None] = []


def survey(stream: BinaryIO) -> Survey:
    """Read the whole file once. XML that breaks off ends it quietly; the second pass reports it."""
    gatherer = _Gatherer()
    marks = frozenset({ENTRY, BLOCK, _POINT, _METER})
    trees = frozenset({_LINK, _TITLE, _UPDATED, _SERVICE, _TYPE, PERIOD, *SUMMARIES})
    try:
        for event, element in events(stream, marks=marks, trees=trees):
            gatherer.take(event, element)
    except Unreadable as error:
        if isinstance(error, LimitExceeded) or error.code != "bad-xml":
            raise
    return gatherer.outcome()


class _Gatherer:
    """Collects the parts of the feed while they stream by, then ties them."""

    def __init__(self) -> None:
        self._node = Node()
        self._in_entry = False
        self._block: Part | None = None
        self._points: list[Part] = []
        self._meters: list[Part] = []
        self._types: list[Part] = []
        self._type_at: dict[str, int] = {}
        self._blocks: list[Part] = []
        self._summaries: list[Part] = []

    def take(self, event: str, element: Element) -> None:
        if event == "tree":
            self._tree(element)
        elif element.tag == ENTRY:
            self._in_entry = event == "start"
            self._node = Node()
        elif event == "end":
            if element.tag == BLOCK:
                self._block = None
        elif element.tag == _POINT:
            self._points.append(Part(self._node, 0))
        elif element.tag == _METER:
            self._meters.append(Part(self._node, len(self._points)))
        elif element.tag == BLOCK:
            self._block = Part(self._node, len(self._meters))
            self._blocks.append(self._block)

    def _tree(self, element: Element) -> None:
        name = element.tag
        if name == PERIOD:
            self._period(element)
        elif name == _TYPE:
            part = Part(self._node, 0)
            part.values = _values(element)
            self._types.append(part)
        elif name == _SERVICE:
            if self._points:
                self._points[-1].values = _values(element)
        elif name in SUMMARIES:
            self._summaries.append(Part(self._node, len(self._points)))
        elif self._in_entry:
            self._atom(element)

    def _period(self, element: Element) -> None:
        if self._block is None:
            return
        start = value(element, START)
        self._block.keys.append(period_key(start, value(element, DURATION)))
        if len(self._block.keys) == 1:
            self._block.first = start
        elif start != self._block.first:
            self._block.varied = True
        self._block.span = _grown(self._block.span, start)

    def _atom(self, element: Element) -> None:
        node = self._node
        if element.tag == _TITLE:
            node.title = (element.text or "").strip()
        elif element.tag == _UPDATED:
            node.updated = (element.text or "").strip()
        else:
            relation, href = (element.get(name, "") for name in ("rel", "href"))
            if relation == "self":
                node.own = href
            elif relation == "up":
                node.up = href
            elif relation == "related":
                node.related.append(href)

    def outcome(self) -> Survey:
        found = Survey()
        points, meters = _Owners(self._points), _Owners(self._meters)
        for number, kind in enumerate(self._types):
            self._type_at.setdefault(path(kind.node.own), number)
        blocks: dict[tuple[int, int, int], list[int]] = {}
        for number, block in enumerate(self._blocks):
            key = self._parents(meters.of(block, "IntervalBlock"), points)
            blocks.setdefault(key, []).append(number)
        series = dict(zip(blocks, self._all_series(list(blocks)), strict=True))
        owner = {number: series[key] for key, numbers in blocks.items() for number in numbers}
        found.series = [owner[number] for number in range(len(self._blocks))]
        for key, numbers in blocks.items():
            self._times(series[key], numbers)
        for summary in self._summaries:
            at = points.of(summary, "ElectricPowerUsageSummary")
            found.summaries.append(self._points[at] if at >= 0 else None)
        return found

    def _parents(self, meter: int, points: _Owners) -> tuple[int, int, int]:
        """Return the positions of usage point, meter reading and reading type; -1 for none."""
        if meter >= 0:
            return points.of(self._meters[meter], "MeterReading"), meter, self._type_of(meter)
        return 0 if len(self._points) == 1 else -1, -1, 0 if len(self._types) == 1 else -1

    def _type_of(self, meter: int) -> int:
        for href in self._meters[meter].node.related:
            found = self._type_at.get(path(href))
            if found is not None:
                return found
        if len(self._types) == 1:
            return 0
        return meter if len(self._types) == len(self._meters) else -1

    def _all_series(self, keys: Sequence[tuple[int, int, int]]) -> Iterator[Series]:
        digests: dict[str, int] = {}
        for point_at, meter_at, type_at in keys:
            point = self._points[point_at] if point_at >= 0 else None
            kind = self._types[type_at] if type_at >= 0 else None
            title = self._meters[meter_at].node.title if meter_at >= 0 else ""
            series = Series(point, kind, title, 0)
            # Two registers of one kind at one meter: their order is all that tells them apart.
            number = digests[series.digest] = digests.get(series.digest, -1) + 1
            yield Series(point, kind, title, number) if number else series

    def _times(self, series: Series, numbers: list[int]) -> None:
        """Find out whether the times of a series can be believed, and whether periods repeat."""
        blocks = [self._blocks[number] for number in numbers]
        count = sum(len(block.keys) for block in blocks)
        starts = {block.first for block in blocks if block.keys}
        if count > 1 and len(starts) == 1 and not any(block.varied for block in blocks):
            series.frozen = True
            return
        if _apart([block.span for block in blocks if block.keys]):
            return
        winners: dict[int, int] = {}
        for number, block in zip(numbers, blocks, strict=True):
            for key in block.keys:
                best = winners.get(key)
                if best is None or self._blocks[best].node.updated < block.node.updated:
                    winners[key] = number
        if len(winners) < count:
            series.winners = winners


def _grown(span: tuple[int, int], start: str) -> tuple[int, int]:
    """Extend a span by one more start; (1, 0) once starts are not plain, increasing numbers."""
    if span == _TANGLED or not re.fullmatch(r"[0-9]{1,15}", start, re.ASCII):
        return _TANGLED
    moment = int(start)
    if span == _NOTHING:
        return moment, moment
    return (span[0], moment) if moment > span[1] else _TANGLED


def _apart(spans: list[tuple[int, int]]) -> bool:
    """Whether no period can repeat: every block increases, and no two blocks overlap."""
    spans.sort()
    return _TANGLED not in spans and all(
        before[1] < after[0] for before, after in itertools.pairwise(spans)
    )


class _Owners:
    """Parts that others may belong to, found by address."""

    def __init__(self, parts: Sequence[Part]) -> None:
        self._count = len(parts)
        self._own: dict[str, int] = {}
        self._related: dict[str, int] = {}
        for number, part in enumerate(parts):
            self._own.setdefault(path(part.node.own), number)
            for href in part.node.related:
                self._related.setdefault(path(href), number)

    def of(self, part: Part, name: str) -> int:
        """Return the position of the owner of a part called `name`: by address, else by order.

        Returns -1 for none.
        """
        own, up = path(part.node.own), path(part.node.up)
        for found in (
            self._own.get(_base(own or up, name) or "-"),
            self._related.get(own or "-"),
            self._related.get(up or "-"),
        ):
            if found is not None:
                return found
        return 0 if self._count == 1 else part.before - 1


def _base(own: str, name: str) -> str:
    """Return the address above this part: that before its own name in the path."""
    for ending in (f"/{name}", "/UsageSummary"):
        base, found, _ = own.partition(ending)
        if found:
            return base
    return ""


def _values(element: Element) -> dict[str, str]:
    return {child.tag.removeprefix(ESPI): text for child in element if (text := value(child))}


def identity(href: str) -> str:
    """Return an address in the form that stays the same from export to export."""
    return re.sub(r"^[a-z]+://", "", href.strip(), flags=re.IGNORECASE).strip("/")


def path(href: str) -> str:
    """Return an address without host and service root, for matching one with another."""
    rest = re.sub(r"^[a-z]+://[^/]*", "", href.strip(), flags=re.IGNORECASE)
    return rest.rpartition("/resource/")[2].strip("/")


def meter_code(href: str) -> str:
    """Return the usage point's own name within its address: ".../UsagePoint/2" → "2"."""
    found = re.search(r"UsagePoint/([^/?#]+)", href)
    return found[1] if found else path(href).rpartition("/")[2]


def period_key(start: str, duration: str) -> int:
    """Return a number that stands for a period within this run."""
    return hash((start, duration))


def unit(code: str) -> tuple[str, int]:
    """Return the unit and the power of ten that leads to it; an unlisted code keeps its number."""
    return UNITS.get(code, (f"uom {code}" if code else "", 0))


def power(text: str) -> int:
    """Return the exponent written, 0 for one that no meter has."""
    return int(text) if re.fullmatch(r"-?[0-9]{1,2}", text, re.ASCII) else 0


def currency(code: str) -> str:
    """Return the three letters for an ISO 4217 number; one not listed keeps its number."""
    return CURRENCIES.get(code, code if code.strip("0") else "")


def service(point: Part | None) -> str:
    """Return what a usage point delivers, "" if it does not say."""
    return SERVICES.get(point.values.get("kind", ""), "") if point is not None else ""
