"""What the sections of a VA My HealtheVet report become.

Lives here: one rule for each well-known section (report versions 12 to 12.6). A section without a
rule is kept as one readable document.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from connectors.blue_button.blocks import Draft, Rule, worded_date

_RESULT: Final = re.compile(r"([<>]?=?\s?-?(?:[0-9]+\.?[0-9]*|\.[0-9]+))(?:\s+(.*))?")
_MEASUREMENT: Final = re.compile(r"([0-9./<>-]+)(?:\s+(\S.*))?")

_AROUND_VALUE: Final = frozenset(
    {
        "Measurement Type",
        "Date",
        "Time",
        "Measure",
        "Method",
        "Comments",
        "Location",
        "Provider",
        "Target range",
    }
)


def _measurement(draft: Draft) -> None:
    """Split "190/70 mm[Hg]" into value and unit."""
    text = draft.take("Measurement")
    match = _MEASUREMENT.fullmatch(text)
    draft.put("value", match[1] if match else text)
    draft.put("unit", (match[2] or "") if match else "")
    draft.put("display", draft.title)


def _own_measurement(draft: Draft) -> None:
    """Take whichever key holds the value; a pair of pressures becomes "126/82"."""
    upper, lower = draft.values.get("Systolic", ""), draft.values.get("Diastolic", "")
    if upper and lower:
        draft.put("value", f"{draft.take('Systolic')}/{draft.take('Diastolic')}")
    else:
        key = next((key for key in draft.values if key not in _AROUND_VALUE), "")
        draft.put("value", draft.take(key))
    draft.put("unit", draft.take("Measure"))
    draft.put("display", draft.title)


def _result(draft: Draft) -> None:
    """Split "6.5 Critical High" into value and interpretation; "NEG" is a value as it is."""
    text = draft.take("Result")
    match = _RESULT.fullmatch(text)
    draft.put("value", match[1] if match else text)
    draft.put("interpretation", (match[2] or "") if match else "")
    draft.put("display", draft.title)


def _person(draft: Draft) -> None:
    """Put the parts of a name together."""
    middle = draft.values.get("Middle Name", draft.values.get("Middle Initial", ""))
    parts = (draft.values.get("First Name", ""), middle, draft.values.get("Last Name", ""))
    draft.title = " ".join(filter(None, parts))
    draft.put("name", draft.title)
    try:
        draft.put("birth_date", worded_date(draft.values.get("Date of Birth", "")))
    except ValueError:
        return
    draft.used.add("Date of Birth")


def _relative(draft: Draft) -> None:
    """Name a relative by relation and name."""
    draft.put("display", draft.title)
    name = f"{draft.values.get('First Name', '')} {draft.values.get('Last Name', '')}".strip()
    draft.title = f"{draft.title}: {name}" if name else draft.title


def _titled(key: str) -> Callable[[Draft], None]:
    """Call the record by another key than the one it begins with."""

    def special(draft: Draft) -> None:
        draft.title = draft.take(key) or draft.title
        draft.put("display", draft.title)

    return special


def _displayed(draft: Draft) -> None:
    """The first key says what the thing is."""
    draft.put("display", draft.title)


_GOAL: Final = Rule(
    "health.plan",
    "MY GOAL",
    {"Type": "category", "Completion": "status"},
    when=("Goal Start Date",),
    until=("Date Goal Completed", "Goal End Date"),
    raw=True,
    special=_displayed,
)

_LAB_RESULT: Final = Rule(
    "health.observation",
    "Test Name",
    {
        "Units": "unit",
        "Reference Range": "reference_range",
        "Status": "status",
        "Performing Location": "location",
        "Interpretation": "note",
    },
    keys=frozenset(
        {
            "Test Name",
            "Result",
            "Units",
            "Reference Range",
            "Interpretation",
            "Performing Location",
            "Status",
        }
    ),
    when=("Date/Time Collected",),
    special=_result,
    relation="report",
)

_LAB_TEST: Final = Rule(
    "health.report",
    "Lab Test",
    {
        "Ordering Provider": "performer",
        "Ordering Location": "location",
        "Comments": "note",
    },
    when=("Date/Time Collected",),
    body=True,
    below_line=True,
    special=_displayed,
    child=_LAB_RESULT,
)

_IMAGING: Final = Rule(
    "health.report",
    "Procedure/Test Name",
    {
        "Ordering Location": "location",
        "Requesting Provider": "performer",
        "Reasons for Study": "note",
    },
    when=("Date/Time Exam Performed",),
    body=True,
    below_line=True,
    special=_displayed,
)

_IMMUNIZATION: Final = Rule(
    "health.immunization",
    "Immunization",
    {"Location": "location", "Comments": "note"},
    when=("Date Received",),
    special=_displayed,
)

RULES: Final[dict[str, Rule]] = {
    "SELF REPORTED DEMOGRAPHICS": Rule(
        "health.profile", "First Name", {"Gender": "gender"}, raw=True, whole=True, special=_person
    ),
    "VA DEMOGRAPHICS": Rule(
        "health.profile",
        "VA Treating Facility",
        {"VA Treating Facility": "location", "Gender": "gender"},
        raw=True,
        below_line=True,
        whole=True,
        special=_person,
    ),
    "SELF REPORTED HEALTH CARE PROVIDERS": Rule(
        "health.practitioner",
        "Provider Name",
        {"Type of Provider": "code", "Comments": "note"},
        special=_displayed,
    ),
    "SELF REPORTED TREATMENT FACILITIES": Rule(
        "health.organization",
        "Facility Name",
        {"Facility Type": "code", "Comments": "note"},
        special=_displayed,
    ),
    "SELF REPORTED HEALTH INSURANCE": Rule(
        "health.coverage",
        "Health Insurance Company",
        {"Health Insurance Company": "payer", "ID Number": "code", "Comments": "note"},
        when=("Start Date",),
        until=("Stop Date",),
        special=_displayed,
    ),
    "VA APPOINTMENTS": Rule(
        "health.encounter",
        "Date/Time",
        {"Location": "location", "Status": "status"},
        when=("Date/Time",),
        keys=frozenset({"Date/Time", "Location", "Status", "Clinic", "Phone Number"}),
        special=_titled("Clinic"),
    ),
    "VA MEDICATION HISTORY": Rule(
        "health.medication",
        "Medication",
        {
            "Instructions": "dosage",
            "Status": "status",
            "Quantity": "quantity",
            "Pharmacy": "location",
            "Prescription Number": "reference",
        },
        when=("Initially Ordered On", "Last Filled On"),
        native=("Prescription Number",),
        special=_displayed,
    ),
    "SELF REPORTED MEDICATIONS AND SUPPLEMENTS": Rule(
        "health.medication",
        "Drug Name",
        {"Status": "status", "Dosage": "dosage", "Comments": "note"},
        when=("Start Date",),
        until=("Stop Date",),
        special=_displayed,
    ),
    "VA ALLERGIES": Rule(
        "health.allergy",
        "Allergy Name",
        {
            "Location": "location",
            "Reaction": "reaction",
            "Observed/Historical": "status",
            "Comments": "note",
        },
        when=("Date Entered",),
        special=_displayed,
    ),
    "SELF REPORTED ALLERGIES": Rule(
        "health.allergy",
        "Allergy Name",
        {"Reaction": "reaction", "Comments": "note"},
        when=("Date",),
        special=_displayed,
    ),
    "VA PROBLEM LIST": Rule(
        "health.condition",
        "Problem",
        {
            "Location": "location",
            "Status": "status",
            "Provider": "performer",
            "Comments": "note",
        },
        when=("Date/Time Entered",),
        special=_displayed,
    ),
    "VA ADMISSIONS AND DISCHARGES": Rule(
        "health.encounter",
        "Admission Date",
        {"Admitting Physician": "performer"},
        when=("Admission Date",),
        until=("Discharge Date",),
        body=True,
        below_line=True,
        special=_titled("Location"),
    ),
    "VA NOTES": Rule(
        "health.document",
        "Date/Time",
        {"Location": "location", "Signed By": "performer"},
        when=("Date/Time",),
        body=True,
        below_line=True,
        special=_titled("Note Title"),
    ),
    "SELF REPORTED MEDICAL EVENTS": Rule(
        "health.condition",
        "Medical Event",
        {"Comments": "note"},
        when=("Start Date",),
        until=("Stop Date",),
        special=_displayed,
    ),
    "VA IMMUNIZATIONS": _IMMUNIZATION,
    "SELF REPORTED IMMUNIZATIONS": _IMMUNIZATION,
    "VA LABORATORY RESULTS": _LAB_TEST,
    "VA PATHOLOGY REPORTS": Rule(
        "health.report",
        "Type of Report",
        {"Performing Location": "location"},
        when=("Date Obtained",),
        body=True,
        below_line=True,
        special=_displayed,
    ),
    "SELF REPORTED LABS AND TESTS": Rule(
        "health.observation",
        "Test Name",
        {
            "Results": "value",
            "Location performed": "location",
            "Provider": "performer",
            "Comments": "note",
        },
        when=("Date",),
        special=_displayed,
    ),
    "VA VITALS AND READINGS": Rule(
        "health.observation",
        "Vital Sign",
        {"Location": "location", "Comments": "note"},
        when=("Date/Time Collected",),
        special=_measurement,
    ),
    "SELF REPORTED VITALS AND READINGS": Rule(
        "health.observation",
        "Measurement Type",
        {"Location": "location", "Provider": "performer", "Comments": "note"},
        when=("Date",),
        special=_own_measurement,
    ),
    "VA RADIOLOGY REPORTS": _IMAGING,
    "VA ELECTROCARDIOGRAM (EKG) REPORTS": _IMAGING,
    "SELF REPORTED FAMILY HEALTH HISTORY": Rule(
        "health.family", "Relationship", raw=True, special=_relative
    ),
    "SELF REPORTED MY GOALS: CURRENT GOALS": _GOAL,
    "SELF REPORTED MY GOALS: COMPLETED GOALS": _GOAL,
    "SELF REPORTED FOOD JOURNAL": Rule(
        "health.document", "Date", when=("Date",), body=True, below_line=True
    ),
    "SELF REPORTED ACTIVITY JOURNAL": Rule(
        "health.document", "Date", when=("Date",), body=True, below_line=True
    ),
    "SELF REPORTED MILITARY HEALTH HISTORY": Rule(
        "health.document",
        "Event Title",
        {"Location of Service": "location"},
        when=("Event Date",),
        raw=True,
    ),
}
