"""Short notes that outlive a kill, for what a commit has not spoken of yet.

They are appended without being synced: a kill of the program loses none, and a computer that goes down may lose some or
leave them torn, which their checksum shows. Two files take turns, so that only the newest notes are kept.
"""

from __future__ import annotations

import glob
import os
import struct
import threading
import uuid
import zlib
from collections.abc import Collection, Iterator
from pathlib import Path

from workbench.case.evidence import write_all, writing
from workbench.core.files import open_file

SUFFIX = ".notes"
_LEAD = struct.Struct(">II")
"""Bytes of a note, and the CRC-32 of their number and of them: of an empty note it is not zero, as lost blocks are."""
LARGEST = 4 << 20
"""Bytes of a note. A longer one is not kept: what it is about is done again after a kill."""


class Journal:
    """Notes of one run, below ``FOLDER/STEM-…``. Any thread. Keeps at least the last `turn` of them."""

    def __init__(self, folder: str, stem: str, turn: int) -> None:
        name = f"{stem}-{uuid.uuid4().hex}"
        self.paths = tuple(Path(folder, f"{name}-{number}{SUFFIX}") for number in (0, 1))
        self._turn = turn
        self._count = 0
        self._fd: int | None = None
        self._closed = False
        self._lock = threading.Lock()

    def add(self, note: bytes) -> None:
        """Write one down. Raises `UserError` when our own disk fails."""
        with self._lock, writing():
            if self._closed:
                raise ValueError("the journal is closed")
            if len(note) > LARGEST:
                return
            if self._fd is None or self._count % self._turn == 0:
                self._next()
            assert self._fd is not None
            self._count += 1
            write_all(self._fd, _LEAD.pack(len(note), _checksum(note)) + note)

    def _next(self) -> None:
        if self._fd is not None:
            fd, self._fd = self._fd, None
            os.close(fd)
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0)
        self._fd = os.open(self.paths[self._count // self._turn % 2], flags, 0o600)

    def close(self) -> None:
        """Write no more; the notes stay until `forget`."""
        with self._lock:
            self._closed = True
            if self._fd is not None:
                os.close(self._fd)
                self._fd = None


def notes(folder: Path, stem: str) -> Iterator[bytes]:
    """What was noted under a stem by whatever run, as far as it is whole."""
    for path in sorted(folder.glob(_pattern(stem))):
        with open_file(path) as file:
            while len(lead := file.read(_LEAD.size)) == _LEAD.size:
                length, checksum = _LEAD.unpack(lead)
                note = file.read(length) if length <= LARGEST else b""
                if len(note) != length or _checksum(note) != checksum:
                    break
                yield note


def forget(folder: Path, stem: str, but: Collection[Path] = ()) -> None:
    """Remove all that was noted under a stem, but for some files."""
    for path in folder.glob(_pattern(stem)):
        if path not in but:
            path.unlink(missing_ok=True)


def _checksum(note: bytes) -> int:
    return zlib.crc32(note, zlib.crc32(len(note).to_bytes(4, "big")))


def _pattern(stem: str) -> str:
    """The names of a stem's files, and of no other that only begins like it: a journal's own part has no hyphen."""
    return f"{glob.escape(stem)}-{'[0-9a-f]' * 32}-[01]{SUFFIX}"
