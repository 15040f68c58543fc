"""Tells what a folder of wget or aria2 shows, one folder at a time."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from urllib.parse import unquote_to_bytes

from workbench.core.messages import Message
from workbench.core.progress import Progress
from workbench.core.records import Container, Coverage, Folder, Harvested, Noted, Seen
from workbench.core.scope import REFUSED
from workbench.core.times import SECOND, Precision, Zone
from workbench.sources.base import problem_of
from workbench.sources.folder import FolderSource
from workbench.sources.importers.aria2 import total_length
from workbench.sources.importers.pages import LARGEST
from workbench.sources.importers.saved import read_listing_file
from workbench.sources.importers.told import Folders, below, listed, unusable
from workbench.sources.importers.urls import Base, Place, folder_url, split
from workbench.sources.importers.wgetlog import disk_name
from workbench.sources.remote import Entry, Listing

LISTINGS = (b".listing", b"index.html.orig", b"index.html", b"index.htm")
"""Names under which a page of a folder is kept, the most faithful first."""
_VARIANT = re.compile(rb"index\.html?\?.*[=;&].*")
_DOUBLE = re.compile(rb"(.+)\.(\d{1,4})")
_CONTROL = b".aria2"


@dataclass(frozen=True)
class Layout:
    """How a folder maps to a server.

    `prefix` is the folder below the given one where the harvest begins, `base` that place on the server. `names` maps
    names on disk to paths of the server, `failed` addresses to statuses. `aside` are files of the program that fetched;
    `missing` is what it was asked for and has not got.
    """

    prefix: bytes
    base: Base
    names: Mapping[bytes, bytes]
    failed: Mapping[str, int]
    aside: frozenset[bytes] = frozenset()
    missing: tuple[Place, ...] = ()


class MirrorSource:
    """One such folder."""

    kind = "mirror"

    def __init__(self, source: FolderSource, layout: Layout, skip: frozenset[bytes]) -> None:
        self._source = source
        self._layout = layout
        self._skip = skip
        self.name = source.name

    def items(self, progress: Progress) -> Iterator[Seen]:
        """See `workbench.sources.base.Source`."""
        telling = _Telling(self._layout)
        here: bytes | None = None
        files: list[Harvested] = []
        for seen in self._source.items(progress):
            if isinstance(seen, Folder):
                if here is not None:
                    yield from telling.folder(here, files)
                here, files = seen.path, []
                telling.local(seen)
            elif isinstance(seen, Harvested):
                if seen.path in self._layout.aside:
                    yield from _aside(seen)
                elif seen.path not in self._skip:
                    files.append(_to_the_second(seen))
            else:
                yield seen
        if here is not None:
            yield from telling.folder(here, files)
        yield from telling.rest()


def _to_the_second(seen: Harvested) -> Harvested:
    """HTTP and FTP state times to the second: a file whose time is whole has it from there."""
    whole = seen.modified is not None and seen.modified % SECOND == 0
    return replace(seen, precision=Precision.SECOND) if whole else seen


def _aside(seen: Harvested) -> Iterator[Seen]:
    """A log or a list of the program that fetched: no file of the server, named with its hash."""
    if seen.open is None:
        yield Noted(seen.path, seen.problem or Message("file-refused"))
        return
    digest = hashlib.sha256()
    size = 0
    try:
        with seen.open() as stream:
            while block := stream.read(1 << 20):
                digest.update(block)
                size += len(block)
    except OSError as error:
        yield Noted(seen.path, problem_of(error))
        return
    yield Container(seen.path, size, digest.digest())


class _Telling:
    """One pass."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._folders = Folders()
        self._local: dict[bytes, Coverage] = {}
        self._refused = {
            path for url, status in layout.failed.items() if status in REFUSED and (path := self._path(url)) is not None
        }

    def local(self, folder: Folder) -> None:
        """What this laptop could read of a folder: one that it could not read whole is listed by no page."""
        path = self._below_start(folder.path)
        if path is not None and folder.coverage is not Coverage.LISTED:
            self._local[path] = folder.coverage

    def folder(self, disk: bytes, files: list[Harvested]) -> Iterator[Seen]:
        """A folder and its files."""
        path = self._below_start(disk)
        if path is None:
            return  # above the place where the harvest begins lie robots.txt and logs
        if path and (refused := unusable(path)) is not None:
            yield refused
            return
        if path:
            self._folders.met(path)
        by_name = {each.path.rpartition(b"/")[2]: each for each in files}
        listing, pages, notes = self._listing(path, by_name)
        yield from notes
        entries: dict[bytes, Entry] = {}
        if listing is not None:
            self._folders.found(path, Coverage.FAILED if listing.more is not None else Coverage.LISTED)
            for remark in listing.remarks:
                yield Noted(below(path, remark.name) if remark.name else path, remark.message)
            entries = {each.name: each for each in listing.entries if not self._is_page_link(each)}
        present = frozenset(by_name)
        yield from self._listed(path, entries, by_name)
        for name in sorted(by_name):
            if (double := _DOUBLE.fullmatch(name)) is not None and double[1] in present:
                yield from self._double(path, name, by_name[name])
            yield from self._unlisted(path, name, by_name, pages)

    def _listed(self, path: bytes, entries: dict[bytes, Entry], by_name: dict[bytes, Harvested]) -> Iterator[Seen]:
        """What the page names: with its bytes where they are there. Takes them out of `by_name`."""
        on_disk = self._on_disk(path, entries, by_name)
        for name, entry in entries.items():
            own = below(path, name)
            refused = unusable(own)
            if refused is not None:
                yield refused
            elif entry.is_folder:
                self._folders.met(own)
                if own in self._refused:
                    self._folders.found(own, Coverage.REFUSED)
            else:
                self._folders.file(own)
                yield self._entry(own, entry, on_disk.get(name), by_name)

    def _entry(self, path: bytes, entry: Entry, disk: bytes | None, by_name: dict[bytes, Harvested]) -> Harvested:
        if disk is None:
            problem = Message("import-refused", {"status": 403}) if path in self._refused else None
            return listed(path, entry, problem=problem)
        held = replace(by_name.pop(disk), path=path)
        if by_name.pop(disk + _CONTROL, None) is not None:
            return listed(path, entry, problem=Message("import-download-unfinished"))
        differs = entry.exact and entry.size is not None and held.size is not None and entry.size != held.size
        return replace(held, problem=Message("import-size-differs", {"size": entry.size})) if differs else held

    def _on_disk(self, path: bytes, entries: dict[bytes, Entry], by_name: dict[bytes, Harvested]) -> dict[bytes, bytes]:
        """Under which name each listed file was saved: as the log says, else as it is called, else as wget writes that:
        control characters escaped, and what looks percent-encoded decoded once more.
        """
        logged = {
            self._layout.names[each.path]: name for name, each in by_name.items() if each.path in self._layout.names
        }
        ways: tuple[Callable[[bytes], bytes | None], ...] = (
            lambda name: logged.get(below(path, name)),
            lambda name: name,
            disk_name,
            lambda name: disk_name(unquote_to_bytes(name)),
        )
        found: dict[bytes, bytes] = {}
        taken: set[bytes] = set()
        for way in ways:
            for name, entry in entries.items():
                disk = None if entry.is_folder or name in found else way(name)
                if disk is not None and disk in by_name and disk not in taken:
                    found[name] = disk
                    taken.add(disk)
        return found

    def _unlisted(self, path: bytes, name: bytes, by_name: dict[bytes, Harvested], pages: set[bytes]) -> Iterator[Seen]:
        held = by_name[name]
        if name.endswith(_CONTROL):
            if name[: -len(_CONTROL)] not in by_name:
                yield self._unfinished(below(path, name[: -len(_CONTROL)]), held)
            return
        control = by_name.get(name + _CONTROL)
        own = below(path, name)
        mapped = self._layout.names.get(held.path)
        if mapped is not None and name not in pages and not _VARIANT.fullmatch(name):
            own = mapped
        refused = unusable(own)
        if refused is not None:
            yield refused
            return
        self._folders.file(own)
        if control is not None:
            yield self._unfinished(own, control)
            return
        if name in pages or _VARIANT.fullmatch(name):
            held = replace(held, modified=None, zone=Zone.UNKNOWN)
        yield replace(held, path=own)

    def _double(self, path: bytes, name: bytes, held: Harvested) -> Iterator[Seen]:
        if held.path not in self._layout.names:
            yield Noted(below(path, name), Message("import-double-name"))

    def _unfinished(self, path: bytes, control: Harvested) -> Harvested:
        total = None
        if control.open is not None:
            try:
                with control.open() as stream:
                    total = total_length(stream.read(1 << 10))
            except OSError:
                total = None  # its length is unknown then, and the file unfinished all the same
        return Harvested(path, None, size=total, problem=Message("import-download-unfinished"))

    def _listing(self, path: bytes, by_name: dict[bytes, Harvested]) -> tuple[Listing | None, set[bytes], list[Noted]]:
        """What the best page of a folder lists, the names of its pages, and what could not be read."""
        names = [name for name in LISTINGS if name in by_name]
        names += sorted(name for name in by_name if _VARIANT.fullmatch(name))
        url = folder_url(self._layout.base.origin or "", (*self._layout.base.folders, *filter(None, path.split(b"/"))))
        notes: list[Noted] = []
        pages: set[bytes] = set()
        best: Listing | None = None
        for name in names:
            held = by_name[name]
            if held.open is None or (held.size or 0) > LARGEST:
                continue
            try:
                with held.open() as stream:
                    found = read_listing_file(url, stream.read(LARGEST + 1))
            except OSError as error:
                notes.append(Noted(held.path, problem_of(error)))
                continue
            if found is not None:
                pages |= {name, b"index.html"} if name == b"index.html.orig" else {name}
                best = best or found
                if name in LISTINGS:
                    break
        return best, pages, notes

    def rest(self) -> Iterator[Seen]:
        """What was wanted and is not there, and the folders."""
        for place in self._layout.missing:
            path = self._layout.base.path(place.origin, place.folders, place.name)
            if path is None:
                continue
            refused = unusable(path)
            if refused is not None:
                yield refused
                continue
            self._folders.file(path)
            yield Harvested(path, None, problem=Message("import-not-downloaded"))
        for path, coverage in self._local.items():
            self._folders.lost(path, coverage)
        if not self._folders.complete:
            yield Noted(b"", Message("archive-many-folders"))
        yield from self._folders.all()

    @staticmethod
    def _is_page_link(entry: Entry) -> bool:
        """A link to another order of the same page, which wget saved and pointed to."""
        return _VARIANT.fullmatch(entry.name) is not None

    def _below_start(self, disk: bytes) -> bytes | None:
        prefix = self._layout.prefix
        if not prefix or disk == prefix:
            return disk if not prefix else b""
        return disk[len(prefix) + 1 :] if disk.startswith(prefix + b"/") else None

    def _path(self, url: str) -> bytes | None:
        place = split(url)
        return None if place is None else self._layout.base.path(place.origin, place.folders, place.name)
