"""What there is: sources at the top, kinds at the left, the fields of one kind at the right."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QHideEvent, QResizeEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.gui.context import PageContext
from app.gui.style.tokens import px
from app.gui.viewmodels import wording
from app.gui.viewmodels.catalogue import CatalogueModel
from app.gui.viewmodels.rows import Grid
from app.gui.widgets.base import empty, row
from app.gui.widgets.buttons import Button
from app.gui.widgets.card import Card, Facts
from app.gui.widgets.page import PageView
from app.gui.widgets.states import EmptyState
from app.gui.widgets.table import ROW_HEIGHT, Table
from app.i18n import tr

SOURCES_SHOWN = 4
FEW_SOURCES = 2
LOW_PAGE = 720


class CataloguePage(PageView):
    """The page."""

    def __init__(self, context: PageContext) -> None:
        super().__init__(
            context,
            tr("Catalogue"),
            tr("What the vault holds, and how complete it is"),
            scrolls=False,
        )
        self.model = CatalogueModel(context, self)
        self.copy_button = Button(tr("Copy as JSON"), icon="copy")
        self.copy_button.clicked.connect(self._copy)
        self.header.add_action(self.copy_button)
        self.sources = Table(tr("Sources"))
        self.kinds = Table(tr("Kinds of records"))
        self.fields = Table(tr("Fields"))
        self.kinds.chosen.connect(self._choose)
        self.sources_card = Card(tr("Sources"))
        self.kinds_card = Card(tr("Kinds of records"))
        self.kind_card = Card(" ")
        self.facts = QVBoxLayout()
        self._build()
        self.model.ready.connect(self._fill)
        self.model.failed.connect(self.show_error)

    def _build(self) -> None:
        self.nothing = EmptyState("layers", tr("Nothing here yet"), tr("Import a file first."))
        self.nothing.hide()
        self.sources_card.body.addWidget(self.sources)
        self.kinds_card.body.addWidget(self.kinds, 1)
        self.kind_card.body.addLayout(self.facts)
        self.kind_card.body.addWidget(self.fields, 1)
        self.below = QWidget()
        line = row(spacing=16)
        line.addWidget(self.kinds_card, 4)
        line.addWidget(self.kind_card, 6)
        self.below.setLayout(line)
        for card in (self.sources_card, self.kinds_card, self.kind_card):
            card.body.setContentsMargins(px(20), px(16), px(12), px(12))
            card.body.setSpacing(px(8))
        self.body.addWidget(self.nothing)
        self.body.addWidget(self.sources_card)
        self.body.addWidget(self.below, 1)

    def _fill(self) -> None:
        there = bool(self.model.found.kinds)
        self.nothing.setVisible(not there)
        if not there:  # Qt would hand the focus of what is hidden to the navigation, ring and all
            self.setFocus(Qt.FocusReason.OtherFocusReason)
        for widget in (self.sources_card, self.below, self.copy_button):
            widget.setVisible(there)
        if not there:
            return
        heads = [tr("Source"), tr("Records"), tr("Period"), tr("Imported")]
        sources = self.model.sources()
        self.sources.show_model(Grid(heads, sources, self), [0, 110, 230, 130])
        self._show_kinds()

    def _show_kinds(self) -> None:
        heads = [tr("Kind"), tr("Records")]
        self.kinds.show_model(Grid(heads, self.model.kinds(), self), [0, 96])
        self.kinds.selectRow(0)

    def _choose(self, index: int) -> None:
        kind = self.model.found.kinds[index]
        self.kind_card.title.setText(wording.kind_label(kind.kind))
        empty(self.facts)
        self.facts.addWidget(Facts(self.model.facts(index)))
        heads = [tr("Field"), tr("Type"), tr("Filled"), tr("Sensitivity")]
        self.fields.show_model(Grid(heads, self.model.fields(index), self), [0, 96, 72, 96])
        self._fit()

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.model.as_json())
        self.context.toast(tr("Copied"))

    # -- size and coming to the front

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Leave out what matters least where there is little room."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        most = FEW_SOURCES if self.height() < px(LOW_PAGE) else SOURCES_SHOWN
        rows = min(most, len(self.model.found.sources))
        self.sources.setFixedHeight(px(34) + rows * px(ROW_HEIGHT) + 2)
        if self.fields.model() is not None:
            self.fields.setColumnHidden(1, self.width() < px(960))

    def shown(self, argument: object) -> None:  # noqa: ARG002 - nothing can be asked of it
        """Read again if something changed."""
        self.model.come()
        self.kinds.setFocus(Qt.FocusReason.OtherFocusReason)

    def hideEvent(self, event: QHideEvent) -> None:
        """Another page is in front."""
        super().hideEvent(event)
        self.model.leave()
