"""The gallery's pointer: clicks pick, drags draw a rubber band, rests show a tooltip."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPoint, QRect, Qt, QTimer
from PySide6.QtGui import QContextMenuEvent, QHelpEvent, QMouseEvent
from PySide6.QtWidgets import QApplication, QToolTip

from workbench.gui.widgets.elide import tooltip_text, visible_text
from workbench.gui.widgets.gallery_layout import Box

if TYPE_CHECKING:
    from workbench.gui.widgets.gallery import Gallery

_TICK_MS = 20
_FASTEST = 60


class Pointer:
    """What the mouse does in a gallery. Click: this one; control: also, or no longer; shift: the run up to here."""

    def __init__(self, gallery: Gallery) -> None:
        self._gallery = gallery
        self._pressed = -1
        self.band = RubberBand(gallery)

    def press(self, event: QMouseEvent) -> None:
        """Pick at once; a press into a larger selection waits for the release, as it may become a drag."""
        self._pressed = -1
        if event.button() != Qt.MouseButton.LeftButton:
            return
        gallery, point = self._gallery, event.position().toPoint()
        picks, row, before, changed = gallery.picks(), gallery.row_at(point), gallery.current_row(), False
        control = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        self.band.arm(point, keep=control or shift)
        gallery.keep_column(None)
        if row < 0:
            return
        if shift:
            changed = picks.run_to(row, keep=control)
        elif control:
            changed = picks.toggle(row)
        elif row in picks and len(picks) > 1:
            self._pressed = picks.current = picks.anchor = row
        else:
            changed = picks.only(row)
        gallery.take_step(changed, before)

    def move(self, event: QMouseEvent) -> None:
        """Drag."""
        if event.buttons() & Qt.MouseButton.LeftButton:
            self.band.move(event.position().toPoint())

    def release(self, event: QMouseEvent) -> None:
        """A plain click into a larger selection leaves one; a plain click beside all tiles leaves none."""
        if event.button() != Qt.MouseButton.LeftButton:
            return
        dragged, kept = self.band.release()
        gallery = self._gallery
        if dragged:
            return
        if 0 <= self._pressed < gallery.count():
            before = gallery.current_row()
            gallery.take_step(gallery.picks().only(self._pressed), before)
        elif not kept and gallery.row_at(event.position().toPoint()) < 0:
            gallery.clear_selection()

    def menu_spot(self, event: QContextMenuEvent) -> QPoint:
        """Where a menu belongs, on the screen; a right click on a tile that is not picked picks it."""
        gallery = self._gallery
        before = gallery.current_row()
        if event.reason() != QContextMenuEvent.Reason.Mouse:
            if before >= 0:
                return gallery.global_rect(before).center()
            return gallery.mapToGlobal(gallery.rect().center())
        row = gallery.row_at(event.pos())
        if row >= 0 and row not in gallery.picks():
            gallery.take_step(gallery.picks().only(row), before)
        return event.globalPos()

    def tooltip(self, event: QHelpEvent) -> None:
        """The whole name, and every sign of the tile in words."""
        gallery = self._gallery
        row = gallery.row_at(event.pos())
        tile = gallery.tile_of(row) if row >= 0 else None
        if tile is None:
            QToolTip.hideText()
            return
        said = tile.spoken().removeprefix(tile.name).lstrip(", ")
        name = visible_text(tile.name)
        text = f"{name}\n{said}" if said else name
        QToolTip.showText(event.globalPos(), tooltip_text(text), gallery.viewport(), gallery.row_rect(row))


class RubberBand:
    """One drag at a time. Corners are kept in content coordinates, so that scrolling extends the band."""

    def __init__(self, gallery: Gallery) -> None:
        self._gallery = gallery
        self._start: QPoint | None = None
        self._end = QPoint()
        self._pointer = QPoint()
        self._active = False
        self._keep = False
        self._base = np.zeros(0, dtype=np.bool_)
        self._timer = QTimer(gallery)
        self._timer.setInterval(_TICK_MS)
        self._timer.timeout.connect(self._scroll_on)

    def active(self) -> bool:
        """Whether a band is being drawn."""
        return self._active

    def area(self) -> QRect:
        """The band in content coordinates."""
        return QRect(self._start or self._end, self._end).normalized()

    def arm(self, point: QPoint, keep: bool) -> None:
        """A press that may become a drag; with `keep` the band adds to what is picked now."""
        self._start = point + QPoint(0, self._gallery.offset())
        self._end = self._start
        self._pointer = point
        self._keep = keep
        bits = self._gallery.picks().bits
        self._base = bits.copy() if keep else np.zeros_like(bits)

    def move(self, point: QPoint) -> None:
        """The pointer moved with the button down (viewport coordinates)."""
        if self._start is None:
            return
        self._pointer = point
        self._end = point + QPoint(0, self._gallery.offset())
        if not self._active:
            if (self._end - self._start).manhattanLength() < QApplication.startDragDistance():
                return
            self._active = True
        self._pick()
        inside = 0 <= point.y() < self._gallery.viewport().height()
        if inside:
            self._timer.stop()
        elif not self._timer.isActive():
            self._timer.start()

    def release(self) -> tuple[bool, bool]:
        """The button is up: whether it was a drag, and whether it was to keep what was picked."""
        dragged, self._active, self._start = self._active, False, None
        self._timer.stop()
        self._base = np.zeros(0, dtype=np.bool_)
        if dragged:
            self._gallery.viewport().update()
        return dragged, self._keep

    def _pick(self) -> None:
        area, picks = self.area(), self._gallery.picks()
        if len(self._base) != len(picks.bits):
            self._base = np.zeros_like(picks.bits)
        rows = self._gallery.content_layout().rows_in(Box(area.x(), area.y(), area.width(), area.height()))
        self._gallery.take_step(picks.replace(self._base, rows), picks.current)
        self._gallery.viewport().update()

    def _scroll_on(self) -> None:
        height = self._gallery.viewport().height()
        beyond = self._pointer.y() if self._pointer.y() < 0 else self._pointer.y() - height
        bar = self._gallery.verticalScrollBar()
        bar.setValue(bar.value() + max(-_FASTEST, min(_FASTEST, beyond)))
        self._end = QPoint(self._pointer.x(), self._pointer.y() + self._gallery.offset())
        self._pick()
