"""A store that never answers: nobody waits long for it, and nothing waits for it at the end."""

from __future__ import annotations

import subprocess
import sys
import threading

import pytest

from app.errors import EnvironmentFailure
from app.vault import systemstore
from tests.places import ROOT
from tests.secretstore import secretservice

pytestmark = pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")


def test_k05_a_store_that_does_not_answer_is_given_up(
    silent: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(systemstore, "LIMIT_SECONDS", 0.3)
    with pytest.raises(EnvironmentFailure) as caught:
        systemstore.load("vault", "slot")
    assert caught.value.code == "secret-store-silent"


def test_k05_while_one_question_hangs_no_second_one_waits(
    silent: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(systemstore, "LIMIT_SECONDS", 0.3)
    with pytest.raises(EnvironmentFailure):
        systemstore.load("vault", "slot")
    monkeypatch.setattr(systemstore, "LIMIT_SECONDS", 600.0)
    assert systemstore.title() == ""
    assert len(systemstore._running) == 1


def test_k05_whoever_waits_is_let_go_when_the_program_ends(
    silent: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(systemstore, "LIMIT_SECONDS", 600.0)
    codes: list[str] = []

    def ask() -> None:
        try:
            systemstore.load("vault", "slot")
        except EnvironmentFailure as error:
            codes.append(error.code)

    waiting = threading.Thread(target=ask)
    waiting.start()
    while not systemstore._running:
        waiting.join(0.01)
    systemstore.give_up()
    waiting.join(secretservice.WAIT)
    assert codes == ["secret-store-silent"]


def test_k05_a_hanging_store_does_not_keep_the_program_from_ending(silent: None) -> None:
    code = (
        "from app.vault import systemstore\n"
        "systemstore.LIMIT_SECONDS = 0.3\n"
        "try:\n"
        "    systemstore.load('vault', 'slot')\n"
        "except systemstore.EnvironmentFailure as error:\n"
        "    print(error.code)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout == "secret-store-silent\n"
    assert done.stderr == ""
