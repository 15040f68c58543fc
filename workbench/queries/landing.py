"""What stands above the gallery while it shows looks: which these are, how they went and what they brought, and which
looks *Today* shows of every source.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, tzinfo

import numpy as np
from numpy.typing import NDArray

from workbench.case.readers import Reader
from workbench.core.filter import Filter
from workbench.core.messages import Message
from workbench.queries import walk, watched
from workbench.queries.calendar import Day, day_of, days
from workbench.queries.covering import Look, looks
from workbench.queries.gallery import judged
from workbench.queries.news import NEW
from workbench.queries.shown import chunks, marks
from workbench.queries.walk import KINDS

MOST_FOLDERS = 40
"""Folders that were not listed and are named one by one."""

ANSWERED = "not-modified"
"""The rule of a file of which the server itself said that it is unchanged."""


@dataclass(frozen=True)
class Place:
    """What Today shows of one source: its last look that could be compared, else the last that saw anything.

    `last` is its last look, whatever became of it; `why` is what it says about its failure, where it failed; `files`
    counts what `shown` brought, by paths.
    """

    source: int
    name: str
    watched: bool
    last: Look
    shown: Look
    compared: bool
    files: int
    filter: Filter
    why: Message | None = None


@dataclass(frozen=True)
class Heading:
    """The looks that are shown, in time. `kinds` counts what they brought, by paths, in the order of `walk.KINDS`;
    `unseen` how many of the new items nobody has judged.

    `compared` says whether any of them could be; `before` is the look before the first of them that could show what is
    missing. `files` and `not_fetched` are of the last one, as are `listed_only` and `answered`: files that were not
    fetched again, because the listing says of them what it said before, or because the server answered that they are
    unchanged (304). `coverage` counts its folders, `why` is what it says about its failure. `first` says that no look
    at the source came before it that saw anything.
    """

    looks: tuple[Look, ...]
    names: tuple[str, ...]
    kinds: tuple[tuple[str, int], ...]
    new: int
    unseen: int
    compared: bool
    before: Look | None
    files: int
    not_fetched: int
    coverage: tuple[tuple[str, int], ...]
    why: Message | None
    first: bool
    listed_only: int = 0
    answered: int = 0

    @property
    def last(self) -> Look:
        """The last one of the looks."""
        return self.looks[-1]


@dataclass(frozen=True)
class Landing:
    """All sources that were looked at, the one looked at last first; those that wait for their first look (names);
    what is shown; the days of its source, or of all sources where several are shown, with the looks (ids) of each.
    """

    places: tuple[Place, ...]
    waiting: tuple[str, ...]
    heading: Heading | None
    days: tuple[Day, ...]
    looks: dict[date, tuple[int, ...]]

    def place_of(self, look: Look) -> Place | None:
        """What Today shows of the source of a look."""
        return next((each for each in self.places if each.source == look.source), None)


def landing(reader: Reader, snapshots: Sequence[int], zone: tzinfo, now: int | None = None) -> Landing:
    """Everything of one moment; with no looks, or with looks that are not there, there is no heading."""
    every = looks(reader)
    shown = [each for each in every if each.id in set(snapshots)]
    sources = {each.source for each in shown}
    only = sources.pop() if len(sources) == 1 else None
    on: dict[date, list[int]] = {}
    for look in every:
        if only is None or look.source == only:
            on.setdefault(day_of(look, zone), []).append(look.id)
    return Landing(
        places=tuple(places(reader)),
        waiting=tuple(waiting(reader)),
        heading=_heading(reader, every, shown) if shown else None,
        days=tuple(days(reader, zone, only, now)),
        looks={day: tuple(ids) for day, ids in on.items()},
    )


def places(reader: Reader) -> list[Place]:
    """What Today shows of each source. Watched sources come first, then the one that was looked at last."""
    names = dict(reader.all("SELECT id, name FROM source"))
    known = {source for (source,) in reader.all("SELECT DISTINCT source FROM watch")}
    course = walk.course(reader)
    by_source: dict[int, list[Look]] = {}
    for look in looks(reader):
        by_source.setdefault(look.source, []).append(look)
    found: list[Place] = []
    for source, own in by_source.items():
        compared = [each for each in own if each.id in course.compared]
        shown = compared[-1] if compared else _telling(own)
        counts = dict(_counted(course.of(shown.id).kind))
        asked = asked_of((shown.id,), counts)
        files = sum(counts.values())
        why = _why(reader, own[-1].id) if own[-1].status == "failed" else None
        found.append(Place(source, names[source], source in known, own[-1], shown, bool(compared), files, asked, why))
    return sorted(found, key=lambda each: (not each.watched, -each.last.observed, -each.last.id))


def waiting(reader: Reader) -> list[str]:
    """Watched sources that were never looked at."""
    return [each.name for each in watched.sources(reader) if each.snapshot is None]


def first_filter(reader: Reader) -> Filter | None:
    """What a case with a watched server opens on; null where none is watched, or none was looked at yet."""
    return next((each.filter for each in places(reader) if each.watched), None)


def asked_of(snapshots: tuple[int, ...], counts: dict[str, int]) -> Filter:
    """The filter that shows what looks brought: what is new; else what else changed; else all that they saw."""
    new = tuple(kind for kind in counts if kind in NEW)
    return Filter(snapshot=snapshots, change=new or tuple(counts))


def unlisted(reader: Reader, snapshot: int) -> list[tuple[str, str]]:
    """Folders that a look did not list, and what became of each (refused, failed, not reached); the top is empty."""
    return reader.all(
        "SELECT ifnull(p.display, ''), c.state FROM coverage c LEFT JOIN path p ON p.id = c.path WHERE c.id IN "
        "(SELECT max(id) FROM coverage WHERE snapshot = ? GROUP BY path) AND c.state <> 'listed' "
        "ORDER BY c.state DESC, p.key LIMIT ?",
        (snapshot, MOST_FOLDERS),
    )


def _telling(own: list[Look]) -> Look:
    """The last look that saw anything; where none did, the last one."""
    return next((each for each in reversed(own) if each.status != "failed"), own[-1])


def _counted(kinds: NDArray[np.int8]) -> list[tuple[str, int]]:
    counts = np.bincount(kinds, minlength=len(KINDS)).tolist()
    return [(kind, count) for kind, count in zip(KINDS, counts, strict=True) if kind and count]


def _heading(reader: Reader, every: list[Look], shown: list[Look]) -> Heading:
    course = walk.course(reader)
    last = shown[-1]
    claims = [course.of(each.id) for each in shown]
    kinds = np.concatenate([each.kind for each in claims])
    rows = np.concatenate([each.row for each in claims])
    columns = reader.arrays("sighting")
    new = rows[(kinds > 0) & (kinds < len(NEW))]
    of = columns["object"][new].astype(np.int64)
    ids = np.unique(np.where(of > 0, of, -(new + 1)))
    own = np.flatnonzero(columns["snapshot"] == last.id)
    base = next((course.compared[each.id] for each in shown if each.id in course.compared), None)
    names = dict(_names(reader, [each.source for each in shown]))
    trusted = _trusted(reader, own, last.id)
    earlier = [each for each in every if each.source == last.source and each.status != "failed"]
    return Heading(
        looks=tuple(shown),
        names=tuple(dict.fromkeys(names[each.source] for each in shown)),
        kinds=tuple(_counted(kinds)),
        new=len(ids),
        unseen=int((~judged(reader, ids)).sum()),
        compared=base is not None,
        before=next((each for each in every if each.id == base), None),
        files=len(own),
        not_fetched=int((columns["object"][own] == 0).sum()),
        coverage=tuple(_coverage(reader, last.id)),
        why=_why(reader, last.id),
        first=not earlier or earlier[0].id in {each.id for each in shown} or last.observed <= earlier[0].observed,
        listed_only=sum(trusted.values()) - trusted.get(ANSWERED, 0),
        answered=trusted.get(ANSWERED, 0),
    )


def _names(reader: Reader, sources: list[int]) -> list[tuple[int, str]]:
    return [
        row
        for part in chunks(sorted(set(sources)))
        for row in reader.all(f"SELECT id, name FROM source WHERE id IN ({marks(part)})", part)
    ]


def _coverage(reader: Reader, snapshot: int) -> list[tuple[str, int]]:
    return reader.all(
        "SELECT state, count(*) FROM (SELECT state, max(id) FROM coverage WHERE snapshot = ? GROUP BY path) "
        "GROUP BY state ORDER BY state",
        (snapshot,),
    )


def _trusted(reader: Reader, own: NDArray[np.int64], look: int) -> dict[str, int]:
    """By rule, how many of a look's sightings (their places) show bytes that were not fetched again."""
    if not len(own):
        return {}
    return dict(
        reader.all(
            "SELECT t.rule, count(*) FROM trusted t JOIN sighting s ON s.id = t.sighting "
            "WHERE t.sighting BETWEEN ? AND ? AND s.snapshot = ? GROUP BY t.rule",
            (int(own[0]) + 1, int(own[-1]) + 1, look),
        )
    )


def _why(reader: Reader, snapshot: int) -> Message | None:
    row = reader.conn.execute(
        "SELECT code, arguments FROM warning WHERE snapshot = ? AND path IS NULL ORDER BY id LIMIT 1", (snapshot,)
    ).fetchone()
    return None if row is None else Message(row[0], json.loads(row[1]))
