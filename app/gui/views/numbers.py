"""Safety numbers, large, in groups of five."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QGridLayout, QSizePolicy, QWidget

from app.gui.style.tokens import px
from app.gui.widgets.base import Label, empty
from app.i18n import tr


class Numbers(QWidget):
    """Groups in lines of `across`. A tone for each group marks it; "" leaves it plain."""

    def __init__(self, across: int, role: str = "number") -> None:
        super().__init__()
        self._across, self._role = across, role
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(px(16))
        self._grid.setVerticalSpacing(px(6))
        self._grid.setColumnStretch(across, 1)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self.groups: list[str] = []

    def show_groups(self, groups: Sequence[str], tones: Sequence[str] = ()) -> None:
        """Show these groups instead."""
        empty(self._grid)
        self.groups = list(groups)
        for place, group in enumerate(groups):
            label = Label(group, self._role, tones[place] if tones else "")
            label.setProperty("mono", True)
            label.setAccessibleName(" ".join(group))
            self._grid.addWidget(label, place // self._across, place % self._across)
        self.setAccessibleName(tr("Safety number"))
        self.setAccessibleDescription(" ".join(groups))
