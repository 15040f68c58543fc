"""What each look brought: for every sighting whether it is new, changed, moved or returned against the look before.

The same rules as `workbench.queries.changes`, in numpy over all looks at once, because a gallery asks it of a million
sightings each time a case is opened. Only two complete looks are compared; everything else claims nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from workbench.case.columns import Arrays, Columns
from workbench.case.readers import Reader

KINDS = ("", "added", "changed", "moved", "returned")
ADDED, CHANGED, MOVED, RETURNED = range(1, 5)

T = TypeVar("T")


@dataclass(frozen=True)
class News:
    """`kind` per sighting (at id - 1) indexes `KINDS`; the others are per snapshot, at its id.

    `rank` is the place of a look in time, 0 where there is none. `compared` says whether the look was held against
    one before it: where it was not, nothing in it is called new.
    """

    kind: NDArray[np.int8]
    rank: NDArray[np.int32]
    compared: NDArray[np.bool_]
    removed: NDArray[np.int64]
    newest: frozenset[int]
    """The last look at each source."""


def news(reader: Reader) -> News:
    """What each look brought."""

    def make() -> News:
        return _News(reader).run()

    return kept(reader, "news", ("sighting", "snapshot", "snapshot_end"), make)


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


class _News:
    def __init__(self, reader: Reader) -> None:
        columns: Arrays = reader.arrays("sighting")
        self.paths, self.objects = columns["path"], columns["object"]
        self.looks = reader.all(
            "SELECT n.source, n.id, ifnull(e.status, '') FROM snapshot n LEFT JOIN snapshot_end e ON e.snapshot = n.id "
            "ORDER BY n.observed, n.id"
        )
        size = max((row[1] for row in self.looks), default=0) + 1
        self.order = np.argsort(columns["snapshot"], kind="stable")
        self.bounds = np.searchsorted(columns["snapshot"][self.order], np.arange(size + 1))
        self.kind = np.zeros(len(self.paths), np.int8)
        self.rank = np.zeros(size, np.int32)
        self.compared = np.zeros(size, bool)
        self.removed = np.zeros(size, np.int64)
        self.most = int(self.paths.max()) + 1 if len(self.paths) else 1

    def run(self) -> News:
        for rank, (_, look, _) in enumerate(self.looks, start=1):
            self.rank[look] = rank
        newest = {source: look for source, look, _ in self.looks}
        for source in newest:
            own = [(look, status) for each, look, status in self.looks if each == source]
            if sum(status == "complete" for _, status in own) > 1:
                self._source(own)
        return News(self.kind, self.rank, self.compared, self.removed, frozenset(newest.values()))

    def _source(self, looks: list[tuple[int, str]]) -> None:
        seen = np.zeros(self.most, bool)
        """Paths in looks before the older one of the pair."""
        walk: Iterator[int] = iter(look for look, _ in looks)
        for old, new in pairwise(look for look, status in looks if status == "complete"):
            for look in walk:
                if look == old:
                    break
                seen[self.paths[self._rows(look)]] = True
            self._pair(self._rows(old), self._rows(new), new, seen)
            seen[self.paths[self._rows(old)]] = True

    def _rows(self, look: int) -> NDArray[np.int64]:
        return self.order[self.bounds[look] : self.bounds[look + 1]]

    def _pair(self, old: NDArray[np.int64], new: NDArray[np.int64], look: int, seen: NDArray[np.bool_]) -> None:
        before, after = self.paths[old], self.paths[new]
        by_path = np.argsort(before, kind="stable")
        sorted_before = before[by_path]
        place = np.minimum(np.searchsorted(sorted_before, after), max(len(before) - 1, 0))
        there = sorted_before[place] == after if len(before) else np.zeros(len(after), bool)
        kind = np.zeros(len(new), np.int8)
        objects = self.objects[new]
        if len(before):
            held = self.objects[old][by_path][place]
            kind[there & (held != objects) & (held > 0) & (objects > 0)] = CHANGED  # unknown bytes are not other bytes
        fresh = np.flatnonzero(~there)
        kind[fresh] = np.where(seen[after[fresh]], RETURNED, ADDED)
        gone = old[~np.isin(before, after)]
        gone_objects = self.objects[gone]
        moved = _paired(objects[fresh], gone_objects[gone_objects > 0])
        kind[fresh[moved]] = MOVED
        self.kind[new] = kind
        self.compared[look] = True
        self.removed[look] = len(gone) - int(moved.sum())


def _paired(wanted: NDArray[Any], there: NDArray[Any]) -> NDArray[np.bool_]:
    """Which of `wanted` find a partner of the same value in `there`, each partner taken once, first come first."""
    found = np.zeros(len(wanted), bool)
    if not len(wanted) or not len(there):
        return found
    values, counts = np.unique(there, return_counts=True)
    order = np.argsort(wanted, kind="stable")
    own = wanted[order]
    starts = np.flatnonzero(np.concatenate([[True], own[1:] != own[:-1]]))
    nth = np.arange(len(own)) - np.repeat(starts, np.diff(np.append(starts, len(own))))
    place = np.minimum(np.searchsorted(values, own), len(values) - 1)
    found[order] = (values[place] == own) & (nth < counts[place])
    return found
