"""What the timeline draws: times, what each is, which of them pass the filter; and what nobody looked at or logged."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from workbench.case.readers import Reader
from workbench.core.batch import NULL
from workbench.core.filter import Clock, Filter
from workbench.core.records import Action
from workbench.core.times import DAY, Zone
from workbench.queries import select
from workbench.queries.files import items
from workbench.queries.gallery import wall
from workbench.queries.mask import size_of
from workbench.queries.news import news
from workbench.queries.table import networks
from workbench.queries.timeline import logged, looks
from workbench.queries.uploads import done

Grouping = Literal["uploads", "action", "source"]
GROUPINGS: tuple[Grouping, ...] = ("uploads", "action", "source")
UPLOADS, DOWNLOADS, LISTINGS, OTHER = "uploads", "downloads", "listings", "other"
UNLISTED, LISTED, UNKNOWN = "unlisted", "listed", "unknown"
ORIGINS = (UNLISTED, LISTED, UNKNOWN)
"""Whether the address of an upload is on no list, on one, or was not looked up."""
ACTIONS = (UPLOADS, DOWNLOADS, LISTINGS, OTHER)
_OF_ACTION = {Action.UPLOAD: 0, Action.DOWNLOAD: 1, Action.LIST: 2}
MOST_SOURCES = 8
EARLIEST, LATEST = -62_135_596_800_000_000, 253_402_300_799_000_000
"""The years 1 to 9999, for an interval that is open at an end."""


@dataclass(frozen=True)
class Stretch:
    """A half-open interval about which less is known: ``not-looked``, ``failed``, ``partial`` or ``no-log``."""

    kind: str
    start: int
    end: int


@dataclass(frozen=True)
class Plot:
    """Times on one clock, microseconds UTC, with a category each (an index into `names`) and whether each passes the
    filter (null: all do).

    On the clock *observed* a file appeared somewhere between `after` and `until`, which come instead of `times`.
    `hidden_own` counts events of the observer's own that are left out, `untimed` what has no time on this clock,
    `zoneless` the times whose zone nobody stated.
    """

    clock: Clock
    names: tuple[str, ...]
    times: NDArray[np.int64]
    categories: NDArray[np.uint8]
    mask: NDArray[np.bool_] | None = None
    after: NDArray[np.int64] | None = None
    until: NDArray[np.int64] | None = None
    stretches: tuple[Stretch, ...] = ()
    hidden_own: int = 0
    untimed: int = 0
    zoneless: int = 0


def plot(reader: Reader, asked: Filter, clock: Clock | None, by: Grouping = "uploads") -> Plot:
    """Everything on a clock; null takes the log's where there are events, else *observed*.

    `asked` is the filter without its time: the brush lies over the whole.
    """
    if clock is None:
        clock = Clock.EVENT if reader.value("SELECT 1 FROM event LIMIT 1") else Clock.OBSERVED
    asked = asked.without("time")
    if clock is Clock.EVENT:
        return _events(reader, asked, by)
    return _observed(reader, asked) if clock is Clock.OBSERVED else _stated(reader, asked, clock)


def _events(reader: Reader, asked: Filter, by: Grouping) -> Plot:
    columns = reader.arrays("event")
    base = select.events(reader, Filter(own=asked.own))
    if by == "uploads":
        base &= done(columns)
    timed = columns["time"] != NULL
    kept = base & timed
    mask = select.events(reader, asked)
    names, of = _categories(reader, columns, by)
    hidden = 0
    if not asked.own:
        own = select.live_events(reader) & select.own_addresses(reader)[columns["address"]]
        hidden = int(own.sum())
    shown = of[kept]
    names = names[: int(shown.max()) + 1] if len(shown) else names  # no word for what does not occur at the end
    whole = bool(mask[kept].all())
    everything = bool(kept.all())
    return Plot(
        Clock.EVENT,
        names,
        columns["time"] if everything else columns["time"][kept],
        shown,
        None if whole else mask[kept],
        stretches=_not_logged(reader, asked),
        hidden_own=hidden,
        untimed=int((base & ~timed).sum()),
        zoneless=int((columns["zone"][kept] == Zone.UNKNOWN).sum()),
    )


def _categories(reader: Reader, columns: Any, by: Grouping) -> tuple[tuple[str, ...], NDArray[np.uint8]]:
    if by == "source":
        rows = reader.all(
            "SELECT r.id, s.name FROM reading r JOIN log l ON l.id = r.log JOIN source s "
            "ON s.id = l.source ORDER BY s.id"
        )
        names = tuple(dict.fromkeys(name for _, name in rows))[:MOST_SOURCES]
        table = np.full(max((row[0] for row in rows), default=0) + 1, min(len(names), MOST_SOURCES - 1), np.uint8)
        for reading, name in rows:
            if name in names:
                table[reading] = names.index(name)
        return names, table[columns["reading"]]
    if by == "uploads":
        found = networks(reader)
        kinds = np.full(len(found.texts), ORIGINS.index(UNKNOWN), np.uint8)
        kinds[found.label >= 0] = ORIGINS.index(LISTED)
        kinds[found.unlisted] = ORIGINS.index(UNLISTED)
        return ORIGINS, kinds[columns["address"]]
    table = np.full(len(Action), ACTIONS.index(OTHER), np.uint8)
    for action, place in _OF_ACTION.items():
        table[action] = place
    actions = table[columns["action"]]
    actions[(columns["action"] == Action.UPLOAD) & ~done(columns)] = ACTIONS.index(OTHER)
    return ACTIONS, actions


def _observed(reader: Reader, asked: Filter) -> Plot:
    """Files by the looks between which they appeared. What no look lacked may always have been there."""
    shown = wall(reader, asked)
    seen = looks(reader, Filter())
    starts = np.zeros(size_of(reader, "snapshot") + 1, np.int64)
    starts[[look.snapshot for look in seen]] = [look.start for look in seen]
    rows = shown.sighting - 1
    since = news(reader).since[rows]
    until, after, known = starts[reader.arrays("sighting")["snapshot"][rows]], starts[since], since > 0
    return Plot(
        Clock.OBSERVED,
        ("observed",),
        until[~known] if not known.any() else np.empty(0, np.int64),
        np.zeros(int((~known).sum()) if not known.any() else 0, np.uint8),
        after=after[known] if known.any() else None,
        until=until[known] if known.any() else None,
        stretches=_not_looked(seen),
        untimed=int((~known).sum()) if known.any() else 0,
    )


def _stated(reader: Reader, asked: Filter, clock: Clock) -> Plot:
    """Files by the earliest time that the server, or the file itself, states."""
    every = items(reader, Filter())
    times = _modified(reader) if clock is Clock.MODIFIED else _embedded(reader)
    known = np.isin(every.ids, times[0])
    ids = every.ids[known]
    place = np.searchsorted(times[0], ids)
    values, zones = times[1][place], times[2][place]
    shown = items(reader, asked).ids
    mask = None if len(shown) == len(every) else np.isin(ids, shown)
    return Plot(
        clock,
        (str(clock),),
        values,
        np.zeros(len(values), np.uint8),
        mask,
        untimed=int((~known).sum()),
        zoneless=int((zones == 0).sum()),
    )


_Stated = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int8]]
"""Items ascending, the earliest time of each, and its zone."""


def _modified(reader: Reader) -> _Stated:
    columns = reader.arrays("sighting")
    of = columns["object"].astype(np.int64)
    own = np.where(of > 0, of, -np.arange(1, len(of) + 1))
    rows = np.flatnonzero(columns["modified"] != NULL)
    rows = rows[np.lexsort((columns["modified"][rows], own[rows]))]
    ids, at = np.unique(own[rows], return_index=True)
    return ids, columns["modified"][rows][at].astype(np.int64), columns["zone"][rows][at].astype(np.int8)


def _embedded(reader: Reader) -> _Stated:
    rows = reader.all(
        "SELECT f.object, min(f.value), max(z.value) FROM fact f LEFT JOIN fact z "
        "ON z.analysis = f.analysis AND z.key = f.key || '.zone' "
        "WHERE f.key IN ('exif.datetime_original', 'exif.datetime') GROUP BY f.object ORDER BY f.object"
    )
    zones = [0 if row[2] in (None, 0, "unknown") else 1 for row in rows]
    return (
        np.array([row[0] for row in rows], np.int64),
        np.array([row[1] for row in rows], np.int64),
        np.array(zones, np.int8),
    )


def _not_logged(reader: Reader, asked: Filter) -> tuple[Stretch, ...]:
    """Days between what the logs cover. A pause shorter than two days is a quiet server, not a missing log."""
    spans = logged(reader, Filter(source=asked.source))
    found: list[Stretch] = []
    covered = None
    for start, end in zip(spans.start.tolist(), spans.end.tolist(), strict=True):
        if covered is not None and start > covered:
            found.append(Stretch("no-log", covered, start))
        covered = max(covered or end, end)
    seen = looks(reader, Filter(source=asked.source))
    if covered is not None and seen:
        first, last = int(spans.start.min()), covered
        if seen[0].start < first - DAY:
            found.insert(0, Stretch("no-log", seen[0].start, first))
        if seen[-1].end > last + DAY:
            found.append(Stretch("no-log", last, seen[-1].end))
    return (*found, *(each for each in _not_looked(seen) if each.kind in ("not-looked", "failed")))


def _not_looked(seen: list[Any]) -> tuple[Stretch, ...]:
    """Days without a look among looks that come daily, and looks that failed or saw a part."""
    found = [
        Stretch(look.status, look.start, max(look.end, look.start + 1))
        for look in seen
        if look.status in ("failed", "partial")
    ]
    days = sorted({look.start // DAY for look in seen})
    if len(days) > 2 and float(np.median(np.diff(days))) <= 1.5:
        found += [
            Stretch("not-looked", (first + 1) * DAY, second * DAY)
            for first, second in pairwise(days)
            if second - first > 1
        ]
    return tuple(sorted(found, key=lambda each: each.start))
