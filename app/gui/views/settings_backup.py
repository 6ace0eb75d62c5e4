"""Settings: backups with their rehearsal."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QWidget

from app.gui.context import PageContext
from app.gui.style.tokens import px
from app.gui.viewmodels import keeping as words
from app.gui.viewmodels import wording
from app.gui.viewmodels.keeping import KeepingModel
from app.gui.views import dialogs
from app.gui.views.pieces import flowing, panel, strip
from app.gui.widgets.base import ElidedLabel, Label, Line, column
from app.gui.widgets.buttons import Button
from app.gui.widgets.card import Card, Pill
from app.gui.widgets.fields import Field, TextField
from app.gui.widgets.progress import ProgressBar
from app.i18n import tr
from app.jobs import Progress
from app.vault.backup import Backup


class Under(QWidget):
    """A bar and a way to stop, shown while `name` is under way."""

    def __init__(self, model: KeepingModel, names: tuple[str, ...]) -> None:
        super().__init__()
        self.model, self._names = model, names
        self.bar = ProgressBar()
        self.bar.setAccessibleName(tr("Under way"))
        self.cancel = Button(tr("Cancel"))
        self.cancel.clicked.connect(model.cancel)
        self.setLayout(column(self.bar, strip(1, self.cancel), spacing=px(8)))
        self.hide()
        model.begun.connect(self._begun)
        model.progressed.connect(self._progressed)
        model.ended.connect(self.hide)

    def _begun(self, name: str) -> None:
        self.bar.show_progress(0, 0)
        self.setVisible(name in self._names)

    def _progressed(self, progress: Progress) -> None:
        self.bar.show_progress(progress.done, progress.total)


class BackupCard(Card):
    """Where backups go, making one, and trying whether it can be put back."""

    def __init__(self, context: PageContext, model: KeepingModel) -> None:
        self.pill = Pill("", "neutral")
        super().__init__(tr("Backup"), self.pill)
        self.context, self.model = context, model
        self.last = Label("", "body", wrap=True)
        self.place = ElidedLabel("", "caption", place=True)
        self.now = Button(tr("Back up now"), "primary", "download")
        self.folder = Button(tr("Choose a folder…"), icon="folder")
        self.now.clicked.connect(self._now)
        self.folder.clicked.connect(self._choose)
        self.rehearsed = Label("", "body", "soft", wrap=True)
        self.key = TextField(tr("Recovery key"), "XXXX-XXXX-XXXX-…")
        self.key.setProperty("mono", True)
        self.key.textChanged.connect(self._enable)
        self.rehearse = Button(tr("Try putting it back"))
        self.rehearse.clicked.connect(self._rehearse)
        hint = tr("From your recovery sheet. Nothing of the vault is touched.")
        self.trial = panel(
            Line(),
            self.rehearsed,
            Field(tr("Recovery key"), self.key, hint),
            strip(self.rehearse, 1),
        )
        for widget in (
            self.last,
            self.place,
            flowing(self.now, self.folder),
            Under(model, ("backup", "rehearsal")),
            self.trial,
        ):
            self.body.addWidget(widget)
        model.ready.connect(self.refresh)
        model.begun.connect(self._enable)
        model.backed_up.connect(self._made)
        model.rehearsed.connect(self._tried)

    def refresh(self) -> None:
        """Show how well the vault is kept."""
        health = self.model.health
        if health is None:
            return
        self.pill.say(*words.pill(health))
        self.last.setText(words.last_words(health))
        self.place.setText(health.plan.folder or tr("No folder chosen. Best is another disk."))
        self.rehearsed.setText(words.rehearsal_words(health))
        self.trial.setVisible(bool(health.last.path))
        self._enable()

    def _enable(self) -> None:
        free = not self.model.busy
        for button in (self.now, self.folder):
            button.setEnabled(free)
        self.rehearse.setEnabled(free and bool(self.key.text().strip()))

    def _now(self) -> None:
        health = self.model.health
        if health is not None and health.plan.folder:
            self.model.back_up(Path(health.plan.folder))
        else:
            self._choose()

    def _choose(self) -> None:
        folder = dialogs.folder(self, tr("Folder for backups"))
        if folder is not None:
            self.model.back_up(folder)

    def _rehearse(self) -> None:
        self.model.rehearse(self.key.text())

    def _made(self, made: Backup) -> None:
        count = wording.records(made.records)
        self.context.toast(tr("Backed up and read back: {records}", records=count))

    def _tried(self, made: Backup) -> None:
        self.key.clear()
        count = wording.records(made.records)
        self.context.toast(tr("It can be put back: {records}", records=count))
