"""Where on screen the parts of the timeline lie, and how those are drawn that pyqtgraph has no item for.

Everything is snapped to whole pixels here, before it becomes plot coordinates: bars stay crisp, equal bins look
equal, and neighbours never overlap by a seam.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, QPoint, QRect, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QFont, QFontMetrics, QFontMetricsF, QPainter, QPen, QPixmap

from workbench.core.times import DAY, SECOND
from workbench.gui.theme import Tokens, mix
from workbench.gui.widgets.timeline_axis import Ticks, Unit, weekday_name
from workbench.gui.widgets.timeline_levels import Counts

Pixels = NDArray[np.int64]
Values = NDArray[np.floating]


@dataclass(frozen=True)
class Scale:
    """Microseconds to pixels over a plot rectangle, counts to heights, and both to plot coordinates.

    Plot coordinates are seconds since `base` and counts. They are made from integers at the last moment, so a view
    of ten seconds a century away from `base` is still right to less than a microsecond.
    """

    plot: QRect
    start: int
    end: int
    top: int = 1
    base: int = 0

    def x(self, micros: int) -> float:
        """Where an instant stands."""
        return self.plot.left() + (micros - self.start) * self.plot.width() / max(self.end - self.start, 1)

    def xs(self, micros: NDArray[np.int64]) -> Pixels:
        """Whole pixels for many instants."""
        factor = self.plot.width() / max(self.end - self.start, 1)
        return np.rint((micros - self.start) * factor).astype(np.int64) + self.plot.left()

    def at(self, x: float) -> int:
        """The instant under a pixel."""
        share = (x - self.plot.left()) / max(self.plot.width(), 1)
        return self.start + round(share * (self.end - self.start))

    def heights(self, counts: NDArray[np.int64]) -> Pixels:
        """Counts as pixels; what is not nothing is at least one pixel high."""
        pixels = np.rint(counts * (self.plot.height() / max(self.top, 1))).astype(np.int64)
        return np.where((pixels == 0) & (counts > 0), 1, pixels)

    @property
    def seconds(self) -> tuple[float, float]:
        """The range of the horizontal plot coordinate."""
        return (self.start - self.base) / SECOND, (self.end - self.base) / SECOND

    def across(self, pixels: Pixels) -> Values:
        """Pixel columns as plot coordinates."""
        first, last = self.seconds
        return first + (pixels - self.plot.left()) * ((last - first) / max(self.plot.width(), 1))

    def up(self, pixels: Pixels) -> Values:
        """Heights in pixels as plot coordinates."""
        return pixels * (self.top / max(self.plot.height(), 1))


@dataclass(frozen=True)
class Boxes:
    """Rectangles that stand side by side: pixel columns, and pixels above the ground."""

    lefts: Pixels
    rights: Pixels
    lows: Pixels
    highs: Pixels

    def where(self, held: NDArray[np.bool_]) -> Boxes:
        """Some of them."""
        return Boxes(self.lefts[held], self.rights[held], self.lows[held], self.highs[held])


_NOWHERE = np.empty(0, dtype=np.int64)
NO_BOXES = Boxes(_NOWHERE, _NOWHERE, _NOWHERE, _NOWHERE)


def nice_top(highest: int) -> int:
    """The round number at or above a count that the scale ends with: it rarely changes while one pans."""
    if highest <= 4:
        return max(highest, 1)
    size = 10 ** (len(str(highest)) - 1)
    for tenths in (10, 12, 15, 20, 25, 30, 40, 50, 60, 80, 100):
        if tenths * size >= highest * 10 and (tenths * size) % 10 == 0:
            return tenths * size // 10
    return size * 10


def stacked(scale: Scale, edges: NDArray[np.int64], whole: Counts, part: Counts | None) -> list[tuple[Boxes, Boxes]]:
    """Per category the pieces of the stacked bars, and the part that stands at the foot of each piece.

    Without a part there is no difference between the two, and only the second is filled.
    """
    lefts, rights = _sides(scale, edges)
    ends = scale.heights(np.cumsum(whole, axis=1))
    feet = np.concatenate([np.zeros((len(ends), 1), dtype=np.int64), ends[:, :-1]], axis=1)
    made = []
    for column in range(whole.shape[1]):
        low, high = feet[:, column], ends[:, column]
        pieces = Boxes(lefts, rights, low, high)
        if part is None:
            made.append((NO_BOXES, pieces))
            continue
        some = part[:, column]
        shown = np.minimum(scale.heights(some), np.maximum(high - low, (some > 0).astype(np.int64)))
        shown = np.where(some == whole[:, column], high - low, shown)
        made.append((pieces, Boxes(lefts, rights, low, low + shown)))
    return made


def spanned(scale: Scale, starts: NDArray[np.int64], ends: NDArray[np.int64], over: Counts) -> Boxes:
    """Blocks from instant to instant: what happened somewhere between the two."""
    lefts = scale.xs(starts)
    rights = np.maximum(scale.xs(ends) - 1, lefts + 1)
    return Boxes(lefts, rights, np.zeros(len(lefts), dtype=np.int64), scale.heights(over))


def _sides(scale: Scale, edges: NDArray[np.int64]) -> tuple[Pixels, Pixels]:
    places = scale.xs(edges)
    lefts, rights = places[:-1], places[1:]
    gap = 1 if len(edges) > 1 and (places[-1] - places[0]) >= 4 * (len(edges) - 1) else 0
    return lefts, np.maximum(rights - gap, lefts + 1)


def brush_sides(scale: Scale, brush: tuple[int, int]) -> tuple[int, int]:
    """Pixels of the two edges; far outside the plot they are brought near, so that int32 never overflows."""
    left, right = (min(max(scale.x(each), -10_000.0), 30_000.0) for each in brush)
    return round(left), max(round(right) - 1, round(left))


@lru_cache(maxsize=32)
def _hatch(color: int, rising: bool, ratio: float) -> QPixmap:
    side = 6
    tile = QPixmap(round(side * ratio), round(side * ratio))
    tile.setDevicePixelRatio(ratio)
    tile.fill(Qt.GlobalColor.transparent)
    painter = QPainter(tile)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(QColor.fromRgba(color), 1.1))
    for shift in (-side, 0, side):
        if rising:
            painter.drawLine(QLineF(shift, side, shift + side, 0))
        else:
            painter.drawLine(QLineF(shift, 0, shift + side, side))
    painter.end()
    return tile


def paint_hatch(painter: QPainter, area: QRect, color: QColor, rising: bool) -> None:
    """A diagonal hatch; rising and falling lines are two different things that are not known."""
    ratio = painter.device().devicePixelRatioF()
    painter.fillRect(area, QBrush(_hatch(color.rgba(), rising, ratio)))


def paint_brush_edges(painter: QPainter, plot: QRect, sides: tuple[int, int], tokens: Tokens, active: bool) -> None:
    """The two lines of the brush with their grips, which are stronger while the keyboard moves them."""
    for x in sides:
        if plot.left() - 1 <= x <= plot.right() + 1:
            painter.fillRect(x, plot.top(), 1, plot.height(), tokens.accent)
            grip = QRectF(x - 2, plot.top() + plot.height() / 2 - 9, 5, 18)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(tokens.accent if active else mix(tokens.accent, tokens.panel, 0.25))
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.drawRoundedRect(grip, 2.5, 2.5)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)


AXIS_HEIGHT = 36


def paint_time_axis(painter: QPainter, scale: Scale, ticks: Ticks, day_bins: bool, tokens: Tokens, font: QFont) -> None:
    """Two rows: labels, and below them the day, month or year that they belong to."""
    plot = scale.plot
    painter.fillRect(plot.left(), plot.bottom() + 1, plot.width(), 1, mix(tokens.line, tokens.text, 0.15))
    painter.setFont(font)
    metrics = QFontMetricsF(font)
    row = plot.bottom() + 3
    middle = (scale.x(scale.start + DAY) - plot.left()) / 2 if day_bins and ticks.step.unit is Unit.DAY else 0.0
    painter.setPen(tokens.dim)
    for tick in ticks.labels:
        x, wide = scale.x(tick.at), metrics.horizontalAdvance(tick.text)
        left = x + middle - wide / 2
        if not middle:
            painter.fillRect(round(x), plot.bottom() + 2, 1, 3, tokens.line)
        if plot.left() - 4 <= left and left + wide <= plot.right() + 6:
            painter.drawText(QRectF(left - 2, row + 2, wide + 4, 14), Qt.AlignmentFlag.AlignCenter, tick.text)
    painter.setPen(tokens.text)
    for context in ticks.contexts:
        left = max(scale.x(context.start), float(plot.left()))
        room = min(scale.x(context.end), float(plot.right())) - left
        if scale.x(context.start) > plot.left() + 1:
            painter.fillRect(round(left), plot.bottom() + 2, 1, AXIS_HEIGHT - 6, tokens.line)
            left, room = left + 4, room - 4
        for text in (context.text, context.short):
            if metrics.horizontalAdvance(text) + 6 <= room:
                painter.drawText(QRectF(left, row + 17, room, 15), Qt.AlignmentFlag.AlignVCenter, text)
                break


@dataclass(frozen=True)
class Field:
    """Where the hour-by-weekday cells lie."""

    area: QRect

    @property
    def columns(self) -> Pixels:
        """The 25 edges of the hours, from the left of the area."""
        return np.arange(25) * self.area.width() // 24

    @property
    def rows(self) -> Pixels:
        """The 8 edges of the weekdays, from the top of the area."""
        return np.arange(8) * self.area.height() // 7

    def at(self, place: QPoint) -> tuple[int, int] | None:
        """(weekday, hour) under a point."""
        if not self.area.contains(place):
            return None
        hour = int(np.searchsorted(self.columns, place.x() - self.area.left(), side="right")) - 1
        weekday = int(np.searchsorted(self.rows, place.y() - self.area.top(), side="right")) - 1
        return min(weekday, 6), min(hour, 23)


def paint_weekdays(painter: QPainter, field: Field, tokens: Tokens, font: QFont) -> None:
    """The names of the weekdays, left of their rows."""
    metrics = QFontMetrics(font)
    painter.setFont(font)
    painter.setPen(tokens.dim)
    flags = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
    rows = (field.rows + field.area.top()).tolist()
    for weekday in range(7):
        height = rows[weekday + 1] - rows[weekday] - 1
        if height >= metrics.ascent() - 1:
            room = field.area.left() - 8
            name = metrics.elidedText(weekday_name(weekday), Qt.TextElideMode.ElideRight, room)
            painter.drawText(QRect(0, rows[weekday], room, height), flags | Qt.TextFlag.TextDontClip, name)


def paint_hours(painter: QPainter, field: Field, tokens: Tokens, font: QFont) -> None:
    """The hours below their columns, as many as have room."""
    metrics = QFontMetrics(font)
    painter.setFont(font)
    painter.setPen(tokens.dim)
    room = field.area.width() / 24
    least = metrics.horizontalAdvance("00") + 8
    every = next((step for step in (1, 2, 3, 6) if step * room >= least), 12)
    lefts = (field.columns + field.area.left()).tolist()
    for hour in range(0, 24, every):
        wide = lefts[hour + 1] - lefts[hour] - 1
        label = QRect(lefts[hour] - 20, field.area.bottom() + 4, wide + 40, metrics.height())
        painter.drawText(label, Qt.AlignmentFlag.AlignCenter, f"{hour:02d}")
