"""Words on the command line: where options may stand, and what a wrong command is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from app import VERSION
from app.cli.main import handler
from app.cli.parser import usage
from app.errors import UsageError
from tests.cli.running import Program

EVERY = [
    ["create"],
    ["status"],
    ["passphrase"],
    ["recover"],
    ["import", "x"],
    ["imports"],
    ["undo", "x"],
    ["export", "x"],
    ["records"],
    ["search", "x"],
    ["catalogue"],
    ["sum", "--kind", "k", "--field", "f"],
    ["card"],
    ["people"],
    ["people", "add", "x"],
    ["people", "verify", "x", "--number", "1"],
    ["share", "--to", "x"],
    ["inspect", "x"],
    ["receive", "x"],
    ["ledger"],
    ["withdraw", "x"],
    ["network"],
    ["demo"],
]


@pytest.mark.parametrize("words", EVERY, ids=" ".join)
def test_every_command_has_its_function(words: list[str]) -> None:
    assert callable(handler(usage(words).handler))


@pytest.mark.parametrize("words", EVERY, ids=" ".join)
def test_common_options_stand_before_and_after_the_command(words: list[str]) -> None:
    before = usage(["--json", "--vault", "here", *words])
    after = usage([*words, "--json", "--vault", "here"])
    for arguments in (before, after):
        assert arguments.json is True
        assert arguments.vault == Path("here")
    assert usage(words).json is False


@pytest.mark.parametrize(
    ("words", "detail"),
    [
        (["bogus"], "bogus"),
        (["records", "--limit", "x"], "x"),
        (["records", "--limit", "0"], "0"),
        (["sum"], "--kind, --field"),
        (["records", "--bogus"], "--bogus"),
        (["people", "bogus"], "bogus"),
        (["records", "--jsonl", "--csv"], "--csv"),
        (["import", "x", "--connector"], "--connector"),
        (["--json"], "COMMAND"),
    ],
)
def test_a_wrong_command_is_told_what_is_wrong(words: list[str], detail: str) -> None:
    with pytest.raises(UsageError) as caught:
        usage(words)
    assert caught.value.values["value"] == detail


def test_usage_ends_with_2_in_words_and_in_json(nobody: Program) -> None:
    plain = nobody.run("bogus")
    assert (plain.code, plain.out) == (2, "")
    assert "“bogus” is not known here." in plain.err
    spoken = nobody.run("bogus", "--json")
    assert (spoken.code, spoken.error) == (2, "usage")
    assert set(spoken.json["error"]) == {"code", "title", "detail", "next"}


def test_help_speaks_both_languages(nobody: Program) -> None:
    english, korean = nobody.run("--help"), nobody.run("--help", MYDATA_LANGUAGE="ko")
    assert english.code == korean.code == 0
    assert "Make a new vault" in english.out
    assert "새 금고" in korean.out


def test_it_tells_its_version(nobody: Program) -> None:
    told = nobody.run("--version")
    assert (told.code, told.out) == (0, f"mydata {VERSION}\n")
