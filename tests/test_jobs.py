"""Jobs: one writer after the other, readers beside, cancelled between whole steps."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Iterator

import pytest

from app.errors import Cancelled
from app.jobs import JobContext, JobRunner, Progress, stand_back


@pytest.fixture
def runner() -> Iterator[JobRunner]:
    runner = JobRunner()
    yield runner
    runner.close()


def test_results_and_failures_come_back(runner: JobRunner) -> None:
    assert runner.write(lambda _: 7).result(5) == 7
    assert runner.read(lambda _: "text").result(5) == "text"
    failing = runner.read(lambda _: 1 // 0)
    with pytest.raises(ZeroDivisionError):
        failing.result(5)
    assert failing.done


def test_writers_go_one_after_the_other_readers_beside(runner: JobRunner) -> None:
    order: list[int] = []
    gate = threading.Event()

    def first(_: JobContext) -> None:
        gate.wait(5)
        order.append(1)

    jobs = [runner.write(first), runner.write(lambda _: order.append(2))]
    assert runner.read(lambda _: list(order)).result(5) == []
    gate.set()
    for job in jobs:
        job.result(5)
    assert order == [1, 2]


def test_progress_is_what_was_last_reported(runner: JobRunner) -> None:
    reported, gate = threading.Event(), threading.Event()

    def work(context: JobContext) -> int:
        context.report(1, 9, "first")
        context.report(3, 9, "second", 40)
        reported.set()
        gate.wait(5)
        return 1

    job = runner.write(work)
    assert reported.wait(5)
    assert job.progress == Progress(3, 9, "second", 40)
    assert not job.done
    gate.set()
    assert job.result(5) == 1
    assert job.progress.records == 40


def test_a_running_job_stops_at_its_next_step(runner: JobRunner) -> None:
    started = threading.Event()
    steps: list[int] = []

    def work(context: JobContext) -> None:
        started.set()
        while True:
            context.report(len(steps))
            steps.append(1)

    job = runner.write(work)
    assert started.wait(5)
    job.cancel()
    with pytest.raises(Cancelled):
        job.result(5)


def test_a_job_not_yet_begun_never_begins(runner: JobRunner) -> None:
    gate = threading.Event()
    ran: list[int] = []
    before = runner.write(lambda _: gate.wait(5))
    job = runner.write(lambda _: ran.append(1))
    job.cancel()
    assert job.done
    gate.set()
    before.result(5)
    with pytest.raises(Cancelled):
        job.result(5)
    assert not ran


def test_whoever_waits_for_a_job_that_is_cancelled_is_told(runner: JobRunner) -> None:
    """The waiting began before the job was cancelled, and the job never did."""
    gate, waiting = threading.Event(), threading.Event()
    told: list[type[BaseException]] = []
    before = runner.write(lambda _: gate.wait(5))
    job = runner.write(lambda _: None)

    def wait() -> None:
        waiting.set()
        try:
            job.result(5)
        except BaseException as error:  # noqa: BLE001 the test looks at whatever came
            told.append(type(error))

    thread = threading.Thread(target=wait)
    thread.start()
    waiting.wait(5)
    job.cancel()
    thread.join(5)
    gate.set()
    before.result(5)
    assert told == [Cancelled]


def test_a_job_that_ends_before_it_notices_has_its_result(runner: JobRunner) -> None:
    gate = threading.Event()
    job = runner.write(lambda context: (gate.wait(5), context.cancelled)[1])
    job.cancel()
    gate.set()
    try:
        assert job.result(5) is True
    except Cancelled:
        assert job.done  # it had not begun


def test_a_result_that_takes_too_long_is_a_timeout(runner: JobRunner) -> None:
    gate = threading.Event()
    job = runner.write(lambda _: gate.wait(5))
    with pytest.raises(TimeoutError):
        job.result(0.01)
    gate.set()
    assert job.result(5)


def test_closing_cancels_and_waits() -> None:
    runner = JobRunner()
    started = threading.Event()

    def work(context: JobContext) -> None:
        started.set()
        while True:
            context.check()

    jobs = [runner.write(work), runner.write(work), runner.read(work)]
    assert started.wait(5)
    runner.close()
    for job in jobs:
        assert job.done
        with pytest.raises(Cancelled):
            job.result()


def test_cancelling_all_while_others_start(runner: JobRunner) -> None:
    stop = threading.Event()

    def start() -> None:
        while not stop.is_set():
            runner.read(lambda _: None)

    threads = [threading.Thread(target=start) for _ in range(2)]
    for thread in threads:
        thread.start()
    for _ in range(300):
        runner.cancel_all()
    stop.set()
    for thread in threads:
        thread.join()
    assert runner.read(lambda _: "on it goes").result(20) == "on it goes"


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere threads have no priority")
@pytest.mark.parametrize(("before", "after"), [(0, 10), (15, 15)])
def test_who_stands_further_back_already_stays_there(before: int, after: int) -> None:
    """For all but an administrator coming forward is an error, and the import would end in it."""
    found: list[int] = []

    def work() -> None:
        thread = threading.get_native_id()
        if before:
            os.setpriority(os.PRIO_PROCESS, thread, before)
        stand_back()
        found.append(os.getpriority(os.PRIO_PROCESS, thread))

    beside = threading.Thread(target=work)
    beside.start()
    beside.join()
    assert found == [max(after, os.getpriority(os.PRIO_PROCESS, 0))]
