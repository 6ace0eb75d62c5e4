"""Making, unlocking and locking a vault, and what stands in it at a glance."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import msgspec

from app.catalogue import coverage
from app.errors import UsageError
from app.events import Events
from app.jobs import JobRunner
from app.vault import keys
from app.vault import vault as vaults
from app.vault.vault import Vault

SHORTEST_PASSPHRASE = 8


class Session:
    """An unlocked vault with its jobs and events. `close` locks it."""

    def __init__(self, vault: Vault) -> None:
        self.vault = vault
        self.jobs = JobRunner()
        self.events = Events()

    @property
    def folder(self) -> Path:
        """Where the vault lies."""
        return self.vault.folder

    def close(self) -> None:
        """Cancel what runs, wait for the writer, lock."""
        self.jobs.close()
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
    check_passphrase(passphrase)
    vault, recovery_key = Vault.create(folder, passphrase, cost=cost)
    return Session(vault), recovery_key


def unlock(folder: Path, passphrase: str) -> Session:
    """Open with the passphrase."""
    return Session(Vault.open(folder, passphrase))


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
    return Session(vault)


def change_passphrase(
    session: Session, new_passphrase: str, *, cost: keys.Cost = keys.MODERATE
) -> None:
    """Replace the passphrase; the data is not rewritten."""
    check_passphrase(new_passphrase)
    session.vault.set_passphrase(new_passphrase, cost=cost)


def status(session: Session) -> Status:
    """What is in the vault."""
    from app.services import keeping

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
        cloud=None,
    )
