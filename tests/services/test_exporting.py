"""An export is whole or not there, also where the program was killed while it wrote."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from app.services import exporting, importing
from app.services import session as sessions
from app.services.session import Session
from tests.places import ROOT
from tests.services.files import ROWS, midata
from tests.vaults import PASSPHRASE, payment, put

KILLED: Final = """
import os, signal, sys
from pathlib import Path
from app.services import exporting, session
opened = session.unlock(Path(sys.argv[1]), sys.argv[2])
exporting._write_originals = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
exporting.export(opened, Path(sys.argv[3]))
"""


@pytest.mark.skipif(os.name != "posix", reason="kill -9 is a POSIX thing")
def test_what_a_killed_export_left_goes_with_the_next(session: Session, tmp_path: Path) -> None:
    put(session.vault, [payment("a")])
    session.close()
    place = tmp_path / "place"
    place.mkdir()
    words = (session.folder, PASSPHRASE, place / "out")
    command = [sys.executable, "-c", KILLED, *map(str, words)]
    assert subprocess.run(command, cwd=ROOT, check=False).returncode < 0
    (left,) = place.iterdir()
    assert (left / "finance.transaction.csv").exists()
    assert left.name != "out"
    opened = sessions.unlock(session.folder, PASSPHRASE)
    files = exporting.export(opened, place / "out")
    opened.close()
    assert [path.name for path in place.iterdir()] == ["out"]
    found = {path for path in (place / "out").rglob("*") if path.is_file()}
    assert found == set(files)


def test_originals_of_one_name_lie_beside_each_other(session: Session, tmp_path: Path) -> None:
    texts = set[bytes]()
    for number, row in enumerate(ROWS[:3]):
        path = midata(tmp_path / str(number) / "March.csv", [row])
        texts.add(path.read_bytes())
        importing.import_paths(session, [path])
    exporting.export(session, tmp_path / "out")
    found = {path.name: path.read_bytes() for path in (tmp_path / "out" / "originals").iterdir()}
    assert set(found) == {"March.csv", "March (2).csv", "March (3).csv"}
    assert set(found.values()) == texts
