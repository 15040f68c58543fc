"""Records of a WARC file, one by one or at a known place, of any writer, with bounded memory.

Source: WARC 1.1 (ISO 28500:2017) §4-6, and its annex D on compression by record. A file that was compressed as a whole
cannot be read at a place: `Spot.inner` then tells how far into its only member a record begins.
"""

from __future__ import annotations

import io
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, NamedTuple, Protocol

from workbench.sources.base import SourceError
from workbench.sources.members import Gated

BLOCK = 1 << 16
LONGEST_HEAD = 1 << 20
"""Bytes of the named fields of one record."""
_VERSION = re.compile(rb"WARC/[0-9]{1,3}\.[0-9]{1,3}[ \t]*\r?\n")
_GZIP = b"\x1f\x8b"


class Spot(NamedTuple):
    """Where a record begins: a byte of the file, and how far into the compressed member that starts there."""

    start: int
    inner: int = 0


START = Spot(0)


@dataclass(frozen=True)
class Record:
    """One record. `fields` has names in lower case; `block` may be read until the next record is asked for."""

    spot: Spot
    fields: dict[str, str]
    block: BinaryIO
    length: int

    @property
    def type(self) -> str:
        """``response``, ``revisit``, …"""
        return self.fields.get("warc-type", "").lower()


class _Feed(Protocol):
    """Uncompressed bytes of one stretch of the file."""

    def some(self, limit: int) -> bytes: ...


class _File:
    """A file from an offset on, with bytes that may be given back."""

    def __init__(self, stream: BinaryIO, at: int) -> None:
        stream.seek(at)
        self._stream = stream
        self._ahead = b""
        self.at = at

    def some(self, limit: int) -> bytes:
        """At most `limit` bytes; empty at the end."""
        if self._ahead:
            data, self._ahead = self._ahead[:limit], self._ahead[limit:]
        else:
            data = self._stream.read(limit)
        self.at += len(data)
        return data

    def back(self, data: bytes) -> None:
        """Bytes that were not wanted."""
        self._ahead = data + self._ahead
        self.at -= len(data)

    def starts_with(self, mark: bytes) -> bool:
        """Do these bytes come next?"""
        data = b""
        while len(data) < len(mark) and (more := self.some(len(mark) - len(data))):
            data += more
        self.back(data)
        return data == mark

    def more(self) -> bool:
        """Is this not the end?"""
        data = self.some(1)
        self.back(data)
        return bool(data)

    def skip(self, count: int) -> int:
        """Pass over bytes; how many of them there were."""
        taken = min(count, len(self._ahead))
        self._ahead = self._ahead[taken:]
        self.at += taken
        if taken < count:
            end = self._stream.seek(0, io.SEEK_END)
            moved = max(0, min(count - taken, end - self.at))
            self.at += moved
            self._stream.seek(self.at)
            taken += moved
        return taken


class _Member:
    """One gzip member."""

    def __init__(self, file: _File) -> None:
        self._file = file
        self._inflater = zlib.decompressobj(31)
        self._tail = b""
        self._ended = False

    def some(self, limit: int) -> bytes:
        while not self._ended:
            packed = self._tail or self._file.some(BLOCK)
            if not packed:
                raise SourceError("import-warc-cut-off")
            try:
                data = self._inflater.decompress(packed, limit)
            except zlib.error:
                raise SourceError("import-warc-damaged") from None
            self._tail = self._inflater.unconsumed_tail
            if self._inflater.eof:
                self._ended = True
                self._file.back(self._inflater.unused_data)
            if data:
                return data
        return b""


class _Text:
    """Lines and bytes of a feed."""

    def __init__(self, feed: _Feed) -> None:
        self._feed = feed
        self._held = b""
        self.passed = 0

    def line(self, limit: int) -> bytes:
        """A line with its end; without one at the end of the feed. Raises `SourceError` for an endless one."""
        while (at := self._held.find(b"\n")) < 0:
            if len(self._held) > limit:
                raise SourceError("import-warc-damaged")
            more = self._feed.some(BLOCK)
            if not more:
                at = len(self._held) - 1
                break
            self._held += more
        return self._take(at + 1)

    def some(self, limit: int) -> bytes:
        """At most `limit` bytes."""
        if self._held:
            return self._take(limit)
        data = self._feed.some(limit)
        self.passed += len(data)
        return data

    @property
    def held(self) -> int:
        """How many bytes were read ahead."""
        return len(self._held)

    def give_back(self) -> bytes:
        """What was read ahead."""
        held, self._held = self._held, b""
        return held

    def _take(self, count: int) -> bytes:
        data, self._held = self._held[:count], self._held[count:]
        self.passed += len(data)
        return data


class _Block(Gated):
    """The block of one record."""

    def __init__(self, text: _Text, length: int) -> None:
        super().__init__()
        self._text = text
        self._length = length
        self.left = length

    def _some(self, limit: int) -> bytes:
        if not self.left:
            return b""
        data = self._text.some(min(limit, self.left))
        if not data:
            raise SourceError("import-warc-cut-off")
        self.left -= len(data)
        return data


def records(stream: BinaryIO, spot: Spot = START) -> Iterator[Record]:
    """The records from a place on. `stream` is seekable, and stays the caller's.

    Raises `SourceError`: ``import-warc-cut-off`` where the file ends within a record, ``import-warc-damaged`` where it
    is no WARC any more. The block of a record may raise the same.
    """
    file = _File(stream, spot.start)
    inner = spot.inner
    while file.more():
        start = file.at
        packed = file.starts_with(_GZIP)
        text = _Text(_Member(file) if packed else file)
        _pass_over(text, inner)
        while True:
            place = Spot(start, text.passed) if packed else Spot(file.at - text.held)
            record = _record(text, place)
            if record is None:
                break
            yield record
            _finish(record, text, None if packed else file)
        inner = 0


def _record(text: _Text, spot: Spot) -> Record | None:
    """The next record of a stretch; null at its end."""
    while (line := text.line(LONGEST_HEAD)) in (b"\r\n", b"\n"):
        pass
    if not line:
        return None
    if not _VERSION.fullmatch(line):
        raise SourceError("import-warc-damaged" if line.endswith(b"\n") else "import-warc-cut-off")
    fields = _fields(text)
    try:
        length = int(fields.get("content-length", ""))
    except ValueError:
        length = -1
    if length < 0:
        raise SourceError("import-warc-damaged")
    return Record(spot, fields, io.BufferedReader(_Block(text, length), BLOCK), length)


def _fields(text: _Text) -> dict[str, str]:
    fields: dict[str, str] = {}
    last = ""
    left = LONGEST_HEAD
    while (line := text.line(left)) not in (b"\r\n", b"\n"):
        if not line.endswith(b"\n"):
            raise SourceError("import-warc-cut-off")
        left -= len(line)
        said = line.decode("utf-8", "replace").rstrip("\r\n")
        if said[:1] in " \t" and last:
            fields[last] += " " + said.strip()
            continue
        name, colon, value = said.partition(":")
        if not colon or left < 0:
            raise SourceError("import-warc-damaged")
        last = name.strip().lower()
        fields.setdefault(last, value.strip())
    return fields


def _finish(record: Record, text: _Text, file: _File | None) -> None:
    """Pass over what was not read of a block; plain files are not read for it."""
    block = record.block.detach()  # type: ignore[attr-defined]
    assert isinstance(block, _Block)
    if file is not None:
        held = text.give_back()
        skipped = min(len(held), block.left)
        file.back(held[skipped:])
        if file.skip(block.left - skipped) != block.left - skipped:
            raise SourceError("import-warc-cut-off")
        return
    while block.left:
        if not block._some(BLOCK):
            raise SourceError("import-warc-cut-off")


def _pass_over(text: _Text, count: int) -> None:
    while count:
        data = text.some(min(count, BLOCK))
        if not data:
            raise SourceError("import-warc-cut-off")
        count -= len(data)


def looks_like_warc(head: bytes) -> bool:
    """By the first bytes of a file, gzip included."""
    if head.startswith(_GZIP):
        try:
            head = zlib.decompressobj(31).decompress(head, 64)
        except zlib.error:
            return False
    return _VERSION.match(head[:64].lstrip(b"\r\n")) is not None
