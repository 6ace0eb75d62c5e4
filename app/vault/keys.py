"""How keys are made and wrapped.

    passphrase --NFC, UTF-8--> Argon2id --> key-encryption key --+
    recovery key (256 bits, printed) --> key-encryption key -----+--> unwraps the vault key
    vault key --keyed BLAKE2b, one person tag each--> the keys below

Wrapping is XChaCha20-Poly1305 with everything that describes the slot as associated data, so a
slot whose KDF parameters were changed does not open. Python cannot wipe memory: locking closes the
database and ends what used the key, and promises no more than that.
"""

from __future__ import annotations

import hashlib
import secrets
import unicodedata
from typing import Final

import msgspec

KEY_BYTES: Final = 32
NONCE_BYTES: Final = 24
TAG_BYTES: Final = 16
KDF_SALT_BYTES: Final = 16


class Cost(msgspec.Struct, frozen=True):
    """What Argon2id costs: passes over the memory, and the memory in KiB."""

    operations: int
    memory_kib: int

    @property
    def bounded(self) -> bool:
        """Whether it is within what any vault may ask for; a hostile header must not eat memory."""
        return 2 <= self.operations <= 10 and 64 * 1024 <= self.memory_kib <= 2 * 1024 * 1024


MODERATE: Final = Cost(3, 256 * 1024)
"""About half a second on a 2024 laptop core."""
LOWEST: Final = Cost(2, 64 * 1024)
"""For computers with less than 4 GiB of memory."""


class KeyRing(msgspec.Struct, frozen=True):
    """What the vault key unlocks. Each serves one purpose; all are 32 bytes but `check`, 16.

    Keys that must outlive a change of the vault key (for record identity, for private keys, for
    originals already sealed) are random and lie inside the encrypted database instead.
    """

    database: bytes
    segment: bytes
    header: bytes
    check: bytes


def random_key() -> bytes:
    """32 bytes from the operating system."""
    return secrets.token_bytes(KEY_BYTES)


def derive(key: bytes, person: bytes, size: int = KEY_BYTES) -> bytes:
    """Keyed BLAKE2b of nothing but a purpose: one key makes many that do not tell on each other."""
    return hashlib.blake2b(key=key, person=person, digest_size=size).digest()


def key_ring(vault_key: bytes) -> KeyRing:
    """All keys of a vault from its one vault key."""
    return KeyRing(
        database=derive(vault_key, b"mydata/database"),
        segment=derive(vault_key, b"mydata/segment"),
        header=derive(vault_key, b"mydata/header"),
        check=derive(vault_key, b"mydata/check", 16),
    )


def passphrase_bytes(passphrase: str) -> bytes:
    """NFC and UTF-8: Hangul typed composed and pasted decomposed open the same vault."""
    # A terminal hands on bytes it cannot read as lone surrogates: they are a passphrase too.
    return unicodedata.normalize("NFC", passphrase).encode("utf-8", "surrogatepass")


def from_passphrase(passphrase: str, salt: bytes, cost: Cost) -> bytes:
    """Argon2id. Raises `MemoryError` when the computer cannot give the memory."""
    from nacl.exceptions import RuntimeError as SodiumError
    from nacl.pwhash import argon2id

    try:
        return argon2id.kdf(
            KEY_BYTES,
            passphrase_bytes(passphrase),
            salt,
            opslimit=cost.operations,
            memlimit=cost.memory_kib * 1024,
        )
    except SodiumError as error:  # libsodium's only way to say that memory ran out
        raise MemoryError from error


def from_recovery_key(secret: bytes) -> bytes:
    """The key-encryption key of the recovery slot. The secret is uniform, so no slow KDF."""
    return derive(secret, b"mydata/recovery")


def from_store_key(secret: bytes) -> bytes:
    """The key-encryption key of a slot whose secret lies in the operating system's store."""
    return derive(secret, b"mydata/keyring")


def wrap(key: bytes, plain: bytes, associated: bytes) -> tuple[bytes, bytes]:
    """Seal `plain`; returns (nonce, ciphertext with tag)."""
    from nacl.bindings import crypto_aead_xchacha20poly1305_ietf_encrypt as encrypt

    nonce = secrets.token_bytes(NONCE_BYTES)
    return nonce, encrypt(plain, associated, nonce, key)


def unwrap(key: bytes, nonce: bytes, sealed: bytes, associated: bytes) -> bytes | None:
    """Open what `wrap` sealed, or None if anything does not fit."""
    from nacl.bindings import crypto_aead_xchacha20poly1305_ietf_decrypt as decrypt
    from nacl.exceptions import CryptoError

    if len(nonce) != NONCE_BYTES or len(sealed) < TAG_BYTES:
        return None
    try:
        return decrypt(sealed, associated, nonce, key)
    except CryptoError:
        return None
