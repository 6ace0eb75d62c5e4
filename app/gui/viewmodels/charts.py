"""Numbers by month, ready to be drawn: counts by kind, and exact sums by currency or unit."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal
from typing import Final, NamedTuple

from app.gui.viewmodels import wording
from app.i18n import mark, tr
from app.services import asking
from app.services.asking import MonthTotal
from app.services.session import Session
from connectors.kinds import KINDS

MONTHS: Final = 6
ZERO: Final = Decimal(0)

SUMS: Final[dict[str, tuple[tuple[str, str, str], ...]]] = {
    "finance": (("finance.transaction", "amount", mark("Money in and out")),),
    "energy": (
        ("energy.reading", "quantity", mark("Energy used")),
        ("energy.reading", "cost", mark("Cost of energy")),
        ("energy.bill", "amount", mark("Energy bills")),
    ),
    "health": (("health.claim", "amount", mark("Claims")),),
}
"""Domain to (kind, field, title) of its monthly sums, the most telling first."""


class Part(NamedTuple):
    """A named row of values, one a month."""

    name: str
    values: tuple[Decimal, ...]


class Monthly(NamedTuple):
    """One chart: `months` ("2025-11"), the parts of each, and how to say it.

    `kind` is the kind or domain whose records are counted or summed. `unit` is a currency or unit,
    or "" for counts. `paired` parts stand beside each other because adding them would mean nothing;
    others are stacked.
    """

    title: str
    months: tuple[str, ...]
    parts: tuple[Part, ...]
    kind: str
    unit: str = ""
    paired: bool = False

    def totals(self) -> list[Decimal]:
        """All parts of each month together."""
        return [sum((p.values[i] for p in self.parts), ZERO) for i in range(len(self.months))]


def counts(session: Session, domain: str, months: int = MONTHS) -> Monthly | None:
    """Records by month, stacked by kind; None if nothing has a time."""
    by_kind = {
        kind: {each.month: each.count for each in asking.monthly(session, kind)}
        for kind in KINDS
        if wording.domain_of(kind) == domain
    }
    last = max((month for each in by_kind.values() for month in each), default="")
    if not last:
        return None
    shown = tuple(wording.months_until(last, months))
    parts = tuple(
        Part(wording.kind_label(kind), tuple(Decimal(found.get(m, 0)) for m in shown))
        for kind, found in by_kind.items()
        if any(month in found for month in shown)
    )
    return Monthly(tr("Records by month"), shown, parts, domain)


def sums(session: Session, domain: str, months: int = MONTHS) -> list[Monthly]:
    """The domain's exact monthly sums, a chart for each field and unit, the fullest first."""
    found: list[tuple[int, Monthly]] = []
    for kind, field, title in SUMS.get(domain, ()):
        by_unit: defaultdict[str, list[MonthTotal]] = defaultdict(list)
        for total in asking.totals(session, kind, field):
            by_unit[total.unit].append(total)
        found += [
            (
                sum(each.count for each in totals),
                _chart(kind, _titled(tr(title), unit, len(by_unit)), unit, totals, months),
            )
            for unit, totals in by_unit.items()
        ]
    return [chart for _, chart in sorted(found, key=lambda pair: -pair[0])]


def _titled(title: str, unit: str, units: int) -> str:
    """The title with the unit, unless there is one only and the axis shows its symbol."""
    plain = not unit or (units == 1 and unit in wording.SYMBOLS)
    return title if plain else tr("{what} ({unit})", what=title, unit=wording.unit_sign(unit))


def _chart(kind: str, title: str, unit: str, totals: Sequence[MonthTotal], months: int) -> Monthly:
    shown = tuple(wording.months_until(max(each.month for each in totals), months))
    there = {each.month: each for each in totals}
    incoming = tuple(_value(there.get(month), "incoming") for month in shown)
    outgoing = tuple(_value(there.get(month), "outgoing") for month in shown)
    if not any(outgoing):
        return Monthly(title, shown, (Part(title, incoming),), kind, unit)
    parts = (Part(tr("Out"), outgoing), Part(tr("In"), incoming))
    return Monthly(title, shown, parts, kind, unit, paired=True)


def _value(total: MonthTotal | None, name: str) -> Decimal:
    return abs(Decimal(str(getattr(total, name)))) if total is not None else ZERO


# -- in words


def amount(value: Decimal, unit: str) -> str:
    """An exact value with its unit, as texts beside a chart show it."""
    return wording.amount(f"{value:f}", unit)


def sentence(chart: Monthly) -> str:
    """The last month, and how it differs from the one before: label and value, no grammar."""
    if not chart.months or not chart.parts:
        return ""
    values = chart.parts[0].values if chart.paired else chart.totals()
    month = wording.month_name(chart.months[-1])
    now = amount(values[-1], chart.unit)
    said = (
        tr("{month}, out: {amount}", month=month, amount=now)
        if chart.paired
        else tr("{month}: {amount}", month=month, amount=now)
    )
    if len(values) < 2:
        return said
    return tr("{what} — {change}", what=said, change=_change(values[-1] - values[-2], chart.unit))


def _change(difference: Decimal, unit: str) -> str:
    much = amount(abs(difference), unit)
    if difference > 0:
        return tr("{amount} more than the month before", amount=much)
    if difference < 0:
        return tr("{amount} less than the month before", amount=much)
    return tr("the same as the month before")
