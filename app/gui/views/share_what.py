"""The second step of a share: which kinds, from when, and which of their fields."""

from __future__ import annotations

from functools import partial
from typing import Final

from PySide6.QtCore import QSignalBlocker, QSize, Qt, Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.gui.style import icons
from app.gui.style.tokens import DOMAIN_ICONS, domain_colour, px
from app.gui.viewmodels import wording
from app.gui.viewmodels.choosing import PERIODS, Option, is_day
from app.gui.viewmodels.share import ShareModel
from app.gui.views.columns import Columns
from app.gui.views.pieces import scrolled, strip
from app.gui.views.share_who import panel_layout
from app.gui.widgets.base import Label, Line, empty
from app.gui.widgets.buttons import Button, CheckBox
from app.gui.widgets.card import Card, Pill
from app.gui.widgets.fields import Choice, TextField
from app.gui.widgets.stack import Stack
from app.gui.widgets.states import EmptyState
from app.i18n import tr

COUNT_WIDTH: Final = 52
_STATES: Final = {
    0: Qt.CheckState.Unchecked,
    1: Qt.CheckState.PartiallyChecked,
    2: Qt.CheckState.Checked,
}


class DomainBox(QWidget):
    """A domain and its kinds, each with its count and its fields."""

    toggled = Signal(list, bool)
    fields_wanted = Signal(str)

    def __init__(self, model: ShareModel, domain: str, kinds: list[str]) -> None:
        super().__init__()
        self.model, self.kinds = model, kinds
        counts = model.choosing.counts
        self.all = CheckBox(wording.domain_title(domain))
        self.all.setTristate(True)
        self.all.clicked.connect(self._all)
        icon = DOMAIN_ICONS.get(domain, "file")
        self.all.setIconSize(QSize(px(18), px(18)))
        self.all.setIcon(icons.icon(icon, px(18), domain_colour(domain)))
        self.boxes: dict[str, CheckBox] = {}
        self.buttons: dict[str, Button] = {}
        rows = [
            strip(self.all, 1, _number(sum(counts[kind] for kind in kinds))),
            *(self._row(kind) for kind in kinds),
        ]
        self.setLayout(panel_layout(*rows))
        self.refresh()

    def _row(self, kind: str) -> QWidget:
        box = CheckBox(wording.kind_label(kind))
        box.clicked.connect(partial(self._one, kind))
        fields = Button(tr("Fields"), "link")
        fields.setAccessibleDescription(wording.kind_label(kind))
        fields.clicked.connect(partial(self.fields_wanted.emit, kind))
        self.boxes[kind], self.buttons[kind] = box, fields
        made = strip(box, 1, fields, _number(self.model.choosing.counts[kind]))
        made.setContentsMargins(px(28), 0, 0, 0)
        return made

    def _all(self) -> None:
        on = not set(self.kinds) <= self.model.choosing.kinds
        self.toggled.emit(self.kinds, on)

    def _one(self, kind: str) -> None:
        self.toggled.emit([kind], self.boxes[kind].isChecked())

    def refresh(self) -> None:
        """Show what is chosen."""
        chosen = self.model.choosing.kinds & set(self.kinds)
        for kind, box in self.boxes.items():
            box.setChecked(kind in chosen)
        level = 2 if len(chosen) == len(self.kinds) else 1 if chosen else 0
        self.all.setCheckState(_STATES[level])


def _number(count: int) -> Label:
    """A count at the right, the same width in every row."""
    label = Label(f"{count:,}", "body", "soft")
    label.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
    label.setMinimumWidth(px(COUNT_WIDTH))
    return label


class PeriodBar(QWidget):
    """All time, a usual period, or from a day to a day. Emits `changed`."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        options = [(value, tr(text)) for value, text in PERIODS.items()]
        self.choice = Choice(tr("Period"), options)
        self.since = TextField(tr("First day"), "2026-01-01")
        self.until = TextField(tr("Last day"), "2026-12-31")
        self.choice.chosen.connect(self._chosen)
        for field in (self.since, self.until):
            field.setMaximumWidth(px(130))
            field.editingFinished.connect(self._typed)
            field.hide()
        self.setLayout(panel_layout(strip(self.choice, self.since, self.until, 1)))

    def _chosen(self, value: str) -> None:
        for field in (self.since, self.until):
            field.setVisible(value == "own")
        self.changed.emit()

    def _typed(self) -> None:
        for field in (self.since, self.until):
            field.mark_wrong(not is_day(field.text().strip()))
        if self.days() is not None:
            self.changed.emit()

    def days(self) -> tuple[str, str] | None:
        """The typed days, or None while one of them is no date."""
        typed = (self.since.text().strip(), self.until.text().strip())
        return typed if all(is_day(each) for each in typed) else None


class FieldsCard(Card):
    """The fields of one kind. Emits `changed`."""

    changed = Signal()

    def __init__(self, model: ShareModel) -> None:
        super().__init__(tr("Fields"))
        self.model = model
        self.kind = ""
        self.boxes: dict[str, CheckBox] = {}
        self._list = QVBoxLayout()
        self._list.setSpacing(0)
        self.usual = Button(tr("Only the usual fields"), "link")
        self.usual.clicked.connect(self._usual)
        inner = QWidget()
        inner.setLayout(self._list)
        self.stack = Stack()
        text = tr("Other people, identifiers and places are off unless you turn them on.")
        self.stack.addWidget(EmptyState("filter", tr("Look at the fields of a kind"), text))
        self.stack.addWidget(scrolled(inner, tr("Fields")))
        self.body.addWidget(self.stack, 1)
        self.body.addWidget(self.usual, 0, Qt.AlignmentFlag.AlignLeft)
        self.usual.hide()

    def show_kind(self, kind: str) -> None:
        """Show the fields of `kind`; "" shows none."""
        self.kind = kind
        self.stack.setCurrentIndex(1 if kind else 0)
        title = tr("Fields: {kind}", kind=wording.kind_label(kind)) if kind else tr("Fields")
        self.title.setText(title)
        empty(self._list)
        self.boxes = {}
        for option in self.model.choosing.options(kind) if kind else ():
            self._list.addWidget(self._row(option))
        self._list.addStretch(1)
        self._show_usual()

    def _row(self, option: Option) -> QWidget:
        box = CheckBox(option.label)
        box.setChecked(option.on)
        box.toggled.connect(partial(self._toggle, option.name))
        self.boxes[option.name] = box
        if not option.why:
            return strip(box, 1)
        box.setAccessibleDescription(option.why)
        return strip(box, 1, Pill(option.why, "warn"))

    def _toggle(self, name: str, on: bool) -> None:
        self.model.choosing.set_field(self.kind, name, on=on)
        self._show_usual()
        self.changed.emit()

    def _usual(self) -> None:
        self.model.choosing.usual_fields(self.kind)
        self.show_kind(self.kind)
        self.changed.emit()

    def _show_usual(self) -> None:
        self.usual.setVisible(bool(self.kind) and not self.model.choosing.is_usual(self.kind))


class WhatStep(QWidget):
    """Chooses kinds, period and fields. Emits `changed` when the choice did."""

    changed = Signal()

    def __init__(self, model: ShareModel) -> None:
        super().__init__()
        self.model = model
        self.domains: dict[str, DomainBox] = {}
        self.count = Pill("", "info")
        self.period = PeriodBar()
        self.period.changed.connect(self._period)
        self.fields = FieldsCard(model)
        self.fields.changed.connect(self._changed)
        self._list = QVBoxLayout()
        self._list.setSpacing(8)
        inner = QWidget()
        inner.setLayout(self._list)
        card = Card(tr("Kinds of records"), self.count)
        card.body.addWidget(self.period)
        card.body.addWidget(scrolled(inner, tr("Kinds of records")), 1)
        columns = Columns((3, 2))
        columns.left.addWidget(card)
        columns.right.addWidget(self.fields)
        self.setLayout(panel_layout(columns))
        model.offered.connect(self.refresh)

    def reset(self) -> None:
        """Start with nothing chosen."""
        with QSignalBlocker(self.period.choice):
            self.period.choice.choose("")
        self.period.since.hide()
        self.period.until.hide()
        self.fields.show_kind("")

    def refresh(self) -> None:
        """Show what there is, and what of it is chosen."""
        empty(self._list)
        self.domains = {}
        for domain, kinds in self.model.choosing.by_domain().items():
            box = DomainBox(self.model, domain, kinds)
            box.toggled.connect(self._toggle)
            box.fields_wanted.connect(self.fields.show_kind)
            if self.domains:
                self._list.addWidget(Line())
            self.domains[domain] = box
            self._list.addWidget(box)
        if not self.domains:
            title, text = tr("No records here"), tr("Choose another period, or import a file.")
            self._list.addWidget(EmptyState("calendar", title, text))
        self._list.addStretch(1)
        self._say_count()
        self.changed.emit()

    def _toggle(self, kinds: list[str], on: bool) -> None:
        self.model.choosing.choose(kinds, on=on)
        for box in self.domains.values():
            box.refresh()
        if on and len(kinds) == 1:
            self.fields.show_kind(kinds[0])
        self._changed()

    def _period(self) -> None:
        days = self.period.days()
        if days is not None:
            self.model.choosing.set_period(self.period.choice.value(), *days)
            self.model.forget_preview()
            self.model.count()

    def _changed(self) -> None:
        self.model.forget_preview()
        self._say_count()
        self.changed.emit()

    def _say_count(self) -> None:
        total = self.model.choosing.total()
        self.count.say(wording.records(total), "info" if total else "neutral")

    def ready(self) -> bool:
        """Whether anything is chosen."""
        return self.model.choosing.total() > 0
