"""XML read as a stream of small trees, with every document type refused.

Lives here: a guarded parser that keeps only the trees a connector asks for, so memory does not grow
with the file. Does not live here: any vocabulary.

Elements are those of the standard library, with names as "{namespace}local".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO, Final, Literal, cast
from xml.etree.ElementTree import Element, ParseError, XMLPullParser
from xml.parsers import expat

from connectors.errors import LimitExceeded, Unreadable
from connectors.toolkit.source import size_text

__all__ = ["Element", "events", "value"]

MAX_DEPTH: Final = 100
MAX_TREE: Final = 200_000
MAX_QUIET: Final = 64 * 2**20
_CHUNK: Final = 2**16

Event = tuple[Literal["start", "end", "tree"], Element]

# Beside broken XML: encodings that do not exist, or that the parser cannot be told about.
_BROKEN: Final = (ParseError, expat.ExpatError, LookupError, ValueError)


def events(
    stream: BinaryIO, *, marks: frozenset[str] = frozenset(), trees: frozenset[str]
) -> Iterator[Event]:
    """Yield ("start"|"end", element) around `marks`, and ("tree", element) for whole `trees`.

    A mark comes without children; inside a tree nothing else is reported. An element is emptied
    once the next event is asked for. Raises Unreadable "dtd" and "bad-xml", LimitExceeded
    "too-deep" and "too-large". What was complete before broken XML is yielded first.
    """
    guard = _Guard()
    parser: XMLPullParser[Element] = XMLPullParser(("start", "end"))
    sieve = _Sieve(marks, trees)
    quiet = 0
    try:
        # Growing pieces, for a single endless tag is parsed again from its start each time.
        while chunk := stream.read(max(_CHUNK, quiet)):
            parser.feed(guard.passed(chunk))
            before = sieve.seen
            yield from sieve.sift(parser)
            quiet = quiet + len(chunk) if sieve.seen == before else 0
            if quiet > MAX_QUIET:
                raise LimitExceeded("too-large", size_text(MAX_QUIET))
        parser.feed(guard.finish())
        yield from sieve.sift(parser)
        parser.close()
        yield from sieve.sift(parser)
    except _BROKEN as error:
        raise Unreadable("bad-xml", where=_line(error)) from error


def _line(error: Exception) -> str:
    position = getattr(error, "position", None)
    return f"line {position[0] if position else getattr(error, 'lineno', 1)}"


def value(element: Element, *names: str) -> str:
    """Return the stripped text at the end of a path of first children, "" if there is none."""
    for name in names:
        found = element.find(name)
        if found is None:
            return ""
        element = found
    return (element.text or "").strip()


class _Guard:
    """Reads ahead of the parser up to the root element, and refuses a document type.

    It stops before the first entity is declared, so nothing can expand; after the root element has
    begun there can be no document type any more. Until then it holds everything back: some
    releases of expat put off parsing what they were given, and the guard must never be behind.
    """

    def __init__(self) -> None:
        parser = expat.ParserCreate()
        parser.StartDoctypeDeclHandler = self._refuse
        parser.StartElementHandler = self._root
        self._parser: expat.XMLParserType | None = parser
        self._passed = False
        self._held = bytearray()

    def passed(self, chunk: bytes) -> bytes:
        """What the parser may be given now: nothing until the root element has begun."""
        if self._parser is None:
            return chunk
        self._held += chunk
        self._parser.Parse(chunk, False)
        if len(self._held) > MAX_QUIET:
            raise LimitExceeded("too-large", size_text(MAX_QUIET))
        return self._release() if self._passed else b""

    def finish(self) -> bytes:
        """What is still held when the file has ended."""
        if self._parser is not None:
            self._parser.Parse(b"", True)
        return self._release()

    def _release(self) -> bytes:
        self._parser = None
        held, self._held = bytes(self._held), bytearray()
        return held

    def _root(self, _name: str, _attributes: dict[str, str]) -> None:
        self._passed = True

    def _refuse(self, _name: str, _system: str | None, _public: str | None, _own: bool) -> None:
        raise Unreadable("dtd")


class _Sieve:
    """Picks marks and trees out of all elements, and lets go of the rest."""

    def __init__(self, marks: frozenset[str], trees: frozenset[str]) -> None:
        self.seen = 0
        self._marks = marks
        self._trees = trees
        self._open: list[Element] = []
        self._tree = 0  # the depth at which the tree being built began, 0 outside of one
        self._nodes = 0

    def sift(self, parser: XMLPullParser[Element]) -> Iterator[Event]:
        """Yield what was asked for. Hot: every element passes twice."""
        stack = self._open
        for event, element in cast("Iterator[tuple[str, Element]]", parser.read_events()):
            self.seen += 1
            if event == "start":
                stack.append(element)
                if self._begins_mark(element):
                    yield "start", element
                continue
            depth = len(stack)
            stack.pop()
            if depth == self._tree:
                self._tree = 0
                yield "tree", element
            elif self._tree:
                continue
            elif element.tag in self._marks:
                yield "end", element
            if stack:
                del stack[-1][:]

    def _begins_mark(self, element: Element) -> bool:
        if len(self._open) > MAX_DEPTH:
            raise LimitExceeded("too-deep")
        if self._tree:
            self._nodes += 1
            if self._nodes > MAX_TREE:
                raise LimitExceeded("too-large", str(MAX_TREE))
            return False
        if element.tag in self._trees:
            self._tree = len(self._open)
            self._nodes = 0
            return False
        return element.tag in self._marks
