"""Files: one row per object, and one per listed file that was not fetched.

An *item* is the id by which lists and the gallery know a row: the object's id, or minus the sighting's id where there
are no bytes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.case.readers import Reader
from workbench.core.filter import Filter
from workbench.core.records import State
from workbench.core.times import Precision, Zone, rfc3339
from workbench.queries import select
from workbench.queries.misnamed import remarks
from workbench.queries.shown import Row, chunks, marks, message, named, stated
from workbench.queries.states import STATE_OF


@dataclass(frozen=True)
class Items:
    """Items in the order of the gallery: newest look first, in each look as it was taken in.

    `first` is the sighting (id) by which each item was first seen; `snapshot` the look of that sighting.
    """

    ids: NDArray[np.int64]
    first: NDArray[np.int64]
    snapshot: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.ids)


def items(reader: Reader, asked: Filter) -> Items:
    """What the filter shows."""
    mask = select.sightings(reader, asked)
    every = _ordered(reader)
    if mask.all():
        return every
    columns = reader.arrays("sighting")
    rows = np.flatnonzero(mask)
    of = columns["object"][rows].astype(np.int64)
    shown = np.unique(np.where(of > 0, of, -(rows + 1)))
    keep = np.isin(every.ids, shown)
    return Items(every.ids[keep], every.first[keep], every.snapshot[keep])


def _ordered(reader: Reader) -> Items:
    def make() -> Items:
        columns = reader.arrays("sighting")
        of = columns["object"].astype(np.int64)
        own = np.where(of > 0, of, -np.arange(1, len(of) + 1))
        rank = _look_ranks(reader)[columns["snapshot"]]
        by_time = np.argsort(rank, kind="stable")
        _, at = np.unique(own[by_time], return_index=True)
        first = by_time[at]
        order = np.lexsort((first, -rank[first]))
        first = first[order]
        return Items(own[first], first + 1, columns["snapshot"][first].astype(np.int64))

    return reader.memoised("items", make, ("sighting", "snapshot"))


def _look_ranks(reader: Reader) -> NDArray[np.int32]:
    """Position of every look in time, by id."""
    rows = reader.all("SELECT id FROM snapshot ORDER BY observed, id")
    ranks = np.zeros(len(rows) + 1, np.int32)
    for rank, (row,) in enumerate(rows, start=1):
        ranks[row] = rank
    return ranks


def rows(reader: Reader, asked: Filter, actor: str | None = None) -> Iterator[Row]:
    """The rows of ``workbench files``. `actor` is whose verdict counts; else the latest one does."""
    found = items(reader, asked)
    for part in chunks(found.ids.tolist()):
        yield from describe(reader, part, actor)


def describe(reader: Reader, ids: Sequence[int], actor: str | None = None) -> list[Row]:
    """Rows of some items, in their order."""
    held = [each for each in ids if each > 0]
    listed = [-each for each in ids if each < 0]
    made: dict[int, Row] = {}
    facts = _facts(reader, held)
    states = select.object_states(reader)
    for row, sha256, size in _in(reader, "SELECT id, sha256, size FROM object WHERE id IN ({})", held):
        own = facts.get(row, {})
        state = select.STATES[states[row]]
        made[row] = {
            "sha256": sha256.hex(),
            "size": size,
            "media_type": own.get("media_type"),
            "width": own.get("width"),
            "height": own.get("height"),
            "state": state.value if reader.evidence.has(sha256) else State.MISSING.value,
            "examined": own.get("phash_quality") is not None,
        }
    for row, size, state in _in(reader, "SELECT id, size_claimed, state FROM sighting WHERE id IN ({})", listed):
        made[-row] = {
            "sha256": None,
            "size": size,
            "media_type": None,
            "width": None,
            "height": None,
            "state": state,
            "examined": False,
        }
    _add_sightings(reader, made)
    _add_marks(reader, made, actor)
    _add_warnings(reader, made)
    return [made[each] for each in ids]


def _facts(reader: Reader, objects: Sequence[int]) -> dict[int, dict[str, Any]]:
    found: dict[int, dict[str, Any]] = {}
    for row, key, value in _in(
        reader,
        "SELECT object, key, value FROM fact WHERE object IN ({}) "
        "AND key IN ('media_type', 'width', 'height', 'phash_quality') ORDER BY id",
        objects,
    ):
        found.setdefault(row, {})[key] = value
    return found


def _add_sightings(reader: Reader, made: dict[int, Row]) -> None:
    seen: dict[int, list[tuple[Any, ...]]] = {}
    sql = (
        "SELECT {key}, p.raw, s.snapshot, n.observed, s.modified, s.zone FROM sighting s "
        "JOIN path p ON p.id = s.path JOIN snapshot n ON n.id = s.snapshot WHERE {where} IN ({{}}) "
        "ORDER BY n.observed, s.id"
    )
    held = [each for each in made if each > 0]
    listed = [-each for each in made if each < 0]
    for key, where, ids in (("s.object", "s.object", held), ("-s.id", "s.id", listed)):
        for item, *rest in _in(reader, sql.format(key=key, where=where), ids):
            seen.setdefault(item, []).append(tuple(rest))
    for item, row in made.items():
        sightings = seen.get(item, [])
        raws = dict.fromkeys(each[0] for each in sightings)
        row["paths"] = [named("path", raw)["path"] for raw in raws]
        encoded = [named("path", raw).get("path_raw") for raw in raws]
        if any(encoded):
            row["paths_raw"] = encoded
        row["snapshots"] = list(dict.fromkeys(each[1] for each in sightings))
        row["first_seen"] = rfc3339(sightings[0][2]) if sightings else None
        row["last_seen"] = rfc3339(sightings[-1][2]) if sightings else None
        claimed = min(((each[3], each[4]) for each in sightings if each[3] is not None), default=(None, None))
        row["modified"] = stated(*claimed)
        row["modified_zone"] = None if claimed[1] is None else Zone(claimed[1]).word()


def _add_marks(reader: Reader, made: dict[int, Row], actor: str | None) -> None:
    for row in made.values():
        row["tags"] = []
        row["verdict"] = None
    latest: dict[int, int] = {}
    whose = _actor_id(reader, actor)
    for kind, ids in (
        ("object", [each for each in made if each > 0]),
        ("sighting", [-each for each in made if each < 0]),
    ):
        for target, mark_kind, value, author, present in _in(
            reader,
            "SELECT target, kind, value, actor, present FROM mark_now WHERE kind IN ('tag', 'verdict') "
            f"AND target_kind = '{kind}' AND (present OR value = 'unseen' AND kind = 'verdict') "
            "AND target IN ({}) ORDER BY mark",
            ids,
        ):
            item = target if kind == "object" else -target
            row = made[item]
            if mark_kind == "tag":
                if value not in row["tags"]:
                    row["tags"].append(value)
            elif whose is None or author == whose or latest.get(item) != whose:
                row["verdict"] = value if present else None
                latest[item] = author


def _actor_id(reader: Reader, actor: str | None) -> int | None:
    return None if actor is None else reader.value("SELECT id FROM actor WHERE name = ?", (actor,))


def _add_warnings(reader: Reader, made: dict[int, Row]) -> None:
    for row in made.values():
        row["warnings"] = []
    held = [each for each in made if each > 0]
    for item, code, arguments in _in(
        reader, "SELECT object, code, arguments FROM warning WHERE object IN ({}) ORDER BY id", held
    ):
        made[item]["warnings"].append(message(code, arguments))
    on_paths = (
        "SELECT DISTINCT {key}, w.code, w.arguments FROM sighting s JOIN warning w "
        "ON w.snapshot = s.snapshot AND w.path = s.path WHERE {where} IN ({{}})"
    )
    listed = [-each for each in made if each < 0]
    for sql, ids in (
        (on_paths.format(key="s.object", where="s.object"), held),
        (on_paths.format(key="-s.id", where="s.id"), listed),
    ):
        for item, code, arguments in _in(reader, sql, ids):
            made[item]["warnings"].append(message(code, arguments))
    for row in made.values():
        row["warnings"] += [message(each.code, each.to_json()) for each in remarks(row["paths"], row["media_type"])]


def _in(reader: Reader, sql: str, values: Sequence[Any]) -> Iterator[tuple[Any, ...]]:
    for part in chunks(values):
        yield from reader.all(sql.format(marks(part)), part)


def sightings(reader: Reader, asked: Filter) -> Iterator[Row]:
    """The rows of ``workbench sightings``.

    ``trusted`` is by which rule the bytes were taken to be those of before, and null where they were fetched in that
    look; ``rechecked`` says whether bytes that were fetched to check that trust were the same, and null where none
    were. ``state`` is ``refused`` where the server would not give the file.
    """
    mask = select.sightings(reader, asked)
    states = select.object_states(reader)
    for part in chunks((np.flatnonzero(mask) + 1).tolist()):
        for row, snapshot, raw, held, sha256, state, size, *told in reader.all(
            f"SELECT s.id, s.snapshot, p.raw, s.object, o.sha256, {STATE_OF}, s.size_claimed, s.modified, s.zone, "
            "s.precision, s.etag, s.record, t.rule, c.same FROM sighting s JOIN path p ON p.id = s.path "
            "LEFT JOIN object o ON o.id = s.object LEFT JOIN trusted t ON t.sighting = s.id "
            "LEFT JOIN recheck c ON c.sighting = s.id "
            f"WHERE s.id IN ({marks(part)}) ORDER BY s.id",
            part,
        ):
            modified, zone, precision, etag, record, trusted, same = told
            yield {
                "id": row,
                "snapshot": snapshot,
                **named("path", raw),
                "sha256": None if sha256 is None else sha256.hex(),
                "state": state if held is None else select.STATES[states[held]].value,
                "size_claimed": size,
                "modified": stated(modified, zone),
                "zone": None if modified is None else Zone(zone).word(),
                "precision": None if modified is None else Precision(precision).word(),
                "etag": etag,
                "record": record,
                "trusted": trusted,
                "rechecked": None if same is None else bool(same),
            }
