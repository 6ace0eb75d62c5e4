"""One's own card, the people one knows, and comparing numbers with them."""

from __future__ import annotations

from pathlib import Path
from typing import Final, NamedTuple

from PySide6.QtCore import QObject, Signal

from app.events import IDENTITY, PEOPLE
from app.gui.context import PageContext
from app.jobs import JobContext
from app.services import sharing
from app.services.session import Session
from app.services.sharing import Identity, Person
from app.share.refusals import refused

_CARD: Final = "BEGIN MYDATA CARD"


class Known(NamedTuple):
    """Oneself, before one has a card None, and everybody known."""

    me: Identity | None
    people: list[Person]


def read(session: Session) -> Known:
    """Look at once; call it on a worker."""
    return Known(sharing.identity(session), sharing.people(session))


class PeopleModel(QObject):
    """Emits `ready` when there is something new to show."""

    ready = Signal()
    failed = Signal(object)
    card_ready = Signal(str)
    card_saved = Signal(object)
    added = Signal(object)
    verified = Signal(object)
    removed = Signal(str)

    def __init__(self, context: PageContext, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self.known = Known(None, [])
        self.loaded = False
        context.bridge.changed.connect(self._heard)

    # -- looking

    def load(self) -> None:
        """Read everything again."""
        self._context.bridge.run(self, self._read, self._take, self.failed.emit)

    def _read(self, _job: JobContext) -> Known:
        return read(self._context.session)

    def _take(self, known: Known) -> None:
        self.known = known
        self.loaded = True
        self.ready.emit()

    def _heard(self, what: frozenset[str]) -> None:
        if what & {IDENTITY, PEOPLE}:
            self.load()

    def person(self, fingerprint: str) -> Person | None:
        """Somebody by fingerprint."""
        found = (each for each in self.known.people if each.fingerprint == fingerprint)
        return next(found, None)

    # -- oneself

    def make_identity(self, name: str) -> None:
        """Make one's own card under `name`."""

        def work(_job: JobContext) -> Identity:
            return sharing.make_identity(self._context.session, name)

        self._context.bridge.run(self, work, None, self.failed.emit, writes=True)

    def ask_card(self) -> None:
        """Fetch the text of one's own card; `card_ready` brings it."""
        self._context.bridge.run(self, self._card, self.card_ready.emit, self.failed.emit)

    def _card(self, _job: JobContext) -> str:
        return sharing.card_text(self._context.session)

    def save_card(self, path: Path) -> None:
        """Write one's own card into a new file."""

        def work(_job: JobContext) -> Path:
            return sharing.save_card(self._context.session, path)

        self._context.bridge.run(self, work, self.card_saved.emit, self.failed.emit)

    # -- others

    def add(self, card: Path | str) -> None:
        """Add somebody by the file or the text of their card."""

        def work(_job: JobContext) -> Person:
            if isinstance(card, str) and _CARD not in card:
                raise refused("NOT_A_CARD")
            return sharing.add_person(self._context.session, card)

        self._context.bridge.run(self, work, self.added.emit, self.failed.emit, writes=True)

    def verify(self, person: Person, number: str) -> None:
        """Note that `number` was compared with them."""

        def work(_job: JobContext) -> Person:
            return sharing.verify_person(self._context.session, person.fingerprint, number)

        self._context.bridge.run(self, work, self.verified.emit, self.failed.emit, writes=True)

    def remove(self, person: Person) -> None:
        """Forget a card."""

        def work(_job: JobContext) -> str:
            sharing.remove_person(self._context.session, person.fingerprint)
            return person.name

        self._context.bridge.run(self, work, self.removed.emit, self.failed.emit, writes=True)
