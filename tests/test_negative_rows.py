"""Every row of the negative cases of vault, cloud folder, secret store and running program."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.places import ROOT

LAST = {"V": 33, "C": 25, "K": 13, "R": 10}
ROWS = [f"{kind}{number:02}" for kind, last in LAST.items() for number in range(1, last + 1)]
NAMED = re.compile(r"^def test_([vckr]\d{2})_", re.MULTILINE)
TABLE = (ROOT / "tests" / "negative_rows.md").read_text("utf-8")


def in_names() -> set[str]:
    """The rows that stand in the name of a test."""
    return {
        row.upper()
        for path in (ROOT / "tests").rglob("test_*.py")
        for row in NAMED.findall(path.read_text("utf-8"))
    }


def in_table() -> Iterator[tuple[str, str]]:
    """The rows of the table and their last column."""
    for line in TABLE.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if re.fullmatch(r"[VCKR]\d{2}", cells[0]):
            yield cells[0], cells[-1]


def test_every_row_is_tried_or_its_absence_explained() -> None:
    found = in_names() | {row for row, _ in in_table()}
    assert [row for row in ROWS if row not in found] == []


def test_no_row_is_invented_or_said_twice() -> None:
    listed = [row for row, _ in in_table()]
    assert len(listed) == len(set(listed))
    assert (in_names() | set(listed)) - set(ROWS) == set()


def test_what_is_tried_by_name_is_not_called_untried() -> None:
    untried = TABLE.partition("## Not tried")[2]
    assert [row for row in in_names() if f"| {row} |" in untried] == []


@pytest.mark.parametrize(("row", "text"), list(in_table()))
def test_the_tests_named_are_there(row: str, text: str) -> None:
    named = re.findall(r"(tests/\S+\.py)::(test_\w+)", text)
    for file, test in named:
        assert f"def {test}(" in (ROOT / file).read_text("utf-8"), (row, test)
    if f"| {row} |" in TABLE.partition("## Not tried")[0]:
        assert named
    else:
        assert len(text) > 40
