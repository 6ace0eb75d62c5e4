"""Each control does what its name says, by mouse and by keyboard, and shows plain text only."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QInputMethodEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from app.errors import InputRefused
from app.gui.viewmodels.strength import strength
from app.gui.widgets.base import Clickable, ElidedLabel, Label, column, plain_tip
from app.gui.widgets.buttons import Button, CheckBox, IconButton, RadioButton
from app.gui.widgets.card import ActionRow, Facts, ListRow, Pill, RowList, Tile
from app.gui.widgets.drop_zone import DropZone
from app.gui.widgets.fields import Choice, Field, PassphraseField, SearchField, TextField
from app.gui.widgets.progress import ProgressBar, Stepper
from app.gui.widgets.stack import Stack
from app.gui.widgets.states import Banner, EmptyState, Toast
from app.i18n import set_language

Show = Callable[..., QWidget]


@pytest.fixture
def show(qtbot: QtBot) -> Iterator[Show]:
    """Put widgets into a window and show it until the test ends."""
    windows: list[QWidget] = []

    def shown(*widgets: QWidget) -> QWidget:
        window = QWidget()
        window.setLayout(column(*widgets))
        windows.append(window)
        window.show()
        qtbot.waitExposed(window)
        return window

    yield shown
    for window in windows:
        window.close()
        window.deleteLater()


@pytest.mark.parametrize(
    "make",
    [
        lambda: Button("Go"),
        lambda: CheckBox("Go"),
        lambda: RadioButton("Go"),
        lambda: Clickable("Go"),
    ],
)
def test_the_ring_is_for_the_keyboard_only(qtbot: QtBot, show: Show, make: object) -> None:
    assert callable(make)
    widget: QWidget = make()
    window = show(Button("Before"), widget)
    with qtbot.waitActive(window):
        window.activateWindow()
    widget.setFocus(Qt.FocusReason.MouseFocusReason)
    assert not widget.property("ring")
    widget.clearFocus()
    widget.setFocus(Qt.FocusReason.TabFocusReason)
    assert widget.property("ring") is True
    widget.clearFocus()
    assert widget.property("ring") is False


def test_the_ring_moves_nothing(show: Show) -> None:
    button = Button("Open", "primary", "home")
    show(button)
    before = button.sizeHint()
    button.setFocus(Qt.FocusReason.TabFocusReason)
    assert button.sizeHint() == before


@pytest.mark.parametrize(
    ("text", "name"),
    [("&Open", "Open"), ("열기(&O)", "열기"), ("R&&D", "R&D"), ("Plain", "Plain")],
)
def test_a_buttons_name_has_no_mnemonic_in_it(qtbot: QtBot, text: str, name: str) -> None:
    button = Button(text)
    qtbot.addWidget(button)
    assert button.accessibleName() == name


def test_text_is_never_markup(show: Show) -> None:
    hostile = "<b>bold</b><img src='file:///etc/passwd'>"
    label, banner = Label(hostile), Banner("bad", hostile, hostile)
    show(label, banner)
    for each in (label, banner.title, banner.text):
        assert each.textFormat() == Qt.TextFormat.PlainText
        assert each.text() == hostile
    assert "<b>" not in plain_tip(hostile)
    assert plain_tip("plain") == "plain"


def test_long_text_is_cut_and_kept_in_the_tooltip(show: Show) -> None:
    label = ElidedLabel("a very long name of an export file.zip")
    show(label)
    label.resize(80, 20)
    assert label.text().endswith("…")
    assert label.toolTip() == label.full_text() == "a very long name of an export file.zip"
    label.resize(900, 20)
    assert label.text() == label.full_text()
    assert label.toolTip() == ""


def drop(widget: QWidget, mime: QMimeData) -> bool:
    """Drag over and drop; whether it was welcome."""
    with warnings.catch_warnings():
        # Qt 6.12 calls the whole pixels deprecated, Qt 6.11 knows nothing else.
        warnings.simplefilter("ignore", DeprecationWarning)
        enter = QDragEnterEvent(
            QPoint(5, 5),
            Qt.DropAction.CopyAction,
            mime,
            Qt.MouseButton.LeftButton,
            Qt.KeyboardModifier.NoModifier,
        )
    QApplication.sendEvent(widget, enter)
    if not enter.isAccepted():
        return False
    event = QDropEvent(
        QPointF(5, 5),
        Qt.DropAction.CopyAction,
        mime,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    QApplication.sendEvent(widget, event)
    return True


def test_the_drop_zone_takes_files_from_this_computer(show: Show, tmp_path: Path) -> None:
    zone = DropZone("Drop files here")
    show(zone)
    got: list[list[Path]] = []
    zone.dropped.connect(got.append)
    local, remote = QMimeData(), QMimeData()
    local.setUrls([QUrl.fromLocalFile(str(tmp_path / "a.zip")), QUrl("https://example.org/b")])
    remote.setUrls([QUrl("https://example.org/b")])
    assert drop(zone, local)
    assert got == [[tmp_path / "a.zip"]]
    assert not drop(zone, remote)


def test_the_drop_zone_is_a_button_too(qtbot: QtBot, show: Show) -> None:
    zone = DropZone("Drop files here")
    show(zone)
    with qtbot.waitSignals([zone.activated, zone.activated]):
        QTest.mouseClick(zone, Qt.MouseButton.LeftButton)
        QTest.keyClick(zone, Qt.Key.Key_Return)
    assert zone.accessibleName() == "Drop files here"


def test_the_eye_shows_and_hides(show: Show) -> None:
    field = PassphraseField("Passphrase")
    show(field)
    assert field.line.echoMode() == QLineEdit.EchoMode.Password
    field.eye.click()
    assert field.line.echoMode() == QLineEdit.EchoMode.Normal
    assert field.eye.accessibleName() == "Hide passphrase"
    field.eye.click()
    assert field.line.echoMode() == QLineEdit.EchoMode.Password


def test_caps_lock_is_suspected(qtbot: QtBot, show: Show) -> None:
    field = PassphraseField("Passphrase")
    show(field)
    QTest.keyClicks(field.line, "ABC")
    assert field.caps.isVisible()
    QTest.keyClicks(field.line, "d")
    assert not field.caps.isVisible()


def test_search_waits_for_a_pause_and_for_the_syllable(qtbot: QtBot, show: Show) -> None:
    field = SearchField("Search")
    show(field)
    asked: list[str] = []
    field.searched.connect(asked.append)
    QTest.keyClicks(field, "cof")
    QTest.keyClicks(field, "fee ")
    qtbot.waitUntil(lambda: asked == ["coffee"])
    QApplication.sendEvent(field, QInputMethodEvent("커", []))
    field.returnPressed.emit()
    assert asked == ["coffee"]
    done = QInputMethodEvent("", [])
    done.setCommitString("커피")
    QApplication.sendEvent(field, done)
    qtbot.waitUntil(lambda: asked == ["coffee", "coffee 커피"])


def test_a_field_names_its_control(show: Show) -> None:
    line = TextField("Name")
    field = Field("Name", line, "As others know you")
    show(field)
    assert field.label.buddy() is line
    field.say("Too short", "bad")
    assert field.hint.text() == "Too short"
    field.say("")
    assert not field.hint.isVisible()


def test_a_choice_gives_its_value(qtbot: QtBot, show: Show) -> None:
    choice = Choice("Theme", [("light", "Light"), ("dark", "Dark")], "dark")
    show(choice)
    assert choice.value() == "dark"
    with qtbot.waitSignal(choice.chosen) as got:
        choice.choose("light")
    assert got.args == ["light"]


def test_a_toast_offers_undo_and_goes(qtbot: QtBot, show: Show) -> None:
    window = show()
    window.resize(500, 300)
    toast = Toast(window)
    undone: list[str] = []

    def undo() -> None:
        undone.append("import")

    toast.say("12 records imported", "Undo", undo)
    assert toast.isVisible()
    assert window.rect().contains(toast.geometry())
    window.resize(800, 300)
    assert abs(toast.geometry().center().x() - 400) <= 1
    QTest.mouseClick(toast._button, Qt.MouseButton.LeftButton)
    assert undone == ["import"]
    assert not toast.isVisible()


def test_an_error_says_what_happened_and_what_to_do(show: Show) -> None:
    set_language("ko")
    banner = Banner()
    show(banner)
    error = InputRefused("code", "Vault folder: {folder}", "", "Undo", folder="집")
    banner.show_error(error)
    assert banner.title.text() == "금고 폴더: 집"
    assert banner.text.text() == "되돌리기"
    assert banner.code.text() == "code"


def test_rows_and_tiles_are_buttons_where_they_act(qtbot: QtBot, show: Show) -> None:
    tile = Tile(
        "finance", "Finance", "12,408", "today", icon="bank", colour="#3751C3", course=[1, 2]
    )
    action = ActionRow("Check the key", "One minute", "key")
    show(tile, action)
    with qtbot.waitSignal(tile.opened) as got:
        QTest.keyClick(tile, Qt.Key.Key_Space)
    assert got.args == ["finance"]
    with qtbot.waitSignal(action.activated):
        QTest.mouseClick(action, Qt.MouseButton.LeftButton)
    assert tile.accessibleDescription() == "12,408. today"


def test_lists_grow_and_empty(qtbot: QtBot, show: Show) -> None:
    rows = RowList([ListRow("a.zip"), ListRow("b.zip")])
    show(rows)
    assert len(rows.findChildren(ListRow)) == 2
    row = rows.findChildren(ListRow)[0]
    button = row.add_button("Undo")
    assert button.accessibleDescription() == "a.zip"
    rows.clear()
    qtbot.waitUntil(lambda: not rows.findChildren(ListRow))


def test_progress_of_any_size(show: Show) -> None:
    bar = ProgressBar()
    show(bar)
    bar.show_progress(3 * 2**40, 4 * 2**40)
    assert bar.value() == 750
    bar.show_progress(5, 0)
    assert bar.maximum() == 0


def test_the_stepper_says_where_we_are(show: Show) -> None:
    stepper = Stepper(4)
    show(stepper)
    stepper.go(2)
    assert stepper.accessibleName() == "Step 3 of 4"


def test_a_stack_is_as_high_as_its_page(show: Show) -> None:
    stack, small, large = Stack(), Label("small"), Label("large")
    large.setMinimumHeight(400)
    stack.addWidget(small)
    stack.addWidget(large)
    show(stack)
    assert stack.sizeHint().height() < 100
    stack.setCurrentIndex(1)
    assert stack.sizeHint().height() >= 400


def test_small_things_keep_their_words(show: Show) -> None:
    pill, facts = Pill("Active", "good"), Facts([("Purpose", "Study")])
    empty = EmptyState("inbox", "Nothing yet", "Open a file to begin", [Button("Open")])
    icon = IconButton("trash", "Delete")
    show(pill, facts, empty, icon)
    pill.say("Ended", "neutral")
    assert (pill.text(), pill.property("pill")) == ("Ended", "neutral")
    assert icon.accessibleName() == icon.toolTip() == "Delete"
    assert {label.text() for label in facts.findChildren(Label)} == {"Purpose", "Study"}


@pytest.mark.parametrize(
    ("passphrase", "enough"),
    [("", False), ("password", False), ("qwerty2019", False), ("orbit lantern mango velvet", True)],
)
def test_strength_is_explained(passphrase: str, enough: bool) -> None:
    found = strength(passphrase)
    assert found.enough is enough
    assert bool(found.word) is bool(found.reason) is bool(passphrase)


def test_strength_takes_little_time_for_a_novel() -> None:
    assert strength("correct horse battery staple " * 4000).enough
