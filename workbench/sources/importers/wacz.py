"""WACZ: WARC files in a zip archive, with a list of digests.

Source: WACZ 1.1.1 and 1.2.0: ``archive/*.warc[.gz]``, stored without compression, ``datapackage.json`` with
``resources[name, path, hash, bytes]``. Archives that compress them all the same are unpacked to a temporary file.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import BinaryIO

from workbench.core.errors import UserError
from workbench.core.messages import Message
from workbench.core.progress import Progress
from workbench.core.records import Noted
from workbench.sources.base import SourceError, problem_of
from workbench.sources.importers.base import Harvest, Options
from workbench.sources.importers.warc import harvest_of
from workbench.sources.importers.warcfile import Scratch, Span, WarcPart
from workbench.sources.members import ArchiveFile, Budget, Limits, MemberGate
from workbench.sources.zipformat import Entry, entries, find_directory, local_header
from workbench.sources.zipmember import METHODS, MemberStream

_LARGEST_PACKAGE = 16 << 20
_MOST_MEMBERS = 100_000
_BLOCK = 1 << 20


class WaczImporter:
    """``.wacz``, by what is in it."""

    name = "wacz"
    together = False

    def recognises(self, path: Path, head: bytes) -> bool:
        """See `Importer`."""
        if not head.startswith(b"PK"):
            return False
        file = ArchiveFile(path)
        try:
            with file.open() as stream:
                return any(map(_is_warc, _members(stream, file)))
        except SourceError:
            return False

    def open(self, paths: Sequence[Path], options: Options, progress: Progress) -> list[Harvest]:
        """One look for each. Raises `UserError` ``import-nothing`` for one without a WARC file that can be read."""
        return [_harvest(path, options, progress) for path in paths]


def _harvest(path: Path, options: Options, progress: Progress) -> Harvest:
    file = ArchiveFile(path)
    notes: list[Noted] = []
    parts: list[WarcPart] = []
    try:
        with file.open() as stream:
            members = _members(stream, file)
            stated = _stated(file, stream, members)
            for entry in filter(_is_warc, members):
                try:
                    parts.append(_part(file, stream, entry, stated.get(entry.name), progress, notes))
                except OSError as error:
                    notes.append(Noted(entry.name, problem_of(error)))
    except SourceError as error:
        raise UserError("import-not-understood", name=path.name) from error
    return harvest_of("wacz", path.name, [path], [file], parts, options, progress, notes=notes)


def _members(stream: BinaryIO, file: ArchiveFile) -> list[Entry]:
    found = []
    for number, entry in enumerate(entries(stream, find_directory(stream, file.size))):
        if number >= _MOST_MEMBERS:
            raise SourceError("archive-too-many", limit=_MOST_MEMBERS)
        found.append(entry)
    return found


def _is_warc(entry: Entry) -> bool:
    return entry.name.startswith(b"archive/") and entry.name.endswith((b".warc", b".warc.gz"))


def _stated(file: ArchiveFile, stream: BinaryIO, members: Sequence[Entry]) -> dict[bytes, str]:
    """Digests by path, as the package states them; none where it cannot be read."""
    entry = next((each for each in members if each.name == b"datapackage.json"), None)
    if entry is None or entry.size > _LARGEST_PACKAGE:
        return {}
    try:
        with _opened(file, stream, entry) as package:
            resources = json.loads(package.read(_LARGEST_PACKAGE))["resources"]
        return {str(each["path"]).encode(): str(each["hash"]) for each in resources}
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return {}


def _opened(file: ArchiveFile, stream: BinaryIO, entry: Entry) -> BinaryIO:
    if entry.encrypted:
        raise SourceError("archive-encrypted")
    if entry.method not in METHODS:
        raise SourceError("archive-method", method=entry.method)
    data = local_header(stream, entry).data
    own = file.open()
    own.seek(data)
    limits = Limits()
    return io.BufferedReader(MemberStream(own, entry, MemberGate(limits, Budget(limits, file.size), entry.packed)))


def _part(
    file: ArchiveFile, stream: BinaryIO, entry: Entry, stated: str | None, progress: Progress, notes: list[Noted]
) -> WarcPart:
    """One WARC file within, hashed once: its zip checksum and its digest must hold, or a note says that they do not."""
    digest = hashlib.sha256()
    stored = entry.method == 0
    progress.stage("stage-hash-archive", entry.size)
    unpacked = None if stored else Scratch()
    size = 0
    with _opened(file, stream, entry) as member:
        try:
            while block := member.read(_BLOCK):
                digest.update(block)
                size += len(block)
                progress.update(size)
                if unpacked is not None:
                    unpacked.write(block)
        except SourceError as error:
            notes.append(Noted(entry.name, error.message))
        else:
            name, _, value = (stated or "").partition(":")
            if name == "sha256" and value.strip().lower() != digest.hexdigest():
                notes.append(Noted(entry.name, Message("import-wacz-digest")))
    if unpacked is not None:
        return WarcPart(entry.name, file.open, size, unpacked=unpacked)
    data = local_header(stream, entry).data
    return WarcPart(entry.name, partial(_span, file, data, entry.packed), entry.packed)


def _span(file: ArchiveFile, start: int, length: int) -> BinaryIO:
    return io.BufferedReader(Span(file.open(), start, length))
