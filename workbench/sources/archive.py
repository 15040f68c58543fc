"""Zip archives: every member as a stream, nothing written to disk, nothing believed that two headers dispute."""

from __future__ import annotations

import io
import stat
from array import array
from bisect import bisect_right
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import BinaryIO

from workbench.core.errors import UserError
from workbench.core.messages import Message
from workbench.core.progress import Progress
from workbench.core.records import Coverage, Harvested, Noted, Seen
from workbench.core.times import Precision, Zone
from workbench.sources.base import SourceError, problem_of, reason_of, shown
from workbench.sources.folder import file_time
from workbench.sources.members import (
    BLOCK,
    ArchiveFile,
    Budget,
    Ledger,
    Limits,
    MemberGate,
    clean,
    refused,
    unsafe,
)
from workbench.sources.zipformat import UTF8, Directory, Entry, differences, entries, find_directory, local_header
from workbench.sources.zipmember import METHODS, MemberStream

_LONGEST_TARGET = 4096


class ZipSource:
    """The members of one zip archive, in the order of its directory."""

    kind = "zip"

    def __init__(self, path: Path, name: bytes | None = None, limits: Limits | None = None) -> None:
        self._file = ArchiveFile(path, name)
        self._limits = limits or Limits()
        self.name = shown(self._file.name)

    def items(self, progress: Progress) -> Iterator[Seen]:
        """See `workbench.sources.base.Source`. An archive without a readable directory is yielded as a plain
        file with a warning, so that its bytes are kept. Raises `UserError` ``archive-unreadable``.
        """
        try:
            yield self._file.container(progress)
            stream = self._file.open()
        except OSError as error:
            raise UserError("archive-unreadable", path=str(self._file.path), reason=reason_of(error)) from error
        with stream:
            try:
                directory = find_directory(stream, self._file.size)
            except OSError as error:
                yield Noted(b"", problem_of(error))
                yield from self._whole()
                return
            yield from _Look(self._file, stream, directory, self._limits, progress).run()

    def _whole(self) -> Iterator[Seen]:
        assert self._file.facts is not None
        yield Harvested(
            self._file.name,
            self._file.open,
            size=self._file.size,
            modified=file_time(self._file.facts),
            zone=Zone.GIVEN,
            precision=Precision.MICROSECOND,
        )


class _Look:
    """One pass over the directory: first where everything lies, then the members."""

    def __init__(
        self, file: ArchiveFile, stream: BinaryIO, directory: Directory, limits: Limits, progress: Progress
    ) -> None:
        self._file = file
        self._stream = stream
        self._directory = directory
        self._limits = limits
        self._progress = progress
        self._budget = Budget(limits, file.size)
        self._ledger = Ledger(limits)
        self._starts: array[int] = array("Q")

    def run(self) -> Iterator[Seen]:
        """The members, the notes, and last the folders."""
        if self._directory.damaged:
            yield Noted(b"", Message("archive-end-damaged"))
        self._find_starts()
        coverage = Coverage.LISTED
        found = 0
        try:
            for number, entry in enumerate(entries(self._stream, self._directory)):
                self._progress.check()
                if number >= self._limits.members:
                    raise SourceError("archive-too-many", limit=self._limits.members)
                found += 1
                yield from self._member(entry)
            # Packers without zip64 let the count run over.
            if (found ^ self._directory.count) & 0xFFFF:
                raise SourceError("archive-count-differs", stated=self._directory.count, found=found)
        except OSError as error:
            coverage = Coverage.FAILED
            yield Noted(b"", problem_of(error))
        if not self._ledger.complete:
            yield Noted(b"", Message("archive-many-folders"))
        yield from self._ledger.folders(coverage)

    def _find_starts(self) -> None:
        """Where members begin, sorted: two that share bytes are how a small file becomes a petabyte."""
        starts, ordered, last = self._starts, True, -1
        try:
            for number, entry in enumerate(entries(self._stream, self._directory)):
                if number % 1024 == 0:
                    self._progress.check()
                if number >= self._limits.members:
                    break
                if entry.offset <= self._directory.end:
                    ordered = ordered and entry.offset >= last
                    last = entry.offset
                    starts.append(last)
        except OSError:
            pass  # The second pass meets the same place and says so.
        if not ordered:
            self._starts = array("Q", sorted(starts))

    def _member(self, entry: Entry) -> Iterator[Seen]:
        reason = unsafe(entry.name) or unsafe(entry.raw)
        if reason is not None:
            yield refused(entry.name, reason)
            return
        path = clean(entry.name)
        kind = stat.S_IFMT(entry.mode)
        if entry.name.endswith(b"/") or kind == stat.S_IFDIR or (entry.dos_folder and not kind and not entry.size):
            self._ledger.folder(path)
            if entry.size:
                yield Noted(path, Message("archive-folder-with-bytes", {"size": entry.size}))
            return
        if kind == stat.S_IFLNK:
            yield Noted(path, Message("symlink-not-followed", {"target": self._target(entry)}))
            return
        if kind not in (0, stat.S_IFREG):
            yield Noted(path, Message("special-not-opened", {"kind": "device"}))
            return
        if self._ledger.again(path):
            yield Noted(path, Message("archive-name-twice"))
        opener, problem = None, None
        try:
            data, differ = self._data(entry)
            if differ:
                yield Noted(path, Message("archive-headers-differ", {"fields": ", ".join(differ)}))
            opener = partial(self._open, entry, data)
        except OSError as error:
            problem = problem_of(error)
        yield Harvested(
            path,
            opener,
            size=entry.size,
            modified=entry.stamp.micros if entry.stamp else None,
            zone=entry.stamp.zone if entry.stamp else Zone.UNKNOWN,
            precision=entry.stamp.precision if entry.stamp else Precision.SECOND,
            headers=_claims(entry),
            problem=problem,
        )

    def _data(self, entry: Entry) -> tuple[int, list[str]]:
        """Where the bytes begin, and what the headers dispute; raises `SourceError` when they may not be read."""
        if entry.encrypted:
            raise SourceError("archive-encrypted")
        if entry.method not in METHODS:
            raise SourceError("archive-method", method=entry.method)
        local = local_header(self._stream, entry)
        end = local.data + entry.packed
        after = bisect_right(self._starts, entry.offset)
        limit = self._starts[after] if after < len(self._starts) else self._directory.start
        twice = after >= 2 and self._starts[after - 2] == entry.offset
        if twice or (end > limit and limit < self._directory.start):
            raise SourceError("archive-overlap")
        if end > self._directory.start:
            raise SourceError("archive-member-damaged")
        return local.data, differences(entry, local)

    def _target(self, entry: Entry) -> str:
        """What a link points to, when that is short and readable."""
        try:
            data, _ = self._data(entry)
            with self._open(entry, data) as stream:
                return shown(stream.read(_LONGEST_TARGET))
        except OSError:
            return "?"

    def _open(self, entry: Entry, data: int) -> BinaryIO:
        stream = self._file.open()
        stream.seek(data)
        gate = MemberGate(self._limits, self._budget, entry.packed)
        return io.BufferedReader(MemberStream(stream, entry, gate), BLOCK)


def _claims(entry: Entry) -> dict[str, str]:
    """What the directory says of the name's writing, for whoever must decode it."""
    claims: dict[str, str] = {}
    if entry.flags & UTF8:
        claims["zip-name-utf8"] = "1"
    if entry.unicode is not None and entry.unicode != entry.raw:
        claims["zip-name-hex"] = entry.raw.hex()
    return claims
