"""The folder of the encrypted copy: where it is, how it stands, what can be done with it."""

from __future__ import annotations

from app.gui.style.tokens import px
from app.gui.viewmodels import standing as words
from app.gui.viewmodels.devices import DevicesModel
from app.gui.views import dialogs
from app.gui.views.inspector import breakable
from app.gui.views.pieces import flowing, panel, strip
from app.gui.widgets.base import Label, column, empty
from app.gui.widgets.buttons import Button
from app.gui.widgets.card import Card, Facts, Pill
from app.gui.widgets.progress import ProgressBar
from app.i18n import tr


def ask_folder(model: DevicesModel, parent: Card) -> None:
    """Let the person choose a folder, and use it."""
    chosen = dialogs.folder(parent, tr("Folder for the encrypted copy"))
    if chosen is not None:
        model.use(chosen)


class FolderCard(Card):
    """The folder in use."""

    def __init__(self, model: DevicesModel) -> None:
        self.pill = Pill("", "neutral")
        super().__init__(tr("Cloud folder"), self.pill)
        self.model = model
        self.text = Label("", "body", wrap=True)
        self._details = column(spacing=px(4))
        self._facts = column(spacing=0)
        self.bar = ProgressBar()
        self.bar.setAccessibleName(tr("Publishing…"))
        self.cancel = Button(tr("Cancel"))
        self.cancel.clicked.connect(model.cancel)
        self.under_way = panel(self.bar, strip(1, self.cancel), spacing=px(8))
        self.now = Button(tr("Sync now"), "primary", "upload")
        self.decide = Button(tr("Decide…"), "primary")
        self.move_away = Button(tr("Move to another folder…"), icon="folder")
        self.leave = Button(tr("Stop using the folder"))
        self.now.clicked.connect(self._now)
        self.decide.clicked.connect(model.decide)
        self.move_away.clicked.connect(self._choose)
        self.leave.clicked.connect(model.leave)
        self._buttons = flowing(self.now, self.decide, self.move_away, self.leave)
        self.body.addWidget(self.text)
        self.body.addLayout(self._details)
        self.body.addLayout(self._facts)
        self.body.addWidget(self.under_way)
        self.body.addWidget(self._buttons)
        model.changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Show how it stands."""
        model = self.model
        found = words.standing(model)
        if model.last is None or model.last.state.folder is None or found is None:
            return
        self.pill.say(found.word, found.tone)
        self.text.setText(found.text)
        empty(self._details)
        for sentence in words.details(model.last.state):
            self._details.addWidget(Label(sentence, "body", "soft", wrap=True))
        empty(self._facts)
        self._facts.addWidget(Facts(self._where()))
        busy = bool(model.busy)
        self.bar.show_progress(0, 0)
        self.under_way.setVisible(busy or model.publishing)
        undecided = bool(model.last.removals) and model.postponed and not busy
        self._buttons.offer(self.decide, undecided)
        self._buttons.offer(self.now, not undecided)
        for button in (self.now, self.move_away, self.leave):
            button.setEnabled(not busy)

    def _where(self) -> list[tuple[str, str]]:
        assert self.model.last is not None
        state = self.model.last.state
        pairs = [(tr("Folder"), breakable(state.folder or ""))]
        return [(tr("Service"), state.provider), *pairs] if state.provider else pairs

    def _now(self) -> None:
        self.model.sync()

    def _choose(self) -> None:
        ask_folder(self.model, self)
