"""Reading what may be hostile, in a process that holds nothing.

Lives here: the program's end of the pipe — starting the reader process, watching it, and believing
nothing it says before it is decoded into records. Does not live here: the reader process itself
(`connectors.worker`), and what becomes of the records (`app.services.importing`).
"""

from app.intake.limits import DEFAULT, Limits
from app.intake.reading import Reading, read
from connectors.wire import Recognised

__all__ = ["DEFAULT", "Limits", "Reading", "Recognised", "read"]
