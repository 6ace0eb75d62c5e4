"""Locking without being asked, and everything that has to be gone from the screen afterwards."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import shiboken6
from PySide6.QtCore import QObject, QPoint, QPointF, Qt
from PySide6.QtDBus import QDBusConnection
from PySide6.QtGui import QClipboard, QGuiApplication, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QMenu, QMessageBox
from pytestqt.qtbot import QtBot

from app import paths
from app.gui import desktop
from app.gui.clipboard import HINTS, SecretCopy, clear_ours, hints
from app.gui.locking import SLEPT_SECONDS, WARNING_SECONDS, Watch, clock
from app.gui.main_window import MainWindow
from app.gui.views.unlock import UnlockView
from app.gui.widgets.fields import PassphraseField
from app.jobs import JobContext
from app.services import exporting
from app.services import session as sessions
from app.settings import Settings
from app.vault import keys
from tests.gui.conftest import WORDS
from tests.gui.life import fill, spending
from tests.secretstore import secretservice

WAIT = 20_000


class Clock:
    """A clock that the test moves."""

    def __init__(self) -> None:
        self.time = 1_000.0

    def __call__(self) -> float:
        return self.time


class Heard(QObject):
    """What a watch said."""

    def __init__(self, watch: Watch) -> None:
        super().__init__()
        self.reasons: list[str] = []
        self.left: list[int] = []
        watch.wanted.connect(self.reasons.append)
        watch.soon.connect(self.left.append)


@pytest.fixture
def moved() -> Clock:
    return Clock()


def pass_time(watch: Watch, moved: Clock, seconds: float) -> None:
    """Let time go by as it does, tick by tick."""
    for _ in range(int(seconds / 5)):
        moved.time += 5
        watch.tick()


@pytest.fixture
def watch(qtbot: QtBot, moved: Clock, monkeypatch: pytest.MonkeyPatch) -> Iterator[Watch]:
    monkeypatch.setattr(desktop, "address", lambda _kind: "")
    made = Watch(2, now=moved)
    made.start()
    yield made
    made.stop()
    made.deleteLater()


# --- When ---------------------------------------------------------------------------------------


def test_nobody_there_for_long_enough_locks(watch: Watch, moved: Clock) -> None:
    heard = Heard(watch)
    pass_time(watch, moved, 120 - WARNING_SECONDS - 5)
    assert (heard.reasons, heard.left) == ([], [])
    pass_time(watch, moved, WARNING_SECONDS)
    assert heard.reasons == []
    assert heard.left == [30, 25, 20, 15, 10, 5]
    pass_time(watch, moved, 5)
    assert heard.reasons == ["idle"]


def test_a_sign_of_life_ends_the_countdown(watch: Watch, moved: Clock) -> None:
    heard = Heard(watch)
    pass_time(watch, moved, 100)
    watch.touch()
    assert heard.left[-1] == 0
    pass_time(watch, moved, 60)
    assert heard.reasons == []
    assert heard.left[-1] == 0


def test_zero_minutes_never_lock(watch: Watch, moved: Clock) -> None:
    heard = Heard(watch)
    watch.minutes = 0
    pass_time(watch, moved, 100_000)
    assert (heard.reasons, heard.left) == ([], [])


def test_work_that_was_left_running_counts_as_somebody(
    qtbot: QtBot, moved: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desktop, "address", lambda _kind: "")
    running = [True]
    watch = Watch(2, now=moved, busy=lambda: running[0])
    heard = Heard(watch)
    watch.start()
    pass_time(watch, moved, 600)
    assert heard.reasons == []
    running[0] = False
    pass_time(watch, moved, 100)
    assert heard.reasons == []
    pass_time(watch, moved, 20)
    assert heard.reasons == ["idle"]
    watch.stop()


def test_r08_waking_up_after_a_sleep_locks_at_once(watch: Watch, moved: Clock) -> None:
    heard = Heard(watch)
    watch.minutes = 0
    moved.time += SLEPT_SECONDS + 1
    watch.tick()
    assert heard.reasons == ["sleep"]


def test_r08_the_clock_counts_on_and_is_not_the_wall_clock() -> None:
    first = clock()
    assert clock() >= first
    if sys.platform == "linux":
        uptime = float(Path("/proc/uptime").read_text().split()[0])
        assert abs(clock() - uptime) < 60


def test_keys_and_mouse_in_any_window_are_signs_of_life(
    qtbot: QtBot, watch: Watch, moved: Clock
) -> None:
    heard = Heard(watch)
    window, dialog = QMessageBox(), QMessageBox()
    for each in (window, dialog):
        qtbot.addWidget(each)
        each.show()
        with qtbot.waitActive(each):
            each.activateWindow()
        pass_time(watch, moved, 100)
        QTest.keyClick(each.windowHandle(), Qt.Key.Key_Shift)
        assert heard.left[-1] == 0
        pass_time(watch, moved, 100)
        QTest.mouseMove(each.windowHandle(), QPoint(5, 5))
        QApplication.sendEvent(each.windowHandle(), wheel())
        assert heard.left[-1] == 0
    assert heard.reasons == []


def wheel() -> QWheelEvent:
    return QWheelEvent(
        QPointF(5, 5),
        QPointF(5, 5),
        QPoint(),
        QPoint(0, 120),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )


# --- What the desktop says, over a real bus -----------------------------------------------------

LOGIND = """
import sys
from jeepney import DBusAddress, MessageType, new_method_return, new_signal
from jeepney.bus_messages import message_bus
from jeepney.io.blocking import open_dbus_connection

def signal(path, interface, member, signature, *body):
    bus.send(new_signal(DBusAddress(path, interface=interface), member, signature, body))

SESSION = "org.freedesktop.login1.Session"
with open_dbus_connection("SESSION") as bus:
    bus.send_and_get_reply(message_bus.RequestName("org.freedesktop.login1"))
    print("here", flush=True)
    for line in sys.stdin:
        what = line.strip()
        if what in ("sleep", "wake"):
            place = "/org/freedesktop/login1", "org.freedesktop.login1.Manager"
            signal(*place, "PrepareForSleep", "b", what == "sleep")
        elif what == "lock":
            signal("/org/freedesktop/login1/session/_31", SESSION, "Lock", None)
        elif what in ("saver", "gone"):
            place = "/org/gnome/ScreenSaver", "org.gnome.ScreenSaver"
            signal(*place, "ActiveChanged", "b", what == "saver")
        else:
            front = what == "front"
            changed = SESSION, {"Active": ("b", front)}, []
            place = "/org/freedesktop/login1/session/_31", "org.freedesktop.DBus.Properties"
            signal(*place, "PropertiesChanged", "sa{sv}as", *changed)
            while (asked := bus.receive()).header.message_type != MessageType.method_call:
                pass
            assert asked.body == (SESSION, "Active")
            bus.send(new_method_return(asked, "v", (("b", front),)))
"""


class Logind:
    """Plays what a login manager and a screen saver say."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def say(self, what: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{what}\n")
        self._process.stdin.flush()


@pytest.fixture
def logind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Logind]:
    if why := secretservice.missing():
        pytest.skip(f"a private bus {why}")
    with secretservice.bus(tmp_path) as address:
        for kind in ("SESSION", "SYSTEM"):
            monkeypatch.setenv(f"DBUS_{kind}_BUS_ADDRESS", address)
        process = subprocess.Popen(
            [sys.executable, "-c", LOGIND], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        assert process.stdout.readline() == "here\n"
        yield Logind(process)
        process.communicate(timeout=WAIT / 1000)
        assert process.returncode == 0


@pytest.mark.parametrize(
    ("said", "reason"),
    [("sleep", "sleep"), ("lock", "screen"), ("saver", "screen"), ("back", "user")],
)
def test_r08_the_desktop_says_when_nobody_is_in_front(
    qtbot: QtBot, logind: Logind, said: str, reason: str
) -> None:
    watch = Watch(0)
    heard = Heard(watch)
    watch.start()
    for harmless in ("wake", "gone", "front"):
        logind.say(harmless)
    qtbot.wait(50)
    assert heard.reasons == []
    logind.say(said)
    qtbot.waitUntil(lambda: bool(heard.reasons), timeout=WAIT)
    assert heard.reasons == [reason]
    watch.stop()


def test_without_a_bus_nothing_is_started(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for kind in ("SESSION", "SYSTEM"):
        monkeypatch.setenv(f"DBUS_{kind}_BUS_ADDRESS", f"unix:path={tmp_path}/none")
    moved = Clock()
    watch = Watch(0, now=moved)
    heard = Heard(watch)
    watch.start()
    names = ("mydata-session", "mydata-system")
    assert [name for name in names if QDBusConnection(name).isConnected()] == []
    moved.time += SLEPT_SECONDS + 1
    watch.tick()
    assert heard.reasons == ["sleep"]
    watch.stop()


# --- What is gone afterwards --------------------------------------------------------------------


@pytest.fixture
def window(qtbot: QtBot, tmp_path: Path) -> Iterator[MainWindow]:
    """An open vault with some records in a real window."""
    session, _key = sessions.create(tmp_path / "vault", WORDS, cost=keys.LOWEST)
    fill(session, spending())
    session.close()
    made = MainWindow(Settings(), tmp_path / "vault")
    made.show()
    made.start()
    view = gate(made)
    view.passphrase.line.setText(WORDS)
    view.open.click()
    qtbot.waitUntil(lambda: made.shell is not None, timeout=WAIT)
    yield made
    made.close()
    made.deleteLater()


def gate(window: MainWindow) -> UnlockView:
    view = window.centralWidget()
    assert isinstance(view, UnlockView)
    return view


def test_the_watch_locks_the_window_and_says_so_before(window: MainWindow, qtbot: QtBot) -> None:
    window.watch.soon.emit(12)
    assert window._countdown is not None
    assert "12 s" in window._countdown.accessibleName()
    assert window._countdown.isVisibleTo(window)
    window.watch.soon.emit(0)
    assert not window._countdown.isVisibleTo(window)
    window.watch.wanted.emit("idle")
    assert window.session is None
    assert gate(window).passphrase.text() == ""
    assert "lock.idle" in (paths.state_folder() / "events.log").read_text()


def test_nothing_of_the_vault_is_left_in_widgets(window: MainWindow, qtbot: QtBot) -> None:
    assert window.shell is not None
    window.shell.go("timeline")
    qtbot.waitUntil(lambda: not window._working(), timeout=WAIT)
    shell = window.shell
    window.lock()
    qtbot.waitUntil(lambda: not shiboken6.isValid(shell), timeout=WAIT)
    left = [type(each).__name__ for each in QApplication.allWidgets() if each.window() is window]
    assert "Shell" not in left
    assert "TimelinePage" not in left
    assert window._bridge is None


@pytest.mark.qt_log_ignore("does not support", extend=True)
def test_r05_dialogs_menus_and_what_was_copied_are_gone_at_lock(
    window: MainWindow, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Drawn without a screen, Qt does not know who filled the clipboard.
    monkeypatch.setattr(QClipboard, "ownsClipboard", lambda _clipboard: True)
    box = QMessageBox(window)
    box.setText("a question about a record")
    box.open()
    picker = QFileDialog(window)
    picker.setOption(QFileDialog.Option.DontUseNativeDialog)
    picker.open()
    menu = QMenu(window)
    menu.addAction("x")
    menu.popup(QPoint(10, 10))
    QGuiApplication.clipboard().setText("-12.50 GBP")
    window.watch.wanted.emit("screen")
    assert not box.isVisible()
    assert not picker.isVisible()
    assert not menu.isVisible()
    assert QGuiApplication.clipboard().text() == ""
    assert window.session is None


def test_r05_a_dialog_that_waits_for_its_answer_is_let_go(window: MainWindow, qtbot: QtBot) -> None:
    answers: list[str] = []

    def lock() -> None:
        window.watch.wanted.emit("screen")

    timer = QObject(window)
    timer.startTimer(0)
    timer.timerEvent = lambda _event: lock()  # type: ignore[method-assign]
    name, _ = QFileDialog.getSaveFileName(
        window, "", "", options=QFileDialog.Option.DontUseNativeDialog
    )
    answers.append(name)
    timer.deleteLater()
    assert answers == [""]
    assert window.session is None


def test_r05_an_export_under_way_stops_and_leaves_nothing(
    window: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    assert window.session is not None
    session, folder = window.session, tmp_path / "out"
    folder.mkdir()

    def work(job: JobContext) -> list[Path]:
        while not job.cancelled:  # the lock comes in the middle of it
            time.sleep(0.005)
        return exporting.export(session, folder, context=job)

    running = session.jobs.write(work)
    window.watch.wanted.emit("sleep")
    qtbot.waitUntil(lambda: running.done, timeout=WAIT)
    assert list(folder.rglob("*")) == []


def test_after_a_lock_another_program_may_open_the_vault(
    window: MainWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    window.lock()
    assert window._closing is not None
    window._closing.close()
    sessions.unlock(tmp_path / "vault", WORDS).close()


# --- Secrets on the way -------------------------------------------------------------------------


def test_r01_a_copied_secret_is_marked_and_goes_by_itself(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.gui.clipboard.CLEAR_MS", 50)
    copied = SecretCopy()
    clipboard = QGuiApplication.clipboard()
    copied.put("AB00-AB01")
    assert clipboard.text() == "AB00-AB01"
    for name, value in HINTS.items():
        assert clipboard.mimeData().data(name).data() == value
    qtbot.waitUntil(lambda: clipboard.text() == "", timeout=WAIT)


def test_r01_what_was_copied_since_is_left_alone(qtbot: QtBot) -> None:
    copied = SecretCopy()
    copied.put("AB00-AB01")
    QGuiApplication.clipboard().setText("something else")
    copied.clear()
    assert QGuiApplication.clipboard().text() == "something else"


def test_r01_a_copied_secret_is_gone_at_lock_and_at_the_end(qtbot: QtBot) -> None:
    SecretCopy().put("AB00-AB01")
    clear_ours()
    assert QGuiApplication.clipboard().text() == ""


def test_r01_windows_is_told_in_its_own_words() -> None:
    told = {
        name.partition('value="')[2].rstrip('"'): value for name, value in hints("win32").items()
    }
    assert told["ExcludeClipboardContentFromMonitorProcessing"]
    assert told["CanIncludeInClipboardHistory"] == bytes(4)
    assert told["CanUploadToCloudClipboard"] == bytes(4)
    assert hints("linux")["x-kde-passwordManagerHint"] == b"secret"
    assert "application/x-nspasteboard-concealed-type" in hints("darwin")


def test_r06_a_passphrase_field_remembers_nothing_and_tells_nothing(qtbot: QtBot) -> None:
    from PySide6.QtGui import QAccessible

    field = PassphraseField("Passphrase")
    qtbot.addWidget(field)
    field.show()
    QTest.keyClicks(field.line, "orbit lantern")
    told = QAccessible.queryAccessibleInterface(field.line)
    said = [told.text(part) for part in (QAccessible.Text.Value, QAccessible.Text.Description)]
    assert not any("orbit" in each for each in said)
    wanted = Qt.InputMethodHint.ImhSensitiveData | Qt.InputMethodHint.ImhNoPredictiveText
    assert field.line.inputMethodHints() & wanted == wanted
    field.eye.click()
    assert field.line.inputMethodHints() & wanted == wanted
    QTest.keyClick(field.line, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert field.text() == "orbit lantern"
    field.clear()
    QTest.keyClick(field.line, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    field.line.undo()
    assert field.text() == ""
