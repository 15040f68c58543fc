"""Which pictures look alike: distances and groups over 64-bit fingerprints, in numpy.

Groups come from a covering search that misses nothing. Cut 64 bits into ``distance + 3`` chunks: two hashes that
differ in at most ``distance`` bits differ in at most as many chunks, so at least three chunks are equal. For every
choice of three chunks, hashes are sorted by those bits, and only equal neighbours are compared.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import combinations, pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

DISTANCE = 6
"""Bits in which two fingerprints may differ and still be of pictures that look alike."""
MIN_QUALITY = 12
"""Below it a fingerprint says nothing: blank pages would all be one group."""
MAX_DISTANCE = 12
_RUN = 2048
"""Neighbours that are compared in a run of equal bits. Runs this long come from hashes that are alike as a whole, and
those are sorted to lie side by side, so that they are chained all the same."""
_LONG_RUN = (16, 128, 1024)
"""Steps at which runs that are one set already are dropped."""

Hashes = NDArray[np.int64]
Pairs = NDArray[np.int64]


def distances(hashes: Hashes, one: int) -> NDArray[np.uint8]:
    """In how many bits each differs from ``one``."""
    apart: NDArray[np.uint8] = np.bitwise_count(_unsigned(hashes) ^ np.uint64(one & 0xFFFF_FFFF_FFFF_FFFF))
    return apart


def groups(
    hashes: Hashes,
    quality: NDArray[Any],
    distance: int = DISTANCE,
    rejected_pairs: frozenset[tuple[int, int]] = frozenset(),
    min_quality: int = MIN_QUALITY,
) -> list[NDArray[np.intp]]:
    """Groups of at least two pictures, each an ascending array of positions in ``hashes``, by their first member.

    Two are in one group when a chain of pictures joins them whose steps are at most ``distance`` bits. No group holds
    both of a pair in ``rejected_pairs`` (which a person called *not the same*): such a group is built up again from
    its closest pairs. Fingerprints below ``min_quality`` join nothing. Raises `ValueError` for a distance outside
    0 to `MAX_DISTANCE`.
    """
    if not 0 <= distance <= MAX_DISTANCE:
        raise ValueError(distance)
    kept = np.flatnonzero(np.asarray(quality) >= min_quality)
    if len(kept) < 2:
        return []
    values, which = np.unique(_unsigned(hashes)[kept], return_inverse=True)
    joined = _Union(len(values))
    for pairs in near_pairs(values, distance, joined.labels):
        joined.join(pairs)
    labels = joined.labels()[which]
    order = np.argsort(labels, kind="stable")
    starts = np.flatnonzero(np.diff(labels[order], prepend=-1))
    found = [kept[members] for members in np.split(order, starts[1:]) if len(members) > 1]
    if rejected_pairs:
        found = [part for group in found for part in _kept_apart(hashes, group, distance, rejected_pairs)]
    return sorted(found, key=lambda group: int(group[0]))


def near_pairs(values: NDArray[np.uint64], distance: int, labels: Callable[[], NDArray[np.intp]]) -> Iterator[Pairs]:
    """Pairs of positions in distinct, ascending hashes that lie within ``distance``, some of them more than once.

    ``labels`` tells the set that each position is in by now: pairs within one set may be left out.
    """
    if distance == 0 or len(values) < 2:
        return
    edges = np.linspace(0, 64, distance + 4).round().astype(int)
    chunks = [np.uint64(((1 << int(high - low)) - 1) << int(low)) for low, high in pairwise(edges)]
    for three in combinations(chunks, 3):
        keys = values & np.bitwise_or.reduce(np.array(three))
        # Stable: within a run of equal keys the hashes stay in order, so that those alike are neighbours.
        order = np.argsort(keys, kind="stable")
        yield from _in_runs(values[order], keys[order], order, distance, labels)


def _in_runs(
    values: NDArray[np.uint64],
    keys: NDArray[np.uint64],
    order: NDArray[np.intp],
    distance: int,
    labels: Callable[[], NDArray[np.intp]],
) -> Iterator[Pairs]:
    """Compare each with its next, second next … neighbour, as long as any neighbour has the same key."""
    at = np.arange(len(keys) - 1)
    for step in range(1, _RUN + 1):
        at = at[: np.searchsorted(at, len(keys) - step)]
        at = at[keys[at] == keys[at + step]]
        if step in _LONG_RUN:
            at = at[_in_mixed_run(at, keys, labels()[order])]
        if not len(at):
            return
        near = at[np.bitwise_count(values[at] ^ values[at + step]) <= distance]
        if len(near):
            yield np.stack([order[near], order[near + step]], axis=1)


def _in_mixed_run(at: NDArray[np.intp], keys: NDArray[np.uint64], labels: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Which positions lie in a run that holds more than one set? A crowd of like pages is one set soon, and done."""
    starts = np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]]))
    mixed: NDArray[np.bool_] = np.minimum.reduceat(labels, starts) != np.maximum.reduceat(labels, starts)
    inside: NDArray[np.bool_] = mixed[np.searchsorted(starts, at, side="right") - 1]
    return inside


class _Union:
    """Disjoint sets over 0 … n-1, joined many pairs at a time."""

    def __init__(self, count: int) -> None:
        self._parent = np.arange(count)

    def join(self, pairs: Pairs) -> None:
        """Hang every higher root below a lower one, and again, until all pairs agree."""
        one, other = pairs[:, 0], pairs[:, 1]
        while True:
            roots = self._roots(one), self._roots(other)
            open_ = roots[0] != roots[1]
            if not open_.any():
                return
            one, other = roots[0][open_], roots[1][open_]
            np.minimum.at(self._parent, np.maximum(one, other), np.minimum(one, other))

    def _roots(self, items: NDArray[np.intp]) -> NDArray[np.intp]:
        while True:
            parents = self._parent[items]
            above = self._parent[parents]
            if np.array_equal(parents, above):
                return parents
            self._parent[items] = above
            items = above

    def labels(self) -> NDArray[np.intp]:
        """The lowest member of each one's set."""
        return self._roots(np.arange(len(self._parent)))


def _kept_apart(
    hashes: Hashes, group: NDArray[np.intp], distance: int, rejected_pairs: frozenset[tuple[int, int]]
) -> Iterable[NDArray[np.intp]]:
    """The group again, closest pairs first, leaving out every step that would bring a rejected pair together."""
    place = {int(member): index for index, member in enumerate(group)}
    foes: dict[int, set[int]] = {}
    for one, other in rejected_pairs:
        if one in place and other in place and one != other:
            foes.setdefault(place[one], set()).add(place[other])
            foes.setdefault(place[other], set()).add(place[one])
    if not foes:
        return [group]
    sets = {index: {index} for index in range(len(group))}
    barred = {index: set(foes.get(index, ())) for index in range(len(group))}
    home = list(range(len(group)))
    for one, other in _by_distance(hashes[group], distance):
        a, b = home[one], home[other]
        if a == b or barred[a] & sets[b]:
            continue
        if len(sets[a]) < len(sets[b]):
            a, b = b, a
        for member in sets[b]:
            home[member] = a
        sets[a] |= sets.pop(b)
        barred[a] |= barred.pop(b)
    return [group[np.array(sorted(members))] for members in sets.values() if len(members) > 1]


def _by_distance(hashes: Hashes, distance: int) -> Iterator[tuple[int, int]]:
    """All near pairs, the closest first; equal hashes are 0 apart."""
    values = _unsigned(hashes)
    found: list[NDArray[np.int64]] = []
    for index in range(len(values) - 1):
        apart = np.bitwise_count(values[index + 1 :] ^ values[index])
        near = np.flatnonzero(apart <= distance)
        found.append(np.stack([apart[near], np.full(len(near), index), near + index + 1], axis=1).astype(np.int64))
    whole = np.concatenate(found) if found else np.empty((0, 3), dtype=np.int64)
    for _, one, other in whole[np.lexsort((whole[:, 2], whole[:, 1], whole[:, 0]))].tolist():
        yield one, other


def _unsigned(hashes: Hashes) -> NDArray[np.uint64]:
    return np.ascontiguousarray(hashes, dtype=np.int64).view(np.uint64)
