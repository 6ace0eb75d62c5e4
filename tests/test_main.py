"""The way in: which face is picked, and what is not imported for it."""

from __future__ import annotations

import subprocess
import sys

import pytest

from app.__main__ import asks_for_window
from tests.places import ROOT

HEAVY = ("PySide6", "nacl", "cryptography", "keyring", "requests", "sqlcipher3", "segno", "zxcvbn")


@pytest.mark.parametrize(
    ("arguments", "window"),
    [
        ([], True),
        (["--vault", "somewhere"], True),
        (["--vault=somewhere"], True),
        (["--vault"], False),
        (["--help"], False),
        (["status"], False),
        (["--vault", "somewhere", "status"], False),
        (["--json", "status"], False),
    ],
)
def test_the_window_opens_when_no_command_is_given(*, arguments: list[str], window: bool) -> None:
    assert asks_for_window(arguments) is window


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys, contextlib\n"
        "from app.__main__ import main\n"
        "with contextlib.suppress(SystemExit):\n"
        "    main(['--help'])\n"
        "print(sorted(sys.modules), file=sys.stderr)\n"
    )
    outcome = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert outcome.stdout
    assert not [name for name in HEAVY if f"'{name}'" in outcome.stderr]
