"""The bytes of a WARC file as one stream, plain or in gzip members, read once with bounded memory.

It ends only where the file really ends: a member that is cut off or damaged raises after all that came before it.
"""

from __future__ import annotations

import io
import re
import zlib
from typing import BinaryIO

from workbench.sources.base import SourceError

_BLOCK = 64 << 10
_UNPACKED = 1 << 20
"""So many bytes at most are unpacked at a time."""


class Flow:
    """See the module. `mark` and `rewind` go back to where a record began, when the stream can."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._base = stream.tell() if stream.seekable() else None
        self._zipped: bool | None = None
        self._start(0)

    def _start(self, offset: int) -> None:
        self._read = offset
        self._tail = b""
        self._buffer = b""
        self._place = 0
        self._decoder: zlib._Decompress | None = None
        self._pending = False

    def mark(self) -> int | None:
        """Where the stream stands, for `rewind`; null in the middle of a gzip member, and in a pipe."""
        if self._base is None:
            return None
        if not self._zipped:
            return self._read - (len(self._buffer) - self._place)
        while self._place == len(self._buffer) and self._decoder is not None and self._more(within=True):
            continue
        return None if self._place < len(self._buffer) else self.offset

    @property
    def offset(self) -> int:
        """About how far the file was read, for messages."""
        return self._read - len(self._tail)

    def rewind(self, offset: int) -> None:
        """Go back to a mark."""
        assert self._base is not None
        self._stream.seek(self._base + offset)
        self._start(offset)

    def some(self, size: int) -> bytes:
        """At most `size` bytes; none only at the end. Raises `SourceError` ``warc-cut-off`` or ``warc-damaged``."""
        if self._place == len(self._buffer) and not self._more():
            return b""
        data = self._buffer[self._place : self._place + size]
        self._place += len(data)
        return data

    def line(self, limit: int) -> bytes:
        """Up to and with the next line feed, or the end, or `limit` bytes."""
        found = bytearray()
        while len(found) < limit:
            end = self._buffer.find(b"\n", self._place, self._place + limit - len(found))
            stop = end + 1 if end >= 0 else min(len(self._buffer), self._place + limit - len(found))
            found += self._buffer[self._place : stop]
            self._place = stop
            if end >= 0 or (stop == len(self._buffer) and not self._more()):
                break
        return bytes(found)

    def _more(self, within: bool = False) -> bool:
        """Have more bytes at hand; false at the end, or at that of the member that is being read."""
        while not within or self._decoder is not None:
            if not self._tail and not self._pending:
                self._tail = self._stream.read(_BLOCK)
                self._read += len(self._tail)
                if not self._tail:
                    if self._decoder is not None:
                        raise SourceError("warc-cut-off")
                    return False
            if self._zipped is None:
                self._zipped = self._tail[:1] == b"\x1f"
            data = self._unpacked() if self._zipped else self._tail
            if not self._zipped:
                self._tail = b""
            if data:
                self._buffer, self._place = data, 0
                return True
        return False

    def _unpacked(self) -> bytes:
        decoder = self._decoder or zlib.decompressobj(31)
        try:
            data = decoder.decompress(self._tail, _UNPACKED)
        except zlib.error as error:
            raise SourceError("warc-damaged", at=self.offset) from error
        self._tail = decoder.unused_data if decoder.eof else decoder.unconsumed_tail
        self._decoder = None if decoder.eof else decoder
        self._pending = not decoder.eof and len(data) == _UNPACKED
        return data


class Block(io.RawIOBase):
    """The content of one record, or what is left of it; readable until the next record is asked for."""

    def __init__(self, flow: Flow, length: int) -> None:
        super().__init__()
        self._flow = flow
        self.left = length
        self.over = False

    def readable(self) -> bool:
        """Always."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Raises `SourceError` ``warc-cut-off`` or ``warc-damaged`` after all that is there, and `ValueError` when the
        reading has gone on to other records.
        """
        if self.over:
            raise ValueError("this record has been left")
        if not self.left or not len(buffer):
            return 0
        data = self.piece(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def piece(self, size: int) -> bytes:
        """At most so many of the bytes that are left, at least one; raises as `readinto` does."""
        data = self._flow.some(min(size, self.left))
        if not data:
            raise SourceError("warc-cut-off")
        self.left -= len(data)
        return data

    def line(self, limit: int) -> bytes:
        """See `Flow.line`, within the record."""
        found = self._flow.line(min(limit, self.left))
        self.left -= len(found)
        return found

    def skip(self) -> None:
        """Go to its end; raises as `readinto` does."""
        while self.left:
            self.piece(self.left)


_CHUNK = re.compile(rb"([0-9A-Fa-f]{1,15})[ \t]*(?:;[^\n]*)?\r?\n")


class Unchunked(io.RawIOBase):
    """A body that was recorded in its chunks, taken apart. A body that only claims to have some is given as it is."""

    def __init__(self, block: Block) -> None:
        super().__init__()
        self._block = block
        self._first = block.line(4096)
        found = _CHUNK.fullmatch(self._first)
        self._plain = found is None
        self._left = 0 if found is None else int(found[1], 16)
        self._ended = found is not None and self._left == 0

    def readable(self) -> bool:
        """Always."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Raises `SourceError` ``warc-chunks`` when chunks are missing or broken, after what came before."""
        if self._block.over:
            raise ValueError("this record has been left")
        if self._plain:
            if self._first:
                data, self._first = self._first[: len(buffer)], self._first[len(buffer) :]
                buffer[: len(data)] = data
                return len(data)
            return self._block.readinto(buffer)
        if self._ended or not len(buffer):
            return 0
        got = self._block.readinto(memoryview(buffer)[: self._left])
        self._left -= got
        if got == 0:
            raise SourceError("warc-chunks")
        if self._left == 0:
            self._next()
        return got

    def _next(self) -> None:
        found = _CHUNK.fullmatch(self._block.line(4096)) if self._block.line(2).strip() == b"" else None
        self._left = 0 if found is None else int(found[1], 16)
        self._ended = found is not None and self._left == 0
