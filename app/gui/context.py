"""What every page is handed: the open vault, the way to run jobs, and the way around the window."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.gui.bridge import Bridge

if TYPE_CHECKING:
    from app.gui.viewmodels.devices import DevicesModel
    from app.services.session import Session


class PageContext(QObject):
    """Pages talk to the window through this, and never to each other."""

    page_wanted = Signal(str, object)
    toast_wanted = Signal(str, str, object)
    lock_wanted = Signal()
    look_changed = Signal()

    def __init__(self, session: Session, bridge: Bridge, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.bridge = bridge
        self._devices: DevicesModel | None = None

    @property
    def devices(self) -> DevicesModel:
        """How the vault stands on its computers: one for the page and the navigation."""
        if self._devices is None:
            from app.gui.viewmodels.devices import DevicesModel

            self._devices = DevicesModel(self)
        return self._devices

    def go(self, page: str, argument: object = None) -> None:
        """Show page `page`; its `shown` gets `argument`."""
        self.page_wanted.emit(page, argument)

    def toast(self, text: str, label: str = "", action: Callable[[], object] | None = None) -> None:
        """Say that something was done, with a button to undo it."""
        self.toast_wanted.emit(text, label, action)

    def lock(self) -> None:
        """Lock the vault now."""
        self.lock_wanted.emit()
