"""The payload of a share: lines of records and their schema (FORMAT.md 6), written and read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from app.share import canonical
from app.share.consent import PSEUDO
from app.share.refusals import refused
from connectors.api import Value
from connectors.kinds import KINDS

RECORDS: Final = "records.jsonl"
SCHEMA: Final = "schema.json"
RECORDS_SCHEMA: Final = "mydata.records.v1"
SCHEMA_SCHEMA: Final = "mydata.schema.v1"
MAX_LINE: Final = 2**20


class Source(msgspec.Struct, frozen=True):
    """Which connector of the sender read the record, and its title."""

    connector: Annotated[str, Meta(max_length=100)] = ""
    title: Annotated[str, Meta(max_length=200)] = ""


class SharedRecord(msgspec.Struct, frozen=True):
    """One line of a received bundle, decoded strictly into these types and no others."""

    id: Annotated[str, Meta(pattern=r"^[0-9a-f]{32}\Z")]
    kind: Annotated[str, Meta(min_length=1, max_length=80)]
    source: Source = Source()
    grade: Annotated[str, Meta(max_length=40)] = ""
    start: Annotated[str, Meta(max_length=40)] = ""
    end: Annotated[str, Meta(max_length=40)] = ""
    title: str = ""
    text: str = ""
    data: dict[str, Value] = {}


class FieldSchema(msgspec.Struct, frozen=True):
    """A field as the sender describes it."""

    name: Annotated[str, Meta(max_length=80)]
    type: Annotated[str, Meta(max_length=40)] = "text"
    label: Annotated[str, Meta(max_length=200)] = ""
    unit: Annotated[str, Meta(max_length=80)] = ""


class KindSchema(msgspec.Struct, frozen=True):
    """A kind as the sender describes it."""

    label: Annotated[str, Meta(max_length=200)] = ""
    fields: Annotated[list[FieldSchema], Meta(max_length=500)] = []


class Schema(msgspec.Struct, frozen=True):
    """`schema.json`."""

    v: int = 1
    kinds: dict[str, KindSchema] = {}


_line_decoder = msgspec.json.Decoder(SharedRecord)
_UNREADABLE: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


def line(shared: Mapping[str, Any]) -> bytes:
    """One line. Raises RECORD_TOO_LARGE."""
    data = canonical.encode(shared)
    if len(data) > MAX_LINE:
        raise refused("RECORD_TOO_LARGE", kind=shared["kind"])
    return data + b"\n"


def schema_of(fields: Mapping[str, Iterable[str]]) -> Schema:
    """The schema of kinds with the fields that go out."""
    return Schema(1, {kind: _kind_schema(kind, set(names)) for kind, names in fields.items()})


def _kind_schema(name: str, wanted: set[str]) -> KindSchema:
    kind = KINDS[name]
    beside = [FieldSchema(each, "text", each.capitalize()) for each in PSEUDO if each in wanted]
    own = [
        FieldSchema(field.name, field.type, field.label, field.unit)
        for field in kind.fields
        if field.name in wanted and field.name not in PSEUDO
    ]
    return KindSchema(kind.label, beside + own)


def read_schema(data: bytes) -> Schema:
    """Read `schema.json`. Raises BAD_RECORD."""
    try:
        return msgspec.json.decode(data, type=Schema)
    except _UNREADABLE as error:
        raise refused("BAD_RECORD", line=SCHEMA) from error


def read_line(data: bytes, number: int) -> SharedRecord:
    """Decode one line without its line feed. Raises BAD_RECORD."""
    try:
        return _line_decoder.decode(data)
    except _UNREADABLE as error:
        raise refused("BAD_RECORD", line=f"{number:,}") from error


def read_records(pieces: Iterable[bytes]) -> Iterator[SharedRecord]:
    """Cut decrypted pieces into lines and decode them, never holding more than one long line."""
    waiting, number = b"", 0
    for piece in pieces:
        *lines, waiting = (waiting + piece).split(b"\n")
        for data in lines:
            number += 1
            if len(data) > MAX_LINE:
                raise refused("BAD_RECORD", line=f"{number:,}")
            yield read_line(data, number)
        if len(waiting) > MAX_LINE:
            raise refused("BAD_RECORD", line=f"{number + 1:,}")
    if waiting:
        raise refused("BAD_RECORD", line=f"{number + 1:,}")
