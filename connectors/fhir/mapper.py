"""From FHIR resources to records.

Lives here: the mapper, which walks over the members of a resource. Does not live here: the table it
goes by (`connectors.fhir.resources`).
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from functools import lru_cache
from itertools import takewhile
from operator import itemgetter
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
        "valueQuantity",
    }
)
"""Members that read the same in thousands of resources, and whose handlers look at nothing else."""
_TOGETHER: Final = (_REMEMBERED - {"encounter", "valueQuantity"}).union(
    ("performer", "recorder", "asserter")
)
"""Members that are remembered as one where they open a resource: few sets of them are met."""


class _Effect(NamedTuple):
    """What remembered members do to a draft. `left` are those that were not taken whole."""

    left: tuple[str, ...]
    title: str
    data: dict[str, Value]
    links: list[Link]


_Members = tuple[tuple[str, Handler], ...]


class _Layout(NamedTuple):
    """How to read resources of one type with just these members in this order.

    `opening` are the members read as one, and `texts` takes them out of a resource, between its
    type twice; `effects` is what they did by what they were. `others` come after these, one by one.
    `loose` have no handler; `starts` and `ends` are those of them that hold a date, the best first.
    """

    kind: str
    shape: Shape
    opening: _Members
    texts: Callable[[Resource], tuple[msgspec.Raw, ...]]
    effects: dict[bytes, _Effect]
    others: _Members
    loose: tuple[str, ...]
    starts: tuple[str, ...]
    ends: tuple[str, ...]


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
        self._layouts: dict[tuple[bytes, tuple[str, ...]], _Layout] = {}
        self._learned = 0
        self._effects: dict[tuple[Handler, bytes], _Effect] = {}

    def use(self, known: dict[str, str]) -> None:
        """Resolve references by these names from now on."""
        self._known = known
        self._layouts.clear()
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
        key = bytes(resource.get("resourceType", b"")), tuple(resource)
        layout = self._layouts.get(key) or self._learn_layout(resource, key)
        if not layout.kind:
            self.problems.append(Problem(where, "missing-field", "resourceType"))
            return None
        if layout.shape is UNKNOWN:
            if layout.kind in BORING:
                return None
            self._report(layout.kind, where)
        return self._record(layout, resource, where, full_url)

    def _learn_layout(self, resource: Resource, key: tuple[bytes, tuple[str, ...]]) -> _Layout:
        self._make_room()
        layout = self._layouts[key] = _layout(_text(resource.get("resourceType")), key[1])
        return layout

    def _record(self, layout: _Layout, resource: Resource, where: str, full_url: str) -> Record:
        kind, shape = layout.kind, layout.shape
        draft = Draft(self._known, KIND_OF)
        rest = self._taken_apart(draft, resource, layout)
        if layout.starts and not draft.start:
            draft.start = self._date(rest, layout.starts, where)
        if layout.ends and not draft.end:
            draft.end = self._date(rest, layout.ends, where)
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

    def _taken_apart(self, draft: Draft, resource: Resource, layout: _Layout) -> Resource:
        """Hand each member to its handler; return what no handler took whole."""
        text = b"\0".join(layout.texts(resource))  # a byte that no JSON text holds
        effect = layout.effects.get(text) or self._learn(layout, text, resource)
        _apply(effect, draft)
        left = [*effect.left, *self._unread(draft, resource, layout.others)]
        if not left:
            return {name: resource[name] for name in layout.loose}
        left += layout.loose
        return {name: raw for name, raw in resource.items() if name in left}

    def _learn(self, layout: _Layout, text: bytes, resource: Resource) -> _Effect:
        trial = Draft(self._known, KIND_OF)
        left = self._unread(trial, resource, layout.opening)
        self._make_room()
        effect = _Effect(tuple(left), trial.title, trial.data, trial.links)
        layout.effects[text] = effect
        return effect

    def _make_room(self) -> None:
        """Forget all layouts, and what is remembered with each, once that is a lot."""
        self._learned += 1
        if self._learned > _MOST_REMEMBERED:
            self._layouts.clear()
            self._learned = 0

    def _unread(self, draft: Draft, resource: Resource, members: _Members) -> list[str]:
        """Hand members to their handlers; return the names of those not taken whole."""
        left: list[str] = []
        for name, handler in members:
            raw = resource[name]
            if name in _REMEMBERED:
                effect = self._remembered(name, handler, bytes(raw))
                left += effect.left
                _apply(effect, draft)
                continue
            value = _DECODE(raw)
            if not handler(draft, value):
                left.append(name)
                if draft.is_cut:
                    resource[name] = msgspec.Raw(_ENCODE(value))
        return left

    def _remembered(self, name: str, handler: Handler, text: bytes) -> _Effect:
        effect = self._effects.get((handler, text))
        if effect is None:
            trial = Draft(self._known, KIND_OF)
            whole = handler(trial, _DECODE(text))
            effect = _Effect(() if whole else (name,), trial.title, trial.data, trial.links)
            if len(self._effects) >= _MOST_REMEMBERED:
                self._effects.clear()
            self._effects[handler, text] = effect
        return effect

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
            raw = rest[name]
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


def _layout(kind: str, names: tuple[str, ...]) -> _Layout:
    shape = SHAPES.get(kind, UNKNOWN)
    handlers = [(name, shape.members.get(name)) for name in names]
    handled = [(name, handler) for name, handler in handlers if handler and handler is not drop]
    opening = tuple(takewhile(lambda member: member[0] in _TOGETHER, handled))
    loose = tuple(name for name, handler in handlers if handler is None)
    return _Layout(
        kind,
        shape,
        opening,
        # The type at both ends: taking out a single member would give no tuple.
        itemgetter("resourceType", *(name for name, _ in opening), "resourceType"),
        {},
        tuple(handled[len(opening) :]),
        loose,
        tuple(name for name in shape.start if name in loose),
        tuple(name for name in shape.end if name in loose),
    )


def _apply(effect: _Effect, draft: Draft) -> None:
    draft.data.update(effect.data)
    if effect.links:
        draft.links += effect.links
    if effect.title:
        draft.title = effect.title


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
