"""Bad input: one sentence, one next step, the right exit code, and a vault as it was before."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from app.vault import lockfile
from tests.cli.running import COMMAND, SAMPLES, Program


def contents(folder: Path) -> dict[str, bytes]:
    """Every file of a vault but the lock, whose text names the last holder."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name != lockfile.NAME
    }


def zipped(**members: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return out.getvalue()


def whole_zip() -> bytes:
    posts = next(SAMPLES.rglob("your_posts*.json")).read_bytes()
    name = "your_facebook_activity/posts/your_posts__check_ins__photos_and_videos_1.json"
    return zipped(**{name: posts})


def bomb() -> bytes:
    name = "your_facebook_activity/posts/your_posts__check_ins__photos_and_videos_1.json"
    return zipped(**{name: b"[" + b" " * (100 << 20) + b"]"})


def entities() -> bytes:
    start = b'<?xml version="1.0"?><!DOCTYPE feed [<!ENTITY a "aaaaaaaa"><!ENTITY b "&a;&a;">]>'
    feed = b'<feed xmlns="http://www.w3.org/2005/Atom"><id>&b;</id><entry><content>'
    usage = b'<UsagePoint xmlns="http://naesb.org/espi"/></content></entry></feed>'
    return start + feed + usage


def wrong_encoding() -> bytes:
    text = (SAMPLES / "midata-london.csv").read_text("iso-8859-1")
    return text.encode("utf-16-le")[1:]


REFUSED: dict[str, tuple[str, Callable[[], bytes], set[str]]] = {
    "empty": ("empty.csv", lambda: b"", {"empty"}),
    "only a mark": ("mark.csv", lambda: b"\xef\xbb\xbf", {"empty", "not-recognised"}),
    "foreign": ("letter.txt", lambda: b"Dear bank,\nplease.\n", {"not-recognised"}),
    "unknown format": ("data.bin", lambda: bytes(range(256)) * 40, {"not-recognised"}),
    "a program": ("data.csv", lambda: Path(sys.executable).read_bytes()[:9000], {"not-recognised"}),
    "truncated zip": ("cut.zip", lambda: whole_zip()[:-80], {"bad-archive"}),
    "zip bomb": ("bomb.zip", bomb, {"too-compressed", "too-large"}),
    "entities": ("usage.xml", entities, {"dtd"}),
    "wrong encoding": ("midata.csv", wrong_encoding, {"bad-encoding", "not-recognised"}),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_bad_file_is_refused_and_nothing_changes(case: str, filled: Program) -> None:
    name, make, codes = REFUSED[case]
    path = filled.folder / name
    path.write_bytes(make())
    before, data = contents(filled.vault), path.read_bytes()
    result = filled.run("import", path, "--json")
    assert result.code == 3, result.out
    assert result.error in codes
    assert result.json["error"]["title"]
    assert result.json["error"]["next"]
    assert path.read_bytes() == data
    assert contents(filled.vault) == before


def test_what_is_not_there_is_refused(filled: Program) -> None:
    result = filled.run("import", "nowhere.csv", "--json")
    assert (result.code, result.error) == (3, "vanished")


@pytest.mark.skipif(sys.platform == "win32", reason="pipes with names are POSIX")
def test_a_pipe_is_refused_without_waiting_for_it(filled: Program) -> None:
    os.mkfifo(filled.folder / "pipe.csv")
    result = filled.run("import", "pipe.csv", "--json")
    assert (result.code, result.error) == (3, "not-a-file")


def test_a_vault_in_use_is_not_opened_twice(filled: Program) -> None:
    held = lockfile.Lock(filled.vault)
    try:
        result = filled.run("status", "--json")
        assert (result.code, result.error) == (5, "vault-in-use")
    finally:
        held.release()
    filled.json("status")


# --- Ended in the middle ------------------------------------------------------------------------


def large(folder: Path) -> Path:
    """A file that takes long enough to be caught in the middle."""
    path = folder / "Observation.ndjson"
    with path.open("w", encoding="ascii") as file:
        for number in range(150_000):
            resource = {
                "resourceType": "Observation",
                "id": f"o{number}",
                "status": "final",
                "code": {"text": "Pulse"},
                "effectiveDateTime": f"20{number % 20:02}-01-{number % 28 + 1:02}",
                "valueQuantity": {"value": number, "unit": "/min"},
            }
            file.write(json.dumps(resource) + "\n")
    return path


def written(program: Program) -> int:
    """Bytes of the log of changes: what the import has written of its transaction."""
    log = program.vault / "vault.db-wal"
    return log.stat().st_size if log.exists() else 0


def kept(program: Program) -> int:
    """Files of originals: the first thing that appears when reading begins."""
    return sum(path.is_file() for path in (program.vault / "blobs").rglob("*"))


def begun(
    program: Program, path: Path, sign: Callable[[Program], int], more: int
) -> subprocess.Popen[bytes]:
    """An import that has begun, by a sign that grew by `more`, and is not through yet."""
    before = sign(program)
    process = subprocess.Popen(
        [*COMMAND, "import", str(path)],
        cwd=program.folder,
        env=program.environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    while process.poll() is None and sign(program) < before + more:
        time.sleep(0.01)
    assert process.poll() is None, "it was through before it could be stopped"
    return process


def check_unchanged(program: Program, before: object, size: int) -> None:
    """The vault says and holds what it did, and takes imports as ever."""
    assert program.json("status") == before
    assert len(program.json("imports")["imports"]) == 3
    assert program.json("import", SAMPLES / "midata-london.csv")["totals"]["new"] == 0
    blobs = [path for path in (program.vault / "blobs").rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in blobs) < size / 10


@pytest.mark.slow
def test_a_killed_import_leaves_the_vault_as_it_was(filled: Program) -> None:
    before, path = filled.json("status"), large(filled.folder)
    process = begun(filled, path, written, 1 << 20)
    process.kill()
    process.communicate(timeout=60)
    check_unchanged(filled, before, path.stat().st_size)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX")
def test_a_stopped_import_leaves_the_vault_as_it_was(filled: Program) -> None:
    before, path = filled.json("status"), large(filled.folder)
    process = begun(filled, path, kept, 1)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 1
    assert b"Stopped." in said
    check_unchanged(filled, before, path.stat().st_size)
