"""The vault on several computers: its encrypted copy in a folder that a cloud service carries.

The live vault stays on this computer's own disk. What a command and the window call is here; bytes
and rules are `app.vault.sync`.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Final
from weakref import WeakKeyDictionary

import msgspec

from app.errors import EnvironmentFailure, UsageError, UserError, environment
from app.events import IMPORTS, LEDGER, PEOPLE, RECORDS
from app.i18n import mark
from app.jobs import JobContext
from app.services.session import Session, check_passphrase
from app.vault import header as headers
from app.vault import keys
from app.vault.sync import copy, merge, placement
from app.vault.sync import join as joining


class Waiting(msgspec.Struct, frozen=True):
    """Files that are still to come: `why` is "late", "newer" (program) or "keys" (changed)."""

    device: str
    files: int
    why: str


class Device(msgspec.Struct, frozen=True):
    """A computer of this vault. `seen`: when its newest file was written, in UTC, or ""."""

    id: str
    name: str
    this: bool
    retired: bool
    seen: str = ""


class Conflict(msgspec.Struct, frozen=True):
    """What a person should look at: "versions" of a document, a record "back", a "clock" ahead.

    `title` is what a person calls the subject: a record's title, somebody's or a computer's name.
    """

    kind: str
    subject: str
    title: str = ""


class Outcome(msgspec.Struct, frozen=True):
    """What one round did."""

    published: int
    merged: int
    waiting: list[Waiting]
    behind: list[str]
    conflicts: list[Conflict]


class State(msgspec.Struct, frozen=True):
    """How the copy stands. `folder` is None while none is chosen."""

    folder: str | None
    provider: str
    reachable: bool
    unpublished: bool
    waiting: list[Waiting]
    behind: list[str]
    devices: list[Device]
    conflicts: list[Conflict]


class Suggestion(msgspec.Struct, frozen=True):
    """A folder on this computer that a service carries."""

    provider: str
    folder: str


_COPY_INSTEAD: Final = mark(
    "Keep it on this computer, and put its encrypted copy there: "
    "page “Devices”, or “mydata cloud set”."
)
_LOOK_INTO: Final = 200
"""So many folders of a service are looked into: more would be felt."""

_copies: WeakKeyDictionary[Session, tuple[Path, copy.Copy]] = WeakKeyDictionary()


def suggestions() -> list[Suggestion]:
    """Folders that a cloud service carries, to choose from."""
    return [Suggestion(place.provider, str(place.root)) for place in placement.roots()]


def is_carried(folder: Path) -> bool:
    """Whether a cloud service or another computer would touch what lies in `folder`."""
    return placement.synced(folder) is not None


def check_place(folder: Path) -> None:
    """Refuse a live vault where a cloud service or another computer would touch its file."""
    place = placement.synced(folder)
    if place is None:
        return
    if not place.provider:
        raise EnvironmentFailure(
            "vault-in-cloud",
            "A vault cannot be kept on a drive of another computer.",
            "Two computers writing one file would damage it.",
            _COPY_INSTEAD,
        )
    raise EnvironmentFailure(
        "vault-in-cloud",
        "A vault cannot be kept in a folder that {provider} carries.",
        "A cloud service copies the file while it is written, and half of such copies are broken.",
        _COPY_INSTEAD,
        provider=place.provider,
    )


def set_folder(session: Session, folder: Path, context: JobContext | None = None) -> Outcome:
    """Keep the encrypted copy in `folder` from now on, and bring it up to date.

    What the folder used before holds stays there; the new one gets everything this vault knows.
    """
    folder = folder.expanduser().absolute()
    if folder.is_relative_to(session.folder) or session.folder.is_relative_to(folder):
        raise UsageError(
            "cloud-folder-here",
            "The encrypted copy cannot lie in the vault's own folder.",
            "",
            "Choose a folder that your cloud service carries.",
        )
    with environment():
        next(folder.iterdir(), None)  # says whether it is there, is a folder and may be read
    before = copy.chosen(session.vault)
    if before not in (None, folder):
        with suppress(UserError):  # what waits in the old folder, where it can still be reached
            sync(session, context=context)
    copy.choose(session.vault, folder)
    outcome = sync(session, context=context)
    if before not in (None, folder):
        _copy(session).move_in()
    return outcome


def leave(session: Session) -> None:
    """Publish nowhere any more. The folder stays as it is."""
    copy.choose(session.vault, None)
    _copies.pop(session, None)


def sync(
    session: Session,
    *,
    confirmed: bool = False,
    context: JobContext | None = None,
    asked: bool = False,
) -> Outcome:
    """Publish and take in. Raises `UsageError` for what only a person may decide.

    `asked`: a person waits for it, so files that were not whole a moment ago are tried again.
    """
    used = _copy(session)
    if asked or context is None:
        used.look_now()
    try:
        done = used.sync(confirmed=confirmed, look=(context or JobContext()).check)
    except merge.MassChange as change:
        raise UsageError(
            "mass-change",
            "Another computer has removed very many records.",
            "{count:,} records would go from this one too. Nothing was changed here.",
            "If that is meant, run “mydata cloud sync --accept-removals”.",
            count=change.count,
        ) from None
    if done.merged:
        session.events.publish(RECORDS, IMPORTS, PEOPLE, LEDGER)
    waiting = _waiting(session, done.waiting)
    return Outcome(done.published, done.merged, waiting, done.behind, _conflicts(session))


def status(session: Session) -> State:
    """How it stands, without taking anything in."""
    folder = copy.chosen(session.vault)
    if folder is None:
        return State(None, "", False, False, [], [], _devices(session, {}), _conflicts(session))
    place = placement.synced(folder)
    here = folder.is_dir()
    looked = _copy(session).look() if here else None
    devices = _devices(session, _copy(session).written() if here else {})
    return State(
        str(folder),
        place.provider if place else "",
        looked is not None,
        copy.has_news(session.vault),
        _waiting(session, looked.waiting) if looked else [],
        looked.behind if looked else [],
        devices,
        _conflicts(session),
    )


def _devices(session: Session, written: dict[str, float]) -> list[Device]:
    return [
        Device(peer.uid, peer.name, peer.own, peer.retired, _moment(written.get(peer.uid)))
        for peer in copy.devices(session.vault)
    ]


def _moment(seconds: float | None) -> str:
    if seconds is None:
        return ""
    with suppress(OverflowError, OSError, ValueError):  # what a provider makes of a time
        return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")
    return ""


def folder_of(session: Session) -> str | None:
    """The folder chosen on this computer."""
    folder = copy.chosen(session.vault)
    return str(folder) if folder else None


def _unlocking(
    passphrase: str, recovery_key: str, new_passphrase: str
) -> Callable[[headers.Header], bytes]:
    """What gets the vault key out of a header. With the recovery key a new passphrase must do."""
    if not recovery_key:
        return partial(headers.open_with_passphrase, passphrase=passphrase)
    check_passphrase(new_passphrase)
    return partial(headers.open_with_recovery, text=recovery_key)


def join(
    folder: Path,
    to: Path,
    *,
    passphrase: str = "",
    recovery_key: str = "",
    new_passphrase: str = "",
    cost: keys.Cost = keys.MODERATE,
    context: JobContext | None = None,
) -> Session:
    """Open the vault of a folder on this computer, as one more device.

    With the recovery key it ends in a new passphrase for this computer.
    """
    check_place(to)
    unlock = _unlocking(passphrase, recovery_key, new_passphrase)
    look = (context or JobContext()).check
    vault = joining.join(folder.expanduser().absolute(), to, unlock, look)
    session = Session(vault)
    try:
        if recovery_key:
            vault.set_passphrase(new_passphrase, cost=cost)
        sync(session, confirmed=True)
    except BaseException:
        session.close()
        raise
    return session


def take_keys(
    session: Session,
    *,
    passphrase: str = "",
    recovery_key: str = "",
    new_passphrase: str = "",
    cost: keys.Cost = keys.MODERATE,
    context: JobContext | None = None,
) -> Outcome:
    """Go over to the keys another computer has changed to, and bring everything up to date.

    Asked for when files wait because of "keys". It opens with the other one's passphrase, or with
    its recovery key and then a new passphrase for this computer.
    """
    unlock = _unlocking(passphrase, recovery_key, new_passphrase)
    used = _copy(session)
    in_passing(session)  # what is still under the old keys, as long as they are here
    if not joining.take_keys(session.vault, used.folder.chosen, unlock):
        raise UsageError(
            "no-other-keys",
            "The folder has no other keys for this vault.",
            "",
            "Wait until the cloud folder is up to date on this computer, then try again.",
        )
    _copies.pop(session, None)
    if recovery_key:
        session.vault.set_passphrase(new_passphrase, cost=cost)
    return sync(session, context=context)


def retire(session: Session, device: str) -> None:
    """Say that a computer is not used any more, by its id."""
    found = next((peer for peer in copy.devices(session.vault) if peer.uid == device), None)
    if found is None or found.own:
        raise UsageError(
            "no-such-device",
            "There is no other computer “{device}”.",
            "",
            "See the list of computers.",
            device=device,
        )
    copy.retire(session.vault, device)


def dismiss(session: Session, conflict: Conflict) -> None:
    """A person has looked at it. It comes back if it happens again."""
    copy.dismiss(session.vault, conflict.kind, conflict.subject)


def copies() -> list[Suggestion]:
    """Folders on this computer that hold a vault's encrypted copy, where a service carries them."""
    found = []
    for place in suggestions():
        root = Path(place.folder)
        with suppress(OSError, UserError):  # a folder that cannot be read holds nothing to join
            inner = [each for each in root.iterdir() if not each.name.startswith(".")]
            found += [
                Suggestion(place.provider, str(folder))
                for folder in (root, *sorted(inner)[:_LOOK_INTO])
                if folder.is_dir() and joining.vaults(folder)
            ]
    return found


def copy_in(folder: Path) -> Path:
    """The folder to join when a person pointed at `folder`, or at the “mydata-…” inside it."""
    named = folder.name.startswith("mydata-") and (folder / "header").is_dir()
    return folder.parent if named else folder


# -- by itself


def unpublished(session: Session) -> bool:
    """Whether there are changes that the folder does not have yet. Cheap."""
    return copy.has_news(session.vault)


def in_passing(session: Session) -> None:
    """Bring the copy up to date if there is one and nothing stands in the way."""
    with suppress(UserError):
        if not session.vault.read_only and copy.chosen(session.vault):
            sync(session)


def at_lock(session: Session) -> None:
    """Publish what is left before the vault is locked."""
    with suppress(UserError):  # the folder is away, or nothing can be written: the next time
        if not session.vault.read_only and copy.chosen(session.vault):
            _copy(session).publish()


def _copy(session: Session) -> copy.Copy:
    folder = copy.chosen(session.vault)
    if folder is None:
        raise UsageError(
            "no-cloud-folder",
            "No folder for the encrypted copy has been chosen yet.",
            "",
            "Choose one with “mydata cloud set FOLDER”.",
        )
    if not folder.is_dir():  # never made anew: its stick or its service is away
        raise EnvironmentFailure(
            "cloud-folder-away",
            "The folder for the encrypted copy cannot be reached now.",
            "“{folder}” is not there. Work goes on; changes are published when it is back.",
            "Connect the disk or start the cloud service, or choose another folder.",
            folder=folder.name,
        )
    known = _copies.get(session)
    if known is None or known[0] != folder:
        known = folder, copy.Copy(session.vault, folder)
        _copies[session] = known
    return known[1]


def _waiting(session: Session, found: list[merge.Waiting]) -> list[Waiting]:
    """A file that is not whole does not say whose it is; of two computers it is the other's."""
    peers = [peer for peer in copy.devices(session.vault) if not peer.own and not peer.retired]
    other = peers[0].name if len(peers) == 1 else ""
    return [Waiting(one.device or other, one.files, one.reason) for one in found]


def _conflicts(session: Session) -> list[Conflict]:
    return [
        Conflict(kind, subject, _title(session, kind, subject))
        for kind, subject, _ in copy.flags(session.vault)
    ]


def _title(session: Session, kind: str, subject: str) -> str:
    from app.services import asking, people  # seldom needed, and every lock imports this module

    if kind == "clock":
        names = {peer.uid: peer.name for peer in copy.devices(session.vault)}
        return names.get(subject, "")
    if kind == "back":
        row = asking.record(session, subject)
        return row.title if row else ""
    collection, _, identifier = subject.partition("/")
    if collection == "person":
        known = {person.fingerprint: person.name for person in people.people(session)}
        return known.get(identifier, "")
    return ""
