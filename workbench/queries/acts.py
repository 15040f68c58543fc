"""Which events tell of one act: several logs may hold its line, or a line of it in another format."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from workbench.case.readers import Reader
from workbench.core.batch import NULL
from workbench.core.messages import Message
from workbench.queries.mask import Mask, ids_of, size_of, table_of
from workbench.queries.shown import Row, chunks, marks

Ints = NDArray[np.int64]

IN_FORCE = "NOT EXISTS (SELECT 1 FROM citation d WHERE d.duplicate = c.duplicate AND d.id > c.id)"
"""SQL on a row ``c`` of ``citation``: nothing else was said of its duplicate since."""
IS_DUPLICATE = f"EXISTS (SELECT 1 FROM citation c WHERE c.duplicate = e.id AND c.event IS NOT NULL AND {IN_FORCE})"
"""SQL on an event ``e``: another event stands for its act."""


def read(reader: Reader) -> Mask:
    """Events of readings that no better one supersedes, duplicates too."""

    def make() -> Mask:
        gone = table_of(
            size_of(reader, "reading"), ids_of(reader, "SELECT supersedes FROM reading WHERE supersedes IS NOT NULL")
        )
        return ~gone[reader.arrays("event")["reading"]]

    return reader.memoised("read-events", make, ("event", "reading"))


def kept(reader: Reader) -> Ints:
    """At the id of every event the one that stands for its act: mostly itself. Index 0 is 0."""

    def make() -> Ints:
        rows = reader.arrays("citation")
        found = np.arange(len(reader.arrays("event")["reading"]) + 1, dtype=np.int64)
        said = np.zeros(len(found), np.int64)
        said[rows["duplicate"]] = rows["event"]  # of several the last one stays
        return np.where(said > 0, said, found)

    return reader.memoised("kept-events", make, ("event", "citation"))


def kept_of(reader: Reader, event: int) -> int:
    """The event that stands for the act of one."""
    row = reader.value(f"SELECT c.event FROM citation c WHERE c.duplicate = ? AND {IN_FORCE}", (event,))
    return event if row is None else int(row)


def told_by(reader: Reader, event: int) -> list[int]:
    """An event and its duplicates."""
    rows = reader.all(f"SELECT c.duplicate FROM citation c WHERE c.event = ? AND {IN_FORCE}", (event,))
    return [event, *(row[0] for row in rows)]


def live(reader: Reader) -> Mask:
    """One event an act, of readings that no better one supersedes: what is counted and listed."""

    def make() -> Mask:
        found: Mask = read(reader) & (kept(reader)[1:] == np.arange(1, len(kept(reader))))
        return found

    return reader.memoised("live-events", make, ("event", "reading", "citation"))


def with_cited(reader: Reader, mask: Mask) -> Mask:
    """Where a line has something, the event that stands for its act has it too."""
    own = kept(reader)[1:]
    double = np.flatnonzero(own != np.arange(1, len(own) + 1))
    out = mask.copy()
    out[own[double[mask[double]]] - 1] = True
    return out


def lines_of(reader: Reader, shown: Mask) -> Mask:
    """All lines that tell of these events, as far as readings count: the events and their duplicates."""
    found: Mask = shown[kept(reader)[1:] - 1] & read(reader)
    return found


def matches(reader: Reader) -> tuple[Ints, Ints]:
    """Event and sighting of every match; of a duplicate the event that stands for its act."""
    pairs = reader.arrays("match")
    return kept(reader)[pairs["event"]], pairs["sighting"].astype(np.int64)


@dataclass(frozen=True)
class Citation:
    """A line that tells of an act: of which log (id, name, SHA-256), and its number there."""

    log: int
    name: str
    sha256: bytes
    line: int


def citations(reader: Reader, ids: Sequence[int]) -> dict[int, list[Citation]]:
    """All lines that tell of some acts, by event, its own first.

    A log that begins with all of another one holds its lines under the same numbers.
    """
    known = {
        log: (name, sha256, extends)
        for log, name, sha256, extends in reader.all(
            "SELECT l.id, l.name, o.sha256, l.extends FROM log l JOIN object o ON o.id = l.object ORDER BY l.id"
        )
    }
    longer: dict[int, list[int]] = {}
    for log, (_, _, extends) in known.items():
        above = extends
        while above is not None:
            longer.setdefault(above, []).append(log)
            above = known[above][2]
    found: dict[int, list[Citation]] = {}
    for part in chunks(ids, 400):
        for event, log, line in reader.all(
            "SELECT w.event, r.log, e.line FROM (SELECT id AS event, id AS told FROM event "
            f"WHERE id IN ({marks(part)}) UNION ALL SELECT c.event, c.duplicate FROM citation c "
            f"WHERE c.event IN ({marks(part)}) AND {IN_FORCE}) w JOIN event e ON e.id = w.told "
            "JOIN reading r ON r.id = e.reading ORDER BY w.event, w.told <> w.event, w.told",
            (*part, *part),
        ):
            own = found.setdefault(event, [])
            own += [Citation(each, *known[each][:2], line) for each in (log, *longer.get(log, ()))]
    return {event: list(dict.fromkeys(lines)) for event, lines in found.items()}


def remarks(reader: Reader, source: str | None = None) -> list[Row]:
    """What could not be settled about logs, as rows of ``workbench rejects``."""
    found: list[tuple[str, str, Message]] = []
    for name, of, column, peer in reader.all(
        "SELECT l.name, s.name, y.by_column, y.by_peer FROM open_layout y JOIN reading r ON r.id = y.reading "
        "JOIN log l ON l.id = r.log JOIN source s ON s.id = l.source WHERE (?1 IS NULL OR s.name = ?1) "
        "AND NOT EXISTS (SELECT 1 FROM reading x WHERE x.supersedes = r.id) "
        "AND NOT EXISTS (SELECT 1 FROM log x WHERE x.extends = l.id) ORDER BY l.id",
        (source,),
    ):
        found.append((name, of, Message("log-layout-undecided", {"column": column, "peer": peer})))
    for name, of, other, events in reader.all(
        "SELECT l.name, s.name, b.name, v.events FROM overlap v JOIN log l ON l.id = v.log "
        "JOIN source s ON s.id = l.source JOIN log b ON b.id = v.other WHERE (?1 IS NULL OR s.name = ?1) "
        "AND v.events > 0 AND NOT EXISTS "
        "(SELECT 1 FROM overlap x WHERE x.log = v.log AND x.other = v.other AND x.id > v.id) ORDER BY v.id",
        (source,),
    ):
        found.append((name, of, Message("log-overlap", {"other": other, "events": events})))
    return [
        {"where": name, "line": None, "reason": said.text(), "code": said.code, "raw": None, "source": of,
         "snapshot": None}
        for name, of, said in found
    ]  # fmt: skip


# what the search for such events needs


@dataclass(frozen=True)
class Part:
    """A log's own lines as they are read now."""

    log: int
    reading: int
    extends: int | None
    source: int
    named: bool
    """Was the source named, and is not only the log's name?"""
    format: str
    zoned: bool
    settled: bool
    """Did its lines show a layout that a few lines do not?"""


def parts(reader: Reader) -> list[Part]:
    """Every log that has been read to its end."""
    return [
        Part(log, reading, extends, source, bool(named), kind, kind != "xferlog" or rule is not None, bool(settled))
        for log, reading, extends, source, named, kind, rule, settled in reader.all(
            "SELECT l.id, r.id, l.extends, s.id, s.name <> l.name, r.format, r.zone_rule, "
            "ifnull(y.first = 'forwarded' OR y.behind IS NOT NULL OR y.identifier <> 'none', 0) "
            "FROM log l JOIN source s ON s.id = l.source "
            "JOIN reading r ON r.id = (SELECT max(id) FROM reading WHERE log = l.id) "
            "LEFT JOIN layout y ON y.reading = r.id WHERE EXISTS (SELECT 1 FROM reading_end e WHERE e.reading = r.id) "
            "AND NOT EXISTS (SELECT 1 FROM reading x WHERE x.supersedes = r.id) ORDER BY l.id"
        )
    ]


def is_searched(reader: Reader) -> bool:
    """Was it looked for such events since the last log was read?"""
    last = reader.value("SELECT ifnull(max(seq), 0) FROM op WHERE name = 'logs.citations'")
    read_at = reader.value("SELECT ifnull(max(op), 0) FROM op_rows WHERE tab IN ('reading', 'reading_end')")
    return int(last) > int(read_at)


COLUMNS = (
    "time", "address", "method", "path", "status", "sent", "received", "agent", "referrer", "action", "ok",
)  # fmt: skip
"""What is compared. The user is not: whether a word is one is found out over many lines, and a cut-out has few."""


def events_of(reader: Reader, reading: int, low: int, high: int) -> Iterator[tuple[Ints, Ints, Ints]]:
    """Events of a reading between two times, both included, in the order of their lines and some thousands at a time:
    ids, which of them have a forwarded-for list, and the compared columns (one row each, `NULL` for null), with who
    connected in place of the address.
    """
    columns = reader.arrays("event")
    hit = (columns["reading"] == reading) & (columns["time"] >= low) & (columns["time"] <= high)
    if not hit.any():
        return
    first, last = int(hit.argmax()) + 1, len(hit) - int(hit[::-1].argmax())
    del hit
    wanted = ", ".join(f"ifnull({name}, {NULL})" for name in COLUMNS)
    cursor = reader.conn.execute(
        f"SELECT id, {wanted} FROM event WHERE id BETWEEN ? AND ? AND reading = ? AND time BETWEEN ? AND ? ORDER BY id",
        (first, last, reading, low, high),
    )
    place = COLUMNS.index("address")
    while rows := cursor.fetchmany(20_000):
        block = np.array(rows, np.int64).T
        ids, found = block[0], block[1:]
        listed = np.zeros(len(ids), np.int64)
        routes = reader.all(
            "SELECT event, ifnull(peer, 0) FROM route WHERE event BETWEEN ? AND ?", (int(ids[0]), int(ids[-1]))
        )
        if routes:
            events, peers = np.array(routes, np.int64).T
            where = np.searchsorted(ids, events)
            right = ids[np.minimum(where, len(ids) - 1)] == events
            listed[where[right]] = 1
            known = right & (peers > 0)
            found[place, where[known]] = peers[known]
        yield ids, listed, found


def times_of(reader: Reader, reading: int) -> tuple[int, int, int, int] | None:
    """First and last time of a reading's events, and the first and last of their ids; null without one that has a
    time.
    """
    columns = reader.arrays("event")
    rows = np.flatnonzero((columns["reading"] == reading) & (columns["time"] != NULL))
    if not len(rows):
        return None
    times = columns["time"][rows]
    return int(times.min()), int(times.max()), int(rows[0]) + 1, int(rows[-1]) + 1


def names_of(reader: Reader, paths: Ints) -> dict[int, bytes]:
    """The last parts of logged paths, with ``_`` for white space as FTP servers write it."""
    found: dict[int, bytes] = {}
    for part in chunks(np.unique(paths[paths > 0]).tolist()):
        for row, raw in reader.all(f"SELECT id, raw FROM logpath WHERE id IN ({marks(part)})", part):
            found[row] = raw.rpartition(b"/")[2].replace(b" ", b"_").replace(b"\t", b"_")
    return found


def said_overlaps(reader: Reader) -> dict[tuple[int, int], int]:
    """The overlaps that were said of pairs of logs."""
    return {
        (log, other): events for log, other, events in reader.all("SELECT log, other, events FROM overlap ORDER BY id")
    }
