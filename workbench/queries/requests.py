"""The request log: what was asked of a server in a look, and what came back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median_low

from workbench.case.readers import Reader
from workbench.case.uids import shown
from workbench.core.times import SECOND, rfc3339
from workbench.queries.shown import Row
from workbench.queries.watched import check_snapshot

QUICK = SECOND
"""Of requests that took no longer the time in the middle is close to when the server answered."""


@dataclass(frozen=True)
class Counts:
    """What the requests of a look come to. `received` is bytes of bodies; `failed` had no whole answer."""

    requests: int
    listings: int
    files: int
    failed: int
    received: int


@dataclass(frozen=True)
class RequestPage:
    """Some rows of the request log, and the counts of the whole look; `snapshot` is null where there is no log."""

    snapshot: int | None
    rows: list[Row]
    counts: Counts


@dataclass(frozen=True)
class Skew:
    """How far the server's clock is ahead of this laptop's, in microseconds, by the median of `n` answers.

    HTTP states whole seconds, so it is no finer than `precision`.
    """

    micros: int
    n: int
    precision: int = SECOND


def newest(reader: Reader, source: str | None = None) -> int | None:
    """The last look, at one source or at any, of which requests are recorded."""
    found = reader.value(
        "SELECT n.id FROM snapshot n JOIN source s ON s.id = n.source WHERE (?1 IS NULL OR s.name = ?1) "
        "AND EXISTS (SELECT 1 FROM exchange x WHERE x.snapshot = n.id) ORDER BY n.observed DESC, n.id DESC LIMIT 1",
        (source,),
    )
    return None if found is None else int(found)


def page(
    reader: Reader, snapshot: int | None = None, after: int = 0, limit: int = 500, *, trouble: bool = False
) -> RequestPage:
    """The next rows of the request log of a look (the newest by default) after the row `after`, in order of asking.

    With `trouble` only what was refused or failed; that a server has no robots rules is no trouble.
    """
    look = newest(reader) if snapshot is None else snapshot
    if look is None:
        return RequestPage(None, [], Counts(0, 0, 0, 0, 0))
    check_snapshot(reader, look)
    return RequestPage(look, list(_rows(reader, look, after, limit, trouble=trouble)), counts(reader, look))


def rows(reader: Reader, snapshot: int | None = None, source: str | None = None) -> Iterator[Row]:
    """The rows of ``workbench requests``, streamed: of a look, else of the newest one, at any source or at one.

    Raises `UserError` ``no-such-snapshot``, ``watch-not-its-look``.
    """
    look = newest(reader, source) if snapshot is None else snapshot
    if look is not None:
        check_snapshot(reader, look, source)
        yield from _rows(reader, look, 0, -1)


def counts(reader: Reader, snapshot: int) -> Counts:
    """What the requests of a look come to."""
    row = reader.conn.execute(
        "SELECT count(*), ifnull(sum(purpose = 'listing'), 0), ifnull(sum(purpose IN ('file', 'check')), 0), "
        "ifnull(sum(outcome <> 'done'), 0), ifnull(sum(received), 0) FROM exchange WHERE snapshot = ?",
        (snapshot,),
    ).fetchone()
    return Counts(*map(int, row))


def skew(reader: Reader, snapshot: int) -> Skew | None:
    """The server's clock against ours, by the ``Date`` of its answers; null where no answer told a time.

    Each answer is held against the middle of its request. Where there are quick ones only these count: while a large
    file arrives the middle is long after the server wrote its date.
    """
    found = reader.all(
        "SELECT server_date - (time + took / 2), took FROM exchange WHERE snapshot = ? AND server_date IS NOT NULL",
        (snapshot,),
    )
    quick = [ahead for ahead, took in found if took <= QUICK]
    values = quick or [ahead for ahead, _ in found]
    return Skew(int(median_low(values)), len(values)) if values else None


_COLUMNS = """
    SELECT x.id, x.snapshot, x.time, x.took, x.purpose, x.method, x.url, x.status, x.outcome, x.received, x.peer,
    x.certificate, x.server_date, o.sha256, x.uid, w.name, x.start, x.length, s.name
    FROM exchange x JOIN warc w ON w.id = x.warc LEFT JOIN object o ON o.id = x.object
    LEFT JOIN snapshot n ON n.id = x.snapshot LEFT JOIN source s ON s.id = n.source"""
_ROWS = f"{_COLUMNS} WHERE x.snapshot = ? AND x.id > ? ORDER BY x.id LIMIT ?"
_TROUBLE = (
    f"{_COLUMNS} WHERE x.snapshot = ? AND x.id > ? AND (x.outcome <> 'done' OR x.status >= 400) "
    "AND NOT (x.purpose = 'robots' AND x.status IS 404) ORDER BY x.id LIMIT ?"
)


def _rows(reader: Reader, snapshot: int, after: int, limit: int, *, trouble: bool = False) -> Iterator[Row]:
    for row in reader.conn.execute(_TROUBLE if trouble else _ROWS, (snapshot, after, limit)):
        yield worded(*row)


def every(reader: Reader) -> Iterator[Row]:
    """The requests of all looks, and those that belong to none, in the order of their recording."""
    for row in reader.conn.execute(f"{_COLUMNS} ORDER BY x.id"):
        yield worded(*row)


def worded(
    row: int,
    snapshot: int | None,
    time: int,
    took: int,
    purpose: str,
    method: str,
    url: str,
    status: int | None,
    outcome: str,
    received: int,
    peer: str | None,
    certificate: bytes | None,
    server_date: int | None,
    sha256: bytes | None,
    uid: bytes,
    warc: str,
    start: int,
    length: int,
    source: str | None,
) -> Row:
    """One request as lists show it. ``took_us`` is microseconds, ``record`` names the WARC record of the answer.

    ``source`` is null where the request belongs to no look.
    """
    return {
        "id": row,
        "snapshot": snapshot,
        "time": rfc3339(time),
        "took_us": took,
        "purpose": purpose,
        "method": method,
        "url": url,
        "status": status,
        "outcome": outcome,
        "received": received,
        "peer": peer,
        "certificate": None if certificate is None else certificate.hex(),
        "server_date": rfc3339(server_date),
        "sha256": None if sha256 is None else sha256.hex(),
        "record": f"urn:uuid:{shown(uid)}",
        "warc": warc,
        "start": start,
        "length": length,
        "source": source,
    }
