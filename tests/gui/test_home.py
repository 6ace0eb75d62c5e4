"""The first page: tiles, one chart whose bars open rows, who holds data, what to do."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.gui.context import PageContext
from app.gui.shell import Shell
from app.gui.viewmodels import charts
from app.gui.viewmodels.home import _backup, holders
from app.gui.views.domain import DomainPage
from app.gui.views.home import HomePage, balanced
from app.gui.views.monthly import PairedBars
from app.gui.widgets.card import ActionRow, Tile
from app.services import keeping, sharing
from app.services.sharing import LedgerEntry
from tests.gui.checks import cut_off, unnamed
from tests.gui.life import click, fill, posts, settle, spending, window


def opened(qtbot: QtBot, context: PageContext) -> tuple[Shell, HomePage]:
    shell = window(qtbot, context, "home")
    page = shell.page("home")
    assert isinstance(page, HomePage)
    return shell, page


def lived_in(qtbot: QtBot, context: PageContext) -> tuple[Shell, HomePage]:
    fill(context.session, spending())
    fill(context.session, posts(), "facebook.export")
    return opened(qtbot, context)


def tile(page: HomePage, title: str) -> Tile:
    return next(each for each in page.tiles.tiles if each.accessibleName() == title)


def test_an_empty_vault_offers_the_first_step(qtbot: QtBot, context: PageContext) -> None:
    shell, page = opened(qtbot, context)
    assert not page.tiles.isVisible()
    assert not page.share_button.isVisible()
    assert unnamed(page) == []
    fill(context.session, posts(), "facebook.export")
    context.session.events.publish("records")
    settle(qtbot, context, page.tiles.isVisible)
    click(page.import_button)
    assert shell.current == "import"


def test_a_tile_says_how_much_and_opens_its_domain(qtbot: QtBot, context: PageContext) -> None:
    shell, page = lived_in(qtbot, context)
    finance = tile(page, "Finance")
    assert finance.accessibleDescription() == "300. today · Bank, card or broker statement"
    click(finance)
    assert shell.current == "finance"
    settle(qtbot, context)
    domain = shell.page("finance")
    assert isinstance(domain, DomainPage)
    assert domain.model.list.records.rows.rowCount() == 300


def test_a_bar_opens_exactly_its_rows(qtbot: QtBot, context: PageContext) -> None:
    shell, page = lived_in(qtbot, context)
    chart = page.chart.chart
    assert isinstance(chart, PairedBars)
    assert [each.name for each in chart.data.series] == ["Out", "In"]
    spot = QPoint(chart.width() - 40, chart.height() // 2)
    QTest.mouseClick(chart, Qt.MouseButton.LeftButton, pos=spot)
    assert shell.current == "finance"
    settle(qtbot, context)
    domain = shell.page("finance")
    assert isinstance(domain, DomainPage)
    filter_ = domain.model.list.filter
    assert (filter_.domain, filter_.period) == ("finance.transaction", "2025-06")
    assert domain.model.list.records.rows.rowCount() == 50
    assert domain.bar.all.isVisible()
    click(domain.bar.all)
    settle(qtbot, context, lambda: domain.model.list.records.rows.rowCount() == 300)


def test_the_keys_open_a_bar_too(qtbot: QtBot, context: PageContext) -> None:
    shell, page = lived_in(qtbot, context)
    chart = page.chart.chart
    chart.setFocus()
    QTest.keyClick(chart, Qt.Key.Key_Return)
    assert shell.current == "home"
    QTest.keyClick(chart, Qt.Key.Key_Right)
    assert "₩" in chart.accessibleDescription()
    QTest.keyClick(chart, Qt.Key.Key_Return)
    assert shell.current == "finance"


def test_the_sentence_is_exact(qtbot: QtBot, context: PageContext) -> None:
    _shell, page = lived_in(qtbot, context)
    expected = dict.fromkeys(range(1, 7), 0)
    for record in spending():
        amount = int(str(record.data["amount"]))
        if amount < 0:
            expected[int(record.start[5:7])] -= amount
    said = page.chart.sentence.text()
    assert said.startswith(f"Jun, out: ₩{expected[6]:,} — ₩{abs(expected[6] - expected[5]):,} ")


def test_the_identitys_name_is_greeted(qtbot: QtBot, context: PageContext) -> None:
    sharing.make_identity(context.session, "가온")
    _shell, page = lived_in(qtbot, context)
    assert page.header.title.text() == "Hello, 가온"


def test_money_in_two_currencies_stays_apart(context: PageContext) -> None:
    fill(context.session, spending())
    others = [
        record.__class__(
            record.kind,
            "gbp" + record.native_id,
            start=record.start,
            data={"amount": "-0.10", "currency": "GBP"},
        )
        for record in spending(20)
    ]
    fill(context.session, others, "uk.midata")
    drawn = charts.sums(context.session, "finance")
    assert [chart.unit for chart in drawn] == ["KRW", "GBP"]
    assert sum(drawn[1].parts[0].values) == sum(abs(x) for x in drawn[1].parts[0].values)
    assert str(sum(drawn[1].parts[0].values)) == "2.00"


# -- who holds data


def share(until: str, state: str) -> LedgerEntry:
    return LedgerEntry(
        sequence=1,
        at="2026-01-01T00:00:00Z",
        kind="share",
        bundle_id="b",
        people=["Ada"],
        records=12,
        purpose="",
        until=until,
        state=state,
        acknowledged=0,
        body={},
        hash="",
    )


@pytest.mark.parametrize(
    ("until", "state", "word", "tone"),
    [
        ("2026-12-31", "active", "Active", "good"),
        ("", "active", "Active", "good"),
        ("2026-03-10", "active", "Ends soon", "warn"),
        ("2026-02-01", "ended", "Ended", "neutral"),
        ("2026-12-31", "withdrawn", "Withdrawn", "info"),
    ],
)
def test_a_share_is_shown_as_it_stands(until: str, state: str, word: str, tone: str) -> None:
    (found,) = holders([share(until, state)], date(2026, 3, 1))
    assert (found.name, found.state, found.tone) == ("Ada", word, tone)
    assert "12 records" in found.text


def test_only_shares_are_listed() -> None:
    import msgspec

    receipt = msgspec.structs.replace(share("", "active"), kind="receipt")
    assert holders([receipt]) == ()


# -- what to do


def offered(page: HomePage) -> list[str]:
    return [each.accessibleName() for each in page.findChildren(ActionRow) if each.isVisible()]


def test_the_first_thing_to_do_is_a_backup_and_then_to_try_it(
    qtbot: QtBot, context: PageContext, tmp_path: Path
) -> None:
    shell, page = lived_in(qtbot, context)
    settle(qtbot, context, lambda: offered(page) == ["Make a first backup"])
    assert "backup" not in page.header.subtitle.text()
    keeping.back_up(context.session, tmp_path / "backups")
    context.session.events.publish("records")
    settle(qtbot, context, lambda: offered(page) == ["Try putting the backup back"])
    assert page.header.subtitle.text().endswith("Last backup: today.")
    click(page.findChildren(ActionRow)[-1])
    assert shell.current == "settings"


def test_a_backup_that_was_tried_and_grew_old(context: PageContext) -> None:
    def tasks(state: str, rehearsed: str = "") -> list[str]:
        last = keeping.Kept(made="2026-01-01T00:00:00Z", rehearsed=rehearsed)
        return [task.title for task in _backup(keeping.Health(state, keeping.Plan(), last))]

    assert tasks("good", "2026-01-02T00:00:00Z") == []
    assert tasks("good") == ["Try putting the backup back"]
    assert tasks("due") == tasks("overdue") == ["Make a new backup"]


@pytest.mark.parametrize(
    ("count", "most", "columns"), [(0, 4, 1), (1, 4, 1), (4, 4, 4), (5, 4, 3), (6, 4, 3), (4, 3, 2)]
)
def test_tiles_fill_their_lines(count: int, most: int, columns: int) -> None:
    assert balanced(count, most) == columns


def test_every_control_has_a_name_and_room(qtbot: QtBot, context: PageContext) -> None:
    shell, page = lived_in(qtbot, context)
    qtbot.wait(20)
    assert unnamed(page) == []
    assert cut_off(page) == []
    shell.resize(960, 640)
    qtbot.wait(20)
    assert cut_off(page) == []
