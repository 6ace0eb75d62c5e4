"""Two people with a vault each, for pages about what goes from one to the other."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest
from PySide6.QtCore import QMimeData, QUrl
from PySide6.QtWidgets import QFileDialog, QWidget

from app.gui.bridge import Bridge
from app.gui.context import PageContext
from app.services import session as sessions
from app.services import sharing
from app.services.session import Session
from app.services.sharing import Person, Promise, Selection
from app.vault import keys
from tests.gui.conftest import WORDS
from tests.gui.test_widgets import drop

ME: Final = "가온"
OTHER: Final = "Odile Marrow"


@contextmanager
def vault(folder: Path, name: str = "") -> Iterator[Session]:
    """Somebody's open vault, with a card if they have a name."""
    session, _ = sessions.create(folder, WORDS, cost=keys.LOWEST)
    if name:
        sharing.make_identity(session, name)
    yield session
    session.close()


@contextmanager
def context_of(session: Session) -> Iterator[PageContext]:
    """What a page is handed, for another vault than the test's own."""
    bridge = Bridge(session.jobs)
    bridge.listen(session.events)
    made = PageContext(session, bridge)
    yield made
    bridge.stop()
    made.deleteLater()
    bridge.deleteLater()


def card_file(session: Session, path: Path) -> Path:
    """Somebody's card as a file."""
    return sharing.save_card(session, path)


def meet(session: Session, other: Session, *, compared: bool = True) -> Person:
    """`session` gets to know `other`."""
    person = sharing.add_person(session, sharing.card_text(other))
    return sharing.verify_person(session, person.name, person.safety_number) if compared else person


def bundle(session: Session, to: str, out: Path, *kinds: str, until: str = "") -> str:
    """A share made without a window; its id."""
    selection = Selection(kinds=kinds or ("finance",))
    promise = Promise(purpose="A walk through the numbers", until=until)
    return sharing.share(session, [to], selection, promise, out).bundle_id


def drop_file(widget: QWidget, path: Path) -> bool:
    """Drag a file over `widget` and let go."""
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path))])
    return drop(widget, mime)


def answer(monkeypatch: pytest.MonkeyPatch, path: Path) -> None:
    """Let the person choose `path` in every dialog of the system."""

    def named(*_args: object, **_kwargs: object) -> tuple[str, str]:
        return str(path), ""

    def folder(*_args: object, **_kwargs: object) -> str:
        return str(path)

    monkeypatch.setattr(QFileDialog, "getSaveFileName", named)
    monkeypatch.setattr(QFileDialog, "getOpenFileName", named)
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", folder)
