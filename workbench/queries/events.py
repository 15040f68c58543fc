"""Log events, and what could not be read of the logs and sources."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from workbench.case.readers import Reader
from workbench.core.filter import Filter
from workbench.core.messages import Message
from workbench.core.records import Action
from workbench.core.times import Zone
from workbench.queries import acts, select
from workbench.queries.logtext import Lines
from workbench.queries.shown import Row, chunks, marks, message, named, stated
from workbench.queries.watched import check_snapshot


def rows(reader: Reader, asked: Filter, named_logs: Mapping[int, str] | None = None) -> Iterator[Row]:
    """The rows of ``workbench events``. `named_logs` gives other hashes for logs, by id: a bundle has excerpts."""
    mask = select.events(reader, asked)
    for part in chunks((np.flatnonzero(mask) + 1).tolist()):
        yield from describe(reader, part, named_logs)


def describe(reader: Reader, ids: Sequence[int], named_logs: Mapping[int, str] | None = None) -> list[Row]:
    """Some events, in the order of their ids."""
    names = named_logs or {}
    own = select.own_addresses(reader)
    matches = _matches(reader, ids)
    cited = acts.citations(reader, ids)
    made: list[Row] = []
    for row in reader.all(
        "SELECT e.id, e.time, e.zone, r.zone_rule, a.text, e.action, m.text, p.raw, f.prefix, e.damaged, e.status, "
        "e.ok, e.sent, e.received, u.text, g.text, o.sha256, e.line, e.salvaged, e.address, w.by_list, q.text, "
        "k.text, l.id FROM event e "
        "JOIN reading r ON r.id = e.reading JOIN log l ON l.id = r.log JOIN object o ON o.id = l.object "
        "LEFT JOIN address a ON a.id = e.address LEFT JOIN word m ON m.id = e.method "
        "LEFT JOIN logpath p ON p.id = e.path LEFT JOIN word u ON u.id = e.user LEFT JOIN word g ON g.id = e.agent "
        "LEFT JOIN rootmap f ON f.id = (SELECT max(id) FROM rootmap WHERE log = l.id) "
        "LEFT JOIN route w ON w.event = e.id LEFT JOIN address q ON q.id = w.peer "
        "LEFT JOIN word k ON k.id = w.forwarded "
        f"WHERE e.id IN ({marks(ids)}) ORDER BY e.id",
        ids,
    ):
        (own_id, time, zone, rule, address, action, method, raw, prefix, damaged, status, ok, sent, received) = row[:14]
        user, agent, log, line, salvaged, address_id, by_list, peer, forwarded, log_id = row[14:]
        made.append(
            {
                "time": stated(time, zone),
                "zone": Zone(zone).word(rule or ""),
                "address": address,
                "peer": address if by_list is None else peer,
                "forwarded": [] if forwarded is None else json.loads(forwarded),
                "address_rule": "forwarded" if by_list else "peer",
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
                "log": names.get(log_id, log.hex()),
                "line": line,
                "citations": [
                    {"log": names.get(each.log, each.sha256.hex()), "line": each.line} for each in cited[own_id]
                ],
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
        "SELECT w.event, m.sighting, o.sha256, m.rule, m.score FROM (SELECT id AS event, id AS told FROM event "
        f"WHERE id IN ({marks(ids)}) UNION ALL SELECT c.event, c.duplicate FROM citation c "
        f"WHERE c.event IN ({marks(ids)}) AND {acts.IN_FORCE}) w JOIN match m ON m.event = w.told "
        "JOIN sighting s ON s.id = m.sighting LEFT JOIN object o ON o.id = s.object ORDER BY m.id",
        (*ids, *ids),
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


def rejects(reader: Reader, source: str | None = None, snapshot: int | None = None) -> Iterator[Row]:
    """The rows of ``workbench rejects``: log lines not read by the readings that count, then items of sources and
    objects not read; of all sources or of one, of all looks or of one, to which no log belongs.

    ``where`` of the start of a watched server is its address, and null of another source's start. Raises `UserError`
    ``no-such-snapshot``, ``watch-not-its-look``.
    """
    if snapshot is None:
        yield from _rejected_lines(reader, source)
        yield from acts.remarks(reader, source)
    else:
        check_snapshot(reader, snapshot, source)
    yield from _warnings(reader, source, snapshot)


def _rejected_lines(reader: Reader, source: str | None) -> Iterator[Row]:
    with Lines(reader) as lines:
        for name, log, line, start, length, code, of in reader.conn.execute(
            "SELECT l.name, l.id, j.line, j.start, j.length, j.code, s.name FROM reject j "
            "JOIN reading r ON r.id = j.reading JOIN log l ON l.id = r.log JOIN source s ON s.id = l.source "
            "WHERE NOT EXISTS (SELECT 1 FROM reading x WHERE x.supersedes = r.id) AND (?1 IS NULL OR s.name = ?1) "
            "ORDER BY l.id, j.line",
            (source,),
        ):
            raw = lines.line(log, start, length)
            yield {
                "where": name,
                "line": line,
                "reason": Message(code).text(),
                "code": code,
                **named("raw", raw),
                "source": of,
                "snapshot": None,
            }


def _warnings(reader: Reader, source: str | None, snapshot: int | None) -> Iterator[Row]:
    """What an object itself is warned of belongs to every source and look that saw it, so that none is named."""
    starts = dict(
        reader.all("SELECT source, max(url) FROM watch GROUP BY source HAVING count(DISTINCT url) = 1"),
    )
    for raw_path, sha256, code, arguments, of, name, look in reader.conn.execute(
        "SELECT p.raw, o.sha256, w.code, w.arguments, s.id, s.name, w.snapshot FROM warning w "
        "LEFT JOIN path p ON p.id = w.path LEFT JOIN object o ON o.id = w.object "
        "LEFT JOIN snapshot n ON n.id = w.snapshot LEFT JOIN source s ON s.id = n.source "
        "WHERE (?1 IS NULL AND ?2 IS NULL) OR (w.snapshot IS NOT NULL "
        "AND (?1 IS NULL OR s.name = ?1) AND (?2 IS NULL OR w.snapshot = ?2)) "
        "OR (w.snapshot IS NULL AND EXISTS (SELECT 1 FROM sighting g JOIN snapshot m ON m.id = g.snapshot "
        "JOIN source c ON c.id = m.source WHERE g.object = w.object "
        "AND (?1 IS NULL OR c.name = ?1) AND (?2 IS NULL OR m.id = ?2))) ORDER BY w.id",
        (source, snapshot),
    ):
        said = message(code, arguments)
        if raw_path is not None:
            where = named("where", raw_path)
        else:
            where = {"where": sha256.hex() if sha256 else starts.get(of)}
        told = {"line": None, "reason": said["text"], "code": said["code"], "raw": None}
        yield {**where, **told, "source": name, "snapshot": look}
