"""What the timeline shows, and the words for it. The gestures are in `timeline_canvas`. Main thread."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from PySide6.QtCore import QPoint, QRect, QSize, Signal
from PySide6.QtGui import QColor, QFontMetricsF, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from workbench.core.times import DAY
from workbench.gui.theme import Theme
from workbench.gui.widgets import timeline_axis as axis
from workbench.gui.widgets import timeline_paint as paint
from workbench.gui.widgets.timeline_axis import Step, Ticks, Unit
from workbench.gui.widgets.timeline_levels import Counts, Intervals, Levels
from workbench.gui.widgets.timeline_plot import TimelinePlot
from workbench.gui.widgets.timeline_view import Coverage, Interval, View
from workbench.gui.widgets.timeline_zone import Micros, ZoneMap
from workbench.gui.widgets.words import word

_MOST_SPANS = 2_000
_NONE = np.empty(0, dtype=np.int64)


class TimelinePicture(TimelinePlot):
    """Stacked bars over time, or the hours of the week, and a brush: a half-open interval of microseconds UTC.

    All that is kept here is integers; the plot's coordinates are made from them anew for every picture.
    """

    view_changed = Signal()
    """Another interval, another bin width or another zone is shown."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        self._view = View.over(0, 1)
        super().__init__(theme, parent)
        self.levels = Levels([])
        self.part: Levels | None = None
        self.intervals: Intervals | None = None
        self.coverage: tuple[Coverage, ...] = ()
        self.names: tuple[str, ...] = ()
        self.zone = ZoneMap()
        self.wanted: Step | None = None
        self.empty_text = ""
        self._colors: tuple[str | QColor, ...] = ()
        self._brush: Interval | None = None
        self._hover: QPoint | None = None
        self._by_keys = False
        self._cache: tuple[object, Ticks] | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(120, 90)

    # What is shown

    def set_levels(self, levels: Levels, names: Sequence[str], colors: Sequence[str | QColor]) -> None:
        """Other counts; a view of everything goes on showing everything, any other stays where it is."""
        self.levels, self.names, self._colors = levels, tuple(names), tuple(colors)
        self.part = None
        self._fit()

    def set_part(self, part: Levels | None) -> None:
        """The events that pass the other filters, in full colour; null: all of them."""
        self.part = part
        self.refresh_soon()

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
        self.show_mode(mode)
        self.view_changed.emit()
        self.refresh_soon()

    def set_wanted(self, step: Step | None) -> None:
        """A fixed bin width; null: by zoom."""
        self.wanted = step
        self.view_changed.emit()
        self.refresh_soon()

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
        return axis.bin_step(*self.view, self.plot_area().width(), wanted=self.wanted)

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
            self.refresh_soon()

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
        self.refresh_soon()

    # Drawing

    def _scale(self, top: int = 1) -> paint.Scale:
        return paint.Scale(self.plot_area(), self._view.start, self._view.end, top, self._view.first)

    def sizeHint(self) -> QSize:
        """Room for a month of days."""
        return QSize(420, 200)

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Another width has other bins."""
        super().resizeEvent(event)
        if event is not None and event.oldSize().width() != event.size().width():
            self.view_changed.emit()

    def refresh(self) -> None:
        """Count, and hand everything to the plot."""
        anything = not self.is_empty or bool(self.coverage)
        self.show_anything(anything)
        if anything and self.mode == "hours":
            self.show_hours(self.hours())
        elif anything:
            self._refresh_bars()

    def _refresh_bars(self) -> None:
        edges = self.edges()
        colors = self._resolved()
        if self.intervals is not None:
            starts, ends, over = self._spans(edges)
            scale = self._scale(paint.nice_top(int(over.max(initial=0))))
            blocks = paint.spanned(scale, starts, ends, over)
            meant = self._meant(starts, ends)
            boxes = [(blocks.where(~meant), blocks.where(meant))]
        else:
            whole, part = self._counted(edges)
            scale = self._scale(paint.nice_top(int(whole.sum(axis=1).max(initial=0))))
            boxes = paint.stacked(scale, edges, whole, part)
        self.show_scale(scale, self._ticks(), self.step == Step(Unit.DAY))
        self.show_pairs(scale, boxes, colors)
        self.show_behind(self._hatched(scale), self._lit(scale, edges))
        self.show_brush(scale, self._brush, self.hasFocus())

    def _hatched(self, scale: paint.Scale) -> list[tuple[QRect, bool]]:
        """Where the stretches lie about which less is known; only *no log* has falling lines."""
        made = []
        for each in self.coverage:
            if each.end > scale.start and each.start < scale.end:
                left, right = (round(scale.x(min(max(at, scale.start), scale.end))) for at in (each.start, each.end))
                area = QRect(left, scale.plot.top() + 1, max(right - left, 2), scale.plot.height() - 1)
                made.append((area, each.kind != "no-log"))
        return made

    def words_instead(self) -> str:
        """What the place is for."""
        return self.empty_text or word("timeline.empty")

    def is_framed(self) -> bool:
        """Only those who came by keyboard see the frame."""
        return self.hasFocus() and self._by_keys and self.mode == "bars" and not self.is_empty

    def _resolved(self) -> list[QColor]:
        tokens = self._theme.tokens
        return [QColor(getattr(tokens, each)) if isinstance(each, str) else each for each in self._colors]

    def _meant(self, starts: Micros, ends: Micros) -> np.ndarray:
        """Which stretches touch the brush; all of them without one."""
        if self._brush is None:
            return np.ones(len(starts), dtype=bool)
        return (starts < self._brush[1]) & (ends > self._brush[0])

    def _ticks(self) -> Ticks:
        key = (self._view, self.zone, self.width())
        if self._cache is None or self._cache[0] != key:
            metrics = QFontMetricsF(self._theme.font("caption"))
            made = axis.ticks(self.zone, *self.view, self.plot_area().width(), metrics.horizontalAdvance)
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
        cell = paint.Field(self.plot_area()).at(place)
        if cell is None:
            return ""
        weekday, hour = cell
        where = self.zone.offset_text(*self.view)
        many = int(self.hours()[weekday, hour])
        what = f"{axis.weekday_name(weekday)} {hour:02d}:00–{hour + 1:02d}:00"
        return f"{axis.in_zone(what, where)}\n{word('timeline.events', many=f'{many:,}')}"

    def _lit(self, scale: paint.Scale, edges: Micros) -> QRect | None:
        """Where the bin under the resting pointer is."""
        if self._hover is None or not scale.plot.contains(self._hover):
            return None
        index = int(np.searchsorted(edges, scale.at(self._hover.x()), side="right")) - 1
        if not 0 <= index < len(edges) - 1:
            return None
        left, right = scale.xs(edges[index : index + 2]).tolist()
        return QRect(left, scale.plot.top(), right - left, scale.plot.height())
