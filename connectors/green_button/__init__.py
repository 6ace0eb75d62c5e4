"""Green Button: what American and Canadian utilities hand out about electricity, gas and water.

`connector` reads the files, `survey` finds out which reading belongs to which meter and unit,
`codes` holds the numbers the standard uses for words. Does not live here: the CSV flavours that
utilities also call Green Button, and customer data of the separate REQ.18 schema.

Format source: NAESB REQ.21 ESPI, espi.xsd 1.1 to 4.0, and files.
"""

from connectors.green_button.connector import GreenButton

__all__ = ["GreenButton"]
