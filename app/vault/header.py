"""`vault.header`: what must be known before a vault can be opened. No secret is readable in it.

Canonical JSON (sorted keys, no spaces, bytes as base64) of at most 64 KiB, with a keyed BLAKE2b
over everything but itself. It is written to a temporary file, synced and moved into place; the two
versions before it are kept beside it. Whoever holds it can guess at the passphrase offline and
nothing else.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import msgspec

from app.errors import CannotUnlock, EnvironmentFailure, VaultDamaged, environment
from app.vault import keys, recovery

NAME: Final = "vault.header"
COPIES: Final = (NAME, f"{NAME}.1", f"{NAME}.2")
FORMAT: Final = "mydata-vault"
VERSION: Final = 1
_LIMIT: Final = 64 * 1024
_DATA_NAME: Final = re.compile(r"vault(-\d{1,9})?\.db", re.ASCII)


class Slot(msgspec.Struct, frozen=True):
    """One way to the vault key: passphrase, recovery or keyring. KDF fields may be empty."""

    id: str
    kind: str
    kdf: str
    operations: int
    memory_kib: int
    salt: bytes
    nonce: bytes
    wrapped: bytes
    created: str
    label: str = ""
    device_id: str = ""

    @property
    def cost(self) -> keys.Cost:
        """The Argon2id cost the slot asks for."""
        return keys.Cost(self.operations, self.memory_kib)


class Database(msgspec.Struct, frozen=True):
    """The data file. Its SQLCipher salt stands here too: a damaged first page loses no key."""

    file: str
    page_size: int
    cipher_compatibility: int
    salt: bytes


class Header(msgspec.Struct, frozen=True):
    """Everything in the file. `header_epoch` counts rewrites, `key_epoch` vault keys."""

    format: str
    version: int
    min_reader: int
    vault_id: str
    key_epoch: int
    header_epoch: int
    created: str
    app: str
    database: Database
    slots: tuple[Slot, ...]
    key_check: bytes
    mac: bytes = b""


def _damaged() -> VaultDamaged:
    return VaultDamaged(
        "header-damaged",
        "The vault's header is damaged.",
        "The file “{name}” cannot be read. The records themselves may be whole.",
        "Open the vault from a backup, or put an older copy of the header in its place.",
        name=NAME,
    )


def now() -> str:
    """The present as UTC text to the second."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def canonical(header: Header) -> bytes:
    """The bytes that are written."""
    return msgspec.json.encode(header, order="deterministic")


def _mac(header: Header, ring: keys.KeyRing) -> bytes:
    body = canonical(msgspec.structs.replace(header, mac=b""))
    return hashlib.blake2b(body, key=ring.header, digest_size=32).digest()


def signed(header: Header, ring: keys.KeyRing) -> Header:
    """`header` with its check value and MAC for the vault key behind `ring`."""
    header = msgspec.structs.replace(header, key_check=ring.check)
    return msgspec.structs.replace(header, mac=_mac(header, ring))


def parse(data: bytes) -> Header:
    """Read header bytes. Raises `VaultDamaged` for anything that is not exactly canonical."""
    if len(data) > _LIMIT:
        raise _damaged()
    try:
        header = msgspec.json.decode(data, type=Header)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _damaged() from error
    if header.format != FORMAT:
        raise _damaged()
    if header.min_reader > VERSION:
        raise VaultDamaged(
            "vault-newer",
            "This vault was made by a newer version of MyData Vault.",
            "",
            "Install the newest version and open it again.",
        )
    if canonical(header) != data or not _DATA_NAME.fullmatch(header.database.file):
        raise _damaged()
    return header


def read(folder: Path) -> Header:
    """The newest readable header of a vault folder, falling back to its two copies."""
    failure: VaultDamaged | None = None
    for name in COPIES:
        try:
            data = (folder / name).read_bytes()
        except FileNotFoundError:
            continue
        except OSError as error:
            raise EnvironmentFailure(
                "no-permission",
                "“{name}” may not be read or written.",
                "",
                "Choose another place, or change its permissions.",
                name=name,
            ) from error
        try:
            return parse(data)
        except VaultDamaged as error:
            failure = failure or error
    if failure:
        raise failure
    raise _missing(folder)


def _missing(folder: Path) -> Exception:
    if any(folder.glob("vault*.db")):
        return VaultDamaged(
            "header-missing",
            "The vault's header is missing.",
            "The data file is there, but without the header nobody can open it.",
            "Put “{name}” back from a backup of this vault.",
            name=NAME,
        )
    return EnvironmentFailure(
        "no-vault",
        "There is no vault in “{folder}”.",
        "",
        "Make one there, or choose the folder that holds it.",
        folder=folder.name,
    )


def write(folder: Path, header: Header) -> None:
    """Put `header` in place so that at every moment one whole header is there."""
    target = folder / NAME
    temporary = folder / f"{NAME}.new"
    with environment():
        with temporary.open("wb") as file:
            file.write(canonical(header))
            file.flush()
            os.fsync(file.fileno())
        _keep_previous(folder)
        temporary.replace(target)
        sync_folder(folder)


def _keep_previous(folder: Path) -> None:
    """Copy, never move: the present header stays in place until the new one replaces it."""
    for newer, older in ((COPIES[1], COPIES[2]), (COPIES[0], COPIES[1])):
        if (folder / newer).exists():
            copy = folder / f"{older}.new"
            copy.write_bytes((folder / newer).read_bytes())
            copy.replace(folder / older)


def forget_previous(folder: Path) -> None:
    """Remove the copies of earlier headers, after a change of the vault key."""
    for name in COPIES[1:]:
        (folder / name).unlink(missing_ok=True)


def sync_folder(folder: Path) -> None:
    """Make a rename in `folder` survive a power cut, where the system can."""
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _associated(vault_id: str, slot: Slot) -> bytes:
    bare = msgspec.structs.replace(slot, nonce=b"", wrapped=b"")
    return vault_id.encode() + b"\0" + msgspec.json.encode(bare, order="deterministic")


def passphrase_slot(vault_id: str, passphrase: str, vault_key: bytes, cost: keys.Cost) -> Slot:
    """A new slot that opens with `passphrase`."""
    salt = secrets.token_bytes(keys.KDF_SALT_BYTES)
    bare = Slot(
        id=secrets.token_hex(8),
        kind="passphrase",
        kdf="argon2id",
        operations=cost.operations,
        memory_kib=cost.memory_kib,
        salt=salt,
        nonce=b"",
        wrapped=b"",
        created=now(),
    )
    return _filled(vault_id, bare, keys.from_passphrase(passphrase, salt, cost), vault_key)


def recovery_slot(vault_id: str, secret: bytes, vault_key: bytes) -> Slot:
    """A new slot that opens with the printed recovery key."""
    bare = Slot(
        id=secrets.token_hex(8),
        kind="recovery",
        kdf="none",
        operations=0,
        memory_kib=0,
        salt=b"",
        nonce=b"",
        wrapped=b"",
        created=now(),
    )
    return _filled(vault_id, bare, keys.from_recovery_key(secret), vault_key)


def _filled(vault_id: str, bare: Slot, wrapping_key: bytes, vault_key: bytes) -> Slot:
    nonce, wrapped = keys.wrap(wrapping_key, vault_key, _associated(vault_id, bare))
    return msgspec.structs.replace(bare, nonce=nonce, wrapped=wrapped)


def open_with_passphrase(header: Header, passphrase: str) -> bytes:
    """The vault key. Raises `CannotUnlock`, or `VaultDamaged` for a header tampered with."""
    slots = [slot for slot in header.slots if slot.kind == "passphrase"]
    if any(not slot.cost.bounded or slot.kdf != "argon2id" for slot in slots):
        raise _damaged()
    for slot in slots:
        try:
            wrapping_key = keys.from_passphrase(passphrase, slot.salt, slot.cost)
        except MemoryError as error:
            raise EnvironmentFailure(
                "out-of-memory",
                "There is not enough free memory to check the passphrase.",
                "",
                "Close other programs and try again.",
            ) from error
        if key := _opened(header, slot, wrapping_key):
            return key
    raise CannotUnlock(
        "wrong-passphrase",
        "The passphrase does not match.",
        "",
        "Check the keyboard language and Caps Lock, or use the recovery key.",
    )


def open_with_recovery(header: Header, text: str) -> bytes:
    """The vault key from the written recovery key. Raises `CannotUnlock`."""
    wrapping_key = keys.from_recovery_key(recovery.decode(text))
    for slot in header.slots:
        if slot.kind == "recovery" and (key := _opened(header, slot, wrapping_key)):
            return key
    raise CannotUnlock(
        "wrong-recovery-key",
        "This recovery key belongs to another vault.",
        "",
        "Look for the sheet with the vault's number on it: {vault_id}.",
        vault_id=header.vault_id[:8],
    )


def _opened(header: Header, slot: Slot, wrapping_key: bytes) -> bytes | None:
    key = keys.unwrap(wrapping_key, slot.nonce, slot.wrapped, _associated(header.vault_id, slot))
    if key is None:
        return None
    ring = keys.key_ring(key)
    if ring.check != header.key_check or _mac(header, ring) != header.mac:
        raise _damaged()
    return key
