"""Log events, and what could not be read of the logs and sources."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from workbench.case.readers import Reader
from workbench.core.filter import Filter
from workbench.core.messages import Message
from workbench.core.records import Action
from workbench.core.times import Zone
from workbench.queries import select
from workbench.queries.logtext import Lines
from workbench.queries.shown import Row, chunks, marks, message, named, stated


def rows(reader: Reader, asked: Filter) -> Iterator[Row]:
    """The rows of ``workbench events``."""
    mask = select.events(reader, asked)
    for part in chunks((np.flatnonzero(mask) + 1).tolist()):
        yield from describe(reader, part)


def describe(reader: Reader, ids: Sequence[int]) -> list[Row]:
    """Some events, in the order of their ids."""
    own = select.own_addresses(reader)
    matches = _matches(reader, ids)
    made: list[Row] = []
    for row in reader.all(
        "SELECT e.id, e.time, e.zone, r.zone_rule, a.text, e.action, m.text, p.raw, f.prefix, e.damaged, e.status, "
        "e.ok, e.sent, e.received, u.text, g.text, o.sha256, e.line, e.salvaged, e.address FROM event e "
        "JOIN reading r ON r.id = e.reading JOIN log l ON l.id = r.log JOIN object o ON o.id = l.object "
        "LEFT JOIN address a ON a.id = e.address LEFT JOIN word m ON m.id = e.method "
        "LEFT JOIN logpath p ON p.id = e.path LEFT JOIN word u ON u.id = e.user LEFT JOIN word g ON g.id = e.agent "
        "LEFT JOIN rootmap f ON f.id = (SELECT max(id) FROM rootmap WHERE log = l.id) "
        f"WHERE e.id IN ({marks(ids)}) ORDER BY e.id",
        ids,
    ):
        (own_id, time, zone, rule, address, action, method, raw, prefix, damaged, status, ok, sent, received) = row[:14]
        user, agent, log, line, salvaged, address_id = row[14:]
        made.append(
            {
                "time": stated(time, zone),
                "zone": Zone(zone).word(rule or ""),
                "address": address,
                "action": Action(action).word(),
                "method": method,
                **named("path", mapped(raw, prefix)),
                "path_damaged": bool(damaged),
                "status": status,
                "ok": None if ok is None else bool(ok),
                "bytes_sent": sent,
                "bytes_received": received,
                "user": user,
                "agent": agent,
                "log": log.hex(),
                "line": line,
                "salvaged": bool(salvaged),
                "own": bool(own[address_id or 0]),
                "matches": matches.get(own_id, []),
            }
        )
    return made


def mapped(raw: bytes | None, prefix: bytes | None) -> bytes | None:
    """A path without the server's root that the log puts in front, which is recorded beside the log."""
    if raw is not None and prefix and raw.startswith(prefix):
        rest = raw[len(prefix) :]
        return rest if rest.startswith(b"/") else b"/" + rest
    return raw


def _matches(reader: Reader, ids: Sequence[int]) -> dict[int, list[Row]]:
    found: dict[int, list[Row]] = {}
    for event, sighting, sha256, rule, score in reader.all(
        "SELECT m.event, m.sighting, o.sha256, m.rule, m.score FROM match m JOIN sighting s ON s.id = m.sighting "
        f"LEFT JOIN object o ON o.id = s.object WHERE m.event IN ({marks(ids)}) ORDER BY m.id",
        ids,
    ):
        found.setdefault(event, []).append(
            {
                "sighting": sighting,
                "sha256": None if sha256 is None else sha256.hex(),
                "rule": rule,
                "score": score,
            }
        )
    return found


def rejects(reader: Reader) -> Iterator[Row]:
    """The rows of ``workbench rejects``: log lines not read by the readings that count, then items of sources and
    objects not read.
    """
    with Lines(reader) as lines:
        for name, log, line, start, length, code in reader.conn.execute(
            "SELECT l.name, l.id, j.line, j.start, j.length, j.code FROM reject j JOIN reading r ON r.id = j.reading "
            "JOIN log l ON l.id = r.log WHERE NOT EXISTS (SELECT 1 FROM reading x WHERE x.supersedes = r.id) "
            "ORDER BY l.id, j.line"
        ):
            raw = lines.line(log, start, length)
            yield {
                "where": name,
                "line": line,
                "reason": Message(code).text(),
                "code": code,
                **named("raw", raw),
            }
    for raw_path, sha256, code, arguments in reader.conn.execute(
        "SELECT p.raw, o.sha256, w.code, w.arguments FROM warning w LEFT JOIN path p ON p.id = w.path "
        "LEFT JOIN object o ON o.id = w.object ORDER BY w.id"
    ):
        said = message(code, arguments)
        where = named("where", raw_path) if raw_path is not None else {"where": sha256.hex() if sha256 else None}
        yield {**where, "line": None, "reason": said["text"], "code": said["code"], "raw": None}
