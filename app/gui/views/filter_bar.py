"""The line above a list of records: domains as chips, source and period as choices."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtWidgets import QButtonGroup, QSizePolicy, QWidget

from app.gui.style.tokens import px
from app.gui.viewmodels import wording
from app.gui.viewmodels.filters import FilterModel
from app.gui.widgets.base import Label, row
from app.gui.widgets.buttons import Button, Chip
from app.gui.widgets.fields import Choice
from app.gui.widgets.flow import FlowBox
from app.i18n import tr


class FilterBar(QWidget):
    """Shows and changes the choice of a `FilterModel`. `domains=False` where a page has one."""

    def __init__(self, model: FilterModel, *, domains: bool = True) -> None:
        super().__init__()
        self.model = model
        self._with_domains = domains
        self.chips: dict[str, Chip] = {}
        self._group = QButtonGroup(self)
        # Chips are lower than choices: the room above puts their middles on one line.
        self._box = FlowBox(px(8), px(4))
        self.source = Choice(tr("Source"), [("", tr("All sources"))])
        self.period = Choice(tr("Period"), [("", tr("Any time"))])
        self.all = Button(tr("Show everything"), "link")
        self.all.clicked.connect(model.reset)
        for choice in (self.source, self.period):
            choice.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
            choice.setFixedWidth(px(172))
        self.source.chosen.connect(self._source)
        self.period.chosen.connect(self._period)
        line = row(spacing=px(8))
        line.addWidget(self._box, int(domains))
        if not domains:
            line.insertWidget(0, Label(tr("Records"), "card-title"))
            line.addStretch(1)
        for widget in (self.all, self.source, self.period):
            line.addWidget(widget, 0, Qt.AlignmentFlag.AlignTop)
        self.setLayout(line)
        model.offered.connect(self.show_offer)
        model.changed.connect(self.show_choice)
        self.show_choice()

    def _source(self, value: str) -> None:
        self.model.choose(source=value)

    def _period(self, value: str) -> None:
        self.model.choose(period=value)

    def _domain(self, value: str) -> None:
        self.model.choose(domain=value)

    # -- what the model says

    def show_offer(self) -> None:
        """Offer what there is now."""
        offer = self.model.offer
        sources = [(each, wording.source_title(each)) for each in offer.sources]
        _fill(self.source, [("", tr("All sources")), *sources])
        self._fill_periods()
        if self._with_domains and list(self.chips) != ["", *offer.domains]:
            self._make_chips(["", *offer.domains])
        self.show_choice()

    def _fill_periods(self) -> None:
        periods = [(year, year) for year in self.model.offer.years()]
        chosen = self.model.period
        if len(chosen) > 4:
            periods.append((chosen, wording.month_year(chosen)))
        _fill(self.period, [("", tr("Any time")), *periods])

    def _make_chips(self, domains: list[str]) -> None:
        self.chips = {}
        for domain in domains:
            chip = Chip(wording.domain_title(domain) if domain else tr("Everything"))
            chip.clicked.connect(partial(self._domain, domain))
            self._group.addButton(chip)
            self.chips[domain] = chip
        self._box.show_items(list(self.chips.values()))

    def show_choice(self) -> None:
        """Show what is chosen."""
        model = self.model
        self._fill_periods()
        for choice, value in ((self.source, model.source), (self.period, model.period)):
            with QSignalBlocker(choice):
                choice.choose(value)
        if model.domain in self.chips:
            self.chips[model.domain].setChecked(True)
        self.all.setVisible(model.narrowed)


def _fill(choice: Choice, options: list[tuple[str, str]]) -> None:
    """Offer `options`, the one that was chosen still chosen, without telling anybody."""
    if [choice.itemData(i) for i in range(choice.count())] == [value for value, _ in options]:
        return
    with QSignalBlocker(choice):
        before = choice.value()
        choice.clear()
        for value, text in options:
            choice.addItem(text, value)
        choice.choose(before)
