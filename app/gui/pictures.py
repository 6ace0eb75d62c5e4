"""Pictures of the real window, for `mydata demo` and for looking at it with one's own eyes."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from app import i18n
from app.gui.pages import visible

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

    from app.gui.bridge import Bridge
    from app.services.session import Session

SIZE: Final = (1240, 800)
SETTLE_SECONDS: Final = 10.0


def save_pictures(
    session: Session,
    folder: Path,
    pages: Sequence[str] = (),
    languages: Sequence[str] = ("en", "ko"),
    themes: Sequence[str] = ("light", "dark"),
) -> list[Path]:
    """Show every page of `session` in each language and theme, and save what it looks like.

    `pages` are page ids; none means all that this vault offers. Works without a display, on the
    main thread, and leaves language and look as they were. The paths are `page-language-theme.png`.
    """
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from app.gui.app import application

    application()
    folder.mkdir(parents=True, exist_ok=True)
    before = i18n.language()
    try:
        return [
            path
            for language in languages
            for theme in themes
            for path in _one_look(session, folder, pages, language, theme)
        ]
    finally:
        i18n.set_language(before)


def _one_look(
    session: Session, folder: Path, pages: Sequence[str], language: str, theme: str
) -> list[Path]:
    from app.gui.app import application
    from app.gui.bridge import Bridge
    from app.gui.context import PageContext
    from app.gui.shell import Shell
    from app.gui.style.apply import apply_look
    from app.gui.viewmodels.unlock import look_inside

    i18n.set_language(language)
    apply_look(application(), theme)
    domains = look_inside(session).domains
    bridge = Bridge(session.jobs)
    context = PageContext(session, bridge)
    shell = Shell(context, domains)
    shell.resize(*SIZE)
    shell.show()
    saved = []
    for page in pages or [page.id for page in visible(domains)]:
        shell.go(page)
        saved.append(grab(shell, bridge, folder / f"{page}-{language}-{theme}.png"))
    bridge.stop()
    shell.close()
    shell.deleteLater()
    return saved


def grab(widget: QWidget, bridge: Bridge, path: Path) -> Path:
    """Wait until nothing is under way, then save what `widget` looks like."""
    settle(bridge)
    widget.grab().save(str(path))
    return path


def settle(bridge: Bridge) -> None:
    """Run the event loop until the jobs behind a page have answered."""
    from PySide6.QtCore import QDeadlineTimer, QEventLoop, QTimer

    deadline = QDeadlineTimer(int(SETTLE_SECONDS * 1000))
    idle = 0
    while idle < 5 and not deadline.hasExpired():
        loop = QEventLoop()
        QTimer.singleShot(15, loop.quit)
        loop.exec()
        # A few rounds after the last answer: what it put on the page is shown, then arranged.
        idle = 0 if bridge.busy else idle + 1
