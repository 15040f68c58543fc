"""The files of a WARC set: plain ones, those within a WACZ, and those that were compressed as a whole."""

from __future__ import annotations

import io
import os
import tempfile
import threading
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from workbench.core.progress import Progress
from workbench.sources.base import SourceError
from workbench.sources.importers.warcrecords import records
from workbench.sources.members import ArchiveFile, Gated

_SEPARATE = 8
"""So many records in members of their own tell that all of them are."""
_BLOCK = 1 << 20
_MOST_UNPACKED = 1 << 40


class WarcPart:
    """One WARC file. `open` may be called by any thread, each time for a stream of its own."""

    def __init__(self, name: bytes, opener: Callable[[], BinaryIO], size: int, objects: Path | None = None) -> None:
        self.name = name
        self.size = size
        self.objects = objects
        """Where the bodies lie that this program left out, because the case holds them as objects."""
        self._opener = opener
        self._unpacked: BinaryIO | None = None
        self._lock = threading.Lock()

    def open(self) -> BinaryIO:
        """A seekable stream over all of it; raises `OSError`."""
        if self._unpacked is not None:
            return io.BufferedReader(Span(self._unpacked, 0, self.size, self._lock))
        return self._opener()

    def unpack_solid(self, progress: Progress) -> None:
        """Where the file was compressed as a whole, unpack it to a temporary file, so that records can be read at their
        places. Raises `OSError`, and `SourceError` ``import-warc-bomb`` for one that has no end.
        """
        if not self._is_solid(progress):
            return
        unpacked = tempfile.TemporaryFile(prefix="workbench-")  # noqa: SIM115 - closed by `close`
        try:
            with self._opener() as stream:
                total = _inflate(stream, unpacked, min(_MOST_UNPACKED, max(1 << 30, 200 * self.size)), progress)
        except BaseException:
            unpacked.close()
            raise
        self._unpacked, self.size = unpacked, total

    def _is_solid(self, progress: Progress) -> bool:
        try:
            with self._opener() as stream:
                for number, record in enumerate(records(stream)):
                    progress.check()
                    if record.start is None or number >= _SEPARATE:
                        return record.start is None
        except SourceError:
            return False  # the pass that follows meets the same place and says so
        return False

    def close(self) -> None:
        """Give the temporary file back."""
        if self._unpacked is not None:
            self._unpacked.close()
            self._unpacked = None


def _inflate(stream: BinaryIO, into: BinaryIO, limit: int, progress: Progress) -> int:
    total = 0
    inflater = zlib.decompressobj(31)
    while packed := stream.read(_BLOCK):
        while packed:
            progress.check()
            try:
                data = inflater.decompress(packed, _BLOCK)
            except zlib.error:
                return total  # what follows is missing, and the pass over the records says so
            total += len(data)
            if total > limit:
                raise SourceError("import-warc-bomb", limit=limit)
            into.write(data)
            packed = inflater.unconsumed_tail
            if inflater.eof:
                packed = inflater.unused_data
                inflater = zlib.decompressobj(31)
    into.flush()
    return total


class Span(Gated):
    """A stretch of another stream, as a file of its own. With a `lock` several may share the stream."""

    def __init__(self, stream: BinaryIO, start: int, length: int, lock: threading.Lock | None = None) -> None:
        super().__init__()
        self._stream = stream
        self._start = start
        self._length = length
        self._lock = lock
        self._at = 0

    def seekable(self) -> bool:
        """Yes."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """As every file."""
        base = (0, self._at, self._length)[whence]
        self._at = max(0, base + offset)
        return self._at

    def tell(self) -> int:
        """As every file."""
        return self._at

    def close(self) -> None:
        """Close, with the stream beneath where nobody else uses it."""
        if not self.closed and self._lock is None:
            self._stream.close()
        super().close()

    def _some(self, limit: int) -> bytes:
        count = min(limit, self._length - self._at)
        if count <= 0:
            return b""
        if self._lock is None:
            data = self._read(count)
        else:
            with self._lock:
                data = self._read(count)
        self._at += len(data)
        return data

    def _read(self, count: int) -> bytes:
        self._stream.seek(self._start + self._at)
        return self._stream.read(count)


def objects_beside(path: Path) -> Path | None:
    """``X.evidence/objects`` for a file in ``X.evidence/warc``."""
    folder = path.absolute().parent
    if folder.name != "warc" or not folder.parent.name.endswith(".evidence"):
        return None
    objects = folder.parent / "objects"
    return objects if objects.is_dir() else None


def warc_part(path: Path) -> tuple[WarcPart, ArchiveFile]:
    """A WARC file that the user named."""
    file = ArchiveFile(path)
    return WarcPart(os.fsencode(path.name), file.open, file.size, objects_beside(path)), file
