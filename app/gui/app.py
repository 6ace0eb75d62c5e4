"""Starts the window: platform, application object, language, look, and the one event loop."""

from __future__ import annotations

import argparse
import faulthandler
import gc
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from app import crash, eventlog, paths, settings
from app.errors import EnvironmentFailure
from app.i18n import mark, set_language, system_language, tr

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication

NO_WINDOW: Final = 5
SWITCH_SECONDS: Final = 0.001


def main(argv: Sequence[str] | None = None) -> int:
    """Show the window until it is closed; the exit code."""
    words = _arguments().parse_args(list(argv or ()))
    gc.disable()  # nothing made on the way to the first picture is garbage; then see `Collector`
    eventlog.take_over()
    liked = settings.load()
    set_language(liked.language or system_language())
    try:
        app = application()
    except EnvironmentFailure as problem:
        lines = (tr(problem.title, **problem.values), tr(problem.next_step))
        sys.stderr.write("\n".join(lines) + "\n")
        return problem.exit_code
    return _run(app, liked, Path(words.vault) if words.vault else settings.vault_folder(liked))


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="mydata", add_help=False)
    parser.add_argument("--vault", default="")
    return parser


def _run(app: QApplication, liked: settings.Settings, folder: Path) -> int:
    from app.gui.bridge import Collector
    from app.gui.faults import Faults
    from app.gui.main_window import MainWindow
    from app.gui.style.apply import apply_look

    apply_look(app, liked.theme, liked.scale)
    # Painting takes the interpreter's lock at every call; with the usual 5 ms an import that runs
    # beside it would make each list of records stutter.
    sys.setswitchinterval(SWITCH_SECONDS)
    collector = Collector(app)
    native = crash.watch_native()
    window = MainWindow(liked, folder)
    faults = Faults(window)
    faults.found.connect(window.tell_fault)
    crash.install(faults.tell)
    window.start()
    window.show()
    code = app.exec()
    collector.stop()
    if native is not None:
        faulthandler.disable()
        native.close()
    return code


def application() -> QApplication:
    """The application object, made if there is none.

    Without a display Qt would end the whole process, so the platform is chosen before. Raises
    `EnvironmentFailure` with a sentence where no window can be shown.
    """
    if not can_show():
        raise no_display()
    try:
        from PySide6.QtWidgets import QApplication
    except ImportError as missing:
        raise EnvironmentFailure(
            "qt-libraries",
            mark("The window needs system libraries that are missing: {what}."),
            "",
            mark("Run the set-up again, or use the commands: mydata --help."),
            what=missing.name or str(missing),
        ) from missing
    running = QApplication.instance()
    return running if isinstance(running, QApplication) else _make()


def _make() -> QApplication:
    from PySide6.QtCore import qInstallMessageHandler
    from PySide6.QtWidgets import QApplication

    from app.gui.faults import hear_qt
    from app.gui.style.apply import DRESSED, STYLE

    qInstallMessageHandler(hear_qt)
    app = QApplication([paths.APP, "-style", STYLE])
    app.setProperty(DRESSED, True)
    app.setApplicationName(paths.APP)
    app.setApplicationDisplayName(paths.APP)
    app.setDesktopFileName("mydata-vault")
    return app


def can_show() -> bool:
    """Whether this computer has something to show a window on."""
    if sys.platform in ("win32", "darwin"):
        return True
    named = os.environ.get("QT_QPA_PLATFORM", "").partition(":")[0]
    if named in ("offscreen", "minimal", "vnc", "linuxfb", "eglfs"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def no_display() -> EnvironmentFailure:
    """The sentence for a computer without a screen."""
    return EnvironmentFailure(
        "no-display",
        mark("There is no screen to show the window on."),
        "",
        mark("Use the commands instead: mydata --help. Or run mydata demo to see pictures."),
    )
