"""The catalogue: counts, periods and gaps that agree with the records."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.catalogue import coverage, query
from app.catalogue.query import Filter
from app.vault import runs
from app.vault.vault import Vault
from connectors.api import Record
from connectors.kinds import DOMAINS, KINDS
from tests.vaults import payment, put


@pytest.mark.parametrize(
    ("months", "gaps"),
    [
        (set(), []),
        ({"2024-03"}, []),
        ({"2024-03", "2024-04"}, []),
        ({"2024-03", "2024-05"}, ["2024-04"]),
        ({"2023-11", "2024-02"}, ["2023-12/2024-01"]),
        ({"2023-11", "2024-02", "2024-06", "2024", ""}, ["2023-12/2024-01", "2024-03/2024-05"]),
        ({"0001-01", "0001-03", "9999-12"}, ["0001-02", "0001-04/9999-11"]),
    ],
)
def test_gaps_are_months_without_any(months: set[str], gaps: list[str]) -> None:
    assert coverage.gaps(months) == gaps


@given(st.sets(st.tuples(st.integers(1990, 2030), st.integers(1, 12)), max_size=30))
def test_gaps_and_months_make_up_the_period(found: set[tuple[int, int]]) -> None:
    months = {f"{year:04}-{month:02}" for year, month in found}
    covered = set(months)

    def number(month: str) -> int:
        return int(month[:4]) * 12 + int(month[5:]) - 1

    for gap in coverage.gaps(months):
        first, _, last = gap.partition("/")
        inside = range(number(first), number(last or first) + 1)
        names = {f"{n // 12:04}-{n % 12 + 1:02}" for n in inside}
        assert not names & covered
        covered |= names
    if months:
        assert len(covered) == number(max(months)) - number(min(months)) + 1


def filled(vault: Vault) -> str:
    put(
        vault,
        [
            payment("1", start="2023-11-30T23:30:00-05:00", description="Bread"),
            payment("2", start="2024-02"),
            payment("3", start="2024-02-29"),
            payment("4", start=""),
            payment("5", start="2022"),
            Record("finance.balance", "b", start="2024-02-29", data={"currency": "GBP"}),
        ],
    )
    import_id, _ = put(
        vault, [payment("1", start="2025-01-01")], connector="ofx.statement", account="one"
    )
    put(vault, [payment("2", start="2025-01-02")], connector="ofx.statement", account="two")
    return import_id


def test_sources_and_kinds_are_counted(vault: Vault) -> None:
    filled(vault)
    with vault.read() as snapshot:
        found = coverage.catalogue(snapshot)
        overview = coverage.overview(snapshot)
    sources = {source.source: source for source in found.sources}
    assert {name: source.records for name, source in sources.items()} == {
        "uk.midata": 6,
        "ofx.statement": 2,
    }
    assert sources["uk.midata"].kinds == {"finance.balance": 1, "finance.transaction": 5}
    assert (sources["uk.midata"].first, sources["uk.midata"].last) == ("2022", "2024-02-29")
    assert (sources["ofx.statement"].first, sources["ofx.statement"].last) == (
        "2025-01-01",
        "2025-01-02",
    )
    assert all(source.imported_at.endswith("Z") for source in found.sources)
    kinds = {kind.kind: kind for kind in found.kinds}
    money = kinds["finance.transaction"]
    assert (money.records, money.first, money.last) == (7, "2022", "2025-01-02")
    assert money.sources == {"ofx.statement": 2, "uk.midata": 5}
    assert money.gaps == ["2023-12/2024-01", "2024-03/2024-12"]
    fields = {field.name: (field.filled, field.sampled) for field in money.fields}
    assert fields == {"amount": (7, 7), "currency": (7, 7), "description": (1, 7)}
    assert overview.domains == {"finance": 8}
    assert overview.kinds == {"finance.balance": 1, "finance.transaction": 7}
    assert overview.sources == {"uk.midata": 6, "ofx.statement": 2}


def test_months_are_those_of_the_records_own_calendar(vault: Vault) -> None:
    filled(vault)
    with vault.read() as snapshot:
        months = {line.month: line.count for line in coverage.monthly(snapshot, "finance")}
        assert months == {"2023-11": 1, "2024-02": 3, "2025-01": 2}
        for month, count in months.items():
            asked = Filter(kind="finance", since=month, until=month)
            assert query.count(snapshot, asked) == count
        assert coverage.monthly(snapshot, "health") == []


def test_what_an_undone_import_brought_is_gone_from_the_catalogue(vault: Vault) -> None:
    import_id = filled(vault)
    with vault.write() as transaction:
        runs.undo(transaction, import_id)
        for run in runs.every(transaction):
            if run.account == "two":
                runs.undo(transaction, run.import_id)
        found = coverage.catalogue(transaction)
    assert [source.source for source in found.sources] == ["uk.midata"]


def test_an_empty_vault_has_an_empty_catalogue(vault: Vault) -> None:
    with vault.read() as snapshot:
        assert coverage.catalogue(snapshot) == coverage.Catalogue([], [])
        assert coverage.totals(snapshot, "finance.transaction", "amount") == []


def test_filters_narrow(vault: Vault) -> None:
    import_id = filled(vault)

    def keys(**asked: Any) -> list[tuple[str, str]]:
        with vault.read() as snapshot:
            found = [(row.source, row.start) for row in query.scan(snapshot, Filter(**asked))]
            assert len(found) == query.count(snapshot, Filter(**asked))
            assert len(found) == len(query.row_ids(snapshot, Filter(**asked)))
            return found

    assert len(keys()) == len(keys(kind="finance")) == 8
    assert keys(kind="finance.balance") == [("uk.midata", "2024-02-29")]
    assert keys(kind="no.such") == keys(kind="health") == keys(source="no.such") == []
    assert keys(import_id=import_id) == [("ofx.statement", "2025-01-01")]
    assert keys(import_id="none") == []
    assert keys(text="bread") == [("uk.midata", "2023-11-30T23:30:00-05:00")]
    assert keys(text="bread", until="2023-11-30", since="2023-11-30") == keys(text="bread")
    assert keys(text="bread", since="2023-12") == keys(text="!!!") == []
    assert keys(since="2024-02-29", until="2025-01-01", kind="finance.transaction") == [
        ("ofx.statement", "2025-01-01"),
        ("uk.midata", "2024-02-29"),
    ]


def test_a_row_has_everything(vault: Vault) -> None:
    filled(vault)
    with vault.read() as snapshot:
        (row,) = query.page(snapshot, Filter(text="bread"), 5)
        assert query.get(snapshot, row.key) == row
        assert query.page(snapshot, Filter(), 5, row.rid)[0].start == "2022"
    assert (row.kind, row.source, row.where, row.title) == (
        "finance.transaction",
        "uk.midata",
        "row 1",
        "Payment 1",
    )


def test_a_domain_is_its_kinds() -> None:
    assert query.kinds_of("") == ()
    for domain in DOMAINS:
        assert all(kind.startswith(f"{domain}.") for kind in query.kinds_of(domain))
    assert {kind for domain in DOMAINS for kind in query.kinds_of(domain)} == set(KINDS)
