"""The encrypted stream of FORMAT.md 4: libsodium's secretstream, its long frames through OpenSSL.

A frame whose plaintext is a multiple of 16 bytes long is ChaCha20-Poly1305 as in RFC 8439 over a
block of 64 bytes (the tag and zeros; only its first byte is sent) and the plaintext. OpenSSL does
that in half the time. All else is libsodium's: the key of the stream, other lengths, whose MAC it
pads in a way of its own, and every frame after which the key changes.

On a computer that OpenSSL's package is not built for, libsodium does it all. Where it should be
installed and is not, that is an error and not a slower way.

There is one state, libsodium's. Its layout is part of its binary interface (`key[32]`,
`nonce[12]` and padding, in `crypto_secretstream_xchacha20poly1305.h`). A long frame takes key and
nonce from there and puts the next nonce back, so no second state can fall out of step.
"""

from __future__ import annotations

import platform
import sys
from functools import lru_cache
from typing import Final, cast

import nacl.bindings as sodium
import nacl.exceptions

MESSAGE: Final = 0
PUSH: Final = 1
REKEY: Final = 2
"""The bit of a tag that changes the key. FINAL has it too."""
FINAL: Final = 3
OVERHEAD: Final = 17

_BLOCK: Final = 64
_MAC: Final = 16
_LONG: Final = 4096
_LAST: Final = b"\xff" * 4
"""The counter of the frame after which the key changes whatever its tag."""

# The GNU allocator maps every block of a frame's size anew, page fault by page fault, until it has
# once seen a larger one freed. This shows it one, never touched; elsewhere it does nothing.
bytes(16 << 20)


class _Stream:
    """What both ends share: libsodium's state, and the step from one long frame to the next."""

    def __init__(self, associated: bytes) -> None:
        self._state = sodium.crypto_secretstream_xchacha20poly1305_state()
        self._associated = associated
        self._inside = bytearray(_BLOCK)

    def _begin(self, header: bytes) -> None:
        """Raises if the state is not what this file takes it for."""
        if bytes(self._state.statebuf)[32:] != b"\1\0\0\0" + header[16:] + bytes(8):
            raise RuntimeError

    def _now(self) -> tuple[bytes, bytes]:
        """Key and nonce of the next frame."""
        raw = bytes(self._state.statebuf)
        return raw[:32], raw[32:44]

    def _step(self, nonce: bytes, mac: bytes) -> None:
        """Go on to the frame after the one with this nonce and MAC, as libsodium does."""
        counter = int.from_bytes(nonce[:4], "little") + 1
        mixed = int.from_bytes(nonce[4:], "big") ^ int.from_bytes(mac[:8], "big")
        following = counter.to_bytes(4, "little") + mixed.to_bytes(8, "big")
        cast("bytearray", self._state.statebuf)[32:44] = following


@lru_cache(maxsize=1)
def has_openssl() -> bool:
    """Whether the `cryptography` package is among what this computer needs (pyproject.toml)."""
    return (sys.platform, platform.machine()) not in {("darwin", "x86_64"), ("win32", "ARM64")}


def _is_long(length: int) -> bool:
    return length >= _LONG and length % 16 == 0 and has_openssl()


def _sized(buffer: bytearray, size: int) -> bytearray:
    """`buffer` if it fits, else a new one of zeros.

    It is filled through a memoryview: what is given to a slice of a bytearray is copied twice.
    """
    return buffer if len(buffer) == size else bytearray(size)


def _keeps_key(nonce: bytes, tag: int) -> bool:
    return not tag & REKEY and nonce[:4] != _LAST


class Encryptor(_Stream):
    """The writing end of the stream. `header` goes before the first frame."""

    def __init__(self, key: bytes, associated: bytes) -> None:
        super().__init__(associated)
        self.header = sodium.crypto_secretstream_xchacha20poly1305_init_push(self._state, key)
        self._begin(self.header)

    def frame(self, plaintext: bytes, tag: int) -> tuple[bytes, bytes | memoryview]:
        """The next frame, its length before it, in two pieces that save a copy."""
        key, nonce = self._now()
        if _is_long(len(plaintext)) and _keeps_key(nonce, tag):
            return self._long(key, nonce, plaintext, tag)
        sealed = sodium.crypto_secretstream_xchacha20poly1305_push(
            self._state, plaintext, self._associated, tag
        )
        return len(sealed).to_bytes(4, "big"), sealed

    def _long(
        self, key: bytes, nonce: bytes, plaintext: bytes, tag: int
    ) -> tuple[bytes, memoryview]:
        from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

        self._inside = _sized(self._inside, _BLOCK + len(plaintext))
        self._inside[0] = tag
        memoryview(self._inside)[_BLOCK:] = plaintext
        sealed = bytearray(_BLOCK + len(plaintext) + _MAC)
        ChaCha20Poly1305(key).encrypt_into(nonce, self._inside, self._associated, sealed)
        self._step(nonce, bytes(sealed[-_MAC:]))
        length = (len(plaintext) + OVERHEAD).to_bytes(4, "big")
        return length + sealed[:1], memoryview(sealed)[_BLOCK:]


class Decryptor(_Stream):
    """The reading end of the stream."""

    def __init__(self, key: bytes, header: bytes, associated: bytes) -> None:
        super().__init__(associated)
        sodium.crypto_secretstream_xchacha20poly1305_init_pull(self._state, header, key)
        self._begin(header)
        self._outside = bytearray()

    def open(self, sealed: bytes) -> tuple[bytes, int] | None:
        """Plaintext and tag of the next frame, or None if it is not the next of this stream."""
        if _is_long(len(sealed) - OVERHEAD):
            key, nonce = self._now()
            mask = _mask(key, nonce)
            # Not authenticated yet: it only decides who will check the frame.
            if _keeps_key(nonce, sealed[0] ^ mask[0]):
                return self._long(key, nonce, sealed, mask)
        try:
            return sodium.crypto_secretstream_xchacha20poly1305_pull(
                self._state, sealed, self._associated
            )
        except (nacl.exceptions.CryptoError, nacl.exceptions.RuntimeError):
            return None

    def _long(
        self, key: bytes, nonce: bytes, sealed: bytes, mask: bytes
    ) -> tuple[bytes, int] | None:
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

        self._outside = _sized(self._outside, _BLOCK - 1 + len(sealed))
        # Of the block only the first byte was sent. The others were zeros, so they are the mask.
        self._outside[:_BLOCK] = sealed[:1] + mask[1:]
        memoryview(self._outside)[_BLOCK:] = memoryview(sealed)[1:]
        self._inside = _sized(self._inside, len(self._outside) - _MAC)
        try:
            ChaCha20Poly1305(key).decrypt_into(nonce, self._outside, self._associated, self._inside)
        except InvalidTag:
            return None
        self._step(nonce, sealed[-_MAC:])
        return bytes(memoryview(self._inside)[_BLOCK:]), self._inside[0]


def _mask(key: bytes, nonce: bytes) -> bytes:
    """What the block of 64 bytes before the plaintext is encrypted with: block 1 of ChaCha20."""
    from cryptography.hazmat.primitives.ciphers import Cipher
    from cryptography.hazmat.primitives.ciphers.algorithms import ChaCha20

    counter = (1).to_bytes(4, "little")
    return Cipher(ChaCha20(key, counter + nonce), mode=None).encryptor().update(bytes(_BLOCK))
