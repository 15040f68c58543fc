"""The gestures of the timeline: brush, zoom and pan, by mouse and by keyboard. Main thread.

No event of mouse or keyboard reaches the scene: pyqtgraph would drag, zoom and open menus by rules of its own.
"""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QEvent, QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QFocusEvent, QHelpEvent, QKeyEvent, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QToolTip, QWidget

from workbench.gui.theme import Theme
from workbench.gui.widgets import timeline_axis as axis
from workbench.gui.widgets import timeline_paint as paint
from workbench.gui.widgets.elide import tooltip_text
from workbench.gui.widgets.timeline_picture import TimelinePicture
from workbench.gui.widgets.timeline_view import Interval, View, snapped, stepped
from workbench.gui.widgets.timeline_zone import Micros

_THROTTLE_MS = 40
_EDGE_REACH = 5


class TimelineCanvas(TimelinePicture):
    """The drawing with its gestures.

    Left drag brushes whole bins (Alt: exact), middle or Shift drag pans, the wheel zooms at the pointer, a double
    click shows the brush only. Keys: arrows move the brush, with Shift its end, with Control its beginning;
    plus and minus zoom, Page keys pan, Home shows all, Enter shows the brush, Escape clears it.
    """

    brushing = Signal(object, object)
    """The brush while it is moved, at most every 40 ms."""
    brushed = Signal(object, object)
    """The brush when the user is done and it is another one: two ints, or None twice."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(theme, parent)
        self._announced: Interval | None = None
        self._drag: tuple[str, QPoint, int, View, Interval | None] | None = None
        self._throttle = QTimer(self)
        self._throttle.setSingleShot(True)
        self._throttle.setInterval(_THROTTLE_MS)
        self._throttle.timeout.connect(self._tell_brushing)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    # Brush

    def set_brush(self, brush: Interval | None) -> None:
        """Show a brush that was set elsewhere; nothing is emitted, so two panes cannot play ping-pong."""
        if self._drag is not None:
            return
        self._announced = brush
        if brush != self._brush:
            self._brush = brush
            self.refresh_soon()

    def _set_own_brush(self, brush: Interval | None) -> None:
        if brush == self._brush:
            return
        self._brush = brush
        self.refresh_soon()
        if not self._throttle.isActive():
            self._throttle.start()

    def _tell_brushing(self) -> None:
        self.brushing.emit(*(self._brush or (None, None)))

    def _finish_brush(self) -> None:
        """Say once what came out, unless it is what was there before."""
        self._throttle.stop()
        if self._brush != self._announced:
            self._announced = self._brush
            self.brushed.emit(*(self._brush or (None, None)))

    def clear_brush(self) -> None:
        """As Escape does."""
        self._set_own_brush(None)
        self._finish_brush()

    # Mouse

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin a drag."""
        self._by_keys = False
        place, button = event.position().toPoint(), event.button()
        if self.mode == "hours" or self.is_empty or not self.plot_area().adjusted(-12, -20, 12, 36).contains(place):
            return
        shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        if button == Qt.MouseButton.MiddleButton or (button == Qt.MouseButton.LeftButton and shift):
            kind = "pan"
            self.viewport().setCursor(Qt.CursorShape.ClosedHandCursor)
        elif button == Qt.MouseButton.LeftButton:
            kind = self._grip(place) or "new"
        else:
            return
        self._drag = (kind, place, self._scale().at(place.x()), self._view, self._brush)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Go on with a drag, or rest on a bin."""
        place = event.position().toPoint()
        if self._drag is None:
            self._rest(place, event.globalPosition().toPoint())
            return
        kind, origin, anchor, view, before = self._drag
        self._hover = None
        scale = self._scale()
        if kind == "pan":
            self._show(view.panned(round((origin.x() - place.x()) * view.span / max(scale.plot.width(), 1))))
            return
        if kind == "new" and abs(place.x() - origin.x()) < 3 and self._brush == before:
            return
        at = scale.at(min(max(place.x(), scale.plot.left()), scale.plot.right() + 1))
        exact = bool(event.modifiers() & Qt.KeyboardModifier.AltModifier)
        edges = axis.edges(self.zone, self.step, self._view.start - self.step.micros, self._view.end + self.step.micros)
        if kind == "new" or before is None:
            self._set_own_brush((min(anchor, at), max(anchor, at) + 1) if exact else snapped(edges, anchor, at))
            return
        near = at if exact else int(edges[np.argmin(np.abs(edges - at))])
        if kind == "move":
            shift = self._whole_shift(edges, before[0], at - anchor, exact)
            self._set_own_brush((before[0] + shift, before[1] + shift))
        else:
            fixed = before[1] if kind == "start" else before[0]
            if near != fixed:
                self._set_own_brush((min(near, fixed), max(near, fixed)))

    @staticmethod
    def _whole_shift(edges: Micros, start: int, by: int, exact: bool) -> int:
        return by if exact else int(edges[np.argmin(np.abs(edges - (start + by)))]) - start

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Say what came out of the drag."""
        if self._drag is not None:
            self._drag = None
            self._rest(event.position().toPoint(), None)
            self._finish_brush()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Show the brush only; without one, the bin."""
        if self.mode == "hours" or self.is_empty:
            return
        if self._brush is not None:
            self.zoom_to(*self._brush)
            return
        at, edges = self._scale().at(event.position().x()), self.edges()
        self.zoom_to(*snapped(edges, at, at + 1))

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom at the pointer; with Shift or sideways, pan."""
        if self.mode == "hours" or self.is_empty:
            return
        across, along = event.angleDelta().x(), event.angleDelta().y()
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            across, along = across or along, 0
        if across:
            self._show(self._view.panned(-round(across / 1200 * self._view.span)))
        if along:
            self._show(self._view.zoomed(1.25 ** (along / 120), self._scale().at(event.position().x())))
        event.accept()

    def leaveEvent(self, event: QEvent) -> None:
        """No bin is under the pointer."""
        self._hover = None
        self.refresh_soon()

    def _grip(self, place: QPoint) -> str | None:
        """What of the brush is under a point: ``start``, ``end``, ``move``, or nothing."""
        if self._brush is None:
            return None
        left, right = paint.brush_sides(self._scale(), self._brush)
        reach = min(_EDGE_REACH, max((right - left) // 3, 1)) if left < place.x() < right else _EDGE_REACH
        if abs(place.x() - left) <= reach:
            return "start"
        if abs(place.x() - right) <= reach:
            return "end"
        return "move" if left < place.x() < right else None

    def _rest(self, place: QPoint, screen: QPoint | None) -> None:
        shapes = {"start": Qt.CursorShape.SizeHorCursor, "end": Qt.CursorShape.SizeHorCursor}
        shapes["move"] = Qt.CursorShape.OpenHandCursor
        self.viewport().setCursor(shapes.get(self._grip(place) or "", Qt.CursorShape.ArrowCursor))
        self._hover = place
        if screen is not None and QToolTip.isVisible():
            QToolTip.showText(screen, tooltip_text(self.describe_at(place)), self)
        self.refresh_soon()

    def viewportEvent(self, event: QEvent) -> bool:
        """The words for what is under the pointer."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            words = self.describe_at(event.pos())
            QToolTip.showText(event.globalPos(), tooltip_text(words) if words else "", self)
            return True
        return super().viewportEvent(event)

    # Keyboard

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """All that the mouse can do."""
        key, held = event.key(), event.modifiers()
        plain = self.mode == "bars" and not self.is_empty
        if not self._by_keys:
            self._by_keys = True
            self.refresh_soon()
        if plain and key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            self._move_brush(1 if key == Qt.Key.Key_Right else -1, held)
        elif key == Qt.Key.Key_Escape and self._brush is not None:
            self.clear_brush()
        elif plain and key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal, Qt.Key.Key_Minus):
            middle = sum(self._brush or self.view) // 2
            self._show(self._view.zoomed(1 / 1.5 if key == Qt.Key.Key_Minus else 1.5, middle))
        elif plain and key in (Qt.Key.Key_PageUp, Qt.Key.Key_PageDown):
            self._show(self._view.panned((1 if key == Qt.Key.Key_PageDown else -1) * self._view.span // 2))
        elif plain and key == Qt.Key.Key_Home:
            self.show_all()
        elif plain and key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self._brush is not None:
            self.zoom_to(*self._brush)
        else:
            event.ignore()

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        """A held arrow key is done."""
        if event.key() in (Qt.Key.Key_Left, Qt.Key.Key_Right) and not event.isAutoRepeat():
            self._finish_brush()
        else:
            event.ignore()

    def focusInEvent(self, event: QFocusEvent) -> None:
        """The frame shows only to those who came by keyboard."""
        keys = (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason, Qt.FocusReason.ShortcutFocusReason)
        self._by_keys = event.reason() in keys
        super().focusInEvent(event)
        self.refresh_soon()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Whatever was moved is done."""
        self._finish_brush()
        super().focusOutEvent(event)
        self.refresh_soon()

    def _move_brush(self, by: int, held: Qt.KeyboardModifier) -> None:
        edges = self.edges()
        if self._brush is None:
            middle = len(edges) // 2 - 1
            self._set_own_brush((int(edges[middle]), int(edges[middle + 1])))
            return
        a, b = self._brush
        if held & Qt.KeyboardModifier.ShiftModifier:
            b = stepped(edges, b, by)
        elif held & Qt.KeyboardModifier.ControlModifier:
            a = stepped(edges, a, by)
        else:
            a, b = stepped(edges, a, by), stepped(edges, b, by)
        if a < b:
            self._set_own_brush((a, b))
            self._keep_visible(b if by > 0 else a)

    def _keep_visible(self, at: int) -> None:
        if not self._view.start <= at <= self._view.end:
            beyond = at - self._view.end if at > self._view.end else at - self._view.start
            self._show(self._view.panned(beyond))
