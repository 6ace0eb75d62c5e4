"""Importing real files through the real reader process into a real vault."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
import time
import zipfile
from pathlib import Path

import pytest

from app.errors import Cancelled, EnvironmentFailure, InputRefused
from app.jobs import JobContext
from app.services import asking, importing
from app.services.asking import Filter
from app.services.importing import Receipt, group_parts
from app.services.session import Session
from app.vault import originals
from app.vault.digest import digest
from app.vault.vault import Vault
from tests.places import ROOT
from tests.services.files import ROWS, many, midata, ofx
from tests.vaults import PASSPHRASE


def bring(session: Session, *paths: Path, **options: object) -> list[Receipt]:
    return importing.import_paths(session, list(paths), **options)  # type: ignore[arg-type]


def state(session: Session) -> object:
    """Everything in the vault but the clock and numbers of operations."""
    with session.vault.read() as snapshot:
        return digest(snapshot)


def blobs(session: Session) -> list[Path]:
    return [path for path in (session.folder / originals.FOLDER).rglob("*") if path.is_file()]


def records(session: Session) -> int:
    return asking.count(session, Filter())


# -- what comes in


def test_a_file_comes_in_and_is_accounted_for(session: Session, tmp_path: Path) -> None:
    changes: list[frozenset[str]] = []
    session.events.subscribe(changes.append)
    (receipt,) = bring(session, midata(tmp_path / "March.csv"))
    assert (receipt.state, receipt.connector, receipt.parsed) == ("done", "uk.midata", 1)
    assert (receipt.new, receipt.known, receipt.updated) == (3, 0, 0)
    assert receipt.records == {"finance.transaction": 3}
    assert (receipt.first, receipt.last) == ("2024-03-05", "2024-03-31")
    assert receipt.originals_kept
    assert receipt.candidates == ["uk.midata"]
    assert changes == [frozenset({"records", "imports"})]
    (line,) = importing.history(session)
    assert (line.import_id, line.name, line.new) == (receipt.import_id, "March.csv", 3)
    assert importing.remembered(session, receipt.import_id) == receipt
    assert importing.remembered(session, "0" * 16) is None


def test_the_same_file_again_adds_nothing(session: Session, tmp_path: Path) -> None:
    path = midata(tmp_path / "a.csv")
    bring(session, path)
    before = blobs(session)
    (receipt,) = bring(session, Path(shutil.copy(path, tmp_path / "other name.csv")))
    assert (receipt.new, receipt.known, receipt.updated) == (0, 3, 0)
    assert receipt.originals_kept
    assert blobs(session) == before
    assert records(session) == 3


def test_equal_rows_are_as_many_as_they_are(session: Session, tmp_path: Path) -> None:
    (receipt,) = bring(session, midata(tmp_path / "a.csv", [ROWS[0]] * 3))
    assert receipt.new == 3
    (receipt,) = bring(session, midata(tmp_path / "b.csv", [ROWS[0]] * 4))
    assert (receipt.new, receipt.known) == (1, 3)


def test_an_account_is_a_source_of_its_own(session: Session, tmp_path: Path) -> None:
    path = midata(tmp_path / "a.csv")
    bring(session, path)
    (other,) = bring(session, path, account="가계부")
    (same,) = bring(session, path, account=" 가계부 ")
    assert (other.new, same.new, records(session)) == (3, 0, 6)


def test_a_dry_run_counts_exactly_and_changes_nothing(session: Session, tmp_path: Path) -> None:
    bring(session, midata(tmp_path / "a.csv", ROWS[:2]))
    before = state(session), blobs(session)
    (receipt,) = bring(session, midata(tmp_path / "b.csv"), dry_run=True)
    assert (receipt.state, receipt.new, receipt.known) == ("recognised", 1, 2)
    assert receipt.import_id == ""
    assert (state(session), blobs(session)) == before
    (real,) = bring(session, tmp_path / "b.csv")
    assert (real.new, real.known, real.updated) == (receipt.new, receipt.known, receipt.updated)


def test_undo_takes_back_the_records_and_the_original(session: Session, tmp_path: Path) -> None:
    (first,) = bring(session, midata(tmp_path / "a.csv", ROWS[:2]))
    kept = blobs(session)
    (second,) = bring(session, midata(tmp_path / "b.csv"))
    assert len(blobs(session)) == 2
    assert importing.undo(session, second.import_id) == 1
    assert blobs(session) == kept
    assert importing.undo(session, second.import_id) == 0
    assert importing.undo(session, first.import_id) == 2
    assert not blobs(session)
    assert not records(session)
    assert [line.state for line in importing.history(session)] == ["undone", "undone"]
    (again,) = bring(session, tmp_path / "b.csv")
    assert again.new == 3
    with pytest.raises(InputRefused):
        importing.undo(session, "nothing")


# -- several files


def test_a_folder_of_all_sorts_is_taken_apart(session: Session, tmp_path: Path) -> None:
    folder = tmp_path / "bank"
    midata(folder / "current" / "a.csv")
    midata(folder / ".hidden" / "b.csv", [("01/01/2024", "Hidden", "-£1.00", "£0.00")])
    ofx(folder / "savings.ofx")
    (folder / "note.txt").write_text("Dear bank,\n", encoding="utf-8")
    found = bring(session, folder)
    assert {receipt.connector for receipt in found} == {"uk.midata", "ofx.statement"}
    assert all(receipt.state == "done" for receipt in found)
    whole = importing.remembered(session, found[0].import_id)
    assert whole is not None
    assert whole.unknown_members == [".hidden/b.csv", "note.txt"]
    assert whole.unknown == 2
    assert asking.search(session, "Hidden", Filter(), 10).total == 0
    assert asking.search(session, "Lanternfish", Filter(), 10).total == 1
    assert asking.search(session, "김밥", Filter(), 10).total == 1
    assert sum(receipt.new for receipt in bring(session, folder)) == 0


def test_links_of_a_folder_lead_nowhere(session: Session, tmp_path: Path) -> None:
    private = ofx(tmp_path / "private" / "secret.ofx")
    folder = tmp_path / "bank"
    midata(folder / "a.csv")
    (folder / "notes.txt").symlink_to(private)
    (folder / "again").symlink_to(folder)
    (receipt,) = bring(session, folder)
    assert (receipt.connector, receipt.new) == ("uk.midata", 3)
    assert asking.search(session, "Lanternfish", Filter(), 10).total == 0


def test_the_readers_word_for_a_member_is_no_path(session: Session, tmp_path: Path) -> None:
    private = ofx(tmp_path / "secret.ofx")
    folder = tmp_path / "bank"
    midata(folder / "a.csv")
    told = Receipt(path=str(folder), unknown_members=["../secret.ofx", str(private)], unknown=2)
    asked: list[list[Path]] = []

    def never(paths: list[Path]) -> Receipt:
        asked.append(paths)
        return told

    assert importing._left_over(session.vault, folder, told, never) == []
    assert asked == []


def test_a_folder_nobody_knows_gives_a_line_for_each_file(session: Session, tmp_path: Path) -> None:
    folder = tmp_path / "letters"
    folder.mkdir()
    for name in ("a.txt", "b.txt"):
        (folder / name).write_text("Dear bank,\n", encoding="utf-8")
    found = bring(session, folder)
    assert [(Path(r.path).name, r.state) for r in found] == [
        ("a.txt", "refused"),
        ("b.txt", "refused"),
    ]


def test_an_empty_folder_is_refused(session: Session, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (receipt,) = bring(session, tmp_path / "empty")
    assert receipt.state == "refused"


def test_parts_of_one_export_are_one_source(tmp_path: Path) -> None:
    names = ["x-1.zip", "note.txt", "x-2.zip", "y-001.zip", "x-3.csv", "z.zip", "X 1.ZIP"]
    groups = group_parts([tmp_path / name for name in names] + [tmp_path / "other" / "x-3.zip"])
    assert [[path.name for path in group] for group in groups] == [
        ["x-1.zip", "x-2.zip"],
        ["note.txt"],
        ["y-001.zip"],
        ["x-3.csv"],
        ["z.zip"],
        ["X 1.ZIP"],
        ["x-3.zip"],
    ]


def test_zips_in_parts_come_in_together(session: Session, tmp_path: Path) -> None:
    parts = []
    for number, row in enumerate(ROWS[:2], 1):
        part = tmp_path / f"statements-{number}.zip"
        with zipfile.ZipFile(part, "w") as archive:
            archive.write(midata(tmp_path / f"{number}.csv", [row]), f"{number}.csv")
        parts.append(part)
    (receipt,) = bring(session, *parts)
    assert (receipt.state, receipt.new, receipt.parsed) == ("done", 2, 2)
    with session.vault.read() as snapshot:
        names = [name for name, _ in originals.every(snapshot)]
    assert names == ["statements-1.zip", "statements-2.zip"]


def test_two_equal_files_of_a_folder_are_kept_once(session: Session, tmp_path: Path) -> None:
    folder = tmp_path / "bank"
    midata(folder / "a.csv")
    midata(folder / "b.csv")
    (receipt,) = bring(session, folder)
    assert receipt.originals_kept
    assert len(blobs(session)) == 1


def test_the_files_of_an_import_share_the_room_for_originals(
    session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "bank"
    files = [midata(folder / f"{number}.csv", [row]) for number, row in enumerate(ROWS[:3])]
    room = sum(file.stat().st_size for file in files[:2])
    assert files[2].stat().st_size <= room
    monkeypatch.setattr(importing, "ORIGINAL_LIMIT", room)
    (receipt,) = bring(session, folder)
    assert (receipt.state, receipt.new, receipt.originals_kept) == ("done", 3, False)
    assert len(blobs(session)) == 2


# -- the person decides


def test_several_formats_that_fit_are_named(
    session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from app.intake import Reading

    await_recognition = Reading.await_recognition

    def tied(reading: Reading) -> None:
        await_recognition(reading)
        assert reading.recognised is not None
        reading.recognised = type(reading.recognised)(
            **{
                **{name: getattr(reading.recognised, name) for name in FIELDS},
                "candidates": ["uk.midata", "ofx.statement"],
            }
        )

    monkeypatch.setattr(Reading, "await_recognition", tied)
    path = midata(tmp_path / "a.csv")
    (receipt,) = bring(session, path)
    assert receipt.state == "refused"
    assert receipt.refusal is not None
    assert receipt.refusal.code == "several-formats"
    assert "midata" in receipt.refusal.values["value"]
    assert "OFX" in receipt.refusal.values["value"]
    assert receipt.candidates == ["uk.midata", "ofx.statement"]
    assert records(session) == 0
    (receipt,) = bring(session, path, connector="uk.midata")
    assert (receipt.state, receipt.new) == ("done", 3)


FIELDS = ("connector", "title", "version", "confidence", "detail", "total_bytes")


# -- what does not come in


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("empty.csv", b"", "empty"),
        ("letter.txt", b"Dear bank,\n", "not-recognised"),
        ("a {value} {0}.csv", b"{}", "not-recognised"),
    ],
)
def test_a_refused_file_leaves_no_trace(
    session: Session, tmp_path: Path, name: str, data: bytes, code: str
) -> None:
    before = state(session), blobs(session)
    path = tmp_path / name
    path.write_bytes(data)
    (receipt,) = bring(session, path)
    assert receipt.state == "refused"
    assert receipt.refusal is not None
    assert receipt.refusal.code == code
    assert (state(session), blobs(session)) == before
    assert not importing.history(session)
    error = importing.as_error(receipt)
    assert error.exit_code == 3
    assert error.detail.format(**error.values) == str(path)
    assert error.title.format(**error.values)


def test_a_file_that_is_not_there(session: Session, tmp_path: Path) -> None:
    (receipt,) = bring(session, tmp_path / "nowhere.csv")
    assert receipt.refusal is not None
    assert receipt.refusal.code == "vanished"


def test_one_refused_file_does_not_stop_the_others(session: Session, tmp_path: Path) -> None:
    found = bring(session, tmp_path / "nowhere.csv", midata(tmp_path / "a.csv"))
    assert [receipt.state for receipt in found] == ["refused", "done"]


class Meddling(JobContext):
    """Does something in the middle of the reading, once."""

    def __init__(self, meddle: object) -> None:
        super().__init__()
        self._meddle = meddle

    def report(self, done: int, total: int = 0, label: str = "", records: int = 0) -> None:
        meddle, self._meddle = self._meddle, None
        if callable(meddle):
            meddle()
        super().report(done, total, label, records)


@pytest.mark.parametrize("inside", [False, True])
def test_a_file_that_changes_meanwhile_is_refused(
    session: Session, tmp_path: Path, inside: bool
) -> None:
    path = midata(tmp_path / "bank" / "a.csv")
    before = state(session), blobs(session)
    context = Meddling(lambda: os.utime(path, (1, 1)))
    (receipt,) = bring(session, path.parent if inside else path, context=context)
    assert receipt.refusal is not None
    assert receipt.refusal.code == "changed"
    assert receipt.new == 0
    assert receipt.import_id == ""
    assert (state(session), blobs(session)) == before


def test_cancelled_in_the_middle_leaves_nothing(session: Session, tmp_path: Path) -> None:
    before = state(session), blobs(session)
    first = midata(tmp_path / "first.csv", ROWS[:1])
    big = many(tmp_path / "big.csv", 20_000)
    context = JobContext()
    states = []

    class Watched(Meddling):
        def report(self, done: int, total: int = 0, label: str = "", records: int = 0) -> None:
            states.append(label)
            if label == "big.csv":
                threading.Thread(target=context.cancel).run()
            super().report(done, total, label, records)

    context = Watched(None)
    found = bring(session, first, big, midata(tmp_path / "never.csv"), context=context)
    assert [receipt.state for receipt in found] == ["done", "cancelled"]
    assert (found[1].new, found[1].import_id, found[1].records) == (0, "", {})
    assert "never.csv" not in states
    importing.undo(session, found[0].import_id)
    assert blobs(session) == before[1]
    assert records(session) == 0


def test_cancelled_before_it_began(session: Session, tmp_path: Path) -> None:
    context = JobContext()
    context.cancel()
    (receipt,) = bring(session, midata(tmp_path / "a.csv"), context=context)
    assert receipt.state == "cancelled"
    with pytest.raises(Cancelled):
        importing.undo(session, "any", context)


def test_cancelled_while_the_original_is_being_kept(session: Session, tmp_path: Path) -> None:
    path = tmp_path / "big.bin"
    path.write_bytes(os.urandom(3 << 20))
    calls = []

    def tick() -> None:
        calls.append(1)
        if len(calls) > 5:
            raise Cancelled

    with path.open("rb") as file, pytest.raises(Cancelled):
        session.vault.keep_original(file, 1 << 30, {}, tick)
    assert not blobs(session)


def test_no_room_for_the_original_undoes_the_import(session: Session, tmp_path: Path) -> None:
    (session.folder / originals.FOLDER).write_bytes(b"in the way")
    with pytest.raises(EnvironmentFailure):
        bring(session, midata(tmp_path / "a.csv"))
    assert records(session) == 0
    assert not importing.history(session)


def test_what_came_in_before_a_failure_is_announced(session: Session, tmp_path: Path) -> None:
    changes: list[frozenset[str]] = []
    session.events.subscribe(changes.append)
    paths = [midata(tmp_path / "a.csv"), midata(tmp_path / "b.csv", ROWS[:1])]
    (session.folder / "block").write_bytes(b"")

    class Breaking(JobContext):
        def report(self, done: int, total: int = 0, label: str = "", records: int = 0) -> None:
            if label == "b.csv":
                raise OSError(28, "No space left on device")
            super().report(done, total, label, records)

    with pytest.raises(EnvironmentFailure) as caught:
        bring(session, *paths, context=Breaking())
    assert caught.value.code == "disk-full"
    assert records(session) == 3
    assert len(changes) == 1


# -- killed

IMPORT = """
import sys
from pathlib import Path
from app.services import importing, session
opened = session.unlock(Path(sys.argv[1]), sys.argv[2])
print("go", flush=True)
(receipt,) = importing.import_paths(opened, [Path(sys.argv[3])])
opened.close()
print(receipt.new, flush=True)
"""


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="kill -9 is a POSIX thing")
def test_a_killed_import_leaves_the_vault_as_before(made: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(made, tmp_path / "vault"))
    big = many(tmp_path / "big.csv", 30_000)
    delays = [0.0, 0.1, 0.3, 0.6, 1.0, 1.4]
    for delay in delays:
        vault = Vault.open(folder, PASSPHRASE)
        with vault.read() as snapshot:
            before = digest(snapshot)
        vault.close()
        command = [sys.executable, "-c", IMPORT, str(folder), PASSPHRASE, str(big)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
        assert process.stdout is not None
        assert process.stdout.readline() == "go\n"
        time.sleep(delay)
        process.kill()
        process.wait()
        process.stdout.close()
        # At once: the lock died with its holder.
        vault = Vault.open(folder, PASSPHRASE)
        with vault.read() as snapshot:
            after = digest(snapshot)
            assert after == before or after.counts["record"] == 30_000
            kept = {kept.blob for _, kept in originals.every(snapshot)}
        found = (folder / originals.FOLDER).rglob("*")
        assert {path.stem for path in found if path.is_file()} == kept
        vault.close()
