"""The line above the gallery: how many, in which order, how large."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QHBoxLayout, QMenu, QSlider, QToolButton, QWidget

from workbench.gui.panes import wording
from workbench.gui.texts import text
from workbench.gui.theme import Theme, set_role
from workbench.gui.widgets.gallery import TILE_SIZES
from workbench.gui.widgets.plain import PlainLabel
from workbench.queries.gallery import ARRANGEMENTS


class GalleryHeader(QWidget):
    """Counts at the left, order and size at the right. Main thread."""

    arrangement_chosen = Signal(str)
    zoom_chosen = Signal(int)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = PlainLabel(text("pane.gallery"))
        set_role(self.title, "heading")
        self.counts = PlainLabel()
        set_role(self.counts, "dim")
        self._shown = ""
        self._picked = ""
        self.order = QToolButton()
        self.order.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.order.setAccessibleName(text("panes.gallery.order"))
        self.order.setToolTip(text("panes.gallery.order"))
        set_role(self.order, "quiet")
        self.order.setMenu(self._orders())
        self.scale = QSlider(Qt.Orientation.Horizontal)
        self.scale.setRange(0, len(TILE_SIZES) - 1)
        self.scale.setPageStep(1)
        self.scale.setFixedWidth(84)
        self.scale.setAccessibleName(text("panes.gallery.size"))
        self.scale.setToolTip(text("panes.gallery.size"))
        self.scale.valueChanged.connect(self.zoom_chosen)
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 8, 16, 4)
        row.setSpacing(theme.spacing(2))
        row.addWidget(self.title)
        row.addWidget(self.counts)
        row.addStretch(1)
        row.addWidget(self.order)
        row.addWidget(self.scale)
        self.show_arrangement("look")

    def _orders(self) -> QMenu:
        menu = QMenu(self)
        self._group = QActionGroup(menu)
        self._actions: dict[str, QAction] = {}
        for name in ARRANGEMENTS:
            action = menu.addAction(text(f"panes.gallery.by-{name}"), partial(self.arrangement_chosen.emit, name))
            action.setCheckable(True)
            self._group.addAction(action)
            self._actions[name] = action
        return menu

    def show_arrangement(self, name: str) -> None:
        """Which order it is."""
        self._actions[name].setChecked(True)
        self.order.setText(text(f"panes.gallery.by-{name}"))

    def show_zoom(self, step: int) -> None:
        """Which size it is; silent."""
        before = self.scale.blockSignals(True)
        self.scale.setValue(step)
        self.scale.blockSignals(before)

    def show_counts(self, shown: int, total: int) -> None:
        """How many of how many."""
        if shown == total:
            self._shown = wording.counted("panes.gallery.files", total)
        else:
            self._shown = text("panes.gallery.n-of-m", shown=wording.number(shown), count=wording.number(total))
        self._say()

    def show_selected(self, count: int) -> None:
        """How many are picked."""
        self._picked = text("panes.gallery.picked", count=wording.number(count)) if count > 1 else ""
        self._say()

    def _say(self) -> None:
        self.counts.setText(" · ".join(part for part in (self._shown, self._picked) if part))
