"""The four steps that make a vault: language, place, passphrase, recovery key."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QDate, Qt, Signal
from PySide6.QtWidgets import QButtonGroup, QFileDialog, QVBoxLayout, QWidget

from app.gui.style.tokens import px
from app.gui.viewmodels.first_run import FirstRunModel, judge
from app.gui.viewmodels.strength import strength
from app.gui.views.gate import Gate
from app.gui.views.pieces import flowing
from app.gui.views.recovery_key import RecoveryKeyForm
from app.gui.views.recovery_sheet import Sheet
from app.gui.widgets.base import ElidedLabel, Label, column, restyle, row
from app.gui.widgets.buttons import Button, RadioButton
from app.gui.widgets.card import Note
from app.gui.widgets.fields import Field, PassphraseField
from app.gui.widgets.progress import Stepper
from app.gui.widgets.stack import Stack
from app.i18n import language, tr

LANGUAGE, PLACE, PASSPHRASE, RECOVERY = range(4)


class FirstRunView(Gate):
    """Emits `language_wanted` when another language is chosen: the window makes this anew."""

    language_wanted = Signal(str)
    existing_wanted = Signal()
    demo_wanted = Signal()
    join_wanted = Signal()

    def __init__(self, model: FirstRunModel, step: int = LANGUAGE) -> None:
        super().__init__(520)
        self.model = model
        self.stepper = Stepper(4)
        self.where = Label("", "caption")
        self.stack = Stack()
        for page in (self._languages(), self._places(), self._passphrase(), self._recovery()):
            self.stack.addWidget(page)
        self.body.addWidget(self.stack)
        self.back = Button(tr("&Back"))
        self.next = Button(tr("&Next"), "primary")
        self.back.clicked.connect(self._go_back)
        self.next.clicked.connect(self._go_on)
        foot = row(self.stepper, self.where, 1, self.back, self.next, spacing=px(10))
        self.body.addSpacing(px(8))
        self.body.addLayout(foot)
        model.created.connect(self._created)
        model.refused.connect(self.show_error)
        model.busy_changed.connect(self._busy)
        self.go(step)

    # -- the four forms

    def _languages(self) -> QWidget:
        form = QWidget()
        self.languages = QButtonGroup(self)
        box = QVBoxLayout(form)
        box.setContentsMargins(0, 0, 0, 0)
        for code, name in (("ko", "한국어"), ("en", "English")):
            button = RadioButton(name)
            button.setObjectName(code)
            button.setChecked(code == language())
            self.languages.addButton(button)
            box.addWidget(button)
        self.languages.buttonClicked.connect(self._choose_language)
        existing = Button(tr("I already have a vault…"), "link")
        existing.clicked.connect(self.existing_wanted)
        self.demo = Button(tr("Look around with sample data"), "link")
        self.demo.clicked.connect(self.demo_wanted)
        self.join = Button(tr("Open a vault from my cloud folder"), "link")
        self.join.clicked.connect(self.join_wanted)
        links = column(spacing=0)
        for link in (self.demo, existing, self.join):
            links.addLayout(row(link, 1))
        box.addLayout(links)
        return form

    def _places(self) -> QWidget:
        form = QWidget()
        self.folder = ElidedLabel(str(self.model.folder), "body", place=True)
        self.folder.setProperty("mono", True)
        choose = Button(tr("Choose another folder…"), icon="folder")
        choose.clicked.connect(self._choose_folder)
        self.usual = Button(tr("Use the usual place"), "link")
        self.usual.clicked.connect(self._use_usual)
        self.verdict = Label("", "body", wrap=True)
        self.here = Button(tr("Keep it here and put the copy there"), "primary")
        self.here.clicked.connect(self._keep_here)
        box = column(self.folder, self.verdict, spacing=px(10))
        box.addLayout(row(self.here, 1))
        self._places_line = flowing(choose, self.usual)
        box.addWidget(self._places_line)
        form.setLayout(box)
        return form

    def _passphrase(self) -> QWidget:
        form = QWidget()
        self.passphrase = PassphraseField(tr("Passphrase"), meter=True)
        self.again = PassphraseField(tr("The same once more"))
        self.again_field = Field(tr("The same once more"), self.again)
        for field in (self.passphrase, self.again):
            field.changed.connect(self._judge)
            field.submitted.connect(self._go_on)
        box = column(
            Field(tr("Passphrase"), self.passphrase),
            self.again_field,
            Note(tr("Nobody can reset it for you. The next step gives you a recovery key.")),
            spacing=px(14),
        )
        form.setLayout(box)
        return form

    def _recovery(self) -> QWidget:
        self.recovery = RecoveryKeyForm()
        self.recovery.judged.connect(self._kept)
        self.recovery.refused.connect(self.show_error)
        return self.recovery

    # -- moving

    @property
    def step(self) -> int:
        """The step shown, from 0."""
        return self.stack.currentIndex()

    @property
    def holds(self) -> bool:
        """From the place on: what was chosen and typed, and the recovery key, shown only once."""
        return self.step > LANGUAGE

    def go(self, step: int) -> None:
        """Show `step`."""
        self.banner.hide()
        # Qt would move the focus of a form that is hidden as if Tab had been pressed.
        self.setFocus(Qt.FocusReason.OtherFocusReason)
        self.stack.setCurrentIndex(step)
        self.stepper.go(step)
        self.where.setText(self.stepper.sentence())
        self.back.setVisible(step in (PLACE, PASSPHRASE))
        self.next.setEnabled(True)
        self.next.setText(tr("Open the vault") if step == RECOVERY else tr("&Next"))
        self.say(*self._heading(step))
        enter = {PLACE: self._enter_place, PASSPHRASE: self._judge, RECOVERY: self.recovery.judge}
        if step in enter:
            enter[step]()
        self._first(step).setFocus(Qt.FocusReason.OtherFocusReason)

    def _first(self, step: int) -> QWidget:
        """Where typing or Enter should land."""
        if step == PASSPHRASE:
            return self.passphrase.line
        asked = self.recovery.asked
        return asked[0][1] if step == RECOVERY and asked else self.next

    def _heading(self, step: int) -> tuple[str, str]:
        return (
            (
                tr("Welcome"),
                tr("A place of your own for the records others keep about you."),
            ),
            (tr("Where should the vault be?"), tr("It is one folder. You can move it later.")),
            (
                tr("Choose a passphrase"),
                tr("It is stored nowhere. Four or five unrelated words work well."),
            ),
            (
                tr("Keep this recovery key"),
                tr("It opens the vault if you forget the passphrase. It is shown only now."),
            ),
        )[step]

    def _go_back(self) -> None:
        self.go(self.step - 1)

    def _go_on(self) -> None:
        if not self.next.isEnabled():
            return
        if self.step < PASSPHRASE:
            self.go(self.step + 1)
        elif self.step == PASSPHRASE:
            self.model.create(self.passphrase.text())
        else:
            self.next.setEnabled(False)
            self.recovery.forget()
            self.model.enter()

    def _busy(self, busy: bool) -> None:
        self.back.setEnabled(not busy)
        self.next.setEnabled(not busy)
        self.next.setText(tr("Making the vault…") if busy else tr("&Next"))

    # -- language and place

    def _choose_language(self, button: RadioButton) -> None:
        if button.objectName() != language():
            self.language_wanted.emit(button.objectName())

    def _enter_place(self) -> None:
        verdict = judge(self.model.folder)
        self.folder.setText(str(self.model.folder))
        text = tr(verdict.text)
        if verdict.usable and self.model.copy_to is not None:
            copy_to = self.model.copy_to.name
            text = tr("The vault stays here; its encrypted copy goes to: {folder}", folder=copy_to)
        self.verdict.setText(text)
        self.here.setVisible(verdict.carried and judge(self.model.usual).usable)
        restyle(self.verdict, tone=verdict.tone)
        self._places_line.offer(self.usual, self.model.folder != self.model.usual)
        self.next.setEnabled(verdict.usable)

    def _choose_folder(self) -> None:
        chosen = QFileDialog.getExistingDirectory(self, tr("Where should the vault be?"))
        if chosen:
            self.model.folder = Path(chosen) / "MyData Vault"
            self.model.copy_to = None
            self._enter_place()

    def _keep_here(self) -> None:
        """The vault in the usual place, its encrypted copy in the cloud folder chosen."""
        self.model.copy_to = self.model.folder.parent
        self.model.folder = self.model.usual
        self._enter_place()
        self.next.setFocus(Qt.FocusReason.OtherFocusReason)

    def _use_usual(self) -> None:
        self.model.copy_to = None
        self.model.folder = self.model.usual
        self._enter_place()

    # -- passphrase

    def _judge(self) -> None:
        found = strength(self.passphrase.text())
        self.passphrase.meter.show_strength(found.score, tr(found.word), tr(found.reason))
        same = self.passphrase.text() == self.again.text()
        wrong = bool(self.again.text()) and not same
        self.again.line.mark_wrong(wrong)
        self.again_field.say(tr("The two differ.") if wrong else "", "bad")
        self.next.setEnabled(found.enough and same)

    # -- recovery key

    def _created(self, key: str) -> None:
        self.passphrase.clear()
        self.again.clear()
        folder, made = str(self.model.folder), QDate.currentDate().toString(Qt.DateFormat.ISODate)
        self.recovery.show_sheet(Sheet(key, self.model.vault_id, folder, made))
        self.go(RECOVERY)

    def _kept(self, kept: bool) -> None:
        if self.step == RECOVERY:
            self.next.setEnabled(kept)
