"""The untouched original files, encrypted beside the database.

A blob is named by the hash of its sealed bytes (BLAKE2b, 160 bits), so anyone can check that a
file is whole without a key, and a half-written one never carries a final name. Inside: magic, the
number of the attachment key, and a secretstream of 1 MiB chunks under it. Attachment keys lie in
the database; changing the vault key adds one, and what was sealed before keeps its own. A blob
that no row names (its import was killed) is removed at the next opening.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO, Final

import msgspec

from app.errors import VaultDamaged, environment
from app.vault.header import private
from app.vault.keys import KEY_BYTES
from app.vault.transaction import Transaction

FOLDER: Final = "blobs"
MAGIC: Final = b"MYDATAO1"
_CHUNK: Final = 1 << 20
_ENDING: Final = ".mdb"
_KEYS: Final = "attachment_keys"
Tick = Callable[[], None]


class Kept(msgspec.Struct, frozen=True):
    """An original as it was read: SHA-256 in hex, size in bytes, blob name or "" if not kept."""

    sha256: str
    size: int
    blob: str


def path_of(folder: Path, blob: str) -> Path:
    """Where a blob lies in a vault's folder."""
    return folder / FOLDER / blob[:2] / f"{blob}{_ENDING}"


def nothing() -> None:
    """A `Tick` nobody needs."""


def seal(
    folder: Path,
    keys: list[bytes],
    file: BinaryIO,
    limit: int,
    known: Mapping[str, Kept],
    tick: Tick = nothing,
) -> Kept:
    """Hash an open file; keep it encrypted if it is at most `limit` bytes and not yet kept.

    `tick` is called for every chunk and may raise; nothing of the file is left then.
    """
    digest, size = _hashed(file, tick)
    if digest in known:
        return known[digest]
    if size > limit:
        return Kept(digest, size, "")
    file.seek(0)
    temporary = folder / FOLDER / f"new-{secrets.token_hex(8)}"
    with environment():
        temporary.parent.mkdir(exist_ok=True)
        try:
            digest, read, blob = _seal_into(temporary, keys, file, tick)
            target = path_of(folder, blob)
            target.parent.mkdir(exist_ok=True)
            temporary.replace(target)
        finally:
            temporary.unlink(missing_ok=True)
    return Kept(digest, read, blob)


def _hashed(file: BinaryIO, tick: Tick) -> tuple[str, int]:
    state, size = hashlib.sha256(), 0
    while chunk := file.read(_CHUNK):
        tick()
        state.update(chunk)
        size += len(chunk)
    return state.hexdigest(), size


def _seal_into(target: Path, keys: list[bytes], file: BinaryIO, tick: Tick) -> tuple[str, int, str]:
    from nacl import bindings as sodium

    stream = sodium.crypto_secretstream_xchacha20poly1305_state()
    header = sodium.crypto_secretstream_xchacha20poly1305_init_push(stream, keys[-1])
    plain, sealed, size = hashlib.sha256(), hashlib.blake2b(digest_size=20), 0
    with private(target, "xb") as out:

        def put(data: bytes) -> None:
            sealed.update(data)
            out.write(data)

        put(MAGIC + (len(keys) - 1).to_bytes(2, "big") + header)
        chunk = file.read(_CHUNK)
        while True:
            tick()
            following = file.read(_CHUNK)
            tag = (
                sodium.crypto_secretstream_xchacha20poly1305_TAG_MESSAGE
                if following
                else sodium.crypto_secretstream_xchacha20poly1305_TAG_FINAL
            )
            plain.update(chunk)
            size += len(chunk)
            put(sodium.crypto_secretstream_xchacha20poly1305_push(stream, chunk, tag=tag))
            if not following:
                break
            chunk = following
        out.flush()
        os.fsync(out.fileno())
    return plain.hexdigest(), size, sealed.hexdigest()


def read(folder: Path, keys: list[bytes], blob: str) -> Iterator[bytes]:
    """The original's bytes. Raises `VaultDamaged` if the blob is missing or not whole."""
    from nacl import bindings as sodium
    from nacl.exceptions import CryptoError

    try:
        file = path_of(folder, blob).open("rb")
    except FileNotFoundError as error:
        raise _damaged() from error
    with file:
        if file.read(len(MAGIC)) != MAGIC:
            raise _damaged()
        number = int.from_bytes(file.read(2), "big")
        header = file.read(sodium.crypto_secretstream_xchacha20poly1305_HEADERBYTES)
        overhead = sodium.crypto_secretstream_xchacha20poly1305_ABYTES
        final = sodium.crypto_secretstream_xchacha20poly1305_TAG_FINAL
        chunk, tag = file.read(_CHUNK + overhead), -1
        stream = _stream(header, chunk, keys[number : number + 1])
        if stream is None and whole(folder, blob):
            stream = _stream(header, chunk, keys)  # another computer numbered them otherwise
        if stream is None:
            raise _damaged()
        try:
            while tag != final:
                plain, tag = sodium.crypto_secretstream_xchacha20poly1305_pull(stream, chunk)
                yield plain
                chunk = file.read(_CHUNK + overhead)
        except (CryptoError, ValueError) as error:
            raise _damaged() from error
        if chunk:
            raise _damaged()


def _stream(header: bytes, chunk: bytes, keys: list[bytes]) -> Any:
    """What opens a blob that begins so, None if no key does."""
    from nacl import bindings as sodium
    from nacl.exceptions import CryptoError

    stream = sodium.crypto_secretstream_xchacha20poly1305_state()
    for key in keys:
        with suppress(CryptoError, ValueError):
            sodium.crypto_secretstream_xchacha20poly1305_init_pull(stream, header, key)
            sodium.crypto_secretstream_xchacha20poly1305_pull(stream, chunk)
            sodium.crypto_secretstream_xchacha20poly1305_init_pull(stream, header, key)
            return stream
    return None


def split_keys(joined: bytes) -> list[bytes]:
    """Keys that are stored end to end, oldest first."""
    return [joined[start : start + KEY_BYTES] for start in range(0, len(joined), KEY_BYTES)]


def attachment_keys(transaction: Transaction) -> list[bytes]:
    """What originals are sealed with, the newest last; the first one every computer has."""
    return split_keys(transaction.meta(_KEYS) or b"")


def add_keys(transaction: Transaction, brought: Iterable[bytes]) -> None:
    """Take keys of another computer, which are not the newest here."""
    known = attachment_keys(transaction)
    fresh = [key for key in brought if key not in known]
    transaction.set_meta(_KEYS, b"".join([known[0], *fresh, *known[1:]]))


def whole(folder: Path, blob: str) -> bool:
    """Whether a blob is there and its bytes have the hash it is named by. Needs no key."""
    try:
        with path_of(folder, blob).open("rb") as file:
            found = hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=20))
    except FileNotFoundError:
        return False
    return found.hexdigest() == blob


def _damaged() -> VaultDamaged:
    return VaultDamaged(
        "original-damaged",
        "A kept original file is missing or damaged.",
        "The records read from it are not touched by this.",
        "Import the original again if you still have it, or restore the last backup.",
    )


def note(transaction: Transaction, run: int, name: str, kept: Kept) -> None:
    """Say that `run` read the original `kept` under the name `name`."""
    digest = bytes.fromhex(kept.sha256)
    transaction.execute(
        "INSERT INTO original (sha256, size, blob) VALUES (?, ?, ?)"
        " ON CONFLICT (sha256) DO UPDATE SET blob = excluded.blob WHERE blob = ''",
        (digest, kept.size, kept.blob),
    )
    transaction.execute(
        "INSERT OR IGNORE INTO run_original (run, original, name)"
        " SELECT ?, id, ? FROM original WHERE sha256 = ?",
        (run, name, digest),
    )


def forget(transaction: Transaction, run: int) -> None:
    """Let go of the originals that only `run` read. Their blobs are strays from then on."""
    transaction.execute("DELETE FROM run_original WHERE run = ?", (run,))
    transaction.execute("DELETE FROM original WHERE id NOT IN (SELECT original FROM run_original)")


def every(transaction: Transaction) -> list[tuple[str, Kept]]:
    """All originals as (name it came under, what was kept)."""
    rows = transaction.execute(
        "SELECT min(name), sha256, size, blob FROM original"
        " JOIN run_original ON original.id = original GROUP BY original.id ORDER BY 1"
    )
    return [(name, Kept(digest.hex(), size, blob)) for name, digest, size, blob in rows]


def sweep(folder: Path, transaction: Transaction) -> int:
    """Remove blobs no row names, left by an import that was killed. Returns how many."""
    named = {blob for (blob,) in transaction.execute("SELECT blob FROM original")}
    stray = [
        path for path in (folder / FOLDER).rglob("*") if path.is_file() and path.stem not in named
    ]
    for path in stray:
        path.unlink(missing_ok=True)
    return len(stray)
