"""The timeline: uploads over time with a brush, or by hour and weekday, with its clock and zone always written."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, tzinfo
from functools import partial
from zoneinfo import ZoneInfo, available_timezones

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QSize, Qt, QTimeZone, Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QCompleter, QLineEdit, QMenu, QVBoxLayout, QWidget, QWidgetAction

from workbench.core.errors import UserError
from workbench.core.filter import Clock
from workbench.core.times import parse_zone
from workbench.gui.theme import Theme, set_role, set_surface
from workbench.gui.widgets.elide import tooltip_text
from workbench.gui.widgets.plain import PlainLabel
from workbench.gui.widgets.timeline_axis import Step, Unit, span_text
from workbench.gui.widgets.timeline_canvas import TimelineCanvas
from workbench.gui.widgets.timeline_header import Choice, HeaderRow, Legend, Swatch, fill_menu
from workbench.gui.widgets.timeline_levels import Intervals, Levels
from workbench.gui.widgets.timeline_view import Coverage, Interval
from workbench.gui.widgets.timeline_zone import Micros, ZoneMap
from workbench.gui.widgets.words import word

__all__ = ["Coverage", "Intervals", "Levels", "Timeline", "local_zone"]

_BINS = {
    "auto": None,
    "hour": Step(Unit.HOUR),
    "day": Step(Unit.DAY),
    "week": Step(Unit.WEEK),
    "month": Step(Unit.MONTH),
}
_COLORS = ("accent", "blue", "green", "dim", "amber")


def local_zone() -> tuple[tzinfo, str]:
    """This machine's zone with its rules for summer time, and its name; UTC when the system does not say."""
    name = bytes(QTimeZone.systemTimeZoneId().data()).decode()
    try:
        return parse_zone(name), name
    except UserError:
        return UTC, "UTC"


def _step_text(step: Step) -> str:
    if step.count == 1:
        return word(f"timeline.step.{step.unit}")
    return word(f"timeline.steps.{step.unit}", count=step.count)


class Timeline(QWidget):
    """Bars over time with header, legend and brush. Times are int64 microseconds UTC, intervals half-open.

    Everything that another pane sets is silent; the signals tell only what the user did here. Main thread.
    """

    brushed = Signal(object, object)
    """Once a drag or a key is done and the brush is another one: two ints, or None twice."""
    brushing = Signal(object, object)
    """The same while it moves, at most every 40 ms."""
    clock_changed = Signal(str)
    """The user wants another clock: a value of `core.filter.Clock`."""
    zone_changed = Signal(object, str)
    """The user chose another zone: tzinfo and name. It is shown already."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._zone_name = "UTC"
        self._clock = Clock.EVENT
        self._note = ""
        self._named_zones: list[str] = []
        self.canvas = TimelineCanvas(theme, self)
        self.canvas.brushed.connect(self.brushed)
        self.canvas.brushed.connect(self._say)
        self.canvas.brushing.connect(self.brushing)
        self.canvas.view_changed.connect(self._say)
        self._build_header()
        self.setFocusProxy(self.canvas)
        set_surface(self, "panel")
        self.setAccessibleName(word("timeline.title"))
        self._say()

    def _build_header(self) -> None:
        title = PlainLabel(word("timeline.title"), self)
        set_role(title, "heading")
        self.legend = Legend(self._theme, self)
        self.clock_choice = Choice(self._theme, word("timeline.clock"), self)
        self.zone_choice = Choice(self._theme, word("timeline.zone"), self)
        self.bins_choice = Choice(self._theme, word("timeline.bins"), self)
        self.hours_choice = Choice(self._theme, word("timeline.hours-tip"), self)
        self.hours_choice.setText(word("timeline.hours"))
        self.hours_choice.setToolTip(word("timeline.hours-tip"))
        self.hours_choice.setCheckable(True)
        self.hours_choice.toggled.connect(lambda on: self.set_mode("hours" if on else "bars"))
        self.clock_choice.setToolTip(word("timeline.clock-tip"))
        fill_menu(
            self.clock_choice,
            {each.value: word(f"timeline.clock.{each.value}") for each in Clock},
            self._choose_clock,
        )
        fill_menu(
            self.bins_choice,
            {name: word("timeline.auto") if step is None else self._per(step) for name, step in _BINS.items()},
            self.set_bins,
        )
        zones = QMenu(self.zone_choice)
        zones.aboutToShow.connect(self._fill_zones)
        self.zone_choice.setMenu(zones)
        choices = (self.clock_choice, self.zone_choice, self.bins_choice, self.hours_choice)
        self._header = HeaderRow(title, choices, self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self._header)
        layout.addWidget(self.legend)
        layout.addWidget(self.canvas, 1)

    def add_choice(self, choice: Choice) -> None:
        """A choice of the pane's own, before those of the widget."""
        self._header.lead(choice)

    # What is shown

    def set_data(
        self, times: Micros, categories: NDArray[np.integer], names: Sequence[str], colors: Sequence[str | QColor] = ()
    ) -> None:
        """One time and one category number per event; names and colours (tokens or QColor) per category.

        Costs some 80 ms per million events; build `Levels` in a thread and use `set_levels` for more.
        """
        self.set_levels(Levels.from_events(times, categories, len(names)), names, colors)

    def set_levels(self, levels: Levels, names: Sequence[str], colors: Sequence[str | QColor] = ()) -> None:
        """The same with counts made elsewhere. Clears the part and the intervals."""
        self.canvas.intervals = None
        self.canvas.set_levels(levels, names, colors or _COLORS[: len(names)])
        self._say()

    def set_mask(self, mask: NDArray[np.bool_] | None) -> None:
        """Per event as given to `set_data`: whether it passes the other filters. Null: all do."""
        self.set_part(None if mask is None else self.canvas.levels.masked(mask))

    def set_part(self, part: Levels | None) -> None:
        """The same with `Levels.masked` made elsewhere."""
        self.canvas.set_part(part)
        self._say()

    def set_intervals(self, after: Micros | None, until: Micros | None, name: str = "", color: str = "accent") -> None:
        """What was absent at `after` and present at `until`, drawn as stretches and never as points; null: no more."""
        made = None if after is None or until is None else Intervals(after, until)
        if made is not None:
            self.canvas.set_levels(Levels([]), (name,), (color,))
        self.canvas.set_intervals(made)
        self._say()

    def set_coverage(self, spans: Sequence[Coverage]) -> None:
        """Where nobody looked or no log is held: hatched, with words, and never drawn as nothing."""
        self.canvas.set_coverage(spans)
        self._say()

    def set_brush(self, a: int | None, b: int | None) -> None:
        """Show a brush set elsewhere; silent."""
        self.canvas.set_brush(None if a is None or b is None else (a, b))
        self._say()

    def brush(self) -> Interval | None:
        """The brush."""
        return self.canvas.brush

    def set_zone(self, zone: tzinfo, name: str = "") -> None:
        """The wall clock of axis, bins and words; the name is what a user calls it. Silent."""
        self._zone_name = name or str(zone)
        self.canvas.set_zone(ZoneMap(zone))
        self._say()

    def set_named_zones(self, names: Sequence[str]) -> None:
        """Zones to offer in the menu beside UTC and this machine's."""
        self._named_zones = list(names)

    def set_clock(self, name: str) -> None:
        """Which clock the data are read on, a value of `core.filter.Clock`: written on the axis. Silent."""
        self._clock = Clock(name)
        self._say()

    def set_note(self, text: str) -> None:
        """A sentence beside the legend, such as how many times have no known zone."""
        self._note = text
        self._say()

    def set_bins(self, name: str) -> None:
        """``auto``, ``hour``, ``day``, ``week`` or ``month``; coarser where a bar would be narrower than a pixel."""
        self.canvas.set_wanted(_BINS[name])

    def set_mode(self, mode: str) -> None:
        """``bars``, or ``hours`` for the hours of the week."""
        self.hours_choice.setChecked(mode == "hours")
        self.canvas.set_mode(mode)
        self._say()

    def set_empty_text(self, text: str) -> None:
        """What to say while there is nothing."""
        self.canvas.empty_text = text
        self.canvas.refresh_soon()

    def zoom_to(self, a: int, b: int) -> None:
        """Show an interval."""
        self.canvas.zoom_to(a, b)

    def show_all(self) -> None:
        """Show everything."""
        self.canvas.show_all()

    def sizeHint(self) -> QSize:
        """Room for a month of days."""
        return QSize(440, 240)

    # What the user chose

    def _choose_clock(self, name: str) -> None:
        if name != self._clock:
            self.clock_changed.emit(name)

    def _choose_zone(self, zone: tzinfo, name: str) -> None:
        if name != self._zone_name:
            self.set_zone(zone, name)
            self.zone_changed.emit(zone, name)

    def _fill_zones(self) -> None:
        menu = self.zone_choice.menu()
        menu.clear()
        here, its_name = local_zone()
        offered: list[tuple[str, tzinfo, str]] = [("UTC", UTC, "UTC")]
        if its_name != "UTC":
            offered.append((word("timeline.local", name=its_name), here, its_name))
        offered += [(name, parse_zone(name), name) for name in self._named_zones if name not in ("UTC", its_name)]
        if self._zone_name not in {name for _, _, name in offered}:
            offered.append((self._zone_name, self.canvas.zone.zone, self._zone_name))
        for text, zone, name in offered:
            action = menu.addAction(text, partial(self._choose_zone, zone, name))
            action.setCheckable(True)
            action.setChecked(name == self._zone_name)
        menu.addSeparator()
        menu.addAction(self._zone_field(menu))

    def _zone_field(self, menu: QMenu) -> QWidgetAction:
        field = QLineEdit(menu)
        field.setPlaceholderText("Asia/Pyongyang, +09:00")
        field.setAccessibleName(word("timeline.zone-other"))
        field.setToolTip(word("timeline.zone-other"))
        field.setMinimumWidth(210)
        completer = QCompleter(sorted(available_timezones()), field)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        field.setCompleter(completer)

        def take() -> None:
            try:
                zone = parse_zone(field.text().strip())
            except UserError:
                field.setToolTip(word("timeline.zone-unknown"))
                field.selectAll()
                return
            menu.close()
            self._choose_zone(zone, zone.key if isinstance(zone, ZoneInfo) else field.text().strip().upper())

        field.returnPressed.connect(take)
        action = QWidgetAction(menu)
        action.setDefaultWidget(field)
        return action

    # Words

    def _say(self, *_: object) -> None:
        """Bring header, legend and the spoken description up to date."""
        zone, step, view = self.canvas.zone, self.canvas.step, self.canvas.view
        offset = zone.offset_text(*view)
        self.clock_choice.setText(word(f"timeline.clock.{self._clock.value}"))
        self.zone_choice.setText(offset)
        self.zone_choice.setToolTip(tooltip_text(word("timeline.zone-tip", name=self._zone_text(offset))))
        weekly = self.canvas.mode == "hours"
        self.bins_choice.setText(self._per(step))
        self.bins_choice.setToolTip(tooltip_text(word("timeline.bins-tip", step=_step_text(step))))
        self.bins_choice.setVisible(not weekly and not self.canvas.is_empty)
        self._header.place()
        kinds = dict.fromkeys(each.kind for each in self.canvas.coverage)
        swatches = [Swatch(name, color) for name, color in self.canvas.legend()]
        swatches += [
            Swatch(word(f"timeline.{kind}"), "dim", "falling" if kind == "no-log" else "rising") for kind in kinds
        ]
        lead = word("timeline.weekly", span=span_text(zone, *(self.canvas.brush or view))) if weekly else ""
        self.legend.show_words([] if weekly else swatches, lead, self._note)
        self.canvas.setAccessibleName(word("timeline.title"))
        self.canvas.setAccessibleDescription(self._sentence(self._zone_text(offset)))

    def _zone_text(self, offset: str) -> str:
        return offset if self._zone_name in (offset, "UTC") else f"{self._zone_name} ({offset})"

    @staticmethod
    def _per(step: Step) -> str:
        return word("timeline.per", step=_step_text(step))

    def _sentence(self, zone: str) -> str:
        canvas = self.canvas
        if canvas.is_empty:
            return canvas.empty_text or word("timeline.empty")
        brushed = unknown = ""
        if canvas.brush is not None:
            some = f"{canvas.total(canvas.brush):,}"
            brushed = word("timeline.about-brushed", some=some, span=span_text(canvas.zone, *canvas.brush))
        if canvas.coverage:
            unknown = word("timeline.about-unknown", stretches=len(canvas.coverage))
        return word(
            "timeline.about",
            what=", ".join(canvas.names),
            step=_step_text(canvas.step),
            span=span_text(canvas.zone, *canvas.view),
            clock=word(f"timeline.clock.{self._clock.value}"),
            zone=zone,
            many=f"{canvas.total():,}",
            brushed=brushed,
            unknown=unknown,
        )
