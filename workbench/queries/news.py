"""What each look brought, for every sighting: the claims of `workbench.queries.walk`, as the gallery needs them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from workbench.case.columns import Columns
from workbench.case.readers import Reader
from workbench.queries import walk
from workbench.queries.covering import looks
from workbench.queries.mask import size_of
from workbench.queries.walk import ADDED, CHANGED, MOVED, REMOVED, RETURNED, TIME_CHANGED

__all__ = ["ADDED", "CHANGED", "KINDS", "MOVED", "NEW", "RETURNED", "TABLES", "TIME_CHANGED", "News", "kept", "news"]

KINDS = walk.KINDS[:REMOVED]
NEW = KINDS[: RETURNED + 1]
"""What places a file under its look in the gallery: another claimed time does not make it new."""
TABLES = ("sighting", "snapshot", "snapshot_end", "coverage")
"""What news is made of."""

T = TypeVar("T")


@dataclass(frozen=True)
class News:
    """`kind` and `since` per sighting (at id - 1); the others are per snapshot, at its id.

    `kind` indexes `KINDS`. `since` is the last look (id) that showed it otherwise, 0 where none is known. `rank` is the
    place of a look in time, 0 where there is none. `compared` says whether the look was held against one before it:
    where it was not, nothing in it is called new.
    """

    kind: NDArray[np.int8]
    since: NDArray[np.int32]
    rank: NDArray[np.int32]
    compared: NDArray[np.bool_]
    removed: NDArray[np.int64]
    newest: frozenset[int]
    """The last look at each source."""

    @property
    def places(self) -> NDArray[np.bool_]:
        """Which sightings place their file under their look, because it was new there?"""
        found: NDArray[np.bool_] = (self.kind > 0) & (self.kind < len(NEW))
        return found


def news(reader: Reader) -> News:
    """What each look brought."""

    def make() -> News:
        course = walk.course(reader)
        count = len(reader.arrays("sighting")["path"])
        size = size_of(reader, "snapshot") + 1
        kind, since = np.zeros(count, np.int8), np.zeros(count, np.int32)
        gone = course.claims.kind == REMOVED
        here = course.claims.at(~gone)
        kind[here.row], since[here.row] = here.kind, here.since
        rank, compared = np.zeros(size, np.int32), np.zeros(size, bool)
        own = looks(reader)
        rank[[each.id for each in own]] = np.arange(1, len(own) + 1)
        compared[list(course.compared)] = True
        removed = np.bincount(course.claims.look[gone], minlength=size).astype(np.int64)
        newest = {each.source: each.id for each in own}
        return News(kind, since, rank, compared, removed, frozenset(newest.values()))

    return kept(reader, "news", TABLES, make)


_KEPT: WeakKeyDictionary[Columns, dict[str, tuple[tuple[int, ...], Any]]] = WeakKeyDictionary()


def kept(reader: Reader, name: str, tables: tuple[str, ...], make: Callable[[], T]) -> T:
    """`make()`, remembered for all readers of a case for as long as no row is added to these append-only tables.

    Unlike `Reader.memoised` it outlives marks, which come with every key that a reviewer presses.
    """
    stamp = tuple(int(reader.value(f"SELECT ifnull(max(id), 0) FROM {each}")) for each in tables)
    own = _KEPT.setdefault(reader.columns, {})
    found = own.get(name)
    if found is None or found[0] != stamp:
        found = own[name] = (stamp, make())
    return found[1]
