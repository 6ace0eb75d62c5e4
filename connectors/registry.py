"""The connectors there are: an explicit list, so that it can be searched for and works frozen.

Each is imported when first asked for. The order is that of the faces; when two claim a source with
equal confidence, the first one wins.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import Final, cast

from connectors.api import FileConnector

MODULES: Final[tuple[tuple[str, str, str], ...]] = (
    # id, module, class
    ("uk.midata", "connectors.uk_midata", "UkMidata"),
    ("ofx.statement", "connectors.ofx", "Ofx"),
    ("greenbutton.espi", "connectors.green_button", "GreenButton"),
    ("bluebutton.text", "connectors.blue_button", "BlueButtonText"),
    ("fhir.r4", "connectors.fhir", "FhirR4"),
    ("facebook.export", "connectors.facebook", "FacebookExport"),
)


def all_connectors() -> tuple[FileConnector, ...]:
    """Return one instance of every connector, in the order of the list."""
    return tuple(by_id(connector) for connector, _, _ in MODULES)


@cache
def by_id(connector: str) -> FileConnector:
    """Return the connector of this id. Raises KeyError if there is none."""
    for known, module, name in MODULES:
        if known == connector:
            return cast("FileConnector", getattr(import_module(module), name)())
    raise KeyError(connector)


def titles() -> dict[str, str]:
    """Return the English title of every connector by its id."""
    return {connector.id: connector.title for connector in all_connectors()}
