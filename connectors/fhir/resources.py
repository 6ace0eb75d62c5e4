"""Which member of which FHIR R4 resource goes where.

Lives here: the table from resource type to kind and members. Does not live here: how a data type is
read (`connectors.fhir.members`, `.special`) or how records are made (`connectors.fhir.mapper`).

Structure after https://hl7.org/fhir/R4/resourcelist.html. Whatever a table does not name stays
word for word in `Record.extra`.
"""

from __future__ import annotations

from typing import Final

import msgspec

from connectors.fhir import special
from connectors.fhir.members import (
    Handler,
    date,
    drop,
    free_text,
    identifier,
    named,
    note,
    period,
    reference,
    scalar,
    status,
    subject,
    what,
    within,
    wording,
)


class Shape(msgspec.Struct, frozen=True):
    """A resource type: its kind, what its members become, and its dates, the best one first."""

    kind: str
    members: dict[str, Handler]
    start: tuple[str, ...] = ()
    end: tuple[str, ...] = ()


_ALWAYS: Final[dict[str, Handler]] = {
    "resourceType": drop,
    "id": drop,
    "meta": drop,
    "implicitRules": drop,
    "text": drop,
    "status": status,
    "subject": subject,
    "patient": subject,
    "beneficiary": subject,
    "encounter": reference("encounter"),
    "note": note,
}

_CODED: Final[dict[str, Handler]] = {"code": what, "category": wording("category")}
_WHO: Final = reference("performer", "performer")
_ACTORS: Final = within("actor", "performer", "performer")

_VALUES: Final[dict[str, Handler]] = {
    "valueQuantity": special.measured,
    "valueCodeableConcept": special.valued_concept,
    "valueRange": special.valued_range,
    "valueRatio": special.valued_range,
    **dict.fromkeys(
        (
            "valueString",
            "valueInteger",
            "valueBoolean",
            "valueDateTime",
            "valueTime",
        ),
        special.valued,
    ),
}

_MEDICATION: Final[dict[str, Handler]] = {
    "category": wording("category"),
    "medicationCodeableConcept": what,
    "medicationReference": reference("medication", "display"),
    "identifier": identifier,
    "requester": _WHO,
    "performer": _ACTORS,
    "context": reference("encounter"),
    "dosageInstruction": special.dosage,
    "dosage": special.dosage,
    "dispenseRequest": special.dispense,
    "quantity": special.amount_dispensed,
    "effectivePeriod": period,
    "reasonReference": reference("reason"),
}

_CLAIM: Final[dict[str, Handler]] = {
    "identifier": identifier,
    "type": special.claim_type,
    "use": scalar("category"),
    "billablePeriod": period,
    "provider": _WHO,
    "facility": reference("facility", "location"),
    "claim": reference("claim"),
    "prescription": reference("prescription"),
    "item": special.claim_items,
    "payment": special.payment,
    "total": special.totals,
}

_PERSON: Final[dict[str, Handler]] = {"name": named(), "practitioner": _WHO, "code": what}


def _shape(
    kind: str, members: dict[str, Handler], start: tuple[str, ...] = (), end: tuple[str, ...] = ()
) -> Shape:
    return Shape(f"health.{kind}", {**_ALWAYS, **members}, start, end)


SHAPES: Final[dict[str, Shape]] = {
    "Patient": _shape(
        "profile",
        {"name": named("name"), "birthDate": date("birth_date"), "gender": scalar("gender")},
    ),
    "AllergyIntolerance": _shape(
        "allergy",
        {**_CODED, "clinicalStatus": status, "reaction": special.reactions, "recorder": _WHO},
        ("onsetDateTime", "recordedDate", "lastOccurrence", "assertedDate"),
    ),
    "Condition": _shape(
        "condition",
        {**_CODED, "clinicalStatus": status, "onsetPeriod": period, "asserter": _WHO},
        ("onsetDateTime", "recordedDate", "assertedDate"),
        ("abatementDateTime",),
    ),
    "MedicationRequest": _shape("medication", _MEDICATION, ("authoredOn",)),
    "MedicationStatement": _shape("medication", _MEDICATION, ("effectiveDateTime", "dateAsserted")),
    "MedicationDispense": _shape("medication", _MEDICATION, ("whenHandedOver", "whenPrepared")),
    "MedicationAdministration": _shape("medication", _MEDICATION, ("effectiveDateTime",)),
    "Medication": _shape("medication", _CODED),
    "Immunization": _shape(
        "immunization",
        {
            "vaccineCode": what,
            "location": reference("location", "location"),
            "performer": _ACTORS,
        },
        ("occurrenceDateTime", "recorded", "date"),
    ),
    "Observation": _shape(
        "observation",
        {
            **_CODED,
            **_VALUES,
            "component": special.components,
            "performer": _WHO,
            "interpretation": wording("interpretation"),
            "referenceRange": special.reference_range,
            "specimen": reference("specimen", "specimen"),
            "effectivePeriod": period,
            "hasMember": reference("member"),
            "derivedFrom": reference("derived-from"),
        },
        ("effectiveDateTime", "effectiveInstant", "issued"),
    ),
    "Procedure": _shape(
        "procedure",
        {
            **_CODED,
            "performedPeriod": period,
            "performer": _ACTORS,
            "location": reference("location", "location"),
        },
        ("performedDateTime",),
    ),
    "Encounter": _shape(
        "encounter",
        {
            "class": wording("category"),
            "type": what,
            "period": period,
            "participant": within("individual", "performer", "performer"),
            "location": within("location", "location", "location"),
            "serviceProvider": reference("provider", "location"),
        },
    ),
    "Appointment": _shape("encounter", {"serviceType": what}, ("start",), ("end",)),
    "DiagnosticReport": _shape(
        "report",
        {
            **_CODED,
            "effectivePeriod": period,
            "performer": _WHO,
            "result": reference("result"),
            "conclusion": free_text,
            "presentedForm": special.attachments,
        },
        ("effectiveDateTime", "issued"),
    ),
    "ImagingStudy": _shape("report", {"procedureCode": what, "referrer": _WHO}, ("started",)),
    "DocumentReference": _shape(
        "document",
        {
            "type": what,
            "category": wording("category"),
            "author": reference("author", "performer"),
            "description": free_text,
            "content": special.attachments,
        },
        ("date", "indexed"),
    ),
    "Composition": _shape(
        "document",
        {"type": what, "title": named(), "author": reference("author", "performer")},
        ("date",),
    ),
    "QuestionnaireResponse": _shape("document", {}, ("authored",)),
    "Claim": _shape("claim", _CLAIM, ("created",)),
    "ExplanationOfBenefit": _shape("claim", _CLAIM, ("created",)),
    "Coverage": _shape(
        "coverage",
        {
            "type": what,
            "period": period,
            "payor": special.payers,
            "class": special.coverage_class,
        },
    ),
    "Organization": _shape("organization", {"name": named(), "type": wording("category")}),
    "Location": _shape(
        "location",
        {
            "name": named(),
            "type": wording("category"),
            "managingOrganization": reference("organization"),
        },
    ),
    "Practitioner": _shape("practitioner", _PERSON),
    "PractitionerRole": _shape("practitioner", {**_PERSON, "period": period}),
    "RelatedPerson": _shape("practitioner", {**_PERSON, "relationship": wording("category")}),
    "CareTeam": _shape("practitioner", {**_PERSON, "period": period}),
    "Device": _shape("device", {"type": what}, ("manufactureDate",)),
    "CarePlan": _shape("plan", {"category": what, "title": named(), "period": period}),
    "Goal": _shape("plan", {"description": what}, ("startDate", "statusDate")),
    "ServiceRequest": _shape(
        "plan", {**_CODED, "requester": _WHO}, ("occurrenceDateTime", "authoredOn")
    ),
    "FamilyMemberHistory": _shape("family", {"relationship": wording("display")}, ("date",)),
}

UNKNOWN: Final = _shape("other", {**_CODED, "type": what, "period": period}, ("date", "created"))
BORING: Final = frozenset(
    {
        *("OperationOutcome", "Bundle", "Parameters"),
        *("CapabilityStatement", "StructureDefinition", "OperationDefinition", "SearchParameter"),
        *("ImplementationGuide", "ValueSet", "CodeSystem", "ConceptMap", "NamingSystem"),
    }
)
"""Answers of a server about itself and its vocabulary: they say nothing about the person."""

KINDS: Final = frozenset({UNKNOWN.kind, *(shape.kind for shape in SHAPES.values())})
KIND_OF: Final = {name: shape.kind for name, shape in SHAPES.items()}
