"""Generated inputs: the same bytes in every run, and invented from beginning to end."""

from __future__ import annotations

import random
import zipfile
from collections.abc import Iterator
from pathlib import Path

from app.services import session as sessions
from app.vault import keys, runs
from connectors.api import Record

SEED = 20_261_122
WORDS = "orbit lantern mango velvet"
_BLOCK = 4 << 20
_BATCH = 3000


def moment(chance: random.Random) -> str:
    """A moment of sixteen years, at nine hours east."""
    return (
        f"20{chance.randrange(10, 26)}-{chance.randrange(1, 13):02}-{chance.randrange(1, 29):02}"
        f"T{chance.randrange(24):02}:{chance.randrange(60):02}:{chance.randrange(60):02}+09:00"
    )


def observations(target: Path, count: int, *, in_order: bool) -> None:
    """Write FHIR R4 observations as NDJSON, two in three with Korean text.

    `in_order` as a phone or a hospital hands them over: kind by kind, each from its first day to
    its last. Otherwise in no order of time at all, which is the worst that can come.
    """
    chance = random.Random(SEED)
    moments = [moment(chance) for _ in range(count)]
    half = (count + 1) // 2
    if in_order:
        moments = [*sorted(moments[:half]), *sorted(moments[half:])]
    with target.open("w", encoding="utf-8") as file:
        for number, at in enumerate(moments):
            kind = number >= half if in_order else number % 2
            file.write(_observation(number, _CODES[kind], at, chance))


_CODES = (("8867-4", "Heart rate", "/min"), ("29463-7", "Body weight", "kg"))
_PLACES = ("서울대학교병원", "한빛내과의원", "Riverside Clinic")


def _observation(number: int, what: tuple[str, str, str], at: str, chance: random.Random) -> str:
    code, display, unit = what
    return (
        f'{{"resourceType":"Observation","id":"o-{number:08}","status":"final",'
        '"category":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/'
        'observation-category","code":"vital-signs"}]}],'
        f'"code":{{"coding":[{{"system":"http://loinc.org","code":"{code}",'
        f'"display":"{display}"}}],"text":"{display}"}},'
        f'"subject":{{"reference":"Patient/p-1"}},'
        f'"performer":[{{"display":"{_PLACES[number // 2 % 3]}"}}],'
        f'"effectiveDateTime":"{at}",'
        f'"valueQuantity":{{"value":{chance.randrange(500, 1200) / 10},"unit":"{unit}",'
        f'"system":"http://unitsofmeasure.org","code":"{unit}"}}}}\n'
    )


def apple_health(target: Path, count: int) -> None:
    """Write an Apple Health export of as many records, for the peer that reads those."""
    chance = random.Random(SEED)
    with (
        zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as packed,
        packed.open("apple_health_export/export.xml", "w") as file,
    ):
        file.write(b'<?xml version="1.0" encoding="UTF-8"?>\n<HealthData locale="en_US">\n')
        for _ in range(count):
            at = moment(chance).replace("T", " ").replace("+09:00", " +0900")
            file.write(
                f'<Record type="HKQuantityTypeIdentifierHeartRate" sourceName="Watch"'
                f' sourceVersion="9.1" unit="count/min" creationDate="{at}" startDate="{at}"'
                f' endDate="{at}" value="{chance.randrange(50, 120)}"/>\n'.encode()
            )
        file.write(b"</HealthData>\n")


def noise(target: Path, size: int) -> None:
    """Write bytes that no program can make smaller."""
    chance = random.Random(SEED)
    with target.open("wb") as file:
        for start in range(0, size, _BLOCK):
            file.write(chance.randbytes(min(_BLOCK, size - start)))


def vault(folder: Path, count: int) -> None:
    """Make a vault of readings, letters and payments. Its passphrase is `WORDS`."""
    session, _recovery = sessions.create(folder, WORDS, cost=keys.LOWEST)
    try:
        with session.vault.write(bulk=True) as transaction:
            run = runs.begin(transaction, connector="fhir.r4", version=1, name="many.ndjson")
            for batch in _batches(count):
                run.add(batch)
            run.finish()
    finally:
        session.close()


def _batches(count: int) -> Iterator[list[Record]]:
    chance = random.Random(SEED)
    for start in range(0, count, _BATCH):
        yield [_record(number, chance) for number in range(start, min(start + _BATCH, count))]


def _record(number: int, chance: random.Random) -> Record:
    at = moment(chance)
    if number % 4 == 0:
        return Record(
            kind="finance.transaction",
            native_id=f"t-{number}",
            start=at[:10],
            title=("한빛마트 결제", "Bus ticket", "월세 이체")[number % 3],
            data={"amount": f"-{chance.randrange(1, 90000)}.50", "currency": "GBP"},
        )
    if number % 4 == 1:
        return Record(
            kind="social.post",
            native_id=f"p-{number}",
            start=at,
            title="A walk",
            text="오늘은 강을 따라 걸었다. The bridge was closed again. " * (1 + number % 5),
        )
    return Record(
        kind="health.observation",
        native_id=f"Observation/{number}",
        start=at,
        title="Heart rate",
        data={"code": "8867-4", "value": str(chance.randrange(50, 120)), "unit": "/min"},
    )
