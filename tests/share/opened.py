"""Opening bytes in a test, as the program opens a file."""

from __future__ import annotations

import tempfile

from app.errors import InputRefused
from app.share import opening, seal
from tests.share import build


def parts_of(data: bytes, reader: build.Person = build.READER) -> dict[str, bytes]:
    """Both passes; returns the raw bytes of all parts."""
    keys = seal.Keys(reader.packed)
    with tempfile.TemporaryFile() as file:
        file.write(data)
        file.seek(0)
        opening.open_bundle(file, keys).verify()
        file.seek(0)
        second = opening.open_bundle(file, keys)
        found = {part.name: b"".join(second.contents(part)) for part in second.parts()}
        second.finish()
    return found


def code_of(data: bytes, reader: build.Person = build.READER) -> str:
    """The code of the refusal, or "success"."""
    try:
        parts_of(data, reader)
    except InputRefused as refusal:
        return refusal.code
    return "success"
