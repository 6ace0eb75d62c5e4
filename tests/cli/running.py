"""Runs the real program as people and scripts do: a process, its streams and its exit code."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from tests.places import ROOT

PASSPHRASE: Final = "four quiet grey herons"
COMMAND: Final = (sys.executable, "-X", "utf8", "-m", "app")
SAMPLES: Final = ROOT / "resources" / "samples"


class Result(NamedTuple):
    """How a run ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one object on stdout; fails when there is more or less."""
        assert self.out.endswith("\n"), self.err
        return json.loads(self.out)

    @property
    def error(self) -> str:
        """The code of the error."""
        return str(self.json["error"]["code"])


class Program:
    """The program with one person's vault and passphrase file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.vault = folder / "vault"
        self.passphrase = folder / "passphrase"
        self.passphrase.write_text(f"{PASSPHRASE}\n", encoding="utf-8")

    def environment(self, **more: str) -> Mapping[str, str]:
        """What the process sees."""
        return {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "MYDATA_VAULT": str(self.vault),
            "MYDATA_PASSPHRASE_FILE": str(self.passphrase),
            "MYDATA_LANGUAGE": "en",
            **more,
        }

    def run(self, *words: object, **more: str) -> Result:
        """Run `mydata WORDS` to its end."""
        done = subprocess.run(
            [*COMMAND, *map(str, words)],
            cwd=self.folder,
            env=self.environment(**more),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
        result = Result(done.returncode, done.stdout.decode(), done.stderr.decode())
        assert "Traceback" not in result.err, result.err
        assert "[bug]" not in result.err, result.err
        return result

    def json(self, *words: object, code: int = 0, **more: str) -> Any:
        """Run with `--json`, expect the exit code, and return the object."""
        result = self.run(*words, "--json", **more)
        assert result.code == code, (result.code, result.out, result.err)
        return result.json


def copied(source: Path, target: Path) -> Program:
    """A program whose vault is a copy of another's."""
    target.mkdir(parents=True, exist_ok=True)
    shutil.copytree(source, target / "vault")
    return Program(target)
