"""Access logs: the log object, its readings, their events, and where the server's root lies."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from itertools import chain, islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.case.operation import operation
from workbench.case.transaction import Transaction
from workbench.case.uids import uuid7
from workbench.core.batch import NULL, EventBatch
from workbench.core.messages import Message

CACHED = 400_000
"""How many interned values a job remembers before it starts anew."""


@dataclass
class Known:
    """Interned ids that one reading has met. Changes after commits only."""

    address: dict[Any, int] = field(default_factory=dict)
    word: dict[Any, int] = field(default_factory=dict)
    logpath: dict[Any, int] = field(default_factory=dict)

    def trim(self) -> None:
        """Keep memory bounded on a log with endless paths."""
        for held in (self.address, self.word, self.logpath):
            if len(held) > CACHED:
                held.clear()


@dataclass(frozen=True)
class LogFile:
    """A log as taken in. `content_sha256` and `content_size` are of the decompressed bytes.

    A log that begins with all of another one `extends` it, and its own lines start at `from_offset` bytes and after
    `from_line` lines.
    """

    object: int
    source: int
    name: str
    compression: str
    content_sha256: bytes
    content_size: int
    extends: int | None
    from_offset: int
    from_line: int


@dataclass(frozen=True)
class Begin:
    """How a log is read. A better reading `supersedes` an earlier one, of this log or of one whose place it takes."""

    format: str
    version: str
    zone_rule: str | None
    precision: int
    supersedes: int | None = None
    layout: Layout | None = None


@dataclass(frozen=True)
class Layout:
    """How the columns of a log are understood (`workbench.logs.layout`); `trusted` networks as text."""

    first: str
    behind: int | None
    identifier: str
    trusted: tuple[str, ...]


@dataclass(frozen=True)
class Survey:
    """What the lines of a reading say of its layout, as JSON, and the two counts of addresses where that is open."""

    evidence: str
    undecided: tuple[int, int] | None


@operation("logs.add")
def add(tx: Transaction, log: LogFile, reading: Begin | None = None) -> int:
    """Take an access log in; where it takes the place of another one, its reading begins in the same step."""
    tx.arguments.update(name=log.name, lines_before=log.from_line, extends=log.extends)
    added = tx.add(
        "log",
        object=log.object,
        source=log.source,
        name=log.name,
        compression=log.compression,
        content_sha256=log.content_sha256,
        content_size=log.content_size,
        extends=log.extends,
        from_offset=log.from_offset,
        from_line=log.from_line,
    )
    if reading is not None:
        _begin(tx, added, reading)
    return added


@operation("logs.begin")
def begin(
    tx: Transaction,
    log: int,
    format_name: str,
    version: str,
    zone_rule: str | None,
    precision: int,
    supersedes: int | None = None,
    layout: Layout | None = None,
) -> int:
    """Begin to read a log; a better reading supersedes an earlier one."""
    return _begin(tx, log, Begin(format_name, version, zone_rule, precision, supersedes, layout))


def _begin(tx: Transaction, log: int, how: Begin) -> int:
    tx.arguments.update(log=log, format=how.format, version=how.version, zone=how.zone_rule, supersedes=how.supersedes)
    reading = tx.add(
        "reading",
        uid=uuid7(),
        log=log,
        format=how.format,
        version=how.version,
        zone_rule=how.zone_rule,
        precision=how.precision,
        supersedes=how.supersedes,
    )
    if how.layout is not None:
        tx.add(
            "layout",
            reading=reading,
            first=how.layout.first,
            behind=how.layout.behind,
            identifier=how.layout.identifier,
            trusted=json.dumps(list(how.layout.trusted)),
        )
        tx.arguments.update(layout=asdict(how.layout) | {"trusted": list(how.layout.trusted)})
    return reading


@operation("logs.batch")
def batch(tx: Transaction, reading: int, parsed: EventBatch, line: int, offset: int, known: Known) -> int:
    """Record a chunk of a log: `line` lines and `offset` bytes come before it."""
    known.trim()
    columns = parsed.columns
    texts = {name: parsed.tables[name] for name in ("method", "user", "agent", "referrer", "forwarded")}
    ids = iter(tx.intern("word", "text", chain.from_iterable(texts.values()), known.word))
    words = {name: _global(columns[name], list(islice(ids, len(own)))) for name, own in texts.items()}
    forwarded = words.pop("forwarded")
    addresses = tx.intern("address", "text", parsed.tables["address"], known.address)
    ids_of_events = tx.append(
        "event",
        reading=np.full(len(parsed), reading, np.int64),
        line=columns["line"] + line,
        start=columns["start"] + offset,
        **{
            name: columns[name]
            for name in (
                "length",
                "time",
                "zone",
                "action",
                "status",
                "ok",
                "sent",
                "received",
                "damaged",
                "salvaged",
            )
        },
        address=_global(columns["address"], addresses),
        path=_global(columns["path"], tx.intern("logpath", "raw", parsed.tables["path"], known.logpath)),
        **words,
    )
    listed = np.flatnonzero(columns["rule"] != NULL)
    tx.append(
        "route",
        event=listed + ids_of_events.start,
        peer=_global(columns["peer"][listed], addresses),
        forwarded=forwarded[listed],
        by_list=columns["rule"][listed],
    )
    rejects = parsed.rejects
    tx.append(
        "reject",
        reading=[reading] * len(rejects),
        line=[each[0] + line for each in rejects],
        start=[each[1] + offset for each in rejects],
        length=[each[2] for each in rejects],
        code=[each[3] for each in rejects],
    )
    tx.arguments.update(reading=reading, from_line=line + 1, lines=parsed.lines, events=len(parsed))
    return len(parsed)


def _global(index: NDArray[Any], ids: list[int]) -> NDArray[Any]:
    """Ids of the case in place of indexes into a table of the batch."""
    table = np.array([NULL, *ids], np.int64)
    found: NDArray[np.int64] = table[np.maximum(index, -1) + 1]
    return found


@operation("logs.rejects")
def rejects(tx: Transaction, reading: int, lines: list[tuple[int, int, int, str]]) -> None:
    """Record lines too long to be parsed: number, start, length, message code."""
    tx.append(
        "reject",
        reading=[reading] * len(lines),
        line=[each[0] for each in lines],
        start=[each[1] for each in lines],
        length=[each[2] for each in lines],
        code=[each[3] for each in lines],
    )
    tx.arguments.update(reading=reading, rejected=len(lines))


@operation("logs.end")
def end(
    tx: Transaction,
    reading: int,
    lines: int,
    events: int,
    rejected: int,
    problem: Message | None = None,
    object_id: int | None = None,
    survey: Survey | None = None,
) -> None:
    """End a reading; `problem` says why the log's bytes may go on where what could be read of them does not."""
    if problem is not None:
        tx.add("warning", snapshot=None, path=None, object=object_id, code=problem.code, arguments=problem.to_json())
    if survey is not None:
        tx.add("survey", reading=reading, evidence=survey.evidence)
        if survey.undecided is not None:
            tx.add("open_layout", reading=reading, by_column=survey.undecided[0], by_peer=survey.undecided[1])
    tx.add("reading_end", reading=reading, lines=lines, events=events, rejected=rejected)
    tx.arguments.update(reading=reading, lines=lines, events=events, rejected=rejected)


@operation("logs.root")
def map_root(tx: Transaction, log: int, prefix: bytes) -> None:
    """Record that a log puts the server's root in front of its paths."""
    tx.add("rootmap", log=log, prefix=prefix)
    tx.arguments.update(log=log, prefix=prefix.decode("utf-8", "replace"))


@operation("logs.matches")
def matches(tx: Transaction, event: list[int], sighting: list[int], rule: list[str], score: list[float]) -> int:
    """Join events to sightings, with the rule that joined them and a score."""
    tx.arguments.update(matches=len(event))
    return len(tx.append("match", event=event, sighting=sighting, rule=rule, score=score))


@operation("logs.citations")
def citations(tx: Transaction, duplicate: NDArray[np.int64], event: NDArray[np.int64]) -> int:
    """Say which events are told by other lines too; 0 takes it back."""
    tx.arguments.update(citations=len(duplicate), taken_back=int((event == 0).sum()))
    return len(tx.append("citation", duplicate=duplicate, event=np.where(event == 0, NULL, event)))


@operation("logs.overlaps")
def overlaps(tx: Transaction, found: list[tuple[int, int, int]]) -> None:
    """Say of two logs how many events look alike and were left apart; 0 takes it back."""
    tx.append(
        "overlap",
        log=[each[0] for each in found],
        other=[each[1] for each in found],
        events=[each[2] for each in found],
    )
    tx.arguments.update(pairs=len(found))
