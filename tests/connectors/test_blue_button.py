"""Blue Button text: counts of the samples, the grammars' traps, identity."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.blue_button import cms, va
from connectors.blue_button.blocks import clock, worded_date
from connectors.toolkit.dates import is_iso
from tests.connectors.samples import Reading, read_text

ID = "bluebutton.text"
VA = "VA_My_HealtheVet_Blue_Button_Sample_Version_12_6.txt"
CMS = "cms_mymedicare_sample.txt"

REPORT = """--------- MY HEALTHEVET PERSONAL INFORMATION REPORT ---------
Produced by the VA Blue Button (v12.6)

Name: DOE, KIM        Date of Birth: 01 Mar 1970

"""


END = f"{'-' * 14} END OF MY HEALTHEVET PERSONAL INFORMATION REPORT {'-' * 10}\n"


def va_report(title: str, *lines: str) -> str:
    return "\n".join((REPORT, f"------- {title} -------", "", "Source: VA", "", *lines, "", END))


def cms_report(*sections: tuple[str, str]) -> str:
    dashes = "-" * 32
    parts = [f"{dashes}\n{title}\n\n{dashes}\n{body}\n" for title, body in sections]
    head = f"{dashes}\nMYMEDICARE.GOV PERSONAL HEALTH INFORMATION\n\n{dashes}\n"
    return head + "Produced by the Blue Button (v2.0)\n\n" + "".join(parts)


# --- Samples ------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def veteran(samples: Path) -> Reading:
    return Reading(ID, samples / "us-bluebutton-text" / VA)


@pytest.fixture(scope="session")
def medicare(samples: Path) -> Reading:
    return Reading(ID, samples / "us-bluebutton-text" / CMS)


@pytest.mark.samples
def test_va_sections(samples: Path) -> None:
    text = (samples / "us-bluebutton-text" / VA).read_text(encoding="ascii")
    assert text.count("\n") == 3839
    found = [(title, line) for _, title, line in va.titles(enumerate(text.split("\n"), 1)) if title]
    # One more is written without the blank before its closing dashes.
    closed = [title for title, line in found if f"{title} -" in line]
    assert len(closed) == 34
    assert [title for title, _ in found if title not in closed] == [
        "SELF REPORTED TREATMENT FACILITIES"
    ]
    assert closed[0] == "MY HEALTHEVET PERSONAL INFORMATION REPORT"
    assert closed[-1].startswith("END OF")


@pytest.mark.samples
@pytest.mark.parametrize(
    ("section", "kind", "count"),
    [
        ("VA Medication History", "medication", 4),
        ("VA Allergies", "allergy", 6),
        ("Self Reported Allergies", "allergy", 1),
        ("VA Problem List", "condition", 5),
        ("VA Immunizations", "immunization", 5),
        ("Self Reported Immunizations", "immunization", 1),
        ("VA Laboratory Results", "report", 20),
        ("VA Laboratory Results", "observation", 30),
        ("VA Vitals And Readings", "observation", 22),
        ("Self Reported Vitals And Readings", "observation", 13),
        ("VA Notes", "document", 11),
        ("VA Radiology Reports", "report", 5),
        ("VA Appointments", "encounter", 5),
    ],
)
def test_va_counts(veteran: Reading, section: str, kind: str, count: int) -> None:
    found = [each for each in veteran.of(f"health.{kind}") if each.data.get("section") == section]
    assert len(found) == count


@pytest.mark.samples
def test_va_values(veteran: Reading) -> None:
    assert not veteran.problems
    vitals = [
        each
        for each in veteran.of("health.observation")
        if each.data["section"] == "VA Vitals And Readings"
    ]
    first = vitals[0]
    assert (first.title, first.start) == ("Blood Pressure", "2013-01-07T15:27:00")
    assert (first.data["value"], first.data["unit"]) == ("190/70", "mm[Hg]")
    lab = next(each for each in veteran.of("health.observation") if each.links)
    assert lab.title == "POTASSIUM"
    assert [lab.data[name] for name in ("value", "interpretation", "unit", "reference_range")] == [
        "6.5",
        "Critical High",
        "mmol/L",
        "(3.5-5.0)",
    ]
    assert veteran.of("health.report")[0].title == "Potassium"
    reports = {each.native_id for each in veteran.of("health.report")}
    linked = [link for each in veteran.of("health.observation") for link in each.links]
    assert len(linked) == 30
    assert {link.native_id for link in linked} <= reports


@pytest.mark.samples
def test_cms_sections(samples: Path) -> None:
    text = (samples / "us-bluebutton-text" / CMS).read_text(encoding="ascii")
    titles = [title for _, title, _ in cms.titles(enumerate(text.splitlines(), 1)) if title]
    claims = [title for title in titles if title.startswith("Claim Lines for Claim Number: ")]
    assert len(claims) == 5
    assert len([title for title in titles[1:] if title not in claims]) == 18


@pytest.mark.samples
def test_cms_counts(medicare: Reading) -> None:
    claims = medicare.of("health.claim")
    assert [each.data["type"] for each in claims] == [
        "PartB",
        "Outpatient",
        "PartB",
        "Part D",
        "Part D",
    ]
    assert [each.data.get("amount") for each in claims] == ["60.00", "504.80", None, None, None]
    charged = ["Amount Charged" in each.extra for each in claims]
    assert charged == [False, False, True, False, False]
    assert "* Not Available *" in claims[2].extra

    lines = medicare.of("health.charge")
    assert len(lines) == 7
    assert Counter(each.data["category"] for each in lines) == {"line": 6, "total": 1}
    assert {link.native_id for each in lines for link in each.links} <= {
        each.native_id for each in claims
    }

    sections = Counter(each.data.get("section") for each in medicare.records)
    assert sections["Self Reported Vital Statistics"] == 2
    assert len(medicare.of("health.immunization")) == 2
    assert len(medicare.of("health.medication")) == 3
    assert sections["Plans"] == 2
    assert not medicare.problems


# --- The VA's grammar ---------------------------------------------------------------------------


def test_a_title_in_a_note_is_text(tmp_path: Path) -> None:
    body = [
        "Date/Time: 01 Jan 2024 @ 0700",
        "Note Title: VISIT",
        "-" * 70,
        "---- PLAN ----",
        "Rest.",
    ]
    reading = read_text(ID, tmp_path / "r.txt", va_report("VA NOTES", "=" * 70, *body))
    assert [each.text for each in reading.of("health.document")] == ["---- PLAN ----\nRest."]


def test_a_first_key_in_a_note_is_text(tmp_path: Path) -> None:
    body = ["Date/Time: 01 Jan 2024 @ 0700", "Note Title: VISIT", "-" * 70, "Date/Time: none"]
    reading = read_text(ID, tmp_path / "r.txt", va_report("VA NOTES", "=" * 70, *body))
    assert [each.text for each in reading.of("health.document")] == ["Date/Time: none"]


def test_wrapped_values_go_on_and_prose_does_not(tmp_path: Path) -> None:
    long = "TAKE ONE TABLET BY MOUTH EVERY MORNING WITH FOOD AND A LARGE GLASS OF WATER,"
    body = ["Medication: X", f"Instructions: {long}", "NOT LATER", "", "Remember to share this."]
    record = read_text(ID, tmp_path / "r.txt", va_report("VA MEDICATION HISTORY", *body)).records[0]
    assert record.data["dosage"] == f"{long} NOT LATER"
    assert "Remember" not in record.extra


def test_two_keys_on_a_line(tmp_path: Path) -> None:
    body = ["First Name:   KIM", "Last Name:  DOE", "Gender:  Female      Blood Type:  O+"]
    text = va_report("SELF REPORTED DEMOGRAPHICS", *body)
    record = read_text(ID, tmp_path / "r.txt", text).of("health.profile")[0]
    assert (record.title, record.data["gender"]) == ("KIM DOE", "Female")
    assert json.loads(record.extra)["Blood Type"] == "O+"


def test_unknown_sections_stay_readable(tmp_path: Path) -> None:
    text = va_report(
        "VA SOMETHING NEW", "Last Updated: 01 Jan 2024 @ 0700", "", "Row one", "Row two"
    )
    record = read_text(ID, tmp_path / "r.txt", text).records[0]
    assert (record.kind, record.title) == ("health.document", "VA Something New")
    assert record.text == "Row one\nRow two"


def test_a_section_without_information_is_none(tmp_path: Path) -> None:
    known = va_report("VA ALLERGIES", "Allergy Name: NUTS")
    none = (
        "\n----- VA SOMETHING NEW -----\nSource: VA\nNo information was available that matched.\n"
    )
    assert len(read_text(ID, tmp_path / "r.txt", known + none).records) == 1


def test_a_longer_report_leaves_the_ids_of_the_shorter_one(tmp_path: Path) -> None:
    vitals = [
        [
            "Vital Sign: Weight",
            f"Measurement: {70 + n} kg",
            "Date/Time Collected: 07 Jan 2024 @ 1527",
            "",
        ]
        for n in range(3)
    ]
    title = "VA VITALS AND READINGS"
    short = read_text(ID, tmp_path / "1.txt", va_report(title, *vitals[0], *vitals[1])).records
    longer = va_report(title, *vitals[2], *vitals[0], *vitals[1])
    both = read_text(ID, tmp_path / "2.txt", longer).records
    assert {each.native_id for each in short} < {each.native_id for each in both}


def test_a_prescription_is_known_by_its_number(tmp_path: Path) -> None:
    ids = set()
    for status in ("Active", "Expired"):
        body = ["Medication: X", f"Status: {status}", "Prescription Number: 77"]
        text = va_report("VA MEDICATION HISTORY", *body)
        ids.add(read_text(ID, tmp_path / "r.txt", text).records[0].native_id)
    assert len(ids) == 1


def test_a_report_that_is_cut_off_says_so(tmp_path: Path) -> None:
    body = [f"Medication: {name}\nPrescription Number: {name}\n" for name in ("X", "Y")]
    whole = va_report("VA MEDICATION HISTORY", *body)
    assert not read_text(ID, tmp_path / "r.txt", whole).problems
    cut = read_text(ID, tmp_path / "r.txt", whole[: whole.index(": Y")])
    assert (len(cut.records), cut.codes()) == (1, ["no-end"])


def test_one_number_for_two_things_is_a_problem(tmp_path: Path) -> None:
    body = [f"Medication: {name}\nPrescription Number: 77\n" for name in ("X", "X", "Y")]
    reading = read_text(ID, tmp_path / "r.txt", va_report("VA MEDICATION HISTORY", *body))
    assert len(reading.records) == 1
    assert reading.codes() == ["duplicate-id"]


# --- Medicare's grammar -------------------------------------------------------------------------


def test_a_claim_in_the_middle_of_the_lines_of_another(tmp_path: Path) -> None:
    claim = "Claim Number: {}\nService Start Date: 01/02/2024\nAmount Charged: $1.00\n"
    line = "Line number: 1\nProcedure Code/Description: 99213 - Visit\n"
    text = cms_report(
        ("Claim Summary", "Source: MyMedicare.gov\n" + claim.format("A")),
        ("Claim Lines for Claim Number: A", line + claim.format("B")),
        ("Claim Lines for Claim Number: B", line),
    )
    reading = read_text(ID, tmp_path / "r.txt", text)
    assert [each.data["reference"] for each in reading.of("health.claim")] == ["A", "B"]
    assert [each.native_id for each in reading.of("health.charge")] == [
        "Claim Number/A/1",
        "Claim Number/B/1",
    ]


def test_an_amount_that_is_none_is_a_problem_and_is_kept(tmp_path: Path) -> None:
    text = cms_report(("Claim Summary", "Claim Number: A\nAmount Charged: $1.2.3\n"))
    reading = read_text(ID, tmp_path / "r.txt", text)
    assert reading.codes() == ["bad-amount"]
    assert json.loads(reading.records[0].extra) == {"Amount Charged": "$1.2.3"}


def test_people_beside_the_patient_are_third_parties(tmp_path: Path) -> None:
    body = "Source: Self-Entered\nContact Name: KIM DOE\nHome Phone: 1\nWork Phone: 2\n"
    record = read_text(ID, tmp_path / "r.txt", cms_report(("Emergency Contact", body))).records[0]
    assert record.kind == "person.contact"
    assert record.data == {"name": "KIM DOE", "telephone": ["1", "2"]}


# --- Dates --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("07 Jan 2013 @ 1527", "2013-01-07T15:27:00"),
        ("7 jan 2013", "2013-01-07"),
        ("29 Feb 2024", "2024-02-29"),
    ],
)
def test_dates_in_words(text: str, moment: str) -> None:
    assert worded_date(text) == moment


@pytest.mark.parametrize("text", ["29 Feb 2023", "07 Foo 2013", "07 Jan 2013 @ 2460", "", "--"])
def test_what_is_no_date(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the message is the text itself
        worded_date(text)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("1940", "19:40:00"),
        ("3:00 PM", "15:00:00"),
        ("12:00 PM", "12:00:00"),
        ("12:05 AM", "00:05:00"),
    ],
)
def test_clocks(text: str, moment: str) -> None:
    assert clock(text) == moment


@given(text=st.from_regex(r"[0-9]{1,2} [A-Z][a-z]{2} [0-9]{4}( @ [0-9]{4})?", fullmatch=True))
def test_a_date_is_real_or_refused(text: str) -> None:
    try:
        moment = worded_date(text)
    except ValueError:
        return
    assert is_iso(moment)


@given(text=st.text(alphabet="-=: \nAKeySource1", max_size=300))
def test_any_text_is_cut_into_blocks(text: str) -> None:
    lines = list(enumerate(text.splitlines(), 1))
    for grammar in (va, cms):
        for block, rule in grammar.blocks(lines):
            assert block.line <= len(lines)
            assert rule.kind
