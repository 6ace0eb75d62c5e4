"""The window around the pages: navigation, keys, size, names, room for longer languages."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, Qt, QUrl
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QScrollArea, QWidget
from pytestqt.qtbot import QtBot

from app import i18n
from app.errors import UserError, VaultDamaged
from app.events import NOTICE
from app.gui import pages
from app.gui.context import PageContext
from app.gui.navigation import Navigation
from app.gui.pages import PAGES, Page, by_id, visible
from app.gui.shell import Shell
from app.gui.style.apply import apply_look
from app.gui.widgets.fields import SearchField
from app.gui.widgets.page import PageView
from app.vault import vault as vaults
from tests.gui.checks import cut_off, stretch, unnamed
from tests.gui.test_widgets import drop

ALL = {page.domain for page in PAGES if page.domain}


class Seen(PageView):
    """A page that remembers what it was told."""

    def __init__(self, context: PageContext) -> None:
        super().__init__(context, "Seen")
        self.arguments: list[object] = []
        self.files: list[Path] = []
        self.steps = 0
        self.search = SearchField("Search here")
        self.body.addWidget(self.search)

    def shown(self, argument: object) -> None:
        self.arguments.append(argument)

    def files_dropped(self, paths: Sequence[Path]) -> None:
        self.files.extend(paths)

    def back(self) -> bool:
        self.steps -= 1
        return self.steps >= 0

    def focus_search(self) -> bool:
        self.search.setFocus()
        return True


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every page remembers what it was told; the pages of the program are not needed for that."""
    for name in ("app.gui.pages.PAGES", "app.gui.shell.PAGES"):
        monkeypatch.setattr(name, tuple(page._replace(factory=Seen) for page in PAGES))


def make(qtbot: QtBot, context: PageContext, domains: set[str], size: tuple[int, int]) -> Shell:
    shell = Shell(context, domains)
    qtbot.addWidget(shell)
    shell.resize(*size)
    shell.show()
    with qtbot.waitActive(shell):
        shell.activateWindow()
    shell.go("home")
    return shell


def says(shell: Shell, code: str) -> bool:
    return shell.notice.code.text() == code


def test_v21_what_is_true_of_the_whole_vault_stands_above_every_page(
    qtbot: QtBot, context: PageContext, seen: None
) -> None:
    shell = make(qtbot, context, set(), (1280, 800))
    assert not shell.notice.isVisible()
    shell.context.bridge.listen(context.session.events)
    for notice, tone in (
        (vaults._read_only(), "warn"),
        (VaultDamaged("vault-has-damage", "The vault is damaged."), "bad"),
        (UserError("ended-uncleanly", "The program did not end properly the last time."), "info"),
    ):
        context.session.notice = notice
        context.session.events.publish(NOTICE)
        qtbot.waitUntil(partial(says, shell, notice.code))
        assert shell.notice.isVisible()
        assert shell.notice.title.text() == notice.title
        assert shell.notice.property("tone") == tone
        shell.go("search")
        assert shell.notice.isVisible()
    again = make(qtbot, context, set(), (1280, 800))
    assert again.notice.isVisible()


def test_pages_are_listed_once_with_everything_they_need() -> None:
    assert len({page.id for page in PAGES}) == len(PAGES)
    shortcuts = [page.shortcut for page in PAGES if page.shortcut]
    assert len(set(shortcuts)) == len(shortcuts)
    groups = [page.group for page in PAGES]
    assert groups == sorted(groups, key=[pages.TOP, pages.DATA, pages.SHARE, pages.END].index)


def test_domains_have_a_page_only_with_records() -> None:
    some = [page.id for page in visible({"finance"})]
    assert "finance" in some
    assert "health" not in some
    assert "import" in some


def test_a_new_domain_appears_and_the_page_stays(
    qtbot: QtBot, context: PageContext, seen: None
) -> None:
    shell = make(qtbot, context, set(), (1240, 800))
    shell.go("import")
    shell.offer({"energy"})
    assert "energy" in shell.navigation.buttons
    assert shell.navigation.buttons["import"].isChecked()
    assert shell.current == "import"
    QTest.mouseClick(shell.navigation.buttons["energy"], Qt.MouseButton.LeftButton)
    assert shell.current == "energy"


def test_keys_go_to_pages(qtbot: QtBot, context: PageContext, seen: None) -> None:
    shell = make(qtbot, context, set(), (1240, 800))
    control, shift = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
    for key, modifier, page in (
        (Qt.Key.Key_2, control, "timeline"),
        (Qt.Key.Key_I, control, "import"),
        (Qt.Key.Key_S, control | shift, "share"),
        (Qt.Key.Key_Comma, control, "settings"),
        (Qt.Key.Key_1, control, "home"),
    ):
        QTest.keyClick(shell, key, modifier)
        assert shell.current == page
    QTest.keyClick(shell, Qt.Key.Key_F1)
    assert shell.current == "settings"
    with qtbot.waitSignal(context.lock_wanted):
        QTest.keyClick(shell, Qt.Key.Key_L, control)


def test_find_and_back_ask_the_page_first(qtbot: QtBot, context: PageContext, seen: None) -> None:
    shell = make(qtbot, context, set(), (1240, 800))
    shell.go("timeline")
    page = shell.page("timeline")
    assert isinstance(page, Seen)
    QTest.keyClick(shell, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(page.search.hasFocus)
    page.steps = 1
    QTest.keyClick(shell, Qt.Key.Key_Escape)
    assert (shell.current, page.steps) == ("timeline", 0)
    QTest.keyClick(shell, Qt.Key.Key_Escape)
    assert shell.current == "home"


def test_pages_send_each_other_arguments(qtbot: QtBot, context: PageContext, seen: None) -> None:
    shell = make(qtbot, context, set(), (1240, 800))
    context.go("search", "coffee")
    page = shell.page("search")
    assert isinstance(page, Seen)
    assert page.arguments == ["coffee"]
    context.toast("Done", "", None)
    assert shell.toast.isVisible()


def test_dropped_files_go_to_import(
    qtbot: QtBot, context: PageContext, seen: None, tmp_path: Path
) -> None:
    shell = make(qtbot, context, set(), (1240, 800))
    shell.take_files([tmp_path / "a.csv"])
    page = shell.page("import")
    assert isinstance(page, Seen)
    assert page.files == [tmp_path / "a.csv"]


def test_a_sealed_file_goes_to_the_inbox(
    qtbot: QtBot, context: PageContext, seen: None, tmp_path: Path
) -> None:
    shell = make(qtbot, context, set(), (1240, 800))
    shell.take_files([tmp_path / "from-somebody.mdshare"])
    page = shell.page("inbox")
    assert isinstance(page, Seen)
    assert page.files == [tmp_path / "from-somebody.mdshare"]


def test_little_room_leaves_icons_with_names(
    qtbot: QtBot, context: PageContext, seen: None
) -> None:
    shell = make(qtbot, context, ALL, (1240, 800))
    assert shell.navigation.width() == 220
    shell.resize(1000, 640)
    assert shell.navigation.width() == 64
    button = shell.navigation.buttons["home"]
    assert (button.text(), button.toolTip(), button.accessibleName()) == ("", "Home", "Home")
    shell.resize(1240, 800)
    assert button.text().strip() == "Home"


def nothing_scrolls(shell: Shell) -> bool:
    return shell.navigation.findChildren(QScrollArea)[0].verticalScrollBar().maximum() == 0


def test_rows_move_together_before_they_scroll(
    qtbot: QtBot, context: PageContext, seen: None
) -> None:
    shell = Shell(context, {"finance", "health", "energy", "social"})
    qtbot.addWidget(shell)
    shell.show()
    heights = {}
    for height in (1000, 800):
        shell.resize(1240, height)
        qtbot.waitUntil(partial(nothing_scrolls, shell))
        heights[height] = shell.navigation.buttons["home"].height()
    assert heights == {1000: 38, 800: 36}


def test_the_page_in_front_is_a_whole_row(qtbot: QtBot, context: PageContext, seen: None) -> None:
    shell = Shell(context, ALL)
    qtbot.addWidget(shell)
    shell.resize(960, 640)
    shell.show()
    shell.go("inbox")
    chosen = shell.navigation.buttons["inbox"]
    qtbot.waitUntil(lambda: chosen.visibleRegion().boundingRect().height() == chosen.height())


def test_no_ring_is_shown_before_a_key_is_pressed(
    qtbot: QtBot, context: PageContext, seen: None
) -> None:
    shell = make(qtbot, context, set(), (1240, 800))
    assert not [button for button in shell.navigation.buttons.values() if button.property("ring")]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.id)
def test_every_page_has_names_and_room(
    qtbot: QtBot, context: PageContext, monkeypatch: pytest.MonkeyPatch, page: Page
) -> None:
    stretch(monkeypatch)
    for size in ((1240, 800), (960, 640)):
        shell = make(qtbot, context, ALL, size)
        shell.go(page.id)
        qtbot.waitUntil(lambda: not context.bridge.busy)
        qtbot.wait(20)
        assert unnamed(shell) == []
        assert cut_off(shell) == []
        shell.close()


@pytest.mark.parametrize("scale", [80, 150])
@pytest.mark.parametrize("language", ["en", "ko"])
def test_the_frame_fits_at_every_scale(
    qtbot: QtBot, context: PageContext, qapp: QApplication, seen: None, scale: int, language: str
) -> None:
    i18n.set_language(language)
    apply_look(qapp, "dark", scale)
    shell = make(qtbot, context, ALL, (1240, 800))
    assert cut_off(shell.navigation) == []


def test_a_text_without_room_is_found(qtbot: QtBot, context: PageContext, seen: None) -> None:
    shell = make(qtbot, context, set(), (1240, 800))
    button = shell.page("home").header
    button.title.setText("words " * 10)
    button.title.setFixedSize(60, 10)
    shell.navigation.lock_button.setAccessibleName("")
    assert any("words" in each for each in cut_off(shell))
    assert len(unnamed(shell)) == 1


def test_by_id_knows_every_page() -> None:
    assert all(by_id(page.id) is page for page in PAGES)


def test_a_drop_needs_files(qtbot: QtBot, context: PageContext, seen: None) -> None:
    shell = make(qtbot, context, set(), (1240, 800))
    mime = QMimeData()
    mime.setUrls([QUrl("https://example.org/")])
    assert not drop(shell, mime)


def test_rows_know_before_the_first_picture_how_close_they_stand(qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    for height, close in ((400, True), (1600, False)):
        window.resize(1240, height)
        left = Navigation(("finance",), window)
        assert {button.property("close") for button in left.buttons.values()} == {close}
