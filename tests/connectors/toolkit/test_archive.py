"""Zips: what is read in place, and every bomb and trick that is refused."""

from __future__ import annotations

import io
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable
from fnmatch import fnmatch
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.errors import Unreadable
from connectors.toolkit import archive as module
from connectors.toolkit.source import _free, open_source


def zipped(**members: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return out.getvalue()


def one(name: str, change: Callable[[zipfile.ZipInfo], None] | None = None) -> bytes:
    """A zip with one member whose entry is changed before it is written."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        info = zipfile.ZipInfo(name)
        if change is not None:
            change(info)
        archive.writestr(info, b"x")
    return out.getvalue()


def refusal(tmp_path: Path, data: bytes, *, reading: str = "") -> str:
    path = tmp_path / "a.zip"
    path.write_bytes(data)
    with pytest.raises(Unreadable) as raised:
        drain(path, reading)
    return raised.value.code


def drain(path: Path, pattern: str = "*") -> None:
    """Open a source and read the members that match to their ends."""
    with open_source([path]) as source:
        for entry in source.entries:
            if fnmatch(entry.path, pattern):
                with source.open(entry.path) as stream:
                    while stream.read(2**20):
                        pass


def test_members_are_read_in_place(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(zipped(**{"x/y.json": b"{}", "__MACOSX/x": b"q", "z.zip": zipped(a=b"b")}))
    with open_source([path]) as source:
        assert source.is_archive
        assert [entry.path for entry in source.entries] == ["x/y.json", "z.zip"]
        assert source.read("x/y.json") == b"{}"
        # A zip in a zip is a member like any other: its bytes, not its members.
        assert source.head("z.zip", 2) == b"PK"
    assert [found.name for found in tmp_path.iterdir()] == ["a.zip"]


def test_parts_of_one_export_are_one_source(tmp_path: Path) -> None:
    first, second = tmp_path / "1.zip", tmp_path / "2.zip"
    first.write_bytes(zipped(**{"a.json": b"1", "same.json": b"s"}))
    second.write_bytes(zipped(**{"b.json": b"2", "same.json": b"other"}))
    with open_source([first, second]) as source:
        found = {entry.path: source.read(entry.path) for entry in source.entries}
    assert found == {"a.json": b"1", "b.json": b"2", "same.json": b"s", "same (2).json": b"other"}


@pytest.mark.parametrize(
    "name",
    ["../../etc/passwd", "/etc/passwd", "C:\\windows", "c:x", "a/../b", "..\\x", "\\\\host\\share"],
)
def test_names_that_point_outside_are_refused(name: str, tmp_path: Path) -> None:
    assert refusal(tmp_path, one(name)) == "unsafe-name"


def test_a_name_cut_at_nul_is_refused(tmp_path: Path) -> None:
    data = zipped(goodXbad=b"x").replace(b"goodXbad", b"good\0bad")
    assert refusal(tmp_path, data) == "unsafe-name"


def test_a_link_is_refused(tmp_path: Path) -> None:
    def link(info: zipfile.ZipInfo) -> None:
        info.external_attr = (stat.S_IFLNK | 0o777) << 16

    assert refusal(tmp_path, one("a", link)) == "unsafe-name"


def test_a_locked_archive_is_named_as_such(tmp_path: Path) -> None:
    data = bytearray(zipped(a=b"x"))
    data[data.index(b"PK\x01\x02") + 8] |= 1
    assert refusal(tmp_path, bytes(data)) == "encrypted-archive"


def test_utf8_names_without_the_flag_are_mended(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(zipped(**{"XXXXXX.json": b"{}"}).replace(b"XXXXXX", "사진".encode()))
    with open_source([path]) as source:
        assert [entry.path for entry in source.entries] == ["사진.json"]
        assert source.read("사진.json") == b"{}"


def test_a_bomb_is_stopped_while_it_inflates(tmp_path: Path) -> None:
    bomb = zipped(a=bytes(module.RATIO_FREE + 2**21))
    assert len(bomb) < 2**20
    assert refusal(tmp_path, bomb, reading="a") == "too-compressed"


def test_many_small_bombs_are_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "RATIO_FREE", 2**16)
    monkeypatch.setattr(module, "MAX_RATIO", 2)
    bombs = zipped(**{f"{number}": bytes(2**16) for number in range(20)})
    assert refusal(tmp_path, bombs, reading="*") == "too-compressed"
    drain(tmp_path / "a.zip", "1")


def test_blank_but_honest_text_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    path.write_bytes(zipped(a=b"0" * 2**22))
    with open_source([path]) as source:
        assert len(source.read("a")) == 2**22


def test_members_that_share_bytes_are_refused(tmp_path: Path) -> None:
    """One kernel, many entries that point at it."""
    data = zipped(kernel=b"x" * 5000, second=b"y")
    at = data.index(b"PK\x01\x02")
    entry = data[at : data.index(b"PK\x01\x02", at + 4)]
    end = data.index(b"PK\x05\x06")
    directory = entry * 3
    tail = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 3, 3, len(directory), at, 0)
    assert end > at
    assert refusal(tmp_path, data[:at] + directory + tail) == "overlapping-members"


def test_a_member_that_reaches_into_the_next_is_refused(tmp_path: Path) -> None:
    """The local header claims an extra field that covers the following member."""
    data = bytearray(zipped(a=b"x" * 100, b=b"y"))
    struct.pack_into("<H", data, 28, 40)
    assert refusal(tmp_path, bytes(data), reading="a") in {
        "overlapping-members",
        "archive-member-damaged",
    }


def test_a_member_that_is_another_ones_bytes_is_refused(tmp_path: Path) -> None:
    """Its local header leads to the data of the following member, and its checksum agrees."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("a", b"mine")
        archive.writestr("b", b"hers")
    data = bytearray(out.getvalue())
    struct.pack_into("<H", data, 28, data.index(b"hers") - data.index(b"mine"))
    for at in (14, data.index(b"PK\x01\x02") + 16):
        struct.pack_into("<L", data, at, zlib.crc32(b"hers"))
    assert refusal(tmp_path, bytes(data), reading="a") in {
        "overlapping-members",
        "archive-member-damaged",
    }


def test_two_members_of_one_name_are_both_read_unless_they_are_the_same(tmp_path: Path) -> None:
    data = zipped(**{"a.json": b"1", "b.json": b"2", "c.json": b"1"})
    path = tmp_path / "a.zip"
    path.write_bytes(data.replace(b"b.json", b"a.json").replace(b"c.json", b"a.json"))
    with open_source([path]) as source:
        found = {entry.path: source.read(entry.path) for entry in source.entries}
    assert found == {"a.json": b"1", "a (2).json": b"2"}


@pytest.mark.parametrize("size", [1, 2**31, 2**32 - 2])
def test_a_size_that_lies_is_caught(size: int, tmp_path: Path) -> None:
    data = bytearray(zipped(a=b"0123456789" * 1000))
    struct.pack_into("<L", data, data.index(b"PK\x01\x02") + 24, size)
    path = tmp_path / "a.zip"
    path.write_bytes(data)
    with open_source([path]) as source:
        try:
            assert len(source.read("a")) == 10_000
        except Unreadable as error:
            assert error.code == "archive-member-damaged"  # noqa: PT017 - either is right


def test_a_damaged_member_leaves_the_others(tmp_path: Path) -> None:
    data = bytearray(zipped(a=bytes(range(256)) * 40, b=b"fine"))
    data[60:64] = b"\xff\xff\xff\xff"
    path = tmp_path / "a.zip"
    path.write_bytes(data)
    with open_source([path]) as source:
        with pytest.raises(Unreadable) as raised:
            source.read("a")
        assert raised.value.code == "archive-member-damaged"
        assert source.read("b") == b"fine"


def test_a_directory_beyond_reason_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_MEMBERS", 5)
    data = zipped(**{str(number): b"" for number in range(6)})
    assert refusal(tmp_path, data) == "too-many-members"
    lying = bytearray(zipped(**{str(number): b"" for number in range(30)}))
    struct.pack_into("<HH", lying, lying.index(b"PK\x05\x06") + 8, 1, 1)
    assert refusal(tmp_path, bytes(lying)) == "too-many-members"


def lying() -> bytes:
    """The end record says that there is one member."""
    data = bytearray(zipped(**{str(number): b"" for number in range(6)}))
    struct.pack_into("<HH", data, data.index(b"PK\x05\x06") + 8, 1, 1)
    return bytes(data)


def hiding() -> bytes:
    """The last member's comment looks like a second end record that says there is none."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for number in range(6):
            info = zipfile.ZipInfo(str(number))
            info.comment = b"PK\x06\x06" + bytes(60)
            archive.writestr(info, b"")
    return out.getvalue()


@pytest.mark.parametrize("make", [lying, hiding])
def test_a_directory_is_counted_before_objects_are_made_of_it(
    make: Callable[[], bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []

    class Counted(zipfile.ZipInfo):
        def __init__(self, name: str) -> None:
            super().__init__(name)
            made.append(name)

    data = make()
    monkeypatch.setattr(module, "MAX_MEMBERS", 5)
    monkeypatch.setattr(zipfile, "ZipInfo", Counted)
    assert refusal(tmp_path, data) == "too-many-members"
    assert not made


def test_one_name_many_times_is_numbered_on(tmp_path: Path) -> None:
    """Beginning at two again each time took minutes for some ten thousand."""

    class Asked(dict[str, int]):
        times = 0

        def __contains__(self, path: object) -> bool:
            self.times += 1
            return super().__contains__(path)

    seen = Asked({"same.json": 1})
    for _ in range(1000):
        seen[_free("same.json", seen)] = 1
    assert {"same (2).json", "same (1001).json"} <= set(seen)
    assert seen.times < 3000


def test_a_cut_archive_is_refused_wherever_it_is_cut(tmp_path: Path) -> None:
    data = zipped(**{"a.json": b"{}" * 50, "b.json": b"[]" * 50})
    for cut in range(4, len(data) - 1):
        assert refusal(tmp_path, data[:cut]) in {"bad-archive", "overlapping-members"}


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changes=st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), max_size=6))
def test_any_byte_may_be_wrong(changes: list[tuple[int, int]], tmp_path: Path) -> None:
    data = bytearray(zipped(**{"a.json": b"{}" * 50, "b/c.json": b"[1, 2]" * 50}))
    for at, byte in changes:
        data[at % len(data)] = byte
    path = tmp_path / "a.zip"
    path.write_bytes(data)
    try:
        with open_source([path]) as source:
            for entry in source.entries:
                source.head(entry.path)
                source.read(entry.path)
    except Unreadable as error:
        assert error.code  # noqa: PT017 - nothing else may come
