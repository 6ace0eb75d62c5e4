"""Inbox: files from others are checked, looked at, and only then kept."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from app.errors import UserError
from app.gui.context import PageContext
from app.gui.viewmodels import inbox as words
from app.gui.viewmodels import wording
from app.gui.viewmodels.inbox import InboxModel
from app.gui.views import dialogs
from app.gui.views.busy import BusyView
from app.gui.views.confirm import confirm_passphrase, export_reason
from app.gui.views.opened import OpenedView, RefusedView
from app.gui.views.pieces import panel
from app.gui.views.question import Question
from app.gui.views.received import ReceivedView
from app.gui.widgets.buttons import Button
from app.gui.widgets.card import Card, ListRow, Pill, RowList
from app.gui.widgets.drop_zone import DropZone
from app.gui.widgets.page import PageView
from app.gui.widgets.stack import Stack
from app.gui.widgets.states import EmptyState
from app.i18n import tr
from app.services.sharing import Accepted, ReceivedBundle

FRONT, BUSY, OPENED, REFUSED, RECEIVED = range(5)


class InboxPage(PageView):
    """The page. Give `shown` a path to open that file."""

    def __init__(self, context: PageContext) -> None:
        super().__init__(context, tr("Inbox"), " ")
        self.model = InboxModel(context, self)
        self.open_button = Button(tr("Open a file…"), icon="upload")
        self.open_button.clicked.connect(self._choose)
        self.header.add_action(self.open_button)
        self.question = Question()
        self.busy = BusyView(tr("Checking…"), tr("Nothing is stored before you say so."))
        self.opened = OpenedView(self.model)
        self.refused = RefusedView()
        self.received = ReceivedView(context, self.model, self.question)
        self.stack = Stack()
        for view in (self._front(), self.busy, self.opened, self.refused, self.received):
            self.stack.addWidget(view)
        self.body.addWidget(self.question)
        self.body.addWidget(self.stack, 1)
        self._listen()
        self._show(FRONT)

    def _front(self) -> QWidget:
        self.zone = DropZone(tr("Drop a file that somebody shared with you here"))
        self.zone.activated.connect(self._choose)
        self.zone.dropped.connect(self.files_dropped)
        self.list = RowList()
        self.nothing = EmptyState(
            "inbox",
            tr("Nothing was received yet"),
            tr("Files from others, their receipts and their withdrawals are opened here."),
        )
        self.card = Card(tr("Received"))
        self.card.body.addWidget(self.nothing)
        self.card.body.addWidget(self.list)
        self.card.body.addStretch(1)
        made = panel(self.zone, spacing=16)
        layout = made.layout()
        assert layout is not None
        layout.addWidget(self.card)
        return made

    def _listen(self) -> None:
        model = self.model
        model.listed.connect(self._list)
        model.opened.connect(self._opened)
        model.refused.connect(self._refused)
        model.stopped.connect(self.to_front)
        model.progressed.connect(self.busy.show_progress)
        model.kept.connect(self._kept)
        model.saved.connect(self._saved)
        model.discarded.connect(self._discarded)
        model.failed.connect(self._failed)
        self.busy.cancelled.connect(model.cancel)
        self.opened.left.connect(self.to_front)
        self.opened.keep_wanted.connect(self._keep)
        self.opened.export_wanted.connect(self._export)
        self.refused.left.connect(self.to_front)
        self.refused.people_wanted.connect(self._people)
        self.received.left.connect(self.to_front)

    # -- coming and going

    def shown(self, argument: object) -> None:
        """Read the list; open the file named."""
        self.model.load()
        if isinstance(argument, Path):
            self.files_dropped([argument])
        self.setFocus(Qt.FocusReason.OtherFocusReason)

    def files_dropped(self, paths: Sequence[Path]) -> None:
        """Check the first of these files."""
        if paths and self.stack.currentIndex() != BUSY:
            self._show(BUSY)
            self.model.open(paths[0])

    def _choose(self) -> None:
        path = dialogs.open_file(self, tr("Open a file…"))
        if path is not None:
            self.files_dropped([path])

    def back(self) -> bool:
        """From one file to the list; a check is stopped."""
        at = self.stack.currentIndex()
        if at == BUSY:
            self.model.cancel()
        elif at != FRONT:
            self.to_front()
        return at != FRONT

    def to_front(self) -> None:
        """Show the list; what was opened and not kept is forgotten."""
        self.model.close()
        self._show(FRONT)

    def _show(self, at: int) -> None:
        self.banner.hide()
        self.question.hide()
        # Qt would hand the focus of what is hidden to the navigation, ring and all.
        self.setFocus(Qt.FocusReason.OtherFocusReason)
        self.open_button.setVisible(at in (FRONT, REFUSED))
        self.stack.setCurrentIndex(at)
        if at == FRONT:
            self.header.say(
                tr("Inbox"), tr("A file is checked and shown before anything is stored.")
            )
        elif at == BUSY:
            self.busy.begin()

    def _people(self) -> None:
        self.context.go("people")

    # -- what the model says

    def _list(self) -> None:
        self.list.clear()
        for bundle in self.model.bundles:
            self.list.add(self._row(bundle))
        self.list.setVisible(bool(self.model.bundles))
        self.nothing.setVisible(not self.model.bundles)

    def _row(self, bundle: ReceivedBundle) -> ListRow:
        made = ListRow(bundle.sender, words.line(bundle), "inbox")
        made.add(Pill(*words.pill(bundle)))
        look = made.add_button(tr("Look"))
        look.clicked.connect(partial(self.show_bundle, bundle.bundle_id))
        return made

    def show_bundle(self, bundle_id: str) -> None:
        """Show one received bundle in full."""
        bundle = self.model.bundle(bundle_id)
        if bundle is not None:
            self._show(RECEIVED)
            self.received.show_bundle(bundle)
            self.received.back.setFocus(Qt.FocusReason.OtherFocusReason)
            self.header.say(bundle.sender, words.line(bundle))

    def _opened(self) -> None:
        found = self.model.found
        if found is None:
            return
        self._show(OPENED)
        self.header.say(self.model.path.name, words.sender_line(found)[0])
        self.opened.show_opened(found)
        self.opened.leave.setFocus(Qt.FocusReason.OtherFocusReason)

    def _refused(self, error: UserError) -> None:
        self._show(REFUSED)
        self.header.say(tr("The file was not opened"), self.model.path.name)
        self.refused.show_refusal(error, self.model.path)
        self.refused.back.setFocus(Qt.FocusReason.OtherFocusReason)

    def _failed(self, error: UserError) -> None:
        if self.stack.currentIndex() == BUSY:
            self._show(OPENED if self.model.found is not None else FRONT)
        self.show_error(error)

    def _keep(self, knowingly: bool) -> None:
        self._show(BUSY)
        self.model.keep(knowingly=knowingly)

    def _kept(self, accepted: Accepted) -> None:
        self._show(FRONT)
        self.model.load()
        action = partial(self.show_bundle, accepted.bundle_id)
        label = tr("Look") if accepted.kind == "share" else ""
        self.context.toast(words.done_words(accepted), label, action)

    def _export(self) -> None:
        confirm_passphrase(self.context, self, export_reason(), self._choose_folder)

    def _choose_folder(self) -> None:
        folder = dialogs.folder(self, tr("Folder for the files"))
        if folder is not None:
            self.model.export_opened(folder)

    def _saved(self, path: Path) -> None:
        self.context.toast(
            tr("Saved: {name}", name=path.name),
            tr("Show the file"),
            partial(dialogs.show_in_folder, path),
        )

    def _discarded(self, removed: int) -> None:
        self.to_front()
        self.context.toast(tr("Given up: {records}", records=wording.records(removed)))
