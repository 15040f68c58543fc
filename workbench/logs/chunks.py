"""A log in chunks of whole lines, each knowing where it lies, with bounded memory whatever the lines are like."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from workbench.logs.columns import LONGEST

SIZE = 4 << 20
"""Bytes a chunk. Larger ones parse no faster and cost memory in every worker."""


class Readable(Protocol):
    """Anything that gives bytes: a file, `LogStream`."""

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes; none at the end."""
        ...


@dataclass(frozen=True)
class Chunk:
    """Whole lines. `start` is the offset of `data` in the decompressed log, `line` the number of lines before it.

    Add `start` to the offsets and `line` to the line numbers of the batch that `parse_chunk` makes of `data`.
    `rejects` are lines too long to be kept in memory, counted through already: number and start within the whole log,
    length, message code. They lie directly in front of `data`, and `lines` counts the lines of both.
    """

    start: int
    line: int
    lines: int
    data: bytes
    rejects: tuple[tuple[int, int, int, str], ...] = ()


def chunks(stream: Readable, size: int = SIZE) -> Iterator[Chunk]:
    """Cut a log into chunks of about `size` bytes; only the last line may lack its end.

    A line longer than the larger of `size` and `LONGEST` is skipped as it comes and given as a reject; shorter ones
    that are still too long for a record are left for the parser to reject. Errors of the stream come through.
    """
    most = max(size, LONGEST)
    start = line = 0
    rest = behind = b""
    while True:
        piece = behind or stream.read(size)
        behind = b""
        whole = piece.rfind(b"\n") + 1
        if whole or not piece:
            data, rest = b"".join((rest, memoryview(piece)[:whole])), piece[whole:]
        else:
            data, rest = b"", rest + piece
        if data:
            lines = data.count(b"\n") + (not data.endswith(b"\n"))
            yield Chunk(start, line, lines, data)
            start, line = start + len(data), line + lines
        if not piece:
            return
        if len(rest) > most:
            length, ending, behind = _skip(stream, rest, size)
            rest = b""
            line += 1
            yield Chunk(start + length + ending, line, 1, b"", ((line, start, length, "log-line-long"),))
            start += length + ending


def _skip(stream: Readable, begun: bytes, size: int) -> tuple[int, int, bytes]:
    """Length of an endless line without its end, length of the end, and what was read behind it."""
    length, last = len(begun), begun[-1:]
    while piece := stream.read(size):
        line, newline, rest = piece.partition(b"\n")
        length += len(line)
        last = line[-1:] or last
        if newline:
            returned = last == b"\r"
            return length - returned, 1 + returned, rest
    return length, 0, b""
