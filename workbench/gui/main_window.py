"""The window: frame first, then a case with its panes. Parts of one idea each lie in ``window_*.py``.

The frame imports nothing that is slow to import, so that it is on screen before numpy and SQLite are loaded; panes are
imported and made one by one once a case is there.
"""

from __future__ import annotations

import asyncio
import importlib
import logging
from collections.abc import Coroutine, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from PySide6.QtCore import QEvent, QObject, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QCloseEvent,
    QDragEnterEvent,
    QDropEvent,
    QKeyEvent,
    QPaintEvent,
)
from PySide6.QtWidgets import QMainWindow, QMenu, QStackedWidget, QVBoxLayout, QWidget

from workbench.core.errors import UserError
from workbench.gui import dropping
from workbench.gui import settings as preferences
from workbench.gui.actions import MENUS, ActionSet
from workbench.gui.errors import ErrorDesk
from workbench.gui.icons import app_icon
from workbench.gui.panes.filter_bar import FilterBar
from workbench.gui.settings import Settings
from workbench.gui.tasks import Tasks
from workbench.gui.texts import text
from workbench.gui.theme import Theme, set_role, set_surface
from workbench.gui.widgets.plain import PlainLabel
from workbench.gui.widgets.toast import Action, MessageBar
from workbench.gui.window_bars import StatusLine, TopBar
from workbench.gui.window_cases import Cases
from workbench.gui.window_docks import Docks
from workbench.gui.window_export import Export
from workbench.gui.window_filters import Filters
from workbench.gui.window_going import CENTRAL, Going
from workbench.gui.window_help import Help
from workbench.gui.window_intake import Intake
from workbench.gui.window_jobs import Jobs
from workbench.gui.window_marks import Marks
from workbench.gui.window_now import Now
from workbench.gui.window_timetable import Timetable
from workbench.gui.window_today import Today
from workbench.gui.window_watch import Watch
from workbench.gui.window_watched import WatchedSources
from workbench.gui.window_welcome import Welcome
from workbench.gui.window_wiring import Wiring

if TYPE_CHECKING:
    from workbench.case.case import Case
    from workbench.gui.case_facts import CaseFacts
    from workbench.gui.panes.pane import Pane
    from workbench.gui.session import Session

R = TypeVar("R")
log = logging.getLogger("workbench.window")

PANES: tuple[tuple[str, str], ...] = (
    ("gallery", "GalleryPane"),
    ("files", "FilesPane"),
    ("detail", "DetailPane"),
    ("timeline", "TimelinePane"),
    ("origins", "OriginsPane"),
    ("viewer", "ViewerPane"),
    ("activity", "ActivityPane"),
)
"""In the order in which they are made: what is looked at first comes first."""
DONE_MS = 10_000
"""How long a message stays that only says what was done."""
PLACING = (QEvent.Type.Show, QEvent.Type.Resize, QEvent.Type.LayoutRequest)


class MainWindow(QMainWindow):
    """One window with at most one case. Main thread."""

    closed = Signal()
    painted = Signal()
    """Once: the frame is on screen."""
    entered = Signal()
    """A case is open and all panes are made."""

    cases: Cases
    intake: Intake
    export: Export
    marks: Marks
    filters: Filters
    help: Help
    docks: Docks
    jobs: Jobs
    now: Now
    going: Going
    watch: Watch
    watched: WatchedSources
    timetable: Timetable
    today: Today

    def __init__(self, theme: Theme, settings: Settings, errors: ErrorDesk, tasks: Tasks) -> None:
        super().__init__()
        self.theme = theme
        self.settings = settings
        self.errors = errors
        self.tasks = tasks
        self.session: Session | None = None
        self.case_tasks: Tasks | None = None
        self.facts: CaseFacts | None = None
        self.panes: dict[str, Pane] = {}
        self._first_paint = True
        self._leaving = False
        self._sure = False
        self.cases = Cases(self)
        self.intake = Intake(self)
        self.export = Export(self)
        self.marks = Marks(self)
        self.filters = Filters(self)
        self.help = Help(self)
        self.jobs = Jobs(self)
        self.now = Now(self)
        self.going = Going(self)
        self.watch = Watch(self)
        self.watched = WatchedSources(self)
        self.timetable = Timetable(self)
        self.today = Today(self)
        self.wiring = Wiring(self)
        self.setObjectName("main-window")
        self.setWindowTitle(text("window.title"))
        self.setWindowIcon(app_icon())
        self.setAcceptDrops(True)
        self.setMinimumSize(720, 480)
        self.actions_by_name = ActionSet(self, theme)
        self.actions_by_name.dress("filter-back", "filter-forward", "filter-clear")
        self.painted.connect(self.actions_by_name.dress)
        self._build()
        errors.show_sentence = self.toast.error
        errors.show_crash = self.help.show_crash
        self.now.renew_actions()

    # the frame

    def _build(self) -> None:
        acts = self.actions_by_name
        self.top = TopBar(self.theme, acts["add-folder"], acts["look-now"], acts["export"], acts["show-detail"])
        self.add_menu = QMenu(self)
        for name in ("add-files", "add-folder", "add-log", "watch"):
            self.add_menu.addAction(acts[name])
        self.top.add.clicked.disconnect()
        self.top.add.setMenu(self.add_menu)
        self.recent_menu = QMenu(text("action.open-recent"), self)
        self.menus: dict[str, QMenu] = {}
        for name in MENUS:
            self.menus[name] = menu = self.top.menus.addMenu(text(f"menu.{name}"))
            acts.fill(menu, name, {"recent": self.recent_menu})
        self.filter_bar = FilterBar(self.theme, acts.__getitem__)
        self.filter_bar.edit_wanted.connect(self.filters.edit)
        self.filter_bar.left.connect(lambda: self.going.focus_pane("gallery"))
        self.banner = PlainLabel()
        self.banner.setWordWrap(True)
        self.banner.setObjectName("banner")
        self.banner.setContentsMargins(14, 6, 14, 6)
        set_surface(self.banner, "panel")
        set_role(self.banner, "accent")
        self.banner.hide()
        head = QWidget()
        column = QVBoxLayout(head)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        for widget in (self.top, self.filter_bar, self.banner):
            column.addWidget(widget)
        self.setMenuWidget(head)
        self.filter_bar.hide()
        self.welcome = Welcome(self.theme)
        self.welcome.new_wanted.connect(self.cases.new)
        self.welcome.open_wanted.connect(self.cases.open)
        self.welcome.demo_wanted.connect(self.cases.demo)
        self.welcome.case_wanted.connect(self.cases.open_path)
        self.welcome.forget_wanted.connect(self.cases.forget)
        self.stack = QStackedWidget()
        self.blank = QWidget()
        set_surface(self.blank, "window")
        self.stack.addWidget(self.welcome)
        self.stack.addWidget(self.blank)
        self.middle = QWidget()
        around = QVBoxLayout(self.middle)
        around.setContentsMargins(0, 0, 0, 0)
        around.addWidget(self.stack)
        self.setCentralWidget(self.middle)
        self.status = StatusLine(self.theme)
        self.status.cancel_wanted.connect(self.jobs.cancel)
        self.status.pause_wanted.connect(self.watch.pause)
        self.status.jobs_wanted.connect(lambda: self.going.show_activity("jobs"))
        self.status.custody_wanted.connect(lambda: self.going.show_activity("custody"))
        self.setStatusBar(self.status)
        self.toast = MessageBar(self.theme, self.middle)
        self.docks = Docks(self, self.theme, self.settings)
        self.docks.changed.connect(self.now.renew_checks)
        self.toast.installEventFilter(self)
        self.middle.installEventFilter(self)
        self.top.fit_menus()
        self.top.show_case("", "")
        self.cases.renew_recent()
        self.settings.changed.connect(self.going.preference_changed)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self._first_paint:
            self._first_paint = False
            QTimer.singleShot(0, self.painted.emit)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched in (self.toast, self.middle) and event.type() in PLACING:
            self._place_toast()
        return super().eventFilter(watched, event)

    def _place_toast(self) -> None:
        """Over the lower edge of the middle, above every pane."""
        middle = self.middle.rect()
        wide = min(680, max(middle.width() - 32, 200))
        high = max(self.toast.heightForWidth(wide), self.toast.minimumSizeHint().height(), 40)
        left = middle.left() + (middle.width() - wide) // 2
        self.toast.setGeometry(left, middle.bottom() - high - 12, wide, high)
        self.toast.raise_()

    # small services for the parts

    @property
    def open_session(self) -> Session:
        """The session; raises `UserError` when there is no case."""
        if self.session is None:
            raise UserError("window.no-case")
        return self.session

    def say_done(self, words: str, actions: Sequence[Action] = ()) -> None:
        """Say that something was done; it passes by itself, and gives way to the next deed."""
        before = self.toast.current()
        if before is not None and before.kind == "done":
            self.toast.dismiss()
        self.toast.done(words, actions)
        said = self.toast.current()

        def pass_by() -> None:
            if said is not None and self.toast.current() is said:
                self.toast.dismiss()

        QTimer.singleShot(DONE_MS, self, pass_by)

    def spawn(self, work: Coroutine[Any, Any, Any]) -> None:
        """Run a coroutine of the window; errors are reported."""
        self.tasks.spawn(work)

    # a case comes and goes

    def prepare(self) -> None:
        """Lay the empty panes out: a case is about to be opened."""
        self.stack.setCurrentWidget(self.blank)
        self.filter_bar.show()
        self.docks.open()

    def back_to_welcome(self) -> None:
        """There is no case after all."""
        self.docks.close()
        self.filter_bar.hide()
        self.stack.setCurrentWidget(self.welcome)

    async def enter_case(self, case: Case) -> None:
        """Show a case: the panes are made one after the other, so that the window stays alive."""
        from workbench.gui.session import Session

        self.case_tasks = Tasks(self.errors.report)
        session = self.session = Session(case, self.case_tasks, parent=self)
        self.prepare()
        session.case_changed.connect(self.now.case_changed)
        session.filter_changed.connect(lambda _filter: self.now.renew_actions())
        session.selection_changed.connect(lambda _kind: self.now.renew_actions())
        session.focus_changed.connect(lambda _focus: self.now.renew_actions())
        session.job_changed.connect(self.jobs.show)
        await self.now.ask_facts(session)
        await self.today.land(session)
        self.filter_bar.set_session(session)
        for name, class_name in PANES:
            module = importlib.import_module(f"workbench.gui.panes.{name}")
            await asyncio.sleep(0)
            if self.session is not session:
                return
            pane: Pane = getattr(module, class_name)(session, self.theme)
            self.panes[name] = pane
            if name in CENTRAL:
                self.stack.addWidget(pane)
            else:
                self.docks.hold(name, pane)
            if name == "gallery":
                self.stack.setCurrentWidget(pane)
            await asyncio.sleep(0)
        self.wiring.connect_panes()
        self.going.apply_preferences()
        self.docks.settle()
        for pane in self.panes.values():
            if pane.isVisible():
                pane.start()
        self.now.renew_actions()
        self.going.focus_pane("gallery")
        self.timetable.start()
        self.entered.emit()

    async def leave_case(self) -> None:
        """Close the case: panes stop, then tasks, then the session with its jobs."""
        session, tasks = self.session, self.case_tasks
        if session is None or self._leaving:
            return
        self._leaving = True
        try:
            self.stack.setCurrentWidget(self.welcome)
            self.docks.close()
            self.filter_bar.set_session(None)
            self.filter_bar.hide()
            self.timetable.stop()
            self.watch.forget()
            self.toast.forget()
            for pane in self.panes.values():
                pane.stop()
            panes, self.panes = list(self.panes.values()), {}
            self.session = self.facts = None
            if tasks is not None:
                await tasks.close()
            await session.close()
            for pane in panes:
                pane.hide()
                pane.deleteLater()
            session.deleteLater()
        finally:
            self._leaving = False
        self.now.forget()
        self.banner.hide()
        self.setWindowTitle(text("window.title"))
        self.top.show_case("", "")
        self.status.show_job("", 0, None)
        self.status.show_custody("", "")
        self.status.show_next("")
        self.now.renew_actions()

    # dropping

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if dropping.is_wanted(event.mimeData()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        if dropping.take(self, event.mimeData()):
            event.acceptProposedAction()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self.stack.currentWidget() is self.panes.get("viewer"):
            self.going.show_gallery()
        else:
            super().keyPressEvent(event)

    # the end

    def closeEvent(self, event: QCloseEvent) -> None:
        if self.session is not None and self.session.runner.busy and not self._sure:
            event.ignore()
            self.spawn(self._ask_to_stop())
            return
        self.docks.remember()
        self.settings.remember_state("geometry", self.saveGeometry())
        self.settings.sync()
        event.accept()
        self.closed.emit()

    async def _ask_to_stop(self) -> None:
        from workbench.gui.dialogs.dialog import ask

        if self.settings.get(preferences.CONFIRM_STOP):
            answer = await ask(
                self.theme,
                self,
                text("stop.title"),
                text("stop.about"),
                {"stop": "stop.do"},
                primary="stop",
                name="stop",
            )
            if answer is None:
                return
        self._sure = True
        self.close()

    async def shut_down(self) -> None:
        """After the window was closed: everything that runs ends, in order."""
        await self.leave_case()
        await asyncio.to_thread(self.jobs.close)
        await self.tasks.close()

    def sizeHint(self) -> QSize:
        return QSize(1440, 900)
