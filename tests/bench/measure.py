"""What every measurement needs: a generated input, a child's peak memory, a table row."""

from __future__ import annotations

import random
import resource
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

SEED = 20_261_122


class Run(NamedTuple):
    """One finished command: seconds of wall and processor time, its own peak memory in MB."""

    wall: float
    cpu: float
    peak_mb: float
    output: str


def run(command: Sequence[str], **environment: str) -> Run:
    """Run a command to its end and measure it as a whole process."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.child", *command],
        capture_output=True,
        text=True,
        check=True,
        env=environment or None,
    )
    wall = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    peak, _, output = done.stdout.partition("\n")
    return Run(wall, cpu, float(peak), output)


def observations(target: Path, count: int) -> None:
    """Write `count` FHIR R4 observations as NDJSON, times unsorted, every third with Korean text."""
    chance = random.Random(SEED)
    codes = (("8867-4", "Heart rate", "/min"), ("29463-7", "Body weight", "kg"))
    places = ("서울대학교병원", "한빛내과의원", "Riverside Clinic")
    with target.open("w", encoding="utf-8") as file:
        for number in range(count):
            code, display, unit = codes[number % 2]
            place = f'"performer":[{{"display":"{places[number % 3]}"}}],' if number % 3 else ""
            file.write(
                f'{{"resourceType":"Observation","id":"o-{number:08}","status":"final",'
                '"category":[{"coding":[{"system":"http://terminology.hl7.org/CodeSystem/'
                'observation-category","code":"vital-signs"}]}],'
                f'"code":{{"coding":[{{"system":"http://loinc.org","code":"{code}",'
                f'"display":"{display}"}}],"text":"{display}"}},'
                f'"subject":{{"reference":"Patient/p-1"}},{place}'
                f'"effectiveDateTime":"20{chance.randrange(10, 26)}-{chance.randrange(1, 13):02}-'
                f'{chance.randrange(1, 29):02}T{chance.randrange(24):02}:{chance.randrange(60):02}:'
                f'{chance.randrange(60):02}+09:00",'
                f'"valueQuantity":{{"value":{chance.randrange(500, 1200) / 10},"unit":"{unit}",'
                f'"system":"http://unitsofmeasure.org","code":"{unit}"}}}}\n'
            )


def row(what: str, **figures: object) -> None:
    """Print one line of the table."""
    print(f"{what:34}", "  ".join(f"{name} {value}" for name, value in figures.items()), flush=True)
