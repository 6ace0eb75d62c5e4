"""The recovery sheet on paper and in files, and keeping a new key before it disappears."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QColor, QGuiApplication, QImage, QPainter
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from app import i18n
from app.errors import UserError
from app.gui.clipboard import is_secret
from app.gui.views import recovery_sheet
from app.gui.views.recovery_key import RecoveryKeyForm
from app.gui.views.recovery_sheet import QUIET, Sheet, modules, paint, paint_code, save_sheet
from app.vault import recovery
from tests import disks

SHEET = Sheet(recovery.encode(bytes(range(32))), "0f" * 16, "there/vault", "2026-11-22")


def blank(width: int, height: int) -> QImage:
    image = QImage(width, height, QImage.Format.Format_RGB32)
    image.fill("white")
    return image


def dark(image: QImage, x: int, y: int) -> bool:
    return QColor(image.pixel(x, y)).lightness() < 128


def test_the_code_on_paper_holds_the_key(qtbot: QtBot) -> None:
    import segno

    image = blank(600, 600)
    painter = QPainter(image)
    paint_code(SHEET.key, painter, QRect(20, 20, 560, 560))
    painter.end()
    rows = modules(SHEET.key)
    size = 560 // (len(rows) + 2 * QUIET)
    read = [
        [
            dark(image, 20 + (x + QUIET) * size + size // 2, 20 + (y + QUIET) * size + size // 2)
            for x in range(len(rows))
        ]
        for y in range(len(rows))
    ]
    assert read == [list(map(bool, row)) for row in segno.make_qr(SHEET.key, error="m").matrix]
    border = range(20, 20 + QUIET * size)
    assert not any(dark(image, x, y) for x in border for y in range(20, 580))


@pytest.mark.parametrize("code", ["en", "ko"])
def test_everything_fits_on_one_page_of_either_paper(qtbot: QtBot, code: str) -> None:
    i18n.set_language(code)
    image = blank(850, 1169)  # A4 at 100 dots per inch; Letter is a little wider and shorter
    painter = QPainter(image)
    paint(SHEET._replace(folder="there/" + "a long way down/" * 9), painter, 100)
    painter.end()
    letter_bottom, margin = 1100 - 40, 60
    ink = [(x, y) for y in range(image.height()) for x in range(image.width()) if dark(image, x, y)]
    assert max(y for _, y in ink) < letter_bottom
    assert min(x for x, _ in ink) > margin
    assert max(x for x, _ in ink) < 850 - margin


@pytest.mark.parametrize("code", ["en", "ko"])
def test_the_text_says_everything_in_both_languages(code: str) -> None:
    i18n.set_language(code)
    text = recovery_sheet.sheet_text(SHEET)
    for line in SHEET.lines:
        assert f"{line}\n" in text
    for said in ("Vault number: 0f0f", "금고 번호: 0f0f", "2026-11-22", "there/vault"):
        assert said in text
    for each in recovery_sheet.INSTRUCTIONS:
        assert each in text
        assert i18n.said_in("ko", each) in text
    first = text.index("MyData Vault recovery key") < text.index("MyData Vault 복구 열쇠")
    assert first == (code == "en")


def test_a_file_is_for_the_person_alone_even_where_one_lay_open(
    qtbot: QtBot, tmp_path: Path
) -> None:
    for name in ("key.pdf", "key.txt"):
        file = tmp_path / name
        file.touch(mode=0o644)
        save_sheet(SHEET, file)
        assert file.stat().st_mode & 0o077 == 0
    assert (tmp_path / "key.pdf").read_bytes().startswith(b"%PDF-")
    assert SHEET.lines[0] in (tmp_path / "key.txt").read_text("utf-8")


@pytest.mark.parametrize("name", ["key.pdf", "key.txt"])
def test_half_a_sheet_is_never_left(name: str, qtbot: QtBot, tmp_path: Path) -> None:
    with disks.small(tmp_path / "disk", "64k") as disk:
        (disk / name).write_bytes(b"the sheet before")
        disks.fill(disk)
        with pytest.raises(OSError, match="space"):
            save_sheet(SHEET, disk / name)
        assert (disk / name).read_bytes() == b"the sheet before"
        assert sorted(path.name for path in disk.iterdir()) == ["ballast", name]


def form(qtbot: QtBot) -> RecoveryKeyForm:
    made = RecoveryKeyForm()
    qtbot.addWidget(made)
    made.show()
    made.show_sheet(SHEET)
    return made


def test_two_groups_and_a_promise_are_wanted(qtbot: QtBot) -> None:
    made = form(qtbot)
    judged: list[bool] = []
    made.judged.connect(judged.append)
    for number, line, _field in made.asked:
        # As a person writes: small letters, and O for 0.
        QTest.keyClicks(line, recovery.group(SHEET.key, number).lower().replace("0", "o"))
    made.kept.click()
    QTest.keyClicks(made.asked[0][1], "X")
    assert judged[-3:] == [False, True, False]
    number, line, field = made.asked[0]
    assert line.property("wrong") is True
    assert field.hint.text() == f"Group {number} differs."
    QTest.keyClick(line, Qt.Key.Key_Backspace)
    assert field.hint.isHidden()


def test_r01_the_key_is_copied_as_a_secret_and_cannot_be_selected(qtbot: QtBot) -> None:
    made = form(qtbot)
    made._copy()
    clipboard = QGuiApplication.clipboard()
    assert clipboard.text() == SHEET.key
    assert is_secret(clipboard.mimeData())
    assert not made.key.textInteractionFlags() & Qt.TextInteractionFlag.TextSelectableByMouse
    made.forget()
    assert clipboard.text() == ""
    assert made.key.text() == ""
    assert made.sheet.key == ""


def test_a_place_that_cannot_be_written_is_a_sentence(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = form(qtbot)
    said: list[UserError] = []
    made.refused.connect(said.append)
    place = str(tmp_path / "gone" / "key.pdf")
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_a: (place, ""))
    made.save()
    assert [error.code for error in said] == ["not-found"]
