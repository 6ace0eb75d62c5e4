"""What a person agrees to hand over: selection, promise, and the fields that are off by default.

Everything not listed stays behind: `Recipe.apply` builds what goes out from nothing, field by
field, and is the only way from a record of the vault to a line of a bundle. Preview and sealing
both go through it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

from app.catalogue.query import Row, kinds_of
from app.i18n import mark
from app.share import coarsen, hashes
from app.share.canonical import MAX_INTEGER, nfc
from app.share.refusals import refused
from connectors.kinds import KINDS, Field, Kind

PSEUDO: Final = ("title", "text")
"""Redactable like fields, though they stand beside `data`."""
TIMES: Final = ("start", "end")
"""Always part of a record; a transform may coarsen or omit them."""
BUNDLE_CONNECTOR: Final = "mydata.bundle"
BUNDLE_TITLE: Final = mark("Received bundle")
"""What a person calls the source of records that came in a bundle."""

_TEXTS: Final = frozenset({"description", "memo", "note", "name", "conversation", "display"})
"""Fields that may repeat in words what another field of the record says."""
_NAMING: Final = frozenset(
    {
        field.name
        for kind in KINDS.values()
        for field in kind.fields
        if field.third_party or field.name in {"account", "meter", "reference", "subject"}
    }
)
"""Fields whose values tell who or which account, wherever they stand."""
_CUT: Final = "…"
_PLACES: Final = frozenset({"place", "latitude", "longitude", "location"})
_ABOUT_OTHERS: Final = frozenset({"social", "mail", "place", "person", "web"})


class Selection(msgspec.Struct, frozen=True, kw_only=True):
    """What is chosen. Empty means: no limit, and default fields.

    `kinds` are kinds or domains; `since` and `until` ISO dates, inclusive; `sources` connector ids;
    `fields` the fields of a kind, of a domain or, under "", of all; `drop` records to leave out, by
    their keys or by the ids the preview shows; `transforms` such as "start=month",
    "finance.transaction.amount=round:10", "account=pseudonym", "end=omit".
    """

    kinds: tuple[str, ...] = ()
    since: str = ""
    until: str = ""
    sources: tuple[str, ...] = ()
    fields: dict[str, tuple[str, ...]] = {}
    drop: tuple[str, ...] = ()
    transforms: tuple[str, ...] = ()


class Promise(msgspec.Struct, frozen=True, kw_only=True):
    """What the recipient is asked to keep to. `until` is the last day as an ISO date, or ""."""

    purpose: str
    until: str = ""
    resharing: bool = False
    terms: str = ""


def default_fields(kind: str) -> tuple[str, ...]:
    """The fields on by default: without other people, identifiers and places.

    Title and text repeat names, places and addresses in the kinds about them; there they are off.
    """
    known = KINDS[kind]
    shown = [] if known.sensitivity == 3 and known.domain in _ABOUT_OTHERS else list(PSEUDO)
    return (*shown, *(field.name for field in known.fields if _is_plain(field)))


def _is_plain(field: Field) -> bool:
    identifier = field.type == "code" and field.sensitivity == 3
    return not (field.third_party or identifier or field.name in _PLACES)


def chosen_kinds(selection: Selection) -> tuple[str, ...]:
    """The kinds a selection names, in the order of the vocabulary. Raises BAD_SELECTION."""
    if not selection.kinds:
        return tuple(KINDS)
    wanted: set[str] = set()
    for name in selection.kinds:
        kinds = [kind for kind in kinds_of(name) if kind in KINDS]
        if not kinds:
            raise refused("BAD_SELECTION", what=name)
        wanted.update(kinds)
    return tuple(kind for kind in KINDS if kind in wanted)


def chosen_fields(selection: Selection, kinds: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """For each kind the fields that go out, pseudo fields included. Raises BAD_SELECTION."""
    _check_field_names(selection, kinds)
    return {kind: _fields_of(selection, KINDS[kind]) for kind in kinds}


def _fields_of(selection: Selection, kind: Kind) -> tuple[str, ...]:
    for name in (kind.name, kind.domain, ""):
        if name in selection.fields:
            wanted = selection.fields[name]
            return tuple(each for each in _possible(kind) if each in wanted)
    return default_fields(kind.name)


def _possible(kind: Kind) -> tuple[str, ...]:
    """Every choosable field, once: some kinds have a field called `title` themselves."""
    return tuple(dict.fromkeys((*PSEUDO, *(field.name for field in kind.fields))))


def _check_field_names(selection: Selection, kinds: tuple[str, ...]) -> None:
    for where, names in selection.fields.items():
        under = [kind for kind in kinds if where in {"", kind, KINDS[kind].domain}]
        possible = {name for kind in under for name in _possible(KINDS[kind])}
        if not under:
            raise refused("BAD_SELECTION", what=where)
        for name in names:
            if name not in possible:
                raise refused("BAD_SELECTION", what=name)


class Recipe:
    """A selection made ready for many records.

    `secret` (32 bytes) belongs to the set of recipients: it keys record ids and pseudonyms.
    `titles` names connectors for people.
    """

    def __init__(self, selection: Selection, secret: bytes, titles: Mapping[str, str]) -> None:
        self.kinds = chosen_kinds(selection)
        self.fields = chosen_fields(selection, self.kinds)
        self._secret = secret
        self._titles = titles
        self._changes = {
            kind: coarsen.changes(selection.transforms, KINDS[kind], secret) for kind in self.kinds
        }
        coarsen.check(selection.transforms, [KINDS[kind] for kind in self.kinds])
        self._wanted = {kind: frozenset(fields) for kind, fields in self.fields.items()}

    def apply(self, row: Row) -> dict[str, Any]:
        """The object that goes out for `row`: what the preview shows and the bundle holds."""
        wanted, changes = self._wanted[row.kind], self._changes[row.kind]
        hidden = _hidden(row, wanted, changes)
        out: dict[str, Any] = {
            "id": self.id(row),
            "kind": row.kind,
            "source": {"connector": row.source, "title": self._titles.get(row.source, row.source)},
            "grade": "received" if row.source == BUNDLE_CONNECTOR else "imported",
        }
        for name in (*TIMES, *(name for name in PSEUDO if name in wanted)):
            _put(out, name, _without(getattr(row, name), hidden), changes)
        data: dict[str, Any] = {}
        for name, value in row.data.items():
            if name in wanted:
                _put(data, name, _without(value, hidden) if name in _TEXTS else value, changes)
        if data:
            out["data"] = data
        return out

    def id(self, row: Row) -> str:
        """What `row` is called towards these recipients."""
        return hashes.record_id(self._secret, bytes.fromhex(row.key))

    def left_out(self, row: Row) -> set[str]:
        """Names of what `row` has and `apply` leaves behind."""
        wanted = self._wanted[row.kind]
        beside = {name for name, value in (("title", row.title), ("text", row.text)) if value}
        return (beside | row.data.keys()) - wanted


def _hidden(
    row: Row, wanted: frozenset[str], changes: Mapping[str, Callable[[Any], Any]]
) -> list[str]:
    """Values that stay behind or go out changed, longest first: no other text may repeat them."""
    found: set[str] = set()
    for name, value in row.data.items():
        if (name not in wanted or name in changes) and name in _NAMING:
            found.update(value if isinstance(value, list) else [str(value)])
    return sorted(filter(_tells, found), key=len, reverse=True)


def _tells(value: str) -> bool:
    """Whether a value is long enough to be a name: two syllables, or four letters or digits."""
    return len(value) >= (4 if value.isascii() else 2)


def _without(text: Any, hidden: list[str]) -> Any:
    """`text` with every hidden value in it cut out."""
    if isinstance(text, str):
        for value in hidden:
            if value in text:
                text = text.replace(value, _CUT)
        return "" if text == _CUT else text
    return text


def _put(
    target: dict[str, Any], name: str, value: Any, changes: Mapping[str, Callable[[Any], Any]]
) -> None:
    change = changes.get(name)
    if change:
        value = change(value) if value != "" else ""
    value = _composed(value)
    if value not in ("", None, []):
        target[name] = value


def _composed(value: Any) -> Any:
    if isinstance(value, str):
        return nfc(value)
    if isinstance(value, list):
        return [nfc(item) for item in value]
    if isinstance(value, int) and abs(value) > MAX_INTEGER:
        return str(value)
    return value
