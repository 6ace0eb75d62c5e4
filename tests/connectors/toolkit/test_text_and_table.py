"""Encodings, lines and tables."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.errors import Unreadable
from connectors.toolkit import text as module
from connectors.toolkit.source import open_source
from connectors.toolkit.table import rows
from connectors.toolkit.text import decode, decode_head, one_line, open_text


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "cp1252", "utf-16-le-marked"]
)
def test_encodings_are_found(encoding: str, tmp_path: Path) -> None:
    words = "£5 at the café\n"
    marked = encoding.endswith("-marked")
    data = b"\xff\xfe" + words.encode("utf-16-le") if marked else words.encode(encoding)
    path = tmp_path / "a.txt"
    path.write_bytes(data)
    assert decode(data) == words
    assert decode_head(data[:-1])[:8] == words[:8]
    with open_source([path]) as source, open_text(source, "a.txt") as lines:
        assert list(lines) == [words]


def test_nothing_fits(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"\x81\x8d")
    with pytest.raises(Unreadable) as raised:
        decode(b"\x81\x8d")
    assert raised.value.code == "bad-encoding"
    with open_source([path]) as source, pytest.raises(Unreadable):
        open_text(source, "a.txt")


def test_a_stray_byte_at_the_end_decides_for_the_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"line\n" * 400_000 + b"caf\xe9")
    with open_source([path]) as source, open_text(source, "a.txt") as lines:
        *_, last = lines
    assert last == "café"


def test_every_line_end_counts(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"a\rb\r\nc\nd")
    with open_source([path]) as source, open_text(source, "a.txt") as lines:
        assert list(lines) == ["a\n", "b\n", "c\n", "d"]


def test_an_endless_line_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_LINE", 100)
    path = tmp_path / "a.txt"
    path.write_bytes(b"a" * 101)
    with (
        open_source([path]) as source,
        open_text(source, "a.txt") as lines,
        pytest.raises(Unreadable) as raised,
    ):
        list(lines)
    assert raised.value.code == "too-long"


def test_titles_are_one_short_line() -> None:
    assert one_line(" a\n\tb ") == "a b"
    assert len(one_line("x" * 999)) == module.MAX_TITLE
    whole = "x" * module.MAX_TITLE
    assert one_line(whole) == whole


FIELD = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r"), max_size=8)


@given(st.lists(st.lists(FIELD, min_size=2, max_size=4), max_size=8))
def test_what_was_written_is_read(table: list[list[str]]) -> None:
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\n").writerows(table)
    assert [row for _, row in rows(io.StringIO(out.getvalue()))] == table


def test_a_broken_row_does_not_swallow_the_rest() -> None:
    broken: list[int] = []
    table = 'a,b\n"x,1\nc,d\n"two\nlines",2\n\ne"x,"f\n'
    found = list(rows(io.StringIO(table), broken.append))
    assert found == [(1, ["a", "b"]), (3, ["c", "d"]), (4, ["two\nlines", "2"]), (6, [])]
    assert broken == [2, 7]


def test_without_a_listener_a_broken_row_ends_it() -> None:
    with pytest.raises(Unreadable) as raised:
        list(rows(io.StringIO('a,b\n"x')))
    assert (raised.value.code, raised.value.where) == ("bad-csv", "row 2")


@given(st.text(alphabet='ab,"\n', max_size=60))
def test_no_line_is_lost(text: str) -> None:
    """Whatever the quotes: lines in rows and broken lines add up."""
    broken: list[int] = []
    found = list(rows(io.StringIO(text), broken.append))
    starts = sorted([number for number, _ in found] + broken)
    assert len(set(starts)) == len(starts)
    spanned = sum(1 + sum(field.count("\n") for field in row) for _, row in found)
    assert spanned + len(broken) == len(text.splitlines())
