"""When a file came and when it went, as far as anybody looked: between which two looks.

The looks before the first sighting and after the last one are asked in turn whether they show that the file was not
there; the rules stand in `workbench.queries.covering`. A path that held other bytes, both known, did not hold these.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from workbench.case.readers import Reader
from workbench.queries.covering import Ground, Look, looks

MOST_PATHS = 200
"""Paths of the same bytes at which is looked for their end."""


@dataclass(frozen=True)
class Stay:
    """A file was absent at `absent`, there at `first` and still at `last`, and no longer at `gone`. Null: not known.

    Between each two of them nobody knows.
    """

    absent: Look | None
    first: Look
    last: Look
    gone: Look | None


def of_path(reader: Reader, source: int, path: int) -> Stay | None:
    """The first coming and the last going of a path, whatever bytes it held; null when it was never seen there."""
    own = _own(reader, source)
    seen = {row for (row,) in reader.all("SELECT DISTINCT snapshot FROM sighting WHERE path = ?", (path,))}
    at = [place for place, look in enumerate(own) if look.id in seen]
    if not at:
        return None
    place = _Place(reader, path, None)
    return Stay(
        place.missing(own[at[0] - 1 :: -1] if at[0] else ()), own[at[0]], own[at[-1]], place.missing(own[at[-1] + 1 :])
    )


def of_object(reader: Reader, an_object: int, source: int) -> Stay | None:
    """The first coming of some bytes to a source, and their last going from all paths at which they were seen there;
    null when they never were. Of bytes at more than `MOST_PATHS` paths it is not known when they went.
    """
    own = _own(reader, source)
    place_of = {look.id: place for place, look in enumerate(own)}
    seen = [
        (place_of[look], row, path)
        for row, look, path in reader.conn.execute(
            "SELECT id, snapshot, path FROM sighting WHERE object = ?", (an_object,)
        )
        if look in place_of
    ]
    if not seen:
        return None
    first, _, path = min(seen)
    last_at: dict[int, int] = {}
    for place, _, each in seen:
        last_at[each] = max(place, last_at.get(each, place))
    absent = _Place(reader, path, an_object).missing(own[first - 1 :: -1] if first else ())
    return Stay(absent, own[first], own[max(last_at.values())], _left_all(reader, own, last_at, an_object))


def before(reader: Reader, sighting: int) -> Look | None:
    """The last look before a sighting that shows that its file was not there."""
    source, look, path, an_object = reader.all(
        "SELECT n.source, n.id, s.path, s.object FROM sighting s JOIN snapshot n ON n.id = s.snapshot WHERE s.id = ?",
        (sighting,),
    )[0]
    own = _own(reader, source)
    at = next(place for place, each in enumerate(own) if each.id == look)
    return _Place(reader, path, an_object).missing(own[at - 1 :: -1] if at else ())


def _own(reader: Reader, source: int) -> list[Look]:
    return [each for each in looks(reader) if each.source == source]


def _left_all(reader: Reader, own: list[Look], last_at: dict[int, int], an_object: int) -> Look | None:
    """The look by which the bytes had left every path, each after its last sighting there."""
    if len(last_at) > MOST_PATHS:
        return None
    found: list[Look] = []
    for path, place in last_at.items():
        gone = _Place(reader, path, an_object).missing(own[place + 1 :])
        if gone is None:
            return None
        found.append(gone)
    return max(found, key=own.index)


class _Place:
    """A path, and the bytes that are looked for there (null: any)."""

    def __init__(self, reader: Reader, path: int, an_object: int | None) -> None:
        self._reader = reader
        self._path = path
        self._object = an_object
        self._ground = Ground(reader, np.array([path], np.int64))

    def missing(self, among: Iterable[Look]) -> Look | None:
        """The first of these looks that shows that they were not there."""
        return next((each for each in among if self._lacks(each)), None)

    def _lacks(self, look: Look) -> bool:
        held = self._reader.all("SELECT object FROM sighting WHERE snapshot = ? AND path = ?", (look.id, self._path))
        if held:
            return self._object is not None and all(each not in (None, self._object) for (each,) in held)
        covered = self._ground.covered(look)
        return covered is not None and bool(covered[0])
