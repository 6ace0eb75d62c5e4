"""Canonical JSON: one value, one text; whatever else is refused."""

from __future__ import annotations

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.share import canonical

TEXT = st.text().map(lambda text: unicodedata.normalize("NFC", text))
VALUES = st.recursive(
    st.booleans() | st.integers(0, canonical.MAX_INTEGER) | TEXT,
    lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner),
    max_leaves=20,
)


@given(VALUES)
def test_what_is_written_is_read(value: object) -> None:
    assert canonical.decode(canonical.encode(value)) == value


@given(VALUES)
def test_it_is_what_the_standard_library_writes(value: object) -> None:
    plain = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    assert canonical.encode(value) == plain.encode()


@given(st.binary(max_size=100))
def test_any_bytes_are_read_as_themselves_or_refused(data: bytes) -> None:
    try:
        value = canonical.decode(data)
    except ValueError:
        return
    assert canonical.encode(value) == data


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b" 1",
        b"1 ",
        b"01",
        b"-0",
        b"-1",
        b"1.0",
        b"1e2",
        b"null",
        b"NaN",
        b"9007199254740992",
        b'{"b":1,"a":1}',
        b'{"a":1,"a":1}',
        b'{"a": 1}',
        b'"\\u0041"',
        b'"\\/"',
        b'"\\u001F"',
        b'"\\ud83d\\ude00"',
        b'"\x7f\xff"',
        b"\xef\xbb\xbf1",
        '"\u1112\u1161"'.encode(),
        b"[" * 33 + b"]" * 33,
        b"[" * 100_000,
        b"1" * 5000,
    ],
)
def test_refused(data: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 the one kind it raises
        canonical.decode(data)


def test_32_levels_are_read() -> None:
    assert canonical.decode(b"[" * 32 + b"]" * 32)
