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
    demo_wanted = Signal()
    way_back_wanted = Signal()

    def __init__(
        self,
        session: Session,
        bridge: Bridge,
        parent: QObject | None = None,
        *,
        sample: bool = False,
    ) -> None:
        super().__init__(parent)
        self.sample = sample
        """Whether this is the demo vault, of which nothing stays."""
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

    def look_around(self) -> None:
        """Lock the vault and open the demo vault instead."""
        self.demo_wanted.emit()

    def find_way_back(self) -> None:
        """Lock the damaged vault and show the steps that lead out of it."""
        self.way_back_wanted.emit()

    def lock(self) -> None:
        """Lock the vault now."""
        self.lock_wanted.emit()
