"""From bytes to text: byte order marks, strict UTF-8, then what the format is known to use.

Lives here: choosing an encoding and reading lines with a bound on their length. Does not live here:
tables (`connectors.toolkit.table`) and repairing text that a source encoded twice.
"""

from __future__ import annotations

import codecs
import io
from collections.abc import Sequence
from typing import BinaryIO, Final, TextIO

from connectors.errors import LimitExceeded, Unreadable
from connectors.toolkit.source import Source

MAX_TITLE: Final = 200
MAX_LINE: Final = 32 * 2**20
_CHUNK: Final = 2**20

# UTF-32 first: its little-endian mark begins with that of UTF-16.
_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def decode(data: bytes, fallbacks: Sequence[str] = ("cp1252",)) -> str:
    """Decode a whole text. Raises Unreadable("bad-encoding") if nothing fits strictly."""
    for encoding in _candidates(data, fallbacks):
        try:
            return data.decode(encoding)
        except UnicodeError:
            continue
    raise Unreadable("bad-encoding")


def decode_head(data: bytes, fallbacks: Sequence[str] = ("cp1252",)) -> str:
    """Decode the first bytes of a text, whose last character may be cut. Never raises."""
    for encoding in _candidates(data, fallbacks):
        try:
            return codecs.getincrementaldecoder(encoding)().decode(data)
        except UnicodeError:
            continue
    return data.decode("latin-1")


def open_text(
    source: Source, path: str, fallbacks: Sequence[str] = ("cp1252",), *, counted: bool = True
) -> TextIO:
    r"""Open a member as text, line by line, with every line end read as "\n".

    The encoding is settled by a first pass over the whole member, so that a stray byte near the end
    cannot break the reading in the middle. Raises Unreadable("bad-encoding"); while reading,
    LimitExceeded("too-long") for a line of more than `MAX_LINE` characters.
    """
    encoding = _encoding(source, path, fallbacks)
    return _Lines(source.open(path, counted=counted), encoding=encoding)


def one_line(text: str) -> str:
    """Return a text as a title: one line, no longer than a person reads."""
    line = " ".join(text.split())
    return line if len(line) <= MAX_TITLE else line[: MAX_TITLE - 1] + "…"


class _Lines(io.TextIOWrapper):
    """Text lines of bounded length. `errors` is lenient only for files that change underfoot."""

    def __init__(self, stream: BinaryIO, *, encoding: str) -> None:
        super().__init__(stream, encoding=encoding, errors="replace")

    def __next__(self) -> str:  # type: ignore[override]
        line = self.readline(MAX_LINE)
        if not line:
            raise StopIteration
        if len(line) == MAX_LINE:
            raise LimitExceeded("too-long")
        return line


def _candidates(data: bytes, fallbacks: Sequence[str]) -> Sequence[str]:
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return (encoding,)
    return ("utf-8", *fallbacks)


def _encoding(source: Source, path: str, fallbacks: Sequence[str]) -> str:
    candidates = _candidates(source.head(path), fallbacks)
    for encoding in candidates:
        with source.open(path, counted=False) as stream:
            if _fits(stream, encoding):
                return encoding
    raise Unreadable("bad-encoding", where=path)


def _fits(stream: BinaryIO, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        while chunk := stream.read(_CHUNK):
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeError:
        return False
    return True
