"""The numbers ESPI uses for words.

Lives here: tables, and nothing that reads. Format source: espi.xsd 4.0 and ISO 4217.
"""

from __future__ import annotations

from typing import Final

ESPI: Final = "{http://naesb.org/espi}"
ATOM: Final = "{http://www.w3.org/2005/Atom}"

# ReadingType/uom. Watt-hours become kilowatt-hours, so that totals read as on the bill.
UNITS: Final[dict[str, tuple[str, int]]] = {
    "72": ("kWh", -3),
    "38": ("W", 0),
    "71": ("VAh", 0),
    "73": ("varh", 0),
    "61": ("VA", 0),
    "63": ("var", 0),
    "169": ("therm", 0),
    "119": ("ft3", 0),
    "120": ("ft3", 0),
    "42": ("m3", 0),
    "166": ("m3", 0),
    "167": ("m3", 0),
    "128": ("US gal", 0),
    "130": ("imp gal", 0),
    "134": ("L", 0),
    "132": ("BTU", 0),
    "133": ("BTU/h", 0),
    "31": ("J", 0),
    "29": ("V", 0),
    "5": ("A", 0),
}

# ReadingType/commodity; 0 means nothing, then the service category says it.
COMMODITIES: Final = {"1": "electricity", "2": "electricity", "7": "gas", "9": "water"}
# UsagePoint/ServiceCategory/kind
SERVICES: Final = {
    "0": "electricity",
    "1": "gas",
    "2": "water",
    "3": "time",
    "4": "heat",
    "5": "refuse",
    "6": "sewerage",
}
# ReadingType/flowDirection
FLOWS: Final = {"1": "delivered", "19": "reverse", "4": "net", "20": "total"}
# ReadingQuality/quality
QUALITIES: Final = {
    "0": "valid",
    "7": "edited",
    "8": "estimated",
    "9": "estimated",
    "10": "questionable",
    "11": "derived",
    "12": "projected",
    "13": "mixed",
    "14": "raw",
    "15": "weather-normalised",
    "16": "other",
    "17": "validated",
    "18": "verified",
    "19": "revenue-quality",
}
# ReadingType/currency, ISO 4217 numbers
CURRENCIES: Final = {
    "36": "AUD",
    "036": "AUD",
    "124": "CAD",
    "156": "CNY",
    "208": "DKK",
    "344": "HKD",
    "356": "INR",
    "392": "JPY",
    "410": "KRW",
    "484": "MXN",
    "554": "NZD",
    "578": "NOK",
    "702": "SGD",
    "710": "ZAR",
    "752": "SEK",
    "756": "CHF",
    "826": "GBP",
    "840": "USD",
    "978": "EUR",
    "986": "BRL",
}
# Costs are whole numbers of 1e-5 of the currency.
COST_SHIFT: Final = -5
