"""Writing bundles: exact sizes, padding, whole or not at all, in little memory."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from app.errors import Cancelled, InputRefused
from app.share import bundle, canonical, manifest, opening, parts, policy, seal
from app.share.manifest import Chosen, Manifest, Sender
from tests.places import ROOT
from tests.share import build as b
from tests.share.opened import parts_of

KEYS = seal.Keys(b.SENDER.packed)
READER = seal.Keys(b.READER.packed).party(b.READER.name)
CHUNK = 262_144


def draft(kind: str = "share") -> Manifest:
    return Manifest(
        v=1,
        min_reader=1,
        critical=[],
        app="test",
        bundle="5a" * 16,
        kind="share",
        created="2026-11-20T09:00:00Z",
        sender=Sender(name="Jiwoo Seo", ed=KEYS.ed.hex(), x=KEYS.x.hex(), card_seq=1),
        recipients=[],
        stream="6b" * 16,
        seq=1,
        purpose="A test",
        resharing=False,
        selection=Chosen(
            kinds=[],
            since="",
            until="",
            sources=[],
            fields={},
            counts={},
            records=0,
            transforms=[],
        ),
        padding=0,
        parts=[],
    )


def lines(*some: bytes) -> parts.Lines:
    return parts.Lines("records.jsonl", "mydata.records.v1", "application/jsonl", lambda: some)


def delivery(*sources: parts.Source) -> bundle.Delivery:
    return bundle.Delivery(draft(), [READER], KEYS, [lines(b'{"a":1}\n'), *sources])


def write(path: Path, *sources: parts.Source) -> Manifest:
    return bundle.write(path, delivery(*sources)).manifest


def test_what_is_sealed_is_what_is_opened(tmp_path: Path) -> None:
    write(tmp_path / "one")
    assert parts_of((tmp_path / "one").read_bytes()) == {"records.jsonl": b'{"a":1}\n'}


def test_two_bundles_of_the_same_share_no_bytes_but_the_open_ones(tmp_path: Path) -> None:
    write(tmp_path / "one")
    write(tmp_path / "two")
    one, two = (tmp_path / "one").read_bytes(), (tmp_path / "two").read_bytes()
    assert one[:30] == two[:30]
    assert not any(one[at : at + 8] == two[at : at + 8] for at in range(30, len(one), 8))


@pytest.mark.parametrize(
    "size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 8 * CHUNK, 8 * CHUNK + 1, 17 * CHUNK]
)
def test_a_file_of_any_length_around_a_piece(tmp_path: Path, size: int) -> None:
    data = b.dice("file", size)
    (tmp_path / "in").write_bytes(data)
    made = write(tmp_path / "out", parts.File("a-1", tmp_path / "in", "x/y", "holiday"))
    assert made.parts[1].digest == b.part_digest(data)
    assert parts_of((tmp_path / "out").read_bytes())["a-1"] == data


@pytest.mark.parametrize("size", [0, 10, 3000, 40_000, 262_000, 700_000])
def test_the_size_of_the_file_is_a_padme_number(tmp_path: Path, size: int) -> None:
    (tmp_path / "in").write_bytes(b.dice("file", size))
    write(tmp_path / "out", parts.File("a-1", tmp_path / "in", "x/y"))
    found = (tmp_path / "out").stat().st_size
    assert found >= 4096
    assert found == manifest.padme(found)
    assert found <= 1.13 * (size + 4096)


def test_neighbouring_sizes_cannot_be_told_apart(tmp_path: Path) -> None:
    sizes = set()
    for number in range(40):
        (tmp_path / f"in{number}").write_bytes(b.dice("file", 20_000 + number))
        out = tmp_path / f"out{number}"
        write(out, parts.File("a-1", tmp_path / f"in{number}", "x/y"))
        sizes.add(out.stat().st_size)
    assert len(sizes) <= 2


@pytest.mark.parametrize("length", [0, 1, CHUNK, CHUNK + 1, 3 * CHUNK])
def test_manifest_fixes_the_file_size_for_any_padding(length: int) -> None:
    final, data = manifest.padded(msgspec.structs.replace(draft(), recipients=["0" * 64]))
    bent = msgspec.structs.replace(final, padding=length)
    grown = manifest.file_size(bent, len(data)) - manifest.file_size(final, len(data))
    frames = max(1, -(-length // CHUNK)) - max(1, -(-final.padding // CHUNK))
    assert grown == length - final.padding + 21 * frames


def test_the_manifest_is_canonical_and_says_who_may_read(tmp_path: Path) -> None:
    made = write(tmp_path / "one")
    assert made.recipients == [READER.fingerprint]
    assert canonical.decode(canonical.encode(made))
    assert manifest.parse(canonical.encode(made), bytes.fromhex(made.bundle)) == made


def test_256_recipients_and_not_one_more(tmp_path: Path) -> None:
    many = [seal.Keys(b.dice(f"many {n}", 64)).party(f"P{n}") for n in range(257)]
    good = delivery()._replace(recipients=many[:256])
    bundle.write(tmp_path / "good", good)
    data = (tmp_path / "good").read_bytes()
    assert int.from_bytes(data[28:30], "big") == 256
    with pytest.raises(InputRefused) as refusal:
        bundle.write(tmp_path / "bad", delivery()._replace(recipients=many))
    assert refusal.value.code == "TOO_MANY_RECIPIENTS"
    assert not (tmp_path / "bad").exists()


def test_what_a_reader_would_refuse_is_not_written(tmp_path: Path) -> None:
    bare = msgspec.structs.replace(draft(), selection=msgspec.UNSET)
    with pytest.raises(InputRefused) as refusal:
        bundle.write(tmp_path / "bad", delivery()._replace(draft=bare))
    assert refusal.value.code == "BAD_MANIFEST"
    assert list(tmp_path.iterdir()) == []


def test_nobody_is_no_recipient(tmp_path: Path) -> None:
    with pytest.raises(InputRefused) as refusal:
        bundle.write(tmp_path / "bad", delivery()._replace(recipients=[]))
    assert refusal.value.code == "NO_RECIPIENT"


def changing(first: bytes, then: bytes) -> parts.Lines:
    turns = iter([[first], [then]])
    return parts.Lines("records.jsonl", "", "", lambda: next(turns))


@pytest.mark.parametrize("then", [b"", b"two\n", b.dice("long", 300_000)])
def test_what_changes_between_measuring_and_sealing_is_not_sealed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, then: bytes
) -> None:
    monkeypatch.setattr(parts, "HELD", 0)
    source = changing(b"first\n" * 3, then)
    with pytest.raises(InputRefused) as refusal:
        bundle.write(tmp_path / "out", delivery()._replace(sources=[source]))
    assert refusal.value.code == "CHANGED_MEANWHILE"
    assert list(tmp_path.iterdir()) == []


def test_cancelling_leaves_nothing(tmp_path: Path) -> None:
    def tick(_: int) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        bundle.write(tmp_path / "out", delivery(), tick)
    assert list(tmp_path.iterdir()) == []


def test_cancelling_while_sealing_leaves_nothing(tmp_path: Path) -> None:
    told: list[int] = []

    def tick(size: int) -> None:
        told.append(size)
        if len(told) == 3:
            raise Cancelled

    (tmp_path / "in").write_bytes(bytes(3 * CHUNK))
    source = parts.File("a-1", tmp_path / "in", "x/y")
    with pytest.raises(Cancelled):
        bundle.write(tmp_path / "out", delivery(source), tick)
    assert [path.name for path in tmp_path.iterdir()] == ["in"]


def test_a_computer_that_cannot_check_a_file_does_not_call_it_tampered_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_memory(_piece: bytes) -> bytes:
        raise MemoryError

    write(tmp_path / "one")
    monkeypatch.setattr(opening, "chunk_digest", no_memory)
    with pytest.raises(MemoryError):
        parts_of((tmp_path / "one").read_bytes())


@pytest.mark.parametrize(("ahead", "future"), [("22T12:00:00Z", False), ("22T12:00:01Z", True)])
def test_a_sender_two_days_ahead_is_from_the_future(ahead: str, future: bool) -> None:
    made = msgspec.structs.replace(draft(), created=f"2026-11-{ahead}")
    assert policy.from_the_future(made, datetime(2026, 11, 20, 12, tzinfo=UTC)) == future


def test_a_taken_name_is_not_written_over(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("mine", encoding="utf-8")
    with pytest.raises(FileExistsError):
        write(tmp_path / "out")
    assert (tmp_path / "out").read_text(encoding="utf-8") == "mine"


RUN = """
    import os, resource, sys, time
    from pathlib import Path
    sys.path.insert(0, {root!r})
    from tests.share import test_bundle as t
    from app.share import bundle, opening, parts, seal
    from tests.share import build as b
    folder = Path(sys.argv[1])
"""


def script(body: str) -> list[str]:
    text = textwrap.dedent(RUN.format(root=str(ROOT))) + textwrap.dedent(body)
    return [sys.executable, "-c", text]


@pytest.mark.slow
def test_killed_while_writing_leaves_no_file_at_the_name(tmp_path: Path) -> None:
    endless = script(
        """
        def forever():
            while True:
                yield os.urandom(100_000)
        class Endless(parts.Lines):
            coding = "none"
            def measure(self, tick):
                return parts.Measure(2**40, 2**40, "0" * 64)
            def pieces(self):
                return parts.recut(forever())
        source = Endless("records.jsonl", "", "", forever)
        delivery = t.delivery()._replace(sources=[source])
        bundle.write(folder / "out.mdshare", delivery)
        """
    )
    with subprocess.Popen([*endless, str(tmp_path)]) as process:
        deadline = time.monotonic() + 60
        while (
            not (sizes := [path.stat().st_size for path in tmp_path.iterdir()]) or sizes[0] < 10**6
        ):
            assert time.monotonic() < deadline
            assert process.poll() is None
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
    assert not (tmp_path / "out.mdshare").exists()
    assert all(path.name.startswith(".mydata-") for path in tmp_path.iterdir())


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="file size limits are POSIX")
def test_a_disk_that_is_full_leaves_nothing(tmp_path: Path) -> None:
    full = script(
        """
        import signal
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (500_000, 500_000))
        source = t.lines(*(os.urandom(1000) for _ in range(1000)))
        try:
            bundle.write(folder / "out.mdshare", t.delivery()._replace(sources=[source]))
        except OSError as error:
            print("refused", os.listdir(folder))
        """
    )
    done = subprocess.run(
        [*full, str(tmp_path)], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout == "refused []\n"


@pytest.mark.slow
def test_a_long_part_takes_little_memory(tmp_path: Path) -> None:
    """64 MiB sealed, verified and opened, with less than 24 MiB of growth."""
    with (tmp_path / "in").open("wb") as file:
        for number in range(64):
            file.write(b.dice(f"block {number}", 2**20))
    small = script(
        """
        def peak():
            return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        bundle.write(folder / "warm", t.delivery())
        before = peak()
        source = parts.File("a-1", folder / "in", "x/y")
        bundle.write(folder / "out", t.delivery(source))
        length = 0
        for _ in range(2):
            with (folder / "out").open("rb") as file:
                opening.open_bundle(file, seal.Keys(b.READER.packed)).verify()
                file.seek(0)
                opened = opening.open_bundle(file, seal.Keys(b.READER.packed))
                for part in opened.parts():
                    for piece in opened.contents(part):
                        length += len(piece)
        print(length, (peak() - before) // 1024)
        """
    )
    done = subprocess.run(
        [*small, str(tmp_path)], capture_output=True, text=True, check=True, timeout=100
    )
    length, growth = done.stdout.split()
    assert int(length) == 2 * (64 * 2**20 + 8)
    assert int(growth) < 24


@pytest.mark.parametrize("sizes", [[], [0], [1, 2, 3], [CHUNK], [CHUNK, 1], [100_000] * 9])
def test_recut_changes_no_byte(sizes: list[int]) -> None:
    chunks = [b.dice(f"cut {n}", size) for n, size in enumerate(sizes)]
    pieces = list(parts.recut(chunks))
    assert b"".join(pieces) == b"".join(chunks)
    assert all(len(piece) == CHUNK for piece in pieces[:-1])
    assert len(pieces) == max(1, -(-sum(sizes) // CHUNK))


@pytest.mark.parametrize("held", [0, 10**9])
def test_deflating_twice_gives_the_same_bytes(monkeypatch: pytest.MonkeyPatch, held: int) -> None:
    monkeypatch.setattr(parts, "HELD", held)

    def produce() -> Iterator[bytes]:
        return (b"line %d\n" % number for number in range(50_000))

    def make() -> parts.Lines:
        return parts.Lines("records.jsonl", "", "", produce)

    source = make()
    measured = source.measure(lambda _: None)
    assert measured.stored == sum(map(len, source.pieces()))
    assert list(source.pieces()) == list(make().pieces())
