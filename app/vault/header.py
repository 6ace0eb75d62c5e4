"""`vault.header`: what must be known before a vault can be opened. No secret is readable in it.

One line of canonical JSON (fields in the order of `Header`, no spaces, bytes as base64) of at most
64 KiB, with a keyed BLAKE2b over everything but itself; then a line with the BLAKE2b-256 of the
first in hex. The keyed hash shows that nobody changed it; the plain one tells damage from a wrong
passphrase before anybody has unlocked anything. It is written to a temporary file, synced and moved
into place, and two copies of it lie beside it for the day it is damaged. They are of the present
header and not of earlier ones, so that a passphrase that was changed opens none of them. Whoever
holds it can guess at the passphrase offline and nothing else.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, Final, cast

import msgspec

from app.errors import CannotUnlock, EnvironmentFailure, VaultDamaged, environment, from_os_error
from app.vault import keys, presence, recovery

NAME: Final = presence.HEADER
COPIES: Final = presence.HEADERS
FORMAT: Final = "mydata-vault"
VERSION: Final = 1
_LIMIT: Final = 64 * 1024
DATA_NAME: Final = re.compile(r"vault(-\d{1,9})?\.db", re.ASCII)


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
    """Everything in the file. `header_epoch` counts rewrites, `key_epoch` vault keys.

    `newer` is the line as it was read, where a newer program wrote it: a later version may have
    fields that are not here (in the header, not in its slots), and they must not be lost.
    """

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
    newer: bytes = b""


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
    """The header's line."""
    return header.newer or _written(msgspec.to_builtins(header))


def _written(fields: dict[str, object]) -> bytes:
    """In the order they come in, which is that of the file."""
    return msgspec.json.encode({name: fields[name] for name in fields if name != "newer"})


def _mac(header: Header, ring: keys.KeyRing) -> bytes:
    fields = msgspec.json.decode(header.newer) if header.newer else msgspec.to_builtins(header)
    body = _written(fields | {"mac": ""})
    return hashlib.blake2b(body, key=ring.header, digest_size=32).digest()


def signed(header: Header, ring: keys.KeyRing) -> Header:
    """`header` with its check value and MAC for the vault key behind `ring`."""
    header = msgspec.structs.replace(header, key_check=ring.check)
    return msgspec.structs.replace(header, mac=_mac(header, ring))


def to_bytes(header: Header) -> bytes:
    """The file's bytes."""
    line = canonical(header)
    return line + b"\n" + _plain_hash(line) + b"\n"


def _plain_hash(line: bytes) -> bytes:
    return hashlib.blake2b(line, digest_size=32).hexdigest().encode()


def parse(data: bytes) -> Header:
    """Read the file's bytes. Raises `VaultDamaged` for anything that is not exactly canonical."""
    line, _, rest = data.partition(b"\n")
    if len(data) > _LIMIT or rest != _plain_hash(line) + b"\n":
        raise _damaged()
    try:
        header = msgspec.json.decode(line, type=Header)
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
    if header.version > VERSION:
        header = msgspec.structs.replace(header, newer=line)
    if canonical(header) != line or not DATA_NAME.fullmatch(header.database.file):
        raise _damaged()
    return header


def read(folder: Path) -> Header:
    """The header of a vault folder, or the first of its two copies that is whole."""
    failure: VaultDamaged | None = None
    for name in COPIES:
        try:
            data = (folder / name).read_bytes()
        except FileNotFoundError:
            continue
        except OSError as error:
            raise from_os_error(error) from error
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
    """Put `header` in place so that at every moment one whole header is there; then its copies."""
    with environment():
        _put(folder / NAME, to_bytes(header))
    mend(folder, header)


def mend(folder: Path, header: Header) -> None:
    """Make the file and its copies what `header` is, which has just opened the vault.

    Needed after a kill between two of them, or damage to one. Where it cannot be done now, it is
    done when the vault is opened the next time; that it opens at all matters more.
    """
    data = to_bytes(header)
    for name in COPIES:
        path = folder / name
        with suppress(OSError):
            if not path.exists() or path.read_bytes() != data:
                _put(path, data)


def agree(folder: Path, header: Header) -> bool:
    """Whether the file and both its copies are what `header` is."""
    data = to_bytes(header)
    try:
        return all((folder / name).read_bytes() == data for name in COPIES)
    except OSError:
        return False


def _put(path: Path, data: bytes) -> None:
    temporary = path.with_name(f"{path.name}.new")
    with private(temporary, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
    with suppress(OSError):  # from here on it is in place, and nobody may act as if it were not
        sync_folder(path.parent)


def private(path: Path, mode: str) -> BinaryIO:
    """Open a file, made so that only this user may read it."""
    opened = open(path, mode, opener=lambda name, flags: os.open(name, flags, 0o600))  # noqa: SIM115
    return cast("BinaryIO", opened)


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
    return _filled(vault_id, bare, _wrapping_key(passphrase, salt, cost), vault_key)


def recovery_slot(vault_id: str, secret: bytes, vault_key: bytes) -> Slot:
    """A new slot that opens with the printed recovery key."""
    return _filled(vault_id, _uniform("recovery"), keys.from_recovery_key(secret), vault_key)


def keyring_slot(vault_id: str, secret: bytes, vault_key: bytes, device_id: str) -> Slot:
    """A new slot whose secret lies in this computer's secret store."""
    bare = msgspec.structs.replace(_uniform("keyring"), device_id=device_id)
    return _filled(vault_id, bare, keys.from_store_key(secret), vault_key)


def _uniform(kind: str) -> Slot:
    """An empty slot for a secret that is uniform already and needs no slow KDF."""
    return Slot(
        id=secrets.token_hex(8),
        kind=kind,
        kdf="none",
        operations=0,
        memory_kib=0,
        salt=b"",
        nonce=b"",
        wrapped=b"",
        created=now(),
    )


def _filled(vault_id: str, bare: Slot, wrapping_key: bytes, vault_key: bytes) -> Slot:
    nonce, wrapped = keys.wrap(wrapping_key, vault_key, _associated(vault_id, bare))
    return msgspec.structs.replace(bare, nonce=nonce, wrapped=wrapped)


def open_with_passphrase(header: Header, passphrase: str) -> bytes:
    """The vault key. Raises `CannotUnlock`, or `VaultDamaged` for a header tampered with."""
    slots = [slot for slot in header.slots if slot.kind == "passphrase"]
    if not all(_sound(slot) for slot in slots):
        raise _damaged()
    for slot in slots:
        if key := _opened(header, slot, _wrapping_key(passphrase, slot.salt, slot.cost)):
            return key
    raise CannotUnlock(
        "wrong-passphrase",
        "The passphrase does not match.",
        "",
        "Check the keyboard language and Caps Lock, or use the recovery key.",
    )


def _sound(slot: Slot) -> bool:
    """Whether a passphrase slot asks for what the KDF can give, seen before it runs."""
    return slot.cost.bounded and slot.kdf == "argon2id" and len(slot.salt) == keys.KDF_SALT_BYTES


def _wrapping_key(passphrase: str, salt: bytes, cost: keys.Cost) -> bytes:
    try:
        return keys.from_passphrase(passphrase, salt, cost)
    except MemoryError as error:
        raise EnvironmentFailure(
            "out-of-memory",
            "There is not enough free memory to check the passphrase.",
            "",
            "Close other programs and try again.",
        ) from error


def open_with_recovery(header: Header, text: str) -> bytes:
    """The vault key from the written recovery key. Raises `CannotUnlock`."""
    wrapping_key = keys.from_recovery_key(recovery.decode(text))
    for slot in header.slots:
        if slot.kind == "recovery" and (key := _opened(header, slot, wrapping_key)):
            return key
    raise CannotUnlock(
        "wrong-recovery-key",
        "This recovery key does not open this vault.",
        "It is another vault's, or the keys were changed since it was written down.",
        "Look for the newest sheet with the vault's number on it: {vault_id}.",
        vault_id=header.vault_id[:8],
    )


def store_slot(header: Header) -> Slot | None:
    """The slot this computer's secret store may have the secret for."""
    return next((slot for slot in header.slots if slot.kind == "keyring"), None)


def open_with_store(header: Header, slot: Slot | None, secret: bytes | None) -> bytes:
    """The vault key from what the secret store holds. Raises `CannotUnlock` if that is no use."""
    key = _opened(header, slot, keys.from_store_key(secret)) if slot and secret else None
    if key is None:
        raise CannotUnlock(
            "store-slot-gone",
            "This computer no longer remembers the passphrase.",
            "The desktop or its secret store has changed. Nothing is lost.",
            "Type the passphrase, then turn remembering on again if you like.",
        )
    return key


def _opened(header: Header, slot: Slot, wrapping_key: bytes) -> bytes | None:
    key = keys.unwrap(wrapping_key, slot.nonce, slot.wrapped, _associated(header.vault_id, slot))
    if key is None:
        return None
    ring = keys.key_ring(key)
    if ring.check != header.key_check or _mac(header, ring) != header.mac:
        raise _damaged()
    return key
