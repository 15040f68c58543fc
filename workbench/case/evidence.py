"""The evidence store: bytes named by their SHA-256, hashed while they are written, read-only once stored.

Nobody outside learns a path: names go through `_place`, so that an encrypted case can name objects otherwise.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import threading
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from workbench.case.locks import FileLock
from workbench.core.errors import UserError
from workbench.core.records import Stored

CHUNK = 1 << 20


class Evidence:
    """``NAME.evidence``. Every method may be called from any thread."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._objects = folder / "objects"
        self._own: Path | None = None
        self._lock = threading.Lock()
        self._owner: FileLock | None = None
        self._unsynced: set[Path] = set()

    def create(self) -> None:
        """Make the folders of a new case."""
        self._objects.mkdir(parents=True, exist_ok=True)

    @property
    def present(self) -> bool:
        """Is the folder where the case expects it?"""
        return self._objects.is_dir()

    def close(self) -> None:
        """Give back the place for temporary files."""
        with self._lock:
            if self._own is not None:
                shutil.rmtree(self._own, ignore_errors=True)
                self._own = None
            if self._owner is not None:
                self._owner.release()
                self._owner = None

    def put(
        self,
        stream: BinaryIO,
        known: Callable[[bytes], bool],
        on_chunk: Callable[[bytes], None] | None = None,
        limit: int | None = None,
    ) -> Stored:
        """Store all that `stream` gives and say what it was.

        The bytes are hashed while they are written to a temporary file, which is synced and renamed. When bytes
        of that name lie there but `known` (is it in the case?) denies them, as after a kill between rename and
        commit, they are read again before they are trusted. Raises `OSError` of the reading or the writing side;
        the store is then as before. `on_chunk` sees the bytes on their way and may raise to stop.
        """
        digest = hashlib.sha256()
        size = 0
        temporary = self._temporary()
        try:
            fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
            try:
                while block := stream.read(CHUNK):
                    digest.update(block)
                    size += len(block)
                    if on_chunk is not None:
                        on_chunk(block)
                    if limit is not None and size > limit:
                        raise UserError("object-too-large", limit=limit)
                    _write_all(fd, block)
                sha256 = digest.digest()
                place = self._place(sha256)
                if place.exists() and (known(sha256) or self._matches(place, sha256, size)):
                    return Stored(sha256, size, new=False)
                os.fsync(fd)
            finally:
                os.close(fd)
            self._install(temporary, place)
            return Stored(sha256, size, new=True)
        finally:
            temporary.unlink(missing_ok=True)

    def _install(self, temporary: Path, place: Path) -> None:
        made = not place.parent.exists()
        place.parent.mkdir(exist_ok=True)
        if os.name == "nt" and place.exists():
            place.chmod(0o600)  # Windows does not replace a read-only file
        with contextlib.suppress(OSError):  # FAT and exFAT have no modes
            temporary.chmod(0o444)
        temporary.replace(place)
        with self._lock:
            self._unsynced.add(place.parent)
            if made:
                self._unsynced.add(self._objects)

    def flush(self) -> None:
        """Make the names durable. To be called before a commit that speaks of them."""
        with self._lock:
            folders, self._unsynced = self._unsynced, set()
        if os.name == "nt":
            return  # there is no way to sync a directory
        for folder in folders:
            fd = os.open(folder, os.O_RDONLY)
            try:
                os.fsync(fd)
            except OSError:
                continue  # some network and FUSE file systems refuse; the data itself is synced
            finally:
                os.close(fd)

    def open(self, sha256: bytes) -> BinaryIO:
        """A seekable stream of an object; raises `UserError` ``object-missing``."""
        try:
            return self._place(sha256).open("rb")
        except OSError:
            raise UserError("object-missing", sha256=sha256.hex()) from None

    def has(self, sha256: bytes) -> bool:
        """Is there a file of that name? Says nothing of its content."""
        return self._place(sha256).is_file()

    def check(self, sha256: bytes, size: int) -> str | None:
        """Read an object again: null when it is what its name says, else ``object-missing`` or ``object-damaged``."""
        try:
            with self._place(sha256).open("rb") as file:
                digest, length = _hash(file)
        except FileNotFoundError:
            return "object-missing"
        except OSError:
            return "object-unreadable"
        return None if (digest, length) == (sha256, size) else "object-damaged"

    def names(self) -> Iterator[str]:
        """The name of every file among the objects, whether or not the case knows it."""
        if not self.present:
            return
        for folder in sorted(self._objects.iterdir()):
            if folder.is_dir():
                yield from sorted(entry.name for entry in os.scandir(folder))

    @staticmethod
    def name(sha256: bytes) -> str:
        """The file name of an object."""
        return sha256.hex()

    def _place(self, sha256: bytes) -> Path:
        name = self.name(sha256)
        return self._objects / name[:2] / name

    def _matches(self, place: Path, sha256: bytes, size: int) -> bool:
        with place.open("rb") as file:
            return _hash(file) == (sha256, size)

    def _temporary(self) -> Path:
        """A fresh name in this process's own folder, whose lock tells others that we live."""
        with self._lock:
            if self._own is None:
                self._clean()
                base = self.folder / "tmp"
                base.mkdir(parents=True, exist_ok=True)
                name = f"{os.getpid()}-{uuid.uuid4().hex}"
                self._owner = FileLock(base / f"{name}.lock")
                self._owner.acquire()
                self._own = base / name
                self._own.mkdir()
            return self._own / uuid.uuid4().hex

    def _clean(self) -> None:
        """Remove what dead processes left."""
        for lock_file in (self.folder / "tmp").glob("*.lock"):
            with FileLock(lock_file) as dead:
                if dead:
                    shutil.rmtree(lock_file.with_suffix(""), ignore_errors=True)
                    lock_file.unlink(missing_ok=True)


def _write_all(fd: int, block: bytes) -> None:
    view = memoryview(block)
    while view:
        view = view[os.write(fd, view) :]


def _hash(file: BinaryIO) -> tuple[bytes, int]:
    digest = hashlib.sha256()
    size = 0
    while block := file.read(CHUNK):
        digest.update(block)
        size += len(block)
    return digest.digest(), size
