"""The import contracts of pyproject.toml hold, and each one fails on a planted import."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.places import ROOT

PLANTED = {
    "Imports point down": ("app/vault/planted.py", "from app import services"),
    "Connectors never import the application": ("connectors/planted.py", "import app.errors"),
    "Only gui sees Qt": ("app/services/planted.py", "import PySide6"),
    "Only the vault sees SQL": ("app/catalogue/planted.py", "import sqlite3"),
    "Only the vault and the seal see cryptography": ("app/services/planted.py", "import nacl"),
    "Only net opens sockets": ("app/share/planted.py", "import socket"),
    "The reader's process holds nothing": ("connectors/planted.py", "import keyring"),
}


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    code = "import sys; from importlinter.cli import lint_imports_command as main; main()"
    return subprocess.run(
        [sys.executable, "-c", code, "--no-cache"],
        cwd=folder,
        # The copy, not the installed program, is what is looked at.
        env={**os.environ, "PYTHONPATH": str(folder), "COLUMNS": "200", "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the program, to plant something in."""
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for room in ("app", "connectors"):
        shutil.copytree(ROOT / room, tmp_path / room, ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def test_the_program_keeps_every_contract(copy: Path) -> None:
    outcome = lint_imports(copy)
    assert outcome.returncode == 0, outcome.stdout
    for name in PLANTED:
        assert f"{name} KEPT" in outcome.stdout


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_import_breaks_its_contract(name: str, copy: Path) -> None:
    path, line = PLANTED[name]
    (copy / path).write_text(f'"""Planted."""\n\n{line}\n', encoding="utf-8")
    outcome = lint_imports(copy)
    assert outcome.returncode == 1, outcome.stdout
    assert f"{name} BROKEN" in outcome.stdout


def test_a_room_without_a_floor_is_noticed(copy: Path) -> None:
    (copy / "app" / "attic.py").write_text('"""Planted."""\n', encoding="utf-8")
    outcome = lint_imports(copy)
    assert outcome.returncode == 1
    assert "attic" in outcome.stdout + outcome.stderr
