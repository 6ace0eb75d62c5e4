"""A page that is announced in the navigation and not there yet."""

from __future__ import annotations

from app.gui.context import PageContext
from app.gui.widgets.page import PageView
from app.gui.widgets.states import EmptyState
from app.i18n import tr


class WaitingPage(PageView):
    """Says that the page is coming."""

    def __init__(self, context: PageContext, page: str, title: str, icon: str) -> None:
        super().__init__(context, title)
        self.setObjectName(page)
        self.body.addWidget(EmptyState(icon, tr("This page is being built.")), 1)
