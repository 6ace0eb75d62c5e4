"""How one member of a FHIR resource becomes fields of a record.

Lives here: handlers for the data types of FHIR R4 (https://hl7.org/fhir/R4/datatypes.html) and the
draft they fill. Does not live here: which member of which resource goes where
(`connectors.fhir.resources`), nor anything about files (`connectors.fhir.containers`).

A handler returns True when nothing of the member is left to keep. What it does not say True to
stays word for word in `Record.extra`, so a member nobody thought of is never lost.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from typing import Any, Final

import msgspec

from connectors.api import Attachment, Link, Value
from connectors.toolkit.dates import is_iso
from connectors.toolkit.money import MAX_DIGITS, decimal_text

Handler = Callable[["Draft", Any], bool]

_UCUM: Final = "http://unitsofmeasure.org"
_HL7: Final = ("http://terminology.hl7.org/", "http://hl7.org/")
_LONGEST_ID: Final = 256
_LARGEST_INTEGER: Final = 10**MAX_DIGITS
_QUANTITY: Final = frozenset({"value", "comparator", "unit", "system", "code"})


class Draft(msgspec.Struct, gc=False):
    """A record in the making. `known` resolves `urn:uuid:` references of a transaction Bundle."""

    known: Mapping[str, str]
    kinds: Mapping[str, str]
    start: str = ""
    end: str = ""
    title: str = ""
    text: str = ""
    data: dict[str, Value] = {}
    links: list[Link] = []
    files: list[Attachment] = []
    left_out: str = ""
    is_cut: bool = False

    def link(self, relation: str, target: str) -> None:
        """Tie the record to `target` ("Patient/123")."""
        kind = self.kinds.get(target[: target.index("/")], "health.other")
        self.links.append(Link(relation, kind, target))

    def resolve(self, reference: object) -> str:
        """Return "Type/id" for a reference, or "" if it points to no resource of its own."""
        if type(reference) is not str:
            return ""
        kind, _, ident = reference.partition("/")
        if kind in self.kinds and is_id(ident):
            return reference
        return self.known.get(reference) or _absolute(reference, self.kinds)


def is_id(text: str) -> bool:
    """Say whether `text` can be a resource id. Real servers use longer ones than the standard."""
    return 0 < len(text) <= _LONGEST_ID and "/" not in text and "?" not in text


def _absolute(reference: str, kinds: Mapping[str, str]) -> str:
    """Cut "https://host/fhir/Patient/1/_history/2" down to "Patient/1"."""
    path = reference.partition("/_history/")[0]
    head, _, ident = path.rpartition("/")
    kind = head.rpartition("/")[2]
    return f"{kind}/{ident}" if kind in kinds and is_id(ident) else ""


# --- values ---------------------------------------------------------------------------------------


def number(value: object) -> str:
    """Return a JSON number with the digits it was written with, or "" if it is none."""
    if type(value) is Decimal:
        text = str(value)
        if "E" not in text and text[0] != "-" and len(text) <= MAX_DIGITS:
            return text
        try:
            return decimal_text(value)
        except ValueError:
            return ""
    return str(value) if type(value) is int and abs(value) < _LARGEST_INTEGER else ""


def concept(value: object) -> tuple[str, str, str, bool]:
    """Return code, system, wording and "that is all of it" of a CodeableConcept or Coding."""
    if type(value) is str:
        return value, "", "", True
    if type(value) is not dict:
        return "", "", "", False
    codings, text = value.get("coding"), value.get("text")
    if type(codings) is not list or not codings or type(codings[0]) is not dict:
        if type(text) is str:
            return "", "", text, len(value) == 1
        return _coding(value)
    code, system, display, whole = _coding(codings[0])
    if text is None:
        whole = whole and len(codings) == len(value) == 1
        return code, system, display or _any_display(codings), whole
    whole = whole and len(codings) == 1 and len(value) == 2 and (text == display or not display)
    return (code, system, text, whole) if type(text) is str else (code, system, display, False)


def _coding(coding: dict[str, Any]) -> tuple[str, str, str, bool]:
    code, system, display = coding.get("code"), coding.get("system"), coding.get("display")
    parts = 3
    if type(code) is not str:
        code, parts = "", parts - 1
    if type(system) is not str:
        system, parts = "", parts - 1
    if type(display) is not str:
        display, parts = "", parts - 1
    return code, system, display, parts == len(coding)


def _any_display(codings: list[Any]) -> str:
    for coding in codings:
        if type(coding) is dict and type(coding.get("display")) is str:
            return str(coding["display"])
    return ""


def words(value: object) -> tuple[str, bool]:
    """Return the wording of a concept or of a list of concepts, and "that is all of it".

    A code of HL7's own systems goes without saying where its wording is kept.
    """
    if type(value) is not list:
        code, system, display, whole = concept(value)
        return display or code, whole and (not display or not code or system.startswith(_HL7))
    if len(value) == 1 and type(value[0]) is not list:
        return words(value[0])
    found = [words(item) for item in value if type(item) is not list]
    whole = len(found) == len(value) and all(whole for _, whole in found)
    return ", ".join(text for text, _ in found if text), whole


def quantity(value: object) -> tuple[str, str, bool]:
    """Return amount, unit and "that is all of it" of a Quantity."""
    if type(value) is not dict:
        return "", "", False
    amount = number(value.get("value"))
    unit, code, comparator = value.get("unit"), value.get("code"), value.get("comparator")
    system = value.get("system")
    if type(comparator) is str and amount:
        amount = comparator + amount
    # The code system of units goes without saying, any other one does not.
    whole = code in {None, unit} and system in {None, _UCUM} and value.keys() <= _QUANTITY
    chosen = unit if type(unit) is str else code
    return amount, chosen if type(chosen) is str else "", whole and amount != ""


def money(value: object) -> tuple[str, str]:
    """Return amount and currency of a Money."""
    if type(value) is not dict:
        return "", ""
    currency = value.get("currency", value.get("code"))
    return number(value.get("value")), currency if type(currency) is str else ""


def person(value: object) -> str:
    """Return a HumanName, or the first of a list, as a line."""
    if type(value) is list:
        return next(filter(None, (person(item) for item in value if type(item) is dict)), "")
    if type(value) is not dict:
        return ""
    if type(value.get("text")) is str:
        return str(value["text"])
    parts = [*strings(value.get("prefix")), *strings(value.get("given"))]
    return " ".join([*parts, *strings(value.get("family")), *strings(value.get("suffix"))])


def strings(value: object) -> list[str]:
    """Return the texts in a text or a list."""
    if type(value) is str:
        return [value]
    return [item for item in value if type(item) is str] if type(value) is list else []


def objects(value: object) -> Iterator[dict[str, Any]]:
    """Iterate over the objects in an object or a list."""
    for item in value if type(value) is list else (value,):
        if type(item) is dict:
            yield item


# --- handlers -------------------------------------------------------------------------------------


def drop(_draft: Draft, _value: object) -> bool:
    """Leave out what says nothing about the person: metadata and generated narrative."""
    return True


def what(draft: Draft, value: object) -> bool:
    """Take the concept that says what the record is about."""
    whole = True
    if type(value) is list:
        whole = len(value) == 1
        value = value[0] if value else None
    code, system, display, all_of_it = concept(value)
    data = draft.data
    if code:
        data["code"] = code
    if system:
        data["system"] = system
    if display:
        data["display"] = display
    draft.title = display or draft.title or code
    return whole and all_of_it


def scalar(field: str) -> Handler:
    """Take a text as it is."""

    def handler(draft: Draft, value: object) -> bool:
        if type(value) is not str or not value:
            return False
        draft.data[field] = value
        return True

    return handler


def date(field: str) -> Handler:
    """Take a date as it is, however precise."""

    def handler(draft: Draft, value: object) -> bool:
        if type(value) is not str or not is_iso(value):
            return False
        draft.data[field] = value
        return True

    return handler


def named(field: str = "display") -> Handler:
    """Take a text, or a person's name, as the field and the title."""

    def handler(draft: Draft, value: object) -> bool:
        text = value if type(value) is str else person(value)
        if text:
            draft.data[field] = draft.title = text
        return type(value) is str

    return handler


def wording(field: str) -> Handler:
    """Take what a concept, or a list of them, reads as."""

    def handler(draft: Draft, value: object) -> bool:
        text, whole = words(value)
        if text:
            draft.data[field] = text
        return whole

    return handler


def status(draft: Draft, value: object) -> bool:
    """Take a status, written as a code or as a concept whose code system goes without saying."""
    code, _, display, _ = concept(value)
    if code or display:
        draft.data["status"] = code or display
    return type(value) is str or (type(value) is dict and "text" not in value and len(value) == 1)


def period(draft: Draft, value: object) -> bool:
    """Take a Period."""
    if type(value) is not dict:
        return False
    taken = 0
    start, end = value.get("start"), value.get("end")
    if type(start) is str and is_iso(start):
        draft.start = start
        taken += 1
    if type(end) is str and is_iso(end):
        draft.end = end
        taken += 1
    return len(value) == taken


def reference(relation: str, field: str = "") -> Handler:
    """Take a reference, or a list of them, as links; what they are called goes to `field`."""

    def handler(draft: Draft, value: object) -> bool:
        if type(value) is dict:
            return _refer(draft, value, relation, field)
        whole = type(value) is list
        for item in objects(value):
            whole = _refer(draft, item, relation, field) and whole
        return whole

    return handler


def _refer(draft: Draft, value: dict[str, Any], relation: str, field: str) -> bool:
    target = draft.resolve(value.get("reference"))
    if target:
        draft.link(relation, target)
    display = value.get("display")
    if type(display) is str and field:
        before = draft.data.get(field)
        draft.data[field] = f"{before}, {display}" if before else display
        return len(value) == 1 + (target != "")
    return target != "" and len(value) == 1


def within(member: str, relation: str, field: str = "") -> Handler:
    """Take the references inside a list of objects, as in `participant[].individual`."""

    def handler(draft: Draft, value: object) -> bool:
        whole = type(value) is list
        for item in objects(value):
            inner = item.get(member)
            taken = type(inner) is dict and _refer(draft, inner, relation, field)
            whole = taken and len(item) == 1 and whole
        return whole

    return handler


def subject(draft: Draft, value: object) -> bool:
    """Take whom the record is about."""
    if type(value) is not dict:
        return False
    target = draft.resolve(value.get("reference"))
    if not target:
        return False
    draft.data["subject"] = target
    draft.link("subject", target)
    return len(value) == 1


def note(draft: Draft, value: object) -> bool:
    """Take the text of annotations; who wrote them stays in the extra."""
    texts = [item["text"] for item in objects(value) if type(item.get("text")) is str]
    if texts:
        draft.data["note"] = "\n".join(texts)
    return bool(texts) and all(len(item) == 1 for item in objects(value))


def identifier(draft: Draft, value: object) -> bool:
    """Take the first identifier as the reference a person can quote; keep all of them."""
    for item in objects(value):
        if type(item.get("value")) is str:
            draft.data["reference"] = item["value"]
            return False
    return False


def free_text(draft: Draft, value: object) -> bool:
    """Take a text as the body of the record."""
    if type(value) is not str:
        return False
    draft.text = f"{draft.text}\n{value}" if draft.text else value
    return True
