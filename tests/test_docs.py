"""What the documents and the packaging say is true."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

import pytest

from app import VERSION
from tests.places import ROOT

OUTSIDE: Final = {".git", ".venv", "__pycache__", "build", "dist"}
TEXT: Final = {".md", ".py", ".pyi", ".toml", ".lock", ".json", ".sh", ".sql", ".svg", ".qss", ""}

LINK: Final = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
HOST: Final = re.compile(r"://|--(extra-)?index-url|--find-links|--trusted-host")
# A folder of one person's or one machine's.
MACHINE: Final = re.compile(r"(?<![\w.~/$}])/(?:home|root|Users|mnt|srv|work|workspace)/\w")


@cache
def texts() -> dict[str, str]:
    """Every text file of the project by its path, test vectors aside."""
    found = {}
    for path in sorted(ROOT.rglob("*")):
        place = path.relative_to(ROOT)
        hidden = any(part in OUTSIDE or part.startswith(".") for part in place.parts[:-1])
        if hidden or not path.is_file() or path.suffix not in TEXT or "vectors" in place.parts:
            continue
        found[place.as_posix()] = path.read_text(encoding="utf-8")
    return found


def documents() -> dict[str, str]:
    return {path: text for path, text in texts().items() if path.endswith(".md")}


def code_blocks(text: str, language: str) -> Iterator[str]:
    """The insides of the fenced blocks that are marked with `language`."""
    for number, part in enumerate(text.split("```")):
        marked, _, inside = part.partition("\n")
        if number % 2 and marked == language:
            yield inside


# --- Documents ----------------------------------------------------------------------------------


def test_links_lead_somewhere() -> None:
    broken = [
        f"{path}: {target}"
        for path, text in documents().items()
        for target in LINK.findall(text)
        if not target.startswith(("https:", "#"))
        and not (ROOT / path).parent.joinpath(target.partition("#")[0]).exists()
    ]
    assert not broken, broken


def test_the_readme_names_both_commands_in_both_languages() -> None:
    blocks = [block for block in code_blocks(texts()["README.md"], "sh") if "packaging/" in block]
    assert len(blocks) == 2
    for block in blocks:
        assert [line.split()[0] for line in block.splitlines()] == [
            "packaging/run",
            "packaging/test",
        ]


def test_the_map_of_the_house_is_true() -> None:
    (block,) = [each for each in code_blocks(texts()["README.md"], "") if "connectors/" in each]
    names = set(re.findall(r"(\w+)/(?=[ \n])", block))
    rooms = {path.name for path in (ROOT / "app").iterdir() if (path / "__init__.py").is_file()}
    top = {path.name for path in ROOT.iterdir() if path.is_dir() and path.name[0] != "."}
    assert names >= rooms
    assert names - rooms <= top | {"architecture"}


def readme_commands() -> list[list[str]]:
    return [
        shlex.split(line, comments=True)[1:]
        for block in code_blocks(texts()["README.md"], "sh")
        for line in block.splitlines()
        if line.startswith("mydata ")
    ]


@pytest.mark.parametrize("command", sorted({words[0] for words in readme_commands()}))
def test_the_commands_of_the_readme_exist(command: str) -> None:
    outcome = subprocess.run(
        [sys.executable, "-m", "app", command, "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert outcome.returncode == 0, outcome.stderr
    options = [word for words in readme_commands() if words[0] == command for word in words]
    for option in options:
        assert not option.startswith("--") or option in outcome.stdout


def test_the_changelog_is_kept() -> None:
    headings = re.findall(r"^## \[([^]]+)\]", texts()["CHANGELOG.md"], re.MULTILINE)
    assert headings[0] == "Unreleased"
    assert headings[1:2] in ([], [VERSION])


def test_the_licence_is_the_one_declared() -> None:
    licence = texts()["LICENSE"]
    assert "Apache License" in licence
    assert "END OF TERMS AND CONDITIONS" in licence
    assert tomllib.loads(texts()["pyproject.toml"])["project"]["license"] == "Apache-2.0"


def test_nothing_names_a_folder_of_one_machine() -> None:
    named = [
        f"{path}:{number}: {line.strip()[:80]}"
        for path, text in texts().items()
        for number, line in enumerate(text.splitlines(), 1)
        if MACHINE.search(line)
    ]
    assert not named, "\n".join(named)


# --- Packaging ----------------------------------------------------------------------------------


def locked(name: str) -> dict[str, str]:
    """Package name to version and marker."""
    lines = re.findall(r"^([\w.-]+)==([^\\\n]+)", texts()[f"packaging/{name}"], re.MULTILINE)
    return {package: pin.strip() for package, pin in lines}


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-test.lock"])
def test_a_lock_has_hashes_and_names_no_host(name: str) -> None:
    text = texts()[f"packaging/{name}"]
    assert not HOST.search(text)
    entries = re.split(r"^(?=[\w.-]+==)", text, flags=re.MULTILINE)[1:]
    assert len(entries) == len(locked(name))
    assert all("--hash=sha256:" in entry for entry in entries)


def test_the_test_lock_holds_the_run_lock() -> None:
    assert locked("requirements.lock").items() <= locked("requirements-test.lock").items()


def test_the_locks_hold_what_the_project_declares() -> None:
    project = tomllib.loads(texts()["pyproject.toml"])

    def names(requirements: list[str]) -> set[str]:
        plain = (re.match(r"[\w.-]+", each) for each in requirements)
        return {each.group(0).lower() for each in plain if each}

    assert names(project["project"]["dependencies"]) <= set(locked("requirements.lock"))
    assert names(project["dependency-groups"]["dev"]) <= set(locked("requirements-test.lock"))


@pytest.mark.parametrize("name", ["packaging/run", "packaging/test", ".ci/run"])
def test_a_script_can_be_started_and_is_plain_sh(name: str) -> None:
    path = ROOT / name
    assert path.read_text(encoding="utf-8").startswith("#!/bin/sh\n")
    assert path.stat().st_mode & 0o111
    subprocess.run(["sh", "-n", str(path)], check=True)
    subprocess.run(["sh", "-n", str(ROOT / "packaging" / "setup.sh")], check=True)


def test_every_python_file_says_what_lives_there() -> None:
    silent = [
        path
        for path, text in texts().items()
        if path.endswith(".py") and text.strip() and not text.startswith(('"""', 'r"""'))
    ]
    assert not silent, silent


def test_the_project_root_holds_only_what_belongs_there() -> None:
    allowed = {"app", "connectors", "resources", "tests", "packaging", "pyproject.toml"}
    allowed |= {"README.md", "CHANGELOG.md", "LICENSE"} | OUTSIDE
    there = {path.name for path in Path(ROOT).iterdir() if not path.name.startswith(".")}
    assert there <= allowed
