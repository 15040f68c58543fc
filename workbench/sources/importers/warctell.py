"""Tells what a set of WARC files shows: folder by folder as the pages list them, then what no page names."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from workbench.core.messages import Message
from workbench.core.progress import Progress
from workbench.core.records import Coverage, Harvested, Noted, Seen
from workbench.core.scope import REFUSED
from workbench.core.times import Precision, Zone
from workbench.sources.base import problem_of
from workbench.sources.http.headers import last_modified
from workbench.sources.importers.pages import LARGEST, asks_for_password, page_of, problem, read_page
from workbench.sources.importers.told import LISTING, NOT_MODIFIED, Folders, below, listed, unusable
from workbench.sources.importers.urls import Base, folder_url, split
from workbench.sources.importers.warcbody import Answered, Bodies, Opener, joined
from workbench.sources.importers.warcindex import SUCCESS, Row, Sort, key_of
from workbench.sources.remote import Entry, Listing, NetworkError

_LONGEST_HEADERS = 8192
_GONE = (404, 410)
_SAME = 304


@dataclass
class _Read:
    """What the pages of one folder came to."""

    listings: list[tuple[Listing, str | None]]
    coverage: Coverage
    notes: list[Noted]


class Telling:
    """One pass. Used by one thread."""

    def __init__(self, bodies: Bodies, base: Base, progress: Progress) -> None:
        self._bodies = bodies
        self._index = bodies.index
        self._base = base
        self._progress = progress
        self._folders = Folders()
        self._done = bytearray(len(self._index))
        """By the first answer of a URL: was it told?"""
        self._outside = 0

    def run(self) -> Iterator[Seen]:
        """Files and notes, and last the folders."""
        for origin, folders in sorted(self._index.pages):
            self._progress.check()
            path = self._base.path(origin, folders)
            rows = self._index.pages[origin, folders]
            if path is None:
                self._outside += 1
            elif path and (refused := unusable(path)) is not None:
                yield refused
            else:
                yield from self._folder(path, folder_url(origin, folders), rows)
        for key in self._index.keys:
            self._progress.check()
            yield from self._unlisted(key)
        if self._outside:
            yield Noted(b"", Message("import-outside-base", {"count": self._outside}))
        if not self._folders.complete:
            yield Noted(b"", Message("archive-many-folders"))
        yield from self._folders.all()

    def _folder(self, path: bytes, url: str, rows: list[int]) -> Iterator[Seen]:
        read = self._read(path, [self._index.row(each) for each in rows], url)
        self._folders.found(path, read.coverage)
        yield from read.notes
        met: set[bytes] = set()
        for listing, record in read.listings:
            for remark in listing.remarks:
                yield Noted(below(path, remark.name) if remark.name else path, remark.message)
            for entry in listing.entries:
                if entry.name not in met:
                    met.add(entry.name)
                    yield from self._entry(below(path, entry.name), entry, record)

    def _read(self, path: bytes, rows: list[Row], url: str) -> _Read:
        """All pages of a folder, the latest first."""
        read = _Read([], Coverage.NOT_REACHED, [])
        unfinished = False
        for row in reversed(rows):
            key = self._key(row)
            found, is_folder, record = self._page(row, read.notes, path)
            if isinstance(found, Listing):
                read.listings.append((found, record))
                self._mark(key)
                unfinished |= found.more is not None and not self._has(found.more.url)
            elif is_folder:
                self._mark(key)
                read.coverage = found if read.coverage is not Coverage.REFUSED else read.coverage
        if read.listings:
            read.coverage = Coverage.FAILED if unfinished else Coverage.LISTED
            if unfinished:
                read.notes.append(Noted(path, Message("import-listing-unfinished")))
        elif read.coverage is Coverage.FAILED:
            read.notes.append(Noted(path, Message("import-page-not-understood", {"url": url})))
        return read

    def _page(self, row: Row, notes: list[Noted], path: bytes) -> tuple[Listing | Coverage, bool, str | None]:
        """What one page lists, or how it failed; whether its URL is that of a folder; its record."""
        try:
            answer = self._bodies.answered(row)
            url = answer.fields.get("warc-target-uri", "").strip("<> ")
            place = split(url)
            is_folder = place is not None and place.is_folder
            opener = self._bodies.opener(answer)
            if opener is None:
                notes.append(Noted(path, Message("import-revisit-nowhere")))
                return Coverage.FAILED, is_folder, answer.record_id
            with opener() as stream:
                raw = stream.read(LARGEST + 1)
        except OSError as error:
            notes.append(Noted(path, problem_of(error)))
            return Coverage.FAILED, True, None
        if len(raw) > LARGEST:
            notes.append(Noted(path, Message("import-page-too-large", {"limit": LARGEST})))
            return Coverage.FAILED, is_folder, answer.record_id
        try:
            page = page_of(url, answer.headers, raw)
        except NetworkError as error:
            notes.append(Noted(path, problem(error)))
            return Coverage.FAILED, is_folder, answer.record_id
        listing = read_page(page)
        if listing is not None:
            return listing, is_folder, answer.record_id
        return Coverage.REFUSED if asks_for_password(page) else Coverage.FAILED, is_folder, answer.record_id

    def _entry(self, path: bytes, entry: Entry, record: str | None) -> Iterator[Seen]:
        refused = unusable(path)
        if refused is not None:
            yield refused
            return
        place = split(entry.url)
        if place is not None and self._base.path(place.origin, place.folders, place.name) is None:
            yield Noted(path, Message("entry-elsewhere", {"url": entry.url}))
            return
        if entry.is_folder:
            self._folders.met(path)
            return
        key = b"" if place is None else key_of(place)
        rows = [each for each in self._index.rows(key) if each.sort is not Sort.DROPPED]
        self._mark(key)
        self._folders.file(path)
        if rows:
            yield from self._answers(path, rows, entry, record)
        else:
            yield listed(path, entry, record)

    def _unlisted(self, key: bytes) -> Iterator[Seen]:
        """A URL that no page names."""
        first = self._index.keys[key]
        rows = [each for each in self._index.rows(key) if each.sort is not Sort.DROPPED]
        if self._done[first] or not rows:
            return
        parts = key.split(b"/")
        origin, folders, name = b"/".join(parts[:3]).decode("utf-8", "surrogateescape"), tuple(parts[3:-1]), parts[-1]
        path = self._base.path(origin, folders, name)
        statuses = {each.status for each in rows}
        if name == b"robots.txt" and not folders and path is None:
            return  # a question of manners, not a file of the look
        if self._index.own and name:
            return  # a look asks for what a page lists, and else for rules and kinds only
        if path is None:
            self._outside += statuses & set(SUCCESS) != set()
            return
        if path and (refused := unusable(path)) is not None:
            yield refused
        elif not name:
            if statuses & set(REFUSED):
                self._folders.found(path, Coverage.REFUSED)
            elif statuses - set(_GONE) - set(range(300, 400)):
                self._folders.found(path, Coverage.FAILED)
        elif statuses & {*SUCCESS, *REFUSED} or any(each.revisit for each in rows):
            self._folders.file(path)
            yield from self._answers(path, rows, None, None)

    def _answers(self, path: bytes, rows: list[Row], entry: Entry | None, record: str | None) -> Iterator[Seen]:
        """A file that was asked for, as often as it came out differently."""
        answers: list[Answered] = []
        for row in rows:
            try:
                answers.append(self._bodies.answered(row))
            except OSError as error:
                yield Noted(path, problem_of(error))
        whole = [each for each in answers if self._is_whole(each)]
        told: set[str] = set()
        problems: list[Message] = []
        for each in reversed(whole):
            if told and (not each.object or each.object in told):
                continue
            opener = self._bodies.opener(each)
            if opener is None:
                problems.append(Message("import-revisit-nowhere"))
                continue
            if told:
                yield Noted(path, Message("import-fetched-twice"))
            told.add(each.object)
            yield _fetched(path, opener, each, entry, own=self._index.own)
        if told:
            return
        pieces = [each for each in answers if each.row.status in (200, 203, 206, 226)]
        found = joined(self._bodies, pieces) if pieces else None
        if found is not None:
            yield _fetched(path, found[0], pieces[-1], entry, found[1], own=self._index.own)
            return
        last = answers[-1] if answers else None
        said = problems[0] if problems else _why_not(last, incomplete=bool(pieces))
        own = record or (None if last is None else last.record_id)
        missing = _missing(path, entry, last, own, said)
        if last is not None and last.row.status == _SAME:
            missing = replace(missing, record=last.record_id, headers={**missing.headers, NOT_MODIFIED: str(_SAME)})
        yield missing

    def _is_whole(self, answer: Answered) -> bool:
        if answer.row.revisit:
            return answer.row.status not in REFUSED
        return answer.row.status in (200, 203, 226) and not answer.cut

    def _has(self, url: str) -> bool:
        place = split(url)
        return place is not None and key_of(place) in self._index.keys

    def _key(self, row: Row) -> bytes:
        try:
            place = split(self._bodies.answered(row).fields.get("warc-target-uri", "").strip("<> "))
        except OSError:
            return b""
        return b"" if place is None else key_of(place)

    def _mark(self, key: bytes) -> None:
        first = self._index.keys.get(key)
        if first is not None:
            self._done[first] = 1


def _fetched(
    path: bytes, opener: Opener, answer: Answered, entry: Entry | None, size: int | None = None, *, own: bool
) -> Harvested:
    """A file with its bytes. Its size is what the listing claims, its time and ETag what its own answer says, and each
    what the other says where the first is silent; but in a look of our own the size is the listing's or nobody's.
    """
    stated = last_modified(answer.headers)
    modified, zone, precision = None, Zone.UNKNOWN, Precision.SECOND
    if stated is not None:
        modified, zone, precision = stated.micros, stated.zone, stated.precision
    elif entry is not None:
        modified, zone, precision = entry.modified, entry.zone, entry.precision
    size = answer.stretch[2] if size is None else size
    if entry is not None and (own or entry.size is not None):
        size = entry.size
    encoding = answer.headers.get("content-encoding", "").strip().lower()
    return Harvested(
        path,
        opener,
        size=size,
        modified=modified,
        zone=zone,
        precision=precision,
        etag=answer.headers.get("etag") or (None if entry is None else entry.etag),
        headers={**_kept(answer), **({LISTING: entry.stamp} if entry is not None and entry.stamp else {})},
        problem=Message("import-body-encoded", {"encoding": encoding[:40]})
        if encoding not in ("", "identity")
        else None,
        record=answer.record_id,
    )


def _missing(
    path: bytes, entry: Entry | None, answer: Answered | None, record: str | None, said: Message | None
) -> Harvested:
    """A file whose bytes are not there."""
    if entry is not None:
        return listed(path, entry, record, said)
    stated = None if answer is None or answer.row.status not in SUCCESS else last_modified(answer.headers)
    return Harvested(
        path,
        None,
        size=answer.stretch[2] if answer is not None and answer.row.status in SUCCESS else None,
        modified=None if stated is None else stated.micros,
        zone=Zone.UNKNOWN if stated is None else stated.zone,
        etag=answer.headers.get("etag") if answer is not None and answer.row.status in SUCCESS else None,
        problem=said,
        record=record,
    )


def _why_not(answer: Answered | None, *, incomplete: bool) -> Message | None:
    if answer is None:
        return None
    status = answer.row.status
    if incomplete:
        return Message("import-incomplete")
    if status in REFUSED:
        return Message("import-refused", {"status": status})
    if not status:
        return Message("import-unanswered", {"problem": answer.fields.get("x-workbench-problem", "unknown")[:100]})
    if status == _SAME:
        return None  # the server says that it is the same as before: nothing went wrong
    return Message("import-answer", {"status": status})


def _kept(answer: Answered) -> dict[str, str]:
    """The headers of an answer, and when it was given, as far as they are not absurdly long."""
    kept: dict[str, str] = {}
    left = _LONGEST_HEADERS
    date = answer.fields.get("warc-date")
    for name, value in (*([("warc-date", date)] if date else []), *answer.headers.items()):
        left -= len(name) + len(value)
        if left < 0:
            break
        kept[name] = value.encode("utf-8", "replace").decode()
    return kept
