"""Which font family the window uses, and fonts for those who paint text themselves."""

from __future__ import annotations

from typing import Final

from PySide6.QtGui import QFont, QFontDatabase

from app.gui.style.tokens import px

PREFERRED: Final = (
    "Pretendard",
    "Apple SD Gothic Neo",
    "Malgun Gothic",
    "Noto Sans CJK KR",
    "Noto Sans KR",
    "NanumSquare",
    "NanumBarunGothic",
    "NanumGothic",
)
MONO: Final = ("DejaVu Sans Mono", "D2Coding", "NanumGothicCoding", "Menlo", "Consolas")

SIZES: Final = {
    "caption": (12, False),
    "body": (14, False),
    "strong": (14, True),
    "section": (12, True),
    "card-title": (17, True),
    "number": (24, True),
    "page-title": (26, True),
}
"""Role to size in pixels at 100 % and whether it is the heavier of the two weights."""


def family() -> str:
    """The first preferred family this computer has; "" leaves Qt's own choice."""
    return _first(PREFERRED)


def mono_family() -> str:
    """A family whose figures line up."""
    return _first(MONO) or QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont).family()


def _first(names: tuple[str, ...]) -> str:
    known = set(QFontDatabase.families())
    return next((name for name in names if name in known), "")


def font(role: str) -> QFont:
    """The font of `role` for painters; figures are tabular where the family has them."""
    size, heavy = SIZES[role]
    made = QFont()
    made.setPixelSize(px(size))
    made.setWeight(QFont.Weight.DemiBold if heavy else QFont.Weight.Normal)
    made.setFeature(QFont.Tag("tnum"), 1)
    return made
