"""The real program in hard places: no network at all, a home that cannot be written, secrets."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import pytest

from tests.cli.running import SAMPLES
from tests.places import ROOT

WORDS: Final = "quartz-herring-5521-lamp"
PROGRAM: Final = (sys.executable, "-X", "utf8", "-m", "app")
IMPORTED: Final = (SAMPLES / "checking-portland.ofx", SAMPLES / "clinic-fhir.json")
POWERLESS: Final = ("unshare", "--user")
TRY_UNSHARE: Final = ("unshare", "--user", "--map-root-user", "--net", "true")


def variables(home: Path, **more: str) -> dict[str, str]:
    """The environment of a person whose home is `home`."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
    return {
        **kept,
        "HOME": str(home),
        "PYTHONPATH": str(ROOT),
        "PYTHONDONTWRITEBYTECODE": "1",
        "QT_QPA_PLATFORM": "offscreen",
        "MYDATA_LANGUAGE": "en",
        **more,
    }


def run(
    words: Sequence[object],
    environment: dict[str, str],
    *,
    before: Sequence[str] = (),
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*before, *map(str, words)],
        cwd="/",
        env=environment,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


def everything(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


# --- No network ---------------------------------------------------------------------------------

WINDOW = """
import sys
from pathlib import Path
from PySide6.QtCore import QTimer
from app.gui.app import application
from app.gui.main_window import MainWindow
from app.settings import Settings
app = application()
window = MainWindow(Settings(), Path(sys.argv[1]))
window.show()
window.start()
def type_in():
    view = window.centralWidget()
    view.passphrase.line.setText(Path(sys.argv[2]).read_text())
    view.open.click()
pages = ["timeline", "search", "catalogue", "import", "share", "inbox", "settings"]
def look():
    if window.shell is None or window._working():
        return
    if pages:
        window.shell.go(pages.pop())
    else:
        window.close()
        app.quit()
QTimer.singleShot(0, window, type_in)
timer = QTimer(window)
timer.timeout.connect(look)
timer.start(100)
sys.exit(app.exec())
"""


@pytest.mark.slow
def test_r09_everything_works_without_any_network(tmp_path: Path) -> None:
    """In a network of its own, which has not even a loopback that is up."""
    if not shutil.which("unshare") or subprocess.run(TRY_UNSHARE, check=False).returncode:
        pytest.skip("this system gives no network namespaces")
    cut_off = TRY_UNSHARE[:-1]
    vault, passphrase = tmp_path / "vault", tmp_path / "passphrase"
    passphrase.write_text(WORDS)
    environment = variables(
        tmp_path, MYDATA_VAULT=str(vault), MYDATA_PASSPHRASE_FILE=str(passphrase)
    )
    for words in (
        ["create"],
        ["import", *IMPORTED],
        ["search", "a"],
        ["export", tmp_path / "out"],
        ["backup", tmp_path / "backups"],
        ["status"],
    ):
        done = run([*PROGRAM, *words], environment, before=cut_off)
        assert done.returncode == 0, (words, done.stderr)
        assert "Traceback" not in done.stderr
    done = run([sys.executable, "-c", WINDOW, vault, passphrase], environment, before=cut_off)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""


# --- A home that cannot be written --------------------------------------------------------------


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="permissions are other ones here")
@pytest.mark.slow
def test_r10_a_read_only_home_is_no_obstacle(tmp_path: Path) -> None:
    """Settings and notes are lost; the vault, which lies elsewhere, works as ever."""
    # Root may write anywhere, but not from inside a user namespace of its own.
    before = POWERLESS if os.geteuid() == 0 else ()
    if before and subprocess.run([*before, "true"], check=False).returncode:
        pytest.skip("root may write everywhere, and this system gives no user namespaces")
    home, place = tmp_path / "home", tmp_path / "place"
    home.mkdir(mode=0o555)
    place.mkdir()
    passphrase = place / "passphrase"
    passphrase.write_text(WORDS)
    environment = variables(
        home, MYDATA_VAULT=str(place / "vault"), MYDATA_PASSPHRASE_FILE=str(passphrase)
    )
    assert run(["touch", home / "x"], environment, before=before).returncode != 0
    for words in (["create"], ["import", *IMPORTED], ["status"]):
        done = run([*PROGRAM, *words], environment, before=before)
        assert done.returncode == 0, (words, done.stderr)
        assert "Traceback" not in done.stderr
    window = [sys.executable, "-c", WINDOW, place / "vault", passphrase]
    done = run(window, environment, before=before)
    assert done.returncode == 0, done.stderr
    assert list(home.iterdir()) == []


# --- Secrets ------------------------------------------------------------------------------------


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_passphrase_is_in_no_words_variable_or_file_of_the_program(tmp_path: Path) -> None:
    """Looked at from outside while it runs, and on disk afterwards."""
    vault, passphrase, home = tmp_path / "vault", tmp_path / "passphrase", tmp_path / "home"
    home.mkdir()
    passphrase.write_text(f"{WORDS}\n")
    environment = variables(home, MYDATA_VAULT=str(vault), MYDATA_PASSPHRASE_FILE=str(passphrase))
    said = ""
    for words in (["create"], ["import", *IMPORTED], ["status"]):
        process = subprocess.Popen(
            [*PROGRAM, *map(str, words)],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        seen = b""
        while process.poll() is None:
            seen += _from_outside(process.pid)
            time.sleep(0.02)
        assert process.stdout is not None
        said += process.stdout.read()
        process.stdout.close()
        assert b"app" in seen
        assert WORDS.encode() not in seen
    assert WORDS not in said
    assert WORDS.encode() not in everything(home) + everything(vault)


def _from_outside(pid: int) -> bytes:
    """What any program of the same person can see of a process and its children."""
    seen = b""
    children = Path(f"/proc/{pid}/task/{pid}/children")
    try:
        pids = [str(pid), *children.read_text().split()]
        for each in pids:
            for name in ("cmdline", "environ"):
                seen += Path(f"/proc/{each}/{name}").read_bytes()
    except (OSError, ProcessLookupError):  # it ended meanwhile, or does not let itself be looked at
        return seen
    return seen
