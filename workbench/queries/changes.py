"""What changed between looks. Only complete looks can show that something is gone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.case.readers import Reader
from workbench.core.errors import UserError
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
    """Two looks by id. They need not be complete; *removed* is then claimed only where `new` is complete."""
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
    """Added, changed, moved, removed, returned, time-changed; by path of the new look."""
    columns = reader.arrays("sighting")
    old, new = (_rows(columns["snapshot"], each) for each in (pair.old, pair.new))
    objects, paths, modified = columns["object"], columns["path"], columns["modified"]
    old_at = {int(paths[row]): int(row) for row in old}
    new_at = {int(paths[row]): int(row) for row in new}
    gone = [path for path in old_at if path not in new_at]
    gone_by_object: dict[int, list[int]] = {}
    for path in gone:
        gone_by_object.setdefault(int(objects[old_at[path]]), []).append(path)
    earlier = _seen_before(reader, pair)
    moved: set[int] = set()
    found: list[Change] = []
    for path, row in new_at.items():
        own = int(objects[row])
        if path in old_at:
            before = int(objects[old_at[path]])
            if before != own:
                found.append(Change("changed", pair.new, path, None, own or None, before or None, row + 1))
            elif modified[row] != modified[old_at[path]]:
                found.append(Change("time-changed", pair.new, path, None, own or None, own or None, row + 1))
        elif own and gone_by_object.get(own):
            origin = gone_by_object[own].pop(0)
            moved.add(origin)
            found.append(Change("moved", pair.new, path, origin, own, own, row + 1))
        else:
            kind = "returned" if path in earlier else "added"
            found.append(Change(kind, pair.new, path, None, own or None, None, row + 1))
    if _complete(reader, pair.new):
        found += [
            Change("removed", pair.new, path, None, None, int(objects[old_at[path]]) or None, None)
            for path in gone
            if path not in moved
        ]
    order = _display(reader, [each.path for each in found])
    return iter(sorted(found, key=lambda each: order[each.path]))


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
        paths = reader.arrays("sighting")["path"]
        for pair in pairs(reader):
            last: dict[int, int] | None = None
            for change in changes(reader, pair):
                row = change.sighting
                if row is None:
                    if last is None:
                        rows = _rows(reader.arrays("sighting")["snapshot"], pair.old)
                        last = {int(paths[each]): int(each) + 1 for each in rows}
                    row = last[change.path]
                by_kind.setdefault(change.kind, []).append(row)
        return by_kind

    found = reader.memoised("changes", make)
    return [row for kind in kinds for row in found.get(kind, ())]


def _rows(snapshots: NDArray[np.int32], snapshot: int) -> NDArray[np.int64]:
    return np.flatnonzero(snapshots == snapshot)


def _seen_before(reader: Reader, pair: Pair) -> set[int]:
    """Paths of the source in looks before `old`."""
    return {
        row[0]
        for row in reader.conn.execute(
            "SELECT DISTINCT path FROM sighting WHERE snapshot IN (SELECT s.id FROM snapshot s, snapshot o "
            "WHERE o.id = ? AND s.source = o.source AND (s.observed, s.id) < (o.observed, o.id))",
            (pair.old,),
        )
    }


def _complete(reader: Reader, snapshot: int) -> bool:
    return bool(reader.value("SELECT 1 FROM snapshot_end WHERE snapshot = ? AND status = 'complete'", (snapshot,)))


def _display(reader: Reader, paths: Sequence[int]) -> dict[int, str]:
    found: dict[int, str] = {}
    for at in range(0, len(paths), 500):
        part = paths[at : at + 500]
        marks = ",".join("?" * len(part))
        found.update(reader.all(f"SELECT id, display FROM path WHERE id IN ({marks})", part))
    return found
