"""Real export files of the six formats through the real program: the counts and totals they state.

The figures stand in the SOURCE.md beside each sample; what they do not state was counted by hand in
the file. Every file is imported twice: the second time adds nothing.
"""

from __future__ import annotations

import shutil
from collections import Counter, defaultdict
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest

from tests.cli.running import Program

pytestmark = pytest.mark.samples


class Total(NamedTuple):
    """An exact sum over the records of one kind and unit."""

    kind: str
    field: str
    unit: str
    sum: str


class Expected(NamedTuple):
    """What a sample gives. `problems` are codes."""

    kinds: dict[str, int]
    totals: tuple[Total, ...] = ()
    problems: tuple[str, ...] = ()


def money(amount: str, currency: str) -> Total:
    return Total("finance.transaction", "amount", currency, amount)


def energy(kwh: str, cost: str = "") -> tuple[Total, ...]:
    used = Total("energy.reading", "quantity", "kWh", kwh)
    return (used, Total("energy.reading", "cost", "USD", cost)) if cost else (used,)


_BULK: Final = "fhir-r4/bulk-ndjson-10-patients"

SAMPLES: Final[dict[str, Expected]] = {
    "uk-midata/nationwide-midata.csv": Expected(
        {"finance.transaction": 8, "finance.balance": 1}, (money("-128.15", "GBP"),)
    ),
    "uk-midata/malformed-too-many-fields.csv": Expected(
        {"finance.transaction": 2, "finance.balance": 1},
        (money("-10.00", "GBP"),),
        ("field-count",),
    ),
    "uk-midata/malformed-bad-date.csv": Expected(
        {"finance.transaction": 2, "finance.balance": 1}, (), ("bad-date",)
    ),
    "ofx-qfx/bank_medium.ofx": Expected(
        {"finance.account": 1, "finance.balance": 2, "finance.transaction": 3},
        (money("-345.27", "CAD"),),
    ),
    "ofx-qfx/checking.ofx": Expected(
        {"finance.account": 1, "finance.balance": 2, "finance.transaction": 3},
        (money("-59.50", "USD"),),
    ),
    "ofx-qfx/suncorp.ofx": Expected(
        {"finance.account": 1, "finance.balance": 2, "finance.transaction": 1},
        (money("-16.85", "AUD"),),
    ),
    "ofx-qfx/fidelity.ofx": Expected(
        {
            "finance.account": 1,
            "finance.balance": 3,
            "finance.holding": 6,
            "finance.investment": 14,
            "finance.transaction": 3,
        },
        (money("-0.57", "USD"),),
    ),
    "ofx-qfx/malformed-decimal.ofx": Expected(
        {"finance.account": 1, "finance.balance": 1}, (), ("bad-date",)
    ),
    "green-button/hourly-full-year-8760.xml": Expected(
        {"energy.bill": 1, "energy.reading": 8760}, energy("4425.305")
    ),
    "green-button/hourly-nine-days-with-cost.xml": Expected(
        {"energy.bill": 1, "energy.reading": 216}, energy("199.563", "22.05567")
    ),
    "green-button/daily-15-months-dst-with-cost.xml": Expected(
        {"energy.bill": 1, "energy.reading": 444}, energy("9917.817", "1072.12833")
    ),
    "green-button/quarter-hour-one-day-cost-quality.xml": Expected(
        {"energy.bill": 1, "energy.reading": 96}, energy("93.846", "11.48274")
    ),
    "green-button/gas-broken-timestamps.xml": Expected(
        {"energy.reading": 36},
        (Total("energy.reading", "quantity", "", "2651000"),),
        ("frozen-time", "unit-unknown"),
    ),
    "us-bluebutton-text/cms_mymedicare_sample.txt": Expected({"health.claim": 5}),
    "us-bluebutton-text/VA_My_HealtheVet_Blue_Button_Sample_Version_12_6.txt": Expected({}),
    "fhir-r4/bulk-ndjson-10-patients/AllergyIntolerance.000.ndjson": Expected(
        {"health.allergy": 11}
    ),
    "fhir-r4/bulk-ndjson-10-patients/Condition.000.ndjson": Expected({"health.condition": 555}),
    "fhir-r4/bulk-ndjson-10-patients/Device.000.ndjson": Expected({"health.device": 16}),
    "fhir-r4/bulk-ndjson-10-patients/Immunization.000.ndjson": Expected(
        {"health.immunization": 161}
    ),
    "fhir-r4/bulk-ndjson-10-patients/Location.000.ndjson": Expected({"health.location": 44}),
    "fhir-r4/bulk-ndjson-10-patients/MedicationRequest.000.ndjson": Expected(
        {"health.medication": 1745}
    ),
    "fhir-r4/bulk-ndjson-10-patients/Organization.000.ndjson": Expected(
        {"health.organization": 43}
    ),
    "fhir-r4/bulk-ndjson-10-patients/Patient.000.ndjson": Expected({"health.profile": 13}),
    "fhir-r4/bulk-ndjson-10-patients": Expected(
        {
            "health.allergy": 11,
            "health.condition": 555,
            "health.device": 16,
            "health.immunization": 161,
            "health.location": 44,
            "health.medication": 1745,
            "health.organization": 43,
            "health.profile": 13,
        }
    ),
    "fhir-r4/synthea_bundle_Clemente_Kreiger.json": Expected(
        {
            "health.profile": 1,
            "health.organization": 1,
            "health.practitioner": 1,
            "health.encounter": 3,
            "health.observation": 48,
            "health.immunization": 4,
            "health.report": 4,
            "health.claim": 6,
            "health.condition": 1,
            "health.procedure": 1,
        }
    ),
    "us-bluebutton2-api/patient_bbuser29999.json": Expected({"health.profile": 1}),
    "us-bluebutton2-api/coverage_bundle_bbuser29999.json": Expected({"health.coverage": 4}),
    "us-bluebutton2-api/eob_bundle_bbuser29999.json": Expected(
        {"health.claim": 10}, (), ("one-page",)
    ),
    "facebook/kawsay-synthetic": Expected(
        {"social.post": 4, "social.message": 3}, (), ("not-an-object", "bad-json")
    ),
    "facebook/hestia-fake-2022": Expected({"social.advertiser": 188}),
    "facebook/legacy-html-2015/messages_simulated_data.htm": Expected({"social.message": 20}),
}

# Files that do not overlap are imported together: a run of the program takes its time.
GROUPS: Final = (
    *([name] for name in SAMPLES if name.startswith("uk-midata/")),
    *(
        [name for name in SAMPLES if name.startswith(f"{folder}/") and name != _BULK]
        for folder in ("ofx-qfx", "green-button", "us-bluebutton-text", "fhir-r4")
    ),
    [_BULK],
    *(
        [name for name in SAMPLES if name.startswith(f"{folder}/")]
        for folder in ("us-bluebutton2-api", "facebook")
    ),
)
# Everything that is in the file is counted, except in reports with many other sections.
MORE_INSIDE: Final = ("us-bluebutton-text/",)
UNITS: Final = {"amount": "currency", "cost": "currency", "quantity": "unit"}


def sums(records: list[Any]) -> dict[str, Counter[tuple[str, str, str]]]:
    """Import id to exact sums by (kind, field, unit), from the text of the JSON."""
    found: defaultdict[str, Counter[tuple[str, str, str]]] = defaultdict(Counter)
    for record in records:
        data = record["data"]
        for field, unit in UNITS.items():
            if field in data:
                key = (record["kind"], field, data.get(unit, ""))
                found[record["import_id"]][key] += Decimal(data[field])  # type: ignore[assignment]
    return found


def check(name: str, file: Any, totals: Counter[tuple[str, str, str]]) -> None:
    expected = SAMPLES[name]
    if name.startswith(MORE_INSIDE):
        assert file["records"].items() >= expected.kinds.items()
    else:
        assert file["records"] == expected.kinds
    assert tuple(problem["code"] for problem in file["problems"]) == expected.problems
    assert file["new"] == sum(file["records"].values())
    for total in expected.totals:
        assert totals[total[:3]] == Decimal(total.sum)


def test_every_sample_is_in_a_group() -> None:
    assert sorted(name for group in GROUPS for name in group) == sorted(SAMPLES)


@pytest.mark.parametrize("names", GROUPS, ids=lambda names: names[0])
def test_samples_give_their_counts_and_totals_once(
    names: list[str], samples: Path, mydata: Program
) -> None:
    paths = [samples / name for name in names]
    code = 1 if any(SAMPLES[name].problems for name in names) else 0
    first = mydata.json("import", *paths, code=code)
    totals = sums(mydata.json("records")["records"])
    for name, file in zip(names, first["files"], strict=True):
        check(name, file, totals[file["import_id"]])

    again = mydata.json("import", *paths, code=code)["totals"]
    assert (again["new"], again["updated"]) == (0, 0)
    assert again["known"] == first["totals"]["new"] == mydata.json("status")["records"]


def test_a_veterans_report_gives_every_section(samples: Path, mydata: Program) -> None:
    name = "VA_My_HealtheVet_Blue_Button_Sample_Version_12_6.txt"
    mydata.json("import", samples / "us-bluebutton-text" / name)
    sections = Counter(
        (record["kind"], str(record["data"].get("section", "")).upper())
        for record in mydata.json("records")["records"]
    )
    assert sections["health.medication", "VA MEDICATION HISTORY"] == 4
    assert sections["health.allergy", "VA ALLERGIES"] == 6
    assert sections["health.allergy", "SELF REPORTED ALLERGIES"] == 1
    assert sections["health.condition", "VA PROBLEM LIST"] == 5
    assert sections["health.immunization", "VA IMMUNIZATIONS"] == 5
    assert sections["health.immunization", "SELF REPORTED IMMUNIZATIONS"] == 1
    assert sections["health.report", "VA LABORATORY RESULTS"] == 20
    assert sections["health.observation", "VA LABORATORY RESULTS"] == 30
    assert sections["health.observation", "VA VITALS AND READINGS"] == 22
    assert sections["health.observation", "SELF REPORTED VITALS AND READINGS"] == 13
    assert sections["health.document", "VA NOTES"] == 11
    assert sections["health.report", "VA RADIOLOGY REPORTS"] == 5
    assert sections["health.encounter", "VA APPOINTMENTS"] == 5


def test_the_same_export_in_a_zip_and_in_a_folder_gives_the_same_records(
    samples: Path, mydata: Program
) -> None:
    folder = samples / "facebook" / "kawsay-synthetic"
    packed = shutil.make_archive(str(mydata.folder / "facebook-x"), "zip", folder)
    first = mydata.json("import", folder, code=1)["totals"]
    second = mydata.json("import", packed, code=1)["totals"]
    assert (second["new"], second["known"]) == (0, first["new"])


def test_undo_leaves_the_vault_as_it_was(samples: Path, mydata: Program) -> None:
    path = samples / "green-button" / "hourly-nine-days-with-cost.xml"
    [file] = mydata.json("import", path)["files"]
    assert mydata.json("undo", file["import_id"])["removed"] == file["new"] == 217
    assert mydata.json("status")["records"] == 0
    assert mydata.json("search", "electricity")["total"] == 0
