"""The looks of a case in time, and what each of them proves not to have been there.

Never claim more than was seen: that a file is missing from a look says something only where the look listed the folder.
- A *complete* look covers everything but what it warns of.
- A *partial* look at the whole of a source covers what it listed: of the rows of `coverage` the one of the nearest
  folder above the file decides, the last one where there are several. What it did not list it must say; a folder that
  has no row was not there.
- A path about which either warns was met, whatever became of it (a link that was not followed, a row of which the
  server tells no more): neither it nor what is below it is missing, unless it has a row of its own that says that it
  was listed.
- A look that was *declared* to be of a part (``--scope partial``) covers nothing, whatever folders it listed.
- A *failed* look, and one without an end, cover nothing: they may have stopped between listing a folder and recording
  what stood in it. So may one that was *abandoned*: cut off, and ended later as it was.
What any look saw, was there.
"""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from workbench.case.readers import Reader
from workbench.core.times import DAY

ABANDONED = "look-abandoned"
"""The warning of a look that was cut off, and ended as it was when the next one began."""

Paths = NDArray[np.int64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Look:
    """One look; `status` is ``running`` while it has no end. `listed` is 1 where it has listed some folder, and was not
    abandoned.
    """

    id: int
    source: int
    observed: int
    precision: int
    status: str
    scope: str
    listed: int

    @property
    def covers_all(self) -> bool:
        """Is whatever it lacks missing, unless it warns of it?"""
        return self.status == "complete"

    @property
    def covers_some(self) -> bool:
        """Can it show at all that something is missing?"""
        return self.covers_all or (self.status == "partial" and self.scope == "complete" and bool(self.listed))


def looks(reader: Reader) -> list[Look]:
    """Every look, by the time at which it was made."""

    def make() -> list[Look]:
        rows = reader.all(
            "SELECT n.id, n.source, n.observed, n.precision, ifnull(e.status, 'running'), n.scope, "
            "EXISTS (SELECT 1 FROM coverage c WHERE c.snapshot = n.id AND c.state = 'listed') AND NOT EXISTS "
            f"(SELECT 1 FROM warning w WHERE w.snapshot = n.id AND w.code = '{ABANDONED}') "
            "FROM snapshot n LEFT JOIN snapshot_end e ON e.snapshot = n.id ORDER BY n.observed, n.id"
        )
        return in_order([Look(*row) for row in rows], out_of_order(reader))

    return reader.memoised("looks", make, ("snapshot", "snapshot_end", "coverage"))


def in_order(found: list[Look], ours: Set[int]) -> list[Look]:
    """Looks in the order in which they were made. Of those made under a clock that went back (`ours`) the case
    knows the order, which no clock changes: they keep their places in time, each taken by the next of them.
    """
    places: dict[int, list[int]] = {}
    for place, look in enumerate(found):
        if look.id in ours:
            places.setdefault(look.source, []).append(place)
    ordered = list(found)
    for own in places.values():
        for place, look in zip(own, sorted((found[each] for each in own), key=lambda each: each.id), strict=True):
            ordered[place] = look
    return ordered


_MADE = (
    "SELECT n.id, n.source, o.time < o.latest FROM (SELECT seq, time, max(time) OVER "
    "(ORDER BY seq ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS latest FROM op) o "
    "JOIN op_rows r ON r.op = o.seq AND r.tab = 'snapshot' JOIN snapshot n ON n.id BETWEEN r.first AND r.last "
    f"WHERE n.basis = 'witnessed' AND abs(o.time - n.observed) < {DAY} ORDER BY n.id"
)
"""Looks that were made when they were recorded, and whether a clock had been set back by then."""


def out_of_order(reader: Reader) -> Set[int]:
    """Looks of our own (id) at sources where the clock went back between two of them. A look that was taken in late,
    with the time at which it had been made, is none.
    """
    made = reader.all(_MADE)
    wrong = {source for _, source, back in made if back}
    return {row for row, source, _ in made if source in wrong}


def contradicting(reader: Reader) -> list[int]:
    """Looks of ours (id) that were made after the clock was set back."""
    return [row for row, _, back in reader.all(_MADE) if back]


def parents(reader: Reader) -> Paths:
    """The folder of every path, by id; 0 is the root."""

    def make() -> Paths:
        # One text of numbers, put together by SQLite while Python does other things; a row each would take five times
        # as long. Ids run from 1 without a gap.
        listed = reader.value(
            "SELECT group_concat(parent) FROM (SELECT ifnull(parent, 0) AS parent FROM path ORDER BY id)"
        )
        return np.concatenate([[0], _numbers(listed)]).astype(np.int64)

    return reader.memoised("path-parents", make, ("path",))


def _numbers(listed: str | None) -> Paths:
    return np.fromstring(listed, np.int64, sep=",") if listed else np.empty(0, np.int64)


def _places(some: Paths, among: Paths) -> Paths:
    """Where those of some ids stand that are among others, which ascend."""
    at = np.searchsorted(among, some)
    at, some = at[at < len(among)], some[at < len(among)]
    found: Paths = at[among[at] == some]
    return found


class Ground:
    """The paths of one source (ids, ascending), and which of them its looks cover."""

    def __init__(self, reader: Reader, paths: Paths) -> None:
        self._reader = reader
        self._paths = paths
        self._folders: Paths | None = None
        self._above = self._of = np.empty(0, np.int64)

    def covered(self, look: Look, *, lenient: bool = False) -> Mask | None:
        """Of which paths does the look show whether they are there? Null: of none. `lenient` takes the folders that a
        partial look listed for listed, although it was declared to be of a part.
        """
        if not look.covers_some and not (lenient and look.status == "partial" and look.listed):
            return None
        warned = self._reader.all(
            "SELECT w.path, EXISTS (SELECT 1 FROM path p WHERE p.parent = w.path) FROM warning w "
            "WHERE w.snapshot = ? AND w.path IS NOT NULL",
            (look.id,),
        )
        met = np.array([path for path, _ in warned], np.int64)
        if look.covers_all and not any(has_below for _, has_below in warned):
            covered = np.ones(len(self._paths), bool)
        else:
            covered = self._by_folder(look, met)
        covered[_places(met, self._paths)] = False
        return covered

    def _by_folder(self, look: Look, met: Paths) -> Mask:
        folders = self._lay_out()
        said = _numbers(
            self._reader.value(
                "SELECT group_concat(said) FROM (SELECT ifnull(path, 0) * 2 + (state = 'listed') AS said "
                "FROM coverage WHERE snapshot = ? ORDER BY id)",
                (look.id,),
            )
        )
        at = np.minimum(np.searchsorted(folders, said // 2), len(folders) - 1)
        known = folders[at] == said // 2
        state = np.zeros(len(folders), np.int8)
        warned = _places(met, folders)
        state[warned] = 1
        state[at[known]] = 1 + said[known] % 2  # of several the last one stays
        if look.covers_all:
            # What it neither listed nor warns of is covered as the start is.
            state[state < 2] = 0
            state[warned] = np.maximum(state[warned], 1)
            state[0] = 2
        nearest = np.where(state > 0, np.arange(len(folders)), self._above)
        while True:  # each round leaps twice as far, so that a tree of any depth takes a few
            further = nearest[nearest]
            if np.array_equal(further, nearest):
                break
            nearest = further
        listed: Mask = state[nearest] == 2
        return listed[self._of]

    def _lay_out(self) -> Paths:
        """The folders above the paths (ids, ascending, the root first), with the place of the folder above each."""
        if self._folders is None:
            above = parents(self._reader)
            there = np.zeros(len(above), bool)
            there[0] = True
            fresh = np.unique(above[self._paths])
            while len(fresh := fresh[~there[fresh]]):
                there[fresh] = True
                fresh = np.unique(above[fresh])
            self._folders = np.flatnonzero(there)
            self._above = np.searchsorted(self._folders, above[self._folders])
            self._of = np.searchsorted(self._folders, above[self._paths])
        return self._folders
