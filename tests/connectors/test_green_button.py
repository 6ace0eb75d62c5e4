"""Green Button: totals of the sample files, links, repeats and broken clocks."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pytest

from connectors.errors import Unreadable
from tests.connectors.samples import Reading, read_text

ID = "greenbutton.espi"
ESPI = 'xmlns="http://naesb.org/espi"'


def feed(*contents: str) -> str:
    return f'<feed xmlns="http://www.w3.org/2005/Atom">{"".join(contents)}</feed>'


def entry(content: str, updated: str = "", own: str = "", related: str = "") -> str:
    links = f'<link rel="self" href="{own}"/>' if own else ""
    links += f'<link rel="related" href="{related}"/>' if related else ""
    return f"<entry>{links}<content>{content}</content><updated>{updated}</updated></entry>"


def block(*readings: tuple[int, int]) -> str:
    inner = "".join(
        f"<IntervalReading><timePeriod><duration>900</duration><start>{start}</start></timePeriod>"
        f"<value>{value}</value></IntervalReading>"
        for start, value in readings
    )
    return f"<IntervalBlock {ESPI}>{inner}</IntervalBlock>"


def reading_type(**values: int) -> str:
    inner = "".join(f"<{name}>{value}</{name}>" for name, value in values.items())
    return f"<ReadingType {ESPI}>{inner}</ReadingType>"


@pytest.mark.samples
@pytest.mark.parametrize(
    ("name", "count", "quantity", "cost", "first", "last"),
    [
        (
            *("hourly-full-year-8760.xml", 8760, "4425.305", "0"),
            *("2011-01-01T08:00:00Z", "2012-01-01T07:00:00Z"),
        ),
        (
            *("hourly-nine-days-with-cost.xml", 216, "199.563", "22.05567"),
            *("2014-01-01T05:00:00Z", "2014-01-10T04:00:00Z"),
        ),
        (
            *("daily-15-months-dst-with-cost.xml", 444, "9917.817", "1072.12833"),
            *("2013-01-01T05:00:00Z", "2014-03-20T04:00:00Z"),
        ),
        (
            *("quarter-hour-one-day-cost-quality.xml", 96, "93.846", "11.48274"),
            *("2012-03-01T05:00:00Z", "2012-03-02T04:45:00Z"),
        ),
    ],
)
def test_sample_of_electricity(
    samples: Path, name: str, count: int, quantity: str, cost: str, first: str, last: str
) -> None:
    reading = Reading(ID, samples / "green-button" / name)
    readings = reading.of("energy.reading")
    assert len(readings) == count
    assert reading.total("energy.reading", "quantity") == Decimal(quantity)
    assert reading.total("energy.reading", "cost") == Decimal(cost)
    assert (readings[0].start, readings[-1].start) == (first, last)
    assert {each.data["unit"] for each in readings} == {"kWh"}
    assert {each.data.get("currency") for each in readings} == {"USD" if Decimal(cost) else None}
    assert len(reading.of("energy.bill")) == 1
    assert not reading.problems


@pytest.mark.samples
def test_sample_summary_agrees(samples: Path) -> None:
    reading = Reading(ID, samples / "green-button" / "hourly-nine-days-with-cost.xml")
    (bill,) = reading.of("energy.bill")
    assert bill.data["quantity"] == "199.563"


@pytest.mark.samples
def test_sample_days_of_changing_clocks(samples: Path) -> None:
    reading = Reading(ID, samples / "green-button" / "daily-15-months-dst-with-cost.xml")
    lengths = [
        int((datetime.fromisoformat(each.end) - datetime.fromisoformat(each.start)).total_seconds())
        for each in reading.of("energy.reading")
    ]
    assert {length: lengths.count(length) for length in set(lengths)} == {
        86_400: 441,
        82_800: 2,
        90_000: 1,
    }


@pytest.mark.samples
def test_sample_qualities(samples: Path) -> None:
    reading = Reading(ID, samples / "green-button" / "quarter-hour-one-day-cost-quality.xml")
    qualities = [each.data.get("quality") for each in reading.of("energy.reading")]
    assert (qualities.count("estimated"), qualities.count("edited")) == (1, 1)


@pytest.mark.samples
def test_sample_with_a_frozen_clock(samples: Path) -> None:
    reading = Reading(ID, samples / "green-button" / "gas-broken-timestamps.xml")
    readings = reading.of("energy.reading")
    assert len(readings) == len({each.native_id for each in readings}) == 36
    assert reading.total("energy.reading", "quantity") == 2_651_000
    assert reading.total("energy.reading", "cost") == Decimal("5164.14")
    assert {each.start for each in readings} == {""}
    assert all("unit" not in each.data for each in readings)
    assert reading.codes() == ["frozen-time", "unit-unknown"]


def test_a_frozen_clock_does_not_double_the_next_download(tmp_path: Path) -> None:
    ids = [
        {
            each.native_id
            for each in read_text(
                ID, tmp_path / "a.xml", feed(entry(block((moment, 5), (moment, 7))))
            ).records
        }
        for moment in (1_700_000_000, 1_710_000_000)
    ]
    assert ids[0] == ids[1]


def test_of_a_period_given_twice_the_newer_counts(tmp_path: Path) -> None:
    text = feed(
        entry(reading_type(uom=72)),
        entry(block((1_700_000_000, 1), (1_700_000_900, 2)), "2024-02-01T00:00:00Z"),
        entry(block((1_700_000_900, 99), (1_700_001_800, 3)), "2024-01-01T00:00:00Z"),
    )
    readings = read_text(ID, tmp_path / "a.xml", text).of("energy.reading")
    assert [each.data["quantity"] for each in readings] == ["0.001", "0.002", "0.003"]


@pytest.mark.parametrize(
    ("values", "raw", "quantity", "unit"),
    [
        ({"uom": 72, "powerOfTenMultiplier": 0}, 1, "0.001", "kWh"),
        ({"uom": 72, "powerOfTenMultiplier": 3}, -7, "-7", "kWh"),
        ({"uom": 72, "powerOfTenMultiplier": -6}, 281_474_976_710_655, "281474.976710655", "kWh"),
        ({"uom": 169, "powerOfTenMultiplier": -3}, 1500, "1.500", "therm"),
        ({"uom": 119, "powerOfTenMultiplier": 2}, 3, "300", "ft3"),
        ({"uom": 999}, 3, "3", "uom 999"),
    ],
)
def test_quantities_are_exact(
    values: dict[str, int], raw: int, quantity: str, unit: str, tmp_path: Path
) -> None:
    text = feed(entry(reading_type(**values)), entry(block((1_700_000_000, raw))))
    (reading,) = read_text(ID, tmp_path / "a.xml", text).of("energy.reading")
    assert (reading.data["quantity"], reading.data["unit"]) == (quantity, unit)


def test_links_tie_two_meters_in_any_order(tmp_path: Path) -> None:
    """Readings stand before what they belong to, and addresses are spelled in three ways."""
    host, root = "https://utility.example", "/espi/1_1/resource/"
    text = feed(
        entry(
            block((1_700_000_000, 500)), own=f"{root}UsagePoint/2/MeterReading/1/IntervalBlock/9"
        ),
        entry(block((1_700_000_000, 7)), own="UsagePoint/1/MeterReading/1/IntervalBlock/3"),
        entry(
            f"<MeterReading {ESPI}/>", own="UsagePoint/1/MeterReading/1", related="ReadingType/b"
        ),
        entry(
            f"<MeterReading {ESPI}/>",
            own=f"{host}{root}UsagePoint/2/MeterReading/1",
            related=f"{root}ReadingType/a",
        ),
        entry(reading_type(uom=72), own=f"{host}{root}ReadingType/a"),
        entry(reading_type(uom=169), own="ReadingType/b"),
        entry(
            f"<UsagePoint {ESPI}><ServiceCategory><kind>0</kind></ServiceCategory></UsagePoint>",
            own=f"{root}UsagePoint/2",
        ),
        entry(
            f"<UsagePoint {ESPI}><ServiceCategory><kind>1</kind></ServiceCategory></UsagePoint>",
            own="UsagePoint/1",
        ),
    )
    first, second = read_text(ID, tmp_path / "a.xml", text).of("energy.reading")
    assert first.data == {
        "quantity": "0.500",
        "unit": "kWh",
        "meter": "2",
        "commodity": "electricity",
    }
    assert second.data == {"quantity": "7", "unit": "therm", "meter": "1", "commodity": "gas"}


def test_a_file_cut_off_keeps_what_came_before(tmp_path: Path) -> None:
    text = feed(entry(reading_type(uom=72)), entry(block((1_700_000_000, 1), (1_700_000_900, 2))))
    reading = read_text(ID, tmp_path / "a.xml", text[: text.rindex("<value>") + 3])
    assert [each.data["quantity"] for each in reading.of("energy.reading")] == ["0.001"]
    assert reading.codes() == ["bad-xml"]


@pytest.mark.parametrize("start", ["", "x", "1e9", "99999999999999999", "-99999999999999", "１２"])
def test_a_reading_without_a_real_time_is_a_problem(start: str, tmp_path: Path) -> None:
    good = block((1_700_000_000, 1))
    text = feed(entry(reading_type(uom=72)), entry(good + good.replace("1700000000", start)))
    reading = read_text(ID, tmp_path / "a.xml", text)
    assert [each.data["quantity"] for each in reading.of("energy.reading")] == ["0.001"]
    assert len(reading.problems) == 1


def test_entities_are_refused(tmp_path: Path) -> None:
    text = f'<!DOCTYPE feed [<!ENTITY a "b">]>{feed(entry(block((1_700_000_000, 1))))}'
    with pytest.raises(Unreadable) as refusal:
        read_text(ID, tmp_path / "a.xml", text)
    assert refusal.value.code == "dtd"
