"""How soon the window is painted, and how long the event loop is ever held up in a long list."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.bench.measure import Run, heading, in_turns, median, ratio, row, task

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication, QMainWindow

    from app.gui.main_window import MainWindow

PAINT_GOAL = "within 2 times a minimal PySide6 window"
SCROLL_GOAL = "the event loop is never held up for more than 0.1 s"
OFFSCREEN = {"QT_QPA_PLATFORM": "offscreen"}


def measure_paint(folder: Path, rounds: int, *, quick: bool) -> None:
    """Start to first paint: a window with one label, and ours."""
    count = 30_000 if quick else 300_000
    heading(f"first paint, vault of {count:,} records", PAINT_GOAL)
    vault = folder / "vault"
    task("vault", vault, count)
    for name in ("window", "minimal"):  # compiles
        task(name, time.monotonic(), *([vault] if name == "window" else []), **_apart(folder))
    mine, minimal = in_turns(
        max(5, rounds),
        lambda: task("window", time.monotonic(), vault, **_apart(folder)),
        lambda: task("minimal", time.monotonic(), **_apart(folder)),
    )
    row("  minimal window", wall=median(one.told["paint"] for one in minimal))
    for name, label in (("gate", "locked: asks for passphrase"), ("paint", "open: home page")):
        ours = [_walled(one, name) for one in mine]
        row(
            f"  {label}",
            wall=median(one.wall for one in ours),
            our_wall=ratio(ours, [_walled(one, "paint") for one in minimal], "wall"),
        )
    row("  its figures are in", wall=median(one.told["settled"] for one in mine))
    row("  left out: making the key", wall=median(one.told["key"] for one in mine))


def _walled(one: Run, name: str) -> Run:
    return one._replace(wall=one.told[name])


def _apart(folder: Path) -> dict[str, str]:
    """No display, and nobody's settings.

    Compiled once, as `packaging/setup.sh` leaves it, whatever is set where the measurement runs:
    what Python has to compile anew with every start would be measured else.
    """
    names = ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME")
    compiled = {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(folder / "compiled")}
    return {**OFFSCREEN, **compiled, **dict.fromkeys(names, str(folder / "home"))}


def measure_scroll(folder: Path, rounds: int, *, quick: bool) -> None:
    """Scroll, page and jump through all records; the longest time between two beats counts."""
    count = 300_000 if quick else 1_000_000
    heading(f"scroll: a list of {count:,} records", SCROLL_GOAL)
    vault = folder / "vault"
    row("  making the vault", wall=task("vault", vault, count).told["wall"])
    runs = [task("scroll", vault, **_apart(folder)) for _ in range(rounds)]
    for phase in runs[0].told:
        found = [one.told[phase] for one in runs]
        row(
            f"  {phase}",
            longest=max(one["longest"] for one in found),
            median_longest=median(one["longest"] for one in found),
            p95=median(one["p95"] for one in found),
        )
    row("  memory", MB=median(one.peak for one in runs))


# -- inside the measured process


def minimal(began: str) -> dict[str, Any]:
    """The least a window can be."""
    from PySide6.QtWidgets import QApplication, QLabel, QMainWindow

    app = QApplication(["minimal"])
    window = QMainWindow()
    label = QLabel("Hello")
    window.setCentralWidget(label)
    window.resize(1240, 800)
    window.show()
    return {"paint": _painted(app, window) - float(began)}


def window(began: str, vault: str) -> dict[str, Any]:
    """Our window, begun as `app.gui.app.main` does: locked, then with the vault open."""
    gc.disable()
    from app.gui.app import application

    app = application()
    shown = _window(app, Path(vault))
    gate = _painted(app, shown) - float(began)
    # What only the measurement needs by now: the program loads it on a worker, after the picture.
    from app.gui.pictures import settle
    from app.gui.viewmodels.unlock import look_inside
    from app.services import session as sessions
    from tests.bench.inputs import WORDS

    _wait(1000)  # the passphrase is typed
    before = time.monotonic()
    session = sessions.unlock(Path(vault), WORDS)
    key = time.monotonic() - before
    before = time.monotonic()
    shown.enter(look_inside(session))
    home = gate + _painted(app, shown) - before
    assert shown.shell is not None
    settle(shown.shell.context.bridge)
    settled = gate + time.monotonic() - before
    shown.close()
    return {"gate": gate, "paint": home, "settled": settled, "key": key}


def _window(app: QApplication, vault: Path) -> MainWindow:
    """As the program does it, with the settings of somebody who never changed any."""
    from app.gui.bridge import Collector
    from app.gui.main_window import MainWindow
    from app.gui.style.apply import apply_look
    from app.settings import Settings

    liked = Settings()
    apply_look(app, liked.theme, liked.scale)
    Collector(app)
    shown = MainWindow(liked, vault)
    shown.start()
    shown.show()
    return shown


def _painted(app: QApplication, window: QMainWindow) -> float:
    """Run the event loop until what the window is about was painted; the moment of that."""
    from PySide6.QtCore import QEventLoop, QTimer
    from PySide6.QtGui import QPaintEvent
    from PySide6.QtWidgets import QWidget

    content = window.centralWidget()
    assert content is not None
    moments: list[float] = []

    class Eye(QWidget):
        """A pixel on the content: a picture is painted at one go, from the back to the front.

        A filter of all events would have Python load every class an event can be of, 20 ms.
        """

        def paintEvent(self, _event: QPaintEvent) -> None:
            if not moments:
                moments.append(0.0)
                QTimer.singleShot(0, self.note)

        def note(self) -> None:
            moments[0] = time.monotonic()
            loop.quit()  # quitting the application would close the window

    loop = QEventLoop()
    eye = Eye(content)
    eye.resize(1, 1)
    eye.show()
    loop.exec()
    eye.deleteLater()
    return moments[0]


def _wait(milliseconds: int) -> None:
    from PySide6.QtCore import QEventLoop, QTimer

    loop = QEventLoop()
    QTimer.singleShot(milliseconds, loop.quit)
    loop.exec()


def scroll(vault: str) -> dict[str, Any]:
    """Open the timeline of a large vault and move about in it."""
    from app.gui.app import application
    from app.gui.viewmodels.unlock import look_inside
    from app.gui.views.timeline import TimelinePage
    from app.services import session as sessions
    from tests.bench.inputs import WORDS

    app = application()
    shown = _window(app, Path(vault))
    shown.enter(look_inside(sessions.unlock(Path(vault), WORDS)))
    assert shown.shell is not None
    shell = shown.shell
    beat = _Beat()
    found = {"opening the page": beat.during(lambda _: shell.go("timeline"), 1, settle_ms=8000)}
    page = shell.page("timeline")
    assert isinstance(page, TimelinePage)
    bar = page.panel.table.verticalScrollBar()
    rows = page.model.records.rows.rowCount()
    end = bar.maximum()
    assert rows >= 100_000
    assert end > rows
    for name, step in (
        ("by wheel", lambda number: bar.setValue(number * 120)),
        ("by page", lambda number: bar.setValue(number * bar.pageStep())),
        ("by jumps", lambda number: bar.setValue(number * 7_368_787 % end)),
        ("dragging", lambda number: bar.setValue(end * number // 200)),
    ):
        found[name] = beat.during(step, 200)
    shown.close()
    return found


class _Beat:
    """A clock in the event loop: what holds the loop up shows as a long time between two beats."""

    def during(
        self, step: Callable[[int], object], steps: int, settle_ms: int = 300
    ) -> dict[str, float]:
        """Do `step` once every 16 ms; the longest and the 95th of 100 gaps in seconds."""
        from PySide6.QtCore import QEventLoop, Qt, QTimer

        gaps: list[float] = []
        last = [time.monotonic()]
        done = [0]

        def beat() -> None:
            now = time.monotonic()
            gaps.append(now - last[0])
            last[0] = now

        def act() -> None:
            if done[0] < steps:
                step(done[0])
                done[0] += 1
            else:
                drive.stop()
                QTimer.singleShot(settle_ms, loop.quit)

        clock, drive, loop = QTimer(), QTimer(), QEventLoop()
        for timer, milliseconds, slot in ((clock, 2, beat), (drive, 16, act)):
            timer.setTimerType(Qt.TimerType.PreciseTimer)
            timer.timeout.connect(slot)
            timer.start(milliseconds)
        loop.exec()
        clock.stop()
        gaps.sort()
        return {"longest": gaps[-1], "p95": gaps[len(gaps) * 95 // 100]}


TASKS: dict[str, Callable[..., dict[str, Any]]] = {
    "minimal": minimal,
    "window": window,
    "scroll": scroll,
}
