"""Join uploads in logs to the files that were seen: by path, by size where the log holds it, by time.

Every match keeps the rule that made it and a score below 1: a person may confirm or reject it. What the evidence does
not single out is left unmatched.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from workbench.case.case import Case
from workbench.core.progress import Progress
from workbench.core.times import HOUR, SECOND
from workbench.jobs.citing import cite
from workbench.ops import logs
from workbench.queries import reading as queries
from workbench.queries.events import mapped
from workbench.queries.reading import Seen, Upload
from workbench.queries.shown import chunks

PAGE = 5_000
CLOSE = 2 * SECOND
"""Between the log's time and the modified time that the server claims: the same moment."""
SKEW = 5 * 60 * SECOND
"""How far the observer's and the server's clocks may be apart."""
ZONES = 14 * HOUR
"""How far a wall clock of unknown zone may be from UTC."""

PATH, SUFFIX, SPACES, NAME, DAMAGED = "path", "path-suffix", "path-spaces", "name", "damaged-path"
BASE = {PATH: 0.6, SUFFIX: 0.5, SPACES: 0.45, NAME: 0.25, DAMAGED: 0.25}
SIZE, TIME = 0.2, 0.18
KNOWN = ""
"""Stands for the rule of a match that the case holds already."""
ENOUGH = 0.4
"""A bare name, or a damaged one, is no match without size or time beside it."""


@dataclass(frozen=True)
class Match:
    """One join of an event to a sighting."""

    event: int
    sighting: int
    rule: str
    score: float
    time: int | None
    """Of the event; a wall clock unless `zoned`."""
    zoned: bool


def match_uploads(case: Case, progress: Progress) -> int:
    """Match all uploads that have no match yet; returns how many were. Finds out first which lines tell of one act."""
    cite(case, progress)
    progress.stage("stage-match")
    if not case.ask(queries.has_sightings):
        return 0
    roots = case.ask(queries.roots)
    by_sighting: dict[int, list[Match]] = {}
    after = 0
    while page := case.ask(queries.unmatched_uploads, after, PAGE):
        progress.update(after)
        after = page[-1].event
        for match in _matches(case, page, roots):
            by_sighting.setdefault(match.sighting, []).append(match)
    for sighting, event, score, time, zoned in case.ask(queries.matches_at, list(by_sighting)):
        by_sighting[sighting].append(Match(event, sighting, KNOWN, score, time, zoned))
    kept = (each for rivals in by_sighting.values() for each in _written_last(rivals) if each.rule != KNOWN)
    found = sorted(kept, key=lambda each: each.event)
    added = 0
    for part in chunks(found, PAGE):
        progress.update()
        added += case.run(
            logs.matches,
            [each.event for each in part],
            [each.sighting for each in part],
            [each.rule for each in part],
            [each.score for each in part],
        ).result
    return added


def _written_last(rivals: list[Match]) -> list[Match]:
    """Of several uploads to the place of one sighting, the one whose bytes were seen: the best proven, and of equals
    the last before the look. Several lines within a moment are one upload that several logs tell. What cannot be put
    in order is left.
    """
    best = max(each.score for each in rivals)
    equal = [each for each in rivals if each.score == best]
    if len(equal) == 1:
        return equal
    times = [each.time for each in equal if each.time is not None]
    if len(times) < len(equal) or len({each.zoned for each in equal}) > 1:
        return []
    return [each for each in equal if each.time is not None and max(times) - each.time <= CLOSE]


def _matches(case: Case, uploads: Sequence[Upload], roots: Sequence[bytes]) -> Iterator[Match]:
    raws = case.ask(queries.event_paths, list({each.path for each in uploads}))
    logged = {path: _rooted(raw, roots) for path, raw in raws.items()}
    clean = {each.path for each in uploads if not each.damaged}
    damaged = {each.path for each in uploads if each.damaged}
    candidates = _by_path(case, {path: logged[path] for path in clean})
    for path in damaged:
        candidates[path] = _alike(case, logged[path], DAMAGED)
    for path in clean:
        if not candidates[path] and b"_" in logged[path]:
            candidates[path] = _alike(case, logged[path], SPACES)
    sightings = case.ask(queries.sightings_at, list({each for found in candidates.values() for each, _ in found}))
    for upload in uploads:
        judged = [
            judged
            for path, rule in candidates.get(upload.path, ())
            for judged in _judge(upload, rule, sightings.get(path, []))
        ]
        if judged:
            yield from _singled_out(judged)


def _singled_out(judged: list[tuple[Match, int | None]]) -> Iterator[Match]:
    """The best match, unless another file fits as well."""
    best, content = max(judged, key=lambda each: each[0].score)
    rivals = {other for match, other in judged if match.score == best.score and match is not best}
    if not rivals - {content}:
        yield best


def _rooted(raw: bytes, roots: Sequence[bytes]) -> bytes:
    """The path below a server root that was recorded, without its leading slash."""
    for root in roots:
        inside = mapped(raw, root)
        if inside is not None and inside != raw:
            return inside.strip(b"/")
    return raw.strip(b"/")


def _by_path(case: Case, logged: dict[int, bytes]) -> dict[int, list[tuple[int, str]]]:
    """Sighted paths that are a logged path, or end as it does: a mount point or a harvest's own folder apart."""
    wanted: set[bytes] = set()
    for raw in logged.values():
        wanted.update(_tails(raw))
    ids = case.ask(queries.paths_named, list(wanted))
    found: dict[int, list[tuple[int, str]]] = {}
    for path, raw in logged.items():
        hits = [
            (ids[tail], PATH if tail == raw else SUFFIX if b"/" in tail or raw.count(b"/") == 1 else NAME)
            for tail in _tails(raw)
            if tail in ids
        ]
        found[path] = hits[:1] if hits and hits[0][1] == PATH else hits
    lost = {path: raw for path, raw in logged.items() if raw and not found[path]}
    return found | _within(case, lost)


def _within(case: Case, logged: dict[int, bytes]) -> dict[int, list[tuple[int, str]]]:
    """Sighted paths that end with the whole logged path: the harvest keeps the server in a folder of its own."""
    names: dict[bytes, list[tuple[int, bytes]]] = {}
    for path, raw in logged.items():
        names.setdefault(raw.rpartition(b"/")[2], []).append((path, raw))
    found: dict[int, list[tuple[int, str]]] = {}
    if names:
        for sighted, seen in case.ask(queries.paths_with_names, set(names)):
            for path, raw in names[seen.rpartition(b"/")[2]]:
                if seen.endswith(b"/" + raw):
                    found.setdefault(path, []).append((sighted, SUFFIX))
    return found


def _tails(raw: bytes) -> Iterator[bytes]:
    """The path, and what is left of it without its first folders."""
    while raw:
        yield raw
        raw = raw.partition(b"/")[2]


def _alike(case: Case, raw: bytes, rule: str) -> list[tuple[int, str]]:
    """Names that a server may have logged as this one: vsftpd puts a question mark for each byte outside of ASCII,
    and the FTP servers put ``_`` for white space.
    """
    name = raw.rpartition(b"/")[2]
    return [
        (path, rule)
        for path, seen in case.ask(queries.paths_of_length, len(name))
        if _logged_as(name, seen.rpartition(b"/")[2], rule)
    ]


def _logged_as(name: bytes, seen: bytes, rule: str) -> bool:
    return all(
        was == now or (was == 0x5F and now in b" \t") or (rule == DAMAGED and was == 0x3F and now >= 0x80)
        for was, now in zip(name, seen, strict=True)
    )


def _judge(upload: Upload, rule: str, sightings: Sequence[Seen]) -> Iterator[tuple[Match, int | None]]:
    """The first look after the upload at this path, if size and time do not contradict it."""
    slack = ZONES if upload.zone == 0 else SKEW
    for seen in sightings:
        if upload.time is not None and upload.time > seen.until + slack:
            continue
        if upload.received is not None and seen.size is not None and upload.received != seen.size:
            continue
        parts, score = [rule], BASE[rule]
        if upload.received is not None and seen.size is not None:
            parts.append("size")
            score += SIZE
        if _same_moment(upload, seen):
            parts.append("time")
            score += TIME
        if score >= ENOUGH:
            match = Match(upload.event, seen.sighting, "+".join(parts), round(score, 2), upload.time, upload.zone != 0)
            yield match, seen.object
        return


def _same_moment(upload: Upload, seen: Seen) -> bool:
    """Is the claimed modified time the time of the upload? Times of unknown zone are not compared with known ones."""
    if upload.time is None or seen.modified is None or (upload.zone == 0) != (seen.zone == 0):
        return False
    return abs(upload.time - seen.modified) <= CLOSE
