"""How the vault stands: one line for each thing that keeps it safe, and the next step for each.

Here is decided what is good, what wants attention and what is bad; the faces put it into words.
Checks are remembered inside the vault, but nothing is written into one whose file is damaged.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Final

import msgspec

from app import crash, eventlog, paths
from app.errors import VaultDamaged
from app.jobs import JobContext
from app.services import keeping, network
from app.services.session import Session
from app.vault import documents, header, ledger, originals
from app.vault.checkup import Finding, Report
from app.vault.header import now
from app.vault.sync.state import own_uid
from app.vault.transaction import Transaction

_COLLECTION: Final = "checkup"
GOOD, INFO, WARN, BAD = "good", "info", "warn", "bad"
REHEARSE_DAYS: Final = 365
DEEP_DAYS: Final = 90
_FILE: Final = frozenset({"page", "structure"})
"""Findings after which the data file is not written to any more."""


class Line(msgspec.Struct, frozen=True):
    """One thing: `code` names the case, its part before the "-" the thing; `state` how it stands.

    `step` is what to do next, "" for nothing. `at` is UTC, `place` a path or host.
    """

    code: str
    state: str
    step: str = ""
    at: str = ""
    count: int = 0
    place: str = ""
    findings: tuple[Finding, ...] = ()


class Looked(msgspec.Struct, frozen=True):
    """The last check of this computer's file, and when everything was last read and whole."""

    at: str = ""
    deep: bool = False
    ok: bool = True
    findings: tuple[Finding, ...] = ()
    whole: str = ""


class Confirmed(msgspec.Struct, frozen=True):
    """When somebody last typed the recovery key, and of which keys."""

    at: str = ""
    key_epoch: int = 0


# -- looking and remembering


def look(session: Session, *, deep: bool, context: JobContext | None = None) -> Report:
    """Check, and remember what was found. Raises `Cancelled`, `UserError`."""
    report = keeping.check(session, deep=deep, context=context)
    before = last_look(session)
    if report.ok and not deep and not before.ok:
        return report  # a quick check does not see what a deep one found
    at = now()
    whole = at if deep and report.ok else before.whole
    looked = Looked(at, deep, report.ok, tuple(report.findings), whole)
    session.looked = looked
    is_sound = _FILE.isdisjoint(finding.code for finding in report.findings)
    if is_sound and not session.vault.read_only:
        with session.vault.write() as transaction:
            documents.put(transaction, _COLLECTION, _mine(transaction), msgspec.json.encode(looked))
    return report


def last_look(session: Session) -> Looked:
    """The last check that is known of."""
    if session.looked is not None:
        return session.looked
    with session.vault.read() as snapshot:
        body = documents.get(snapshot, _COLLECTION, _mine(snapshot))
    return msgspec.json.decode(body, type=Looked) if body else Looked()


def _mine(transaction: Transaction) -> str:
    """Each computer has a file of its own, so each has checks of its own.

    By the id it has everywhere: its number in the file is often that of another in another's.
    """
    return f"check-{own_uid(transaction)}"


def confirm_recovery(session: Session, recovery_key: str) -> None:
    """Make sure that `recovery_key` opens this vault, and remember that. Raises `CannotUnlock`."""
    header.open_with_recovery(session.vault.header, recovery_key)
    recovery_confirmed(session)


def recovery_confirmed(session: Session) -> None:
    """Remember that the recovery key in force was typed just now."""
    if session.vault.read_only:
        return
    body = msgspec.json.encode(Confirmed(now(), session.vault.header.key_epoch))
    with session.vault.write() as transaction:
        documents.put(transaction, _COLLECTION, "recovery", body)


def mend_headers(session: Session) -> None:
    """Write the header and its copies anew."""
    header.mend(session.folder, session.vault.header)


# -- the list


def lines(session: Session) -> list[Line]:
    """How everything stands. What cannot be read for damage is a line too."""
    return [_line(session, topic, find) for topic, find in _TOPICS.items()]


def _line(session: Session, topic: str, find: Callable[[Session], Line]) -> Line:
    try:
        return find(session)
    except VaultDamaged:
        return Line(f"{topic}-unreadable", BAD, "way-back")


def is_damaged(found: list[Line]) -> bool:
    """Whether the way back is to be shown."""
    return any(line.step == "way-back" for line in found)


def _backup(session: Session) -> Line:
    health = keeping.health(session)
    last = health.last
    state = {"good": GOOD, "due": WARN}.get(health.state, BAD)
    code = health.state
    if code == "due" and last.key_epoch < session.vault.header.key_epoch:
        code = "keys"
    return Line(f"backup-{code}", state, "backup", last.made, last.records, health.plan.folder)


def _rehearsal(session: Session) -> Line:
    last = keeping.health(session).last
    if not last.rehearsed:
        return Line("rehearsal-never", WARN, "rehearse" if last.made else "backup")
    if keeping.age(last.rehearsed) > timedelta(days=REHEARSE_DAYS):
        return Line("rehearsal-old", WARN, "rehearse", last.rehearsed)
    return Line("rehearsal-good", GOOD, "rehearse", last.rehearsed)


def _recovery(session: Session) -> Line:
    with session.vault.read() as snapshot:
        body = documents.get(snapshot, _COLLECTION, "recovery")
    known = msgspec.json.decode(body, type=Confirmed) if body else Confirmed()
    if known.key_epoch == session.vault.header.key_epoch:
        return Line("recovery-good", GOOD, "recovery", known.at)
    return Line("recovery-never", WARN, "recovery")


def _keys(session: Session) -> Line:
    kinds = {slot.kind for slot in session.vault.header.slots}
    if not {"passphrase", "recovery"} <= kinds:
        return Line("keys-missing", BAD, "passphrase")
    return Line("keys-remembered" if "keyring" in kinds else "keys-good", GOOD, "passphrase")


def _check(session: Session) -> Line:
    last = last_look(session)
    if not last.at:
        return Line("check-never", WARN, "deep")
    if not last.ok:
        return Line("check-damaged", BAD, "way-back", last.at, findings=last.findings)
    if not last.whole:
        return Line("check-quick", WARN, "deep", last.at)
    is_old = keeping.age(last.whole) > timedelta(days=DEEP_DAYS)
    return Line(
        "check-old" if is_old else "check-good", WARN if is_old else GOOD, "deep", last.whole
    )


def _header(session: Session) -> Line:
    if header.agree(session.folder, session.vault.header):
        return Line("header-good", GOOD)
    return Line("header-differ", WARN, "" if session.vault.read_only else "mend")


def _ending(session: Session) -> Line:
    notice = session.notice
    if isinstance(notice, VaultDamaged):
        return Line("ending-damaged", BAD, "way-back")
    if session.vault.unclean or (notice is not None and notice.code == "ended-uncleanly"):
        return Line("ending-unclean", INFO, "deep")
    return Line("ending-good", GOOD)


def _ledger(session: Session) -> Line:
    with session.vault.read() as snapshot:
        chain = ledger.verify(snapshot)
    code, state = ("good", GOOD) if chain.ok else ("broken", BAD)
    return Line(f"ledger-{code}", state, "consents", count=chain.length)


def _originals(session: Session) -> Line:
    """Whether the kept files are there; only a full check reads them."""
    with session.vault.read() as snapshot:
        blobs = [kept.blob for _, kept in originals.every(snapshot) if kept.blob]
    gone = sum(not originals.path_of(session.folder, blob).exists() for blob in blobs)
    if gone:
        return Line("originals-missing", BAD, "import", count=gone)
    return Line("originals-good", GOOD, count=len(blobs))


def _network(session: Session) -> Line:
    made = network.network(session).connections
    if not made:
        return Line("network-never", GOOD)
    return Line("network-some", INFO, "", made[-1].at, len(made), made[-1].host)


def _log(_: Session) -> Line:
    return Line("log-place", INFO, "log", place=str(paths.state_folder() / eventlog.NAME))


def _crashes(_: Session) -> Line:
    folder = paths.state_folder() / crash.FOLDER
    count = len(list(folder.glob("fault-*.txt")))
    if not count:
        return Line("crashes-none", GOOD)
    return Line("crashes-some", WARN, "crashes", count=count, place=str(folder))


_TOPICS: Final[dict[str, Callable[[Session], Line]]] = {
    "backup": _backup,
    "rehearsal": _rehearsal,
    "recovery": _recovery,
    "keys": _keys,
    "check": _check,
    "ending": _ending,
    "header": _header,
    "ledger": _ledger,
    "originals": _originals,
    "network": _network,
    "log": _log,
    "crashes": _crashes,
}
