"""What a program that was killed leaves in a person's folders: noted beforehand, removed later.

A file or folder grows under a name of its own beside its place. While it does, a note in the state
folder says where; the note is locked by its process, so that a note nobody holds is one of a
program that is no more. What it names is removed when a vault is opened the next time.
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import shutil
from pathlib import Path
from typing import BinaryIO, Final

from app import paths
from app.vault import lockfile
from app.vault.header import private

FOLDER: Final = "unfinished"
_NAME: Final = re.compile(r"\.mydata-[0-9a-f]{12}\.part")
_LONGEST: Final = 1 << 16


def beside(path: Path) -> Path:
    """A name in the same folder that tells what it is: nothing else is ever removed."""
    return path.with_name(f".mydata-{secrets.token_hex(6)}.part")


class Note:
    """Says where something unfinished lies, until `drop`. Where none can be made, there is none."""

    def __init__(self, place: Path) -> None:
        self._path = paths.state_folder() / FOLDER / secrets.token_hex(8)
        self._file: BinaryIO | None = None
        with contextlib.suppress(OSError):
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._file = private(self._path, "x+b")
            if not lockfile.take(self._file):  # somebody is sweeping: without the lock it would
                self.drop()  # look abandoned from now on
                return
            self._file.seek(0)  # the lock lies far behind it on Windows
            self._file.write(os.fsencode(place.absolute()))
            self._file.flush()

    def drop(self) -> None:
        """There is nothing unfinished any more."""
        if self._file is not None:
            with contextlib.suppress(OSError):
                self._file.close()
                self._path.unlink(missing_ok=True)


def sweep() -> list[Path]:
    """Remove what programs that are no more left unfinished; returns the folders it lay in."""
    swept = []
    for path in sorted((paths.state_folder() / FOLDER).glob("*")):
        with contextlib.suppress(OSError):  # tried again the next time
            place = _abandoned(path)
            if place and _removed(place):
                swept.append(place.parent)
            if place and place.parent.is_dir():  # not a stick that is pulled out
                path.unlink()
    return swept


def _abandoned(note: Path) -> Path | None:
    """What a note names, unless its process still works on it."""
    with note.open("r+b") as file:
        if not lockfile.take(file):
            return None
        file.seek(0)
        place = Path(os.fsdecode(file.read(_LONGEST).rstrip(b"\0")))
    return place if place.is_absolute() and _NAME.fullmatch(place.name) else None


def _removed(place: Path) -> bool:
    if place.is_symlink() or not place.exists():
        return False
    if place.is_dir():
        shutil.rmtree(place)
    else:
        place.unlink()
    return True
