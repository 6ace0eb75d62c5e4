"""Looking for damage: quickly after an unclean end, deeply when asked, and at a copy just made.

What is found is a list of named findings, never an exception: a damaged vault is a state a person
has to be told about, with what to do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import msgspec

from app.errors import VaultDamaged
from app.i18n import mark
from app.vault import connection as opening
from app.vault import ledger, originals, payload
from app.vault.digest import Digest, digest
from app.vault.tallies import Tallies
from app.vault.transaction import Transaction

Step = Callable[[int, int], None]

SENTENCES: Final = {
    "page": mark("A page of the data file is damaged."),
    "structure": mark("The structure of the data file is damaged."),
    "content": mark("A record does not match its own check value."),
    "search": mark("The search index does not match the records."),
    "tally": mark("The kept counts and sums do not match the records."),
    "original": mark("A kept original file is missing or damaged."),
    "ledger": mark("The chain of the sharing ledger is broken."),
}


class Finding(msgspec.Struct, frozen=True):
    """Something wrong: a code of `SENTENCES`, and how many times."""

    code: str
    count: int


class Report(msgspec.Struct, frozen=True):
    """What a check found, and what it covered. No digest where there was no reading that far."""

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


def deep(transaction: Transaction, folder: Path, step: Step) -> Report:
    """Read every page, record, index entry, original and ledger line.

    `step` hears how far it is, or (0, 0) where that is not known; it may raise `Cancelled`.
    """
    with transaction.cancellable(lambda: step(0, 0)):
        findings = _file(transaction)
        if findings:  # one bad page poisons a connection: what it says after that means nothing
            return Report(False, True, 0, findings)
        findings.extend(_contents(transaction, step))
        findings.extend(_search(transaction))
        findings.extend(_originals(transaction, folder, step))
        findings.extend(_ledger(transaction))
        found = digest(transaction)
    return Report(not findings, True, found.records, findings, found)


def copied(transaction: Transaction, step: Step, form: int = 0) -> Report:
    """Whether a copied data file is whole, and its digest to compare with the source's."""
    with transaction.cancellable(lambda: step(0, 0)):
        findings = _file(transaction)
        if findings:
            return Report(False, True, 0, findings)
        found = digest(transaction, form)
    return Report(True, True, found.records, findings, found)


def _file(transaction: Transaction) -> list[Finding]:
    return [*_pages(transaction), *_structure(transaction, "PRAGMA integrity_check")]


def _finding(code: str, count: int) -> Iterator[Finding]:
    if count:
        yield Finding(code, count)


def _pages(transaction: Transaction) -> Iterator[Finding]:
    """Every page against its HMAC. All rows are read: each is one page."""
    yield from _finding("page", len(_said(transaction, "PRAGMA cipher_integrity_check")))


def _structure(transaction: Transaction, pragma: str) -> Iterator[Finding]:
    lines = _said(transaction, pragma)
    yield from _finding("structure", 0 if lines == ["ok"] else len(lines))


def _said(transaction: Transaction, pragma: str) -> list[Any]:
    """What a check of the database's own says; that it breaks off over damage is an answer too."""
    try:
        with opening.failures():
            return [row[0] for row in transaction.execute(pragma)]
    except VaultDamaged:
        return [""]


_CONTENTS: Final = (
    "SELECT kind, kind.name, source, content, payload FROM record JOIN kind ON kind.id = kind"
)


def _contents(transaction: Transaction, step: Step) -> Iterator[Finding]:
    """Every version against its hash, and every current record against what was counted."""
    hasher = payload.Hasher(transaction.meta("content_key") or b"", "", "")
    tallies = Tallies()
    wrong = 0
    total = int(transaction.one("SELECT count(*) FROM record"))
    for done, (kind, name, source, content, body) in enumerate(transaction.execute(_CONTENTS)):
        if not done & 0xFFF:
            step(done, total)
        if hasher.content(body) == content:
            said = payload.decode(body)
            tallies.change(kind, name, source, said.start, said.data, 1)
        else:
            wrong += 1
    wrong += sum(
        hasher.content(body) != content
        for content, body in transaction.execute("SELECT content, payload FROM version")
    )
    yield from _finding("content", wrong)
    if not wrong:
        yield from _finding("tally", tallies.differences(transaction))


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


def _originals(transaction: Transaction, folder: Path, step: Step) -> Iterator[Finding]:
    blobs = transaction.execute("SELECT blob FROM original WHERE blob <> ''").fetchall()
    wrong = 0
    for done, (blob,) in enumerate(blobs):
        step(done, len(blobs))
        wrong += not originals.whole(folder, blob)
    yield from _finding("original", wrong)


def _ledger(transaction: Transaction) -> Iterator[Finding]:
    yield from _finding("ledger", 0 if ledger.verify(transaction).ok else 1)
