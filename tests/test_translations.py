"""Two equal languages: every sentence has its Korean, with the same fields; none is left over."""

from __future__ import annotations

import json
import re
import string
from pathlib import Path
from typing import Final

import pytest

from tests.places import ROOT
from tests.sentences import Found, collect

CATALOGUES: Final = ROOT / "resources" / "translations" / "ko"
HANGUL: Final = re.compile("[가-힣]")

# The same word in both languages: names of formats and products, and bare patterns.
SAME: Final = re.compile(r"[A-Z0-9][A-Za-z0-9 .&/+-]*|[^A-Za-z]*(\{\w+\}[^A-Za-z]*)+")


@pytest.fixture(scope="module")
def program() -> Found:
    return collect(ROOT)


def catalogues() -> dict[str, dict[str, str]]:
    """File name to its entries."""
    return {
        path.name: json.loads(path.read_text(encoding="utf-8"))
        for path in sorted(CATALOGUES.glob("*.json"))
    }


def korean() -> dict[str, str]:
    return {english: text for each in catalogues().values() for english, text in each.items()}


def fields(sentence: str) -> set[str]:
    """The `{names}` in a sentence, with their format ("{count:,}" gives "count:,")."""
    return {
        f"{name}:{form}" if form else name
        for _, name, form, _ in string.Formatter().parse(sentence)
        if name is not None
    }


def test_every_sentence_has_its_korean(program: Found) -> None:
    there = korean()
    missing = {text: at for text, at in program.sentences.items() if text not in there}
    lines = [f"{at[0]}: {text}" for text, at in missing.items()]
    assert not missing, f"{len(missing)} without Korean:\n" + "\n".join(sorted(lines))


def test_no_translation_is_left_over(program: Found) -> None:
    unused = [
        f"{name}: {english}"
        for name, entries in catalogues().items()
        for english in entries
        if english not in program.sentences
    ]
    assert not unused, "\n".join(unused)


def test_both_languages_have_the_same_fields() -> None:
    other = [
        f"{english} / {text}"
        for english, text in korean().items()
        if fields(english) != fields(text)
    ]
    assert not other, "\n".join(other)


def test_every_field_has_a_name(program: Found) -> None:
    wrong = [text for text in program.sentences if any(not name for name in fields(text))]
    assert not wrong


def test_the_korean_is_korean() -> None:
    wrong = [
        english
        for english, text in korean().items()
        if not HANGUL.search(text) and not (text == english and SAME.fullmatch(text))
    ]
    assert not wrong, "\n".join(wrong)


def test_one_sentence_has_one_translation() -> None:
    seen: dict[str, str] = {}
    twice = [
        f"{name}: {english}: {text} / {seen[english]}"
        for name, entries in catalogues().items()
        for english, text in entries.items()
        if seen.setdefault(english, text) != text
    ]
    assert not twice, "\n".join(twice)


def test_sentences_are_written_down_whole(program: Found) -> None:
    assert not program.built, "glued together: " + ", ".join(program.built)


# --- The collector itself -----------------------------------------------------------------------


def collected(tmp_path: Path, source: str) -> Found:
    planted = tmp_path / "app" / "planted.py"
    planted.parent.mkdir()
    planted.write_text(source, encoding="utf-8")
    return collect(tmp_path, vocabulary=False)


@pytest.mark.parametrize(
    "source",
    [
        "from app.i18n import tr\nx = tr('Seen')\n",
        "from app import i18n\nx = i18n.tr('Seen', n=1)\n",
        "from app.i18n import tr_n\nx = tr_n(2, 'One', 'Seen')\n",
        "from app.i18n import mark\nTABLE = {'a': mark('Seen')}\n",
        "from app.i18n import tr\nx = tr('Seen' if y else 'Seen')\n",
        "from app.errors import InputRefused\nclass Own(InputRefused): ...\n",
        "from app.i18n import tr\ndef f(a, b):\n    return tr(b)\nf(1, 'Seen')\n",
        "from app.i18n import tr\ndef f(a, b='Seen'):\n    return tr(b)\n",
        "from app.i18n import tr\ndef f(b):\n    def g():\n        return tr(b)\nf('Seen')\n",
        "from app.i18n import tr\nclass C:\n    def __init__(self, b):\n        tr(b)\nC('Seen')\n",
        "from app.i18n import tr\nclass C:\n    def f(self, b):\n        tr(b)\nC().f(b='Seen')\n",
        "from app.i18n import tr\nTEXT = 'Seen'\nx = tr(TEXT)\n",
    ],
)
def test_the_collector_finds_a_sentence(tmp_path: Path, source: str) -> None:
    if "InputRefused" in source:
        source += "raise Own('code', 'Seen', detail='Seen')\n"
        errors = tmp_path / "app" / "errors.py"
        errors.parent.mkdir()
        errors.write_text("class UserError: ...\nclass InputRefused(UserError): ...\n")
        (tmp_path / "app" / "planted.py").write_text(source)
        assert set(collect(tmp_path, vocabulary=False).sentences) == {"Seen"}
    else:
        assert set(collected(tmp_path, source).sentences) == {"Seen"}


def test_the_collector_notices_a_glued_sentence(tmp_path: Path) -> None:
    found = collected(tmp_path, "from app.i18n import tr\nx = tr(f'{n} records')\n")
    assert found.built == ["app/planted.py:2"]


def test_fields_are_compared_with_their_format() -> None:
    assert fields("{count} of {total:,}") == {"count", "total:,"}


def test_the_vault_has_one_name_in_korean() -> None:
    """“보관함” beside “금고” was two things to a reader; “보관함.” as a verb is another word."""
    said = "\n".join(korean().values()) + (ROOT / "README.md").read_text(encoding="utf-8")
    assert not re.findall("보관함[가-힣]|보관함 |복구 키", said)
