"""Everything that the case says of one file, one address or one event, each statement with what it rests on."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from workbench.case.readers import Reader
from workbench.core.messages import Message
from workbench.core.records import Action, State
from workbench.core.times import Zone
from workbench.queries import acts, appeared, select, uploads
from workbench.queries.detail_values import Address, Item, Line, LogLine, Marks, Moment, Network, Note, Sight, Target
from workbench.queries.events import mapped
from workbench.queries.logtext import line_of
from workbench.queries.misnamed import remarks
from workbench.queries.origins import claims_of, labels, value_of
from workbench.queries.shown import Row, chunks, marks
from workbench.queries.states import STATE_OF, listed

MOST = 200
"""Rows of a list that are read for one screen; the whole is in the exports."""


def item(reader: Reader, an_id: int, actor: str = "") -> Item | None:
    """All of one file; null when it is not there."""
    target: Target = ("object", an_id) if an_id > 0 else ("sighting", -an_id)
    sha256: bytes | None = None
    if an_id > 0:
        row = reader.conn.execute("SELECT sha256, size FROM object WHERE id = ?", (an_id,)).fetchone()
        if row is None:
            return None
        sha256, size = row
        state = select.STATES[select.object_states(reader)[an_id]]
        state = state if reader.evidence.has(row[0]) else State.MISSING
    else:
        told = listed(reader, -an_id)
        if told is None:
            return None
        _, size, state = told
    where, key = ("s.object = ?", an_id) if an_id > 0 else ("s.id = ?", -an_id)
    count = int(reader.value(f"SELECT count(*) FROM sighting s WHERE {where}", (key,)))
    sights = _sightings(reader, where, key)
    matched_to = _uploads(reader, where, key)
    paths = sorted({each[1] for each in matched_to if each[1]})
    matched = [each[0] for each in matched_to]
    facts = _facts(reader, an_id) if an_id > 0 else {}
    accesses, in_all = _accesses(reader, paths, {each.id for each in matched})
    addresses = sorted({each.address for each in (*matched, *accesses) if each.address})
    return Item(
        an_id,
        target,
        sha256,
        size,
        str(state),
        tuple(facts.items()),
        sights,
        count,
        _absent(reader, sights[0]) if sights else None,
        tuple(matched),
        accesses,
        in_all,
        {each: network_of(reader, each) for each in addresses},
        (
            *_warnings(reader, an_id, [each.id for each in sights]),
            *remarks([each.path for each in sights], facts.get("media_type")),
        ),
        marks_of(reader, target, actor),
        reader.previews.get([sha256]).get(sha256) if sha256 is not None else None,
    )


def _facts(reader: Reader, an_object: int) -> dict[str, Any]:
    return dict(reader.all("SELECT key, value FROM fact WHERE object = ? ORDER BY id", (an_object,)))


def _sightings(reader: Reader, where: str, key: int) -> tuple[Sight, ...]:
    """The first and the last of them where there are very many."""
    sql = (
        "SELECT s.id, n.id, n.observed, n.precision, ifnull(e.status, 'partial'), c.name, p.display, p.raw, "
        f"{STATE_OF}, "
        "s.size_claimed, s.modified, s.zone, s.precision, s.etag, t.rule, k.same, c.kind "
        "FROM sighting s "
        "JOIN path p ON p.id = s.path LEFT JOIN trusted t ON t.sighting = s.id "
        "LEFT JOIN recheck k ON k.sighting = s.id JOIN snapshot n ON n.id = s.snapshot "
        "JOIN source c ON c.id = n.source "
        f"LEFT JOIN snapshot_end e ON e.snapshot = n.id WHERE {where} ORDER BY n.observed {{}}, s.id {{}} LIMIT {MOST}"
    )
    rows = {row[0]: row for row in reader.all(sql.format("ASC", "ASC"), (key,))}
    if len(rows) == MOST:
        rows.update({row[0]: row for row in reader.all(sql.format("DESC", "DESC"), (key,))})
    return tuple(
        Sight(
            row[0],
            row[1],
            Moment(row[2], 1, row[3]),
            row[4],
            row[5],
            row[6],
            row[7],
            row[8],
            row[9],
            None if row[10] is None else Moment(*row[10:13]),
            row[13],
            row[14],
            None if row[15] is None else bool(row[15]),
            row[16],
        )
        for row in sorted(rows.values(), key=lambda row: (row[2], row[0]))
    )


def _absent(reader: Reader, first: Sight) -> Moment | None:
    """The last look before the first sighting that shows that this file was not there."""
    look = appeared.before(reader, first.id)
    return None if look is None else Moment(look.observed, 1, look.precision)


_LINE = (
    "SELECT e.id, e.time, e.zone, r.precision, ifnull(r.zone_rule, ''), e.address, ifnull(a.text, ''), e.action, e.ok, "
    "ifnull(p.raw, x''), f.prefix, o.sha256, l.name, e.line, e.path{more} FROM event e "
    "JOIN reading r ON r.id = e.reading JOIN log l ON l.id = r.log "
    "JOIN object o ON o.id = l.object LEFT JOIN address a ON a.id = e.address "
    "LEFT JOIN logpath p ON p.id = e.path "
    "LEFT JOIN rootmap f ON f.id = (SELECT max(id) FROM rootmap WHERE log = l.id) {join} WHERE {where} "
    "AND NOT EXISTS (SELECT 1 FROM reading x WHERE x.supersedes = r.id)"
)


def _line(row: Sequence[Any], own: Any, rule: str = "", score: float | None = None) -> Line:
    path = (mapped(row[9], row[10]) or b"").decode("utf-8", "replace")
    return Line(
        row[0],
        None if row[1] is None else Moment(row[1], row[2], row[3]),
        row[4],
        row[5] or 0,
        row[6],
        Action(row[7]),
        None if row[8] is None else bool(row[8]),
        path,
        row[11],
        row[12],
        row[13],
        rule,
        score,
        bool(own[row[5] or 0]),
    )


def _uploads(reader: Reader, where: str, key: int) -> list[tuple[Line, int]]:
    """Events matched to this file, the earliest first, each with its logged path."""
    own = select.own_addresses(reader)
    best: dict[int, tuple[float, str]] = {}
    for event, score, rule in reader.all(
        f"SELECT m.event, m.score, m.rule FROM match m JOIN sighting s ON s.id = m.sighting WHERE {where}", (key,)
    ):
        act = acts.kept_of(reader, event)
        best[act] = max(best.get(act, (0.0, "")), (score, rule))
    found: list[tuple[Any, ...]] = []
    for part in chunks(list(best)):
        found += reader.all(_LINE.format(more="", join="", where=f"e.id IN ({marks(part)})"), part)
    found.sort(key=lambda row: (row[1] is not None, row[1], row[0]))
    return [(_line(row, own, *best[row[0]][::-1]), row[14] or 0) for row in found[:MOST]]


def _accesses(reader: Reader, paths: Sequence[int], known: set[int]) -> tuple[tuple[Line, ...], int]:
    """Other events at the paths at which it was uploaded, newest last."""
    if not paths:
        return (), 0
    own = select.own_addresses(reader)
    where = "e.id IN ({})"
    ids = [int(each) for each in _events_at(reader, paths) if int(each) not in known]
    found: list[Line] = []
    for part in chunks(ids[:MOST]):
        sql = _LINE.format(more="", join="", where=where.format(marks(part)))
        found += [_line(row, own) for row in reader.all(f"{sql} ORDER BY e.time, e.id", part)]
    found = [each for each in found if not each.own]
    return tuple(found), len(ids)


def _events_at(reader: Reader, paths: Sequence[int]) -> Any:
    import numpy as np

    columns = reader.arrays("event")
    hit = select.table_of(int(reader.value("SELECT ifnull(max(id), 0) FROM logpath")), paths)[columns["path"]]
    shown = hit & select.live_events(reader) & ~select.own_addresses(reader)[columns["address"]]
    rows = np.flatnonzero(shown)
    return rows[np.argsort(columns["time"][rows], kind="stable")] + 1


def network_of(reader: Reader, address: int) -> Network:
    """Who an address belongs to, in short."""
    said = claims_of(reader, [address]).get(address, [])
    return _network(reader, address, said)


def _network(reader: Reader, address: int, said: Sequence[Row]) -> Network:
    looked = reader.value("SELECT 1 FROM lookup WHERE address = ? LIMIT 1", (address,)) is not None
    return Network(
        value_of(said, "country"), value_of(said, "asn"), value_of(said, "as_name"), tuple(labels(said, looked))
    )


def _warnings(reader: Reader, an_id: int, sightings: Sequence[int]) -> tuple[Message, ...]:
    found: dict[tuple[str, str], Message] = {}
    rows = reader.all("SELECT code, arguments FROM warning WHERE object = ? ORDER BY id", (an_id,)) if an_id > 0 else []
    for part in chunks(sightings):
        rows += reader.all(
            "SELECT w.code, w.arguments FROM sighting s JOIN warning w ON w.snapshot = s.snapshot AND w.path = s.path "
            f"WHERE s.id IN ({marks(part)}) ORDER BY w.id",
            part,
        )
    for code, arguments in rows:
        found[code, arguments] = Message(code, json.loads(arguments))
    return tuple(found.values())


def marks_of(reader: Reader, target: Target, actor: str = "") -> Marks:
    """What people decided about a target."""
    verdicts: list[tuple[str, str]] = []
    tags: list[str] = []
    mine: list[str] = []
    notes: list[Note] = []
    for kind, value, author, time in reader.all(
        "SELECT n.kind, n.value, a.name, m.time FROM mark_now n JOIN actor a ON a.id = n.actor "
        "JOIN mark m ON m.id = n.mark WHERE n.target_kind = ? AND n.target = ? AND n.present ORDER BY n.mark",
        target,
    ):
        if kind == "verdict":
            verdicts.append((author, value))
        elif kind == "tag":
            tags += [value] if value not in tags else []
            mine += [value] if author == actor else []
        elif kind == "note":
            notes.append(Note(author, time, value))
    return Marks(tuple(verdicts), tuple(tags), tuple(mine), tuple(notes))


def address(reader: Reader, an_id: int, actor: str = "") -> Address | None:
    """All of one address; null when it is not there."""
    import numpy as np

    text = reader.value("SELECT text FROM address WHERE id = ?", (an_id,))
    if text is None:
        return None
    said = claims_of(reader, [an_id]).get(an_id, [])
    columns = reader.arrays("event")
    rows = np.flatnonzero((columns["address"] == an_id) & select.live_events(reader))
    own_rows = {name: columns[name][rows] for name in ("action", "ok", "zone")}
    counts = np.bincount(own_rows["action"], minlength=len(Action))
    counts[Action.UPLOAD] = int(uploads.done(own_rows).sum())
    times = columns["time"][rows]
    times = times[times != np.iinfo(np.int64).min]
    sets = reader.all(
        "SELECT d.release FROM lookup k JOIN dataset d ON d.id = k.dataset WHERE k.address = ? AND EXISTS "
        "(SELECT 1 FROM claim c WHERE c.dataset = d.id AND c.key = 'label')",
        (an_id,),
    )
    told, seen = acts.matches(reader)
    sightings = np.unique(seen[np.isin(told, rows + 1)])
    objects = reader.arrays("sighting")["object"][sightings - 1].astype(np.int64)
    uploaded = list(dict.fromkeys(np.where(objects > 0, objects, -sightings.astype(np.int64)).tolist()))
    zoneless = (own_rows["zone"] == Zone.UNKNOWN).any()
    return Address(
        an_id,
        text,
        _network(reader, an_id, said),
        tuple(said),
        len(sets),
        max((row[0] for row in sets), default=""),
        tuple((Action(at), int(count)) for at, count in enumerate(counts.tolist()) if count),
        int(uploads.failed(own_rows).sum()),
        int(uploads.unknown(own_rows).sum()),
        int(times.min()) if len(times) else None,
        int(times.max()) if len(times) else None,
        bool(zoneless),
        bool(select.own_addresses(reader)[an_id]),
        tuple(uploaded[:MOST]),
        len(uploaded),
        marks_of(reader, ("address", an_id), actor),
    )


def event(reader: Reader, an_id: int, actor: str = "") -> LogLine | None:
    """All of one line of a log; null when it is not there."""
    own = select.own_addresses(reader)
    sql = _LINE.format(
        more=", m.text, e.status, e.sent, e.received, u.text, g.text, w.text, e.damaged, e.salvaged, l.id, e.start, "
        "e.length, r.format, v.by_list, q.text, k.text",
        join="LEFT JOIN word m ON m.id = e.method LEFT JOIN word u ON u.id = e.user LEFT JOIN word g ON g.id = e.agent "
        "LEFT JOIN word w ON w.id = e.referrer LEFT JOIN route v ON v.event = e.id "
        "LEFT JOIN address q ON q.id = v.peer LEFT JOIN word k ON k.id = v.forwarded",
        where="e.id = ?",
    )
    row = reader.conn.execute(sql, (an_id,)).fetchone()
    if row is None:
        return None
    told = acts.told_by(reader, an_id)
    matched: dict[tuple[int, str], tuple[int, str, str, float]] = {}
    for found in reader.all(
        "SELECT ifnull(s.object, -s.id), p.display, m.rule, m.score FROM match m JOIN sighting s ON s.id = m.sighting "
        f"JOIN path p ON p.id = s.path WHERE m.event IN ({marks(told)}) ORDER BY m.score DESC",
        told,
    ):
        matched.setdefault(found[:2], found)
    shown = _line(row, own)
    return LogLine(
        shown,
        row[15],
        row[16],
        row[17],
        row[18],
        row[19],
        row[20],
        row[21],
        bool(row[22]),
        bool(row[23]),
        line_of(reader, row[24], row[25], row[26]),
        row[25],
        row[26],
        row[27],
        network_of(reader, shown.address) if shown.address else Network(None, None, None, ()),
        tuple(matched.values()),
        marks_of(reader, ("event", an_id), actor),
        None if row[28] is None else row[29],
        () if row[30] is None else tuple(json.loads(row[30])),
        bool(row[28]),
        tuple(acts.citations(reader, [an_id])[an_id][1:]),
    )


def known_tags(reader: Reader) -> list[str]:
    """Every tag in use, the most used first."""
    return [
        row[0]
        for row in reader.all(
            "SELECT value FROM mark_now WHERE kind = 'tag' AND present GROUP BY value ORDER BY count(*) DESC, value"
        )
    ]


def targets_of(items: Sequence[int]) -> list[Target]:
    """Items as targets of marks."""
    return [("object", each) if each > 0 else ("sighting", -each) for each in items]


def sightings_for(reader: Reader, items: Sequence[int]) -> list[int]:
    """A sighting by which to name each item: its last one."""
    held = [each for each in items if each > 0]
    found: dict[int, int] = {}
    for part in chunks(held):
        found.update(
            reader.all(f"SELECT object, max(id) FROM sighting WHERE object IN ({marks(part)}) GROUP BY object", part)
        )
    return [found.get(each, 0) if each > 0 else -each for each in items]
