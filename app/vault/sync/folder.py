"""The folder a provider carries: finding files, reading whole ones, making new ones.

Nothing here has a key. A file is trusted as far as its hash goes; what it says is `sealed`.
"""

from __future__ import annotations

import os
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final, NamedTuple

from app.vault.header import sync_folder
from app.vault.sync import names

LONGEST_WAIT: Final = 300.0
_LARGEST: Final = 2 << 30
_DEPTH: Final = 4

Tree = dict[str, list["Found"]]
"""Hash in hex to every file that carries it in its name."""


class Found(NamedTuple):
    """A file that may be one of ours."""

    path: Path
    kind: str
    number: int


class Folder:
    """The copy of one vault below the folder a person chose."""

    def __init__(self, chosen: Path, vault_id: str) -> None:
        self.chosen = chosen
        self.root = chosen / names.root(vault_id)
        self._again: dict[Path, tuple[float, float]] = {}
        self._whole: dict[Path, tuple[int, int]] = {}

    def reach(self) -> None:
        """Raises `OSError` while the folder chosen is away: gone, renamed, on another disk."""
        os.scandir(self.chosen).close()

    def scan(self) -> Tree:
        """Every file of ours by the hash in its name, nothing opened."""
        tree: Tree = defaultdict(list)
        for entry in _files(self.root, _DEPTH):
            kind, content = names.kind(entry.name), names.found_hash(entry.name)
            if kind and content:
                tree[content].append(Found(Path(entry.path), kind, names.number(entry.name)))
        return dict(tree)

    def read(self, content: str, candidates: Iterable[Found]) -> bytes | None:
        """The bytes with this hash from whichever file has them whole; None if none has yet."""
        for found in candidates:
            if (data := self._read(found.path)) is not None:
                if names.digest(data).hex() == content:
                    self._again.pop(found.path, None)
                    return data
                self._wait(found.path)
        return None

    def _read(self, path: Path) -> bytes | None:
        due, _ = self._again.get(path, (0.0, 0.0))
        if time.monotonic() < due:
            return None
        # A placeholder whose provider is not running fails like a bad disk.
        with suppress(OSError):
            if 0 < path.stat().st_size <= _LARGEST:
                return path.read_bytes()
        self._wait(path)
        return None

    def _wait(self, path: Path) -> None:
        _, pause = self._again.get(path, (0.0, 0.5))
        pause = min(pause * 2, LONGEST_WAIT)
        self._again[path] = (time.monotonic() + pause, pause)

    def has(self, content: str, candidates: Iterable[Found]) -> bool:
        """Whether a file with this hash is here whole. Each is read once, until it changes."""
        return any(self._is_whole(content, found.path) for found in candidates)

    def _is_whole(self, content: str, path: Path) -> bool:
        try:
            found = path.stat()
            stamp = found.st_size, found.st_mtime_ns
            if self._whole.get(path) == stamp:
                return True
            if names.digest(path.read_bytes()).hex() != content:
                return False
        except OSError:
            return False
        self._whole[path] = stamp
        return True

    def look_now(self) -> None:
        """Wait for nothing: the person asked."""
        self._again.clear()

    def put(self, name: str, data: bytes) -> bool:
        """Make a file under its final name unless it is there whole. Raises `OSError`.

        A file of that name that is not whole is what a crash of ours left or what the provider has
        not finished: a half one of our own is finished, by its owner and nobody else. One that
        cannot be read now is the provider's business: it is looked at again the next time.
        """
        path = self.root / name
        self.root.mkdir(exist_ok=True)  # not the folder chosen: it may be away, on a disk or moved
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            descriptor = os.open(path, _MAKE, 0o600)
        except FileExistsError:
            try:
                if path.read_bytes() == data:
                    return False
            except OSError:
                return False
            descriptor = os.open(path, os.O_WRONLY | os.O_TRUNC | getattr(os, "O_BINARY", 0))
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        with suppress(OSError):  # some providers' drives cannot
            sync_folder(path.parent)
        return True

    def remove(self, path: Path) -> None:
        """Remove a file of this device."""
        with suppress(OSError):
            path.unlink()


_MAKE: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)


def _files(folder: Path, depth: int) -> Iterator[os.DirEntry[str]]:
    """Files in a tree that another program changes meanwhile."""
    try:
        with os.scandir(folder) as entries:
            found = list(entries)
    except OSError:
        return
    for entry in found:
        try:
            is_folder = entry.is_dir(follow_symlinks=False)
        except OSError:
            continue
        if not is_folder:
            yield entry
        elif depth:
            yield from _files(Path(entry.path), depth - 1)
