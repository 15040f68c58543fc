"""Tar archives, plain or compressed: every member as a stream, nothing written to disk."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable, Iterator
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
    Gated,
    Ledger,
    Limits,
    MemberGate,
    clean,
    refused,
    unsafe,
)
from workbench.sources.tarformat import RECORD, Member, is_header, read_member
from workbench.sources.unpack import unpacked

_SPECIAL = {b"3": "character-device", b"4": "block-device", b"6": "fifo"}
_ZEROS = bytes(RECORD)


class TarSource:
    """The members of one tar archive, in their order."""

    kind = "tar"

    def __init__(self, path: Path, name: bytes | None = None, limits: Limits | None = None) -> None:
        self._file = ArchiveFile(path, name)
        self._limits = limits or Limits()
        self.name = shown(self._file.name)

    def items(self, progress: Progress) -> Iterator[Seen]:
        """See `workbench.sources.base.Source`. Something that is no tar after all is yielded as a plain file
        with a warning. Raises `UserError` ``archive-unreadable``.
        """
        try:
            yield self._file.container(progress)
            cursor = _Cursor(self._file.open)
        except OSError as error:
            raise UserError("archive-unreadable", path=str(self._file.path), reason=reason_of(error)) from error
        try:
            yield from _Look(self._file, cursor, self._limits, progress).run()
        finally:
            cursor.close()


class _Cursor:
    """Where one pass stands in the unpacked archive. Its lock lets a member be read from another thread."""

    def __init__(self, opener: Callable[[], BinaryIO]) -> None:
        self.lock = threading.Lock()
        self.position = 0
        self.closed = False
        raw = opener()
        try:
            self._stream, self.compressed = unpacked(raw, is_header)
        except BaseException:
            raw.close()
            raise

    def close(self) -> None:
        """Also called while a member's stream is still held; that one then takes its own pass."""
        with self.lock:
            self.closed = True
            self._stream.close()

    def some(self, limit: int) -> bytes:
        """The next bytes, at least one unless at the end; the caller holds the lock."""
        data = self._stream.read1(limit) if isinstance(self._stream, io.BufferedReader) else self._stream.read(limit)
        self.position += len(data)
        return data

    def move(self, position: int, spend: Callable[[int], None]) -> None:
        """Go forward; raises `SourceError` ``archive-cut-off``."""
        if not self.compressed:
            with self.lock:
                self._stream.seek(position)
                self.position = position
            return
        while True:
            with self.lock:
                left = position - self.position
                if left <= 0:
                    return
                count = len(self.some(min(left, BLOCK)))
            if not count:
                raise SourceError("archive-cut-off")
            spend(count)


class _Look:
    """One pass over the archive."""

    def __init__(self, file: ArchiveFile, cursor: _Cursor, limits: Limits, progress: Progress) -> None:
        self._file = file
        self._cursor = cursor
        self._limits = limits
        self._progress = progress
        self._ledger = Ledger(limits)
        self._budget = Budget(limits, file.size)
        self._skipped = Budget(limits, file.size)
        self._shared: dict[bytes, bytes] = {}

    def run(self) -> Iterator[Seen]:
        """The members, the notes, and last the folders."""
        coverage = Coverage.LISTED
        count = 0
        try:
            while (block := self._header()) is not None:
                self._progress.check()
                if count >= self._limits.members:
                    raise SourceError("archive-too-many", limit=self._limits.members)
                member = read_member(block, self._exactly, self._shared)
                count += 1
                start = self._cursor.position
                yield from self._member(member, start)
                if member.kind not in b"123456":
                    self._cursor.move(start + -(-member.stored // RECORD) * RECORD, self._spend)
            if self._more_behind():
                yield Noted(b"", Message("archive-bytes-after-end"))
        except OSError as error:
            coverage = Coverage.FAILED
            yield Noted(b"", problem_of(error))
            if not count:
                yield from self._whole()
                return
        if not self._ledger.complete:
            yield Noted(b"", Message("archive-many-folders"))
        yield from self._ledger.folders(coverage)

    def _spend(self, count: int) -> None:
        self._progress.check()
        self._skipped.spend(count)

    def _exactly(self, count: int) -> bytes:
        parts = bytearray()
        with self._cursor.lock:
            while len(parts) < count:
                data = self._cursor.some(min(count - len(parts), BLOCK))
                if not data:
                    raise SourceError("archive-cut-off")
                parts += data
        return bytes(parts)

    def _header(self) -> bytes | None:
        """The next header; null at the mark of the end, which is a block of zeros."""
        block = self._exactly(RECORD)
        return None if block == _ZEROS else block

    def _more_behind(self) -> bool:
        """Does anything but padding follow the mark of the end? Reads all of it, because the checksum of a
        compressed archive comes last.
        """
        more = False
        while True:
            with self._cursor.lock:
                data = self._cursor.some(BLOCK)
            if not data:
                return more
            more = more or bool(data.strip(b"\0"))
            self._spend(len(data))

    def _member(self, member: Member, start: int) -> Iterator[Seen]:
        if member.kind in b"V":
            return
        reason = unsafe(member.name)
        path = clean(member.name)
        if reason is not None:
            if member.kind != b"5" or reason != "empty":
                yield refused(member.name, reason)
            return
        if member.kind in (b"5", b"D"):
            self._ledger.folder(path)
        elif member.kind == b"2":
            yield Noted(path, Message("symlink-not-followed", {"target": shown(member.target)}))
        elif member.kind == b"1":
            yield Noted(path, Message("hardlink-not-followed", {"target": shown(member.target)}))
        elif member.kind != b"0":
            yield Noted(path, Message("special-not-opened", {"kind": _SPECIAL.get(member.kind, "unknown")}))
        else:
            yield from self._regular(member, path, start)

    def _regular(self, member: Member, path: bytes, start: int) -> Iterator[Seen]:
        if self._ledger.again(path):
            yield Noted(path, Message("archive-name-twice"))
        yield Harvested(
            path,
            partial(self._open, member, start),
            size=member.size,
            modified=member.stamp.micros if member.stamp else None,
            zone=member.stamp.zone if member.stamp else Zone.UNKNOWN,
            precision=member.stamp.precision if member.stamp else Precision.SECOND,
        )

    def _open(self, member: Member, start: int) -> BinaryIO:
        packed = self._file.size if self._cursor.compressed else member.stored
        gate = MemberGate(self._limits, self._budget, packed)
        return io.BufferedReader(_Stream(member, start, self._cursor, self._file, gate), BLOCK)

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


class _Stream(Gated):
    """One member. Reads from the pass itself while that stands at this very byte, else from an own one."""

    def __init__(self, member: Member, start: int, shared: _Cursor, file: ArchiveFile, gate: MemberGate) -> None:
        super().__init__()
        self._member = member
        self._shared = shared
        self._file = file
        self._own: _Cursor | None = None
        self._gate = gate
        self._at = start
        self._parts = self._plan()
        self._hole = self._left = 0

    def close(self) -> None:
        """Close the own pass, if there was one."""
        if self._own is not None:
            self._own.close()
        super().close()

    def _plan(self) -> Iterator[tuple[int, int]]:
        """(zeros, stored bytes) in turn."""
        last = 0
        for offset, count in self._member.extents or ((0, self._member.stored),):
            yield offset - last, count
            last = offset + count
        yield self._member.size - last, 0

    def _some(self, limit: int) -> bytes:
        while not self._hole and not self._left:
            part = next(self._parts, None)
            if part is None:
                return b""
            self._hole, self._left = part
        if self._hole:
            data = bytes(min(self._hole, limit, BLOCK))
            self._hole -= len(data)
        else:
            data = self._stored(min(self._left, limit))
            if not data:
                raise SourceError("archive-cut-off")
            self._left -= len(data)
            self._at += len(data)
        self._gate.check(len(data))
        return data

    def _stored(self, limit: int) -> bytes:
        if self._own is None:
            with self._shared.lock:
                if self._shared.position == self._at and not self._shared.closed:
                    return self._shared.some(limit)
            self._own = _Cursor(self._file.open)
            self._own.move(self._at, lambda _: None)
        return self._own.some(limit)


def looks_like_tar(stream: BinaryIO) -> bool:
    """Does it begin with a tar header, compressed or not? Takes the stream over and closes it."""
    with stream:
        try:
            content, _ = unpacked(stream, is_header)
            with content:
                block = content.read(RECORD)
        except OSError:
            return False
    return is_header(block) or (len(block) == RECORD and block == _ZEROS)
