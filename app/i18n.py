"""Two equal languages: English source sentences, Korean in `resources/translations/ko/*.json`.

`tr` works for both faces and needs no Qt. A test reads every `tr` call in the program and fails on
a sentence without its Korean, or with other fields. Texts are never concatenated.
"""

from __future__ import annotations

import json
import locale
import os
from functools import cache
from typing import Final

from app import paths

LANGUAGES: Final = ("en", "ko")

_current = ["en"]


def language() -> str:
    """The language in force: "en" or "ko"."""
    return _current[0]


def set_language(code: str) -> None:
    """Use `code` from now on; anything but Korean is English."""
    _current[0] = "ko" if code.lower().startswith("ko") else "en"


def system_language() -> str:
    """What the person's environment asks for."""
    for name in ("MYDATA_LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        if value := os.environ.get(name):
            return "ko" if value.lower().startswith("ko") else "en"
    return "ko" if (locale.getlocale()[0] or "").lower().startswith("ko") else "en"


@cache
def catalogue(code: str) -> dict[str, str]:
    """English sentence to sentence in `code`. Empty for English."""
    folder = paths.RESOURCES / "translations" / code
    if not folder.is_dir():
        return {}
    merged: dict[str, str] = {}
    for entry in sorted(folder.iterdir(), key=lambda item: item.name):
        if entry.name.endswith(".json"):
            merged.update(json.loads(entry.read_text(encoding="utf-8")))
    return merged


def tr(text: str, **values: object) -> str:
    """`text` in the person's language, with `{name}` fields filled in."""
    sentence = catalogue(_current[0]).get(text, text) if _current[0] != "en" else text
    return sentence.format(**values) if values else sentence


def tr_n(count: int, one: str, many: str, **values: object) -> str:
    """`one` or `many` by `count`, available in the text as `{count}`. Korean translates `many`."""
    text = one if count == 1 and _current[0] == "en" else many
    return tr(text, count=f"{count:,}", **values)


def mark(text: str) -> str:
    """Mark `text` for translation where it is defined; `tr` it where it is shown."""
    return text


def said_in(code: str, text: str, **values: object) -> str:
    """`text`, marked elsewhere, in the language `code`: for paper that speaks both."""
    return catalogue(code).get(text, text).format(**values)
