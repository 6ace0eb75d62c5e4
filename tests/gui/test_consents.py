"""Consents: how shares stand, the chain, withdrawing, and the ledger as text."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.gui.context import PageContext
from app.gui.shell import Shell
from app.gui.viewmodels.consents import standing
from app.gui.views.consents import ConsentsPage
from app.gui.views.inbox import InboxPage
from app.gui.widgets.card import ListRow, Pill
from app.services import asking, sharing
from app.services.asking import Filter
from app.services.session import Session
from tests.gui.checks import cut_off, stretch, unnamed
from tests.gui.life import click, fill, posts, settle, spending, window
from tests.gui.two_people import ME, OTHER, answer, bundle, context_of, meet, vault


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Session]:
    with vault(tmp_path / "other", OTHER) as made:
        yield made


@pytest.fixture
def given(context: PageContext, other: Session, tmp_path: Path) -> list[Path]:
    """Two bundles made: one without an end, one that ends in a week."""
    session = context.session
    sharing.make_identity(session, ME)
    fill(session, spending(30))
    fill(session, posts(10), "facebook.export")
    meet(session, other)
    meet(other, session)
    soon = (date.today() + timedelta(days=7)).isoformat()  # noqa: DTZ011
    files = [tmp_path / "one.mdshare", tmp_path / "two.mdshare"]
    bundle(session, OTHER, files[0], "finance")
    bundle(session, OTHER, files[1], "social", until=soon)
    return files


def opened(qtbot: QtBot, context: PageContext) -> tuple[Shell, ConsentsPage]:
    shell = window(qtbot, context, "consents")
    page = shell.page("consents")
    assert isinstance(page, ConsentsPage)
    qtbot.wait(20)
    return shell, page


def rows(page: ConsentsPage) -> list[ListRow]:
    QTest.qWait(20)  # rows come and go with a later event
    return [row for row in page.list.findChildren(ListRow) if row.isVisibleTo(page)]


def words(page: ConsentsPage) -> list[str]:
    return [row.findChildren(Pill)[0].text() for row in rows(page)]


def test_nothing_was_given_yet(qtbot: QtBot, context: PageContext) -> None:
    _, page = opened(qtbot, context)
    assert page.nothing.isVisible()
    assert page.chain.text() == "Chain whole (0 entries)"


def test_shares_stand_as_they_do(qtbot: QtBot, context: PageContext, given: list[Path]) -> None:
    _, page = opened(qtbot, context)
    assert page.chain.text() == "Chain whole (2 entries)"
    assert words(page) == ["7 days left", "Active"]
    click(page.chips["ending"])
    assert words(page) == ["7 days left"]
    click(page.chips["withdrawn"])
    assert rows(page) == []
    assert page.nothing.isVisible()
    click(page.chips[""])
    page.show_entry(page.model.entries[0])
    assert page.header.title.text() == OTHER
    QTest.keyClick(page.window(), Qt.Key.Key_Escape)
    assert page.stack.currentIndex() == 0


def test_what_ends_is_counted_in_days(context: PageContext, given: list[Path]) -> None:
    soon = sharing.ledger(context.session)[0]
    assert standing(soon, date.today() - timedelta(days=30)) == "active"  # noqa: DTZ011
    assert standing(soon) == "ending"


def test_withdrawing_ends_in_the_other_vault(
    qtbot: QtBot,
    context: PageContext,
    other: Session,
    given: list[Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sharing.accept(other, sharing.open_bundle(other, given[0]))
    assert asking.count(other, Filter()) == 30
    _, page = opened(qtbot, context)
    entry = next(each for each in page.model.entries if not each.until)
    page.show_entry(entry)
    click(page.entry.withdraw)
    out = tmp_path / "please.mdshare"
    answer(monkeypatch, out)
    assert page.question.button is not None
    click(page.question.button)
    settle(qtbot, context, out.exists)
    settle(qtbot, context, lambda: "Withdrawn" in words(page))
    with context_of(other) as theirs:
        shell = window(qtbot, theirs, "inbox")
        inbox = shell.page("inbox")
        assert isinstance(inbox, InboxPage)
        theirs.go("inbox", out)
        settle(qtbot, theirs, lambda: inbox.model.found is not None)
        assert inbox.opened.keep.text() == "Give the records up"
        assert inbox.opened.card.isHidden()
        click(inbox.opened.keep)
        settle(qtbot, theirs, lambda: asking.count(other, Filter()) == 0)
        assert sharing.received(other)[0].state == "withdrawn"
        shell.close()


def test_the_ledger_is_written_as_text(
    qtbot: QtBot,
    context: PageContext,
    given: list[Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _, page = opened(qtbot, context)
    out = tmp_path / "ledger.txt"
    answer(monkeypatch, out)
    click(page.export_button)
    settle(qtbot, context, out.exists)
    settle(qtbot, context)
    text = out.read_text(encoding="utf-8")
    chain = sharing.verify_ledger(context.session)
    assert chain.head in text
    assert text.index("A walk through the numbers") < text.index(
        "7 day" if "7 day" in text else "Post"
    )
    assert "Transaction: 30 (Title" in text
    assert out.stat().st_mode & 0o077 == 0
    click(page.export_button)
    settle(qtbot, context, page.banner.isVisible)
    assert page.banner.code.text() == "exists"


def test_a_broken_chain_is_said_at_once(
    qtbot: QtBot, context: PageContext, given: list[Path]
) -> None:
    with context.session.vault.write() as transaction:
        triggers = transaction.execute(
            "SELECT name FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = 'ledger'"
        ).fetchall()
        for (name,) in triggers:
            transaction.execute(f"DROP TRIGGER {name}")
        transaction.execute("UPDATE ledger SET at = '2020-01-01T00:00:00Z' WHERE sequence = 1")
    _, page = opened(qtbot, context)
    assert (page.chain.text(), page.chain.property("pill")) == ("The chain is broken", "bad")
    assert page.banner.code.text() == "ledger-broken"


def test_the_page_keeps_its_room(
    qtbot: QtBot, context: PageContext, given: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    stretch(monkeypatch)
    shell, page = opened(qtbot, context)
    for width, height in ((1240, 800), (960, 640)):
        shell.resize(width, height)
        page.back()
        page.ask_withdraw(page.model.entries[0])
        qtbot.wait(20)
        assert (unnamed(shell), cut_off(page)) == ([], [])
        page.show_entry(page.model.entries[0])
        qtbot.wait(20)
        assert (unnamed(shell), cut_off(page)) == ([], [])
