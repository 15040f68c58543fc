"""Files that somebody else laid down: a pipe or a device under the name of a file must not make anybody wait."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO

NO_FILE = "it is a pipe, a socket, a device or a folder, not a file"


def open_file(path: str | Path) -> BinaryIO:
    """Open an ordinary file for reading, following links. Raises `OSError`, at once, for anything else."""
    if not stat.S_ISREG(os.stat(path).st_mode):  # noqa: PTH116 - text or a path
        raise OSError(errno.EINVAL, NO_FILE, os.fspath(path))
    # It may be another one by now: without a reader on the other side a pipe would make the call wait.
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
    fd = os.open(path, flags)
    if not stat.S_ISREG(os.fstat(fd).st_mode):
        os.close(fd)
        raise OSError(errno.EINVAL, NO_FILE, os.fspath(path))
    return os.fdopen(fd, "rb")
