"""Where the panes are: docks that can be moved, hidden, floated and are remembered; a drawer where it is narrow."""

from __future__ import annotations

from PySide6.QtCore import QByteArray, QEvent, QObject, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QEnterEvent, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QDockWidget, QFrame, QMainWindow, QMenu, QTabWidget, QVBoxLayout, QWidget

from workbench.gui.settings import Settings
from workbench.gui.texts import text
from workbench.gui.theme import Theme, mix, set_surface
from workbench.gui.widgets.elide import tooltip_text

VERSION = 1
"""Of the remembered layout: a layout of another version is not used."""
NARROW = 1100
"""Below this width of the window (pixels) the detail pane is a drawer."""

AREAS = {
    "files": Qt.DockWidgetArea.LeftDockWidgetArea,
    "detail": Qt.DockWidgetArea.RightDockWidgetArea,
    "timeline": Qt.DockWidgetArea.BottomDockWidgetArea,
    "origins": Qt.DockWidgetArea.BottomDockWidgetArea,
    "activity": Qt.DockWidgetArea.BottomDockWidgetArea,
}
HIDDEN = ("activity",)


class Handle(QWidget):
    """The title bar of a dock: a strip that shows its dots when the pointer is near. Qt does the dragging."""

    def __init__(self, theme: Theme, dock: QDockWidget) -> None:
        super().__init__(dock)
        self._theme = theme
        self._dock = dock
        self.setFixedHeight(9)
        self.setCursor(Qt.CursorShape.SizeAllCursor)
        self.setToolTip(tooltip_text(text("window.handle", pane=dock.windowTitle())))
        theme.changed.connect(self.update)

    def sizeHint(self) -> QSize:
        return QSize(40, 9)

    def minimumSizeHint(self) -> QSize:
        return QSize(24, 9)

    def enterEvent(self, event: QEnterEvent) -> None:
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        try:
            tokens = self._theme.tokens
            painter.fillRect(self.rect(), tokens.panel)
            shade = tokens.dim if self.underMouse() else mix(tokens.line, tokens.panel, 0.15)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(shade)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            middle = self.rect().center()
            for step in (-2, -1, 0, 1, 2):
                painter.drawEllipse(QPoint(middle.x() + step * 5, middle.y() + 1), 1, 1)
        finally:
            painter.end()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Float and hide, for those who do not drag."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        floating = self._dock.isFloating()
        menu.addAction(text("window.dock-back" if floating else "window.dock-float")).triggered.connect(
            lambda: self._dock.setFloating(not floating)
        )
        menu.addAction(text("window.dock-hide")).triggered.connect(self._dock.close)
        menu.popup(event.globalPos())


class Dock(QDockWidget):
    """One place for one pane; empty until the pane is made."""

    def __init__(self, theme: Theme, name: str, parent: QMainWindow) -> None:
        super().__init__(text(f"pane.{name}"), parent)
        self.name = name
        self.setObjectName(f"dock-{name}")
        self.setTitleBarWidget(Handle(theme, self))
        self._blank = QWidget()
        set_surface(self._blank, "panel")
        self.setWidget(self._blank)

    def hold(self, pane: QWidget | None) -> None:
        """Show a pane, or nothing."""
        before, after = self.widget(), pane if pane is not None else self._blank
        if before is not after:
            before.hide()
            self.setWidget(after)
            after.show()

    def held(self) -> QWidget | None:
        """The pane that is here."""
        return None if self.widget() is self._blank else self.widget()


class Drawer(QFrame):
    """The detail pane over the right part of a narrow window. Escape shuts it."""

    shut = Signal()
    WIDTH = 340

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("drawer")
        set_surface(self, "panel")
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(1, 0, 0, 0)
        self.hide()

    def hold(self, pane: QWidget) -> None:
        """Take the pane in."""
        self._column.addWidget(pane)
        pane.show()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.shut.emit()
        else:
            super().keyPressEvent(event)


class Docks(QObject):
    """All docks of one window."""

    changed = Signal()
    """A pane was shown or hidden."""

    def __init__(self, window: QMainWindow, theme: Theme, settings: Settings) -> None:
        super().__init__(window)
        self._window = window
        self._settings = settings
        self._theme = theme
        self._in_use = False
        self._narrow = False
        self._by_default = True
        self.drawer = Drawer(window)
        self.drawer.shut.connect(lambda: self.set_shown("detail", False))
        self.docks = {name: Dock(theme, name, window) for name in AREAS}
        window.setDockNestingEnabled(True)
        window.setCorner(Qt.Corner.BottomLeftCorner, Qt.DockWidgetArea.LeftDockWidgetArea)
        window.setCorner(Qt.Corner.BottomRightCorner, Qt.DockWidgetArea.RightDockWidgetArea)
        window.setTabPosition(Qt.DockWidgetArea.AllDockWidgetAreas, QTabWidget.TabPosition.North)
        for dock in self.docks.values():
            window.addDockWidget(AREAS[dock.name], dock)
            dock.hide()
            dock.visibilityChanged.connect(lambda _shown: self.changed.emit())
        window.installEventFilter(self)

    # a case comes and goes

    def open(self) -> None:
        """Show the docks as they were left, or as they are by default."""
        self._in_use = True
        state = self._settings.state("layout")
        self._by_default = state.isEmpty() or not self._window.restoreState(state, VERSION)
        if self._by_default:
            self.reset()
        self._fit()

    def settle(self) -> None:
        """All panes are there: give the default sizes again, since the empty ones asked for less room."""
        if self._by_default:
            self._default_sizes()

    def close(self) -> None:
        """Remember how they were left, and hide them."""
        if not self._in_use:
            return
        self.remember()
        self._widen()
        self._in_use = False
        for dock in self.docks.values():
            dock.hold(None)
            dock.hide()
        self.drawer.hide()

    def remember(self) -> None:
        """Keep the layout for the next time."""
        if self._in_use:
            self._settings.remember_state("layout", self.state())

    def state(self) -> QByteArray:
        """The layout as bytes."""
        return self._window.saveState(VERSION)

    def hold(self, name: str, pane: QWidget) -> None:
        """Put a pane where it belongs."""
        if name == "detail" and self._narrow:
            self.drawer.hold(pane)
        else:
            self.docks[name].hold(pane)

    # showing

    def reset(self) -> None:
        """Everything where it was at first."""
        window = self._window
        for name, dock in self.docks.items():
            dock.setFloating(False)
            window.removeDockWidget(dock)
            window.addDockWidget(AREAS[name], dock)
        window.splitDockWidget(self.docks["timeline"], self.docks["origins"], Qt.Orientation.Horizontal)
        window.tabifyDockWidget(self.docks["origins"], self.docks["activity"])
        for name, dock in self.docks.items():
            dock.setVisible(name not in HIDDEN)
        self._default_sizes()
        if self._narrow:
            self.docks["detail"].hide()
        self.changed.emit()

    def _default_sizes(self) -> None:
        window, docks = self._window, self.docks
        wide, high = window.width(), window.height()
        across = Qt.Orientation.Horizontal
        window.resizeDocks(
            [docks["files"], docks["detail"]], [max(200, wide * 15 // 100), max(290, wide * 21 // 100)], across
        )
        window.resizeDocks([docks["timeline"]], [max(190, high * 30 // 100)], Qt.Orientation.Vertical)
        middle = wide * 64 // 100
        window.resizeDocks([docks["timeline"], docks["origins"]], [middle * 44 // 100, middle * 56 // 100], across)

    @property
    def narrow(self) -> bool:
        """Is the detail pane a drawer now?"""
        return self._narrow

    def is_shown(self, name: str) -> bool:
        """Is the pane on screen, or only behind a tab?"""
        if name == "detail" and self._narrow:
            return self.drawer.isVisible()
        return not self.docks[name].isHidden()

    def set_shown(self, name: str, shown: bool) -> None:
        """Show or hide a pane; showing brings it to the front."""
        if name == "detail" and self._narrow:
            self._place_drawer()
            self.drawer.setVisible(shown)
            if shown:
                self.drawer.raise_()
            self.changed.emit()
            return
        dock = self.docks[name]
        dock.setVisible(shown)
        if shown:
            dock.raise_()

    # narrow windows

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize and watched is self._window:
            self._fit()
        return False

    def _fit(self) -> None:
        narrow = self._in_use and self._window.width() < NARROW
        if narrow and not self._narrow:
            self._shrink()
        elif not narrow and self._narrow:
            self._widen()
        if self.drawer.isVisible():
            self._place_drawer()

    def _shrink(self) -> None:
        dock = self.docks["detail"]
        pane = dock.held()
        if dock.isFloating():
            return
        self._narrow = True
        self._settings.remember_flag("detail-wanted", not dock.isHidden())
        dock.hide()
        if pane is not None:
            dock.hold(None)
            self.drawer.hold(pane)
        self.changed.emit()

    def _widen(self) -> None:
        if not self._narrow:
            return
        self._narrow = False
        self.drawer.hide()
        held = self.drawer.findChild(QWidget, "pane-detail", Qt.FindChildOption.FindDirectChildrenOnly)
        if held is not None:
            self.docks["detail"].hold(held)
            held.show()
        self.docks["detail"].setVisible(self._settings.flag("detail-wanted", default=True))
        self.changed.emit()

    def _place_drawer(self) -> None:
        window = self._window
        menu, status = window.menuWidget(), window.statusBar()
        top = menu.geometry().bottom() + 1 if menu is not None else 0
        bottom = status.geometry().top()
        wide = min(Drawer.WIDTH, window.width() - 80)
        self.drawer.setGeometry(QRect(window.width() - wide, top, wide, bottom - top))
