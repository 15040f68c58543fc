"""What the bytes of a log are to the case: new, the same as a log that it holds, more of one, or less of one."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass

from workbench.case.case import Case
from workbench.core.messages import Message
from workbench.core.progress import Progress
from workbench.core.records import Stored
from workbench.logs.compressed import LogStream, open_log
from workbench.queries.reading import KnownLog


@dataclass(frozen=True)
class Content:
    """The decompressed bytes: their hash and size, and the longest log of the case that they begin with.

    `mid_line`: that log was copied while its last line was being written, so this one takes its place.
    """

    sha256: bytes
    size: int
    compression: str
    begins_with: KnownLog | None = None
    mid_line: bool = False
    same: KnownLog | None = None
    problem: Message | None = None


def content_of(case: Case, stored: Stored, known: list[KnownLog], progress: Progress) -> Content:
    """Hash the decompressed log, looking whether it begins with one that is known."""
    by_size: dict[int, list[KnownLog]] = {}
    for log in known:
        by_size.setdefault(log.content_size, []).append(log)
    with closing(case.evidence.open(stored.sha256)) as file:
        stream, compression = open_log(file)
        if compression == "plain":
            by_size = {size: logs for size, logs in by_size.items() if size < stored.size}
            if not by_size:
                same = next((log for log in known if log.content_sha256 == stored.sha256), None)
                return Content(stored.sha256, stored.size, compression, same=same)
        begins: KnownLog | None = None
        mid_line = False
        digest = hashlib.sha256()
        size = 0
        for cut, block in _cut(stream, sorted(by_size)):
            progress.check()
            digest.update(block)
            size += len(block)
            if cut and (found := next((log for log in by_size[size] if log.content_sha256 == digest.digest()), None)):
                begins, mid_line = found, not block.endswith(b"\n")
    same = next((log for log in known if log.content_sha256 == digest.digest()), None)
    if begins is not None and begins.content_size == size:
        begins = None
    return Content(digest.digest(), size, compression, begins, mid_line, same, stream.problem)


def _cut(stream: LogStream, sizes: list[int]) -> Iterator[tuple[bool, bytes]]:
    """The stream in blocks that end at each of the sizes; says so where one does."""
    at = 0
    for size in [*sizes, None]:
        while size is None or at < size:
            block = stream.read(1 << 20 if size is None else min(1 << 20, size - at))
            if not block:
                return
            at += len(block)
            yield at == size, block


def is_contained(case: Case, stored: Stored, content: Content, known: list[KnownLog], progress: Progress) -> bool:
    """Is it an earlier copy of a log that the case holds grown? Then every line of it is there already."""
    if not content.size:
        return False
    with closing(case.evidence.open(stored.sha256)) as file:
        begun = open_log(file)[0].peek(min(content.size, 1 << 16))
    for log in known:
        if log.content_size > content.size and case.evidence.has(log.sha256):
            with closing(case.evidence.open(log.sha256)) as file:
                stream, _ = open_log(file)
                if stream.peek(len(begun)) == begun:
                    digest = hashlib.sha256()
                    for block in _pieces(stream, content.size):
                        progress.check()
                        digest.update(block)
                    if digest.digest() == content.sha256:
                        return True
    return False


def _pieces(stream: LogStream, size: int) -> Iterator[bytes]:
    while size > 0 and (block := stream.read(min(size, 1 << 20))):
        size -= len(block)
        yield block


def lines_of(case: Case, log: KnownLog) -> int:
    """Lines of a log's own part, counted in its bytes."""
    return count_lines(case, log.sha256, log.from_offset)


def count_lines(case: Case, sha256: bytes, offset: int) -> int:
    """Lines behind an offset; a last one without its end counts too."""
    lines, last = 0, b"\n"
    with closing(case.evidence.open(sha256)) as file:
        stream, _ = open_log(file)
        skip(stream, offset)
        while block := stream.read(1 << 20):
            lines += block.count(b"\n")
            last = block[-1:]
    return lines + (last != b"\n")


def skip(stream: LogStream, size: int) -> None:
    """Pass over so many bytes."""
    while size > 0 and (block := stream.read(min(size, 1 << 20))):
        size -= len(block)


def chain(log: KnownLog | None, known: list[KnownLog]) -> list[KnownLog]:
    """A log and those that it extends, the oldest first."""
    by_id = {each.id: each for each in known}
    found: list[KnownLog] = []
    while log is not None:
        found.append(log)
        log = None if log.extends is None else by_id[log.extends]
    return found[::-1]
