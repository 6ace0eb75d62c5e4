r"""Repairing the text of Facebook exports, which is UTF-8 written out byte by byte as \u00XX.

Lives here: the repair, for values and keys alike. It is exact: text is changed only if all of it
reads as Latin-1 and those bytes are valid UTF-8, so "café" written properly stays what it is.
"""

from __future__ import annotations

from typing import Any


def repair(text: str) -> str:
    """Return the text that was meant."""
    if text.isascii():
        return text
    try:
        return text.encode("latin-1").decode("utf-8")
    except UnicodeError:
        # Half of a surrogate pair is no text and could not be passed on.
        return text.encode("utf-8", "replace").decode("utf-8")


def repaired(value: Any) -> Any:
    """Return a JSON value with every text in it repaired."""
    if type(value) is str:
        return repair(value)
    if type(value) is list:
        return [repaired(item) for item in value]
    if type(value) is dict:
        return {repair(key): repaired(item) for key, item in value.items()}
    return value
