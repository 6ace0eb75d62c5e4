"""The check-up in words, and what its buttons do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

from PySide6.QtCore import QObject, Signal

from app.errors import CannotUnlock, UserError
from app.gui.context import PageContext
from app.gui.viewmodels import wording
from app.i18n import mark, tr, tr_n
from app.jobs import JobContext
from app.services import checkup, network
from app.services.checkup import Line
from app.services.network import Network
from app.vault.checkup import SENTENCES

_TITLES: Final = {
    "backup": mark("Backup"),
    "rehearsal": mark("Rehearsal"),
    "recovery": mark("Recovery key"),
    "keys": mark("What opens the vault"),
    "check": mark("Last check"),
    "header": mark("Header and its copies"),
    "ending": mark("Last end of the program"),
    "ledger": mark("Chain of the sharing ledger"),
    "originals": mark("Kept original files"),
    "network": mark("Internet"),
    "log": mark("Program log"),
    "crashes": mark("Reports of faults"),
}
_TEXTS: Final = {
    "backup-good": mark("Made and read back: {ago}"),
    "backup-due": mark("The last one is getting old: {ago}"),
    "backup-keys": mark("The keys were changed after the last one: {ago}"),
    "backup-overdue": mark("The last one is far too old: {ago}"),
    "backup-never": mark("None yet. If this disk breaks, everything is lost."),
    "rehearsal-good": mark("A backup was put back on trial: {ago}"),
    "rehearsal-old": mark("It is long since one was put back on trial: {ago}"),
    "rehearsal-never": mark("Whether a backup can be put back was never tried."),
    "recovery-good": mark("It was typed from the sheet and fits: {ago}"),
    "recovery-never": mark("Nobody has typed it from the sheet yet. Does the sheet still exist?"),
    "keys-good": mark("The passphrase and the recovery key."),
    "keys-remembered": mark("The passphrase, the recovery key, and this computer remembers it."),
    "keys-missing": mark("The passphrase or the recovery key is missing in the header."),
    "check-good": mark("Everything was read and is whole: {ago}"),
    "check-old": mark("It is long since everything was read: {ago}"),
    "check-quick": mark("Looked over and whole, but not everything was read: {ago}"),
    "check-never": mark("Not everything was ever read to look for damage."),
    "check-damaged": mark("Damage was found: {ago}"),
    "header-good": mark("All three are the same."),
    "header-differ": mark("They are not the same. One good copy is enough to open the vault."),
    "ending-good": mark("The vault was locked properly."),
    "ending-unclean": mark("The program did not end properly. The vault was looked over."),
    "ending-damaged": mark("The program did not end properly, and the vault is damaged."),
    "ledger-good": mark("Whole. Entries: {count}"),
    "ledger-broken": mark("Broken. Entries: {count}"),
    "originals-good": mark("All are there: {count}"),
    "originals-missing": mark("Missing: {count}. If you still have them, import them again."),
    "network-never": mark("This app has never connected to the internet."),
    "network-some": mark("Connections so far: {count}. The last one: {place}, {ago}"),
    "log-place": mark("Codes and counts only, never a record: {place}"),
    "crashes-none": mark("There are none."),
    "crashes-some": mark("Without any of your data: {count}"),
}
_UNREADABLE: Final = mark("It cannot be read: the vault is damaged.")
_STATES: Final = {
    "good": mark("Good"),
    "info": mark("For information"),
    "warn": mark("Needs attention"),
    "bad": mark("Act now"),
}
_STEPS: Final = {
    "backup": mark("Make a backup"),
    "rehearse": mark("Rehearse"),
    "recovery": mark("Type it again"),
    "passphrase": mark("Passphrase"),
    "deep": mark("Check everything"),
    "way-back": mark("The way back"),
    "mend": mark("Write them anew"),
    "consents": mark("Consents"),
    "import": mark("Import"),
    "log": mark("Show the folder"),
    "crashes": mark("Show the folder"),
}


class Said(NamedTuple):
    """A line in words. `details` are findings, each a sentence."""

    topic: str
    tone: str
    word: str
    title: str
    text: str
    step: str
    button: str
    place: str
    details: tuple[str, ...]


def say(line: Line) -> Said:
    """`line` in the person's language."""
    topic = line.code.partition("-")[0]
    text = tr(
        _TEXTS.get(line.code, _UNREADABLE),
        ago=wording.ago(line.at) if line.at else "",
        count=f"{line.count:,}",
        place=line.place,
    )
    details = tuple(
        tr("{what} ({count})", what=tr(SENTENCES[each.code]), count=f"{each.count:,}")
        for each in line.findings
    )
    return Said(
        topic,
        line.state,
        tr(_STATES[line.state]),
        tr(_TITLES[topic]),
        text,
        line.step,
        tr(_STEPS[line.step]) if line.step else "",
        line.place,
        details,
    )


def summary(found: list[Line]) -> tuple[str, str]:
    """How many lines want something, with the worst one's tone."""
    wanting = [line for line in found if line.state in (checkup.WARN, checkup.BAD)]
    if not wanting:
        return tr("All is well"), checkup.GOOD
    is_bad = any(line.state == checkup.BAD for line in wanting)
    text = tr_n(len(wanting), "{count} thing to do", "{count} things to do")
    return text, checkup.BAD if is_bad else checkup.WARN


class Known(NamedTuple):
    """What the page shows."""

    lines: list[Line]
    network: Network


class CheckupModel(QObject):
    """Emits `ready` with how everything stands in `known`."""

    ready = Signal()
    confirmed = Signal()
    refused = Signal(object)
    failed = Signal(object)

    def __init__(self, context: PageContext, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self.known: Known | None = None
        self.live = False
        context.bridge.changed.connect(self._heard)

    @property
    def is_damaged(self) -> bool:
        """Whether the way back is to be offered."""
        return self.known is not None and checkup.is_damaged(self.known.lines)

    def load(self) -> None:
        """Look at everything."""
        self.live = True
        self._context.bridge.run(self, self._read, self._take, self.failed.emit)

    def leave(self) -> None:
        """The page is no longer in front."""
        self.live = False

    def _heard(self) -> None:
        if self.live:
            self.load()

    def _read(self, _job: JobContext) -> Known:
        session = self._context.session
        return Known(checkup.lines(session), network.network(session))

    def _take(self, known: Known) -> None:
        self.known = known
        self.ready.emit()

    # -- next steps

    def mend(self) -> None:
        """Write the header's copies anew."""

        def work(_job: JobContext) -> None:
            checkup.mend_headers(self._context.session)

        self._write(work, self._again)

    def confirm_recovery(self, text: str) -> None:
        """See whether the recovery key typed is the vault's."""

        def work(_job: JobContext) -> None:
            checkup.confirm_recovery(self._context.session, text)

        self._write(work, self._confirmed)

    def set_offline(self, offline: bool) -> None:
        """Forbid every connection, or allow them again."""

        def work(_job: JobContext) -> None:
            network.set_offline(self._context.session, offline=offline)

        self._write(work, self._again)

    def _write(self, work: Callable[[JobContext], None], done: Callable[[None], object]) -> None:
        self._context.bridge.run(self, work, done, self._fail, writes=True)

    def _fail(self, error: UserError) -> None:
        (self.refused if isinstance(error, CannotUnlock) else self.failed).emit(error)

    def _confirmed(self, _nothing: None) -> None:
        self.confirmed.emit()
        self.load()

    def _again(self, _nothing: None) -> None:
        self.load()
