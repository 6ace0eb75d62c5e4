"""The guards of conftest.py really stop what they say they stop."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

import pytest

from tests.places import ROOT

PLANTED = """
import contextlib, os, socket, subprocess, sys, threading, time, warnings
from pathlib import Path
from PySide6.QtCore import QThread

kept = []

def test_thread():
    threading.Thread(target=time.sleep, args=(3,), daemon=True).start()

def test_child_process():
    kept.append(subprocess.Popen([sys.executable, "-c", "import time; time.sleep(3)"]))

class Sleeper(QThread):
    def run(self):
        QThread.sleep(3)

def test_qt_thread(qapp):
    kept.append(Sleeper())
    kept[-1].start()

def teardown_module():
    for each in kept:
        each.wait()

def test_connection():
    with contextlib.suppress(Exception), socket.socket() as one:
        one.connect(("192.0.2.1", 80))

def test_lookup():
    with contextlib.suppress(Exception):
        socket.getaddrinfo("example.org", 80)

def test_warning():
    warnings.warn("unexpected")

def test_unclosed_file():
    open(__file__)

def test_well_behaved(tmp_path_factory):
    with socket.create_server(("127.0.0.1", 0)):
        pass
    one = threading.Thread(target=print)
    one.start()
    assert Path.home().is_relative_to(tmp_path_factory.getbasetemp())
    assert not [name for name in os.environ if name.startswith("MYDATA_")]
"""

COMPLAINTS = {
    "test_thread": "ERROR {} - AssertionError: the test left a thread behind",
    "test_child_process": "ERROR {} - AssertionError: the test left a child process behind",
    "test_qt_thread": "ERROR {} - AssertionError: the test left a Qt thread behind",
    "test_connection": "ERROR {} - AssertionError: the test tried to reach ['192.0.2.1']",
    "test_lookup": "ERROR {} - AssertionError: the test tried to reach ['example.org']",
    "test_warning": "FAILED {} - UserWarning: unexpected",
    "test_unclosed_file": "FAILED {} - pytest.PytestUnraisableExceptionWarning",
}


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What pytest says about the planted tests, run under a copy of our own guards."""
    folder = tmp_path_factory.mktemp("planted")
    shutil.copy(ROOT / "tests" / "conftest.py", folder / "conftest.py")
    with (folder / "conftest.py").open("a", encoding="utf-8") as guards:
        guards.write("\n_GRACE_SECONDS = 0.2\n")
    (folder / "test_planted.py").write_text(PLANTED, encoding="utf-8")
    settings = ["-c", str(ROOT / "pyproject.toml"), "--rootdir", str(folder), "-rA"]
    return subprocess.run(
        [sys.executable, "-m", "pytest", *settings, "-p", "no:cacheprovider", "test_planted.py"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "300", "MYDATA_VAULT": "elsewhere"},
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    ).stdout


@pytest.mark.parametrize("name", COMPLAINTS)
def test_a_test_that_breaks_a_guard_fails(report: str, name: str) -> None:
    expected = COMPLAINTS[name].format(f"test_planted.py::{name}")
    assert expected in report


def test_a_well_behaved_test_passes(report: str) -> None:
    assert "PASSED test_planted.py::test_well_behaved" in report
    assert "ERROR test_planted.py::test_well_behaved" not in report
