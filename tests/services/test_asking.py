"""What both faces ask: answers for sense, a sentence for nonsense."""

from __future__ import annotations

import pytest

from app.errors import UsageError
from app.services import asking
from app.services.asking import Filter
from app.services.session import Session
from tests.vaults import payment, put


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        (Filter(kind="no.such"), "unknown-kind"),
        (Filter(kind="finance."), "unknown-kind"),
        (Filter(since="yesterday"), "bad-date"),
        (Filter(until="2024-02-30"), "bad-date"),
        (Filter(until="20240101"), "bad-date"),
        (Filter(since="2024-W01"), "bad-date"),
    ],
)
def test_nonsense_is_told_everywhere(session: Session, asked: Filter, code: str) -> None:
    for ask in (
        lambda: asking.row_ids(session, asked),
        lambda: asking.page(session, asked, 5),
        lambda: asking.count(session, asked),
        lambda: asking.search(session, "bread", asked, 5),
    ):
        with pytest.raises(UsageError) as caught:
            ask()
        assert caught.value.code == code


def test_answers(session: Session) -> None:
    put(session.vault, [payment(str(n), f"{n}.10", f"2024-0{n}-01") for n in range(1, 6)])
    assert asking.count(session, Filter(until="9999-12-31")) == 5
    ids = asking.row_ids(session, Filter(kind="finance", since="2024-03"))
    assert [row.start[:7] for row in asking.rows(session, ids)] == ["2024-05", "2024-04", "2024-03"]
    hits = asking.search(session, "payment", Filter(), 2)
    assert (hits.total, [row.start for row in hits.rows]) == (5, ["2024-05-01", "2024-04-01"])
    assert asking.search(session, " ", Filter(), 5) == asking.Hits(0, [])
    assert asking.search(session, "🎉", Filter(), 5).total == 0
    (page,) = asking.page(session, Filter(), 1, before=ids[2])
    assert page.start == "2024-02-01"
    assert asking.record(session, page.key) == page
    assert asking.record(session, "00" * 16) is None
    (total,) = asking.total(session, "finance.transaction", "amount", [])
    assert (total.sum, total.count) == ("15.50", 5)
    assert [line.month for line in asking.totals(session, "finance.transaction", "amount")] == [
        f"2024-0{n}" for n in range(1, 6)
    ]
    assert sum(line.count for line in asking.monthly(session, "finance")) == 5
    assert asking.catalogue(session).kinds[0].records == 5
    assert asking.source_title("uk.midata").startswith("UK midata")
    assert asking.source_title("someone.else") == "someone.else"
    assert asking.source_title("mydata.bundle") == "Received bundle"


@pytest.mark.parametrize("key", ["", "xyz", "0", "가나"])
def test_a_key_that_is_none_is_nobody(session: Session, key: str) -> None:
    assert asking.record(session, key) is None
