"""The vocabulary: every kind of record, with its fields, their types, units and sensitivity.

Import, search, insight, requests and consent all share it. A name here is relied on by other
people's scripts: add freely, never rename.

Field types: "text", "code" (an identifier in some system), "decimal" (exact decimal text),
"integer", "flag", "date" (ISO 8601 as in `connectors.api.Record`), "list" (of text), "url".
Sensitivity: 1 ordinary, 2 personal, 3 sensitive (health, messages, identifiers, places).
"""

from __future__ import annotations

from typing import Final

import msgspec


class Field(msgspec.Struct, frozen=True):
    """One field of a kind. `unit` names the sibling field that holds the unit or currency.

    `searchable` text is indexed with the title. `third_party` marks what is about someone else;
    it is off by default when sharing, as are sensitivity 3 identifiers and places.
    """

    name: str
    type: str = "text"
    label: str = ""
    unit: str = ""
    sensitivity: int = 1
    searchable: bool = False
    third_party: bool = False


class Kind(msgspec.Struct, frozen=True):
    """A kind of record. `label` is singular English; `domain` is the part before the dot."""

    name: str
    label: str
    sensitivity: int
    fields: tuple[Field, ...]

    @property
    def domain(self) -> str:
        """The part before the dot: "finance", "health" and so on."""
        return self.name.partition(".")[0]


DOMAINS: Final[dict[str, str]] = {
    "finance": "Finance",
    "energy": "Energy",
    "health": "Health",
    "fitness": "Fitness",
    "social": "Social",
    "media": "Media",
    "web": "Web",
    "place": "Places",
    "person": "People",
    "calendar": "Calendar",
    "mail": "Mail",
    "education": "Education",
}
"""Domain to English label, in the order the faces show them."""

_ACCOUNT = Field("account", "code", "Account", sensitivity=3)
_CURRENCY = Field("currency", "code", "Currency")
_AMOUNT = Field("amount", "decimal", "Amount", unit="currency", sensitivity=2)
_DESCRIPTION = Field("description", "text", "Description", sensitivity=2, searchable=True)
_REFERENCE = Field("reference", "code", "Reference", sensitivity=2)
_NAME = Field("name", "text", "Name", sensitivity=2, searchable=True)
_STATUS = Field("status", "code", "Status")

_MONEY = (_ACCOUNT, _AMOUNT, _CURRENCY, _DESCRIPTION, _REFERENCE, _NAME, _STATUS)

_CODED = (
    Field("code", "code", "Code", sensitivity=3),
    Field("system", "code", "Code system"),
    Field("display", "text", "What", sensitivity=3, searchable=True),
    Field("value", "text", "Value", unit="unit", sensitivity=3),
    Field("unit", "code", "Unit"),
    _STATUS,
    Field("category", "text", "Category"),
    Field("subject", "code", "Patient", sensitivity=3),
    Field("performer", "text", "Performed by", sensitivity=2, searchable=True, third_party=True),
    Field("location", "text", "Place", sensitivity=2),
    Field("section", "text", "Section"),
    Field("note", "text", "Note", sensitivity=3, searchable=True),
)

_MEASURED = (
    Field("type", "code", "Type", sensitivity=2),
    Field("value", "decimal", "Value", unit="unit", sensitivity=3),
    Field("unit", "code", "Unit"),
    Field("device", "text", "Device"),
)

_SERVICE = Field("service", "code", "Service")
_AUTHOR = Field("author", "text", "Author", sensitivity=2, searchable=True, third_party=True)
_URL = Field("url", "url", "Web address", sensitivity=2)
_PEOPLE = Field("people", "list", "People named", sensitivity=3, third_party=True, searchable=True)
_LATITUDE = Field("latitude", "decimal", "Latitude", sensitivity=3)
_LONGITUDE = Field("longitude", "decimal", "Longitude", sensitivity=3)
_PLACE = (Field("place", "text", "Place", sensitivity=3, searchable=True), _LATITUDE, _LONGITUDE)
_SOCIAL = (_AUTHOR, _SERVICE, _URL, _PEOPLE, *_PLACE)

_LOAN = (
    _AMOUNT,
    _CURRENCY,
    Field("balance", "decimal", "Balance", unit="currency", sensitivity=2),
    Field("rate", "decimal", "Interest rate"),
    Field("servicer", "text", "Servicer", searchable=True),
    Field("type", "code", "Type"),
    _STATUS,
)


_CLAIMED = (
    Field("reference", "code", "Claim number", sensitivity=3),
    _AMOUNT,
    Field("approved", "decimal", "Approved", unit="currency", sensitivity=2),
    Field("paid", "decimal", "Paid by insurer", unit="currency", sensitivity=2),
    Field("owed", "decimal", "Owed by patient", unit="currency", sensitivity=2),
    Field("quantity", "decimal", "Quantity"),
    _CURRENCY,
    Field("type", "code", "Type"),
)


def _clinical(name: str, label: str, *more: Field) -> Kind:
    return Kind(f"health.{name}", label, 3, (*_CODED, *more))


KINDS: Final[dict[str, Kind]] = {
    kind.name: kind
    for kind in (
        Kind("finance.account", "Account", 3, (*_MONEY, Field("type", "code", "Type"))),
        Kind("finance.balance", "Balance", 2, (*_MONEY, Field("type", "code", "Type"))),
        Kind(
            "finance.holding",
            "Holding",
            2,
            (
                *_MONEY,
                Field("security", "code", "Security"),
                Field("units", "decimal", "Units"),
                Field("price", "decimal", "Unit price", unit="currency"),
            ),
        ),
        Kind("finance.bill", "Bill", 2, _MONEY),
        Kind(
            "finance.transaction",
            "Transaction",
            2,
            (
                *_MONEY,
                Field("type", "code", "Type"),
                Field("balance", "decimal", "Balance after", unit="currency", sensitivity=2),
                Field("memo", "text", "Memo", sensitivity=2, searchable=True),
                Field("check_number", "code", "Cheque number"),
                Field("category", "text", "Category"),
            ),
        ),
        Kind(
            "finance.investment",
            "Investment transaction",
            2,
            (
                *_MONEY,
                Field("action", "code", "Action"),
                Field("security", "code", "Security"),
                Field("units", "decimal", "Units"),
                Field("price", "decimal", "Unit price", unit="currency"),
                Field("commission", "decimal", "Commission", unit="currency"),
                Field("fees", "decimal", "Fees", unit="currency"),
            ),
        ),
        Kind(
            "energy.reading",
            "Meter reading",
            2,
            (
                Field("meter", "code", "Meter", sensitivity=3),
                Field("commodity", "code", "Commodity"),
                Field("quantity", "decimal", "Quantity", unit="unit", sensitivity=2),
                Field("unit", "code", "Unit"),
                Field("flow", "code", "Flow"),
                Field("cost", "decimal", "Cost", unit="currency", sensitivity=2),
                _CURRENCY,
                Field("quality", "code", "Quality"),
            ),
        ),
        Kind(
            "energy.bill",
            "Energy bill",
            2,
            (
                Field("meter", "code", "Meter", sensitivity=3),
                _AMOUNT,
                _CURRENCY,
                Field("quantity", "decimal", "Quantity", unit="unit", sensitivity=2),
                Field("unit", "code", "Unit"),
                Field("commodity", "code", "Commodity"),
                _DESCRIPTION,
            ),
        ),
        _clinical("allergy", "Allergy", Field("reaction", "text", "Reaction", sensitivity=3)),
        _clinical("condition", "Condition"),
        _clinical(
            "medication",
            "Medication",
            Field("dosage", "text", "Dosage", sensitivity=3),
            Field("quantity", "decimal", "Quantity"),
            Field("reference", "code", "Prescription number", sensitivity=3),
        ),
        _clinical("immunization", "Immunisation"),
        _clinical(
            "observation",
            "Observation",
            Field("reference_range", "text", "Reference range"),
            Field("interpretation", "text", "Interpretation", sensitivity=3),
            Field("specimen", "text", "Specimen"),
        ),
        _clinical("procedure", "Procedure"),
        _clinical("encounter", "Visit"),
        _clinical("report", "Report"),
        _clinical("document", "Document"),
        _clinical("claim", "Claim", *_CLAIMED),
        # What a claim is made of. A kind of its own, so that a sum counts every amount once.
        _clinical("charge", "Claim line", *_CLAIMED),
        _clinical("coverage", "Coverage", Field("payer", "text", "Insurer", searchable=True)),
        _clinical(
            "profile",
            "Health profile",
            Field("name", "text", "Name", sensitivity=3, searchable=True),
            Field("birth_date", "date", "Birth date", sensitivity=3),
            Field("gender", "code", "Gender", sensitivity=3),
        ),
        _clinical("organization", "Organisation"),
        _clinical("practitioner", "Care giver"),
        _clinical("location", "Place of care"),
        _clinical("device", "Medical device"),
        _clinical("plan", "Care plan"),
        _clinical("family", "Family history"),
        _clinical("other", "Other health record"),
        Kind("fitness.sample", "Sample", 3, _MEASURED),
        Kind("fitness.workout", "Workout", 3, _MEASURED),
        Kind("fitness.sleep", "Sleep", 3, _MEASURED),
        Kind("fitness.day", "Day", 3, _MEASURED),
        Kind(
            "social.profile",
            "Profile",
            3,
            (*_SOCIAL, _NAME, Field("email", "text", "E-mail", sensitivity=3)),
        ),
        Kind("social.post", "Post", 2, _SOCIAL),
        Kind("social.comment", "Comment", 2, _SOCIAL),
        Kind("social.reaction", "Reaction", 2, (*_SOCIAL, Field("reaction", "code", "Reaction"))),
        Kind(
            "social.message",
            "Message",
            3,
            (
                *_SOCIAL,
                Field("conversation", "text", "Conversation", sensitivity=3, third_party=True),
            ),
        ),
        Kind("social.connection", "Connection", 3, (*_SOCIAL, Field("type", "code", "Type"))),
        Kind("social.advertiser", "Advertiser", 2, (*_SOCIAL, Field("type", "code", "Type"))),
        Kind(
            "media.play",
            "Play",
            2,
            (
                _SERVICE,
                Field("title", "text", "Title", searchable=True),
                Field("creator", "text", "By", searchable=True),
                Field("seconds", "decimal", "Seconds"),
            ),
        ),
        Kind("web.activity", "Activity", 3, (_SERVICE, _URL)),
        Kind("place.visit", "Visit", 3, _PLACE),
        Kind("place.position", "Position", 3, _PLACE),
        Kind(
            "person.contact",
            "Contact",
            3,
            (
                _NAME,
                Field("email", "list", "E-mail", sensitivity=3, third_party=True),
                Field("telephone", "list", "Telephone", sensitivity=3, third_party=True),
            ),
        ),
        Kind("calendar.event", "Event", 2, (Field("location", "text", "Place"), _PEOPLE, _STATUS)),
        Kind("mail.message", "E-mail", 3, (_AUTHOR, _PEOPLE)),
        Kind("education.loan", "Loan", 2, _LOAN),
        Kind("education.grant", "Grant", 2, _LOAN),
        Kind("education.disbursement", "Disbursement", 2, _LOAN),
        Kind("education.status", "Status", 2, _LOAN),
    )
}
