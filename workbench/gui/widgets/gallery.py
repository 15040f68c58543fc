"""The gallery: a wall of tiles for a million items, with days as headings.

Own drawing over an int64 id array and a selection bitmap, because item views lay out and select row by row
(seconds at a million). Pictures come from a `Tiles` provider and are never waited for.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import ArrayLike
from PySide6.QtCore import QEvent, QPoint, QRect, QSize, Qt, QTimer, Signal, Slot
from PySide6.QtGui import (
    QContextMenuEvent,
    QFocusEvent,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QFrame, QWidget

from workbench.gui.theme import Theme, set_surface
from workbench.gui.widgets import gallery_access, gallery_keys
from workbench.gui.widgets.gallery_layout import GridLayout, Metrics
from workbench.gui.widgets.gallery_paint import TilePainter
from workbench.gui.widgets.gallery_pointer import Pointer
from workbench.gui.widgets.gallery_selection import Ids, Selection, carried, row_of
from workbench.gui.widgets.gallery_tiles import Section, Tile, Tiles
from workbench.gui.widgets.gallery_window import hold, paint, paint_band, regain, revealing, wanted
from workbench.gui.widgets.words import word

TILE_SIZES = (92, 120, 156, 204, 264)
"""Least tile widths of the zoom steps, logical pixels."""

_FIRST_BUDGET_MS = 24.0
_SCROLL_BUDGET_MS = 4.0
_MOST = 2**31 - 1


class Gallery(QAbstractScrollArea):
    """Tiles by id, in the order given. Main thread.

    `selection_changed` tells that other items are picked (ask `selected`); `focus_changed` and `activated`
    carry an item id, which may need 64 bits; `context_requested` a global point; `zoom_changed` the step.
    """

    selection_changed = Signal()
    focus_changed = Signal(object)
    activated = Signal(object)
    context_requested = Signal(QPoint)
    zoom_changed = Signal(int)

    def __init__(self, theme: Theme, tiles: Tiles, parent: QWidget | None = None) -> None:
        gallery_access.install()
        super().__init__(parent)
        self._theme = theme
        self._tiles = tiles
        self._ids: Ids = np.empty(0, dtype=np.int64)
        self._given: tuple[Section, ...] = ()
        self._selection = Selection()
        self._painter = TilePainter(theme)
        self._zoom = 2
        self._layout = self._new_layout()
        self._asked: tuple[int, ...] = ()
        self._wish_column: int | None = None
        self._fresh = True
        self._pointer = Pointer(self)
        self._band = self._pointer.band
        self._ask_soon = _once(self, 15, self._ask)
        self._finish_soon = _once(self, 0, self._finish)

        self.setFrameShape(QFrame.Shape.NoFrame)
        set_surface(self, "window")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setAccessibleName(word("gallery"))
        theme.changed.connect(self._restyle)

    # What is shown

    def set_items(self, ids: ArrayLike, sections: Sequence[Section] = (), keep: bool = True) -> None:
        """Show these ids in this order, each at most once.

        With `keep`, what is still there keeps its place on screen, its selection and the keyboard. A gallery
        at its very top stays there. `focus_changed` is not sent: whether a focus outlives a filter is not the
        gallery's to say.
        """
        new = np.ascontiguousarray(ids, dtype=np.int64)
        spot = hold(self) if keep else []
        before, picked = self._selection, len(self._selection)
        made = Selection(len(new))
        if keep:
            made.bits = carried(self._ids, before.bits, new)
            made.current = self._carried_row(before.current, new)
            made.anchor = made.current if before.anchor == before.current else self._carried_row(before.anchor, new)
        self._ids, self._selection, self._given = new, made, tuple(sections)
        self._fresh = True
        self._lay_out()
        self.verticalScrollBar().setValue(regain(self, spot) if spot else 0)
        self._show_all()
        if len(made) != picked:
            self._announce_selection()

    def tiles(self) -> Tiles:
        """Where the tiles come from."""
        return self._tiles

    @Slot(object)
    def tiles_ready(self, items: Iterable[int]) -> None:
        """These tiles are at hand, or are different now: draw them if they are on screen."""
        ready = {int(item) for item in items}
        self._painter.forget(ready)
        for row in self.rows_on_screen():
            if int(self._ids[row]) in ready:
                self._repaint_row(row)

    def ids(self) -> Ids:
        """The ids shown, in view order; not to be changed."""
        return self._ids

    def count(self) -> int:
        """Items shown."""
        return len(self._ids)

    # What is picked

    def selected(self) -> Ids:
        """The picked ids, in view order."""
        return self._ids[self._selection.bits]

    def selected_count(self) -> int:
        """How many are picked."""
        return len(self._selection)

    def current(self) -> int | None:
        """The id that has the keyboard."""
        row = self._selection.current
        return int(self._ids[row]) if row >= 0 else None

    def select(self, ids: ArrayLike) -> None:
        """Pick these ids (as far as they are shown) and no others; no signal when they are picked already."""
        wanted = np.asarray(ids, dtype=np.int64)
        bits = np.isin(self._ids, wanted)
        if not np.array_equal(bits, self._selection.bits):
            self._selection.bits = bits
            self._announce_selection()

    def select_all(self) -> None:
        """Pick everything."""
        if self._selection.all():
            self._announce_selection()

    def clear_selection(self) -> None:
        """Pick nothing."""
        if self._selection.none():
            self._announce_selection()

    def set_current(self, item: int | None) -> None:
        """Give the keyboard to an item and bring it into view; the selection stays. Null or not shown: to none."""
        row = -1 if item is None else row_of(self._ids, item)
        self._move_current(row)

    # Zoom

    def zoom(self) -> int:
        """The step, an index into `TILE_SIZES`."""
        return self._zoom

    def set_zoom(self, step: int, at: QPoint | None = None) -> None:
        """Another tile size; what lies at the point (viewport), or at the top, stays where it is."""
        step = min(max(step, 0), len(TILE_SIZES) - 1)
        if step == self._zoom:
            return
        under = self.row_at(at) if at is not None else -1
        part = (at.y() - self.row_rect(under).y()) / self._layout.cell_height if at is not None and under >= 0 else 0.0
        spot = hold(self)
        self._zoom = step
        self._fresh = True
        self._lay_out()
        if at is not None and under >= 0:
            box = self._layout.cell(under)
            self.verticalScrollBar().setValue(round(box.y + part * box.height) - at.y())
        elif spot:
            self.verticalScrollBar().setValue(regain(self, spot))
        self._show_all()
        self.zoom_changed.emit(step)

    # Rows and places, also for the rubber band and the accessibility interface

    def content_layout(self) -> GridLayout:
        """Where the rows lie now."""
        return self._layout

    def picks(self) -> Selection:
        """The live selection, by row."""
        return self._selection

    def current_row(self) -> int:
        """The row that has the keyboard, or -1."""
        return self._selection.current

    def is_selected(self, row: int) -> bool:
        """Whether a row is picked."""
        return row in self._selection

    def offset(self) -> int:
        """How far the content is scrolled."""
        return self.verticalScrollBar().value()

    def row_rect(self, row: int) -> QRect:
        """A row's tile in the viewport."""
        box = self._layout.cell(row)
        return QRect(box.x, box.y - self.offset(), box.width, box.height)

    def row_at(self, point: QPoint) -> int:
        """The row at a point of the viewport, or -1."""
        return self._layout.row_at(point.x(), point.y() + self.offset())

    def global_rect(self, row: int) -> QRect:
        """A row's tile on the screen."""
        rect = self.row_rect(row)
        return QRect(self.viewport().mapToGlobal(rect.topLeft()), rect.size())

    def is_on_screen(self, row: int) -> bool:
        """Whether any of a row's tile is in the viewport."""
        return 0 <= row < self.count() and self.row_rect(row).intersects(self.viewport().rect())

    def rows_on_screen(self) -> list[int]:
        """The rows whose line is in the viewport, from above to below."""
        shift = self.offset()
        runs = self._layout.visible(shift, shift + self.viewport().height())
        return [row for first, last in runs for row in range(first, last)]

    def tile_of(self, row: int) -> Tile | None:
        """The tile of a row, if it is at hand."""
        return self._tiles.get(int(self._ids[row]))

    # Changes by hand; `changed` says that other rows are picked

    def take_step(self, changed: bool, before: int) -> None:
        """Show and tell what a click or a key did to the selection; `before` was the current row."""
        if self._selection.current != before:
            self._announce_focus(before)
        if changed:
            self._announce_selection()

    def ensure_visible(self, row: int) -> None:
        """Scroll as little as needed to show a row, with the heading above it."""
        self.verticalScrollBar().setValue(revealing(self, row))

    def keep_column(self, column: int | None) -> int | None:
        """Remember the column that up and down try to return to; gives back the one remembered before."""
        before, self._wish_column = self._wish_column, column
        return before

    # Events

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Keys."""
        if not gallery_keys.handle(self, event):
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Pick, or start a drag."""
        self._pointer.press(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Drag."""
        self._pointer.move(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """End a drag."""
        self._pointer.release(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Activate."""
        row = self.row_at(event.position().toPoint())
        if event.button() == Qt.MouseButton.LeftButton and row >= 0:
            self.activated.emit(int(self._ids[row]))

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Ask for a menu at the pointer or the current tile."""
        self.context_requested.emit(self._pointer.menu_spot(event))

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Scroll, or zoom with control."""
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            if event.angleDelta().y():
                self.set_zoom(self._zoom + (1 if event.angleDelta().y() > 0 else -1), event.position().toPoint())
            event.accept()
            return
        super().wheelEvent(event)

    def viewportEvent(self, event: QEvent) -> bool:
        """Tooltips."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            self._pointer.tooltip(event)
            return True
        return super().viewportEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show where the keyboard is."""
        super().focusInEvent(event)
        self._repaint_row(self._selection.current)
        gallery_access.announce_focus(self)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Show that the keyboard is elsewhere."""
        super().focusOutEvent(event)
        self._repaint_row(self._selection.current)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Lay out anew."""
        spot = hold(self)
        self._lay_out()
        if spot:
            self.verticalScrollBar().setValue(regain(self, spot))
        self._ask_soon.start()

    def scrollContentsBy(self, dx: int, dy: int) -> None:
        """Move what is drawn already, draw the rest."""
        if self._band.active() or abs(dy) >= self.viewport().height():
            self.viewport().update()
        else:
            self.viewport().scroll(0, dy)
        if not self._ask_soon.isActive():
            self._ask_soon.start()

    def minimumSizeHint(self) -> QSize:
        """The least size that is of use."""
        return QSize(TILE_SIZES[0] + 40, 120)

    def sizeHint(self) -> QSize:
        """The size it likes."""
        return QSize(880, 520)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw; the painter ends even when drawing fails."""
        painter = QPainter(self.viewport())
        try:
            self._painter.begin(_FIRST_BUDGET_MS if self._fresh else _SCROLL_BUDGET_MS)
            paint(self, painter, event.rect(), self._painter, self._theme.tokens)
            if self._band.active():
                paint_band(painter, self._band.area().translated(0, -self.offset()), self._theme.tokens)
        finally:
            painter.end()
        self._fresh = False
        if self._painter.behind:
            self._finish_soon.start()

    # Inside

    def _new_layout(self) -> GridLayout:
        metrics = Metrics(tile=TILE_SIZES[self._zoom], caption=self._painter.caption_height())
        return GridLayout(len(self._ids), self._given, self.viewport().width(), metrics)

    def _lay_out(self) -> None:
        self._layout = self._new_layout()
        height = self.viewport().height()
        bar = self.verticalScrollBar()
        bar.setSingleStep(max(20, self._layout.line_height // 4))
        bar.setPageStep(max(1, height - self._layout.metrics.heading))
        bar.setRange(0, min(_MOST, max(0, self._layout.height - height)))

    def _show_all(self) -> None:
        self.viewport().update()
        self._ask_soon.start()

    def _carried_row(self, row: int, new: Ids) -> int:
        return row_of(new, int(self._ids[row])) if row >= 0 else -1

    def _move_current(self, row: int) -> None:
        before = self._selection.current
        if row == before:
            return
        self._selection.current = row
        if self._selection.anchor < 0:
            self._selection.anchor = row
        if row >= 0:
            self.ensure_visible(row)
        self._announce_focus(before)

    def _announce_focus(self, before: int) -> None:
        self._repaint_row(before)
        self._repaint_row(self._selection.current)
        self.focus_changed.emit(self.current())
        gallery_access.announce_focus(self)

    def _announce_selection(self) -> None:
        self.viewport().update()
        self.selection_changed.emit()
        gallery_access.announce_selection(self)

    def _repaint_row(self, row: int) -> None:
        if 0 <= row < self.count():
            self.viewport().update(self.row_rect(row))

    def _ask(self) -> None:
        missing = tuple(item for item in wanted(self) if self._tiles.get(item) is None)
        if missing != self._asked:
            self._asked = missing
            self._tiles.request(missing)

    def _finish(self) -> None:
        """Compose the cards that the last frame had no time for."""
        late = set(self._painter.behind)
        for row in self.rows_on_screen():
            if int(self._ids[row]) in late:
                self._repaint_row(row)

    def _restyle(self) -> None:
        self._painter.forget()
        self._fresh = True
        self._lay_out()
        self._show_all()


def _once(owner: Gallery, milliseconds: int, act: object) -> QTimer:
    timer = QTimer(owner)
    timer.setSingleShot(True)
    timer.setInterval(milliseconds)
    timer.timeout.connect(act)
    return timer
