"""The quiet lines of the window: the top bar with menus, case and acts, and the status line with jobs and custody."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QAction, QResizeEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QMenuBar,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QStatusBar,
    QToolButton,
    QWidget,
)

from workbench.gui import icons
from workbench.gui.texts import text
from workbench.gui.theme import Theme, set_role, set_surface
from workbench.gui.widgets.elide import ElidedLabel, tooltip_text
from workbench.gui.widgets.plain import PlainLabel, button_text


class TopBar(QWidget):
    """Menus, the case with its counts, and the acts; one line."""

    def __init__(
        self, theme: Theme, add: QAction, look: QAction, export: QAction, detail: QAction, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        set_surface(self, "bar")
        self.setFixedHeight(44)
        self.menus = QMenuBar()
        self.menus.setNativeMenuBar(False)
        self.menus.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.menus.setAccessibleName(text("window.menus"))
        self.title = ElidedLabel(theme, "", "heading")
        self.facts = ElidedLabel(theme, "")
        self.facts.set_dim(True)
        self.add = ActButton(add, text("window.add"))
        self.look = ActButton(look, text("window.look"))
        self.look.hide()
        self.export = ActButton(export, text("window.export"))
        set_role(self.export, "primary")
        self.details = ActButton(detail, text("window.details"))
        self.details.hide()
        row = QHBoxLayout(self)
        row.setContentsMargins(6, 0, 14, 0)
        row.setSpacing(12)
        row.addWidget(self.menus, 0, Qt.AlignmentFlag.AlignVCenter)
        row.addWidget(self.title, 0)
        row.addWidget(self.facts, 1)
        row.addStretch(0)
        row.addWidget(self.details)
        row.addWidget(self.add)
        row.addWidget(self.look)
        row.addWidget(self.export)

    def fit_menus(self) -> None:
        """All menus are there: never fold one away, the title gives way first."""
        self.menus.setMinimumWidth(self.menus.sizeHint().width() + 4)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.facts.setVisible(self.width() >= 1100)

    def show_case(self, title: str, facts: str) -> None:
        """Name the case; empty without one."""
        self.title.set_text(title)
        self.facts.set_text(facts)
        for button in (self.add, self.export):
            button.setVisible(bool(title))
        if not title:
            self.look.hide()


class ActButton(QPushButton):
    """A button that is an action: same state, same deed, own shorter word."""

    def __init__(self, action: QAction, word: str, parent: QWidget | None = None) -> None:
        super().__init__(word, parent)
        self._action = action
        self.setAccessibleName(action.text().replace("&", ""))
        self.clicked.connect(action.trigger)
        action.changed.connect(self._follow)
        self._follow()

    def _follow(self) -> None:
        self.setEnabled(self._action.isEnabled())
        keys = self._action.shortcut().toString()
        name = self._action.text().replace("&", "")
        self.setToolTip(tooltip_text(f"{name} ({keys})" if keys else name))


class StatusLine(QStatusBar):
    """What runs, how far the chain is anchored outside, and its head."""

    cancel_wanted = Signal()
    pause_wanted = Signal()
    jobs_wanted = Signal()
    custody_wanted = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizeGripEnabled(False)
        self.setFixedHeight(28)
        self.job = QPushButton()
        set_role(self.job, "status")
        self.job.clicked.connect(self.jobs_wanted)
        self.bar = QProgressBar()
        self.bar.setFixedWidth(128)
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName(text("window.progress"))
        self.count = PlainLabel()
        self.stop = QToolButton()
        self.stop.setIconSize(QSize(14, 14))
        self.stop.setToolTip(text("window.stop-job"))
        self.stop.setAccessibleName(text("window.stop-job"))
        self.stop.clicked.connect(self.cancel_wanted)
        icons.follow(self.stop, "close", theme, 14)
        self.pause = QToolButton()
        self.pause.setIconSize(QSize(14, 14))
        self.pause.clicked.connect(self.pause_wanted)
        self._theme = theme
        self.hint = PlainLabel()
        for widget in (self.job, self.bar, self.count, self.pause, self.stop):
            self.addWidget(widget)
        self.addWidget(self.hint, 1)
        self.next = PlainLabel()
        self.anchor = PlainLabel()
        self.custody = QPushButton()
        set_role(self.custody, "status")
        self.custody.setToolTip(text("window.custody.tip"))
        self.custody.clicked.connect(self.custody_wanted)
        self.addPermanentWidget(self.next)
        self.addPermanentWidget(self.anchor)
        self.addPermanentWidget(self.custody)
        self.show_job("", 0, None)
        self.show_custody("", "")
        self.show_next("")

    def show_job(self, words: str, done: int, total: int | None, more: int = 0) -> None:
        """What runs and how far it is; no words for nothing. An unknown total is a bar that only moves."""
        self.pause.hide()
        counted = text("window.of", done=f"{done:,}", total=f"{total:,}") if total else f"{done:,}" if done else ""
        self._show_step(words, done, total, counted, more)

    def _show_step(self, words: str, done: int, total: int | None, counted: str, more: int) -> None:
        running = bool(words)
        for widget in (self.job, self.bar, self.count, self.stop):
            widget.setVisible(running)
        if not running:
            return
        self.job.setText(button_text(f"{words} {text('window.more-jobs', count=more)}" if more else words))
        self.bar.setRange(0, total or 0)
        self.bar.setValue(min(done, total or 0))
        self.count.setText(counted)

    def show_look(self, words: str, done: int, total: int, counted: str, *, paused: bool, more: int = 0) -> None:
        """A look at a server: how far of what is known, how fast, and a way to pause it."""
        self._show_step(words, done, total or None, counted, more)
        tip = text("window.resume-job" if paused else "window.pause-job")
        if self.pause.accessibleName() != tip:
            self.pause.setToolTip(text("window.resume-job" if paused else "window.pause-job"))
            self.pause.setAccessibleName(tip)
            icons.follow(self.pause, "resume" if paused else "pause", self._theme, 14)
        self.pause.show()

    def show_next(self, words: str) -> None:
        """When the next look is due, or nothing."""
        self.next.setText(words)
        self.next.setVisible(bool(words))

    def show_custody(self, anchor: str, head: str) -> None:
        """The anchor's age and the chain's head, or nothing without a case."""
        self.anchor.setText(anchor)
        self.custody.setText(head)
        self.anchor.setVisible(bool(anchor))
        self.custody.setVisible(bool(head))
