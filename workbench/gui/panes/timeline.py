"""The timeline pane: when, on one of four clocks; its brush is the filter's interval."""

from __future__ import annotations

import asyncio
from datetime import UTC, tzinfo
from typing import TYPE_CHECKING, ClassVar

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from workbench.core.filter import Clock, Filter
from workbench.gui.panes import wording
from workbench.gui.panes.zoned import ZonedPane
from workbench.gui.session import Session
from workbench.gui.texts import text
from workbench.gui.theme import Theme
from workbench.queries import plot as queries
from workbench.queries.plot import Grouping, Plot

if TYPE_CHECKING:
    from workbench.gui.widgets.timeline_header import Choice
    from workbench.gui.widgets.timeline_levels import Levels

COLORS = {
    queries.UPLOADS: "accent",
    queries.DOWNLOADS: "blue",
    queries.LISTINGS: "paper_line",
    queries.OTHER: "chip",
    queries.UNLISTED: "accent",
    queries.LISTED: "blue",
    queries.UNKNOWN: "dim",
}
SOURCE_COLORS = ("accent", "blue", "amber", "dim", "line")


class TimelinePane(ZonedPane):
    """Bars by action, the part that the rest of the filter leaves in full colour. `zone_changed` is for all panes."""

    name = "timeline"
    facets = ("time",)
    tables: ClassVar[frozenset[str]] = frozenset(
        {"event", "reading", "reading_end", "match", "snapshot", "snapshot_end", "sighting", "fact", "mark_now"}
    )
    zone_changed = Signal(object, str)

    def __init__(self, session: Session, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(session, theme, parent)
        from workbench.gui.widgets.timeline import Timeline

        self.timeline = Timeline(theme)
        self._clock: Clock | None = session.filter.clock
        self._by: Grouping = "uploads"
        self._shown: tuple[object, ...] = ()
        self._levels: Levels | None = None
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.timeline)
        self.setFocusProxy(self.timeline)
        self.timeline.brushed.connect(self._brushed)
        self.timeline.clock_changed.connect(self.choose_clock)
        self.timeline.zone_changed.connect(self._zone_chosen)
        self.timeline.set_zone(UTC, "UTC")
        self.what = self._what_choice()

    def _what_choice(self) -> Choice:
        """Which events: it stands with the widget's own choices."""
        from workbench.gui.widgets.timeline_header import Choice, fill_menu

        choice = Choice(self.theme, text("panes.timeline.what"), self.timeline)
        choice.setToolTip(text("panes.timeline.what"))
        fill_menu(choice, {each: text(f"panes.timeline.by-{each}") for each in queries.GROUPINGS}, self.choose)
        choice.setText(text(f"panes.timeline.by-{self._by}"))
        self.timeline.add_choice(choice)
        return choice

    def choose(self, by: str) -> None:
        """Uploads by where they come from, all events by what they do, or by source."""
        wanted = next(each for each in queries.GROUPINGS if each == by)
        if wanted != self._by:
            self._by = wanted
            self.what.setText(text(f"panes.timeline.by-{by}"))
            self._ask_again()

    def _ask_again(self) -> None:
        self._levels = None
        self._asked = None
        self._ask()

    # asking

    async def refresh(self, asked: Filter) -> None:
        """Read the plot, count it in a thread, draw."""
        found = await self.session.read(queries.plot, asked, self._clock, self._by)
        # Bars that are there stay while only the filter moves: counting them anew would cost 80 ms a million.
        same = (found.clock, found.names, len(found.times), int(found.times[-1]) if len(found.times) else 0)
        fresh = same != self._shown or self._levels is None
        levels, part = await asyncio.to_thread(_count, found, None if fresh else self._levels)
        self._show(found, levels, part, fresh=fresh or found.after is not None)
        self._shown, self._levels = same, levels

    def _show(self, found: Plot, levels: Levels, part: Levels | None, *, fresh: bool) -> None:
        from workbench.gui.widgets.timeline import Coverage

        self._clock = found.clock
        self.what.setVisible(found.clock is Clock.EVENT)
        self.timeline.set_clock(found.clock.value)
        if found.after is not None and found.until is not None:
            self.timeline.set_intervals(found.after, found.until, text("panes.timeline.observed"))
        elif fresh:
            self.timeline.set_levels(levels, [_name(each) for each in found.names], _colors(found.names))
        if found.after is None:
            self.timeline.set_part(part)
        self.timeline.set_coverage([Coverage(each.kind, each.start, each.end) for each in found.stretches])
        self.timeline.set_note(" · ".join(_notes(found)))
        self.timeline.set_empty_text(text("panes.timeline.none"))
        self.show_filter(self.session.filter)

    # brush, clock, zone

    def show_filter(self, wanted: Filter) -> None:
        """Lay the brush where the filter says; on another clock than the axis there is none to lay."""
        own = wanted.clock is None or wanted.clock is self._clock
        bounded = wanted.since is not None or wanted.until is not None
        if not own or not bounded:
            self.timeline.set_brush(None, None)
            return
        first = wanted.since if wanted.since is not None else queries.EARLIEST
        last = wanted.until if wanted.until is not None else queries.LATEST
        self.timeline.set_brush(first, last)

    def _brushed(self, since: int | None, until: int | None) -> None:
        clock = self._clock if since is not None else None
        self.session.workspace.filter = self.session.filter.with_time(since, until, clock)

    def choose_clock(self, name: str) -> None:
        """Another of the four clocks. A brush belongs to its clock and is taken off."""
        self._clock = Clock(name)
        self._levels = None
        if self.session.filter.since is not None or self.session.filter.until is not None:
            self.session.workspace.filter = self.session.filter.without("time")
        self._ask_again()

    @property
    def clock(self) -> Clock | None:
        """The clock of the axis; null until the case has answered."""
        return self._clock

    def _zone_chosen(self, zone: tzinfo, name: str) -> None:
        self.zone, self.zone_name = zone, name
        self.zone_changed.emit(zone, name)

    def zone_shown(self) -> None:
        self.timeline.set_zone(self.zone, self.zone_name)


def _count(found: Plot, kept: Levels | None) -> tuple[Levels, Levels | None]:
    """The counts of all, and of the part that passes the filter. In a thread."""
    from workbench.gui.widgets.timeline_levels import Levels

    levels = kept or Levels.from_events(found.times, found.categories, len(found.names))
    return levels, None if found.mask is None else levels.masked(found.mask)


def _name(category: str) -> str:
    return text(f"panes.timeline.{category}") if category in COLORS or category in tuple(Clock) else category


def _colors(names: tuple[str, ...]) -> list[str]:
    return [COLORS.get(each, SOURCE_COLORS[at % len(SOURCE_COLORS)]) for at, each in enumerate(names)]


def _notes(found: Plot) -> list[str]:
    said: list[str] = []
    if found.hidden_own:
        said.append(wording.counted("panes.timeline.own-hidden", found.hidden_own))
    if found.untimed:
        code = "panes.timeline.no-look-before" if found.clock is Clock.OBSERVED else "panes.timeline.untimed"
        said.append(wording.counted(code, found.untimed))
    if found.zoneless:
        said.append(wording.counted("panes.timeline.zoneless", found.zoneless))
    return said
