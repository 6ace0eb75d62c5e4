"""Writing: this device's changes as segments, noted in the vault first and then put in the folder.

The bytes of a segment lie in the vault's folder `sent` before the vault notes it, and the vault
notes it before it goes to the folder. So a crash anywhere leads to the same bytes again.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from app.errors import environment
from app.vault import originals
from app.vault.header import private, sync_folder, to_bytes
from app.vault.sync import blobs, gather, names, resolve, sealed, state
from app.vault.sync.bodies import Body, Segment
from app.vault.sync.folder import Folder, Tree
from app.vault.transaction import Transaction
from app.vault.vault import Vault

SENT: Final = "sent"
_SENT: Final = "cloud_sent"
KEY: Final = "cloud_key"
"""The check value of the vault key under which all this computer wrote can be read."""
Look = Callable[[], None]


def nothing() -> None:
    """A `Look` nobody needs."""


def note_news(vault: Vault, look: Look = nothing) -> int:
    """Make segments of what is new and note them; returns how many. Nothing goes out yet."""
    with vault.read() as snapshot:
        if not state.has_news(snapshot) and state.end_of(snapshot, snapshot.device).number:
            return 0
    with vault.write() as transaction:
        return write_news(vault, transaction, look)


def write_news(vault: Vault, transaction: Transaction, look: Look = nothing) -> int:
    """The same, inside a transaction."""
    end = state.end_of(transaction, transaction.device)
    if state.has_news(transaction):
        blobs.tell_keys(transaction)
        blobs.settle(transaction, vault.folder)  # after an undo here another copy may be in use
    resolve.own_news(transaction, end.last)
    if transaction.meta(KEY) is None:  # the very first one
        transaction.set_meta(KEY, vault.header.key_check)
    key, uid, count = vault.copy_keys(), state.own_uid(transaction), 0
    number, previous = end.number, end.hash
    for body, is_final in gather.marked(gather.news(transaction)):
        look()
        number += 1
        what = sealed.SEGMENT if is_final else sealed.MORE
        head = sealed.Head(what, vault.vault_id, uid, key.epoch, number, previous)
        data = sealed.seal(key.segment, head, [body])
        previous = names.digest(data)
        _keep(vault.folder, number, previous.hex(), data)
        _note(transaction, uid, number, previous, body)
        count += 1
    return count


def _note(transaction: Transaction, uid: str, number: int, content: bytes, body: Body) -> None:
    for run in body.runs:
        for original in run.originals:
            blobs.hear(transaction, run.uid, original)
    segment = Segment(uid, number, content, body.last, body.ledger_last, body.seen)
    state.note(transaction, transaction.device, segment)


def _keep(folder: Path, number: int, content: str, data: bytes) -> None:
    with environment():
        target = folder / SENT
        target.mkdir(mode=0o700, exist_ok=True)
        with private(target / f"{number:010}-{content}.mds", "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        with suppress(OSError):
            sync_folder(target)


def upload(vault: Vault, folder: Folder, tree: Tree, look: Look = nothing) -> list[str]:
    """Put what is noted and not in the folder there; returns the new files. Raises `OSError`."""
    made = list(_put_segments(vault, folder, tree, look))
    made += _put_header(vault, folder, tree)
    made += _put_blobs(vault, folder, tree, look)
    _note_sent(vault)
    return made


def _note_sent(vault: Vault) -> None:
    with vault.read() as snapshot:
        if not has_unsent(snapshot):
            return
        end = state.end_of(snapshot, snapshot.device)
    with vault.write() as transaction:
        transaction.set_meta(_SENT, end.hash)


def has_unsent(transaction: Transaction) -> bool:
    """Whether the newest segment noted has not been in the folder yet."""
    end = state.end_of(transaction, transaction.device)
    return bool(end.number) and transaction.meta(_SENT) != end.hash


def _put_segments(vault: Vault, folder: Folder, tree: Tree, look: Look) -> Iterator[str]:
    with vault.read() as snapshot:
        noted = state.segments(snapshot)
    for segment in noted:  # those written under an id this computer had before are its own too
        content, file = segment.hash.hex(), kept(vault, segment)
        if not file.exists():  # another device's, or compacted
            continue
        if folder.has(content, tree.get(content, ())):
            continue
        look()
        name = names.sealed_file(segment.device, "seg", segment.number, content)
        if folder.put(name, file.read_bytes()):
            yield name


def kept(vault: Vault, segment: Segment) -> Path:
    """Where this computer keeps a segment it wrote, to send it again; others' are not there."""
    return vault.folder / SENT / f"{segment.number:010}-{segment.hash.hex()}.mds"


def _put_header(vault: Vault, folder: Folder, tree: Tree) -> list[str]:
    header = vault.bare_header()
    data = to_bytes(header)
    content = names.digest(data).hex()
    if folder.has(content, tree.get(content, ())):
        return []
    with vault.read() as snapshot:
        uid = state.own_uid(snapshot)
    name = names.header_file(uid, header.header_epoch, content)
    return [name] if folder.put(name, data) else []


def _put_blobs(vault: Vault, folder: Folder, tree: Tree, look: Look) -> list[str]:
    with vault.read() as snapshot:
        wanted = blobs.named(snapshot)
    made = []
    for blob in wanted:
        if folder.has(blob, tree.get(blob, ())):
            continue
        look()
        with suppress(FileNotFoundError):  # of another device, still on its way
            data = originals.path_of(vault.folder, blob).read_bytes()
            if names.digest(data).hex() == blob and folder.put(names.blob_file(blob), data):
                made.append(names.blob_file(blob))
    return made
