"""The design's numbers and colours, and which of them are in force.

Every colour and size in the window comes from here. `colours()` and `px()` answer for the theme
and scale chosen with `choose`; a change of either rebuilds the window, so nothing watches them.
"""

from __future__ import annotations

from typing import Final, NamedTuple

THEMES: Final = ("light", "dark")
MIN_SCALE: Final = 80
MAX_SCALE: Final = 200


class Colours(NamedTuple):
    """One theme. Text colours keep at least 4.5:1 on the surfaces they are meant for."""

    bg: str
    surface: str
    sunken: str
    text: str
    text2: str
    text3: str
    accent: str
    on_accent: str
    accent_soft: str
    good: str
    good_soft: str
    warn: str
    warn_soft: str
    bad: str
    bad_soft: str
    control: str
    hairline: str
    chart: tuple[str, str, str, str, str, str]


LIGHT: Final = Colours(
    bg="#F6F7F9",
    surface="#FFFFFF",
    sunken="#EEF0F3",
    text="#1A1D23",
    text2="#535B69",
    text3="#6B7280",
    accent="#2456C9",
    on_accent="#FFFFFF",
    accent_soft="#E6EDFC",
    good="#1B7A43",
    good_soft="#E3F4EA",
    warn="#8F5A00",
    warn_soft="#FCF1DC",
    bad="#B3261E",
    bad_soft="#FCE8E6",
    control="#868E9C",
    hairline="#DDE1E7",
    chart=("#3751C3", "#C97649", "#36968C", "#A481E8", "#861A50", "#4A530D"),
)

DARK: Final = Colours(
    bg="#14171C",
    surface="#1C2027",
    sunken="#101317",
    text="#E8EAEE",
    text2="#A9B1BE",
    text3="#8D96A5",
    accent="#7FA6FF",
    on_accent="#0E1730",
    accent_soft="#1F2C4A",
    good="#6FD39A",
    good_soft="#17301F",
    warn="#F0B856",
    warn_soft="#33260D",
    bad="#FF8A80",
    bad_soft="#3B1B19",
    control="#737C8B",
    hairline="#2D333D",
    chart=("#6784DE", "#FAB67A", "#9AE3CA", "#D2BAF1", "#B37585", "#7B8A00"),
)

DOMAIN_ICONS: Final[dict[str, str]] = {
    "finance": "bank",
    "energy": "bolt",
    "health": "heart",
    "fitness": "activity",
    "social": "message",
    "media": "media",
    "web": "globe",
    "place": "place",
    "person": "person",
    "calendar": "calendar",
    "mail": "mail",
    "education": "education",
}
"""Domain to icon name."""

_DOMAIN_SERIES: Final[dict[str, int]] = {"finance": 0, "health": 1, "energy": 2, "social": 3}


class _State:
    theme = "light"
    scale = 100


_state = _State()


def choose(theme: str, scale: int = 100) -> None:
    """Put "light" or "dark" and a scale in percent in force."""
    _state.theme = theme if theme in THEMES else "light"
    _state.scale = max(MIN_SCALE, min(MAX_SCALE, scale))


def theme() -> str:
    """The theme in force: "light" or "dark"."""
    return _state.theme


def colours() -> Colours:
    """The colours in force."""
    return DARK if _state.theme == "dark" else LIGHT


def px(size: float) -> int:
    """A size of type or control, given at 100 %, in whole pixels at the scale in force."""
    return round(size * _state.scale / 100)


def series(index: int) -> str:
    """The colour of chart series `index`; more than six wrap, but charts fold them first."""
    chart = colours().chart
    return chart[index % len(chart)]


def domain_colour(domain: str) -> str:
    """The colour a domain is recognised by, the same on every page."""
    if domain in _DOMAIN_SERIES:
        return series(_DOMAIN_SERIES[domain])
    known = list(DOMAIN_ICONS)
    return series(4 + known.index(domain) % 2) if domain in known else colours().text2


def blend(over: str, under: str, share: float) -> str:
    """`over` painted on `under` with opacity `share`, as a plain colour."""
    mixed = (
        round(int(over[i : i + 2], 16) * share + int(under[i : i + 2], 16) * (1 - share))
        for i in (1, 3, 5)
    )
    return "#" + "".join(f"{part:02X}" for part in mixed)
