"""Looking for damage: quickly after an unclean end, deeply when asked.

What is found is a list of named findings, never an exception: a damaged vault is a state a person
has to be told about, with what to do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import msgspec

from app.i18n import mark
from app.vault import ledger, originals, payload
from app.vault.digest import Digest, digest
from app.vault.transaction import Transaction

SENTENCES: Final = {
    "page": mark("A page of the data file is damaged."),
    "structure": mark("The structure of the data file is damaged."),
    "content": mark("A record does not match its own check value."),
    "search": mark("The search index does not match the records."),
    "original": mark("A kept original file is missing or damaged."),
    "ledger": mark("The chain of the sharing ledger is broken."),
}


class Finding(msgspec.Struct, frozen=True):
    """Something wrong: a code of `SENTENCES`, and how many times."""

    code: str
    count: int


class Report(msgspec.Struct, frozen=True):
    """What a check found, and what it covered. `digest` is empty after a quick check."""

    ok: bool
    deep: bool
    records: int
    findings: list[Finding]
    digest: Digest | None = None


def quick(transaction: Transaction) -> Report:
    """Whether the structure holds together: seconds for millions of records."""
    findings = list(_structure(transaction, "PRAGMA quick_check"))
    records = 0 if findings else int(transaction.one("SELECT count(*) FROM record"))
    return Report(not findings, False, records, findings)


def deep(transaction: Transaction, folder: Path, step: Callable[[int, int], None]) -> Report:
    """Read every page, record, index entry, original and ledger line. `step` hears of progress."""
    findings = [*_pages(transaction), *_structure(transaction, "PRAGMA integrity_check")]
    if findings:  # one bad page poisons a connection: what it says after that means nothing
        return Report(False, True, 0, findings)
    findings.extend(_contents(transaction, step))
    findings.extend(_search(transaction))
    findings.extend(_originals(transaction, folder))
    findings.extend(_ledger(transaction))
    found = digest(transaction)
    return Report(not findings, True, found.records, findings, found)


def _finding(code: str, count: int) -> Iterator[Finding]:
    if count:
        yield Finding(code, count)


def _pages(transaction: Transaction) -> Iterator[Finding]:
    """Every page against its HMAC. All rows are read: each is one page."""
    yield from _finding(
        "page", len(transaction.execute("PRAGMA cipher_integrity_check").fetchall())
    )


def _structure(transaction: Transaction, pragma: str) -> Iterator[Finding]:
    lines = [row[0] for row in transaction.execute(pragma)]
    yield from _finding("structure", 0 if lines == ["ok"] else len(lines))


def _contents(transaction: Transaction, step: Callable[[int, int], None]) -> Iterator[Finding]:
    content_key = transaction.meta("content_key") or b""
    hasher = payload.Hasher(content_key, "", "")
    wrong = 0
    total = int(transaction.one("SELECT count(*) FROM record"))
    rows = transaction.execute("SELECT content, payload FROM record")
    for done, (content, body) in enumerate(rows):
        wrong += hasher.content(body) != content
        if not done & 0xFFF:
            step(done, total)
    yield from _finding("content", wrong)


def _search(transaction: Transaction) -> Iterator[Finding]:
    """A contentless index has no text to compare with; its rows must be the records' rows."""
    yield from _finding(
        "search",
        int(
            transaction.one(
                "SELECT (SELECT count(*) FROM record"
                " WHERE rid NOT IN (SELECT id FROM words_docsize))"
                " + (SELECT count(*) FROM words_docsize WHERE id NOT IN (SELECT rid FROM record))"
            )
        ),
    )


def _originals(transaction: Transaction, folder: Path) -> Iterator[Finding]:
    wrong = sum(
        not originals.whole(folder, kept.blob)
        for _, kept in originals.every(transaction)
        if kept.blob
    )
    yield from _finding("original", wrong)


def _ledger(transaction: Transaction) -> Iterator[Finding]:
    yield from _finding("ledger", 0 if ledger.verify(transaction).ok else 1)
