"""A window for every test: offscreen, light, English, with a vault where one is asked for."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.gui.bridge import Bridge
from app.gui.context import PageContext
from app.gui.style.apply import apply_look
from app.jobs import JobRunner
from app.services import session as sessions
from app.services.session import Session
from app.vault import keys

WORDS = "orbit lantern mango velvet"


@pytest.fixture(scope="session")
def long_lived() -> None:
    """What exists already is never looked at again by the collections below."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def collect_here(long_lived: None) -> Iterator[None]:
    """As in the program: a cycle of widgets freed on a worker thread would end the process."""
    gc.disable()
    yield
    gc.collect()
    gc.enable()


@pytest.fixture(autouse=True)
def look(qapp: QApplication) -> Iterator[None]:
    apply_look(qapp, "light")
    yield
    apply_look(qapp, "light")


@pytest.fixture
def runner() -> Iterator[JobRunner]:
    made = JobRunner()
    yield made
    made.close()


@pytest.fixture
def bridge(qapp: QApplication, runner: JobRunner) -> Iterator[Bridge]:
    made = Bridge(runner)
    yield made
    made.stop()
    made.deleteLater()


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    made, _key = sessions.create(tmp_path / "vault", WORDS, cost=keys.LOWEST)
    yield made
    made.close()


@pytest.fixture
def context(qtbot: QtBot, session: Session) -> Iterator[PageContext]:
    """What a page is handed, with an empty open vault."""
    bridge = Bridge(session.jobs)
    bridge.listen(session.events)
    made = PageContext(session, bridge)
    yield made
    bridge.stop()
    made.deleteLater()
    bridge.deleteLater()
