"""What goes where: terminals, pipes, faults of the program itself."""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from pathlib import Path

import pytest

from app.cli.console import Console, encoded
from tests.cli.running import COMMAND, PASSPHRASE, SAMPLES, Program


def test_json_keeps_its_value_and_drives_no_terminal() -> None:
    said = {"text": "나래 \x1b[31m \x9b2J \u202e \u2028 \udcff", "amount": "1.10"}
    line = encoded(said)
    assert json.loads(line) == said
    assert "나래" in line.decode()
    assert not set("\x1b\x9b\u202e\u2028\n") & set(line.decode())


def fault() -> None:
    secret = "what a record says"
    raise ValueError(secret := "and what an error quotes")  # noqa: F841


def test_a_fault_is_reported_without_anybodys_data(
    monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    for place, hook in ((sys, "excepthook"), (sys, "unraisablehook"), (threading, "excepthook")):
        monkeypatch.setattr(place, hook, getattr(place, hook))
    Console(json=True).catch_bugs()
    with pytest.raises(ValueError, match="quotes") as caught:
        fault()
    sys.excepthook(caught.type, caught.value, caught.tb)
    out, err = capsysbinary.readouterr()
    assert json.loads(out)["error"]["code"] == "bug"
    assert b"ValueError" in err
    assert b"test_console.fault:" in err
    assert b"record says" not in err
    assert b"quotes" not in err


# --- On a terminal ------------------------------------------------------------------------------


def on_a_terminal(program: Program, *words: object, typed: dict[str, str]) -> tuple[int, str]:
    """Run on a terminal of its own, typing an answer whenever its question appears."""
    import pty

    environment = dict(program.environment(TERM="xterm", COLUMNS="70", LINES="30"))
    del environment["MYDATA_PASSPHRASE_FILE"]
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(program.folder)
        os.execve(sys.executable, [*COMMAND, *map(str, words)], environment)
    said = b""
    questions = dict(typed)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            said += os.read(terminal, 65536)
        except OSError:  # the other end is gone
            break
        for question, answer in list(questions.items()):
            if said.decode("utf-8", "replace").endswith(question):
                os.write(terminal, f"{answer}\n".encode())
                del questions[question]
    _, status = os.waitpid(child, 0)
    os.close(terminal)
    return os.waitstatus_to_exitcode(status), said.decode()


def has_terminals() -> bool:
    """Whether this computer gives out terminals: Windows has none, a bare root none mounted."""
    if sys.platform == "win32":
        return False
    try:
        ends = os.openpty()
    except OSError:
        return False
    for end in ends:
        os.close(end)
    return True


@pytest.mark.skipif(not has_terminals(), reason="this computer gives out no terminals of one's own")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
class TestTerminal:
    def test_a_new_passphrase_is_typed_twice_and_never_shown(self, nobody: Program) -> None:
        answers = {"New passphrase: ": PASSPHRASE, "The same again: ": PASSPHRASE}
        code, said = on_a_terminal(nobody, "create", typed=answers)
        assert code == 0
        assert PASSPHRASE not in said
        assert nobody.json("status")["records"] == 0

    def test_two_different_passphrases_make_no_vault(self, nobody: Program) -> None:
        answers = {"New passphrase: ": PASSPHRASE, "The same again: ": "something else"}
        code, said = on_a_terminal(nobody, "create", typed=answers)
        assert code == 2
        assert "are not the same" in said
        assert not nobody.vault.exists()

    def test_tables_fit_the_terminal(self, filled: Program) -> None:
        from app.cli.text import width

        code, said = on_a_terminal(filled, "records", typed={"Passphrase: ": PASSPHRASE})
        assert code == 0
        assert max(width(line) for line in said.splitlines()) <= 70
        assert "김치전" in said

    def test_long_work_shows_a_bar_on_a_terminal_only(self, mydata: Program) -> None:
        large = mydata.folder / "large.csv"
        lines = (SAMPLES / "midata-london.csv").read_bytes().splitlines(keepends=True)
        large.write_bytes(b"".join([*lines[:3], *lines[3:-3] * 120, *lines[-3:]]))
        answers = {"Passphrase: ": PASSPHRASE}
        code, said = on_a_terminal(mydata, "import", large, typed=answers)
        assert code == 0
        assert "━" in said
        again = mydata.run("import", large)
        assert again.code == 0
        assert again.err == ""


def test_names_that_are_not_text_do_no_harm(mydata: Program, tmp_path: Path) -> None:
    """A file name of bytes that are no UTF-8 still gives one readable JSON object."""
    if sys.platform != "linux":
        pytest.skip("other systems have no such names")
    name = os.fsdecode(b"kontoauszug-\xfc.csv")
    (mydata.folder / name).write_bytes((SAMPLES / "midata-london.csv").read_bytes())
    found = mydata.json("import", name)
    assert Path(found["files"][0]["path"]).name.startswith("kontoauszug-")
    [run] = mydata.json("imports")["imports"]
    assert run["name"].startswith("kontoauszug-")
