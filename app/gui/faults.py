"""Faults while the window is open: the report is kept elsewhere, here the person is told where."""

from __future__ import annotations

import re
import sys
from pathlib import Path

from PySide6.QtCore import QMessageLogContext, QObject, QtMsgType, Signal

from app import eventlog

_LEVELS = {
    QtMsgType.QtInfoMsg: 20,
    QtMsgType.QtWarningMsg: 30,
    QtMsgType.QtCriticalMsg: 50,
}


class Faults(QObject):
    """Emits `found` with the report's file, on the main thread, whatever thread failed."""

    found = Signal(str)

    def tell(self, _lines: list[str], kept: Path | None) -> None:
        """Take what `crash.install` tells. The same fault is told once."""
        if kept is not None:
            self.found.emit(str(kept))


def hear_qt(kind: QtMsgType, where: QMessageLogContext, text: str) -> None:
    """Note that Qt said something, not what, for it quotes texts. Its last words are shown."""
    if kind == QtMsgType.QtFatalMsg:
        sys.stderr.write("Qt: " + text + "\n")
    elif kind in _LEVELS:
        category = re.sub(r"[^a-z0-9_.-]", "-", str(where.category or "default").lower())
        eventlog.note(f"qt.{category}"[:64], level=_LEVELS[kind])
