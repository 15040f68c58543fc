"""Handles on the folders of a tree that somebody else may be changing while we look.

On POSIX every name is opened relative to an open folder with ``O_NOFOLLOW``, so that swapping a part of the path
for a symbolic link leads to a refusal and not out of the tree, and so that depth is not limited by ``PATH_MAX``.
Elsewhere full paths are used and what was opened is compared with what was listed.
"""

from __future__ import annotations

import contextlib
import io
import os
import stat
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from workbench.sources.base import SourceError

RELATIVE = os.open in os.supports_dir_fd and os.stat in os.supports_dir_fd and os.scandir in os.supports_fd
"""Can this system open names relative to an open folder?"""

_FILE = os.O_RDONLY
for _flag in ("O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC", "O_NOCTTY", "O_BINARY", "O_NOINHERIT"):
    _FILE |= getattr(os, _flag, 0)
_FOLDER = os.O_RDONLY
for _flag in ("O_DIRECTORY", "O_NONBLOCK", "O_CLOEXEC"):
    _FOLDER |= getattr(os, _flag, 0)
_NOFOLLOW = getattr(os, "O_NOFOLLOW", 0)
_LINK_TAGS = {
    getattr(stat, "IO_REPARSE_TAG_SYMLINK", 0xA000000C),
    getattr(stat, "IO_REPARSE_TAG_MOUNT_POINT", 0xA0000003),
}

Identity = tuple[int, int]


def identity(facts: os.stat_result) -> Identity:
    """What stays the same when a file or folder is renamed."""
    return facts.st_dev, facts.st_ino


def is_link(facts: os.stat_result) -> bool:
    """A symbolic link, or a Windows junction."""
    return stat.S_ISLNK(facts.st_mode) or getattr(facts, "st_reparse_tag", 0) in _LINK_TAGS


class Place:
    """One folder. Opened by its `parent`; may be closed to spare descriptors and is opened again when asked.

    Any thread may call `open_file`; the other methods belong to the thread that walks.
    """

    def __init__(self, parent: Place | None, name: bytes, root: Path | None = None) -> None:
        self.parent = parent
        self.name = name
        self.identity: Identity | None = None
        self._root = root
        self._fd: int | None = None
        self._lock = threading.Lock()

    def __del__(self) -> None:
        self.close()

    @property
    def is_open(self) -> bool:
        """Does this place hold a descriptor?"""
        return self._fd is not None

    def open(self) -> None:
        """Open for listing; raises `OSError`: no folder (any more), a link, refused, another one than before."""
        if not RELATIVE:
            self._keep(None, os.lstat(self._path()) if self.parent else Path(self._path()).stat())
            return
        if self.parent is None:
            fd = os.open(self._path(), _FOLDER)
        elif self.parent._fd is not None:
            fd = os.open(self.name, _FOLDER | _NOFOLLOW, dir_fd=self.parent._fd)
        else:
            fd = self._from_root()
        self._keep(fd, os.fstat(fd))

    def open_from_child(self, child: Place) -> None:
        """Open again by ``..`` of an open child, else from the root: constant time on the way up a deep tree."""
        if child._fd is not None:
            fd = os.open("..", _FOLDER, dir_fd=child._fd)
            if identity(os.fstat(fd)) == self.identity:
                self._keep(fd, os.fstat(fd))
                return
            os.close(fd)
        self.open()

    def close(self) -> None:
        """Give the descriptor back."""
        with self._lock:
            fd, self._fd = self._fd, None
        if fd is not None:
            os.close(fd)

    def scan(self) -> Iterator[os.DirEntry[str]]:
        """The entries in the system's order; raises `OSError`, also midway."""
        with os.scandir(self._fd if self._fd is not None else self._path()) as entries:
            yield from entries

    def stat(self, name: bytes) -> os.stat_result:
        """Facts of an entry itself, links not followed."""
        if self._fd is not None:
            return os.stat(name, dir_fd=self._fd, follow_symlinks=False)
        return os.lstat(self._path(name))

    def readable(self, name: bytes) -> bool:
        """Would this user be let in? Opening decides; this only spares a useless try."""
        if self._fd is None:
            return True
        effective = os.access in os.supports_effective_ids
        try:
            return os.access(name, os.R_OK, dir_fd=self._fd, effective_ids=effective)
        except (OSError, NotImplementedError):
            return True

    def target(self, name: bytes) -> bytes:
        """What a symbolic link says; raises `OSError`."""
        if self._fd is not None:
            return os.readlink(name, dir_fd=self._fd)
        return os.fsencode(Path(self._path(name)).readlink())

    def open_file(self, name: bytes, listed: os.stat_result) -> BinaryIO:
        """A stream over the very file that was listed; raises `OSError`, `SourceError` ``file-changed``."""
        with self._lock:
            if self._fd is not None:
                fd = os.open(name, _FILE, dir_fd=self._fd)
            elif not RELATIVE:
                path = self._path(name)
                if is_link(os.lstat(path)):
                    raise SourceError("file-changed")
                fd = os.open(path, _FILE)
            else:
                folder = self._from_root()
                try:
                    fd = os.open(name, _FILE, dir_fd=folder)
                finally:
                    os.close(folder)
        return checked_stream(fd, listed)

    def _keep(self, fd: int | None, facts: os.stat_result) -> None:
        if not stat.S_ISDIR(facts.st_mode) or is_link(facts) or self.identity not in (None, identity(facts)):
            if fd is not None:
                os.close(fd)
            raise SourceError("folder-changed")
        self.identity = identity(facts)
        self._fd = fd

    def _chain(self) -> list[Place]:
        places: list[Place] = []
        place: Place | None = self
        while place is not None:
            places.append(place)
            place = place.parent
        places.reverse()
        return places

    def _path(self, name: bytes | None = None) -> str:
        """Full path; on Windows in the form that knows no length limit and no reserved names."""
        chain = self._chain()
        root = chain[0]._root
        assert root is not None
        parts = [os.fsdecode(place.name) for place in chain[1:]]
        if name is not None:
            parts.append(os.fsdecode(name))
        return str(Path(_long(root), *parts))

    def _from_root(self) -> int:
        """Open this folder part by part, following no link, when no folder above it is open."""
        fd: int | None = None
        for place in self._chain():
            above = fd
            if place.parent is None:
                fd = os.open(place._path(), _FOLDER)
            else:
                try:
                    fd = os.open(place.name, _FOLDER | _NOFOLLOW, dir_fd=above)
                finally:
                    if above is not None:
                        os.close(above)
        assert fd is not None
        if self.identity not in (None, identity(os.fstat(fd))):
            os.close(fd)
            raise SourceError("folder-changed")
        return fd


def _long(given: Path) -> str:
    path = os.path.abspath(given)  # noqa: PTH100 - resolve() would follow links
    if os.name != "nt" or path.startswith("\\\\?\\"):
        return path
    return "\\\\?\\UNC\\" + path[2:] if path.startswith("\\\\") else "\\\\?\\" + path


def open_path(path: Path, listed: os.stat_result) -> BinaryIO:
    """A stream over a file that the user named (links were resolved by then); raises as `Place.open_file`."""
    return checked_stream(os.open(_long(path), _FILE & ~_NOFOLLOW), listed)


def checked_stream(fd: int, listed: os.stat_result) -> BinaryIO:
    """Take a descriptor over; refuse it unless it is the listed regular file, unchanged since."""
    try:
        facts = os.fstat(fd)
        if not stat.S_ISREG(facts.st_mode) or _stamp(facts) != _stamp(listed):
            raise SourceError("file-changed")
        return io.BufferedReader(_Checked(fd, facts), 1 << 16)
    except BaseException:
        with contextlib.suppress(OSError):
            os.close(fd)
        raise


def _stamp(facts: os.stat_result) -> tuple[int, int, int, int]:
    # Windows fills device and index differently for a path and for a handle in some releases.
    device, index = identity(facts) if RELATIVE else (0, 0)
    return device, index, facts.st_size, facts.st_mtime_ns


class _Checked(io.FileIO):
    """A file whose end is only believed when nobody wrote to it meanwhile."""

    def __init__(self, fd: int, facts: os.stat_result) -> None:
        super().__init__(fd, "rb", closefd=True)
        self._facts = facts

    def readinto(self, buffer: object) -> int:
        count: int = super().readinto(buffer)  # type: ignore[arg-type]
        if count == 0 and memoryview(buffer).nbytes:  # type: ignore[arg-type]
            self._confirm()
        return count

    def readall(self) -> bytes:
        data = super().readall()
        self._confirm()
        return data

    def _confirm(self) -> None:
        if _stamp(os.fstat(self.fileno())) != _stamp(self._facts):
            raise SourceError("file-changed-while-read")
