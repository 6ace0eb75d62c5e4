"""An open vault: its keys, its one writer and its readers.

`Vault.create`, `open` and `open_with_recovery` are the only ways to get one. Everything read or
written goes through `read()` and `write()`, which hand out a `Transaction`.
"""

from __future__ import annotations

import gc
import os
import secrets
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final, NamedTuple

import msgspec

from app.errors import EnvironmentFailure, UserError, VaultDamaged, environment
from app.vault import (
    backup,
    heap,
    keys,
    making,
    migrate,
    originals,
    pages,
    presence,
    recovery,
    rekey,
    systemstore,
)
from app.vault import connection as opening
from app.vault import header as headers
from app.vault.copying import Origin
from app.vault.lockfile import Lock
from app.vault.transaction import Transaction

if TYPE_CHECKING:
    import sqlcipher3

_GATHER_WORDS: Final = "INSERT INTO words (words, rank) VALUES ('hashsize', 16777216)"
"""FTS5 writes out words when so many bytes of them have gathered: its own megabyte means many small
pieces, which it then merges again and again."""


class CopyKeys(NamedTuple):
    """The vault key, the segment key under it, and which vault key of this vault it is."""

    vault_key: bytes
    segment: bytes
    epoch: int


class Vault:
    """An unlocked vault. Threads may share it; `close` locks it."""

    def __init__(self, folder: Path, header: headers.Header, vault_key: bytes, lock: Lock) -> None:
        self.folder = folder
        self.header = header
        self._vault_key = vault_key
        self._ring = keys.key_ring(vault_key)
        self._lock = lock
        self._readers: list[sqlcipher3.Connection] = []
        self._readers_lock = threading.Lock()
        self._writing = threading.Lock()
        self._generation = 0
        self._closed = False
        data = folder / header.database.file
        with environment():
            self._immutable = lock.read_only or not os.access(data, os.W_OK)
            self.mended = not self._immutable and pages.mend_salt(
                data, self._ring.database, header.database.salt
            )
            """Whether the first bytes of the data file were spoiled, and are right again."""
            opening.check_file(data, header.database.salt)
            if self._immutable:
                pages.check_no_log(data)
            else:
                pages.set_foreign_log_aside(data, self._ring.database, header.database.salt)
        self.read_only = "medium" if self._immutable else "newer" if header.newer else ""
        """Why nothing can be changed: "medium", "newer" (made by a newer program), "full" or ""."""
        self.unclean = lock.unclean
        """Whether the program that had it open before did not lock it; see `looked_over`."""
        self._writer = self._connect_first(data)
        try:
            with opening.failures():
                self._check_ours()
                self._bring_up_to_date()
                self._device = self._prepare()
        except BaseException:
            self._writer.close()
            raise

    # -- getting one

    @classmethod
    def create(
        cls, folder: Path, passphrase: str, *, cost: keys.Cost = keys.MODERATE
    ) -> tuple[Vault, str]:
        """Make a vault in a new or empty folder; returns it and its recovery key as text.

        It is built beside its place and moved there whole, so a kill leaves no half vault.
        """
        folder = Path(os.path.abspath(folder))  # noqa: PTH100 "." has no name to build beside
        with environment():
            making.check_empty(folder)
        vault_key, secret = keys.random_key(), keys.random_key()
        header = making.new_header(passphrase, secret, vault_key, cost)
        with environment(), making.beside(folder) as building:
            making.build(building, header, vault_key)
        return cls._locked(folder, lambda _: vault_key), recovery.encode(secret)

    @classmethod
    def replicate(
        cls,
        folder: Path,
        header: headers.Header,
        vault_key: bytes,
        inside: Mapping[str, bytes],
        fill: Callable[[Vault], None],
    ) -> Vault:
        """Make the vault of `header` once more, on another computer, in a new or empty folder.

        `inside` are the keys that lie in the database. `fill` puts the content in before the folder
        gets its name, so a kill leaves no half vault.
        """
        folder = Path(os.path.abspath(folder))  # noqa: PTH100 as in `create`
        salt = secrets.token_bytes(pages.SALT_BYTES)
        database = headers.Database(making.DATA, pages.PAGE_SIZE, opening.COMPATIBILITY, salt)
        fresh = msgspec.structs.replace(header, database=database)
        fresh = headers.signed(fresh, keys.key_ring(vault_key))
        with environment():
            making.check_empty(folder)
            with making.beside(folder) as building:
                making.build(building, fresh, vault_key, inside)
                vault = cls._locked(building, lambda _: vault_key)
                try:
                    fill(vault)
                finally:
                    vault.close()
        return cls._locked(folder, lambda _: vault_key)

    @classmethod
    def open(cls, folder: Path, passphrase: str) -> Vault:
        """Unlock with the passphrase. Raises the `UserError` that says what is in the way."""
        return cls._locked(folder, partial(headers.open_with_passphrase, passphrase=passphrase))

    @classmethod
    def open_with_recovery(cls, folder: Path, text: str) -> Vault:
        """Unlock with the written recovery key; the caller then asks for a new passphrase."""
        return cls._locked(folder, partial(headers.open_with_recovery, text=text))

    @classmethod
    def open_with_store(cls, folder: Path) -> Vault:
        """Unlock with what this computer's secret store remembers. Raises as `open` does."""
        # The store may take its time: the passphrase can open the vault meanwhile.
        header = headers.read(folder)
        slot = headers.store_slot(header)
        secret = systemstore.load(header.vault_id, slot.id) if slot else None
        return cls._locked(folder, partial(headers.open_with_store, slot=slot, secret=secret))

    @classmethod
    def _locked(cls, folder: Path, unlock: Callable[[headers.Header], bytes]) -> Vault:
        headers.read(folder)  # before a lock file is left where no vault is
        lock = Lock(folder)
        try:
            header = headers.read(folder)  # whoever held the lock may have changed it
            vault = cls(folder, header, unlock(header), lock)
        except BaseException:
            lock.release(clean=not lock.unclean)
            raise
        if not vault.read_only:
            headers.mend(folder, header)
            _remove_leftovers(folder, header)
        return vault

    def close(self) -> None:
        """Lock: end every connection and let other programs in."""
        if self._closed:
            return
        self._closed = True
        with self._writing, self._readers_lock:
            for reader in self._readers:
                reader.close()
            self._readers.clear()
            try:
                # What cannot be folded in now, on a full disk, stays in the log beside the file.
                with suppress(EnvironmentFailure), opening.failures():
                    if not self.read_only:
                        self._writer.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            finally:
                self._writer.close()
                self._lock.release(clean=not self.unclean)

    # -- using it

    @property
    def vault_id(self) -> str:
        """32 hex digits that name this vault."""
        return self.header.vault_id

    @contextmanager
    def write(self, *, bulk: bool = False) -> Iterator[Transaction]:
        """One write transaction: committed whole at the end, or not at all.

        `bulk` takes more memory while it lasts: for imports, and what else writes thousands.
        """
        with self._writing:
            self._check_writable()
            with opening.failures(), self._at_ease(bulk):
                self._writer.execute("BEGIN IMMEDIATE")
                try:
                    with self._transaction(bulk) as transaction:
                        yield transaction
                    self._writer.execute("COMMIT")
                except BaseException:
                    if self._writer.in_transaction:  # a full disk has rolled back already
                        self._writer.execute("ROLLBACK")
                    raise

    @contextmanager
    def _transaction(self, bulk: bool) -> Iterator[Transaction]:
        """What is inside of `write`: over when nothing works beside it any more."""
        if not bulk:
            yield Transaction(self._writer, self._device)
            return
        heap.share()
        with ThreadPoolExecutor(1, "vault-writer") as helper:
            transaction = Transaction(self._writer, self._device, helper)
            transaction.execute(_GATHER_WORDS)
            yield transaction
            transaction.settle()

    @contextmanager
    def _at_ease(self, bulk: bool) -> Iterator[None]:
        """Room for many pages; no search for cycles among rows, which have none: a tenth saved.

        Nor are pages overwritten that merging the search index sets free, encrypted as they are:
        another tenth.
        """
        if not bulk:
            yield
            return
        collecting = gc.isenabled()
        gc.disable()
        try:
            self._writer.execute(f"PRAGMA cache_size = -{opening.BULK_CACHE_KIB}")
            self._writer.execute("PRAGMA secure_delete = FAST")
            yield
        finally:
            if collecting:  # first: on a disk that is gone, what follows raises
                gc.enable()
            self._writer.execute("PRAGMA secure_delete = ON")
            self._writer.execute(f"PRAGMA cache_size = -{opening.CACHE_KIB}")
            self._writer.execute("PRAGMA shrink_memory")

    @contextmanager
    def read(self) -> Iterator[Transaction]:
        """A consistent view of the vault as it is now."""
        reader, generation = self._take_reader()
        healthy = False
        try:
            with opening.failures():
                reader.execute("BEGIN")
                yield Transaction(reader, self._device)
                healthy = True
        finally:
            self._give_back(reader, generation, healthy=healthy)

    def wrap_secret(self, plain: bytes) -> bytes:
        """Seal a private key once more, so that even a query does not show it."""
        nonce, sealed = keys.wrap(self._secret_key, plain, b"mydata/secret/v1")
        return nonce + sealed

    def unwrap_secret(self, sealed: bytes) -> bytes:
        """Open what `wrap_secret` sealed. Raises `VaultDamaged`."""
        nonce, body = sealed[: keys.NONCE_BYTES], sealed[keys.NONCE_BYTES :]
        plain = keys.unwrap(self._secret_key, nonce, body, b"mydata/secret/v1")
        if plain is None:
            raise VaultDamaged(
                "secret-damaged",
                "A key kept in the vault is damaged.",
                "",
                "Restore the last backup.",
            )
        return plain

    def keep_original(
        self,
        file: BinaryIO,
        limit: int,
        known: Mapping[str, originals.Kept],
        tick: originals.Tick = originals.nothing,
    ) -> originals.Kept:
        """Hash an open file; keep it encrypted if it is at most `limit` bytes and not `known`."""
        self._check_writable()
        return originals.seal(self.folder, self._attachment_keys, file, limit, known, tick)

    def drop_strays(self) -> None:
        """Remove the blobs of an import that did not come to its end."""
        with self._writing:
            self._check_writable()
            originals.sweep(self.folder, Transaction(self._writer, self._device))

    def original(self, blob: str) -> Iterator[bytes]:
        """The bytes of a kept original."""
        return originals.read(self.folder, self._attachment_keys, blob)

    @contextmanager
    def still(self) -> Iterator[Origin]:
        """The vault's files, for a copy: writers wait meanwhile."""
        with self._writing:
            self._check_open()
            yield self._origin()

    @property
    def refusal(self) -> UserError | None:
        """What whoever wants to change something is told, or None where that is possible."""
        if self.read_only == "newer":
            return migrate.newer("It can be read, searched and exported here, and not changed.")
        if self.read_only == "full":
            return _full()
        return _read_only() if self.read_only else None

    def looked_over(self) -> None:
        """Say that the vault was checked after an unclean end."""
        self.unclean = False

    def set_passphrase(self, passphrase: str, *, cost: keys.Cost = keys.MODERATE) -> None:
        """Replace the passphrase: one new slot, the data untouched, at any size."""
        slot = headers.passphrase_slot(self.vault_id, passphrase, self._vault_key, cost)
        self._set_slots((slot, *self._slots_without("passphrase")))

    def remember(self) -> None:
        """Let this computer's secret store unlock the vault too. Raises `EnvironmentFailure`."""
        secret = keys.random_key()
        slot = headers.keyring_slot(self.vault_id, secret, self._vault_key, str(self._device))
        old = headers.store_slot(self.header)
        systemstore.save(self.vault_id, slot.id, secret)
        try:
            self._set_slots((*self._slots_without("keyring"), slot))
        except BaseException:
            self._tidy_store(slot)
            raise
        self._tidy_store(old)

    def forget(self) -> None:
        """Take the secret store's slot away; what the store still holds opens nothing then."""
        slot = headers.store_slot(self.header)
        if slot:
            self._set_slots(self._slots_without("keyring"))
            self._tidy_store(slot)

    def _slots_without(self, kind: str) -> tuple[headers.Slot, ...]:
        return tuple(slot for slot in self.header.slots if slot.kind != kind)

    def _tidy_store(self, slot: headers.Slot | None) -> None:
        """Remove what the store keeps for `slot`. Where it cannot, it keeps what opens nothing."""
        if slot:
            with suppress(EnvironmentFailure):
                systemstore.forget(self.vault_id, slot.id)

    def confirm(self, passphrase: str) -> None:
        """Check that `passphrase` is the vault's. Raises `CannotUnlock`."""
        self._check_open()
        headers.open_with_passphrase(self.header, passphrase)

    @property
    def device(self) -> int:
        """This computer's number in the file."""
        return self._device

    def become(self, device: int) -> None:
        """Write as another device from now on: another copy of this vault writes as the old one."""
        with self._writing:
            self._device = device

    def copy_keys(self) -> CopyKeys:
        """What seals the encrypted copy in a cloud folder."""
        return CopyKeys(self._vault_key, self._ring.segment, self.header.key_epoch)

    def bare_header(self) -> headers.Header:
        """The header for other computers: without what only this one's secret store opens."""
        slots = self._slots_without("keyring")
        return headers.signed(msgspec.structs.replace(self.header, slots=slots), self._ring)

    @property
    def remembered(self) -> bool:
        """Whether a secret store may unlock it."""
        return headers.store_slot(self.header) is not None

    def change_keys(self, passphrase: str, *, cost: keys.Cost = keys.MODERATE) -> str:
        """Encrypt everything under a new vault key and passphrase; returns a new recovery key.

        Who kept an old header and knows the old passphrase can open old copies, and nothing new.
        """
        made = rekey.prepare(self.header, passphrase, cost)
        self._go_over_to(made)
        return made.recovery_key

    def take_keys(self, header: headers.Header, vault_key: bytes) -> None:
        """Encrypt everything under the vault key another computer of this vault has changed to.

        `header` is that computer's: its passphrase and recovery key open this vault from now on.
        """
        self._go_over_to(rekey.taken(self.header, header, vault_key))

    def _go_over_to(self, made: rekey.Rekeyed) -> None:
        old, remembered = self.header.database.file, headers.store_slot(self.header)
        with self._writing, environment():
            self._check_writable()
            _remove_database(self.folder, made.header.database.file)  # of one that was killed
            try:
                self._export_under(made)
                headers.write(self.folder, made.header)
            except BaseException:
                _remove_database(self.folder, made.header.database.file)
                raise
            self._reopen(made)
            _remove_database(self.folder, old)
        self._tidy_store(remembered)

    # -- inside

    @property
    def _attachment_keys(self) -> list[bytes]:
        """As they are now: another computer of this vault may have brought one."""
        with self.read() as snapshot:
            return originals.attachment_keys(snapshot)

    def _set_slots(self, slots: tuple[headers.Slot, ...]) -> None:
        self._check_writable()
        epoch = self.header.header_epoch + 1
        header = msgspec.structs.replace(self.header, slots=slots, header_epoch=epoch)
        header = headers.signed(header, self._ring)
        headers.write(self.folder, header)
        self.header = header

    def _origin(self) -> Origin:
        return Origin(self.folder, self.header, self._ring.database, immutable=self._immutable)

    def _export_under(self, made: rekey.Rekeyed) -> None:
        ring = keys.key_ring(made.vault_key)
        held = rekey.export(self._origin(), self.folder, made.header, ring.database)
        rekey.verify(Origin(self.folder, made.header, ring.database), held)

    def _reopen(self, made: rekey.Rekeyed) -> None:
        with self._readers_lock:
            for reader in self._readers:
                reader.close()
            self._readers.clear()
            self._generation += 1
            self._writer.close()
            self.header, self._vault_key = made.header, made.vault_key
            self._ring = keys.key_ring(made.vault_key)
            self._writer = self._connect()
        with opening.failures():
            self._device = self._prepare()

    def _connect_first(self, data: Path) -> sqlcipher3.Connection:
        """The writer. On a full disk, where there is no room for its log, only a reader."""
        try:
            return self._connect()
        except EnvironmentFailure as error:
            if error.code != "disk-full" or self._immutable or pages.has_log(data):
                raise
        self._immutable, self.read_only = True, self.read_only or "full"
        return self._connect()

    def _connect(self, cache_kib: int = opening.CACHE_KIB) -> sqlcipher3.Connection:
        database = self.header.database
        return opening.connect(
            self.folder / database.file,
            self._ring.database,
            database.salt,
            cache_kib=cache_kib,
            immutable=self._immutable,
        )

    def _check_ours(self) -> None:
        """Check that data and header belong together."""
        found = self._writer.execute("SELECT value FROM meta WHERE name = 'vault_id'").fetchone()
        if not found or found[0].decode() != self.vault_id:
            raise VaultDamaged(
                "data-foreign",
                "The vault's data file belongs to another vault or its start is damaged.",
                "Nothing was changed. An empty vault is never opened in its place.",
                "Wait for your cloud folder to finish, or restore the last backup.",
            )

    def _bring_up_to_date(self) -> None:
        """Migrate what is older, after a copy of it was made; only read what is newer."""
        present = migrate.version(self._writer)
        if present < migrate.SCHEMA:
            if self.read_only:
                raise opening.disk_full() if self.read_only == "full" else _old_on_read_only()
            backup.before_migration(self._origin(), present, migrate.SCHEMA)
            migrate.migrate(self._writer)
        elif present > migrate.SCHEMA:
            migrate.check_readable(self._writer)
            self.read_only = self.read_only or "newer"
            self._writer.execute("PRAGMA query_only = ON")

    def _prepare(self) -> int:
        """Take the keys that lie inside; returns this computer's device number."""
        meta = dict(self._writer.execute("SELECT name, value FROM meta").fetchall())
        number = int(meta["device"])
        self._secret_key: bytes = meta["secret_key"]
        if self.unclean and not self.read_only:
            # Only then can there be strays. Not at every opening: beside an older data file that
            # somebody put back for a moment, the originals of the newer one would look like some.
            with environment():
                originals.sweep(self.folder, Transaction(self._writer, number))
        return number

    def _check_open(self) -> None:
        if self._closed:
            raise EnvironmentFailure(
                "vault-locked", "The vault is locked.", "", "Unlock it and try again."
            )

    def _check_writable(self) -> None:
        self._check_open()
        if refusal := self.refusal:
            raise refusal

    def _take_reader(self) -> tuple[sqlcipher3.Connection, int]:
        with self._readers_lock:
            self._check_open()
            if self._readers:
                return self._readers.pop(), self._generation
            return self._connect(opening.READER_CACHE_KIB), self._generation

    def _give_back(self, reader: sqlcipher3.Connection, generation: int, *, healthy: bool) -> None:
        """A connection that met an error may be poisoned by one bad page: it is not used again.

        Neither is one to a file that a change of the vault key has replaced meanwhile.
        """
        if healthy:
            reader.execute("ROLLBACK")
            with self._readers_lock:
                if not self._closed and generation == self._generation:
                    self._readers.append(reader)
                    return
        reader.close()


def exists(folder: Path) -> bool:
    """Whether there is a vault, whole or not, in `folder`."""
    return presence.exists(folder)


def _read_only() -> EnvironmentFailure:
    return EnvironmentFailure(
        "vault-read-only",
        "The vault can only be read here.",
        "Its folder or its disk may not be written to. Reading, searching and exporting work.",
        "To change something, copy the folder to a place that can be written to.",
    )


def _full() -> EnvironmentFailure:
    return EnvironmentFailure(
        "disk-full",
        "The disk is full.",
        "The vault can only be read until there is room again.",
        "Free some space and open it again. Nothing was lost.",
    )


def _old_on_read_only() -> EnvironmentFailure:
    return EnvironmentFailure(
        "vault-older-read-only",
        "This vault is from an earlier version and lies where nothing can be written.",
        "It has to be brought up to date before it can be read.",
        "Copy the folder to a place that can be written to, and open it there.",
    )


def _remove_leftovers(folder: Path, header: headers.Header) -> None:
    """Remove data files of a change of keys that was killed before its end or just after.

    Only when every copy of the header names another one: while one is left, so is its file.
    """
    if headers.agree(folder, header):
        for path in folder.glob("vault*.db"):
            if headers.DATA_NAME.fullmatch(path.name) and path.name != header.database.file:
                with suppress(OSError):
                    _remove_database(folder, path.name)


def _remove_database(folder: Path, name: str) -> None:
    for ending in ("", "-wal", "-shm"):
        (folder / f"{name}{ending}").unlink(missing_ok=True)
