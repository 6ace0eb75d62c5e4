"""A service that carries files between folders badly: late, torn, zeroed, renamed, put back."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Final

from app.vault.sync import names

CONFLICTED: Final = (
    "{stem} (conflicted copy 2024-05-01){ending}",  # Dropbox
    "{stem} (Mina's conflicted copy 2024-05-01){ending}",
    "{stem} (Mina의 충돌된 사본 2024-05-01){ending}",  # Dropbox in Korean
    "{stem}-LAPTOP{ending}",  # OneDrive
    "{stem} 2{ending}",  # iCloud Drive
    "{stem} (1){ending}",  # Google Drive
    "{stem}_conflict-20240501-101112{ending}",  # Nextcloud
    "{stem} (충돌된 복사본){ending}",  # a Korean desktop
    "{stem}.sync-conflict-20240501-101112-ABCDEFG{ending}",  # Syncthing
    "{stem} - 복사본{ending}",  # Windows in Korean
)


def files(folder: Path) -> list[Path]:
    """All files in a folder, in an order that follows from the schedule."""
    return sorted(path for path in folder.rglob("*") if path.is_file())


class Provider:
    """Moves files from folder to folder, as a schedule's chance has it."""

    def __init__(self, chance: random.Random, store: Path) -> None:
        self.random = chance
        self._states: dict[Path, dict[Path, bytes]] = {}
        self._server = store
        self._server.mkdir()

    # -- carrying

    def carry(self, giver: Path, taker: Path, *, faults: bool) -> None:
        """Bring what is in one folder to another; with faults, not all of it and not whole."""
        for path in files(giver):
            fault = self.random.random() if faults else 1.0
            if fault >= 0.3:  # else it is late
                self._deliver(path.read_bytes(), taker / path.relative_to(giver), fault)

    def _deliver(self, data: bytes, target: Path, fault: float) -> None:
        if fault >= 1.0 and target.exists() and target.stat().st_size > len(data):
            return
        target.parent.mkdir(parents=True, exist_ok=True)
        if fault < 0.4:
            data = data[: self.random.randint(0, len(data))]
        elif fault < 0.45:
            data = bytes(len(data))
        elif fault < 0.5 and data:
            at = self.random.randrange(len(data))
            data = data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
        elif fault < 0.6:
            target = self._renamed(target)
        if fault < 0.5 and target.exists():
            return  # a provider tears what it brings, not what is there
        target.write_bytes(data)

    def _renamed(self, path: Path) -> Path:
        name = self.random.choice(CONFLICTED).format(stem=path.stem, ending=path.suffix)
        return path.with_name(name if self.random.random() < 0.8 else path.name.upper())

    def double(self, folder: Path) -> None:
        """Leave copies of files beside them, under the names of a conflict."""
        for path in files(folder):
            if self.random.random() < 0.1:
                self._renamed(path).write_bytes(path.read_bytes())

    # -- putting back

    def lose(self, folder: Path) -> None:
        """Some files are gone."""
        for path in files(folder):
            if self.random.random() < 0.3:
                path.unlink()

    def put_back(self, folder: Path) -> None:
        """The folder is what it was when this was asked for the last time."""
        if state := self._states.pop(folder, None):
            for path in files(folder):
                path.unlink()
            for path, data in state.items():
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(data)
        else:
            self._states[folder] = {path: path.read_bytes() for path in files(folder)}

    # -- what is not lost

    def keep(self, folder: Path) -> None:
        """What is whole here stays on the provider's computers, to be brought at the end.

        For what no computer has any more: then the folder's files are the only ones.
        """
        self.bring_whole(folder, self._server)

    def bring_kept(self, taker: Path) -> None:
        """Bring what was kept."""
        self.bring_whole(self._server, taker)

    def bring_whole(self, giver: Path, taker: Path) -> int:
        """What is whole at the giver's is whole at the taker's; returns how many files were not."""
        brought = 0
        for path in files(giver):
            target = taker / path.relative_to(giver)
            data = path.read_bytes()
            if target.exists() and target.read_bytes() == data:
                continue
            content = names.found_hash(path.name)
            if content and names.digest(data).hex() == content:
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(data)
                brought += 1
        return brought
