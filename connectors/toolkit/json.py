"""JSON, strictly: UTF-8, no NaN, no floats, bounded depth.

Lives here: whole documents and the streaming of large arrays. Does not live here: what the values
mean. Numbers with a point or an exponent arrive as `Decimal`; write them with
`connectors.toolkit.money.decimal_text`.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import Any, BinaryIO, Final, cast

import msgspec

from connectors.errors import LimitExceeded, Unreadable
from connectors.toolkit.source import size_text

JSON = dict[str, "JSON"] | list["JSON"] | str | int | Decimal | bool | None

MAX_DEPTH: Final = 100
MAX_VALUE: Final = 64 * 2**20
"""Held several times over while it grows, within what the reader process may use."""
_MAX_NUMBER: Final = 400
_CHUNK: Final = 2**18

_WHITE: Final = re.compile(rb"[ \t\r\n]*")
_STRING: Final = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)
_WORD: Final = re.compile(rb"[^ \t\r\n,:\]}]++")
# Up to the next bracket that is not inside a string; no bracket if a string or the buffer ends.
_TO_BRACKET: Final = re.compile(
    rb'(?:[^\[\]{}"]++|"[^"\\]*+(?:\\.[^"\\]*+)*+")*+([\[\]{}]?)', re.DOTALL
)

_ESCAPE: Final = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|u.{4}|.)"
)


def _number(text: str) -> Decimal:
    if len(text) > _MAX_NUMBER:
        raise ValueError
    return Decimal(text)


_DECODER: Final = msgspec.json.Decoder(float_hook=_number)


def loads(data: bytes | str) -> JSON:
    """Parse one document.

    Raises Unreadable "bad-encoding" and "bad-json", LimitExceeded "too-deep". A lone half of a
    surrogate pair, which no text can hold, is read as U+FFFD. Of repeated keys the last wins.
    """
    raw = data.encode("utf-8", "surrogatepass") if isinstance(data, str) else data
    value = _decode(raw.removeprefix(codecs.BOM_UTF8))
    if raw.count(b"[") + raw.count(b"{") > MAX_DEPTH:
        check_depth(value)
    return value


def items(
    stream: BinaryIO, prefix: str = "item", rest: dict[str, JSON] | None = None
) -> Iterator[JSON]:
    """Stream the values of one array: "item" for a top-level array, "entry.item" for a Bundle.

    Memory holds one value at a time. The other members of the objects on the way are parsed and
    put into `rest` where one is given. What was complete before broken JSON is yielded first; then
    raises as `loads`, or LimitExceeded("too-large") for one value of more than `MAX_VALUE` bytes.
    """
    *keys, last = prefix.split(".")
    if last != "item":
        raise ValueError(prefix)
    scanner = _Scanner(stream)
    yield from _inside(scanner, keys, rest if rest is not None else {})
    if scanner.peek():
        raise Unreadable("bad-json")


def _inside(scanner: _Scanner, keys: list[str], rest: dict[str, JSON]) -> Iterator[JSON]:
    """Yield what is in the array below `keys`, from a scanner standing before a value."""
    opening = scanner.peek()
    if opening != (b"{" if keys else b"["):
        value = loads(scanner.value())
        if not keys and value is not None:
            yield value  # one value where a list of them was due
        return
    scanner.step()
    for first in scanner.elements(b"}" if keys else b"]"):
        if not keys:
            yield loads(first)
            continue
        key = loads(first)
        scanner.expect(b":")
        if key == keys[0]:
            yield from _inside(scanner, keys[1:], rest)
        else:
            rest[str(key)] = loads(scanner.value())


class _Scanner:
    """Cuts JSON into values without parsing them; the parser sees each value whole."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._buffer = stream.read(_CHUNK).removeprefix(codecs.BOM_UTF8)
        self._at = 0

    def peek(self) -> bytes:
        """Return the next byte that is not white space, b"" at the end."""
        while True:
            self._at = _WHITE.match(self._buffer, self._at).end()  # type: ignore[union-attr]
            if self._at < len(self._buffer) or not self._fill():
                return self._buffer[self._at : self._at + 1]

    def step(self) -> None:
        """Pass over the byte `peek` returned."""
        self._at += 1

    def expect(self, byte: bytes) -> None:
        """Pass over this byte. Raises Unreadable("bad-json") if another one comes."""
        if self.peek() != byte:
            raise Unreadable("bad-json")
        self._at += 1

    def elements(self, closing: bytes) -> Iterator[bytes]:
        """Yield raw values up to the closing bracket; in an object, the keys."""
        if self.peek() == closing:
            self._at += 1
            return
        while True:
            yield self.value()
            if self.peek() == closing:
                self._at += 1
                return
            self.expect(b",")

    def value(self) -> bytes:
        """Return the next value as raw bytes."""
        first = self.peek()
        if first in {b"{", b"["}:
            return self._nested()
        return self._scalar(_STRING if first == b'"' else _WORD)

    def _nested(self) -> bytes:
        depth = 0
        at = self._at
        while True:
            match = _TO_BRACKET.match(self._buffer, at)
            assert match is not None  # the pattern matches nothing, too
            at = match.end()
            bracket = match[1]
            if not bracket:
                at -= self._at
                if not self._fill():
                    raise Unreadable("bad-json")
                at += self._at
            elif bracket in b"[{":
                depth += 1
                if depth > MAX_DEPTH:
                    raise LimitExceeded("too-deep")
            else:
                depth -= 1
                if not depth:
                    return self._take(at)

    def _scalar(self, pattern: re.Pattern[bytes]) -> bytes:
        while True:
            match = pattern.match(self._buffer, self._at)
            if match is not None and (pattern is _STRING or match.end() < len(self._buffer)):
                return self._take(match.end())
            if not self._fill():
                return self._take(len(self._buffer))

    def _take(self, end: int) -> bytes:
        raw = self._buffer[self._at : end]
        self._at = end
        return raw

    def _fill(self) -> bool:
        # Doubling what is held keeps one very long value from being scanned over and over.
        held = len(self._buffer) - self._at
        if held > MAX_VALUE:
            raise LimitExceeded("too-large", size_text(MAX_VALUE))
        chunk = self._stream.read(max(_CHUNK, held))
        self._buffer = self._buffer[self._at :] + chunk
        self._at = 0
        return bool(chunk)


def check_depth(value: Any) -> None:
    """Raise LimitExceeded("too-deep") past `MAX_DEPTH`, level by level and without recursion."""
    level = [value]
    depth = 0
    while level:
        depth += 1
        if depth > MAX_DEPTH + 1:
            raise LimitExceeded("too-deep")
        level = [
            child
            for node in level
            if type(node) is dict or type(node) is list
            for child in (node.values() if type(node) is dict else node)
            if type(child) is dict or type(child) is list
        ]


def _decode(raw: bytes) -> JSON:
    try:
        return cast("JSON", _DECODER.decode(raw))
    except UnicodeDecodeError as error:
        raise Unreadable("bad-encoding") from error
    except RecursionError as error:
        raise LimitExceeded("too-deep") from error
    except (msgspec.DecodeError, ValueError, InvalidOperation) as error:
        mended = _ESCAPE.sub(_mend, raw)
        if mended == raw:
            raise Unreadable("bad-json") from error
    return _decode(mended)


def _mend(match: re.Match[bytes]) -> bytes:
    escape = match[0]
    if len(escape) == 6 and escape[2:3] in b"dD" and escape[3:4] in b"89abcdefABCDEF":
        return rb"\ufffd"
    return escape
