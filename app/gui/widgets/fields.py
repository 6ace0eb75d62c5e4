"""Text fields, the search field, the passphrase field with its meter, choices."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtGui import QInputMethodEvent, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QComboBox, QLineEdit, QVBoxLayout, QWidget

from app.gui.style import icons
from app.gui.style.tokens import colours, px
from app.gui.widgets.base import Label, column, restyle, row
from app.gui.widgets.buttons import IconButton
from app.gui.widgets.meter import Meter
from app.i18n import tr


class TextField(QLineEdit):
    """One line of text. `name` is what a screen reader says."""

    def __init__(self, name: str, placeholder: str = "") -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.setPlaceholderText(placeholder)

    def mark_wrong(self, wrong: bool) -> None:
        """Show that what is written here is not right yet."""
        restyle(self, wrong=wrong)


class SearchField(TextField):
    """Emits `searched` once typing pauses, never while a syllable is being composed."""

    searched = Signal(str)

    def __init__(self, name: str, placeholder: str = "") -> None:
        super().__init__(name, placeholder)
        self.addAction(
            icons.icon("search", px(18), colours().text3), QLineEdit.ActionPosition.LeadingPosition
        )
        self.setClearButtonEnabled(True)
        self._composing = False
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(200)
        self._pause.timeout.connect(self._search)
        self.textChanged.connect(self._typed)
        self.returnPressed.connect(self._search)

    def inputMethodEvent(self, event: QInputMethodEvent) -> None:
        """Notice whether a syllable is unfinished."""
        self._composing = bool(event.preeditString())
        super().inputMethodEvent(event)

    def _typed(self) -> None:
        self._pause.start()

    def _search(self) -> None:
        if self._composing:
            self._pause.start()
            return
        self._pause.stop()
        self.searched.emit(self.text().strip())


class SecretField(TextField):
    """A hidden line that nothing learns from: no undo, no suggestions, no text drop or menu."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.setEchoMode(QLineEdit.EchoMode.Password)
        self.reveal(False)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.NoContextMenu)
        self.setDragEnabled(False)

    def reveal(self, shown: bool) -> None:
        """Show what is typed, or hide it again."""
        mode = QLineEdit.EchoMode.Normal if shown else QLineEdit.EchoMode.Password
        self.setEchoMode(mode)
        hints = Qt.InputMethodHint
        self.setInputMethodHints(
            hints.ImhSensitiveData
            | hints.ImhNoPredictiveText
            | hints.ImhNoAutoUppercase
            | (hints.ImhNone if shown else hints.ImhHiddenText)
        )

    def clear(self) -> None:
        """Empty the line, and leave nothing that could be brought back."""
        self.setText("")  # unlike `QLineEdit.clear`, this is no step to undo

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Everything but undo and redo."""
        undo = QKeySequence.StandardKey.Undo, QKeySequence.StandardKey.Redo
        if any(event.matches(each) for each in undo):
            event.accept()
        else:
            super().keyPressEvent(event)


class Field(QWidget):
    """A label above a control, joined for screen readers, with a line for what is wrong."""

    def __init__(self, label: str, control: QWidget, hint: str = "") -> None:
        super().__init__()
        self.label = Label(label, "strong", wrap=True)
        self.label.setBuddy(control)
        self.hint = Label(hint, "caption", wrap=True)
        if not hint:
            self.hint.hide()
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(px(6))
        for widget in (self.label, control, self.hint):
            box.addWidget(widget)

    def say(self, text: str, tone: str = "soft") -> None:
        """Explain below the control; "" takes the line away."""
        self.hint.setText(text)
        self.hint.setVisible(bool(text))
        restyle(self.hint, tone=tone)


class PassphraseField(QWidget):
    """A hidden line with a button that shows it. `meter=True` adds strength below."""

    changed = Signal(str)
    submitted = Signal()

    def __init__(self, name: str, *, meter: bool = False) -> None:
        super().__init__()
        self.line = SecretField(name)
        self.eye = IconButton("eye", tr("Show passphrase"))
        self.eye.setCheckable(True)
        self.eye.toggled.connect(self._reveal)
        self.meter = Meter()
        if not meter:
            self.meter.hide()
        self.caps = Label(tr("Caps Lock seems to be on."), "caption", "warn")
        self.caps.hide()
        self.setFocusProxy(self.line)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(px(6))
        box.addLayout(row(self.line, self.eye, spacing=6))
        box.addLayout(column(self.caps, self.meter, spacing=px(4)))
        self.line.textChanged.connect(self.changed)
        self.line.textEdited.connect(self._watch_caps)
        self.line.returnPressed.connect(self.submitted)

    def text(self) -> str:
        """What was typed."""
        return self.line.text()

    def clear(self) -> None:
        """Forget what was typed."""
        self.line.clear()
        self.caps.hide()

    def _reveal(self, shown: bool) -> None:
        self.line.reveal(shown)
        self.eye.show_icon("eye-off" if shown else "eye")
        self.eye.rename(tr("Hide passphrase") if shown else tr("Show passphrase"))

    def _watch_caps(self, text: str) -> None:
        """Qt does not tell the lock's state: capitals and no small letter hint at it."""
        letters = [char for char in text if char.isascii() and char.isalpha()]
        self.caps.setVisible(len(letters) >= 3 and all(char.isupper() for char in letters))


class Choice(QComboBox):
    """One of several; each has a text and a value."""

    chosen = Signal(str)

    def __init__(self, name: str, options: Sequence[tuple[str, str]], value: str = "") -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.setIconSize(QSize(px(16), px(16)))
        for each, text in options:
            self.addItem(text, each)
        self.choose(value)
        self.currentIndexChanged.connect(self._changed)

    def choose(self, value: str) -> None:
        """Select `value` if it is offered."""
        if (index := self.findData(value)) >= 0:
            self.setCurrentIndex(index)

    def value(self) -> str:
        """The value selected."""
        return str(self.currentData() or "")

    def _changed(self) -> None:
        self.chosen.emit(self.value())
