"""The open vault's window: navigation at the left, one page at a time at the right."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QKeySequence, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from app.errors import EnvironmentFailure, UserError, VaultDamaged
from app.events import NOTICE
from app.gui.context import PageContext
from app.gui.navigation import Navigation
from app.gui.pages import PAGES, by_id, visible
from app.gui.style.tokens import px
from app.gui.viewmodels.standing import standing
from app.gui.widgets.base import column, row
from app.gui.widgets.page import PageView
from app.gui.widgets.states import Banner, Toast, error_texts
from app.i18n import tr

COLLAPSE_WIDTH = 1100
SEALED = frozenset({".mdshare", ".mdreceipt"})


def notice_tone(notice: UserError) -> str:
    """Damage is bad; what only says how things are is information."""
    if notice.code == "vault-has-damage":
        return "bad"
    return "warn" if isinstance(notice, EnvironmentFailure | VaultDamaged) else "info"


class Shell(QFrame):
    """Knows pages and keys, and nothing that is on a page."""

    moved = Signal(str)

    def __init__(
        self, context: PageContext, domains: Collection[str], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        if parent is not None:  # what fits is known before the first picture, not found out in it
            self.resize(parent.size())
        self.setProperty("surface", "bg")
        self.context = context
        self._domains = frozenset(domains)
        self._made: dict[str, PageView] = {}
        self._trail: list[str] = []
        self.current = ""
        self.stack = QStackedWidget()
        self.navigation = self._navigate()
        self._line = QHBoxLayout(self)
        self._line.setContentsMargins(0, 0, 0, 0)
        self._line.setSpacing(0)
        self._line.addWidget(self.navigation)
        self._line.addLayout(self._pages(), 1)
        self._tell_notice()
        self.toast = Toast(self.stack)
        context.page_wanted.connect(self.go)
        context.toast_wanted.connect(self.toast.say)
        context.devices.changed.connect(self._show_standing)
        self._show_standing()
        self._keys()

    # -- what the owner should know

    def _pages(self) -> QVBoxLayout:
        """The pages, and above them what is true of the whole vault."""
        self.notice = Banner()
        self.context.bridge.changed.connect(self._on_change)
        made = column(self.notice, self.stack, spacing=0)
        made.setStretchFactor(self.stack, 1)
        if self.context.sample:
            made.insertLayout(0, self._sample_banner())
        return made

    def _sample_banner(self) -> QHBoxLayout:
        """In the demo vault: that nothing here is the person's own."""
        text = tr("Change what you like: all of it is removed when you leave.")
        self.sample = Banner("warn", tr("Sample data: nothing here is yours"), text)
        self.sample.keep_open()
        self.leave = self.sample.add_button(tr("Leave the sample data"))
        self.leave.clicked.connect(self.context.lock)
        return row(self.sample, margins=(32, px(16), 32, 0))

    def _on_change(self, changes: frozenset[str]) -> None:
        if NOTICE in changes:
            self._tell_notice()

    def _tell_notice(self) -> None:
        """Say that it can only be read here, is damaged, was looked over, or what was removed."""
        notice = self.context.session.notice or self.context.session.swept
        self.notice.setVisible(notice is not None)
        if notice is not None:
            title, text = error_texts(notice)
            self.notice.say(notice_tone(notice), title, text, notice.code)

    # -- navigation

    def _navigate(self) -> Navigation:
        made = Navigation(self._domains, self)
        made.wanted.connect(self.go)
        made.lock_wanted.connect(self.context.lock)
        return made

    def offer(self, domains: Collection[str]) -> None:
        """Offer the pages of these domains, if they changed."""
        if frozenset(domains) == self._domains:
            return
        self._domains = frozenset(domains)
        old, self.navigation = self.navigation, self._navigate()
        self._line.replaceWidget(old, self.navigation)
        old.hide()
        old.deleteLater()
        self._fit()
        self._show_standing()
        self.navigation.select(self.current)

    def _show_standing(self) -> None:
        self.navigation.copy.say(standing(self.context.devices))

    def go(self, page_id: str, argument: object = None) -> None:
        """Bring a page to the front, making it if it is new."""
        page = self.page(page_id)
        if self.current and self.current != page_id:
            self._trail = [*self._trail[-20:], self.current]
        self.current = page_id
        self.stack.setCurrentWidget(page)
        self.navigation.select(page_id)
        page.shown(argument)
        if not page.isAncestorOf(self.focusWidget() or self.stack):
            page.setFocus(Qt.FocusReason.OtherFocusReason)
        self.moved.emit(page_id)

    def page(self, page_id: str) -> PageView:
        """The page itself."""
        if page_id not in self._made:
            self._made[page_id] = by_id(page_id).factory(self.context)
            self.stack.addWidget(self._made[page_id])
        return self._made[page_id]

    def take_files(self, paths: Sequence[Path]) -> None:
        """Files dropped anywhere: what others sealed goes to the inbox, the rest is imported."""
        sealed = any(path.suffix.lower() in SEALED for path in paths)
        page = "inbox" if sealed else "import"
        self.go(page)
        self.page(page).files_dropped(paths)

    # -- keys

    def _keys(self) -> None:
        for number in range(1, 10):
            self._key(f"Ctrl+{number}", self._go_number, str(number))
        for page in PAGES:
            if page.shortcut:
                self._key(page.shortcut, self._go_key, page.id)
        self._key("Ctrl+F", self._search)
        self._key("Ctrl+L", self.context.lock)
        self._key("F1", self._help)
        self._key("Esc", self._back)

    def _key(self, keys: str, slot: object, name: str = "") -> None:
        action = QAction(self)
        action.setObjectName(name)
        action.setShortcut(QKeySequence(keys))
        action.setShortcutContext(Qt.ShortcutContext.WindowShortcut)
        action.triggered.connect(slot)
        self.addAction(action)

    def _sender_name(self) -> str:
        sender = self.sender()
        return sender.objectName() if sender is not None else ""

    def _go_number(self) -> None:
        pages = visible(self._domains)
        index = int(self._sender_name()) - 1
        if index < len(pages):
            self.go(pages[index].id)

    def _go_key(self) -> None:
        self.go(self._sender_name())

    def _search(self) -> None:
        if not self._made[self.current].focus_search():
            self.go("search")
            self._made["search"].focus_search()

    def _help(self) -> None:
        self.context.go("settings", "help")

    def _back(self) -> None:
        if self._made[self.current].back():
            return
        if self._trail:
            self.go(self._trail.pop())
            self._trail = self._trail[:-1]

    # -- size

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Collapse the navigation where there is little room."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        self.navigation.shrink(self.width() < px(COLLAPSE_WIDTH))
