"""Drawings of the report, as numbers that the template puts into SVG. No script, no font, no picture from elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC
from itertools import groupby

from workbench.bundle.days import Day, Days
from workbench.core.filter import Clock
from workbench.core.times import DAY, to_datetime

WIDTH = 1000.0
HEIGHT = 170.0
LEFT = 44.0
MOST_BARS = 190


@dataclass(frozen=True)
class Bar:
    """One bar, with the words of its tooltip."""

    x: float
    width: float
    y: float
    height: float
    title: str


@dataclass(frozen=True)
class Strip:
    """A stretch of days of the same kind: a class name of the style sheet."""

    x: float
    width: float
    kind: str
    title: str


@dataclass(frozen=True)
class Tick:
    """A mark on an axis."""

    at: float
    text: str


@dataclass(frozen=True)
class TimelineChart:
    """Everything that the template draws. `unit` is how many days a bar stands for."""

    clock: str
    unit: int
    what: str
    first: str
    last: str
    total: int
    bars: tuple[Bar, ...]
    blind: tuple[Strip, ...]
    looked: tuple[Strip, ...]
    logged: tuple[Strip, ...]
    across: tuple[Tick, ...]
    upward: tuple[Tick, ...]


LOOKED = {
    "complete": "looked at, completely",
    "partial": "looked at in part",
    "failed": "the look failed",
    "no": "not looked at",
}


def timeline_chart(days: Days) -> TimelineChart | None:
    """The timeline; null when there is nothing to draw."""
    if not days.days:
        return None
    unit = -(-len(days.days) // MOST_BARS)
    groups = [days.days[at : at + unit] for at in range(0, len(days.days), unit)]
    counts = [sum(_value(day) for day in group) for group in groups]
    top = _nice(max([*counts, 1]))
    step = (WIDTH - LEFT) / len(groups)
    gap = min(step * 0.18, 3.0)
    bars = tuple(
        Bar(
            LEFT + index * step + gap / 2,
            step - gap,
            HEIGHT - count / top * HEIGHT,
            count / top * HEIGHT,
            f"{_date(group[0])}{' to ' + _date(group[-1]) if unit > 1 else ''} UTC: {count:,}",
        )
        for index, (group, count) in enumerate(zip(groups, counts, strict=True))
        if count
    )
    per_day = (WIDTH - LEFT) / (len(groups) * unit)
    on_events = days.clock is Clock.EVENT
    blind = [
        each
        for each in _strips(days.days, per_day, _logged if on_events else _looked)
        if each.kind in ("no", "unlogged")
    ]
    return TimelineChart(
        clock=days.clock.value,
        unit=unit,
        what="uploads" if on_events else "files",
        first=_date(days.days[0]),
        last=_date(days.days[-1]),
        total=sum(counts),
        bars=bars,
        blind=tuple(blind),
        looked=tuple(_strips(days.days, per_day, _looked)),
        logged=tuple(_strips(days.days, per_day, _logged)),
        across=tuple(_dates(days.days, per_day)),
        upward=tuple(Tick(HEIGHT - part * HEIGHT, f"{round(top * part):,}") for part in (0.0, 0.5, 1.0)),
    )


def _value(day: Day) -> int:
    return day.count if day.uploads is None else day.uploads


def _looked(day: Day) -> tuple[str, str]:
    return day.looked, LOOKED[day.looked]


def _logged(day: Day) -> tuple[str, str]:
    return ("logged", "covered by a log") if day.logged else ("unlogged", "no log covers this")


def _strips(days: tuple[Day, ...], per_day: float, kind: Callable[[Day], tuple[str, str]]) -> list[Strip]:
    found: list[Strip] = []
    at = 0
    for (name, words), group in groupby(days, key=kind):
        run = list(group)
        told = _date(run[0]) if len(run) == 1 else f"{_date(run[0])} to {_date(run[-1])}"
        found.append(Strip(LEFT + at * per_day, len(run) * per_day, name, f"{told} UTC: {words}"))
        at += len(run)
    return found


def _dates(days: tuple[Day, ...], per_day: float) -> list[Tick]:
    every = max(1, -(-len(days) // 9))
    return [Tick(LEFT + (at + 0.5) * per_day, _date(days[at])) for at in range(0, len(days), every)]


def _date(day: Day) -> str:
    # Twelve hours on, so that a day that begins at midnight UTC never shows the one before.
    return to_datetime(day.start + DAY // 2, UTC).strftime("%Y-%m-%d")


def _nice(value: int) -> int:
    """The next even number of the 1-2-5 series."""
    size = 1
    while True:
        for step in (2, 4, 6, 10):
            if step * size >= value:
                return step * size
        size *= 10
