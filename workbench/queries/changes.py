"""What changed between looks, as lists: the claims of `workbench.queries.walk`, with paths, hashes and sizes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.case.readers import Reader
from workbench.core.errors import UserError
from workbench.queries import walk
from workbench.queries.covering import looks
from workbench.queries.shown import chunks, marks, named
from workbench.queries.walk import ADDED, CHANGED, KINDS, MOVED, REMOVED, RETURNED, TIME_CHANGED, Claims


@dataclass(frozen=True)
class Change:
    """One difference. Ids of rows; `sighting` is the new state of the path (null when it was removed). `shown` is the
    sighting that shows it: that, or the last one of what was removed. `base` is the sighting that it is held against;
    null where there is none. `since` is the last look that showed it otherwise; null where none is known.
    """

    kind: str
    snapshot: int
    path: int
    old_path: int | None
    object: int | None
    old_object: int | None
    sighting: int | None
    shown: int
    base: int | None = None
    since: int | None = None


@dataclass(frozen=True)
class Pair:
    """Two looks at one source that are compared. `old` stands for all that was known when it had ended, unless the two
    were named: then nothing but these two counts.
    """

    source: int
    old: int
    new: int
    named: bool = False


def pairs(reader: Reader, source: str | None = None) -> list[Pair]:
    """The compared looks of every source, by time, each with the last one before it that shows what is missing.

    Where all looks are complete, these are all neighbours.
    """
    order = {each.id: (each.source, place) for place, each in enumerate(looks(reader))}
    own = None if source is None else reader.value("SELECT id FROM source WHERE name = ?", (source,)) or 0
    found = sorted(walk.compared(reader).items(), key=lambda each: order[each[0]])
    return [Pair(order[new][0], old, new) for new, old in found if own is None or order[new][0] == own]


def named_pair(reader: Reader, old: int, new: int) -> Pair:
    """Two looks by id. They need not be complete: see `walk.between` for what is claimed then."""
    found: list[int] = []
    for snapshot in (old, new):
        source = reader.value("SELECT source FROM snapshot WHERE id = ?", (snapshot,))
        if source is None:
            raise UserError("no-such-snapshot", snapshot=snapshot)
        found.append(int(source))
    if found[0] != found[1]:
        raise UserError("snapshots-of-two-sources", old=old, new=new)
    return Pair(found[0], old, new, named=True)


def changes(reader: Reader, pair: Pair) -> Iterator[Change]:
    """Added, changed, moved, removed, returned, time-changed; by path."""
    claims = walk.between(reader, pair.old, pair.new) if pair.named else walk.course(reader).of(pair.new)
    found = _changes(reader, claims.at(claims.kind > 0))
    order = _by_id(reader, "path", "display", [each.path for each in found])
    return iter(sorted(found, key=lambda each: (order[each.path], each.path)))


def _changes(reader: Reader, claims: Claims) -> list[Change]:
    columns = reader.arrays("sighting")
    path, of = columns["path"][claims.row], columns["object"][claims.row]
    based = np.maximum(claims.base, 0)
    old_path = np.where(claims.kind == MOVED, columns["path"][based], 0) if len(based) else based
    old_of = np.where(claims.base >= 0, columns["object"][based], 0) if len(based) else based
    gone = claims.kind == REMOVED
    values = (
        claims.kind,
        claims.look,
        path,
        old_path,
        np.where(gone, 0, of),
        np.where(gone, of, old_of),
        claims.row + 1,
        claims.base + 1,
        claims.since,
    )
    return [
        Change(
            KINDS[kind],
            look,
            at,
            before or None,
            now or None,
            then or None,
            None if kind == REMOVED else row,
            row,
            base or None,
            since or None,
        )
        for kind, look, at, before, now, then, row, base, since in zip(*(each.tolist() for each in values), strict=True)
    ]


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
    fetched = last_fetched(reader, found)
    for each in found:
        yield {
            "change": each.kind,
            **named("path", paths[each.path]),
            **named("old_path", None if each.old_path is None else paths[each.old_path]),
            "sha256": None if each.object is None else hashes[each.object].hex(),
            "old_sha256": None if each.old_object is None else hashes[each.old_object].hex(),
            "size": sizes[each.object] if each.object is not None else claimed.get(each.sighting),
            "snapshot": each.snapshot,
            "since": fetched.get(each, each.since),
        }


def last_fetched(reader: Reader, found: Sequence[Change]) -> dict[Change, int | None]:
    """For files that have other bytes than before: the last look in which those before were really fetched there.

    The looks since then took the server's word that the file is the same, so that the change may be older than the look
    that shows it. Null where no look at that source fetched them there.
    """
    changed = [each for each in found if each.kind == KINDS[CHANGED] and each.base is not None]
    looked: dict[int, int | None] = {}
    for part in chunks(sorted({each.base for each in changed if each.base is not None})):
        looked.update(
            reader.all(
                "SELECT b.id, (SELECT p.snapshot FROM sighting p JOIN snapshot n ON n.id = p.snapshot "
                "WHERE p.path = b.path AND p.object = b.object AND n.source = m.source AND n.observed <= m.observed "
                "AND NOT EXISTS (SELECT 1 FROM trusted t WHERE t.sighting = p.id) ORDER BY n.observed DESC, p.id DESC "
                f"LIMIT 1) FROM sighting b JOIN snapshot m ON m.id = b.snapshot WHERE b.id IN ({marks(part)})",
                part,
            )
        )
    return {each: looked[each.base] for each in changed if each.base is not None}


def _by_id(reader: Reader, table: str, column: str, ids: Sequence[int | None]) -> dict[int | None, Any]:
    found: dict[int | None, Any] = {}
    for part in chunks(sorted({each for each in ids if each is not None})):
        found.update(reader.all(f"SELECT id, {column} FROM {table} WHERE id IN ({marks(part)})", part))
    return found


def sightings_of(reader: Reader, kinds: Sequence[str]) -> list[int]:
    """Sightings (id) that show a change of these kinds; a removed file is shown by its last sighting."""
    found: list[int] = (shown(reader, kinds).row + 1).tolist()
    return found


def shown(reader: Reader, kinds: Sequence[str]) -> Claims:
    """All claims of these kinds, of all looks."""
    claims = walk.course(reader).claims
    return claims.at(np.isin(claims.kind, [KINDS.index(each) for each in kinds if each]))


def in_looks(reader: Reader, kinds: Sequence[str], wanted: NDArray[np.bool_] | None) -> NDArray[np.int64]:
    """Sightings (id) that show a change of these kinds which one of the `wanted` looks (a mask by id) brought to light.

    So what a look shows to have been removed is found by that look, although it was seen in earlier ones only.
    """
    claims = shown(reader, kinds)
    return (claims.row if wanted is None else claims.row[wanted[claims.look]]) + 1


@dataclass(frozen=True)
class Summary:
    """How much one look brought. Where it is not `compared` with any before it, nothing is known: all are 0."""

    compared: bool
    added: int
    changed: int
    moved: int
    removed: int
    returned: int
    time_changed: int


def summary(reader: Reader, snapshot: int) -> Summary:
    """Counts of the changes that a look shows. Raises `UserError` ``no-such-snapshot``."""
    if reader.value("SELECT 1 FROM snapshot WHERE id = ?", (snapshot,)) is None:
        raise UserError("no-such-snapshot", snapshot=snapshot)
    course = walk.course(reader)
    counts = np.bincount(course.of(snapshot).kind, minlength=len(KINDS)).tolist()
    return Summary(
        compared=snapshot in course.compared,
        added=counts[ADDED],
        changed=counts[CHANGED],
        moved=counts[MOVED],
        removed=counts[REMOVED],
        returned=counts[RETURNED],
        time_changed=counts[TIME_CHANGED],
    )
