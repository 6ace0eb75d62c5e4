"""Text on a terminal: nothing it obeys, nothing that runs over."""

from __future__ import annotations

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from app.cli import text


@given(st.text())
def test_nothing_a_terminal_obeys_comes_through(said: str) -> None:
    shown = text.harmless(said)
    assert not [c for c in shown if unicodedata.category(c) in {"Cc", "Cs", "Zl", "Zp"}]
    assert not set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f") & set(
        shown
    )


def test_escapes_show_what_was_there() -> None:
    assert text.harmless("a\x1b[31mb\u202ec\nd") == "a\\x1b[31mb\\u202ec\\x0ad"


def test_ordinary_text_stays_as_it_is() -> None:
    assert text.harmless("Café 나래 🌸 ✓") == "Café 나래 🌸 ✓"


def test_korean_takes_two_columns_a_syllable() -> None:
    assert text.width("나래") == 4
    assert text.width("Na") == 2
    assert text.width("\u1112\u1161\u11ab") == 2
    assert text.width("e\u0301") == 1


@given(st.text(alphabet="a나é🌸b "), st.integers(1, 12))
def test_cut_text_fits(said: str, room: int) -> None:
    shown = text.cut(said, room)
    assert text.width(shown) <= room
    assert shown == said or shown.endswith("…")


@given(
    st.lists(st.tuples(st.text(max_size=40), st.text("0123456789", max_size=9)), min_size=1),
    st.integers(40, 100),
)
def test_a_table_fits_its_room(rows: list[tuple[str, str]], room: int) -> None:
    lines = list(text.table(("Title", "Sum"), rows, room, numbers=frozenset({1})))
    assert len(lines) == len(rows) + 1
    assert all(text.width(line) <= room for line in lines)


def test_numbers_are_set_to_the_right_and_never_cut() -> None:
    lines = list(text.table(("T", "Sum"), [("x" * 50, "1234567.89")], 24, numbers=frozenset({1})))
    assert lines == ["T                    Sum", "xxxxxxxxxxx…  1234567.89"]
