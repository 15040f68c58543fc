"""Find the events of several logs that tell of one act: rotated, joined, cut-out and overlapping logs, and two formats
of one server.

Lines are equal when all that was read of them is. Within a log equal lines are several acts, so the second of them in
one log is the same as the second of them in another: an act happened as often as the log says that says it most often.
Which log was taken in first does not matter for that.

Two logs are only compared so if they are of one server: with one source, or, where nobody named the sources, if from
the first to the last of their common lines they have hardly any others, as copies have and two servers have not. Logs
of two formats have to be of one source. What looks alike and is not sure stays apart, and its number is said.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from workbench.case.case import Case
from workbench.case.readers import Reader
from workbench.core.batch import NULL
from workbench.core.progress import Progress
from workbench.core.records import Action
from workbench.core.times import HOUR, SECOND
from workbench.ops import logs
from workbench.queries import acts
from workbench.queries.acts import COLUMNS, Part

Ints = NDArray[np.int64]
Keys = NDArray[np.uint64]

SURE = 0.9
"""Share of common lines, among those from the first to the last common one, that copies have."""
OF_ONE_SOURCE = 0.5
"""The same for two logs of which the user says that they come from one place."""
PAGE = 50_000
SHORT = ("time", "address", "method", "path", "status", "sent")
"""What the common format has."""
ZONES = 14 * HOUR
FTP = ("xferlog", "ftp-extended")
TRANSFER = ("address", "action", "path", "sent", "received", "ok")
"""What is compared of transfers that two formats tell of."""


@dataclass
class Told:
    """Events of one log, or of several that are the same: the one that stands for each act, in order.

    `full` and `short` are numbers for what each event says in all compared columns, and in those of the common format;
    some 40 bytes an event are held. `transfers` are the columns of `TRANSFER`, of logs of FTP servers only.
    """

    parts: list[Part]
    ids: Ints
    listed: NDArray[np.int8]
    time: Ints
    full: Keys
    short: Keys
    transfers: Ints | None
    first: int
    last: int
    """Ids of the first and last event of the whole log."""
    common: bool
    """Has no line of it an agent or a referrer?"""

    @property
    def log(self) -> int:
        """The log by which it is named in a warning."""
        return self.parts[-1].log

    @property
    def source(self) -> int:
        """Where it comes from."""
        return self.parts[-1].source

    @property
    def format(self) -> str:
        """How it is written."""
        return self.parts[-1].format

    def at(self, where: Any) -> Told:
        """Some of the events."""
        return replace(
            self,
            ids=self.ids[where],
            listed=self.listed[where],
            time=self.time[where],
            full=self.full[where],
            short=self.short[where],
            transfers=None if self.transfers is None else self.transfers[:, where],
        )


def numbered(key: Keys) -> Keys:
    """A number for what each event says, and how many before it say the same."""
    return hashed([key.view(np.int64), ranks(key)])


@dataclass
class Found:
    """What came out: at a duplicate's id the event that stands for it, and pairs of logs left apart."""

    duplicate: list[Ints] = field(default_factory=list)
    event: list[Ints] = field(default_factory=list)
    overlaps: dict[tuple[int, int], int] = field(default_factory=dict)


def cite(case: Case, progress: Progress) -> int:
    """Look for such events, unless that was done since the last log was read; returns how many there are."""
    if case.ask(acts.is_searched):
        return 0
    progress.stage("stage-acts")
    with case.reader() as reader:
        found = _search(reader, progress)
        if found is None:
            return 0
        duplicate, event = _changes(reader, found)
        said = acts.said_overlaps(reader)
    for at in range(0, max(len(duplicate), 1), PAGE):
        progress.check()
        case.run(logs.citations, duplicate[at : at + PAGE], event[at : at + PAGE])
    news = [
        (log, other, found.overlaps.get((log, other), 0))
        for log, other in sorted({*said, *found.overlaps})
        if said.get((log, other), 0) != found.overlaps.get((log, other), 0)
    ]
    if news:
        case.run(logs.overlaps, news)
    return sum(map(len, found.duplicate))


def _changes(reader: Reader, found: Found) -> tuple[Ints, Ints]:
    """What has to be said now: duplicates that are new or stand behind another event, and those that are none."""
    before = acts.kept(reader)
    now = np.arange(len(before), dtype=np.int64)
    for duplicate, event in zip(found.duplicate, found.event, strict=True):
        now[duplicate] = event
    while (now[now] != now).any():  # an act told in two formats, by several logs each
        now = now[now]
    changed = np.flatnonzero(now != before)
    return changed, np.where(now[changed] == changed, 0, now[changed])


def _search(reader: Reader, progress: Progress) -> Found | None:
    """Null where no two logs speak of one time."""
    families = _families(acts.parts(reader))
    spans = [_span(reader, each) for each in families]
    wide = [
        None if span is None else (span[0] - ZONES, span[1] + ZONES) if not family[-1].zoned else span[:2]
        for family, span in zip(families, spans, strict=True)
    ]
    hulls: list[tuple[int, int] | None] = []
    for at, own in enumerate(wide):
        cuts = [
            (max(own[0], other[0]), min(own[1], other[1]))
            for place, other in enumerate(wide)
            if own is not None and other is not None and place != at and own[0] <= other[1] and other[0] <= own[1]
        ]
        hulls.append((min(each[0] for each in cuts), max(each[1] for each in cuts)) if cuts else None)
    if not any(hulls) and not len(reader.arrays("citation")["event"]):
        return None
    told = []
    for family, span, hull in zip(families, spans, hulls, strict=True):
        if hull is not None and span is not None:
            progress.check()
            one = _told(reader, family, span, hull)
            if one is not None:
                told.append(one)
    found = Found()
    by_kind: dict[tuple[str, bool], list[Told]] = {}
    for each in told:
        by_kind.setdefault((each.format, each.parts[-1].zoned), []).append(each)
    groups = {kind: _joined(own, found, progress) for kind, own in by_kind.items()}
    web = groups.get(("combined", True), [])
    _across([each for each in web if each.common], [each for each in web if not each.common], found)
    extended = groups.get(("ftp-extended", True), [])
    for zoned in (True, False):
        _transfers(reader, groups.get(("xferlog", zoned), []), extended, found, zoned=zoned)
    return found


def _families(parts: Sequence[Part]) -> list[list[Part]]:
    """Logs with those that they extend, the oldest first; one for each that nothing extends."""
    by_log = {each.log: each for each in parts}
    extended = {each.extends for each in parts}
    found = []
    for part in parts:
        if part.log in extended:
            continue
        family: list[Part] = []
        each: Part | None = part
        while each is not None:
            family.append(each)
            each = by_log.get(each.extends) if each.extends is not None else None
        found.append(family[::-1])
    return found


def _span(reader: Reader, family: Sequence[Part]) -> tuple[int, int, int, int] | None:
    known = [span for part in family if (span := acts.times_of(reader, part.reading)) is not None]
    if not known:
        return None
    return min(each[0] for each in known), max(each[1] for each in known), known[0][2], known[-1][3]


def _told(reader: Reader, family: list[Part], span: tuple[int, int, int, int], hull: tuple[int, int]) -> Told | None:
    pieces: list[list[Any]] = [[] for _ in range(6)]
    common = True
    ftp = family[-1].format in FTP
    for part in family:
        for rows, routed, columns in acts.events_of(reader, part.reading, *hull):
            by_name = dict(zip(COLUMNS, columns, strict=True))
            common = common and bool((by_name["agent"] == NULL).all() and (by_name["referrer"] == NULL).all())
            own = (
                rows,
                (routed + part.settled).astype(np.int8),
                by_name["time"],
                hashed(list(columns)),
                hashed([by_name[name] for name in SHORT]),
                np.stack([by_name[name] for name in TRANSFER]) if ftp else np.zeros((len(TRANSFER), 0), np.int64),
            )
            for piece, each in zip(pieces, own, strict=True):
                piece.append(each)
    if not pieces[0]:
        return None  # its events lie before and after
    ids, listed, time, full, short, transfers = (np.concatenate(piece, axis=-1) for piece in pieces)
    return Told(family, ids, listed, time, full, short, transfers if ftp else None, span[2], span[3], common)


def _joined(told: list[Told], found: Found, progress: Progress) -> list[Told]:
    """Logs of one format: those of one server become one."""
    keys = [numbered(each.full) for each in told]
    group = list(range(len(told)))
    common: list[tuple[int, int, int]] = []
    for one in range(len(told)):
        for other in range(one + 1, len(told)):
            if group[one] == group[other]:
                continue
            progress.check()
            same, share = _common(told[one], keys[one], told[other], keys[other])
            if not same:
                continue
            if share >= _needed(told[one], told[other]):
                joined, gone = group[one], group[other]
                group = [joined if each == gone else each for each in group]
            elif share >= OF_ONE_SOURCE:
                common.append((one, other, same))
    for one, other, same in common:
        if group[one] != group[other]:
            found.overlaps[_pair(told[one], told[other])] = same
    return [_merged([told[at] for at in members], [keys[at] for at in members], found) for members in _members(group)]


def _members(group: Sequence[int]) -> Iterable[list[int]]:
    for name in dict.fromkeys(group):
        yield [at for at, each in enumerate(group) if each == name]


def _needed(one: Told, other: Told) -> float:
    if one.source == other.source:
        return OF_ONE_SOURCE
    return SURE if not (one.parts[-1].named and other.parts[-1].named) else 2.0


def _pair(one: Told, other: Told) -> tuple[int, int]:
    return min(one.log, other.log), max(one.log, other.log)


def _common(one: Told, own: Keys, other: Told, others: Keys) -> tuple[int, float]:
    """How many lines two logs have in common, and their share among the lines from the first to the last of them, in
    the log where it is larger. What lies in the middle of both logs, with other lines before and behind in both, is
    nothing in common of two that are named as two places.
    """
    same, at, place = np.intersect1d(own, others, return_indices=True)
    if not len(same):
        return 0, 0.0
    first, last = (int(each.min()) for each in (at, place)), (int(each.max()) for each in (at, place))
    spans = [end - start + 1 for start, end in zip(first, last, strict=True)]
    share = len(same) / min(spans)
    ends = {one.first, one.last, other.first, other.last}
    touches = not ends.isdisjoint(one.ids[[at.min(), at.max()]].tolist()) or not ends.isdisjoint(
        other.ids[[place.min(), place.max()]].tolist()
    )
    return len(same), share if touches or one.source == other.source else min(share, 0.4)


def _merged(told: list[Told], keys: list[Keys], found: Found) -> Told:
    """One event for each act of logs that are of one server: of the log that says most of it, then the oldest."""
    if len(told) == 1:
        return told[0]
    whole = Told(
        sorted((part for each in told for part in each.parts), key=lambda part: part.log),
        np.concatenate([each.ids for each in told]),
        np.concatenate([each.listed for each in told]),
        np.concatenate([each.time for each in told]),
        np.concatenate([each.full for each in told]),
        np.concatenate([each.short for each in told]),
        np.concatenate([each.transfers for each in told if each.transfers is not None], axis=1)
        if told[0].transfers is not None
        else None,
        min(each.first for each in told),
        max(each.last for each in told),
        all(each.common for each in told),
    )
    every = np.concatenate(keys)
    order = np.lexsort((whole.ids, -whole.listed, every))
    every, ids = every[order], whole.ids[order]
    head = np.ones(len(every), bool)
    head[1:] = every[1:] != every[:-1]
    leader = ids[np.maximum.accumulate(np.where(head, np.arange(len(ids)), 0))]
    double = leader != ids
    found.duplicate.append(ids[double])
    found.event.append(leader[double])
    kept = order[head]
    return whole.at(kept[np.argsort(whole.ids[kept])])


def _across(short: Sequence[Told], long: Sequence[Told], found: Found) -> None:
    """Logs in the common format beside others with agent and referrer."""
    for one in short:
        for other in long:
            same, at, place = np.intersect1d(numbered(one.short), numbered(other.short), return_indices=True)
            if not len(same):
                continue
            share = len(same) / min(_between(one, one.ids[at]), _between(other, other.ids[place]))
            if share >= SURE and one.source == other.source:
                found.duplicate.append(one.ids[at])
                found.event.append(other.ids[place])
            elif share >= OF_ONE_SOURCE:
                found.overlaps[_pair(one, other)] = len(same)


def _between(told: Told, ids: Ints) -> int:
    """Events from the earliest to the latest of some."""
    time = told.time
    some = time[np.isin(told.ids, ids)]
    return int(((time >= some.min()) & (time <= some.max())).sum())


def _transfers(reader: Reader, short: Sequence[Told], extended: Sequence[Told], found: Found, *, zoned: bool) -> None:
    """Transfer logs beside ProFTPD's extended log, which tells of the same transfers; their clocks are one, and the two
    lines are written within a second.
    """
    for one in short:
        for other in extended:
            own, others = _Transfers(reader, one), _Transfers(reader, other)
            at, place = own.paired(others, zoned=zoned)
            if not len(at):
                continue
            share = len(at) / min(own.between(at, zoned=zoned), others.between(place, zoned=zoned))
            if zoned and share >= SURE and one.source == other.source:
                found.duplicate.append(others.ids[place])
                found.event.append(own.ids[at])
            elif share >= OF_ONE_SOURCE:
                found.overlaps[_pair(one, other)] = len(at)


class _Transfers:
    """The transfers of an FTP log: what it takes to know them again in one of another format."""

    def __init__(self, reader: Reader, told: Told) -> None:
        assert told.transfers is not None
        columns = dict(zip(TRANSFER, told.transfers, strict=True))
        kept = np.isin(columns["action"], (Action.UPLOAD, Action.DOWNLOAD)) & (columns["ok"] == 1)
        address, action, path, sent, received = (
            columns[name][kept] for name in ("address", "action", "path", "sent", "received")
        )
        names = acts.names_of(reader, path)
        name = np.array([_number(names.get(each, b"")) for each in path.tolist()], np.int64)
        self.ids, self.time = told.ids[kept], told.time[kept]
        size = np.where(action == Action.UPLOAD, received, sent)
        self.what = hashed([address, action, name, size]).view(np.int64)

    def paired(self, other: _Transfers, *, zoned: bool) -> tuple[Ints, Ints]:
        """Places of what is the same here and there. Where a zone is unknown, times are not compared."""
        found: list[tuple[Ints, Ints]] = []
        here, there = np.arange(len(self.ids)), np.arange(len(other.ids))
        for shift in (0, SECOND, -SECOND) if zoned else (0,):
            first, second = (
                [self.what[here], self.time[here] + shift] if zoned else [self.what[here]],
                [other.what[there], other.time[there]] if zoned else [other.what[there]],
            )
            own, others = numbered(hashed(first)), numbered(hashed(second))
            _, at, place = np.intersect1d(own, others, return_indices=True)
            found.append((here[at], there[place]))
            here, there = np.delete(here, at), np.delete(there, place)
        return np.concatenate([each[0] for each in found]), np.concatenate([each[1] for each in found])

    def between(self, places: Ints, *, zoned: bool) -> int:
        """Transfers from the earliest to the latest of some; all where times cannot be compared."""
        if not zoned:
            return len(self.ids)
        some = self.time[places]
        return int(((self.time >= some.min()) & (self.time <= some.max())).sum())


def _number(name: bytes) -> int:
    return zlib.crc32(name) << 31 | zlib.adler32(name) >> 1


def hashed(columns: Sequence[Ints]) -> Keys:
    """One number for each row of some columns (the finaliser of splitmix64, over and over)."""
    out = np.full(len(columns[0]), 0x9E3779B97F4A7C15, np.uint64)
    for column in columns:
        out ^= np.ascontiguousarray(column, np.int64).view(np.uint64)
        for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
            out ^= out >> np.uint64(shift)
            out *= np.uint64(factor)
        out ^= out >> np.uint64(31)
        out += np.uint64(0x9E3779B97F4A7C15)
    return out


def ranks(keys: Keys) -> Ints:
    """How many equal ones stand before each."""
    order = np.argsort(keys, kind="stable")
    ordered = keys[order]
    head = np.ones(len(keys), bool)
    head[1:] = ordered[1:] != ordered[:-1]
    places = np.arange(len(keys))
    out = np.empty(len(keys), np.int64)
    out[order] = places - np.maximum.accumulate(np.where(head, places, 0))
    return out
