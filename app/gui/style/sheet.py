"""The style sheet, made from the tokens.

Widgets carry dynamic properties, not inline styles: `role` names a text size or tone, `kind` a
sort of button, `tone` a pill's or banner's colour, `ring` whether the keyboard put the focus here.
Qt drops a radius larger than half the height, so heights are fixed wherever a radius is.
"""

from __future__ import annotations

from app.gui.style import fonts, icons
from app.gui.style.tokens import blend, colours, px, theme


def sheet() -> str:
    """The whole style sheet for the theme and scale in force."""
    parts = (_surfaces, _text, _buttons, _pills, _fields, _lists, _bars)
    return "\n".join(part() for part in parts)


def _surfaces() -> str:
    c = colours()
    return f"""
QMainWindow, QDialog, QWidget[surface="bg"] {{ background: {c.bg}; }}
QWidget[surface="plain"], QScrollArea, QScrollArea > QWidget > QWidget, QStackedWidget
  {{ background: transparent; border: none; }}
QFrame[surface="card"]
  {{ background: {c.surface}; border: 1px solid {c.hairline}; border-radius: 12px; }}
QFrame[surface="sunken"] {{ background: {c.sunken}; border: none; border-radius: 8px; }}
QFrame[surface="navigation"]
  {{ background: {c.surface}; border: none; border-right: 1px solid {c.hairline}; }}
QFrame[surface="line"] {{ background: {c.hairline}; border: none; }}
QFrame[surface="toast"] {{ background: {c.text}; border: none; border-radius: 8px; }}
QFrame[surface="banner"] {{ border: none; border-radius: 8px; }}
QFrame[surface="banner"][tone="info"] {{ background: {c.accent_soft}; }}
QFrame[surface="banner"][tone="good"] {{ background: {c.good_soft}; }}
QFrame[surface="banner"][tone="warn"] {{ background: {c.warn_soft}; }}
QFrame[surface="banner"][tone="bad"] {{ background: {c.bad_soft}; }}
QFrame[ring="true"] {{ border: 2px solid {c.accent}; }}
QToolTip {{ background: {c.text}; color: {c.surface}; border: none; padding: 4px 8px; }}
"""


def _text() -> str:
    c = colours()
    sizes = "\n".join(
        f'QLabel[role="{role}"] {{ font-size: {px(size)}px;'
        f" font-weight: {600 if heavy else 400}; }}"
        for role, (size, heavy) in fonts.SIZES.items()
    )
    tones = "\n".join(
        f'QLabel[tone="{tone}"] {{ color: {colour}; }}'
        for tone, colour in (
            ("plain", c.text),
            ("soft", c.text2),
            ("faint", c.text3),
            ("accent", c.accent),
            ("good", c.good),
            ("warn", c.warn),
            ("bad", c.bad),
            ("inverse", c.surface),
        )
    )
    return f"""
QLabel {{ background: transparent; color: {c.text}; border: none; }}
{sizes}
QLabel[role="section"] {{ color: {c.text3}; }}
QLabel[role="caption"] {{ color: {c.text2}; }}
{tones}
QLabel[mono="true"] {{ font-family: "{fonts.mono_family()}"; }}
"""


def _buttons() -> str:
    c = colours()
    hover = blend(c.text, c.surface, 0.05)
    accent_hover = blend(c.text if theme() == "light" else "#FFFFFF", c.accent, 0.12)
    height = px(38) - 2
    ring = f"border: 2px solid {c.accent};"
    return f"""
QPushButton {{ background: {c.surface}; color: {c.text}; border: 1px solid {c.control};
  border-radius: 8px; padding: 0 {px(16)}px; min-height: {height}px; max-height: {height}px;
  font-size: {px(14)}px; font-weight: 600; }}
QPushButton:hover, QPushButton:pressed {{ background: {hover}; }}
QPushButton:disabled {{ color: {c.text3}; border-color: {c.hairline}; }}
QPushButton[ring="true"] {{ {ring} min-height: {height - 2}px; max-height: {height - 2}px;
  padding: 0 {px(16) - 1}px; }}
QPushButton[kind="primary"] {{ background: {c.accent}; color: {c.on_accent};
  border-color: {c.accent}; }}
QPushButton[kind="primary"]:hover, QPushButton[kind="primary"]:pressed
  {{ background: {accent_hover}; border-color: {accent_hover}; }}
QPushButton[kind="primary"]:disabled {{ background: {c.sunken}; color: {c.text3};
  border-color: {c.hairline}; }}
QPushButton[kind="primary"][ring="true"] {{ border: 2px solid {c.text}; }}
QPushButton[kind="danger"] {{ color: {c.bad}; border-color: {c.bad}; }}
QPushButton[kind="danger"]:disabled {{ color: {c.text3}; border-color: {c.hairline}; }}
QPushButton[kind="quiet"], QPushButton[kind="link"], QPushButton[kind="icon"]
  {{ background: transparent; border: 1px solid transparent; }}
QPushButton[kind="quiet"]:hover, QPushButton[kind="icon"]:hover {{ background: {hover}; }}
QPushButton[kind="icon"] {{ padding: 0; min-width: {height}px; max-width: {height}px; }}
QPushButton[kind="icon"]:checked {{ background: {c.accent_soft}; }}
QPushButton[kind="link"] {{ color: {c.accent}; padding: 0 {px(4)}px; }}
QPushButton[kind="link"]:hover {{ text-decoration: underline; }}
QPushButton[kind="link"]:disabled {{ color: {c.text3}; }}
QPushButton[kind="toast"] {{ background: transparent; border: 1px solid transparent;
  color: {c.accent_soft}; padding: 0 {px(10)}px; }}
QPushButton[kind="toast"]:hover {{ text-decoration: underline; }}
QPushButton[kind="quiet"][ring="true"], QPushButton[kind="link"][ring="true"],
QPushButton[kind="icon"][ring="true"], QPushButton[kind="toast"][ring="true"],
QPushButton[kind="nav"][ring="true"] {{ {ring} }}
QPushButton[kind="icon"][ring="true"] {{ padding: 0; min-width: {height - 2}px;
  max-width: {height - 2}px; }}
QPushButton[kind="link"][ring="true"] {{ padding: 0 {px(4) - 1}px; }}
QPushButton[kind="chip"] {{ background: {c.surface}; color: {c.text2}; font-weight: 400;
  border: 1px solid {c.control}; border-radius: 10px; padding: 0 {px(12)}px;
  min-height: {px(28)}px; max-height: {px(28)}px; font-size: {px(13)}px; }}
QPushButton[kind="chip"]:checked {{ background: {c.accent_soft}; color: {c.accent};
  border-color: {c.accent}; font-weight: 600; }}
QPushButton[kind="chip"][ring="true"] {{ {ring} min-height: {px(28) - 2}px;
  max-height: {px(28) - 2}px; padding: 0 {px(12) - 1}px; }}
QPushButton[kind="nav"] {{ background: transparent; border: 1px solid transparent;
  color: {c.text2}; font-weight: 400; text-align: left; padding: 0 {px(11)}px; }}
QPushButton[kind="nav"]:hover {{ background: {hover}; }}
QPushButton[kind="nav"]:checked {{ background: {c.accent_soft}; color: {c.accent};
  font-weight: 600; }}
QPushButton[kind="nav"][close="true"] {{ min-height: {px(36) - 2}px; max-height: {px(36) - 2}px; }}
QPushButton[kind="nav"][ring="true"] {{ padding: 0 {px(11) - 1}px; }}
QPushButton[kind="choice"] {{ text-align: left; padding: 0; border-color: {c.hairline};
  min-height: {px(62)}px; max-height: {px(200)}px; border-radius: 12px; }}
QPushButton[kind="choice"]:checked {{ border: 2px solid {c.accent};
  background: {c.accent_soft}; }}
QPushButton[kind="choice"][ring="true"] {{ {ring} min-height: {px(62) - 2}px;
  max-height: {px(200)}px; padding: 0; }}
"""


def _pills() -> str:
    c = colours()
    tones = "\n".join(
        f'QLabel[pill="{tone}"] {{ color: {ink}; background: {soft}; }}'
        for tone, ink, soft in (
            ("info", c.accent, c.accent_soft),
            ("good", c.good, c.good_soft),
            ("warn", c.warn, c.warn_soft),
            ("bad", c.bad, c.bad_soft),
            ("neutral", c.text2, c.sunken),
        )
    )
    return f"""
QLabel[pill] {{ font-size: {px(12)}px; font-weight: 600; border-radius: {px(11) - 1}px;
  padding: 0 {px(12)}px; min-height: {px(22)}px; max-height: {px(22)}px; }}
{tones}
"""


def _fields() -> str:
    c = colours()
    height = px(38) - 2
    box = px(18)
    return f"""
QLineEdit, QComboBox, QDateEdit, QPlainTextEdit {{ background: {c.surface}; color: {c.text};
  border: 1px solid {c.control}; border-radius: 8px; padding: 0 {px(11)}px;
  font-size: {px(14)}px; selection-background-color: {c.accent};
  selection-color: {c.on_accent}; }}
QLineEdit, QComboBox, QDateEdit {{ min-height: {height}px; max-height: {height}px; }}
QPlainTextEdit {{ padding: {px(8)}px {px(7)}px; }}
QLineEdit:focus, QComboBox:focus, QDateEdit:focus
  {{ border: 2px solid {c.accent}; padding: 0 {px(11) - 1}px; min-height: {height - 2}px;
  max-height: {height - 2}px; }}
QPlainTextEdit:focus {{ border: 2px solid {c.accent}; padding: {px(8) - 1}px {px(7) - 1}px; }}
QLineEdit:disabled, QComboBox:disabled, QDateEdit:disabled, QPlainTextEdit:disabled
  {{ color: {c.text3}; background: {c.sunken}; border-color: {c.hairline}; }}
QLineEdit[wrong="true"] {{ border-color: {c.bad}; }}
QLineEdit[mono="true"], QPlainTextEdit[mono="true"] {{ font-family: "{fonts.mono_family()}"; }}
QComboBox::drop-down, QDateEdit::drop-down {{ border: none; width: {px(30)}px; }}
QComboBox::down-arrow, QDateEdit::down-arrow
  {{ image: url("{icons.path("arrow-" + theme())}"); width: {px(16)}px; height: {px(16)}px; }}
QComboBox QAbstractItemView {{ background: {c.surface}; color: {c.text};
  border: 1px solid {c.control}; selection-background-color: {c.accent_soft};
  selection-color: {c.accent}; outline: none; padding: 4px; }}
QComboBox QAbstractItemView::item {{ min-height: {px(32)}px; }}
QCheckBox, QRadioButton {{ color: {c.text}; spacing: {px(10)}px; font-size: {px(14)}px;
  min-height: {px(28)}px; border: 2px solid transparent; border-radius: 6px;
  background: transparent; }}
QCheckBox:disabled, QRadioButton:disabled {{ color: {c.text3}; }}
QCheckBox[ring="true"], QRadioButton[ring="true"] {{ border: 2px solid {c.accent}; }}
QCheckBox::indicator {{ width: {box - 2}px; height: {box - 2}px; border-radius: 5px;
  border: 1px solid {c.control}; background: {c.surface}; }}
QCheckBox::indicator:checked {{ background: {c.accent}; border-color: {c.accent};
  image: url("{icons.path("tick-" + theme())}"); }}
QCheckBox::indicator:indeterminate {{ background: {c.accent}; border-color: {c.accent};
  image: url("{icons.path("dash-" + theme())}"); }}
QRadioButton::indicator {{ width: {box - 2}px; height: {box - 2}px; border-radius: {box // 2}px;
  border: 1px solid {c.control}; background: {c.surface}; }}
QRadioButton::indicator:checked {{ width: {box - 10}px; height: {box - 10}px;
  border: 5px solid {c.accent}; background: {c.on_accent}; }}
"""


def _lists() -> str:
    c = colours()
    return f"""
QTableView, QListView, QTreeView {{ background: transparent; color: {c.text}; border: none;
  font-size: {px(14)}px; outline: none; gridline-color: {c.hairline};
  selection-background-color: {c.accent_soft}; selection-color: {c.text}; }}
QTableView[ring="true"], QListView[ring="true"], QTreeView[ring="true"]
  {{ border: 2px solid {c.accent}; border-radius: 8px; }}
QHeaderView {{ background: transparent; border: none; }}
QHeaderView::section {{ background: transparent; color: {c.text3}; border: none;
  border-bottom: 1px solid {c.hairline}; padding: 0 {px(10)}px; font-size: {px(12)}px;
  font-weight: 600; min-height: {px(32)}px; }}
QTableCornerButton::section {{ background: transparent; border: none; }}
QMenu {{ background: {c.surface}; color: {c.text}; border: 1px solid {c.control};
  padding: 4px; font-size: {px(14)}px; }}
QMenu::item {{ padding: {px(7)}px {px(16)}px; border-radius: 6px; }}
QMenu::item:selected {{ background: {c.accent_soft}; color: {c.accent}; }}
"""


def _bars() -> str:
    c = colours()
    return f"""
QScrollBar:vertical {{ background: transparent; width: 12px; margin: 2px; border: none; }}
QFrame[surface="navigation"] QScrollBar:vertical {{ width: 6px; margin: 1px; }}
QScrollBar:horizontal {{ background: transparent; height: 12px; margin: 2px; border: none; }}
QScrollBar::handle {{ background: {blend(c.control, c.bg, 0.55)}; border-radius: 4px; }}
QScrollBar::handle:vertical {{ min-height: 32px; }}
QScrollBar::handle:horizontal {{ min-width: 32px; }}
QScrollBar::handle:hover {{ background: {c.control}; }}
QScrollBar::add-line, QScrollBar::sub-line {{ width: 0; height: 0; border: none; }}
QScrollBar::add-page, QScrollBar::sub-page {{ background: transparent; }}
"""
