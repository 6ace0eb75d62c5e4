"""Two languages, one of them always complete."""

from __future__ import annotations

import pytest

from app import i18n


@pytest.mark.parametrize(
    ("code", "language"),
    [
        ("ko", "ko"),
        ("ko_KR.UTF-8", "ko"),
        ("KO-kr", "ko"),
        ("en", "en"),
        ("de_DE", "en"),
        ("", "en"),
    ],
)
def test_anything_but_korean_is_english(code: str, language: str) -> None:
    i18n.set_language(code)
    assert i18n.language() == language


def test_fields_are_filled_in_and_braces_in_values_stay() -> None:
    assert i18n.tr("“{name}” is not there.", name="a {b} {0}") == "“a {b} {0}” is not there."
    i18n.set_language("ko")
    assert "a {b}" in i18n.tr("“{name}” is not there.", name="a {b}")
    assert "{" not in i18n.tr("The disk is full.")


def test_a_sentence_without_values_is_left_as_it_is() -> None:
    assert i18n.tr("a {brace}") == "a {brace}"
    i18n.set_language("ko")
    assert i18n.tr("a sentence nobody translated") == "a sentence nobody translated"


def test_counts() -> None:
    one, many = "{count} record", "{count} records"
    assert [i18n.tr_n(n, one, many) for n in (0, 1, 2, 12345)] == [
        "0 records",
        "1 record",
        "2 records",
        "12,345 records",
    ]


@pytest.mark.parametrize(
    ("variables", "language"),
    [
        ({"MYDATA_LANGUAGE": "ko", "LANG": "en_GB.UTF-8"}, "ko"),
        ({"MYDATA_LANGUAGE": "en", "LANG": "ko_KR.UTF-8"}, "en"),
        ({"LC_ALL": "ko_KR.UTF-8", "LANG": "en_GB"}, "ko"),
        ({"LC_MESSAGES": "ko_KR"}, "ko"),
        ({"LANG": "C.UTF-8"}, "en"),
    ],
)
def test_the_environment_is_asked(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], language: str
) -> None:
    for name in ("MYDATA_LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert i18n.system_language() == language


def test_marking_changes_nothing() -> None:
    assert i18n.mark("The disk is full.") == "The disk is full."


def test_a_language_nobody_wrote_is_empty() -> None:
    assert i18n.catalogue("xx") == {}
    assert len(i18n.catalogue("ko")) > 100
