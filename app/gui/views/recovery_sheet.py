"""The recovery sheet: what it says, and printing it."""

from __future__ import annotations

from PySide6.QtGui import QTextDocument
from PySide6.QtWidgets import QWidget

from app.gui.style import fonts
from app.gui.viewmodels.first_run import FirstRunModel
from app.i18n import tr


def sheet_text(model: FirstRunModel) -> str:
    """The sheet as plain text, the key in three lines of five groups."""
    groups = model.recovery_key.split("-")
    lines = ["-".join(groups[i : i + 5]) for i in range(0, len(groups), 5)]
    return "\n".join(
        (
            tr("MyData Vault recovery key"),
            "",
            *lines,
            "",
            tr("Vault folder: {folder}", folder=model.folder),
            "",
            tr("Whoever has this key and the vault's folder can open it. Keep it like a passport."),
            "",
        )
    )


def print_sheet(parent: QWidget, text: str) -> None:
    """Ask for a printer and print the sheet."""
    from PySide6.QtPrintSupport import QPrintDialog, QPrinter

    printer = QPrinter(QPrinter.PrinterMode.HighResolution)
    if QPrintDialog(printer, parent).exec() != QPrintDialog.DialogCode.Accepted:
        return
    document = QTextDocument()
    font = fonts.font("card-title")
    font.setFamily(fonts.mono_family())
    document.setDefaultFont(font)
    document.setPlainText(text)
    document.print_(printer)
