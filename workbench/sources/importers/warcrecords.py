"""Records of a WARC file with the places where they begin, one by one or at a known place.

Where `workbench.sources.warcread` puts conversations together in one pass, an importer needs to come back to a record
later: what a file claims is only known when the listing pages were read. Both read the same `Flow`.
"""

from __future__ import annotations

import io
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from workbench.sources.base import SourceError
from workbench.sources.warcflow import Block, Flow

BLOCK = 1 << 16
_LINE = 64 << 10
_LONGEST = 256 << 10
"""Bytes of the named fields of one record."""
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


def records(stream: BinaryIO, start: int = 0) -> Iterator[Record]:
    """The records from a place on. `stream` is seekable, and stays the caller's.

    Raises `SourceError`: ``warc-cut-off`` where the file ends within a record, ``warc-damaged`` where it is no WARC any
    more. The block of a record may raise the same.
    """
    stream.seek(0)
    flow = Flow(stream)
    flow.rewind(start)
    while True:
        mark = flow.mark()
        line = flow.line(_LINE)
        while line in (b"\r\n", b"\n"):
            mark = flow.mark()
            line = flow.line(_LINE)
        if not line:
            return
        if not _VERSION.fullmatch(line):
            raise SourceError("warc-damaged" if line.endswith(b"\n") else "warc-cut-off", at=flow.offset)
        fields = _fields(flow)
        length = fields.get("content-length", "")
        if not (length.isascii() and length.isdigit() and len(length) < 19):
            raise SourceError("warc-damaged", at=flow.offset)
        block = Block(flow, int(length))
        yield Record(mark, fields, io.BufferedReader(block, BLOCK), int(length))
        block.skip()
        block.over = True


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
