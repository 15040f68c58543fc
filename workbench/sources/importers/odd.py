"""The JSON of OpenDirectoryDownloader: what it found in a web directory, without bytes and without dates of files.

Source: its ``Session``, ``WebDirectory`` and ``WebFile``: ``Root{Url, Name, Finished, Error, ParsedSuccessfully,
Subdirectories, Files{Url, FileName, FileSize}}``, ``Started``, ``UrlsWithErrors``. Older versions write
``ParsedSuccessfully``, newer ones ``Finished`` and ``Error`` alone. The file is read twice, since nothing says that the
address of the root stands before what lies below it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from workbench.core.errors import UserError
from workbench.core.messages import Message
from workbench.core.progress import Progress
from workbench.core.records import Coverage, Harvested, Noted, Seen
from workbench.core.times import Stated, parse_option
from workbench.sources.base import SourceError, problem_of, shown
from workbench.sources.importers.base import Harvest, Options
from workbench.sources.importers.jsonstream import Event, Scalar, events
from workbench.sources.importers.told import Folders, unusable
from workbench.sources.importers.urls import Base, split
from workbench.sources.members import ArchiveFile

_NO_TIME = "0001-01-01"
_MOST_ERRORS = 100_000


class OddImporter:
    """A file that ``-j`` wrote."""

    name = "odd"
    together = False

    def recognises(self, path: Path, head: bytes) -> bool:
        """See `Importer`."""
        start = head.lstrip(b"\xef\xbb\xbf \t\r\n")
        return start.startswith(b"{") and b'"Root"' in start and (b'"Subdirectories"' in start or b'"Url"' in start)

    def open(self, paths: Sequence[Path], options: Options, progress: Progress) -> list[Harvest]:
        """See `Importer`."""
        made = []
        for path in paths:
            file = ArchiveFile(path)
            session = _session(file, progress)
            place = split(session.url)
            if place is None:
                raise UserError("import-not-understood", name=path.name)
            base = Base.at(place if options.place is None else options.place)
            made.append(Harvest(OddSource(file, base, session), (path,), session.started, keep=(path,)))
        return made


@dataclass
class _Session:
    """What the file says of itself."""

    url: str = ""
    started: Stated | None = None
    errors: list[str] = field(default_factory=list)


def _session(file: ArchiveFile, progress: Progress) -> _Session:
    """The first reading. A file that is cut off gives what stands before that."""
    session = _Session()
    path: list[str] = []
    name = ""
    progress.stage("stage-read-harvest", file.size)
    try:
        with file.open() as stream:
            for kind, value in events(stream):
                progress.check()
                if kind == "key":
                    name = str(value)
                elif kind in "{[":
                    path.append(name)
                    name = ""
                elif kind in "}]":
                    path.pop()
                elif path == ["", "Root"] and name == "Url":
                    session.url = str(value)
                elif path == [""] and name == "Started":
                    session.started = _time(value)
                elif path == ["", "UrlsWithErrors"] and len(session.errors) < _MOST_ERRORS:
                    session.errors.append(str(value))
    except SourceError:
        pass  # the second reading meets the same place and says so
    return session


def _time(value: Scalar) -> Stated | None:
    if not isinstance(value, str) or value.startswith(_NO_TIME):
        return None
    try:
        return parse_option(value)
    except UserError:
        return None


class OddSource:
    """One session."""

    kind = "odd"

    def __init__(self, file: ArchiveFile, base: Base, session: _Session) -> None:
        self._file = file
        self._base = base
        self._session = session
        self.name = shown(file.name)

    def items(self, progress: Progress) -> Iterator[Seen]:
        """See `workbench.sources.base.Source`."""
        yield self._file.container(progress)
        folders = Folders()
        failed = False
        try:
            with self._file.open() as stream:
                for seen in _Reading(self._base, folders).run(events(stream)):
                    progress.check()
                    yield seen
        except OSError as error:
            failed = True
            yield Noted(b"", problem_of(error))
        for url in self._session.errors:
            path = _path(self._base, url, is_folder=True)
            if path is None or (path and unusable(path) is not None):
                continue
            yield Noted(path, Message("import-url-failed"))
            if path in folders or url.endswith("/"):
                folders.found(path, Coverage.FAILED)
        if failed:
            folders.failed_all()
        yield from folders.all()


class _Reading:
    """The second reading: a stack of the objects that are open."""

    def __init__(self, base: Base, folders: Folders) -> None:
        self._base = base
        self._folders = folders
        self._open: list[tuple[str, dict[str, Scalar]]] = []
        """Kind of each (``folder``, ``file``, ``list:Files`` or another word), and its scalars."""

    def run(self, source: Iterator[Event]) -> Iterator[Seen]:
        """Files as they end, folders as they end."""
        name = ""
        for kind, value in source:
            if kind == "key":
                name = str(value)
            elif kind in "{[":
                self._open.append((self._sort(kind, name), {}))
                name = ""
            elif kind in "}]":
                what, facts = self._open.pop()
                if what == "folder":
                    yield from self._folder(facts)
                elif what == "file":
                    yield from self._file(facts)
            elif self._open and name:
                self._open[-1][1][name] = value

    def _sort(self, kind: str, name: str) -> str:
        around = self._open[-1][0] if self._open else None
        if kind == "[":
            return f"list:{name}" if around == "folder" else "other"
        if around is None:
            return "session"
        if (around == "session" and name == "Root") or around == "list:Subdirectories":
            return "folder"
        return "file" if around == "list:Files" else "other"

    def _folder(self, facts: dict[str, Scalar]) -> Iterator[Seen]:
        path = _path(self._base, facts.get("Url"), is_folder=True)
        if path is None:
            yield Noted(b"", Message("import-url-unsafe", {"url": str(facts.get("Url"))[:2000]}))
            return
        refused = unusable(path) if path else None
        if refused is not None:
            yield refused
            return
        if facts.get("Error") is True or facts.get("ParsedSuccessfully") is False:
            yield Noted(path, Message("import-folder-failed"))
            self._folders.found(path, Coverage.FAILED)
        elif facts.get("ParsedSuccessfully") is True or facts.get("Finished") is True:
            self._folders.found(path, Coverage.LISTED)
        else:
            self._folders.met(path)

    def _file(self, facts: dict[str, Scalar]) -> Iterator[Seen]:
        path = _path(self._base, facts.get("Url"), is_folder=False)
        if path is None:
            yield Noted(b"", Message("import-url-unsafe", {"url": str(facts.get("Url"))[:2000]}))
            return
        refused = unusable(path)
        if refused is not None:
            yield refused
            return
        self._folders.file(path)
        size = facts.get("FileSize")
        said = facts.get("Description")
        yield Harvested(
            path,
            None,
            size=size if isinstance(size, int) and not isinstance(size, bool) and 0 <= size < 1 << 63 else None,
            headers={"description": said[:2000]} if isinstance(said, str) and said else {},
        )


def _path(base: Base, url: Scalar, *, is_folder: bool) -> bytes | None:
    """The path below the base; null where it lies elsewhere or is none."""
    place = split(url) if isinstance(url, str) else None
    if place is None:
        return None
    if is_folder:
        return base.path(place.origin, (*place.folders, place.last) if place.last else place.folders)
    return base.path(place.origin, place.folders, place.name) if place.name else None
