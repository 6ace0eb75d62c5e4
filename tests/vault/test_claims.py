"""Imports, undoing and deleting in any order, against a model that knows only who said what.

The model keeps the runs and what each said last about each key, and works the state out from that;
the vault must come to the same, whichever of its short ways it took.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from contextlib import AbstractContextManager, suppress
from decimal import Decimal
from typing import Any, ClassVar

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from app.vault import claims, payload, reading, runs, writer
from app.vault.records import Version
from app.vault.transaction import Transaction
from app.vault.vault import Vault
from tests.vaults import CONNECTOR, payment

KEYS = st.sampled_from("ABCDE")
CONTENTS = st.integers(0, 3)
ROWS = st.lists(st.tuples(KEYS, CONTENTS), max_size=8)

AMOUNTS = ["1.10", "-2.20", "0.00", "-0.005"]
STARTS = ["2024-03-05", "2024-03-05T10:00:00+09:00", "", "2023"]


class RolledBack(Exception):
    pass


class Said:
    """The model's run: what it said last about each key, in the order of runs."""

    def __init__(self, import_id: str) -> None:
        self.import_id = import_id
        self.words: dict[str, int] = {}
        self.undone = False


class Machine(RuleBasedStateMachine):
    vault: ClassVar[Vault]
    imports = Bundle("imports")

    def __init__(self) -> None:
        super().__init__()
        self.said: list[Said] = []
        self.buried: set[str] = set()
        self.writing: AbstractContextManager[Transaction] = self.vault.write()
        self.transaction = self.writing.__enter__()
        self.hasher = payload.Hasher(self.transaction.meta("content_key") or b"", CONNECTOR, "")

    def teardown(self) -> None:
        with suppress(RolledBack):
            self.writing.__exit__(RolledBack, RolledBack(), None)

    # -- what the model expects

    def versions(self, key: str) -> list[tuple[int, str]]:
        """(content, import id that said it first), in the order of these: the last is current."""
        first: dict[int, str] = {}
        for said in self.said:
            if not said.undone and key in said.words:
                first.setdefault(said.words[key], said.import_id)
        return list(first.items())

    def current(self) -> dict[str, tuple[int, str]]:
        return {
            key: self.versions(key)[-1]
            for key in "ABCDE"
            if key not in self.buried and self.versions(key)
        }

    # -- what is done

    @initialize()
    def nothing(self) -> None:
        assert self.transaction.one("SELECT count(*) FROM record") == 0

    @rule(target=imports, rows=ROWS, chunk=st.integers(1, 4))
    def bring(self, rows: list[tuple[str, int]], chunk: int) -> str:
        before = self.current()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(writer, "CHUNK", chunk)
            run = runs.begin(self.transaction, connector=CONNECTOR, version=1)
            said = Said(run.import_id)
            for place, (key, content) in enumerate(rows):
                record = payment(key, AMOUNTS[content], STARTS[content], f"결제 {content}")
                assert not run.add([record]), place
                said.words[key] = content
            counts, kinds = run.finish()
        self.said.append(said)
        assert counts.new == len(self.current().keys() - before.keys())
        assert counts.new + counts.known + counts.updated == len(rows) == sum(kinds.values())
        return run.import_id

    @rule(import_id=consumes(imports))
    def undo(self, import_id: str) -> None:
        before = len(self.current())
        removed = runs.undo(self.transaction, import_id)
        next(said for said in self.said if said.import_id == import_id).undone = True
        assert removed == before - len(self.current())
        assert runs.undo(self.transaction, import_id) == 0

    @rule(target=imports, import_id=imports)
    def again(self, import_id: str) -> Any:
        """Read the very same once more: nothing new unless it had been undone."""
        words = next(said.words for said in self.said if said.import_id == import_id)
        self.bring(list(words.items()), 100)
        return multiple(self.said[-1].import_id)

    @rule(keys=st.sets(KEYS, max_size=3))
    def delete(self, keys: set[str]) -> None:
        gone = keys & self.current().keys()
        assert claims.delete(self.transaction, sorted(map(self.key, keys))) == len(gone)
        self.buried |= gone

    @rule(keys=st.sets(KEYS, max_size=3))
    def undelete(self, keys: set[str]) -> None:
        before = len(self.current())
        self.buried -= keys
        back = claims.undelete(self.transaction, sorted(map(self.key, keys)))
        assert back == len(self.current()) - before

    def key(self, native_id: str) -> bytes:
        return self.hasher.key("finance.transaction", native_id)

    # -- what must hold

    @invariant()
    def the_records_are_the_models(self) -> None:
        found = {
            raw.said.native_id: (AMOUNTS.index(str(raw.said.data["amount"])), raw.import_id)
            for raw in reading.scan(self.transaction, reading.Where())
        }
        assert found == self.current()

    @invariant()
    def the_history_is_the_models(self) -> None:
        for key in "ABCDE":
            expected = [content for content, _ in self.versions(key)]
            if key in self.current():
                expected.pop()
            history = reading.history(self.transaction, self.key(key).hex())
            found = [AMOUNTS.index(str(said.data["amount"])) for said in history]
            assert found == expected[::-1]

    @invariant()
    def every_claim_is_kept_once(self) -> None:
        expected = sorted(
            (self.key(key), said.import_id)
            for said in self.said
            if not said.undone
            for key in said.words
        )
        found = self.transaction.execute(
            "SELECT key, uid FROM (SELECT key, run FROM record UNION ALL SELECT key, run FROM"
            " version UNION ALL SELECT key, run FROM sighting) JOIN run ON run.id = run"
        ).fetchall()
        assert sorted(found) == expected

    @invariant()
    def words_stand_for_records(self) -> None:
        rows = self.transaction.execute("SELECT rid FROM record ORDER BY rid").fetchall()
        words = self.transaction.execute("SELECT rowid FROM words ORDER BY rowid").fetchall()
        assert rows == words
        for content in range(4):
            hits = reading.row_ids(self.transaction, reading.Where(text=f"결제 {content}"))
            expected = [key for key, (said, _) in self.current().items() if said == content]
            assert len(hits) == len(expected)

    @invariant()
    def tallies_are_what_counting_gives(self) -> None:
        current = [content for content, _ in self.current().values()]
        months = Counter(STARTS[content][:7] for content in current)
        assert {t.month: t.count for t in reading.tallies(self.transaction)} == months
        sums: defaultdict[tuple[str, int], Decimal] = defaultdict(Decimal)
        for content in current:
            amount = Decimal(AMOUNTS[content])
            sums[STARTS[content][:7], -1 if amount < 0 else 1] += amount
        totals = reading.totals(self.transaction, "finance.transaction", "amount")
        assert {(t.month, t.sign): Decimal(t.sum) for t in totals} == sums
        assert sum(total.count for total in totals) == len(current)

    @invariant()
    def the_operations_are_numbered(self) -> None:
        numbers = self.transaction.execute("SELECT sequence, clock FROM operation ORDER BY id")
        clocks = [clock for _, clock in numbers]
        assert clocks == sorted(set(clocks))


@pytest.mark.slow
def test_whatever_happens_the_claims_decide(vault: Vault) -> None:
    class Here(Machine):
        pass

    Here.vault = vault
    run_state_machine_as_test(
        Here,
        settings=settings(
            max_examples=120,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


# -- the rule itself


@st.composite
def said(draw: st.DrawFn) -> list[claims.Claim]:
    """Claims of different runs on one record."""
    clocks = draw(st.lists(st.integers(0, 5), max_size=8))
    found = []
    for number, clock in enumerate(clocks):
        content = draw(st.sampled_from([b"a", b"b", b"c"]))
        version = Version(b"key", number, content, 1, 1, "", b"")
        found.append(claims.Claim((clock, f"{number:04}"), version))
    return found


@given(said(), st.randoms(use_true_random=False))
def test_two_devices_agree_in_whatever_order_they_learn(
    made: list[claims.Claim], random: Any
) -> None:
    shuffled = made[:]
    random.shuffle(shuffled)
    assert claims.standing(shuffled) == claims.standing(made)


@given(said())
def test_the_current_version_is_the_one_first_said_last(made: list[claims.Claim]) -> None:
    first = claims.standing(made)
    assert {claim.version.content for claim in first} == {c.version.content for c in made}
    for claim in first:
        assert claim.order == min(
            other.order for other in made if other.version.content == claim.version.content
        )
    assert [claim.order for claim in first] == sorted(claim.order for claim in first)


def test_what_a_device_ahead_of_time_brought_is_newer(vault: Vault) -> None:
    """A run whose clock is ahead stays the last word, though this one is read after it."""
    with vault.write() as transaction:
        ahead = runs.begin(transaction, connector=CONNECTOR, version=1)
        ahead.add([payment("A", "1.00")])
        ahead.finish()
        transaction.execute("UPDATE run SET clock = clock << 1 WHERE uid = ?", (ahead.import_id,))
        late = runs.begin(transaction, connector=CONNECTOR, version=1)
        late.add([payment("A", "2.00"), payment("B", "3.00")])
        counts, _ = late.finish()
        assert (counts.new, counts.updated) == (1, 1)
        found = {
            raw.said.native_id: raw.said.data["amount"]
            for raw in reading.scan(transaction, reading.Where())
        }
        assert found == {"A": "1.00", "B": "3.00"}
        runs.undo(transaction, ahead.import_id)
        found = {
            raw.said.native_id: raw.said.data["amount"]
            for raw in reading.scan(transaction, reading.Where())
        }
        assert found == {"A": "2.00", "B": "3.00"}


def test_a_run_that_says_two_things_has_said_the_last(
    vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where the first was written already."""
    monkeypatch.setattr(writer, "CHUNK", 1)
    with vault.write() as transaction:
        run = runs.begin(transaction, connector=CONNECTOR, version=1)
        for amount in ("1.00", "2.00"):
            run.add([payment("A", amount)])
        run.finish()
        (raw,) = reading.scan(transaction, reading.Where())
        assert raw.said.data["amount"] == "2.00"
        assert transaction.one("SELECT count(*) FROM version") == 0
        assert transaction.one("SELECT count(*) FROM sighting") == 0


def test_the_place_of_a_record_is_that_of_the_run_that_stands(vault: Vault) -> None:
    """The first to say it by the clock, though this one is read after it; then the other."""
    with vault.write() as transaction:
        made = {}
        for place in ("row 7", "row 9"):
            run = runs.begin(transaction, connector=CONNECTOR, version=1)
            run.add([msgspec.structs.replace(payment("A"), where=place)])
            run.finish()
            made[place] = run.import_id
            if place == "row 7":
                clock = "UPDATE run SET clock = clock << 1 WHERE uid = ?"
                transaction.execute(clock, (run.import_id,))
        for expected in ("row 9", "row 7"):
            (raw,) = reading.scan(transaction, reading.Where())
            assert (raw.import_id, raw.where) == (made[expected], expected)
            runs.undo(transaction, raw.import_id)
