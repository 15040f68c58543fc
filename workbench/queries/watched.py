"""Watched servers: how each is looked at, by whose charter, and where its last look stands."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from workbench.case.readers import Reader
from workbench.core.errors import UserError
from workbench.queries.shown import Row, named


@dataclass(frozen=True)
class Charter:
    """What the last charter of a source says; what it does not say is null."""

    who: str | None
    why: str | None
    authority: str | None
    basis: str | None
    found: str | None
    connection: str | None


@dataclass(frozen=True)
class Watched:
    """A watched source. Times are microseconds UTC.

    `source` is its row, `options` what it was last set to, a later decision on robots included. `snapshot` is the last
    look at it, by the time of observing,
    `status` how that ended (null while it has not: `unfinished`). `certificate` is the SHA-256 of the TLS certificate
    that was accepted last: by a decision, else by being the first that the server showed. `robots_read` is when its
    rules for robots were last asked for, `missed` when the last look was due that did not take place.
    """

    source: int
    name: str
    url: str
    kind: str
    options: dict[str, Any]
    charter: Charter | None
    snapshot: int | None
    status: str | None
    observed: int | None
    ended: int | None
    unfinished: bool
    certificate: bytes | None
    robots_read: int | None
    missed: int | None


def sources(reader: Reader) -> list[Watched]:
    """Every source that is watched, in the order of their names."""
    rows = reader.all(
        "SELECT s.id, s.name, w.url, w.kind, w.options FROM source s JOIN watch w ON w.id = "
        "(SELECT max(id) FROM watch WHERE source = s.id) ORDER BY s.name"
    )
    return [_watched(reader, *row) for row in rows]


def one(reader: Reader, name: str) -> Watched:
    """A watched source by its name. Raises `UserError` ``watch-no-source``."""
    found = find(reader, name)
    if found is None:
        raise UserError("watch-no-source", source=name)
    return found


def find(reader: Reader, name: str) -> Watched | None:
    """A watched source by its name; null where none of that name is watched."""
    rows = reader.all(
        "SELECT s.id, s.name, w.url, w.kind, w.options FROM source s JOIN watch w ON w.source = s.id "
        "WHERE s.name = ? ORDER BY w.id DESC LIMIT 1",
        (name,),
    )
    return _watched(reader, *rows[0]) if rows else None


def _watched(reader: Reader, source: int, name: str, url: str, kind: str, options: str) -> Watched:
    look: tuple[Any, ...] | None = reader.conn.execute(
        "SELECT n.id, e.status, n.observed, e.ended FROM snapshot n LEFT JOIN snapshot_end e ON e.snapshot = n.id "
        "WHERE n.source = ? ORDER BY n.observed DESC, n.id DESC LIMIT 1",
        (source,),
    ).fetchone()
    snapshot, status, observed, ended = look or (None, None, None, None)
    return Watched(
        source=source,
        name=name,
        url=url,
        kind=kind,
        options=_options(reader, source, options),
        charter=charter(reader, source),
        snapshot=snapshot,
        status=status,
        observed=observed,
        ended=ended,
        unfinished=snapshot is not None and status is None,
        certificate=_certificate(reader, source),
        robots_read=reader.value(
            "SELECT max(x.time) FROM snapshot n JOIN exchange x ON x.snapshot = n.id "
            "WHERE n.source = ? AND x.purpose = 'robots'",
            (source,),
        ),
        missed=reader.value("SELECT max(due) FROM missed WHERE source = ?", (source,)),
    )


def charter(reader: Reader, source: int) -> Charter | None:
    """The charter of a source, by its row; null where none was written."""
    row = reader.conn.execute(
        "SELECT who, why, authority, basis, found, connection FROM charter WHERE source = ? ORDER BY id DESC LIMIT 1",
        (source,),
    ).fetchone()
    return None if row is None else Charter(*row)


def source_of(reader: Reader, name: str) -> int:
    """The row of a source, watched or not, by its name. Raises `UserError` ``watch-no-source``."""
    found = reader.value("SELECT id FROM source WHERE name = ?", (name,))
    if found is None:
        raise UserError("watch-no-source", source=name)
    return int(found)


def last_ended(reader: Reader, name: str) -> int | None:
    """The last look at a source that has ended. Raises `UserError` ``watch-no-source``."""
    found = reader.value(
        "SELECT n.id FROM snapshot n JOIN snapshot_end e ON e.snapshot = n.id WHERE n.source = ? "
        "ORDER BY n.observed DESC, n.id DESC LIMIT 1",
        (source_of(reader, name),),
    )
    return None if found is None else int(found)


def _options(reader: Reader, source: int, kept: str) -> dict[str, Any]:
    options: dict[str, Any] = json.loads(kept)
    robots = decided(reader, source, "robots")
    return options if robots is None else {**options, "robots": robots}


def decided(reader: Reader, source: int, kind: str) -> str | None:
    """What a person decided last about a source, by its row; null where nothing was."""
    found = reader.value(
        "SELECT value FROM decision WHERE source = ? AND kind = ? ORDER BY id DESC LIMIT 1", (source, kind)
    )
    return None if found is None else str(found)


def _certificate(reader: Reader, source: int) -> bytes | None:
    accepted = decided(reader, source, "certificate")
    if accepted is not None:
        return bytes.fromhex(accepted)
    found = reader.value(
        "SELECT x.certificate FROM snapshot n JOIN exchange x ON x.snapshot = n.id "
        "WHERE n.source = ? AND x.certificate IS NOT NULL ORDER BY x.id LIMIT 1",
        (source,),
    )
    return None if found is None else bytes(found)


def names(reader: Reader) -> list[str]:
    """Every source of the case, watched or not, by its name."""
    return [name for (name,) in reader.all("SELECT name FROM source ORDER BY name")]


_WHY = "EXISTS (SELECT 1 FROM warning w WHERE w.snapshot = c.snapshot AND w.path IS c.path AND w.code IN ({}))"
PARTLY_LISTED = (
    "ftp-listing-cut", "listing-cut-off", "listing-too-many", "rows-incomplete", "bucket-no-next-page",
    "listing-endless",
)  # fmt: skip
"""Warnings of a folder of which a part was listed: what is there was seen, and nothing is known of the rest."""
STATE_OF_FOLDER = (
    "CASE WHEN c.state <> 'failed' THEN c.state "
    f"WHEN {_WHY.format(', '.join(repr(each) for each in PARTLY_LISTED))} THEN 'partial' "
    f"WHEN {_WHY.format(repr('listing-not-understood'))} THEN 'not-understood' ELSE 'failed' END"
)
"""What a look saw of a folder, in SQL on a row ``c`` of `coverage`. The two finer states follow from its warnings."""


def coverage(reader: Reader, snapshot: int | None = None, source: str | None = None) -> Iterator[Row]:
    """What looks saw of each folder: ``snapshot``, ``path`` (null is the start itself), ``state``, ``source``.

    Of one look, of those at one source, or of all. Raises `UserError` ``no-such-snapshot``, ``watch-not-its-look``.
    """
    if snapshot is not None:
        check_snapshot(reader, snapshot, source)
    for look, raw, state, of in reader.conn.execute(
        f"SELECT c.snapshot, p.raw, {STATE_OF_FOLDER}, s.name FROM coverage c LEFT JOIN path p ON p.id = c.path "
        "JOIN snapshot n ON n.id = c.snapshot JOIN source s ON s.id = n.source "
        "WHERE (?1 IS NULL OR c.snapshot = ?1) AND (?2 IS NULL OR s.name = ?2) ORDER BY c.snapshot, p.raw, c.id",
        (snapshot, source),
    ):
        yield {"snapshot": look, **named("path", raw), "state": state, "source": of}


def check_snapshot(reader: Reader, snapshot: int, source: str | None = None) -> None:
    """Raise `UserError` ``no-such-snapshot`` where there is no such look, and ``watch-not-its-look`` where it is not
    one at `source`.
    """
    of = reader.value("SELECT s.name FROM snapshot n JOIN source s ON s.id = n.source WHERE n.id = ?", (snapshot,))
    if of is None:
        raise UserError("no-such-snapshot", snapshot=snapshot)
    if source not in (None, of):
        raise UserError("watch-not-its-look", snapshot=snapshot)
