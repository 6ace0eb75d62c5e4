"""How text becomes search terms, when indexing and when asking.

Korean writes particles and compounds without spaces, so runs of Hangul, Han and Kana are indexed
as overlapping pairs of syllables and asked for the same way: any two syllables inside a word are
found. The last syllable of a run stands alone too, so that a single one is found at a word's end.
Everything else is left to FTS5's own tokenizer, which folds case and accents.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache
from typing import Final

_SYLLABLES: Final = (
    "\u1100-\u11ff\u3130-\u318f\uac00-\ud7af"  # Hangul: jamo, compatibility jamo, syllables
    "\u3040-\u30ff\u31f0-\u31ff"  # Kana
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"  # Han
)
_SHORT: Final = 100
# Compiled when first needed: sets of so many letters take the window milliseconds to open.
_run: Final = cache(lambda: re.compile(f"[{_SYLLABLES}]+"))
_piece: Final = cache(lambda: re.compile(rf"[{_SYLLABLES}]+|[^\W{_SYLLABLES}]+"))


def _pairs(run: str) -> str:
    return " ".join([*(run[i : i + 2] for i in range(len(run) - 1)), run[-1]])


def _spaced(match: re.Match[str]) -> str:
    return f" {_pairs(match[0])} "


def indexed(text: str) -> str:
    """What FTS5 is given for `text`."""
    if text.isascii():
        return text
    return _title(text) if len(text) <= _SHORT else _spread(text)


@lru_cache(4096)
def _title(text: str) -> str:
    """A short text is most often a title, and the same title comes again and again."""
    return _spread(text)


def _spread(text: str) -> str:
    return _run().sub(_spaced, unicodedata.normalize("NFC", text))


def query(text: str) -> str:
    """The FTS5 expression for what a person typed: all pieces must occur. "" if there is none."""
    found = filter(_is_word, _piece().findall(unicodedata.normalize("NFC", text)))
    return " AND ".join(_asked(piece) for piece in found)


def _is_word(piece: str) -> bool:
    """Whether FTS5 sees a word in it: "_" and "・" by themselves would match nothing."""
    return any(unicodedata.category(letter)[0] in "LN" for letter in piece)


def _asked(piece: str) -> str:
    if not _run().fullmatch(piece):
        return f'"{piece}"*'
    if len(piece) == 1:
        return f'"{piece}"*'
    # A phrase of pairs is the exact substring.
    return '"' + " ".join(piece[i : i + 2] for i in range(len(piece) - 1)) + '"'
