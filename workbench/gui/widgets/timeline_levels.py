"""How many events lie in each bin: prefix sums per quarter hour when edges allow it, binary search where not.

Events are kept as one sorted int64 array of microseconds UTC per category. Beside them stand the quarter hours
that hold any event, with the number of events up to each: every edge on a quarter hour, and that is every edge
of an hour, day, week or month in all zones of today, is answered from there without touching the events. Other
edges are searched per category, with integers (float edges would convert the whole array).

A quarter hour and not an hour, because Kathmandu's midnight is 18:15 UTC. Empty quarters are not stored, so one
picture dated 1904 costs nothing. No Qt; arrays may be memory-mapped and are never written.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from workbench.core.times import HOUR, MINUTE
from workbench.gui.widgets.timeline_zone import Micros, ZoneMap

QUARTER = 15 * MINUTE

Counts = NDArray[np.int64]


class Levels:
    """Immutable counts over events of several categories. May be built in any thread and handed over."""

    def __init__(self, times: Sequence[Micros]) -> None:
        """One array per category, each sorted ascending."""
        self.times: tuple[Micros, ...] = tuple(np.asarray(each, dtype=np.int64) for each in times)
        self._categories: NDArray[np.integer] | None = None
        self._order: NDArray[np.int64] | None = None
        self._quarters = _quarters(self.times)
        edges = self._quarters * QUARTER
        self._below = np.zeros((len(edges) + 1, len(self.times)), dtype=np.int64)
        for column, each in enumerate(self.times):
            self._below[:-1, column] = np.searchsorted(each, edges)
            self._below[-1, column] = len(each)
        self._all = self._below.sum(axis=1)

    @classmethod
    def from_events(cls, times: Micros, categories: NDArray[np.integer] | None = None, count: int = 1) -> Levels:
        """Times and a category number (0 to count - 1) per event, in any order; sorted input is not sorted again.

        Without categories all events are of the first one.
        """
        times = np.asarray(times, dtype=np.int64)
        if categories is None:
            categories = np.zeros(len(times), dtype=np.uint8)
        if len(categories) != len(times):
            raise ValueError("one category per event")
        order = None
        if len(times) and not bool(np.all(times[:-1] <= times[1:])):
            order = np.argsort(times, kind="stable")
            times, categories = times[order], categories[order]
        made = cls([times[categories == number] for number in range(count)])
        made._categories, made._order = categories, order
        return made

    def masked(self, mask: NDArray[np.bool_]) -> Levels:
        """The same over the part where `mask`, one truth per event as given to `from_events`, holds."""
        if self._categories is None:
            raise ValueError("only levels made from events know their order")
        if len(mask) != len(self._categories):
            raise ValueError("one truth per event")
        mask = np.asarray(mask, dtype=bool)
        if self._order is not None:
            mask = mask[self._order]
        return Levels([each[mask[self._categories == number]] for number, each in enumerate(self.times)])

    @property
    def total(self) -> int:
        """All events."""
        return int(self._all[-1])

    @property
    def span(self) -> tuple[int, int] | None:
        """First and last instant; null without events."""
        ends = [(int(each[0]), int(each[-1])) for each in self.times if len(each)]
        return (min(first for first, _ in ends), max(last for _, last in ends)) if ends else None

    def below(self, instants: Micros) -> Counts:
        """Events before each instant, per category: int64[len(instants), categories]."""
        instants = np.asarray(instants, dtype=np.int64)
        quarters, rest = np.divmod(instants, QUARTER)
        answer = self._below[np.searchsorted(self._quarters, quarters)]
        odd = np.flatnonzero(rest)
        if len(odd):
            between = instants[odd]
            for column, each in enumerate(self.times):
                answer[odd, column] = np.searchsorted(each, between)
        return answer

    def counts(self, edges: Micros, within: tuple[int, int] | None = None) -> Counts:
        """Events in [edges[i], edges[i + 1]), per category: int64[bins, categories].

        With `within`, only those that also lie in this half-open interval: the part inside a brush.
        """
        edges = np.asarray(edges, dtype=np.int64)
        if len(edges) < 2:
            return np.zeros((0, len(self.times)), dtype=np.int64)
        if within is not None:
            edges = np.clip(edges, within[0], max(within))
        return np.diff(self.below(edges), axis=0)

    def hour_by_weekday(self, zone: ZoneMap, within: tuple[int, int] | None = None) -> Counts:
        """Events by weekday (Monday is 0) and hour of a zone's wall clock: int64[7, 24].

        `within` is a half-open interval; null takes everything.
        """
        span = self.span
        if span is None:
            return np.zeros((7, 24), dtype=np.int64)
        start, end = within if within is not None else (span[0], span[1] + 1)
        first, last = max(start, span[0]), min(end, span[1] + 1)
        if first >= last:
            return np.zeros((7, 24), dtype=np.int64)
        starts, offsets = zone.segments(first, last)
        weights: Counts | None = None
        if np.any(offsets % QUARTER) or np.any(starts[1:] % QUARTER):
            # The local mean times of old split a quarter hour between two hours.
            parts = [each[slice(*np.searchsorted(each, (first, last)))] for each in self.times]
            hours = zone.to_wall(np.concatenate(parts)) // HOUR
        else:
            quarters, weights = self._weighted(first, last)
            index = np.searchsorted(quarters, starts // QUARTER)
            lengths = np.diff(np.append(np.maximum.accumulate(index), len(quarters)))
            hours = (quarters + np.repeat(offsets // QUARTER, lengths)) >> 2
        # 1 January 1970 was a Thursday: 72 hours into its week.
        counted = np.bincount((hours + 72) % (7 * 24), weights, minlength=7 * 24)
        return counted.astype(np.int64).reshape(7, 24)

    def _weighted(self, start: int, end: int) -> tuple[NDArray[np.int64], Counts]:
        """The numbers of the quarter hours that touch [start, end), and their events inside the interval."""
        low, high = np.searchsorted(self._quarters, (start // QUARTER, -(-end // QUARTER)))
        quarters = self._quarters[low:high]
        weights = np.diff(self._all[low : high + 1])
        for edge in {0, len(quarters) - 1} if len(quarters) else ():
            begin = int(quarters[edge]) * QUARTER
            ends = np.array([max(begin, start), min(begin + QUARTER, end)])
            weights[edge] = np.diff(self.below(ends).sum(axis=1))[0]
        return quarters, weights


class Intervals:
    """Things known only to have happened somewhere in (t1, t2]: absent at t1, present at t2."""

    def __init__(self, after: Micros, until: Micros) -> None:
        after, until = np.asarray(after, dtype=np.int64), np.asarray(until, dtype=np.int64)
        if len(after) != len(until) or bool(np.any(after > until)):
            raise ValueError("an interval ends at or after its beginning")
        self.after = np.sort(after)
        self.until = np.sort(until)

    def __len__(self) -> int:
        return len(self.after)

    def spans(self) -> tuple[Micros, Micros, Counts]:
        """(t1, t2, how many) of the stretches between successive ends: how many intervals lie over each."""
        edges = np.unique(np.concatenate([self.after, self.until]))
        if len(edges) < 2:
            return edges[:0], edges[:0], edges[:0]
        over = np.searchsorted(self.after, edges[:-1], side="right") - np.searchsorted(
            self.until, edges[:-1], side="right"
        )
        held = over > 0
        return edges[:-1][held], edges[1:][held], over[held]

    def possible(self, edges: Micros) -> Counts:
        """How many may have happened in each bin: those whose interval touches it. They are counted in each."""
        begun = np.searchsorted(self.after, edges[1:], side="left")
        over = np.searchsorted(self.until, edges[:-1], side="left")
        return begun - over


def _quarters(times: Sequence[Micros]) -> Micros:
    """The quarter hours that hold an event, ascending."""
    found = [np.empty(0, dtype=np.int64)]
    for each in times:
        if len(each):
            numbers = each // QUARTER
            fresh = np.flatnonzero(numbers[1:] != numbers[:-1]) + 1
            found.append(numbers[np.concatenate([[0], fresh])])
    return np.unique(np.concatenate(found))
