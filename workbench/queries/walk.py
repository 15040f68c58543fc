"""What changed, look by look: the one place where the rules stand.

The looks of a source are walked in time, and of every path is kept when it was seen and when it was known to be absent
(`workbench.queries.covering` says which look can know). A look that can show that something is missing, with such a
look before it, is *compared* with all that is known until then; no other look claims anything, but what it saw counts
as known to have been there. Of a path a compared look says that it was
- **added**: absent at an earlier look, and not seen before that; **returned**: absent, and seen before that;
- **removed**: there when it was last seen, and now shown to be missing;
- **moved**: it would be added or returned, and the same bytes were removed from another path in this look;
- **changed**: other bytes than in the last compared look that saw it, both known;
- **time-changed**: another claimed time than then, the bytes not known to be others. A time of known zone and one of
  unknown zone cannot be compared; a fine time within the span of a coarse one is no other time.
What was there when its folder was first listed is none of these.

All in numpy, since a gallery asks it of a million sightings each time a case is opened.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from workbench.case.columns import Arrays
from workbench.case.readers import Reader
from workbench.core.batch import NULL
from workbench.core.times import Precision, Zone
from workbench.queries.covering import Ground, Look, Mask, looks

KINDS = ("", "added", "changed", "moved", "returned", "time-changed", "removed")
ADDED, CHANGED, MOVED, RETURNED, TIME_CHANGED, REMOVED = range(1, 7)

Ints = NDArray[np.int64]
_WIDTHS = np.array([each.micros for each in Precision], np.int64)


@dataclass(frozen=True)
class Claims:
    """Claims in columns. `kind` indexes `KINDS`; `look` is the look that shows it. `row` is the sighting (id - 1) that
    shows it, of what was removed the last one. `base` is the sighting to which it is compared, or that was moved; else
    -1. `since` is the last look that showed it otherwise: without the file where it appeared, with it where it is gone.

    Kind 0 is no claim: something appeared after it was known to be absent, in a look that is not compared.
    """

    kind: NDArray[np.int8]
    look: Ints
    row: Ints
    base: Ints
    since: Ints

    def __len__(self) -> int:
        return len(self.kind)

    def at(self, which: NDArray[np.generic] | slice) -> Claims:
        """Some of them."""
        return Claims(self.kind[which], self.look[which], self.row[which], self.base[which], self.since[which])


@dataclass(frozen=True)
class Course:
    """All claims, look by look, and the compared looks (id) of every source in time, each with the one before it."""

    claims: Claims
    compared: dict[int, int]
    _bounds: dict[int, tuple[int, int]]

    def of(self, look: int) -> Claims:
        """The claims of one look."""
        return self.claims.at(slice(*self._bounds.get(look, (0, 0))))


def course(reader: Reader) -> Course:
    """Every look at every source against what was known before it."""
    return reader.memoised("course", lambda: _course(reader), ("sighting", "snapshot", "snapshot_end", "coverage"))


def compared(reader: Reader) -> dict[int, int]:
    """The looks (id) that are compared, each with the last one before it that shows what is missing; by source."""
    found: dict[int, int] = {}
    last: dict[int, int] = {}
    for look in sorted(looks(reader), key=lambda each: each.source):
        if look.covers_some:
            if look.source in last:
                found[look.id] = last[look.source]
            last[look.source] = look.id
    return found


def _course(reader: Reader) -> Course:
    parts: list[Claims] = []
    bounds: dict[int, tuple[int, int]] = {}
    end = 0
    by_source: dict[int, list[Look]] = {}
    for look in looks(reader):
        by_source.setdefault(look.source, []).append(look)
    telling = compared(reader)
    # Where no look but the last can show anything missing, nothing is known to have been absent before.
    worth = [own for own in by_source.values() if any(each.covers_some for each in own[:-1])]
    if not worth:
        return Course(joined(parts), telling, bounds)
    by_look = _ByLook(reader)
    for own in worth:
        walk = by_look.walk(reader, own)
        for rank, look in enumerate(own, start=1):
            covered = walk.ground.covered(look)
            made = walk.step(rank, by_look.rows(look.id), covered, kept=covered is not None, tells=look.id in telling)
            if len(made):
                parts.append(made)
                bounds[look.id] = (end, end := end + len(made))
    return Course(joined(parts), telling, bounds)


def between(reader: Reader, old: int, new: int) -> Claims:
    """Two looks at one source, by id, and nothing else but whether something was seen before them. Whoever names them
    says that they can be compared: folders that the older one listed were listed, also if it was of a part.
    """
    every = {each.id: each for each in looks(reader)}
    before = [each for each in every.values() if each.source == every[old].source and each.id not in (old, new)]
    rank_of = {each: number for number, each in enumerate(every)}
    before = [each for each in before if rank_of[each.id] < rank_of[old]]
    own = [*before, every[old], every[new]]
    by_look = _ByLook(reader)
    walk = by_look.walk(reader, own)
    for rank, look in enumerate(before, start=1):
        walk.mention(rank, by_look.rows(look.id))
    rank = len(own)
    covered = walk.ground.covered(every[old], lenient=True)
    walk.step(rank - 1, by_look.rows(old), covered, kept=True, tells=False)
    return walk.step(rank, by_look.rows(new), walk.ground.covered(every[new]), kept=True, tells=True)


def joined(parts: Sequence[Claims]) -> Claims:
    """One after the other."""
    names = ("kind", "look", "row", "base", "since")
    if not parts:
        return Claims(np.empty(0, np.int8), *(np.empty(0, np.int64) for _ in names[1:]))
    return Claims(*(np.concatenate([getattr(each, name) for each in parts]) for name in names))


class _ByLook:
    """The sightings of every look."""

    def __init__(self, reader: Reader) -> None:
        self.columns = reader.arrays("sighting")
        snapshots = self.columns["snapshot"]
        self._order = np.argsort(snapshots, kind="stable")
        highest = int(snapshots.max()) if len(snapshots) else 0
        self._bounds = np.searchsorted(snapshots[self._order], np.arange(highest + 2))

    def rows(self, look: int) -> Ints:
        """In the order in which they were taken in."""
        return self._order[slice(*self._bounds[look : look + 2])] if look + 1 < len(self._bounds) else self._order[:0]

    def walk(self, reader: Reader, own: Sequence[Look]) -> Walk:
        """The beginning of a walk through these looks."""
        paths = self.columns["path"]
        there = np.zeros(int(paths.max()) + 1 if len(paths) else 1, bool)
        for look in own:
            there[paths[self.rows(look.id)]] = True
        ids = np.flatnonzero(there)
        codes = np.zeros(len(there), np.int32)
        codes[ids] = np.arange(len(ids), dtype=np.int32)
        return Walk(self.columns, Ground(reader, ids), codes, np.array([0, *(each.id for each in own)]), len(ids))


@dataclass
class Walk:
    """What is known of every path of a source (by its place among them) after some of its looks. Looks are told by
    their rank, from 1; rows by id of sighting, 0 where there is none.
    """

    columns: Arrays
    ground: Ground
    codes: NDArray[np.int32]
    looks: Ints
    size: int
    first: NDArray[np.int32] = field(init=False)
    """The look that saw it first."""
    seen: NDArray[np.int32] = field(init=False)
    row: Ints = field(init=False)
    """The last look that saw it, and its sighting there."""
    kept: NDArray[np.int32] = field(init=False)
    kept_row: Ints = field(init=False)
    """The same, of the looks that are compared, or compared with."""
    absent: NDArray[np.int32] = field(init=False)
    """The last look that shows that it was not there."""

    def __post_init__(self) -> None:
        self.first, self.seen, self.kept, self.absent = (np.zeros(self.size, np.int32) for _ in range(4))
        self.row, self.kept_row = (np.zeros(self.size, np.int64) for _ in range(2))

    def mention(self, rank: int, rows: Ints) -> None:
        """A look that says only that something was seen before."""
        at = self.codes[self.columns["path"][rows]]
        at = at[self.first[at] == 0]
        self.first[at] = rank

    def step(self, rank: int, rows: Ints, covered: Mask | None, *, kept: bool, tells: bool) -> Claims:
        """The next look: its sightings, what it covers, whether later ones are compared with it, and whether it is
        compared itself.
        """
        here_row = np.zeros(self.size, np.int64)
        here_row[self.codes[self.columns["path"][rows]]] = rows + 1  # of several at one path the last one counts
        here = np.flatnonzero(here_row)
        now = here_row[here]
        missing = None if covered is None else covered & (here_row == 0)
        claims = self._claims(rank, here, now, missing) if tells else self._appeared(rank, here, now)
        self.first[here[self.first[here] == 0]] = rank
        self.seen[here], self.row[here] = rank, now
        if kept:
            self.kept[here], self.kept_row[here] = rank, now
        if missing is not None:
            self.absent[missing] = rank
        return claims

    def _appeared(self, rank: int, here: Ints, now: Ints) -> Claims:
        new = self.absent[here] > self.seen[here]
        at, row = here[new], now[new] - 1
        return self._made(rank, np.zeros(len(at), np.int8), row, np.full(len(at), -1), self.absent[at])

    def _claims(self, rank: int, here: Ints, now: Ints, missing: Mask | None) -> Claims:
        fresh = self.absent[here] > self.kept[here]
        at, row = here[fresh], now[fresh] - 1
        before = self.first[at]
        kind = np.where((before > 0) & (before < self.absent[at]), RETURNED, ADDED).astype(np.int8)
        base = np.full(len(at), -1)
        gone = np.flatnonzero(missing & (self.seen > self.absent)) if missing is not None else np.empty(0, np.int64)
        left = self.row[gone] - 1
        origin, target = _paired(self.columns["object"], left, row)
        kind[target], base[target] = MOVED, left[origin]
        removed = np.delete(np.arange(len(gone)), origin)
        known = ~fresh & (self.kept_row[here] > 0)
        old, new = self.kept_row[here[known]] - 1, now[known] - 1
        other = _other(self.columns, old, new)
        which = np.flatnonzero(other)
        return joined([
            self._made(rank, kind, row, base, self.absent[at]),
            self._made(rank, other[which], new[which], old[which], self.kept[here[known][which]]),
            self._made(rank, np.full(len(removed), REMOVED, np.int8), left[removed], np.full(len(removed), -1),
                       self.seen[gone[removed]]),
        ])  # fmt: skip

    def _made(self, rank: int, kind: NDArray[np.int8], row: Ints, base: Ints, since: NDArray[np.int32]) -> Claims:
        return Claims(kind, np.full(len(kind), self.looks[rank]), row, base, self.looks[since])


def _other(columns: Arrays, old: Ints, new: Ints) -> NDArray[np.int8]:
    """What differs between two sightings of a path. The unknown is no difference."""
    before, after = columns["object"][old], columns["object"][new]
    kind = np.zeros(len(old), np.int8)
    kind[(before > 0) & (after > 0) & (before != after)] = CHANGED
    times = columns["modified"]
    stated = (times[old] != NULL) & (times[new] != NULL) & (times[old] != times[new])
    maybe = np.flatnonzero((kind == 0) & stated)
    zoneless = [columns["zone"][rows[maybe]] == Zone.UNKNOWN for rows in (old, new)]
    maybe = maybe[zoneless[0] == zoneless[1]]
    kind[maybe[_other_time(columns, old[maybe], new[maybe])]] = TIME_CHANGED
    return kind


def _other_time(columns: Arrays, old: Ints, new: Ints) -> Mask:
    """Two stated times that differ: do they, as far as the coarser statement goes?"""
    times, precision = columns["modified"], columns["precision"]
    swap = precision[old] < precision[new]
    coarse, fine = np.where(swap, new, old), np.where(swap, old, new)
    span = _WIDTHS[precision[coarse]]
    within = (times[fine] >= times[coarse]) & (times[fine] < times[coarse] + span)
    other: Mask = (precision[coarse] == precision[fine]) | ~within
    return other


def _paired(objects: NDArray[np.int32], left: Ints, came: Ints) -> tuple[Ints, Ints]:
    """Places in `left` and in `came` (sightings) of the same bytes, each used once: the first with the first."""
    keys: list[Ints] = []
    places: list[Ints] = []
    for rows in (left, came):
        held = np.flatnonzero(objects[rows] > 0)
        order = held[np.lexsort((rows[held], objects[rows[held]]))]
        own = objects[rows[order]].astype(np.int64)
        starts = np.flatnonzero(np.diff(own, prepend=-1))
        nth = np.arange(len(own)) - np.repeat(starts, np.diff(np.append(starts, len(own))))
        keys.append((own << 32) + nth)
        places.append(order)
    _, one, two = np.intersect1d(keys[0], keys[1], assume_unique=True, return_indices=True)
    return places[0][one], places[1][two]
