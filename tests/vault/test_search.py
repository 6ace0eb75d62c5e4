"""Search: every two syllables of Korean are found, and nothing a person types is an error."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from app.vault import reading, terms
from app.vault.transaction import Transaction
from app.vault.vault import Vault
from tests.vaults import payment, put

SYLLABLES = st.text(
    st.characters(min_codepoint=0xAC00, max_codepoint=0xD7A3), min_size=2, max_size=9
)
FIXTURE = settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def titles(vault: Vault, text: str) -> set[str]:
    with vault.read() as snapshot:
        return {raw.said.title for raw in reading.scan(snapshot, reading.Where(text=text))}


def fill(vault: Vault, texts: Iterable[str]) -> None:
    put(vault, [payment(str(number), title=text) for number, text in enumerate(texts)])


def matches(transaction: Transaction, text: str, query: str) -> bool:
    """Whether `text` alone is found by `query`, asked of the real index."""
    transaction.execute("INSERT INTO words (rowid, text) VALUES (1, ?)", (terms.indexed(text),))
    try:
        found = transaction.execute("SELECT 1 FROM words WHERE words MATCH ?", (query,)).fetchone()
        return bool(found)
    finally:
        transaction.execute("DELETE FROM words WHERE rowid = 1")


def asked(vault: Vault, text: str, typed: str) -> bool:
    query = terms.query(typed)
    with vault.read() as snapshot:  # rolled back at its end
        return bool(query) and matches(snapshot, text, query)


@FIXTURE
@given(st.data(), SYLLABLES, st.sampled_from(["", "a ", "서울 ", "「", "GS25"]), st.booleans())
def test_any_two_syllables_inside_a_word_are_found(
    vault: Vault, data: st.DataObject, word: str, before: str, decomposed: bool
) -> None:
    start = data.draw(st.integers(0, len(word) - 2))
    end = data.draw(st.integers(start + 2, len(word)))
    part = word[start:end]
    text = f"{before}{word}에서 샀다"
    for form in ("NFC", "NFD"):
        stored = unicodedata.normalize("NFD" if decomposed else "NFC", text)
        assert asked(vault, stored, unicodedata.normalize(form, part))


@FIXTURE
@given(SYLLABLES)
def test_any_single_syllable_is_found(vault: Vault, word: str) -> None:
    for syllable in word:
        assert asked(vault, word, syllable)


@FIXTURE
@given(SYLLABLES, SYLLABLES)
def test_what_is_not_there_is_not_found(vault: Vault, word: str, other: str) -> None:
    pairs = {word[i : i + 2] for i in range(len(word) - 1)}
    if other[:2] not in pairs:
        assert not asked(vault, word, other)


@FIXTURE
@given(st.text(max_size=30), st.text(max_size=30))
@example("_", "_")
@example("text", '"')
@example("text", 'a" OR "b')
@example("text", "NEAR(a b)")
@example("text", "a* ^b -c {text}: NOT AND OR")
@example("text", "\0")
@example("・", "・ア")
@example("ーー", "ー")
@example("〜", "①½²")
@example("\u1160", "\u3164")
def test_nothing_a_person_types_is_an_error(vault: Vault, text: str, typed: str) -> None:
    text = text.encode("utf-8", "ignore").decode()
    asked(vault, text, typed)
    with vault.read() as snapshot:
        reading.count(snapshot, reading.Where(text=typed))


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("김밥", {"정오김밥천국 강남점", "김밥과 SDI"}),
        ("밥천", {"정오김밥천국 강남점"}),
        ("김밥 강남", {"정오김밥천국 강남점"}),
        ("강남 김밥", {"정오김밥천국 강남점"}),
        ("삼성sdi", {"삼성SDI 배당"}),
        ("SDI", {"삼성SDI 배당", "김밥과 SDI"}),
        ("성SDI", {"삼성SDI 배당"}),
        ("cafe", {"Café Überraschung"}),
        ("CAFÉ uber", {"Café Überraschung"}),
        ("caf", {"Café Überraschung"}),
        ("afe", set()),
        ("O'Brien", {"Mc O'Brien-Ltd"}),
        ("brien ltd", {"Mc O'Brien-Ltd"}),
        ("東京", {"東京タワー展望台"}),
        ("タワ", {"東京タワー展望台"}),
        ("展望", {"東京タワー展望台"}),
        ("🎉", set()),
        ("🎉 party", {"🎉 Party"}),
        ("12.40", {"Total 12.40"}),
        ("!!!", set()),
        ("cafe _ uber", {"Café Überraschung"}),
        ("🎉 ＿ party", {"🎉 Party"}),
        ("ア゛ ・ タワ", set()),
        ("タワ ・", {"東京タワー展望台"}),
        ("   ", set()),
        ("없는말", set()),
    ],
)
def test_examples(vault: Vault, typed: str, found: set[str]) -> None:
    fill(
        vault,
        [
            "정오김밥천국 강남점",
            "삼성SDI 배당",
            "김밥과 SDI",
            "Café Überraschung",
            "Mc O'Brien-Ltd",
            "東京タワー展望台",
            "🎉 Party",
            "Total 12.40",
        ],
    )
    assert titles(vault, typed) == found


def test_text_and_fields_are_searched_and_counted(vault: Vault) -> None:
    put(vault, [payment("1", description="주문 번호"), payment("2", name="Tidewell")])
    for typed, count in (("문번", 0), ("번호", 1), ("tidewell", 1), ("GBP", 0), ("Payment", 2)):
        with vault.read() as snapshot:
            where = reading.Where(text=typed)
            assert reading.count(snapshot, where) == count, typed
            assert len(reading.row_ids(snapshot, where)) == count
            narrowed = reading.Where(text=typed, kinds=("finance.transaction",), since="2024")
            assert reading.count(snapshot, narrowed) == count
