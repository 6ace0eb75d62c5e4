"""Words and files a stranger would try: one sentence that names what was typed, and a next step."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.cli.running import PASSPHRASE, Program

POSIX = pytest.mark.skipif(sys.platform == "win32", reason="files of POSIX")


@pytest.mark.parametrize(
    "words", [["import", ""], ["--vault", "", "status"], ["export", ""], ["backup", ""]]
)
def test_an_empty_name_is_not_the_folder_one_is_in(words: list[str], filled: Program) -> None:
    """An unset variable of a script must not take in, or fill, whatever lies around."""
    (filled.folder / "letter.txt").write_text("Dear bank")
    refused = filled.run(*words, "--json")
    assert (refused.code, refused.error) == (2, "usage")


@POSIX
def test_what_never_ends_is_no_passphrase(filled: Program) -> None:
    refused = filled.run("status", "--json", MYDATA_PASSPHRASE_FILE="/dev/zero")
    assert (refused.code, refused.error) == (3, "passphrase-file-large")


@pytest.mark.parametrize(
    ("words", "option"),
    [
        (["recover"], "--recovery-file"),
        (["passphrase"], "--new-passphrase-file"),
        (["rehearse"], "--recovery-file"),
    ],
)
def test_a_secret_nobody_can_be_asked_for_names_its_own_option(
    words: list[str], option: str, filled: Program
) -> None:
    refused = filled.run(*words, "--json")
    assert (refused.code, refused.error) == (4, "no-passphrase")
    assert f" {option}." in refused.json["error"]["next"]


def test_a_new_vault_names_the_option_of_its_passphrase(nobody: Program) -> None:
    refused = nobody.run("create", "--json", MYDATA_PASSPHRASE_FILE="")
    assert "--passphrase-file" in refused.json["error"]["next"]


@POSIX
@pytest.mark.parametrize(
    ("words", "named"),
    [
        (["export", "loop"], "loop"),
        (["export", "nothing"], "nothing"),
        (["export", "file/out"], "file"),
        (["card", "--name", "A", "--out", "nowhere/card"], "card"),
        (["cloud", "set", "file"], "file"),
        (["cloud", "set", "nowhere"], "nowhere"),
    ],
)
def test_what_is_in_the_way_has_the_name_that_was_typed(
    words: list[str], named: str, filled: Program
) -> None:
    (filled.folder / "loop").symlink_to("loop")
    (filled.folder / "nothing").symlink_to("gone")
    (filled.folder / "file").write_bytes(b"")
    refused = filled.run(*words, "--json")
    assert refused.code == 5
    assert f"“{named}”" in refused.json["error"]["title"]
    assert not list(filled.folder.glob(".mydata-*"))


@POSIX
def test_a_pipe_may_hand_on_the_passphrase(filled: Program) -> None:
    """As shells do: mydata --passphrase-file <(pass show vault)."""
    import os
    import threading

    pipe = filled.folder / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=Path.write_text, args=(pipe, f"{PASSPHRASE}\n"))
    writer.start()
    assert filled.run("status", MYDATA_PASSPHRASE_FILE=str(pipe)).code == 0
    writer.join()
