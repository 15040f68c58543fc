"""The parts of the plot as pyqtgraph items. They only show; every gesture is in `timeline_canvas`. Main thread."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QTransform

from workbench.gui.theme import Theme, mix, with_alpha
from workbench.gui.widgets import timeline_paint as paint
from workbench.gui.widgets.timeline_axis import Ticks
from workbench.gui.widgets.timeline_levels import Counts
from workbench.gui.widgets.timeline_paint import Boxes, Field, Scale

_NONE = np.empty(0)


class PlotBox(pg.ViewBox):
    """The coordinates of the plot. No menu, no dragging, no wheel, no range of its own choice."""

    def __init__(self) -> None:
        super().__init__(enableMouse=False, enableMenu=False, defaultPadding=0)
        self.disableAutoRange()

    def shape(self) -> QPainterPath:
        """The exact rectangle: the usual half pixel more would let bars show beyond the plot."""
        path = QPainterPath()
        path.addRect(self.rect())
        return path

    def show_range(self, across: tuple[float, float], up: tuple[float, float]) -> None:
        """What the plot shows, to the letter."""
        self.setRange(xRange=across, yRange=up, padding=0, disableAutoRange=False)


class Bars(pg.BarGraphItem):
    """Bars of one colour."""

    _bounds = QRectF()

    def __init__(self, z: float) -> None:
        super().__init__(x0=_NONE, x1=_NONE, y0=_NONE, y1=_NONE, pen=None, brush=QColor(0, 0, 0))
        self.setZValue(z)
        self._color = QColor(0, 0, 0)
        self.hide()

    def show_boxes(self, scale: Scale, boxes: Boxes, color: QColor) -> None:
        """These and no others; empty ones are left out."""
        held = boxes.where(boxes.highs > boxes.lows)
        self.setVisible(len(held.lefts) > 0)
        if not len(held.lefts):
            return
        x0, x1, y0, y1 = scale.across(held.lefts), scale.across(held.rights), scale.up(held.lows), scale.up(held.highs)
        left, low = float(x0.min()), float(y0.min())
        self._bounds = QRectF(left, low, float(x1.max()) - left, float(y1.max()) - low)
        changed: dict[str, Any] = {} if color == self._color else {"brush": color}
        self.setOpts(x0=x0, x1=x1, y0=y0, y1=y1, **changed)
        self._color = color

    def boundingRect(self) -> QRectF:
        """Without the room for a pen, which costs more to find than the bars cost to draw."""
        return self._bounds


class BrushGround(pg.LinearRegionItem):
    """The ground of the brush, behind the bars.

    It is not movable by itself: a drag here means whole bins, which pyqtgraph's own dragging does not know. Its
    signals are connected to nothing, as `setRegion` sends both whoever sets it.
    """

    def __init__(self) -> None:
        nothing = pg.mkPen(None)
        super().__init__(values=(0, 0), movable=False, pen=nothing, hoverPen=nothing, swapMode=None)
        self.setZValue(-30)
        for line in self.lines:
            line.hide()
        self.hide()

    def show_sides(self, scale: Scale, sides: tuple[int, int] | None, color: QColor) -> None:
        """From one pixel column up to and with another; null hides it."""
        self.setVisible(sides is not None)
        if sides is not None:
            self.setBrush(color)
            low, high = scale.across(np.array([sides[0], sides[1] + 1])).tolist()
            self.setRegion((low, high))


class PixelItem(pg.GraphicsObject):
    """Something that is drawn in whole pixels of the screen, in its place among the items of the plot."""

    def __init__(self, z: float) -> None:
        super().__init__()
        self.setZValue(z)
        self._draw: Callable[[QPainter], None] | None = None

    def show_drawn(self, draw: Callable[[QPainter], None] | None) -> None:
        """How it is drawn; null: not at all."""
        self._draw = draw
        self.setVisible(draw is not None)
        self.update()

    def boundingRect(self) -> QRectF:
        """All of the plot."""
        return QRectF(self.viewRect())

    def viewTransformChanged(self) -> None:
        """The plot shows another range, so its rectangle is another one in these coordinates."""
        super().viewTransformChanged()
        self.prepareGeometryChange()

    def paint(self, painter: QPainter, *_: object) -> None:
        if self._draw is not None:
            painter.save()
            painter.setWorldTransform(QTransform())
            self._draw(painter)
            painter.restore()


class PixelAxis(pg.AxisItem):
    """An axis that is drawn in whole pixels of the screen, with our own ticks instead of decimal ones."""

    def __init__(self, side: str, room: int) -> None:
        super().__init__(side, showValues=False)
        self.enableAutoSIPrefix(False)
        self.setStyle(hideOverlappingLabels=False, tickLength=-2)
        if side in ("left", "right"):
            self.setWidth(room)
        else:
            self.setHeight(room)
        self._draw: Callable[[QPainter], None] | None = None

    def show_drawn(self, draw: Callable[[QPainter], None]) -> None:
        """How it is drawn."""
        self._draw = draw
        self.update()

    def paint(self, painter: QPainter, *_: object) -> None:
        if self._draw is not None:
            painter.save()
            painter.setWorldTransform(QTransform())
            self._draw(painter)
            painter.restore()


class CountAxis(PixelAxis):
    """The one grid line, and above it the number that the scale ends with."""

    def __init__(self, theme: Theme) -> None:
        super().__init__("top", 22)
        self._theme = theme

    def show_scale(self, scale: Scale) -> None:
        """Another number."""
        tokens, font, plot = self._theme.tokens, self._theme.font("caption"), scale.plot

        def draw(painter: QPainter) -> None:
            painter.fillRect(plot.left(), plot.top(), plot.width(), 1, tokens.line)
            painter.setFont(font)
            painter.setPen(tokens.dim)
            painter.drawText(plot.left(), plot.top() - 4, f"{scale.top:,}")

        self.show_drawn(draw)


class TimeAxis(PixelAxis):
    """Labels in the zone that is shown, and below them the day, month or year that they belong to."""

    def __init__(self, theme: Theme) -> None:
        super().__init__("bottom", paint.AXIS_HEIGHT)
        self._theme = theme

    def show_ticks(self, scale: Scale, ticks: Ticks, day_bins: bool) -> None:
        """Other ticks; where a bar is a day, its number stands under the middle of the bar."""
        tokens, font = self._theme.tokens, self._theme.font("caption")
        self.show_drawn(lambda painter: paint.paint_time_axis(painter, scale, ticks, day_bins, tokens, font))


class HourField(pg.ImageItem):
    """The hours of the week: darker is more, nothing at all stays the ground of the window.

    The picture has one cell per pixel of the screen and is coloured by a table of the theme's own colours: 0 the
    lines between the hours, 1 nothing, 2 to 255 from a little to the most.
    """

    def __init__(self, theme: Theme) -> None:
        super().__init__(axisOrder="row-major")
        self._theme = theme
        self.hide()

    def show_hours(self, field: Field, counts: Counts) -> None:
        """Events by weekday and hour, int64[7, 24]."""
        highest = max(int(counts.max()), 1)
        shades = np.rint(2 + 253 * (counts / highest) ** 0.6).astype(np.uint8)
        shades[counts == 0] = 1
        rows, columns = field.rows, field.columns
        picture = np.repeat(np.repeat(shades, np.diff(rows), axis=0), np.diff(columns), axis=1)
        picture[rows[1:] - 1, :] = 0
        picture[:, columns[1:] - 1] = 0
        self.setImage(picture, autoLevels=False, levels=(0, 255), lut=self._table())
        self.setRect(QRectF(0, 0, 24, 7))

    def _table(self) -> np.ndarray:
        tokens = self._theme.tokens
        empty = mix(tokens.panel, tokens.window, 0.9) if tokens.panel != tokens.window else tokens.hover
        ramp = [mix(tokens.accent_ground, tokens.accent, step / 253) for step in range(254)]
        return np.array([each.getRgb() for each in (tokens.panel, empty, *ramp)], dtype=np.uint8)


def hatches(theme: Theme, spans: Sequence[tuple[QRect, bool]]) -> Callable[[QPainter], None] | None:
    """Stretches about which less is known, each with whether its lines rise."""
    color = theme.tokens.pale(theme.tokens.dim, 0.35)

    def draw(painter: QPainter) -> None:
        for area, rising in spans:
            paint.paint_hatch(painter, area, color, rising)

    return draw if spans else None


def hover_ground(theme: Theme, area: QRect | None) -> Callable[[QPainter], None] | None:
    """A breath of ground under the bin below the pointer."""
    if area is None:
        return None
    color = with_alpha(theme.tokens.text, 0.05)
    return lambda painter: painter.fillRect(area, color)


def brush_edges(
    theme: Theme, plot: QRect, sides: tuple[int, int] | None, active: bool
) -> Callable[[QPainter], None] | None:
    """The two lines of the brush, over the bars."""
    if sides is None:
        return None
    return lambda painter: paint.paint_brush_edges(painter, plot, sides, theme.tokens, active)


def centred_words(painter: QPainter, area: QRect, theme: Theme, words: str) -> None:
    """What is said where there is nothing to plot."""
    painter.setFont(theme.font())
    painter.setPen(theme.tokens.dim)
    flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
    painter.drawText(area.adjusted(16, 8, -16, -8), flags, words)
