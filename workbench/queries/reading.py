"""What a log intake, a look-up and a matching have to know of what is there already."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from workbench.case.readers import Reader
from workbench.core.records import Action
from workbench.queries.acts import IN_FORCE, IS_DUPLICATE
from workbench.queries.shown import chunks, marks


@dataclass(frozen=True)
class KnownLog:
    """A log of the case, with its latest reading (null before the first)."""

    id: int
    object: int
    sha256: bytes
    name: str
    content_sha256: bytes
    content_size: int
    extends: int | None
    from_offset: int
    from_line: int
    reading: int | None
    format: str | None
    version: str | None
    zone_rule: str | None
    finished: bool
    layout: Mapping[str, Any] | None
    """How the latest reading understood the columns."""
    evidence: Mapping[str, Any] | None
    """What its lines say of that; null before its end."""


def logs(reader: Reader) -> list[KnownLog]:
    """Every log, in the order in which they were taken in."""
    return [
        KnownLog(*(*row[:14], _layout(*row[14:18]), None if row[18] is None else json.loads(row[18])))
        for row in reader.all(
            "SELECT l.id, l.object, o.sha256, l.name, l.content_sha256, l.content_size, l.extends, l.from_offset, "
            "l.from_line, r.id, r.format, r.version, r.zone_rule, "
            "EXISTS (SELECT 1 FROM reading_end e WHERE e.reading = r.id), y.first, y.behind, y.identifier, y.trusted, "
            "v.evidence FROM log l "
            "JOIN object o ON o.id = l.object "
            "LEFT JOIN reading r ON r.id = (SELECT max(id) FROM reading WHERE log = l.id) "
            "LEFT JOIN layout y ON y.reading = r.id LEFT JOIN survey v ON v.reading = r.id ORDER BY l.id"
        )
    ]


def _layout(first: str | None, behind: int | None, identifier: str, trusted: str) -> Mapping[str, Any] | None:
    if first is None:
        return None
    return {"first": first, "behind": behind, "identifier": identifier, "trusted": json.loads(trusted)}


def resume_point(reader: Reader, reading: int) -> tuple[int, int, int] | None:
    """Number, start (bytes into the log) and length of the last line that a reading has recorded; null when there is
    none.
    """
    row = reader.conn.execute(
        "SELECT line, start, length FROM (SELECT line, start, length FROM event WHERE reading = ?1 UNION ALL "
        "SELECT line, start, length FROM reject WHERE reading = ?1) ORDER BY line DESC LIMIT 1",
        (reading,),
    ).fetchone()
    return None if row is None else (int(row[0]), int(row[1]), int(row[2]))


def counts(reader: Reader, reading: int) -> tuple[int, int]:
    """Events and rejects of a reading so far."""
    events = reader.value("SELECT count(*) FROM event WHERE reading = ?", (reading,))
    rejected = reader.value("SELECT count(*) FROM reject WHERE reading = ?", (reading,))
    return int(events), int(rejected)


def upload_paths(reader: Reader, log: int, limit: int = 50_000) -> list[bytes]:
    """Distinct paths that the live reading of a log says were uploaded."""
    return [
        row[0]
        for row in reader.conn.execute(
            "SELECT DISTINCT p.raw FROM event e JOIN reading r ON r.id = e.reading JOIN logpath p ON p.id = e.path "
            "WHERE r.log = ? AND e.action = ? LIMIT ?",
            (log, int(Action.UPLOAD), limit),
        )
    ]


def sighted_paths(reader: Reader) -> Iterator[bytes]:
    """Every path that some look has seen."""
    return (row[0] for row in reader.conn.execute("SELECT raw FROM path"))


def other_log_paths(reader: Reader, log: int, limit: int = 200_000) -> list[bytes]:
    """Paths that other logs speak of."""
    return [
        row[0]
        for row in reader.conn.execute(
            "SELECT DISTINCT p.raw FROM event e JOIN reading r ON r.id = e.reading JOIN logpath p ON p.id = e.path "
            "WHERE r.log <> ? LIMIT ?",
            (log, limit),
        )
    ]


def root_of(reader: Reader, log: int) -> bytes | None:
    """The server root that was recorded for a log."""
    return reader.value("SELECT prefix FROM rootmap WHERE log = ? ORDER BY id DESC LIMIT 1", (log,))  # type: ignore[no-any-return]


@dataclass(frozen=True)
class Unasked:
    """An address, and the data sets that were asked about it already."""

    id: int
    text: str
    asked: frozenset[int]


def not_looked_up(reader: Reader, datasets: Sequence[int], after: int, limit: int) -> list[Unasked]:
    """The next addresses (by id) about which some of these data sets was not asked."""
    rows = reader.all(
        "SELECT a.id, a.text FROM address a WHERE a.id > ? AND (SELECT count(*) FROM lookup l WHERE l.address = a.id "
        f"AND l.dataset IN ({marks(datasets)})) < ? ORDER BY a.id LIMIT ?",
        (after, *datasets, len(datasets), limit),
    )
    asked: dict[int, set[int]] = {}
    for part in chunks([row[0] for row in rows]):
        for address, dataset in reader.all(
            f"SELECT address, dataset FROM lookup WHERE address IN ({marks(part)})", part
        ):
            asked.setdefault(address, set()).add(dataset)
    return [Unasked(row, text, frozenset(asked.get(row, ()))) for row, text in rows]


def dataset_id(reader: Reader, sha256: bytes) -> int | None:
    """A data set by its bytes."""
    return reader.value("SELECT id FROM dataset WHERE sha256 = ?", (sha256,))  # type: ignore[no-any-return]


@dataclass(frozen=True)
class Upload:
    """An upload that no sighting is matched to yet. `time` is microseconds; a wall clock when `zone` is 0."""

    event: int
    path: int
    time: int | None
    zone: int
    received: int | None
    damaged: bool


def unmatched_uploads(reader: Reader, after: int, limit: int) -> list[Upload]:
    """The next uploads that went well, by event id, of live readings, one an act, without a match."""
    return [
        Upload(*row)
        for row in reader.all(
            "SELECT e.id, e.path, e.time, e.zone, e.received, e.damaged FROM event e WHERE e.id > ? AND e.action = ? "
            "AND e.ok = 1 AND e.path IS NOT NULL "
            "AND NOT EXISTS (SELECT 1 FROM match m WHERE m.event = e.id) "
            "AND NOT EXISTS (SELECT 1 FROM reading r WHERE r.supersedes = e.reading) "
            f"AND NOT {IS_DUPLICATE} AND NOT EXISTS (SELECT 1 FROM citation c JOIN match m ON m.event = c.duplicate "
            f"WHERE c.event = e.id AND {IN_FORCE}) ORDER BY e.id LIMIT ?",
            (after, int(Action.UPLOAD), limit),
        )
    ]


def event_paths(reader: Reader, paths: Sequence[int]) -> dict[int, bytes]:
    """Raw paths of events by id, as logged."""
    found: dict[int, bytes] = {}
    for part in chunks(paths):
        found.update(reader.all(f"SELECT id, raw FROM logpath WHERE id IN ({marks(part)})", part))
    return found


def roots(reader: Reader) -> list[bytes]:
    """Every server root that was recorded, the longest first."""
    return [row[0] for row in reader.all("SELECT DISTINCT prefix FROM rootmap ORDER BY length(prefix) DESC")]


def paths_named(reader: Reader, raws: Sequence[bytes]) -> dict[bytes, int]:
    """Ids of sighted paths by their raw bytes, as far as they exist."""
    found: dict[bytes, int] = {}
    for part in chunks(raws):
        found.update(reader.all(f"SELECT raw, id FROM path WHERE raw IN ({marks(part)})", part))
    return found


def paths_with_names(reader: Reader, names: set[bytes]) -> list[tuple[int, bytes]]:
    """Sighted paths whose last part is one of these; one pass over all paths."""
    return [
        (row, raw)
        for row, raw in reader.conn.execute("SELECT id, raw FROM path")
        if raw[raw.rfind(b"/") + 1 :] in names
    ]


def paths_of_length(reader: Reader, length: int) -> list[tuple[int, bytes]]:
    """Sighted paths whose last part has so many bytes: for names in which a log damaged single bytes."""
    return reader.all(
        "SELECT p.id, p.raw FROM path p LEFT JOIN path f ON f.id = p.parent "
        "WHERE length(p.raw) - ifnull(length(f.raw) + 1, 0) = ?",
        (length,),
    )


@dataclass(frozen=True)
class Seen:
    """A sighting as matching needs it; `until` is the end of the time at which the look may have been."""

    sighting: int
    object: int | None
    size: int | None
    modified: int | None
    zone: int
    observed: int
    until: int


def sightings_at(reader: Reader, paths: Sequence[int]) -> dict[int, list[Seen]]:
    """Sightings by path, in the order of their looks."""
    found: dict[int, list[Seen]] = {}
    width = "CASE n.precision WHEN 5 THEN 86400000000 WHEN 4 THEN 3600000000 WHEN 3 THEN 60000000 ELSE 1000000 END"
    for part in chunks(paths):
        for path, *rest in reader.all(
            "SELECT s.path, s.id, s.object, ifnull(o.size, s.size_claimed), s.modified, s.zone, n.observed, "
            f"n.observed + {width} FROM sighting s JOIN snapshot n ON n.id = s.snapshot "
            f"LEFT JOIN object o ON o.id = s.object WHERE s.path IN ({marks(part)}) ORDER BY n.observed, s.id",
            part,
        ):
            found.setdefault(path, []).append(Seen(*rest))
    return found


def matches_at(reader: Reader, sightings: Sequence[int]) -> list[tuple[int, int, float, int | None, bool]]:
    """Matches of sightings by readings that count: sighting, event, score, time of the event, is its zone known."""
    return [
        (sighting, event, score, time, bool(zone))
        for part in chunks(sightings)
        for sighting, event, score, time, zone in reader.all(
            "SELECT m.sighting, m.event, m.score, e.time, e.zone FROM match m JOIN event e ON e.id = m.event "
            f"WHERE m.sighting IN ({marks(part)}) "
            "AND NOT EXISTS (SELECT 1 FROM reading r WHERE r.supersedes = e.reading) ORDER BY m.id",
            part,
        )
    ]


def has_sightings(reader: Reader) -> bool:
    """Is there anything to match to?"""
    return bool(reader.value("SELECT 1 FROM sighting LIMIT 1"))
