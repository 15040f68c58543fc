"""The tree of files: sources with their looks and folders, logs, tags; each with what the filter leaves of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.case.readers import Reader
from workbench.core.filter import Filter
from workbench.core.times import Zone
from workbench.queries import acts, select
from workbench.queries.covering import parents as parents_of
from workbench.queries.news import KINDS, NEW, TABLES, kept, news
from workbench.queries.shown import chunks, marks


@dataclass(frozen=True)
class Look:
    """One look. `files` are those that it saw, `kinds` what was new about them; both as far as the filter goes.

    `fresh` is what the gallery shows under this look: its news, and what no look before it had shown.
    """

    id: int
    name: str
    observed: int
    precision: int
    status: str
    basis: str
    files: int
    fresh: int
    kinds: tuple[tuple[str, int], ...]
    removed: int
    compared: bool


@dataclass(frozen=True)
class SourceNode:
    """One source with its looks, newest first."""

    id: int
    name: str
    looks: tuple[Look, ...]


@dataclass(frozen=True)
class LogNode:
    """One log: its events as far as the filter goes, and how its zone is known."""

    id: int
    name: str
    source: str
    events: int
    lines: int
    rejected: int
    format: str
    zone: str


@dataclass(frozen=True)
class TagNode:
    """One tag and how many items and addresses carry it, as far as the filter goes."""

    word: str
    count: int


@dataclass(frozen=True)
class Overview:
    """The top of the tree."""

    sources: tuple[SourceNode, ...]
    logs: tuple[LogNode, ...]
    tags: tuple[TagNode, ...]
    items: int


@dataclass(frozen=True)
class FolderNode:
    """A folder: files below it at all depths, as far as the filter goes; `coverage` is what the last look saw of it."""

    id: int
    path: str
    name: str
    items: int
    has_folders: bool
    coverage: str


def overview(reader: Reader, asked: Filter) -> Overview:
    """Sources, logs and tags."""
    mask = select.sightings(reader, asked)
    columns = reader.arrays("sighting")
    items = _items(columns["object"])
    return Overview(
        _sources(reader, mask, columns),
        _logs(reader, asked),
        _tags(reader, mask, columns["object"], items),
        _count(columns["object"], mask),
    )


def _items(objects: NDArray[Any]) -> NDArray[np.int64]:
    of = objects.astype(np.int64)
    return np.where(of > 0, of, -np.arange(1, len(of) + 1))


def _count(objects: NDArray[Any], mask: NDArray[np.bool_]) -> int:
    """Different items."""
    of = objects[mask]
    there = np.zeros(int(of.max()) + 1 if len(of) else 1, bool)
    there[of] = True
    return int(there[1:].sum()) + int((of == 0).sum())


def _sources(reader: Reader, mask: NDArray[np.bool_], columns: Any) -> tuple[SourceNode, ...]:
    told = news(reader)
    size = len(told.rank)
    looks = columns["snapshot"][mask]
    files = np.bincount(looks, minlength=size)
    kinds = np.bincount(looks.astype(np.int64) * len(KINDS) + told.kind[mask], minlength=size * len(KINDS))
    kinds = kinds.reshape(-1, len(KINDS))
    first = _first_seen(reader)
    listed_again = told.compared[columns["snapshot"]] & (columns["object"] == 0)
    fresh = np.bincount(columns["snapshot"][mask & (told.places | first & ~listed_again)], minlength=size)
    whole = bool(mask.all())
    found: dict[int, list[Look]] = {}
    names = dict(reader.all("SELECT id, name FROM source"))
    for source, row, name, observed, precision, basis, status in reader.all(
        "SELECT n.source, n.id, ifnull(n.name, ''), n.observed, n.precision, n.basis, ifnull(e.status, 'running') "
        "FROM snapshot n LEFT JOIN snapshot_end e ON e.snapshot = n.id ORDER BY n.observed DESC, n.id DESC"
    ):
        own = tuple((KINDS[kind], int(kinds[row, kind])) for kind in range(1, len(NEW)) if kinds[row, kind])
        compared = bool(told.compared[row])
        found.setdefault(source, []).append(
            Look(
                row,
                name,
                observed,
                precision,
                status,
                basis,
                int(files[row]),
                int(fresh[row]),
                own,
                int(told.removed[row]) if whole else 0,
                compared,
            )
        )
    return tuple(SourceNode(source, names[source], tuple(looks)) for source, looks in found.items())


def _first_seen(reader: Reader) -> NDArray[np.bool_]:
    """Which sightings are the first of their item?"""

    def make() -> NDArray[np.bool_]:
        columns = reader.arrays("sighting")
        of = columns["object"]
        ranks = news(reader).rank[columns["snapshot"]]
        latest_first = np.argsort(
            ranks.astype(np.int16 if len(ranks) and ranks.max() < 2**15 else np.int32), kind="stable"
        )[::-1]
        first = np.full(int(of.max()) + 1 if len(of) else 1, -1, np.int64)
        first[of[latest_first]] = latest_first  # of several the last one stays: the earliest look
        found: NDArray[np.bool_] = of == 0
        found[first[1:][first[1:] >= 0]] = True
        return found

    return kept(reader, "first-seen", TABLES, make)


def _logs(reader: Reader, asked: Filter) -> tuple[LogNode, ...]:
    rows = reader.all(
        "SELECT l.id, l.name, s.name, r.id, r.format, r.zone_rule, e.lines, e.rejected FROM log l "
        "JOIN source s ON s.id = l.source JOIN reading r ON r.log = l.id LEFT JOIN reading_end e ON e.reading = r.id "
        "WHERE NOT EXISTS (SELECT 1 FROM reading x WHERE x.supersedes = r.id) ORDER BY l.id, r.id"
    )
    if not rows:
        return ()
    columns = reader.arrays("event")
    zoneless = frozenset(np.unique(columns["reading"][columns["zone"] == Zone.UNKNOWN]).tolist())
    told = acts.lines_of(reader, select.events(reader, asked))
    counts = np.bincount(columns["reading"][told], minlength=max(row[3] for row in rows) + 1)
    return tuple(
        LogNode(
            log,
            name,
            source,
            int(counts[reading]),
            lines or 0,
            rejected or 0,
            kind,
            _zone_of(reader, reading, rule, zoneless),
        )
        for log, name, source, reading, kind, rule, lines, rejected in rows
    )


def _zone_of(reader: Reader, reading: int, rule: str | None, zoneless: frozenset[int]) -> str:
    """``line``, ``unknown`` or ``assumed:NAME``, as the first event of the reading says; unknown where it is of any."""
    if reading in zoneless:
        return Zone.UNKNOWN.word()
    zone = (
        reader.value("SELECT zone FROM event WHERE reading = ? LIMIT 1", (reading,)) if rule is None else Zone.ASSUMED
    )
    return Zone(zone or 0).word(rule or "")


def _tags(
    reader: Reader, mask: NDArray[np.bool_], objects: NDArray[Any], items: NDArray[np.int64]
) -> tuple[TagNode, ...]:
    shown_objects = select.table_of(int(objects.max()) if len(objects) else 0, objects[mask])
    carried: dict[str, set[tuple[str, int]]] = {}
    for kind, target, word in reader.all(
        "SELECT target_kind, target, value FROM mark_now WHERE kind = 'tag' AND present ORDER BY value"
    ):
        own = carried.setdefault(word, set())
        if kind == "object" and target < len(shown_objects) and shown_objects[target]:
            own.add((kind, target))
        elif kind == "sighting" and mask[target - 1]:
            own.add(("item", int(items[target - 1])))
        elif kind == "address":
            own.add((kind, target))
    return tuple(TagNode(word, len(own)) for word, own in carried.items())


def folders(reader: Reader, asked: Filter, parent: int | None = None) -> list[FolderNode]:
    """The folders in a folder, or at the top; by name."""
    mask = select.sightings(reader, asked)
    parents, depths = _tree(reader)
    counts = _counts(reader, mask, parents, depths)
    inner = np.zeros(len(parents), bool)
    inner[parents] = True
    children = np.flatnonzero(parents == (parent or 0))
    ids = [int(each) for each in children if each and inner[each] and counts[each]]
    grand = np.zeros(len(parents), bool)
    grand[parents[inner.nonzero()[0]]] = True
    states = _coverage(reader)
    found: list[FolderNode] = []
    for part in chunks(ids):
        for row, display in reader.all(f"SELECT id, display FROM path WHERE id IN ({marks(part)})", part):
            found.append(
                FolderNode(
                    row,
                    display,
                    display.rpartition("/")[2],
                    int(counts[row]),
                    bool(grand[row]),
                    states.get(row, "listed"),
                )
            )
    return sorted(found, key=lambda each: each.name.casefold())


def _tree(reader: Reader) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Parent and depth of every path, by id; 0 is the root."""

    def make() -> tuple[NDArray[np.int64], NDArray[np.int32]]:
        parents = parents_of(reader)
        depths = np.zeros(len(parents), np.int32)
        above = parents.copy()
        while above.any():
            depths[above > 0] += 1
            above = parents[above]
        return parents, depths

    return kept(reader, "path-tree", ("path",), make)


def _counts(
    reader: Reader, mask: NDArray[np.bool_], parents: NDArray[np.int64], depths: NDArray[np.int32]
) -> NDArray[np.int64]:
    """Different items below every path."""
    columns = reader.arrays("sighting")
    of, paths = columns["object"][mask], columns["path"][mask].astype(np.int64)
    size = len(parents)
    if not len(of):
        return np.zeros(size, np.int64)
    at = np.zeros(int(of.max()) + 1, np.int64)
    at[of] = paths
    several = np.zeros(len(at), bool)
    several[of[at[of] != paths]] = True
    several[0] = False
    once = (at > 0) & ~several
    once[0] = False
    found = np.bincount(at[once], minlength=size) + np.bincount(paths[of == 0], minlength=size)
    for depth in range(int(depths.max()), 0, -1):
        here = np.flatnonzero(depths == depth)
        found += np.bincount(parents[here], found[here], size).astype(np.int64)
    return found + _several(of[several[of]], paths[several[of]], parents, depths)


def _several(
    items: NDArray[Any], paths: NDArray[np.int64], parents: NDArray[np.int64], depths: NDArray[np.int32]
) -> NDArray[np.int64]:
    """The same for items that lie at several paths: in a folder above two of them they count once."""
    found = np.zeros(len(parents), np.int64)
    if not len(items):
        return found
    _, codes = np.unique(items, return_inverse=True)
    width = int(codes.max()) + 1
    pairs = np.unique(paths * width + codes)
    for depth in range(int(depths.max()), -1, -1):
        above, own = pairs // width, pairs % width
        here = depths[above] == depth
        found += np.bincount(above[here], minlength=len(parents))
        above = np.where(here, parents[above], above)
        pairs = np.unique((above * width + own)[above > 0])
    return found


def _coverage(reader: Reader) -> dict[int, str]:
    """What the last look of each source saw of its folders, where that is not *listed*."""
    newest = [int(each) for each in news(reader).newest]
    return dict(
        reader.all(
            f"SELECT path, state FROM coverage WHERE snapshot IN ({marks(newest)}) AND state <> 'listed' "
            "AND path IS NOT NULL",
            newest,
        )
    )
