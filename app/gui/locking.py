"""When to lock without being asked: nobody there, screen locked, asleep, another user in front.

The watch tells; the window locks. Idle is measured by what reaches this program's windows, so a
film watched elsewhere is idle here. It waits while work runs that the person started and left.
"""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable
from typing import Final

import shiboken6
from PySide6.QtCore import QEvent, QObject, QTimer, Signal
from PySide6.QtGui import QGuiApplication, QWindow

from app.gui.desktop import Desktop

TICK_MS: Final = 5_000
LAST_TICK_MS: Final = 1_000
WARNING_SECONDS: Final = 30.0
SLEPT_SECONDS: Final = 60.0
"""A tick later than this was slept through: nothing else keeps the window's thread so long."""
_SIGNS: Final = frozenset(
    {
        QEvent.Type.KeyPress,
        QEvent.Type.InputMethod,
        QEvent.Type.MouseButtonPress,
        QEvent.Type.MouseMove,
        QEvent.Type.Wheel,
        QEvent.Type.TouchBegin,
        QEvent.Type.TouchUpdate,
        QEvent.Type.TabletPress,
        QEvent.Type.TabletMove,
        QEvent.Type.DragMove,
        QEvent.Type.Drop,
    }
)


def clock() -> float:
    """Seconds that go on while the computer sleeps, and that setting its clock does not move."""
    counts_sleep = {"linux": "CLOCK_BOOTTIME", "darwin": "CLOCK_MONOTONIC"}.get(sys.platform, "")
    if counts_sleep:
        return time.clock_gettime(getattr(time, counts_sleep))
    return time.monotonic()  # on Windows it goes on


def nothing_runs() -> bool:
    """No work is under way."""
    return False


class Watch(QObject):
    """Emits `wanted` with why to lock, and `soon` with the seconds left; 0 when that is off again.

    `minutes` 0 never locks for being idle. It watches between `start` and `stop`.
    """

    wanted = Signal(str)
    soon = Signal(int)

    def __init__(
        self,
        minutes: int,
        parent: QObject | None = None,
        *,
        now: Callable[[], float] = clock,
        busy: Callable[[], bool] = nothing_runs,
    ) -> None:
        super().__init__(parent)
        self.minutes = minutes
        self._now, self._busy = now, busy
        self._touched = self._ticked = 0.0
        self._warned = False
        self._windows: list[QWindow] = []
        self._timer = QTimer(self)
        self._timer.timeout.connect(self.tick)
        self.desktop = Desktop(self)
        self.desktop.left.connect(self.wanted)

    def start(self) -> None:
        """Watch from now on."""
        self._touched = self._ticked = self._now()
        self._timer.start(TICK_MS)
        application = QGuiApplication.instance()
        if isinstance(application, QGuiApplication):
            application.focusWindowChanged.connect(self._meet)
            self._meet(application.focusWindow())
        self.desktop.listen()

    def stop(self) -> None:
        """Watch no longer."""
        self._timer.stop()
        self._warned = False
        application = QGuiApplication.instance()
        if isinstance(application, QGuiApplication):
            application.focusWindowChanged.disconnect(self._meet)
        for window in self._windows:
            if shiboken6.isValid(window):
                window.removeEventFilter(self)
        self._windows.clear()
        self.desktop.stop()

    def _meet(self, window: QWindow | None) -> None:
        """Windows get all input before their widgets do, and little else: cheap to listen to."""
        self.touch()
        self._windows = [each for each in self._windows if shiboken6.isValid(each)]
        if window is not None and window not in self._windows:
            self._windows.append(window)
            window.installEventFilter(self)

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        """Notice that somebody is there; everything goes on to where it was going."""
        if event.type() in _SIGNS:
            self.touch()
        return False

    def touch(self) -> None:
        """Somebody is there."""
        self._touched = self._now()
        if self._warned:
            self._warned = False
            self._timer.setInterval(TICK_MS)
            self.soon.emit(0)

    def tick(self) -> None:
        """Look at the clock."""
        now = self._now()
        late, self._ticked = now - self._ticked, now
        if late > SLEPT_SECONDS:
            self.wanted.emit("sleep")
        elif self._busy():
            self.touch()
        elif self.minutes:
            self._judge(self.minutes * 60 - (now - self._touched))

    def _judge(self, left: float) -> None:
        if left <= 0:
            self.wanted.emit("idle")
        elif left <= WARNING_SECONDS:
            self._warned = True
            self._timer.setInterval(LAST_TICK_MS)
            self.soon.emit(math.ceil(left))
