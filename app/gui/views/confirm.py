"""Asking for the passphrase once more, before what must not be done by whoever sits down here."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from app.errors import CannotUnlock, UserError
from app.gui.context import PageContext
from app.gui.style.tokens import px
from app.gui.widgets.base import Label, column, row
from app.gui.widgets.buttons import Button
from app.gui.widgets.dialog import GrowingDialog
from app.gui.widgets.fields import Field, PassphraseField
from app.gui.widgets.states import Banner, error_texts
from app.i18n import tr
from app.jobs import JobContext

Then = Callable[[], object]


def confirm_passphrase(
    context: PageContext, parent: QWidget, reason: str, then: Then
) -> ConfirmDialog | None:
    """Call `then` (a bound method) once the passphrase was typed; at once if it just was.

    `reason` is a sentence in the person's language. Nothing happens if they think better of it.
    """
    if context.session.confirmed:
        then()
        return None
    dialog = ConfirmDialog(context, parent, reason, then)
    dialog.open()
    return dialog


def export_reason() -> str:
    """Why the passphrase is asked for before files are written that anybody can read."""
    return tr("The files are not encrypted: whoever finds them can read them.")


class ConfirmDialog(GrowingDialog):
    """Closes itself when the passphrase was right, and when the vault is locked."""

    def __init__(self, context: PageContext, parent: QWidget, reason: str, then: Then) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(tr("Is it you?"))
        self._context, self._then = context, then
        self.passphrase = PassphraseField(tr("Passphrase"))
        self.field = Field(tr("Passphrase"), self.passphrase)
        self.banner = Banner()
        self.banner.hide()
        self.confirm = Button(tr("Go on"), "primary")
        cancel = Button(tr("Cancel"))
        self.passphrase.submitted.connect(self._check)
        self.passphrase.changed.connect(self._forget_wrong)
        self.confirm.clicked.connect(self._check)
        cancel.clicked.connect(self.reject)
        box = column(
            Label(tr("Is it you?"), "card-title"),
            Label(reason, "body", "soft", wrap=True),
            self.banner,
            self.field,
            spacing=px(12),
            margins=(px(24), px(20), px(24), px(20)),
        )
        box.addLayout(row(1, cancel, self.confirm))
        self.setLayout(box)
        self.setMinimumWidth(px(420))
        self.passphrase.line.setFocus(Qt.FocusReason.OtherFocusReason)

    def _check(self) -> None:
        passphrase = self.passphrase.text()
        if not passphrase or not self.confirm.isEnabled():
            return

        def work(_context: JobContext) -> None:
            from app.services import session as sessions

            sessions.confirm_passphrase(self._context.session, passphrase)

        self.confirm.setEnabled(False)
        self._context.bridge.run(self, work, self._right, self._wrong)

    def _right(self, _nothing: None) -> None:
        then = self._then
        self.passphrase.clear()
        self.accept()
        then()

    def _wrong(self, error: UserError) -> None:
        self.confirm.setEnabled(True)
        if isinstance(error, CannotUnlock):
            title, text = error_texts(error)
            self.passphrase.line.mark_wrong(True)
            self.field.say("\n".join(each for each in (title, text) if each), "bad")
            self.passphrase.line.selectAll()
            self.passphrase.line.setFocus(Qt.FocusReason.OtherFocusReason)
        else:
            self.banner.show_error(error)

    def _forget_wrong(self) -> None:
        self.passphrase.line.mark_wrong(False)
        self.field.say("")
