"""The raw line behind an event: a place in the decompressed log object."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import zlib
from types import TracebackType
from typing import TYPE_CHECKING, BinaryIO

from workbench.case.readers import Reader
from workbench.core.errors import UserError

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer as Buffer

LONGEST = 1 << 20
"""Of a line that is shown, bytes."""


def line_of(reader: Reader, log: int, start: int, length: int) -> bytes | None:
    """The bytes of a line; null when the log's object is not there. Compressed logs are read from their beginning."""
    with Lines(reader) as lines:
        return lines.line(log, start, length)


class Lines:
    """Lines of logs; one log is kept open, so that lines asked for in their order are read in one pass."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._log: int | None = None
        self._stream: BinaryIO | None = None

    def line(self, log: int, start: int, length: int) -> bytes | None:
        """The bytes of a line; null when the log's object is not there or cannot be read so far."""
        try:
            if log != self._log:
                self._open(log)
            if self._stream is None:
                return None
            self._stream.seek(start)
            return self._stream.read(min(length, LONGEST))
        except (UserError, OSError, EOFError, lzma.LZMAError, zlib.error):
            return None

    def _open(self, log: int) -> None:
        self.close()
        self._log = log
        row = self._reader.conn.execute(
            "SELECT o.sha256, l.compression FROM log l JOIN object o ON o.id = l.object WHERE l.id = ?", (log,)
        ).fetchone()
        if row is not None:
            self._stream = opened(self._reader, row[0], row[1])

    def close(self) -> None:
        """Close the log that is open."""
        if self._stream is not None:
            self._stream.close()
        self._log = self._stream = None

    def __enter__(self) -> Lines:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def opened(reader: Reader, sha256: bytes, compression: str) -> BinaryIO:
    """The decompressed bytes of a log object, seekable. Raises `UserError` ``object-missing``."""
    raw = reader.evidence.open(sha256)
    if compression == "gz":
        return io.BufferedReader(_Through(gzip.GzipFile(fileobj=raw), raw))
    if compression == "bz2":
        return io.BufferedReader(_Through(bz2.BZ2File(raw), raw))
    if compression == "xz":
        return io.BufferedReader(_Through(lzma.LZMAFile(raw), raw))
    return raw


class _Through(io.RawIOBase):
    """A decompressor that closes the file below it too, which those of the library leave open."""

    def __init__(self, inner: gzip.GzipFile | bz2.BZ2File | lzma.LZMAFile, below: BinaryIO) -> None:
        self._inner = inner
        self._below = below

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, target: Buffer, /) -> int:
        return self._inner.readinto(target)

    def seek(self, offset: int, whence: int = 0, /) -> int:
        return self._inner.seek(offset, whence)

    def tell(self) -> int:
        return self._inner.tell()

    def close(self) -> None:
        if not self.closed:
            self._inner.close()
            self._below.close()
        super().close()
