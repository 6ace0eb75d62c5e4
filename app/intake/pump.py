"""A thread that takes whole frames out of the pipe while the program works on the last one.

It keeps the bytes as they came, undecoded, and only a few frames of them: when the program is
slower than the reader process, the pipe fills and the reader waits. So memory stays bounded however
large the source is, and parsing and storing use two processor cores.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from app.intake import spawn
from connectors import wire

AHEAD: Final = 3
TICK_SECONDS: Final = 0.2
_FAREWELL_SECONDS: Final = 5.0

Frame = tuple[int, bytearray]


class Stalled(Exception):
    """The reader gave no sign of life for too long, or took too long altogether."""


class Pump:
    """The frames of one process, in order."""

    def __init__(self, process: spawn.Process, stall_seconds: float, wall_seconds: float) -> None:
        self.garbled = False
        self._process = process
        self._stall = stall_seconds
        self._budget = wall_seconds
        self._frames: queue.Queue[Frame | None] = queue.Queue(AHEAD)
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="intake-pump", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            while frame := self._next():
                self._frames.put(frame)
                if self._closing.is_set():
                    break
        finally:
            self._frames.put(None)

    def _next(self) -> Frame | None:
        stream = self._process.stdout
        try:
            return wire.read_frame(stream) if stream else None
        except wire.Garbled:
            self.garbled = True
        except OSError:
            pass
        return None

    def take(self, tick: Callable[[], None]) -> Frame | None:
        """Return the next frame, None at the end. Calls `tick` while waiting. Raises `Stalled`."""
        silence = 0.0
        while True:
            begun = time.monotonic()
            with suppress(queue.Empty):
                return self._frames.get(timeout=TICK_SECONDS)
            # A computer that was asleep meanwhile has not waited for the reader.
            waited = min(time.monotonic() - begun, 2 * TICK_SECONDS)
            silence += waited
            self._budget -= waited
            if silence > self._stall or self._budget < 0:
                raise Stalled
            tick()

    def close(self) -> None:
        """Let the thread end. The process must have been killed."""
        self._closing.set()
        farewell = time.monotonic() + _FAREWELL_SECONDS
        while self._thread.is_alive() and time.monotonic() < farewell:
            with suppress(queue.Empty):
                self._frames.get_nowait()
            self._thread.join(0.01)
        if self._process.stdout and not self._thread.is_alive():
            self._process.stdout.close()
