"""Wall clocks for whole arrays: microseconds UTC to local and back, right on the days when clocks change.

A zone becomes a short list of instants at which its offset changes, so that a million times cost one
`searchsorted`. No Qt. Outside the years 1900 to 2100 the nearest known offset is kept: nobody knows the later
rules, and nobody kept the earlier ones.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from workbench.core.times import DAY, HOUR, MINUTE, SECOND, from_datetime, to_datetime

Micros = NDArray[np.int64]

_FIRST_YEAR, _LAST_YEAR = 1900, 2100
_FIRST = from_datetime(datetime(_FIRST_YEAR, 1, 1, tzinfo=UTC))
_LAST = from_datetime(datetime(_LAST_YEAR, 1, 1, tzinfo=UTC))
EARLIEST = from_datetime(datetime(1, 1, 3, tzinfo=UTC))
LATEST = from_datetime(datetime(9999, 12, 29, tzinfo=UTC))
"""What can be written in every zone; the axis goes no further."""


class ZoneMap:
    """One zone's offsets. They are found year by year when first needed (0.3 ms a year) and then kept."""

    def __init__(self, zone: tzinfo = UTC) -> None:
        self.zone = zone
        self._fixed = _offset(zone, 0) if isinstance(zone, timezone) else None

    def segments(self, start: int, end: int) -> tuple[Micros, Micros]:
        """(starts, offsets) of the stretches of equal offset that cover [start, end), all in microseconds.

        The first start is at or before `start` and stands for all that lies before it.
        """
        if self._fixed is not None:
            return np.array([min(start, EARLIEST)]), np.array([self._fixed])
        begin, finish = min(max(start, _FIRST), _LAST), min(max(end, _FIRST), _LAST)
        first, last = _year(begin), _year(finish)
        changes: list[tuple[int, int]] = []
        for year in range(first, last + 1):
            changes += _changes(self.zone, year)
        opening = from_datetime(datetime(first, 1, 1, tzinfo=UTC))
        starts = np.array([min(start, opening), *(at for at, _ in changes)], dtype=np.int64)
        offsets = np.array([_offset(self.zone, opening), *(after for _, after in changes)], dtype=np.int64)
        return starts, offsets

    def offset(self, micros: int) -> int:
        """The offset in force at an instant, in microseconds."""
        return _offset(self.zone, min(max(micros, _FIRST), _LAST)) if self._fixed is None else self._fixed

    def to_wall(self, micros: Micros) -> Micros:
        """Instants as wall clocks."""
        if not len(micros):
            return micros
        starts, offsets = self.segments(int(micros.min()), int(micros.max()) + 1)
        return micros + offsets[np.maximum(np.searchsorted(starts, micros, side="right") - 1, 0)]

    def to_utc(self, walls: Micros) -> Micros:
        """Wall clocks as instants.

        In a repeated hour the first one counts; a wall clock that was skipped becomes the instant of the change,
        so a day whose midnight does not exist begins when it began.
        """
        if not len(walls):
            return walls
        starts, offsets = self.segments(int(walls.min()) - DAY, int(walls.max()) + DAY)
        ends = np.maximum.accumulate(starts[1:] + offsets[:-1])
        index = np.searchsorted(ends, walls, side="right")
        instants = walls - offsets[index]
        return np.where(index > 0, np.maximum(instants, starts[index]), instants)

    def offset_text(self, start: int, end: int | None = None) -> str:
        """``UTC``, ``UTC+9``, ``UTC+5:45``; ``UTC+1/+2`` when it changes between the two instants."""
        if end is None or end <= start:
            seen = [self.offset(start)]
        else:
            starts, offsets = self.segments(start, end)
            low = max(int(np.searchsorted(starts, start, side="right")) - 1, 0)
            seen = sorted(set(offsets[low : int(np.searchsorted(starts, end, side="left"))].tolist()))
        if seen == [0]:
            return "UTC"
        return "UTC" + "/".join(_offset_text(each) for each in seen)


@lru_cache(maxsize=4096)
def _changes(zone: tzinfo, year: int) -> tuple[tuple[int, int], ...]:
    """(instant, new offset) of the changes within a year of UTC."""
    found: list[tuple[int, int]] = []
    day = from_datetime(datetime(year, 1, 1, tzinfo=UTC))
    stop = from_datetime(datetime(year + 1, 1, 1, tzinfo=UTC))
    before = _offset(zone, day)
    while day < stop:
        after = _offset(zone, day + DAY)
        if after != before:
            found.append((_bisect(zone, day, day + DAY, before), after))
            before = after
        day += DAY
    return tuple(found)


def _bisect(zone: tzinfo, low: int, high: int, before: int) -> int:
    """The first second of (low, high] whose offset is no longer `before`."""
    while high - low > SECOND:
        middle = low + (high - low) // (2 * SECOND) * SECOND
        if _offset(zone, middle) == before:
            low = middle
        else:
            high = middle
    return high


def _offset(zone: tzinfo, micros: int) -> int:
    return (to_datetime(micros, zone).utcoffset() or timedelta()) // timedelta(microseconds=1)


def _year(micros: int) -> int:
    return to_datetime(micros).year


def _offset_text(micros: int) -> str:
    sign = "−" if micros < 0 else "+"
    hours, rest = divmod(abs(micros), HOUR)
    minutes, seconds = divmod(rest, MINUTE)
    text = f"{sign}{hours}"
    if minutes or seconds:
        text += f":{minutes:02d}"
    if seconds:
        text += f":{seconds // SECOND:02d}"
    return text
