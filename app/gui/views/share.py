"""Sharing, step by step: who, what, a look at exactly that, what is agreed, the file."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QStackedWidget, QWidget

from app.errors import UserError
from app.gui.context import PageContext
from app.gui.style.tokens import px
from app.gui.viewmodels import parties
from app.gui.viewmodels.share import ShareModel
from app.gui.views import dialogs
from app.gui.views.busy import BusyView
from app.gui.views.confirm import confirm_passphrase
from app.gui.views.pieces import strip
from app.gui.views.share_done import DoneView
from app.gui.views.share_preview import PreviewStep
from app.gui.views.share_promise import PromiseStep
from app.gui.views.share_summary import SharePanel
from app.gui.views.share_what import WhatStep
from app.gui.views.share_who import WhoStep
from app.gui.widgets.base import row
from app.gui.widgets.buttons import Button
from app.gui.widgets.page import PageView
from app.gui.widgets.progress import ProgressBar
from app.i18n import mark, tr
from app.services.sharing import Person, Shared, default_share_name

WHO, WHAT, PREVIEW, PROMISE, SEALING, DONE = range(6)
STEPS: Final = 4
WIDE: Final = 1000
PANEL_WIDTH: Final = 376
NARROW_PANEL_WIDTH: Final = 296

_TITLES: Final = (
    mark("Who receives it?"),
    mark("What goes out?"),
    mark("Check what goes out"),
    mark("What you agree on"),
    mark("Signing and sealing…"),
    mark("The file is ready"),
)


class SharePage(PageView):
    """The wizard. Give `shown` a person's fingerprint to begin with that recipient."""

    def __init__(self, context: PageContext) -> None:
        super().__init__(context, tr("Share"), " ", scrolls=False)
        self.model = ShareModel(context, self)
        self.step = WHO
        self.bar = ProgressBar()
        self.who = WhoStep(self.model)
        self.what = WhatStep(self.model)
        self.preview = PreviewStep(context, self.model)
        self.promise = PromiseStep(self.model)
        self.sealing = BusyView(
            tr("Signing and sealing…"), tr("Until it is whole, the file has no name.")
        )
        self.done = DoneView()
        self.stack = QStackedWidget()
        for view in (self.who, self.what, self.preview, self.promise, self.sealing, self.done):
            self.stack.addWidget(view)
        self.panel = SharePanel(self.model)
        middle = row(spacing=16)
        middle.addWidget(self.stack, 3)
        middle.addWidget(self.panel, 2)
        self.body.addWidget(self.bar)
        self.body.addLayout(middle, 1)
        self.body.addWidget(self._foot())
        self._listen()
        self._go(WHO)

    def _foot(self) -> QWidget:
        self.back_button = Button(tr("&Back"))
        self.cancel_button = Button(tr("Cancel"))
        self.next_button = Button(tr("&Next"), "primary")
        self.back_button.clicked.connect(self.back)
        self.cancel_button.clicked.connect(self._give_up)
        self.next_button.clicked.connect(self._next)
        self.foot = strip(self.back_button, 1, self.cancel_button, self.next_button, spacing=16)
        return self.foot

    def _listen(self) -> None:
        model = self.model
        for view in (self.who, self.what, self.preview, self.promise):
            view.changed.connect(self._refresh)
        self.who.compare_wanted.connect(self._compare)
        self.promise.compare_wanted.connect(self._compare_first)
        self.sealing.cancelled.connect(model.cancel)
        self.done.again.connect(self.begin)
        self.done.ledger_wanted.connect(self._ledger)
        model.people.added.connect(self._added)
        model.overtaken.connect(self._overtaken)
        model.progressed.connect(self.sealing.show_progress)
        model.shared.connect(self._shared)
        model.stopped.connect(self._stopped)
        model.failed.connect(self._failed)

    # -- coming and going

    def shown(self, argument: object) -> None:
        """Go on where it was left; begin anew after a file was made."""
        if self.step == DONE or isinstance(argument, str):
            self.begin()
        else:
            self.model.load()
        if isinstance(argument, str):
            self.model.recipients = [argument]
        self.setFocus(Qt.FocusReason.OtherFocusReason)

    def begin(self) -> None:
        """Start anew."""
        self.banner.hide()
        self.what.reset()
        self.promise.reset()
        self.model.begin()
        self._go(WHO)

    def _give_up(self) -> None:
        self.begin()
        self.context.go("home")

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Leave room for what goes out."""
        super().resizeEvent(event)
        wide = self.width() >= px(WIDE)
        self.panel.setFixedWidth(px(PANEL_WIDTH if wide else NARROW_PANEL_WIDTH))

    def back(self) -> bool:
        """One step back, from JSON to the table first."""
        if self.step == PREVIEW and self.preview.stack.currentIndex() == 1:
            self.preview.toggle_json()
            return True
        if self.step in (WHAT, PREVIEW, PROMISE):
            self._go(self.step - 1)
            return True
        return self.step == SEALING

    def _next(self) -> None:
        if self.step == PROMISE:
            self._seal()
        else:
            self._go(self.step + 1)

    def _go(self, step: int) -> None:
        self.step = step
        # Qt would hand the focus of what is hidden to the navigation, ring and all.
        self.setFocus(Qt.FocusReason.OtherFocusReason)
        self.stack.setCurrentIndex(step)
        self.banner.hide()
        self.panel.setVisible(step in (PREVIEW, PROMISE))
        self.foot.setVisible(step < SEALING)
        self.bar.setVisible(step < SEALING)
        self.back_button.setVisible(step > WHO)
        if step == PREVIEW and self.model.preview is None:
            self.preview.begin()
        if step == PROMISE:
            self.promise.begin()
        self._refresh()

    def _refresh(self) -> None:
        """Show where we are and whether it can go on."""
        people = self.model.chosen_people()
        names = parties.names([each.name for each in people])
        self.header.say(tr(_TITLES[self.step]), self._subtitle(names))
        self.bar.show_progress(self.step + 1, STEPS)
        self.bar.setAccessibleName(_step_words(self.step))
        last = self.step == PROMISE
        self.next_button.setText(tr("Sign and save the file…") if last else tr("&Next"))
        self.next_button.setAccessibleName(self.next_button.text().replace("&", ""))
        if self.step < SEALING:
            view = (self.who, self.what, self.preview, self.promise)[self.step]
            self.next_button.setEnabled(view.ready())
            self.panel.refresh()

    def _subtitle(self, names: str) -> str:
        if self.step >= SEALING:
            return tr("Nothing is sent by this program.")
        if not names:
            return _step_words(self.step)
        return tr("{step} · for {names}", step=_step_words(self.step), names=names)

    # -- people

    def _compare(self, fingerprint: str) -> None:
        self.context.go("people", fingerprint)

    def _compare_first(self) -> None:
        first = next((p for p in self.model.chosen_people() if p.state != "verified"), None)
        if first is not None:
            self._compare(first.fingerprint)

    def _added(self, person: Person) -> None:
        self.banner.hide()
        self.model.choose_person(person.fingerprint, on=True)

    # -- sealing

    def _seal(self) -> None:
        reason = tr("What is handed over cannot be taken back.")
        confirm_passphrase(self.context, self, reason, self._choose_place)

    def _choose_place(self) -> None:
        path = dialogs.save_as(self, tr("Save the file"), default_share_name())
        if path is not None:
            self._go(SEALING)
            self.sealing.begin()
            self.model.seal(path)

    def _shared(self, shared: Shared) -> None:
        self.done.show_shared(shared)
        self._go(DONE)
        self.done.show_button.setFocus(Qt.FocusReason.OtherFocusReason)

    def _stopped(self) -> None:
        self._go(PROMISE)

    def _overtaken(self) -> None:
        if self.step in (PREVIEW, PROMISE):
            self._go(PREVIEW)
            title = tr("The records changed meanwhile.")
            self.banner.say("info", title, tr("This is what would go out now. Look again."))
            self.banner.show()

    def _failed(self, error: UserError) -> None:
        if self.step == PREVIEW and self.model.preview is None:
            self._go(WHAT)
        self.show_error(error)

    def _ledger(self) -> None:
        self.context.go("consents")


def _step_words(step: int) -> str:
    return tr("Step {step} of {steps}", step=step + 1, steps=STEPS)
