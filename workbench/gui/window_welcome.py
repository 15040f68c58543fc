"""The window without a case: what it is for, the ways in, and the cases of late."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QScrollArea, QToolButton, QVBoxLayout, QWidget

from workbench.gui import icons
from workbench.gui.texts import text
from workbench.gui.theme import Theme, set_role, set_surface
from workbench.gui.widgets.elide import ElidedLabel
from workbench.gui.widgets.plain import PlainLabel, button_text

WIDTH = 560


class RecentCase(QWidget):
    """One case of late: opens with a click, Enter or Space; says when its file is not there."""

    def __init__(self, theme: Theme, path: Path, opened: Callable[[], object], forgotten: Callable[[], object]) -> None:
        super().__init__()
        self.path = path
        there = path.exists()
        set_surface(self, "window")
        self.open_button = QPushButton(button_text(path.stem))
        set_role(self.open_button, "link")
        self.open_button.setAccessibleName(text("window.recent-open", name=path.stem))
        self.open_button.setEnabled(there)
        self.open_button.clicked.connect(lambda: opened())
        where = ElidedLabel(
            theme, str(path.parent) if there else text("window.recent-missing", folder=str(path.parent))
        )
        where.set_dim(True)
        forget = QToolButton()
        forget.setIconSize(QSize(14, 14))
        forget.setToolTip(text("window.recent-forget"))
        forget.setAccessibleName(text("window.recent-forget-name", name=path.stem))
        forget.clicked.connect(lambda: forgotten())
        icons.follow(forget, "close", theme, 14)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(10)
        row.addWidget(self.open_button)
        row.addWidget(where, 1)
        row.addWidget(forget)


class Welcome(QWidget):
    """Start here. Main thread."""

    new_wanted = Signal()
    open_wanted = Signal()
    demo_wanted = Signal()
    case_wanted = Signal(object)
    forget_wanted = Signal(object)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.setAccessibleName(text("window.welcome"))
        set_surface(self, "window")
        self._picture = PlainLabel()
        title = PlainLabel(text("window.welcome"))
        set_role(title, "title")
        about = PlainLabel(text("window.welcome.about"))
        about.setWordWrap(True)
        set_role(about, "dim")
        self.new_button = QPushButton(text("window.welcome.new"))
        set_role(self.new_button, "primary")
        self.open_button = QPushButton(text("window.welcome.open"))
        self.demo_button = QPushButton(text("window.welcome.demo"))
        self.new_button.clicked.connect(self.new_wanted)
        self.open_button.clicked.connect(self.open_wanted)
        self.demo_button.clicked.connect(self.demo_wanted)
        drop = PlainLabel(text("window.welcome.drop"))
        drop.setWordWrap(True)
        set_role(drop, "caption")
        self._recent_title = PlainLabel(text("window.recent"))
        set_role(self._recent_title, "heading")
        self._recent = QVBoxLayout()
        self._recent.setSpacing(2)
        self.rows: list[RecentCase] = []
        inner = QWidget()
        inner.setFixedWidth(WIDTH)
        column = QVBoxLayout(inner)
        column.setContentsMargins(0, 24, 0, 24)
        column.setSpacing(10)
        column.addStretch(2)
        column.addWidget(self._picture)
        column.addWidget(title)
        column.addWidget(about)
        column.addSpacing(8)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        for button in (self.new_button, self.open_button, self.demo_button):
            buttons.addWidget(button)
        buttons.addStretch(1)
        column.addLayout(buttons)
        column.addWidget(drop)
        column.addSpacing(18)
        column.addWidget(self._recent_title)
        column.addLayout(self._recent)
        column.addStretch(3)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        middle = QWidget()
        across = QHBoxLayout(middle)
        across.addStretch(1)
        across.addWidget(inner)
        across.addStretch(1)
        area.setWidget(middle)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(area)
        theme.changed.connect(self._restyle)
        self._restyle()
        self.show_recent(())

    def show_recent(self, paths: Sequence[Path]) -> None:
        """The list of cases; looks on the disk whether they are there."""
        for row in self.rows:
            self._recent.removeWidget(row)
            row.hide()
            row.deleteLater()
        self.rows = []
        for path in paths:
            row = RecentCase(
                self._theme,
                path,
                partial(self.case_wanted.emit, path),
                partial(self.forget_wanted.emit, path),
            )
            self._recent.addWidget(row)
            self.rows.append(row)
        self._recent_title.setVisible(bool(paths))

    def _restyle(self) -> None:
        self._picture.setPixmap(icons.pixmap("app", self._theme.tokens.accent, 48, self.devicePixelRatioF()))
