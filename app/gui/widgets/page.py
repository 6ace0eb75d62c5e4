"""What every page looks like: header, banner, body, at most 1120 pixels wide."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from app.errors import UserError
from app.gui.context import PageContext
from app.gui.style.tokens import px
from app.gui.widgets.card import PageHeader
from app.gui.widgets.states import Banner

CONTENT_WIDTH = 1120


class PageView(QFrame):
    """The base of every page. Put things into `body`.

    `scrolls=False` for pages whose table or preview scrolls itself.
    """

    def __init__(
        self, context: PageContext, title: str, subtitle: str = "", *, scrolls: bool = True
    ) -> None:
        super().__init__()
        self.context = context
        self.setProperty("surface", "bg")
        self.setAccessibleName(title)
        self.header = PageHeader(title, subtitle)
        self.banner = Banner()
        self.banner.hide()
        self.body = QVBoxLayout()
        self.body.setSpacing(16)
        content = QFrame()
        content.setProperty("surface", "plain")
        content.setMaximumWidth(px(CONTENT_WIDTH) + 64)
        self._place(content, scrolls=scrolls)
        column = QVBoxLayout(content)
        column.setContentsMargins(32, 24, 32, 24)
        column.setSpacing(14)
        column.addWidget(self.header)
        column.addWidget(self.banner)
        column.addLayout(self.body, 1)

    def _place(self, content: QWidget, *, scrolls: bool) -> None:
        outer = QHBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        if not scrolls:
            outer.addWidget(content)
            return
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        outer.addWidget(area)
        holder = QWidget()
        area.setWidget(holder)
        line = QHBoxLayout(holder)
        line.setContentsMargins(0, 0, 0, 0)
        line.addWidget(content)

    # -- what a page may answer

    def shown(self, argument: object) -> None:
        """The page came to the front. `argument` is what `context.go` was given."""

    def files_dropped(self, paths: Sequence[Path]) -> None:
        """Files were dropped on the window. Only the import page answers."""

    def back(self) -> bool:
        """Esc was pressed: undo one step of this page. False lets the window go back instead."""
        return False

    def focus_search(self) -> bool:
        """Ctrl+F was pressed: go to this page's search field. False goes to the search page."""
        return False

    def show_error(self, error: UserError) -> None:
        """Show an error above the page. Pass this as `failed` to `Bridge.run`."""
        self.banner.show_error(error)
