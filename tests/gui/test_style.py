"""The look keeps the promises of its specification: contrast, radii, icons, fonts."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from PySide6.QtCore import QByteArray, Qt
from PySide6.QtGui import QColor, QFontInfo, QPalette
from PySide6.QtSvg import QSvgRenderer
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from app.gui.pages import PAGES
from app.gui.style import fonts, icons, tokens
from app.gui.style.apply import apply_look, system_theme
from app.gui.style.sheet import sheet
from app.gui.style.tokens import DARK, LIGHT, Colours
from app.gui.widgets.card import Card, Pill
from connectors.kinds import DOMAINS
from tests.places import ROOT

ICONS = ROOT / "resources" / "icons"


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.03928 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
def test_every_text_can_be_read(colours: Colours) -> None:
    c = colours
    pairs = [(ink, ground) for ink in (c.text, c.text2, c.text3) for ground in (c.bg, c.surface)]
    pairs += [(c.text, c.sunken), (c.text2, c.sunken), (c.accent, c.surface), (c.accent, c.bg)]
    pairs += [(c.on_accent, c.accent), (c.accent, c.accent_soft), (c.good, c.good_soft)]
    pairs += [(c.warn, c.warn_soft), (c.bad, c.bad_soft), (c.bad, c.surface), (c.surface, c.text)]
    assert {pair: contrast(*pair) for pair in pairs if contrast(*pair) < 4.45} == {}


@pytest.mark.parametrize(("colours", "least"), [(LIGHT, 3.0), (DARK, 4.0)])
def test_controls_and_charts_stand_out(colours: Colours, least: float) -> None:
    assert contrast(colours.control, colours.surface) >= 3.0
    assert all(contrast(part, colours.surface) >= least for part in colours.chart)


@pytest.mark.parametrize("scale", [80, 100, 130, 200])
def test_no_radius_is_more_than_half_the_height(scale: int, qapp: QApplication) -> None:
    apply_look(qapp, "light", scale)
    judged = 0
    for rule in re.findall(r"\{([^{}]*)\}", sheet()):
        found = dict(re.findall(r"([a-z-]+):\s*(\d+)px", rule))
        height = found.get("min-height") or found.get("height")
        if height and "border-radius" in found:
            judged += 1
            assert int(found["border-radius"]) * 2 <= int(height) + 2, rule
    assert judged


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_palette_agrees_with_the_tokens(qapp: QApplication, theme: str) -> None:
    apply_look(qapp, theme)
    colours = DARK if theme == "dark" else LIGHT
    assert tokens.colours() is colours
    assert qapp.palette().color(QPalette.ColorRole.Window) == QColor(colours.bg)
    faded = qapp.palette().color(QPalette.ColorGroup.Disabled, QPalette.ColorRole.Text)
    assert faded == QColor(colours.text3)


def test_a_desktop_that_does_not_say_is_light(qapp: QApplication) -> None:
    assert qapp.styleHints().colorScheme() in (Qt.ColorScheme.Unknown, Qt.ColorScheme.Light)
    assert system_theme(qapp) == "light"
    apply_look(qapp, "system")
    assert tokens.theme() == "light"


def test_scale_multiplies_type_and_controls(qapp: QApplication, qtbot: QtBot) -> None:
    sizes = []
    for scale in (100, 200):
        apply_look(qapp, "light", scale)
        pill = Pill("Active", "good")
        qtbot.addWidget(pill)
        pill.show()
        sizes.append((pill.height(), pill.fontMetrics().height()))
    assert sizes[0][0] == 22
    assert sizes[1][0] == 44
    assert sizes[1][1] >= sizes[0][1] * 1.7


@pytest.mark.parametrize("file", sorted(ICONS.glob("*.svg")), ids=lambda file: file.stem)
def test_icons_are_line_drawings_on_one_grid(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    assert QSvgRenderer(QByteArray(text.encode())).isValid()
    assert 'viewBox="0 0 24 24"' in text
    if 'stroke="currentColor"' in text:
        assert 'stroke-width="1.75"' in text
        assert 'stroke-linecap="round"' in text


def test_every_page_and_domain_has_its_icon() -> None:
    assert set(tokens.DOMAIN_ICONS) == set(DOMAINS)
    names = {page.icon for page in PAGES} | set(tokens.DOMAIN_ICONS.values())
    assert all((ICONS / f"{name}.svg").is_file() for name in names)


def test_icons_take_the_colour_asked_for(qapp: QApplication) -> None:
    image = icons.pixmap("home", 24, "#FF0000").toImage()
    inked = {
        image.pixelColor(x, y).name()
        for x in range(24)
        for y in range(24)
        if image.pixelColor(x, y).alpha() == 255
    }
    assert inked == {"#ff0000"}


def test_cards_are_painted_from_the_tokens(qapp: QApplication, qtbot: QtBot) -> None:
    for theme, colours in (("light", LIGHT), ("dark", DARK)):
        apply_look(qapp, theme)
        card = Card("Title")
        qtbot.addWidget(card)
        card.resize(200, 120)
        image = card.grab().toImage()
        assert image.pixelColor(100, 100).name().upper() == colours.surface
        assert image.pixelColor(0, 60).name().upper() == colours.hairline


def test_a_korean_font_is_used_where_there_is_one(qapp: QApplication) -> None:
    if not fonts.family():
        pytest.skip("this computer has none of the Korean fonts we prefer")
    assert QFontInfo(qapp.font()).family() == fonts.family()
    assert fonts.font("page-title").pixelSize() == 26
