"""Showing a new recovery key, and making sure that it was kept: two groups are typed again."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QWidget

from app.errors import from_os_error
from app.gui.clipboard import SecretCopy
from app.gui.style.tokens import px
from app.gui.viewmodels.first_run import groups_to_ask, same_group
from app.gui.views.pieces import flowing
from app.gui.views.recovery_sheet import Sheet, print_sheet, save_sheet
from app.gui.widgets.base import Label, column, empty
from app.gui.widgets.buttons import Button, CheckBox
from app.gui.widgets.card import Note
from app.gui.widgets.fields import Field, TextField
from app.i18n import tr


class RecoveryKeyForm(QWidget):
    """Emits `judged` whenever it may have become clear that the key was kept, or not yet."""

    judged = Signal(bool)
    refused = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.sheet = Sheet("", "", "", "")
        self.copied = SecretCopy(self)
        # It cannot be selected: what is copied from a label carries no mark that it is a secret.
        self.key = Label("", "card-title", wrap=True)
        self.key.setAccessibleName(tr("Recovery key"))
        self.key.setProperty("mono", True)
        self.key.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.asked: list[tuple[int, TextField, Field]] = []
        self.asking = QHBoxLayout()
        self.asking.setSpacing(px(12))
        self.kept = CheckBox(tr("I keep it apart from this computer"))
        self.kept.toggled.connect(self.judge)
        note = Note("")
        note.text.hide()
        note.body.addWidget(self.key)
        box = column(note, spacing=px(12))
        box.addWidget(self._buttons())
        box.addLayout(self.asking)
        box.addWidget(self.kept)
        self.setLayout(box)

    def _buttons(self) -> QWidget:
        keep = Button(tr("Save as a file…"), icon="download")
        paper = Button(tr("Print…"), icon="print")
        copy = Button(tr("Copy for 20 s"))
        keep.clicked.connect(self.save)
        paper.clicked.connect(self._print)
        copy.clicked.connect(self._copy)
        return flowing(keep, paper, copy)

    def show_sheet(self, sheet: Sheet) -> None:
        """Show the key of `sheet` and ask for two of its groups."""
        self.sheet = sheet
        self.key.setText("\n".join(line.replace("-", "  ") for line in sheet.lines))
        empty(self.asking)
        self.asked.clear()
        self.kept.setChecked(False)
        for number in groups_to_ask(sheet.key):
            self._ask(number)

    def _ask(self, number: int) -> None:
        name = tr("Type group {number} again", number=number)
        line = TextField(name, "XXXX")
        line.setProperty("mono", True)
        line.setMaxLength(6)
        line.textChanged.connect(self.judge)
        field = Field(name, line)
        self.asked.append((number, line, field))
        self.asking.addWidget(field)

    def judge(self) -> None:
        """Compare what was typed."""
        right = bool(self.asked)
        for number, line, field in self.asked:
            fits = same_group(line.text(), self.sheet.key, number)
            is_wrong = len(line.text().strip()) >= 4 and not fits
            line.mark_wrong(is_wrong)
            # Not by colour alone.
            field.say(tr("Group {number} differs.", number=number) if is_wrong else "", "bad")
            right = right and fits
        self.judged.emit(right and self.kept.isChecked())

    def forget(self) -> None:
        """Take the key off the screen and out of the clipboard."""
        self.copied.clear()
        self.sheet = Sheet("", "", "", "")
        self.key.setText("")

    def save(self) -> None:
        """Ask for a place and save the sheet there."""
        name, _ = QFileDialog.getSaveFileName(
            self, tr("Save as a file…"), tr("MyData Vault recovery key") + ".pdf"
        )
        if name:
            try:
                save_sheet(self.sheet, Path(name))
            except OSError as error:
                self.refused.emit(from_os_error(error))

    def _print(self) -> None:
        print_sheet(self, self.sheet)

    def _copy(self) -> None:
        self.copied.put(self.sheet.key)
