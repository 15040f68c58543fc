"""Making files durable before a commit speaks of them.

One by one, `fsync` of a few hundred files and their folders costs a disk more than the files do. Where the system can
write a whole file system out at once (`syncfs(2)` of Linux), that is done instead as soon as there are many.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import sys
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path

MANY = 12
"""Files and folders from which on the whole file system is written out."""


def sync_folder(folder: str | Path) -> None:
    """Make the names in a folder durable. Raises `OSError` where the folder is gone."""
    if os.name == "nt":
        return  # there is no way to sync a directory
    fd = os.open(folder, os.O_RDONLY)
    try:
        with contextlib.suppress(OSError):  # some network and FUSE file systems refuse; the data itself is synced
            os.fsync(fd)
    finally:
        os.close(fd)


def sync_file(path: str | Path) -> None:
    """Make the bytes of a file durable. Raises `OSError`. Not for Windows, which wants a file open for writing."""
    fd = os.open(path, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def sync_all(root: Path, files: Iterable[str], folders: Iterable[str]) -> None:
    """Make files, and the names in folders, durable; all of them lie below `root`. Raises `OSError`."""
    files, folders = sorted(files), sorted(folders)
    if len(files) + len(folders) >= MANY and sync_file_system(root):
        return
    for file in files:
        sync_file(file)
    for folder in folders:
        sync_folder(folder)


def sync_file_system(folder: Path) -> bool:
    """Write out the file system that holds a folder; false where the system has no such call. Raises `OSError`."""
    call = _syncfs()
    if call is None:
        return False
    fd = os.open(folder, os.O_RDONLY)
    try:
        if call(fd) != 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))
    finally:
        os.close(fd)
    return True


@cache
def _syncfs() -> Callable[[int], int] | None:
    """`syncfs`, which tells of errors since Linux 5.8; older ones get no call rather than a silent one."""
    if sys.platform != "linux" or _release() < (5, 8):
        return None
    try:
        call = ctypes.CDLL(None, use_errno=True).syncfs
    except (OSError, AttributeError):
        return None
    call.argtypes = [ctypes.c_int]
    call.restype = ctypes.c_int
    return call


def _release() -> tuple[int, int]:
    major, _, rest = os.uname().release.partition(".")
    minor = rest.split(".")[0].split("-")[0]
    return (int(major), int(minor)) if major.isdigit() and minor.isdigit() else (0, 0)
