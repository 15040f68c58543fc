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
    """One WARC file. `open` may be called by any thread, each time for a stream of its own.

    `unpacked` is a temporary file with all of it, which the part takes over; `opener` is then not needed.
    """

    def __init__(
        self,
        name: bytes,
        opener: Callable[[], BinaryIO],
        size: int,
        objects: Path | None = None,
        unpacked: Scratch | None = None,
    ) -> None:
        self.name = name
        self.size = size
        self.objects = objects
        """Where the bodies lie that this program left out, because the case holds them as objects."""
        self._opener = opener
        self._unpacked = unpacked

    def open(self) -> BinaryIO:
        """A seekable stream over all of it; raises `OSError`."""
        if self._unpacked is not None:
            return io.BufferedReader(ScratchStream(self._unpacked))
        return self._opener()

    def unpack_solid(self, progress: Progress) -> None:
        """Where the file was compressed as a whole, unpack it to a temporary file, so that records can be read at their
        places. Raises `OSError`, and `SourceError` ``import-warc-bomb`` for one that has no end.
        """
        if not self._is_solid(progress):
            return
        unpacked = Scratch()
        with self._opener() as stream:
            _inflate(stream, unpacked, min(_MOST_UNPACKED, max(1 << 30, 200 * self.size)), progress)
        self._unpacked, self.size = unpacked, unpacked.size

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


def _inflate(stream: BinaryIO, into: Scratch, limit: int, progress: Progress) -> None:
    inflater = zlib.decompressobj(31)
    while packed := stream.read(_BLOCK):
        while packed:
            progress.check()
            try:
                data = inflater.decompress(packed, _BLOCK)
            except zlib.error:
                return  # what follows is missing, and the pass over the records says so
            if into.size + len(data) > limit:
                raise SourceError("import-warc-bomb", limit=limit)
            into.write(data)
            packed = inflater.unconsumed_tail
            if inflater.eof:
                packed = inflater.unused_data
                inflater = zlib.decompressobj(31)


class Scratch:
    """A temporary file without a name, gone with its last user. Any thread may read once all is written."""

    def __init__(self) -> None:
        with tempfile.TemporaryFile(prefix="workbench-") as made:
            self._fd = os.dup(made.fileno())
        self._lock = threading.Lock()
        self.size = 0

    def __del__(self) -> None:
        os.close(self._fd)

    def write(self, data: bytes) -> None:
        """Add to its end."""
        view = memoryview(data)
        while view:
            view = view[os.write(self._fd, view) :]
        self.size += len(data)

    def read(self, at: int, count: int) -> bytes:
        """At most `count` bytes from a place on."""
        with self._lock:
            os.lseek(self._fd, at, os.SEEK_SET)
            return os.read(self._fd, count)


class _Seekable(Gated):
    """A stream of known length, read from any place."""

    def __init__(self, length: int) -> None:
        super().__init__()
        self._length = length
        self._at = 0

    def seekable(self) -> bool:
        """Yes."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """As every file."""
        self._at = max(0, (0, self._at, self._length)[whence] + offset)
        return self._at

    def tell(self) -> int:
        """As every file."""
        return self._at

    def _some(self, limit: int) -> bytes:
        count = min(limit, self._length - self._at)
        data = self._read(count) if count > 0 else b""
        self._at += len(data)
        return data

    def _read(self, count: int) -> bytes:
        raise NotImplementedError


class ScratchStream(_Seekable):
    """A temporary file from its beginning."""

    def __init__(self, scratch: Scratch) -> None:
        super().__init__(scratch.size)
        self._scratch = scratch

    def _read(self, count: int) -> bytes:
        return self._scratch.read(self._at, count)


class Span(_Seekable):
    """A stretch of another stream, as a file of its own; closes that one."""

    def __init__(self, stream: BinaryIO, start: int, length: int) -> None:
        super().__init__(length)
        self._stream = stream
        self._start = start

    def close(self) -> None:
        """Close both."""
        self._stream.close()
        super().close()

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
