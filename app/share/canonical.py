"""Canonical JSON: one value, one sequence of bytes (FORMAT.md 2).

Does not live here: what the values mean.
"""

from __future__ import annotations

import unicodedata
from typing import Any, Final

import msgspec

JSON = str | int | bool | list[Any] | dict[str, Any]

MAX_INTEGER: Final = 2**53 - 1
MAX_DEPTH: Final = 32

_encoder = msgspec.json.Encoder(order="sorted")
_decoder = msgspec.json.Decoder()


def encode(value: object) -> bytes:
    """Write a value or struct whose strings are NFC already (see `nfc`)."""
    return _encoder.encode(value)


def nfc(text: str) -> str:
    """Compose `text`; the usual case, already composed, costs no copy."""
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def decode(data: bytes) -> JSON:
    """Read canonical JSON. Raises `ValueError` for anything else, however deep or long."""
    try:
        value: JSON = _decoder.decode(data)
        _check(value, 1)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise ValueError from error
    if encode(value) != data or not unicodedata.is_normalized("NFC", data.decode("utf-8")):
        raise ValueError
    return value


def _check(value: object, depth: int) -> None:
    if depth > MAX_DEPTH:
        raise ValueError
    if isinstance(value, dict):
        for inner in value.values():
            _check(inner, depth + 1)
    elif isinstance(value, list):
        for inner in value:
            _check(inner, depth + 1)
    elif isinstance(value, bool | str):
        return
    elif not isinstance(value, int) or not 0 <= value <= MAX_INTEGER:
        raise ValueError
