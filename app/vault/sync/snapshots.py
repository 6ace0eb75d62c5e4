"""Snapshots: everything in one file, and letting own segments go that two of them cover."""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path
from typing import Final

from app.vault.sync import gather, names, publish, sealed, state
from app.vault.sync.folder import Folder, Tree
from app.vault.vault import Vault

SEGMENTS: Final = 256
"""Own segments since the last snapshot after which one is due, at the least."""
SHARE: Final = 4096
"""Bytes of the last snapshot for each segment that must have come since."""
OLD_SECONDS: Final = 30 * 86_400


def write(vault: Vault, folder: Folder) -> str:
    """Put a snapshot into the folder; returns its hash. Raises `OSError`."""
    with vault.write() as transaction:
        publish.write_news(vault, transaction)
    with vault.read() as snapshot:
        uid, end = state.own_uid(snapshot), state.end_of(snapshot, snapshot.device)
        key = vault.copy_keys()
        head = sealed.Head(sealed.SNAPSHOT, vault.vault_id, uid, key.epoch, end.number, end.hash)
        data = sealed.seal(key.segment, head, gather.everything(snapshot))
    content = names.digest(data).hex()
    folder.put(names.sealed_file(uid, "snap", end.number, content), data)
    return content


def own(vault: Vault, folder: Folder, tree: Tree) -> list[int]:
    """Numbers of this device's snapshots that open when read from the folder, newest first."""
    with vault.read() as snapshot:
        uid = state.own_uid(snapshot)
    key = vault.copy_keys()
    good = []
    for content, candidates in tree.items():
        if candidates[0].kind == "snap" and any(uid in str(one.path) for one in candidates):
            data = folder.read(content, candidates)
            file = sealed.open_file(key.segment, vault.vault_id, key.epoch, data) if data else None
            if file and file.head.device == uid:
                good.append(file.head.number)
    return sorted(good, reverse=True)


def is_due(vault: Vault, tree: Tree) -> bool:
    """Whether enough was written since this device's last snapshot.

    The larger that is, the rarer: so the folder grows by a few kilobytes for each small edit.
    """
    with vault.read() as snapshot:
        uid, end = state.own_uid(snapshot), state.end_of(snapshot, snapshot.device)
    own_ones = [
        one
        for candidates in tree.values()
        for one in candidates
        if one.kind == "snap" and one.path.parent.name == uid
    ]
    last, size = max(((one.number, _size(one.path)) for one in own_ones), default=(0, 0))
    return end.number - last > max(SEGMENTS, size // SHARE)


def _size(path: Path) -> int:
    with suppress(OSError):
        return path.stat().st_size
    return 0


def compact(vault: Vault, folder: Folder, tree: Tree, *, now: float | None = None) -> int:
    """Remove own segments older than 30 days that two own snapshots cover; returns how many."""
    snapshots = own(vault, folder, tree)
    if len(snapshots) < 2:
        return 0
    with vault.read() as snapshot:
        uid, end = state.own_uid(snapshot), state.end_of(snapshot, snapshot.device)
        mine = {
            segment.hash.hex(): segment.number
            for segment in state.segments(snapshot)
            if segment.device == uid
        }
    covered, removed = min(snapshots[1], end.number - 1), 0
    before = (time.time() if now is None else now) - OLD_SECONDS
    for content, number in mine.items():
        kept = vault.folder / publish.SENT / f"{number:010}-{content}.mds"
        with suppress(OSError):
            if number <= covered and kept.stat().st_mtime < before:
                for found in tree.get(content, ()):
                    folder.remove(found.path)
                kept.unlink()
                removed += 1
    return removed
