"""What part of time is on screen, and the brush over it: values and arithmetic, no Qt."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from workbench.core.times import DAY, SECOND
from workbench.gui.widgets.timeline_zone import EARLIEST, LATEST

SHORTEST = 10 * SECOND

Interval = tuple[int, int]


@dataclass(frozen=True)
class Coverage:
    """A stretch about which less is known: ``not-looked``, ``no-log``, ``partial`` or ``failed``; half-open."""

    kind: str
    start: int
    end: int
    words: str = ""


@dataclass(frozen=True)
class View:
    """The visible interval inside all there is. Microseconds UTC, half-open."""

    start: int
    end: int
    first: int
    last: int

    @staticmethod
    def over(first: int, last: int) -> View:
        """Everything from first to last."""
        first, last = max(first, EARLIEST), min(last, LATEST)
        if last - first < SHORTEST:
            first, last = first - SHORTEST // 2, first + SHORTEST // 2
        return View(first, last, first, last)

    @property
    def span(self) -> int:
        """Its length."""
        return self.end - self.start

    @property
    def is_whole(self) -> bool:
        """Whether all there is is visible."""
        return self.start <= self.first and self.end >= self.last

    def whole(self) -> View:
        """All there is."""
        return replace(self, start=self.first, end=self.last)

    def to(self, start: int, end: int) -> View:
        """Another interval, at least `SHORTEST` long and nowhere further out than a tenth beyond all there is."""
        slack = (self.last - self.first) // 10 + SHORTEST
        low, high = max(self.first - slack, EARLIEST), min(self.last + slack, LATEST)
        span = min(max(end - start, SHORTEST), high - low)
        begin = min(max((start + end - span) // 2, low), high - span)
        return replace(self, start=begin, end=begin + span)

    def zoomed(self, factor: float, at: int) -> View:
        """`factor` above 1 shows less; the instant `at` stays where it is."""
        span = min(max(self.span / factor, SHORTEST), 1.2 * (self.last - self.first) + 2 * SHORTEST)
        share = (at - self.start) / self.span
        begin = round(at - share * span)
        return self.to(begin, begin + round(span))

    def panned(self, by: int) -> View:
        """Shifted, with its length kept."""
        return self.to(self.start + by, self.end + by)


def snapped(edges: NDArray[np.int64], a: int, b: int) -> Interval:
    """The smallest run of whole bins that holds both instants; outside all bins the instants themselves."""
    low, high = min(a, b), max(a, b)
    begin = int(np.searchsorted(edges, low, side="right")) - 1
    finish = int(np.searchsorted(edges, high, side="left"))
    if begin >= 0:
        low = int(edges[begin])
    if finish < len(edges):
        high = int(edges[finish])
    return low, max(high, low + 1)


def stepped(edges: NDArray[np.int64], at: int, by: int) -> int:
    """The bin edge `by` bins away from an instant; beyond the known edges, by their last width."""
    if len(edges) < 2:
        return at + by * DAY
    if by > 0:
        place = int(np.searchsorted(edges, at, side="right")) + by - 1
    else:
        place = int(np.searchsorted(edges, at, side="left")) + by
    if place < 0:
        return int(edges[0]) + place * int(edges[1] - edges[0])
    if place >= len(edges):
        return int(edges[-1]) + (place - len(edges) + 1) * int(edges[-1] - edges[-2])
    return int(edges[place])
