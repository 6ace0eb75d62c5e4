"""Zips, read in place and never extracted.

Lives here: the checks a central directory has to pass before any member is believed, and the caps
on what a member may inflate to. Zips within a zip are members like any other: listed, not opened.

The standard library of the oldest Python this runs on does not check whether members overlap
(CVE-2024-0450), so this module does.
"""

from __future__ import annotations

import lzma
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable
from contextlib import ExitStack
from typing import IO, Final, cast

from connectors.errors import LimitExceeded, Unreadable
from connectors.toolkit.source import (
    MAX_MEMBERS,
    Entry,
    PlainFile,
    Shelf,
    Stream,
    is_litter,
)

# Text exports shrink 10 to 50 times. Small members may be all blanks, so ratio counts past a size.
MAX_RATIO: Final = 200
RATIO_FREE: Final = 64 * 2**20
MAX_INFLATED: Final = 64 * 2**30
_DIRECTORY_BYTES: Final = MAX_MEMBERS * 400

_ENCRYPTED: Final = 0x1
_UTF8: Final = 0x800
_LOCAL_HEADER: Final = 30
_ENTRY: Final = 46
_ENTRY_MAGIC: Final = b"PK\x01\x02"
_ENTRY_LENGTHS: Final = struct.Struct("<HHH")  # of name, extra field and comment

_BROKEN: Final = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    ValueError,  # a negative seek, undecodable names
    OverflowError,
    IndexError,
    NotImplementedError,  # a compression or a version nobody uses for exports
    RuntimeError,  # a locked member
    EOFError,
    OSError,
)


def zip_shelf(file: PlainFile) -> Shelf:
    """Open a zip whose bytes are in `file`, which the shelf closes at the end.

    Raises Unreadable: "bad-archive", "encrypted-archive", "unsafe-name"; LimitExceeded:
    "too-many-members", "overlapping-members".
    """
    with ExitStack() as undo:
        undo.callback(file.close)
        shelf = _shelf(file)
        undo.pop_all()
        return shelf


def _shelf(file: PlainFile) -> Shelf:
    try:
        archive = zipfile.ZipFile(cast("IO[bytes]", _Watched(file)))
        archive.fp = cast("IO[bytes]", file)
        infos = [info for info in archive.infolist() if not info.is_dir()]
    except _BROKEN as error:
        raise Unreadable("bad-archive") from error
    ends = _check_overlap(infos, archive.start_dir)
    budget = _Budget(file.size)
    members: list[tuple[Entry, Callable[[], Stream]]] = []
    seen: set[tuple[str, int, int]] = set()
    for info in infos:
        path = _safe_path(info)
        identity = path, info.CRC, info.file_size
        if is_litter(path) or identity in seen:
            continue
        seen.add(identity)
        members.append(
            (Entry(path, info.file_size), _opener(archive, info, ends[id(info)], budget))
        )
    return Shelf(members, (), file.close)


class _Watched:
    """The file while `zipfile` looks for the directory in it.

    Every directory it is about to believe is counted first: the end record, of which a file may
    hold several, can say any number, and objects are made of what is there.
    """

    def __init__(self, file: PlainFile) -> None:
        self._file = file
        self.seek = file.seek
        self.tell = file.tell
        self.seekable = file.seekable

    def read(self, size: int = -1, /) -> bytes:
        if size > _DIRECTORY_BYTES:
            raise LimitExceeded("too-many-members")
        data = self._file.read(size)
        if data.startswith(_ENTRY_MAGIC):
            _check_count(data)
        return data


def _check_count(directory: bytes) -> None:
    at = 0
    for _ in range(MAX_MEMBERS):
        if not directory.startswith(_ENTRY_MAGIC, at) or len(directory) < at + _ENTRY:
            return
        at += _ENTRY + sum(_ENTRY_LENGTHS.unpack_from(directory, at + 28))
    if directory.startswith(_ENTRY_MAGIC, at):
        raise LimitExceeded("too-many-members")


def _check_overlap(infos: list[zipfile.ZipInfo], directory: int) -> dict[int, int]:
    """Return where the bytes of each member have to end; refuse members that share bytes."""
    ends: dict[int, int] = {}
    end = directory
    for info in sorted(infos, key=lambda info: info.header_offset, reverse=True):
        ends[id(info)] = end
        if info.header_offset < 0 or info.header_offset + _LOCAL_HEADER + info.compress_size > end:
            raise LimitExceeded("overlapping-members")
        end = info.header_offset
    return ends


def _safe_path(info: zipfile.ZipInfo) -> str:
    """Return the member path; refuse what could name a place outside of the archive."""
    if info.flag_bits & _ENCRYPTED:
        raise Unreadable("encrypted-archive")
    name = _decoded(info).replace("\\", "/")
    parts = name.split("/")
    drive = len(name) > 1 and name[1] == ":" and name[0].isalpha()
    link = stat.S_ISLNK(info.external_attr >> 16)
    if not name or "\0" in name or name[0] == "/" or ".." in parts or drive or link:
        raise Unreadable("unsafe-name", name[:80].replace("\0", "␀"))
    return "/".join(part for part in parts if part not in {"", "."})


def _decoded(info: zipfile.ZipInfo) -> str:
    """Repair names that are UTF-8 without the flag that says so, as macOS writes them."""
    name = info.orig_filename
    if info.flag_bits & _UTF8 or name.isascii():
        return name
    try:
        return name.encode("cp437").decode("utf-8")
    except UnicodeError:
        return name


def _opener(
    archive: zipfile.ZipFile, info: zipfile.ZipInfo, end: int, budget: _Budget
) -> Callable[[], Stream]:
    def opener() -> Stream:
        return _Member(archive, info, end, budget)

    return opener


class _Budget:
    """What all members of an archive together may still inflate to."""

    def __init__(self, archive_size: int) -> None:
        # Members are read more than once (a look, then two passes), hence the wider ratio.
        self.left = min(MAX_INFLATED, max(4 * RATIO_FREE, archive_size * MAX_RATIO * 3))

    def spend(self, size: int) -> None:
        self.left -= size
        if self.left < 0:
            raise LimitExceeded("too-compressed")


class _Member:
    """One member being inflated. Counts real bytes: the directory may lie about sizes."""

    def __init__(
        self, archive: zipfile.ZipFile, info: zipfile.ZipInfo, end: int, budget: _Budget
    ) -> None:
        self._path = info.filename
        self._budget = budget
        self._limit = max(RATIO_FREE, info.compress_size * MAX_RATIO)
        self._done = 0
        try:
            self._file = archive.open(info)
            self._check_header(archive, info, end)
        except _BROKEN as error:
            raise Unreadable("archive-member-damaged", self._path[:80]) from error

    def _check_header(self, archive: zipfile.ZipFile, info: zipfile.ZipInfo, end: int) -> None:
        """Repeat the overlap check with the true length of the local header."""
        stream = cast("PlainFile", archive.fp)
        stream.seek(info.header_offset + 26)
        name, extra = struct.unpack("<HH", stream.read(4))
        if info.header_offset + _LOCAL_HEADER + name + extra + info.compress_size > end:
            raise LimitExceeded("overlapping-members")

    def read(self, size: int, /) -> bytes:
        try:
            data = self._file.read(size)
        except _BROKEN as error:
            raise Unreadable("archive-member-damaged", self._path[:80]) from error
        self._done += len(data)
        if self._done > self._limit:
            raise LimitExceeded("too-compressed", self._path[:80])
        self._budget.spend(len(data))
        return data

    def close(self) -> None:
        self._file.close()
