"""Bins and tick labels of a time axis, computed in the zone that is shown, worded by the catalogue.

Days, weeks, months and years begin at the zone's own midnight, so a day on which clocks change is 23 or 25 hours
long. Hours and shorter bins are real stretches of time: a repeated hour is two bins, a skipped one is none.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from workbench.core.times import DAY, HOUR, MINUTE, SECOND, to_datetime
from workbench.gui.widgets.timeline_zone import EARLIEST, LATEST, Micros, ZoneMap
from workbench.gui.widgets.words import word


class Unit(StrEnum):
    """What a step counts."""

    SECOND = "second"
    MINUTE = "minute"
    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"


_MICROS = {
    Unit.SECOND: SECOND,
    Unit.MINUTE: MINUTE,
    Unit.HOUR: HOUR,
    Unit.DAY: DAY,
    Unit.WEEK: 7 * DAY,
    Unit.MONTH: 30 * DAY + 10 * HOUR + 30 * MINUTE,
    Unit.YEAR: 365 * DAY + 6 * HOUR,
}


@dataclass(frozen=True)
class Step:
    """A bin width or a tick distance."""

    unit: Unit
    count: int = 1

    @property
    def micros(self) -> int:
        """Its usual length; days, months and years vary."""
        return _MICROS[self.unit] * self.count


def _steps(unit: Unit, *counts: int) -> tuple[Step, ...]:
    return tuple(Step(unit, count) for count in counts)


BINS = (
    *_steps(Unit.SECOND, 1, 10),
    *_steps(Unit.MINUTE, 1, 5, 15),
    *_steps(Unit.HOUR, 1, 3, 6),
    Step(Unit.DAY),
    Step(Unit.WEEK),
    *_steps(Unit.MONTH, 1, 3),
    *_steps(Unit.YEAR, 1, 10, 100),
)
TICKS = (
    *_steps(Unit.SECOND, 1, 5, 15, 30),
    *_steps(Unit.MINUTE, 1, 5, 15, 30),
    *_steps(Unit.HOUR, 1, 2, 3, 6, 12),
    *_steps(Unit.DAY, 1, 2, 3, 5, 10),
    *_steps(Unit.MONTH, 1, 2, 3, 6),
    *_steps(Unit.YEAR, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000),
)


def bin_step(start: int, end: int, pixels: float, least: float = 4.0, wanted: Step | None = None) -> Step:
    """The finest bin at least `least` pixels wide; a wanted one unless it would be narrower than a pixel."""
    span = max(end - start, 1)
    if wanted is not None:
        for step in BINS[BINS.index(wanted) :]:
            if span // step.micros <= pixels:
                return step
    for step in BINS:
        if step.micros * pixels >= least * span:
            return step
    return BINS[-1]


def edges(zone: ZoneMap, step: Step, start: int, end: int) -> Micros:
    """The edges of the bins that cover [start, end], ascending, the first at or before `start`."""
    made = _even_edges(zone, step, start, end) if step.micros <= HOUR else _wall_edges(zone, step, start, end)
    low = max(int(np.searchsorted(made, start, side="right")) - 1, 0)
    high = int(np.searchsorted(made, end, side="left"))
    return made[low : high + 1]


def _even_edges(zone: ZoneMap, step: Step, start: int, end: int) -> Micros:
    """Equal stretches of real time in phase with the zone's clock, begun anew where its offset changes."""
    size = step.micros
    low, high = start - size, end + 2 * size
    starts, offsets = zone.segments(low, high)
    stops = np.append(starts[1:], high)
    made = []
    for begin, finish, offset in zip(starts.tolist(), stops.tolist(), offsets.tolist(), strict=True):
        opening, stop = max(begin, low), min(finish, high)
        if stop > opening:
            first = -(-(opening + offset) // size) * size - offset
            made.append(np.arange(first, stop, size, dtype=np.int64))
            if low < begin:
                made.append(np.array([begin]))
    return np.unique(np.concatenate(made))


def _wall_edges(zone: ZoneMap, step: Step, start: int, end: int) -> Micros:
    """Round wall clocks of the zone, as instants."""
    span = zone.to_wall(np.array([start, end], dtype=np.int64))
    low, high = int(span[0]), int(span[1])
    count = step.count
    if step.unit in (Unit.MONTH, Unit.YEAR):
        kind = "M" if step.unit is Unit.MONTH else "Y"
        first, last = span.astype("datetime64[us]").astype(f"datetime64[{kind}]").astype(np.int64).tolist()
        shift = 1970 if kind == "Y" else 0
        numbers = np.arange((first + shift) // count - 1, (last + shift) // count + 3, dtype=np.int64) * count - shift
        walls = numbers.astype(f"datetime64[{kind}]").astype("datetime64[us]").astype(np.int64)
    else:
        size = step.micros
        # Weeks begin on Monday; 1 January 1970 was a Thursday.
        phase = 3 * DAY if step.unit is Unit.WEEK else 0
        walls = np.arange((low + phase) // size - 1, (high + phase) // size + 3, dtype=np.int64) * size - phase
    return np.unique(zone.to_utc(walls))


@dataclass(frozen=True)
class Tick:
    """A label under an instant."""

    at: int
    text: str


@dataclass(frozen=True)
class Context:
    """What the tick labels leave out (their day, month or year), over [start, end)."""

    start: int
    end: int
    text: str
    short: str


@dataclass(frozen=True)
class Ticks:
    """One axis: labels, and the stretches that they belong to."""

    step: Step
    labels: tuple[Tick, ...]
    contexts: tuple[Context, ...]


def ticks(
    zone: ZoneMap, start: int, end: int, pixels: float, width: Callable[[str], float], gap: float = 12.0
) -> Ticks:
    """The finest ticks over [start, end] whose labels keep `gap` pixels between them.

    `width` measures a text in pixels. Labels stand centred under their instants.
    """
    span = max(end - start, 1)
    least = gap + width("1")
    for step in TICKS:
        if step.micros * pixels / span < least:
            continue
        instants = _tick_instants(zone, step, start, end)
        labels = tuple(Tick(at, _tick_text(_moment(at, zone), step)) for at in instants)
        places = [((tick.at - start) * pixels / span, width(tick.text)) for tick in labels]
        if all(b - a >= (wa + wb) / 2 + gap for (a, wa), (b, wb) in itertools.pairwise(places)):
            return Ticks(step, labels, _contexts(zone, step, start, end))
    return Ticks(TICKS[-1], (), ())


def _tick_instants(zone: ZoneMap, step: Step, start: int, end: int) -> list[int]:
    if step.unit is Unit.DAY and step.count > 1:
        days = edges(zone, Step(Unit.DAY), start, end)
        instants = days[_are_round_days(zone, days, step.count)].tolist()
    elif step.micros <= HOUR:
        # Only round clocks are labelled: where the offset changes by half an hour, the edge itself may not be one.
        size = step.micros
        instants = [at for at in edges(zone, step, start, end).tolist() if (at + zone.offset(at)) % size == 0]
    else:
        instants = edges(zone, step, start, end).tolist()
    return [at for at in instants if start <= at <= end]


def _are_round_days(zone: ZoneMap, days: Micros, count: int) -> NDArray[np.bool_]:
    """1, 4, 7 … of a month, leaving out what would crowd the next month's first day."""
    dates = zone.to_wall(days).astype("datetime64[us]").astype("datetime64[D]")
    number = (dates - dates.astype("datetime64[M]").astype("datetime64[D]")).astype(np.int64)
    return (number % count == 0) & (number + 1 + count / 2 <= 31)


def weekday_name(weekday: int) -> str:
    """Short, in the language of the window; Monday is 0."""
    return word(f"timeline.weekday.{weekday}")


def in_zone(what: str, where: str) -> str:
    """A time and its zone."""
    return word("timeline.in-zone", what=what, zone=where)


def _month(moment: datetime) -> str:
    return word(f"timeline.month.{moment.month}")


def _short_month(moment: datetime) -> str:
    return word(f"timeline.month-short.{moment.month}")


def _month_text(moment: datetime) -> str:
    return word("timeline.date-month", month=_month(moment), year=str(moment.year))


def _moment(at: int, zone: ZoneMap) -> datetime:
    return to_datetime(min(max(at, EARLIEST), LATEST), zone.zone)


def _tick_text(moment: datetime, step: Step) -> str:
    match step.unit:
        case Unit.SECOND:
            return f"{moment:%H:%M:%S}"
        case Unit.MINUTE | Unit.HOUR:
            return f"{moment:%H:%M}"
        case Unit.DAY | Unit.WEEK:
            return str(moment.day)
        case Unit.MONTH:
            return _short_month(moment)
        case Unit.YEAR:
            return str(moment.year)


def _contexts(zone: ZoneMap, step: Step, start: int, end: int) -> tuple[Context, ...]:
    if step.unit is Unit.YEAR:
        return ()
    parent = {Unit.DAY: Unit.MONTH, Unit.MONTH: Unit.YEAR}.get(step.unit, Unit.DAY)
    bounds = edges(zone, Step(parent), start, end).tolist()
    made = []
    for begin, stop in itertools.pairwise(bounds):
        moment = _moment(begin, zone)
        if parent is Unit.DAY:
            text = _day_text(moment)
            short = word("timeline.date-short", day=str(moment.day), month=_short_month(moment))
        elif parent is Unit.MONTH:
            text = _month_text(moment)
            short = word("timeline.date-month", month=_short_month(moment), year=str(moment.year))
        else:
            text = short = str(moment.year)
        made.append(Context(begin, stop, text, short))
    return tuple(made)


def _day_text(moment: datetime) -> str:
    return word(
        "timeline.date",
        weekday=weekday_name(moment.weekday()),
        day=str(moment.day),
        month=_short_month(moment),
        year=str(moment.year),
    )


def instant_text(zone: ZoneMap, at: int) -> str:
    """``Wed 17 Jan 2024 09:00``, with seconds only where there are any. Without the zone: write it beside."""
    moment = _moment(at, zone)
    return f"{_day_text(moment)} {moment:%H:%M:%S}" if moment.second else f"{_day_text(moment)} {moment:%H:%M}"


def bin_text(zone: ZoneMap, step: Step, start: int, end: int) -> str:
    """One bin in words, with its zone: ``Wed 17 Jan 2024, UTC+9`` or ``… 09:00-10:00, UTC+9``.

    A day on which clocks change says how many hours it has.
    """
    return in_zone(_bin_words(zone, step, start, end), zone.offset_text(start, end))


def _bin_words(zone: ZoneMap, step: Step, start: int, end: int) -> str:
    first = _moment(start, zone)
    if step.unit is Unit.DAY and step.count == 1:
        hours = (end - start) / HOUR
        date = _day_text(first)
        return date if hours == 24 else word("timeline.date-odd", date=date, hours=f"{hours:g}")
    if step.unit is Unit.WEEK:
        return word("timeline.date-week", date=_day_text(first))
    if step.unit is Unit.MONTH and step.count == 1:
        return _month_text(first)
    if step.unit is Unit.YEAR and step.count == 1:
        return str(first.year)
    return span_text(zone, start, end)


def span_text(zone: ZoneMap, start: int, end: int) -> str:
    """Two instants, saying the day once when it is the same: ``Wed 17 Jan 2024 09:00–10:00``; no zone.

    Whole days go without clocks: ``Tue 16 Jan 2024 – Fri 19 Jan 2024`` ends at the midnight after the 19th.
    """
    first, last = _moment(start, zone), _moment(end, zone)
    if start < end and f"{first:%H%M%S}" == f"{last:%H%M%S}" == "000000":
        closing = _moment(end - 1, zone)
        if first.date() == closing.date():
            return _day_text(first)
        return f"{_day_text(first)} – {_day_text(closing)}"
    if first.date() == last.date():
        form = "%H:%M:%S" if first.second or last.second else "%H:%M"
        return f"{_day_text(first)} {first:{form}}–{last:{form}}"
    return f"{instant_text(zone, start)} – {instant_text(zone, end)}"
