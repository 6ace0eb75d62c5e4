"""Files that were changed by anyone without the key are never taken in."""

from __future__ import annotations

import random

import pytest

from app.vault.sync import bodies, sealed

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


def mutated(chance: random.Random, data: bytes) -> bytes:
    at = chance.randrange(len(data))
    how = chance.randrange(5)
    if how == 0:
        return data[:at]
    if how == 1:
        return data[:at] + bytes([data[at] ^ (1 << chance.randrange(8))]) + data[at + 1 :]
    if how == 2:
        return data[:at] + chance.randbytes(chance.randint(1, 40)) + data[at:]
    if how == 3:
        return data + chance.randbytes(chance.randint(1, 40))
    end = min(len(data), at + chance.randint(1, 60))
    return data[:at] + bytes(end - at) + data[end:]


@pytest.mark.parametrize(("what", "parts"), [(sealed.SEGMENT, 1), (sealed.SNAPSHOT, 3)])
def test_no_changed_file_opens(what: int, parts: int) -> None:
    chance, whole = random.Random(20_000), a_file(what, parts)
    for _ in range(10_000):
        changed = mutated(chance, whole)
        assert changed == whole or opened(changed) is None


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
