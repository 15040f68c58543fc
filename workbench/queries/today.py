"""Today: what the last look at each source brought, by folder; what the window shows first of a watched source.

The files themselves come from the gallery: every number stands beside the filter that shows exactly what it counts. A
number of files counts paths; bytes that came to two paths are one item there.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from workbench.case.readers import Reader
from workbench.core.filter import Filter
from workbench.queries import select, walk
from workbench.queries.covering import Look, looks, parents
from workbench.queries.gallery import judged
from workbench.queries.news import NEW
from workbench.queries.shown import chunks, marks
from workbench.queries.texts import literal
from workbench.queries.walk import KINDS, Claims

FOLDERS = 12
"""Folders that are told of one by one."""


@dataclass(frozen=True)
class Counted:
    """So many files changed in one way."""

    kind: str
    files: int
    filter: Filter


@dataclass(frozen=True)
class FolderNews:
    """What changed right in one folder (its row; 0 is the top), the most frequent kind first."""

    folder: int
    path: str
    files: int
    kinds: tuple[Counted, ...]
    filter: Filter


@dataclass(frozen=True)
class LookFacts:
    """One look: how it went, how many folders it listed, was refused and so on, and how many files it saw."""

    id: int
    observed: int
    precision: int
    status: str
    coverage: tuple[tuple[str, int], ...]
    files: int
    not_fetched: int


@dataclass(frozen=True)
class SourceNews:
    """What is new at one source. `last` is its last look; `told` the last one that could be compared, from which the
    news are: another one where the last failed, was of a part, or still runs; null where there is none.

    `new` counts items that were added, changed, moved or returned; `images` and `unseen` how many of them are known to
    be images and have been judged by nobody. `more_folders` with `more_files` are left out of `folders`.
    """

    source: int
    name: str
    url: str | None
    last: LookFacts
    told: LookFacts | None
    kinds: tuple[Counted, ...]
    folders: tuple[FolderNews, ...]
    more_folders: int
    more_files: int
    new: int
    images: int
    unseen: int
    filter: Filter | None
    """All that is told of here; null where nothing is."""


@dataclass(frozen=True)
class Today:
    """The sources that are watched, or were looked at twice; the one that was looked at last comes first."""

    sources: tuple[SourceNews, ...]


def today(reader: Reader, source: int | None = None, most: int = FOLDERS) -> Today:
    """The news of all such sources, or of one, whatever it is. At most so many folders each."""
    urls = dict(reader.all("SELECT source, url FROM watch ORDER BY id"))
    names = dict(reader.all("SELECT id, name FROM source"))
    by_source: dict[int, list[Look]] = {}
    for look in looks(reader):
        by_source.setdefault(look.source, []).append(look)
    found = [
        _source(reader, own, names[each], urls.get(each), most)
        for each, own in by_source.items()
        if (each == source if source is not None else each in urls or len(own) > 1)
    ]
    return Today(tuple(sorted(found, key=lambda each: (-each.last.observed, -each.last.id))))


def _source(reader: Reader, own: list[Look], name: str, url: str | None, most: int) -> SourceNews:
    course = walk.course(reader)
    compared = [each for each in own if each.id in course.compared]
    last = _facts(reader, own[-1])
    if not compared:
        return SourceNews(own[-1].source, name, url, last, None, (), (), 0, 0, 0, 0, 0, None)
    told = last if compared[-1] is own[-1] else _facts(reader, compared[-1])
    claims = course.of(told.id)
    claims = claims.at(claims.kind > 0)
    asked = Filter(source=(name,), snapshot=(told.id,))
    counts = np.bincount(claims.kind, minlength=len(KINDS))
    folders = _folders(reader, claims, asked)
    left = folders[most:]
    new, images, unseen = _items(reader, claims)
    return SourceNews(
        source=own[-1].source,
        name=name,
        url=url,
        last=last,
        told=told,
        kinds=_counted(counts, asked),
        folders=tuple(_described(reader, folders[:most])),
        more_folders=len(left),
        more_files=sum(each.files for each in left),
        new=new,
        images=images,
        unseen=unseen,
        filter=_of_kinds(counts, asked) if len(claims) else None,
    )


def _facts(reader: Reader, look: Look) -> LookFacts:
    columns = reader.arrays("sighting")
    rows = np.flatnonzero(columns["snapshot"] == look.id)
    coverage = reader.all(
        "SELECT state, count(*) FROM (SELECT state, max(id) FROM coverage WHERE snapshot = ? GROUP BY path) "
        "GROUP BY state ORDER BY state",
        (look.id,),
    )
    return LookFacts(
        look.id,
        look.observed,
        look.precision,
        look.status,
        tuple(coverage),
        len(rows),
        int((columns["object"][rows] == 0).sum()),
    )


def _items(reader: Reader, claims: Claims) -> tuple[int, int, int]:
    """New items, and how many of them are images, and judged by nobody."""
    rows = claims.row[claims.kind < len(NEW)]
    of = reader.arrays("sighting")["object"][rows].astype(np.int64)
    ids, at = np.unique(np.where(of > 0, of, -(rows + 1)), return_index=True)
    if not len(ids):
        return 0, 0, 0
    images = select.sightings(reader, Filter(type=("image",)))[rows[at]]
    return len(ids), int(images.sum()), int((~judged(reader, ids)).sum())


@dataclass(frozen=True)
class _Folder:
    id: int
    files: int
    counts: NDArray[np.int64]
    asked: Filter


def _folders(reader: Reader, claims: Claims, asked: Filter) -> list[_Folder]:
    """By folder, the one with the most news first, equals by their ids."""
    above = parents(reader)[reader.arrays("sighting")["path"][claims.row]]
    ids, at = np.unique(above, return_inverse=True)
    counts = np.bincount(at * len(KINDS) + claims.kind, minlength=len(ids) * len(KINDS)).reshape(-1, len(KINDS))
    files = counts.sum(axis=1)
    order = np.argsort(-files, kind="stable")
    return [_Folder(int(ids[each]), int(files[each]), counts[each], asked) for each in order]


def _described(reader: Reader, folders: list[_Folder]) -> list[FolderNews]:
    paths = {0: ""}
    for part in chunks([each.id for each in folders]):
        paths.update(reader.all(f"SELECT id, display FROM path WHERE id IN ({marks(part)})", part))
    found: list[FolderNews] = []
    for each in folders:
        asked = _right_in(each.asked, paths[each.id] if each.id else None)
        kinds = _counted(each.counts, asked)
        kinds = tuple(sorted(kinds, key=lambda one: -one.files))
        found.append(FolderNews(each.id, paths[each.id], each.files, kinds, _of_kinds(each.counts, asked)))
    return found


def _right_in(asked: Filter, folder: str | None) -> Filter:
    """The filter with files that lie in a folder itself, not deeper."""
    if folder is None:
        return replace(asked, not_path=("*/*",))
    inside = f"{literal(folder)}/*"
    return replace(asked, path=(inside,), not_path=(f"{inside}/*",))


def _counted(counts: NDArray[np.int64], asked: Filter) -> tuple[Counted, ...]:
    """In the order of `KINDS`."""
    numbers = zip(KINDS, counts.tolist(), strict=True)
    return tuple(Counted(kind, files, replace(asked, change=(kind,))) for kind, files in numbers if kind and files)


def _of_kinds(counts: NDArray[np.int64], asked: Filter) -> Filter:
    return replace(asked, change=tuple(each.kind for each in _counted(counts, asked)))
