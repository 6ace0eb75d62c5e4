"""The window: the gate while the vault is locked, the shell while it is open. Nothing else."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QGuiApplication
from PySide6.QtWidgets import QApplication, QMainWindow, QWidget

from app import eventlog, paths
from app import settings as preferences
from app.errors import Cancelled, EnvironmentFailure, UserError
from app.gui.bridge import Bridge
from app.gui.clipboard import clear_ours
from app.gui.closing import close_all_but
from app.gui.context import PageContext
from app.gui.locking import Watch
from app.gui.style.apply import apply_look
from app.gui.touring import Tour, Toured
from app.gui.viewmodels.unlock import Opened, UnlockModel
from app.gui.views.gate import Gate
from app.gui.widgets.drop_zone import dropped_paths
from app.gui.widgets.states import Toast
from app.i18n import mark, set_language, system_language, tr
from app.jobs import Job, JobContext, JobRunner
from app.settings import Settings

if TYPE_CHECKING:
    from app.gui.shell import Shell
    from app.gui.viewmodels.backing_up import BackingUp
    from app.gui.viewmodels.first_run import FirstRunModel
    from app.gui.viewmodels.joining import JoinModel
    from app.gui.views.unlock import UnlockView
    from app.gui.views.way_back import WayBackView
    from app.services.demo import Visit
    from app.services.session import Session

SIZE = (1240, 800)
LEAST = (960, 640)
READY_MS = 200


def _get_ready() -> None:
    """Load what an open vault needs while the person is still typing."""
    import app.gui.shell
    import app.gui.views.home  # noqa: F401 loaded, not used


class MainWindow(QMainWindow):
    """`start` shows the gate; `enter` an open vault; `lock` closes it again."""

    entered = Signal()

    def __init__(self, settings: Settings, folder: Path) -> None:
        super().__init__()
        self.settings = settings
        self.folder = folder
        self.session: Session | None = None
        self.shell: Shell | None = None
        self._backing_up: BackingUp | None = None
        self.first_run: FirstRunModel | None = None
        self._joining: JoinModel | None = None
        self._runner = JobRunner()
        self._gate_bridge = Bridge(self._runner, self)
        self._bridge: Bridge | None = None
        self._opened: Opened | None = None
        self._closing: Closing | None = None
        self._countdown: Toast | None = None
        self._visit: Visit | None = None
        self.tour = Tour(self._gate_bridge, self)
        self.tour.ready.connect(self._visit_demo)
        self.tour.given_up.connect(self._come_back)
        self.watch = Watch(settings.idle, self, busy=self._working)
        self.watch.wanted.connect(self._lock_because)
        self.watch.soon.connect(self._count_down)
        self._ready = QTimer(self, singleShot=True, interval=READY_MS)
        self._ready.timeout.connect(_get_ready)
        self.setWindowTitle("MyData Vault")
        self.setMinimumSize(*LEAST)
        self.resize(*SIZE)
        self.setAcceptDrops(True)
        QGuiApplication.styleHints().colorSchemeChanged.connect(self._follow_system)

    # -- locked

    def start(self) -> None:
        """Ask for the passphrase, or make a vault where there is none."""
        from app.vault import presence

        if presence.exists(self.folder):
            self.show_unlock().model.open_remembered()
        elif self.settings.vault:
            self._show_missing()
        else:
            self.show_first_run()
        self._ready.start()

    def _show_missing(self) -> None:
        """The vault opened last is not where it was: say so, and never start an empty one."""
        view = self.show_unlock()
        view.show_error(
            EnvironmentFailure(
                "no-vault",
                mark("There is no vault in “{folder}”."),
                "",
                mark("If it is on another disk or in a cloud folder, make that available first."),
                folder=self.folder.name,
            )
        )

    def show_unlock(self) -> UnlockView:
        """Show the page that opens the vault in `folder`."""
        from app.gui.views.unlock import UnlockView

        self._joining = None
        model = UnlockModel(self._gate_bridge, self.folder)
        view = UnlockView(model)
        model.setParent(view)
        model.opened.connect(self.enter)
        view.other_wanted.connect(self.choose_vault)
        view.new_wanted.connect(self._make_new)
        view.way_back_wanted.connect(self.show_way_back)
        view.join_wanted.connect(self.show_join)
        self._show(view)
        return view

    def _make_new(self) -> None:
        """Leave the old vault alone and make another in the usual place."""
        self.folder = self._free_place()
        self.show_first_run(1)

    def _free_place(self) -> Path:
        """Where a vault can be made without touching another."""
        usual = paths.vault_folder()
        return usual.with_name(tr("New vault")) if usual.exists() else usual

    def show_join(self) -> None:
        """Open on this computer the vault of a cloud folder."""
        from app.gui.viewmodels.joining import JoinModel
        from app.gui.views.join import JoinView

        self.first_run = None
        to = self._free_place() if self.folder.exists() else self.folder
        model = JoinModel(self._gate_bridge, to)
        view = JoinView(model)
        model.setParent(view)
        model.opened.connect(self.enter)
        view.left.connect(self.start)
        self._joining = model
        self._show(view)

    def show_first_run(self, step: int = 0) -> None:
        """Show the steps that make a vault."""
        from app.gui.viewmodels.first_run import FirstRunModel
        from app.gui.views.first_run import FirstRunView

        self._joining = None
        self.first_run = FirstRunModel(self._gate_bridge, self.folder)
        view = FirstRunView(self.first_run, step)
        self.first_run.setParent(view)
        self.first_run.opened.connect(self.enter)
        view.language_wanted.connect(self.use_language)
        view.existing_wanted.connect(self.choose_vault)
        view.demo_wanted.connect(self.open_demo)
        view.join_wanted.connect(self.show_join)
        self._show(view)

    def show_way_back(self, backups: Path | None = None) -> WayBackView:
        """Show the steps that lead out of the damaged vault in `folder`."""
        from app.gui.viewmodels.way_back import WayBackModel
        from app.gui.views.way_back import WayBackView

        model = WayBackModel(self._gate_bridge, self.folder, backups)
        view = WayBackView(model)
        model.setParent(view)
        view.left.connect(self.show_unlock)
        view.join_wanted.connect(self.show_join)  # the copy there may hold all of it
        view.open_wanted.connect(self._open_folder)
        self._show(view)
        return view

    def _leave_damaged(self) -> None:
        """Lock the damaged vault, which nobody may have open while it is salvaged."""
        from app.services import keeping

        if self.session is None or self._visit is not None:
            return
        chosen = keeping.backup_folder(self.session)
        self._close()
        self.show_way_back(chosen)

    def _open_folder(self, folder: Path) -> None:
        self.folder = folder
        self.show_unlock()

    def choose_vault(self) -> None:
        """Let the person point at another vault's folder."""
        from PySide6.QtWidgets import QFileDialog

        chosen = QFileDialog.getExistingDirectory(self, tr("The folder of the vault"))
        if chosen:
            self.folder = Path(chosen)
            self.show_unlock()

    # -- open

    def enter(self, opened: Opened) -> None:
        """Show an open vault."""
        self.folder = Path(opened.session.folder)
        self.keep(vault=str(self.folder))
        self._enter(opened)

    def _enter(self, opened: Opened) -> None:
        self._opened = opened
        self.session = opened.session
        self.first_run = self._joining = None
        self._bridge = Bridge(opened.session.jobs, self)
        self._bridge.listen(opened.session.events)
        self._bridge.changed.connect(self._look_again)
        self._build_shell("home")
        self.watch.start()
        if opened.warning is not None:
            self.tell(opened.warning)
        self.entered.emit()

    def _build_shell(self, page: str) -> None:
        from app.gui.shell import Shell
        from app.gui.viewmodels.backing_up import BackingUp

        assert self._opened is not None
        assert self._bridge is not None
        self._countdown = None
        self._rest()
        sample = self._visit is not None
        context = PageContext(self._opened.session, self._bridge, sample=sample)
        context.lock_wanted.connect(self.lock)
        context.demo_wanted.connect(self.open_demo)
        context.way_back_wanted.connect(self._leave_damaged)
        context.look_changed.connect(self.use_settings)
        shell = Shell(context, self._opened.domains, self)
        context.setParent(shell)
        self.shell = shell
        self._show(shell)
        shell.go(page)
        context.devices.begin()
        self._backing_up = BackingUp(context)
        if not sample:
            self._backing_up.begin()

    def _rest(self) -> None:
        """Nothing happens by itself any more."""
        if self.shell is not None:
            self.shell.context.devices.stop()
        if self._backing_up is not None:
            self._backing_up.stop()
            self._backing_up = None

    def _look_again(self) -> None:
        """Something changed in the vault: there may be records of a new domain."""
        if self.session is not None and self._bridge is not None:
            self._bridge.run(self, self._domains, self._offer)

    def _domains(self, _context: JobContext) -> frozenset[str]:
        from app.gui.viewmodels.unlock import look_inside

        assert self.session is not None
        return look_inside(self.session).domains

    def _offer(self, domains: frozenset[str]) -> None:
        if self.shell is not None and self._opened is not None:
            self._opened = self._opened._replace(domains=domains)
            self.shell.offer(domains)

    def lock(self) -> None:
        """Close the vault: stop its jobs, wait for the writer, forget everything shown."""
        if self.session is not None:
            self._close()
            self._come_back()

    def _close(self) -> None:
        session = self._forget()
        close_all_but(self)
        self._closing = Closing(session)
        self._gate_bridge.run(self, self._closing, writes=True)

    # -- the demo vault

    def open_demo(self) -> None:
        """Make the demo vault and show it; the person's own is locked meanwhile."""
        if self.tour.under_way:
            return
        if self.session is not None:
            self._close()
        self.first_run = None
        self._show(self.tour.page())
        self.tour.begin()

    def _visit_demo(self, toured: Toured) -> None:
        self._visit = toured.visit
        self._enter(toured.opened)

    def _come_back(self, error: UserError | None = None) -> None:
        """Where the person is without an open vault: at their own, or at its making."""
        from app.vault import presence

        if presence.exists(self.folder) or self.settings.vault:
            self.show_unlock()
        else:
            self.show_first_run()
        view = self.centralWidget()
        if error is not None and isinstance(view, Gate):
            view.show_error(error)

    def _lock_because(self, reason: str) -> None:
        if self.session is not None:
            eventlog.note(f"lock.{reason}")
            self.lock()

    def _working(self) -> bool:
        return self._bridge is not None and self._bridge.busy

    def _count_down(self, seconds: int) -> None:
        """Say that the vault is about to lock; any key or movement keeps it open."""
        if self.shell is None:
            return
        if self._countdown is None:
            self._countdown = Toast(self.shell)
        if seconds:
            text = tr("Nobody seems to be here. The vault locks in {seconds} s.", seconds=seconds)
            self._countdown.say(text, tr("Stay open"), self.watch.touch)
        else:
            self._countdown.hide()

    def tell(self, error: UserError) -> None:
        """Say what went wrong beside what the person wanted."""
        if self.shell is not None:
            self.shell.toast.say(tr(error.title, **error.values))

    def tell_fault(self, file: str) -> None:
        """Say that the program has a fault, and where the report is that holds no data."""
        if self.shell is not None:
            text = tr("The program made a mistake. A report without your data: {file}", file=file)
            self.shell.toast.say(text)

    def _forget(self) -> Session | Visit:
        """Let go of what is open; gives what is to be closed."""
        assert self.session is not None
        self.watch.stop()
        self._countdown = None
        open_: Session | Visit = self._visit or self.session
        self.session = self._visit = None
        self._rest()
        if self._bridge is not None:
            self._bridge.stop()
            self._bridge.deleteLater()
        self._bridge = self._opened = self.shell = None
        return open_

    # -- look and language

    def keep(self, **changes: str | int) -> None:
        """Change settings and save them."""
        self.settings = self.settings.changed(**changes)
        preferences.save(self.settings)

    def use_language(self, code: str) -> None:
        """Show everything in another language from now on."""
        self.keep(language=code)
        self.use_settings()

    def use_settings(self) -> None:
        """Put the saved language, theme and scale in force and build the page anew."""
        self.settings = preferences.load() if self.shell else self.settings
        self.watch.minutes = self.settings.idle
        set_language(self.settings.language or system_language())
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        apply_look(app, self.settings.theme, self.settings.scale)
        self._rebuild()

    def _follow_system(self) -> None:
        """The desktop turned light or dark."""
        if self.settings.theme == "system":
            self.use_settings()

    def _rebuild(self) -> None:
        view = self.centralWidget()
        if self.shell is not None:
            self._build_shell(self.shell.current)
        elif isinstance(view, Gate) and view.holds:
            return
        elif self.tour.under_way:
            self._show(self.tour.page())
        elif self.first_run is not None:
            self.show_first_run()
        elif self._joining is None:
            self.show_unlock()
        else:
            self.show_join()

    def _show(self, widget: QWidget) -> None:
        self.setCentralWidget(widget)  # which hides and deletes the one before

    # -- files from outside, and the end

    def changeEvent(self, event: QEvent) -> None:
        """Coming to the front, see what other computers did."""
        super().changeEvent(event)
        activation = event.type() == QEvent.Type.ActivationChange
        if activation and self.isActiveWindow() and self.shell is not None:
            self.shell.context.devices.come_to_front()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Welcome files anywhere while the vault is open."""
        if self.shell is not None and dropped_paths(event.mimeData()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Hand them to the import page."""
        if self.shell is not None:
            event.acceptProposedAction()
            self.shell.take_files(dropped_paths(event.mimeData()))

    def closeEvent(self, event: QCloseEvent) -> None:
        """Lock and end all work before the window goes."""
        event.accept()
        self.shut_down()

    def shut_down(self) -> None:
        """Close whatever is open, or about to be, and wait until it is closed."""
        from app.services import session as sessions

        sessions.stop_waiting()
        clear_ours()
        half_made = self.first_run.abandon() if self.first_run is not None else None
        session = self._forget() if self.session is not None else half_made
        if session is not None:
            self._closing = Closing(session)
        if self._closing is not None:
            self._closing.close()
        late = self._gate_bridge.stop()
        self._runner.close()
        for job in late:
            _close_late(job)


class Closing:
    """Closes a session once, on a worker or, when the program ends, at once."""

    def __init__(self, session: Session | Visit) -> None:
        self._session: Session | Visit | None = session
        self._lock = threading.Lock()

    def __call__(self, _context: JobContext) -> None:
        """Close as a job."""
        self.close()

    def close(self) -> None:
        """Close, or wait until it is closed."""
        with self._lock:
            if self._session is not None:
                self._session.close()
            self._session = None


def _close_late(job: Job[object]) -> None:
    """Close the vault that a job opened after the window had gone."""
    try:
        result = job.result()
    except (UserError, Cancelled):
        return
    if isinstance(result, Toured):
        result.visit.close()
    elif isinstance(result, tuple):  # an `Opened`, or a new session with its recovery key
        for session in result:
            if hasattr(session, "vault"):
                session.close()
