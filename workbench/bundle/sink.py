"""Where a bag is written to: a folder or a stored zip, one file after the other, hashed on the way.

A file that turns out not to be what it was said to be can be taken back. Not thread-safe; used by one job thread.
"""

from __future__ import annotations

import hashlib
import io
import os
import zipfile
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, BinaryIO, Protocol

from workbench.bundle.layout import ALGORITHMS, EVIDENCE

CHUNK = 1 << 20
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


class Sink(ABC):
    """A bag under construction. The lines of its manifests grow in `scratch`, so that memory does not.

    `payload` counts (bytes, files) below ``data/``; `tags` holds the few files beside it.
    """

    def __init__(self, scratch: Path) -> None:
        self.payload = (0, 0)
        self.tags: dict[str, Entry] = {}
        self._last: Entry | None = None
        self._evidence = (scratch / "evidence-lines").open("w+", encoding="ascii", newline="\n")
        self._payload = [
            (scratch / f"payload-{name}").open("w+", encoding="ascii", newline="\n") for name in ALGORITHMS
        ]

    def add(self, path: str, stream: Readable, size: int, check: Callable[[], None] | None = None) -> Entry:
        """Write a file and hash it. `size` is what is expected; `check` may raise to stop."""
        hashes = [hashlib.new(name) for name in ALGORITHMS]
        written = 0
        with self._writing(path, size) as out:
            while block := stream.read(CHUNK):
                if check is not None:
                    check()
                for each in hashes:
                    each.update(block)
                out.write(block)
                written += len(block)
        self._note()
        self._last = Entry(path, written, tuple(each.hexdigest() for each in hashes))
        return self._last

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
        for each in (self._evidence, *self._payload):
            each.close()

    @abstractmethod
    def _writing(self, path: str, size: int) -> AbstractContextManager[BinaryIO]: ...

    @abstractmethod
    def _remove(self, path: str) -> None: ...


class FolderSink(Sink):
    """A bag as a folder."""

    def __init__(self, folder: Path, scratch: Path) -> None:
        super().__init__(scratch)
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
