"""The window: frame first, then a case with its panes. Parts of one idea each lie in ``window_*.py``.

The frame imports nothing that is slow to import, so that it is on screen before numpy and SQLite are loaded; panes are
imported and made one by one once a case is there.
"""

from __future__ import annotations

import asyncio
import importlib
import logging
from collections.abc import Coroutine, Sequence
from contextlib import suppress
from datetime import UTC, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from PySide6.QtCore import QEvent, QObject, QPoint, QSize, Qt, QTimer, QUrl, Signal
from PySide6.QtGui import (
    QCloseEvent,
    QCursor,
    QDragEnterEvent,
    QDropEvent,
    QGuiApplication,
    QKeyEvent,
    QPaintEvent,
)
from PySide6.QtWidgets import QApplication, QLabel, QMainWindow, QMenu, QStackedWidget, QVBoxLayout, QWidget

from workbench.core.errors import UserError
from workbench.gui import settings as preferences
from workbench.gui.actions import ADDRESS_MENU, ITEM_MENU, MENUS, ActionSet, Need
from workbench.gui.errors import ErrorDesk
from workbench.gui.icons import app_icon
from workbench.gui.panes.filter_bar import FilterBar
from workbench.gui.settings import Settings
from workbench.gui.tasks import Latest, Tasks, result_of
from workbench.gui.texts import text
from workbench.gui.theme import Theme, set_role, set_surface
from workbench.gui.widgets.toast import Action, MessageBar
from workbench.gui.window_bars import StatusLine, TopBar
from workbench.gui.window_cases import Cases
from workbench.gui.window_docks import Docks
from workbench.gui.window_export import Export
from workbench.gui.window_filters import Filters
from workbench.gui.window_help import Help
from workbench.gui.window_intake import Intake
from workbench.gui.window_marks import Marks
from workbench.gui.window_welcome import Welcome

if TYPE_CHECKING:
    from collections.abc import Callable

    from workbench.case.case import Case
    from workbench.core.progress import Progress
    from workbench.gui.case_facts import CaseFacts
    from workbench.gui.panes.pane import Pane
    from workbench.gui.session import Session
    from workbench.jobs.runner import Job

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
CENTRAL = ("gallery", "viewer")
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
        self._latest_facts: Latest | None = None
        self._first_paint = True
        self._leaving = False
        self.cases = Cases(self)
        self.intake = Intake(self)
        self.export = Export(self)
        self.marks = Marks(self)
        self.filters = Filters(self)
        self.help = Help(self)
        self.setObjectName("main-window")
        self.setWindowTitle(text("window.title"))
        self.setWindowIcon(app_icon())
        self.setAcceptDrops(True)
        self.setMinimumSize(720, 480)
        self.actions_by_name = ActionSet(self, theme)
        self._build()
        errors.show_sentence = self.toast.error
        errors.show_crash = self.help.show_crash
        self._renew_actions()

    # the frame

    def _build(self) -> None:
        acts = self.actions_by_name
        self.top = TopBar(self.theme, acts["add-folder"], acts["export"], acts["show-detail"])
        self._add_menu = QMenu(self)
        for name in ("add-files", "add-folder", "add-log"):
            self._add_menu.addAction(acts[name])
        self.top.add.clicked.disconnect()
        self.top.add.setMenu(self._add_menu)
        self.recent_menu = QMenu(text("action.open-recent"), self)
        self.menus: dict[str, QMenu] = {}
        for name in MENUS:
            self.menus[name] = menu = self.top.menus.addMenu(text(f"menu.{name}"))
            acts.fill(menu, name, {"recent": self.recent_menu})
        self.filter_bar = FilterBar(self.theme, acts.__getitem__)
        self.filter_bar.edit_wanted.connect(self.filters.edit)
        self.filter_bar.left.connect(lambda: self.focus_pane("gallery"))
        self.banner = QLabel()
        self.banner.setTextFormat(Qt.TextFormat.PlainText)
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
        self.status.cancel_wanted.connect(self._cancel_job)
        self.status.jobs_wanted.connect(lambda: self.show_activity("jobs"))
        self.status.custody_wanted.connect(lambda: self.show_activity("custody"))
        self.setStatusBar(self.status)
        self.toast = MessageBar(self.theme, self.middle)
        self.docks = Docks(self, self.theme, self.settings)
        self.docks.changed.connect(self._renew_checks)
        self.toast.installEventFilter(self)
        self.middle.installEventFilter(self)
        self.top.fit_menus()
        self.top.show_case("", "")
        self.renew_recent()
        self.settings.changed.connect(self._preference_changed)

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

    def start_job(self, title: str, work: Callable[[Progress], R], detail: str = "") -> Job[R]:
        """Long work, shown in Activity; without a case it only shows in the status line."""
        if self.session is not None:
            return self.session.start_job(title, work, detail)
        return self._loose_runner().start(title, work, detail)

    def _loose_runner(self) -> Any:
        """Jobs without a case, such as building the demonstration."""
        if not hasattr(self, "_loose"):
            from workbench.jobs.runner import Runner

            self._loose = Runner()
            bridge = _Bridge(self)
            bridge.stepped.connect(self._job_changed, Qt.ConnectionType.QueuedConnection)
            self._loose.changed.connect(bridge.stepped.emit)
        return self._loose

    async def outcome(self, job: Job[R]) -> R:
        """Wait for a job."""
        return await result_of(job.future)

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
        self._latest_facts = Latest(self.case_tasks)
        session.case_changed.connect(self._case_changed)
        session.filter_changed.connect(lambda _filter: self._renew_actions())
        session.selection_changed.connect(lambda _kind: self._renew_actions())
        session.focus_changed.connect(lambda _focus: self._renew_actions())
        session.job_changed.connect(self._job_changed)
        await self._ask_facts(session)
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
        self._connect_panes()
        self._apply_preferences()
        self.docks.settle()
        for pane in self.panes.values():
            if pane.isVisible():
                pane.start()
        self._renew_actions()
        self.focus_pane("gallery")
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
        self._latest_facts = None
        self.banner.hide()
        self.setWindowTitle(text("window.title"))
        self.top.show_case("", "")
        self.status.show_job("", 0, None)
        self.status.show_custody("", "")
        self._renew_actions()

    def _connect_panes(self) -> None:
        for name, signal, act in (
            ("gallery", "open_requested", lambda *_: self.show_viewer()),
            ("gallery", "menu_requested", lambda place: self._context(ITEM_MENU, place)),
            ("viewer", "closed", self.show_gallery),
            ("viewer", "next_requested", lambda: self.go("next")),
            ("viewer", "previous_requested", lambda: self.go("previous")),
            ("viewer", "menu_requested", lambda place: self._context(ITEM_MENU, place)),
            ("origins", "menu_requested", lambda place: self._context(ADDRESS_MENU, place)),
            ("activity", "undo_wanted", self.marks.undo),
        ):
            found = getattr(self.panes[name], signal, None)
            if found is not None:
                found.connect(act)
        for pane in self.panes.values():
            wanted = getattr(pane, "add_requested", None)
            if wanted is not None:
                wanted.connect(self._offer_to_add)

    def _offer_to_add(self) -> None:
        """Files, a folder, or a log: below the button that was pressed."""
        button = QApplication.focusWidget()
        place = button.mapToGlobal(button.rect().bottomLeft()) if button is not None else QCursor.pos()
        self._add_menu.popup(place)

    def _context(self, names: tuple[str, ...], place: QPoint) -> None:
        menu = QMenu(self)
        menu.addActions(self.actions_by_name.context(names))
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(place)

    # what is shown of the case

    def _case_changed(self, tables: object) -> None:
        del tables
        if self.session is not None and self._latest_facts is not None:
            self._latest_facts.start(self._ask_facts(self.session))

    async def _ask_facts(self, session: Session) -> None:
        from workbench.gui.case_facts import case_facts

        actor = await asyncio.to_thread(lambda: session.case.actor)
        facts = await session.read(case_facts, actor)
        if self.session is session:
            self.facts = facts
            self._show_facts(session, facts)

    def _show_facts(self, session: Session, facts: CaseFacts) -> None:
        title = facts.title or session.case.path.stem
        told = [facts.number] if facts.number else []
        told.append(text("window.files", count=f"{facts.files:,}"))
        if facts.events:
            told.append(text("window.events", count=f"{facts.events:,}"))
        if not session.case.writable:
            told.append(text("window.read-only"))
        self.top.show_case(title, " · ".join(told))
        self.setWindowTitle(text("window.title-case", title=title))
        self.status.show_custody(
            anchor_words(facts.anchored),
            text("window.custody-line", count=f"{facts.ops:,}", head=f"{facts.head[:4]} {facts.head[4:8]}"),
        )
        self.banner.setText(
            "" if facts.evidence else text("window.evidence-missing", name=session.case.evidence.folder.name)
        )
        self.banner.setVisible(not facts.evidence)
        self._renew_undo(facts)
        self._renew_actions()

    def _renew_undo(self, facts: CaseFacts) -> None:
        from workbench.gui.op_words import op_words

        for name, row in (("undo", facts.undo), ("redo", facts.redo)):
            action = self.actions_by_name[name]
            what = op_words(row["of"] if row is not None and row.get("of") else row)
            action.setText(text(f"action.{name}-what", what=what) if what else text(f"action.{name}"))

    def _job_changed(self, job: Job[object]) -> None:
        del job
        jobs = list(self.session.runner.jobs) if self.session is not None else []
        if hasattr(self, "_loose"):
            jobs += self._loose.jobs
        running = [each for each in jobs if each.phase.value == "running"]
        if not running:
            self.status.show_job("", 0, None)
            return
        step = running[-1].step
        words = text(step.what) if step.what else text(running[-1].title)
        self.status.show_job(words, step.done, step.total, len(running) - 1)

    def _cancel_job(self) -> None:
        jobs = list(self.session.runner.jobs) if self.session is not None else []
        if hasattr(self, "_loose"):
            jobs += self._loose.jobs
        running = [each for each in jobs if each.phase.value == "running"]
        if running:
            running[-1].cancel()

    # what can be done now

    def _renew_actions(self) -> None:
        there = Need.NOTHING
        if self.settings.recent():
            there |= Need.RECENT
        if self.errors.last_crash:
            there |= Need.CRASH
        session = self.session
        if session is not None:
            workspace = session.workspace
            there |= Need.CASE
            there |= Need.WRITABLE if session.case.writable else Need.NOTHING
            focus = workspace.focus
            kinds = {kind for kind in ("item", "address", "event") if workspace.selection(kind)}
            kinds |= {focus.kind} if focus is not None else set()
            there |= Need.TARGETS if kinds & {"item", "address", "event"} else Need.NOTHING
            there |= Need.ITEMS if "item" in kinds else Need.NOTHING
            there |= Need.ADDRESSES if "address" in kinds else Need.NOTHING
            there |= Need.FILTER if session.filter.without("own") else Need.NOTHING
            there |= Need.BACK if workspace.can_go_back else Need.NOTHING
            there |= Need.FORWARD if workspace.can_go_forward else Need.NOTHING
            if self.facts is not None:
                there |= Need.UNDO if self.facts.undo is not None else Need.NOTHING
                there |= Need.REDO if self.facts.redo is not None else Need.NOTHING
        self.actions_by_name.enable(there)
        self._renew_checks()

    def _renew_checks(self) -> None:
        acts = self.actions_by_name
        for name in self.docks.docks:
            acts[f"show-{name}"].setChecked(self.session is not None and self.docks.is_shown(name))
        wanted = self.settings.get(preferences.THEME)
        for name in ("system", "light", "dark"):
            acts[f"theme-{name}"].setChecked(wanted == name)
        zone = self.settings.get(preferences.ZONE)
        acts["zone-utc"].setChecked(zone == "UTC")
        acts["zone-local"].setChecked(zone == "local")
        self.top.details.setVisible(self.session is not None and self.docks.narrow)
        acts["filter-own"].setChecked(self.session is not None and self.session.filter.own)

    def renew_recent(self) -> None:
        """The list of cases of late, in the menu and on the welcome page."""
        paths = self.settings.recent()
        self.recent_menu.clear()
        for path in paths:
            action = self.recent_menu.addAction(path.stem.replace("&", "&&"))
            action.setToolTip(str(path))
            action.setEnabled(path.exists())
            action.triggered.connect(lambda _checked=False, path=path: self.cases.open_path(path))
        self.recent_menu.setEnabled(bool(paths))
        self.welcome.show_recent(paths[:6])

    # going about

    def toggle_pane(self, name: str) -> None:
        """Show or hide a pane."""
        self.docks.set_shown(name, not self.docks.is_shown(name))
        self._renew_checks()

    def focus_pane(self, name: str) -> None:
        """Show a pane and put the keyboard there."""
        pane = self.panes.get(name)
        if pane is None:
            return
        if name in CENTRAL:
            self.stack.setCurrentWidget(pane)
        else:
            self.docks.set_shown(name, shown=True)
        first_focus(pane).setFocus(Qt.FocusReason.ShortcutFocusReason)

    def show_activity(self, tab: str) -> None:
        """Show jobs or custody."""
        pane = self.panes.get("activity")
        if pane is None:
            return
        self.docks.set_shown("activity", shown=True)
        getattr(pane, f"show_{tab}")()

    def show_viewer(self) -> None:
        """The picture over the gallery."""
        if "viewer" in self.panes:
            self.focus_pane("viewer")

    def show_gallery(self) -> None:
        """Back to the gallery."""
        self.focus_pane("gallery")

    def toggle_viewer(self) -> None:
        """From gallery to viewer and back."""
        if self.stack.currentWidget() is self.panes.get("viewer"):
            self.show_gallery()
        else:
            self.show_viewer()

    def go(self, where: str) -> None:
        """Next, previous, first or last file."""
        step = getattr(self.panes.get("gallery"), "step", None)
        if step is not None:
            step({"next": 1, "previous": -1}.get(where, where))

    def select_all(self) -> None:
        """Everything in the pane that has the keyboard, else in the gallery."""
        self._on_focused("select_all", "selectAll")

    def copy(self) -> None:
        """What is selected, as text: paths and hashes, or table rows."""
        if not self._on_focused("copy"):
            return

    def _on_focused(self, *methods: str) -> bool:
        widget: QWidget | None = QApplication.focusWidget()
        while widget is not None and widget is not self:
            for method in methods:
                act = getattr(widget, method, None)
                if callable(act):
                    act()
                    return True
            widget = widget.parentWidget()
        gallery = self.panes.get("gallery")
        act = getattr(gallery, methods[0], None) or getattr(getattr(gallery, "gallery", None), methods[0], None)
        if callable(act):
            act()
            return True
        return False

    def zoom_thumbs(self, step: int) -> None:
        """Larger or smaller thumbnails."""
        gallery = self.panes.get("gallery")
        zoom = getattr(gallery, "zoom_by", None)
        if zoom is not None:
            zoom(step)

    def set_zone(self, name: str) -> None:
        """The zone of all times on screen."""
        self.settings.set(preferences.ZONE, name)
        self._renew_checks()

    def choose_theme(self, name: str) -> None:
        """Light, dark, or as the system."""
        self.settings.set(preferences.THEME, name)
        self._renew_checks()

    def _preference_changed(self, key: str) -> None:
        if key == preferences.THEME.key:
            self.theme.set(wanted_theme(self.settings))
        self._apply_preferences()

    def _apply_preferences(self) -> None:
        from workbench.core.times import parse_zone

        name = self.settings.get(preferences.ZONE)
        zone: tuple[tzinfo, str] = (UTC, "UTC")
        if name == "local":
            from workbench.gui.window_zone import local_zone

            zone = local_zone()
        else:
            with suppress(UserError):
                zone = (parse_zone(name), name)
        for pane in self.panes.values():
            if hasattr(pane, "set_zone"):
                pane.set_zone(*zone)
        gallery = self.panes.get("gallery")
        if gallery is not None and hasattr(gallery, "set_zoom"):
            gallery.set_zoom(self.settings.get(preferences.THUMBNAILS))

    # dropping

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if any(url.isLocalFile() for url in event.mimeData().urls()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        paths = dropped_paths(event.mimeData().urls())
        if paths:
            event.acceptProposedAction()
            self.intake.add_paths(paths)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self.stack.currentWidget() is self.panes.get("viewer"):
            self.show_gallery()
        else:
            super().keyPressEvent(event)

    # the end

    def closeEvent(self, event: QCloseEvent) -> None:
        if self.session is not None and self.session.runner.busy and not getattr(self, "_sure", False):
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
        if hasattr(self, "_loose"):
            await asyncio.to_thread(self._loose.close)
        await self.tasks.close()

    def sizeHint(self) -> QSize:
        return QSize(1440, 900)


def first_focus(pane: QWidget) -> QWidget:
    """Where the keyboard goes in a pane: its proxy, else the first visible thing that takes it, else the pane."""
    proxy = pane.focusProxy()
    if proxy is not None and proxy.isVisible():
        return proxy
    for child in pane.findChildren(QWidget):
        if child.isVisible() and child.isEnabled() and child.focusPolicy() & Qt.FocusPolicy.TabFocus:
            return child
    return pane


class _Bridge(QObject):
    """Carries the steps of jobs without a case to the main thread."""

    stepped = Signal(object)


def dropped_paths(urls: list[QUrl]) -> list[Path]:
    """Local files and folders of a drop, each once."""
    return list(dict.fromkeys(Path(url.toLocalFile()) for url in urls if url.isLocalFile()))


def wanted_theme(settings: Settings) -> Any:
    """``light`` or ``dark``, as preferred or as the system has it."""
    wanted = settings.get(preferences.THEME)
    if wanted != "system":
        return wanted
    dark = QGuiApplication.styleHints().colorScheme() is Qt.ColorScheme.Dark
    return "dark" if dark else "light"


def anchor_words(anchored: int | None) -> str:
    """How old the last anchor outside of the case is."""
    if anchored is None:
        return text("window.anchor-none")
    from workbench.core.times import DAY, now

    days = max(0, (now() - anchored) // DAY)
    return text("window.anchor-today") if days == 0 else text("window.anchor-days", days=days)
