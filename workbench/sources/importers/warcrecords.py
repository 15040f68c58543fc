"""Records of a WARC file with the places where they begin, one by one or at a known place.

Where `workbench.sources.warcread` puts conversations together in one pass, an importer needs to come back to a record
later: what a file claims is only known when the listing pages were read. Both read the same `Flow`.
"""

from __future__ import annotations

import io
import re
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import BinaryIO

from workbench.sources.base import SourceError
from workbench.sources.importers.warcmend import Mended, mended
from workbench.sources.warcflow import Block, Flow

BLOCK = 1 << 16
_LINE = 64 << 10
_LONGEST = 256 << 10
"""Bytes of the named fields of one record."""
_BETWEEN = b"\r\n\r\n"
_VERSION = re.compile(rb"WARC/[0-9]{1,3}\.[0-9]{1,3}[ \t]*\r?\n")


@dataclass(frozen=True)
class Record:
    """One record. `fields` has names in lower case; `block` may be read until the next record is asked for.

    `start` is where it begins, null within a file that was compressed as a whole.
    """

    start: int | None
    fields: dict[str, str]
    block: BinaryIO
    length: int

    @property
    def type(self) -> str:
        """``response``, ``revisit``, …"""
        return self.fields.get("warc-type", "").lower()

    @property
    def url(self) -> str:
        """What it is about; wget puts angle brackets around it."""
        return self.fields.get("warc-target-uri", "").strip("<> ")


Damaged = Callable[[SourceError | None, Mended], None]
"""Told of every place that is not as it should be: what is wrong (null where only a length is), and what is done."""


def records(
    stream: BinaryIO, start: int = 0, *, lengths: Mapping[int, int] | None = None, damaged: Damaged | None = None
) -> Iterator[Record]:
    """The records from a place on. `stream` is seekable, and stays the caller's.

    `lengths` has the right ones of records that state a wrong one, by their place. With `damaged`, it is told of what
    is wrong, and the reading goes on at the next record. Without it raises `SourceError`: ``warc-cut-off`` where the
    file ends within a record, ``warc-damaged`` where it is no WARC any more. The block of a record may raise the same.
    """
    stream.seek(0)
    flow = Flow(stream)
    flow.rewind(start)
    at: int | None = start
    read = False
    while True:
        try:
            mark, line, blank = _next(flow)
            if read and damaged is not None and at is not None and blank != _BETWEEN and mark is not None:
                repair = mended(stream, at)
                if repair.length is not None:
                    damaged(None, repair)
                flow.rewind(mark)
                line = flow.line(_LINE)
            if not line:
                return
            at, read = mark, True
            record, block = _record(flow, mark, lengths or {})
            yield record
            block.skip()
            block.over = True
        except SourceError as error:
            if damaged is None or at is None:
                raise
            repair = mended(stream, at)
            damaged(error, repair)
            if repair.next is None:
                return
            flow.rewind(repair.next)
            at, read = repair.next, False


def _next(flow: Flow) -> tuple[int | None, bytes, bytes]:
    """Where the next record begins, its first line (none at the end), and what lies before it."""
    mark = flow.mark()
    line = flow.line(_LINE)
    blank = b""
    while line in (b"\r\n", b"\n"):
        blank = (blank + line)[-8:]
        mark = flow.mark()
        line = flow.line(_LINE)
    if line and not _VERSION.fullmatch(line):
        raise SourceError("warc-damaged" if line.endswith(b"\n") else "warc-cut-off", at=flow.offset)
    return mark, line, blank


def _record(flow: Flow, mark: int | None, lengths: Mapping[int, int]) -> tuple[Record, Block]:
    fields = _fields(flow)
    stated = fields.get("content-length", "")
    if not (stated.isascii() and stated.isdigit() and len(stated) < 19):
        raise SourceError("warc-damaged", at=flow.offset)
    length = int(stated) if mark is None else lengths.get(mark, int(stated))
    block = Block(flow, length)
    return Record(mark, fields, io.BufferedReader(block, BLOCK), length), block


def _fields(flow: Flow) -> dict[str, str]:
    fields: dict[str, str] = {}
    last = ""
    left = _LONGEST
    while (line := flow.line(_LINE)) not in (b"\r\n", b"\n"):
        left -= len(line)
        if not line.endswith(b"\n"):
            raise SourceError("warc-cut-off" if len(line) < _LINE else "warc-damaged", at=flow.offset)
        said = line.decode("utf-8", "replace").rstrip("\r\n")
        if said[:1] in " \t" and last:
            fields[last] += " " + said.strip()
            continue
        name, colon, value = said.partition(":")
        if not colon or left < 0:
            raise SourceError("warc-damaged", at=flow.offset)
        last = name.strip().lower()
        fields[last] = value.strip()
    return fields


def looks_like_warc(head: bytes) -> bool:
    """By the first bytes of a file, gzip included."""
    if head.startswith(b"\x1f\x8b"):
        try:
            head = zlib.decompressobj(31).decompress(head, 64)
        except zlib.error:
            return False
    return _VERSION.match(head[:64].lstrip(b"\r\n")) is not None
