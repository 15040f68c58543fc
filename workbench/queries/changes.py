"""What changed between looks. Only complete looks can show that something is gone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from workbench.case.readers import Reader
from workbench.core.batch import NULL
from workbench.core.errors import UserError
from workbench.queries.mask import Mask, size_of, table_of
from workbench.queries.shown import chunks, marks, named


@dataclass(frozen=True)
class Change:
    """One difference. Ids of rows; `sighting` is the new state of the path (null when it was removed)."""

    kind: str
    snapshot: int
    path: int
    old_path: int | None
    object: int | None
    old_object: int | None
    sighting: int | None


@dataclass(frozen=True)
class Pair:
    """Two looks at one source that are compared."""

    source: int
    old: int
    new: int


def pairs(reader: Reader, source: str | None = None) -> list[Pair]:
    """Neighbouring complete looks of every source, by observed time."""
    rows = reader.all(
        "SELECT snapshot.source, snapshot.id FROM snapshot JOIN snapshot_end e ON e.snapshot = snapshot.id "
        "JOIN source ON source.id = snapshot.source WHERE e.status = 'complete' AND (? IS NULL OR source.name = ?) "
        "ORDER BY snapshot.source, snapshot.observed, snapshot.id",
        (source, source),
    )
    return [Pair(before[0], before[1], after[1]) for before, after in pairwise(rows) if before[0] == after[0]]


def named_pair(reader: Reader, old: int, new: int) -> Pair:
    """Two looks by id. They need not be complete: see `changes` for what is claimed then."""
    found: list[int] = []
    for snapshot in (old, new):
        source = reader.value("SELECT source FROM snapshot WHERE id = ?", (snapshot,))
        if source is None:
            raise UserError("no-such-snapshot", snapshot=snapshot)
        found.append(int(source))
    if found[0] != found[1]:
        raise UserError("snapshots-of-two-sources", old=old, new=new)
    return Pair(found[0], old, new)


def changes(reader: Reader, pair: Pair) -> Iterator[Change]:
    """Added, changed, moved, removed, returned, time-changed; by path.

    Nothing is claimed that was not seen. *Changed* needs the bytes of both looks; *time-changed* two stated times;
    *added* and *returned*, that the older look listed the folder in which the file was not; *removed* and *moved*, that
    the newer look is complete.
    """
    found = [change for change, _ in _found(reader, pair)]
    order = _display(reader, [each.path for each in found])
    return iter(sorted(found, key=lambda each: order[each.path]))


def _found(reader: Reader, pair: Pair) -> list[tuple[Change, int]]:
    """The changes in no order, each with the sighting that shows it: of what was removed its last one."""
    old_at, new_at = _looks(reader, pair)
    fresh = {path: row for path, row in new_at.items() if path not in old_at}
    gone = {path: row for path, row in old_at.items() if path not in new_at}
    complete = _complete(reader, pair.new)
    found = [
        (change, row.id)
        for path, row in new_at.items()
        if path in old_at and (change := _difference(pair, path, old_at[path], row)) is not None
    ]
    moved = _moved(pair, gone, fresh) if complete else []
    found += [(each, fresh[each.path].id) for each in moved]
    taken = {each.path for each in moved} | {each.old_path for each in moved}
    found += [
        (Change("removed", pair.new, path, None, None, row.object, None), row.id)
        for path, row in gone.items()
        if complete and path not in taken
    ]
    earlier = _seen_before(reader, pair)
    absent = _Absent(reader, pair.old)
    found += [
        (Change("returned" if earlier[path] else "added", pair.new, path, None, row.object, None, row.id), row.id)
        for path, row in fresh.items()
        if path not in taken and absent.is_known(path)
    ]
    return found


class _Row(NamedTuple):
    """A sighting; `object` and `modified` are null where they are not known."""

    id: int
    object: int | None
    modified: int | None


def _looks(reader: Reader, pair: Pair) -> tuple[dict[int, _Row], dict[int, _Row]]:
    """The sightings of both looks by path, without those that are the same in both. Of several at one path, as archives
    may hold them, the last one counts.
    """
    columns = reader.arrays("sighting")
    paths = columns["path"]
    old, new = (_last_by_path(paths, np.flatnonzero(columns["snapshot"] == each)) for each in (pair.old, pair.new))
    _, in_old, in_new = np.intersect1d(paths[old], paths[new], assume_unique=True, return_indices=True)
    same = np.ones(len(in_old), bool)
    for name in ("object", "modified"):
        same &= columns[name][old[in_old]] == columns[name][new[in_new]]
    return tuple(  # type: ignore[return-value]
        {
            path: _Row(row, own or None, None if modified == NULL else modified)
            for row, path, own, modified in zip(
                *((rows + 1).tolist() if name is None else columns[name][rows].tolist() for name in _READ), strict=True
            )
        }
        for rows in (np.delete(old, in_old[same]), np.delete(new, in_new[same]))
    )


_READ = (None, "path", "object", "modified")


def _last_by_path(paths: NDArray[Any], rows: NDArray[Any]) -> NDArray[Any]:
    _, at = np.unique(paths[rows][::-1], return_index=True)
    return np.sort(rows[len(rows) - 1 - at])


def _difference(pair: Pair, path: int, before: _Row, after: _Row) -> Change | None:
    if before.object is not None and after.object is not None and before.object != after.object:
        return Change("changed", pair.new, path, None, after.object, before.object, after.id)
    if before.modified is not None and after.modified is not None and before.modified != after.modified:
        return Change("time-changed", pair.new, path, None, after.object, before.object, after.id)
    return None


def _moved(pair: Pair, gone: dict[int, _Row], fresh: dict[int, _Row]) -> list[Change]:
    """Bytes that left one path and stand at another; each left path is the origin of one."""
    left: dict[int, list[int]] = {}
    for path, row in gone.items():
        if row.object is not None:
            left.setdefault(row.object, []).append(path)
    return [
        Change("moved", pair.new, path, left[row.object].pop(0), row.object, row.object, row.id)
        for path, row in fresh.items()
        if row.object is not None and left.get(row.object)
    ]


class _Absent:
    """What a look shows not to have been there: a complete one everything that it lacks, a partial one what lacks in
    the folders that it listed.
    """

    def __init__(self, reader: Reader, snapshot: int) -> None:
        self._whole = _complete(reader, snapshot)
        rows = reader.all("SELECT ifnull(path, 0), state FROM coverage WHERE snapshot = ? ORDER BY id", (snapshot,))
        self._covered: dict[int, str] = dict(rows)
        self._parents: dict[int, int] = {}
        if not self._whole and self._covered:
            self._parents = dict(reader.all("SELECT id, ifnull(parent, 0) FROM path"))

    def is_known(self, path: int) -> bool:
        """Is it certain that the path was not there? The nearest folder of which the look says anything decides."""
        if self._whole:
            return True
        folder = path
        while folder := self._parents.get(folder, 0):
            if folder in self._covered:
                return self._covered[folder] == "listed"
        return self._covered.get(0) == "listed"


def chosen_pairs(
    reader: Reader, source: str | None = None, old: int | None = None, new: int | None = None
) -> list[Pair]:
    """The pairs to compare: two named looks; a named one and its neighbour; or all neighbours of a source, or of all.

    Raises `UserError` ``no-such-snapshot``, ``snapshots-of-two-sources``, ``snapshot-no-neighbour``.
    """
    if old is not None and new is not None:
        return [named_pair(reader, old, new)]
    found = pairs(reader, source)
    named = old if old is not None else new
    if named is None:
        return found
    if reader.value("SELECT 1 FROM snapshot WHERE id = ?", (named,)) is None:
        raise UserError("no-such-snapshot", snapshot=named)
    found = [each for each in found if named == (each.old if old is not None else each.new)]
    if not found:
        raise UserError("snapshot-no-neighbour", snapshot=named)
    return found


def rows(
    reader: Reader, source: str | None = None, old: int | None = None, new: int | None = None
) -> Iterator[dict[str, Any]]:
    """The rows of ``workbench changes``, pair by pair."""
    for pair in chosen_pairs(reader, source, old, new):
        for part in chunks(list(changes(reader, pair))):
            yield from _described(reader, part)


def _described(reader: Reader, found: Sequence[Change]) -> Iterator[dict[str, Any]]:
    paths = _by_id(reader, "path", "raw", [each.path for each in found] + [each.old_path for each in found])
    of = [each.object for each in found] + [each.old_object for each in found]
    hashes, sizes = _by_id(reader, "object", "sha256", of), _by_id(reader, "object", "size", of)
    claimed = _by_id(reader, "sighting", "size_claimed", [each.sighting for each in found])
    for each in found:
        yield {
            "change": each.kind,
            **named("path", paths[each.path]),
            **named("old_path", None if each.old_path is None else paths[each.old_path]),
            "sha256": None if each.object is None else hashes[each.object].hex(),
            "old_sha256": None if each.old_object is None else hashes[each.old_object].hex(),
            "size": sizes[each.object] if each.object is not None else claimed.get(each.sighting),
            "snapshot": each.snapshot,
        }


def _by_id(reader: Reader, table: str, column: str, ids: Sequence[int | None]) -> dict[int | None, Any]:
    found: dict[int | None, Any] = {}
    for part in chunks(sorted({each for each in ids if each is not None})):
        found.update(reader.all(f"SELECT id, {column} FROM {table} WHERE id IN ({marks(part)})", part))
    return found


def sightings_of(reader: Reader, kinds: Sequence[str]) -> Iterable[int]:
    """Sightings that show a change of these kinds; a removed file is shown by its last sighting."""

    def make() -> dict[str, list[int]]:
        by_kind: dict[str, list[int]] = {}
        for pair in pairs(reader):
            for change, row in _found(reader, pair):
                by_kind.setdefault(change.kind, []).append(row)
        return by_kind

    found = reader.memoised("changes", make, ("sighting", "snapshot", "snapshot_end"))
    return [row for kind in kinds for row in found.get(kind, ())]


def _seen_before(reader: Reader, pair: Pair) -> Mask:
    """Lookup table of the paths of the source in looks before `old`."""
    looks = reader.all(
        "SELECT s.id FROM snapshot s, snapshot o WHERE o.id = ? AND s.source = o.source "
        "AND (s.observed, s.id) < (o.observed, o.id)",
        (pair.old,),
    )
    columns = reader.arrays("sighting")
    before = table_of(size_of(reader, "snapshot"), (row for (row,) in looks))[columns["snapshot"]]
    return table_of(size_of(reader, "path"), columns["path"][before])


def _complete(reader: Reader, snapshot: int) -> bool:
    return bool(reader.value("SELECT 1 FROM snapshot_end WHERE snapshot = ? AND status = 'complete'", (snapshot,)))


def _display(reader: Reader, paths: Sequence[int]) -> dict[int, str]:
    found: dict[int, str] = {}
    for at in range(0, len(paths), 500):
        part = paths[at : at + 500]
        marks = ",".join("?" * len(part))
        found.update(reader.all(f"SELECT id, display FROM path WHERE id IN ({marks})", part))
    return found
