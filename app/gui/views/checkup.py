"""Check-up: what stands well and what does not, and the next step for each."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import QHBoxLayout, QScrollArea, QWidget

from app.errors import UserError
from app.gui.context import PageContext
from app.gui.style.tokens import px
from app.gui.viewmodels import checkup as words
from app.gui.viewmodels import wording
from app.gui.viewmodels.checkup import CheckupModel, Said
from app.gui.viewmodels.keeping import KeepingModel, report_words
from app.gui.views import dialogs
from app.gui.views.inspector import breakable
from app.gui.views.pieces import strip
from app.gui.views.settings_backup import Under
from app.gui.widgets.base import Icon, Label, column
from app.gui.widgets.buttons import Button, CheckBox
from app.gui.widgets.card import Card, Pill, RowList
from app.gui.widgets.fields import Field, TextField
from app.gui.widgets.page import PageView
from app.gui.widgets.states import TONE_ICONS, error_texts, tone_colour
from app.i18n import tr
from app.vault.checkup import Report

_PAGES = {
    "backup": "settings",
    "rehearse": "settings",
    "passphrase": "settings",
    "consents": "consents",
    "import": "import",
}
"""Steps that are done on another page."""


class CheckLine(QWidget):
    """Icon, title and sentence, the state as a word, and the button for the next step."""

    def __init__(self, said: Said) -> None:
        super().__init__()
        self.said = said
        line = QHBoxLayout(self)
        line.setContentsMargins(0, px(2), 0, px(2))
        line.setSpacing(12)
        icon = Icon(TONE_ICONS[said.tone], 20, tone_colour(said.tone))
        line.addWidget(icon, 0, Qt.AlignmentFlag.AlignTop)
        self.text = Label(breakable(said.text), "caption", wrap=True)
        texts = column(Label(said.title, "strong", wrap=True), self.text, spacing=2)
        for detail in said.details:
            texts.addWidget(Label(detail, "caption", "bad", wrap=True))
        self.pill = Pill(said.word, "info" if said.tone == "info" else said.tone)
        self.button = Button(said.button or " ")
        self.button.setAccessibleDescription(said.title)
        line.addLayout(texts, 1)
        line.addWidget(self.pill, 0, Qt.AlignmentFlag.AlignVCenter)
        self.end = strip(self.button)
        self.button.setVisible(bool(said.button))
        line.addWidget(self.end, 0, Qt.AlignmentFlag.AlignVCenter)


class RecoveryCard(Card):
    """Asks for the recovery key, to see that the sheet still exists and fits."""

    def __init__(self, model: CheckupModel) -> None:
        super().__init__(tr("Recovery key"))
        self.model = model
        self.key = TextField(tr("Recovery key"), "XXXX-XXXX-XXXX-…")
        self.key.setProperty("mono", True)
        hint = tr("From your recovery sheet. Nothing of the vault is touched.")
        self._hint = hint
        self.field = Field(tr("Recovery key"), self.key, hint)
        self.confirm = Button(tr("See whether it fits"), "primary")
        self.confirm.clicked.connect(self._confirm)
        self.key.returnPressed.connect(self._confirm)
        self.body.addWidget(self.field)
        self.body.addWidget(strip(self.confirm, 1))
        self.hide()
        model.confirmed.connect(self.put_away)
        model.refused.connect(self._refused)

    def ask(self) -> None:
        """Show the field and begin in it."""
        self.show()
        self.key.setFocus(Qt.FocusReason.OtherFocusReason)

    def put_away(self) -> None:
        """Hide the field, and keep nothing of what was typed."""
        self.key.clear()
        self.field.say(self._hint)
        self.hide()

    def _confirm(self) -> None:
        if self.key.text().strip():
            self.model.confirm_recovery(self.key.text())

    def _refused(self, error: UserError) -> None:
        self.field.say("\n".join(each for each in error_texts(error) if each), "bad")


class NetworkCard(Card):
    """Every connection ever made, and the switch that forbids them."""

    def __init__(self, model: CheckupModel) -> None:
        super().__init__(tr("Network"))
        self.model = model
        self.made = RowList()
        self.offline = CheckBox(tr("Allow no connection at all"))
        self.offline.toggled.connect(model.set_offline)
        self.body.addWidget(self.made)
        self.body.addWidget(self.offline)
        model.ready.connect(self.refresh)

    def refresh(self) -> None:
        """Show what is known."""
        known = self.model.known
        if known is None:
            return
        self.made.clear()
        for each in reversed(known.network.connections):
            text = f"{wording.exact_moment(each.at)} · {each.host} · {each.purpose}"
            self.made.add(Label(breakable(text), "caption", wrap=True))
        self.made.setVisible(bool(known.network.connections))
        with QSignalBlocker(self.offline):
            self.offline.setChecked(known.network.offline)


class CheckupPage(PageView):
    """The page."""

    def __init__(self, context: PageContext) -> None:
        text = tr("What keeps your vault safe, and what to do next.")
        super().__init__(context, tr("Check-up"), text)
        self.model = CheckupModel(context, self)
        self.keeping = KeepingModel(context, self)
        self.quick = Button(tr("Quick check"))
        self.deep = Button(tr("Check everything now"), "primary", "shield")
        self.quick.clicked.connect(partial(self.keeping.check, deep=False))
        self.deep.clicked.connect(self._deep)
        self.header.add_action(self.quick)
        self.header.add_action(self.deep)
        self.under = Under(self.keeping, ("check",))
        self.pill = Pill("", "neutral")
        self.lines: dict[str, CheckLine] = {}
        self.list = RowList()
        card = Card(tr("How the vault stands"), self.pill)
        card.body.addWidget(self.list)
        self.recovery = RecoveryCard(self.model)
        self.network = NetworkCard(self.model)
        for widget in (self.under, self.recovery, card, self.network):
            self.body.addWidget(widget)
        self.body.addStretch(1)
        self._listen()

    def _listen(self) -> None:
        self.model.ready.connect(self._show)
        self.model.failed.connect(self.show_error)
        self.model.confirmed.connect(self._fits)
        self.keeping.failed.connect(self.show_error)
        self.keeping.begun.connect(self._enable)
        self.keeping.ended.connect(self._ended)
        self.keeping.checked.connect(self._checked)

    def shown(self, argument: object) -> None:  # noqa: ARG002 - nothing can be asked of it
        """Look at everything."""
        self.model.load()
        self.setFocus(Qt.FocusReason.OtherFocusReason)

    def hideEvent(self, event: QHideEvent) -> None:
        """Another page is in front."""
        super().hideEvent(event)
        self.model.leave()
        self.recovery.put_away()

    def back(self) -> bool:
        """Esc puts the field for the recovery key away."""
        was_open = not self.recovery.isHidden()
        self.recovery.put_away()
        return was_open

    # -- what the models say

    def _show(self) -> None:
        known = self.model.known
        if known is None:
            return
        self.pill.say(*words.summary(known.lines))
        self.list.clear()
        self.lines = {}
        for each in known.lines:
            line = CheckLine(words.say(each))
            line.button.clicked.connect(partial(self._step, line.said))
            self.lines[line.said.topic] = line
            self.list.add(line)
        widest = max(line.button.sizeHint().width() for line in self.lines.values())
        for line in self.lines.values():
            line.end.setFixedWidth(widest)
        self._warn()
        self._enable()

    def _warn(self) -> None:
        if not self.model.is_damaged:
            return
        text = tr("Nothing is erased. The way back makes a new vault and leaves this one as it is.")
        self.banner.say("bad", tr("The vault is damaged."), text)
        self.banner.keep_open()
        self.banner.add_button(tr("The way back")).clicked.connect(self._way_back)
        self.banner.show()

    def _enable(self) -> None:
        free = not self.keeping.busy
        again = [line.button for line in self.lines.values() if line.said.step == "deep"]
        for button in (self.quick, self.deep, *again):
            button.setEnabled(free)

    def _ended(self) -> None:
        self._enable()
        self.model.load()

    def _checked(self, report: Report) -> None:
        if report.ok:
            self.context.toast(report_words(report)[0])
            return
        area = self.findChild(QScrollArea)
        if area is not None:  # where the banner is
            area.verticalScrollBar().setValue(0)

    def _fits(self) -> None:
        self.context.toast(tr("The recovery key fits."))

    # -- next steps

    def _deep(self) -> None:
        self.keeping.check(deep=True)

    def _way_back(self) -> None:
        self.context.find_way_back()

    def _step(self, said: Said) -> None:
        if said.step in _PAGES:
            self.context.go(_PAGES[said.step])
        elif said.step == "recovery":
            self.recovery.ask()
        elif said.step in ("log", "crashes"):
            dialogs.show_in_folder(Path(said.place))
        else:
            {"deep": self._deep, "mend": self.model.mend, "way-back": self._way_back}[said.step]()
