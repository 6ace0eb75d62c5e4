"""Long work: started once, polled for progress, cancelled between whole steps.

The same function runs on a worker thread for the window and in the foreground for the command
line; it gets a `JobContext` to report progress and to notice that the person cancelled. One
executor has one thread and does everything that writes the vault; a small pool does the rest.
Nothing here knows Qt: the face polls `Job.progress` and `Job.done`.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from typing import Any, Final, Generic, NamedTuple, TypeVar

from app.errors import Cancelled

T = TypeVar("T")
_BEHIND: Final = 10
"""A niceness: about a tenth of what others get, all of what they leave."""


def stand_back() -> None:
    """Let the calling thread have what processor time others leave, from now on.

    Where threads have a priority of their own; elsewhere it is a process's, and nothing is done.
    Nor where the program already stands further back: to come forward is forbidden to most.
    """
    if sys.platform == "linux":
        thread = threading.get_native_id()
        if os.getpriority(os.PRIO_PROCESS, thread) < _BEHIND:
            os.setpriority(os.PRIO_PROCESS, thread, _BEHIND)


class Progress(NamedTuple):
    """How far a job is. `total` 0 means unknown; `label` is what is being worked on."""

    done: int = 0
    total: int = 0
    label: str = ""
    records: int = 0


class JobContext:
    """What a job is handed. Swapping one frozen value is atomic, so polling needs no lock."""

    def __init__(self) -> None:
        self.progress = Progress()
        self._cancel = threading.Event()

    def report(self, done: int, total: int = 0, label: str = "", records: int = 0) -> None:
        """Say how far the work is, and stop here if the person cancelled."""
        self.progress = Progress(done, total, label, records)
        self.check()

    def check(self) -> None:
        """Raise `Cancelled` if the person cancelled."""
        if self._cancel.is_set():
            raise Cancelled

    def cancel(self) -> None:
        """Ask the job to stop at its next whole step."""
        self._cancel.set()

    @property
    def cancelled(self) -> bool:
        """Whether the person asked to stop."""
        return self._cancel.is_set()


class Job(Generic[T]):
    """A running piece of work and its one result: succeeded, failed or cancelled."""

    def __init__(self, context: JobContext, future: Future[T]) -> None:
        self._context = context
        self._future = future

    @property
    def progress(self) -> Progress:
        """The latest report."""
        return self._context.progress

    @property
    def done(self) -> bool:
        """Whether `result` will answer at once."""
        return self._future.done()

    def cancel(self) -> None:
        """Ask it to stop. A job not yet begun ends at once."""
        self._context.cancel()
        self._future.cancel()

    def result(self, timeout: float | None = None) -> T:
        """What the work returned; raises what it raised, or `Cancelled`."""
        try:
            return self._future.result(timeout)
        except CancelledError:  # cancelled before it began
            raise Cancelled from None


class JobRunner:
    """Two executors: one thread for what writes the vault, a small pool for what only reads."""

    def __init__(self) -> None:
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="vault-writer")
        self._readers = ThreadPoolExecutor(3, thread_name_prefix="vault-reader")
        self._open: list[Job[Any]] = []
        self._lock = threading.Lock()

    def write(self, work: Callable[[JobContext], T]) -> Job[T]:
        """Run `work` on the writer thread, after everything queued before it."""
        return self._start(self._writer, work)

    def read(self, work: Callable[[JobContext], T]) -> Job[T]:
        """Run `work` beside others."""
        return self._start(self._readers, work)

    def _start(self, executor: ThreadPoolExecutor, work: Callable[[JobContext], T]) -> Job[T]:
        context = JobContext()

        def run() -> T:
            context.check()
            return work(context)

        with self._lock:
            job = Job(context, executor.submit(run))
            self._open = [other for other in self._open if not other.done] + [job]
        return job

    def cancel_all(self) -> None:
        """Ask every open job to stop."""
        with self._lock:
            found = list(self._open)
        for job in found:
            job.cancel()

    def close(self) -> None:
        """Cancel what is open and wait for it to end."""
        self.cancel_all()
        self._writer.shutdown(wait=True)
        self._readers.shutdown(wait=True)
