"""Why a source could not be read at all.

A broken row is a `connectors.api.Problem` and reading goes on. These exceptions end the reading of
a whole source; the importing service turns them into one sentence for the person.

    Unreadable             nothing can be read: `code` is one of `connectors.problems.SENTENCES`
    └── LimitExceeded      a guard stopped it: too large, too deep, too many members
"""

from __future__ import annotations


class Unreadable(Exception):
    """The source is not what it claims to be. `code` names the sentence, `value` what it quotes."""

    def __init__(self, code: str, value: str = "", where: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.value = value
        self.where = where


class LimitExceeded(Unreadable):
    """A guard against hostile input stopped the reading."""
