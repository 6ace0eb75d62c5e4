"""Files, folders and streams: what is opened, what is passed over, what is refused."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from connectors.errors import LimitExceeded, Unreadable
from connectors.toolkit import source as module
from connectors.toolkit.source import Entry, open_source, size_text


def refusal(*paths: Path) -> str:
    with pytest.raises(Unreadable) as raised:
        open_source(paths)
    return raised.value.code


def test_a_file_is_its_own_entry(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"one,two")
    with open_source([path]) as source:
        assert (source.name, source.is_archive) == ("a.csv", False)
        assert source.entries == [Entry("a.csv", 7)]
        assert source.head("a.csv", 3) == b"one"
        assert source.bytes_read == 0
        assert source.read("a.csv") == b"one,two"
        assert (source.bytes_read, source.total_bytes) == (7, 7)
        assert "a.csv" in source
        assert "b.csv" not in source


def test_a_folder_lists_its_files_and_names_what_it_skips(tmp_path: Path) -> None:
    (tmp_path / "deep" / "er").mkdir(parents=True)
    (tmp_path / "deep" / "er" / "b.json").write_bytes(b"{}")
    (tmp_path / "a.json").write_bytes(b"[]")
    (tmp_path / ".DS_Store").write_bytes(b"x")
    (tmp_path / "__MACOSX").mkdir()
    (tmp_path / "__MACOSX" / "._a.json").write_bytes(b"x")
    (tmp_path / "loop").symlink_to(tmp_path)
    (tmp_path / "link.json").symlink_to(tmp_path / "a.json")
    os.mkfifo(tmp_path / "pipe")
    with open_source([tmp_path]) as source:
        assert source.is_archive
        assert [entry.path for entry in source.entries] == ["a.json", "deep/er/b.json"]
        assert sorted(source.skipped) == ["link.json", "loop", "pipe"]
        assert source.read("deep/er/b.json") == b"{}"


def test_several_paths_become_one_source(tmp_path: Path) -> None:
    for part in ("one", "two"):
        (tmp_path / part / "in").mkdir(parents=True)
        (tmp_path / part / "in" / "same.json").write_text(part)
    with open_source([tmp_path / "one", tmp_path / "two"]) as source:
        assert [entry.path for entry in source.entries] == ["in/same (2).json", "in/same.json"]
        assert source.read("in/same.json") == b"one"
        assert source.read("in/same (2).json") == b"two"


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    empty = tmp_path / "empty"
    empty.write_bytes(b"")
    (tmp_path / "folder").mkdir()
    assert refusal(pipe) == "not-a-file"
    assert refusal(Path("/dev/zero")) == "not-a-file"
    assert refusal(tmp_path / "absent") == "vanished"
    assert refusal(tmp_path / "nul\0name") == "vanished"
    assert refusal(empty) == "empty"
    assert refusal(tmp_path / "folder") == "empty"


def test_a_file_that_becomes_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "a.json"
    path.parent.mkdir()
    path.write_bytes(b"{}")
    with open_source([path.parent]) as source:
        path.unlink()
        os.mkfifo(path)
        with pytest.raises(Unreadable) as raised:
            source.open("a.json")
    assert raised.value.code == "not-a-file"


def test_a_file_that_becomes_a_link_is_not_followed(tmp_path: Path) -> None:
    folder, secret = tmp_path / "folder", tmp_path / "secret"
    folder.mkdir()
    secret.write_bytes(b"secret")
    path = folder / "a.json"
    path.write_bytes(b"{}")
    with open_source([folder]) as source:
        path.unlink()
        path.symlink_to(secret)
        with pytest.raises(Unreadable) as raised:
            source.open("a.json")
    assert raised.value.code == "vanished"


@pytest.mark.parametrize(("mode", "written"), [("ab", b"more"), ("r+b", b"other")])
def test_a_file_that_changes_while_read_is_refused(
    tmp_path: Path, mode: str, written: bytes
) -> None:
    """It grows, or is written over at the same length."""
    path = tmp_path / "a.csv"
    path.write_bytes(b"x" * 200_000)
    os.utime(path, ns=(0, 0))
    with open_source([path]) as source, source.open("a.csv") as stream:
        assert stream.read(10)
        with path.open(mode) as file:
            file.write(written)
        with pytest.raises(Unreadable) as raised:
            stream.read()
    assert raised.value.code == "changed"


def test_a_name_that_is_not_utf8_is_made_printable(tmp_path: Path) -> None:
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.csv")).write_bytes(b"x")
    with open_source([tmp_path]) as source:
        assert [entry.path for entry in source.entries] == ["caf�.csv"]
        assert source.read("caf�.csv") == b"x"


def test_a_read_has_its_limit(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"x" * 1025)
    with open_source([path]) as source:
        with pytest.raises(LimitExceeded) as raised:
            source.read("a", limit=1024)
        assert (raised.value.code, raised.value.value) == ("too-large", "1 KiB")
        assert len(source.read("a", limit=1025)) == 1025


def test_too_many_and_too_deep(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    deep = tmp_path / "deep"
    (deep / "a/b/c/d").mkdir(parents=True)
    (deep / "a/b/c/d/e").write_bytes(b"x")
    monkeypatch.setattr(module, "MAX_DEPTH", 3)
    assert refusal(deep) == "too-deep"
    wide = tmp_path / "wide"
    wide.mkdir()
    for number in range(6):
        (wide / str(number)).write_bytes(b"x")
    monkeypatch.setattr(module, "MAX_MEMBERS", 5)
    assert refusal(wide) == "too-many-members"
    assert refusal(*[wide / "1"] * (module.MAX_PARTS + 1)) == "too-many-members"


def test_progress_counts_what_is_expected(tmp_path: Path) -> None:
    (tmp_path / "photo.jpg").write_bytes(b"x" * 5000)
    (tmp_path / "a.json").write_bytes(b"{}")
    with open_source([tmp_path]) as source:
        assert source.total_bytes == 5002
        source.expect(["a.json"])
        with source.open("a.json", counted=False) as stream:
            stream.read()
        assert (source.bytes_read, source.total_bytes) == (0, 2)


def descriptors() -> int:
    """How many descriptors this process holds; 0 where that cannot be seen."""
    folder = Path("/proc/self/fd")
    return sum(1 for _ in folder.iterdir()) if folder.is_dir() else 0


def test_few_descriptors_are_held(tmp_path: Path) -> None:
    for number in range(200):
        (tmp_path / f"{number}.json").write_bytes(b"{}")
    before = descriptors()
    with open_source([tmp_path]) as source:
        for entry in source.entries:
            source.head(entry.path)
            source.read(entry.path)
        held = descriptors()
    assert held <= before + 1
    assert threading.active_count() == 1


@pytest.mark.parametrize(
    ("size", "text"),
    [(5, "5 B"), (1024, "1 KiB"), (256 * 2**20, "256 MiB"), (1500, "1500 B"), (2**40, "1024 GiB")],
)
def test_sizes_for_people(size: int, text: str) -> None:
    assert size_text(size) == text
