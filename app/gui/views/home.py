"""The first page: how much of what there is, one chart, who holds data, what to do next."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QHideEvent, QResizeEvent
from PySide6.QtWidgets import QGridLayout, QSizePolicy, QVBoxLayout, QWidget

from app.errors import UserError, VaultDamaged
from app.gui.context import PageContext
from app.gui.style.tokens import DOMAIN_ICONS, domain_colour, px
from app.gui.viewmodels import wording
from app.gui.viewmodels.filters import Rows
from app.gui.viewmodels.home import Glance, Holder, Home, HomeModel, Task
from app.gui.views.import_guide import guide
from app.gui.views.monthly import chart_card
from app.gui.widgets.base import Label, Line, empty, row
from app.gui.widgets.buttons import Button
from app.gui.widgets.card import ActionRow, Card, ListRow, Pill, Tile
from app.gui.widgets.page import PageView
from app.gui.widgets.states import EmptyState
from app.i18n import tr

TILE_WIDTH: Final = 184
MOST_COLUMNS: Final = 4


class Tiles(QWidget):
    """Tiles in as many columns as there is room for."""

    def __init__(self) -> None:
        super().__init__()
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(16)
        self.tiles: list[Tile] = []
        self._columns = 0
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)

    def show_tiles(self, tiles: Sequence[Tile]) -> None:
        """Show these instead."""
        empty(self._grid)
        self.tiles = list(tiles)
        self._columns = 0
        self._arrange()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fit the columns to the width."""
        super().resizeEvent(event)
        self._arrange()

    def _arrange(self) -> None:
        room = max(1, (self.width() + 16) // (px(TILE_WIDTH) + 16))
        columns = balanced(len(self.tiles), min(room, MOST_COLUMNS))
        if columns == self._columns:
            return
        self._columns = columns
        for index, tile in enumerate(self.tiles):
            self._grid.addWidget(tile, index // columns, index % columns)
        for column in range(MOST_COLUMNS):
            self._grid.setColumnStretch(column, 1 if column < columns else 0)


def balanced(count: int, most: int) -> int:
    """How many columns put `count` tiles in lines of nearly the same length."""
    lines = -(-count // most) or 1
    return -(-count // lines) or 1


class HomePage(PageView):
    """The page."""

    def __init__(self, context: PageContext) -> None:
        super().__init__(context, tr("Home"), tr("All records are encrypted on this computer."))
        self.model = HomeModel(context, self)
        self.import_button = Button(tr("Import"), icon="import")
        self.share_button = Button(tr("New share"), "primary", "share")
        self.import_button.clicked.connect(partial(context.go, "import"))
        self.share_button.clicked.connect(partial(context.go, "share"))
        self.header.add_action(self.import_button)
        self.header.add_action(self.share_button)
        self.tiles = Tiles()
        self._lower = row(spacing=16)
        self.body.addWidget(self.tiles)
        self.body.addLayout(self._lower, 1)
        self.model.ready.connect(self._show)
        self.model.failed.connect(self.show_error)

    # -- what the model says

    def _show(self, home: Home) -> None:
        title = tr("Hello, {name}", name=home.name) if home.name else tr("Hello")
        self.header.say(title, home.kept)
        self.share_button.setVisible(bool(home.tiles))
        self.import_button.setVisible(bool(home.tiles))
        self.tiles.setVisible(bool(home.tiles))
        self.tiles.show_tiles([self._tile(each) for each in home.tiles])
        empty(self._lower)
        if not home.tiles:
            self._show_start()
            return
        if home.chart is not None:
            self.chart = chart_card(home.chart, self._open_rows)
            self._lower.addWidget(self.chart, 3)
        self._lower.addWidget(self._panel(home), 2)

    def _tile(self, glance: Glance) -> Tile:
        tile = Tile(
            glance.domain,
            glance.title,
            glance.number,
            glance.caption,
            icon=DOMAIN_ICONS[glance.domain],
            colour=domain_colour(glance.domain),
            course=glance.course,
        )
        tile.opened.connect(self.context.go)
        return tile

    def _open_rows(self, rows: Rows) -> None:
        self.context.go(wording.domain_of(rows.kind), rows)

    def _show_start(self) -> None:
        card = Card()
        button = Button(tr("Import files"), "primary", "import")
        button.clicked.connect(partial(self.context.go, "import"))
        card.body.addWidget(
            EmptyState(
                "import",
                tr("No records yet"),
                tr("Bring a file you already have. It stays on this computer."),
                [button, *self._demo()],
            )
        )
        box = QVBoxLayout()
        box.setSpacing(16)
        box.addWidget(card, 1)
        box.addWidget(guide())
        self._lower.addLayout(box)

    def _demo(self) -> list[Button]:
        """The way into the demo vault; in it there is none."""
        if self.context.sample:
            return []
        self.demo = Button(tr("Open the demo vault"), icon="sparkle")
        self.demo.clicked.connect(self.context.look_around)
        return [self.demo]

    # -- the panel at the right

    def _panel(self, home: Home) -> Card:
        card = Card()
        card.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        body = card.body
        body.addWidget(Label(tr("Who holds my data"), "card-title"))
        for holder in home.holders:
            body.addWidget(_holder_row(holder))
        if not home.holders:
            body.addWidget(Label(tr("Nobody was given anything yet."), "body", "soft", wrap=True))
        body.addWidget(Line())
        body.addWidget(Label(tr("To do"), "card-title"))
        for task in home.tasks:
            body.addWidget(self._task_row(task))
        if not home.tasks:
            body.addWidget(Label(tr("Nothing at the moment."), "body", "soft", wrap=True))
        body.addStretch(1)
        every = Button(tr("See all consents"))
        every.clicked.connect(partial(self.context.go, "consents"))
        every.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        body.addWidget(every)
        return card

    def _task_row(self, task: Task) -> ActionRow:
        made = ActionRow(task.title, task.text, task.icon)
        made.activated.connect(partial(self.context.go, task.page))
        return made

    # -- coming and going

    def shown(self, argument: object) -> None:  # noqa: ARG002 - nothing can be asked of it
        """Look again if something changed."""
        self.model.come()
        self.setFocus(Qt.FocusReason.OtherFocusReason)

    def show_error(self, error: UserError) -> None:
        """Where the vault itself is damaged, with the way back."""
        super().show_error(error)
        if isinstance(error, VaultDamaged):
            way_back = self.banner.add_button(tr("The way back"))
            way_back.clicked.connect(self.context.find_way_back)

    def hideEvent(self, event: QHideEvent) -> None:
        """Another page is in front."""
        super().hideEvent(event)
        self.model.leave()


def _holder_row(holder: Holder) -> ListRow:
    made = ListRow(holder.name, holder.text)
    made.add(Pill(holder.state, holder.tone))
    return made
