"""What can be read, and how to get it from those who have it."""

from __future__ import annotations

from typing import Final

from app.gui.style.tokens import DOMAIN_ICONS, domain_colour
from app.gui.widgets.card import Card, ListRow, RowList
from app.i18n import mark, tr

_WAYS: Final[tuple[tuple[str, str, str], ...]] = (
    (
        "finance",
        mark("Bank and card"),
        mark("In online banking, export the account as OFX, QFX or Money, or ask for midata."),
    ),
    (
        "energy",
        mark("Electricity and gas"),
        mark("On the supplier's website, look for Green Button or Download my data (XML)."),
    ),
    (
        "health",
        mark("Hospital and insurer"),
        mark("In the patient portal, download your record as FHIR (JSON) or Blue Button (text)."),
    ),
    (
        "social",
        mark("Facebook"),
        mark("In the settings, choose to download your information as JSON, not HTML."),
    ),
)


def guide() -> Card:
    """The card for those who have imported nothing yet."""
    card = Card(tr("What you can bring"))
    rows = RowList()
    for domain, title, text in _WAYS:
        rows.add(ListRow(tr(title), tr(text), DOMAIN_ICONS[domain], domain_colour(domain)))
    card.body.addWidget(rows)
    return card
