"""The left side: pages in groups, settings and locking at the bottom; icons only when narrow."""

from __future__ import annotations

from collections.abc import Collection

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from app.gui.pages import END, GROUPS, Page, visible
from app.gui.style import icons
from app.gui.style.tokens import colours, px
from app.gui.viewmodels.standing import Standing
from app.gui.widgets.base import ElidedLabel, Icon, Label, column, plain_tip, restyle, row
from app.gui.widgets.buttons import Button
from app.i18n import tr

WIDE = 220
NARROW = 64
EDGE = 12
SCROLL_BAR = 6
ABOVE_AND_BELOW = 116
"""Margins, the name above, and the line about the cloud folder."""


class NavButton(Button):
    """One page's button."""

    wanted = Signal(str)

    def __init__(self, key: str, title: str, icon: str) -> None:
        super().__init__(title, "nav")
        self.key, self._title, self._icon = key, title, icon
        self.setCheckable(True)
        self.setProperty("close", False)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setIconSize(QSize(px(20), px(20)))
        self._chosen: bool | None = None
        self.select(False)
        self.clicked.connect(self._want)

    def select(self, chosen: bool) -> None:
        """Show whether this is the page in front."""
        self.setChecked(chosen)
        if chosen == self._chosen:
            return
        self._chosen = chosen
        c = colours()
        self.setIcon(icons.icon(self._icon, px(20), c.accent if chosen else c.text2))

    def shrink(self, narrow: bool) -> None:
        """Icon only, or icon and title."""
        self.setText("" if narrow else "  " + self._title)
        self.setToolTip(plain_tip(self._title) if narrow else "")

    def _want(self) -> None:
        self.wanted.emit(self.key)


class CopyLine(QWidget):
    """How the encrypted copy stands, in an icon and a word; hidden while there is none."""

    def __init__(self) -> None:
        super().__init__()
        self.icon = Icon("cloud", 16)
        self.word = ElidedLabel("", "caption")
        self._line = row(self.icon, spacing=px(8))
        self._line.addWidget(self.word, 1)
        self.setLayout(self._line)
        self.hide()

    def say(self, found: Standing | None) -> None:
        """Show how it stands."""
        if found is not None:
            quiet = found.tone in ("good", "info")
            self.icon.show_icon(found.icon, colours().text2 if quiet else colours().warn)
            self.word.setText(found.word)
            self.setToolTip(plain_tip(found.text))
            self.setAccessibleName(tr("Cloud folder: {state}", state=found.word))
        self.setVisible(found is not None)

    def shrink(self, narrow: bool) -> None:
        """Icon only, or icon and word."""
        self.word.setVisible(not narrow)
        self._line.setContentsMargins(px(12 if narrow else 14), px(4), px(4), px(4))


class Navigation(QFrame):
    """Emits `wanted` with a page's id, or `lock_wanted`."""

    wanted = Signal(str)
    lock_wanted = Signal()

    def __init__(self, domains: Collection[str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("surface", "navigation")
        self.setAccessibleName(tr("Pages"))
        self.buttons: dict[str, NavButton] = {}
        self._wide_only: list[QWidget] = []
        self._narrow_only: list[QWidget] = []
        self._narrow: bool | None = None
        box = QVBoxLayout(self)
        box.setContentsMargins(px(EDGE), px(14), 0, px(16))
        box.setSpacing(2)
        box.addLayout(self._brand())
        box.addSpacing(px(8))
        box.addWidget(self._middle(), 1)
        self._fill(visible(domains))
        box.addLayout(self._foot(visible(domains)))
        self.shrink(False)
        if parent is not None:
            self._fit(parent.height())

    def _foot(self, pages: list[Page]) -> QVBoxLayout:
        self.lock_button = NavButton("lock", tr("Lock now"), "lock")
        self.lock_button.wanted.connect(self._lock)
        self.copy = CopyLine()
        last = [self._button(page) for page in pages if page.group == END]
        self._last = column(
            self.copy, *last, self.lock_button, spacing=2, margins=(0, px(4), px(EDGE), 0)
        )
        return self._last

    def _brand(self) -> QVBoxLayout:
        name = Label(tr("My data"), "card-title")
        self._wide_only.append(name)
        line = row(Icon("shield", 24, colours().accent), name, 1, spacing=px(4))
        line.setContentsMargins(px(9), px(4), 0, px(6))
        holder = column()
        holder.addLayout(line)
        return holder

    def _middle(self) -> QScrollArea:
        """Where the pages go. Filled in its place: moving what holds many widgets takes long."""
        self._area = area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.verticalScrollBar().rangeChanged.connect(self._make_room)
        inner = QWidget()
        self._inner = QVBoxLayout(inner)
        self._inner.setContentsMargins(0, 0, px(EDGE), 0)
        self._inner.setSpacing(2)
        area.setWidget(inner)
        return area

    def _fill(self, pages: list[Page]) -> None:
        group = ""
        for page in pages:
            if page.group == END:
                continue
            if page.group != group:
                group = page.group
                self._inner.addWidget(self._heading(tr(GROUPS[group])))
            self._inner.addWidget(self._button(page))
        self._inner.addStretch(1)

    def _make_room(self, _least: int, most: int) -> None:
        """The scroll bar takes its place from the margin, not from the buttons."""
        self._inner.setContentsMargins(0, 0, px(EDGE) - SCROLL_BAR if most else px(EDGE), 0)
        self._keep_in_sight()

    def _heading(self, text: str) -> QWidget:
        label = Label(text, "section")
        label.setContentsMargins(px(12), px(12), 0, px(5))
        self._wide_only.append(label)
        return label

    def _button(self, page: Page) -> NavButton:
        button = NavButton(page.id, tr(page.title), page.icon)
        button.wanted.connect(self.wanted)
        self.buttons[page.id] = button
        return button

    def _lock(self) -> None:
        self.lock_button.setChecked(False)
        self.lock_wanted.emit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The rows move closer together before they scroll."""
        super().resizeEvent(event)
        self._fit(self.height())

    def _fit(self, height: int) -> None:
        rows = (*self.buttons.values(), self.lock_button)
        headings = 0 if self._narrow else len(GROUPS)
        roomy = len(rows) * px(40) + headings * px(33) + px(ABOVE_AND_BELOW)
        close = height < roomy
        for layout in (self._inner, self._last):
            layout.setSpacing(0 if close else 2)
        for button in rows:
            restyle(button, close=close)

    def select(self, page_id: str) -> None:
        """Show which page is in front."""
        for key, button in self.buttons.items():
            button.select(key == page_id)
        self._keep_in_sight()

    def _keep_in_sight(self) -> None:
        """Scroll to the page in front, so that its row is never half a row."""
        chosen = next((each for each in self.buttons.values() if each.isChecked()), None)
        if chosen is not None and self._area.isAncestorOf(chosen):
            self._area.ensureWidgetVisible(chosen, 0, 0)

    def shrink(self, narrow: bool) -> None:
        """Icons only, or icons and titles."""
        if narrow == self._narrow:
            return
        self._narrow = narrow
        self.setFixedWidth(px(NARROW if narrow else WIDE))
        for widget in self._wide_only:
            widget.setVisible(not narrow)
        self.copy.shrink(narrow)
        for button in (*self.buttons.values(), self.lock_button):
            button.shrink(narrow)
