"""JSON and XML: strict, bounded, and streaming."""

from __future__ import annotations

import io
import json as standard
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.errors import Unreadable
from connectors.toolkit import json, xml

TREES = frozenset({"b"})


class Slow(io.BytesIO):
    """Gives few bytes at a time, so that every token is cut somewhere."""

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(min(size or 1, 3))


def refusal(data: bytes) -> str:
    with pytest.raises(Unreadable) as raised:
        json.loads(data)
    return raised.value.code


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "bad-json"),
        (b"[", "bad-json"),
        (b'{"a": NaN}', "bad-json"),
        (b"[Infinity]", "bad-json"),
        (b"[1] x", "bad-json"),
        (b"[1,]", "bad-json"),
        (b"{'a': 1}", "bad-json"),
        (b'"\xff"', "bad-encoding"),
        (b"[" * 100_000, "too-deep"),
        (b"[" * 150 + b"]" * 150, "too-deep"),
        (b'{"a":' * 150 + b"1" + b"}" * 150, "too-deep"),
        ("[1]".encode("utf-16"), "bad-json"),
    ],
)
def test_json_that_is_refused(data: bytes, code: str) -> None:
    assert refusal(data) == code


def test_json_numbers_stay_exact() -> None:
    found = json.loads(b'{"a": 1.10, "b": 12345678901234567890, "c": 1e400, "d": 0.1}')
    assert found == {
        "a": Decimal("1.10"),
        "b": 12345678901234567890,
        "c": Decimal("1e400"),
        "d": Decimal("0.1"),
    }


def test_json_half_characters_are_replaced() -> None:
    assert json.loads(rb'["\ud83d x", "\ud83d\ude00", "\\ud83d", "\ude00"]') == [
        *("\ufffd x", "😀", "\\ud83d", "\ufffd"),
    ]
    assert json.loads(b"\xef\xbb\xbf[1]") == [1]
    assert json.loads("[1]") == [1]


KEYS = st.text('ab{}[]"\\', max_size=4)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner),
    max_leaves=12,
)


@given(st.lists(VALUES, max_size=6), st.sampled_from([None, 1, "\t"]), st.booleans())
def test_json_arrays_stream(values: list[Any], indent: int | None, plain: bool) -> None:
    data = standard.dumps(values, indent=indent, ensure_ascii=plain).encode()
    assert list(json.items(Slow(data))) == values
    assert list(json.items(io.BytesIO(data))) == values
    wrapped = standard.dumps({"before": [1], "entry": values, "after": {"x": "]"}}).encode()
    rest: dict[str, json.JSON] = {}
    assert list(json.items(Slow(wrapped), "entry.item", rest)) == values
    assert rest == {"before": [1], "after": {"x": "]"}}


@pytest.mark.parametrize(
    ("data", "before", "code"),
    [
        (b'[{"a": 1}, {"b": 2}, {"c', 2, "bad-json"),
        (b'[{"a": 1}', 1, "bad-json"),
        (b"[1, 2] x", 2, "bad-json"),
        (b"[1 2]", 1, "bad-json"),
        (b"[NaN]", 0, "bad-json"),
        (b"[" * 100_000, 0, "too-deep"),
        (b'["\xff"]', 0, "bad-encoding"),
        (b"", 0, "bad-json"),
        (b'["a', 0, "bad-json"),
    ],
)
def test_json_streams_what_came_before(data: bytes, before: int, code: str) -> None:
    found: list[json.JSON] = []
    with pytest.raises(Unreadable) as raised:
        found.extend(json.items(Slow(data)))
    assert (len(found), raised.value.code) == (before, code)


@given(st.binary(max_size=60) | st.text('[]{}",:\\u0019ean ', max_size=60).map(str.encode))
def test_json_streaming_agrees_with_parsing(data: bytes) -> None:
    try:
        whole = json.loads(data)
    except Unreadable:
        whole = None
    try:
        streamed = list(json.items(Slow(data)))
    except Unreadable:
        assert not isinstance(whole, list)
        return
    if isinstance(whole, list):
        assert streamed == whole


def texts(data: bytes) -> list[str]:
    return [xml.value(element) for _, element in xml.events(Slow(data), trees=TREES)]


def xml_refusal(data: bytes) -> str:
    with pytest.raises(Unreadable) as raised:
        texts(data)
    return raised.value.code


BOMB = b'<!DOCTYPE a [<!ENTITY x "y"><!ENTITY z "&x;&x;&x;">]><a><b>&z;</b></a>'


@pytest.mark.parametrize(
    "data",
    [
        BOMB,
        b'<?xml version="1.0"?>' + BOMB,
        b"<!--" + b" " * 70_000 + b"-->" + BOMB,
        BOMB.decode().encode("utf-16"),
        b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>',
        b"<!DOCTYPE html><html/>",
    ],
)
def test_xml_with_a_document_type_is_refused(data: bytes) -> None:
    assert xml_refusal(data) == "dtd"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "bad-xml"),
        (b"<a><b>1</b>", "bad-xml"),
        (b"<a><b>&x;</b></a>", "bad-xml"),
        (b"<a></b>", "bad-xml"),
        (b'<?xml version="1.0" encoding="no-such"?><a/>', "bad-xml"),
        (b'<?xml version="1.0" encoding="euc-kr"?><a/>', "bad-xml"),
        (b"<a>" * 500, "too-deep"),
        (b"<a><b>" + b"<c/>" * 200_001 + b"</b></a>", "too-large"),
        (b"<a>\0</a>", "bad-xml"),
    ],
)
def test_xml_that_is_refused(data: bytes, code: str) -> None:
    with pytest.raises(Unreadable) as raised:
        list(xml.events(io.BytesIO(data), trees=TREES))
    assert raised.value.code == code


def test_an_endless_tag_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xml, "MAX_QUIET", 2**17)
    data = b'<a><b x="' + b"y" * 2**19 + b'"/></a>'
    with pytest.raises(Unreadable) as raised:
        list(xml.events(io.BytesIO(data), trees=TREES))
    assert raised.value.code == "too-large"


def test_marks_frame_trees_and_memory_is_let_go() -> None:
    data = b"<a><m k='1'><b>1</b><x>skipped</x><b><b>2</b></b></m><b>3</b></a>"
    seen = []
    for event, element in xml.events(io.BytesIO(data), marks=frozenset({"m"}), trees=TREES):
        inside = xml.value(element, "b") if event == "tree" else len(element) * (event == "end")
        seen.append((event, element.tag, element.get("k"), inside))
    assert seen == [
        ("start", "m", "1", 0),
        ("tree", "b", None, ""),
        ("tree", "b", None, "2"),
        ("end", "m", "1", 0),
        ("tree", "b", None, ""),
    ]


def test_what_came_before_broken_xml_is_yielded() -> None:
    found: list[str] = []
    events = xml.events(Slow(b"<a>\n<b>1</b>\n<b>2</b>\n<b>3"), trees=TREES)
    with pytest.raises(Unreadable) as raised:
        found.extend(xml.value(element) for _, element in events)
    assert found == ["1", "2"]
    assert (raised.value.code, raised.value.where) == ("bad-xml", "line 4")
