"""XML read as a stream of small trees, with every document type refused.

Lives here: a guarded expat. It keeps only the trees a connector asks for, so memory does not grow
with the file. Does not live here: any vocabulary.

Names are "namespace local" as expat gives them with a blank as separator ("local" alone where there
is no namespace), attributes included.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO, Final, Literal
from xml.parsers import expat

from connectors.errors import LimitExceeded, Unreadable

MAX_DEPTH: Final = 100
MAX_TREE: Final = 200_000
MAX_TEXT: Final = 64 * 2**20
_CHUNK: Final = 2**16

Event = tuple[Literal["start", "end", "tree"], "Element"]


class Element:
    """One element. `text` is all of its own character data, joined."""

    __slots__ = ("attributes", "children", "name", "text")

    def __init__(self, name: str, attributes: dict[str, str]) -> None:
        self.name = name
        self.attributes = attributes
        self.text = ""
        self.children: list[Element] = []

    def first(self, *names: str) -> Element | None:
        """Follow names downwards, taking the first child of each; None where one is missing."""
        found = self
        for name in names:
            for child in found.children:
                if child.name == name:
                    found = child
                    break
            else:
                return None
        return found

    def value(self, *names: str) -> str:
        """Return the stripped text of `first(*names)`, "" where it is missing."""
        found = self.first(*names)
        return found.text.strip() if found is not None else ""

    def every(self, name: str) -> Iterator[Element]:
        """Yield every element of this name below this one, in document order."""
        waiting = self.children[::-1]
        while waiting:
            element = waiting.pop()
            if element.name == name:
                yield element
            waiting.extend(reversed(element.children))


def events(
    stream: BinaryIO, *, marks: frozenset[str] = frozenset(), trees: frozenset[str]
) -> Iterator[Event]:
    """Yield ("start"|"end", element) around `marks`, and ("tree", element) for whole `trees`.

    A mark comes without children; inside a tree nothing else is reported. Raises Unreadable "dtd"
    and "bad-xml", LimitExceeded "too-deep" and "too-large". What was complete before broken XML is
    yielded first.
    """
    builder = _Builder(marks, trees)
    while True:
        chunk = stream.read(_CHUNK)
        failure = builder.feed(chunk)
        yield from builder.ready
        builder.ready.clear()
        if failure is not None:
            raise failure
        if not chunk:
            return


def root_name(head: bytes) -> str:
    """Return the name of the root element from the first bytes of a file, "" if there is none."""
    names: list[str] = []

    def start(name: str, _attributes: dict[str, str]) -> None:
        names.append(name)

    parser = _parser()
    parser.StartElementHandler = start
    try:
        parser.Parse(head, False)
    except (*_BROKEN, Unreadable):
        pass
    return names[0] if names else ""


# Beside broken XML: encodings that do not exist, or that expat cannot be told about.
_BROKEN: Final = (expat.ExpatError, LookupError, ValueError)


def _parser() -> expat.XMLParserType:
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse
    return parser


def _refuse(_name: str, _system: str | None, _public: str | None, _internal: bool) -> None:
    # Before the first entity is declared: nothing can expand.
    raise Unreadable("dtd")


class _Builder:
    """Turns expat's calls into events. Hot: each element costs two or three calls."""

    def __init__(self, marks: frozenset[str], trees: frozenset[str]) -> None:
        self.ready: list[Event] = []
        self._marks = marks
        self._trees = trees
        self._depth = 0
        self._open: list[Element] = []  # the tree being built, from its root down
        self._marked: list[tuple[int, Element]] = []
        self._nodes = 0
        self._characters = 0
        self._parser = _parser()
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._text

    def feed(self, chunk: bytes) -> Unreadable | None:
        """Parse one chunk, b"" at the end; return what went wrong rather than raise it."""
        try:
            self._parser.Parse(chunk, not chunk)
        except Unreadable as error:
            return error
        except _BROKEN as error:
            return Unreadable("bad-xml", where=f"line {getattr(error, 'lineno', 1)}")
        return None

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise LimitExceeded("too-deep", where=f"line {self._parser.CurrentLineNumber}")
        if self._open:
            self._nodes += 1
            if self._nodes > MAX_TREE:
                raise LimitExceeded(
                    "too-large", f"{MAX_TREE}", f"line {self._parser.CurrentLineNumber}"
                )
            element = Element(name, attributes)
            self._open[-1].children.append(element)
            self._open.append(element)
        elif name in self._trees:
            self._nodes = self._characters = 0
            self._open.append(Element(name, attributes))
        elif name in self._marks:
            element = Element(name, attributes)
            self._marked.append((self._depth, element))
            self.ready.append(("start", element))

    def _end(self, _name: str) -> None:
        if self._open:
            element = self._open.pop()
            if not self._open:
                self.ready.append(("tree", element))
        elif self._marked and self._marked[-1][0] == self._depth:
            self.ready.append(("end", self._marked.pop()[1]))
        self._depth -= 1

    def _text(self, text: str) -> None:
        if not self._open:
            return
        self._characters += len(text)
        if self._characters > MAX_TEXT:
            raise LimitExceeded("too-large", "64 MiB", f"line {self._parser.CurrentLineNumber}")
        element = self._open[-1]
        element.text = element.text + text if element.text else text
