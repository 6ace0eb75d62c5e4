"""What a Linux desktop says: screen locked, about to sleep, another user in front.

Signals on D-Bus, listened to where there is a bus. Elsewhere, and where the bus is silent, the
watch in `locking` still notices a sleep by the clock.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any, Final

from PySide6.QtCore import SLOT as _SLOT
from PySide6.QtCore import QObject, Signal, Slot

if TYPE_CHECKING:
    from PySide6.QtDBus import QDBusConnection, QDBusMessage

LOGIN: Final = "org.freedesktop.login1"
SESSION: Final = f"{LOGIN}.Session"
OWN_SESSION: Final = "/org/freedesktop/login1/session/auto"
PROPERTIES: Final = "org.freedesktop.DBus.Properties"
SCREEN_SAVERS: Final = (
    "org.freedesktop.ScreenSaver",
    "org.gnome.ScreenSaver",
    "org.cinnamon.ScreenSaver",
    "org.mate.ScreenSaver",
    "org.xfce.ScreenSaver",
)


def slot(signature: str) -> Any:
    """The name under which Qt finds a slot; its stubs want bytes, and it wants text."""
    return _SLOT(signature)


_BUS_NAMES: Final = {"session": "mydata-session", "system": "mydata-system"}


def address(kind: str) -> str:
    """Where the "session" or "system" bus is, or "" where there is none: Qt would start one."""
    if sys.platform != "linux":
        return ""
    if named := os.environ.get(f"DBUS_{kind.upper()}_BUS_ADDRESS"):
        return named
    runtime = os.environ.get("XDG_RUNTIME_DIR", "")
    socket = f"{runtime}/bus" if kind == "session" and runtime else "/run/dbus/system_bus_socket"
    return f"unix:path={socket}" if os.path.exists(socket) else ""  # noqa: PTH110


class Desktop(QObject):
    """Emits `left` with "screen", "sleep" or "user" when nobody may be in front any more."""

    left = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._system: QDBusConnection | None = None

    def listen(self) -> None:
        """Begin. It costs a few milliseconds, and nothing where there is no bus."""
        if session := self._bus("session"):
            for name in SCREEN_SAVERS:
                session.connect("", "", name, "ActiveChanged", self, slot("_saver(bool)"))
        if system := self._bus("system"):
            self._system = system
            manager = f"{LOGIN}.Manager"
            system.connect("", "", manager, "PrepareForSleep", self, slot("_sleeping(bool)"))
            system.connect("", "", SESSION, "Lock", self, slot("_locked()"))
            heard = slot("_changed(QDBusMessage)")
            system.connect("", "", PROPERTIES, "PropertiesChanged", self, heard)

    @staticmethod
    def _bus(kind: str) -> QDBusConnection | None:
        where = address(kind)
        if not where:
            return None
        from PySide6.QtDBus import QDBusConnection

        bus = QDBusConnection.connectToBus(where, _BUS_NAMES[kind])
        return bus if bus.isConnected() else None

    def stop(self) -> None:
        """Let go of both buses."""
        if "PySide6.QtDBus" in sys.modules:
            from PySide6.QtDBus import QDBusConnection

            self._system = None
            for name in _BUS_NAMES.values():
                QDBusConnection.disconnectFromBus(name)

    # -- what is heard

    @Slot(bool)
    def _saver(self, active: bool) -> None:
        if active:
            self.left.emit("screen")

    @Slot(bool)
    def _sleeping(self, about_to: bool) -> None:
        if about_to:
            self.left.emit("sleep")

    @Slot()
    def _locked(self) -> None:
        self.left.emit("screen")

    @Slot("QDBusMessage")
    def _changed(self, change: QDBusMessage) -> None:
        """Something about some session changed: ask whether ours is still the one in front."""
        from PySide6.QtDBus import QDBusMessage

        if self._system is not None and change.arguments()[:1] == [SESSION]:
            question = QDBusMessage.createMethodCall(LOGIN, OWN_SESSION, PROPERTIES, "Get")
            question.setArguments([SESSION, "Active"])
            self._system.callWithCallback(question, self, slot("_answered(QDBusMessage)"))

    @Slot("QDBusMessage")
    def _answered(self, answer: QDBusMessage) -> None:
        found: list[Any] = list(answer.arguments())
        if [each.variant() if hasattr(each, "variant") else each for each in found] == [False]:
            self.left.emit("user")
