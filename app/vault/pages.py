"""Whether a page is this vault's, told from its bytes, before SQLCipher is asked anything.

A write-ahead log that lies beside the data file is replayed into it at the next opening, page by
page and unread: the log of another vault would overwrite this one. So the log's first page is
authenticated here, as SQLCipher 4 does it: HMAC-SHA512 of the ciphertext, its nonce and the page
number, under a key derived from the database key and the salt. Nothing here decrypts.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
from pathlib import Path
from typing import Final

from app.errors import EnvironmentFailure

PAGE_SIZE: Final = 16384
SALT_BYTES: Final = 16
_NONCE: Final = 16
_TAG: Final = 64
_LOG_HEADER: Final = 32
_FRAME_HEADER: Final = 24
_MASK: Final = 0x3A
_ROUNDS: Final = 2


def is_ours(page: bytes, number: int, key: bytes, salt: bytes) -> bool:
    """Whether `page` was written as page `number` (from 1) of the database of `key` and `salt`."""
    if len(page) != PAGE_SIZE:
        return False
    masked = bytes(byte ^ _MASK for byte in salt)
    tag_key = hashlib.pbkdf2_hmac("sha512", key, masked, _ROUNDS, len(key))
    start = SALT_BYTES if number == 1 else 0
    message = page[start:-_TAG] + number.to_bytes(4, "little")
    return hmac.compare_digest(hmac.digest(tag_key, message, "sha512"), page[-_TAG:])


def mend_salt(data: Path, key: bytes, salt: bytes) -> bool:
    """Write the salt anew over a file's first bytes, if they alone are spoiled; whether they were.

    They are the only bytes of a data file that nothing protects, and the header has them too. The
    first page must be ours under the header's salt; otherwise nothing is written. Raises `OSError`.
    """
    with data.open("rb") as file:
        page = file.read(PAGE_SIZE)
    if page.startswith(salt) or not is_ours(page, 1, key, salt):
        return False
    with data.open("rb+") as file:
        file.write(salt)
        file.flush()
        os.fsync(file.fileno())
    return True


def has_log(data: Path) -> bool:
    """Whether changes wait in a log that can only be folded in by writing."""
    log = data.with_name(f"{data.name}-wal")
    return log.exists() and log.stat().st_size > _LOG_HEADER + _FRAME_HEADER


def check_no_log(data: Path) -> None:
    """Raise where changes wait in a log and nothing can be written."""
    if has_log(data):
        raise EnvironmentFailure(
            "log-on-read-only",
            "The vault's last changes lie in a log beside it, and nothing can be written here.",
            "Read without them, the vault would seem to have lost them.",
            "Copy the folder to a place that can be written to, and open it there.",
        )


def set_foreign_log_aside(data: Path, key: bytes, salt: bytes) -> Path | None:
    """Rename the log beside `data` if its first page is not ours; returns its new name.

    A log of ours whose first page is torn is set aside too: SQLite would read nothing of it.
    """
    log = data.with_name(f"{data.name}-wal")
    if not log.exists() or log.stat().st_size < _LOG_HEADER + _FRAME_HEADER:
        return None
    with log.open("rb") as file:
        file.seek(_LOG_HEADER)
        number = int.from_bytes(file.read(_FRAME_HEADER)[:4], "big")
        if is_ours(file.read(PAGE_SIZE), number, key, salt):
            return None
    aside = log.with_name(f"{log.name}.foreign-{secrets.token_hex(4)}")
    log.rename(aside)
    return aside
