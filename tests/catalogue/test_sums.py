"""Sums: exactly what adding the rows by hand gives, each unit by itself."""

from __future__ import annotations

from collections import defaultdict
from decimal import Context, Decimal, Inexact
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.catalogue import coverage, sums
from app.catalogue.query import Filter
from app.errors import UsageError
from app.vault import runs
from app.vault.vault import Vault
from connectors.api import Record
from tests.vaults import payment, put

EXACT = Context(prec=500, traps=[Inexact])
KIND = "finance.transaction"

DIGITS = st.text("0123456789", min_size=1, max_size=40)
AMOUNTS = st.builds(
    lambda sign, whole, rest: f"{sign}{whole}{rest}",
    st.sampled_from(["", "-"]),
    DIGITS,
    st.one_of(st.just(""), DIGITS.map(lambda digits: f".{digits}")),
)
STARTS = st.sampled_from(
    ["", "2023", "2023-12", "2023-12-31", "2024-01-01T00:30:00+09:00", "2024-01-02T10:00:00Z"]
)
ROWS = st.lists(st.tuples(AMOUNTS, st.sampled_from(["GBP", "KRW"]), STARTS), max_size=12)


def added(values: list[str]) -> Decimal:
    total = Decimal(0)
    for value in values:
        total = EXACT.add(total, Decimal(value))
    return total


@settings(
    deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(ROWS)
def test_sums_are_exact_by_month_and_currency(
    vault: Vault, rows: list[tuple[str, str, str]]
) -> None:
    by_month: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for amount, currency, start in rows:
        by_month[start[:7], currency].append(amount)
    writing = vault.write()
    transaction = writing.__enter__()
    try:
        run = runs.begin(transaction, connector="uk.midata", version=1)
        run.add(
            [
                payment(str(number), amount, start, currency=currency)
                for number, (amount, currency, start) in enumerate(rows)
            ]
        )
        run.finish()
        found = sums.total(transaction, KIND, "amount", ["month"], Filter())
        assert {(row.group["month"], row.unit): (Decimal(row.sum), row.count) for row in found} == {
            key: (added(values), len(values)) for key, values in by_month.items()
        }
        for month in coverage.totals(transaction, KIND, "amount"):
            values = by_month.pop((month.month, month.unit))
            above = [value for value in values if Decimal(value) >= 0]
            below = [value for value in values if Decimal(value) < 0]
            assert Decimal(month.incoming) == added(above)
            assert Decimal(month.outgoing) == added(below)
            assert month.count == len(values)
        assert {month for month, _ in by_month} <= {"", "2023"}
        for row in found:
            assert "E" not in row.sum
    finally:
        writing.__exit__(RuntimeError, RuntimeError(), None)


def test_groups_filters_and_records_without_the_field(vault: Vault) -> None:
    put(
        vault,
        [
            payment("1", "-1.10", "2024-01-05", status="booked", account="A"),
            payment("2", "-2.20", "2024-01-05T23:00:00", status="booked", account="B"),
            payment("3", "-4.40", "2024-02-01", status="pending"),
            payment("4", "8.80", "2025", currency="KRW"),
            Record(KIND, "5", start="2024-01-05", data={"currency": "GBP"}),
        ],
    )
    put(vault, [payment("6", "-100.00", "2024-01-05")], connector="ofx.statement", account="Z")

    def total(by: list[str], **asked: Any) -> list[tuple[tuple[str, ...], str, str, int]]:
        with vault.read() as snapshot:
            found = sums.total(snapshot, KIND, "amount", by, Filter(**asked))
        return [(tuple(row.group.values()), row.unit, row.sum, row.count) for row in found]

    assert total([]) == [((), "GBP", "-107.70", 4), ((), "KRW", "8.80", 1)]
    assert total(["year"]) == [
        (("2024",), "GBP", "-107.70", 4),
        (("2025",), "KRW", "8.80", 1),
    ]
    assert total(["day", "status"], source="uk.midata", until="2024-01-31") == [
        (("2024-01-05", "booked"), "GBP", "-3.30", 2)
    ]
    assert total(["account"], since="2024-01-05", until="2024-01-05") == [
        (("A",), "GBP", "-1.10", 1),
        (("B",), "GBP", "-2.20", 1),
        (("Z",), "GBP", "-100.00", 1),
    ]
    assert total(["source"], text="payment 6") == [(("ofx.statement",), "GBP", "-100.00", 1)]
    assert total([], since="2030") == []


@pytest.mark.parametrize(
    ("kind", "field", "by", "code"),
    [
        (KIND, "nothing", [], "unknown-field"),
        ("nothing", "amount", [], "unknown-field"),
        ("finance", "amount", [], "unknown-field"),
        (KIND, "description", [], "not-a-number-field"),
        (KIND, "amount", ["colour"], "unknown-group"),
    ],
)
def test_what_cannot_be_summed_is_told(
    vault: Vault, kind: str, field: str, by: list[str], code: str
) -> None:
    with pytest.raises(UsageError) as caught, vault.read() as snapshot:
        sums.total(snapshot, kind, field, by, Filter())
    assert caught.value.code == code
