"""What is being done and what was done: jobs, the custody log with undo, and the request logs of looks."""

from __future__ import annotations

from datetime import tzinfo
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from PySide6.QtCore import QPoint, QSize, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QMenu,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QTabWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from workbench.case.operation import REGISTRY
from workbench.case.readers import Reader
from workbench.core.filter import Filter
from workbench.gui import icons
from workbench.gui.look_words import bar_of, full_words, item_words
from workbench.gui.op_words import op_words
from workbench.gui.panes.activity_requests import FoldersPage, RequestsPage
from workbench.gui.panes.pane import Pane
from workbench.gui.session import Session
from workbench.gui.texts import message_text, text
from workbench.gui.theme import Theme, set_role, set_surface
from workbench.gui.widgets.elide import ElidedLabel
from workbench.gui.widgets.empty import EmptyState
from workbench.gui.widgets.plain import PlainLabel
from workbench.gui.widgets.table import Column, DataTable
from workbench.jobs.runner import Job, Phase
from workbench.queries import custody
from workbench.queries.shown import Row

if TYPE_CHECKING:
    from workbench.jobs.control import Control

PAGE = 400
"""Custody entries that are asked for at once."""


class JobRow(QFrame):
    """One job: what it is, how far, and a way to stop it; a look can be paused too."""

    def __init__(self, theme: Theme, job: Job[object], control: Control | None = None) -> None:
        super().__init__()
        self.job = job
        self.control = control
        self._theme = theme
        set_surface(self, "panel")
        self.title = PlainLabel(text(job.title))
        set_role(self.title, "heading")
        self.detail = ElidedLabel(theme, job.detail)
        self.detail.set_dim(True)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName(text("window.progress-of", job=text(job.title)))
        self.state = ElidedLabel(theme, "", "caption")
        self.state.set_dim(True)
        self.stop = QToolButton()
        self.stop.setIconSize(QSize(14, 14))
        self.stop.setToolTip(text("window.stop-job"))
        self.stop.setAccessibleName(text("window.stop-named", job=text(job.title)))
        self.stop.clicked.connect(job.cancel)
        icons.follow(self.stop, "close", theme, 14)
        self.pause = QToolButton()
        self.pause.setIconSize(QSize(14, 14))
        self.pause.hide()
        top = QHBoxLayout()
        top.setSpacing(8)
        top.addWidget(self.title)
        top.addWidget(self.detail, 1)
        top.addWidget(self.pause)
        top.addWidget(self.stop)
        column = QVBoxLayout(self)
        column.setContentsMargins(14, 8, 10, 8)
        column.setSpacing(4)
        column.addLayout(top)
        column.addWidget(self.bar)
        column.addWidget(self.state)
        self.item = ElidedLabel(theme, "", "caption")
        self.item.set_dim(True)
        self.item.hide()
        column.addWidget(self.item)
        self.refresh()

    def refresh(self) -> None:
        """Say where it is."""
        job, step = self.job, self.job.step
        running = job.phase is Phase.RUNNING
        self.bar.setVisible(running)
        self.stop.setVisible(running)
        self.pause.setVisible(running and self.control is not None)
        self.item.setVisible(running and self.control is not None)
        if running and self.control is not None:
            self._show_look(self.control)
        elif running:
            self.bar.setRange(0, step.total or 0)
            self.bar.setValue(min(step.done, step.total or 0))
            stage = text(step.what) if step.what else ""
            counted = text("window.of", done=f"{step.done:,}", total=f"{step.total:,}") if step.total else ""
            self.state.set_text(" · ".join(each for each in (stage, counted, step.item) if each))
        else:
            self.state.set_text(job_outcome(job))

    def _show_look(self, control: Control) -> None:
        done, total = bar_of(control.state)
        self.bar.setRange(0, total)
        self.bar.setValue(done)
        self.state.set_text(full_words(control))
        self.item.set_text(item_words(control))
        tip = text("window.resume-job" if control.paused else "window.pause-job")
        if self.pause.accessibleName() != tip:
            self.pause.setToolTip(text("window.resume-job" if control.paused else "window.pause-job"))
            self.pause.setAccessibleName(tip)
            icons.follow(self.pause, "resume" if control.paused else "pause", self._theme, 14)


def job_outcome(job: Job[object]) -> str:
    """How an ended job ended."""
    if job.phase is Phase.FAILED:
        from workbench.core.errors import UserError

        error = job.future.exception()
        return message_text(error.message) if isinstance(error, UserError) else text("job.phase.failed")
    return text(f"job.phase.{job.phase.value}")


class JobList(QScrollArea):
    """All jobs of this session, the newest on top."""

    pause_wanted = Signal()

    def __init__(self, theme: Theme, controls: dict[int, Control]) -> None:
        super().__init__()
        self._theme = theme
        self._controls = controls
        self.rows: dict[int, JobRow] = {}
        self.setWidgetResizable(True)
        self.setAccessibleName(text("window.jobs"))
        inner = QWidget()
        set_surface(inner, "panel")
        self._column = QVBoxLayout(inner)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self._empty = EmptyState(theme, "activity", text("window.jobs-none"), text("window.jobs-none.about"))
        set_surface(self._empty, "panel")
        self._column.addWidget(self._empty)
        self._column.addStretch(1)
        self.setWidget(inner)

    def show_job(self, job: Job[object]) -> None:
        """A job began or got on."""
        row = self.rows.get(job.number)
        if row is None:
            row = self.rows[job.number] = JobRow(self._theme, job, self._controls.get(job.number))
            row.pause.clicked.connect(self.pause_wanted)
            self._column.insertWidget(0, row)
            self._empty.hide()
        row.refresh()


class ActivityPane(Pane):
    """Jobs, custody, requests. The custody log is shown newest first, page by page as it is scrolled."""

    name = "activity"
    tables: ClassVar[frozenset[str]] = frozenset({"op", "*"})
    undo_wanted = Signal(int)
    pause_wanted = Signal()
    conduct_wanted = Signal(object)

    def __init__(self, session: Session, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(session, theme, parent)
        set_surface(self, "panel")
        self.tabs = QTabWidget()
        self.tabs.setAccessibleName(self.title)
        self.tabs.setDocumentMode(True)
        self.jobs = JobList(theme, session.controls)
        self.jobs.pause_wanted.connect(self.pause_wanted)
        self.requests = RequestsPage(session, theme)
        self.requests.conduct_wanted.connect(self.conduct_wanted)
        self.folders = FoldersPage(session, theme)
        self.table = DataTable(theme, text("window.custody-title"))
        self.table.set_empty_text(text("window.custody-none"))
        self.table.menu_wanted.connect(self._menu)
        self.table.selection_changed.connect(self._picked)
        self.undo_button = QPushButton(text("window.custody-undo"))
        self.undo_button.setEnabled(False)
        self.undo_button.clicked.connect(self._undo_selected)
        self.copy_button = QPushButton(text("window.custody-copy"))
        self.copy_button.setEnabled(False)
        self.copy_button.clicked.connect(self._copy_selected)
        for button in (self.undo_button, self.copy_button):
            set_role(button, "quiet")
            self.table.add_widget(button)
        self.tabs.addTab(self.jobs, text("window.jobs"))
        self.tabs.addTab(self.table, text("window.custody"))
        self.tabs.addTab(self.requests, text("requests.tab"))
        self.tabs.addTab(self.folders, text("requests.folders"))
        self.tabs.currentChanged.connect(lambda _at: self._ask())
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.tabs)
        self._rows: dict[int, Row] = {}
        self._lowest = 0
        self._growing = False
        self.table.view.verticalScrollBar().valueChanged.connect(self._scrolled)
        session.job_changed.connect(self.jobs.show_job)
        for job in session.runner.jobs:
            self.jobs.show_job(job)
        self._columns = (
            Column("seq", text("window.custody.seq"), "number", 64),
            Column("time", text("window.custody.time"), "time", 150),
            Column("actor", text("window.custody.actor"), "text", 110, unknown=text("window.withheld")),
            Column("what", text("window.custody.what"), "text", 330),
            Column("hash", text("window.custody.hash"), "mono", 150),
        )
        self._show_rows()

    def _case_changed(self, tables: frozenset[str]) -> None:
        """Every change is an op, so every change is a new row."""
        if not self._throttle.isActive():
            self._throttle.start()

    def _filter_changed(self, wanted: Filter) -> None:
        """The log is not filtered."""

    async def refresh(self, asked: Filter) -> None:
        """The newest entries; older ones that were shown stay. Requests are asked for while they are looked at."""
        shown = self.tabs.currentWidget()
        if isinstance(shown, RequestsPage | FoldersPage):
            await shown.renew()
            return
        highest = max(self._rows, default=0)
        fresh = await self.session.read(newest, highest)
        self._rows.update({row["seq"]: row for row in fresh})
        self._lowest = min(self._rows, default=0)
        self._show_rows()

    async def grow(self) -> None:
        """One page further down."""
        if self._lowest > 1 and not self._growing:
            self._growing = True
            try:
                older = await self.session.read(before, self._lowest)
            finally:
                self._growing = False
            self._rows.update({row["seq"]: row for row in older})
            self._lowest = min(self._rows, default=0)
            self._show_rows()

    def show_custody(self) -> None:
        """Bring the custody log to the front."""
        self.tabs.setCurrentWidget(self.table)
        self.table.view.setFocus()

    def show_requests(self) -> None:
        """Bring the request log to the front."""
        self.tabs.setCurrentWidget(self.requests)
        self.requests.table.view.setFocus()

    def set_zone(self, zone: tzinfo, name: str) -> None:
        """Times of requests in another zone."""
        for page in (self.requests, self.folders):
            page.set_zone(zone, name)
        self.table.set_zone(zone, name)

    def stop(self) -> None:
        """Ask no more."""
        super().stop()
        self.requests.stop()
        self.folders.stop()

    def show_jobs(self) -> None:
        """Bring the jobs to the front."""
        self.tabs.setCurrentWidget(self.jobs)

    def _scrolled(self, value: int) -> None:
        bar = self.table.view.verticalScrollBar()
        if bar.maximum() and value >= bar.maximum() - bar.pageStep() // 2 and self._lowest > 1:
            self.session.spawn(self.grow())

    def _show_rows(self) -> None:
        rows = [self._rows[seq] for seq in sorted(self._rows, reverse=True)]
        ids = np.array([row["seq"] for row in rows], dtype=np.int64)
        self.table.set_columns(
            self._columns,
            {
                "seq": ids,
                "time": np.array([row["time_us"] for row in rows], dtype=np.int64),
                "actor": [row["actor"] for row in rows],
                "what": [op_words(row) for row in rows],
                "hash": [row["hash"] for row in rows],
            },
            ids,
        )
        if rows:
            head = rows[0]["hash"]
            self.table.set_caption(text("window.custody.head", count=f"{rows[0]['seq']:,}", head=short_hash(head)))

    def _selected(self) -> Row | None:
        picked = self.table.selected_ids()
        return self._rows.get(int(picked[0])) if len(picked) == 1 else None

    def _picked(self) -> None:
        row = self._selected()
        self.copy_button.setEnabled(row is not None)
        self.undo_button.setEnabled(row is not None and self.session.case.writable and undoable(row))

    def _undo_selected(self) -> None:
        row = self._selected()
        if row is not None:
            self.undo_wanted.emit(int(row["seq"]))

    def _copy_selected(self) -> None:
        row = self._selected()
        if row is not None:
            QGuiApplication.clipboard().setText(row["hash"])

    def _menu(self, place: QPoint, seq: object) -> None:
        row = self._rows.get(int(seq)) if isinstance(seq, int | np.integer) else None
        if row is None:
            return
        menu = QMenu(self)
        copy = menu.addAction(text("window.custody-copy"))
        copy.triggered.connect(self._copy_selected)
        undo = menu.addAction(text("window.custody-undo"))
        undo.setEnabled(undoable(row) and self.session.case.writable)
        undo.triggered.connect(self._undo_selected)
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(place)


def undoable(row: Row) -> bool:
    """Can this kind of op be undone at all? (Whether it still can, the op itself says.)"""
    op = REGISTRY.get(row["op"])
    return op is not None and op.undoable


def short_hash(digest: str) -> str:
    """The head as the window writes it: ``5c1e 77a0``."""
    return f"{digest[:4]} {digest[4:8]}"


def newest(reader: Reader, highest: int) -> list[Row]:
    """The entries after `highest`, or the last page when nothing is known or too much is new."""
    head = custody.head(reader).seq
    return list(custody.rows(reader, max(highest, head - PAGE)))


def before(reader: Reader, seq: int) -> list[Row]:
    """The page before an entry."""
    since = max(0, seq - 1 - PAGE)
    return list(custody.rows(reader, since, seq - 1 - since))
