"""Long frames by OpenSSL are libsodium's own byte for byte, and refused where it refuses them."""

from __future__ import annotations

import platform
import random
import subprocess
import sys
import tomllib
from typing import Any, NamedTuple

import nacl.bindings as sodium
import nacl.exceptions
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.markers import Marker

from app.share import secretstream
from app.share.secretstream import FINAL, MESSAGE, PUSH, REKEY, Decryptor, Encryptor
from tests.places import ROOT

KEY = bytes(range(32))
ASSOCIATED = bytes(reversed(range(32)))

keys = st.binary(min_size=32, max_size=32)
lengths = st.one_of(
    st.integers(0, 70_000),
    st.integers(0, 4375).map(lambda blocks: 16 * blocks),
    st.sampled_from([0, 16, 4080, 4095, 4096, 4097, 4104, 65_536]),
)
tags = st.sampled_from([MESSAGE, PUSH, REKEY, FINAL])
plans = st.lists(st.tuples(lengths, tags), min_size=1, max_size=8)
cases = settings(max_examples=150, deadline=None)


class Reader:
    """libsodium's own reading end."""

    def __init__(self, key: bytes, header: bytes, associated: bytes) -> None:
        self.state = sodium.crypto_secretstream_xchacha20poly1305_state()
        self._associated = associated
        sodium.crypto_secretstream_xchacha20poly1305_init_pull(self.state, header, key)

    def open(self, sealed: bytes) -> tuple[bytes, int] | None:
        pull = sodium.crypto_secretstream_xchacha20poly1305_pull
        try:
            return pull(self.state, sealed, self._associated)
        except (nacl.exceptions.CryptoError, nacl.exceptions.RuntimeError):
            return None


class Stream(NamedTuple):
    header: bytes
    plaintexts: list[bytes]
    frames: list[bytes]


def seal(plan: list[tuple[int, int]], key: bytes = KEY, associated: bytes = ASSOCIATED) -> Stream:
    """A stream by libsodium alone."""
    state = sodium.crypto_secretstream_xchacha20poly1305_state()
    header = sodium.crypto_secretstream_xchacha20poly1305_init_push(state, key)
    plaintexts = [random.Random(length).randbytes(length) for length, _ in plan]
    push = sodium.crypto_secretstream_xchacha20poly1305_push
    frames = [
        push(state, plaintext, associated, tag)
        for plaintext, (_, tag) in zip(plaintexts, plan, strict=True)
    ]
    return Stream(header, plaintexts, frames)


def state_of(end: Encryptor | Decryptor | Reader) -> Any:
    """The bytes of libsodium's state; they can be changed."""
    return (end.state if isinstance(end, Reader) else end._state).statebuf


def raw(end: Encryptor | Decryptor | Reader) -> bytes:
    return bytes(state_of(end))


@cases
@given(keys, st.binary(min_size=1, max_size=70), plans)
def test_what_is_sealed_is_what_libsodium_seals(
    key: bytes, associated: bytes, plan: list[tuple[int, int]]
) -> None:
    ours = Encryptor(key, associated)
    theirs = sodium.crypto_secretstream_xchacha20poly1305_state()
    # The writing and the reading end of one stream have the same state.
    sodium.crypto_secretstream_xchacha20poly1305_init_pull(theirs, ours.header, key)
    for length, tag in plan:
        plaintext = random.Random(length).randbytes(length)
        frame = b"".join(ours.frame(plaintext, tag))
        push = sodium.crypto_secretstream_xchacha20poly1305_push
        sealed = push(theirs, plaintext, associated, tag)
        assert frame == len(sealed).to_bytes(4, "big") + sealed
        assert raw(ours) == bytes(theirs.statebuf)


@cases
@given(keys, st.binary(min_size=1, max_size=70), plans)
def test_what_libsodium_sealed_is_opened(
    key: bytes, associated: bytes, plan: list[tuple[int, int]]
) -> None:
    stream = seal(plan, key, associated)
    end = Decryptor(key, stream.header, associated)
    reference = Reader(key, stream.header, associated)
    for plaintext, (_, tag), frame in zip(stream.plaintexts, plan, stream.frames, strict=True):
        assert end.open(frame) == (plaintext, tag) == reference.open(frame)
        assert raw(end) == raw(reference)


@cases
@given(plans, st.data())
def test_frames_in_any_other_order_are_refused_like_libsodium_does(
    plan: list[tuple[int, int]], data: st.DataObject
) -> None:
    """Swapped, repeated, dropped, cut, lengthened, bent or of another stream, one after another."""
    stream, other = seal(plan), seal(plan)
    end, reference = (of(KEY, stream.header, ASSOCIATED) for of in (Decryptor, Reader))
    for frame in data.draw(st.lists(st.sampled_from([*stream.frames, *other.frames]), max_size=9)):
        sent = frame
        match data.draw(st.sampled_from(["whole", "bent", "cut", "longer"])):
            case "bent":
                at = data.draw(st.integers(0, len(frame) - 1))
                bit = 1 << data.draw(st.integers(0, 7))
                sent = frame[:at] + bytes([frame[at] ^ bit]) + frame[at + 1 :]
            case "cut":
                sent = frame[: data.draw(st.integers(17, len(frame)))]
            case "longer":
                sent = frame + bytes(16)
        assert end.open(sent) == reference.open(sent)
        assert raw(end) == raw(reference)


@pytest.mark.parametrize("length", [4080, 4096, 4097])
@pytest.mark.parametrize("tag", [MESSAGE, FINAL])
def test_each_bent_bit_is_refused_and_the_whole_frame_still_opens(length: int, tag: int) -> None:
    stream = seal([(length, tag)])
    (frame,) = stream.frames
    end = Decryptor(KEY, stream.header, ASSOCIATED)
    for at in range(len(frame)):
        for bit in range(8) if at in (0, 1) or at > length else (at % 8,):
            bent = bytearray(frame)
            bent[at] ^= 1 << bit
            assert end.open(bytes(bent)) is None
    assert end.open(frame) == (stream.plaintexts[0], tag)


@pytest.mark.parametrize("end", [Decryptor, Reader])
def test_other_keys_headers_and_associated_data_open_nothing(
    end: type[Decryptor | Reader],
) -> None:
    stream = seal([(8192, MESSAGE)])
    wrong = bytes(32)
    assert end(wrong, stream.header, ASSOCIATED).open(stream.frames[0]) is None
    assert end(KEY, stream.header, wrong).open(stream.frames[0]) is None
    for at in (0, 23):
        header = bytearray(stream.header)
        header[at] ^= 1
        assert end(KEY, bytes(header), ASSOCIATED).open(stream.frames[0]) is None


def test_a_frame_of_before_the_last_one_is_refused_after_it() -> None:
    stream = seal([(8192, MESSAGE), (8192, FINAL)])
    end = Decryptor(KEY, stream.header, ASSOCIATED)
    for plaintext, frame in zip(stream.plaintexts, stream.frames, strict=True):
        assert end.open(frame) is not None, plaintext
    for frame in stream.frames:
        assert end.open(frame) is None


@pytest.mark.parametrize("counter", [0x00FFFFFF, 0xFFFFFFFE, 0xFFFFFFFF])
def test_the_key_changes_when_the_counter_is_used_up(counter: int) -> None:
    ours = Encryptor(KEY, ASSOCIATED)
    end, theirs = (of(KEY, ours.header, ASSOCIATED) for of in (Decryptor, Reader))
    for each in (ours, end, theirs):
        state_of(each)[32:36] = counter.to_bytes(4, "little")
    for length in (8192, 4096, 5, 4096):
        frame = b"".join(ours.frame(bytes(length), MESSAGE))[4:]
        assert end.open(frame) == (bytes(length), MESSAGE) == theirs.open(frame)
        assert raw(ours) == raw(end) == raw(theirs)


def test_frames_do_not_share_memory() -> None:
    """They wait for the disk while the next ones are made."""
    stream = Encryptor(KEY, ASSOCIATED)
    _, first = stream.frame(bytes(4096), MESSAGE)
    kept = bytes(first)
    stream.frame(b"x" * 4096, MESSAGE)
    assert first == kept


def test_openssl_is_loaded_with_the_first_long_frame() -> None:
    code = (
        "import sys\n"
        "from app.share import bundle, opening, secretstream\n"
        "stream = secretstream.Encryptor(bytes(32), bytes(32))\n"
        "stream.frame(bytes(64), 0)\n"
        "before = 'cryptography' in sys.modules\n"
        "stream.frame(bytes(4096), 0)\n"
        "print(before, 'cryptography' in sys.modules)\n"
    )
    command = [sys.executable, "-c", code]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert ran.stdout.split() == ["False", "True"]


@pytest.mark.parametrize(
    ("system", "machine", "built"),
    [
        ("linux", "x86_64", True),
        ("linux", "aarch64", True),
        ("darwin", "arm64", True),
        ("darwin", "x86_64", False),
        ("win32", "AMD64", True),
        ("win32", "ARM64", False),
    ],
)
def test_openssl_is_used_exactly_where_it_is_installed(
    *, system: str, machine: str, built: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", system)
    monkeypatch.setattr(platform, "machine", lambda: machine)
    assert secretstream.has_openssl.__wrapped__() is built
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    (needed,) = [each for each in declared["dependencies"] if each.startswith("cryptography")]
    there = {"sys_platform": system, "platform_machine": machine}
    assert Marker(needed.partition(";")[2]).evaluate(there) is built
    for name in ("requirements.lock", "requirements-test.lock"):
        lines = (ROOT / "packaging" / name).read_text("utf-8").splitlines()
        (pinned,) = [each for each in lines if each.startswith("cryptography==")]
        assert Marker(pinned.partition(";")[2].rstrip("\\ ")).evaluate(there) is built


def test_a_computer_without_openssl_reads_and_writes_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One end with it, one without, in turns."""
    ours = Encryptor(KEY, ASSOCIATED)
    end = Decryptor(KEY, ours.header, ASSOCIATED)
    for number in range(8):
        monkeypatch.setattr(secretstream, "has_openssl", lambda on=number & 1: on)
        frame = b"".join(ours.frame(bytes(8192), PUSH))[4:]
        monkeypatch.setattr(secretstream, "has_openssl", lambda on=number & 2: on)
        assert end.open(frame) == (bytes(8192), PUSH)


def test_where_it_should_be_and_is_not_nothing_is_sealed_in_another_way(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    stream = Encryptor(KEY, ASSOCIATED)
    monkeypatch.setitem(sys.modules, "cryptography.hazmat.primitives.ciphers.aead", None)
    with pytest.raises(ModuleNotFoundError):
        stream.frame(bytes(4096), MESSAGE)
