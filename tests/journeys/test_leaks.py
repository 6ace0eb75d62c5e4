"""9,000 marked words through the whole program: none is anywhere but where it was asked to go.

Everything is done by commands, as processes of their own, with a home, a temporary folder and a
cloud folder that are looked through afterwards, byte by byte. What a person chose to write is in
`chosen`, what they brought in is in `brought`, and nothing else may hold a marked word.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest

from app import crash
from app.services import session
from app.vault import keys
from tests.cli.running import COMMAND, Program, Result
from tests.places import ROOT
from tests.vault.test_leaks import PIECES, marker

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="looks into /proc"),
]

RECORDS: Final = 3000
MARKS: Final = 3 * RECORDS
MANY: Final = 15_000
SECRET: Final = f"{marker(90_001)} {marker(90_002)}"
"""The passphrase is a marked word too."""
ASCII: Final = [json.dumps(word)[1:-1].encode() for word in ("눈보라", "눈보")]
WHOLE: Final = re.compile("Zebrafink\\d{5}눈보라|QUARTZ-\\d{5}-widdershins".encode())
SHARED_MEMORY: Final = Path("/dev/shm")

BUG: Final = """
import sys
from app.__main__ import main
from app.services import asking
def fail(*given, **named):
    kept = repr((given, named))
    raise LookupError(f"no record like {kept} {WORD}")
WORD = sys.argv.pop(1)
asking.search = fail
sys.exit(main(sys.argv[1:]))
"""


class Person(Program):
    """A person whose every folder is inside `room`."""

    def __init__(self, room: Path, name: str) -> None:
        self.room = room
        self.home = room / "homes" / name
        self.vault = self.home / "vault"
        self.folder = room / "work"
        self.passphrase = room / "brought" / "passphrase"
        self.home.mkdir(parents=True)
        for folder in ("work", "brought", "chosen", "scratch"):
            (room / folder).mkdir(exist_ok=True)
        self.passphrase.write_text(SECRET, encoding="utf-8")
        opened, self.key = session.create(self.vault, SECRET, cost=keys.LOWEST)
        opened.close()

    def environment(self, **more: str) -> Mapping[str, str]:
        scratch = str(self.room / "scratch")
        homes = {
            name: str(self.home / name)
            for name in ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME")
        }
        homes |= dict.fromkeys(("TMPDIR", "SQLITE_TMPDIR", "TEMP", "TMP"), scratch)
        return super().environment(**homes, **more)

    def run(self, *words: object, **more: str) -> Result:
        """Run it; what it says beside its answer is looked through at once."""
        done = super().run(*words, **more)
        assert not marked(done.err.encode()), done.err[:500]
        return done


def marked(data: bytes, *more: bytes) -> bool:
    return any(piece in data for piece in (*PIECES, *ASCII, *more))


def leaks(room: Path, *more: bytes) -> list[str]:
    """Files and names with a marked word in them, but for what was chosen and brought."""
    allowed = (room / "chosen", room / "brought")
    # Shared memory is flat; folders in it are another program's temporary files.
    places = [*room.rglob("*"), *SHARED_MEMORY.glob("*")]
    return [
        str(path)
        for path in places
        if not any(path.is_relative_to(folder) for folder in allowed)
        if marked(os.fsencode(path.name), *more) or marked(contents(path), *more)
    ]


def contents(path: Path) -> bytes:
    """What is in a file; other programs' may be gone meanwhile."""
    if not path.is_file():
        return b""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""


def observations(count: int, first: int = 0) -> Iterator[str]:
    for number in range(first, first + count):
        one, two, three = (marker(3 * number + each) for each in range(3))
        resource = {
            "resourceType": "Observation",
            "id": f"o{number}",
            "status": "final",
            "code": {"text": one},
            "effectiveDateTime": f"20{number % 20:02}-01-{number % 28 + 1:02}",
            "valueString": two,
            "note": [{"text": three}],
        }
        yield json.dumps(resource, ensure_ascii=False) + "\n"


def brought(room: Path, name: str, count: int, first: int = 0) -> Path:
    path = room / "brought" / name
    path.write_text("".join(observations(count, first)), encoding="utf-8")
    return path


def test_the_sweep_finds_what_is_there(tmp_path: Path) -> None:
    for name, data in (("a", "x눈보라".encode("utf-16-le")), ("b", json.dumps("눈보라").encode())):
        (tmp_path / name).write_bytes(data)
    for folder in ("chosen", "brought"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / marker(1)).write_text(marker(2), encoding="utf-8")
    (tmp_path / marker(3)).touch()
    assert sorted(Path(name).name for name in leaks(tmp_path)) == sorted(["a", "b", marker(3)])


def test_no_marked_word_is_found_outside_what_was_chosen(tmp_path: Path) -> None:
    room = tmp_path / "room"
    room.mkdir()
    mine, theirs = Person(room, "mine"), Person(room, "theirs")
    told = [each.key.encode() for each in (mine, theirs)]
    path = brought(room, f"{marker(90_003)}.ndjson", RECORDS)
    put_in_and_looked_at(mine, path)
    assert leaks(room, *told) == []
    crashed(mine)
    assert leaks(room, *told) == []
    kept_safe(mine)
    sent(mine, theirs)
    assert leaks(room, *told) == []


def put_in_and_looked_at(mine: Person, path: Path) -> None:
    """Import, search, change, take back, export: every marked word is in the export."""
    assert mine.json("import", path)["totals"]["new"] == RECORDS
    assert mine.json("search", marker(17))["total"] == 1
    assert marker(16) in mine.run("records", "--jsonl").out
    text = path.read_text("utf-8").replace("final", "amended")
    path.write_text(text, encoding="utf-8")
    changed = mine.json("import", path)
    assert changed["totals"]["updated"] == RECORDS
    mine.json("undo", changed["files"][0]["import_id"])
    out = mine.room / "chosen" / "all"
    mine.json("export", out)
    found = b"".join(file.read_bytes() for file in out.rglob("*") if file.is_file())
    missing = {marker(number).encode() for number in range(MARKS)} - set(WHOLE.findall(found))
    assert missing == set()


# -- crashes


@contextmanager
def under_way(
    mine: Person, path: Path, sign: Callable[[int], object]
) -> Iterator[subprocess.Popen[bytes]]:
    """An import that is as far as `sign` says of its process."""
    process = subprocess.Popen(
        [*COMMAND, "import", str(path)],
        cwd=mine.folder,
        env=mine.environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        while process.poll() is None and not sign(process.pid):
            time.sleep(0.01)
        assert process.poll() is None, "it was through before it could be caught"
        yield process
    finally:
        process.kill()
        process.communicate(timeout=60)


def readers(process: int) -> list[int]:
    """The processes that read files for it."""
    lists = Path(f"/proc/{process}/task").glob("*/children")
    return [int(child) for each in lists for child in each.read_text().split()]


def crashed(mine: Person) -> None:
    """The reader dies, the program is killed, and it meets a fault of its own."""
    path = brought(mine.room, "many.ndjson", MANY, RECORDS)
    with under_way(mine, path, readers) as process:
        (reader,) = readers(process.pid)
        for number in (process.pid, reader):
            for name in ("cmdline", "environ"):
                assert not marked(Path(f"/proc/{number}/{name}").read_bytes())
        os.kill(reader, signal.SIGKILL)
        out, err = process.communicate(timeout=60)
        assert process.returncode == 3
        assert not marked(out + err)
    log = mine.vault / "vault.db-wal"
    with under_way(mine, path, lambda _: log.exists() and log.stat().st_size > 1 << 20):
        pass  # and killed
    assert log.stat().st_size > 1 << 20
    assert leaks(mine.room) == []

    done = subprocess.run(
        [sys.executable, "-c", BUG, marker(5), "search", marker(7)],
        cwd=mine.folder,
        env={**mine.environment(), "PYTHONPATH": str(ROOT)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
    assert b"[bug]" in done.stderr
    assert not marked(done.stdout + done.stderr)
    reports = list(mine.home.rglob(f"{crash.FOLDER}/fault-*.txt"))
    assert len(reports) == 1
    assert "LookupError" in reports[0].read_text("utf-8")
    assert list(mine.home.rglob("events.log"))


# -- copies and other people


def kept_safe(mine: Person) -> None:
    """Backup, salvage, the copy for other computers."""
    mine.json("backup", mine.room / "backups")
    assert mine.json("salvage", "--to", mine.room / "salvaged")["records"] == RECORDS
    cloud = mine.room / "cloud folder"
    cloud.mkdir()
    mine.json("cloud", "set", cloud)
    mine.json("cloud", "sync")
    assert list(cloud.rglob("*.md[sb]"))


def sent(mine: Person, theirs: Person) -> None:
    """A share with marked names and a marked purpose, and its receipt."""
    chosen = mine.room / "chosen"
    for person, name in ((mine, marker(90_004)), (theirs, marker(90_005))):
        person.json("card", "--name", name, "--out", chosen / f"{name}.card")
    for person, name in ((mine, marker(90_005)), (theirs, marker(90_004))):
        number = person.json("people", "add", chosen / f"{name}.card")["person"]["safety_number"]
    mine.json("people", "verify", marker(90_005), "--number", number)
    bundle = mine.room / "work" / "for-them.mdshare"
    made = mine.json(
        "share", "--to", marker(90_005), "--kind", "health.observation", "--out", bundle,
        "--purpose", marker(90_006), "--terms", marker(90_007), "--until", "2099-12-31",
    )  # fmt: skip
    assert made["records"] == RECORDS
    got = theirs.json("receive", bundle, "--accept", "--export", chosen / "received")
    assert got["records"] == RECORDS
    mine.json("receive", got["receipt"], "--accept")
    assert b"".join(path.read_bytes() for path in (chosen / "received").iterdir()).count(
        marker(4).encode()
    )
