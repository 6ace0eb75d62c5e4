"""From FHIR resources to records.

Lives here: the mapper, which walks over the members of a resource. Does not live here: the table it
goes by (`connectors.fhir.resources`).
"""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache
from typing import Final, NamedTuple

import msgspec

from connectors.api import Link, Problem, Record, Value
from connectors.fhir.members import Draft, Handler, drop, is_id
from connectors.fhir.resources import BORING, KIND_OF, SHAPES, UNKNOWN, Shape
from connectors.toolkit.dates import is_iso
from connectors.toolkit.fingerprint import Fingerprints

Resource = dict[str, msgspec.Raw]
"""A resource whose members are still the text they were written as."""

_ENCODE: Final = msgspec.json.Encoder(decimal_format="number").encode
_DECODE: Final = msgspec.json.Decoder(float_hook=Decimal).decode
_MOST_REMEMBERED: Final = 4096
_REMEMBERED: Final = frozenset(
    {
        *("code", "category", "status", "clinicalStatus", "subject", "patient", "encounter"),
        *("vaccineCode", "medicationCodeableConcept", "interpretation", "referenceRange"),
    }
)
"""Members that read the same in thousands of resources, and whose handlers look at nothing else."""


class _Effect(NamedTuple):
    """What a remembered member does to a draft."""

    whole: bool
    title: str
    data: dict[str, Value]
    links: list[Link]


class Mapper:
    """Makes records of resources, one after the other, within one reading.

    Problems met on the way wait in `problems` until the caller takes them. A resource that comes
    twice becomes one record: the first one counts, and a later one that says something else is a
    problem (in a history Bundle the first is the newest, and later ones are expected).
    """

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self._known: dict[str, str] = {}
        self._seen: dict[int, int] = {}
        self._unknown: set[str] = set()
        self._fingerprints = Fingerprints()
        self._effects: dict[tuple[Handler, bytes], _Effect] = {}

    def use(self, known: dict[str, str]) -> None:
        """Resolve references by these names from now on."""
        self._known = known
        self._effects.clear()

    def record(
        self, resource: Resource, where: str, full_url: str = "", *, history: bool = False
    ) -> Record | None:
        """Return the record of a resource, or None if there is none to add."""
        try:
            record = self._read(resource, where, full_url)
        except UnicodeError:
            self.problems.append(Problem(where, "bad-encoding"))
            return None
        if record is None:
            return None
        return record if self._is_new(record, where, history=history) else None

    def _read(self, resource: Resource, where: str, full_url: str) -> Record | None:
        kind = _text(resource.get("resourceType"))
        if not kind:
            self.problems.append(Problem(where, "missing-field", "resourceType"))
            return None
        shape = SHAPES.get(kind, UNKNOWN)
        if shape is UNKNOWN:
            if kind in BORING:
                return None
            self._report(kind, where)
        return self._record(kind, shape, resource, where, full_url)

    def _record(
        self, kind: str, shape: Shape, resource: Resource, where: str, full_url: str
    ) -> Record:
        draft = Draft(self._known, KIND_OF)
        rest = self._taken_apart(draft, resource, shape.members)
        if shape.start and not draft.start:
            draft.start = self._date(rest, shape.start, where)
        if shape.end and not draft.end:
            draft.end = self._date(rest, shape.end, where)
        if draft.left_out:
            self.problems.append(Problem(where, "left-in-file", draft.left_out[:80]))
        if shape is UNKNOWN and "category" not in draft.data:
            draft.data["category"] = kind
        extra = _joined(rest) if rest else ""
        return Record(
            shape.kind,
            self._native_id(kind, _text(resource.get("id")), full_url, extra),
            draft.start,
            draft.end,
            _one_line(draft.title or kind),
            draft.text,
            draft.data,
            extra,
            draft.links,
            draft.files,
            where,
        )

    def _taken_apart(
        self, draft: Draft, resource: Resource, members: dict[str, Handler]
    ) -> Resource:
        """Hand each member to its handler; return what no handler took whole."""
        rest: Resource = {}
        for name, raw in resource.items():
            handler = members.get(name)
            if handler is drop:
                continue
            if handler is None:
                rest[name] = raw
            elif name in _REMEMBERED:
                if not self._remembered(draft, handler, raw):
                    rest[name] = raw
            else:
                value = _DECODE(raw)
                if not handler(draft, value):
                    rest[name] = msgspec.Raw(_ENCODE(value)) if draft.is_cut else raw
        return rest

    def _remembered(self, draft: Draft, handler: Handler, raw: msgspec.Raw) -> bool:
        key = handler, bytes(raw)
        effect = self._effects.get(key)
        if effect is None:
            effect = self._effect(handler, key[1])
            if len(self._effects) >= _MOST_REMEMBERED:
                self._effects.clear()
            self._effects[key] = effect
        whole, title, data, links = effect
        draft.data.update(data)
        if links:
            draft.links += links
        if title:
            draft.title = title
        return whole

    def _effect(self, handler: Handler, text: bytes) -> _Effect:
        trial = Draft(self._known, KIND_OF)
        whole = handler(trial, _DECODE(text))
        return _Effect(whole, trial.title, trial.data, trial.links)

    def take_problems(self) -> list[Problem]:
        """Return the problems met since the last call."""
        problems, self.problems = self.problems, []
        return problems

    def _report(self, kind: str, where: str) -> None:
        """Report an unknown type the first time it is met; its resources are kept as they are."""
        if kind not in self._unknown:
            self._unknown.add(kind)
            self.problems.append(Problem(where, "unknown-type", kind[:80]))

    def _date(self, rest: Resource, names: tuple[str, ...], where: str) -> str:
        for name in names:
            raw = rest.get(name)
            if raw is None:
                continue
            text = _text(raw)
            if text and is_iso(text):
                del rest[name]
                return text
            self.problems.append(Problem(where, "bad-date", bytes(raw).decode().strip('"')[:80]))
        return ""

    def _native_id(self, kind: str, ident: str, full_url: str, extra: str) -> str:
        if is_id(ident):
            return f"{kind}/{ident}"
        if full_url:
            return self._known.get(full_url) or f"{kind}/{full_url}"
        return f"{kind}/{self._fingerprints.of(kind, extra)}"

    def _is_new(self, record: Record, where: str, *, history: bool) -> bool:
        content = hash((record.start, record.extra, record.text, *record.data.values()))
        key = hash(record.native_id)
        before = self._seen.get(key)
        if before is None:
            self._seen[key] = content
            return True
        if before != content and not history:
            self.problems.append(Problem(where, "duplicate-id", record.native_id[:80]))
        return False


def _text(raw: msgspec.Raw | None) -> str:
    """Return a text, "" if it is something else."""
    value = _DECODE(raw) if raw is not None else None
    return value if type(value) is str else ""


def _joined(rest: Resource) -> str:
    """Write members the way they were written."""
    parts: list[bytes | msgspec.Raw] = []
    for name, raw in rest.items():
        parts += (_name(name), raw)
    parts[0] = b"{" + _name(next(iter(rest)))[1:]
    return b"".join((*parts, b"}")).decode()


@lru_cache(maxsize=1024)
def _name(name: str) -> bytes:
    return b"," + _ENCODE(name) + b":"


def _one_line(text: str) -> str:
    return " ".join(text.split()) if "\n" in text or "\r" in text else text
