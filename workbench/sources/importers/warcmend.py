"""Where a WARC file goes on behind a damaged place, and how long a record really is that states a wrong length.

A record ends where the next one begins (WARC 1.1 §4: two line ends lie between), or with its gzip member. Its payload
is as long as its own HTTP head says, where that fits. Memory is bounded; only what is damaged is read a second time.
"""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass
from typing import BinaryIO

from workbench.sources.base import SourceError
from workbench.sources.warcflow import Flow

_BLOCK = 1 << 20
_LINE = 64 << 10
_MOST_LINES = 4000
_BEGIN = re.compile(rb"WARC/[0-9]{1,3}\.[0-9]{1,3}[ \t]*\r?\n")
_BOUNDARY = re.compile(rb"(?:\r?\n){0,2}(?:WARC/[0-9]{1,3}\.[0-9]{1,3}[ \t]*\r?\n|\Z)")
_LONGEST_BEGIN = 64
_LENGTH = re.compile(rb"(?i)content-length[ \t]*:[ \t]*([0-9]{1,18})[ \t]*\r?\n")
_MEMBER = b"\x1f\x8b\x08"


@dataclass(frozen=True)
class Mended:
    """`length` is what the record should have stated, null where that is right or not to be known; `next` where the
    next record begins, null when there is none. `start` is that of the record.
    """

    start: int
    length: int | None
    next: int | None


@dataclass
class _Heads:
    """What a record says of its lengths. `block` counts the bytes of its block that were read so far."""

    claimed: int
    block: int = 0
    end: int | None = None
    """Where its HTTP message ends within the block, by its own word."""


def mended(stream: BinaryIO, start: int) -> Mended:
    """Look at the record that begins at a place, and for the next one. `stream` is seekable. Raises `OSError`."""
    stream.seek(0)
    zipped = stream.read(1) == _MEMBER[:1]
    stream.seek(0)
    flow = Flow(stream)
    flow.rewind(start)
    return _in_member(stream, flow, start) if zipped else _plain(stream, flow, start)


def _plain(stream: BinaryIO, flow: Flow, start: int) -> Mended:
    heads = _heads(flow)
    if heads is None:
        return Mended(start, None, _find(stream, start + 1))
    at = flow.mark()
    assert at is not None
    block = at - heads.block
    claimed = block + heads.claimed
    if _is_boundary(stream, claimed):
        return Mended(start, _little_less(heads), _find(stream, claimed))
    if _begins(stream, claimed, (b"\r\n\r\n",)):  # the length is right, and what follows is no record
        return Mended(start, None, _find(stream, claimed))
    if heads.end is not None and _is_boundary(stream, block + heads.end):
        return Mended(start, heads.end, _find(stream, block + heads.end))
    following = _find(stream, block)
    size = stream.seek(0, 2)
    stop = size if following is None else following
    if heads.end is not None and block + heads.end <= stop:
        return Mended(start, heads.end, following)
    if following is None:
        return Mended(start, None, None)
    stream.seek(max(block, stop - 4))
    return Mended(start, stop - block - _blank(stream.read(min(4, stop - block))), following)


def _in_member(stream: BinaryIO, flow: Flow, start: int) -> Mended:
    try:
        heads = _heads(flow)
        last = b""
        beyond = b""
        size = 0 if heads is None else heads.block
        while (stop := flow.mark()) is None:
            data = flow.some(_BLOCK)
            if heads is not None and size + len(data) > heads.claimed and len(beyond) <= 4:
                beyond += data[max(0, heads.claimed - size) :][:5]
            size += len(data)
            last = (last + data[-4:])[-4:]
    except SourceError:
        return Mended(start, None, _find_member(stream, start + 1))
    following = stop if stop == stream.seek(0, 2) or _is_member(stream, stop) else _find_member(stream, stop)
    if heads is None:
        return Mended(start, None, following)
    if heads.claimed <= size and beyond in (b"", b"\r\n", b"\n", b"\n\n", b"\r\n\r", b"\r\n\r\n"):
        return Mended(start, _little_less(heads), following)
    if heads.end is not None and heads.end <= size:
        return Mended(start, heads.end, following)
    return Mended(start, size - _blank(last), following)


def _heads(flow: Flow) -> _Heads | None:
    """The fields of a record and the head of the HTTP message in it; null when these make no sense. Raises
    `SourceError` where they cannot be unpacked.
    """
    if not _BEGIN.fullmatch(flow.line(_LINE)):
        return None
    claimed, http = None, False
    for _ in range(_MOST_LINES):
        line = flow.line(_LINE)
        if line in (b"\r\n", b"\n", b""):
            break
        found = _LENGTH.fullmatch(line)
        claimed = int(found[1]) if found else claimed
        http |= line.lower().startswith(b"content-type:") and b"msgtype=response" in line.replace(b" ", b"").lower()
    if claimed is None:
        return None
    heads = _Heads(claimed)
    return _with_head(flow, heads) if http else heads


def _with_head(flow: Flow, heads: _Heads) -> _Heads:
    said: int | None = None
    chunked = False
    for _ in range(_MOST_LINES):
        line = flow.line(_LINE)
        heads.block += len(line)
        if line in (b"\r\n", b"\n"):
            heads.end = None if said is None or chunked else heads.block + said
            break
        if not line or line.startswith(b"WARC/"):
            break
        found = _LENGTH.fullmatch(line)
        said = int(found[1]) if found else said
        chunked |= line.lower().startswith(b"transfer-encoding")
    return heads


def _little_less(heads: _Heads) -> int | None:
    """Does the stated length only count in the line ends that follow the record?"""
    return heads.end if heads.end is not None and 0 < heads.claimed - heads.end <= 4 else None


def _blank(last: bytes) -> int:
    """Bytes of the two line ends at the end of a record."""
    return next((len(each) for each in (b"\r\n\r\n", b"\n\n") if last.endswith(each)), 0)


def _begins(stream: BinaryIO, at: int, starts: tuple[bytes, ...]) -> bool:
    stream.seek(at)
    return stream.read(4).startswith(starts)


def _is_boundary(stream: BinaryIO, at: int) -> bool:
    """Does a record end at a place of a file that is not packed? Also where the file ends."""
    if at > stream.seek(0, 2):
        return False
    stream.seek(at)
    return _BOUNDARY.match(stream.read(_LONGEST_BEGIN)) is not None


def _find(stream: BinaryIO, start: int) -> int | None:
    """The next place where a record begins in a file that is not packed: at the beginning of a line, or, behind
    garbage, where a field of a record follows.
    """
    at = start
    while True:
        stream.seek(at)
        data = stream.read(_BLOCK)
        place = data.find(b"WARC/")
        while place >= 0:
            stream.seek(max(0, at + place - 1))
            before = stream.read(1) if at + place else b"\n"
            head = stream.read(_LONGEST_BEGIN)
            found = _BEGIN.match(head)
            if found and (before == b"\n" or head.startswith((b"WARC-", b"Content-"), found.end())):
                return at + place
            place = data.find(b"WARC/", place + 1)
        if len(data) < _BLOCK:
            return None
        at += len(data) - 4


def _find_member(stream: BinaryIO, start: int) -> int | None:
    """The next gzip member that begins with a record."""
    at = start
    while True:
        stream.seek(at)
        data = stream.read(_BLOCK)
        place = data.find(_MEMBER)
        while place >= 0:
            if _is_member(stream, at + place):
                return at + place
            place = data.find(_MEMBER, place + 1)
        if len(data) < _BLOCK:
            return None
        at += len(data) - len(_MEMBER) + 1


def _is_member(stream: BinaryIO, at: int) -> bool:
    stream.seek(at)
    try:
        return _BEGIN.match(zlib.decompressobj(31).decompress(stream.read(4096), _LONGEST_BEGIN)) is not None
    except zlib.error:
        return False
