"""The common ground of both Blue Button reports: blocks of "Key: value" lines become records.

Lives here: the block, the rule that says what a block of a section becomes, dates and amounts.
Does not live here: how either report is cut into blocks (`.va`, `.cms`) and the rules themselves
(`.va_rules`, `.cms_rules`).

Two-sided promise: a rule names what is well understood, and every other key of the block stays
readable in `extra`, its free text in `text`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Final, NamedTuple

import msgspec

from connectors.api import Item, Link, Problem, Record, Value
from connectors.toolkit.dates import day, month_day_year
from connectors.toolkit.fingerprint import Fingerprints
from connectors.toolkit.money import amount, number

Pairs = list[tuple[str, str]]

_ABSENT: Final = frozenset(
    {
        "",
        "--",
        "none entered",
        "none reported",
        "not available",
        "* not available *",
        "no information available",
    }
)
_MONTHS: Final = {
    name: number
    for number, name in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), 1
    )
}
_WORDED: Final = re.compile(
    r"(?P<day>[0-9]{1,2}) (?P<month>[A-Za-z]{3}) (?P<year>[0-9]{4})"
    r"(?: @ (?P<hour>[0-9]{2})(?P<minute>[0-9]{2}))?"
)
_CLOCK: Final = re.compile(r"(?P<hour>[0-9]{1,2}):?(?P<minute>[0-9]{2})(?: ?(?P<half>[AP])M)?")


ReadDate = Callable[[str], str]


_DECIMALS: Final = frozenset({"quantity"})


def is_said(value: str) -> bool:
    """Say whether a value is one, and not a way to say that there is none."""
    return value.lower() not in _ABSENT


class Block(NamedTuple):
    """A run of lines about one thing, and the blocks within it.

    `source` is who wrote it; `line` is where it begins.
    """

    section: str
    source: str
    line: int
    pairs: Pairs
    body: str = ""
    children: Sequence[Block] = ()


class Draft:
    """A record in the making, for rules that need more than a table."""

    def __init__(self, block: Block) -> None:
        self.values: dict[str, str] = {}
        for key, value in block.pairs:
            if is_said(value):
                self.values.setdefault(key, value)
        self.data: dict[str, Value] = {}
        self.used: set[str] = set()
        self.links: list[Link] = []
        self.title = ""
        self.text = block.body

    def take(self, key: str) -> str:
        """Return the value of a key and count it as understood; "" if it says nothing."""
        self.used.add(key)
        return self.values.get(key, "")

    def number(self, key: str) -> str:
        """Return the value of a key if it is a number, and leave it alone if it is not."""
        try:
            text = number(self.values.get(key, ""))
        except ValueError:
            return ""
        self.used.add(key)
        return text

    def put(self, field: str, value: str) -> None:
        """Fill a field unless there is nothing to fill it with."""
        if value:
            self.data[field] = value


class Rule(msgspec.Struct, frozen=True):
    """What the blocks of a section become.

    starts
        The key every block of the section begins with; also what the record is called.
    fields, money
        Key to field of the kind; `money` values are dollars.
    when, until
        Keys with a date, the best first; a "Time" beside a "Date" is added to it.
    native
        Keys of numbers that name the thing for good; without them, everything in the block does.
    body
        Free text follows the keys, below a line of dashes.
    raw
        The lines themselves are kept as text: their layout says more than the keys.
    keys
        If given, no other key is one: such lines continue the value before them.
    below_line
        A block begins only below a line of equals signs, because free text can hold its first key.
    whole
        The thing has no identity but its section and first value, whatever else it says.
    child
        The rule of the blocks within the block; they link to it by `relation`.
    also
        A second record of the same block, if the block has the key that one starts with.
    """

    kind: str
    starts: str
    fields: dict[str, str] = {}
    money: dict[str, str] = {}
    when: tuple[str, ...] = ()
    until: tuple[str, ...] = ()
    native: tuple[str, ...] = ()
    body: bool = False
    raw: bool = False
    keys: frozenset[str] = frozenset()
    below_line: bool = False
    whole: bool = False
    special: Callable[[Draft], None] | None = None
    child: Rule | None = None
    relation: str = ""
    also: Rule | None = None


class Builder:
    """Makes records of blocks within one reading. `owner` tells reports of two people apart."""

    def __init__(self, owner: str, prefix: str) -> None:
        self.owner = owner
        self._prefix = prefix
        self._fingerprints = Fingerprints()
        self._named: dict[tuple[str, str], Pairs] = {}

    def records(self, block: Block, rule: Rule, date: ReadDate) -> Iterator[Item]:
        """Yield the record of a block, those within it, and what is wrong with them."""
        native_id = self._native_id(block, rule)
        if (rule.kind, native_id) in self._named:
            if self._named[rule.kind, native_id] != block.pairs:
                yield Problem(f"{self._prefix}line {block.line}", "duplicate-id", native_id[:80])
            return
        if rule.native:
            self._named[rule.kind, native_id] = block.pairs
        yield from self.record(block, rule, date, native_id)
        also = rule.also
        if also is not None and any(
            key == also.starts and is_said(text) for key, text in block.pairs
        ):
            links = [Link(also.relation, rule.kind, native_id)]
            yield from self.record(block, also, date, native_id, links)
        if rule.child is None:
            return
        for child in block.children:
            below = self._fingerprints.of(native_id, *_flat(child))
            links = [Link(rule.child.relation, rule.kind, native_id)]
            # What is inside of a block shares its date and has none of its own.
            whole = child._replace(pairs=[*child.pairs, *_dates(block, rule)])
            yield from self.record(whole, rule.child, date, below, links)

    def record(
        self,
        block: Block,
        rule: Rule,
        date: ReadDate,
        native_id: str,
        links: list[Link] | None = None,
    ) -> Iterator[Item]:
        """Yield one record under a native id that is already settled."""
        draft = Draft(block)
        where = f"{self._prefix}line {block.line}"
        section = capitalised(block.section)
        draft.title = draft.take(rule.starts) if rule.starts else section
        for key, field in rule.fields.items():
            draft.put(field, draft.number(key) if field in _DECIMALS else draft.take(key))
        draft.put("section", section)
        draft.put("category", block.source)
        if rule.special:
            rule.special(draft)
        yield from _money(draft, rule, where)
        start, problem = _moment(draft, rule.when, date)
        end, other = _moment(draft, rule.until, date)
        for value in filter(None, (problem, other)):
            yield Problem(where, "bad-date", value[:80])
        yield Record(
            rule.kind,
            native_id,
            start,
            end,
            " ".join((draft.title or section).split()),
            draft.text,
            draft.data,
            _extra(block.pairs, draft.used),
            [*(links or []), *draft.links],
            where=where,
        )

    def _native_id(self, block: Block, rule: Rule) -> str:
        values = dict(reversed(block.pairs))
        named = [values.get(key, "") for key in rule.native]
        if named and all(map(is_said, named)):
            return "/".join((rule.native[0], *named))
        parts = (self.owner, block.section, block.source)
        if rule.whole:
            return self._fingerprints.of(*parts, values.get(rule.starts, ""))
        return self._fingerprints.of(*parts, *_flat(block))


def _dates(block: Block, rule: Rule) -> Pairs:
    return [(key, value) for key, value in block.pairs if key in rule.when]


def _flat(block: Block) -> Iterator[str]:
    for pair in block.pairs:
        yield from pair
    yield block.body


def _money(draft: Draft, rule: Rule, where: str) -> Iterator[Problem]:
    for key, field in rule.money.items():
        text = draft.values.get(key, "")
        if not text:
            continue
        try:
            draft.data[field] = amount(text)
        except ValueError:
            yield Problem(where, "bad-amount", text[:80])
            continue
        draft.used.add(key)
        draft.data["currency"] = "USD"


def _moment(draft: Draft, keys: tuple[str, ...], date: ReadDate) -> tuple[str, str]:
    """Return the first date there is, and the first text that should be one and is not."""
    for key in keys:
        text = draft.values.get(key, "")
        if not text:
            continue
        try:
            moment = date(text)
            if key == "Date" and "Time" in draft.values:
                moment = f"{moment}T{clock(draft.take('Time'))}"
        except ValueError:
            return "", text
        draft.used.add(key)
        return moment, ""
    return "", ""


def worded_date(text: str) -> str:
    """Read "07 Jan 2013" and "07 Jan 2013 @ 1527"; no zone is known."""
    match = _WORDED.fullmatch(text)
    month = _MONTHS.get(match["month"].lower()) if match else None
    if match is None or month is None:
        raise ValueError(text)
    date = day(match["year"], month, match["day"])
    return f"{date}T{clock(match['hour'] + match['minute'])}" if match["hour"] else date


def american_date(text: str) -> str:
    """Read "07/22/2011"."""
    return month_day_year(text)


def clock(text: str) -> str:
    """Read "1940", "3:00 PM"."""
    match = _CLOCK.fullmatch(text)
    if match is None:
        raise ValueError(text)
    hour, minute = int(match["hour"]), int(match["minute"])
    if match["half"]:
        hour = hour % 12 + (12 if match["half"] == "P" else 0)
    if hour > 23 or minute > 59:
        raise ValueError(text)
    return f"{hour:02}:{minute:02}:00"


def _extra(pairs: Pairs, used: set[str]) -> str:
    """Keep what no field holds, and every value of a key that came more than once."""
    rest: dict[str, str | list[str]] = {}
    repeated = {key for key, _ in pairs if sum(key == other for other, _ in pairs) > 1}
    for key, value in pairs:
        if not value or (key in used and key not in repeated):
            continue
        before = rest.get(key)
        if before is None:
            rest[key] = value
        else:
            rest[key] = [*([before] if isinstance(before, str) else before), value]
    return msgspec.json.encode(rest).decode() if rest else ""


def capitalised(section: str) -> str:
    """Write "VA ALLERGIES" as "VA Allergies"; leave alone what is written with care."""
    if section != section.upper():
        return section
    words = section.split()
    return " ".join(word if word in {"VA", "EKG", "(EKG)"} else word.capitalize() for word in words)
