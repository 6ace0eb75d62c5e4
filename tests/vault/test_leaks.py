"""Without a key, nothing that is put into a vault can be read from any file it leaves."""

from __future__ import annotations

import io
import os
import tempfile
from pathlib import Path

import pytest

from app.vault import claims, documents, ledger, reading, runs
from app.vault.vault import Vault
from connectors.api import Record
from tests.vaults import PASSPHRASE

MARKERS = 3000


def marker(number: int) -> str:
    return f"Zebrafink{number:05}눈보라" if number % 2 else f"QUARTZ-{number:05}-widdershins"


def forms(number: int) -> list[bytes]:
    word = marker(number)
    return [word.encode(form) for form in ("utf-8", "utf-16-le", "utf-16-be")] + [
        word.lower().encode(),
    ]


PIECES = [
    piece.encode(form)
    for piece in ("Zebrafink", "zebrafink", "QUARTZ-", "quartz", "widdershins", "눈보라", "눈보")
    for form in ("utf-8", "utf-16-le", "utf-16-be")
    # Four bytes come up by chance in so many megabytes of what is encrypted.
    if len(piece.encode(form)) > 4
]


def record(number: int) -> Record:
    """A marker in every field that is text, different ones as far as there are."""
    word = marker(number)
    return Record(
        kind="finance.transaction",
        native_id=f"id {word}",
        start="2024-03-05",
        title=f"title {word}",
        text=f"text {word}",
        data={"amount": "1.00", "currency": "GBP", "description": word, "account": word},
        extra=f'{{"x":"{word}"}}',
        where=f"row {word}",
    )


def leaks(*folders: Path) -> dict[str, int]:
    found: dict[str, int] = {}
    for folder in folders:
        for path in folder.rglob("*"):
            data = path.read_bytes() if path.is_file() else b""
            hits = sum(data.count(piece) for piece in PIECES)
            hits += any(piece in os.fsencode(path.name) for piece in PIECES)
            if hits:
                found[path.name] = hits
    return found


def test_the_search_for_leaks_finds_one(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"..." + forms(7)[1])
    (tmp_path / f"{marker(8)}.db").write_bytes(b"")
    assert set(leaks(tmp_path)) == {"a", f"{marker(8)}.db"}


@pytest.mark.slow
def test_no_marker_is_found_in_any_file(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    for name in ("TMPDIR", "SQLITE_TMPDIR", "TEMP", "TMP"):
        monkeypatch.setenv(name, str(scratch))
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    vault = Vault.open(folder, PASSPHRASE)
    with vault.write() as transaction:
        run = runs.begin(
            transaction, connector="uk.midata", version=1, account=marker(1), name=marker(2)
        )
        run.add([record(number) for number in range(MARKERS)])
        run.finish()
        run.set_receipt(marker(3).encode())
        documents.put(transaction, marker(4), marker(5), marker(6).encode())
        ledger.append(transaction, "share", {"to": marker(7)})
        assert not leaks(folder, scratch)  # with the transaction open: what spilled is sealed too
    vault.keep_original(io.BytesIO(marker(8).encode() * 1000), 1 << 30, {})
    with vault.write() as transaction:
        again = runs.begin(transaction, connector="uk.midata", version=1, account=marker(1))
        again.add([record(number) for number in range(0, MARKERS, 2)])
        again.finish()
        runs.undo(transaction, run.import_id)
        keys = [key for (key,) in transaction.execute("SELECT key FROM record LIMIT 99")]
        claims.delete(transaction, keys)
    with vault.read() as snapshot:
        assert reading.count(snapshot, reading.Where(text="widdershins")) == MARKERS // 2 - 99
        list(snapshot.execute("SELECT * FROM record ORDER BY payload, random()"))
        assert not leaks(folder, scratch)
    vault.close()
    assert not leaks(folder, scratch)
    assert not any(piece in "".join(capfd.readouterr()).encode() for piece in PIECES)
