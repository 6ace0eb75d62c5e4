"""Names, fingerprints and the numbers people compare (FORMAT.md 1).

Private keys are made and used in `seal` and kept by the vault; none is held here.
"""

from __future__ import annotations

import unicodedata
from typing import Final

import msgspec

from app.share import hashes
from app.share.refusals import refused

MAX_NAME: Final = 80
GROUP: Final = 5

_UNSEEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


class Party(msgspec.Struct, frozen=True):
    """The public side of an identity. `ed` and `x` are 64 hexadecimal digits."""

    name: str
    ed: str
    x: str
    card_seq: int = 1

    @property
    def fingerprint(self) -> str:
        """64 hexadecimal digits."""
        return hashes.fingerprint(bytes.fromhex(self.ed), bytes.fromhex(self.x))

    @property
    def digits(self) -> str:
        """The 30 digits of this identity alone."""
        return safety_digits(self.fingerprint)


def valid_name(name: str) -> bool:
    """Whether `name` is one line of 1 to 80 visible characters in NFC."""
    return (
        0 < len(name) <= MAX_NAME
        and name == name.strip()
        and unicodedata.is_normalized("NFC", name)
        and not any(unicodedata.category(char) in _UNSEEN for char in name)
    )


def clean_name(name: str) -> str:
    """Bring what a person typed to the form of the format. Raises BAD_NAME."""
    composed = unicodedata.normalize("NFC", name).strip()
    if not valid_name(composed):
        raise refused("BAD_NAME")
    return composed


def same_name(one: str, other: str) -> bool:
    """Whether a person would take the two names for the same."""
    return _folded(one) == _folded(other)


def _folded(name: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def safety_digits(fingerprint: str) -> str:
    """30 decimal digits of one identity."""
    digest = hashes.tagged(b"mydata-safety-v1", bytes.fromhex(fingerprint))
    return f"{int.from_bytes(digest, 'big') % 10**30:030d}"


def pair_code(one: str, other: str) -> str:
    """60 digits of two fingerprints, the same whoever asks."""
    return "".join(sorted((safety_digits(one), safety_digits(other))))


def grouped(digits: str) -> str:
    """In groups of five, as people read them aloud."""
    return " ".join(digits[at : at + GROUP] for at in range(0, len(digits), GROUP))


def ungrouped(text: str) -> str:
    """The ASCII digits of what a person typed or pasted, whatever stands between them."""
    return "".join(char for char in unicodedata.normalize("NFKC", text) if char in "0123456789")
