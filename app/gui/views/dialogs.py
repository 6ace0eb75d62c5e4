"""Asking for files and folders. Writing refuses a taken name, so no dialog asks to replace."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFileDialog, QWidget


def save_as(parent: QWidget, title: str, name: str) -> Path | None:
    """A new file's path; `name` is proposed. None if the person thought better of it."""
    chosen, _ = QFileDialog.getSaveFileName(
        parent,
        title,
        str(Path.home() / name),
        options=QFileDialog.Option.DontConfirmOverwrite,
    )
    return Path(chosen) if chosen else None


def open_file(parent: QWidget, title: str) -> Path | None:
    """An existing file's path."""
    chosen, _ = QFileDialog.getOpenFileName(parent, title)
    return Path(chosen) if chosen else None


def folder(parent: QWidget, title: str) -> Path | None:
    """An existing folder's path."""
    chosen = QFileDialog.getExistingDirectory(parent, title)
    return Path(chosen) if chosen else None


def show_in_folder(path: Path) -> None:
    """Open the folder `path` lies in with the desktop's own program."""
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(path.parent)))
