"""A reader process whose only connector attacks: started by tests, never by the program.

It is the real reader (`connectors.worker.main`) with another list of connectors, so the production
command needs no way to load foreign code. The option "attack" names the function below; "victim"
is a file it tries to harm.
"""

from __future__ import annotations

import contextlib
import faulthandler
import itertools
import json
import os
import signal
import socket
import stat
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import ClassVar

import msgspec

from connectors import wire, worker
from connectors.api import Checkpoint, Item, Link, Match, Member, Option, Options, Problem, Record
from connectors.errors import LimitExceeded, Unreadable
from connectors.toolkit.source import Source

SECRET = "Aletta Quinsworth 4929-0001"
KEPT: list[object] = []
HELD: list[int] = []

Attack = Callable[[Options], Iterator[Item]]
ATTACKS: dict[str, Attack] = {}


def attack(function: Attack) -> Attack:
    ATTACKS[function.__name__] = function
    return function


def record(number: int, **fields: object) -> Record:
    return msgspec.structs.replace(Record("note", f"n{number}", "2024-03-09"), **fields)


# --- Memory and time -----------------------------------------------------------------------------


@attack
def allocate(options: Options) -> Iterator[Item]:
    yield record(0)
    while True:
        KEPT.append(bytearray(1 << 20))


@attack
def allocate_small(options: Options) -> Iterator[Item]:
    KEPT.extend({"number": number, "text": str(number)} for number in itertools.count())
    yield record(0)


@attack
def allocate_and_be_killed(options: Options) -> Iterator[Item]:
    # More than the process that starts it ever used: less could be its inheritance.
    KEPT.append(b"\1" * (900 << 20))
    signal.raise_signal(signal.SIGKILL)
    yield record(0)


@attack
def spin(options: Options) -> Iterator[Item]:
    yield record(0)
    while True:
        pass


@attack
def sleep(options: Options) -> Iterator[Item]:
    yield record(0)
    time.sleep(3600)


@attack
def trickle(options: Options) -> Iterator[Item]:
    for number in itertools.count():
        yield record(number)
        time.sleep(0.05)


@attack
def flood(options: Options) -> Iterator[Item]:
    text = "x" * 10_000
    for number in range(10_000_000):
        yield record(number, text=text)


@attack
def recurse(options: Options) -> Iterator[Item]:
    yield from recurse(options)


# --- What a reader may not do --------------------------------------------------------------------


def harm(name: str, act: Callable[[str], object]) -> None:
    def run(options: Options) -> Iterator[Item]:
        yield record(0)
        KEPT.append(act(options["victim"]))

    ATTACKS[name] = run


harm("open_w", lambda victim: open(victim, "w"))  # noqa: PTH123, SIM115
harm("open_x", lambda victim: open(victim + ".new", "x"))  # noqa: PTH123, SIM115
harm("open_append", lambda victim: open(victim, "ab"))  # noqa: PTH123, SIM115
harm("open_create", lambda victim: os.open(victim + ".new", os.O_WRONLY | os.O_CREAT))
harm("open_read_truncate", lambda victim: os.open(victim, os.O_RDONLY | os.O_TRUNC))
harm("truncate", lambda victim: os.truncate(victim, 0))
harm("rename", lambda victim: os.rename(victim, victim + ".new"))  # noqa: PTH104
harm("remove", os.remove)
harm("mkdir", lambda victim: os.mkdir(victim + ".new"))  # noqa: PTH102
harm("chmod", lambda victim: os.chmod(victim, 0))  # noqa: PTH101
harm("symlink", lambda victim: os.symlink(victim, victim + ".new"))  # noqa: PTH211
harm("mkfifo", lambda victim: os.mkfifo(victim + ".new"))
harm("mknod", lambda victim: os.mknod(victim + ".new"))
harm("held_open", lambda _: os.write(HELD[0], b"x"))
harm("socket", lambda _: socket.socket(socket.AF_UNIX))
harm("connect", lambda _: socket.create_connection(("127.0.0.1", 9), 1))
harm("name_look_up", lambda _: socket.getaddrinfo("localhost", 80))
harm("subprocess", lambda victim: subprocess.Popen([sys.executable, "-c", "", victim]))
harm("system", lambda victim: os.system(f"touch {victim}.new"))
harm("fork", lambda _: os.fork())
harm("exec", lambda _: os.execv(sys.executable, [sys.executable, "-c", ""]))
harm("posix_spawn", lambda _: os.posix_spawn(sys.executable, [sys.executable], {}))
harm("kill_the_program", lambda _: os.kill(os.getppid(), signal.SIGTERM))


@attack
def write_and_hide_it(options: Options) -> Iterator[Item]:
    with contextlib.suppress(OSError):
        open(options["victim"], "w")  # noqa: PTH123, SIM115
    yield record(0)


@attack
def write_and_raise(options: Options) -> Iterator[Item]:
    yield from write_and_hide_it(options)
    raise KeyError(SECRET)


# --- Dying ---------------------------------------------------------------------------------------


def leave() -> None:
    os._exit(0)


def die(name: str, act: Callable[[], object]) -> None:
    def run(options: Options) -> Iterator[Item]:
        yield record(0)
        act()

    ATTACKS[name] = run


die("sigkill", lambda: signal.raise_signal(signal.SIGKILL))
die("sigsegv", faulthandler._sigsegv)  # type: ignore[attr-defined]
die("abort", os.abort)
die("exit", lambda: sys.exit(SECRET))
die("leave", leave)


def close_and_stay() -> None:
    os.close(pipe())
    time.sleep(3600)


die("close_and_stay", close_and_stay)


@attack
def raise_secret(options: Options) -> Iterator[Item]:
    yield record(0)
    try:
        KEPT.append(dict(options)[SECRET])
    except KeyError as error:
        raise ValueError(SECRET, {"name": SECRET}) from error


@attack
def raise_unreadable(options: Options) -> Iterator[Item]:
    yield record(0)
    raise Unreadable("bad-json", "«" * 500, "half.json")


@attack
def raise_limit(options: Options) -> Iterator[Item]:
    yield record(0)
    raise LimitExceeded("too-large", "256 MiB", "big.json")


@attack
def raise_unknown(options: Options) -> Iterator[Item]:
    yield record(0)
    raise Unreadable("no-such-code", SECRET)


# --- Speech --------------------------------------------------------------------------------------


def pipe() -> int:
    """The descriptor that frames go to."""
    for number in range(3, 64):
        with contextlib.suppress(OSError):
            if stat.S_ISFIFO(os.fstat(number).st_mode):
                return number
    raise LookupError


def say(name: str, data: bytes) -> None:
    def run(options: Options) -> Iterator[Item]:
        os.write(pipe(), data)
        yield record(0)

    ATTACKS[name] = run


def batch(items: object, bytes_read: object = 0, total: object = 0) -> bytes:
    return wire.frame(wire.BATCH, msgspec.msgpack.encode([bytes_read, total, items]))


def done(items: object) -> bytes:
    return wire.frame(wire.DONE, msgspec.msgpack.encode([items, 0]))


say("noise", bytes(range(256)) * 4)
say("text", b"Traceback (most recent call last):\n")
say("unknown_kind", wire.frame(77, b"\xc0"))
say("no_payload", wire.frame(wire.BATCH, b""))
say("broken_msgpack", wire.frame(wire.BATCH, b"\x93\x00\x00\xdd\xff\xff\xff\xff\x01"))
say("nested_msgpack", wire.frame(wire.BATCH, b"\x91" * 200_000))
say("nested_value", batch([["r", "k", "n", "", "", "", "", {"a": [[[[["x"]]]]]}]]))
say("not_a_record", batch([{"kind": "note"}]))
say("missing_fields", batch([["r", "note"]]))
say("too_many_fields", batch([["r"] + ["x"] * 40]))
say("float_value", batch([["r", "note", "n", "", "", "", "", {"amount": 0.1}]]))
say("broken_text", batch([]).replace(b"\x90", b"\x91\x93\xa1p\xa2\xff\xfe\xa5empty"))
say("negative_progress", batch([], -5))
say("unknown_problem", batch([Problem("row 1", "no-such-code")]))
say("long_problem", batch([Problem("row 1", "bad-date", "x" * 5000)]))
say("unknown_state", batch([Member("a", "eaten")]))
say("negative_member", batch([Member("a", "parsed", -1)]))
say("too_many_items", batch([Checkpoint("")] * (wire.BATCH_ITEMS + 1)))
say("second_recognition", wire.frame(wire.RECOGNISED, b"\x97\xa0\xa0\x00\x00\xa0\x90\x00"))
say("a_task", wire.frame(wire.TASK, b"\x91\x90"))
say("done_twice", done(0) + done(0))
say("talk_after_done", done(0) + batch([]))
say("failed_for_no_known_reason", wire.frame(wire.FAILED, b"\x91\xa4none"))
say("failed_with_no_reason", wire.frame(wire.FAILED, b"\xc0"))
say("enormous_length", struct.pack(">BI", wire.BATCH, 0xFFFFFFFF))
say("length_above_cap", struct.pack(">BI", wire.BATCH, wire.FRAME_BYTES + 1))
say("length_too_short", struct.pack(">BI", wire.BATCH, 5) + batch([]) * 3)


def lie_and_leave(name: str, data: bytes) -> None:
    def run(options: Options) -> Iterator[Item]:
        os.write(pipe(), data)
        leave()
        yield record(0)

    ATTACKS[name] = run


lie_and_leave("length_too_long", struct.pack(">BI", wire.BATCH, 1_000_000) + b"abc")
lie_and_leave("half_a_header", b"\x03\x00")
lie_and_leave("done_with_too_many", done(1))
lie_and_leave("done_with_too_few", batch([Problem("row 1", "empty")]) + done(0))


# --- Odd, but honest -----------------------------------------------------------------------------


@attack
def count(options: Options) -> Iterator[Item]:
    return (record(number) for number in range(int(options["count"])))


@attack
def chatter(options: Options) -> Iterator[Item]:
    print("frames", "\x03\0\0\0\1x" * 5000)  # noqa: T201
    if sys.__stdout__:
        sys.__stdout__.write("\x03\0\0\0\1x")
        sys.__stdout__.flush()
    os.write(1, b"\x03\0\0\0\1x")
    yield record(0)


@attack
def every_item(options: Options) -> Iterator[Item]:
    yield record(0, data={"a": "1.50", "b": True, "c": 7, "d": ["x"]}, links=[Link("r", "k", "n")])
    yield Problem("row 2", "bad-date", "32.01.")
    yield Member("a.json", "parsed", 1)
    yield Checkpoint("token")


@attack
def odd_items(options: Options) -> Iterator[Item]:
    yield record(0, text="half \ud83d and whole 😀", data={"k\udc00": ["v\ud800"]})
    yield record(1, data={"count": 1 << 70}, where="row 2")
    yield record(2, text="x" * (wire.RECORD_BYTES + 1), where="row 3")
    yield Problem("row 4", "bad-date", "é" * 500)
    yield Problem("row 5", "bad-date", "\udcff" * 500)
    yield record(5, text="y" * (wire.RECORD_BYTES - 100))


@attack
def surroundings(options: Options) -> Iterator[Item]:
    held = []
    for number in range(64):
        with contextlib.suppress(OSError):
            held.append(os.fstat(number).st_mode and number)
    facts = {
        "environment": dict(os.environ),
        "folder": os.getcwd(),  # noqa: PTH109
        "descriptors": held,
        "modules": sorted(sys.modules),
        "leads_its_session": os.getsid(0) == os.getpid(),
        "options": dict(options),
    }
    yield record(0, extra=json.dumps(facts))


@attack
def read_elsewhere(options: Options) -> Iterator[Item]:
    try:
        with open(options["victim"], "rb") as file:  # noqa: PTH123
            yield record(0, text=file.read().decode())
    except PermissionError:
        yield record(0, text="refused")


@attack
def load_a_library(options: Options) -> Iterator[Item]:
    import sqlite3  # noqa: F401 - a library that is not loaded yet, with native code
    import xml.dom.minidom  # noqa: F401

    yield record(0)


@attack
def read_slowly(options: Options) -> Iterator[Item]:
    return iter(())


IMPOSTOR = wire.frame(
    wire.RECOGNISED, msgspec.msgpack.encode(wire.Recognised("x", "X", 1, 1, "", ["x"], 0))
)


class Hostile:
    id: ClassVar[str] = "test.hostile"
    title: ClassVar[str] = "A hostile reader"
    version: ClassVar[int] = 3
    kinds: ClassVar[frozenset[str]] = frozenset({"note"})
    options: ClassVar[tuple[Option, ...]] = (Option("attack", "Attack"), Option("victim", "Victim"))

    def recognise(self, source: Source) -> Match | None:
        head = source.head(source.entries[0].path)
        if head.startswith(b"complain "):
            raise Unreadable(head.split()[1].decode())
        if head.startswith(b"raise"):
            raise ValueError(SECRET)
        if head.startswith(b"sleep"):
            time.sleep(3600)
        if head.startswith(b"impostor"):
            os.write(pipe(), IMPOSTOR)
            time.sleep(3600)
        return None if head.startswith(b"nobody") else Match(80, "for tests")

    def read(self, source: Source, options: Options, since: str) -> Iterator[Item]:
        if options["attack"] == "read_slowly":
            return self._read_slowly(source, since)
        return ATTACKS[options["attack"]](options)

    def _read_slowly(self, source: Source, since: str) -> Iterator[Item]:
        with source.open(source.entries[0].path) as stream:
            stream.read(3)
        time.sleep(worker.HEARTBEAT_SECONDS * 2)
        yield Checkpoint(since)


class Twin(Hostile):
    id: ClassVar[str] = "test.twin"
    title: ClassVar[str] = "Another"

    def recognise(self, source: Source) -> Match | None:
        head = source.head(source.entries[0].path)
        if head.startswith(b"tie"):
            return Match(80)
        return Match(95, "firmer") if head.startswith(b"twin") else None


if __name__ == "__main__":
    # Opened before the process is fenced in, as if a parser had come by a writable descriptor.
    HELD.extend(os.open(path, os.O_WRONLY | os.O_APPEND) for path in sys.argv[1:])
    worker.main((Hostile(), Twin()))
