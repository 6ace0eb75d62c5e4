"""The recovery sheet: one page in both languages with the key, its code to scan, and what to do.

Painted in tenths of a millimetre, on paper, into a PDF file or onto a picture alike.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final, NamedTuple

from PySide6.QtCore import QBuffer, QIODevice, QMarginsF, QRect, Qt
from PySide6.QtGui import QColor, QFont, QPageLayout, QPageSize, QPainter, QPdfWriter
from PySide6.QtWidgets import QWidget

from app.gui.style import fonts
from app.i18n import language, mark, said_in
from app.share import unfinished

LINE: Final = 5
"""Groups of the key in one line."""
WIDTH: Final = 1700
"""Of what is printed: it fits on A4 and on Letter."""
MARGIN: Final = 200
CODE: Final = 520
QUIET: Final = 4
"""Light modules around the code; scanners need them."""
_DPI: Final = 300

TITLE: Final = mark("MyData Vault recovery key")
VAULT: Final = mark("Vault number: {vault_id}")
MADE: Final = mark("Made on: {date}")
PLACE: Final = mark("Vault folder: {folder}")
INSTRUCTIONS: Final = (
    mark("It opens the vault if you forget the passphrase. Without both, nobody can."),
    mark("Whoever has this key and the vault's folder can open it. Keep it like a passport."),
    mark("Keep this sheet apart from the computer. Make no photograph of it, and put no copy in "
         "e-mail or in a cloud."),
    mark("To use it, choose “Open with the recovery key”, type the 15 groups or scan the code, "
         "and set a new passphrase."),
    mark("There is no letter I, L, O or U in it: what looks like one is 1 or 0 or V."),
)  # fmt: skip


class Sheet(NamedTuple):
    """What stands on it. `made` is an ISO date."""

    key: str
    vault_id: str
    folder: str
    made: str

    @property
    def lines(self) -> list[str]:
        """The key in lines of five groups."""
        groups = self.key.split("-")
        return ["-".join(groups[i : i + LINE]) for i in range(0, len(groups), LINE)]

    def facts(self, code: str) -> list[str]:
        """Which vault it is for, in the language `code`."""
        return [
            said_in(code, VAULT, vault_id=self.vault_id),
            said_in(code, MADE, date=self.made),
            said_in(code, PLACE, folder=self.folder),
        ]


def languages() -> tuple[str, str]:
    """Both, the person's own first."""
    return ("ko", "en") if language() == "ko" else ("en", "ko")


def sheet_text(sheet: Sheet) -> str:
    """The sheet as plain text."""
    parts = [*sheet.lines]
    for code in languages():
        said = [said_in(code, each) for each in INSTRUCTIONS]
        parts += ["", said_in(code, TITLE), *sheet.facts(code), "", *said]
    return "\n".join([*parts, ""])


def save_sheet(sheet: Sheet, file: Path) -> None:
    """Write a PDF file, or text where the name does not end in ".pdf". Raises `OSError`.

    The file is there whole or not at all: half a key is found out when it is needed.
    """
    is_pdf = file.suffix.lower() == ".pdf"
    data = _pdf(sheet) if is_pdf else sheet_text(sheet).encode()
    part = unfinished.beside(file)
    try:
        part.touch(mode=0o600, exist_ok=False)
        part.write_bytes(data)
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)


def _pdf(sheet: Sheet) -> bytes:
    # In memory: Qt keeps quiet about a disk that is full.
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    writer = QPdfWriter(buffer)
    writer.setResolution(_DPI)
    writer.setPageLayout(_layout())
    painter = QPainter(writer)
    paint(sheet, painter, _DPI)
    painter.end()
    return bytes(buffer.data().data())


def _layout() -> QPageLayout:
    return QPageLayout(
        QPageSize(QPageSize.PageSizeId.A4), QPageLayout.Orientation.Portrait, QMarginsF()
    )


def print_sheet(parent: QWidget, sheet: Sheet) -> None:
    """Ask for a printer and print the sheet."""
    from PySide6.QtPrintSupport import QPrintDialog, QPrinter

    printer = QPrinter(QPrinter.PrinterMode.HighResolution)
    printer.setFullPage(True)
    if QPrintDialog(printer, parent).exec() != QPrintDialog.DialogCode.Accepted:
        return
    painter = QPainter(printer)
    paint(sheet, painter, printer.resolution())
    painter.end()


# -- painting


def paint(sheet: Sheet, painter: QPainter, dots_per_inch: int) -> None:
    """Paint the page."""
    painter.scale(dots_per_inch / 254, dots_per_inch / 254)
    painter.setPen(QColor("black"))
    first, second = languages()
    y = MARGIN
    for code, size in ((first, 72), (second, 44)):
        y = _write(painter, said_in(code, TITLE), y, _font(size, heavy=True))
    y += 60
    code_at = QRect(MARGIN + WIDTH - CODE, y, CODE, CODE)
    paint_code(sheet.key, painter, code_at)
    for line in sheet.lines:
        y = _write(painter, line, y + 40, _font(54, mono=True), WIDTH - CODE - 40)
    y = max(y, code_at.bottom()) + 60
    for code in (first, second):
        for fact in sheet.facts(code):
            y = _write(painter, fact, y, _font(38))
        y += 30
        for number, each in enumerate(INSTRUCTIONS, 1):
            y = _write(painter, f"{number}. {said_in(code, each)}", y + 10, _font(40))
        y += 70


def _write(painter: QPainter, text: str, y: int, font: QFont, width: int = WIDTH) -> int:
    """Write `text` at the left, as many lines as it takes; where the next may begin."""
    painter.setFont(font)
    flags = int(Qt.TextFlag.TextWordWrap) | int(Qt.AlignmentFlag.AlignLeft)
    room = QRect(MARGIN, y, width, 3000)
    painter.drawText(room, flags, text)
    return y + painter.boundingRect(room, flags, text).height()


def _font(size: int, *, heavy: bool = False, mono: bool = False) -> QFont:
    made = QFont(fonts.mono_family() if mono else fonts.family())
    made.setPixelSize(size)
    made.setWeight(QFont.Weight.DemiBold if heavy else QFont.Weight.Normal)
    return made


def modules(key: str) -> list[list[bool]]:
    """The code's squares, row by row; dark is True. It holds the key as it is written."""
    import segno

    return [[bool(each) for each in row] for row in segno.make_qr(key, error="m").matrix]


def paint_code(key: str, painter: QPainter, place: QRect) -> None:
    """Paint the code into the square `place`, with its quiet border."""
    rows = modules(key)
    size = place.width() // (len(rows) + 2 * QUIET)
    for y, row in enumerate(rows):
        for x, dark in enumerate(row):
            if dark:
                left, top = place.left() + (x + QUIET) * size, place.top() + (y + QUIET) * size
                painter.fillRect(left, top, size, size, QColor("black"))
