"""Many records at a time, with chunks so small that every short way ends in the middle."""

from __future__ import annotations

import gc
import os
import sys
import threading
import uuid
from functools import partial
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.vault import checkup, connection, order, runs, writer
from app.vault.transaction import Transaction
from app.vault.vault import Vault
from connectors.api import Record
from tests.vaults import CONNECTOR

INDEXES = {"record_key", "record_kind", "record_source", "record_run"}


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "CHUNK", 20)
    monkeypatch.setattr(writer, "_BLOCK", 7)
    monkeypatch.setattr(writer, "REMEMBERED", 100)


def post(name: str, start: str = "", text: str = "") -> Record:
    return Record("social.post", name, start, title=f"Post {name}", text=text)


def imported(vault: Vault, records: list[Record], connector: str = CONNECTOR) -> tuple[int, ...]:
    """New, known and updated."""
    with vault.write(bulk=True) as transaction:
        run = runs.begin(transaction, connector=connector, version=1)
        for start in range(0, len(records), 9):
            assert not run.add(records[start : start + 9])
        counts, kinds = run.finish()
    assert sum(kinds.values()) == len(records)
    return counts.new, counts.known, counts.updated


def test_who_goes_on_waits_for_the_work_beside(vault: Vault) -> None:
    """Else both threads count each other's rows, and the writer takes some as gone in."""
    may_end, done = threading.Event(), []

    def work() -> None:
        may_end.wait(5)
        done.append("work")

    with vault.write(bulk=True) as transaction:
        transaction.beside(work)
        threading.Timer(0.05, may_end.set).start()
        transaction.set_meta("note", b"1")
        done.append("caller")
    assert done == ["work", "caller"]


def test_what_went_wrong_beside_keeps_the_caller_from_writing(vault: Vault) -> None:
    """A full disk rolls back by itself: what came after would stay, alone."""

    def roll_back(transaction: Transaction) -> None:
        transaction.execute("ROLLBACK")
        raise ZeroDivisionError

    def go_on() -> None:
        with vault.write(bulk=True) as transaction:
            transaction.beside(partial(roll_back, transaction))
            transaction.set_meta("note", b"1")

    with pytest.raises(ZeroDivisionError):
        go_on()
    with vault.read() as snapshot:
        assert snapshot.meta("note") is None


def broken_off(vault: Vault, records: list[Record]) -> None:
    with vault.write(bulk=True) as transaction:
        runs.begin(transaction, connector=CONNECTOR, version=1).add(records)
        raise ZeroDivisionError


def whole(vault: Vault) -> bool:
    """Every index is there and agrees with the table, and so does the search index."""
    with vault.read() as snapshot:
        there = {
            name
            for (name,) in snapshot.execute("SELECT name FROM sqlite_schema WHERE type = 'index'")
        }
        plan = snapshot.one("SELECT count(*) FROM record INDEXED BY record_key")
        checked = checkup.deep(snapshot, vault.folder, lambda _done, _total: None)
    return there >= INDEXES and plan == checked.records and checked.ok


def test_the_first_import_leaves_every_index(vault: Vault) -> None:
    assert imported(vault, [post(str(n)) for n in range(90)]) == (90, 0, 0)
    assert whole(vault)


def test_a_record_that_comes_again_in_a_later_chunk_is_known(vault: Vault) -> None:
    records = [post(str(n % 50), text="later" if n == 80 else "") for n in range(90)]
    assert imported(vault, records) == (50, 39, 1)
    assert whole(vault)


def test_more_keys_than_are_remembered(vault: Vault) -> None:
    records = [post(str(n)) for n in range(150)]
    assert imported(vault, [*records, *records]) == (150, 150, 0)
    assert whole(vault)


def test_an_import_that_breaks_off_leaves_every_index(vault: Vault) -> None:
    with pytest.raises(ZeroDivisionError):
        broken_off(vault, [post(str(n)) for n in range(30)])
    assert whole(vault)
    assert gc.isenabled()
    assert imported(vault, [post("1")]) == (1, 0, 0)


@pytest.mark.parametrize("start", ["", "2024-03-09", "9999-12-31T23:59:59.999-23:59"])
def test_a_crowd_at_one_moment_keeps_the_order_it_came_in(vault: Vault, start: str) -> None:
    names = [f"{n:03}" for n in range(160)]
    for connector in (CONNECTOR, "ofx.statement"):
        assert imported(vault, [post(name, start) for name in names], connector)[0] == 160
        with vault.read() as snapshot:
            rows = snapshot.execute(
                "SELECT json_extract(payload, '$[0]') FROM record JOIN source"
                " ON source.id = record.source WHERE connector = ? ORDER BY rid",
                (connector,),
            ).fetchall()
        assert [name for (name,) in rows] == names
    assert whole(vault)


def test_a_full_millisecond_spills_into_the_next(
    vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(order, "STEP", 16)
    monkeypatch.setattr(order, "SHIFT", 4)
    at = [f"2024-03-09T10:00:00.{n % 3:03}Z" for n in range(200)]
    assert imported(vault, [post(str(n), start) for n, start in enumerate(at)])[0] == 200
    assert imported(vault, [post(f"x{n}", start) for n, start in enumerate(at)])[0] == 200
    assert whole(vault)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 2)), max_size=120))
def test_what_is_new_is_what_was_never_there(vault: Vault, said: list[tuple[int, int]]) -> None:
    connector = uuid.uuid4().hex  # examples share the vault
    records = [post(str(name), f"20{10 + word}", str(word)) for name, word in said]
    there = set[str]()
    for part in (records, records[-40:], records[::-1]):
        new, known, updated = imported(vault, part, connector)
        names = {record.native_id for record in part}
        assert new == len(names - there)
        assert new + known + updated == len(part)
        there |= names
    assert whole(vault)


def resident() -> int:
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.skipif(sys.platform != "linux", reason="no other system tells it here")
def test_long_records_of_many_chunks_do_not_stay_in_memory(
    vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A prepared statement keeps its last values: one for each length of a chunk kept them all."""
    size = 2 << 20
    for name, value in (("CHUNK", 30_000), ("_BLOCK", 2000), ("CHUNK_BYTES", size)):
        monkeypatch.setattr(writer, name, value)
    monkeypatch.setattr(connection, "BULK_CACHE_KIB", 2048)
    with vault.write(bulk=True) as transaction:
        run = runs.begin(transaction, connector=CONNECTOR, version=1)
        for count in range(20, 60):
            text = "x" * (size // count)
            run.add([Record("social.post", f"{count}-{n}", extra=text) for n in range(count)])
            if count == 24:
                transaction.settle()
                before = resident()
        transaction.settle()
        assert resident() - before < 16 * size
        counts, _ = run.finish()
    assert counts.new == sum(range(20, 60))
