"""From FHIR resources to records.

Lives here: the mapper, which walks over the members of a resource. Does not live here: the table it
goes by (`connectors.fhir.resources`).
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from connectors.api import Problem, Record
from connectors.fhir.members import Draft, Handler, is_id
from connectors.fhir.resources import BORING, KIND_OF, SHAPES, UNKNOWN
from connectors.toolkit.dates import is_iso
from connectors.toolkit.fingerprint import Fingerprints

_EXTRA: Final = msgspec.json.Encoder(decimal_format="number")


class Mapper:
    """Makes records of resources, one after the other, within one reading.

    Problems met on the way wait in `problems` until the caller takes them. A resource that comes
    twice becomes one record: the first one counts, and a later one that says something else is a
    problem (in a history Bundle the first is the newest, and later ones are expected).
    """

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self.known: dict[str, str] = {}
        self._seen: dict[int, int] = {}
        self._unknown: set[str] = set()
        self._fingerprints = Fingerprints()

    def record(
        self, resource: dict[str, Any], where: str, full_url: str = "", *, history: bool = False
    ) -> Record | None:
        """Return the record of a resource, or None if there is none to add."""
        kind = resource.get("resourceType")
        if type(kind) is not str or not kind:
            self.problems.append(Problem(where, "missing-field", "resourceType"))
            return None
        shape = SHAPES.get(kind)
        if shape is None:
            if kind in BORING:
                return None
            self._report(kind, where)
            shape = UNKNOWN
        draft = Draft(self.known, KIND_OF)
        rest = _taken_apart(draft, resource, shape.members)
        if shape.start and not draft.start:
            draft.start = self._date(rest, shape.start, where)
        if shape.end and not draft.end:
            draft.end = self._date(rest, shape.end, where)
        if draft.left_out:
            self.problems.append(Problem(where, "left-in-file", draft.left_out[:80]))
        if shape is UNKNOWN and "category" not in draft.data:
            draft.data["category"] = kind
        extra = _EXTRA.encode(rest).decode() if rest else ""
        native_id = self._native_id(kind, resource.get("id"), full_url, extra)
        record = Record(
            shape.kind,
            native_id,
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
        return record if self._is_new(record, where, history=history) else None

    def take_problems(self) -> list[Problem]:
        """Return the problems met since the last call."""
        problems, self.problems = self.problems, []
        return problems

    def _report(self, kind: str, where: str) -> None:
        """Report an unknown type the first time it is met; its resources are kept as they are."""
        if kind not in self._unknown:
            self._unknown.add(kind)
            self.problems.append(Problem(where, "unknown-type", kind[:80]))

    def _date(self, rest: dict[str, Any], names: tuple[str, ...], where: str) -> str:
        for name in names:
            value = rest.get(name)
            if value is None:
                continue
            if type(value) is str and is_iso(value):
                del rest[name]
                return value
            self.problems.append(Problem(where, "bad-date", str(value)[:80]))
        return ""

    def _native_id(self, kind: str, ident: object, full_url: str, extra: str) -> str:
        if type(ident) is str and is_id(ident):
            return f"{kind}/{ident}"
        if full_url:
            return self.known.get(full_url) or f"{kind}/{full_url}"
        return f"{kind}/{self._fingerprints.of(kind, extra)}"

    def _is_new(self, record: Record, where: str, *, history: bool) -> bool:
        content = hash((record.start, record.extra, record.text, *map(str, record.data.values())))
        key = hash(record.native_id)
        before = self._seen.get(key)
        if before is None:
            self._seen[key] = content
            return True
        if before != content and not history:
            self.problems.append(Problem(where, "duplicate-id", record.native_id[:80]))
        return False


def _taken_apart(
    draft: Draft, resource: dict[str, Any], members: dict[str, Handler]
) -> dict[str, Any]:
    """Hand each member to its handler; return what no handler took whole."""
    rest = {}
    for name, value in resource.items():
        handler = members.get(name)
        if handler is None or not handler(draft, value):
            rest[name] = value
    return rest


def _one_line(text: str) -> str:
    return " ".join(text.split()) if "\n" in text or "\r" in text else text
