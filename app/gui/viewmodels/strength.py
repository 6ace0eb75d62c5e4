"""How long a passphrase would last, in a word and a reason the person can act on."""

from __future__ import annotations

from typing import Final, NamedTuple

from app.i18n import mark

LONGEST_JUDGED: Final = 72
"""The estimate takes quadratic time; what follows this many characters only adds strength."""

ENOUGH: Final = 3

_WORDS: Final = (
    mark("Very weak: found in seconds"),
    mark("Weak: found in hours"),
    mark("Fair: found in days by a determined attacker"),
    mark("Good: years of work to find"),
    mark("Strong: not worth trying"),
)

_REASONS: Final = {
    "dictionary": mark(
        "It contains a word or name that is tried first. Add words that do not belong together."
    ),
    "spatial": mark("It follows neighbouring keys. Use unrelated words instead."),
    "repeat": mark("Parts of it repeat. Repeating adds almost nothing."),
    "sequence": mark("It contains a sequence such as abc or 4321."),
    "date": mark("It contains a date. Dates are tried first."),
    "regex": mark("It contains a year. Years are tried first."),
}
_SHORT: Final = mark(
    "It is short. Four or five unrelated words are easy to keep and hard to guess."
)
_GOOD: Final = mark("Write it down once and keep it where you keep your passport.")


class Strength(NamedTuple):
    """`score` 0 to 4 as zxcvbn counts; `word` and `reason` are to be translated where shown."""

    score: int
    word: str
    reason: str

    @property
    def enough(self) -> bool:
        """Whether a vault may be made with it."""
        return self.score >= ENOUGH


def strength(passphrase: str) -> Strength:
    """Judge `passphrase`. Nothing is kept."""
    if not passphrase:
        return Strength(0, "", "")
    from zxcvbn import zxcvbn

    found = zxcvbn(passphrase[:LONGEST_JUDGED])
    score = int(found["score"])
    patterns = [str(match["pattern"]) for match in found["sequence"]]
    if score >= ENOUGH:
        return Strength(score, _WORDS[score], _GOOD)
    reason = next((_REASONS[name] for name in patterns if name in _REASONS), _SHORT)
    return Strength(score, _WORDS[score], reason)
