"""WARC files of a case: ``NAME.evidence/warc/``, appended to while a look is under way, read-only once it has ended.

What the records are is not known here (`workbench.sources.warcformat` makes and reads them): this is where their bytes
lie, and that they are durable before a commit speaks of them. Names are plain ASCII and tell nothing of the server.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO
from weakref import WeakSet

from workbench.case.durable import sync_all
from workbench.case.evidence import write_all, writing
from workbench.core.errors import UserError
from workbench.core.files import open_file
from workbench.core.records import Placed

SUFFIX = ".warc.gz"
_NAME = re.compile(r"[0-9A-Za-z-]{1,100}\.warc\.gz")


class WarcFile:
    """One file that is being written. Any thread; records go to the end, one after the other."""

    def __init__(self, path: Path) -> None:
        self.name = path.name
        self._path = path
        self._lock = threading.Lock()
        with writing():
            self._fd: int | None = os.open(
                path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600
            )
        self._size = 0
        self._synced = 0

    def append(self, block: bytes) -> Placed:
        """Add bytes and say where they lie. Raises `UserError` when our own disk fails."""
        with self._lock:
            if self._fd is None:
                raise ValueError("the file is closed")
            start = self._size
            with writing():
                write_all(self._fd, block)
            self._size += len(block)
        return Placed(self.name, start, len(block), hashlib.sha256(block).digest())

    def flush(self) -> None:
        """Make what was added durable. `Evidence.flush` does so before every commit."""
        path, size = self.unsynced()
        if path is not None:
            with writing():
                sync_all(path.parent, [str(path)], [str(path.parent)])
            self.synced(size)

    def unsynced(self) -> tuple[Path | None, int]:
        """The file, if something of it may not be on the disk yet, and how long it is."""
        with self._lock:
            return (self._path if self._fd is not None and self._synced < self._size else None), self._size

    def synced(self, size: int) -> None:
        """So much of it is on the disk."""
        with self._lock:
            self._synced = max(self._synced, size)

    def close(self, *, seal: bool = False) -> None:
        """Close; with `seal` nothing will be added to it any more."""
        with self._lock:
            if self._fd is None:
                return
            os.close(self._fd)
            self._fd = None
            if not self._size:
                self._path.unlink(missing_ok=True)
            elif seal:
                with contextlib.suppress(OSError):  # FAT and exFAT have no modes
                    self._path.chmod(0o444)


class Warcs:
    """The WARC files of one case. Any thread."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._written: WeakSet[WarcFile] = WeakSet()

    def unsynced(self) -> list[tuple[WarcFile, Path, int]]:
        """The files of which something may not be on the disk yet, and how long each is."""
        found = ((each, *each.unsynced()) for each in list(self._written))
        return [(each, path, size) for each, path, size in found if path is not None]

    def create(self, stem: str) -> WarcFile:
        """A new file ``STEM-n.warc.gz``."""
        with writing():
            self._folder.mkdir(exist_ok=True)
        for number in range(1, 10_000):
            path = self._folder / f"{stem}-{number}{SUFFIX}"
            if not path.exists():
                file = WarcFile(path)
                self._written.add(file)
                return file
        raise UserError("case-io-error")

    def cut(self, stem: str, committed: Mapping[str, int]) -> None:
        """After a run that was killed: take from the files of a look what no commit speaks of. `committed` says how
        many bytes of each file are spoken of.
        """
        for path in sorted(self._folder.glob(f"{stem}-*{SUFFIX}")):
            length = committed.get(path.name, 0)
            with writing():
                if not length:
                    path.unlink(missing_ok=True)
                elif path.stat().st_size > length:
                    path.chmod(0o600)
                    os.truncate(path, length)
                    path.chmod(0o444)

    def open(self, name: str) -> BinaryIO:
        """A seekable stream of a whole file; raises `UserError` ``warc-missing``."""
        if not _NAME.fullmatch(name):
            raise UserError("warc-missing", name=name)
        try:
            return open_file(self._folder / name)
        except OSError:
            raise UserError("warc-missing", name=name) from None

    def read(self, placed: Placed) -> bytes:
        """The bytes of one exchange, as they were recorded. Raises `UserError` ``warc-missing``, ``warc-damaged``."""
        with self.open(placed.file) as file:
            file.seek(placed.start)
            block = file.read(placed.length)
        if hashlib.sha256(block).digest() != placed.sha256:
            raise UserError("warc-damaged", name=placed.file)
        return block
