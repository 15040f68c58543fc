"""A lock file between processes, released by the system when its owner dies."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path
from types import TracebackType

if sys.platform == "win32":
    import msvcrt

    def _try(fd: int) -> bool:
        try:
            msvcrt.locking(fd, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True
else:
    import fcntl

    def _try(fd: int) -> bool:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True


class FileLock:
    """``with FileLock(path) as held:`` never waits; `held` says whether the lock was to be had."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._fd: int | None = None

    def acquire(self) -> bool:
        """Take the lock if nobody has it. False also where the place cannot be written."""
        while True:
            try:
                fd = os.open(self._path, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o600)
            except OSError:
                return False
            if not _try(fd):
                os.close(fd)
                return False
            if self._is_still(fd):
                self._fd = fd
                return True
            os.close(fd)  # its last owner removed the file while we opened it: another one has its name now

    def _is_still(self, fd: int) -> bool:
        try:
            return os.path.samestat(os.fstat(fd), self._path.stat())
        except OSError:
            return False

    def release(self, *, remove: bool = False) -> None:
        """Give it back, and with `remove` the file too."""
        if self._fd is not None:
            if remove:
                with suppress(OSError):  # Windows removes no open file; it stays, and does no harm
                    self._path.unlink()
            os.close(self._fd)
            self._fd = None

    def __enter__(self) -> bool:
        return self.acquire()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()
