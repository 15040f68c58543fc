"""Where the days of the calendar strip are: weeks stand a little apart, so that a rhythm can be seen."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

SIDE, STEP, WEEK_GAP = 15, 18, 5
"""A cell, from cell to cell, and what lies between two weeks; pixels."""
WEEK = 7 * STEP + WEEK_GAP


@dataclass(frozen=True)
class StripLayout:
    """So many days from a first one on, in pixels from the left of the first."""

    first: date
    count: int

    @property
    def width(self) -> int:
        """Of all days."""
        return self.left(self.count - 1) + SIDE if self.count else 0

    def left(self, index: int) -> int:
        """Where a day begins."""
        before = self.first.weekday()
        weeks, day = divmod(index + before, 7)
        return weeks * WEEK + day * STEP - before * STEP

    def at(self, x: int) -> int:
        """The day at a place or just left of it, or -1 outside."""
        before = self.first.weekday()
        weeks, rest = divmod(x + before * STEP, WEEK)
        index = weeks * 7 + min(rest // STEP, 6) - before
        return index if x >= 0 and 0 <= index < self.count else -1

    def between(self, left: int, right: int) -> range:
        """The days that meet ``left <= x < right``."""
        if not self.count or right <= left:
            return range(0)
        first = max(self.at(max(left, 0)), 0)
        last = self.at(right - 1) if right <= self.width else self.count - 1
        return range(first, max(last, first) + 1 if last >= 0 else first)

    def months(self, shown: range) -> Iterator[int]:
        """Days among those shown that begin a month; the first of all days does too."""
        for index in shown:
            if index == 0 or date.fromordinal(self.first.toordinal() + index).day == 1:
                yield index
