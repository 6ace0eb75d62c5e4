"""What is left of a fault, on disk and on the screen: where it was, and never what it was about."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from app import crash, eventlog, paths
from tests.places import ROOT

MARKER = "orbit-lantern-4711"


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    """No report of another test counts as written already."""
    monkeypatch.setattr(crash, "_kept", set())
    for place, hook in ((sys, "excepthook"), (sys, "unraisablehook"), (threading, "excepthook")):
        monkeypatch.setattr(place, hook, getattr(place, hook))


def reports() -> list[Path]:
    return sorted((paths.state_folder() / crash.FOLDER).glob("fault-*.txt"))


def fail() -> None:
    passphrase = MARKER
    try:
        dict[str, int]()[passphrase]
    except KeyError as error:
        raise ValueError(f"about {passphrase}") from error


def everything_written(folder: Path) -> str:
    return "".join(
        path.read_text("utf-8", "replace") for path in folder.rglob("*") if path.is_file()
    )


def run(code: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env=os.environ | variables,
    )


# --- No dump ------------------------------------------------------------------------------------

LIMITS = """
import resource, sys
from app.__main__ import main
main(["kinds"])
dumpable = -1
if sys.platform == "linux":
    import ctypes
    dumpable = ctypes.CDLL(None).prctl(3, 0, 0, 0, 0)
print(*resource.getrlimit(resource.RLIMIT_CORE), dumpable)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there are no core dumps")
def test_r02_no_core_is_written_and_nobody_looks_into_the_process() -> None:
    done = run(LIMITS)
    core = done.stdout.strip().splitlines()[-1].split()
    assert core[:2] == ["0", "0"]
    if sys.platform == "linux":
        assert core[2] == "0"


@pytest.mark.skipif(sys.platform != "linux", reason="snaps are for Linux")
def test_r02_inside_a_snap_the_desktop_may_see_who_asks() -> None:
    done = run(LIMITS, SNAP="/snap/mydata-vault/1")
    assert done.stdout.strip().splitlines()[-1].split() == ["0", "0", "1"]


# --- Reports ------------------------------------------------------------------------------------


def test_r03_a_report_is_the_kind_and_the_places() -> None:
    told: list[tuple[list[str], Path | None]] = []
    crash.install(lambda said, kept: told.append((said, kept)))
    try:
        fail()
    except ValueError as error:
        sys.excepthook(type(error), error, error.__traceback__)
    ((said, kept),) = told
    assert kept == reports()[0]
    text = kept.read_text("utf-8")
    assert said[0] == "ValueError"
    assert "KeyError" in said
    assert "tests.test_crash.fail:" in text
    assert MARKER not in text
    assert kept.stat().st_mode & 0o077 == 0


def test_r03_threads_and_finalizers_report_too(capfd: pytest.CaptureFixture[str]) -> None:
    told: list[list[str]] = []
    crash.install(lambda said, _kept: told.append(said))

    class Odd:
        def __del__(self) -> None:
            raise TypeError(MARKER)

    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()
    odd = Odd()
    del odd
    assert [said[0] for said in told] == ["ValueError", "TypeError"]
    out, err = capfd.readouterr()
    assert MARKER not in out + err
    assert MARKER not in everything_written(paths.state_folder())


def test_stopping_and_leaving_are_no_faults() -> None:
    told: list[object] = []
    crash.install(lambda said, kept: told.append((said, kept)))
    for error in (KeyboardInterrupt(), SystemExit(2)):
        sys.excepthook(type(error), error, None)
    assert told == []
    assert reports() == []


def test_the_same_fault_is_kept_once_and_old_reports_go() -> None:
    assert crash.keep(["ValueError", "app.x.y:1"]) is not None
    assert crash.keep(["ValueError", "app.x.y:1"]) is None
    for number in range(crash.MOST + 5):
        crash.keep(["ValueError", f"app.x.y:{number + 2}"])
    assert len(reports()) == crash.KEPT
    assert len(crash._kept) == crash.MOST


def test_a_fault_below_python_leaves_places_and_becomes_a_report() -> None:
    code = (
        "from app import crash\n"
        "out = crash.watch_native()\n"
        "import ctypes\n"
        f"def fall(secret='{MARKER}'): ctypes.string_at(0)\n"
        "fall()\n"
    )
    assert run(code).returncode < 0
    native = paths.state_folder() / crash.FOLDER / crash.NATIVE
    assert "in fall" in native.read_text()
    assert MARKER not in native.read_text()
    assert run("from app import crash; crash.watch_native().close()").returncode == 0
    (report,) = reports()
    assert "in fall" in report.read_text()


def test_r10_where_nothing_can_be_written_a_fault_is_still_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    monkeypatch.setenv(paths.CONFIG_VARIABLE, str(blocked))
    told: list[tuple[list[str], Path | None]] = []
    crash.install(lambda said, kept: told.append((said, kept)))
    sys.excepthook(ValueError, ValueError(MARKER), None)
    assert told == [(["ValueError"], None)]
    eventlog.note("fault")
    assert crash.watch_native() is None


# --- The log ------------------------------------------------------------------------------------


def test_r04_the_log_takes_codes_and_counts_only() -> None:
    eventlog.note("import.done", new=12, known=3)
    text = (paths.state_folder() / eventlog.NAME).read_text("ascii")
    assert text.endswith(" import.done new=12 known=3\n")
    for words in ("A sentence", f"{MARKER} of", "이름", "", "x" * 65):
        with pytest.raises(ValueError, match="a code and counts"):
            eventlog.note(words)
    with pytest.raises(ValueError, match="invalid literal"):
        eventlog.note("import.done", new=MARKER)  # type: ignore[arg-type]
    assert MARKER not in everything_written(paths.state_folder())


def test_r04_what_libraries_log_is_kept_as_its_place(capfd: pytest.CaptureFixture[str]) -> None:
    root = logging.getLogger()
    before = list(root.handlers)
    eventlog.take_over()
    eventlog.take_over()
    try:
        assert len(root.handlers) == len(before) + 1
        try:
            fail()
        except ValueError:
            logging.getLogger("urllib3.Pool").exception("could not send %s", MARKER)
        logging.getLogger("quiet").info(MARKER)
    finally:
        for handler in root.handlers[len(before) :]:
            root.removeHandler(handler)
    text = (paths.state_folder() / eventlog.NAME).read_text("ascii")
    assert " log.urllib3.pool level=40 line=" in text
    assert text.count("\n") == 1
    assert MARKER not in text + "".join(capfd.readouterr())


def test_the_log_does_not_grow_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(eventlog, "LIMIT", 200)
    for number in range(50):
        eventlog.note("tick", number=number)
    found = sorted(path.name for path in paths.state_folder().iterdir())
    assert found == [eventlog.NAME, f"{eventlog.NAME}.1"]
    assert all(path.stat().st_size < 300 for path in paths.state_folder().iterdir())
    assert "number=49" in (paths.state_folder() / eventlog.NAME).read_text()
