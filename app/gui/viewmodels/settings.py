"""The vault itself and how the person likes the program."""

from __future__ import annotations

from typing import Final, NamedTuple

from PySide6.QtCore import QObject, Signal

from app import settings as preferences
from app.gui.context import PageContext
from app.i18n import mark
from app.jobs import JobContext
from app.services import session as sessions
from app.services.session import Status
from app.settings import Settings

LANGUAGES: Final = {"": mark("As the system"), "en": "English", "ko": "한국어"}
THEMES: Final = {
    "system": mark("As the system"),
    "light": mark("Light"),
    "dark": mark("Dark"),
}
SCALES: Final = (80, 90, 100, 110, 125, 150, 175, 200)

USED: Final = (
    ("Qt for Python", "LGPL-3.0"),
    ("SQLCipher", "BSD-3-Clause"),
    ("libsodium", "ISC"),
    ("PyNaCl", "Apache-2.0"),
    ("cryptography", "Apache-2.0"),
    ("OpenSSL", "Apache-2.0"),
    ("msgspec", "BSD-3-Clause"),
    ("keyring", "MIT"),
    ("platformdirs", "MIT"),
    ("charset-normalizer", "MIT"),
    ("requests", "Apache-2.0"),
    ("segno", "BSD-3-Clause"),
    ("zxcvbn", "MIT"),
    ("Python", "PSF-2.0"),
)
"""What the program stands on, and the licence of each."""


class Known(NamedTuple):
    """What the page shows of the vault. `store` is the secret store's name, "" for none."""

    status: Status
    store: str
    remembered: bool


class SettingsModel(QObject):
    """Emits `ready` with what is known of the vault."""

    ready = Signal()
    changed_passphrase = Signal()
    failed = Signal(object)

    def __init__(self, context: PageContext, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self.known: Known | None = None
        self.live = False
        context.bridge.changed.connect(self._heard)

    def load(self) -> None:
        """Look at the vault."""
        self.live = True
        self._context.bridge.run(self, self._read, self._take, self.failed.emit)

    def _read(self, _job: JobContext) -> Known:
        session = self._context.session
        return Known(
            sessions.status(session),
            sessions.secret_store(),
            sessions.remembered(session.folder),
        )

    def _take(self, known: Known) -> None:
        self.known = known
        self.ready.emit()

    def leave(self) -> None:
        """The page is no longer in front."""
        self.live = False

    def _heard(self) -> None:
        if self.live:
            self.load()

    # -- look

    def like(self, **changes: str | int) -> None:
        """Keep what the person likes and show it at once."""
        liked = preferences.load().changed(**changes)
        if liked != preferences.load():
            preferences.save(liked)
            self._context.look_changed.emit()

    def liked(self) -> Settings:
        """What the person likes now."""
        return preferences.load()

    # -- passphrase

    def change_passphrase(self, current: str, new: str) -> None:
        """Make sure of the current passphrase, then replace it."""

        def work(_job: JobContext) -> None:
            sessions.confirm_passphrase(self._context.session, current)
            sessions.change_passphrase(self._context.session, new)

        self._context.bridge.run(self, work, self._changed, self.failed.emit, writes=True)

    def _changed(self, _nothing: None) -> None:
        self.changed_passphrase.emit()

    def remember(self, current: str, *, on: bool) -> None:
        """Let the computer's secret store open the vault, or no longer."""

        def work(_job: JobContext) -> None:
            session = self._context.session
            if not on:
                sessions.forget(session)
                return
            if current or not session.confirmed:
                sessions.confirm_passphrase(session, current)
            sessions.remember(session)

        self._context.bridge.run(self, work, self._again, self._not_remembered, writes=True)

    def _not_remembered(self, error: object) -> None:
        self.failed.emit(error)
        self.load()

    def _again(self, _nothing: None) -> None:
        self.load()
