"""Every sentence about input that could not be read, by its stable code.

Codes are part of the command line's output, so they do not change. `{value}` is the piece of input
the sentence quotes, `{where}` is shown beside it by the faces. English here; Korean in
`resources/translations`.
"""

from __future__ import annotations

from typing import Final

SENTENCES: Final[dict[str, str]] = {
    # a row or an element
    "field-count": "The row has {value} fields, which is not what its heading announces.",
    "bad-date": "“{value}” is not a date.",
    "bad-amount": "“{value}” is not an amount.",
    "bad-number": "“{value}” is not a number.",
    "missing-field": "“{value}” is missing.",
    "not-an-object": "This entry is not an object with named fields.",
    "unknown-type": "“{value}” is of a type that is not known here.",
    "duplicate-id": "The id “{value}” stands for two different things in this file.",
    "frozen-time": "All readings carry the same time; they are kept in file order.",
    "unit-unknown": "The unit is not stated; the values are kept as they are.",
    "no-end": "The report stops before its last line: what comes last may be cut off.",
    "one-page": "The file is one page of a longer list: {value}.",
    "bad-record": "The record does not have the shape its kind asks for: {value}.",
    "left-in-file": "A file inside this record ({value}) was left in the original.",
    "too-long": "The entry is too long to be real and was left out.",
    # a member of an archive or a whole file
    "empty": "The file is empty.",
    "not-recognised": "No format known here looks like this.",
    "several-formats": "It looks like several formats: {value}.",
    "bad-encoding": "The text is not in any encoding that fits this format.",
    "bad-json": "The JSON is broken or cut off.",
    "bad-xml": "The XML is broken or cut off.",
    "bad-csv": "The table is broken or cut off.",
    "dtd": "The XML carries a document type or entities, which are refused.",
    "bad-archive": "The archive is broken or cut off.",
    "encrypted-archive": "The archive is locked with a password.",
    "archive-member-damaged": "A member of the archive is damaged.",
    "too-large": "It is larger than the limit of {value}.",
    "too-compressed": "It unpacks to far more than any real export does.",
    "too-deep": "It is nested deeper than any real export.",
    "too-many-members": "The archive has more members than any real export.",
    "overlapping-members": "Members of the archive overlap, as in an archive bomb.",
    "unsafe-name": "A member of the archive has a name that is refused.",
    "html-export": "This is the HTML version of the export; ask the service for JSON instead.",
    "not-a-file": "This is not an ordinary file or folder.",
    "vanished": "The file is no longer there, or may not be read.",
    "changed": "The file changed while it was being read.",
    "nothing-found": "It is recognised, but no records were found in it.",
    # the worker process
    "worker-memory": "Reading it needed more memory than is allowed.",
    "worker-time": "Reading it took longer than is allowed.",
    "worker-write": "Reading it tried to do something a reader may not do.",
    "worker-died": "Reading it ended unexpectedly.",
    "worker-speech": "The reader sent something that is not a record.",
}
