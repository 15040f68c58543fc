"""The files of a bag as they lie there, in a folder or a zip. Nothing is followed, nothing is unpacked."""

from __future__ import annotations

import errno
import os
import re
import stat
import zipfile
import zlib
from abc import ABC, abstractmethod
from array import array
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import BinaryIO, cast

from workbench.bundle.zipplain import oddities
from workbench.core.errors import UserError
from workbench.core.files import open_file

DEVICES = re.compile(r"(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(?:\..*)?", re.IGNORECASE)
MOST_FILES = 20_000_000
MOST_TOLD = 100
"""Oddities of one zip that are told."""
UNREADABLE = (OSError, zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError)
"""What reading a damaged or odd member can raise."""


class Sizes(Mapping[str, int]):
    """Size of every file by its path, and a number for each, kept small: a bag can hold a million."""

    def __init__(self) -> None:
        self._number: dict[str, int] = {}
        self._sizes = array("q")

    def add(self, path: str, size: int) -> None:
        """Enter a file."""
        self._number[path] = len(self._sizes)
        self._sizes.append(size)

    def number(self, path: str) -> int | None:
        """The file's place in the order of entering."""
        return self._number.get(path)

    def __getitem__(self, path: str) -> int:
        return self._sizes[self._number[path]]

    def __contains__(self, path: object) -> bool:
        return path in self._number

    def __iter__(self) -> Iterator[str]:
        return iter(self._number)

    def __len__(self) -> int:
        return len(self._sizes)


class Digests:
    """A digest for some files of a bag. `absent` holds those of files that a manifest lists and that are not there."""

    def __init__(self, sizes: Sizes, length: int) -> None:
        self._sizes = sizes
        self._length = length
        self._known = bytearray(len(sizes))
        self._digests = bytearray(len(sizes) * length)
        self.absent: dict[str, bytes] = {}

    def set(self, path: str, digest: bytes) -> None:
        """Enter a digest of the right length."""
        number = self._sizes.number(path)
        if number is None:
            self.absent[path] = digest
            return
        self._known[number] = 1
        self._digests[number * self._length : (number + 1) * self._length] = digest

    def get(self, path: str) -> bytes | None:
        """The digest of a file; null when there is none."""
        number = self._sizes.number(path)
        if number is None:
            return self.absent.get(path)
        if not self._known[number]:
            return None
        return bytes(self._digests[number * self._length : (number + 1) * self._length])

    def __contains__(self, path: str) -> bool:
        number = self._sizes.number(path)
        return path in self.absent if number is None else bool(self._known[number])

    def items(self) -> Iterator[tuple[str, bytes]]:
        """All files that are there and have a digest."""
        for path in self._sizes:
            digest = self.get(path)
            if digest is not None:
                yield path, digest


class BagFiles(ABC):
    """`sizes` holds every regular file by its path within the bag; `odd` what is no plain file or has a bad name."""

    def __init__(self) -> None:
        self.sizes = Sizes()
        self.odd: list[tuple[str, str]] = []
        """(kind of problem, path)."""

    @abstractmethod
    def open(self, path: str) -> BinaryIO:
        """Read a file of `sizes`; raises one of `UNREADABLE`."""

    @abstractmethod
    def close(self) -> None:
        """Let go of the files."""

    def read(self, path: str, limit: int = 64 << 20) -> bytes:
        """A small file whole; raises `ValueError` when it is none."""
        if self.sizes[path] > limit:
            raise ValueError(path)
        with self.open(path) as stream:
            return stream.read(min(limit, self.sizes[path] + 1))


class FolderFiles(BagFiles):
    """A bag that is a folder."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder
        pending = [""]
        while pending:
            inside = pending.pop()
            with os.scandir(folder / inside) as entries:
                for entry in entries:
                    path = f"{inside}/{entry.name}" if inside else entry.name
                    if entry.is_symlink():
                        self.odd.append(("bag-special-file", path))
                    elif entry.is_dir(follow_symlinks=False):
                        pending.append(path)
                    elif entry.is_file(follow_symlinks=False):
                        self.sizes.add(path, entry.stat(follow_symlinks=False).st_size)
                    else:
                        self.odd.append(("bag-special-file", path))

    def open(self, path: str) -> BinaryIO:
        """Read a file, provided it is still a plain one."""
        # Without waiting for somebody to write into a pipe that took the file's place.
        flags = ("O_NOFOLLOW", "O_BINARY", "O_NONBLOCK")
        fd = os.open(self._folder / path, sum((getattr(os, name, 0) for name in flags), os.O_RDONLY))
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            os.close(fd)
            raise OSError(errno.EINVAL, "not a file", path)
        return os.fdopen(fd, "rb")

    def close(self) -> None:
        """Nothing is held."""


class ZipFiles(BagFiles):
    """A bag in a zip: one top folder, which has no say in the paths."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        open_file(file).close()  # what is no ordinary file would make the next line wait for ever
        self._zip = zipfile.ZipFile(file)
        self.odd += [("bag-zip", each) for each in islice(oddities(file), MOST_TOLD)]
        infos = self._zip.infolist()
        if len(infos) > MOST_FILES:
            raise zipfile.BadZipFile("too many files")
        self._infos: dict[str, zipfile.ZipInfo] = {}
        tops = {info.filename.partition("/")[0] for info in infos}
        if len(tops) != 1:
            self.odd.append(("bag-zip", ", ".join(sorted(tops)[:5])))
        self.top = min(tops, default="")
        for info in infos:
            self._take(info)

    def _take(self, info: zipfile.ZipInfo) -> None:
        name = info.filename
        mode = info.external_attr >> 16
        top, _, path = name.partition("/")
        if unsafe(name):
            self.odd.append(("bag-path-unsafe", name))
        elif info.is_dir():
            return
        elif info.flag_bits & 1 or (mode and mode & 0o170000 not in (0, 0o100000)):
            self.odd.append(("bag-special-file", name))
        elif path in self._infos:
            self.odd.append(("bag-zip", name))
        elif top == self.top and path:
            self._infos[path] = info
            self.sizes.add(path, info.file_size)

    def open(self, path: str) -> BinaryIO:
        """Read a member."""
        return cast(BinaryIO, self._zip.open(self._infos[path]))

    def close(self) -> None:
        """Close the zip."""
        self._zip.close()


def opened(path: Path) -> BagFiles:
    """The files of a bundle; raises `UserError` ``bundle-unreadable``."""
    try:
        return FolderFiles(path) if path.is_dir() else ZipFiles(path)
    except UNREADABLE as error:
        raise UserError("bundle-unreadable", path=path.name, reason=str(error)) from None


def is_bundle(path: Path) -> bool:
    """Is there a bag at this path, as a folder or a zip? Says nothing of its soundness."""
    if path.is_dir():
        return (path / "bagit.txt").is_file()
    if not path.is_file():
        return False  # a pipe or a device is not opened
    try:
        with zipfile.ZipFile(path) as found:
            return any(re.fullmatch(r"[^/]+/bagit\.txt", name) for name in found.namelist())
    except (*UNREADABLE, ValueError):
        return False


def unsafe(path: str) -> bool:
    """Would this name lead out of the bag, or mean something else on another system?"""
    if not path or path.startswith(("/", "~")) or "\\" in path or re.match(r"[A-Za-z]:", path):
        return True
    if any(ord(sign) < 32 or sign == "\x7f" for sign in path):
        return True
    parts = path.rstrip("/").split("/")
    return any(part in ("", "..") or DEVICES.fullmatch(part) for part in parts)
