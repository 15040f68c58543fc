"""A folder of harvested files as it lies there, without the logs that are taken in elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from workbench.core.progress import Progress
from workbench.core.records import Harvested, Seen
from workbench.sources.folder import FolderSource
from workbench.sources.importers.base import Harvest, Options


class PlainImporter:
    """A folder without any trace of the program that filled it; taken for a harvest where logs lie beside the files."""

    name = "folder"
    together = False

    def recognises(self, path: Path, head: bytes) -> bool:
        """Never by itself: ``add`` is the command for folders."""
        return False

    def open(self, paths: Sequence[Path], options: Options, progress: Progress) -> list[Harvest]:
        """See `Importer`."""
        return [Harvest(PlainSource(FolderSource(path), options.skip), (path,)) for path in paths]


class PlainSource:
    """A folder but for some of the files directly in it."""

    kind = "folder"

    def __init__(self, source: FolderSource, skip: frozenset[bytes]) -> None:
        self._source = source
        self._skip = skip
        self.name = source.name

    def items(self, progress: Progress) -> Iterator[Seen]:
        """See `workbench.sources.base.Source`."""
        for seen in self._source.items(progress):
            if not (isinstance(seen, Harvested) and seen.path in self._skip):
                yield seen
