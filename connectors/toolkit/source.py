"""A read-only view of what the person picked: a file, a folder, a zip, or several zips at once.

Lives here: `Source`, the walk over folders, and the counting of bytes. Does not live here: what is
special about zips (`connectors.toolkit.archive`).

Nothing is ever written or extracted. A connector sees member paths with forward slashes and gets
streams; whatever is wrong with the bytes underneath arrives as `connectors.errors.Unreadable`.
"""

from __future__ import annotations

import gc
import io
import os
import stat
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, BinaryIO, Final, NamedTuple, Protocol, Self, cast

from connectors.errors import LimitExceeded, Unreadable

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

MAX_MEMBERS: Final = 200_000
MAX_DEPTH: Final = 64
MAX_PARTS: Final = 32  # each part holds a descriptor, and the worker has few
MAX_READ: Final = 256 * 2**20
_BUFFER: Final = 2**16
_HEAD: Final = 4096
_HEADS: Final = 500  # at most 64 KiB each

_ZIP_MAGIC: Final = frozenset({b"PK\x03\x04", b"PK\x05\x06"})
_LITTER: Final = frozenset({".DS_Store", "Thumbs.db", "desktop.ini"})


class Entry(NamedTuple):
    """One file inside a source. `size` is what the folder or archive claims, in bytes."""

    path: str
    size: int


class Stream(Protocol):
    """The little that is asked of an opened member."""

    def read(self, size: int, /) -> bytes:
        """Return at most `size` bytes, b"" at the end."""
        ...

    def close(self) -> None:
        """Let go of what is held."""
        ...


class Shelf(NamedTuple):
    """One place members come from: a file, a folder or one zip."""

    entries: Sequence[tuple[Entry, Callable[[], Stream]]]
    skipped: Sequence[str]
    close: Callable[[], None]


class Source:
    """What a connector reads from.

    name
        File or folder name as the person knows it, without its directory.
    is_archive
        True for a folder, a zip, or several things picked together.
    entries
        Every member, sorted by path. A single file has one entry whose path equals `name`.
    skipped
        Members of a folder that are links, pipes or devices: never opened, but accounted for.
    bytes_read, total_bytes
        Progress. `bytes_read` counts real (inflated) bytes handed out by `open` and `read`.
    """

    def __init__(self, name: str, shelves: Sequence[Shelf], *, is_archive: bool) -> None:
        self.name = name
        self.is_archive = is_archive
        self.bytes_read = 0
        self.skipped = [path for shelf in shelves for path in shelf.skipped]
        self._shelves = shelves
        self._openers: dict[str, Callable[[], Stream]] = {}
        entries = []
        for entry, opener in _merged(shelves):
            entries.append(entry)
            self._openers[entry.path] = opener
        self.entries: list[Entry] = sorted(entries)
        self.total_bytes = sum(entry.size for entry in self.entries)
        self._sizes = {entry.path: entry.size for entry in self.entries}
        self._heads: dict[str, bytes] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __contains__(self, path: str) -> bool:
        return path in self._openers

    def open(self, path: str, *, counted: bool = True) -> BinaryIO:
        """Open a member as a buffered binary stream.

        `counted=False` leaves `bytes_read` alone, for a first look that progress should not show.
        Raises Unreadable here or while reading.
        """
        count = self._count if counted else _ignore
        raw = _Counted(self._openers[path](), count)
        return cast("BinaryIO", io.BufferedReader(raw, _BUFFER))

    def head(self, path: str, size: int = _HEAD) -> bytes:
        """Return the first `size` bytes of a member; a small read is remembered."""
        known = self._heads.get(path)
        if known is None or len(known) < min(size, self._sizes[path]):
            with self.open(path, counted=False) as stream:
                known = stream.read(max(size, _HEAD))
            if len(known) <= _BUFFER and len(self._heads) < _HEADS:
                self._heads[path] = known
        return known[:size]

    def read(self, path: str, limit: int = MAX_READ) -> bytes:
        """Return a whole member. Raises LimitExceeded("too-large") past `limit` bytes."""
        # In pieces: one read of `limit` would reserve that much for the smallest file.
        pieces: list[bytes] = []
        left = limit
        with self.open(path) as stream:
            while piece := stream.read(min(left + 1, 2**20)):
                pieces.append(piece)
                left -= len(piece)
                if left < 0:
                    raise LimitExceeded("too-large", size_text(limit), path)
        return b"".join(pieces)

    def named(self, *suffixes: str) -> list[str]:
        """Return the members whose names end so, in any case; a single file whatever its name."""
        if not self.is_archive:
            return [entry.path for entry in self.entries]
        return [entry.path for entry in self.entries if entry.path.lower().endswith(suffixes)]

    def expect(self, paths: Iterable[str]) -> None:
        """Say which members will be read, so that progress does not count photos."""
        self.total_bytes = self.bytes_read + sum(self._sizes[path] for path in paths)

    def close(self) -> None:
        """Let go of every descriptor. Streams opened before are of no more use."""
        for shelf in self._shelves:
            shelf.close()

    def _count(self, size: int) -> None:
        self.bytes_read += size


def open_source(paths: Sequence[str | os.PathLike[str]]) -> Source:
    """Open what the person picked; several paths (the parts of one export) become one source.

    Raises Unreadable: "vanished", "not-a-file", "empty", and whatever is wrong with an archive.
    """
    if len(paths) > MAX_PARTS:
        raise LimitExceeded("too-many-members", str(len(paths)))
    shelves: list[Shelf] = []
    with _no_collecting(), ExitStack() as undo:
        plain = False
        for path in paths:
            shelf, plain = _shelf(Path(path))
            undo.callback(shelf.close)
            shelves.append(shelf)
        if not any(shelf.entries or shelf.skipped for shelf in shelves):
            raise Unreadable("empty")
        source = Source(_name(paths[0]), shelves, is_archive=len(shelves) > 1 or not plain)
        undo.pop_all()
    return source


@contextmanager
def _no_collecting() -> Iterator[None]:
    """Hundreds of thousands of entries are made and none let go: looking for garbage is in vain."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def is_litter(path: str) -> bool:
    """Whether an operating system left this behind: it is no member of anybody's export."""
    *folders, name = path.rstrip("/").split("/")
    return not name or name in _LITTER or name.startswith("._") or "__MACOSX" in (*folders, name)


def size_text(size: int) -> str:
    """Render a limit the way people write it: 256 MiB."""
    unit = 0
    while size >= 1024 and size % 1024 == 0 and unit < 3:
        size, unit = size // 1024, unit + 1
    return f"{size} {('B', 'KiB', 'MiB', 'GiB')[unit]}"


def clean_name(name: str) -> str:
    """Make a file name printable: bytes that are not UTF-8 become U+FFFD."""
    return os.fsencode(name).decode("utf-8", "replace")


def _name(path: str | os.PathLike[str]) -> str:
    return clean_name(Path(path).absolute().name) or "/"


def _shelf(path: Path) -> tuple[Shelf, bool]:
    """Return the shelf for one path, and whether it is one plain file."""
    mode = _stat(path).st_mode
    if stat.S_ISDIR(mode):
        return _folder(path), False
    if not stat.S_ISREG(mode):
        raise Unreadable("not-a-file")
    file = open_file(path)
    if file.read(4) in _ZIP_MAGIC:
        from connectors.toolkit.archive import zip_shelf

        return zip_shelf(file), False
    file.close()
    entry = Entry(_name(path), file.size)
    members = [(entry, lambda: open_file(path))] if file.size else []
    return Shelf(members, (), _nothing), True


def _folder(root: Path) -> Shelf:
    members: list[tuple[Entry, Callable[[], Stream]]] = []
    skipped: list[str] = []
    for entry, name in _walk(root):
        path = clean_name(name)
        if is_litter(path):
            continue
        if not entry.is_file(follow_symlinks=False):
            skipped.append(path)
            continue
        place = Path(entry.path)
        size = entry.stat(follow_symlinks=False).st_size
        members.append((Entry(path, size), lambda place=place: open_file(place, follow=False)))  # type: ignore[misc]
    return Shelf(members, skipped, _nothing)


def _walk(root: Path) -> Iterator[tuple[os.DirEntry[str], str]]:
    """Yield everything below `root` that is not a real folder, with its path from `root`."""
    waiting = [(str(root), "", 0)]
    count = 0
    while waiting:
        folder, prefix, depth = waiting.pop()
        if depth > MAX_DEPTH:
            raise LimitExceeded("too-deep", where=clean_name(prefix))
        for entry in _listing(folder):
            count += 1
            if count > MAX_MEMBERS:
                raise LimitExceeded("too-many-members")
            name = prefix + entry.name
            if entry.is_dir(follow_symlinks=False):
                waiting.append((entry.path, name + "/", depth + 1))
            else:
                yield entry, name


def _listing(folder: str) -> list[os.DirEntry[str]]:
    # A list, so that no descriptor stays open while deeper folders are visited.
    try:
        with os.scandir(folder) as found:
            return sorted(found, key=lambda entry: entry.name)
    except OSError as error:
        raise Unreadable("vanished") from error


def _stat(path: Path) -> os.stat_result:
    try:
        return path.stat()
    except (OSError, ValueError) as error:
        raise Unreadable("vanished") from error


class PlainFile:
    """A regular file. Notices at its end whether it changed while it was read."""

    def __init__(self, descriptor: int) -> None:
        self._file = os.fdopen(descriptor, "rb", buffering=0)
        self._before = os.fstat(descriptor)
        self.size = self._before.st_size

    def read(self, size: int = -1, /) -> bytes:
        """Return at most `size` bytes. Raises Unreadable "changed" or "vanished"."""
        try:
            data = self._file.read(size)
            if not data and size:
                self._check()
        except OSError as error:
            raise Unreadable("vanished") from error
        return data or b""

    def _check(self) -> None:
        now = os.fstat(self._file.fileno())
        if (now.st_size, now.st_mtime_ns) != (self.size, self._before.st_mtime_ns):
            raise Unreadable("changed")

    def seek(self, offset: int, whence: int = 0, /) -> int:
        """Move as in `io.IOBase.seek`."""
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        """Return the position in bytes."""
        return self._file.tell()

    def seekable(self) -> bool:
        """Return True: a regular file always is."""
        return True

    def close(self) -> None:
        """Close the descriptor."""
        self._file.close()


def open_file(path: Path, *, follow: bool = True) -> PlainFile:
    """Open a regular file without ever waiting on a pipe. Raises Unreadable."""
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
    flags |= getattr(os, "O_BINARY", 0)
    if not follow:
        flags |= getattr(os, "O_NOFOLLOW", 0)
    try:
        descriptor = os.open(path, flags)
    except (OSError, ValueError) as error:
        raise Unreadable("vanished") from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise Unreadable("not-a-file")
    return PlainFile(descriptor)


class _Counted(io.RawIOBase):
    """Lets `io.BufferedReader` read a `Stream`, reporting every byte."""

    def __init__(self, stream: Stream, count: Callable[[int], None]) -> None:
        super().__init__()
        self._stream = stream
        self._report = count

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        view = memoryview(buffer).cast("B")
        data = self._stream.read(len(view))
        view[: len(data)] = data
        self._report(len(data))
        return len(data)

    def close(self) -> None:
        if not self.closed:
            self._stream.close()
        super().close()


def _merged(shelves: Sequence[Shelf]) -> Iterator[tuple[Entry, Callable[[], Stream]]]:
    """Give members of several parts different paths: the second a/b.json is a/b (2).json."""
    seen: dict[str, int] = {}
    for shelf in shelves:
        for entry, opener in shelf.entries:
            path = _free(entry.path, seen) if entry.path in seen else entry.path
            seen[path] = 1
            yield Entry(path, entry.size), opener


def _free(path: str, seen: dict[str, int]) -> str:
    """A path that is not among `seen`, which notes how often each was asked for."""
    stem, dot, suffix = path.rpartition(".")
    if not dot or "/" in suffix:
        stem, dot, suffix = path, "", ""
    free = path
    while free in seen:
        seen[path] += 1
        free = f"{stem} ({seen[path]}){dot}{suffix}"
    return free


def _nothing() -> None:
    """Close a shelf that holds nothing open."""


def _ignore(_size: int) -> None:
    """Bytes that progress does not show."""
