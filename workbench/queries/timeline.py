"""Uploads over time, on one of four clocks, in bins of a zone; with what was looked at and what was logged."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

import numpy as np
from numpy.typing import NDArray

from workbench.case.readers import Reader
from workbench.core.batch import NULL
from workbench.core.errors import UserError
from workbench.core.filter import Clock, Filter
from workbench.core.times import DAY, from_datetime, to_datetime
from workbench.queries import acts, select
from workbench.queries.files import items
from workbench.queries.shown import Row, chunks, marks
from workbench.queries.uploads import done

MOST_BINS = 2_000_000


@dataclass(frozen=True)
class Look:
    """One look at one time, or `span` from `start` where its time is only known to the day (microseconds UTC)."""

    start: int
    end: int
    status: str
    snapshot: int


@dataclass(frozen=True)
class Spans:
    """Half-open intervals that logs cover: from the first to the last of their events."""

    start: NDArray[np.int64]
    end: NDArray[np.int64]


def default_clock(reader: Reader) -> Clock:
    """``event`` if the case has events, else ``observed``."""
    return Clock.EVENT if reader.value("SELECT 1 FROM event LIMIT 1") else Clock.OBSERVED


def times_of(reader: Reader, asked: Filter, clock: Clock) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Times on a clock of all that the filter shows, and which of them are uploads (clock ``event`` only).

    On ``event`` one per log event, on the others one per file: when it was first observed, the earliest modified time
    that was claimed, or the time embedded in it. Sorted; what has no time on the clock is left out, and what lies
    outside of the filter's interval, where that is on the same clock.
    """
    if clock is Clock.EVENT:
        columns = reader.arrays("event")
        mask = select.events(reader, asked)
        times = columns["time"][mask]
        uploads = done(columns)[mask]
    else:
        times = _file_times(reader, asked, clock)
        uploads = np.zeros(len(times), bool)
    own_clock = asked.clock or (Clock.EVENT if clock is Clock.EVENT else Clock.OBSERVED)
    known = select.between(times, asked) if own_clock is clock else times != NULL
    times, uploads = times[known], uploads[known]
    order = np.argsort(times, kind="stable")
    return times[order], uploads[order]


def _file_times(reader: Reader, asked: Filter, clock: Clock) -> NDArray[np.int64]:
    found = items(reader, asked)
    if clock is Clock.OBSERVED:
        observed = np.zeros(int(reader.value("SELECT ifnull(max(id), 0) FROM snapshot")) + 1, np.int64)
        for row, time in reader.all("SELECT id, observed FROM snapshot"):
            observed[row] = time
        return observed[found.snapshot]
    if clock is Clock.EMBEDDED:
        own = [int(each) for each in found.ids if each > 0]
        return np.array(
            [
                row[0]
                for part in chunks(own)
                for row in reader.all(
                    "SELECT min(value) FROM fact WHERE key IN ('exif.datetime_original', 'exif.datetime') "
                    f"AND object IN ({marks(part)}) GROUP BY object",
                    part,
                )
            ],
            np.int64,
        )
    columns = reader.arrays("sighting")
    of = columns["object"].astype(np.int64)
    own_ids = np.where(of > 0, of, -np.arange(1, len(of) + 1))
    known = columns["modified"] != NULL
    keep = known & np.isin(own_ids, found.ids)
    ids, at = np.unique(own_ids[keep], return_inverse=True)
    earliest = np.full(len(ids), 2**63 - 1)
    np.minimum.at(earliest, at, columns["modified"][keep])
    return earliest


def looks(reader: Reader, asked: Filter) -> list[Look]:
    """The looks at the filter's sources, in time."""
    wanted = f"WHERE source.name IN ({marks(asked.source)})" if asked.source else ""
    found: list[Look] = []
    for observed, precision, status, snapshot in reader.all(
        "SELECT snapshot.observed, snapshot.precision, e.status, snapshot.id FROM snapshot "
        "JOIN source ON source.id = snapshot.source LEFT JOIN snapshot_end e ON e.snapshot = snapshot.id "
        f"{wanted} ORDER BY snapshot.observed",
        asked.source,
    ):
        length = (1, 1000, 1_000_000, 60_000_000, 3_600_000_000, DAY)[precision]
        found.append(Look(observed, observed + length, status or "partial", snapshot))
    return found


def logged(reader: Reader, asked: Filter) -> Spans:
    """What the logs of the filter's sources cover; readings that were superseded do not count."""

    def make() -> dict[int, tuple[int, int]]:
        columns = reader.arrays("event")
        known = acts.read(reader) & (columns["time"] != NULL)
        readings, times = columns["reading"][known], columns["time"][known]
        size = int(readings.max()) + 1 if len(readings) else 0
        first, last = np.full(size, 2**63 - 1), np.full(size, NULL)
        np.minimum.at(first, readings, times)
        np.maximum.at(last, readings, times)
        return {int(each): (int(first[each]), int(last[each]) + 1) for each in np.flatnonzero(last != NULL)}

    spans = reader.memoised("log-spans", make, ("event", "reading"))
    if asked.source:
        wanted = {
            row[0]
            for row in reader.all(
                "SELECT r.id FROM reading r JOIN log l ON l.id = r.log JOIN source s ON s.id = l.source "
                f"WHERE s.name IN ({marks(asked.source)})",
                asked.source,
            )
        }
        spans = {reading: span for reading, span in spans.items() if reading in wanted}
    ordered = sorted(spans.values())
    return Spans(np.array([a for a, _ in ordered], np.int64), np.array([b for _, b in ordered], np.int64))


def edges(first: int, last: int, by: str, zone: tzinfo) -> NDArray[np.int64]:
    """Edges of bins that cover ``first <= t <= last``, in microseconds UTC; days begin at midnight of the zone, so a
    day of a clock change has 23 or 25 hours. Raises `UserError` ``timeline-too-long`` beyond 2,000,000 bins.
    """
    step = timedelta(days=1) if by == "day" else timedelta(hours=1)
    if (last - first) // (DAY if by == "day" else DAY // 24) > MOST_BINS:
        raise UserError("timeline-too-long", by=by)
    moment = _floor(to_datetime(first, zone), by)
    found = [from_datetime(moment)]
    while found[-1] <= last:
        if by == "day":
            moment = _floor((moment.replace(tzinfo=None) + step).replace(tzinfo=zone), by)
        else:
            moment = _floor(to_datetime(found[-1] + DAY // 24, zone), by)
        following = from_datetime(moment)
        found.append(following if following > found[-1] else found[-1] + DAY // 24)
    return np.array(found, np.int64)


def _floor(moment: datetime, by: str) -> datetime:
    if by == "day":
        return moment.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    return moment.replace(minute=0, second=0, microsecond=0)


RANK = {"no": 0, "failed": 1, "partial": 2, "complete": 3}


def rows(reader: Reader, asked: Filter, by: str, clock: Clock | None, zone: tzinfo) -> Iterator[Row]:
    """The rows of ``workbench timeline``: every bin from the first to the last, empty ones too."""
    clock = clock or default_clock(reader)
    times, uploads = times_of(reader, asked, clock)
    seen = looks(reader, asked)
    spans = logged(reader, asked)
    bounds = _bounds(times, seen, asked, clock)
    if bounds is None:
        return
    cuts = edges(*bounds, by, zone)
    at = np.searchsorted(times, cuts)
    up = np.searchsorted(times[uploads], cuts)
    looked = _looked(seen, cuts)
    for index in range(len(cuts) - 1):
        start, end = int(cuts[index]), int(cuts[index + 1])
        covered = bool(np.any((spans.start < end) & (spans.end > start)))
        yield {
            "start": to_datetime(start, zone).isoformat(timespec="seconds"),
            "count": int(at[index + 1] - at[index]),
            "uploads": int(up[index + 1] - up[index]) if clock is Clock.EVENT else None,
            "looked": looked[index],
            "logged": "yes" if covered else "no",
        }


def _bounds(times: NDArray[np.int64], seen: list[Look], asked: Filter, clock: Clock) -> tuple[int, int] | None:
    """First and last microsecond to draw: the data, the interval asked for, and the looks on their clock."""
    low = [int(times[0])] if len(times) else []
    high = [int(times[-1])] if len(times) else []
    if asked.since is not None and (low or asked.until is not None):
        low.append(asked.since)
    if asked.until is not None and (high or asked.since is not None):
        high.append(asked.until - 1)
    if clock is Clock.OBSERVED and asked.since is None and asked.until is None and seen:
        low.append(seen[0].start)
        high.append(seen[-1].start)
    return (min(low), max(high)) if low and high else None


def _looked(seen: list[Look], cuts: NDArray[np.int64]) -> list[str]:
    """The best look of each bin."""
    found = ["no"] * (len(cuts) - 1)
    for look in seen:
        first = max(int(np.searchsorted(cuts, look.start, "right")) - 1, 0)
        last = min(int(np.searchsorted(cuts, look.end - 1, "right")) - 1, len(found) - 1)
        if look.end <= cuts[0] or look.start >= cuts[-1]:
            continue
        for index in range(first, last + 1):
            if RANK[look.status] > RANK[found[index]]:
                found[index] = look.status
    return found
