"""Where a bag is written to: a folder or a stored zip, in the order in which files are given.

Small and made files are hashed while they are written, and read again when the bag is verified. The many files of
`add_all`, which are known by their hash before, are copied into a folder by the system and then hashed from what stands
there, so that what the manifests say was read back from the bag (`ReadBack`).

A file that turns out not to be what it was said to be can be taken back. Used by one job thread; threads of its own
help with what takes time, hashing and the disk: two files of a folder at once, the two digests of a member of a zip.
"""

from __future__ import annotations

import errno
import hashlib
import io
import os
import re
import zipfile
from abc import ABC, abstractmethod
from bisect import bisect_left
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO, BinaryIO, Protocol

from workbench.bundle.layout import ALGORITHMS, EVIDENCE

CHUNK = 1 << 18
"""Bytes that are read at a time: both digests and the search then find them in the processor's own memory."""
HELPERS = 2
"""Threads beside the job's own: a laptop has other things to do too."""
COPIED = 16 << 20
"""Bytes that the system copies at a time."""
AHEAD = 8
"""Files that are begun at most before the first of them is done."""
SHARED = 1 << 17
"""Bytes from which a block is worth being hashed in two threads."""
WIDE = 1 << 31
"""Files of this size and more get 64-bit fields in a zip."""
DATE = (1980, 1, 1, 0, 0, 0)
"""Of every member of a zip: when a bundle was made stands in ``bag-info.txt``, once."""


@dataclass(frozen=True)
class Entry:
    """A file of the bag: its size, and its hexadecimal digests in the order of `ALGORITHMS`."""

    path: str
    size: int
    digests: tuple[str, ...]


class Readable(Protocol):
    """What can be copied into a bag."""

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes; none at the end."""


@dataclass(frozen=True)
class Incoming:
    """A file to be copied. `opened` gives its bytes, or null where there are none; `size` is what is expected."""

    path: str
    size: int
    opened: Callable[[], AbstractContextManager[Readable] | None]


def copy(source: Readable, out: BinaryIO, check: Callable[[], None] | None) -> None:
    """Copy a file by the system's own call where it has one, else block by block.

    Errors of reading are told by `source` in its own way; those of writing are `OSError`.
    """
    at = 0
    fd = getattr(source, "fileno", lambda: None)()
    if fd is not None and hasattr(os, "copy_file_range"):
        while True:
            if check is not None:
                check()
            try:
                count = os.copy_file_range(fd, out.fileno(), COPIED, at, at)
            except OSError as error:
                if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
                    raise
                break  # not between these file systems, or the source cannot be read: the other way tells
            if not count:
                return
            at += count
        os.lseek(fd, at, os.SEEK_SET)
        out.seek(at)
    while block := source.read(CHUNK):
        if check is not None:
            check()
        out.write(block)


class ReadBack:
    """Digests of files that were read back from the bag after they were written, in little memory.

    Their names are their SHA-256, and they come in the order of it.
    """

    def __init__(self) -> None:
        self._first = bytearray()
        self._second = bytearray()

    def add(self, entry: Entry) -> None:
        """The next file."""
        first, second = (bytes.fromhex(each) for each in entry.digests)
        assert not self._first or self._first[-32:] < first
        self._first += first
        self._second += second

    def drop(self) -> None:
        """The last file was taken back."""
        del self._first[-32:], self._second[-64:]

    def get(self, path: str) -> dict[str, bytes] | None:
        """The digests of a file by their method; null where it is to be read."""
        name = path.rpartition("/")[2]
        if re.fullmatch(r"[0-9a-f]{64}", name) is None:
            return None
        wanted = bytes.fromhex(name)
        at = bisect_left(range(len(self._first) // 32), wanted, key=self._name)
        if at * 32 >= len(self._first) or self._name(at) != wanted:
            return None
        return dict(zip(ALGORITHMS, (wanted, bytes(self._second[64 * at : 64 * at + 64])), strict=True))

    def _name(self, at: int) -> bytes:
        return bytes(self._first[32 * at : 32 * at + 32])


class Reader(Protocol):
    """Who wants to see what is read back."""

    def feed(self, block: bytes) -> None:
        """The next bytes."""

    def finish(self, reopen: Callable[[], IO[bytes]]) -> None:
        """That was all."""


class Sink(ABC):
    """A bag under construction. The lines of its manifests grow in `scratch`, so that memory does not.

    `payload` counts (bytes, files) below ``data/``; `tags` holds the few files beside it.
    """

    def __init__(self, scratch: Path, watch: Callable[[str, int], Reader] | None = None) -> None:
        self.payload = (0, 0)
        self.read_back = ReadBack()
        self._watch = watch
        self.tags: dict[str, Entry] = {}
        self._last: Entry | None = None
        self._pool = ThreadPoolExecutor(HELPERS, "bundle")
        self._evidence = (scratch / "evidence-lines").open("w+", encoding="ascii", newline="\n")
        self._payload = [
            (scratch / f"payload-{name}").open("w+", encoding="ascii", newline="\n") for name in ALGORITHMS
        ]

    def add(self, path: str, stream: Readable, size: int, check: Callable[[], None] | None = None) -> Entry:
        """Write a file and hash it. `size` is what is expected; `check` may raise to stop."""
        entry = self._copied(path, stream, size, check)
        self._note()
        self._last = entry
        return entry

    def add_all(
        self, files: Iterable[Incoming], check: Callable[[], None] | None = None
    ) -> Iterator[tuple[Incoming, Entry | None]]:
        """Write many files named by their SHA-256, in the order of it; null where there are no bytes.

        Each can be taken back until the next is asked for.
        """
        for each in files:
            yield each, self._enter(self._incoming(each, check))

    def _incoming(self, each: Incoming, check: Callable[[], None] | None) -> Entry | None:
        opened = each.opened()
        if opened is None:
            return None
        with opened as stream:
            return self._copied(each.path, stream, each.size, check)

    def _enter(self, entry: Entry | None) -> Entry | None:
        if entry is not None:
            self._note()
            self._last = entry
        return entry

    def _copied(self, path: str, stream: Readable, size: int, check: Callable[[], None] | None) -> Entry:
        hashes = [hashlib.new(name) for name in ALGORITHMS]
        written = 0
        with self._writing(path, size) as out:
            while block := stream.read(CHUNK):
                if check is not None:
                    check()
                self._hash(hashes, block)
                out.write(block)
                written += len(block)
        return Entry(path, written, tuple(each.hexdigest() for each in hashes))

    def _hash(self, hashes: Sequence[hashlib._Hash], block: bytes) -> None:
        for each in hashes:
            each.update(block)

    def add_file(self, path: str, file: Path) -> Entry:
        """Write a file that was made in the scratch folder, and remove it there."""
        with file.open("rb") as stream:
            entry = self.add(path, stream, file.stat().st_size)
        file.unlink()
        return entry

    def add_bytes(self, path: str, content: bytes) -> Entry:
        """Write a small file."""
        return self.add(path, io.BytesIO(content), len(content))

    def take_back(self, path: str) -> None:
        """Remove the file that was written last."""
        assert self._last is not None
        assert self._last.path == path
        if self.read_back.get(path) is not None:
            self.read_back.drop()
        self._last = None
        self._remove(path)

    def _note(self) -> None:
        """Enter the last file into the manifests, now that nobody takes it back any more."""
        entry, self._last = self._last, None
        if entry is None:
            return
        if not entry.path.startswith("data/"):
            self.tags[entry.path] = entry
            return
        self.payload = (self.payload[0] + entry.size, self.payload[1] + 1)
        for lines, digest in zip(self._payload, entry.digests, strict=True):
            lines.write(f"{digest}  {entry.path}\n")
        if entry.path.startswith(f"{EVIDENCE}/"):
            self._evidence.write(f"{entry.digests[0]}  {entry.path.removeprefix(f'{EVIDENCE}/')}\n")

    def evidence_lines(self) -> Path:
        """The manifest of the evidence part so far, in the order of writing."""
        return self._flushed(self._evidence)

    def payload_lines(self) -> list[Path]:
        """The payload manifests, in the order of `ALGORITHMS`."""
        return [self._flushed(each) for each in self._payload]

    def tag_lines(self, number: int) -> bytes:
        """A tag manifest of what is beside the payload so far."""
        self._note()
        return "".join(f"{each.digests[number]}  {path}\n" for path, each in sorted(self.tags.items())).encode()

    def _flushed(self, lines: IO[str]) -> Path:
        self._note()
        lines.flush()
        return Path(lines.name)

    @abstractmethod
    def has(self, path: str) -> bool:
        """Was this file written?"""

    def close(self) -> None:
        """Finish the bag."""
        self._pool.shutdown(cancel_futures=True)
        for each in (self._evidence, *self._payload):
            each.close()

    @abstractmethod
    def _writing(self, path: str, size: int) -> AbstractContextManager[BinaryIO]: ...

    @abstractmethod
    def _remove(self, path: str) -> None: ...


class FolderSink(Sink):
    """A bag as a folder."""

    def __init__(self, folder: Path, scratch: Path, watch: Callable[[str, int], Reader] | None = None) -> None:
        super().__init__(scratch, watch)
        self._folder = folder
        self._made: set[Path] = set()
        folder.mkdir()

    @contextmanager
    def _writing(self, path: str, size: int) -> Iterator[BinaryIO]:
        del size
        place = self._folder / path
        if place.parent not in self._made:
            place.parent.mkdir(parents=True, exist_ok=True)
            self._made.add(place.parent)
        with place.open("xb") as file:
            yield file

    def add_all(
        self, files: Iterable[Incoming], check: Callable[[], None] | None = None
    ) -> Iterator[tuple[Incoming, Entry | None]]:
        """The same, `HELPERS` files at a time and `AHEAD` begun before their turn; told in the order given, read back
        from where they stand, and shown to the watcher.
        """
        begun: deque[tuple[Incoming, Future[Entry | None]]] = deque()
        coming = iter(files)
        while True:
            for each in islice(coming, AHEAD - len(begun)):
                begun.append((each, self._pool.submit(self._incoming, each, check)))
            if not begun:
                return
            each, future = begun.popleft()
            entry = self._enter(future.result())
            if entry is not None and entry.digests[0] == each.path.rpartition("/")[2]:
                self.read_back.add(entry)
            yield each, entry

    def _incoming(self, each: Incoming, check: Callable[[], None] | None) -> Entry | None:
        opened = each.opened()
        if opened is None:
            return None
        path, size, place = each.path, each.size, self._folder / each.path
        with opened as stream, self._writing(path, size) as out:
            copy(stream, out, check)
        hashes = [hashlib.new(name) for name in ALGORITHMS]
        looked = self._watch(path, size) if self._watch is not None else None
        found = 0
        with place.open("rb") as back:
            while block := back.read(CHUNK):
                if check is not None:
                    check()
                self._hash(hashes, block)
                if looked is not None:
                    looked.feed(block)
                found += len(block)
        if looked is not None:
            looked.finish(lambda: place.open("rb"))
        return Entry(path, found, tuple(digest.hexdigest() for digest in hashes))

    def _remove(self, path: str) -> None:
        (self._folder / path).unlink()

    def has(self, path: str) -> bool:
        """Is it there?"""
        return (self._folder / path).exists()


class ZipSink(Sink):
    """A bag as a zip: stored, one top folder, deterministic but for its content."""

    def __init__(self, file: Path, top: str, scratch: Path) -> None:
        super().__init__(scratch)
        self._top = top
        self._zip = zipfile.ZipFile(file, "x", zipfile.ZIP_STORED, allowZip64=True)
        self._began = 0

    @contextmanager
    def _writing(self, path: str, size: int) -> Iterator[BinaryIO]:
        info = zipfile.ZipInfo(f"{self._top}/{path}", DATE)
        info.external_attr = 0o100644 << 16
        info.create_system = 3
        self._began = self._zip.start_dir
        with self._zip.open(info, "w", force_zip64=size >= WIDE) as member:
            yield member  # type: ignore[misc]

    def _hash(self, hashes: Sequence[hashlib._Hash], block: bytes) -> None:
        """The members of a zip lie one behind the other, but their digests can be computed side by side."""
        if len(block) < SHARED:
            super()._hash(hashes, block)
            return
        first, *others = hashes
        waiting = [self._pool.submit(each.update, block) for each in others]
        first.update(block)
        wait(waiting)

    def _remove(self, path: str) -> None:
        name = f"{self._top}/{path}"
        last = self._zip.filelist.pop()
        assert last.filename == name
        del self._zip.NameToInfo[name]
        file = self._zip.fp
        assert file is not None
        file.seek(self._began)
        file.truncate()
        self._zip.start_dir = self._began

    def has(self, path: str) -> bool:
        """Is it in the zip?"""
        return f"{self._top}/{path}" in self._zip.NameToInfo

    def close(self) -> None:
        """Write the directory of the zip and have it on the disk."""
        super().close()
        file = self._zip.filename
        self._zip.close()
        assert file is not None
        fd = os.open(file, os.O_RDONLY)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)
