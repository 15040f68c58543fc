"""A local folder, walked without following links, and a single file."""

from __future__ import annotations

import os
import stat
from collections import deque
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from workbench.core.errors import UserError
from workbench.core.messages import Message
from workbench.core.progress import Progress
from workbench.core.records import Coverage, Folder, Harvested, Noted, Seen
from workbench.core.times import Precision, Zone
from workbench.sources.base import SourceError, problem_of, reason_of, shown
from workbench.sources.tree import Identity, Place, is_link, open_path

OPEN_PLACES = 64
"""Folders kept open on the way down; the ones above are opened again on the way up."""

_CASE_PARTS = (b".wbcase", b".wbcase-wal", b".wbcase-shm", b".wbcase-journal")
_KINDS = (
    (stat.S_ISFIFO, "fifo"),
    (stat.S_ISSOCK, "socket"),
    (stat.S_ISBLK, "block-device"),
    (stat.S_ISCHR, "character-device"),
)


def is_case_part(name: bytes) -> bool:
    """A case file or what SQLite keeps beside it, by name alone: opening and closing one would drop our locks."""
    return name.lower().endswith(_CASE_PARTS)


def evidence_of_case(name: bytes) -> bytes | None:
    """``x.wbcase`` for the folder name ``x.evidence``."""
    return name[: -len(b".evidence")] + b".wbcase" if name.endswith(b".evidence") else None


def file_time(facts: os.stat_result) -> int:
    """Modified time in microseconds UTC: file systems of this laptop keep absolute times."""
    return facts.st_mtime_ns // 1000


class FileSource:
    """One file that the user named."""

    kind = "file"

    def __init__(self, path: Path, name: bytes | None = None) -> None:
        self.path = path
        self.member = os.fsencode(path.name) if name is None else name
        self.name = shown(self.member)

    def items(self, progress: Progress) -> Iterator[Seen]:
        """The file, or the reason why not. See `workbench.sources.base.Source`."""
        progress.check()
        try:
            facts = self.path.stat()
        except OSError as error:
            yield Harvested(self.member, None, problem=problem_of(error))
            return
        yield Harvested(
            self.member,
            partial(open_path, self.path, facts),
            size=facts.st_size,
            modified=file_time(facts),
            zone=Zone.GIVEN,
            precision=Precision.MICROSECOND,
        )


class _Level:
    """One folder on the way from the root to where the walk stands."""

    __slots__ = ("folders", "length", "place")

    def __init__(self, place: Place, length: int) -> None:
        self.place = place
        self.length = length
        """Of the path prefix of this folder."""
        self.folders: deque[bytes] = deque()


class FolderSource:
    """Everything below a folder: its files by name, then its subfolders by name, depth first."""

    kind = "folder"

    def __init__(self, root: Path, name: str | None = None) -> None:
        self.root = root
        self.name = name or shown(os.fsencode(root.name or root.resolve().name or str(root)))

    def items(self, progress: Progress) -> Iterator[Seen]:
        """See `workbench.sources.base.Source`. Raises `UserError` ``folder-unreadable`` for the root itself."""
        place = Place(None, b"", self.root)
        try:
            place.open()
        except OSError as error:
            raise UserError("folder-unreadable", path=str(self.root), reason=reason_of(error)) from error
        walk = _Walk(place, progress)
        try:
            yield from walk.run()
        finally:
            walk.close()


class _Walk:
    """The state of one walk. The path is one growing and shrinking buffer: a stack of full paths of a tree
    10,000 folders deep would take hundreds of megabytes.
    """

    def __init__(self, root: Place, progress: Progress) -> None:
        self._progress = progress
        self._prefix = bytearray()
        self._levels = [_Level(root, 0)]
        self._above: set[Identity] = {root.identity} if root.identity else set()

    def close(self) -> None:
        for level in self._levels:
            level.place.close()

    def run(self) -> Iterator[Seen]:
        yield from self._folder(self._levels[-1])
        while self._levels:
            level = self._levels[-1]
            if level.folders:
                yield from self._enter(level, level.folders.popleft())
            else:
                yield from self._leave()

    def _path(self, name: bytes) -> bytes:
        return bytes(self._prefix) + name

    def _enter(self, level: _Level, name: bytes) -> Iterator[Seen]:
        path = self._path(name)
        place = Place(level.place, name)
        try:
            place.open()
        except OSError as error:
            yield from _unlisted(path, error)
            return
        assert place.identity is not None
        if place.identity in self._above:
            place.close()
            yield Noted(path, Message("folder-loop"))
            yield Folder(path, Coverage.NOT_REACHED)
            return
        if len(self._levels) >= OPEN_PLACES:
            self._levels[-OPEN_PLACES].place.close()
        self._above.add(place.identity)
        self._prefix += name + b"/"
        below = _Level(place, len(self._prefix))
        self._levels.append(below)
        yield from self._folder(below)

    def _leave(self) -> Iterator[Seen]:
        level = self._levels.pop()
        if level.place.identity is not None:
            self._above.discard(level.place.identity)
        if self._levels:
            above = self._levels[-1]
            del self._prefix[above.length :]
            if not above.place.is_open:
                try:
                    above.place.open_from_child(level.place)
                except OSError as error:
                    for name in above.folders:
                        yield Noted(self._path(name), problem_of(error))
                        yield Folder(self._path(name), Coverage.NOT_REACHED)
                    above.folders.clear()
        level.place.close()

    def _folder(self, level: _Level) -> Iterator[Seen]:
        """List one folder, yield its files, and leave its subfolders in the level."""
        files: list[bytes] = []
        folders: list[bytes] = []
        failed: OSError | None = None
        try:
            for count, entry in enumerate(level.place.scan()):
                if count % 1024 == 0:
                    self._progress.check()
                (folders if _is_folder(entry) else files).append(os.fsencode(entry.name))
        except OSError as error:
            failed = error
        path = bytes(self._prefix[:-1])
        if failed is None:
            yield Folder(path, Coverage.LISTED)
        else:
            yield from _unlisted(path, failed)
        files.sort()
        cases = {name for name in files if name.endswith(b".wbcase")}
        for name in files:
            self._progress.check()
            seen = self._file(level.place, name)
            if seen is None:
                folders.append(name)
            else:
                yield seen
        for name in sorted(folders):
            if is_case_part(name) or evidence_of_case(name) in cases:
                yield Noted(self._path(name), Message("case-skipped"))
                yield Folder(self._path(name), Coverage.NOT_REACHED)
            else:
                level.folders.append(name)

    def _file(self, place: Place, name: bytes) -> Seen | None:
        """What is under a name; null when it turned into a folder since it was listed."""
        path = self._path(name)
        if is_case_part(name):
            return Noted(path, Message("case-skipped"))
        try:
            facts = place.stat(name)
            if is_link(facts):
                return Noted(path, Message("symlink-not-followed", {"target": shown(place.target(name))}))
        except OSError as error:
            return Harvested(path, None, problem=problem_of(error))
        if stat.S_ISDIR(facts.st_mode):
            return None
        if not stat.S_ISREG(facts.st_mode):
            kind = next((word for test, word in _KINDS if test(facts.st_mode)), "unknown")
            return Noted(path, Message("special-not-opened", {"kind": kind}))
        readable = place.readable(name)
        return Harvested(
            path,
            partial(place.open_file, name, facts) if readable else None,
            size=facts.st_size,
            modified=file_time(facts),
            zone=Zone.GIVEN,
            precision=Precision.MICROSECOND,
            problem=None if readable else Message("file-refused"),
        )


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir(follow_symlinks=False)
    except OSError:
        return False


def _unlisted(path: bytes, error: OSError) -> Iterator[Seen]:
    """A folder that could not be listed, or only in part."""
    refused = isinstance(error, PermissionError)
    if refused:
        yield Noted(path, Message("folder-refused"))
    elif isinstance(error, SourceError):
        yield Noted(path, error.message)
    else:
        yield Noted(path, Message("folder-not-listed", {"reason": reason_of(error)}))
    yield Folder(path, Coverage.REFUSED if refused else Coverage.FAILED)
