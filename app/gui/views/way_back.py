"""The steps that lead out of a damaged vault. None of them erases anything."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QWidget

from app.errors import UserError
from app.gui.style.tokens import px
from app.gui.viewmodels.way_back import Outcome, WayBackModel
from app.gui.views import dialogs
from app.gui.views.gate import Gate
from app.gui.views.inspector import breakable
from app.gui.views.pieces import panel, strip
from app.gui.widgets.base import ElidedLabel, Label, column, empty, row
from app.gui.widgets.buttons import Button, CheckBox
from app.gui.widgets.fields import Field, PassphraseField
from app.gui.widgets.progress import ProgressBar, Stepper
from app.gui.widgets.stack import Stack
from app.i18n import tr
from app.jobs import Progress

RESTORE, SALVAGE, AGAIN = range(3)


class WayBackView(Gate):
    """Emits `open_wanted` with the new vault's folder, `join_wanted` or `left`."""

    open_wanted = Signal(object)
    join_wanted = Signal()
    left = Signal()

    def __init__(self, model: WayBackModel) -> None:
        super().__init__(600)
        self.model = model
        self.step = RESTORE
        self.stepper = Stepper(3)
        self.where = Label("", "caption")
        self.what = Label("", "card-title", wrap=True)
        self.how = Label("", "body", "soft", wrap=True)
        self.stack = Stack()
        self.stack.addWidget(self._form())
        self.stack.addWidget(self._result())
        self.body.addLayout(row(self.stepper, self.where, 1, spacing=px(10)))
        self.body.addLayout(column(self.what, self.how, spacing=px(4)))
        self.body.addWidget(self.stack)
        self.say(
            tr("The way back"),
            tr("The damaged vault stays as it is. Each step makes a new folder."),
        )
        model.done.connect(self._done)
        model.failed.connect(self._failed)
        model.busy_changed.connect(self._show_state)
        model.progressed.connect(self._progressed)
        self.go(RESTORE)

    # -- forms

    def _form(self) -> QWidget:
        self.backups = ElidedLabel("", "body", place=True)
        self.target = ElidedLabel("", "body", place=True)
        self.choose = Button(tr("Choose the backups…"), icon="folder")
        self.elsewhere = Button(tr("Choose another place…"), icon="folder")
        self.choose.clicked.connect(self._choose_backups)
        self.elsewhere.clicked.connect(self._choose_target)
        self.secret = PassphraseField(tr("Passphrase or recovery key"))
        self.secret.changed.connect(self._typed)
        self.secret.submitted.connect(self._begin)
        self.field = Field(tr("Passphrase or recovery key"), self.secret)
        self.is_key = CheckBox(tr("This is the recovery key"))
        self.begin = Button("", "primary")
        self.begin.clicked.connect(self._begin)
        self.other = Button("", "link")
        self.other.clicked.connect(self._other)
        self.join = Button(tr("Open a vault from my cloud folder"), "link")
        self.join.clicked.connect(self.join_wanted)
        self.leave = Button(tr("Back to unlocking"), "link")
        self.leave.clicked.connect(self.left)
        return panel(
            _place(tr("Folder of the backups"), self.backups, self.choose),
            _place(tr("The new vault's folder"), self.target, self.elsewhere),
            self.field,
            self.is_key,
            self._under_way(),
            self.begin,
            panel(*(strip(each, 1) for each in (self.other, self.join, self.leave)), spacing=0),
        )

    def _under_way(self) -> QWidget:
        self.bar = ProgressBar()
        self.bar.setAccessibleName(tr("Under way"))
        self.cancel = Button(tr("Cancel"))
        self.cancel.clicked.connect(self.model.cancel)
        self.under = panel(self.bar, strip(1, self.cancel), spacing=px(8))
        self.under.hide()
        return self.under

    def _result(self) -> QWidget:
        self.lines = column(spacing=px(6))
        holder = QWidget()
        holder.setLayout(self.lines)
        self.open = Button(tr("Open the new vault"), "primary")
        self.open.clicked.connect(self._open)
        return panel(holder, self.open)

    # -- moving

    def showEvent(self, event: QShowEvent) -> None:
        """Begin in the field: focus given before the window took this page in is lost."""
        super().showEvent(event)
        target = self.open if self.step == AGAIN else self.secret.line
        target.setFocus(Qt.FocusReason.OtherFocusReason)

    @property
    def holds(self) -> bool:
        """Always: a step that is under way or done, and the places chosen."""
        return True

    def go(self, step: int) -> None:
        """Show `step`."""
        self.step = step
        self.banner.hide()
        self.stepper.go(step)
        self.where.setText(self.stepper.sentence())
        self.stack.setCurrentIndex(1 if step == AGAIN else 0)
        if step == AGAIN:
            self.what.setText(tr("Import again"))
            self.open.setFocus(Qt.FocusReason.OtherFocusReason)
            return
        is_restore = step == RESTORE
        self.what.setText(
            tr("Put the newest backup back") if is_restore else tr("Get out what can be read")
        )
        self.how.setText(
            tr("The newest backup becomes a new vault. It is read over before it counts.")
            if is_restore
            else tr(
                "Everything that can still be read goes into a new vault."
                " A backup fills in what is gone."
            )
        )
        _rename(self.begin, tr("Put it back") if is_restore else tr("Get it out"))
        _rename(
            self.other,
            tr("I have no backup, or it did not work") if is_restore else tr("Back to the backup"),
        )
        self._show_state()
        self.secret.line.setFocus(Qt.FocusReason.OtherFocusReason)

    def _other(self) -> None:
        self.go(SALVAGE if self.step == RESTORE else RESTORE)

    # -- places

    def _choose_backups(self) -> None:
        chosen = dialogs.folder(self, tr("Folder of the backups"))
        if chosen is not None:
            self.model.backups = chosen
            self._show_state()

    def _choose_target(self) -> None:
        chosen = dialogs.folder(self, tr("The new vault's folder"))
        if chosen is not None:
            self.model.target = chosen / self.model.target.name
            self._show_state()

    # -- doing

    def _typed(self) -> None:
        self.field.say("")
        self._show_state()

    def _begin(self) -> None:
        if not self.begin.isEnabled():
            return
        self.banner.hide()
        do = self.model.restore if self.step == RESTORE else self.model.salvage
        do(self.secret.text(), is_key=self.is_key.isChecked())

    def _show_state(self) -> None:
        model = self.model
        self.backups.setText(str(model.backups) if model.backups else tr("None chosen"))
        self.target.setText(str(model.target))
        can = bool(self.secret.text()) and (self.step == SALVAGE or model.backups is not None)
        self.begin.setEnabled(can and not model.busy)
        for widget in (self.choose, self.elsewhere, self.other, self.leave):
            widget.setEnabled(not model.busy)
        if model.busy and self.under.isHidden():
            self.bar.show_progress(0, 0)
        self.under.setVisible(model.busy)

    def _progressed(self, progress: Progress) -> None:
        self.bar.show_progress(progress.done, progress.total)

    def _failed(self, error: UserError) -> None:
        self.show_error(error)

    def _done(self, outcome: Outcome) -> None:
        self.secret.clear()
        self.go(AGAIN)
        self.how.setText(outcome.title)
        empty(self.lines)
        for line in (*outcome.lines, str(self.model.target)):
            self.lines.addWidget(Label(breakable(line), "body", wrap=True))

    def _open(self) -> None:
        self.open_wanted.emit(Path(self.model.target))


def _place(name: str, value: QWidget, button: Button) -> QWidget:
    words = panel(Label(name, "strong"), value, spacing=2)
    made = QWidget()
    line = row(spacing=px(12))
    line.addWidget(words, 1)
    line.addWidget(button, 0, Qt.AlignmentFlag.AlignVCenter)
    made.setLayout(line)
    return made


def _rename(button: Button, text: str) -> None:
    button.setText(text)
    button.setAccessibleName(text)
