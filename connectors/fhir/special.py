"""FHIR members that are more than one value: measured values, claims' money, attached files.

Lives here: handlers that know one element of one resource (https://hl7.org/fhir/R4/). The handlers
for plain data types are in `connectors.fhir.members`.
"""

from __future__ import annotations

import base64
import binascii
from typing import Any, Final

from connectors.api import Attachment, Value
from connectors.fhir.members import Draft, Handler, concept, money, number, objects, quantity, words

_LARGEST_INLINE: Final = 16 * 1024
"""Characters of base64 kept in a record; a scanned letter stays in the original file."""
_LARGEST_TEXT: Final = 1024 * 1024

_BLOOD_PRESSURE: Final = "85354-9"
_SYSTOLIC: Final = "8480-6"
_DIASTOLIC: Final = "8462-4"

_TOTALS: Final = {
    "submitted": "amount",
    "eligible": "approved",
    "benefit": "paid",
    "memberliability": "owed",
    "paidbypatient": "owed",
}
"""Categories of `ExplanationOfBenefit.total` (adjudication codes of R4 and of CARIN)."""


def measured(draft: Draft, value: object) -> bool:
    """Take `valueQuantity`."""
    amount, unit, whole = quantity(value)
    if amount:
        draft.data["value"] = amount
    if amount and unit:
        draft.data["unit"] = unit
    return whole


def valued(draft: Draft, value: object) -> bool:
    """Take `valueString`, `valueInteger`, `valueBoolean`, `valueDateTime` and their like."""
    if type(value) is bool:
        draft.data["value"] = "true" if value else "false"
        return True
    text = value if type(value) is str else number(value)
    if text:
        draft.data["value"] = text
    return text != ""


def valued_concept(draft: Draft, value: object) -> bool:
    """Take `valueCodeableConcept`: its wording is the value, its code is kept."""
    text, whole = words(value)
    if text:
        draft.data["value"] = text
    return whole


def valued_range(draft: Draft, value: object) -> bool:
    """Take `valueRange` and `valueRatio` as text beside the exact original."""
    if type(value) is not dict:
        return False
    for names, sign in ((("low", "high"), "-"), (("numerator", "denominator"), "/")):
        first, second = (quantity(value.get(name)) for name in names)
        if first[0] and second[0]:
            draft.data["value"] = f"{first[0]}{sign}{second[0]}"
            if first[1]:
                draft.data["unit"] = first[1]
    return False


def components(draft: Draft, value: object) -> bool:
    """Take the parts of a panel as text; blood pressure becomes the usual pair "120/80"."""
    lines: list[str] = []
    found: dict[str, tuple[str, str]] = {}
    for item in objects(value):
        code, _, display, _ = concept(item.get("code"))
        amount, unit = _part(item)
        lines.append(f"{display or code} {amount} {unit}".strip())
        found[code] = amount, unit
    draft.text = "; ".join(lines)
    upper, lower = found.get(_SYSTOLIC), found.get(_DIASTOLIC)
    if upper and lower and upper[0] and lower[0]:
        draft.data["value"] = f"{upper[0]}/{lower[0]}"
        draft.data["unit"] = upper[1]
    return False


def _part(item: dict[str, Any]) -> tuple[str, str]:
    if "valueQuantity" in item:
        amount, unit, _ = quantity(item["valueQuantity"])
        return amount, unit
    if "valueCodeableConcept" in item:
        return words(item["valueCodeableConcept"])[0], ""
    text = item.get("valueString", item.get("valueInteger"))
    return text if type(text) is str else number(text), ""


def reference_range(draft: Draft, value: object) -> bool:
    """Take the reference range as text beside the exact original."""
    for item in objects(value):
        low, high = quantity(item.get("low"))[0], quantity(item.get("high"))[0]
        text = item.get("text")
        if type(text) is not str:
            text = f"{low}-{high}" if low and high else f">={low}" if low else f"<={high}"
        if low or high or "text" in item:
            draft.data["reference_range"] = text
            return False
    return False


def dosage(draft: Draft, value: object) -> bool:
    """Take the wording of dosage instructions."""
    texts = [item["text"] for item in objects(value) if type(item.get("text")) is str]
    if texts:
        draft.data["dosage"] = "; ".join(texts)
    return bool(texts) and all(len(item) == 1 for item in objects(value))


def dispense(draft: Draft, value: object) -> bool:
    """Take the quantity of a dispense request."""
    for item in objects(value):
        _take(draft.data, "quantity", quantity(item.get("quantity"))[0])
    return False


def amount_dispensed(draft: Draft, value: object) -> bool:
    """Take the quantity of a dispense."""
    _take(draft.data, "quantity", quantity(value)[0])
    return False


def reactions(draft: Draft, value: object) -> bool:
    """Take what an allergy does."""
    texts = [words(item.get("manifestation"))[0] for item in objects(value)]
    _take(draft.data, "reaction", ", ".join(filter(None, texts)))
    return False


def sum_of(field: str) -> Handler:
    """Take a Money."""

    def handler(draft: Draft, value: object) -> bool:
        amount, currency = money(value)
        if not amount:
            return False
        draft.data[field] = amount
        if currency:
            draft.data["currency"] = currency
        return type(value) is dict and len(value) == 1 + (currency != "")

    return handler


def payment(draft: Draft, value: object) -> bool:
    """Take what the insurer paid; it outranks the "benefit" total."""
    for item in objects(value):
        sum_of("paid")(draft, item.get("amount"))
    return False


def totals(draft: Draft, value: object) -> bool:
    """Take a claim's total: one Money, or in an ExplanationOfBenefit one for each category."""
    if type(value) is dict and "category" not in value:
        return sum_of("amount")(draft, value)
    for item in objects(value):
        field = _TOTALS.get(concept(item.get("category"))[0], "")
        if field and field not in draft.data:
            sum_of(field)(draft, item.get("amount"))
    return False


def claim_type(draft: Draft, value: object) -> bool:
    """Take the type of a claim; its wording stands in until an item says more."""
    code, _, display, _ = concept(value)
    _take(draft.data, "type", code)
    draft.title = draft.title or display or code
    return False


def claim_items(draft: Draft, value: object) -> bool:
    """Take what the first item of a claim was for."""
    for item in objects(value):
        code, system, display, _ = concept(item.get("productOrService"))
        if code or display:
            _take(draft.data, "code", code)
            _take(draft.data, "system", system)
            _take(draft.data, "display", display)
            draft.title = display or code
            return False
    return False


def payers(draft: Draft, value: object) -> bool:
    """Take who pays."""
    names = []
    for item in objects(value):
        target = draft.resolve(item.get("reference"))
        if target:
            draft.link("payor", target)
        name = item.get("display", _identifier(item))
        names.append(name if type(name) is str else "")
    _take(draft.data, "payer", ", ".join(filter(None, names)))
    return False


def _identifier(item: dict[str, Any]) -> object:
    inner = item.get("identifier")
    return inner.get("value") if type(inner) is dict else None


def coverage_class(draft: Draft, value: object) -> bool:
    """Take the parts of a plan's name, as in "Medicare" and "Part A"."""
    names = [item.get("name", item.get("value")) for item in objects(value)]
    title = " ".join(name for name in names if type(name) is str)
    if title:
        draft.data["display"] = draft.title = title
    return False


def attachments(draft: Draft, value: object) -> bool:
    """Take attached text as the body and name attached files; long inline data stays behind."""
    for item in objects(value):
        inner = item.get("attachment", item)
        if type(inner) is dict:
            _attachment(draft, inner)
    return False


def _attachment(draft: Draft, inner: dict[str, Any]) -> None:
    media_type, url, title = inner.get("contentType"), inner.get("url"), inner.get("title")
    media = media_type if type(media_type) is str else ""
    name = title if type(title) is str else ""
    draft.title = draft.title or name
    if type(url) is str and "://" not in url and not url.startswith("urn:"):
        draft.files.append(Attachment(url, media, name))
    inline = inner.get("data")
    if type(inline) is not str:
        return
    if media.startswith("text/plain") and len(inline) <= _LARGEST_TEXT:
        draft.text = _decoded(inline) or draft.text
    if len(inline) > _LARGEST_INLINE:
        # Cut here, where the resource is still ours alone: the extra must stay small.
        del inner["data"]
        draft.is_cut = True
        draft.left_out = media or name


def _decoded(inline: str) -> str:
    try:
        return base64.b64decode(inline, validate=False).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError):
        return ""


def _take(data: dict[str, Value], field: str, value: str) -> None:
    if value:
        data[field] = value
