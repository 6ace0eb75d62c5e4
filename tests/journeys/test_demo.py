"""The demo as a person runs it: every step right, pictures there, nothing readable left behind."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from resources.samples import make
from tests.cli.running import SAMPLES, Program

PEOPLE: Final = (
    *("Winterbourne", "WINTERBOURNE", "Narae", "NARAE", "나래", "해솔", "Fernwick", "FERNWICK"),
    *("Quillfeather", "QUILLFEATHER", "LARKSPUR", "Castellane", "Penhallow"),
    *("GREEN LANES BAKERY", "STUMP AND KETTLE", "Alder Street", "김치전"),
)


def test_the_samples_are_what_their_maker_makes() -> None:
    for name, data in make.everything().items():
        assert (SAMPLES / name).read_bytes() == data, name


def test_the_samples_hold_the_names_that_are_looked_for() -> None:
    said = "".join(repaired(data) for data in make.everything().values())
    assert [name for name in PEOPLE if name not in said] == []


def repaired(data: bytes) -> str:
    r"""A sample's text; what the network wrote as "\u00eb\u0082\u0098" as it was meant."""
    if rb"\u00" not in data:
        return data.decode("utf-8", "replace")
    return data.decode("unicode-escape").encode("latin-1", "replace").decode("utf-8", "replace")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo")


@pytest.fixture(scope="module")
def told(place: Path) -> Any:
    """One run of the demo for all tests here, with a temporary folder and a home of its own."""
    for name in ("tmp", "home"):
        (place / name).mkdir()
    program = Program(place)
    return program.json(
        "demo",
        "--out",
        place / "out",
        TMPDIR=str(place / "tmp"),
        HOME=str(place / "home"),
        XDG_DATA_HOME=str(place / "home" / "data"),
        XDG_CONFIG_HOME=str(place / "home" / "config"),
        XDG_CACHE_HOME=str(place / "home" / "cache"),
        XDG_STATE_HOME=str(place / "home" / "state"),
        QT_QPA_PLATFORM="offscreen",
    )


@pytest.mark.slow
def test_every_step_comes_out_right(told: Any) -> None:
    assert [step["text"] for step in told["steps"] if not step["ok"]] == []
    said = "\n".join(step["text"] for step in told["steps"])
    for words in ("1,485 already there", "ALREADY_IMPORTED", "safety number", "chain holds"):
        assert words in said


@pytest.mark.slow
def test_the_window_was_drawn_in_both_languages_and_looks(told: Any) -> None:
    pictures = [Path(path) for path in told["pictures"]]
    looks = {path.stem.split("-", 1)[1] for path in pictures}
    assert looks == {"en-light", "en-dark", "ko-light", "ko-dark"}
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in pictures)


@pytest.mark.slow
def test_the_demo_vault_opens_with_its_passphrase(told: Any, place: Path) -> None:
    program = Program(place)
    found = program.json(
        "--vault", told["vault"], "status", "--passphrase-file", told["passphrase_file"]
    )
    assert found["records"] == 1485
    assert found["sources"] == 6


def files(*folders: Path) -> Iterator[Path]:
    for folder in folders:
        yield from (path for path in folder.rglob("*") if path.is_file())


@pytest.mark.slow
def test_nothing_readable_is_left_behind(told: Any, place: Path) -> None:
    """Vault folders, temporary folder, home with its logs and settings, and the bundle itself."""
    looked = 0
    for path in files(place / "out", place / "tmp", place / "home"):
        data = path.read_bytes()
        looked += 1
        for name in PEOPLE:
            for encoding in ("utf-8", "utf-16-le", "utf-16-be"):
                assert name.encode(encoding) not in data, (path, name)
    assert looked > 10
