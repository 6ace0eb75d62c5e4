"""The connector: two passes over each file, records in the second.

Memory holds one reading and one period key each; a file of half a million readings streams.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from decimal import Decimal
from typing import ClassVar, Final

from connectors.api import Item, Match, Option, Options, Problem, Record, Value
from connectors.errors import LimitExceeded, Unreadable
from connectors.green_button import codes
from connectors.green_button.codes import COST_SHIFT, ESPI
from connectors.green_button.survey import (
    BLOCK,
    DURATION,
    PERIOD,
    START,
    SUMMARIES,
    Part,
    Series,
    currency,
    identity,
    meter_code,
    period_key,
    power,
    service,
    survey,
    unit,
)
from connectors.toolkit import dates, money, xml
from connectors.toolkit.fingerprint import Fingerprints
from connectors.toolkit.receipt import LOOKED_AT, place, problem, read_files
from connectors.toolkit.source import Source
from connectors.toolkit.text import decode_head
from connectors.toolkit.xml import Element

_NAMESPACE: Final = re.compile(r"""=\s*["']http://naesb\.org/espi["']""")
_ROOT: Final = re.compile(
    r"<(?:[\w.-]+:)?(?:feed|entry|UsagePoint|MeterReading|IntervalBlock|ReadingType)[\s/>]"
)
_HEAD: Final = 2**16
_WHOLE: Final = re.compile(r"-?[0-9]{1,18}", re.ASCII)

_INTERVAL: Final = ESPI + "interval"
_READING: Final = ESPI + "IntervalReading"
_VALUE: Final = ESPI + "value"
_COST: Final = ESPI + "cost"
_QUALITY: Final = ESPI + "ReadingQuality"


class GreenButton:
    """See the package. Yields energy.reading, and energy.bill for usage summaries."""

    id: ClassVar[str] = "greenbutton.espi"
    title: ClassVar[str] = "Green Button energy use (XML)"
    version: ClassVar[int] = 1
    kinds: ClassVar[frozenset[str]] = frozenset({"energy.reading", "energy.bill"})
    options: ClassVar[tuple[Option, ...]] = ()

    def recognise(self, source: Source) -> Match | None:
        """Claim XML that names the ESPI namespace near its top."""
        looked_at = source.named(".xml")[:LOOKED_AT]
        return Match(100, "ESPI") if any(_is_ours(source, path) for path in looked_at) else None

    def read(
        self,
        source: Source,
        options: Options,  # noqa: ARG002 - it has none
        since: str,  # noqa: ARG002 - utilities serve whole windows; identity makes that harmless
    ) -> Iterator[Item]:
        """Yield the readings and bills of every file in the order of the file."""
        paths = (path for path in source.named(".xml") if _is_ours(source, path))

        def read_one(path: str) -> Iterator[Item]:
            return _File(source, path).items()

        yield from read_files(source, paths, read_one)


def _is_ours(source: Source, path: str) -> bool:
    if b"<" not in source.head(path):
        return False
    head = decode_head(source.head(path, _HEAD))
    return bool(_NAMESPACE.search(head) and _ROOT.search(head))


class _Broken(Exception):
    """The element being read lacks something, or makes no sense."""

    def __init__(self, code: str, value: str) -> None:
        super().__init__(code)
        self.code = code
        self.value = value


class _Block:
    """The block of readings being read: its number, its series and its own interval."""

    def __init__(self, number: int, series: Series) -> None:
        self.number = number
        self.series = series
        self.start = ""
        self.duration = ""
        self.index = -1


class _Reading:
    """One reading as written: its period still epoch seconds, its data ready for the record."""

    def __init__(self, element: Element, series: Series) -> None:
        self.start = self.duration = ""
        self.data: dict[str, Value] = {}
        self.extra: dict[str, str] = {}
        value = ""
        for child in element:
            name = child.tag
            if name == PERIOD:
                self.start, self.duration = xml.value(child, START), xml.value(child, DURATION)
            elif name == _VALUE:
                value = xml.value(child)
            else:
                self._other(child)
        if not value:
            raise _Broken("missing-field", "value")
        self.data["quantity"] = _scaled(value, series.shift)
        _describe(self.data, series)

    def _other(self, child: Element) -> None:
        if child.tag == _QUALITY:
            quality = xml.value(child, ESPI + "quality")
            self.data["quality"] = codes.QUALITIES.get(quality, quality)
        elif text := xml.value(child):
            if child.tag == _COST:
                self.data["cost"] = _scaled(text, COST_SHIFT)
            else:
                self.extra[child.tag.removeprefix(ESPI)] = text


class _File:
    """One file being read."""

    def __init__(self, source: Source, path: str) -> None:
        self._source = source
        self._path = path
        # Numbered file by file: where two files of a folder overlap, their rows are the same.
        self._fingerprints = Fingerprints()
        self._blocks = 0
        self._readings = 0
        self._bills = 0
        self._introduced: set[int] = set()

    def items(self) -> Iterator[Item]:
        with self._source.open(self._path, counted=False) as stream:
            self._survey = survey(stream)
        found = False
        try:
            for item in self._second_pass():
                found = found or type(item) is Record
                yield item
        except Unreadable as error:
            if isinstance(error, LimitExceeded) or error.code != "bad-xml" or not found:
                raise
            yield problem(place(self._source, self._path, error.where), error.code)

    def _second_pass(self) -> Iterator[Item]:
        marks = frozenset({BLOCK})
        trees = frozenset({_INTERVAL, _READING, *SUMMARIES})
        block: _Block | None = None
        with self._source.open(self._path) as stream:
            for event, element in xml.events(stream, marks=marks, trees=trees):
                if element.tag == _READING:
                    if block is not None:
                        yield from self._reading(element, block)
                elif element.tag == BLOCK:
                    block = None
                    if event == "start":
                        block = _Block(self._blocks, self._survey.series[self._blocks])
                        self._blocks += 1
                        yield from self._introduce(block.series)
                elif element.tag == _INTERVAL:
                    if block is not None:
                        block.start, block.duration = (
                            xml.value(element, START),
                            xml.value(element, DURATION),
                        )
                else:
                    yield from self._bill(element)

    def _introduce(self, series: Series) -> Iterator[Problem]:
        """Report, once, what is wrong with a series as a whole."""
        if id(series) in self._introduced:
            return
        self._introduced.add(id(series))
        spot = place(self._source, self._path, f"IntervalBlock {self._blocks}")
        if series.frozen:
            yield problem(spot, "frozen-time")
        if not series.unit:
            yield problem(spot, "unit-unknown")
        if series.multiplier != str(power(series.multiplier)):
            yield problem(spot, "bad-number", series.multiplier)

    def _reading(self, element: Element, block: _Block) -> Iterator[Item]:
        self._readings += 1
        block.index += 1
        spot = place(self._source, self._path, f"IntervalReading {self._readings}")
        try:
            record = self._record(_Reading(element, block.series), block, spot)
        except _Broken as broken:
            yield problem(spot, broken.code, broken.value)
        else:
            if record is not None:
                yield record

    def _record(self, reading: _Reading, block: _Block, spot: str) -> Record | None:
        series = block.series
        if series.frozen:
            return self._frozen_record(reading, series, spot)
        start, duration = reading.start, reading.duration
        if start and _repeats(series, start, duration, block.number):
            return None
        native_id = f"{series.digest}/{start}/{duration}"
        if not start:
            start, duration = _derived(block)
            native_id = self._fingerprints.of("derived", series.digest, start, duration)
        begin, end = _period(start, duration)
        return Record(
            "energy.reading",
            native_id,
            begin,
            end,
            series.title,
            data=reading.data,
            extra=json.dumps(reading.extra, ensure_ascii=False) if reading.extra else "",
            where=spot,
        )

    def _frozen_record(self, reading: _Reading, series: Series, spot: str) -> Record:
        """Keep a reading whose time is that of the export: untimed, the written time aside.

        That time changes with every download, so identity rests on the rest of the reading.
        """
        data = reading.data
        parts = (reading.duration, str(data["quantity"]), str(data.get("cost", "")))
        extra = {**reading.extra, "start": reading.start, "duration": reading.duration}
        return Record(
            "energy.reading",
            self._fingerprints.of("frozen", series.digest, *parts),
            title=series.title,
            data=data,
            extra=json.dumps(extra, ensure_ascii=False),
            where=spot,
        )

    def _bill(self, element: Element) -> Iterator[Item]:
        point = self._survey.summaries[self._bills]
        self._bills += 1
        spot = place(self._source, self._path, f"UsageSummary {self._bills}")
        try:
            record = self._summary(element, point, spot)
        except _Broken as broken:
            yield problem(spot, broken.code, broken.value)
        else:
            if record is not None:
                yield record

    def _summary(self, element: Element, point: Part | None, spot: str) -> Record | None:
        period = element.find(ESPI + "billingPeriod")
        start = xml.value(period, START) if period is not None else ""
        duration = xml.value(period, DURATION) if period is not None else ""
        data: dict[str, Value] = {}
        if amount := xml.value(element, ESPI + "billLastPeriod"):
            data["amount"] = _scaled(amount, COST_SHIFT)
            data["currency"] = currency(xml.value(element, ESPI + "currency"))
        consumption = element.find(ESPI + "overallConsumptionLastPeriod")
        if consumption is not None and xml.value(consumption, _VALUE):
            name, shift = unit(xml.value(consumption, ESPI + "uom"))
            shift += power(xml.value(consumption, ESPI + "powerOfTenMultiplier") or "0")
            data["quantity"] = _scaled(xml.value(consumption, _VALUE), shift)
            data["unit"] = name
        if not data:
            return None
        own = point.node.own if point is not None else ""
        data["meter"] = meter_code(own)
        data["commodity"] = service(point)
        begin, end = _period(start, duration) if start else ("", "")
        return Record(
            kind="energy.bill",
            native_id=self._fingerprints.of("bill", identity(own), start, duration),
            start=begin,
            end=end,
            data={name: value for name, value in data.items() if value},
            extra=_summary_extra(element),
            where=spot,
        )


def _describe(data: dict[str, Value], series: Series) -> None:
    if series.unit:
        data["unit"] = series.unit
    if series.meter:
        data["meter"] = series.meter
    if series.commodity:
        data["commodity"] = series.commodity
    if series.flow:
        data["flow"] = series.flow
    if series.currency and "cost" in data:
        data["currency"] = series.currency


def _repeats(series: Series, start: str, duration: str, block: int) -> bool:
    """Whether this period is read elsewhere too, in a block that is newer or came first."""
    if series.winners is None:
        return False
    key = period_key(start, duration)
    if series.winners.get(key) != block:
        return True
    series.winners[key] = -1
    return False


def _derived(block: _Block) -> tuple[str, str]:
    """Place a reading without a time by its position in the block."""
    length = block.series.interval or (block.duration if not block.index else "")
    if not block.start or (block.index and not _WHOLE.fullmatch(length)):
        raise _Broken("missing-field", "timePeriod")
    if not block.index:
        return block.start, length
    if not _WHOLE.fullmatch(block.start):
        raise _Broken("bad-date", block.start)
    return str(int(block.start) + block.index * int(length)), length


def _period(start: str, duration: str) -> tuple[str, str]:
    try:
        begin = dates.from_epoch(int(start) if _WHOLE.fullmatch(start) else start)
    except ValueError as error:
        raise _Broken("bad-date", start) from error
    if not duration:
        return begin, ""
    if not _WHOLE.fullmatch(duration) or duration.startswith("-"):
        raise _Broken("bad-number", duration)
    try:
        if _WHOLE.fullmatch(start):
            return begin, dates.from_epoch(int(start) + int(duration))
        return begin, dates.from_epoch(Decimal(start) + int(duration))
    except ValueError as error:
        raise _Broken("bad-number", duration) from error


def _scaled(text: str, shift: int) -> str:
    """Multiply a written number by a power of ten, exactly."""
    if _WHOLE.fullmatch(text):
        number = int(text)
        if shift >= 0:
            return str(number * 10**shift)
        digits = str(abs(number)).rjust(1 - shift, "0")
        return f"{'-' if number < 0 else ''}{digits[:shift]}.{digits[shift:]}"
    if len(text) > 24:
        raise _Broken("bad-number", text)
    try:
        return money.decimal_text(Decimal(money.number(text)).scaleb(shift))
    except ValueError as error:
        raise _Broken("bad-number", text) from error


def _summary_extra(element: Element) -> str:
    rest = {
        child.tag.removeprefix(ESPI): xml.value(child)
        for child in element
        if xml.value(child) and child.tag not in {ESPI + "billLastPeriod", ESPI + "currency"}
    }
    return json.dumps(rest, ensure_ascii=False) if rest else ""
