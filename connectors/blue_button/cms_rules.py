"""What the sections of a MyMedicare.gov report become.

Lives here: one rule for each of its 18 sections. A section without a rule is kept as a document.

Claims and their lines are two kinds, "health.claim" and "health.charge": the claim already carries
the total of its lines, so a sum over either kind counts every dollar once. The hospital's own line
"Total Charges" (revenue code 0001) repeats that total and is marked with the category "total".
A Part D claim is also a medication that was handed out, and becomes both.
"""

from __future__ import annotations

import re
from typing import Final

from connectors.api import Link
from connectors.blue_button.blocks import Draft, Rule, american_date

CLAIM_SECTION: Final = "Claim Summary"
_CODED: Final = re.compile(r"([A-Z0-9]{3,7}) - (.+)")
_TOTAL: Final = "0001"
PLAN_START: Final = "(start of the plan period)"


def _displayed(draft: Draft) -> None:
    draft.put("display", draft.title)


def _plan(draft: Draft) -> None:
    """Read "09/01/2011 - current" as far as it goes; the wording stays."""
    draft.title = draft.take("Plan Name") or draft.title
    draft.put("display", draft.title)
    period = draft.values.get("Plan Period", "")
    draft.values[PLAN_START] = period.partition(" - ")[0]


def _contact(draft: Draft) -> None:
    """Everything here is about somebody else."""
    draft.data.clear()
    draft.put("name", draft.title)
    for key, field in (("Phone", "telephone"), ("Email Address", "email")):
        found = [text for name, text in draft.values.items() if name.endswith(key)]
        if found:
            draft.data[field] = found


def _demographic(draft: Draft) -> None:
    draft.put("name", draft.title)
    try:
        draft.put("birth_date", american_date(draft.values.get("Date of Birth", "")))
    except ValueError:
        return
    draft.used.add("Date of Birth")


def _pharmacy_or_provider(draft: Draft) -> None:
    """Call a claim by the drug or the provider it was for."""
    drug = draft.take("Drug Name")
    draft.put("code", draft.take("Drug Code"))
    if drug:
        draft.put("display", drug)
        draft.put("system", "NDC")
    provider = draft.values.get("Provider", draft.values.get("Pharmacy Name", ""))
    draft.put("performer", provider)
    draft.title = drug or provider or draft.values.get("Claim Type", "")
    draft.put("category", "claim")


def _charge(draft: Draft) -> None:
    """Take what a claim line was for: a procedure, or failing that a revenue code."""
    revenue = draft.values.get("Revenue Code/Description", "")
    text = draft.values.get("Procedure Code/Description", revenue)
    match = _CODED.fullmatch(text)
    draft.put("code", match[1] if match else "")
    draft.put("display", match[2] if match else text)
    draft.title = match[2] if match else text
    claim = draft.values.get("Claim Number", "")
    draft.links.append(Link("claim", CLAIM.kind, f"Claim Number/{claim}"))
    draft.put("category", "total" if revenue.startswith(_TOTAL) else "line")


def _vital(draft: Draft) -> None:
    _displayed(draft)
    draft.put("value", draft.take("Reading"))


def _insurance(draft: Draft) -> None:
    draft.title = draft.values.get("Insurer Name", draft.title)
    draft.put("display", draft.title)


def _dispensed(draft: Draft) -> None:
    _displayed(draft)
    draft.put("system", "NDC" if "code" in draft.data else "")
    draft.put("category", "dispensed")


_DISPENSED: Final = Rule(
    "health.medication",
    "Drug Name",
    {
        "Drug Code": "code",
        "Prescriber Name": "performer",
        "Pharmacy Name": "location",
        "Claim Number": "reference",
    },
    when=("Claim Service Date",),
    special=_dispensed,
    relation="claim",
)

CLAIM: Final = Rule(
    "health.claim",
    "Claim Number",
    {"Claim Number": "reference", "Claim Type": "type"},
    money={
        "Amount Charged": "amount",
        "Medicare Approved": "approved",
        "Provider Paid": "paid",
        "You May be Billed": "owed",
    },
    when=("Service Start Date", "Claim Service Date"),
    until=("Service End Date",),
    native=("Claim Number",),
    special=_pharmacy_or_provider,
    also=_DISPENSED,
)

CHARGE: Final = Rule(
    "health.charge",
    "Line number",
    {"Claim Number": "reference", "Quantity Billed/Units": "quantity"},
    money={
        "Submitted Amount/Charges": "amount",
        "Allowed Amount": "approved",
    },
    when=("Date of Service From",),
    until=("Date of Service To",),
    native=("Claim Number", "Line number"),
    special=_charge,
)

_INSURANCE: Final = Rule(
    "health.coverage",
    "MSP Type",
    {"Insurer Name": "payer", "Policy Number": "code"},
    when=("Effective Date",),
    until=("Termination Date",),
    special=_insurance,
)

RULES: Final[dict[str, Rule]] = {
    "Demographic": Rule("health.profile", "Name", whole=True, special=_demographic),
    "Emergency Contact": Rule("person.contact", "Contact Name", special=_contact),
    "Self Reported Medical Conditions": Rule(
        "health.condition",
        "Condition Name",
        when=("Medical Condition Start Date",),
        until=("Medical Condition End Date",),
        special=_displayed,
    ),
    "Self Reported Allergies": Rule(
        "health.allergy",
        "Allergy Name",
        {"Reaction": "reaction", "Comments": "note"},
        when=("First Episode Date",),
        until=("Last Episode Date",),
        special=_displayed,
    ),
    "Self Reported Implantable Device": Rule(
        "health.device", "Device Name", when=("Date Implanted",), special=_displayed
    ),
    "Self Reported Immunizations": Rule(
        "health.immunization",
        "Immunization Name",
        {"Comments": "note"},
        when=("Date Administered",),
        special=_displayed,
    ),
    "Self Reported Labs and Tests": Rule(
        "health.observation",
        "Test/Lab Type",
        {"Results": "value", "Administered by": "location", "Requesting Doctor": "performer"},
        when=("Date Taken",),
        special=_displayed,
    ),
    "Self Reported Vital Statistics": Rule(
        "health.observation",
        "Vital Statistic Type",
        {"Comments": "note"},
        when=("Date",),
        special=_vital,
    ),
    "Family Medical History": Rule("health.family", "Family Member", raw=True, special=_displayed),
    "Drugs": Rule("health.medication", "Drug Name", {"Supply": "dosage"}, special=_displayed),
    "Preventive Services": Rule(
        "health.plan",
        "Description",
        when=("Next Eligible Date", "Last Date of Service"),
        special=_displayed,
    ),
    "Providers": Rule(
        "health.practitioner",
        "Provider Name",
        {"Type": "code", "Provider Address": "location"},
        special=_displayed,
    ),
    "Pharmacies": Rule("health.organization", "Pharmacy Name", special=_displayed),
    "Plans": Rule(
        "health.coverage",
        "Contract ID/Plan ID",
        {"Contract ID/Plan ID": "code", "Marketing Name": "payer"},
        when=(PLAN_START,),
        special=_plan,
    ),
    "Employer Subsidy": Rule(
        "health.coverage",
        "Employer Plan",
        {"Employer Plan": "payer"},
        when=("Employer Subsidy Start Date",),
        until=("Employer Subsidy End Date",),
        special=_displayed,
    ),
    "Primary Insurance": _INSURANCE,
    "Other Insurance": _INSURANCE,
}
