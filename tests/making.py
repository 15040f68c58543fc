"""Small cases with something in every table, made through the ops alone."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Sequence

import numpy as np

from workbench.case.case import Case
from workbench.core.batch import COLUMNS, NULL, TABLES, EventBatch
from workbench.core.messages import Message
from workbench.core.records import (
    Action,
    Analysis,
    Basis,
    Claim,
    Container,
    Coverage,
    Folder,
    Noted,
    Sighted,
    State,
    Status,
    Stored,
)
from workbench.core.times import DAY, Precision, Zone
from workbench.logs.layout import Evidence
from workbench.ops import facts, intake, logs, marks, networks

T0 = 1_704_067_200_000_000
"""2024-01-01T00:00:00Z."""


def stored(case: Case, data: bytes) -> Stored:
    """Put bytes into the evidence store."""
    return case.evidence.put(io.BytesIO(data), lambda _: False)


def sighted(path: bytes, held: Stored | None, modified: int | None = None, **more: object) -> Sighted:
    """A sighting as an intake would make it."""
    values: dict[str, object] = {
        "path": path,
        "stored": held,
        "state": "ok" if held else "not-fetched",
        "size": None if held is None else held.size,
        "modified": modified,
        "zone": Zone.GIVEN if modified is not None else Zone.UNKNOWN,
        "precision": Precision.SECOND,
    }
    return Sighted(**(values | more))  # type: ignore[arg-type]


def look(
    case: Case,
    files: Sequence[Sighted],
    observed: int = T0,
    *,
    source: str = "server",
    status: Status | None = Status.COMPLETE,
    notes: Sequence[Noted | Folder | Container] = (),
    precision: Precision = Precision.SECOND,
) -> int:
    """One look; `status` null leaves it unfinished."""
    scope = "complete" if status is Status.COMPLETE else "partial"
    begun = intake.Look(source, "folder", observed, observed, Basis.ASSERTED, precision, scope, resume=b"r" * 32)
    snapshot = case.run(intake.begin, begun).result
    case.run(intake.batch, snapshot, files, notes, intake.Known())
    if status is not None:
        case.run(intake.end, snapshot, status, observed + 1)
    return snapshot


def batch(events: Sequence[dict[str, object]]) -> EventBatch:
    """Events by column; words are given as they are: ``address="192.0.2.1"``."""
    tables: dict[str, list[object]] = {name: [] for name in TABLES}
    columns = {name: np.full(len(events), NULL, np.int64) for name in COLUMNS}
    for index, event in enumerate(events):
        plain: dict[str, object] = {
            "line": index + 1, "start": index * 100, "length": 99, "zone": int(Zone.LINE), "action": int(Action.UPLOAD),
            "ok": 1, "damaged": 0, "salvaged": 0, **event,
        }  # fmt: skip
        for name, value in plain.items():
            if name in tables and value is not None:
                if value not in tables[name]:
                    tables[name].append(value)
                value = tables[name].index(value)
            columns[name][index] = NULL if value is None else int(value)  # type: ignore[call-overload]
    return EventBatch(len(events), len(events) * 100, columns, tables)


def log(
    case: Case,
    events: Sequence[dict[str, object]],
    *,
    source: str = "log",
    name: str = "access.log",
    data: bytes | None = None,
    format_name: str = "combined",
    supersedes: int | None = None,
    log_id: int | None = None,
    rejects: Sequence[tuple[int, int, int, str]] = (),
    undecided: tuple[int, int] | None = None,
) -> tuple[int, int]:
    """A log and a reading of it; returns both ids."""
    if log_id is None:
        held = stored(case, data if data is not None else f"log {name} {source}\n".encode())
        own = case.run(intake.objects, [held]).result[held.sha256]
        source_id = case.run(intake.source, source, "log").result
        made = logs.LogFile(own, source_id, name, "plain", held.sha256, held.size, None, 0, 0)
        log_id = case.run(logs.add, made).result
    layout = logs.Layout("none", None, "none", ())
    precision = int(Precision.SECOND)
    reading = case.run(logs.begin, log_id, format_name, "1", None, precision, supersedes, layout).result
    parsed = batch(events)
    parsed.rejects.extend(rejects)
    case.run(logs.batch, reading, parsed, 0, 0, logs.Known())
    survey = logs.Survey(json.dumps(Evidence().to_json()), undecided)
    case.run(logs.end, reading, len(events) + len(rejects), len(events), len(rejects), None, None, survey)
    return log_id, reading


def dataset(case: Case, name: str = "set", release: str = "2024-01") -> int:
    """A data set of the case."""
    info = networks.SetInfo(name, release, "labels", "own", 3, hashlib.sha256(f"{name}{release}".encode()).digest())
    return case.run(networks.dataset, info).result


def everything(case: Case) -> None:
    """At least two rows in every recorded table."""
    first, second = stored(case, b"first drawing"), stored(case, b"second drawing")
    files = [sighted(b"cut/one.png", first, T0), sighted("장면/둘.png".encode(), second), sighted(b"three", None)]
    notes = [
        Folder(b"", Coverage.LISTED),
        Folder(b"cut", Coverage.REFUSED),
        Noted(b"cut/four", Message("file-vanished")),
        Container(b"pack.zip", 10, b"c" * 32),
        Container(b"pack2.zip", 10, b"d" * 32),
    ]
    one = look(case, files, notes=notes)
    two = look(case, files[:1], T0 + DAY, source="other")
    case.run(intake.warn, Message("file-vanished"), 1)
    case.run(intake.resume, one)
    uploads = [
        {
            "address": f"192.0.2.{each}",
            "path": b"/srv/cut/one.png",
            "time": T0 + each,
            "user": "u",
            "agent": f"a{each}",
            "forwarded": '["192.0.2.9"]',
            "rule": 0,
        }
        for each in (1, 2)
    ]
    log_id, reading = log(case, uploads, rejects=[(3, 200, 10, "log-line-odd"), (4, 220, 10, "log-line-odd")])
    log(case, [{**uploads[0], "path": b"/b"}], name="b.log", source="log b", undecided=(2, 1))
    log(case, uploads, log_id=log_id, supersedes=reading, undecided=(2, 1))
    for prefix in (b"/srv", b"/home"):
        case.run(logs.map_root, log_id, prefix)
    for other in (2, 0):
        case.run(logs.citations, np.array([3]), np.array([other]))
        case.run(logs.overlaps, [(log_id, log_id, other)])
    case.run(logs.matches, [1, 2], [1, 1], ["path", "path+size"], [0.6, 0.8])
    for name in ("vpns", "countries"):
        own = dataset(case, name)
        case.run(
            networks.claims, [(1, own)], [(1, own, Claim(name, "2024-01", "192.0.2.0/24", "prefix", "label", "vpn"))]
        )
    found = [(each, "type", "1", Analysis(State.OK, (("kind", "image"), ("width", 3)))) for each in (1, 2)]
    case.run(facts.record, found)
    case.run(marks.tag, [("object", 1), ("object", 2)], "knife")
    case.run(marks.note, [("object", 1)], "칼")
    case.run(marks.verdict, [("address", 1)], "relevant")
    case.actor = "Reviewer"
    case.run(marks.verdict, [("address", 1)], "later")
    _everything_watched(case)
    assert two


def _everything_watched(case: Case) -> None:
    from tests.watching import watched, week
    from workbench.ops import watch

    week(case)
    watched(case, rate=1.0)
    case.run(watch.charter, "server", "Ada, later")
    case.run(watch.decision, "server", None, "robots", "ignore")
