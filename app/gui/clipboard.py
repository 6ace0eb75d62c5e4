"""Copying a secret: marked so that clipboard histories leave it alone, and gone again soon."""

from __future__ import annotations

import sys
from typing import Final

from PySide6.QtCore import QMimeData, QObject, QTimer
from PySide6.QtGui import QClipboard, QGuiApplication

CLEAR_MS: Final = 20_000
HINTS: Final[dict[str, bytes]] = {
    "x-kde-passwordManagerHint": b"secret",
    "application/x-nspasteboard-concealed-type": b"1",
}
_WINDOWS: Final[dict[str, bytes]] = {
    "ExcludeClipboardContentFromMonitorProcessing": b"1",
    "CanIncludeInClipboardHistory": bytes(4),
    "CanUploadToCloudClipboard": bytes(4),
}


def hints(platform: str = sys.platform) -> dict[str, bytes]:
    """Format to content that tell the clipboard programs of `platform` to look away."""
    if platform != "win32":
        return HINTS
    name = 'application/x-qt-windows-mime;value="{}"'
    return HINTS | {name.format(each): value for each, value in _WINDOWS.items()}


class SecretCopy(QObject):
    """What was copied last. It goes after twenty seconds, or earlier at lock, if still there."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(CLEAR_MS)
        self._timer.timeout.connect(self.clear)
        self._print = b""

    def put(self, secret: str) -> None:
        """Copy `secret`."""
        data = QMimeData()
        data.setText(secret)
        for name, value in hints().items():
            data.setData(name, value)
        QGuiApplication.clipboard().setMimeData(data)
        self._print = _print(secret)
        self._timer.start()

    def clear(self) -> None:
        """Take it back, unless something else was copied meanwhile."""
        self._timer.stop()
        clipboard = QGuiApplication.clipboard()
        if self._print and _print(clipboard.text()) == self._print:
            clipboard.clear()
        self._print = b""


def _print(text: str) -> bytes:
    """By what a text is known again without being kept."""
    import hashlib

    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def is_secret(data: QMimeData | None) -> bool:
    """Whether the clipboard holds what `SecretCopy` put there."""
    return data is not None and all(data.hasFormat(name) for name in HINTS)


def clear_ours() -> None:
    """Empty what this program put on the clipboards, secret or not: at lock nothing stays out."""
    clipboard = QGuiApplication.clipboard()
    for mode, ours in (
        (QClipboard.Mode.Clipboard, clipboard.ownsClipboard() or is_secret(clipboard.mimeData())),
        (QClipboard.Mode.Selection, clipboard.ownsSelection()),
    ):
        if ours:
            clipboard.clear(mode)
