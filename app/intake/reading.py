"""One source being read by a reader process, as the program sees it.

Everything that comes is judged before it is believed: frames in their order, each decoded into
exactly its type, codes that exist, as many items as announced. Whatever ends the reading is one
`connectors.errors.Unreadable` whose code names one sentence; it never quotes the source beyond
the short value a connector chose to show, and never what an exception said.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NoReturn, TypeVar

import msgspec

from app.intake import spawn
from app.intake.limits import DEFAULT, Limits
from app.intake.pump import Pump, Stalled
from connectors import wire
from connectors.api import Item, Member, Problem, Record
from connectors.errors import LimitExceeded, Unreadable
from connectors.problems import SENTENCES
from connectors.registry import MODULES

Message = TypeVar("Message", bound=msgspec.Struct)

KNOWN: Final = frozenset(connector for connector, _, _ in MODULES)
_DECODE_BATCH: Final = msgspec.msgpack.Decoder(wire.Batch)
_STATES: Final = frozenset({"parsed", "kept", "unknown"})
_TEXT: Final = 1000
"""Characters of a name, detail or place that are believed to be one."""
_BY_SIGNAL: Final = {
    getattr(signal, name, None): code
    for name, code in (
        ("SIGXCPU", "worker-time"),
        ("SIGXFSZ", "worker-write"),
        ("SIGSYS", "worker-write"),
    )
}


def _nothing() -> None:
    pass


class Reading:
    """What a reader process says about one source. Made by `read`.

    recognised
        Who claims the source.
    bytes_read, total_bytes
        For progress; `total_bytes` is 0 if unknown. Counted by the reader, so only shown.
    """

    def __init__(
        self,
        process: spawn.Process,
        limits: Limits,
        tick: Callable[[], None],
        known: Collection[str],
    ) -> None:
        self.recognised: wire.Recognised | None = None
        self.bytes_read = 0
        self.total_bytes = 0
        self._items = 0
        self._done = False
        self._closed = False
        self._process = process
        self._limits = limits
        self._tick = tick
        self._known = known
        self._pump = Pump(process, limits.stall_seconds, limits.wall_seconds)

    def batches(self) -> Iterator[list[Item]]:
        """Yield what is in the source, some hundred items at a time; now and then an empty list.

        Raises `Unreadable` if the source cannot be read (further) or the reader misbehaves: what
        was yielded until then is not the whole source.
        """
        while not self._done:
            kind, payload = self._next()
            if kind == wire.BATCH:
                yield self._believed(payload)
            elif kind == wire.PROGRESS:
                self._advance(self._decode(wire.Progress, payload))
                yield []
            elif kind == wire.DONE:
                self._finish(self._decode(wire.Done, payload))
            else:
                self._refuse("worker-speech")

    def await_recognition(self) -> None:
        """Wait until the reader says who claims the source. Raises `Unreadable` if nobody does."""
        kind, payload = self._next()
        while kind == wire.PROGRESS:
            kind, payload = self._next()
        if kind != wire.RECOGNISED:
            self._refuse("worker-speech")
        found = self._decode(wire.Recognised, payload)
        named = {found.connector, *found.candidates}
        if not named.issubset(self._known) or len(found.title + found.detail) > _TEXT:
            self._refuse("worker-speech")
        self.recognised = found
        self.total_bytes = found.total_bytes

    def _next(self) -> tuple[int, bytearray]:
        """Return the next frame. Raises `Unreadable` if the end or a failure comes instead."""
        try:
            frame = self._pump.take(self._tick)
        except Stalled:
            self._refuse("worker-time")
        if frame is None:
            self._explain_end()
        if frame[0] == wire.FAILED:
            self._pass_on(self._decode(wire.Failed, frame[1]))
        return frame

    def _believed(self, payload: bytearray) -> list[Item]:
        try:
            batch = _DECODE_BATCH.decode(payload)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            self._refuse("worker-speech")
        for item in batch.items:
            if type(item) is not Record and not _sound(item):
                self._refuse("worker-speech")
        self._items += len(batch.items)
        self._advance(batch)
        return batch.items

    def _decode(self, kind: type[Message], payload: bytearray) -> Message:
        try:
            return msgspec.msgpack.decode(payload, type=kind)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            self._refuse("worker-speech")

    def _advance(self, sign: wire.Batch | wire.Progress) -> None:
        self.bytes_read = max(self.bytes_read, sign.bytes_read)
        self.total_bytes = sign.total_bytes

    def _finish(self, done: wire.Done) -> None:
        if done.items != self._items or self._after_the_end():
            self._refuse("worker-speech")
        self.bytes_read = max(self.bytes_read, done.bytes_read)
        self._done = True
        self.close()

    def _after_the_end(self) -> bool:
        """Whether the reader goes on talking, or does not stop, after it said it is done."""
        try:
            return self._pump.take(self._tick) is not None or self._pump.garbled
        except Stalled:
            return True

    def _pass_on(self, failed: wire.Failed) -> NoReturn:
        """Raise what the reader says is wrong with the source."""
        if failed.code not in SENTENCES:
            self._refuse("worker-speech")
        self.close()
        kind = LimitExceeded if failed.limit else Unreadable
        raise kind(failed.code, failed.value[:_TEXT], failed.where[:_TEXT])

    def _explain_end(self) -> NoReturn:
        """Raise what the system knows of a reader that ended without a word."""
        garbled = self._pump.garbled
        if garbled:
            spawn.kill(self._process)
        ending = spawn.reap(self._process)
        self._refuse("worker-speech" if garbled else _cause(ending, self._limits))

    def _refuse(self, code: str) -> NoReturn:
        self.close()
        raise Unreadable(code)

    def close(self) -> None:
        """End the reader process, whatever it is doing. Nothing more can be read."""
        if self._closed:
            return
        self._closed = True
        if self._process.returncode is None:
            spawn.kill(self._process)
            spawn.reap(self._process)
        self._pump.close()


def _sound(item: Item) -> bool:
    """Whether a value that is not a record says something the program knows."""
    if isinstance(item, Problem):
        return item.code in SENTENCES and len(item.value) <= wire.QUOTE
    return not isinstance(item, Member) or (item.state in _STATES and item.records >= 0)


def _cause(ending: spawn.Ending, limits: Limits) -> str:
    """Find the sentence for a reader that ended without giving a reason."""
    if ending.status == -getattr(signal, "SIGKILL", 0) and ending.peak_bytes:
        # Not killed here, and it used much: the system was running out of memory.
        return "worker-memory" if ending.peak_bytes * 2 > limits.memory_bytes else "worker-died"
    return _BY_SIGNAL.get(-ending.status, "worker-died") if ending.status < 0 else "worker-died"


@contextmanager
def read(
    paths: Sequence[Path],
    *,
    connector: str = "",
    options: Mapping[str, str] | None = None,
    since: str = "",
    recognise_only: bool = False,
    limits: Limits = DEFAULT,
    tick: Callable[[], None] = _nothing,
    command: Sequence[str] = (),
    known: Collection[str] = KNOWN,
) -> Iterator[Reading]:
    """Read one source (a file, a folder, or the parts of one archive) in a process of its own.

    The reading is recognised when the block begins and its process is gone when the block ends.
    `connector` is the one to use; "" lets them claim the source. `since` is the token of a
    `Checkpoint` of an earlier reading. `tick` is called about five times a second while the reader
    is waited for and may raise, for example `Cancelled`. `command` starts another reader process,
    whose connectors are `known`.

    Raises `connectors.errors.Unreadable`, and `OSError` if no process can be started.
    """
    task = wire.Task(
        paths=[os.fsencode(path.absolute()) for path in paths],
        connector=connector,
        options=dict(options or {}),
        since=since,
        recognise_only=recognise_only,
        memory_bytes=limits.memory_bytes,
        cpu_seconds=limits.cpu_seconds,
    )
    process = spawn.start(command or spawn.command())
    reading = Reading(process, limits, tick, known)
    try:
        spawn.tell(process, wire.frame(wire.TASK, msgspec.msgpack.encode(task)))
        reading.await_recognition()
        yield reading
    finally:
        reading.close()
