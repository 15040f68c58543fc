"""The calendar: for every day whether anybody looked, how that went, and what it brought.

A day without a look is not an empty day: nothing is known of it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, timedelta, tzinfo

import numpy as np

from workbench.case.readers import Reader
from workbench.core import times
from workbench.core.times import Precision, to_datetime
from workbench.queries import walk
from workbench.queries.covering import Look, looks
from workbench.queries.walk import ADDED, CHANGED, KINDS, MOVED, REMOVED, RETURNED

MOST = timedelta(days=3653)
"""How far back it goes: ten years."""
AHEAD = timedelta(days=366)
"""How far ahead, where looks are dated later than this computer's clock says."""

STATES = ("not-looked", "missed", "failed", "partial", "complete")
"""From the least to the most that is known of a day. A look without an end is partial."""


@dataclass(frozen=True)
class Day:
    """One day. `state` is that of its best look; where there was none, whether one was `missed` (so many were).

    `compared` says whether any of its looks was held against one before it: where none was, no change is known of, and
    the counts are 0. They are of all its looks together; `last` is the last one of them (id).
    """

    date: date
    state: str = "not-looked"
    looks: int = 0
    missed: int = 0
    compared: bool = False
    added: int = 0
    changed: int = 0
    moved: int = 0
    returned: int = 0
    removed: int = 0
    last: int | None = None


def days(reader: Reader, zone: tzinfo, source: int | None = None, now: int | None = None) -> list[Day]:
    """Every day from the first look, or the first that was missed, to today, in a zone; at one source or at all.

    A look of which only the day is known stands under that day. `now` is microseconds UTC, null: this computer's clock.
    """
    found: dict[date, Day] = {}
    course = walk.course(reader)
    size = max((each.id for each in looks(reader)), default=0) + 1
    cells = course.claims.look * len(KINDS) + course.claims.kind
    counts = np.bincount(cells, minlength=size * len(KINDS)).reshape(-1, len(KINDS)).tolist()
    for look in looks(reader):
        if source is None or look.source == source:
            at = day_of(look, zone)
            status = "partial" if look.status == "running" else look.status
            own = found.get(at, Day(at))
            found[at] = replace(
                own,
                state=max(own.state, status, key=STATES.index),
                looks=own.looks + 1,
                compared=own.compared or look.id in course.compared,
                added=own.added + counts[look.id][ADDED],
                changed=own.changed + counts[look.id][CHANGED],
                moved=own.moved + counts[look.id][MOVED],
                returned=own.returned + counts[look.id][RETURNED],
                removed=own.removed + counts[look.id][REMOVED],
                last=look.id,
            )
    for (due,) in reader.all("SELECT due FROM missed WHERE ? IS NULL OR source = ?", (source, source)):
        at = to_datetime(due, zone).date()
        own = found.get(at, Day(at))
        found[at] = replace(own, state=max(own.state, "missed", key=STATES.index), missed=own.missed + 1)
    return _filled(found, to_datetime(times.now() if now is None else now, zone).date())


def day_of(look: Look, zone: tzinfo) -> date:
    """The day under which a look stands."""
    return to_datetime(look.observed, UTC if look.precision == Precision.DAY else zone).date()


def _filled(found: dict[date, Day], today: date) -> list[Day]:
    """With the days between."""
    if not found:
        return []
    first = max(min(found), today - MOST + timedelta(days=1))
    last = min(max(today, *found), today + AHEAD)
    every = (first + timedelta(days=at) for at in range((last - first).days + 1))
    return [found.get(each, Day(each)) for each in every]
