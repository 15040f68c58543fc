"""WARC files of any writer, ours included: what was fetched, what the pages list, what was refused.

A file is what a GET got whole. Its path is that of its URL, percent-decoded once to raw bytes, below the longest start
that all successful answers share, or below the base that the user names. Its bytes are the body after transfer
decoding, with the content encoding left as it is. The time of the look is the first ``WARC-Date``: the word of whoever
wrote the file, hence asserted, not witnessed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from workbench.core.errors import UserError
from workbench.core.progress import Progress
from workbench.core.records import Noted, Seen
from workbench.sources.base import shown
from workbench.sources.importers.base import Harvest, Options
from workbench.sources.importers.urls import Base
from workbench.sources.importers.warcbody import Bodies
from workbench.sources.importers.warcfile import WarcPart, objects_beside, warc_part
from workbench.sources.importers.warcindex import Index
from workbench.sources.importers.warcrecords import looks_like_warc
from workbench.sources.importers.warctell import Telling
from workbench.sources.members import ArchiveFile

_LOOK = re.compile(r"(.+)-\d+\.warc\.gz")


class WarcSource:
    """One set of WARC files. Their index is made before, and kept."""

    def __init__(self, kind: str, name: str, files: Sequence[ArchiveFile], bodies: Bodies, base: Base) -> None:
        self.kind = kind
        self.name = name
        self._files = tuple(files)
        self._bodies = bodies
        self._base = base

    def items(self, progress: Progress) -> Iterator[Seen]:
        """See `workbench.sources.base.Source`."""
        for file in self._files:
            yield file.container(progress)
        progress.stage("stage-store")
        yield from self._bodies.index.notes
        yield from Telling(self._bodies, self._base, progress).run()


class WarcImporter:
    """``.warc`` and ``.warc.gz``."""

    name = "warc"
    together = True

    def recognises(self, path: Path, head: bytes) -> bool:
        """See `Importer`."""
        return looks_like_warc(head)

    def open(self, paths: Sequence[Path], options: Options, progress: Progress) -> list[Harvest]:
        """One look for all files, but for those of a case: there each look has files of its own."""
        sets: dict[str, list[Path]] = {}
        for path in paths:
            found = _LOOK.fullmatch(path.name) if objects_beside(path) is not None else None
            sets.setdefault(str(path.parent / found[1]) if found else "", []).append(path)
        return [self._one(sorted(each), options, progress) for _, each in sorted(sets.items())]

    def _one(self, paths: Sequence[Path], options: Options, progress: Progress) -> Harvest:
        made = [warc_part(path) for path in paths]
        parts = [part for part, _ in made]
        return harvest_of(
            self.name, paths[0].name, paths, [file for _, file in made], parts, options, progress, _library(paths)
        )


def harvest_of(
    kind: str,
    name: str,
    paths: Sequence[Path],
    files: Sequence[ArchiveFile],
    parts: Sequence[WarcPart],
    options: Options,
    progress: Progress,
    library: Callable[[], Sequence[WarcPart]] = tuple,
    notes: Sequence[Noted] = (),
) -> Harvest:
    """A look out of the files of one set. Raises `UserError` ``import-nothing`` when they hold no answer at all."""
    index = _indexed(parts, progress)
    index.notes[:0] = notes
    if not len(index):
        raise UserError("import-nothing", name=name)
    place = options.place
    base = index.base if place is None else Base.at(place)
    earlier = _Library(library, progress)
    source = WarcSource(
        kind, shown(name.encode("utf-8", "surrogateescape")), files, Bodies(parts, index, earlier), base
    )
    return Harvest(source, tuple(paths), index.first, own=index.own)


def _indexed(parts: Sequence[WarcPart], progress: Progress) -> Index:
    index = Index()
    for number, part in enumerate(parts):
        part.unpack_solid(progress)
        index.read(number, part, progress)
    index.finish()
    return index


def _library(paths: Sequence[Path]) -> Callable[[], Sequence[WarcPart]]:
    """The other files of the case in which these lie: pages that are the same as before are kept there once."""
    own = set(paths)

    def others() -> Sequence[WarcPart]:
        folders = sorted({path.parent for path in paths if objects_beside(path) is not None})
        found = [path for folder in folders for path in sorted(folder.glob("*.warc.gz")) if path not in own]
        return [warc_part(path)[0] for path in found]

    return others


class _Library:
    """Made when the first answer refers to another file."""

    def __init__(self, parts: Callable[[], Sequence[WarcPart]], progress: Progress) -> None:
        self._parts = parts
        self._progress = progress
        self._made: Bodies | None = None
        self._asked = False

    def __call__(self) -> Bodies | None:
        """The bodies of the other files; null when there are none."""
        if not self._asked:
            self._asked = True
            parts = self._parts()
            if parts:
                self._made = Bodies(parts, _indexed(parts, self._progress), lambda: None)
        return self._made
