"""From the paths that a user gave to one source."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from workbench.core.errors import UserError
from workbench.core.messages import Message
from workbench.core.progress import Progress
from workbench.core.records import Container, Coverage, Folder, Noted, Seen
from workbench.sources.archive import ZipSource
from workbench.sources.base import Source, SourceError, reason_of, shown
from workbench.sources.folder import FileSource, FolderSource, evidence_of_case, is_case_part
from workbench.sources.members import Limits
from workbench.sources.tarball import TarSource, looks_like_tar
from workbench.sources.tree import open_path
from workbench.sources.zipformat import find_directory

ARCHIVE_ENDINGS = (
    ".zip",
    ".cbz",
    ".tar",
    ".tgz",
    ".tar.gz",
    ".taz",
    ".tbz",
    ".tbz2",
    ".tar.bz2",
    ".txz",
    ".tar.xz",
)
_ZIP_STARTS = (b"PK\3\4", b"PK\5\6", b"PK\7\x08")


def open_paths(paths: Sequence[Path], limits: Limits | None = None) -> Source:
    """One source over all paths; nothing is read but their first bytes.

    A single folder or archive gives paths relative to itself. Of several, each one's items stand below its last
    part. Raises `UserError`: ``paths-none``, ``path-missing``, ``path-unreadable``, ``path-special``,
    ``path-of-case`` (a case file or an evidence folder beside its case, given alone).
    """
    if not paths:
        raise UserError("paths-none")
    facts = [_facts(path) for path in paths]
    if len(paths) == 1:
        if _belongs_to_case(paths[0]):
            raise UserError("path-of-case", path=str(paths[0]))
        return _source(paths[0], facts[0], _last_part(paths[0]), limits)
    return _several(paths, facts, limits)


def is_archive(path: Path) -> bool:
    """Are its members to be taken in rather than the file itself? Both its ending and its content must say so:
    documents such as .docx, .kra or .xlsx are zip files too, but evidence as a whole. Raises `OSError`.
    """
    return archive_kind(path) is not None


def archive_kind(path: Path) -> str | None:
    """``zip``, ``tar`` or null. Raises `OSError`."""
    if not path.name.lower().endswith(ARCHIVE_ENDINGS):
        return None
    facts = path.stat()
    with open_path(path, facts) as stream:
        if stream.read(4) in _ZIP_STARTS:
            return "zip"
        try:
            find_directory(stream, facts.st_size)
        except SourceError:
            pass
        else:
            return "zip"
    return "tar" if looks_like_tar(open_path(path, facts)) else None


def _facts(path: Path) -> os.stat_result:
    """Of what the path leads to: a link that the user names is meant to be followed."""
    try:
        facts = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        raise UserError("path-missing", path=shown(os.fsencode(path))) from None
    except (OSError, ValueError) as error:
        reason = reason_of(error) if isinstance(error, OSError) else "EINVAL"
        raise UserError("path-unreadable", path=shown(os.fsencode(path)), reason=reason) from None
    if not stat.S_ISDIR(facts.st_mode) and not stat.S_ISREG(facts.st_mode):
        raise UserError("path-special", path=shown(os.fsencode(path)))
    return facts


def _last_part(path: Path) -> bytes:
    name = path.name
    if name in ("", ".."):
        name = path.resolve().name
    return os.fsencode(name) or b"root"


def _belongs_to_case(path: Path) -> bool:
    """A part of a case, or anything within the evidence folder that lies beside its case."""
    full = path.absolute()
    if is_case_part(os.fsencode(full.name)):
        return True
    for folder in (full, *full.parents):
        case = evidence_of_case(os.fsencode(folder.name))
        if case is not None and (folder.parent / os.fsdecode(case)).exists():
            return True
    return False


def _source(path: Path, facts: os.stat_result, name: bytes, limits: Limits | None) -> Source:
    if stat.S_ISDIR(facts.st_mode):
        return FolderSource(path, shown(name))
    try:
        kind = archive_kind(path)
    except OSError:
        kind = None  # The file source says why, in its place.
    if kind == "zip":
        return ZipSource(path, name, limits)
    if kind == "tar":
        return TarSource(path, name, limits)
    return FileSource(path, name)


def _several(paths: Sequence[Path], facts: Sequence[os.stat_result], limits: Limits | None) -> Source:
    parts: list[tuple[bytes, Source]] = []
    notes: list[Noted] = []
    taken: set[bytes] = set()
    met: set[Path] = set()
    for path, fact in zip(paths, facts, strict=True):
        name = _last_part(path)
        if _belongs_to_case(path):
            notes.append(Noted(name, Message("case-skipped")))
            continue
        if path.resolve() in met:
            notes.append(Noted(name, Message("path-given-twice")))
            continue
        met.add(path.resolve())
        prefix = _unique(name, taken, is_file=stat.S_ISREG(fact.st_mode))
        if prefix != name:
            notes.append(Noted(prefix, Message("path-renamed", {"name": shown(name), "prefix": shown(prefix)})))
        taken.add(prefix)
        parts.append((prefix, _source(path, fact, prefix, limits)))
    return SeveralSource(_name(paths), parts, notes)


def _unique(name: bytes, taken: set[bytes], *, is_file: bool) -> bytes:
    """``a.png``, then ``a (2).png``, …"""
    dot = name.rfind(b".") if is_file else -1
    stem, ending = (name[:dot], name[dot:]) if dot > 0 else (name, b"")
    number, unique = 1, name
    while unique in taken:
        number += 1
        unique = b"%s (%d)%s" % (stem, number, ending)
    return unique


def _name(paths: Sequence[Path]) -> str:
    """The folder that holds them all, when they share one; else the first and how many more."""
    parents = {path.absolute().parent for path in paths}
    if len(parents) == 1 and (shared := parents.pop().name):
        return shown(os.fsencode(shared))
    return f"{shown(_last_part(paths[0]))} +{len(paths) - 1}"


class SeveralSource:
    """Several paths in one look, each below its own name; in the order given."""

    kind = "paths"

    def __init__(self, name: str, parts: Sequence[tuple[bytes, Source]], notes: Sequence[Noted] = ()) -> None:
        self.name = name
        self._parts = tuple(parts)
        self._notes = tuple(notes)

    def items(self, progress: Progress) -> Iterator[Seen]:
        """See `workbench.sources.base.Source`. A part that fails as a whole is a warning, and the look goes on."""
        yield from self._notes
        for prefix, source in self._parts:
            if isinstance(source, FileSource):
                yield from source.items(progress)
                continue
            try:
                for seen in source.items(progress):
                    yield _below(prefix, seen)
            except UserError as error:
                yield Noted(prefix, error.message)
                yield Folder(prefix, Coverage.FAILED)


def _below(prefix: bytes, seen: Seen) -> Seen:
    if isinstance(seen, Container):
        return seen
    return replace(seen, path=prefix + b"/" + seen.path if seen.path else prefix)
