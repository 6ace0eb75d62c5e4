"""Starting without a display, and pictures of the real window."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from app import i18n
from app.gui.app import can_show
from app.gui.pictures import save_pictures
from app.services.session import Session
from tests.places import ROOT


def run(code: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    }
    return subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        cwd=ROOT,
        env=environment | variables,
    )


@pytest.mark.skipif(sys.platform != "linux", reason="other systems always have a screen")
@pytest.mark.parametrize(
    ("language", "sentence"),
    [("en", "There is no screen"), ("ko", "창을 보여 줄 화면이 없습니다")],
)
def test_no_display_is_a_sentence_and_five(language: str, sentence: str) -> None:
    done = run(
        "import sys; from app.gui.app import main; sys.exit(main([]))",
        MYDATA_LANGUAGE=language,
        PYTHONIOENCODING="utf-8",
    )
    assert done.returncode == 5
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr


def test_importing_the_window_does_not_load_qt() -> None:
    done = run("import sys, app.gui.app; print([m for m in sys.modules if 'PySide6' in m])")
    assert done.stdout.strip() == "[]"


def test_the_window_loads_no_more_of_qt_than_it_shows() -> None:
    done = run(
        "import sys, app.gui.app as a; a.application(); import app.gui.main_window;"
        "print(sorted(m for m in sys.modules if m.startswith('PySide6.Qt')))",
        QT_QPA_PLATFORM="offscreen",
    )
    assert done.stdout.strip() == str(
        ["PySide6.QtCore", "PySide6.QtGui", "PySide6.QtSvg", "PySide6.QtWidgets"]
    )


@pytest.mark.parametrize(
    ("name", "shows"), [("offscreen", True), ("offscreen:size=9", True), ("xcb", False)]
)
def test_a_platform_without_a_screen_is_noticed(
    monkeypatch: pytest.MonkeyPatch, name: str, shows: bool
) -> None:
    for variable in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("QT_QPA_PLATFORM", name)
    monkeypatch.setattr(sys, "platform", "linux")
    assert can_show() is shows


def test_pictures_are_taken_in_both_languages_and_themes(
    qtbot: QtBot, session: Session, tmp_path: Path
) -> None:
    saved = save_pictures(session, tmp_path / "pictures", ["home", "import"])
    assert [path.name for path in saved][:3] == [
        "home-en-light.png",
        "import-en-light.png",
        "home-en-dark.png",
    ]
    assert len(saved) == 8
    images = [QImage(str(path)) for path in saved]
    assert all(image.width() >= 1240 and image.height() >= 800 for image in images)
    assert images[0].pixelColor(700, 780).lightness() > 200
    assert images[2].pixelColor(700, 780).lightness() < 60
    assert i18n.language() == "en"


def test_qt_keeps_count_of_what_it_hands_out(qtbot: QtBot) -> None:
    """PySide6 6.12.0 with Python 3.11 takes one reference to None a call, until Python aborts."""
    widget = QWidget()
    qtbot.addWidget(widget)
    before = sys.getrefcount(None)
    for _ in range(1000):
        widget.update()
    assert abs(sys.getrefcount(None) - before) < 500
