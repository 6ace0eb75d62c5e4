"""What the rest of the vault works with: an open transaction, and what is needed inside one."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import Executor, Future
from contextlib import AbstractContextManager
from itertools import chain
from typing import TYPE_CHECKING, Any, Final

import msgspec

from app.vault import connection as opening

if TYPE_CHECKING:
    import sqlcipher3

COUNTER_BITS: Final = 16


class Transaction:
    """One open transaction: a consistent snapshot when reading, all or nothing when writing.

    Opaque above the vault: only modules in this folder call its methods.
    """

    def __init__(
        self, connection: sqlcipher3.Connection, device: int, helper: Executor | None = None
    ) -> None:
        self._connection = connection
        self._helper = helper
        self._beside: Future[None] | None = None
        self._worker = 0
        self.device = device

    def beside(self, work: Callable[[], None]) -> None:
        """Do `work` while the caller goes on, if there is a helper for that; one at a time.

        What it raises is raised by whatever the caller does next with this transaction, which waits
        for it: two threads in one would get each other's row counts, and after a full disk, which
        rolls back, what the caller writes would stay.
        """
        self.settle()
        if self._helper:
            self._beside = self._helper.submit(self._work, work)
        else:
            work()

    def _work(self, work: Callable[[], None]) -> None:
        self._worker = threading.get_ident()
        work()

    def settle(self) -> None:
        """Wait for the work beside."""
        beside, self._beside = self._beside, None
        if beside:
            beside.result()

    @property
    def _alone(self) -> sqlcipher3.Connection:
        """The connection, once nobody else is at work with it."""
        if self._beside and threading.get_ident() != self._worker:
            self.settle()
        return self._connection

    def execute(self, statement: str, values: tuple[Any, ...] = ()) -> sqlcipher3.Cursor:
        """Run one statement."""
        return self._alone.execute(statement, values)

    def many(self, statement: str, values: list[tuple[Any, ...]]) -> int:
        """Run one statement for many rows; returns how many rows changed."""
        return self._alone.executemany(statement, values).rowcount

    def put(self, insert: str, marks: str, rows: list[tuple[Any, ...]]) -> int:
        """Insert rows with one statement; returns how many went in.

        `insert` ends in "VALUES"; `marks` is one row of it, "(?, ?)".
        """
        return self._alone.execute(
            f"{insert} {', '.join([marks] * len(rows))}", tuple(chain.from_iterable(rows))
        ).rowcount

    def one(self, statement: str, values: tuple[Any, ...] = ()) -> Any:
        """The first column of the first row, or None."""
        row = self._alone.execute(statement, values).fetchone()
        return row[0] if row else None

    def cancellable(self, look: Callable[[], None]) -> AbstractContextManager[None]:
        """Let long statements inside end where `look` raises `Cancelled`."""
        return opening.cancellable(self._alone, look)

    def meta(self, name: str) -> bytes | None:
        """A fact about the vault itself."""
        value: bytes | None = self.one("SELECT value FROM meta WHERE name = ?", (name,))
        return value

    def set_meta(self, name: str, value: bytes) -> None:
        """Record a fact about the vault itself."""
        self.execute("INSERT OR REPLACE INTO meta (name, value) VALUES (?, ?)", (name, value))

    def tick(self) -> int:
        """The hybrid logical clock's next value: never behind the last, near the wall clock."""
        last = int(self.meta("clock") or 0)
        clock = max(time.time_ns() // 1_000_000 << COUNTER_BITS, last + 1)
        self.set_meta("clock", str(clock).encode())
        return clock

    def operation(self, kind: str, subject: str, body: object) -> int:
        """Log a change under this device's next number; returns the operation's id."""
        sequence = self.one(
            "SELECT coalesce(max(sequence), 0) + 1 FROM operation WHERE device = ?", (self.device,)
        )
        encoded = msgspec.json.encode(body, order="deterministic")
        cursor = self.execute(
            "INSERT INTO operation (device, sequence, clock, type, subject, body)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            (self.device, sequence, self.tick(), kind, subject, encoded),
        )
        return int(cursor.lastrowid or 0)
