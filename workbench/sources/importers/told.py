"""What importers of every kind tell alike: files that are listed, folders reached, names that are no paths."""

from __future__ import annotations

from collections.abc import Iterator

from workbench.core.messages import Message
from workbench.core.records import Coverage, Folder, Harvested, Noted
from workbench.sources.importers.urls import why_unsafe
from workbench.sources.remote import Entry

MOST_FOLDERS = 64 << 20
"""Bytes of folder names that are kept in memory; beyond it no coverage is claimed for further folders."""


LISTING = "listing"
"""Among the headers of a file: what the listing says of it, word by word (`Entry.stamp`)."""
NOT_MODIFIED = "not-modified"
"""Among them: the server said that the file is the one of before."""


class Folders:
    """What is known of each folder. What nobody listed was not reached, whatever was seen below it."""

    def __init__(self) -> None:
        self._known: dict[bytes, Coverage] = {b"": Coverage.NOT_REACHED}
        self._left = MOST_FOLDERS
        self.complete = True

    def met(self, path: bytes) -> None:
        """A folder was named, and so were those above it."""
        while path and path not in self._known:
            self._left -= len(path)
            if self._left < 0:
                self.complete = False
                return
            self._known[path] = Coverage.NOT_REACHED
            path = path.rpartition(b"/")[0]

    def file(self, path: bytes) -> None:
        """A file was named."""
        self.met(path.rpartition(b"/")[0])

    def found(self, path: bytes, coverage: Coverage) -> None:
        """What became of a folder. Listed counts above all, then refused, then failed."""
        self.met(path)
        if path in self._known and _RANK[coverage] > _RANK[self._known[path]]:
            self._known[path] = coverage

    def lost(self, path: bytes, coverage: Coverage) -> None:
        """This laptop could not read all that was kept of a folder: whatever a page says, nothing is known of it."""
        if path in self._known:
            self._known[path] = coverage

    def __contains__(self, path: bytes) -> bool:
        return path in self._known

    def failed_all(self) -> None:
        """The harvest is cut off: no folder is known to be listed whole."""
        for path, state in self._known.items():
            if state is Coverage.LISTED:
                self._known[path] = Coverage.FAILED
        self.found(b"", Coverage.FAILED)

    def all(self) -> Iterator[Folder]:
        """Every folder, sorted."""
        for path in sorted(self._known):
            yield Folder(path, self._known[path])


_RANK = {Coverage.NOT_REACHED: 0, Coverage.FAILED: 1, Coverage.REFUSED: 2, Coverage.LISTED: 3}


def below(folder: bytes, name: bytes) -> bytes:
    """The path of a name in a folder."""
    return folder + b"/" + name if folder else name


def unusable(path: bytes) -> Noted | None:
    """The record of a name that leads out of its folder or cannot be used; null when it can."""
    reason = why_unsafe(path)
    return None if reason is None else Noted(path, Message("import-path-unsafe", {"reason": reason}))


def listed(path: bytes, entry: Entry, record: str | None = None, problem: Message | None = None) -> Harvested:
    """A file that a listing names and nobody fetched."""
    return Harvested(
        path,
        None,
        size=entry.size,
        modified=entry.modified,
        zone=entry.zone,
        precision=entry.precision,
        etag=entry.etag,
        headers={LISTING: entry.stamp} if entry.stamp else {},
        problem=problem,
        record=record,
    )
