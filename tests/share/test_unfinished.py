"""What a killed program left in a person's folders goes the next time; nothing else ever does."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path
from typing import BinaryIO

import pytest

from app import paths
from app.services import exporting
from app.services import session as sessions
from app.share import output, unfinished
from app.share.output import Output, new_folder
from app.vault import header, lockfile
from tests import disks
from tests.places import ROOT
from tests.share.test_services import new_vault

KILLED = """
import os, signal, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from app.share.output import Output, new_folder
with new_folder(Path(sys.argv[2])) as building, Output(Path(sys.argv[3])) as file:
    (building / "records.csv").write_text("what a record says")
    file.write(b"sealed")
    os.kill(os.getpid(), signal.SIGKILL)
"""


def left_by_a_killed_program(folder: Path) -> list[Path]:
    command = [sys.executable, "-c", KILLED, str(ROOT), str(folder / "out"), str(folder / "file")]
    subprocess.run(command, check=False, capture_output=True)
    return sorted(folder.iterdir())


def notes() -> list[Path]:
    return list((paths.state_folder() / unfinished.FOLDER).glob("*"))


@pytest.fixture
def place(tmp_path: Path) -> Path:
    folder = tmp_path / "documents"
    folder.mkdir()
    return folder


@pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX")
class TestKilled:
    def test_opening_a_vault_removes_it_and_says_so(self, place: Path, tmp_path: Path) -> None:
        new_vault(tmp_path / "vault").close()
        left = left_by_a_killed_program(place)
        assert len(left) == 2
        assert all(path.name.startswith(".mydata-") for path in left)
        opened = sessions.unlock(tmp_path / "vault", "correct horse battery")
        told = opened.swept
        opened.close()
        assert list(place.iterdir()) == []
        assert notes() == []
        assert told
        assert told.values == {"folders": str(place)}
        opened = sessions.unlock(tmp_path / "vault", "correct horse battery")
        assert opened.swept is None
        opened.close()

    def test_a_stick_that_is_pulled_out_is_swept_when_it_is_back(
        self, place: Path, tmp_path: Path
    ) -> None:
        assert left_by_a_killed_program(place)
        away = place.rename(tmp_path / "away")
        assert unfinished.sweep() == []
        away.rename(place)
        assert unfinished.sweep() == [place, place]
        assert list(place.iterdir()) == []


def test_what_is_still_worked_on_is_left_alone(place: Path) -> None:
    with new_folder(place / "out"), Output(place / "file") as file:
        assert unfinished.sweep() == []
        assert len(list(place.iterdir())) == 2
        file.write(b"sealed")
    assert sorted(path.name for path in place.iterdir()) == ["file", "out"]
    assert notes() == []


def test_an_export_is_noted_while_it_grows(
    place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[list[Path]] = []
    write = exporting._write

    def watched(*words: object) -> list[Path]:
        seen.append(notes())
        return write(*words)  # type: ignore[arg-type]  # passed on as they came

    monkeypatch.setattr(exporting, "_write", watched)
    vault = new_vault(tmp_path / "vault")
    exporting.export(vault, place / "out")
    vault.close()
    assert [len(each) for each in seen] == [1]
    assert notes() == []


def test_a_note_that_another_program_is_looking_at_is_not_left_unlocked(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would look abandoned, and the next one to sweep would remove what still grows."""

    def made_and_looked_at(path: Path, mode: str) -> BinaryIO:
        made = header.private(path, mode)
        other = path.open("r+b")
        assert lockfile.take(other)
        sweeping.append(other)
        return made

    sweeping: list[BinaryIO] = []
    monkeypatch.setattr(unfinished, "private", made_and_looked_at)
    with Output(place / "out") as out:
        sweeping.pop().close()
        assert unfinished.sweep() == []
        out.write(b"x")
    assert (place / "out").read_bytes() == b"x"


def test_a_lock_that_moves_to_its_place_in_the_file_does_not_move_the_note(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on Windows, where a byte far behind the text is what is locked."""

    def take(file: BinaryIO) -> bool:
        file.seek(1 << 20)
        return lock(file)

    lock = lockfile.take
    monkeypatch.setattr(lockfile, "take", take)
    part = place / ".mydata-000000000000.part"
    part.write_bytes(b"sealed")
    unfinished.Note(part)._file.close()  # type: ignore[union-attr]  # it could be made
    assert unfinished.sweep() == [place]
    assert not part.exists()


@pytest.mark.parametrize("name", ["thesis", ".mydata-1.part", "x/.mydata-000000000000.part/y"])
def test_a_note_can_name_nothing_that_is_not_ours(name: str, place: Path) -> None:
    (place / name).mkdir(parents=True)
    folder = paths.state_folder() / unfinished.FOLDER
    folder.mkdir(parents=True)
    (folder / "0").write_bytes(os.fsencode(place / name))
    assert unfinished.sweep() == []
    assert (place / name).is_dir()


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_a_link_is_not_followed(place: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    link = place / ".mydata-000000000000.part"
    link.symlink_to(tmp_path / "mine")
    unfinished.Note(link)._file.close()  # type: ignore[union-attr]  # it could be made
    assert unfinished.sweep() == []
    assert (tmp_path / "mine").is_dir()


def test_without_a_place_for_notes_the_work_is_done_all_the_same(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blocked = place / "file"
    blocked.write_bytes(b"")
    monkeypatch.setenv("MYDATA_CONFIG", str(blocked))
    with Output(place / "out") as out:
        out.write(b"x")
    assert (place / "out").read_bytes() == b"x"
    assert unfinished.sweep() == []


def test_what_the_disk_refused_while_it_grew_gets_no_name(tmp_path: Path) -> None:
    """It takes every byte at first, and is asked to begin with them long before the end."""
    with disks.hollow(tmp_path / "disk") as disk:
        out = Output(disk / "out")
        for _ in range(3 * output.STEP // output.BLOCK):
            out.write(os.urandom(output.BLOCK))
        with pytest.raises(OSError, match=r"No space left|Input/output"):
            out.commit()
        out.discard()
        assert [path.name for path in disk.iterdir()] == ["lost+found"]


def test_a_refusal_that_the_disk_tells_once_is_not_forgotten(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next sync of the same file says that all is well."""
    refusals = [OSError(errno.EIO, os.strerror(errno.EIO))]

    def sync(_handle: int) -> None:
        if refusals:
            raise refusals.pop()

    monkeypatch.setattr(os, "fsync", sync)
    out = Output(place / "out")
    out.write(b"x")
    for _ in range(2):
        with pytest.raises(OSError, match=os.strerror(errno.EIO)):
            out.commit()
    out.discard()
    assert list(place.iterdir()) == []
