"""The frame around what is seen before a vault is open: one narrow card in the middle."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from app.errors import UserError
from app.gui.style.tokens import colours, px
from app.gui.widgets.base import Icon, Label
from app.gui.widgets.card import Card
from app.gui.widgets.states import Banner


class Gate(QFrame):
    """A card of fixed width with a heading, a banner for errors, and `body`."""

    def __init__(self, width: int = 460) -> None:
        super().__init__()
        self.setProperty("surface", "bg")
        self.card = Card()
        self.card.setFixedWidth(px(width))
        self._centre()  # before it is filled: moving what holds many widgets takes long
        self.heading = Label("", "page-title", wrap=True)
        self.subtitle = Label("", "body", "soft", wrap=True)
        self.banner = Banner()
        self.banner.hide()
        self.body = QVBoxLayout()
        self.body.setSpacing(px(14))
        inner = self.card.body
        inner.setContentsMargins(px(32), px(28), px(32), px(28))
        inner.setSpacing(px(8))
        inner.addWidget(self.heading)
        inner.addWidget(self.subtitle)
        inner.addWidget(self.banner)
        inner.addSpacing(px(8))
        inner.addLayout(self.body)

    def _centre(self) -> None:
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(area)
        holder = QWidget()
        area.setWidget(holder)
        across = QHBoxLayout(holder)
        down = QVBoxLayout()
        down.setSpacing(px(16))
        down.addStretch(1)
        down.addLayout(_brand())
        down.addWidget(self.card, 0, Qt.AlignmentFlag.AlignHCenter)
        down.addStretch(1)
        across.addStretch(1)
        across.addLayout(down)
        across.addStretch(1)

    @property
    def holds(self) -> bool:
        """Whether making this page anew would lose what was typed, shown or is under way."""
        return False

    def say(self, heading: str, subtitle: str = "") -> None:
        """Change the heading and the line below."""
        self.heading.setText(heading)
        self.subtitle.setText(subtitle)
        self.subtitle.setVisible(bool(subtitle))
        self.setAccessibleName(heading)

    def show_error(self, error: UserError) -> None:
        """Show an error in the card."""
        self.banner.show_error(error)


def _brand() -> QHBoxLayout:
    line = QHBoxLayout()
    line.setSpacing(px(8))
    line.addStretch(1)
    line.addWidget(Icon("shield", 32, colours().accent))
    line.addWidget(Label("MyData Vault", "card-title"))
    line.addStretch(1)
    return line
