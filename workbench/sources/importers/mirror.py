"""Folders that wget or aria2 filled: files with the server's times, listing pages, unfinished downloads.

A name on disk becomes the name that the server has where a listing page or wget's log tells it; else it stays as it is.
Modified times are those of the files, which both programs set from ``Last-Modified``; a listing page has none, since it
was made when it was asked for.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from workbench.core.errors import UserError
from workbench.core.progress import Progress
from workbench.sources.base import reason_of
from workbench.sources.folder import FolderSource
from workbench.sources.importers.aria2 import LARGEST_LIST, Wanted, read_list
from workbench.sources.importers.base import Harvest, Options
from workbench.sources.importers.mirrortell import LISTINGS, Layout, MirrorSource
from workbench.sources.importers.pages import LARGEST
from workbench.sources.importers.saved import read_listing_file
from workbench.sources.importers.urls import Base, CommonStart, Place, split
from workbench.sources.importers.wgetlog import WgetLog, is_wget_log, read_log

_HOST = re.compile(r"(?:(?:[A-Za-z0-9-]+\.)+[A-Za-z0-9-]+|localhost|\[[0-9A-Fa-f:]+\])(?:[:+]\d{1,5})?")
_LOOKED_AT = 2000
"""Names of a folder by which it is recognised."""
_DEEPEST = 64
_LOG_HEAD = 1 << 14
NOWHERE = "http://unknown.invalid"
"""The origin of a harvest that does not tell it: addresses within its pages are resolved against this."""


class MirrorImporter:
    """A folder. Plain folders without any trace of such a program are none."""

    name = "mirror"
    together = False

    def recognises(self, path: Path, head: bytes) -> bool:
        """See `Importer`."""
        return path.is_dir() and _has_traces(path)

    def open(self, paths: Sequence[Path], options: Options, progress: Progress) -> list[Harvest]:
        """See `Importer`."""
        made = []
        for path in paths:
            try:
                found = _look_around(path, options)
            except OSError as error:
                raise UserError("folder-unreadable", path=str(path), reason=reason_of(error)) from error
            source = MirrorSource(FolderSource(path), _layout(path, found, options), options.skip)
            made.append(Harvest(source, (path,), found.log.first))
        return made


@dataclass
class _Found:
    """What lies directly in the folder beside the harvest."""

    log: WgetLog
    logs: set[bytes]
    lists: set[bytes]
    wanted: list[Wanted]


def _look_around(path: Path, options: Options) -> _Found:
    found = _Found(WgetLog(), set(), set(), [])
    for file in sorted(path.iterdir()):
        raw = os.fsencode(file.name)
        if raw in options.skip or file.is_symlink() or not file.is_file():
            continue
        with file.open("rb") as stream:
            head = stream.read(_LOG_HEAD)
            if is_wget_log(head):
                stream.seek(0)
                read_log(stream, found.log, options.clock)
                found.logs.add(raw)
            elif head.startswith((b"http://", b"https://", b"ftp://", b"#")) and file.stat().st_size < LARGEST_LIST:
                wanted = read_list(head + stream.read())
                if wanted is not None:
                    found.lists.add(raw)
                    found.wanted += wanted
    return found


def _layout(path: Path, found: _Found, options: Options) -> Layout:
    """Where on the server the folder lies, and where in the folder the harvest begins."""
    start = CommonStart()
    for place in filter(None, map(split, (*found.log.urls, *(each.url for each in found.wanted)))):
        if place.last != b"robots.txt" or place.folders:
            start.add(place.origin, place.folders)
    logged = start.base()
    chain = _chain(path, {*found.logs, *found.lists, *options.skip})
    host = chain[0] if chain and _is_host(chain[0]) else None
    above = None if host is not None or not _is_host(os.fsencode(path.resolve().name)) else path.resolve().name
    base = Base(logged.origin or NOWHERE, logged.folders)
    if host is not None or above is not None:
        name = os.fsdecode(host) if host is not None else str(above)
        origin = logged.origin
        if origin is None or origin.partition("://")[2] != name.replace("+", ":"):
            origin = f"http://{name.replace('+', ':')}"
        base = Base(origin, tuple(chain[1:] if host is not None else chain))
    if options.place is not None:
        base = Base.at(options.place)
    prefix = b"/".join(chain)
    names = _addresses(found, base)
    return Layout(prefix, base, names, found.log.failed, frozenset(found.logs | found.lists), _not_here(found, path))


def _addresses(found: _Found, base: Base) -> dict[bytes, bytes]:
    """Name on disk, below the folder that was given, to the path on the server."""
    names: dict[bytes, bytes] = {}
    pairs = [*found.log.saved.items(), *((each.name, each.url) for each in found.wanted if each.name)]
    for name, url in pairs:
        place = split(url)
        path = None if place is None or not place.name else base.path(place.origin, place.folders, place.name)
        if path:
            names[name] = path
    return names


def _not_here(found: _Found, path: Path) -> tuple[Place, ...]:
    """What a list wanted and the folder does not have."""
    return tuple(
        place
        for each in found.wanted
        if (place := split(each.url)) is not None
        and place.name
        and not os.path.lexists(path / os.fsdecode(each.name or place.last))
    )


def _chain(path: Path, ignored: set[bytes]) -> list[bytes]:
    """Folders that hold one folder and nothing else: nobody looked at those, the harvest begins below."""
    chain: list[bytes] = []
    here = path
    while len(chain) < _DEEPEST:
        inside: list[bytes] = []
        with os.scandir(here) as entries:
            for entry in entries:
                raw = os.fsencode(entry.name)
                aside = raw in ignored or (raw == b"robots.txt" and entry.is_file(follow_symlinks=False))
                if not aside:
                    inside.append(raw if entry.is_dir(follow_symlinks=False) else b"")
                if len(inside) > 1:
                    break
        if len(inside) != 1 or not inside[0]:
            return chain
        chain.append(inside[0])
        here = here / os.fsdecode(inside[0])
        ignored = set()
    return chain


def _is_host(name: bytes) -> bool:
    return _HOST.fullmatch(os.fsdecode(name)) is not None


def _has_traces(path: Path) -> bool:
    """A log, a control file, a list, or a page that lists: in the folder or where its harvest begins."""
    chain = _chain(path, {name for name in map(os.fsencode, _names(path)) if not (path / os.fsdecode(name)).is_dir()})
    places = {path, path.joinpath(*map(os.fsdecode, chain)), path.joinpath(*map(os.fsdecode, chain[:1]))}
    return any(_is_trace(place / name) for place in sorted(places) for name in _names(place))


def _names(path: Path) -> list[str]:
    with os.scandir(path) as entries:
        return sorted(entry.name for entry, _ in zip(entries, range(_LOOKED_AT), strict=False))


def _is_trace(file: Path) -> bool:
    if file.is_symlink() or not file.is_file():
        return False
    if file.suffix == ".aria2" or file.name == ".listing":
        return True
    with file.open("rb") as stream:
        head = stream.read(_LOG_HEAD)
        if is_wget_log(head):
            return True
        if os.fsencode(file.name) in LISTINGS:
            return read_listing_file(f"{NOWHERE}/", head + stream.read(LARGEST)) is not None
    return head.startswith((b"http://", b"https://", b"ftp://")) and read_list(head.rpartition(b"\n")[0]) is not None
