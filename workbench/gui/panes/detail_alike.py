"""Which files look like one: fingerprints of the case against its own."""

from __future__ import annotations

import numpy as np

from workbench.analyze.similar import DISTANCE, MIN_QUALITY, distances
from workbench.case.readers import Reader
from workbench.queries.similar import fingerprints

MOST = 500


def alike_of(reader: Reader, item: int) -> tuple[tuple[int, ...], int]:
    """Other objects within `DISTANCE` bits, the nearest first, and in how many bits that one differs.

    None for what has no telling fingerprint: blank pages would all be alike.
    """
    every = fingerprints(reader)
    at = int(np.searchsorted(every.objects, item))
    if at == len(every.objects) or every.objects[at] != item or every.quality[at] < MIN_QUALITY:
        return (), 0
    apart = distances(every.hashes, int(every.hashes[at]))
    near = np.flatnonzero((apart <= DISTANCE) & (every.quality >= MIN_QUALITY))
    near = near[near != at]
    near = near[np.argsort(apart[near], kind="stable")]
    return tuple(every.objects[near[:MOST]].tolist()), int(apart[near[0]]) if len(near) else 0
