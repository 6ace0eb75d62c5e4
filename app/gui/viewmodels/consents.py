"""The ledger as a person reads it: what was handed over, how it stands, and whether it is whole."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec
from PySide6.QtCore import QObject, Signal

from app.errors import environment
from app.events import LEDGER
from app.gui.context import PageContext
from app.gui.viewmodels import parties, wording
from app.gui.viewmodels.lines import label
from app.i18n import mark, tr, tr_n
from app.jobs import JobContext
from app.services import sharing
from app.services.session import Session
from app.services.sharing import Chain, LedgerEntry

SOON_DAYS: Final = 14

FILTERS: Final = {
    "": mark("Everything"),
    "active": mark("Active"),
    "ending": mark("Ends soon"),
    "ended": mark("Ended"),
    "withdrawn": mark("Withdrawn"),
    "received": mark("Received"),
}

_KINDS: Final = {
    "share": mark("Shared"),
    "share-failed": mark("Sharing failed"),
    "receive": mark("Received"),
    "receipt": mark("Receipt came"),
    "withdraw": mark("Withdrawn by me"),
    "withdrawn": mark("Withdrawn by the sender"),
    "discard": mark("Given up"),
}
_TONES: Final = {
    "active": "good",
    "ending": "warn",
    "ended": "neutral",
    "withdrawn": "info",
}
ICONS: Final = {
    "share": "share",
    "share-failed": "warning",
    "receive": "inbox",
    "receipt": "check-circle",
    "withdraw": "undo",
    "withdrawn": "undo",
    "discard": "trash",
}


class Ledger(NamedTuple):
    """All entries, newest first, and whether the chain holds."""

    entries: list[LedgerEntry]
    chain: Chain


class ConsentsModel(QObject):
    """Emits `ready` when the ledger was read."""

    ready = Signal()
    withdrawn = Signal(object)
    exported = Signal(object)
    failed = Signal(object)

    def __init__(self, context: PageContext, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self.entries: list[LedgerEntry] = []
        self.chain: Chain | None = None
        self.shown = ""
        context.bridge.changed.connect(self._heard)

    def load(self) -> None:
        """Read the ledger and check its chain."""
        work = _Read(self._context.session)
        self._context.bridge.run(self, work, self._take, self.failed.emit)

    def _take(self, found: Ledger) -> None:
        self.entries, self.chain = found
        self.ready.emit()

    def _heard(self, what: frozenset[str]) -> None:
        if LEDGER in what:
            self.load()

    def listed(self) -> list[LedgerEntry]:
        """The entries that the chosen filter lets through."""
        return [entry for entry in self.entries if _fits(entry, self.shown)]

    def about(self, bundle_id: str) -> list[LedgerEntry]:
        """Everything that happened to one bundle, oldest first."""
        return [each for each in self.entries[::-1] if each.bundle_id == bundle_id]

    def chain_words(self) -> tuple[str, str]:
        """Whether the chain holds, as word and tone."""
        if self.chain is None:
            return "", "neutral"
        if not self.chain.ok:
            return tr("The chain is broken"), "bad"
        count = self.chain.length
        return tr_n(count, "Chain whole ({count} entry)", "Chain whole ({count} entries)"), "good"

    def withdraw(self, bundle_id: str, out: Path) -> None:
        """Write the signed request to give a bundle up."""

        def work(_job: JobContext) -> Path:
            return sharing.withdraw(self._context.session, bundle_id, out)

        self._context.bridge.run(self, work, self.withdrawn.emit, self.failed.emit, writes=True)

    def export(self, path: Path) -> None:
        """Write the whole ledger as text into a new file, readable by oneself only."""
        text = as_text(self.entries, self.chain)

        def work(_job: JobContext) -> Path:
            with environment():
                path.touch(mode=0o600, exist_ok=False)
                path.write_text(text, encoding="utf-8")
            return path

        self._context.bridge.run(self, work, self.exported.emit, self.failed.emit)


class _Read:
    """Reads and checks on a worker."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def __call__(self, _job: JobContext) -> Ledger:
        return Ledger(sharing.ledger(self._session), sharing.verify_ledger(self._session))


# -- how a share stands


def standing(entry: LedgerEntry, today: date | None = None) -> str:
    """One of “active”, “ending”, “ended”, “withdrawn” for a share; nothing for the rest."""
    if entry.state == "active" and entry.until:
        return "ending" if wording.days_left(entry.until, today) <= SOON_DAYS else "active"
    return entry.state


def _fits(entry: LedgerEntry, shown: str) -> bool:
    if shown == "received":
        return entry.kind in ("receive", "receipt", "withdrawn", "discard")
    return not shown or standing(entry) == shown


def pill(entry: LedgerEntry) -> tuple[str, str]:
    """Word and tone of an entry."""
    found = standing(entry)
    if found == "ending":
        days = max(0, wording.days_left(entry.until))
        return tr_n(days, "{count} day left", "{count} days left"), "warn"
    if found:
        return tr(FILTERS[found]), _TONES[found]
    return tr(_KINDS.get(entry.kind, entry.kind)), "neutral"


def title(entry: LedgerEntry) -> str:
    """Who it is about."""
    return parties.names(entry.people) or tr(_KINDS.get(entry.kind, entry.kind))


def line(entry: LedgerEntry) -> str:
    """One line about an entry: when, what for, how much, until when."""
    parts = [entry.at[:10]]
    if entry.kind != "share":
        parts.append(tr(_KINDS.get(entry.kind, entry.kind)))
    if entry.purpose:
        parts.append(entry.purpose)
    if entry.records:
        parts.append(wording.records(entry.records))
    if entry.until:
        parts.append(parties.kept_until(entry.until))
    return " · ".join(parts)


# -- one entry in full


class Item(msgspec.Struct, frozen=True):
    """One kind of what was handed over, as the ledger keeps it."""

    pii_type: str
    records: int = 0
    fields: list[str] = []


def items(entry: LedgerEntry) -> list[Item]:
    """What was handed over, kind by kind."""
    return msgspec.convert(entry.body.get("pii_information", []), list[Item])


def facts(entry: LedgerEntry) -> list[tuple[str, str]]:
    """Everything an entry says, as label and text."""
    pairs = [
        (tr("When"), wording.exact_moment(entry.at)),
        (tr("Who"), parties.names(entry.people)),
        (tr("Purpose"), entry.purpose),
        (tr("Kept"), parties.kept_until(entry.until) if entry.kind == "share" else entry.until),
        (tr("Handing on"), _resharing(entry.body)),
        (tr("Records"), wording.records(entry.records) if entry.records else ""),
        (tr("Bundle"), entry.bundle_id),
        (tr("Entry"), f"{entry.sequence:,}"),
        (tr("Hash"), entry.hash),
    ]
    return [(name, value) for name, value in pairs if value]


def _resharing(body: dict[str, Any]) -> str:
    return parties.resharing(bool(body["resharing"])) if "resharing" in body else ""


def fields_line(item: Item) -> str:
    """The fields of a kind that went out, in words."""
    return ", ".join(label(item.pii_type, name) for name in item.fields)


def acknowledged(entry: LedgerEntry) -> tuple[str, str]:
    """What is known of the receipts of a share, as text and tone."""
    asked = len(entry.people)
    if not entry.acknowledged:
        return tr("No receipt yet"), "neutral"
    text = tr("Receipts: {count} of {asked}", count=entry.acknowledged, asked=asked)
    return text, "good" if entry.acknowledged >= asked else "warn"


# -- as text


def as_text(entries: Sequence[LedgerEntry], chain: Chain | None) -> str:
    """The ledger as plain text, oldest first, for keeping on paper."""
    blocks = ["\n".join(_text_lines(entry)) for entry in entries[::-1]]
    head = [tr("MyData Vault: ledger of what was handed over and received")]
    if chain is not None:
        whole = tr("The chain is whole.") if chain.ok else tr("The chain is broken")
        head += [whole, tr("{name}: {value}", name=tr("Hash"), value=chain.head)]
    return "\n\n".join(("\n".join(head), *blocks)) + "\n"


def _text_lines(entry: LedgerEntry) -> list[str]:
    pairs = [(tr("What"), tr(_KINDS.get(entry.kind, entry.kind))), *facts(entry)]
    lines = [tr("{name}: {value}", name=name, value=value) for name, value in pairs]
    for item in items(entry):
        name = wording.kind_label(item.pii_type)
        value = f"{item.records:,} ({fields_line(item)})" if item.fields else f"{item.records:,}"
        lines.append("  " + tr("{name}: {value}", name=name, value=value))
    return lines
