"""The plot of the timeline on pyqtgraph: a view box, its axes and its items, laid out to the pixel. Main thread.

This is the only place from which pyqtgraph is loaded, together with `timeline_items`: that takes 0.3 s, so the
window imports the timeline after its first paint.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import pyqtgraph as pg
from PySide6.QtCore import QRect, QRectF, QTimer
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QGraphicsScene, QGraphicsView, QWidget

from workbench.gui.theme import Theme
from workbench.gui.widgets import timeline_items as items
from workbench.gui.widgets import timeline_paint as paint
from workbench.gui.widgets.timeline_axis import Ticks
from workbench.gui.widgets.timeline_levels import Counts
from workbench.gui.widgets.timeline_paint import Boxes, Field, Scale

_SIDE = 12
_WEEKDAYS_WIDE = 46
_HOURS_HIGH = 22
_HOURS_ABOVE = 8


class _Pair(NamedTuple):
    """One category: all of it in pale, and the part that is meant in full colour over it."""

    pale: items.Bars
    full: items.Bars


class TimelinePlot(pg.GraphicsLayoutWidget):
    """Shows what it is told. It is drawn anew at most once per turn of the event loop, by `refresh`."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.mode = "bars"
        self._stale = True
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(0)
        self._soon.timeout.connect(self._refresh_shown)
        self.setViewportUpdateMode(QGraphicsView.ViewportUpdateMode.FullViewportUpdate)
        self.scene().setItemIndexMethod(QGraphicsScene.ItemIndexMethod.NoIndex)
        self._box = items.PlotBox()
        self._count_axis = items.CountAxis(theme)
        self._time_axis = items.TimeAxis(theme)
        self._hour_axis = items.PixelAxis("bottom", _HOURS_HIGH)
        self._weekday_axis = items.PixelAxis("left", _WEEKDAYS_WIDE)
        self._pairs: list[_Pair] = []
        self._ground = items.BrushGround()
        self._hatches = items.PixelItem(-20)
        self._hover_ground = items.PixelItem(-10)
        self._edges = items.PixelItem(30)
        self._field = items.HourField(theme)
        for item in (self._ground, self._hatches, self._hover_ground, self._edges, self._field):
            self._box.addItem(item, ignoreBounds=True)
        self._lay_out()
        self.setBackground(theme.tokens.panel)
        theme.changed.connect(self._dress)

    def _lay_out(self) -> None:
        grid = self.ci.layout
        grid.setSpacing(0)
        self.ci.addItem(self._count_axis, 0, 1)
        self.ci.addItem(self._weekday_axis, 1, 0)
        self.ci.addItem(self._box, 1, 1)
        self.ci.addItem(self._time_axis, 2, 1)
        self.ci.addItem(self._hour_axis, 3, 1)
        for axis in (self._time_axis, self._count_axis):
            axis.linkToView(self._box)
        self._arrange()

    def _arrange(self) -> None:
        """Give the axes of this mode their room, at once: a layout that settles later would leave one wrong frame."""
        hours = self.mode == "hours"
        for axis, shown in (
            (self._count_axis, not hours),
            (self._time_axis, not hours),
            (self._hour_axis, hours),
            (self._weekday_axis, hours),
        ):
            (axis.show if shown else axis.hide)()
        self.ci.layout.setContentsMargins(0 if hours else _SIDE, _HOURS_ABOVE if hours else 0, _SIDE, 0)
        self.ci.layout.activate()

    def plot_area(self) -> QRect:
        """Where the bars or the cells are, in pixels of this widget."""
        hours = self.mode == "hours"
        left = _WEEKDAYS_WIDE if hours else _SIDE
        top, bottom = (_HOURS_ABOVE, _HOURS_HIGH) if hours else (22, paint.AXIS_HEIGHT)
        return QRect(left, top, max(self.width() - left - _SIDE, 1), max(self.height() - top - bottom, 1))

    # Drawing anew

    def refresh(self) -> None:
        """Bring the items up to date."""
        raise NotImplementedError

    def refresh_soon(self) -> None:
        """Something is different; several differences cost one refresh."""
        self._stale = True
        if not self._soon.isActive():
            self._soon.start()

    def _refresh_shown(self) -> None:
        if self.isVisible():
            self._refresh_stale()

    def _refresh_stale(self) -> None:
        if self._stale:
            self._stale = False
            self._soon.stop()
            self.refresh()
            self.viewport().update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """What is painted is never older than what was set."""
        self._refresh_stale()
        super().paintEvent(event)

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Another size has other bins. pyqtgraph calls this with nothing while it is built."""
        super().resizeEvent(event)
        if event is not None:
            self.ci.layout.activate()
            self.refresh_soon()

    def _dress(self) -> None:
        self.setBackground(self._theme.tokens.panel)
        self.refresh_soon()

    # What is shown

    def show_mode(self, mode: str) -> None:
        """The items and axes of ``bars`` or ``hours``; the others are hidden."""
        hours = mode == "hours"
        if mode != self.mode:
            self.mode = mode
            self._box.invertY(hours)
            self._arrange()
        self._field.setVisible(hours)
        if hours:
            self.show_pairs(Scale(self.plot_area(), 0, 1), [], [])
            for item in (self._hatches, self._hover_ground, self._edges):
                item.show_drawn(None)
            self._ground.hide()

    def show_pairs(self, scale: Scale, boxes: Sequence[tuple[Boxes, Boxes]], colors: Sequence[QColor]) -> None:
        """Per category the boxes of the whole and of the part."""
        while len(self._pairs) < len(boxes):
            pair = _Pair(items.Bars(len(self._pairs)), items.Bars(len(self._pairs) + 0.5))
            for item in pair:
                self._box.addItem(item, ignoreBounds=True)
            self._pairs.append(pair)
        for index, pair in enumerate(self._pairs):
            whole, part = boxes[index] if index < len(boxes) else (paint.NO_BOXES, paint.NO_BOXES)
            color = colors[index] if index < len(colors) else QColor()
            pair.pale.show_boxes(scale, whole, self._theme.tokens.pale(color))
            pair.full.show_boxes(scale, part, color)

    def show_scale(self, scale: Scale, ticks: Ticks, day_bins: bool) -> None:
        """The range of the view box and its two axes."""
        self._box.show_range(scale.seconds, (0, scale.top))
        self._count_axis.show_scale(scale)
        self._time_axis.show_ticks(scale, ticks, day_bins)

    def show_brush(self, scale: Scale, brush: tuple[int, int] | None, active: bool) -> None:
        """The brush; null: none."""
        sides = None if brush is None else paint.brush_sides(scale, brush)
        self._ground.show_sides(scale, sides, self._theme.tokens.accent_ground)
        self._edges.show_drawn(items.brush_edges(self._theme, scale.plot, sides, active))

    def show_behind(self, spans: Sequence[tuple[QRect, bool]], lit: QRect | None) -> None:
        """The hatched stretches, and the bin under the pointer."""
        self._hatches.show_drawn(items.hatches(self._theme, spans))
        self._hover_ground.show_drawn(items.hover_ground(self._theme, lit))

    def show_hours(self, counts: Counts) -> None:
        """The hours of the week."""
        field, tokens, font = Field(self.plot_area()), self._theme.tokens, self._theme.font("caption")
        self._box.show_range((0, 24), (0, 7))
        self._field.show_hours(field, counts)
        self._hour_axis.show_drawn(lambda painter: paint.paint_hours(painter, field, tokens, font))
        self._weekday_axis.show_drawn(lambda painter: paint.paint_weekdays(painter, field, tokens, font))

    def show_anything(self, anything: bool) -> None:
        """Whether there is anything to plot."""
        self.ci.setVisible(anything)

    def words_instead(self) -> str:
        """What to say when there is nothing to plot."""
        return ""

    def is_framed(self) -> bool:
        """Whether the keyboard is here."""
        return False

    def drawForeground(self, painter: QPainter, rect: QRectF | QRect) -> None:
        """The words of an empty plot and the frame of the keyboard."""
        del rect
        if not self.ci.isVisible():
            items.centred_words(painter, self.rect(), self._theme, self.words_instead())
        if self.is_framed():
            painter.setPen(self._theme.tokens.accent)
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
