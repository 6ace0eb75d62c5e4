"""Files that were changed by anyone without the key are never taken in."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from app.vault.sync import bodies, sealed
from tests.sync.mutations import mutate
from tests.sync.replay import Base

KEY = bytes(range(32))
VAULT = "ab" * 16
DEVICE = "cd" * 16


def a_file(what: int = sealed.SEGMENT, parts: int = 1) -> bytes:
    operation = bodies.Operation(DEVICE, 1, 5, "document", "note/a", b'"aGVsbG8="')
    head = sealed.Head(what, VAULT, DEVICE, 1, 1, sealed.START)
    return sealed.seal(KEY, head, [bodies.Body(operations=[operation], last=1)] * parts)


def opened(data: bytes) -> sealed.File | None:
    return sealed.open_file(KEY, VAULT, 1, data)


def test_what_was_sealed_opens() -> None:
    file = opened(a_file())
    assert file
    assert file.parts[0].operations[0].subject == "note/a"


@pytest.mark.parametrize("what", [sealed.SEGMENT, sealed.SNAPSHOT])
def test_no_single_bit_may_change_and_no_byte_be_missing(what: int) -> None:
    whole = a_file(what, 1 + (what == sealed.SNAPSHOT))
    for bit in range(len(whole) * 8):
        changed = bytearray(whole)
        changed[bit // 8] ^= 1 << bit % 8
        assert opened(bytes(changed)) is None
    for end in range(len(whole)):
        assert opened(whole[:end]) is None


@pytest.mark.slow
def test_changed_files_in_the_folder_are_never_taken_in(base: Base, tmp_path: Path) -> None:
    """`python -m tests.sync --mutate 20000` tries many more."""
    shutil.copytree(base.folder, tmp_path / "first")
    own = Base(tmp_path / "first", base.opened(tmp_path / "first"))
    assert mutate(500, own, tmp_path) == (500, 0)


def test_parts_cannot_be_dropped_moved_or_joined() -> None:
    whole = a_file(sealed.SNAPSHOT, 3)
    size = (len(whole) - sealed.HEAD_BYTES) // 3
    head = whole[: sealed.HEAD_BYTES]
    one, two, three = (
        whole[sealed.HEAD_BYTES + n * size : sealed.HEAD_BYTES + (n + 1) * size] for n in range(3)
    )
    assert opened(head + one + two + three)
    for pieces in ((one, two), (two, one, three), (one, two, three, three), (three,), ()):
        assert opened(head + b"".join(pieces)) is None


@pytest.mark.parametrize("what", [sealed.SEGMENT, sealed.MORE])
def test_only_a_snapshot_has_several_parts(what: int) -> None:
    assert opened(a_file(what))
    assert opened(a_file(what, 2)) is None


def test_another_vault_another_epoch_and_another_key_are_refused() -> None:
    data = a_file()
    assert sealed.open_file(KEY, "ef" * 16, 1, data) is None
    assert sealed.open_file(KEY, VAULT, 2, data) is None
    assert sealed.open_file(bytes(32), VAULT, 1, data) is None


def test_a_body_that_inflates_too_far_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    packed = bodies.pack(bodies.Body(operations=[], secrets={"a": bytes(100_000)}))
    assert bodies.unpack(packed)
    monkeypatch.setattr(bodies, "LIMIT", 50_000)
    assert bodies.unpack(packed) is None


def test_rubbish_bodies_are_refused() -> None:
    for rubbish in (b"", b"\0", b"x\x9c", bodies.pack(bodies.Body())[:-1]):
        assert bodies.unpack(rubbish) is None
