"""``rclone lsjson -R REMOTE``: what a remote lists, without its bytes.

Source: rclone's manual on ``lsjson``: an array of ``Path Name Size MimeType ModTime IsDir Hashes``. It does not say
when the list was made; a folder counts as listed when something in it is named.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from workbench.core.errors import UserError
from workbench.core.messages import Message
from workbench.core.progress import Progress
from workbench.core.records import Coverage, Folder, Harvested, Noted, Seen
from workbench.core.times import Precision, Stated, Zone, parse_option
from workbench.sources.base import SourceError, problem_of, shown
from workbench.sources.importers.base import Harvest, Options
from workbench.sources.importers.jsonstream import Tree, items
from workbench.sources.importers.told import Folders, unusable
from workbench.sources.members import ArchiveFile, clean

_NEEDED = {"Path", "Name", "IsDir"}


class RcloneImporter:
    """A file that ``lsjson`` wrote."""

    name = "rclone"
    together = False

    def recognises(self, path: Path, head: bytes) -> bool:
        """See `Importer`."""
        start = head.lstrip(b"\xef\xbb\xbf \t\r\n")
        if not start.startswith(b"["):
            return False
        return b'"Path"' in start and b'"IsDir"' in start and b'"ModTime"' in start

    def open(self, paths: Sequence[Path], options: Options, progress: Progress) -> list[Harvest]:
        """See `Importer`. The first item must be one of rclone's."""
        made = []
        for path in paths:
            file = ArchiveFile(path)
            with file.open() as stream:
                _check(stream, path.name)
            made.append(Harvest(RcloneSource(file), (path,), keep=(path,)))
        return made


def _check(stream: BinaryIO, name: str) -> None:
    try:
        first = next(items(stream), {})
    except SourceError:
        raise UserError("import-not-understood", name=name) from None
    if first != {} and not (isinstance(first, dict) and first.keys() >= _NEEDED):
        raise UserError("import-not-understood", name=name)


class RcloneSource:
    """One list."""

    kind = "rclone"

    def __init__(self, file: ArchiveFile) -> None:
        self._file = file
        self.name = shown(file.name)

    def items(self, progress: Progress) -> Iterator[Seen]:
        """See `workbench.sources.base.Source`. A list that is cut off leaves every folder failed."""
        yield self._file.container(progress)
        folders = Folders()
        parents: set[bytes] = set()
        ended = False
        try:
            with self._file.open() as stream:
                for item in items(stream):
                    progress.check()
                    seen = _seen(item)
                    if isinstance(seen, Folder):
                        folders.met(seen.path)
                    elif seen is not None:
                        if isinstance(seen, Harvested):
                            folders.file(seen.path)
                        yield seen
                    if isinstance(seen, Folder | Harvested):
                        parents.add(seen.path.rpartition(b"/")[0])
            ended = True
        except OSError as error:
            yield Noted(b"", problem_of(error))
        for path in {b""} | parents:
            folders.found(path, Coverage.LISTED if ended else Coverage.FAILED)
        yield from folders.all()


def _seen(item: Tree) -> Seen | None:
    if not isinstance(item, dict) or not isinstance(item.get("Path"), str):
        return Noted(b"", Message("import-item-unreadable"))
    path = clean(str(item["Path"]).encode("utf-8", "replace"))
    refused = unusable(path)
    if refused is not None:
        return refused
    if item.get("IsDir") is True:
        return Folder(path, Coverage.NOT_REACHED)
    size = item.get("Size")
    stated = _time(item.get("ModTime"))
    return Harvested(
        path,
        None,
        size=size if isinstance(size, int) and 0 <= size < 1 << 63 else None,
        modified=None if stated is None else stated.micros,
        zone=Zone.UNKNOWN if stated is None else stated.zone,
        precision=Precision.SECOND if stated is None else stated.precision,
        headers=_claims(item),
    )


def _time(said: Tree) -> Stated | None:
    """RFC 3339 with nanoseconds. The first instant of 1970 is rclone's word for a time that is not known."""
    if not isinstance(said, str) or not said:
        return None
    try:
        found = parse_option(said)
    except UserError:
        return None
    if found.micros == 0 or not (said.endswith("Z") or said[-6:-5] in ("+", "-")):
        return None
    fine = bool(found.micros % 1_000_000)
    return Stated(found.micros, Zone.LINE, Precision.MICROSECOND if fine else Precision.SECOND)


def _claims(item: dict[str, Tree]) -> dict[str, str]:
    claims: dict[str, str] = {}
    hashes = item.get("Hashes")
    if isinstance(hashes, dict):
        claims |= {f"hash-{name.lower()[:40]}": str(value)[:200] for name, value in sorted(hashes.items())[:16]}
    if isinstance(item.get("MimeType"), str) and item["MimeType"]:
        claims["content-type"] = str(item["MimeType"])[:200]
    return claims
