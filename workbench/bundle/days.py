"""The days of a bundle: what was uploaded or first seen, and whether anybody looked or any log covers the day."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC

import numpy as np

from workbench.bundle.formats import Row
from workbench.bundle.selection import Selection
from workbench.case.readers import Reader
from workbench.core.errors import UserError
from workbench.core.filter import Clock, Filter
from workbench.core.times import DAY, to_datetime
from workbench.queries import timeline

LONGEST = 40_000 * DAY
"""Longer spans, such as from a clock that stood at 1970, are told without a row a day."""


@dataclass(frozen=True)
class Day:
    """One UTC day. `looked` is the best look of it (``no`` when there was none), `logged` whether a log covers it."""

    start: int
    count: int
    uploads: int | None
    looked: str
    logged: bool


@dataclass(frozen=True)
class Days:
    """All days from the first to the last, on one clock."""

    clock: Clock
    days: tuple[Day, ...]

    def rows(self) -> Iterator[Row]:
        """For the table ``timeline``."""
        for day in self.days:
            yield {
                "start": to_datetime(day.start, UTC).date().isoformat(),
                "zone": "UTC",
                "clock": self.clock.value,
                "count": day.count,
                "uploads": day.uploads,
                "looked": day.looked,
                "logged": day.logged,
            }


def days_of(reader: Reader, made: Reader, selection: Selection) -> Days:
    """Counts are of the selection (`made`); looks and logs are those of its sources in the first case (`reader`)."""
    clock = selection.asked.clock or timeline.default_clock(made)
    times, uploads = timeline.times_of(made, Filter(own=True), clock)
    names = tuple(
        name for row, name in reader.all("SELECT id, name FROM source ORDER BY id") if selection.masks["source"][row]
    )
    looks = timeline.looks(reader, Filter(source=names)) if names else []
    spans = (
        timeline.logged(reader, Filter(source=names))
        if names
        else timeline.Spans(np.empty(0, np.int64), np.empty(0, np.int64))
    )
    points = [int(times[0]), int(times[-1])] if len(times) else []
    if clock in (Clock.EVENT, Clock.OBSERVED):
        points += [each.start for each in looks]
    if not points or max(points) - min(points) > LONGEST:
        return Days(clock, ())
    try:
        cuts = timeline.edges(min(points), max(points), "day", UTC)
    except (OverflowError, UserError):
        return Days(clock, ())
    at = np.searchsorted(times, cuts)
    up = np.searchsorted(times[uploads], cuts)
    looked = ["no"] * (len(cuts) - 1)
    for each in looks:
        first = max(int(np.searchsorted(cuts, each.start, "right")) - 1, 0)
        last = min(int(np.searchsorted(cuts, each.end - 1, "right")), len(looked))
        for index in range(first, last):
            looked[index] = max(looked[index], each.status, key=lambda word: timeline.RANK[word])
    found = [
        Day(
            int(cuts[index]),
            int(at[index + 1] - at[index]),
            int(up[index + 1] - up[index]) if clock is Clock.EVENT else None,
            looked[index],
            bool(np.any((spans.start < cuts[index + 1]) & (spans.end > cuts[index]))),
        )
        for index in range(len(cuts) - 1)
    ]
    return Days(clock, tuple(found))
