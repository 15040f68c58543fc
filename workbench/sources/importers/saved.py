"""One listing that was saved as a file: a page of a web server, XML of a bucket or of WebDAV, text of an FTP server."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from workbench.core.errors import UserError
from workbench.core.progress import Progress
from workbench.core.records import Coverage, Noted, Seen
from workbench.sources.base import shown
from workbench.sources.importers.base import Harvest, Options
from workbench.sources.importers.pages import LARGEST, read_page
from workbench.sources.importers.told import Folders, below, listed, unusable
from workbench.sources.members import ArchiveFile
from workbench.sources.remote import Listing, Page

_TYPES = {b"<": "text/html", b"{": "application/json", b"[": "application/json"}


class SavedImporter:
    """A file that a browser, or a program that gets one address, wrote."""

    name = "listing"
    together = False

    def recognises(self, path: Path, head: bytes) -> bool:
        """See `Importer`. Whether it is a listing is only known when it was read with its address."""
        start = head.lstrip(b"\xef\xbb\xbf \t\r\n")
        if start[:1] in (b"<", b"{", b"["):
            return True
        return path.suffix.lower() in (".txt", ".list", ".listing", "") and _is_ftp_text(head)

    def open(self, paths: Sequence[Path], options: Options, progress: Progress) -> list[Harvest]:
        """See `Importer`. Raises `UserError` ``import-base-missing`` and ``import-not-understood``."""
        return [self._one(path, options) for path in paths]

    @staticmethod
    def _one(path: Path, options: Options) -> Harvest:
        if options.base is None or options.place is None:
            raise UserError("import-base-missing", name=path.name)
        file = ArchiveFile(path)
        with file.open() as stream:
            body = stream.read(LARGEST + 1)
        if len(body) > LARGEST:
            raise UserError("import-not-understood", name=path.name)
        place = options.place
        url = options.base if place.is_folder or place.query is not None else options.base + "/"
        found = read_listing_file(url, body)
        if found is None:
            raise UserError("import-not-understood", name=path.name)
        return Harvest(SavedSource(file, found), (path,), keep=(path,))


def read_listing_file(url: str, body: bytes) -> Listing | None:
    """A listing whose address is known and whose headers are not."""
    start = body[:4096].lstrip(b"\xef\xbb\xbf \t\r\n")
    kind = _TYPES.get(start[:1], "text/plain")
    if start.startswith(b"<?xml") and b"<html" not in start.lower():
        kind = "application/xml"
    if kind == "text/plain":
        return _ftp_text(url, body)
    return read_page(Page(url, body, kind))


def _is_ftp_text(head: bytes) -> bool:
    return _ftp_text("ftp://unknown.invalid/", head.rpartition(b"\n")[0] or head) is not None


def _ftp_text(url: str, body: bytes) -> Listing | None:
    """Only a server can say that an empty listing is whole: an empty file may be one that was never filled."""
    if not body.strip():
        return None
    from workbench.sources.kinds.registry import by_name

    return by_name("ftp").read(Page(url, body, "text/plain"))


class SavedSource:
    """One listing: its files, and its folders as not reached."""

    kind = "listing"

    def __init__(self, file: ArchiveFile, listing: Listing) -> None:
        self._file = file
        self._listing = listing
        self.name = shown(file.name)

    def items(self, progress: Progress) -> Iterator[Seen]:
        """See `workbench.sources.base.Source`."""
        yield self._file.container(progress)
        folders = Folders()
        folders.found(b"", Coverage.FAILED if self._listing.more is not None else Coverage.LISTED)
        yield from listing_items(b"", self._listing, folders)
        yield from folders.all()


def listing_items(path: bytes, listing: Listing, folders: Folders) -> Iterator[Seen]:
    """The files and remarks of one listing; its folders become known."""
    for remark in listing.remarks:
        yield Noted(below(path, remark.name) if remark.name else path, remark.message)
    for entry in listing.entries:
        own = below(path, entry.name)
        refused = unusable(own)
        if refused is not None:
            yield refused
        elif entry.is_folder:
            folders.met(own)
        else:
            folders.file(own)
            yield listed(own, entry)
