"""Making, unlocking and locking a vault, and what stands in it at a glance."""

from __future__ import annotations

import time
import unicodedata
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from app.catalogue import coverage
from app.errors import UsageError, UserError
from app.events import NOTICE, Events
from app.jobs import JobContext, JobRunner
from app.services import notices
from app.share import unfinished
from app.vault import header, keys, recovery, systemstore
from app.vault import vault as vaults
from app.vault.vault import Vault

if TYPE_CHECKING:
    from app.services.checkup import Looked

SHORTEST_PASSPHRASE = 8
CONFIRMED_SECONDS = 120.0
"""For so long after the passphrase was typed it is not asked for again."""


class Session:
    """An unlocked vault with its jobs and events. `close` locks it.

    `swept` says what a program that was killed had left in the person's folders and is now removed.
    `notice` is what its owner should be told, if anything: an error to be shown, not raised. It may
    come a moment after opening; `events.NOTICE` is published then.
    """

    def __init__(self, vault: Vault) -> None:
        self.vault = vault
        self.jobs = JobRunner()
        self.events = Events()
        self.swept: UserError | None = notices.unfinished(unfinished.sweep())
        self.notice: UserError | None = notices.standing(vault)
        self.looked: Looked | None = None
        """What the last check of this session found; see `app.services.checkup`."""
        self._confirmed = float("-inf")
        if vault.unclean:
            self.jobs.read(self._look_over)

    def _look_over(self, _: JobContext) -> None:
        self.notice = notices.after_unclean_end(self.vault)
        self.events.publish(NOTICE)

    @property
    def confirmed(self) -> bool:
        """Whether the passphrase was typed a moment ago."""
        return time.monotonic() - self._confirmed < CONFIRMED_SECONDS

    def confirm(self) -> None:
        """Note that the passphrase was typed just now."""
        self._confirmed = time.monotonic()

    @property
    def folder(self) -> Path:
        """Where the vault lies."""
        return self.vault.folder

    def close(self) -> None:
        """Cancel what runs, wait for the writer, publish what is left, lock."""
        from app.services import cloud

        self.jobs.close()
        cloud.at_lock(self)
        self.vault.close()


class Status(msgspec.Struct, frozen=True):
    """The vault at a glance. `backup` and `cloud` are None until there is one."""

    vault: str
    vault_id: str
    created: str
    records: int
    sources: int
    kinds: dict[str, int]
    domains: dict[str, int]
    backup: str | None
    cloud: str | None


def exists(folder: Path) -> bool:
    """Whether there is a vault, whole or not, in `folder`."""
    return vaults.exists(folder)


def check_passphrase(passphrase: str) -> None:
    """Refuse a passphrase that anyone could guess. Raises `UsageError`."""
    # Composed, as it is used: a keyboard that takes syllables apart does not make it longer.
    if len(unicodedata.normalize("NFC", passphrase)) < SHORTEST_PASSPHRASE:
        raise UsageError(
            "passphrase-short",
            "The passphrase is too short.",
            "It needs at least {count} characters.",
            "Use a few words that belong together only for you.",
            count=SHORTEST_PASSPHRASE,
        )


def create(
    folder: Path, passphrase: str, *, cost: keys.Cost = keys.MODERATE
) -> tuple[Session, str]:
    """A new vault in a new or empty folder; returns it open, and its recovery key to write down."""
    from app.services import cloud

    check_passphrase(passphrase)
    cloud.check_place(folder)
    vault, recovery_key = Vault.create(folder, passphrase, cost=cost)
    return _confirmed(vault), recovery_key


def unlock(folder: Path, passphrase: str) -> Session:
    """Open with the passphrase."""
    from app.services import cloud

    cloud.check_place(folder)
    return _confirmed(Vault.open(folder, passphrase))


def _confirmed(vault: Vault) -> Session:
    session = Session(vault)
    session.confirm()
    return session


def recover(
    folder: Path, recovery_key: str, new_passphrase: str, *, cost: keys.Cost = keys.MODERATE
) -> Session:
    """Open with the recovery key; it always ends in a new passphrase."""
    check_passphrase(new_passphrase)
    vault = Vault.open_with_recovery(folder, recovery_key)
    try:
        vault.set_passphrase(new_passphrase, cost=cost)
    except BaseException:
        vault.close()
        raise
    return _confirmed(vault)


def same_group(typed: str, recovery_key: str, number: int) -> bool:
    """Whether `typed` is group `number` (from 1) of the recovery key."""
    return recovery.same_group(typed, recovery_key, number)


# -- the computer's secret store


def secret_store() -> str:
    """What the store that may remember is called, to be translated; "" where there is none.

    It may take ten seconds where the store does not answer.
    """
    return systemstore.title()


def remembered(folder: Path) -> bool:
    """Whether the vault in `folder` was to be unlocked by a secret store."""
    try:
        return header.store_slot(header.read(folder)) is not None
    except UserError:
        return False


def unlock_remembered(folder: Path) -> Session:
    """Open with what the secret store remembers. Raises `UserError` where it cannot."""
    return Session(Vault.open_with_store(folder))


def remember(session: Session) -> None:
    """Let the secret store open the vault from now on. Raises `EnvironmentFailure`."""
    session.vault.remember()


def forget(session: Session) -> None:
    """Ask for the passphrase again from now on."""
    session.vault.forget()


def stop_waiting() -> None:
    """Wait no longer for a secret store that does not answer; the program is ending."""
    systemstore.give_up()


def confirm_passphrase(session: Session, passphrase: str) -> None:
    """Make sure that whoever sits here knows the passphrase in force. Raises `CannotUnlock`.

    It takes as long as unlocking, so it belongs on a worker. It holds for `CONFIRMED_SECONDS`.
    """
    session.vault.confirm(passphrase)
    session.confirm()


def change_passphrase(
    session: Session, new_passphrase: str, *, cost: keys.Cost = keys.MODERATE
) -> None:
    """Replace the passphrase; the data is not rewritten."""
    check_passphrase(new_passphrase)
    session.vault.set_passphrase(new_passphrase, cost=cost)


def change_keys(session: Session, new_passphrase: str, *, cost: keys.Cost = keys.MODERATE) -> str:
    """Encrypt everything anew under a new key and passphrase; returns a new recovery key.

    It reads and writes the whole vault twice. Nothing is remembered by a secret store afterwards.
    """
    from app.services import cloud

    check_passphrase(new_passphrase)
    cloud.in_passing(session)  # what others wrote can be read under the old key only
    recovery_key = session.vault.change_keys(new_passphrase, cost=cost)
    cloud.in_passing(session)
    return recovery_key


def status(session: Session) -> Status:
    """What is in the vault."""
    from app.services import cloud, keeping

    with session.vault.read() as snapshot:
        found = coverage.overview(snapshot)
    return Status(
        vault=str(session.folder),
        vault_id=session.vault.vault_id,
        created=session.vault.header.created,
        records=sum(found.kinds.values()),
        sources=len(found.sources),
        kinds=found.kinds,
        domains=found.domains,
        backup=keeping.health(session).last.made or None,
        cloud=cloud.folder_of(session),
    )
