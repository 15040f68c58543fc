"""Take access logs in: the bytes into the store, the lines through workers, events in order.

The same content again adds nothing; a log that has grown adds only what is new; another zone or format is a new reading
that supersedes the earlier one. A reading that was cut off goes on behind its last recorded line.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, wait
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from workbench.case.case import Case
from workbench.case.writer import Done
from workbench.core import times
from workbench.core.batch import EventBatch
from workbench.core.errors import UserError
from workbench.core.messages import Message
from workbench.core.progress import Progress
from workbench.core.records import Stored
from workbench.core.times import Zone
from workbench.jobs.logcontent import Content, chain, content_of, count_lines, is_contained, lines_of, skip
from workbench.jobs.pool import Pool, WorkerDied
from workbench.logs.chunks import Chunk, chunks
from workbench.logs.compressed import open_log
from workbench.logs.format import Format
from workbench.logs.forwarded import Trust
from workbench.logs.layout import FORWARDED, Evidence, Layout
from workbench.logs.registry import SAMPLE, by_name, detect
from workbench.logs.rootmap import infer_root
from workbench.ops import intake, logs
from workbench.queries import reading as queries
from workbench.queries.reading import KnownLog

CHUNK = 2 << 20
"""Bytes that a worker gets at a time: two workers and the program stay below 400 MB."""
LARGE = 8 << 20
"""Bytes of a log for which it is worth to have the workers start early."""


@dataclass(frozen=True)
class Read:
    """What came of a log: its lines, and what this run added."""

    log: bytes
    format: str
    lines: int
    events: int
    rejected: int
    zone: str
    problem: Message | None = None
    remarks: tuple[Message, ...] = ()
    """What could not be settled about the log."""


@dataclass(frozen=True)
class _How:
    """How a log is to be read. `trusted` is null where the user said nothing: what was said before holds."""

    format: Format
    rule: str | None
    trusted: tuple[str, ...] | None

    def keeping(self, log: KnownLog) -> _How:
        """With the zone that was given before, where none is given now."""
        return self if self.format.has_zone or self.rule is not None else replace(self, rule=log.zone_rule)

    def trusted_for(self, log: KnownLog) -> tuple[str, ...]:
        """The networks of proxies for a log."""
        return self.trusted if self.trusted is not None else _layout(log).trusted


def _layout(log: KnownLog) -> Layout:
    return Layout.of(log.layout)


def add(
    case: Case,
    path: Path,
    pool: Pool,
    progress: Progress,
    *,
    format_name: str | None = None,
    zone: str | None = None,
    source: str | None = None,
    trusted: Sequence[str] | None = None,
) -> Read:
    """Take one log in. `trusted` are addresses and networks of the server's own proxies. Raises `UserError` for what is
    no log, before anything but its bytes is kept.
    """
    if zone is not None:
        times.parse_zone(zone)
    named = None if trusted is None else Trust(trusted).named
    chosen, size = _recognise(path, format_name)
    how = _How(chosen, None if chosen.has_zone else zone, named)
    progress.stage("stage-read-log", size)
    if size > LARGE:
        _wake(pool, chosen)
    with _opened(path) as file:
        stored = case.evidence.put(file, lambda _: False, on_chunk=lambda _: progress.check())
    claim = case.evidence.claim("logs")
    if claim is None:
        raise UserError("log-busy", name=path.name)
    try:
        return _take_in(case, path.name, source or path.name, stored, how, pool, progress)
    finally:
        claim.release()


def _take_in(case: Case, name: str, source: str, stored: Stored, how: _How, pool: Pool, progress: Progress) -> Read:
    """What is new of a stored log. One process at a time, so that none goes on with another's reading."""
    known = case.ask(queries.logs)
    content = content_of(case, stored, known, progress)
    if content.same is not None:
        return _again(case, content.same, known, how, pool, progress, content.problem)
    if is_contained(case, stored, content, known, progress):
        lines = count_lines(case, stored.sha256, 0)
        return Read(stored.sha256, how.format.name, lines, 0, 0, _zone_word(how), content.problem)
    before = content.begins_with
    layout = None
    if before is not None and content.mid_line:
        layout = replace(_layout(before), trusted=how.trusted_for(before))
    log = _record_log(case, stored, name, source, content, how, layout)
    earlier = [] if before is None else chain(before, known)
    if content.mid_line:
        earlier.pop()  # this log takes its place
    events = sum(_read(case, each, how, pool, progress).events for each in earlier if _outdated(each, how))
    done = _read(case, _known(case, log), how, pool, progress, content.problem)
    again, remarks = _settle(case, log, how, pool, progress)
    _find_root(case, log, how.format)
    return replace(done, events=done.events + events + again, remarks=remarks)


def _known(case: Case, log: int) -> KnownLog:
    return next(each for each in case.ask(queries.logs) if each.id == log)


def _settle(case: Case, log: int, how: _How, pool: Pool, progress: Progress) -> tuple[int, tuple[Message, ...]]:
    """Read a log and what it extends once more if all of its lines together show another layout than the first ones
    did. Gives the events of that, and what stays open.
    """
    if not how.format.has_layout:
        return 0, ()
    known = case.ask(queries.logs)
    last = next(each for each in known if each.id == log)
    parts = chain(last, known)
    evidence = _evidence(parts)
    layout = evidence.layout(how.trusted_for(last))
    outdated = [each for each in parts if not _layout(each).reads_like(layout)]
    events = sum(_read(case, each, how, pool, progress, layout=layout).events for each in outdated)
    undecided = evidence.undecided()
    if undecided is None:
        return events, ()
    said = Message("log-layout-undecided", {"column": undecided[0], "peer": undecided[1]})
    return events, (said,)


def _evidence(logs_: Iterable[KnownLog]) -> Evidence:
    """What the lines of these logs say together."""
    found = Evidence()
    for each in logs_:
        found.merge(each.evidence)
    return found


def _wake(pool: Pool, chosen: Format) -> None:
    """Let the workers start and import what they need while the bytes are stored."""
    for _ in range(pool.size):
        pool.submit("parse-log", {"format": chosen.name, "zone": None}, data=b"")


def _recognise(path: Path, format_name: str | None) -> tuple[Format, int]:
    with _opened(path) as file:
        stream, _ = open_log(file)
        sample = stream.peek(SAMPLE)
        size = path.stat().st_size
    if format_name is not None:
        return by_name(format_name), size
    found = detect(sample)
    if found is None:
        raise UserError("log-not-understood", name=path.name)
    return by_name(found.name), size


def _opened(path: Path) -> BinaryIO:
    try:
        if not path.is_file():
            raise UserError("log-unreadable", name=path.name, reason="not a file" if path.exists() else "not there")
        return path.open("rb")
    except OSError as error:
        raise UserError("log-unreadable", name=path.name, reason=error.strerror or str(error)) from error


def _record_log(
    case: Case, stored: Stored, name: str, source: str, content: Content, how: _How, layout: Layout | None
) -> int:
    """The log's bytes become an object, and the object a log, with its own lines behind those of the one that it
    extends; or, where that one ends within a line, with its lines in the place of that one's.
    """
    source_id = case.run(intake.source, source, "log").result
    objects = case.run(intake.objects, [stored]).result
    before = content.begins_with
    extends, offset, line = None, 0, 0
    reading: logs.Begin | None = None
    if before is not None and content.mid_line:
        extends, offset, line = before.extends, before.from_offset, before.from_line
        chosen = how.format
        own = None if layout is None or not chosen.has_layout else _recorded(layout)
        reading = logs.Begin(chosen.name, chosen.version, how.rule, int(chosen.precision), before.reading, own)
    elif before is not None:
        extends, offset, line = before.id, before.content_size, before.from_line + lines_of(case, before)
    made = logs.LogFile(
        object=objects[stored.sha256],
        source=source_id,
        name=name,
        compression=content.compression,
        content_sha256=content.sha256,
        content_size=content.size,
        extends=extends,
        from_offset=offset,
        from_line=line,
    )
    return case.run(logs.add, made, reading).result


def _recorded(layout: Layout) -> logs.Layout:
    return logs.Layout(layout.first, layout.behind, layout.identifier, layout.trusted)


def _outdated(log: KnownLog, how: _How) -> bool:
    """Is there something to read? No zone given keeps the one that was given before."""
    return (
        not log.finished
        or (log.format, log.version) != (how.format.name, how.format.version)
        or (how.rule is not None and log.zone_rule != how.rule)
        or (how.format.has_layout and how.trusted_for(log) != _layout(log).trusted)
    )


def _again(
    case: Case,
    log: KnownLog,
    known: list[KnownLog],
    how: _How,
    pool: Pool,
    progress: Progress,
    problem: Message | None,
) -> Read:
    """The same content once more: read what is outdated or was cut off, else nothing."""
    how = how.keeping(log)
    done = [
        _read(case, each, how, pool, progress, problem if each is log else None)
        for each in chain(log, known)
        if _outdated(each, how)
    ]
    lines = log.from_line + lines_of(case, log)
    again, remarks = _settle(case, log.id, how, pool, progress)
    if done:
        _find_root(case, log.id, how.format)
    return Read(
        log.sha256,
        how.format.name,
        lines,
        sum(each.events for each in done) + again,
        sum(each.rejected for each in done),
        _zone_word(how),
        problem,
        remarks,
    )


def _zone_word(how: _How) -> str:
    if how.format.has_zone:
        return Zone.LINE.word()
    return (Zone.UNKNOWN if how.rule is None else Zone.GIVEN).word()


def _read(
    case: Case,
    log: KnownLog,
    how: _How,
    pool: Pool,
    progress: Progress,
    problem: Message | None = None,
    layout: Layout | None = None,
) -> Read:
    """One reading of a log's own part: chunks go to the workers, batches are recorded in order. Without a `layout`,
    that of the log that this one extends holds, else what the first lines show.
    """
    progress.stage("stage-read-log", log.content_size)
    reader = _Reader(case, log, how, pool, progress)
    if layout is None:
        layout = reader.first_layout()
    reading, line, offset, skip_first = reader.begin(layout)
    recorder = _Recorder(case, reading, line, offset, resumed=reading == log.reading)
    if skip_first:
        reader.survey_before(offset, recorder.evidence)
    lines = line + skip_first
    waiting: deque[tuple[Chunk, Future[EventBatch] | None]] = deque()

    def record() -> None:
        chunk, future = waiting.popleft()
        recorder.record(chunk, future)
        progress.update(offset + chunk.start + len(chunk.data))

    with closing(case.evidence.open(log.sha256)) as file, recorder:
        stream, _ = open_log(file)
        skip(stream, offset)
        for chunk in _without_first(chunks(stream, CHUNK), skip_first):
            waiting.append((chunk, reader.parse(chunk.data, layout) if chunk.data else None))
            lines = line + chunk.line + chunk.lines
            while len(waiting) > pool.size + 1 or (waiting and (waiting[0][1] is None or waiting[0][1].done())):
                record()
        while waiting:
            record()
        recorder.finish()
    survey = None
    if how.format.has_layout:
        whole = _evidence(reader.earlier)
        whole.merge(recorder.evidence.to_json())
        survey = logs.Survey(json.dumps(recorder.evidence.to_json()), whole.undecided())
    case.run(logs.end, reading, lines - log.from_line, recorder.events, recorder.rejected, problem, log.object, survey)
    return Read(log.sha256, how.format.name, lines, recorder.added, recorder.rejected, _zone_word(how), problem)


class _Reader:
    """What a reading needs to know before it begins. The first chunk is parsed once if its layout is the usual one."""

    def __init__(self, case: Case, log: KnownLog, how: _How, pool: Pool, progress: Progress) -> None:
        self.case, self.log, self.how, self.pool, self.progress = case, log, how, pool, progress
        known = case.ask(queries.logs) if how.format.has_layout and log.extends is not None else []
        self.earlier = chain(log, known)[:-1] if known else []
        self._parsed: tuple[bytes, Layout, Future[EventBatch]] | None = None

    def parse(self, data: bytes, layout: Layout) -> Future[EventBatch]:
        """The events of a chunk, from a worker."""
        if self._parsed is not None:
            before, self._parsed = self._parsed, None
            if before[1] == layout and before[0] == data:
                return before[2]
        params = {"format": self.how.format.name, "zone": self.how.rule, "layout": layout.to_json()}
        return self.pool.submit("parse-log", params, data=data)

    def first_layout(self) -> Layout:
        """That of the reading that was cut off, of the log that this one extends, or what the first lines show."""
        trusted = self.how.trusted_for(self.earlier[-1] if self.log.layout is None and self.earlier else self.log)
        if not self.how.format.has_layout:
            return Layout()
        if self.log.layout is not None and self._can_resume(trusted):
            return _layout(self.log)
        if self.earlier and self.earlier[-1].layout is not None:
            return replace(_layout(self.earlier[-1]), trusted=trusted)
        plain = Layout(trusted=trusted)
        with closing(self.case.evidence.open(self.log.sha256)) as file:
            stream, _ = open_log(file)
            skip(stream, self.log.from_offset)
            first = next((chunk.data for chunk in chunks(stream, CHUNK) if chunk.data), b"")
        future = self.parse(first, plain)
        try:
            evidence = future.result().evidence
        except WorkerDied:
            return plain  # it is told when the chunk is recorded
        self._parsed = (first, plain, future)
        found = _evidence(self.earlier)
        found.merge(evidence)
        layout = found.layout(trusted)
        return plain if layout == replace(plain, first=layout.first) and layout.first != FORWARDED else layout

    def _can_resume(self, trusted: tuple[str, ...]) -> bool:
        log, how = self.log, self.how
        return (
            log.reading is not None
            and not log.finished
            and (log.format, log.version, log.zone_rule) == (how.format.name, how.format.version, how.rule)
            and (not how.format.has_layout or (log.layout is not None and _layout(log).trusted == trusted))
        )

    def begin(self, layout: Layout) -> tuple[int, int, int, bool]:
        """A new reading, or the one that was cut off. Gives lines and bytes before the first chunk, and whether its
        first line has been recorded already.
        """
        log, chosen = self.log, self.how.format
        if self._can_resume(layout.trusted) and log.reading is not None and _layout(log).reads_like(layout):
            point = self.case.ask(queries.resume_point, log.reading)
            if point is None:
                return log.reading, log.from_line, log.from_offset, False
            return log.reading, point[0] - 1, point[1], True
        own = _recorded(layout) if chosen.has_layout else None
        begun = self.case.run(
            logs.begin, log.id, chosen.name, chosen.version, self.how.rule, int(chosen.precision), log.reading, own
        )
        return begun.result, log.from_line, log.from_offset, False

    def survey_before(self, offset: int, evidence: Evidence) -> None:
        """Gather again what the lines up to and with the one at `offset` say of the layout: a reading that was cut off
        has recorded them.
        """
        if not self.how.format.has_layout:
            return
        with closing(self.case.evidence.open(self.log.sha256)) as file:
            stream, _ = open_log(file)
            skip(stream, self.log.from_offset)
            for chunk in chunks(stream, CHUNK):
                data = chunk.data
                start = self.log.from_offset + chunk.start
                if start > offset:
                    return
                if start + len(data) > offset:
                    data = data[: data.find(b"\n", offset - start) + 1 or len(data)]
                self.progress.check()
                if data:
                    try:
                        evidence.merge(self.parse(data, Layout()).result().evidence)
                    except WorkerDied as died:
                        raise UserError(died.message("log").code) from died


def _without_first(found: Iterable[Chunk], skip: bool) -> Iterator[Chunk]:
    """Chunks without the first line of all, which a reading that was cut off has recorded."""
    for chunk in found:
        if skip:
            skip = False
            if chunk.rejects:
                continue
            ended = chunk.data.find(b"\n") + 1 or len(chunk.data)
            chunk = Chunk(chunk.start + ended, chunk.line + 1, chunk.lines - 1, chunk.data[ended:])
            if not chunk.data:
                continue
        yield chunk


class _Recorder:
    """Records the chunks of a reading, in order. While one is written the next is awaited; nothing is begun behind one
    that failed, so that a reading has no gap. A context manager: at its end nothing is under way.
    """

    def __init__(self, case: Case, reading: int, line: int, offset: int, *, resumed: bool) -> None:
        self._case = case
        self._reading = reading
        self._line, self._offset = line, offset
        self._known = logs.Known()
        self.evidence = Evidence()
        self._writing: Future[Done[int]] | None = None
        self._before, self.rejected = case.ask(queries.counts, reading) if resumed else (0, 0)
        self.added = 0

    @property
    def events(self) -> int:
        """Events of the reading, those of a run that was cut off included."""
        return self._before + self.added

    def record(self, chunk: Chunk, future: Future[EventBatch] | None) -> None:
        """One chunk, when it is parsed and the one before is safe. Raises `UserError`."""
        try:
            batch = None if future is None else future.result()
        except WorkerDied as died:
            raise UserError(died.message("log").code) from died
        self.finish()
        if chunk.rejects:
            rejects = [(n + self._line, start + self._offset, size, code) for n, start, size, code in chunk.rejects]
            self._case.run(logs.rejects, self._reading, rejects)
            self.rejected += len(rejects)
        if batch is not None:
            first = self._line + chunk.line + chunk.lines - batch.lines
            start = self._offset + chunk.start
            self._writing = self._case.submit(logs.batch, self._reading, batch, first, start, self._known)
            self.rejected += len(batch.rejects)
            self.evidence.merge(batch.evidence)

    def finish(self) -> None:
        """Wait for what is under way."""
        if self._writing is not None:
            writing, self._writing = self._writing, None
            self.added += writing.result().result

    def __enter__(self) -> _Recorder:
        return self

    def __exit__(self, *_: object) -> None:
        if self._writing is not None:
            wait([self._writing])


def find_roots(case: Case) -> int:
    """Look again for the roots of logs that had nothing to be compared with; returns how many were found.

    To be called when files were taken in after the logs.
    """
    found = 0
    for log in case.ask(queries.logs):
        if log.finished and log.format is not None:
            found += _find_root(case, log.id, by_name(log.format))
    return found


def _find_root(case: Case, log: int, chosen: Format) -> bool:
    """Does the log put the server's root in front of its paths? Only where other paths of the case show it."""
    if chosen.has_zone or case.ask(queries.root_of, log) is not None:
        return False
    with case.reader() as reader:
        logged = queries.upload_paths(reader, log)
        if not logged:
            return False
        seen = [*queries.sighted_paths(reader), *queries.other_log_paths(reader, log)]
    prefix = infer_root(logged, seen)
    if prefix is not None:
        case.run(logs.map_root, log, prefix)
    return prefix is not None
