"""Signatures, sealed boxes and the keys of FORMAT.md 4, by libsodium, on bytes in memory.

Does not live here: the encrypted stream (`secretstream`), files (`output`, `opening`), the order
of checks (`opening`) and where private keys are kept.
"""

from __future__ import annotations

import hmac
import secrets
from typing import Final

import nacl.bindings as sodium
import nacl.exceptions

from app.share import hashes, header
from app.share.identity import Party

_REAL: Final = b"MDK1"
_DUMMY: Final = b"MDK0"


class Keys:
    """Both private keys of an identity. Lives in memory only while the vault is open."""

    def __init__(self, packed: bytes) -> None:
        """Take 64 bytes: the Ed25519 seed and the X25519 secret."""
        if len(packed) != 64:
            raise ValueError
        self._packed = packed
        self.ed, self._sign = sodium.crypto_sign_seed_keypair(packed[:32])
        self._x_secret = packed[32:]
        self.x = sodium.crypto_scalarmult_base(self._x_secret)
        self.fingerprint = hashes.fingerprint(self.ed, self.x)

    @classmethod
    def generate(cls) -> Keys:
        """Make two independent key pairs."""
        return cls(secrets.token_bytes(64))

    def pack(self) -> bytes:
        """64 bytes for the vault to wrap."""
        return self._packed

    def party(self, name: str, card_seq: int = 1) -> Party:
        """The public side under `name`."""
        return Party(name, self.ed.hex(), self.x.hex(), card_seq)

    def sign(self, message: bytes) -> bytes:
        """64-byte signature."""
        return sodium.crypto_sign(message, self._sign)[:64]

    def unbox(self, sealed: bytes) -> bytes | None:
        """Open a sealed box, or None if it is not for these keys."""
        try:
            return sodium.crypto_box_seal_open(sealed, self.x, self._x_secret)
        except (nacl.exceptions.CryptoError, nacl.exceptions.RuntimeError):
            return None


def verify(ed: bytes, message: bytes, signature: bytes) -> bool:
    """Whether `signature` is by `ed`. False for a small-order or malformed key."""
    try:
        sodium.crypto_sign_open(signature + message, ed)
    except (nacl.exceptions.CryptoError, nacl.exceptions.ValueError):
        return False
    return True


def usable(x: bytes) -> bool:
    """Whether something can be sealed for `x`; False for a small-order point."""
    try:
        sodium.crypto_box_seal(b"", x)
    except (nacl.exceptions.CryptoError, nacl.exceptions.RuntimeError):
        return False
    return True


def signed_text(header_hash: bytes, manifest_hash: bytes) -> bytes:
    """What the sender of a bundle signs."""
    return b"mydata/bundle/v1\0" + header_hash + manifest_hash


def new_header(bundle_id: bytes, file_key: bytes, recipients: list[bytes], stanzas: int) -> bytes:
    """Magic to header MAC for recipients' `x` keys, filled up with dummies to `stanzas`."""
    boxes = [sodium.crypto_box_seal(_REAL + file_key, x) for x in recipients]
    boxes += [_dummy() for _ in range(stanzas - len(boxes))]
    secrets.SystemRandom().shuffle(boxes)
    head = header.fixed(bundle_id, stanzas) + b"".join(boxes)
    return head + header_mac(file_key, bundle_id, head)


def _dummy() -> bytes:
    nobody = sodium.crypto_scalarmult_base(secrets.token_bytes(32))
    return sodium.crypto_box_seal(_DUMMY + secrets.token_bytes(32), nobody)


def header_mac(file_key: bytes, bundle_id: bytes, head: bytes) -> bytes:
    """MAC of everything before it; a header has one file key only."""
    return hashes.keyed(hashes.keyed(file_key, b"mac" + bundle_id), head)


def find_file_key(keys: Keys, stanzas: list[bytes]) -> bytes | None:
    """The file key from the first stanza that is for `keys`."""
    for stanza in stanzas:
        opened = keys.unbox(stanza)
        if opened is not None and len(opened) == 36 and opened.startswith(_REAL):
            return opened[4:]
    return None


def same(one: bytes, other: bytes) -> bool:
    """Compare in constant time."""
    return hmac.compare_digest(one, other)


def stream_key(file_key: bytes, bundle_id: bytes) -> bytes:
    """The key of the encrypted stream (`secretstream`)."""
    return hashes.keyed(file_key, b"pay" + bundle_id)
