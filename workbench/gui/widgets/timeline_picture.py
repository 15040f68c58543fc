"""What the timeline draws, and the words for it. The gestures are in `timeline_canvas`. Main thread."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from PySide6.QtCore import QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from workbench.core.times import DAY
from workbench.gui.theme import Theme
from workbench.gui.widgets import timeline_axis as axis
from workbench.gui.widgets import timeline_paint as paint
from workbench.gui.widgets.timeline_axis import Step, Ticks, Unit
from workbench.gui.widgets.timeline_levels import Counts, Intervals, Levels
from workbench.gui.widgets.timeline_view import Coverage, Interval, View
from workbench.gui.widgets.timeline_zone import Micros, ZoneMap
from workbench.gui.widgets.words import word

_MOST_SPANS = 2_000
_NONE = np.empty(0, dtype=np.int64)


class TimelinePicture(QWidget):
    """Stacked bars over time, or the hours of the week, and a brush: a half-open interval of microseconds UTC."""

    view_changed = Signal()
    """Another interval, another bin width or another zone is shown."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.levels = Levels([])
        self.part: Levels | None = None
        self.intervals: Intervals | None = None
        self.coverage: tuple[Coverage, ...] = ()
        self.names: tuple[str, ...] = ()
        self.zone = ZoneMap()
        self.mode = "bars"
        self.wanted: Step | None = None
        self.empty_text = ""
        self._colors: tuple[str | QColor, ...] = ()
        self._view = View.over(0, 1)
        self._brush: Interval | None = None
        self._hover: QPoint | None = None
        self._by_keys = False
        self._cache: tuple[object, Ticks] | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(120, 90)
        theme.changed.connect(self.update)

    # What is shown

    def set_levels(self, levels: Levels, names: Sequence[str], colors: Sequence[str | QColor]) -> None:
        """Other counts; a view of everything goes on showing everything, any other stays where it is."""
        self.levels, self.names, self._colors = levels, tuple(names), tuple(colors)
        self.part = None
        self._fit()

    def set_part(self, part: Levels | None) -> None:
        """The events that pass the other filters, in full colour; null: all of them."""
        self.part = part
        self.update()

    def set_intervals(self, intervals: Intervals | None) -> None:
        """Show these in place of the levels."""
        self.intervals = intervals
        self._fit()

    def set_coverage(self, coverage: Sequence[Coverage]) -> None:
        """Where nobody looked or nothing was logged."""
        self.coverage = tuple(coverage)
        self._fit()

    def set_zone(self, zone: ZoneMap) -> None:
        """Another wall clock."""
        self.zone = zone
        self._fit()

    def set_mode(self, mode: str) -> None:
        """``bars`` or ``hours``."""
        self.mode = mode
        self.view_changed.emit()
        self.update()

    def set_wanted(self, step: Step | None) -> None:
        """A fixed bin width; null: by zoom."""
        self.wanted = step
        self.view_changed.emit()
        self.update()

    @property
    def view(self) -> Interval:
        """The visible interval."""
        return self._view.start, self._view.end

    @property
    def brush(self) -> Interval | None:
        """The brush."""
        return self._brush

    @property
    def step(self) -> Step:
        """The width of a bin now."""
        return axis.bin_step(*self.view, self._plot().width(), wanted=self.wanted)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to draw."""
        return not (self.levels.total or self.intervals)

    def legend(self) -> list[tuple[str, str | QColor]]:
        """Names and colours of what is drawn."""
        return list(zip(self.names, self._colors, strict=True))

    def edges(self) -> Micros:
        """The edges of the visible bins."""
        return axis.edges(self.zone, self.step, *self.view)

    def zoom_to(self, start: int, end: int) -> None:
        """Show an interval."""
        self._show(self._view.to(start, end))

    def show_all(self) -> None:
        """Show everything."""
        self._show(self._view.whole())

    def _show(self, view: View) -> None:
        if view != self._view:
            self._view = view
            self.view_changed.emit()
            self.update()

    def _fit(self) -> None:
        """Take the extent of what there is, in whole bins."""
        ends: list[int] = []
        if self.intervals is not None:
            ends += [int(self.intervals.after[0]), int(self.intervals.until[-1])] if len(self.intervals) else []
        elif (span := self.levels.span) is not None:
            ends += [span[0], span[1] + 1]
        ends += [at for each in self.coverage for at in (each.start, each.end)]
        was_whole = self._view.is_whole
        if ends:
            first, last = min(ends), max(ends)
            whole = View.over(first, last)
            step = axis.bin_step(whole.start, whole.end, 400)
            step = step if step.micros < DAY else Step(Unit.DAY)
            rounded = axis.edges(self.zone, step, whole.start, whole.end)
            whole = View.over(int(rounded[0]), int(rounded[-1]))
            self._view = whole if was_whole else replace(self._view, first=whole.first, last=whole.last)
        self.view_changed.emit()
        self.update()

    # Geometry

    def _plot(self) -> QRect:
        left = 46 if self.mode == "hours" else 12
        top, bottom = (8, 22) if self.mode == "hours" else (22, paint.AXIS_HEIGHT)
        return QRect(left, top, max(self.width() - left - 12, 1), max(self.height() - top - bottom, 1))

    def _scale(self, top: int = 1) -> paint.Scale:
        return paint.Scale(self._plot(), self._view.start, self._view.end, top)

    def sizeHint(self) -> QSize:
        """Room for a month of days."""
        return QSize(420, 200)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Another width has other bins."""
        super().resizeEvent(event)
        if event.oldSize().width() != event.size().width():
            self.view_changed.emit()

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw; the painter ends even when drawing fails."""
        painter = QPainter(self)
        try:
            painter.fillRect(self.rect(), self._theme.tokens.panel)
            if self.is_empty and not self.coverage:
                self._paint_empty(painter)
            elif self.mode == "hours":
                self._paint_field(painter)
            else:
                self._paint_bars(painter)
        finally:
            painter.end()

    def _paint_empty(self, painter: QPainter) -> None:
        painter.setFont(self._theme.font())
        painter.setPen(self._theme.tokens.dim)
        flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
        painter.drawText(self.rect().adjusted(16, 8, -16, -8), flags, self.empty_text or word("timeline.empty"))

    def _paint_bars(self, painter: QPainter) -> None:
        tokens, caption = self._theme.tokens, self._theme.font("caption")
        edges = self.edges()
        whole, part = self._counted(edges)
        spans = self._spans(edges) if self.intervals is not None else None
        highest = int(spans[2].max()) if spans is not None and len(spans[2]) else int(whole.sum(axis=1).max(initial=0))
        scale = self._scale(paint.nice_top(highest))
        paint.paint_scale(painter, scale, tokens, caption)
        painter.save()
        painter.setClipRect(scale.plot)
        if self._brush is not None:
            paint.paint_brush(painter, scale, self._brush, tokens)
        self._paint_coverage(painter, scale)
        if (lit := self._lit(edges)) is not None:
            places = scale.xs(edges[lit : lit + 2]).tolist()
            paint.paint_hover(
                painter, QRect(places[0], scale.plot.top(), places[1] - places[0], scale.plot.height()), tokens
            )
        if spans is not None:
            paint.paint_spans(painter, scale, *spans, self._span_colors(spans[0], spans[1]))
        else:
            colors = self._resolved()
            paint.paint_bars(painter, scale, edges, whole, part, colors, [tokens.pale(each) for each in colors])
        if self._brush is not None:
            paint.paint_brush_edges(painter, scale, self._brush, tokens, self.hasFocus())
        painter.restore()
        paint.paint_axis(painter, scale, self._ticks(), self.step == Step(Unit.DAY), tokens, caption)
        if self.hasFocus() and self._by_keys:
            painter.setPen(tokens.accent)
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))

    def _paint_coverage(self, painter: QPainter, scale: paint.Scale) -> None:
        tokens = self._theme.tokens
        color = tokens.pale(tokens.dim, 0.35)
        for each in self.coverage:
            left, right = (round(scale.x(min(max(at, scale.start), scale.end))) for at in (each.start, each.end))
            if each.end > scale.start and each.start < scale.end:
                area = QRect(left, scale.plot.top() + 1, max(right - left, 2), scale.plot.height() - 1)
                paint.paint_hatch(painter, area, color, each.kind != "no-log")

    def _paint_field(self, painter: QPainter) -> None:
        field = paint.Field(self._plot())
        paint.paint_field(painter, field, self.hours(), self._theme.tokens, self._theme.font("caption"))

    def _resolved(self) -> list[QColor]:
        tokens = self._theme.tokens
        return [QColor(getattr(tokens, each)) if isinstance(each, str) else each for each in self._colors]

    def _span_colors(self, starts: Micros, ends: Micros) -> list[QColor]:
        tokens = self._theme.tokens
        full = self._resolved()[0] if self._colors else tokens.accent
        if self._brush is None:
            return [full] * len(starts)
        a, b = self._brush
        pale = tokens.pale(full)
        return [full if inside else pale for inside in ((starts < b) & (ends > a)).tolist()]

    def _ticks(self) -> Ticks:
        key = (self._view, self.zone, self.width())
        if self._cache is None or self._cache[0] != key:
            metrics = QFontMetricsF(self._theme.font("caption"))
            made = axis.ticks(self.zone, *self.view, self._plot().width(), metrics.horizontalAdvance)
            self._cache = (key, made)
        return self._cache[1]

    # Counting

    def _counted(self, edges: Micros) -> tuple[Counts, Counts | None]:
        """The whole and the part of every visible bin; no part when there is no difference."""
        whole = self.levels.counts(edges)
        if self.part is None and self._brush is None:
            return whole, None
        return whole, (self.part or self.levels).counts(edges, within=self._brush)

    def _spans(self, edges: Micros) -> tuple[Micros, Micros, Counts]:
        """The blocks of the intervals; bins instead where blocks would be too many to tell apart."""
        if self.intervals is None:
            return _NONE, _NONE, _NONE
        starts, ends, over = self.intervals.spans()
        seen = (ends > self._view.start) & (starts < self._view.end)
        if int(seen.sum()) <= _MOST_SPANS:
            return starts[seen], ends[seen], over[seen]
        return edges[:-1], edges[1:], self.intervals.possible(edges)

    def hours(self) -> Counts:
        """Events by weekday and hour of what is visible: of its part inside the brush and the filters, if any."""
        within = self._brush or self.view
        return (self.part or self.levels).hour_by_weekday(self.zone, within)

    def total(self, within: Interval | None = None) -> int:
        """Events, all or within an interval."""
        if self.intervals is not None:
            return int(self.intervals.possible(np.array(within))[0]) if within else len(self.intervals)
        return int(self.levels.counts(np.array(within)).sum()) if within else self.levels.total

    # What a place means, in words

    def describe_at(self, place: QPoint) -> str:
        """What is under a point: the bin with its zone, the counts by category, what is not known there."""
        if self.is_empty and not self.coverage:
            return ""
        if self.mode == "hours":
            return self._describe_hour(place)
        scale = self._scale()
        if not scale.plot.adjusted(0, -20, 0, 20).contains(place):
            return ""
        at, edges = scale.at(place.x()), self.edges()
        index = min(max(int(np.searchsorted(edges, at, side="right")) - 1, 0), len(edges) - 2)
        begin, end = int(edges[index]), int(edges[index + 1])
        lines = [axis.bin_text(self.zone, self.step, begin, end)]
        lines += self._describe_spans(at) if self.intervals is not None else self._describe_bin(begin, end)
        for each in self.coverage:
            if each.start < end and each.end > begin:
                what = word(f"timeline.{each.kind}")
                span = axis.span_text(self.zone, each.start, each.end)
                lines.append(": ".join(part for part in (f"{what}, {span}", each.words) if part))
        return "\n".join(lines)

    def _describe_bin(self, begin: int, end: int) -> list[str]:
        whole, part = self._counted(np.array([begin, end], dtype=np.int64))
        lines = []
        for column in reversed(range(len(self.names))):
            many = int(whole[0, column])
            if part is None:
                lines += [f"{self.names[column]}: {many:,}"] if many else []
            elif many:
                some = f"{int(part[0, column]):,}"
                lines.append(word("timeline.some-of", name=self.names[column], some=some, many=f"{many:,}"))
        covered = any(each.start <= begin and each.end >= end for each in self.coverage)
        return lines or ([] if covered else [word("timeline.nothing")])

    def _describe_spans(self, at: int) -> list[str]:
        starts, ends, over = self._spans(self.edges())
        index = int(np.searchsorted(starts, at, side="right")) - 1
        if index < 0 or ends[index] < at:
            return [word("timeline.nothing")]
        span = axis.span_text(self.zone, int(starts[index]), int(ends[index]))
        return [word("timeline.between", many=f"{int(over[index]):,}", span=span)]

    def _describe_hour(self, place: QPoint) -> str:
        cell = paint.Field(self._plot()).at(place)
        if cell is None:
            return ""
        weekday, hour = cell
        where = self.zone.offset_text(*self.view)
        many = int(self.hours()[weekday, hour])
        hours = f"{axis.WEEKDAYS[weekday]} {hour:02d}:00–{hour + 1:02d}:00, {where}"
        return f"{hours}\n{word('timeline.events', many=f'{many:,}')}"

    def _lit(self, edges: Micros) -> int | None:
        """The bin under the resting pointer."""
        scale = self._scale()
        if self._hover is None or not scale.plot.contains(self._hover):
            return None
        index = int(np.searchsorted(edges, scale.at(self._hover.x()), side="right")) - 1
        return index if 0 <= index < len(edges) - 1 else None
