"""Where in a set of WARC files each URL was answered: a first pass over all records, before anything is told.

Memory grows with the number of URLs (about 300 bytes each), not with what was fetched.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from enum import IntEnum
from hashlib import blake2b

import numpy as np

from workbench.core.messages import Message
from workbench.core.progress import Progress
from workbench.core.records import Noted
from workbench.core.scope import REFUSED
from workbench.core.times import Stated
from workbench.sources.base import SourceError, problem_of
from workbench.sources.http.headers import media_type
from workbench.sources.importers.pages import PAGE_TYPES
from workbench.sources.importers.urls import Base, CommonStart, Place, listed_folder, split
from workbench.sources.importers.warcfile import WarcPart
from workbench.sources.importers.warchttp import Head, read_head, record_date
from workbench.sources.importers.warcmend import Mended
from workbench.sources.importers.warcrecords import Record, records
from workbench.sources.warcformat import REPLIES

MOST = 5_000_000
"""Answers in one set."""
_RECENT = 256
SUCCESS = (200, 203, 206, 207, 226)
_TOLD = 100
_LONGEST_REPLIES = 64 << 10


class Sort(IntEnum):
    """What an answer may be."""

    FILE = 0
    PAGE = 1
    """A page of a folder, which may be its listing."""
    DROPPED = 2
    """Not asked for by GET or PROPFIND: says nothing of a file."""


@dataclass(frozen=True)
class Row:
    """One answer."""

    number: int
    part: int
    start: int
    status: int
    sort: Sort
    revisit: bool


class Index:
    """Answers by URL. Built by one thread, read by any."""

    def __init__(self) -> None:
        self.keys: dict[bytes, int] = {}
        """URL to its first answer, in the order of the files."""
        self.pages: dict[tuple[str, tuple[bytes, ...]], list[int]] = {}
        """Folder to the answers that may list it."""
        self.notes: list[Noted] = []
        self.lengths: dict[tuple[int, int], int] = {}
        """The right length of the record's block where it states a wrong one, by file and place."""
        self.first: Stated | None = None
        self.last: Stated | None = None
        self.own = False
        """Did this program write the files?"""
        self._start_of_all = CommonStart()
        self._start_of_pages = CommonStart()
        self._part, self._status, self._kind = array("H"), array("H"), array("B")
        self._start, self._next = array("Q"), array("l")
        self._id, self._digest = array("Q"), array("Q")
        self._tails: dict[bytes, int] = {}
        self._methods: dict[str, str] = {}
        self._waiting: dict[str, int] = {}
        self._unsafe = 0
        self._replies = ("", 0, 0)
        """The FTP conversation that was read last: of which record, the last reply, and where its record begins."""
        self._by_id: tuple[np.ndarray, np.ndarray] | None = None
        self._by_digest: tuple[np.ndarray, np.ndarray] | None = None

    @property
    def base(self) -> Base:
        """Where the harvest begins: with all that was answered; of our own files, with the folders that were asked for,
        since what was asked for before the kind of server was known may lie elsewhere.
        """
        return self._start_of_pages.base() if self.own and self.pages else self._start_of_all.base()

    def __len__(self) -> int:
        return len(self._part)

    def read(self, number: int, part: WarcPart, progress: Progress) -> None:
        """Add one file. What cannot be read of it is noted. Raises `Cancelled`."""
        progress.stage("stage-read-warc", part.size)
        gaps = _Gaps(part.name)
        try:
            with part.open() as stream:
                for record in records(stream, damaged=gaps.met):
                    if record.start is None:
                        raise SourceError("import-warc-solid")
                    progress.update(record.start)
                    if len(self) >= MOST:
                        self.notes.append(Noted(part.name, Message("import-too-many", {"limit": MOST})))
                        break
                    # what is damaged within a record is met, and said, when the reading goes on behind it
                    with suppress(SourceError):
                        self._record(number, record)
        except OSError as error:
            self.notes.append(Noted(part.name, problem_of(error)))
        self.lengths.update(((number, start), length) for start, length in gaps.lengths.items())
        self.notes += gaps.notes()
        self._waiting.clear()

    def finish(self) -> None:
        """No more files will come."""
        self._tails.clear()
        self._methods.clear()
        if self._unsafe > _TOLD:
            self.notes.append(Noted(b"", Message("import-urls-unsafe", {"count": self._unsafe})))

    def rows(self, key: bytes) -> list[Row]:
        """All answers for a URL, in order."""
        found: list[Row] = []
        number = self.keys.get(key, -1)
        while number >= 0:
            found.append(self.row(number))
            number = self._next[number]
        return found

    def row(self, number: int) -> Row:
        """An answer by its number."""
        kind = self._kind[number]
        return Row(
            number, self._part[number], self._start[number], self._status[number], Sort(kind & 3), bool(kind & 4)
        )

    def by_id(self, record_id: str) -> Iterator[Row]:
        """Answers whose record may have this id: the caller compares."""
        if self._by_id is None:
            self._by_id = _sorted(self._id)
        yield from map(self.row, _find(self._by_id, _short(record_id)))

    def by_digest(self, digest: str) -> Iterator[Row]:
        """Answers whose payload may have this digest: the caller compares."""
        if self._by_digest is None:
            self._by_digest = _sorted(self._digest)
        yield from map(self.row, _find(self._by_digest, _short(digest)))

    def _record(self, number: int, record: Record) -> None:
        kind = record.type
        if kind == "warcinfo":
            self.own |= b"Workbench" in record.block.read(4096)
        elif kind == "request":
            self._request(record)
        elif kind in ("response", "revisit", "resource") or "x-workbench-method" in record.fields:
            self._answer(number, record, kind)
        elif record.fields.get("content-type") == REPLIES:
            self._replies = (record.fields.get("warc-concurrent-to", ""), _last_reply(record), record.start or 0)
        elif kind == "continuation":
            self._say(record, "import-warc-segment")

    def _request(self, record: Record) -> None:
        method = record.block.readline(64).partition(b" ")[0].decode("latin-1")
        for name in ("warc-concurrent-to", "warc-record-id"):
            own = record.fields.get(name, "")
            waiting = self._waiting.pop(own, None)
            if waiting is not None:
                self._judge(waiting, method)
                return
        for name in ("warc-concurrent-to", "warc-record-id"):
            if name in record.fields:
                self._methods[record.fields[name]] = method
        while len(self._methods) > _RECENT:
            del self._methods[next(iter(self._methods))]

    def _answer(self, number: int, record: Record, kind: str) -> None:
        url = record.url
        if not url.lower().startswith(("http:", "https:", "ftp:")):
            return
        place = split(url)
        if place is None:
            self._say(record, "import-url-unsafe")
            return
        try:
            head = read_head(record.block) if kind in ("response", "revisit") else None
        except SourceError as error:
            self.notes.append(Noted(place.name, error.message))
            return
        if kind == "response" and head is None:
            self._say(record, "import-answer-unreadable")
            return
        of_ftp = self._replies[0] == record.fields.get("warc-record-id")
        start = self._replies[2] if of_ftp else record.start or 0
        status = self._status_of(kind, head, of_ftp)
        row = self._add(
            number, start, record, place, status, _sort(place, status, head) | (4 if kind == "revisit" else 0)
        )
        own, other = record.fields.get("warc-record-id", ""), record.fields.get("warc-concurrent-to", "")
        method = self._methods.pop(own, None) or self._methods.pop(other, None)
        method = record.fields.get("x-workbench-method") or method
        if method is not None:
            self._judge(row, method)
        else:
            self._waiting[own] = row
            while len(self._waiting) > _RECENT:
                del self._waiting[next(iter(self._waiting))]

    def _status_of(self, kind: str, head: Head | None, of_ftp: bool) -> int:
        """HTTP's status, or FTP's last reply; what stands by itself was had, and what has neither was not answered."""
        if head is not None:
            return head.status
        if of_ftp and (kind == "metadata" or self._replies[1] in REFUSED):
            return self._replies[1]
        return 226 if kind == "resource" or (kind == "revisit" and of_ftp) else 0

    def _add(self, number: int, start: int, record: Record, place: Place, status: int, kind: int) -> int:
        row = len(self)
        self._part.append(number)
        self._start.append(start)
        self._status.append(status)
        self._kind.append(kind)
        self._next.append(-1)
        self._id.append(_short(record.fields.get("warc-record-id", "")))
        self._digest.append(_short(record.fields.get("warc-payload-digest", "")))
        key = key_of(place)
        if key in self._tails:
            self._next[self._tails[key]] = row
        else:
            self.keys[key] = row
        self._tails[key] = row
        if status in SUCCESS and kind & 3 == Sort.PAGE:
            folders = listed_folder(place)
            self.pages.setdefault((place.origin, folders), []).append(row)
            self._start_of_pages.add(place.origin, folders)
            self._start_of_all.add(place.origin, folders)
        elif status in SUCCESS and not (place.name == b"robots.txt" and not place.folders):
            self._start_of_all.add(place.origin, place.folders)
        date = record_date(record.fields.get("warc-date"))
        if date is not None:
            self.first = date if self.first is None or date.micros < self.first.micros else self.first
            self.last = date if self.last is None or date.micros > self.last.micros else self.last
        return row

    def _judge(self, row: int, method: str) -> None:
        if method not in ("GET", "PROPFIND", "RETR", "MLSD", "LIST"):
            self._kind[row] = self._kind[row] & 4 | Sort.DROPPED

    def _say(self, record: Record, code: str) -> None:
        self._unsafe += 1
        if self._unsafe <= _TOLD:
            self.notes.append(Noted(b"", Message(code, {"url": record.url[:2000]})))


class _Gaps:
    """The damaged places of one file."""

    def __init__(self, name: bytes) -> None:
        self.lengths: dict[int, int] = {}
        self._name = name
        self._told: list[Noted] = []
        self._count = 0

    def met(self, error: SourceError | None, repair: Mended) -> None:
        """See `Damaged`."""
        if repair.length is not None:
            self.lengths[repair.start] = repair.length
            said = Message("import-warc-length", {"at": repair.start, "length": repair.length})
        else:
            assert error is not None
            self._count += 1
            said = error.message
        if len(self._told) < _TOLD:
            self._told.append(Noted(self._name, said))

    def notes(self) -> list[Noted]:
        """Each place, as far as they are not very many, and last their number."""
        count = Message("import-warc-gaps", {"count": self._count})
        return [*self._told, Noted(self._name, count)] if self._count else self._told


def _last_reply(record: Record) -> int:
    lines = record.block.read(_LONGEST_REPLIES).splitlines()
    codes = [int(line[:3]) for line in lines if line[:3].isdigit() and line[3:4] in (b" ", b"")]
    return codes[-1] if codes else 0


def key_of(place: Place) -> bytes:
    """What two spellings of one URL share."""
    return b"/".join((place.origin.encode("utf-8", "surrogateescape"), *place.folders, place.name))


def _sort(place: Place, status: int, head: Head | None) -> Sort:
    kind = "" if head is None else media_type(head.headers)[0]
    may_be = place.is_folder or place.query is not None or status == 207
    return Sort.PAGE if may_be and (kind in PAGE_TYPES or place.is_folder) else Sort.FILE


def _short(text: str) -> int:
    return int.from_bytes(blake2b(text.encode("utf-8", "surrogateescape"), digest_size=8).digest()) if text else 0


def _sorted(values: array[int]) -> tuple[np.ndarray, np.ndarray]:
    held = np.frombuffer(values, np.uint64) if len(values) else np.zeros(0, np.uint64)
    order = np.argsort(held, kind="stable")
    return held[order], order


def _find(held: tuple[np.ndarray, np.ndarray], wanted: int) -> Iterator[int]:
    values, order = held
    if not wanted:
        return
    low, high = (int(np.searchsorted(values, np.uint64(wanted), side)) for side in ("left", "right"))
    for at in range(low, min(high, low + 16)):
        yield int(order[at])
