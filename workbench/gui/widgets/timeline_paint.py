"""How the timeline is drawn: bars, hatches, brush, axis and the hour-by-weekday field.

Plain functions over a painter. Bars are whole-pixel rectangles: crisp, and half the cost of scene items.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, QPoint, QRect, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QFont, QFontMetrics, QFontMetricsF, QPainter, QPen, QPixmap

from workbench.gui.theme import Tokens, mix, with_alpha
from workbench.gui.widgets.timeline_axis import WEEKDAYS, Ticks, Unit
from workbench.gui.widgets.timeline_levels import Counts

Pixels = NDArray[np.int64]


@dataclass(frozen=True)
class Scale:
    """Microseconds to pixels over a plot rectangle, and counts to heights."""

    plot: QRect
    start: int
    end: int
    top: int = 1

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


def nice_top(highest: int) -> int:
    """The round number at or above a count that the scale ends with: it rarely changes while one pans."""
    if highest <= 4:
        return max(highest, 1)
    size = 10 ** (len(str(highest)) - 1)
    for tenths in (10, 12, 15, 20, 25, 30, 40, 50, 60, 80, 100):
        if tenths * size >= highest * 10 and (tenths * size) % 10 == 0:
            return tenths * size // 10
    return size * 10


def paint_bars(
    painter: QPainter,
    scale: Scale,
    edges: NDArray[np.int64],
    whole: Counts,
    part: Counts | None,
    colors: list[QColor],
    pale: list[QColor],
) -> None:
    """Stacked bars; with a part, the whole is pale and the part stands in full colour at the foot of each piece."""
    lefts, rights = _sides(scale, edges)
    ends = scale.heights(np.cumsum(whole, axis=1))
    feet = np.concatenate([np.zeros((len(ends), 1), dtype=np.int64), ends[:, :-1]], axis=1)
    ground = scale.plot.bottom() + 1
    for column in range(whole.shape[1]):
        pieces = ends[:, column] - feet[:, column]
        if part is None:
            _fill(painter, colors[column], lefts, rights, ground - ends[:, column], pieces)
            continue
        _fill(painter, pale[column], lefts, rights, ground - ends[:, column], pieces)
        some = part[:, column]
        shown = np.minimum(scale.heights(some), np.maximum(pieces, (some > 0).astype(np.int64)))
        shown = np.where(some == whole[:, column], pieces, shown)
        _fill(painter, colors[column], lefts, rights, ground - feet[:, column] - shown, shown)


def paint_spans(
    painter: QPainter,
    scale: Scale,
    starts: NDArray[np.int64],
    ends: NDArray[np.int64],
    over: Counts,
    colors: list[QColor],
) -> None:
    """Blocks from instant to instant, one colour each: what happened somewhere between the two."""
    lefts = scale.xs(starts)
    rights = np.maximum(scale.xs(ends) - 1, lefts + 1)
    heights = scale.heights(over)
    ground = scale.plot.bottom() + 1
    for left, right, height, color in zip(lefts.tolist(), rights.tolist(), heights.tolist(), colors, strict=True):
        painter.fillRect(left, ground - height, right - left, height, color)


def _sides(scale: Scale, edges: NDArray[np.int64]) -> tuple[Pixels, Pixels]:
    places = scale.xs(edges)
    lefts, rights = places[:-1], places[1:]
    gap = 1 if len(edges) > 1 and (places[-1] - places[0]) >= 4 * (len(edges) - 1) else 0
    return lefts, np.maximum(rights - gap, lefts + 1)


def _fill(painter: QPainter, color: QColor, lefts: Pixels, rights: Pixels, tops: Pixels, heights: Pixels) -> None:
    held = np.flatnonzero(heights > 0)
    if not len(held):
        return
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(color)
    rows = np.stack([lefts, tops, rights - lefts, heights], axis=1)[held].tolist()
    painter.drawRects([QRect(*row) for row in rows])


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


def paint_brush(painter: QPainter, scale: Scale, brush: tuple[int, int], tokens: Tokens) -> None:
    """The ground of the brush, behind the bars."""
    left, right = brush_sides(scale, brush)
    area = QRect(QPoint(left, scale.plot.top()), QPoint(right, scale.plot.bottom())).intersected(scale.plot)
    painter.fillRect(area, tokens.accent_ground)


def paint_brush_edges(painter: QPainter, scale: Scale, brush: tuple[int, int], tokens: Tokens, active: bool) -> None:
    """The two lines of the brush, with grips when the keyboard moves them."""
    for x in brush_sides(scale, brush):
        if scale.plot.left() - 1 <= x <= scale.plot.right() + 1:
            painter.fillRect(x, scale.plot.top(), 1, scale.plot.height(), tokens.accent)
            grip = QRectF(x - 2, scale.plot.top() + scale.plot.height() / 2 - 9, 5, 18)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(tokens.accent if active else mix(tokens.accent, tokens.panel, 0.25))
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.drawRoundedRect(grip, 2.5, 2.5)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)


def brush_sides(scale: Scale, brush: tuple[int, int]) -> tuple[int, int]:
    """Pixels of the two edges; far outside the plot they are brought near, so that int32 never overflows."""
    left, right = (min(max(scale.x(each), -10_000.0), 30_000.0) for each in brush)
    return round(left), max(round(right) - 1, round(left))


def paint_scale(painter: QPainter, scale: Scale, tokens: Tokens, font: QFont) -> None:
    """The one grid line: the number that the scale ends with."""
    top = scale.plot.top()
    painter.fillRect(scale.plot.left(), top, scale.plot.width(), 1, tokens.line)
    painter.setFont(font)
    painter.setPen(tokens.dim)
    painter.drawText(QPoint(scale.plot.left(), top - 4), f"{scale.top:,}")


AXIS_HEIGHT = 36


def paint_axis(painter: QPainter, scale: Scale, ticks: Ticks, day_bins: bool, tokens: Tokens, font: QFont) -> None:
    """Two rows: labels, and below them the day, month or year that they belong to."""
    plot = scale.plot
    painter.fillRect(plot.left(), plot.bottom() + 1, plot.width(), 1, mix(tokens.line, tokens.text, 0.15))
    painter.setFont(font)
    metrics = QFontMetricsF(font)
    row = plot.bottom() + 3
    middle = (
        plot.width() / max(scale.end - scale.start, 1) * 86_400e6 / 2
        if day_bins and ticks.step.unit is Unit.DAY
        else 0.0
    )
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

    def cell(self, weekday: int, hour: int) -> QRect:
        """One hour of one weekday."""
        left = self.area.left() + self.area.width() * hour // 24
        right = self.area.left() + self.area.width() * (hour + 1) // 24
        top = self.area.top() + self.area.height() * weekday // 7
        bottom = self.area.top() + self.area.height() * (weekday + 1) // 7
        return QRect(left, top, right - left - 1, bottom - top - 1)

    def at(self, place: QPoint) -> tuple[int, int] | None:
        """(weekday, hour) under a point."""
        if not self.area.contains(place):
            return None
        hour = (place.x() - self.area.left()) * 24 // max(self.area.width(), 1)
        weekday = (place.y() - self.area.top()) * 7 // max(self.area.height(), 1)
        return min(weekday, 6), min(hour, 23)


def paint_field(
    painter: QPainter, field: Field, counts: Counts, tokens: Tokens, font: QFont, weekdays: Sequence[str] = WEEKDAYS
) -> None:
    """Darker is more. Nothing at all stays the ground of the window."""
    highest = max(int(counts.max()), 1)
    empty = mix(tokens.panel, tokens.window, 0.9) if tokens.panel != tokens.window else tokens.hover
    metrics = QFontMetrics(font)
    painter.setFont(font)
    for weekday in range(7):
        for hour in range(24):
            many = int(counts[weekday, hour])
            shade = mix(tokens.accent_ground, tokens.accent, (many / highest) ** 0.6) if many else empty
            painter.fillRect(field.cell(weekday, hour), shade)
        row = field.cell(weekday, 0)
        painter.setPen(tokens.dim)
        if row.height() >= metrics.ascent() - 1:
            label = QRect(0, row.top(), field.area.left() - 8, row.height())
            flags = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextDontClip
            painter.drawText(label, flags, weekdays[weekday])
    every = next(
        step
        for step in (1, 2, 3, 6, 12)
        if step * field.area.width() / 24 >= metrics.horizontalAdvance("00") + 8 or step == 12
    )
    for hour in range(0, 24, every):
        cell = field.cell(6, hour)
        label = QRect(cell.left() - 20, field.area.bottom() + 4, cell.width() + 40, metrics.height())
        painter.drawText(label, Qt.AlignmentFlag.AlignCenter, f"{hour:02d}")


def paint_hover(painter: QPainter, area: QRect, tokens: Tokens) -> None:
    """A breath of ground under the bin below the pointer."""
    painter.fillRect(area, with_alpha(tokens.text, 0.05))
