"""What a look at a server has to know of the looks before it, and of itself where it was cut off."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from workbench.case.readers import Reader
from workbench.core.messages import Message
from workbench.core.records import Placed
from workbench.core.times import Precision, Zone

AT_ONCE = 500
"""Paths that are looked up together."""


@dataclass(frozen=True)
class Before:
    """A file as an earlier look had it last. `claimed` is what was kept of the server's words (see `claims`)."""

    sha256: bytes
    size: int
    size_claimed: int | None
    modified: int | None
    zone: Zone
    precision: Precision
    etag: str | None
    claimed: dict[str, Any]
    observed: int
    snapshot: int


@dataclass(frozen=True)
class Kept:
    """A recorded answer: when it came, its status, and where its WARC records lie."""

    uid: bytes
    time: int
    status: int | None
    placed: Placed


def files_before(reader: Reader, snapshot: int, paths: Sequence[bytes]) -> dict[bytes, Before]:
    """Files of a look's source by raw path, each as the last of the earlier looks has it whose bytes are known.

    Memory goes with the paths that are asked for, so a folder of any size is to be asked for in parts.
    """
    found: dict[bytes, Before] = {}
    for at in range(0, len(paths), AT_ONCE):
        found.update(_before(reader, snapshot, paths[at : at + AT_ONCE]))
    return found


def _before(reader: Reader, snapshot: int, paths: Sequence[bytes]) -> Iterator[tuple[bytes, Before]]:
    marks = ",".join("?" * len(paths))
    last = reader.all(
        # CROSS JOIN keeps this order (sqlite.org/lang_select.html): else all sightings of the source would be read
        "SELECT max(s.id), p.raw FROM path p CROSS JOIN sighting s ON s.path = p.id "
        "CROSS JOIN snapshot n ON n.id = s.snapshot "
        f"WHERE p.raw IN ({marks}) AND s.object IS NOT NULL AND s.snapshot <> ? "
        "AND n.source = (SELECT source FROM snapshot WHERE id = ?) GROUP BY p.id",
        (*paths, snapshot, snapshot),
    )
    raws = dict(last)
    if not raws:
        return
    marks = ",".join("?" * len(raws))
    for row, *values in reader.all(
        "SELECT s.id, o.sha256, o.size, s.size_claimed, s.modified, s.zone, s.precision, s.etag, s.headers, "
        f"n.observed, n.id FROM sighting s JOIN object o ON o.id = s.object JOIN snapshot n ON n.id = s.snapshot "
        f"WHERE s.id IN ({marks})",
        list(raws),
    ):
        sha256, size, size_claimed, modified, zone, precision, etag, headers, observed, look = values
        yield (
            raws[row],
            Before(
                sha256,
                size,
                size_claimed,
                modified,
                Zone(zone),
                Precision(precision),
                etag,
                claims(headers),
                observed,
                look,
            ),
        )


def had_files(reader: Reader, snapshot: int, folder: bytes) -> bool:
    """Did the look before this one, at the same source, see files directly in this folder?"""
    last = reader.value(
        "SELECT max(id) FROM snapshot WHERE id < ?1 AND source = (SELECT source FROM snapshot WHERE id = ?1)",
        (snapshot,),
    )
    return last is not None and bool(
        reader.value(
            "SELECT EXISTS (SELECT 1 FROM sighting s JOIN path p ON p.id = s.path WHERE s.snapshot = ? "
            "AND p.parent IS (SELECT id FROM path WHERE raw = ?))",
            (last, folder or None),
        )
    )


def claims(headers: str | None) -> dict[str, Any]:
    """What a sighting keeps of the server's words: ``listing`` (its row in the listing), and headers in lower case."""
    plain = json.loads(headers) if headers else {}
    return plain if isinstance(plain, dict) else {}


def recorded_pages(reader: Reader, snapshot: int) -> dict[tuple[str, str], Kept]:
    """The listing pages that a look has recorded already, by method and URL; of several the last."""
    wanted = "WHERE x.snapshot = ? AND x.purpose = 'listing' AND x.outcome = 'done' ORDER BY x.id"
    return _pages(reader.all(f"{_PAGES} {wanted}", (snapshot,)))


def last_page(reader: Reader, snapshot: int, method: str, url: str) -> Kept | None:
    """The same page as an earlier look at the source, or this one, recorded it last."""
    rows = reader.all(
        f"{_PAGES} JOIN snapshot n ON n.id = x.snapshot WHERE n.source = (SELECT source FROM snapshot WHERE id = ?) "
        "AND x.purpose IN ('listing', 'robots') AND x.method = ? AND x.url = ? AND x.outcome = 'done' "
        "AND x.status = 200 ORDER BY x.id DESC LIMIT 1",
        (snapshot, method, url),
    )
    return _pages(rows).get((method, url))


def last_robots(reader: Reader, snapshot: int, url: str) -> Kept | None:
    """The last answer to the question for the robots rules of a host, as a look's source got it, whatever it was.

    `url` is where the host keeps them; on the same host they may be sent from elsewhere.
    """
    host = url.removesuffix("robots.txt")
    row = reader.value(
        "SELECT x.id FROM exchange x JOIN snapshot n ON n.id = x.snapshot WHERE x.purpose = 'robots' "
        "AND n.source = (SELECT source FROM snapshot WHERE id = ?1) AND substr(x.url, 1, length(?2)) = ?2 "
        "AND x.outcome = 'done' ORDER BY x.id DESC LIMIT 1",
        (snapshot, host),
    )
    if row is None:
        return None
    return next(iter(_pages(reader.all(f"{_PAGES} WHERE x.id = ?", (row,))).values()))


def page_by_uid(reader: Reader, uid: bytes) -> Kept | None:
    """A recorded answer by the id of its WARC record."""
    return next(iter(_pages(reader.all(f"{_PAGES} WHERE x.uid = ?", (uid,))).values()), None)


_PAGES = (
    "SELECT x.method, x.url, x.uid, x.time, x.status, w.name, x.start, x.length, x.sha256 FROM exchange x "
    "JOIN warc w ON w.id = x.warc"
)


def _pages(rows: list[tuple[Any, ...]]) -> dict[tuple[str, str], Kept]:
    return {
        (method, url): Kept(uid, time, status, Placed(name, start, length, sha256))
        for method, url, uid, time, status, name, start, length, sha256 in rows
    }


def committed(reader: Reader, snapshot: int) -> dict[str, int]:
    """How many bytes of each WARC file of a look the case speaks of."""
    return dict(
        reader.all(
            "SELECT w.name, max(x.start + x.length) FROM exchange x JOIN warc w ON w.id = x.warc "
            "WHERE w.snapshot = ? GROUP BY w.id",
            (snapshot,),
        )
    )


def recorded(reader: Reader, uids: Sequence[bytes]) -> frozenset[bytes]:
    """Those of some exchanges, of which there may be 500, that are in the case."""
    marks = ",".join("?" * len(uids))
    return frozenset(uid for (uid,) in reader.all(f"SELECT uid FROM exchange WHERE uid IN ({marks})", list(uids)))


def last_heard(reader: Reader, snapshot: int) -> int | None:
    """When the last exchange of a look ended, microseconds UTC; null where there was none."""
    found = reader.value("SELECT max(time + took) FROM exchange WHERE snapshot = ?", (snapshot,))
    return None if found is None else int(found)


def troubles(reader: Reader, snapshot: int, most: int) -> list[tuple[str, Message]]:
    """What a look warns of, in order: the path (empty for the start) and the message."""
    return [
        (display or "", Message(code, json.loads(arguments)))
        for display, code, arguments in reader.all(
            "SELECT p.display, w.code, w.arguments FROM warning w LEFT JOIN path p ON p.id = w.path "
            "WHERE w.snapshot = ? ORDER BY w.id LIMIT ?",
            (snapshot, most),
        )
    ]


@dataclass(frozen=True)
class LookOf:
    """A look that was begun: its uid and its source's, and how many looks at the source came before it."""

    uid: bytes
    source_uid: bytes
    number: int
    previous: int | None
    """The last look before it that ended and did not fail."""


def look_of(reader: Reader, snapshot: int) -> LookOf:
    """What identifies a look."""
    ((uid, source_uid, number, previous),) = reader.all(
        "SELECT n.uid, s.uid, (SELECT count(*) FROM snapshot e WHERE e.source = n.source AND e.id < n.id), "
        "(SELECT max(e.id) FROM snapshot e JOIN snapshot_end d ON d.snapshot = e.id "
        "WHERE e.source = n.source AND e.id < n.id AND d.status <> 'failed') "
        "FROM snapshot n JOIN source s ON s.id = n.source WHERE n.id = ?",
        (snapshot,),
    )
    return LookOf(uid, source_uid, int(number), previous)


@dataclass(frozen=True)
class Left:
    """What an earlier run of a look came to: requests, those that failed, and whether it has to stay partial."""

    requests: int
    failed: int
    lost: bool
    files: int
    bytes: int


def left(reader: Reader, snapshot: int) -> Left:
    """What a look that was cut off has recorded of its conversation. `files` and `bytes` were fetched."""
    ((requests, failed, files, size),) = reader.all(
        "SELECT count(*), ifnull(sum(outcome <> 'done'), 0), count(DISTINCT object), ifnull(sum(body_size), 0) "
        "FROM exchange WHERE snapshot = ?",
        (snapshot,),
    )
    lost = reader.value(
        "SELECT EXISTS (SELECT 1 FROM coverage WHERE snapshot = ?1 AND state <> 'listed') OR EXISTS "
        "(SELECT 1 FROM warning w JOIN sighting s ON s.snapshot = w.snapshot AND s.path = w.path "
        "WHERE w.snapshot = ?1 AND s.state = 'not-fetched')",
        (snapshot,),
    )
    return Left(int(requests), int(failed), bool(lost), int(files), int(size))
