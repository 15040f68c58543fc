"""The gallery: which items, in which order, under which headings; and what a tile shows.

An item is placed at the look that last had news of it: there it was new, changed, moved or returned, or it was simply
seen for the first time. So a file that moved today stands under today.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from workbench.case.readers import Reader
from workbench.core.filter import Clock, Filter
from workbench.core.records import State
from workbench.queries import select
from workbench.queries.covering import parents
from workbench.queries.mask import IN_FORCE
from workbench.queries.misnamed import remark
from workbench.queries.news import NEW, TABLES, News, kept, news
from workbench.queries.shown import chunks, marks
from workbench.queries.states import STATE_OF, states_of
from workbench.queries.walk import KINDS, REMOVED

Arrangement = Literal["look", "folder", "size"]
ARRANGEMENTS: tuple[Arrangement, ...] = ("look", "folder", "size")
FEW_PATHS = 100_000
"""So many are put in order by themselves, without asking for the order of all."""


@dataclass(frozen=True)
class Group:
    """One heading: a look, or a folder (`path`, its display text). Counts are of the items under it."""

    start: int
    count: int
    seen: int
    look: int | None = None
    observed: int | None = None
    precision: int = 0
    source: str = ""
    status: str = ""
    kinds: tuple[tuple[str, int], ...] = ()
    compared: bool = False
    removed: int = 0
    """Files that the look shows to be removed; told where nothing else limits what is shown."""
    path: str | None = None


@dataclass(frozen=True)
class Wall:
    """Items in the order of the gallery. `sighting` is what each is shown by, `look` its look, `kind` what was new of
    it there (an index into `walk.KINDS`); `total` counts the case's items, filter or not.
    """

    ids: NDArray[np.int64]
    sighting: NDArray[np.int64]
    look: NDArray[np.int32]
    kind: NDArray[np.int8]
    groups: tuple[Group, ...]
    total: int
    sources: int
    sorted_ids: NDArray[np.int64]
    place: NDArray[np.int64]
    """The ids ascending, and the place of each of them in `ids`."""

    def place_of(self, item: int) -> int:
        """The place of an item, or -1."""
        at = int(np.searchsorted(self.sorted_ids, item))
        found = at < len(self.sorted_ids) and self.sorted_ids[at] == item
        return int(self.place[at]) if found else -1

    def group_of(self, place: int) -> Group | None:
        """The heading above a place."""
        at = bisect_right(self.groups, place, key=lambda each: each.start) - 1
        return self.groups[at] if at >= 0 else None

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True)
class _Candidates:
    """Sightings that may be an item's place: its first, and all that brought news of it. By item, then in time."""

    items: NDArray[np.int64]
    rows: NDArray[np.int64]
    ranks: NDArray[np.int32]


def wall(reader: Reader, asked: Filter, by: Arrangement = "look") -> Wall:
    """What the filter shows, arranged by look (newest first), by folder, or by size (largest first).

    With a change, an item stands where that change was, also what was removed: there it was seen last.
    """
    told = news(reader)
    snapshot = reader.arrays("sighting")["snapshot"]
    mask = select.sightings(reader, asked)
    total = _count(reader)
    if asked.change:
        ids, rows = _last_in(reader, told, mask)
    else:
        ids, rows = _placed(reader, told, _latest(asked, told, snapshot, mask))
        if not mask.all():
            keep = np.isin(ids, _items_of(reader, np.flatnonzero(mask)))
            ids, rows = ids[keep], rows[keep]
    kinds = told.kind[rows]
    if "removed" in asked.change:
        kinds[select.sightings(reader, replace(asked, change=("removed",)))[rows]] = REMOVED
    if by == "folder":
        order, groups = _by_folder(reader, ids, rows, kinds if asked.change else np.zeros_like(kinds))
    elif by == "size":
        order, groups = np.argsort(-_sizes(reader, ids), kind="stable"), ()
    else:
        order = _newest_first(told.rank[snapshot[rows]], rows)
        groups = _by_look(reader, told, ids[order], rows[order], whole=not asked.without("source", "own"))
    sources = int(reader.value("SELECT count(DISTINCT source) FROM snapshot"))
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order))
    looks = snapshot[rows[order]].astype(np.int32)
    return Wall(ids[order], rows[order] + 1, looks, kinds[order], groups, total, sources, ids, place)


def _count(reader: Reader) -> int:
    """All items: objects that were seen, and listed files that were not fetched."""

    def make() -> int:
        of = reader.arrays("sighting")["object"]
        there = np.zeros(int(of.max()) + 1 if len(of) else 1, bool)
        there[of] = True
        return int(there[1:].sum()) + int((of == 0).sum())

    return kept(reader, "item-count", ("sighting",), make)


def _newest_first(ranks: NDArray[np.int32], rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """By look, the last one first; in each look as it was taken in."""
    order = np.argsort(rows, kind="stable")
    highest = int(ranks.max()) if len(ranks) else 0
    # Sixteen bits are sorted by their digits: a tenth of the time, and there are rarely more looks than that.
    keys = (highest - ranks[order]).astype(np.int16 if highest < 2**15 else np.int32)
    return order[np.argsort(keys, kind="stable")]


def _items_of(reader: Reader, rows: NDArray[np.int64]) -> NDArray[np.int64]:
    of = reader.arrays("sighting")["object"][rows].astype(np.int64)
    return np.where(of > 0, of, -(rows + 1))


def _latest(asked: Filter, told: News, snapshot: NDArray[Any], mask: NDArray[np.bool_]) -> int | None:
    """The last look that the filter speaks of (its rank): later news is not told then. Null: all of time."""
    by_time = asked.clock in (None, Clock.OBSERVED) and (asked.since is not None or asked.until is not None)
    if not (asked.snapshot or by_time) or not mask.any():
        return None
    return int(told.rank[snapshot[mask]].max())


def _placed(reader: Reader, told: News, latest: int | None) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Items, ascending, and the row of the sighting at which each is placed."""

    def make() -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        return _last_of_each(_candidates(reader, told), None)

    if latest is None:
        return kept(reader, "placed", TABLES, make)
    return _last_of_each(_candidates(reader, told), latest)


def _last_in(reader: Reader, told: News, mask: NDArray[np.bool_]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Items that have a sighting in the mask, ascending, and the row of the last one of each."""
    rows = np.flatnonzero(mask)
    items, ranks = _items_of(reader, rows), told.rank[reader.arrays("sighting")["snapshot"][rows]]
    order = np.lexsort((ranks, items))
    return _last_of_each(_Candidates(items[order], rows[order], ranks[order]), None)


def _candidates(reader: Reader, told: News) -> _Candidates:
    def make() -> _Candidates:
        snapshot = reader.arrays("sighting")["snapshot"]
        ranks = told.rank[snapshot]
        items = _items_of(reader, np.arange(len(snapshot)))
        order = np.lexsort((ranks, items))
        first = np.ones(len(order), bool)
        first[1:] = items[order][1:] != items[order][:-1]
        order = order[first | told.places[order]]
        return _Candidates(items[order], order, ranks[order])

    return kept(reader, "candidates", TABLES, make)


def _last_of_each(found: _Candidates, latest: int | None) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    items, rows = found.items, found.rows
    if latest is not None:
        keep = found.ranks <= latest
        items, rows = items[keep], rows[keep]
    if not len(items):
        return items, rows
    last = np.append(items[1:] != items[:-1], True)
    return items[last], rows[last]


def judged(reader: Reader, ids: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which items has somebody judged?"""
    found = [
        target if kind == "object" else -target
        for kind, target in reader.all(
            f"SELECT n.target_kind, n.target FROM mark_now n WHERE n.kind = 'verdict' AND n.present AND {IN_FORCE} "
            "AND target_kind IN ('object', 'sighting')"
        )
    ]
    return np.isin(ids, np.array(found, np.int64))


def _by_look(
    reader: Reader, told: News, ids: NDArray[np.int64], rows: NDArray[np.int64], *, whole: bool
) -> tuple[Group, ...]:
    if not len(ids):
        return ()
    looks = reader.arrays("sighting")["snapshot"][rows]
    starts = np.flatnonzero(np.concatenate([[True], looks[1:] != looks[:-1]]))
    ends = np.append(starts[1:], len(ids))
    seen = np.add.reduceat(judged(reader, ids).astype(np.int64), starts)
    kinds = told.kind[rows]
    about = {
        row[0]: row[1:]
        for row in reader.all(
            "SELECT n.id, n.observed, n.precision, s.name, ifnull(e.status, 'partial') FROM snapshot n "
            "JOIN source s ON s.id = n.source LEFT JOIN snapshot_end e ON e.snapshot = n.id"
        )
    }
    found: list[Group] = []
    for start, end, count in zip(starts.tolist(), ends.tolist(), seen.tolist(), strict=True):
        look = int(looks[start])
        observed, precision, source, status = about[look]
        counts = np.bincount(kinds[start:end], minlength=len(NEW))
        named = tuple((NEW[kind], int(counts[kind])) for kind in range(1, len(NEW)) if counts[kind])
        compared = bool(told.compared[look])
        gone = int(told.removed[look]) if whole else 0
        found.append(Group(start, end - start, count, look, observed, precision, source, status, named, compared, gone))
    return tuple(found)


def _by_folder(
    reader: Reader, ids: NDArray[np.int64], rows: NDArray[np.int64], kinds: NDArray[np.int8]
) -> tuple[NDArray[np.int64], tuple[Group, ...]]:
    paths = reader.arrays("sighting")["path"][rows]
    folders = parents(reader)[paths]
    places = _path_places(reader, np.concatenate([paths, folders]))
    order = np.lexsort((places[: len(paths)], places[len(paths) :]))
    if not len(order):
        return order, ()
    sorted_folders = folders[order]
    starts = np.flatnonzero(np.concatenate([[True], sorted_folders[1:] != sorted_folders[:-1]]))
    ends = np.append(starts[1:], len(order))
    seen = np.add.reduceat(judged(reader, ids[order]).astype(np.int64), starts)
    group = np.repeat(np.arange(len(starts)), ends - starts)
    counts = np.bincount(group * len(KINDS) + kinds[order], minlength=len(starts) * len(KINDS)).reshape(-1, len(KINDS))
    wanted = sorted_folders[starts].tolist()
    names: dict[int, str] = {0: ""}
    for part in chunks(wanted):
        names.update(reader.all(f"SELECT id, display FROM path WHERE id IN ({marks(part)})", part))
    groups = tuple(
        Group(start, end - start, count, path=names[folder], kinds=_named(of))
        for start, end, count, folder, of in zip(
            starts.tolist(), ends.tolist(), seen.tolist(), wanted, counts.tolist(), strict=True
        )
    )
    return order, groups


def _path_places(reader: Reader, paths: NDArray[np.int64]) -> NDArray[np.int64]:
    """Where each of some paths stands in the order of their keys; 0, the top, before all."""
    few = np.unique(paths[paths > 0])
    if len(few) <= FEW_PATHS:
        rows = [row for part in chunks(few.tolist()) for row in _keys(reader, part)]
        at = {path: place for place, (_key, path) in enumerate(sorted(rows))}
        places = np.array([at.get(path, -1) for path in few.tolist()], np.int64)
        return np.where(paths > 0, places[np.searchsorted(few, paths) % len(few)], -1) if len(few) else -1 + 0 * paths

    def make() -> NDArray[np.int64]:
        ids = np.fromiter((row for (row,) in reader.conn.execute("SELECT id FROM path ORDER BY key, id")), np.int64)
        made = np.full(int(ids.max()) + 1, -1, np.int64)
        made[ids] = np.arange(len(ids))
        return made

    return kept(reader, "path-order", ("path",), make)[paths]


def _keys(reader: Reader, paths: Sequence[int]) -> list[tuple[str, int]]:
    return reader.all(f"SELECT key, id FROM path WHERE id IN ({marks(paths)})", paths)


def _named(counts: Sequence[int]) -> tuple[tuple[str, int], ...]:
    return tuple((kind, count) for kind, count in zip(KINDS, counts, strict=True) if kind and count)


def _sizes(reader: Reader, ids: NDArray[np.int64]) -> NDArray[np.int64]:
    sizes = reader.arrays("object")["size"]
    return np.where(ids > 0, sizes[np.maximum(ids, 1) - 1], -1) if len(sizes) else np.full(len(ids), -1)


@dataclass(frozen=True)
class TileRow:
    """What a tile shows. `copies` counts the different paths at which these bytes lie."""

    item: int
    name: str
    state: str
    kind: str
    copies: int
    tags: tuple[str, ...]
    verdict: str
    preview: bytes | None
    warned: bool = False
    """Is there a warning about the file, or do its name and its content disagree?"""


def tiles(reader: Reader, items: Sequence[int], sightings: Sequence[int], previews: bool = True) -> list[TileRow]:
    """Tiles of some items, in their order; `sightings` gives the name of each. Without `previews` words only."""
    held = [each for each in items if each > 0]
    names = _names(reader, sightings)
    hashes: dict[int, bytes] = dict(_in(reader, "SELECT id, sha256 FROM object WHERE id IN ({})", held))
    copies = dict(
        _in(reader, "SELECT object, count(DISTINCT path) FROM sighting WHERE object IN ({}) GROUP BY object", held)
    )
    kinds = dict(_in(reader, "SELECT object, value FROM fact WHERE key = 'kind' AND object IN ({}) ORDER BY id", held))
    listed = dict(
        _in(
            reader,
            f"SELECT s.id, {STATE_OF} FROM sighting s WHERE s.id IN ({{}})",
            [-each for each in items if each < 0],
        )
    )
    words = _marks(reader, items)
    pictures = reader.previews.get(list(hashes.values())) if previews else {}
    states = states_of(reader, held)
    types = dict(
        _in(reader, "SELECT object, value FROM fact WHERE key = 'media_type' AND object IN ({}) ORDER BY id", held)
    )
    warned = _warned(reader, items, sightings)
    found: list[TileRow] = []
    for item, sighting in zip(items, sightings, strict=True):
        own = hashes.get(item)
        if own is None:
            state = str(listed.get(-item, State.NOT_FETCHED))
        else:
            state = str(states[item]) if reader.evidence.has(own) else str(State.MISSING)
        tags, verdict = words.get(item, ((), ""))
        preview = pictures.get(own) if own is not None else None
        found.append(
            TileRow(
                item,
                names.get(sighting, ""),
                state,
                kinds.get(item, "unknown" if own is not None else "image"),
                copies.get(item, 1),
                tags,
                verdict,
                preview,
                item in warned or remark(names.get(sighting, ""), types.get(item)) is not None,
            )
        )
    return found


def _warned(reader: Reader, items: Sequence[int], sightings: Sequence[int]) -> set[int]:
    """Items with a warning about their bytes, or about the sighting that names them."""
    found = {
        row
        for (row,) in _in(
            reader, "SELECT object FROM warning WHERE object IN ({})", [each for each in items if each > 0]
        )
    }
    item_of = dict(zip(sightings, items, strict=True))
    for (row,) in _in(
        reader,
        "SELECT s.id FROM sighting s JOIN warning w ON w.snapshot = s.snapshot AND w.path = s.path WHERE s.id IN ({})",
        sightings,
    ):
        found.add(item_of[row])
    return found


def _names(reader: Reader, sightings: Sequence[int]) -> dict[int, str]:
    return {
        row: display.rpartition("/")[2]
        for row, display in _in(
            reader, "SELECT s.id, p.display FROM sighting s JOIN path p ON p.id = s.path WHERE s.id IN ({})", sightings
        )
    }


def _marks(reader: Reader, items: Sequence[int]) -> dict[int, tuple[tuple[str, ...], str]]:
    found: dict[int, tuple[tuple[str, ...], str]] = {}
    for kind, ids in (
        ("object", [each for each in items if each > 0]),
        ("sighting", [-each for each in items if each < 0]),
    ):
        for target, what, value in _in(
            reader,
            "SELECT target, kind, value FROM mark_now WHERE kind IN ('tag', 'verdict') AND present "
            f"AND target_kind = '{kind}' AND target IN ({{}}) ORDER BY mark",
            ids,
        ):
            item = target if kind == "object" else -target
            tags, verdict = found.get(item, ((), ""))
            if what == "verdict":
                found[item] = (tags, value or "")
            elif value not in tags:
                found[item] = ((*tags, value), verdict)
    return found


def _in(reader: Reader, sql: str, values: Sequence[int]) -> list[tuple[Any, ...]]:
    return [row for part in chunks(values) for row in reader.all(sql.format(marks(part)), part)]
