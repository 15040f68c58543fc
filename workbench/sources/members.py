"""What archives of every kind share: which names are safe, how much they may expand, which folders they hold."""

from __future__ import annotations

import hashlib
import io
import os
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from workbench.core.messages import Message
from workbench.core.progress import Progress
from workbench.core.records import Container, Coverage, Folder, Noted
from workbench.sources.base import SourceError
from workbench.sources.tree import open_path

MIB = 1 << 20
GIB = 1 << 30
BLOCK = 1 << 16

_DRIVE = re.compile(rb"[A-Za-z]:")
_SEPARATORS = re.compile(rb"[/\\]")


@dataclass(frozen=True)
class Limits:
    """How far an archive may expand before it counts as a bomb. Sizes are bytes.

    A member is stopped beyond `member`, or beyond `ratio` times its packed size once it is larger than `floor`.
    All members together are stopped beyond `total`, or beyond `ratio` times the archive once larger than
    `total_floor`. What is no larger than its packed form is never one, however large. Drawings and logs stay
    far below 200:1.
    """

    ratio: int = 200
    floor: int = 64 * MIB
    member: int = 8 * GIB
    total_floor: int = 4 * GIB
    total: int = 1024 * GIB
    members: int = 10_000_000
    folder_names: int = 64 * MIB
    """Bytes of folder names that are kept in memory; beyond it no coverage is claimed for further folders."""


def unsafe(name: bytes) -> str | None:
    """Why a member name may not be used, or null: ``empty``, ``nul``, ``absolute``, ``drive``, ``traversal``.

    Both slashes count as separators here, whatever the packer meant, because readers differ.
    """
    if b"\0" in name:
        return "nul"
    if name[:1] in (b"/", b"\\"):
        return "absolute"
    if _DRIVE.match(name):
        return "drive"
    if b".." in name and b".." in _SEPARATORS.split(name):
        return "traversal"
    return None if clean(name) else "empty"


def clean(name: bytes) -> bytes:
    """Without ``./``, doubled and trailing slashes; every other byte as it was."""
    if name.startswith(b".") or b"/." in name or b"//" in name or name.endswith(b"/"):
        return b"/".join(part for part in name.split(b"/") if part not in (b"", b"."))
    return name


def refused(name: bytes, reason: str) -> Noted:
    """The record of a member that was left where it is."""
    return Noted(name, Message("archive-name-unsafe", {"reason": reason}))


class Budget:
    """Counts what all members of one archive expanded to. Any thread."""

    def __init__(self, limits: Limits, packed: int) -> None:
        self._limit = max(packed, min(limits.total, max(limits.total_floor, limits.ratio * packed)))
        self._spent = 0
        self._lock = threading.Lock()

    def spend(self, count: int) -> None:
        """Raises `SourceError` ``archive-bomb-total`` when it becomes too much."""
        with self._lock:
            self._spent += count
            if self._spent > self._limit:
                raise SourceError("archive-bomb-total", limit=self._limit)


class MemberGate:
    """Stops one member that expands too far."""

    def __init__(self, limits: Limits, budget: Budget, packed: int) -> None:
        self._limit = max(packed, min(limits.member, max(limits.floor, limits.ratio * packed)))
        self._budget = budget
        self._passed = 0

    def check(self, count: int) -> None:
        """Account for `count` more bytes; raises `SourceError` ``archive-bomb`` or ``archive-bomb-total``."""
        self._passed += count
        if self._passed > self._limit:
            raise SourceError("archive-bomb", limit=self._limit)
        self._budget.spend(count)


class Ledger:
    """Names seen in one archive: duplicates, and the folders whose content is thereby known."""

    def __init__(self, limits: Limits) -> None:
        self._names: set[bytes] = set()
        self._folders: set[bytes] = set()
        self._left = limits.folder_names
        self.complete = True
        """False when there were more folders than are kept."""

    def again(self, name: bytes) -> bool:
        """Was this file name there before? Remembers it."""
        if name in self._names:
            return True
        self._names.add(name)
        self.folder(name.rpartition(b"/")[0])
        return False

    def folder(self, path: bytes) -> None:
        """Remember a folder and those above it."""
        while path and path not in self._folders:
            self._left -= len(path)
            if self._left < 0:
                self.complete = False
                return
            self._folders.add(path)
            path = path.rpartition(b"/")[0]

    def folders(self, coverage: Coverage) -> Iterator[Folder]:
        """The root and all folders, sorted."""
        yield Folder(b"", coverage)
        for path in sorted(self._folders):
            yield Folder(path, coverage)


class ArchiveFile:
    """The archive itself: opened again for every member, and refused once it is no longer the file hashed."""

    def __init__(self, path: Path, name: bytes | None = None) -> None:
        self.path = path
        self.name = os.fsencode(path.name) if name is None else name
        self.facts: os.stat_result | None = None

    def open(self) -> BinaryIO:
        """A fresh stream at the start; raises `OSError`."""
        if self.facts is None:
            self.facts = self.path.stat()
        return open_path(self.path, self.facts)

    @property
    def size(self) -> int:
        """In bytes, as of the first `open`."""
        if self.facts is None:
            self.facts = self.path.stat()
        return self.facts.st_size

    def container(self, progress: Progress) -> Container:
        """Hash it, in one pass with bounded memory; raises `OSError`."""
        digest = hashlib.sha256()
        done = 0
        progress.stage("stage-hash-archive", self.size)
        with self.open() as stream:
            while block := stream.read(MIB):
                digest.update(block)
                done += len(block)
                progress.update(done)
        return Container(self.name, done, digest.digest())


class Gated(io.RawIOBase):
    """A readable stream over a function that gives the next bytes (empty at the end)."""

    def readable(self) -> bool:
        """Yes."""
        return True

    def readinto(self, buffer: object) -> int:
        """Fill the buffer as far as one step goes; raises `OSError`."""
        view = memoryview(buffer)  # type: ignore[arg-type]
        data = self._some(len(view)) if len(view) else b""
        view[: len(data)] = data
        return len(data)

    def _some(self, limit: int) -> bytes:
        """At most `limit` bytes; raises `OSError`."""
        raise NotImplementedError


def exactly(stream: BinaryIO, count: int) -> bytes:
    """`count` bytes; raises `SourceError` ``archive-cut-off``."""
    data = stream.read(count)
    if len(data) != count:
        raise SourceError("archive-cut-off")
    return data
