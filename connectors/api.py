"""The words every connector speaks: what it is given and what it yields.

Lives here: the value types that cross the worker's pipe, and the two connector protocols.
Does not live here: the vocabulary of kinds (`connectors.kinds`) and anything that reads bytes
(`connectors.toolkit`).

All types are frozen `msgspec.Struct`s encoded as arrays: they cross the pipe as data only, are
decoded into exactly these types, and cost about a microsecond each.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from typing import TYPE_CHECKING, ClassVar, Protocol

import msgspec

if TYPE_CHECKING:
    from connectors.toolkit.source import Source

Value = str | bool | int | list[str]
"""A field of `Record.data`. Money, quantities and ids are text: exact decimals, never floats."""


class Link(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A tie from one record to another of the same source.

    `relation` is a field name in the source's own words ("encounter", "reply-to").
    """

    relation: str
    kind: str
    native_id: str


class Attachment(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A file that belongs to a record and lies in the same export, named by its member path."""

    path: str
    media_type: str = ""
    title: str = ""


class Record(msgspec.Struct, frozen=True, array_like=True, gc=False, tag="r"):
    """One thing a source knows about the person, in the shape `connectors.kinds` gives its kind.

    kind
        Dotted name from `connectors.kinds`, for example "finance.transaction".
    native_id
        What identifies the thing within this connector: the source's own id, scoped by account
        where the id alone is not unique, or `toolkit.fingerprint.Fingerprints.of(...)` where the
        source has none. Stable over repeated and overlapping exports. Never empty.
    start, end
        ISO 8601 text that says just what is known: "2014" or "2014-03" (that precise),
        "2014-03-09" (a date), "2014-03-09T10:20:00" (wall clock, zone unknown),
        "2014-03-09T10:20:00+09:00" or "...Z" (an instant). "" when unknown.
    title
        One line a person recognises the record by.
    text
        Free text that belongs to the record (a message, a note). Searchable.
    data
        The fields of the kind, named as in `connectors.kinds`. Absent rather than empty.
    extra
        Whatever else is worth keeping, verbatim: the text of one JSON object, or "". It is never
        parsed by a process that holds a key.
    links, files
        Ties to other records and to files in the same export.
    where
        Where in the original it was read: "row 12", "member.json#/posts/3", "line 40". It is
        provenance, not content: a record that only moved in the file is the same record.
    """

    kind: str
    native_id: str
    start: str = ""
    end: str = ""
    title: str = ""
    text: str = ""
    data: dict[str, Value] = {}
    extra: str = ""
    links: list[Link] = []
    files: list[Attachment] = []
    where: str = ""


class Problem(msgspec.Struct, frozen=True, array_like=True, gc=False, tag="p"):
    """A piece of the input that could not be read. A value, not an exception: reading goes on.

    `code` is one of `connectors.problems.SENTENCES`; `value` is the short piece of input that the
    sentence quotes (at most 80 characters). It is shown to the person and never logged.
    """

    where: str
    code: str
    value: str = ""


class Member(msgspec.Struct, frozen=True, array_like=True, gc=False, tag="m"):
    """What became of one member of the input: a line of the coverage receipt.

    `state` is "parsed" (read into `records` records), "kept" (known and kept only as part of the
    original file, for example a photo) or "unknown" (nobody here knows what it is).
    """

    path: str
    state: str
    records: int = 0


class Checkpoint(msgspec.Struct, frozen=True, array_like=True, gc=False, tag="c"):
    """How far a source has been read, for the next `since`. Opaque outside its connector."""

    token: str


Item = Record | Problem | Member | Checkpoint


class Match(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A connector's claim on a source.

    `confidence` runs from 1 to 100: 100 for a magic number or a schema name, 80 for a header row
    that only this format has, 50 for a likely shape. `detail` names the variant ("VA", "OFX 1.02").
    """

    confidence: int
    detail: str = ""


class Option(msgspec.Struct, frozen=True):
    """Something a connector may be told. Form, command-line option and help come from this."""

    name: str
    label: str
    default: str = ""
    choices: tuple[str, ...] = ()


Options = Mapping[str, str]


class FileConnector(Protocol):
    """A reader of files. Stateless: one instance serves every import."""

    id: ClassVar[str]
    """Stable name, `provider.format`; part of every record's identity, so it never changes."""
    title: ClassVar[str]
    """What a person calls it, in English; translated by the faces."""
    version: ClassVar[int]
    """Raised whenever the same file would give other records."""
    kinds: ClassVar[frozenset[str]]
    options: ClassVar[tuple[Option, ...]]

    def recognise(self, source: Source) -> Match | None:
        """Say whether this is ours, from names, first bytes and top-level keys. Cheap."""
        ...

    def read(self, source: Source, options: Options, since: str) -> Iterator[Item]:
        """Yield what is in the source, streaming.

        A broken row is a `Problem`. Raises `connectors.errors.Unreadable` if nothing can be read.
        """
        ...


class Request(msgspec.Struct, frozen=True):
    """An HTTP request an API connector wants made. `app.net` makes it, or refuses."""

    method: str
    url: str
    headers: dict[str, str] = {}
    body: bytes = b""


class Response(msgspec.Struct, frozen=True):
    """The reply to a `Request`. `headers` has lower-case names."""

    status: int
    headers: dict[str, str]
    body: bytes


class ApiConnector(Protocol):
    """A reader of a web API, free of sockets: it yields requests and is sent responses."""

    id: ClassVar[str]
    title: ClassVar[str]
    version: ClassVar[int]
    kinds: ClassVar[frozenset[str]]
    options: ClassVar[tuple[Option, ...]]
    hosts: ClassVar[frozenset[str]]
    """The only hosts it may be sent to; a redirect elsewhere is refused."""

    def pull(
        self, options: Options, since: str
    ) -> Generator[Item | Request, Response | None, None]:
        """Yield records and requests; each request is answered by the response sent back."""
        ...
