"""Jobs on worker threads, answers on the main thread.

`Bridge.run` starts work on a `JobRunner` and calls back on the main thread when it ended. It polls:
no Qt object ever exists on a worker, no signal is sent per record, and nothing pumps events. A
callback whose context was deleted meanwhile is dropped. `Bridge.listen` brings what services
publish, from whatever thread, to one Qt signal.
"""

from __future__ import annotations

import gc
import threading
from collections import deque
from collections.abc import Callable
from typing import Any, Final, Protocol, TypeVar

import shiboken6
from PySide6.QtCore import QObject, QTimer, Signal

from app import crash
from app.errors import Cancelled, UserError, from_os_error
from app.i18n import mark
from app.jobs import Job, JobContext, JobRunner, Progress

T = TypeVar("T")

POLL_MS: Final = 100
FIRST_POLL_MS: Final = 10
EAGER_POLLS: Final = 30
COLLECT_MS: Final = 60_000
NEXT_PICTURE_MS: Final = 30


class Publisher(Protocol):
    """What `Bridge.listen` listens to: a session's events."""

    def subscribe(self, callback: Callable[[Any], None], /) -> object:
        """Call `callback` with every change from now on."""


class Pending:
    """One job under way and whom to tell."""

    def __init__(
        self,
        job: Job[Any],
        context: QObject,
        *,
        done: Callable[[Any], object] | None,
        failed: Callable[[UserError], object] | None,
        cancelled: Callable[[], object] | None,
        progress: Callable[[Progress], object] | None,
    ) -> None:
        self.job = job
        self.context = context
        self._done, self._failed = done, failed
        self._cancelled, self._progress = cancelled, progress
        self._seen: Progress | None = None

    def tell(self) -> None:
        """Pass a new progress on, if anybody still listens."""
        latest = self.job.progress
        if self._progress and latest is not self._seen and shiboken6.isValid(self.context):
            self._seen = latest
            self._progress(latest)

    def finish(self) -> None:
        """Call the one callback that fits how the job ended."""
        try:
            result = self.job.result()
        except Cancelled:
            self._call(self._cancelled)
        except Exception as error:  # noqa: BLE001 - the last stop of every exception of a job
            self._call(self._failed, as_user_error(error))
        else:
            self._call(self._done, result)

    def _call(self, callback: Callable[..., object] | None, *values: object) -> None:
        if callback is not None and shiboken6.isValid(self.context):
            callback(*values)


class Bridge(QObject):
    """Between jobs and widgets. Made, used and destroyed on the main thread."""

    changed = Signal(object)

    def __init__(
        self, runner: JobRunner, parent: QObject | None = None, listener: Bridge | None = None
    ) -> None:
        """`listener` is the bridge that tells what jobs of this one change."""
        super().__init__(parent)
        self._runner = runner
        self._listener = listener
        self._pending: list[Pending] = []
        self._heard: deque[Any] = deque()
        self._polls = 0
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._poll)

    def run(
        self,
        context: QObject,
        work: Callable[[JobContext], T],
        done: Callable[[T], object] | None = None,
        failed: Callable[[UserError], object] | None = None,
        *,
        cancelled: Callable[[], object] | None = None,
        progress: Callable[[Progress], object] | None = None,
        writes: bool = False,
    ) -> Job[T]:
        """Start `work` and call back while `context` lives.

        `writes=True` for anything that changes the vault: those run one after another. Callbacks
        are bound methods. The job given back can be cancelled.
        """
        start = self._runner.write if writes else self._runner.read
        job = start(work)
        self._pending.append(
            Pending(job, context, done=done, failed=failed, cancelled=cancelled, progress=progress)
        )
        self._polls = 0
        self._timer.start(FIRST_POLL_MS)
        return job

    def soon(self, begin: Callable[[], object]) -> None:
        """Call `begin` after the next picture: what it loads would hold that one up."""
        wait = QTimer(self, singleShot=True, interval=NEXT_PICTURE_MS)
        wait.timeout.connect(begin)
        wait.timeout.connect(wait.deleteLater)
        wait.start()

    def listen(self, publisher: Publisher) -> None:
        """Emit `changed` on the main thread for everything `publisher` says."""
        publisher.subscribe(self._hear)

    def _hear(self, change: object) -> None:
        self._heard.append(change)
        # A worker's changes are found by the poll that waits for its job.
        if threading.current_thread() is threading.main_thread():
            self.pass_on()

    def pass_on(self) -> None:
        """Tell soon what was heard."""
        if self._heard and not self._timer.isActive():
            self._polls = 0
            self._timer.start(FIRST_POLL_MS)

    @property
    def busy(self) -> bool:
        """Whether any job is under way, or about to be."""
        return bool(self._pending) or any(wait.isActive() for wait in self._waits())

    def _waits(self) -> list[QTimer]:
        return [timer for timer in self.findChildren(QTimer) if timer is not self._timer]

    def stop(self) -> list[Job[Any]]:
        """Forget all callbacks; gives the jobs that go on until their runner is closed."""
        for timer in (self._timer, *self._waits()):
            timer.stop()
        jobs = [pending.job for pending in self._pending]
        self._pending.clear()
        self._heard.clear()
        return jobs

    def _poll(self) -> None:
        self._polls += 1
        if self._polls == EAGER_POLLS:
            self._timer.setInterval(POLL_MS)
        for pending in self._pending:
            pending.tell()
        ended = [pending for pending in self._pending if pending.job.done]
        self._pending = [pending for pending in self._pending if pending not in ended]
        while self._heard:
            self.changed.emit(self._heard.popleft())
        for pending in ended:
            pending.finish()
        if ended and self._listener is not None and shiboken6.isValid(self._listener):
            self._listener.pass_on()
        if not self._pending and not self._heard:
            self._timer.stop()


class Collector(QObject):
    """Collects garbage on the main thread only: a cycle of widgets freed elsewhere crashes Qt."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        gc.disable()
        self._timer = QTimer(self)
        self._timer.timeout.connect(self.collect)
        self._timer.start(COLLECT_MS)

    def collect(self) -> None:
        """Collect now."""
        gc.collect()

    def stop(self) -> None:
        """Hand the work back to Python."""
        self._timer.stop()
        gc.enable()


def as_user_error(error: BaseException) -> UserError:
    """Any exception as something to show. Of a bug a report without values is kept."""
    if isinstance(error, UserError):
        return error
    if isinstance(error, OSError):
        return from_os_error(error)
    crash.keep(crash.lines(error))
    return UserError(
        "bug",
        mark("Something went wrong inside the program."),
        mark("Nothing was changed by the step that failed."),
        mark("Try again. If it happens again, please report the code shown here."),
    )
