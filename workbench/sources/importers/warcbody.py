"""Where the bytes of an answer come from: its own record, an earlier one that it refers to, or an object of a case."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import BinaryIO

from workbench.core.times import MONTHS, to_datetime
from workbench.sources.base import SourceError
from workbench.sources.ftp.ending import ENDED_WITH, replied
from workbench.sources.ftp.mlsd import time_of
from workbench.sources.ftp.unixlist import LISTED_AT
from workbench.sources.http.headers import content_range
from workbench.sources.importers.warcfile import WarcPart
from workbench.sources.importers.warchttp import Body, Head, read_head
from workbench.sources.importers.warcindex import Index, Row
from workbench.sources.importers.warcrecords import Record, records
from workbench.sources.members import BLOCK, Gated
from workbench.sources.warcformat import REPLIES

_LONGEST_REPLIES = 64 << 10

Opener = Callable[[], BinaryIO]


@dataclass(frozen=True)
class Answered:
    """An answer read again: what the record and the server said. `held` is how many bytes of body the record holds."""

    row: Row
    fields: dict[str, str]
    head: Head | None
    held: int
    chunked: bool
    replies: bytes = b""
    """What an FTP server said; then there is no head."""

    @property
    def record_id(self) -> str | None:
        """As a sighting refers to it."""
        return self.fields.get("warc-record-id", "").strip("<> ") or None

    @property
    def digest(self) -> str:
        """Of the payload, as the record states it."""
        return self.fields.get("warc-payload-digest", "")

    @property
    def object(self) -> str:
        """Of the whole file, as our own records state it even of a part; else the digest of the payload."""
        return self.fields.get("x-workbench-object") or self.digest

    @property
    def headers(self) -> dict[str, str]:
        """What the server said; of what is no message of HTTP the same in HTTP's words."""
        if self.head is not None:
            return self.head.headers
        said = self.fields.get("x-workbench-media-type") or self.fields.get("content-type", "")
        told = {LISTED_AT: self.fields.get("warc-date", ""), "content-type": said, **_replied(self.replies)}
        return {**told, ENDED_WITH: replied(self.replies)} if self.replies else told

    @property
    def cut(self) -> bool:
        """Does the record hold less than the answer had?"""
        if "warc-truncated" in self.fields:
            return True
        stated = None if self.head is None or self.chunked else self.head.length
        return stated is not None and self.held < stated

    @property
    def stretch(self) -> tuple[int, int, int | None]:
        """Which bytes of the file the record holds, and how many the file has."""
        own = self.fields.get("x-workbench-part", "").partition("-")
        part = content_range(self.headers)
        total = part[2] if part is not None else None if self.head is None else self.head.length
        start = 0 if part is None else part[0]
        if own[0].isdigit() and own[2].isdigit():
            start = int(own[0])
        size = self.fields.get("x-workbench-object-size", "")
        return start, start + self.held, int(size) if size.isdigit() and len(size) < 19 else total


class Bodies:
    """Reads answers of one set again, and finds their bytes. Any thread."""

    def __init__(self, parts: Sequence[WarcPart], index: Index, earlier: Callable[[], Bodies | None]) -> None:
        self.parts = parts
        self.index = index
        self._earlier = earlier

    def answered(self, row: Row) -> Answered:
        """The record of an answer. Raises `OSError`."""
        with self.parts[row.part].open() as stream:
            record, replies = self._record(row, stream)
            head = None if record.type == "resource" else read_head(record.block)
            held = record.length - (0 if head is None else len(head.raw))
            chunked = head is not None and head.chunked
            return Answered(row, record.fields, head, max(0, held), chunked, replies)

    def opener(self, answer: Answered, *, part: bool = False) -> Opener | None:
        """What opens the body; null where a revisit refers to bytes that are nowhere."""
        if not answer.row.revisit:
            return partial(self._open, answer.row, part)
        return self._of_case(answer) or self._of_earlier(answer)

    def _of_case(self, answer: Answered) -> Opener | None:
        objects = self.parts[answer.row.part].objects
        name, _, value = answer.object.partition(":")
        value = value.strip().lower()
        if objects is None or name.strip().lower() != "sha256" or len(value) != 64 or not value.isalnum():
            return None
        place = objects / value[:2] / value
        return partial(_open_object, place, value) if place.is_file() else None

    def _of_earlier(self, answer: Answered) -> Opener | None:
        refers = answer.fields.get("warc-refers-to", "")
        for row in self.index.by_id(refers):
            found = self.answered(row)
            if found.fields.get("warc-record-id") == refers and found.record_id != answer.record_id:
                return partial(self._open, row, False) if not row.revisit else self._of_case(found)
        if answer.digest:
            for row in self.index.by_digest(answer.digest):
                found = self.answered(row)
                if not row.revisit and found.digest == answer.digest and not found.cut:
                    return partial(self._open, row, False)
        library = self._earlier()
        return None if library is None else library._of_earlier(answer)

    def _open(self, row: Row, part: bool) -> BinaryIO:
        stream = self.parts[row.part].open()
        try:
            record, _ = self._record(row, stream)
            head = None if record.type == "resource" else read_head(record.block)
            return io.BufferedReader(Body(record, head, stream, partial=part), BLOCK)
        except BaseException:
            stream.close()
            raise

    def _record(self, row: Row, stream: BinaryIO) -> tuple[Record, bytes]:
        """The record of the answer; of an FTP server with the replies that stand before it."""
        replies = b""
        right = self.index.lengths.get((row.part, row.start))
        for record in records(stream, row.start, lengths=None if right is None else {row.start: right}):
            if record.fields.get("content-type") != REPLIES:
                return record, replies
            replies = record.block.read(_LONGEST_REPLIES)
        raise SourceError("warc-cut-off")


def _replied(replies: bytes) -> dict[str, str]:
    """The modified time that an FTP server told (MDTM, RFC 3659 §3), as HTTP writes it."""
    for line in replies.splitlines():
        stated = time_of(line[4:].decode("latin-1").strip()) if line.startswith(b"213 ") else None
        if stated is not None:
            moment = to_datetime(stated.micros)
            month = next(name for name, number in MONTHS.items() if number == moment.month)
            return {"last-modified": f"{moment.day:02} {month} {moment.year:04} {moment:%H:%M:%S} GMT"}
    return {}


def _open_object(place: Path, sha256: str) -> BinaryIO:
    return io.BufferedReader(_Object(place.open("rb"), sha256), BLOCK)


class _Object(Gated):
    """An object of a case, whose end is only believed when its bytes are what its name says."""

    def __init__(self, stream: BinaryIO, sha256: str) -> None:
        super().__init__()
        self._stream = stream
        self._wanted = sha256
        self._digest = hashlib.sha256()

    def close(self) -> None:
        """Close the file too."""
        self._stream.close()
        super().close()

    def _some(self, limit: int) -> bytes:
        data = self._stream.read(limit)
        self._digest.update(data)
        if not data and self._digest.hexdigest() != self._wanted:
            raise SourceError("import-digest")
        return data


class Joined(Gated):
    """Parts of one file in order, each from its own record: opener, bytes to pass over, bytes to take."""

    def __init__(self, pieces: Sequence[tuple[Opener, int, int]]) -> None:
        super().__init__()
        self._pieces = list(pieces)
        self._stream: BinaryIO | None = None
        self._left = 0

    def close(self) -> None:
        """Close the part at hand."""
        if self._stream is not None:
            self._stream.close()
        super().close()

    def _some(self, limit: int) -> bytes:
        while not self._left:
            if self._stream is not None:
                self._stream.close()
                self._stream = None
            if not self._pieces:
                return b""
            opener, skip, self._left = self._pieces.pop(0)
            self._stream = opener()
            while skip:
                skip -= len(self._read(min(skip, BLOCK)))
        data = self._read(min(limit, self._left))
        self._left -= len(data)
        return data

    def _read(self, count: int) -> bytes:
        assert self._stream is not None
        data = self._stream.read(count)
        if not data:
            raise SourceError("import-body-cut-off")
        return data


def joined(bodies: Bodies, answers: Sequence[Answered]) -> tuple[Opener, int] | None:
    """One file out of parts of the same version that cover it without a gap, and its length; null when they do not."""
    found = sorted(
        (each for each in answers if each.held and not each.row.revisit and not each.chunked),
        key=lambda each: each.stretch[:2],
    )
    totals = {each.stretch[2] for each in found} - {None}
    versions = {each.headers.get("etag") or each.headers.get("last-modified") for each in found}
    if len(totals) != 1 or len(versions) != 1:
        return None
    total = totals.pop()
    assert total is not None
    at = 0
    pieces: list[tuple[Opener, int, int]] = []
    for each in found:
        start, end, _ = each.stretch
        opener = bodies.opener(each, part=True)
        if start > at or opener is None:
            return None
        if end > at:
            pieces.append((opener, at - start, min(end, total) - at))
            at = min(end, total)
    if at < total:
        return None
    return lambda: io.BufferedReader(Joined(pieces), BLOCK), total
