"""The reader process: the only place where a hostile file is parsed.

It is started fresh for one source, holds no key, no database and no token, and is fenced in before
it opens the source (`connectors.confinement`). It takes one `Task` from standard input and writes
frames (`connectors.wire`) to standard output; whatever a connector prints goes to standard error,
which nobody reads. The program's end of the pipe is `app.intake`.

A failure is said by its code only: the text of an exception can hold what is in the file, so it
never leaves this process. For a bug, the type and the lines of our own code are named.
"""

from __future__ import annotations

import os
import struct
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, suppress
from pathlib import Path
from types import TracebackType
from typing import Final, NoReturn, cast

import msgspec

from connectors import confinement, wire
from connectors.api import FileConnector, Item, Match, Problem
from connectors.errors import LimitExceeded, Unreadable
from connectors.toolkit.source import Source, open_source

Connectors = Sequence[FileConnector]

BATCH_SECONDS: Final = 0.25
"""A batch is not held back for longer than this."""
HEARTBEAT_SECONDS: Final = 1.0
RESERVE_BYTES: Final = 4 << 20
_GUESSWORK: Final = frozenset({"bad-encoding", "bad-json", "bad-xml", "bad-csv"})
"""Complaints while recognising that only mean "not mine"."""
_FRAMES_NAMED: Final = 4
_ARRAY_32: Final = struct.Struct(">BI")
_CODE: Final = str(Path(__file__).resolve().parent) + os.sep

_encoder: Final = msgspec.msgpack.Encoder()
_MEMORY: Final = wire.frame(wire.FAILED, _encoder.encode(wire.Failed("worker-memory", limit=True)))


class Channel:
    """Where frames go: standard output, taken away from everything else in the process."""

    def __init__(self) -> None:
        self._descriptor = os.dup(1)
        os.dup2(2, 1)
        sys.stdout = sys.stderr
        self._lock = threading.Lock()
        if sys.platform == "win32":
            import msvcrt

            msvcrt.setmode(self._descriptor, os.O_BINARY)

    def send(self, kind: int, message: msgspec.Struct) -> None:
        """Send one message."""
        self.write(wire.frame(kind, _encoder.encode(message)))

    def write(self, *parts: bytes | bytearray) -> None:
        """Send the parts of one frame."""
        with self._lock:
            for part in parts:
                self._write_all(part)

    def _write_all(self, part: bytes | bytearray) -> None:
        with memoryview(part) as view:
            done = 0
            while done < len(view):
                done += os.write(self._descriptor, view[done:])


class Outbox:
    """Items on their way: encoded one by one into one buffer that is sent as a batch.

    So the size of each item is known without a guess, and nothing is encoded twice.
    """

    def __init__(self, channel: Channel, source: Source) -> None:
        self.sent = 0
        self._channel = channel
        self._source = source
        self._buffer = bytearray()
        self._count = 0
        self._due = time.monotonic() + BATCH_SECONDS

    def add_all(self, items: Iterable[Item]) -> None:
        """Send `items`, a batch whenever one is full or old."""
        now, put, buffer = time.monotonic, self._put, self._buffer
        for item in items:
            put(item)
            if (
                self._count == wire.BATCH_ITEMS
                or len(buffer) >= wire.BATCH_BYTES
                or now() > self._due
            ):
                self.flush()
        self.flush()

    def _put(self, item: Item) -> None:
        buffer = self._buffer
        start = len(buffer)
        try:
            _encoder.encode_into(item, buffer, start)
        except UnicodeEncodeError:
            del buffer[start:]
            self._put(_without_half_characters(item))
            return
        except OverflowError:
            del buffer[start:]
            self._put(Problem(_where(item), "bad-record", "number"))
            return
        if len(buffer) - start > wire.RECORD_BYTES:
            del buffer[start:]
            _encoder.encode_into(Problem(_where(item), "too-long"), buffer, start)
        elif type(item) is Problem and len(item.value) > wire.QUOTE:
            del buffer[start:]
            _encoder.encode_into(_shortened(item), buffer, start)
        self._count += 1

    def flush(self) -> None:
        """Send what is there."""
        if self._count:
            head = self._head()
            size = len(head) + len(self._buffer)
            self._channel.write(wire.HEADER.pack(wire.BATCH, size) + head, self._buffer)
            self.sent += self._count
            self._buffer.clear()
            self._count = 0
        self._due = time.monotonic() + BATCH_SECONDS

    def _head(self) -> bytes:
        """Encode what stands before the items of a `wire.Batch`: an array of three begins."""
        source = self._source
        numbers = _encoder.encode(source.bytes_read) + _encoder.encode(source.total_bytes)
        return b"\x93" + numbers + _ARRAY_32.pack(0xDD, self._count)


def _where(item: Item) -> str:
    return _whole(str(getattr(item, "where", "")))[:200]


def _shortened(problem: Problem) -> Problem:
    return Problem(problem.where, problem.code, problem.value[: wire.QUOTE - 1] + "…")


def _whole(text: str) -> str:
    """`text` with a replacement character for each half of one."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _without_half_characters(item: Item) -> Item:
    """The item as it can be sent: lone surrogates, which broken JSON has, are no characters."""
    return cast("Item", msgspec.convert(_all_whole(msgspec.to_builtins(item)), Item))


def _all_whole(value: object) -> object:
    if isinstance(value, str):
        return _whole(value)
    if isinstance(value, list | tuple):
        return [_all_whole(part) for part in value]
    if isinstance(value, dict):
        return {_all_whole(key): _all_whole(part) for key, part in value.items()}
    return value


def recognise(source: Source, connectors: Connectors) -> tuple[FileConnector, Match, list[str]]:
    """Find the connector with the firmest claim, its claim, and the ids of all as firm.

    Raises `Unreadable` if nobody claims the source: with what a connector found wrong with it, if
    one did, else "not-recognised".
    """
    claims: list[tuple[FileConnector, Match]] = []
    complaint = Unreadable("not-recognised" if source.total_bytes else "empty")
    for connector in connectors:
        try:
            match = connector.recognise(source)
        except Unreadable as problem:
            if problem.code not in _GUESSWORK and complaint.code == "not-recognised":
                complaint = problem
            continue
        if match:
            claims.append((connector, match))
    if not claims:
        raise complaint
    connector, firmest = max(claims, key=lambda claim: claim[1].confidence)
    equal = [who.id for who, match in claims if match.confidence == firmest.confidence]
    return connector, firmest, equal


def _chosen(
    source: Source, connectors: Connectors, name: str
) -> tuple[FileConnector, Match, list[str]]:
    """Take the connector the person named, or let them claim the source."""
    if not name:
        return recognise(source, connectors)
    for connector in connectors:
        if connector.id == name:
            with suppress(Unreadable):
                if match := connector.recognise(source):
                    return connector, match, [name]
            return connector, Match(0), [name]
    raise Unreadable("not-recognised", name[: wire.QUOTE])


class Heartbeat:
    """A thread that says while bytes are read, and ends the process when the program is gone."""

    def __init__(self, channel: Channel) -> None:
        self.source: Source | None = None
        self._channel = channel
        threading.Thread(target=self._beat, name="heartbeat", daemon=True).start()

    def _beat(self) -> None:
        parent, said = os.getppid(), 0
        while os.getppid() == parent:
            time.sleep(HEARTBEAT_SECONDS)
            if self.source and self.source.bytes_read != said:
                said = self.source.bytes_read
                self._channel.send(wire.PROGRESS, wire.Progress(said, self.source.total_bytes))
        os._exit(1)


def work(task: wire.Task, connectors: Connectors, channel: Channel, heart: Heartbeat) -> None:
    """Read the source and send what is in it. Raises what connectors raise."""
    paths = [os.fsdecode(path) for path in task.paths]
    with closing(open_source(paths)) as source:
        heart.source = source
        connector, match, equal = _chosen(source, connectors, task.connector)
        channel.send(wire.RECOGNISED, _introduction(connector, match, equal, source))
        outbox = Outbox(channel, source)
        if not task.recognise_only:
            outbox.add_all(connector.read(source, task.options, task.since))
        if confinement.attempted():
            raise Unreadable("worker-write")
        channel.send(wire.DONE, wire.Done(outbox.sent, source.bytes_read))


def _introduction(
    connector: FileConnector, match: Match, equal: list[str], source: Source
) -> wire.Recognised:
    return wire.Recognised(
        connector=connector.id,
        title=connector.title,
        version=connector.version,
        confidence=match.confidence,
        detail=match.detail,
        candidates=equal,
        total_bytes=source.total_bytes,
    )


def attempt(task: wire.Task, connectors: Connectors, channel: Channel, heart: Heartbeat) -> bool:
    """Do the task; say so if it failed. A bug goes on to `_report_bug` as an exception."""
    reserve = bytearray(RESERVE_BYTES)
    try:
        work(task, connectors, channel, heart)
    except MemoryError:
        reserve.clear()
        channel.write(_MEMORY)
    except RecursionError:
        _fail(channel, wire.Failed("too-deep", limit=True))
    except Unreadable as problem:
        _fail(channel, _failure(problem))
    except PermissionError:  # `Source` says itself when the source may not be read
        _fail(channel, wire.Failed("worker-write"))
    else:
        return True
    return False


def _failure(problem: Unreadable) -> wire.Failed:
    return wire.Failed(
        problem.code,
        _whole(problem.value)[: wire.QUOTE],
        _whole(problem.where)[:200],
        isinstance(problem, LimitExceeded),
    )


def _fail(channel: Channel, failed: wire.Failed) -> None:
    """Say why it ended; an attempt at what is refused outranks every other reason."""
    if confinement.attempted():
        failed = wire.Failed("worker-write")
    channel.send(wire.FAILED, failed)


def _report_bug(
    channel: Channel,
) -> Callable[[type[BaseException], BaseException, TracebackType | None], None]:
    """Make a `sys.excepthook` that names the type and our own lines, and no content."""

    def report(
        kind: type[BaseException], _error: BaseException, trace: TracebackType | None
    ) -> None:
        lines = list(_own_lines(trace))[-_FRAMES_NAMED:]
        value = " ".join([kind.__name__, *reversed(lines)])
        _fail(channel, wire.Failed("worker-died", value[:200]))

    return report


def _own_lines(trace: TracebackType | None) -> Iterator[str]:
    while trace:
        name = trace.tb_frame.f_code.co_filename
        if name.startswith(_CODE):
            yield f"{name.removeprefix(_CODE)}:{trace.tb_lineno}"
        trace = trace.tb_next


def _all_connectors() -> Connectors:
    from connectors.registry import all_connectors

    return all_connectors()


def main(connectors: Connectors | None = None) -> NoReturn:
    """Do the one task on standard input and end the process: 0 if all was read."""
    channel = Channel()
    sys.excepthook = _report_bug(channel)
    received = wire.read_frame(sys.stdin.buffer)
    if received is None or received[0] != wire.TASK:
        os._exit(2)
    task = msgspec.msgpack.Decoder(wire.Task).decode(received[1])
    connectors = _all_connectors() if connectors is None else connectors
    confinement.fence([os.fsdecode(path) for path in task.paths])
    heart = Heartbeat(channel)
    confinement.limit(task.memory_bytes, task.cpu_seconds)
    confinement.watch()
    # Nothing is worth tidying up in a process that holds nothing.
    os._exit(0 if attempt(task, connectors, channel, heart) else 1)


if __name__ == "__main__":
    main()
