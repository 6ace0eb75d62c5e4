"""Taking everything off the screen at lock: dialogs, menus, the clipboard."""

from __future__ import annotations

from PySide6.QtWidgets import QApplication, QDialog, QWidget

from app.gui.clipboard import clear_ours


def close_all_but(window: QWidget) -> None:
    """Close what stands before `window` or beside it, and forget what was copied from it."""
    while (popup := QApplication.activePopupWidget()) is not None:
        popup.close()
        popup.hide()
    for widget in QApplication.topLevelWidgets():
        if isinstance(widget, QDialog):
            widget.done(0)  # whatever it would rather wait for; the system's file dialog too
        elif widget is not window and widget.isVisible():
            widget.close()
    clear_ours()
