"""An invented life to look at: files a person could have, records, and a window over a vault."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from app.gui.context import PageContext
from app.gui.shell import Shell
from app.gui.viewmodels.unlock import look_inside
from app.services.session import Session
from app.vault import runs
from connectors.api import Record

LONG: Final = 30_000

MIDATA: Final = (
    '"Account Number:","****90817"\n\n'
    '"Date","Type","Merchant/Description","Debit/Credit","Balance"\n'
    '"03/02/2026","Card","HARBOUR BOOKS","-£12.50","£287.50"\n'
    '"02/02/2026","Card","GREEN TRAM LTD","-£3.20","£300.00"\n'
    '"01/02/2026","Salary","LIGHTHOUSE LIBRARY","£1,850.00","£303.20"\n'
)
BROKEN: Final = MIDATA + '"first of May","Card","NO SUCH DAY","-£1.00","£286.50"\n'


def write(folder: Path, name: str, text: str) -> Path:
    """A file in `folder`."""
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def long_statement(folder: Path) -> Path:
    """A statement that takes long enough to be cancelled on the way."""
    rows = (
        f'"{1 + i % 28:02}/{1 + i % 12:02}/2025","Card","SHOP {i}","-£1.00","£1.00"\n'
        for i in range(400_000)
    )
    return write(folder, "long.csv", MIDATA + "".join(rows))


def spending(count: int = 300) -> list[Record]:
    """Transactions over some months of 2025, in won, with Korean names."""
    names = ("모퉁이 서점", "강변 전철", "언덕 빵집")
    return [
        Record(
            "finance.transaction",
            f"t{i}",
            start=f"2025-{1 + i % 6:02}-{1 + i % 28:02}",
            title=names[i % 3],
            data={
                "amount": str(1_000 + i) if i % 10 == 0 else str(-(1_000 + i)),
                "currency": "KRW",
                "description": f"{names[i % 3]} 결제",
            },
            where=f"row {i}",
        )
        for i in range(count)
    ]


def posts(count: int = 40) -> list[Record]:
    """Posts with text that looks like markup and must not become any."""
    return [
        Record(
            "social.post",
            f"p{i}",
            start=f"2024-{1 + i % 12:02}-09T10:20:00+09:00",
            title=f"텃밭 일기 {i}",
            text="<b>첫 수확</b> & 물 주기",
            data={"author": "가온", "service": "example"},
            extra='{"reactions": 4}',
            where=f"posts.json#/{i}",
        )
        for i in range(count)
    ]


def fill(
    session: Session, records: Sequence[Record], connector: str = "ofx.statement", name: str = "a"
) -> str:
    """Put records into the vault as one import; its id."""
    with session.vault.write() as transaction:
        run = runs.begin(transaction, connector=connector, version=1, name=name)
        assert run.add(list(records)) == []
        run.finish()
        return run.import_id


def window(qtbot: QtBot, context: PageContext, page: str) -> Shell:
    """The window with every page, `page` in front and loaded."""
    shell = Shell(context, look_inside(context.session).domains)
    qtbot.addWidget(shell)
    shell.resize(1240, 800)
    shell.show()
    with qtbot.waitActive(shell):
        shell.activateWindow()
    shell.go(page)
    settle(qtbot, context)
    return shell


def settle(qtbot: QtBot, context: PageContext, until: Callable[[], bool] | None = None) -> None:
    """Wait until no job is under way, and until `until` holds."""

    def ready() -> bool:
        return not context.bridge.busy and (until is None or until())

    qtbot.waitUntil(ready, timeout=60_000)


def click(widget: QWidget) -> None:
    """A real click in the middle of `widget`."""
    QTest.mouseClick(widget, Qt.MouseButton.LeftButton)
