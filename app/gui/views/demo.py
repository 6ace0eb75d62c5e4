"""While the demo vault is made: how far it is, and a way back."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QKeyEvent, Qt

from app.gui.views.gate import Gate
from app.gui.views.pieces import strip
from app.gui.widgets.base import Label
from app.gui.widgets.buttons import Button
from app.gui.widgets.progress import ProgressBar
from app.i18n import tr
from app.jobs import Progress


class DemoGate(Gate):
    """Emits `cancelled`."""

    cancelled = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.say(
            tr("Making the demo vault…"),
            tr("Files of an invented person are imported, just as yours would be."),
        )
        self.bar = ProgressBar()
        self.bar.setAccessibleName(tr("Making the demo vault…"))
        self.bar.show_progress(0, 0)
        self.cancel = Button(tr("Cancel"))
        self.cancel.clicked.connect(self.cancelled)
        promise = tr("It is removed when you leave it. Your own vault is not touched.")
        self.body.addWidget(self.bar)
        self.body.addWidget(Label(promise, "caption", wrap=True))
        self.body.addWidget(strip(1, self.cancel))

    def show_progress(self, progress: Progress) -> None:
        """Show how far the present file is."""
        self.bar.show_progress(progress.done, progress.total)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc goes back."""
        if event.key() == Qt.Key.Key_Escape:
            self.cancelled.emit()
        else:
            super().keyPressEvent(event)
