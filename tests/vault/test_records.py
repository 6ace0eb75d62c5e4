"""Putting records in: what is let in, where rows go, what counts as the same thing."""

from __future__ import annotations

import itertools
from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.vault import door, order, payload, reading, runs, writer
from app.vault.vault import Vault
from connectors.api import Attachment, Link, Record
from tests.vaults import payment, put


def rids(vault: Vault) -> list[int]:
    with vault.read() as snapshot:
        return list(reading.row_ids(snapshot, reading.Where()))


def native_ids(vault: Vault, where: reading.Where | None = None) -> list[str]:
    """Newest first."""
    with vault.read() as snapshot:
        return [raw.said.native_id for raw in reading.scan(snapshot, where or reading.Where())]


# -- the door


@pytest.mark.parametrize(
    ("record", "field"),
    [
        (Record("no.such.kind", "1"), "no.such.kind"),
        (Record("k" * 200, "1"), "k" * 80),
        (Record("", "1"), "kind"),
        (Record("finance.transaction", ""), "native_id"),
        (Record("finance.transaction", "x" * 1001), "native_id"),
        (payment("1", surprise="x"), "surprise"),
        (payment("1", **{"y" * 200: "x"}), "y" * 80),
        (payment("1", **{"": "x"}), "data"),
        (payment("1", amount="1,234.50"), "amount"),
        (payment("1", amount="1e5"), "amount"),
        (payment("1", amount="NaN"), "amount"),
        (payment("1", amount="１２"), "amount"),
        (payment("1", amount="1" * 41), "amount"),
        (payment("1", amount="1."), "amount"),
        (payment("1", amount="+1"), "amount"),
        (payment("1", amount="1\n"), "amount"),
        (payment("1", amount=""), "amount"),
        (payment("1", description=5), "description"),
        (payment("1", description=["a"]), "description"),
        (payment("1", description=True), "description"),
        (payment("1", start="yesterday"), "start"),
        (payment("1", start="2024-W01-1"), "start"),
        (payment("1", start="20240101"), "start"),
        (payment("1", start="0000"), "start"),
        (Record("finance.transaction", "1", end="2024-02-30"), "end"),
    ],
)
def test_what_does_not_fit_is_a_problem_and_not_a_record(
    vault: Vault, record: Record, field: str
) -> None:
    with vault.write() as transaction:
        run = runs.begin(transaction, connector="uk.midata", version=1)
        (problem,) = run.add([payment("good"), record])
        counts, kinds = run.finish()
    assert (problem.code, problem.value) == ("bad-record", field)
    assert (counts.new, counts.rejected, kinds) == (1, 1, {"finance.transaction": 1})
    assert native_ids(vault) == ["good"]


@pytest.mark.parametrize("start", ["", "2024", "2024-02", "2024-02-29", "0001-01-01", "9999-12-31"])
@pytest.mark.parametrize("amount", ["0", "-0.00", "9" * 40, f"-{'9' * 40}.{'9' * 40}"])
def test_what_fits_comes_out_as_it_went_in(vault: Vault, start: str, amount: str) -> None:
    record = Record(
        kind="finance.transaction",
        native_id="ключ-번호-🔑",
        start=start,
        end=start,
        title="Title\0with\nodd \u202e characters",
        text="text",
        data={"amount": amount, "currency": "GBP"},
        extra='{"a":[1,2.50,null]}',
        links=[Link("account", "finance.account", "7")],
        files=[Attachment("photos/1.jpg", "image/jpeg", "사진")],
        where="row 5",
    )
    put(vault, [record])
    with vault.read() as snapshot:
        (raw,) = reading.scan(snapshot, reading.Where())
        assert reading.by_key(snapshot, raw.key) == raw
        assert reading.by_key(snapshot, "00" * 16) is None
    said = raw.said
    assert (raw.kind, raw.where, said.native_id, said.start, said.end) == (
        record.kind,
        record.where,
        record.native_id,
        start,
        start,
    )
    assert (said.title, said.text, said.data, said.extra, said.links, said.files) == (
        record.title,
        record.text,
        record.data,
        record.extra,
        record.links,
        record.files,
    )


def test_searched_text_has_each_part_once() -> None:
    record = payment("1", title="Shop", name="Shop", description="Bread")
    assert door.searched_text(record) == "Shop\nBread"


# -- identity


def test_the_same_thing_is_known_by_source_kind_and_id() -> None:
    keys = [
        payload.Hasher(key, connector, account).key(kind, native_id)
        for key in (b"k" * 32, b"l" * 32)
        for connector, account in (("a", "b"), ("ab", ""), ("", "ab"), ("a", ""))
        for kind, native_id in (("k", "1"), ("k1", ""), ("k", "2"))
    ]
    assert len(set(keys)) == len(keys)
    assert payload.Hasher(b"k" * 32, "a", "b").key("k", "1") == keys[0]


@given(st.dictionaries(st.text(max_size=5), st.one_of(st.text(), st.integers(), st.booleans())))
def test_the_same_words_are_the_same_version(data: dict[str, str | int | bool]) -> None:
    hasher = payload.Hasher(b"k" * 32, "a", "")
    forwards = payload.encode(Record("k", "1", data=dict(data)))
    backwards = payload.encode(Record("k", "1", data=dict(reversed(data.items()))))
    assert hasher.content(forwards) == hasher.content(backwards)
    assert payload.decode(forwards).data == data
    moved = payload.encode(Record("k", "1", data=dict(data), where="row 7"))
    assert moved == forwards


def test_another_file_where_a_record_only_moved_adds_nothing(vault: Vault) -> None:
    import msgspec

    put(vault, [payment("1")])
    moved = msgspec.structs.replace(payment("1"), where="row 900")
    assert put(vault, [moved])[1] == (0, 1, 0)


def test_what_a_run_repeats_is_one_record_with_its_last_words(vault: Vault) -> None:
    _, counts = put(vault, [payment("1", "1"), payment("1", "2"), payment("1", "2")])
    assert counts == (1, 1, 1)
    with vault.read() as snapshot:
        (raw,) = reading.scan(snapshot, reading.Where())
        assert raw.said.data["amount"] == "2"
        assert reading.history(snapshot, raw.key) == []


def test_an_old_export_after_a_newer_one_changes_nothing(vault: Vault) -> None:
    put(vault, [payment("1", "1")])
    assert put(vault, [payment("1", "2")])[1] == (0, 0, 1)
    assert put(vault, [payment("1", "1")])[1] == (0, 1, 0)
    with vault.read() as snapshot:
        (raw,) = reading.scan(snapshot, reading.Where())
        assert raw.said.data["amount"] == "2"
        assert [said.data["amount"] for said in reading.history(snapshot, raw.key)] == ["1"]


def test_one_undone_import_shows_no_record_but_stays_in_the_list(vault: Vault) -> None:
    import_id, _ = put(vault, [payment("1")])
    with vault.write() as transaction:
        assert runs.undo(transaction, "nothing") == 0
        assert runs.undo(transaction, import_id) == 1
        run = runs.get(transaction, import_id)
    assert run is not None
    assert (run.state, run.new) == ("undone", 1)
    assert rids(vault) == []


# -- rows


def test_rows_are_in_the_order_of_time(vault: Vault) -> None:
    starts = [
        "",
        "0001-01-01",
        "1969-12-31T23:59:59.999",
        "1970",
        "1970-01-01T09:00:00.001+09:00",
        "2024",
        "2024-02",
        "2024-02-29",
        "2024-02-29T00:00:01",
        "9999-12-31T23:59:59.999",
    ]
    put(vault, [payment(str(n), start=start) for n, start in reversed([*enumerate(starts)])])
    assert native_ids(vault) == [str(n) for n in reversed(range(len(starts)))]


def test_what_happened_at_the_same_time_stays_in_the_files_order(vault: Vault) -> None:
    put(vault, [payment(str(number)) for number in range(9)])
    assert native_ids(vault) == [str(number) for number in reversed(range(9))]


@pytest.mark.slow
@pytest.mark.parametrize("start", ["2024-03-05", ""])
def test_more_in_one_millisecond_than_there_are_numbers(vault: Vault, start: str) -> None:
    count = order.STEP + 300
    put(vault, [payment("next", start="2024-03-05T00:00:00.001")])
    put(vault, (payment(str(number), start=start) for number in range(count)))
    put(vault, (payment(str(number), start=start) for number in range(count)), account="other")
    found = rids(vault)
    assert len(found) == len(set(found)) == 2 * count + 1
    assert found == sorted(found, reverse=True)
    with vault.read() as snapshot:
        words = snapshot.execute("SELECT rowid FROM words ORDER BY rowid DESC").fetchall()
        assert [rid for (rid,) in words] == found
        assert reading.count(snapshot, reading.Where(since="2024", until="2024")) == (
            len(found) if start else 1
        )


@settings(
    deadline=None, max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.lists(
        st.lists(
            st.sampled_from(["", "2024", "2024-01-01", "2024-01-01T00:00:00.001"]), max_size=30
        ),
        max_size=4,
    ),
    st.integers(1, 20),
)
def test_sources_that_collide_lose_nothing(
    vault: Vault, imports: list[list[str]], chunk: int
) -> None:
    writing = vault.write()
    transaction = writing.__enter__()
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(writer, "CHUNK", chunk)
            patch.setattr(writer, "_BLOCK", 3)
            for number, starts in enumerate(imports):
                run = runs.begin(transaction, connector="uk.midata", version=1, account=str(number))
                run.add([payment(str(place), start=start) for place, start in enumerate(starts)])
                run.finish()
        rows = transaction.execute("SELECT rid FROM record ORDER BY rid").fetchall()
        assert len(rows) == sum(map(len, imports))
        assert rows == transaction.execute("SELECT rowid FROM words ORDER BY rowid").fetchall()
        for raw in reading.scan(transaction, reading.Where()):
            first = order.row(raw.said.start)
            assert first <= raw.rid < first + 2 * order.STEP
    finally:
        writing.__exit__(RuntimeError, RuntimeError(), None)


# -- periods


def day_of(start: str) -> str:
    return start[:10] if len(start) > 10 else order_day(start)


def order_day(start: str) -> str:
    return start + "-01-01"[len(start) - 4 :]


ZONES = ["", "Z", "+09:00", "-11:00", "+14:00"]
TIMES = ["T00:00", "T08:59:59", "T23:59:59.999"]
DAYS = [(date(2023, 12, 30) + timedelta(n)).isoformat() for n in range(5)]
STARTS = [
    *(f"{day}{time}{zone}" for day, time, zone in itertools.product(DAYS, TIMES, ZONES)),
    *DAYS,
    "2023",
    "2024",
    "2023-12",
    "2024-01",
]


@pytest.mark.parametrize("since", ["", "2023-12-31", "2024-01-01", "2024-01", "2024"])
@pytest.mark.parametrize("until", ["", "2023-12-31", "2024-01-01", "2023-12", "2023"])
def test_a_day_is_the_day_on_the_records_own_calendar(vault: Vault, since: str, until: str) -> None:
    put(vault, [payment(start or "never", start=start) for start in [*STARTS, ""]])
    where = reading.Where(since=since, until=until)
    expected = {
        start
        for start in STARTS
        if (not since or day_of(start)[: len(since)] >= since)
        and (not until or day_of(start)[: len(until)] <= until)
    }
    if not since and not until:
        expected.add("never")
    found = native_ids(vault, where)
    assert set(found) == expected
    assert len(found) == len(expected)
    with vault.read() as snapshot:
        assert reading.count(snapshot, where) == len(expected)
        everything = reading.Where(since=since, until=until, text="payment")
        assert reading.count(snapshot, everything) == len(expected)


def test_an_instant_is_an_instant_whatever_its_zone(vault: Vault) -> None:
    put(vault, [payment(start, start=start) for start in STARTS])
    found = native_ids(vault, reading.Where(since="2024-01-01T00:00Z", until="2024-01-01T00:00Z"))
    assert set(found) == {
        "2024",
        "2024-01",
        "2024-01-01",
        "2024-01-01T00:00",
        "2024-01-01T00:00Z",
    }


def test_pages_go_on_below_the_last_row(vault: Vault) -> None:
    put(vault, [payment(str(number), start=f"20{number:02}") for number in range(25)])
    with vault.read() as snapshot:
        found: list[int] = []
        below = order.LARGEST
        while page := reading.row_ids(snapshot, reading.Where(text="payment"), 7, below):
            found.extend(page)
            below = page[-1]
        assert found == list(reading.row_ids(snapshot, reading.Where()))
        assert [raw.rid for raw in reading.rows(snapshot, [*found[:3], 5])] == found[:3]
        assert reading.rows(snapshot, []) == []
