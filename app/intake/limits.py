"""How much a reader process may use before it is ended."""

from __future__ import annotations

from typing import Final

import msgspec


class Limits(msgspec.Struct, frozen=True):
    """What one reading may cost.

    memory_bytes
        Address space of the reader process, where the system can limit it.
    cpu_seconds
        Processor time of the reader process, where the system can limit it.
    wall_seconds
        Time the program spends waiting for the reader, all waiting together. The program's own
        work between two batches does not count.
    stall_seconds
        Time the program waits for a sign of life.
    """

    memory_bytes: int = 1 << 30
    cpu_seconds: int = 3600
    wall_seconds: float = 7200
    stall_seconds: float = 60


DEFAULT: Final = Limits()
