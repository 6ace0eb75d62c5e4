"""Backups that happen by themselves, in the real window over a real vault."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.gui.main_window import MainWindow
from app.gui.viewmodels import backing_up
from app.gui.viewmodels.unlock import look_inside
from app.services import keeping
from app.services import session as sessions
from app.services.session import Session
from app.settings import Settings
from app.vault import backup
from tests.gui.conftest import WORDS
from tests.gui.life import fill, spending


@pytest.fixture
def window(qtbot: QtBot, session: Session, monkeypatch: pytest.MonkeyPatch) -> Iterator[MainWindow]:
    monkeypatch.setattr(backing_up, "SOON_MS", 1)
    fill(session, spending(30))
    made = MainWindow(Settings(), session.folder)
    qtbot.addWidget(made)
    yield made
    made.close()


def made_in(folder: Path) -> list[str]:
    return [each.path for each in backup.every(folder)]


def test_a_backup_that_is_due_is_made_without_being_asked(
    qtbot: QtBot, window: MainWindow, session: Session, tmp_path: Path
) -> None:
    place = tmp_path / "backups"
    place.mkdir()
    keeping.set_plan(session, keeping.Plan(str(place)))
    window.enter(look_inside(session))
    qtbot.waitUntil(lambda: keeping.health(session).state == "good", timeout=30_000)
    assert made_in(place) == [keeping.health(session).last.path]
    assert window.shell is not None
    home = window.shell.page("home").header
    qtbot.waitUntil(lambda: "Last backup: today" in home.subtitle.text(), timeout=30_000)


def test_without_a_place_nothing_happens(
    qtbot: QtBot, window: MainWindow, session: Session
) -> None:
    window.enter(look_inside(session))
    keeper = window._backing_up
    assert keeper is not None
    qtbot.waitUntil(lambda: keeper._job is not None and keeper._job.done, timeout=30_000)
    assert keeping.health(session).state == "never"


def test_a_disk_that_is_away_is_no_error_and_locking_leaves_nothing_half(
    qtbot: QtBot, window: MainWindow, session: Session, tmp_path: Path
) -> None:
    keeping.set_plan(session, keeping.Plan(str(tmp_path / "away" / "backups")))
    window.enter(look_inside(session))
    keeper = window._backing_up
    assert keeper is not None
    qtbot.waitUntil(lambda: keeper._job is not None and keeper._job.done, timeout=30_000)
    assert keeping.health(session).state == "never"
    place = tmp_path / "backups"
    place.mkdir()
    keeping.set_plan(session, keeping.Plan(str(place)))
    keeper._go()
    window.lock()
    qtbot.waitUntil(lambda: window.shell is None, timeout=30_000)
    qtbot.waitUntil(lambda: session.vault._closed, timeout=30_000)
    assert all((Path(path) / backup.MANIFEST).exists() for path in made_in(place))
    assert [each for each in place.iterdir() if str(each) not in made_in(place)] == []
    opened = sessions.unlock(session.folder, WORDS)
    opened.close()
