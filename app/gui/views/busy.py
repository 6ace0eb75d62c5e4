"""Something that takes a while, with how far it is and a way to stop it."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from app.gui.views.pieces import strip
from app.gui.widgets.base import Label, column
from app.gui.widgets.buttons import Button
from app.gui.widgets.card import Card
from app.gui.widgets.progress import ProgressBar
from app.i18n import tr
from app.jobs import Progress


class BusyView(QWidget):
    """Emits `cancelled`."""

    cancelled = Signal()

    def __init__(self, title: str, text: str) -> None:
        super().__init__()
        self.bar = ProgressBar()
        self.bar.setAccessibleName(title)
        self.cancel = Button(tr("Cancel"))
        self.cancel.clicked.connect(self.cancelled)
        card = Card(title)
        card.body.addWidget(Label(text, "body", "soft", wrap=True))
        card.body.addWidget(self.bar)
        card.body.addWidget(strip(1, self.cancel))
        self.setLayout(column(card, 1, spacing=0))

    def begin(self) -> None:
        """Nothing is known yet of how long it takes."""
        self.bar.show_progress(0, 0)

    def show_progress(self, progress: Progress) -> None:
        """Show how far it is."""
        self.bar.show_progress(progress.done, progress.total)
