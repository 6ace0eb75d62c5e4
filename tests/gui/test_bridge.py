"""Jobs answer on the main thread, once, and only to those who are still there."""

from __future__ import annotations

import gc
import logging
import threading

import pytest
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from app import crash, paths
from app.errors import InputRefused, UserError
from app.events import Events
from app.gui.bridge import Bridge, Collector, as_user_error
from app.jobs import JobContext, JobRunner, Progress


class Listener(QObject):
    def __init__(self) -> None:
        super().__init__()
        self.results: list[object] = []
        self.errors: list[UserError] = []
        self.progress: list[Progress] = []
        self.cancellations = 0
        self.threads: set[threading.Thread] = set()

    def done(self, result: object) -> None:
        self.threads.add(threading.current_thread())
        self.results.append(result)

    def failed(self, error: UserError) -> None:
        self.threads.add(threading.current_thread())
        self.errors.append(error)

    def reported(self, progress: Progress) -> None:
        self.progress.append(progress)

    def stopped(self) -> None:
        self.cancellations += 1


def test_a_result_arrives_on_the_main_thread(bridge: Bridge, qtbot: QtBot) -> None:
    listener = Listener()
    worked: list[threading.Thread] = []

    def work(_context: JobContext) -> int:
        worked.append(threading.current_thread())
        return 42

    bridge.run(listener, work, listener.done, listener.failed)
    qtbot.waitUntil(lambda: bool(listener.results))
    assert listener.results == [42]
    assert listener.threads == {threading.main_thread()}
    assert worked != [threading.main_thread()]
    assert not bridge.busy


def test_an_error_for_the_person_arrives_as_it_is(bridge: Bridge, qtbot: QtBot) -> None:
    listener = Listener()
    raised = InputRefused("code", "Title", "Detail", "Next")

    def work(_context: JobContext) -> None:
        raise raised

    bridge.run(listener, work, listener.done, listener.failed)
    qtbot.waitUntil(lambda: bool(listener.errors))
    assert listener.errors == [raised]
    assert listener.results == []


def test_cancelling_calls_neither_done_nor_failed(bridge: Bridge, qtbot: QtBot) -> None:
    listener = Listener()
    started = threading.Event()

    def work(context: JobContext) -> None:
        while True:
            started.set()
            context.check()

    job = bridge.run(
        listener, work, listener.done, listener.failed, cancelled=listener.stopped, writes=True
    )
    started.wait()
    job.cancel()
    qtbot.waitUntil(lambda: listener.cancellations == 1)
    assert not listener.results
    assert not listener.errors


def test_progress_is_told_while_the_job_runs(bridge: Bridge, qtbot: QtBot) -> None:
    listener = Listener()
    seen = threading.Event()

    def work(context: JobContext) -> None:
        context.report(3, 10, "file.csv", 7)
        seen.wait(5)

    bridge.run(listener, work, listener.done, progress=listener.reported)
    qtbot.waitUntil(lambda: Progress(3, 10, "file.csv", 7) in listener.progress)
    seen.set()
    qtbot.waitUntil(lambda: listener.results == [None])


def test_a_callback_dies_with_its_context(bridge: Bridge, qtbot: QtBot) -> None:
    parent = QObject()
    kept, gone = Listener(), Listener()
    gone.setParent(parent)
    release = threading.Event()
    bridge.run(gone, lambda _c: release.wait(5), gone.done)
    bridge.run(kept, lambda _c: release.wait(5), kept.done)
    parent.deleteLater()
    qtbot.waitUntil(lambda: not _alive(gone))
    release.set()
    qtbot.waitUntil(lambda: bool(kept.results) and not bridge.busy)
    assert gone.results == []


def _alive(thing: QObject) -> bool:
    import shiboken6

    return shiboken6.isValid(thing)


def test_changes_published_by_a_worker_are_heard_on_the_main_thread(
    bridge: Bridge, qtbot: QtBot
) -> None:
    events = Events()
    listener = Listener()
    bridge.listen(events)
    bridge.changed.connect(listener.done)

    def work(_context: JobContext) -> None:
        events.publish("records")

    bridge.run(listener, work)
    qtbot.waitUntil(lambda: listener.results == [frozenset({"records"})])
    events.publish("people")
    qtbot.waitUntil(lambda: listener.results[-1] == frozenset({"people"}))
    assert listener.threads == {threading.main_thread()}


def test_nothing_is_told_after_stopping(runner: JobRunner, qtbot: QtBot) -> None:
    bridge, listener = Bridge(runner), Listener()
    job = bridge.run(listener, lambda _c: 1, listener.done)
    bridge.stop()
    job.result(5)
    qtbot.wait(40)
    assert listener.results == []


def test_a_bug_is_reported_without_what_it_was_about(caplog: pytest.LogCaptureFixture) -> None:
    def read(amount: str) -> int:
        return int(amount)

    with caplog.at_level(logging.DEBUG), pytest.raises(ValueError, match="rent") as caught:
        read("rent for Minji")
    shown = as_user_error(caught.value)
    (report,) = (paths.state_folder() / crash.FOLDER).glob("fault-*.txt")
    text = report.read_text("utf-8")
    assert shown.code == "bug"
    assert "Minji" not in caplog.text + text + str(shown)
    assert "test_bridge.read:" in text
    assert "ValueError" in text


def test_the_computers_troubles_become_sentences() -> None:
    assert as_user_error(PermissionError(13, "no", "there/file.csv")).code == "no-permission"


def test_garbage_is_collected_on_the_main_thread_only(qtbot: QtBot) -> None:
    owner = QObject()
    collector = Collector(owner)
    assert not gc.isenabled()
    collector.collect()
    collector.stop()
    assert gc.isenabled()
